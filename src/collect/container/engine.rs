//! Containers from a running engine: listed, then inspected one by one, running and stopped.
//!
//! GET only. bollard's texts are wrapped as soon as they arrive. A container that is listed and gone when it is
//! inspected is a gap: what took its place was not looked at.

use super::inspect::{Bind, Container, Image, container_name, digest};
use super::{Found, METADATA, Missed};
use crate::collect::docker::Engine;
use crate::collect::oci_config::{FilePath, OciConfig, Pairs, Words};
use crate::collect::refusal::Refusal;
use crate::config::ContainerSelector;
use crate::evidence::{Cause, Name, Sensitive};
use bollard::models::{ContainerInspectResponse, ContainerSummary, ImageInspect};
use bollard::query_parameters::{InspectContainerOptions, ListContainersOptions};
use futures_util::{StreamExt, stream};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use zeroize::Zeroizing;

/// How many inspections run at once.
const AT_ONCE: usize = 8;

/// Everything the engine says of the containers that a selector means.
pub(super) async fn find(engine: &Engine, selector: &ContainerSelector) -> Result<Found, Refusal> {
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
    for container in containers {
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
    let sessions = answer.exec_ids.clone().unwrap_or_default();
    let mut container = wrapped(answer).ok_or_else(|| {
        (short, Refusal::new(Cause::Malformed).because("the engine answered without the container's Config"))
    })?;
    let missed = exec_sessions(engine, &mut container, sessions).await;
    Ok((container, missed))
}

fn vanished() -> Refusal {
    Refusal::new(Cause::Unproven).because("the container was removed while it was examined; its successor was not seen")
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

/// The answer with every text wrapped; `None` without a `Config`, which is not an empty environment.
fn wrapped(answer: ContainerInspectResponse) -> Option<Container> {
    let mut host = answer.host_config.unwrap_or_default();
    let (state, health) = answer.state.map(|mut state| (state.running, (state.error, state.health.take()))).unzip();
    let (error, health) = health.unwrap_or_default();
    let checks = health.and_then(|health| health.log).into_iter().flatten().filter_map(|check| check.output);
    let hosts = host.security_opt.take().into_iter().chain(host.extra_hosts.take()).flatten();
    let others = error.into_iter().chain(checks).chain(hosts).filter(|text| !text.is_empty());
    let others = others.map(Sensitive::from).collect();
    let volumes =
        host.mounts.take().into_iter().flatten().filter_map(|mount| mount.volume_options?.driver_config?.options);
    let options = [host.sysctls.take(), host.storage_opt.take(), host.annotations.take()];
    let options = volumes.chain(options.into_iter().flatten()).map(Pairs::new).collect();
    let listed = answer.mounts.into_iter().flatten().filter(|mount| mount.typ.as_deref() == Some("bind"));
    let mut mounts: Vec<Bind> = listed.map(|mount| bind(mount.source, mount.destination)).collect();
    mounts.extend(host.binds.into_iter().flatten().map(|bind| Bind::read(&bind)));
    let image = answer.image.map(Sensitive::from);
    Some(Container {
        name: container_name(&Sensitive::from(answer.name.unwrap_or_default()), 0),
        image: image.as_ref().and_then(digest),
        running: state.flatten().unwrap_or_default(),
        config: OciConfig::from(answer.config?),
        arguments: Words::new(answer.path.into_iter().chain(answer.args.into_iter().flatten())),
        log_options: Pairs::new(host.log_config.and_then(|log| log.config).unwrap_or_default()),
        mounts,
        others,
        options,
        execs: Vec::new(),
        execs_unknown: 0,
    })
}

/// What the engine mounts in effect stands in the container's own list, so `HostConfig.Mounts` adds nothing.
fn bind(source: Option<String>, destination: Option<String>) -> Bind {
    let path = |path: Option<String>| path.map(Zeroizing::new).map(|path| FilePath::new(&path));
    Bind { source: path(source), destination: path(destination) }
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
    Image {
        id: Some(id.clone()),
        digests: digests.filter_map(|text| digest(&text)).collect(),
        env: OciConfig::from(answer.config.unwrap_or_default()).env,
    }
}
