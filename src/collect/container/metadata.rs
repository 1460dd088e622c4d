//! Where secrets go when the environment is cleaned: arguments, labels, health checks, log options, mounts, exec
//! sessions.
//!
//! In: a wrapped container. Out: evidence for texts that matter, and counts of all that were looked at.

use super::METADATA;
use super::facts::Out;
use super::inspect::Container;
use crate::collect::oci_config::{labelled, matters, stated};
use crate::detect::Context;
use crate::evidence::{Cause, Class, Fact, Fingerprint, Gap, Judgement, Name, Place, Sensitive, Subject};
use std::collections::BTreeSet;

/// Adds what was found in one container to its selector's batch.
pub(super) fn examine(out: &mut Out<'_>, container: &Container, place: &Place) {
    out.metadata.add("containers", 1);
    let mut seen = Seen::default();
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
            scan(out, container, place, at, &text, &mut seen);
        }
    }
    for text in config.others().chain(&config.on_build).chain(&container.others) {
        scan(out, container, place, "other", text, &mut seen);
    }
    let options = container.options.iter().chain([&config.annotations]).flat_map(|pairs| &pairs.0);
    for (i, (key, value)) in options.enumerate() {
        pair(out, container, place, ("other", i + 1), key, value);
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
        let repeated = matches!(at, "args" | "cmd" | "entrypoint" | "other") && !seen.0.insert(mark);
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

fn found(out: &mut Out<'_>, container: &Container, place: Place, at: &'static str, judgement: &Judgement) {
    let more = [("where", Fact::word(at)), ("running", Fact::Bool(container.running))];
    out.judged(&METADATA, place, judgement, more);
}

/// A label or an option: judged under its key, and its text and its key's text beside it.
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
    let (showable, judgement) = labelled(detector, key, value, Context::Env);
    if matters(judgement.class) {
        let variable = if showable { detector.variable(key, ordinal) } else { Name::withheld("key", ordinal) };
        let place = Place { variable: Some(variable), ..place.clone() };
        found(out, container, place, at, &judgement);
    }
}

/// A bind mount of an env file: its plaintext lies on the host and stands in the container.
fn mounts(out: &mut Out<'_>, container: &Container, place: &Place) {
    let mut names = BTreeSet::new();
    for (i, mount) in container.mounts.iter().enumerate() {
        out.metadata.add("mounts", 1);
        let sides = [mount.source.as_ref(), mount.destination.as_ref()];
        let Some(path) = sides.into_iter().flatten().find(|path| path.is_env_file()) else { continue };
        let shown = path.shown(i + 1);
        if names.insert(shown.clone()) {
            let judgement = stated(Class::Plaintext, "env-file-mount");
            let place = Place { variable: Some(shown), ..place.clone() };
            found(out, container, place, "mount", &judgement);
        }
    }
}
