//! Images become evidence: every ENV and ARG, every secret-looking text of a build step or of the config.
//!
//! In: parsed images, one per platform. Out: judged facts, gaps and coverage for one target. A history that says
//! nothing is a gap: history gone is not history clean.

use super::completeness::{base, incomplete, silent_on_arguments};
use super::document::{Image, LayerBlob};
use super::history::{At, Body, Entry};
use super::{ATTESTATION, COMMAND, ENV, Found};
use crate::collect::Job;
use crate::collect::oci_config::{self, OciConfig, Words, matters};
use crate::collect::refusal::Refusal;
use crate::detect::{self, Context};
use crate::evidence::{
    Batch, Cause, Class, Coverage, Evidence, Fact, Fingerprint, Gap, Judgement, Kind, Name, Place, Sensitive, Subject,
    Target,
};
use std::collections::BTreeSet;

/// One target's batch.
pub(super) fn report(job: &Job, target: &Target, found: &Found) -> Batch {
    let coverages = [&ENV, &COMMAND].map(|kind| found.coverage(kind, target));
    let mut out = Out { job, target, batch: Batch::default(), coverages };
    out.identify(found);
    for (kind, coverage) in [&ENV, &COMMAND].into_iter().zip(&mut out.coverages) {
        out.batch.gaps.extend(found.missed(kind, target, coverage));
    }
    for (i, image) in found.images.iter().enumerate() {
        let mut examination = Examination::new(&mut out, image, are_read(image, found));
        examination.run();
        // What belongs to the whole index is said once.
        if i == 0 {
            examination.index(found);
        }
    }
    out.done()
}

/// What is collected for one target.
struct Out<'a> {
    job: &'a Job,
    target: &'a Target,
    batch: Batch,
    coverages: [Coverage; 2],
}

impl Out<'_> {
    fn cover(&mut self, tell: impl Fn(&mut Coverage)) {
        self.coverages.iter_mut().for_each(tell);
    }

    fn identify(&mut self, found: &Found) {
        let list = |names: BTreeSet<Name>| names.into_iter().reduce(|all, one| all.joined(", ", &one));
        let platforms = list(found.images.iter().map(|image| image.platform.clone()).collect());
        let digests = list(found.images.iter().filter_map(|image| image.digest.clone()).collect());
        let builders = found.images.iter().flat_map(|image| &image.entries).map(|entry| entry.builder);
        let mut builders: BTreeSet<&str> = builders.map(super::builder::Builder::word).collect();
        if builders.len() > 1 {
            builders.remove("unknown");
        }
        let builder = list(builders.into_iter().map(Name::fixed).collect());
        // The digest that was asked for is the source's own; an index has others below it.
        let whole = found.identity.iter().find(|(what, _)| *what == "digest").map(|(_, name)| name);
        let manifests = if whole.is_some() { "manifests" } else { "digest" };
        let digests = digests.filter(|digests| Some(digests) != whole);
        let facts = [("platforms", platforms), (manifests, digests), ("builder", builder)];
        for coverage in &mut self.coverages {
            for (what, name) in &facts {
                if let Some(name) = name {
                    coverage.identify(what, name.clone());
                }
            }
            if found.attestations > 0 && !self.job.wants(&ATTESTATION) {
                coverage.identify("attestations", Name::fixed("not examined"));
            }
            coverage.add("platforms", found.images.len() as u64);
            if !found.not_asked.is_empty() {
                coverage.add("platforms-not-asked-for", found.not_asked.len() as u64);
            }
            coverage.add("attestations", found.attestations);
            coverage.add("other-manifests", found.artifacts);
        }
    }

    fn judged(&mut self, kind: &'static Kind, place: Place, judgement: &Judgement, more: Vec<(&'static str, Fact)>) {
        let subject = Subject::at(self.target, place);
        if judgement.class.needs_review() {
            let cause = match judgement.class {
                Class::Open => Cause::NeedsReview,
                _ if judgement.kind == ENV_FILE => Cause::ContentElsewhere,
                _ => Cause::Malformed,
            };
            self.batch.gaps.push(Gap::new(kind, subject.clone(), cause).with("class", judgement.class_name()));
        }
        let facts = judgement.facts().into_iter().chain(more);
        self.batch.evidence.push(Evidence::new(kind, subject, facts, self.job.now));
    }

    fn done(mut self) -> Batch {
        self.batch.coverage = self.coverages.into();
        let wanted: BTreeSet<&str> = self.job.wanted.iter().map(|kind| kind.name).collect();
        self.batch.evidence.retain(|evidence| wanted.contains(evidence.kind.as_str()));
        self.batch.gaps.retain(|gap| wanted.contains(gap.kind.as_str()));
        self.batch.coverage.retain(|coverage| wanted.contains(coverage.kind.as_str()));
        self.batch
    }
}

/// An env file that a step puts into the image: its content is in a layer, not in the history.
const ENV_FILE: &str = "env-file-copy";

/// One platform's examination. Values are compared by their fingerprints.
struct Examination<'o, 'a> {
    out: &'o mut Out<'a>,
    image: &'o Image,
    base: Option<usize>,
    /// ENV and ARG that were reported: where, name, value.
    variables: BTreeSet<(At, Fingerprint, Option<Fingerprint>)>,
    /// Findings that were reported: where, variable, kind, value.
    findings: BTreeSet<(At, Option<Name>, &'static str, Fingerprint)>,
    /// Whether the last build container is examined: its command is the last step's, said again.
    echo: bool,
    /// Whether all layers were looked through: then a copied file is judged by what it holds.
    read: bool,
}

/// Whether all layers of an image were looked through to their end.
fn are_read(image: &Image, found: &Found) -> bool {
    let whole = |blob: &LayerBlob| found.layers.get(&blob.path).is_some_and(|layer| layer.broken.is_none());
    !image.blobs.is_empty() && image.blobs.iter().all(|blob| blob.refusal.is_none() && whole(blob))
}

impl<'o, 'a> Examination<'o, 'a> {
    fn new(out: &'o mut Out<'a>, image: &'o Image, read: bool) -> Self {
        let base = base(&image.entries);
        let (variables, findings) = (BTreeSet::new(), BTreeSet::new());
        Self { out, image, base, variables, findings, echo: false, read }
    }

    fn run(&mut self) {
        let image = self.image;
        self.out.cover(|coverage| {
            coverage.add("history-entries", image.entries.len() as u64);
            coverage.add("layers", image.layers);
        });
        for why in incomplete(image) {
            for kind in [&ENV, &COMMAND] {
                let gap = why.gap(kind, Subject::at(self.out.target, self.place(None, None)));
                self.out.batch.gaps.push(gap.with("platform", image.platform.clone()));
            }
            self.out.cover(|coverage| coverage.miss(Name::fixed("build history"), why.cause));
        }
        if let Some(why) = silent_on_arguments(&image.entries) {
            let gap = why.gap(&ENV, Subject::at(self.out.target, self.place(None, None)));
            self.out.batch.gaps.push(gap.with("platform", image.platform.clone()));
            self.out.coverages[0].miss(Name::fixed("build arguments"), why.cause);
        }
        if image.without_config {
            let why = Refusal::new(Cause::Malformed).because("an image without config");
            for kind in [&ENV, &COMMAND] {
                let gap = why.gap(kind, Subject::at(self.out.target, self.place(None, None)));
                self.out.batch.gaps.push(gap.with("platform", image.platform.clone()));
            }
            self.out.cover(|coverage| coverage.miss(Name::fixed("config"), why.cause));
        }
        for (i, entry) in image.entries.iter().enumerate() {
            self.entry(i, entry);
        }
        self.config(&image.config);
        if let Some(config) = &image.built_from {
            self.echo = true;
            self.config(config);
            self.echo = false;
        }
        if let Some(comment) = &image.comment {
            self.text(At::Comment, None, comment);
        }
        for text in &image.others {
            self.text(At::Other, None, text);
        }
        self.build_info(image);
        self.rest(image);
    }

    /// What nobody reads by its name: versions and dates, and whatever a tool put beside them.
    fn rest(&mut self, image: &Image) {
        let job = self.out.job;
        let detector = &job.detector;
        self.out.coverages[1].add("texts", image.rest.pairs.0.len() as u64);
        for (n, (key, value)) in image.rest.pairs.0.iter().enumerate() {
            let (showable, judgement) = oci_config::labelled(detector, key, value, Context::History);
            if judgement.class.is_exposed() || judgement.known {
                let variable = if showable { detector.variable(key, n + 1) } else { Name::withheld("key", n + 1) };
                self.finding(At::Other, None, Some(variable), &judgement);
            }
        }
        let lists: Vec<Sensitive> = image.rest.lists.iter().filter_map(Words::text).collect();
        let scans = lists.iter().map(|text| detector.text(text, Context::History));
        let told = scans.flat_map(|scan| scan.spotted).map(|spotted| (spotted.variable, spotted.judgement));
        for (variable, judgement) in told.filter(|(_, one)| one.class.is_exposed() || one.known) {
            self.finding(At::Other, None, variable, &judgement);
        }
    }

    /// `BuildKit`'s account of the build: a JSON document with the build's arguments.
    fn build_info(&mut self, image: &Image) {
        let Some(info) = &image.build_info else { return };
        let scan = info.as_ref().map(|text| self.out.job.detector.json(text));
        if !scan.as_ref().is_ok_and(|scan| scan.determined) {
            let gap = Gap::new(&COMMAND, Subject::at(self.out.target, self.place(None, None)), Cause::Malformed);
            self.out.batch.gaps.push(gap.with("where", Name::fixed("build info")));
        }
        self.out.coverages[1].add("texts", 1);
        // Digests and references of sources stand in it, so only what is exposed is told.
        for spotted in scan.into_iter().flat_map(|scan| scan.spotted) {
            if spotted.judgement.class.is_exposed() {
                self.finding(At::Other, None, spotted.variable, &spotted.judgement);
            }
        }
        if let Ok(text) = info {
            self.text(At::Other, None, text);
        }
    }

    /// Tags and annotations, of whatever platform.
    fn index(&mut self, found: &Found) {
        for text in &found.tags {
            self.text(At::Other, None, text);
        }
        for (n, (key, value)) in found.annotations.0.iter().enumerate() {
            self.labelled(At::Other, None, n + 1, key, value);
        }
    }

    /// A label or an annotation.
    fn labelled(&mut self, at: At, step: Option<usize>, ordinal: usize, key: &Sensitive, value: &Sensitive) {
        let detector = &self.out.job.detector;
        let (showable, judgement) = oci_config::labelled(detector, key, value, Context::History);
        if matters(judgement.class) {
            let variable = if showable { detector.variable(key, ordinal) } else { Name::withheld("key", ordinal) };
            self.finding(at, step, Some(variable), &judgement);
        }
        self.out.coverages[1].add("texts", 1);
    }

    fn place(&self, step: Option<usize>, variable: Option<Name>) -> Place {
        let layer = step.map(|i| Name::fixed("step").joined(" ", &Name::number(i as u64 + 1)));
        Place { layer, variable, digest: self.image.digest.clone(), ..Place::default() }
    }

    fn entry(&mut self, i: usize, entry: &Entry) {
        for statement in &entry.statements {
            match (&statement.body, statement.at) {
                (Body::Text(text), at) => self.text(at, Some(i), text),
                (Body::Pairs(text), at) => {
                    for (n, (name, value)) in detect::pairs(text).iter().enumerate() {
                        self.pair(at, Some(i), n + 1, name, value.as_ref());
                    }
                }
            }
        }
        // The destination says best what lies in the layer; a folder's name says nothing of its content.
        let mut copied = entry.copied.iter().enumerate().rev().filter(|_| !self.read);
        if let Some((n, path)) = copied.find(|(_, path)| path.is_env_file()) {
            let judgement = Judgement::stated(Class::Undetermined, ENV_FILE);
            let place = self.place(Some(i), Some(path.shown(n + 1)));
            self.out.judged(&COMMAND, place, &judgement, self.words(At::Copy));
        }
    }

    fn config(&mut self, config: &OciConfig) {
        for (n, entry) in config.env.iter().enumerate() {
            let detector = &self.out.job.detector;
            let (name, value) = detector.assignment(entry);
            let (shown, judgement) = oci_config::entry(detector, entry, Context::DockerfileEnv);
            let variable = shown.unwrap_or_else(|| Name::withheld("variable", n + 1));
            self.variable(At::ConfigEnv, None, variable, (&name, value.as_ref()), &judgement);
        }
        for (n, (key, value)) in config.labels.0.iter().chain(&config.annotations.0).enumerate() {
            self.labelled(At::Label, None, n + 1, key, value);
        }
        for text in config.others() {
            self.text(At::Other, None, text);
        }
        let texts = [
            (At::Cmd, config.cmd.text()),
            (At::Entrypoint, config.entrypoint.text()),
            (At::Healthcheck, config.healthcheck.test.text()),
            (At::Shell, config.shell.text()),
        ];
        for (at, text) in texts {
            if let Some(text) = text {
                self.text(at, None, &text);
            }
        }
        for text in &config.on_build {
            self.text(At::Onbuild, None, text);
        }
    }

    /// A named value: evidence of its own for ENV and ARG, a finding if it matters elsewhere.
    fn pair(&mut self, at: At, step: Option<usize>, ordinal: usize, name: &Sensitive, value: Option<&Sensitive>) {
        let detector = &self.out.job.detector;
        if at >= At::Run {
            let empty = Sensitive::new(Vec::new());
            self.labelled(at, step, ordinal, name, value.unwrap_or(&empty));
            return;
        }
        let shown = oci_config::identifier(detector, name);
        let mut judgement = match value {
            Some(value) => detector.judge(name, value, Context::DockerfileEnv),
            None => Judgement::stated(Class::Empty, "unset"),
        };
        // What is no name may be a value: a build argument's second word, or a text in front of the first `=`.
        if shown.is_none() {
            let bare = detector.judge(&Sensitive::new(Vec::new()), name, Context::DockerfileEnv);
            let inside = detector.text(name, Context::History).spotted.into_iter().map(|spotted| spotted.judgement);
            judgement = inside
                .chain([bare])
                .filter(|one| one.class > judgement.class && matters(one.class))
                .fold(judgement.clone(), |worst, one| if one.class > worst.class { one } else { worst });
        }
        let variable = shown.unwrap_or_else(|| Name::withheld("variable", ordinal));
        self.variable(at, step, variable, (name, value), &judgement);
    }

    /// Evidence on one ENV or ARG.
    fn variable(
        &mut self,
        at: At,
        step: Option<usize>,
        variable: Name,
        (name, value): (&Sensitive, Option<&Sensitive>),
        judgement: &Judgement,
    ) {
        let job = self.out.job;
        let mark = (job.detector.fingerprint(name), value.map(|value| job.detector.fingerprint(value)));
        // What the history already says of ENV, the config only repeats.
        let repeated = at == At::ConfigEnv && self.variables.contains(&(At::Env, mark.0.clone(), mark.1.clone()));
        if repeated || !self.variables.insert((at, mark.0, mark.1)) {
            return;
        }
        self.out.coverages[0].add("variables", 1);
        let mut more = self.words(at);
        more.push(("origin", Fact::word(self.origin(step))));
        let place = self.place(step, Some(variable));
        self.out.judged(&ENV, place, judgement, more);
    }

    fn text(&mut self, at: At, step: Option<usize>, text: &Sensitive) {
        let scan = self.out.job.detector.text(text, Context::History);
        if !scan.determined {
            let gap = Gap::new(&COMMAND, Subject::at(self.out.target, self.place(step, None)), Cause::Malformed);
            self.out.batch.gaps.push(gap.with("where", Name::fixed(at.word())));
        }
        self.out.coverages[1].add("texts", 1);
        for spotted in scan.spotted {
            if matters(spotted.judgement.class) {
                self.finding(at, step, spotted.variable, &spotted.judgement);
            }
        }
    }

    /// One finding per place, variable and value: the config repeats what the history says.
    fn finding(&mut self, at: At, step: Option<usize>, variable: Option<Name>, judgement: &Judgement) {
        if let Some(correlator) = &judgement.correlator {
            let said = self.echo && self.findings.iter().any(|(_, _, _, other)| other == correlator);
            if said || !self.findings.insert((at, variable.clone(), judgement.kind, correlator.clone())) {
                return;
            }
        }
        let place = self.place(step, variable);
        self.out.judged(&COMMAND, place, judgement, self.words(at));
    }

    fn words(&self, at: At) -> Vec<(&'static str, Fact)> {
        vec![("where", Fact::word(at.word())), ("platform", Fact::Name(self.image.platform.clone()))]
    }

    /// An ENV of the config that no history entry sets came from somewhere else.
    fn origin(&self, step: Option<usize>) -> &'static str {
        match (step, self.base) {
            (Some(i), Some(base)) => {
                if i < base {
                    "inherited"
                } else {
                    "own"
                }
            }
            (Some(_), None) => "unknown",
            (None, _) if self.image.entries.iter().all(|entry| entry.silent) => "unknown",
            (None, _) => "inherited",
        }
    }
}
