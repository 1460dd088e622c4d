//! Containers: what `docker inspect` shows of the workload. From an engine, or from a saved inspect file.
//!
//! In: the selectors of `containers`. Out: one piece of evidence per environment entry, one per secret-looking
//! text elsewhere, and coverage that names the daemon. It knows no rule, and never runs or enters a container.

mod archives;
mod ecs;
#[cfg(feature = "docker")]
mod engine;
mod facts;
#[cfg(feature = "docker")]
mod file_system;
mod files;
mod inspect;
mod kinds;
#[cfg(feature = "docker")]
mod links;
#[cfg_attr(not(feature = "docker"), expect(dead_code, reason = "only an engine lists changes"))]
mod listing;
mod metadata;
mod mount_point;
mod mounts;
mod running;
mod saved;
mod seen;
mod select;
mod state;
#[cfg(feature = "docker")]
mod swarm;

use super::layers::{Known, Look};
use super::oci_config::{Pairs, Rest, Words};
use super::refusal::Refusal;
use super::runtime::offload;
use super::{Collector, Job};
use crate::config::{Config, ContainerSelector};
use crate::evidence::{Batch, Cause, Gap, Kind, Name, Sensitive, Subject, Target, Task};
use ecs::TaskDefinition;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use inspect::{Container, Image};
use kinds::{ENV, FILE, IMAGE, KINDS, METADATA, STATE};
use std::path::Path;
use std::sync::Arc;

/// The collector.
pub(super) struct Containers;

/// What a selector gave.
#[derive(Default)]
struct Found {
    /// The containers, and the image of each where it is known.
    containers: Vec<(Container, Option<Arc<Image>>)>,
    /// Images beside the containers.
    images: Vec<Arc<Image>>,
    /// What images say besides, whether a container was made from them or not.
    beside: Vec<Beside>,
    /// What could not be learned about one container.
    missed: Vec<Missed>,
    /// What identifies the source.
    identity: Vec<(&'static str, Name)>,
}

/// The texts of an image that stands in the same file.
struct Beside {
    image: Option<Name>,
    pairs: Pairs,
    lists: Vec<Sensitive>,
}

impl Beside {
    fn new(image: Option<Name>, rest: Rest) -> Self {
        let lists = rest.lists.iter().filter_map(Words::text).collect();
        Self { image, pairs: rest.pairs, lists }
    }
}

/// A part of a selector's answer that could not be had.
struct Missed {
    /// The container.
    what: Option<Name>,
    /// Only this kind, or both.
    only: Option<&'static Kind>,
    /// Why.
    why: Refusal,
}

impl Collector for Containers {
    fn kinds(&self) -> &'static [&'static Kind] {
        &KINDS
    }

    fn targets(&self, _: &'static Kind, config: &Config) -> Vec<Target> {
        let mut targets: Vec<Target> = config.containers.iter().map(target).collect();
        targets.sort();
        targets.dedup();
        targets
    }

    fn collect(&self, job: Arc<Job>) -> BoxFuture<'static, Batch> {
        collect(job).boxed()
    }
}

fn target(selector: &ContainerSelector) -> Target {
    Target::new("container", selector.shown())
}

async fn collect(job: Arc<Job>) -> Batch {
    let selectors = job.config.containers.clone();
    let task = job.progress.begin("containers", u64::try_from(selectors.len()).ok());
    let paths = job.config.deployment.clone();
    let limit = job.config.limits.config_bytes;
    let tasks = offload(move || ecs::read(&paths, limit)).await.unwrap_or_default();
    let connection = Connection::open(&job).await;
    // A loop, not a closure: the compiler cannot prove closures over borrowed futures to be `Send`.
    let mut work = Vec::new();
    for selector in &selectors {
        work.push(one(&job, &connection, selector, &tasks, task.as_ref()));
    }
    let mut all = Batch::default();
    join_all(work).await.into_iter().for_each(|batch| all.absorb(batch));
    all
}

async fn one(
    job: &Job,
    connection: &Connection,
    selector: &ContainerSelector,
    tasks: &[TaskDefinition],
    task: &dyn Task,
) -> Batch {
    task.examining(&selector.shown());
    let target = target(selector);
    let found = match &selector.inspect_file {
        Some(file) => from_file(job, selector, file).await,
        None => connection.find(job, selector).await,
    };
    task.advance(1);
    match found {
        Ok(found) => {
            let mut batch = facts::report(job, &target, selector, &found, tasks);
            batch.gaps.extend(connection.doubt(job, selector).iter().flat_map(|why| gaps(job, &target, why)));
            batch
        }
        Err(why) => Batch { gaps: gaps(job, &target, &why), ..Batch::default() },
    }
}

/// A refusal of a whole target, for every kind that is wanted.
fn gaps(job: &Job, target: &Target, why: &Refusal) -> Vec<Gap> {
    let wanted = KINDS.into_iter().filter(|kind| job.wants(kind));
    wanted.map(|kind| why.gap(kind, Subject::whole(target))).collect()
}

async fn from_file(job: &Job, selector: &ContainerSelector, file: &Path) -> Result<Found, Refusal> {
    let (path, limit) = (file.to_owned(), job.config.limits.file_bytes);
    let saved = offload(move || saved::read(&path, limit)).await;
    let found = saved.unwrap_or(Err(Refusal::new(Cause::Crashed)))?.select(selector);
    if !job.wants(&FILE) {
        return Ok(found);
    }
    let (detector, config, stop) = (Arc::clone(&job.detector), Arc::clone(&job.config), job.stop.clone());
    let selector = selector.clone();
    let look = move || {
        let known = Known::default();
        let look = Look { detector: &detector, limits: &config.limits, stop: &stop, known: &known };
        archives::read_all(&selector, found, look)
    };
    offload(look).await.ok_or(Refusal::new(Cause::Crashed))
}

#[cfg(feature = "docker")]
fn vanished() -> Refusal {
    Refusal::new(Cause::Unproven).because("the container was removed while it was examined; its successor was not seen")
}

/// The engine, connected once for all live selectors.
enum Connection {
    #[cfg(feature = "docker")]
    Open(super::docker::Engine),
    Failed(Refusal),
}

impl Connection {
    #[cfg(feature = "docker")]
    async fn open(job: &Job) -> Self {
        if job.config.containers.iter().all(|selector| selector.inspect_file.is_some()) {
            return Self::Failed(Refusal::new(Cause::NotDeclared));
        }
        match super::docker::Engine::connect(&job.config.docker).await {
            Ok(engine) => Self::Open(engine),
            Err(refusal) => Self::Failed(refusal),
        }
    }

    #[cfg(not(feature = "docker"))]
    #[expect(clippy::unused_async, reason = "the same signature as with an engine")]
    async fn open(_: &Job) -> Self {
        Self::Failed(Refusal::new(Cause::Unsupported).because("this build has no Docker support; give an inspect_file"))
    }

    #[cfg_attr(not(feature = "docker"), expect(clippy::unused_async, reason = "the same signature as with an engine"))]
    async fn find(&self, job: &Job, selector: &ContainerSelector) -> Result<Found, Refusal> {
        match self {
            #[cfg(feature = "docker")]
            Self::Open(engine) => engine::find(engine, job, selector).await,
            Self::Failed(refusal) => {
                let _ = (job, selector);
                Err(refusal.clone())
            }
        }
    }

    /// Why a live selector's engine may not be the one that was meant, if it may not.
    fn doubt(&self, job: &Job, selector: &ContainerSelector) -> Option<Refusal> {
        match self {
            #[cfg(feature = "docker")]
            Self::Open(engine) if selector.inspect_file.is_none() => {
                engine.doubt(&job.config.docker, job.machine.runner, selector.image_digest.is_some())
            }
            _ => {
                let _ = (job, selector);
                None
            }
        }
    }
}
