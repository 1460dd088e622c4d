//! Images: what `docker history` and the image config say, and what the files of all layers hold. From an engine, an
//! archive, an OCI layout or a registry.
//!
//! In: the sources of `images`. Out: evidence on every ENV and ARG, on secret-looking texts of build steps and config,
//! on files that matter, on what attestations disclose, and coverage that counts history entries, platforms and files.
//! It knows no rule.

mod archive;
mod attestation;
mod blobs;
mod builder;
mod completeness;
mod document;
#[cfg(feature = "docker")]
mod engine;
mod entries;
mod facts;
mod files;
mod history;
mod identity;
mod kinds;
mod layers;
mod layout;
mod manifest;
mod platforms;
#[cfg(feature = "registry")]
mod registry;
mod words;

use super::layers::{Known, Look};
use super::oci_config::Pairs;
use super::refusal::Refusal;
use super::runtime::offload;
use super::{Collector, Job};
use crate::config::{Config, ImageSource};
use crate::evidence::{Batch, Cause, Coverage, Gap, Kind, Name, Sensitive, Subject, Target};
use document::Image;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join3};
use kinds::{ATTESTATION, COMMAND, ENV, FILE, IDENTITY, KINDS};
use layers::Layers;
use layout::Attested;
use platforms::Asked;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// The collector.
pub(super) struct Images;

/// What a source gave.
#[derive(Default)]
struct Found {
    /// One image per platform.
    images: Vec<Image>,
    /// Their layers, if anybody asked for files.
    layers: Layers,
    /// Why some layers, or all of them, were not read.
    unread_layers: Vec<Refusal>,
    /// Platforms, or the source as a whole, that could not be examined.
    unexamined: Vec<(Option<Name>, Refusal)>,
    /// Platforms that the index names and that are examined.
    met: BTreeSet<Name>,
    /// Platforms that nobody asked for.
    not_asked: BTreeSet<Name>,
    /// How often indexes name an attestation.
    attestations: u64,
    /// Their manifests, and what these say if anybody asked.
    attested: Vec<Attested>,
    /// Why the source does not show all attestations that there may be.
    unshown: Vec<Refusal>,
    /// Whether no list of manifests, in which attestations would stand, names the image.
    listless: bool,
    /// The digests of all manifests that indexes name beside attestations.
    manifests: BTreeSet<Name>,
    /// Manifests that are no images.
    artifacts: u64,
    /// Annotations of indexes, manifests and configs.
    annotations: Pairs,
    /// Tags, and where layers may lie.
    tags: Vec<Sensitive>,
    /// What identifies the source.
    identity: Vec<(&'static str, Name)>,
}

impl Collector for Images {
    fn kinds(&self) -> &'static [&'static Kind] {
        &KINDS
    }

    fn targets(&self, _: &'static Kind, config: &Config) -> Vec<Target> {
        let mut targets: Vec<Target> = config.images.iter().map(target).collect();
        targets.sort();
        targets.dedup();
        targets
    }

    fn collect(&self, job: Arc<Job>) -> BoxFuture<'static, Batch> {
        collect(job).boxed()
    }
}

fn target(source: &ImageSource) -> Target {
    Target::new("image", source.shown())
}

async fn collect(job: Arc<Job>) -> Batch {
    let mut sources = job.config.images.clone();
    sources.sort_by_key(ImageSource::shown);
    sources.dedup();
    let (live, rest): (Vec<_>, Vec<_>) =
        sources.into_iter().partition(|source| matches!(source, ImageSource::Engine(_)));
    let (far, saved): (Vec<_>, Vec<_>) =
        rest.into_iter().partition(|source| matches!(source, ImageSource::Registry(_)));
    let known = Arc::new(Known::new(&job.config, &job.detector));
    #[cfg(feature = "registry")]
    let far = each(&job, &known, "images in registries", far, registry::read);
    #[cfg(not(feature = "registry"))]
    let far = each(&job, &known, "images", far, read);
    let saved = each(&job, &known, "images", saved, read);
    let (mut batch, far, saved) = join3(from_engine(&job, &known, live), far, saved).await;
    batch.absorb(far);
    batch.absorb(saved);
    batch
}

/// Reads one source.
type Read = fn(&ImageSource, &Job, &Known) -> Result<Found, Refusal>;

/// Sources of one sort, one after the other, for they share layers; each is read by all threads. A panic over one is a
/// gap for that one: the others' findings stay.
async fn each(job: &Arc<Job>, known: &Arc<Known>, what: &'static str, sources: Vec<ImageSource>, read: Read) -> Batch {
    if sources.is_empty() {
        return Batch::default();
    }
    let (job, known) = (Arc::clone(job), Arc::clone(known));
    let work = move || {
        let mut all = Batch::default();
        let task = job.progress.begin(what, u64::try_from(sources.len()).ok());
        for source in &sources {
            task.examining(&source.shown());
            let work = || report(&job, source, read(source, &job, &known));
            let batch = catch_unwind(AssertUnwindSafe(work));
            all.absorb(batch.unwrap_or_else(|_| report(&job, source, Err(Refusal::new(Cause::Crashed)))));
            task.advance(1);
        }
        all
    };
    offload(work).await.unwrap_or_default()
}

fn read(source: &ImageSource, job: &Job, known: &Known) -> Result<Found, Refusal> {
    let (look, asked, wanted) = (look(job, known), asked(job), Wanted::of(job));
    match source {
        ImageSource::DockerArchive(path) => {
            let (archive, damage) = archive::Archive::read(path, look, wanted.files)?;
            from_archive(archive, damage, Some(path), look, (asked, wanted))
        }
        ImageSource::OciLayout(root) => {
            let directory = blobs::Directory::open(root, look.limits)?;
            let mut found = layout::images(&directory, asked)?;
            if wanted.attestations {
                found.attest(&directory, look);
            }
            if wanted.files {
                found.layers = layers::of_directory(root, &found.images, look);
            }
            Ok(found)
        }
        ImageSource::Registry(_) => Err(Refusal::new(Cause::Unsupported)
            .because("this build has no registry support; give docker-archive:FILE or oci:DIR")),
        ImageSource::Engine(_) => Err(Refusal::new(Cause::Unsupported)
            .because("this build has no Docker support; give docker-archive:FILE or oci:DIR")),
    }
}

/// What of a source is looked through beside its documents.
#[derive(Clone, Copy)]
struct Wanted {
    files: bool,
    attestations: bool,
}

impl Wanted {
    fn of(job: &Job) -> Self {
        Self { files: job.wants(&FILE), attestations: job.wants(&ATTESTATION) }
    }
}

impl Found {
    /// What could not be examined, as gaps of a kind; coverage misses it.
    fn missed(&self, kind: &'static Kind, target: &Target, coverage: &mut Coverage) -> Vec<Gap> {
        let gap = |(name, why): &(Option<Name>, Refusal)| {
            coverage.miss(name.clone().unwrap_or(Name::fixed("(unnamed)")), why.cause);
            name.iter().fold(why.gap(kind, Subject::whole(target)), |gap, name| gap.with("platform", name.clone()))
        };
        self.unexamined.iter().map(gap).collect()
    }

    /// Coverage that says which source it is of.
    fn coverage(&self, kind: &'static Kind, target: &Target) -> Coverage {
        let mut coverage = Coverage::new(kind, target);
        self.identity.iter().for_each(|(what, name)| coverage.identify(what, name.clone()));
        coverage
    }

    /// Reads the attestations.
    fn attest(&mut self, blobs: &dyn blobs::Blobs, look: Look<'_>) {
        for attested in &mut self.attested {
            attested.examined = attestation::examine(blobs, attested, look);
        }
    }
}

fn look<'a>(job: &'a Job, known: &'a Known) -> Look<'a> {
    Look { detector: &job.detector, limits: &job.config.limits, stop: &job.stop, known }
}

/// The platforms that the configuration asks for.
fn asked(job: &Job) -> Asked<'_> {
    Asked(&job.config.platforms)
}

/// The images of an archive that was read, and what else of it is wanted.
fn from_archive(
    archive: archive::Archive,
    damage: Option<Refusal>,
    file: Option<&Path>,
    look: Look<'_>,
    (asked, wanted): (Asked<'_>, Wanted),
) -> Result<Found, Refusal> {
    match (layout::images(&archive, asked), damage) {
        (Ok(mut found), damage) => {
            found.unexamined.extend(damage.map(|why| (None, why)));
            if wanted.attestations {
                found.attest(&archive, look);
            }
            if wanted.files {
                found.layers = layers::of_archive(file, archive.blobs, &found.images, look);
            }
            Ok(found)
        }
        (Err(_), Some(why)) | (Err(why), None) => Err(why),
    }
}

#[cfg(feature = "docker")]
async fn from_engine(job: &Job, known: &Arc<Known>, sources: Vec<ImageSource>) -> Batch {
    use futures_util::future::join_all;
    let mut all = Batch::default();
    if sources.is_empty() {
        return all;
    }
    let task = job.progress.begin("images in the engine", u64::try_from(sources.len()).ok());
    let engine = super::docker::Engine::connect(&job.config.docker).await;
    // A loop, not a closure: the compiler cannot prove closures over borrowed futures to be `Send`.
    let mut work = Vec::new();
    for source in &sources {
        work.push(one(job, known, &engine, source, task.as_ref()));
    }
    join_all(work).await.into_iter().for_each(|batch| all.absorb(batch));
    all
}

#[cfg(feature = "docker")]
async fn one(
    job: &Job,
    known: &Arc<Known>,
    engine: &Result<super::docker::Engine, Refusal>,
    source: &ImageSource,
    task: &dyn crate::evidence::Task,
) -> Batch {
    task.examining(&source.shown());
    let found = match (engine, source) {
        (Ok(engine), ImageSource::Engine(reference)) => engine::read(engine, reference, job, known).await,
        (Err(refusal), _) => Err(refusal.clone()),
        _ => Err(Refusal::new(Cause::Unsupported)),
    };
    task.advance(1);
    report(job, source, found)
}

#[cfg(not(feature = "docker"))]
#[expect(clippy::unused_async, reason = "the same signature as with an engine")]
async fn from_engine(job: &Job, known: &Arc<Known>, sources: Vec<ImageSource>) -> Batch {
    let mut all = Batch::default();
    for source in &sources {
        all.absorb(report(job, source, read(source, job, known)));
    }
    all
}

fn report(job: &Job, source: &ImageSource, found: Result<Found, Refusal>) -> Batch {
    let target = target(source);
    match found {
        Ok(found) => {
            let mut batch = facts::report(job, &target, &found);
            if job.wants(&FILE) {
                batch.absorb(files::report(job, &target, &found));
            }
            if job.wants(&ATTESTATION) {
                batch.absorb(attestation::report(job, &target, &found));
            }
            if job.wants(&IDENTITY) {
                batch.absorb(identity::report(job, &target, &found));
            }
            batch
        }
        Err(why) => {
            let wanted = KINDS.into_iter().filter(|kind| job.wants(kind));
            Batch { gaps: wanted.map(|kind| why.gap(kind, Subject::whole(&target))).collect(), ..Batch::default() }
        }
    }
}
