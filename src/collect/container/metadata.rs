//! Where secrets go when the environment is cleaned: arguments, labels, health checks, log options, mounts, exec
//! sessions.
//!
//! In: a wrapped container. Out: evidence for texts that matter, and counts of all that were looked at.

use super::facts::Out;
use super::inspect::Container;
use super::{Beside, METADATA};
use crate::collect::oci_config::{labelled, matters};
use crate::detect::Context;
use crate::evidence::{Cause, Class, Fact, Fingerprint, Gap, Judgement, Name, Place, Sensitive, Subject};
use std::collections::BTreeSet;

/// Adds what was found in one container to its selector's batch.
pub(super) fn examine(out: &mut Out<'_>, container: &Container, place: &Place) {
    out.metadata.add("containers", 1);
    let mut look = Look { out, place, running: container.running, seen: BTreeSet::new() };
    let config = &container.config;
    let texts = [
        ("args", container.arguments.text()),
        ("cmd", config.cmd.text()),
        ("entrypoint", config.entrypoint.text()),
        ("healthcheck", config.healthcheck.test.text()),
        ("other", config.shell.text()),
        ("other", config.create_command.text()),
    ];
    let execs = container.execs.iter().map(|words| ("exec", words.text()));
    for (at, text) in texts.into_iter().chain(execs) {
        if let Some(text) = text {
            look.scan(at, &text);
        }
    }
    for text in config.others().chain(&config.on_build).chain(&container.others) {
        look.scan("other", text);
    }
    let options = container.options.iter().chain([&config.annotations]).flat_map(|pairs| &pairs.0);
    look.pairs("other", options);
    look.pairs("label", &config.labels.0);
    look.pairs("log-option", &container.log_options.0);
    look.mounts(container);
    if container.execs_unknown > 0 {
        let gap = Gap::new(&METADATA, Subject::at(out.target, place.clone()), Cause::ContentElsewhere);
        out.gap(gap.with("operation", Name::fixed("GET /exec/{id}/json")));
        out.metadata.miss(Name::fixed("exec sessions"), Cause::ContentElsewhere);
    }
}

/// Adds what stands in an image beside the containers. It is no container, and counts as none.
pub(super) fn beside(out: &mut Out<'_>, image: &Beside) {
    let place = Place { path: Some(Name::fixed("(an image)")), digest: image.image.clone(), ..Place::default() };
    let mut look = Look { out, place: &place, running: false, seen: BTreeSet::new() };
    for text in &image.lists {
        look.scan("other", text);
    }
    look.pairs("other", &image.pairs.0);
}

/// A look at one container or image.
struct Look<'o, 'a> {
    out: &'o mut Out<'a>,
    place: &'o Place,
    running: bool,
    /// `Path` and `Args` repeat `Entrypoint` and `Cmd`: one secret there is one finding.
    seen: BTreeSet<(Option<Name>, &'static str, Option<Fingerprint>)>,
}

impl Look<'_, '_> {
    fn scan(&mut self, at: &'static str, text: &Sensitive) {
        self.out.metadata.add("texts", 1);
        let scan = self.out.job.detector.text(text, Context::History);
        if !scan.determined {
            let gap = Gap::new(&METADATA, Subject::at(self.out.target, self.place.clone()), Cause::Malformed);
            self.out.gap(gap.with("where", Name::fixed(at)));
        }
        for spotted in scan.spotted {
            let repeated = self.repeated(at, spotted.variable.as_ref(), &spotted.judgement);
            if matters(spotted.judgement.class) && !repeated {
                self.found(at, spotted.variable, &spotted.judgement);
            }
        }
    }

    /// Whether the same was said before, at a place that only repeats others.
    fn repeated(&mut self, at: &'static str, variable: Option<&Name>, judgement: &Judgement) -> bool {
        let variable = variable.filter(|_| judgement.correlator.is_none()).cloned();
        let mark = (variable, judgement.kind, judgement.correlator.clone());
        matches!(at, "args" | "cmd" | "entrypoint" | "other") && !self.seen.insert(mark)
    }

    fn found(&mut self, at: &'static str, variable: Option<Name>, judgement: &Judgement) {
        let more = [("where", Fact::word(at)), ("running", Fact::Bool(self.running))];
        let place = Place { variable, ..self.place.clone() };
        self.out.judged(&METADATA, place, judgement, more);
    }

    /// Labels or options: each judged under its key, and its text and its key's text beside it.
    fn pairs<'p>(&mut self, at: &'static str, pairs: impl IntoIterator<Item = &'p (Sensitive, Sensitive)>) {
        for (i, (key, value)) in pairs.into_iter().enumerate() {
            self.out.metadata.add("texts", 1);
            let detector = &self.out.job.detector;
            let (showable, judgement) = labelled(detector, key, value, Context::Env);
            if matters(judgement.class) {
                let variable = if showable { detector.variable(key, i + 1) } else { Name::withheld("key", i + 1) };
                if !self.repeated(at, Some(&variable), &judgement) {
                    self.found(at, Some(variable), &judgement);
                }
            }
        }
    }

    /// A bind mount of an env file: its plaintext lies on the host and stands in the container.
    fn mounts(&mut self, container: &Container) {
        let mut names = BTreeSet::new();
        for (i, mount) in container.mounts.iter().enumerate() {
            self.out.metadata.add("mounts", 1);
            let sides = [mount.source.as_ref(), mount.destination.as_ref()];
            let Some(path) = sides.into_iter().flatten().find(|path| path.is_env_file()) else { continue };
            let shown = path.shown(i + 1);
            if names.insert(shown.clone()) {
                self.found("mount", Some(shown), &Judgement::stated(Class::Plaintext, "env-file-mount"));
            }
        }
    }
}
