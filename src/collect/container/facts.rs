//! Containers become evidence: every environment entry, and every secret-looking text elsewhere.
//!
//! In: wrapped containers. Out: judged facts, gaps and coverage for one selector. It asks nobody anything.

use super::ecs::TaskDefinition;
use super::inspect::{Container, Image};
use super::{ENV, Found, METADATA};
use crate::collect::Job;
use crate::config::ContainerSelector;
use crate::detect::{self, Context, Detector};
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
        for kind in [&ENV, &METADATA].into_iter().filter(|kind| missed.only.is_none_or(|only| only.name == kind.name)) {
            let place = Place { path: missed.what.clone(), ..Place::default() };
            out.gap(missed.why.gap(kind, Subject::at(target, place)));
            let what = missed.what.clone().unwrap_or(Name::fixed("(a container)"));
            out.coverage(kind).miss(what, missed.why.cause);
        }
    }
    if found.containers.is_empty() && found.missed.is_empty() {
        for kind in [&ENV, &METADATA] {
            let gap = Gap::new(kind, Subject::whole(target), Cause::Empty).with("key", Name::fixed("containers"));
            out.gap(gap.with("reason", Name::fixed("no container matched the selector")));
        }
    }
    for (container, image) in &found.containers {
        let place = place(selector, container);
        digest_differs(&mut out, selector, container, image.as_deref(), &place);
        environment(&mut out, container, image.as_ref(), &place, tasks);
        metadata(&mut out, container, &place);
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
struct Out<'a> {
    job: &'a Job,
    target: &'a Target,
    batch: Batch,
    env: Coverage,
    metadata: Coverage,
}

impl<'a> Out<'a> {
    fn new(job: &'a Job, target: &'a Target, identity: &[(&'static str, Name)]) -> Self {
        let mut out = Self {
            job,
            target,
            batch: Batch::default(),
            env: Coverage::new(&ENV, target),
            metadata: Coverage::new(&METADATA, target),
        };
        for (what, name) in identity {
            out.env.identify(what, name.clone());
            out.metadata.identify(what, name.clone());
        }
        out
    }

    fn coverage(&mut self, kind: &'static Kind) -> &mut Coverage {
        if kind.name == ENV.name { &mut self.env } else { &mut self.metadata }
    }

    fn gap(&mut self, gap: Gap) {
        self.batch.gaps.push(gap);
    }

    /// Evidence, and a gap beside it where nobody can judge the value alone.
    fn judged(
        &mut self,
        kind: &'static Kind,
        place: Place,
        judgement: &Judgement,
        more: impl IntoIterator<Item = (&'static str, Fact)>,
    ) {
        let subject = Subject::at(self.target, place);
        if judgement.class.needs_review() {
            self.gap(Gap::new(kind, subject.clone(), unjudged(judgement)).with("class", judgement.class_name()));
        }
        let facts = judgement.facts().into_iter().chain(more);
        self.batch.evidence.push(Evidence::new(kind, subject, facts, self.job.now));
    }

    fn done(mut self) -> Batch {
        self.batch.coverage = vec![self.env, self.metadata];
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
    for kind in [&ENV, &METADATA] {
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
    for (i, entry) in container.config.env.iter().enumerate() {
        let (name, value) = out.job.detector.assignment(entry);
        let variable = out.job.detector.variable(&name, i + 1);
        let judgement = match &value {
            Some(value) => out.job.detector.judge(&name, value, Context::Env),
            // A bare `NAME` unsets what the image sets.
            None => stated(Class::Empty, "unset"),
        };
        let origin = origins.of(entry, &variable);
        let place = Place { variable: Some(variable), ..place.clone() };
        let more = [("origin", Fact::word(origin)), ("running", Fact::Bool(container.running))];
        out.judged(&ENV, place, &judgement, more);
    }
}

fn stated(class: Class, kind: &'static str) -> Judgement {
    Judgement { class, kind, length: "0", correlator: None, known: false }
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

fn metadata(out: &mut Out<'_>, container: &Container, place: &Place) {
    out.metadata.add("containers", 1);
    let mut seen = Seen::default();
    let config = &container.config;
    let texts = [
        ("args", container.arguments.text()),
        ("cmd", config.cmd.text()),
        ("entrypoint", config.entrypoint.text()),
        ("healthcheck", config.healthcheck.test.text()),
    ];
    let execs = container.execs.iter().map(|words| ("exec", words.text()));
    for (at, text) in texts.into_iter().chain(execs) {
        if let Some(text) = text {
            scan(out, container, place, at, &text, &mut seen);
        }
    }
    for (i, (key, value)) in config.labels.0.iter().enumerate() {
        pair(out, container, place, ("label", i + 1), key, value);
    }
    for (i, (key, value)) in container.log_options.0.iter().enumerate() {
        pair(out, container, place, ("log-option", i + 1), key, value);
    }
    mounts(out, container, place);
    if container.execs_unknown > 0 {
        let gap = Gap::new(&METADATA, Subject::at(out.target, place.clone()), Cause::ContentElsewhere);
        out.gap(gap.with("operation", Name::fixed("GET /exec/{id}/json")));
        out.metadata.miss(Name::fixed("exec sessions"), Cause::ContentElsewhere);
    }
}

/// `Path` and `Args` repeat `Entrypoint` and `Cmd`: one secret there is one finding.
#[derive(Default)]
struct Seen(BTreeSet<(Option<Name>, &'static str, Option<Fingerprint>)>);

fn scan(out: &mut Out<'_>, container: &Container, place: &Place, at: &'static str, text: &Sensitive, seen: &mut Seen) {
    out.metadata.add("texts", 1);
    let scan = out.job.detector.text(text, Context::History);
    if !scan.determined {
        texts_gap(out, place, at);
    }
    for spotted in scan.spotted {
        let judgement = &spotted.judgement;
        let variable = spotted.variable.clone().filter(|_| judgement.correlator.is_none());
        let mark = (variable, judgement.kind, judgement.correlator.clone());
        let repeated = matches!(at, "args" | "cmd" | "entrypoint") && !seen.0.insert(mark);
        if matters(judgement.class) && !repeated {
            let place = Place { variable: spotted.variable, ..place.clone() };
            found(out, container, place, at, judgement);
        }
    }
}

fn texts_gap(out: &mut Out<'_>, place: &Place, at: &'static str) {
    let gap = Gap::new(&METADATA, Subject::at(out.target, place.clone()), Cause::Malformed);
    out.gap(gap.with("where", Name::fixed(at)));
}

fn matters(class: Class) -> bool {
    class.is_exposed() || class.needs_review()
}

fn found(out: &mut Out<'_>, container: &Container, place: Place, at: &'static str, judgement: &Judgement) {
    let more = [("where", Fact::word(at)), ("running", Fact::Bool(container.running))];
    out.judged(&METADATA, place, judgement, more);
}

/// A label or an option: judged under its key, and if that finds nothing, its text and its key's text.
fn pair(
    out: &mut Out<'_>,
    container: &Container,
    place: &Place,
    (at, ordinal): (&'static str, usize),
    key: &Sensitive,
    value: &Sensitive,
) {
    out.metadata.add("texts", 1);
    let detector = &out.job.detector;
    let variable = detector.variable(key, ordinal);
    let mut judgements = vec![detector.judge(key, value, Context::Env)];
    if !matters(judgements[0].class) {
        for text in [value, key] {
            let scan = detector.text(text, Context::Env);
            judgements.extend(scan.spotted.into_iter().map(|spotted| spotted.judgement));
        }
    }
    let worst = judgements.into_iter().max_by_key(|judgement| judgement.class);
    if let Some(judgement) = worst.filter(|judgement| matters(judgement.class)) {
        let place = Place { variable: Some(variable), ..place.clone() };
        found(out, container, place, at, &judgement);
    }
}

/// A bind mount of an env file: its plaintext lies on the host and stands in the container.
fn mounts(out: &mut Out<'_>, container: &Container, place: &Place) {
    let mut names = BTreeSet::new();
    for source in &container.mounts {
        out.metadata.add("mounts", 1);
        let Ok(source) = source.name() else { continue };
        let file = source.as_str().rsplit(['/', '\\']).next().unwrap_or_default();
        if detect::env_like(file) && !detect::env_template(file) && names.insert(source.clone()) {
            let judgement = stated(Class::Plaintext, "env-file-mount");
            let place = Place { variable: Some(source), ..place.clone() };
            found(out, container, place, "mount", &judgement);
        }
    }
}
