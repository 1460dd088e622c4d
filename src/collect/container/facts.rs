//! Containers become evidence: every environment entry, and every secret-looking text elsewhere.
//!
//! In: wrapped containers. Out: judged facts, gaps and coverage for one selector. It asks nobody anything.

use super::ecs::TaskDefinition;
use super::inspect::{Container, Image};
use super::{ENV, FILE, Found, IMAGE, KINDS, METADATA, STATE, files, metadata, running, state};
use crate::collect::Job;
use crate::collect::oci_config::{self, UNSET, matters};
use crate::config::{ContainerSelector, ImageSource};
use crate::detect::{Context, Detector};
use crate::evidence::{
    Batch, Cause, Class, Coverage, Evidence, Fact, Fingerprint, Gap, Judgement, Kind, Name, Place, Sensitive, Subject,
    Target,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// One selector's batch.
pub(super) fn report(
    job: &Job,
    target: &Target,
    selector: &ContainerSelector,
    found: &Found,
    tasks: &[TaskDefinition],
) -> Batch {
    let mut out = Out::new(job, target, &found.identity);
    for missed in &found.missed {
        for kind in KINDS.into_iter().filter(|kind| missed.only.is_none_or(|only| only.name == kind.name)) {
            let place = Place { path: missed.what.clone(), ..Place::default() };
            out.gap(missed.why.gap(kind, Subject::at(target, place)));
            let what = missed.what.clone().unwrap_or(Name::fixed("(a container)"));
            out.coverage(kind).miss(what, missed.why.cause);
        }
    }
    if found.containers.is_empty() && found.missed.is_empty() {
        for kind in KINDS {
            let gap = Gap::new(kind, Subject::whole(target), Cause::Empty).with("key", Name::fixed("containers"));
            out.gap(gap.with("reason", Name::fixed("no container matched the selector")));
        }
    }
    for (container, image) in &found.containers {
        let place = place(selector, container);
        digest_differs(&mut out, selector, container, image.as_deref(), &place);
        environment(&mut out, container, image.as_ref(), &place, tasks);
        metadata::examine(&mut out, container, &place);
        state::examine(&mut out, container, &place);
        running::examine(&mut out, selector, container, image.as_deref(), &place);
        if let Some(seen) = &container.files {
            files::examine(&mut out, container, seen, &place);
        }
    }
    for image in &found.images {
        let place = Place { path: Some(Name::fixed("(an image)")), digest: image.id.clone(), ..Place::default() };
        image_environment(&mut out, image, &BTreeSet::new(), &place, false);
    }
    for image in &found.beside {
        metadata::beside(&mut out, image);
    }
    out.done()
}

/// The container's own place: its name if the selector's is another one, and the image it runs.
fn place(selector: &ContainerSelector, container: &Container) -> Place {
    let named = selector.name.as_ref().filter(|_| selector.shown() == container.name);
    let path = if named.is_some() { None } else { Some(container.name.clone()) };
    Place { path, digest: container.image.clone(), ..Place::default() }
}

/// What is collected for one target.
pub(super) struct Out<'a> {
    pub(super) job: &'a Job,
    pub(super) target: &'a Target,
    pub(super) batch: Batch,
    env: Coverage,
    pub(super) metadata: Coverage,
    pub(super) state: Coverage,
    pub(super) image: Coverage,
    pub(super) files: Coverage,
}

impl<'a> Out<'a> {
    fn new(job: &'a Job, target: &'a Target, identity: &[(&'static str, Name)]) -> Self {
        let mut out = Self {
            job,
            target,
            batch: Batch::default(),
            env: Coverage::new(&ENV, target),
            metadata: Coverage::new(&METADATA, target),
            state: Coverage::new(&STATE, target),
            image: Coverage::new(&IMAGE, target),
            files: Coverage::new(&FILE, target),
        };
        for (what, name) in identity {
            KINDS.into_iter().for_each(|kind| out.coverage(kind).identify(what, name.clone()));
        }
        out
    }

    fn coverage(&mut self, kind: &'static Kind) -> &mut Coverage {
        match kind.name {
            name if name == ENV.name => &mut self.env,
            name if name == STATE.name => &mut self.state,
            name if name == IMAGE.name => &mut self.image,
            name if name == FILE.name => &mut self.files,
            _ => &mut self.metadata,
        }
    }

    pub(super) fn gap(&mut self, gap: Gap) {
        self.batch.gaps.push(gap);
    }

    /// Evidence, and a gap beside it where nobody can judge the value alone.
    pub(super) fn judged(
        &mut self,
        kind: &'static Kind,
        place: Place,
        judgement: &Judgement,
        more: impl IntoIterator<Item = (&'static str, Fact)>,
    ) {
        if judgement.class.needs_review() {
            let gap = Gap::new(kind, Subject::at(self.target, place.clone()), unjudged(judgement));
            self.gap(gap.with("class", judgement.class_name()));
        }
        self.fact(kind, place, judgement.facts().into_iter().chain(more));
    }

    /// Evidence that no value stands behind.
    pub(super) fn fact(
        &mut self,
        kind: &'static Kind,
        place: Place,
        facts: impl IntoIterator<Item = (&'static str, Fact)>,
    ) {
        self.batch.evidence.push(Evidence::new(kind, Subject::at(self.target, place), facts, self.job.now));
    }

    fn done(mut self) -> Batch {
        self.batch.coverage = vec![self.env, self.metadata, self.state, self.image, self.files];
        let wanted: BTreeSet<&str> = self.job.wanted.iter().map(|kind| kind.name).collect();
        self.batch.evidence.retain(|evidence| wanted.contains(evidence.kind.as_str()));
        self.batch.gaps.retain(|gap| wanted.contains(gap.kind.as_str()));
        self.batch.coverage.retain(|coverage| wanted.contains(coverage.kind.as_str()));
        self.batch
    }
}

fn unjudged(judgement: &Judgement) -> Cause {
    if judgement.class == Class::Open { Cause::NeedsReview } else { Cause::Malformed }
}

/// A declared digest must be the running image's id or one of its registry digests.
fn digest_differs(
    out: &mut Out<'_>,
    selector: &ContainerSelector,
    container: &Container,
    image: Option<&Image>,
    place: &Place,
) {
    let Some(declared) = &selector.image_digest else { return };
    let known = image.map(|image| image.digests.as_slice()).unwrap_or_default();
    if container.image.iter().chain(known).any(|digest| digest == declared) {
        return;
    }
    // What is learned of the image itself is held against the declaration elsewhere.
    for kind in KINDS.into_iter().filter(|kind| kind.name != IMAGE.name) {
        let gap = Gap::new(kind, Subject::at(out.target, place.clone()), Cause::Unproven);
        out.gap(gap.with("key", Name::fixed("image_digest")).with("declared", declared.clone()));
    }
}

fn environment(
    out: &mut Out<'_>,
    container: &Container,
    image: Option<&Arc<Image>>,
    place: &Place,
    tasks: &[TaskDefinition],
) {
    out.env.add("containers", 1);
    out.env.add("variables", container.config.env.len() as u64);
    let origins = Origins::new(&out.job.detector, container, image, tasks);
    let mut own = BTreeSet::new();
    for (i, entry) in container.config.env.iter().enumerate() {
        let (name, judgement) = oci_config::entry(&out.job.detector, entry, Context::Env);
        let variable = name.unwrap_or_else(|| Name::withheld("variable", i + 1));
        let origin = origins.of(entry, &variable);
        own.insert(out.job.detector.fingerprint(entry));
        let place = Place { variable: Some(variable), ..place.clone() };
        if judgement.kind == UNSET && image.is_none() && !image_is_examined(out.job, container) {
            let gap = Gap::new(&ENV, Subject::at(out.target, place.clone()), Cause::ContentElsewhere);
            let gap = gap.with("reason", Name::fixed("unset here; what the image sets was not seen"));
            out.gap(gap.with("run", Name::fixed("docker inspect CONTAINER IMAGE")));
        }
        let more = [("origin", Fact::word(origin)), ("running", Fact::Bool(container.running))];
        out.judged(&ENV, place, &judgement, more);
    }
    // What the container unsets or sets otherwise still stands in its image.
    if let Some(image) = image {
        image_environment(out, image, &own, place, container.running);
    }
}

/// Whether the image is declared by its digest and looked at as one: a tag may be another image.
fn image_is_examined(job: &Job, container: &Container) -> bool {
    let Some(digest) = &container.image else { return false };
    let hex = digest.as_str().trim_start_matches("sha256:");
    let named = |source: &ImageSource| matches!(source, ImageSource::Engine(name) if name.as_str().ends_with(hex));
    job.wanted.iter().any(|kind| kind.name == "image.env") && job.config.images.iter().any(named)
}

/// The findings of an image's environment that the container does not repeat.
fn image_environment(out: &mut Out<'_>, image: &Image, own: &BTreeSet<Fingerprint>, place: &Place, running: bool) {
    for (i, entry) in image.env.iter().enumerate() {
        let (name, judgement) = oci_config::entry(&out.job.detector, entry, Context::Env);
        if matters(judgement.class) && !own.contains(&out.job.detector.fingerprint(entry)) {
            let variable = name.unwrap_or_else(|| Name::withheld("variable of the image", i + 1));
            let place = Place { variable: Some(variable), ..place.clone() };
            let more = [("origin", Fact::word("image")), ("running", Fact::Bool(running))];
            out.judged(&ENV, place, &judgement, more);
        }
    }
}

/// Who put an entry into a container.
struct Origins<'a> {
    detector: &'a Detector,
    image: Option<BTreeSet<Fingerprint>>,
    task: Option<Task>,
    tasks: &'a [TaskDefinition],
}

/// The ECS labels of a container.
struct Task {
    family: Name,
    revision: Option<Name>,
    container: Name,
}

impl<'a> Origins<'a> {
    fn new(
        detector: &'a Detector,
        container: &Container,
        image: Option<&Arc<Image>>,
        tasks: &'a [TaskDefinition],
    ) -> Self {
        let image = image.map(|image| image.env.iter().map(|entry| detector.fingerprint(entry)).collect());
        let label = |key| container.config.labels.get(key).and_then(|value| value.name().ok());
        let family = label("com.amazonaws.ecs.task-definition-family");
        let task = family.zip(label("com.amazonaws.ecs.container-name")).map(|(family, container)| Task {
            family,
            revision: label("com.amazonaws.ecs.task-definition-version"),
            container,
        });
        Self { detector, image, task, tasks }
    }

    fn of(&self, entry: &Sensitive, variable: &Name) -> &'static str {
        let injected = self.task.as_ref().is_some_and(|task| {
            let asks =
                |one: &TaskDefinition| one.injects(&task.family, task.revision.as_ref(), &task.container, variable);
            self.tasks.iter().any(asks)
        });
        match &self.image {
            _ if injected => "platform",
            Some(image) if image.contains(&self.detector.fingerprint(entry)) => "image",
            Some(_) => "runtime",
            None => "unknown",
        }
    }
}
