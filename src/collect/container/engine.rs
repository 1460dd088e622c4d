//! Containers from a running engine: listed, then inspected one by one, running and stopped.
//!
//! GET only. What the engine answers is read like a saved file of it, every text wrapped. A container that is listed and gone when it is
//! inspected is a gap: what took its place was not looked at.

use super::inspect::{Container, Image, digest};
use super::{FILE, Found, METADATA, Missed, file_system, saved, vanished};
use crate::collect::Job;
use crate::collect::docker::Engine;
use crate::collect::image_id;
use crate::collect::oci_config::{OciConfig, Words, platform, written};
use crate::collect::refusal::Refusal;
use crate::config::ContainerSelector;
use crate::evidence::{Cause, Name, Sensitive};
use bollard::models::{ContainerSummary, ImageInspect};
use bollard::query_parameters::{InspectContainerOptions, ListContainersOptions};
use futures_util::{StreamExt, stream};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// How many inspections run at once.
const AT_ONCE: usize = 8;

/// Everything the engine says of the containers that a selector means.
pub(super) async fn find(engine: &Engine, job: &Job, selector: &ContainerSelector) -> Result<Found, Refusal> {
    let options = ListContainersOptions { all: true, filters: Some(filters(selector)), ..Default::default() };
    let listed = engine.ask("GET /containers/json", engine.api().list_containers(Some(options))).await?;
    let chosen: Vec<String> =
        listed.into_iter().filter(|one| means(selector, one)).filter_map(|one| one.id).filter(|id| is_id(id)).collect();
    let mut inspections = Vec::new();
    for id in &chosen {
        inspections.push(inspect(engine, id));
    }
    let inspected: Vec<_> = stream::iter(inspections).buffered(AT_ONCE).collect().await;
    let mut found = Found { identity: engine.identity.clone(), ..Found::default() };
    let mut containers = Vec::new();
    for one in inspected {
        match one {
            Ok((container, missed)) => {
                containers.push(container);
                found.missed.extend(missed);
            }
            Err((what, why)) => found.missed.push(Missed { what, only: None, why }),
        }
    }
    let images = images(engine, &containers).await;
    for mut container in containers {
        if job.wants(&FILE) {
            container.files = Some(file_system::read(engine, job, selector, &mut container).await);
        }
        let image = images.iter().find(|image| image.id == container.image).cloned();
        found.containers.push((container, image));
    }
    Ok(found)
}

/// Names are filtered here, not by the engine: there a name is a pattern.
fn filters(selector: &ContainerSelector) -> HashMap<String, Vec<String>> {
    let project = selector.compose_project.as_ref().map(|name| format!("com.docker.compose.project={name}"));
    let labels: Vec<String> = selector.label.iter().map(|label| label.as_str().to_owned()).chain(project).collect();
    if labels.is_empty() { HashMap::new() } else { HashMap::from([("label".to_owned(), labels)]) }
}

fn means(selector: &ContainerSelector, one: &ContainerSummary) -> bool {
    let Some(name) = &selector.name else { return true };
    let named = one.names.iter().flatten().any(|alias| alias.trim_start_matches('/') == name.as_str());
    let by_id = name.as_str().len() >= 12 && one.id.as_ref().is_some_and(|id| id.starts_with(name.as_str()));
    named || by_id
}

fn is_id(id: &str) -> bool {
    id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit())
}

type Unseen = (Option<Name>, Refusal);

async fn inspect(engine: &Engine, id: &str) -> Result<(Container, Vec<Missed>), Unseen> {
    let short = Name::digest(&id[..12]).ok();
    let call = engine.api().inspect_container(id, None::<InspectContainerOptions>);
    let answer = engine.ask("GET /containers/{id}/json", call).await.map_err(|why| {
        let gone = why.cause == Cause::NotFound;
        (short.clone(), if gone { vanished() } else { why })
    })?;
    let labels = answer.config.as_ref().and_then(|config| config.labels.as_ref());
    let task = labels.and_then(|labels| labels.get("com.docker.swarm.task.id").cloned());
    let sessions = answer.exec_ids.clone().unwrap_or_default();
    let read = written(&answer).ok_or(Refusal::new(Cause::Malformed)).and_then(|text| saved::answer(&text));
    let mut container = read.map_err(|why| (short, why))?;
    container.task = task;
    let missed = exec_sessions(engine, &mut container, sessions).await;
    Ok((container, missed))
}

/// A session that ended meanwhile is normal: health checks come and go.
async fn exec_sessions(engine: &Engine, container: &mut Container, sessions: Vec<String>) -> Vec<Missed> {
    let mut missed = Vec::new();
    for id in sessions.iter().filter(|id| is_id(id)) {
        match engine.ask("GET /exec/{id}/json", engine.api().inspect_exec(id)).await {
            Ok(session) => {
                let process = session.process_config.unwrap_or_default();
                let words = process.entrypoint.into_iter().chain(process.arguments.into_iter().flatten());
                container.execs.push(Words::new(words));
            }
            Err(why) if why.cause == Cause::NotFound => {}
            Err(why) => missed.push(Missed { what: Some(container.name.clone()), only: Some(&METADATA), why }),
        }
    }
    missed
}

/// The images of the containers, each asked for once. One that is gone leaves the origin unknown.
async fn images(engine: &Engine, containers: &[Container]) -> Vec<Arc<Image>> {
    let ids: BTreeSet<&Name> = containers.iter().filter_map(|container| container.image.as_ref()).collect();
    let mut asked = Vec::new();
    for id in ids {
        asked.push(image(engine, id));
    }
    let answers: Vec<_> = stream::iter(asked).buffered(AT_ONCE).collect().await;
    answers.into_iter().flatten().map(Arc::new).collect()
}

async fn image(engine: &Engine, id: &Name) -> Option<Image> {
    let answer = engine.ask("GET /images/{id}/json", engine.api().inspect_image(id.as_str())).await;
    answer.ok().map(|answer| known(answer, id))
}

fn known(answer: ImageInspect, id: &Name) -> Image {
    let digests = answer.repo_digests.into_iter().flatten().map(Sensitive::from);
    let media_type = answer.descriptor.and_then(|one| one.media_type);
    let wrap = |text: Option<String>| text.map(Sensitive::from);
    let (os, architecture, variant) = (wrap(answer.os), wrap(answer.architecture), wrap(answer.variant));
    Image {
        id: Some(id.clone()),
        digests: digests.filter_map(|text| digest(&text)).collect(),
        id_is: media_type.as_deref().and_then(image_id::by_media_type),
        platform: architecture.as_ref().map(|one| platform(os.as_ref(), Some(one), variant.as_ref())),
        env: answer.config.as_ref().and_then(OciConfig::of_engine).unwrap_or_default().env,
    }
}
