//! A running engine's view of a container's files: what its own layer has, and what is mounted.
//!
//! GET only: the list of changes, archives of paths, and the export of the whole where paths alone do not bring
//! everything. An export has nothing that is mounted in it, so each mount is asked for by its place. What a tmpfs holds
//! is in no archive, as long as its container runs: there only what lies below it on the disk is seen.

use super::inspect::Container;
use super::listing::{Listing, Way};
use super::mounts::{Mounts, Sort};
use super::seen::{Of, Part, Seen, prefix};
use super::{links, swarm, vanished};
use crate::collect::Job;
use crate::collect::docker::{Chunks, Engine};
use crate::collect::layers::{self, Known, Layer, Look};
use crate::collect::refusal::Refusal;
use crate::config::ContainerSelector;
use crate::evidence::{Cause, Name};
use bollard::errors::Error;
use bollard::models::ChangeType;
use bollard::query_parameters::{DownloadFromContainerOptions, InspectContainerOptions};
use futures_util::Stream;
use std::collections::HashMap;
use std::sync::Arc;

/// Looks through everything that a container's files are made of.
pub(super) async fn read(
    engine: &Engine,
    job: &Job,
    selector: &ContainerSelector,
    container: &mut Container,
) -> Result<Seen, Refusal> {
    let id = container.id.clone().ok_or_else(|| Refusal::new(Cause::Malformed).because("a container without an id"))?;
    in_memory(engine, &mut container.mounted).await;
    let mut seen = Seen::new(selector);
    swarm::handed_out(engine, container, &mut seen).await;
    links::follow(engine, id.as_str(), &mut container.mounted, selector).await;
    let reader = Reader { engine, job, id: id.as_str() };
    reader.own_layer(&container.mounted, &mut seen).await?;
    for number in seen.plan(&container.mounted, container.alive) {
        let mount = &container.mounted.all[number];
        let (layer, refusal) = reader.path(&mount.destination).await;
        let layer = Layer { broken: refusal.or(layer.broken), ..layer };
        seen.mounted(Of::Mount(mount.destination.clone(), mount.word()), &mount.destination, layer, not_the_mount);
    }
    seen.hold(&container.mounted, selector);
    // What was not there any more may have been the whole container.
    let call = engine.api().inspect_container(id.as_str(), None::<InspectContainerOptions>);
    match engine.ask("GET /containers/{id}/json", call).await {
        Ok(_) => Ok(seen),
        Err(why) if why.cause == Cause::NotFound => Err(vanished()),
        Err(why) => Err(why),
    }
}

/// An answer that is not the archive of the mount that was asked for.
fn not_the_mount(cause: Cause) -> Refusal {
    Refusal::new(cause).with("operation", Name::fixed("GET /containers/{id}/archive"))
}

/// Asks which volumes are kept in memory. One that the engine says nothing of is not.
async fn in_memory(engine: &Engine, mounts: &mut Mounts) {
    for mount in mounts.all.iter_mut().filter(|mount| mount.sort == Sort::Volume) {
        let Some(name) = mount.name.as_ref().filter(|name| is_volume(name)) else { continue };
        let answer = engine.ask("GET /volumes/{name}", engine.api().inspect_volume(name)).await;
        mount.in_memory = answer.is_ok_and(|volume| volume.driver == "local" && is_memory(&volume.options));
    }
}

/// Whether the options of a local volume mount memory. A bind takes the device, whatever type is written beside it.
fn is_memory(options: &HashMap<String, String>) -> bool {
    let of = |key: &str| options.get(key).map_or("", String::as_str);
    let binds = of("o").split(',').any(|option| matches!(option.trim(), "bind" | "rbind"));
    let device = matches!(of("device"), "" | "none" | "tmpfs" | "ramfs");
    matches!(of("type"), "tmpfs" | "ramfs") && device && !binds
}

/// A name that changes nothing in the path it becomes part of.
fn is_volume(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    !name.is_empty() && name.bytes().all(plain) && !name.starts_with('.')
}

struct Reader<'a> {
    engine: &'a Engine,
    job: &'a Job,
    id: &'a str,
}

impl Reader<'_> {
    async fn own_layer(&self, mounts: &Mounts, seen: &mut Seen) -> Result<(), Refusal> {
        let call = self.engine.api().container_changes(self.id);
        let changes = self.engine.ask("GET /containers/{id}/changes", call).await?;
        let mut listing = Listing::default();
        for change in changes.into_iter().flatten().filter(|change| change.kind != ChangeType::_2) {
            let path = change.path.trim_start_matches('/');
            listing.add(path.as_bytes(), change.kind == ChangeType::_1);
        }
        seen.changes = listing.len() as u64;
        match listing.way(mounts) {
            Way::Whole => {
                let stream = self.engine.api().export_container(self.id);
                let (layer, refusal) = self.stream("GET /containers/{id}/export", stream).await;
                let layer = Layer { broken: refusal.or(layer.broken), ..layer };
                seen.parts.push(Part { of: Of::Export, prefix: Vec::new(), layer });
            }
            Way::Paths(paths) => {
                for path in paths {
                    let (layer, refusal) = self.path(&path).await;
                    // Files come and go.
                    if refusal.as_ref().is_none_or(|why| why.cause != Cause::NotFound) {
                        let layer = Layer { broken: refusal.or(layer.broken), ..layer };
                        seen.parts.push(Part { of: Of::Layer, prefix: prefix(&path), layer });
                    }
                }
            }
        }
        seen.listing = Some(listing);
        Ok(())
    }

    /// The archive of a path and all that lies below.
    async fn path(&self, path: &[u8]) -> (Layer, Option<Refusal>) {
        let path = format!("/{}", String::from_utf8_lossy(path));
        let options = DownloadFromContainerOptions { path };
        let stream = self.engine.api().download_from_container(self.id, Some(options));
        self.stream("GET /containers/{id}/archive", stream).await
    }

    async fn stream(
        &self,
        operation: &'static str,
        stream: impl Stream<Item = Result<impl AsRef<[u8]>, Error>>,
    ) -> (Layer, Option<Refusal>) {
        let job = self.job;
        let (detector, config, stop) = (Arc::clone(&job.detector), Arc::clone(&job.config), job.stop.clone());
        let read = move |chunks: Chunks| {
            let known = Known::default();
            layers::read(chunks, Look { detector: &detector, limits: &config.limits, stop: &stop, known: &known })
        };
        let (layer, refusal) = self.engine.pour(operation, stream, read).await;
        (layer.unwrap_or_else(|| Layer::unread(Refusal::new(Cause::Crashed))), refusal)
    }
}
