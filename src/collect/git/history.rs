//! Evidence of kind `git.history`: every version of every env file that a ref reaches, judged.
//!
//! In: a survey of one store. Out: one piece of evidence per (path, blob) with an exposed value, gaps for what
//! could not be judged, and counts. Templates count too, but only with a real value: stand-ins belong there. Reflogs, unreachable objects, notes' texts and commit messages are another
//! rule's; the coverage's level `reachable` says so.

use super::judge::{Ask, Judged, Outcome, judge};
use super::kinds::HISTORY;
use super::lfs::{elsewhere, lfs_remedy};
use super::names::Role;
use super::objects::{EntryType, Fault, Peeled};
use super::open::Store;
use super::places::Spot;
use super::refs::digest_name;
use super::summary::Summary;
use super::survey::{Span, Survey};
use crate::collect::Job;
use crate::evidence::{Batch, Cause, Coverage, Evidence, Fact, Gap, Name, Place, Subject, Target, Timestamp};
use git2::Oid;
use std::collections::{BTreeMap, HashMap};

/// Most ref names that one piece of evidence lists.
const REFS: usize = 5;

/// What the judged blobs add to completeness.
#[derive(Default)]
pub(super) struct Unjudged {
    /// Env files whose blob is not here.
    pub(super) missing: u64,
    /// Env files whose blob does not read.
    pub(super) malformed: u64,
    /// Env files whose content is in LFS.
    pub(super) elsewhere: u64,
}

/// One version of one file.
struct Version {
    certain: bool,
    /// Seen in a directory of env files, where a file may be one variable.
    inside: bool,
    /// Only ever seen as a template.
    template: bool,
    span: Span,
}

/// Judges every version that the survey found.
pub(super) fn examine(
    job: &Job,
    target: &Target,
    (store, prefix): (&Store, &str),
    survey: &mut Survey,
    coverage: &mut Coverage,
    batch: &mut Batch,
) -> Unjudged {
    let versions = versions(&survey.spans(job, store));
    let mut blobs: BTreeMap<Oid, Ask> = BTreeMap::new();
    for ((path, id), version) in &versions {
        let ask = blobs.entry(*id).or_default();
        ask.certain |= version.certain;
        ask.names.extend(version.inside.then(|| survey.table.name(*path).to_vec()));
    }
    // A tag may name a blob directly: no path says what it is, so its shape decides.
    let tagged: Vec<(usize, Oid)> = survey
        .refs
        .roots
        .iter()
        .enumerate()
        .filter_map(|(n, root)| match root.at {
            Peeled::Blob(id) => Some((n, id)),
            _ => None,
        })
        .collect();
    for (_, id) in &tagged {
        blobs.entry(*id).or_default();
    }
    let judged = judge(job, store, &blobs, Summary::of);
    count(survey, &versions, &judged, coverage);
    let mut out = Writer::new(job, target, prefix, survey, &judged, batch);
    let mut by_path: Vec<(Vec<u8>, Oid, Version)> =
        versions.into_iter().map(|((path, id), version)| (survey.table.bytes(path), id, version)).collect();
    by_path.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    for (n, (path, id, version)) in by_path.iter().enumerate() {
        let path = shown_path(prefix, path, n);
        out.version(&path, *id, Seen { span: Some(version.span), root: None, template: version.template });
    }
    for (n, id) in tagged {
        let name = survey.refs.roots[n].name.clone();
        out.version(&name, id, Seen { span: None, root: Some(n), template: false });
    }
    out.unjudged
}

/// A path inside a store as the user knows it.
pub(super) fn shown_path(prefix: &str, path: &[u8], ordinal: usize) -> Name {
    let path = String::from_utf8_lossy(path);
    let whole = if prefix.is_empty() { path.into_owned() } else { format!("{prefix}/{path}") };
    Name::admit_or(&whole, "path", ordinal)
}

fn versions(spans: &HashMap<Spot, Span>) -> HashMap<(u32, Oid), Version> {
    let mut versions: HashMap<(u32, Oid), Version> = HashMap::new();
    for (spot, span) in spans {
        let file = matches!(spot.what, EntryType::File | EntryType::Symlink);
        if !file || spot.role == Role::Other {
            continue;
        }
        let fresh = Version { certain: false, inside: false, template: true, span: *span };
        let version = versions.entry((spot.path, spot.id)).or_insert(fresh);
        // The same file may be found by its name and by a link: the more certain and the stricter view count.
        version.certain |= spot.role != Role::Inside;
        version.inside |= spot.role == Role::Inside && spot.what == EntryType::File;
        version.template &= spot.role == Role::Template;
        if spot.role == Role::Env {
            version.span = *span;
        }
    }
    versions
}

fn count(survey: &Survey, versions: &HashMap<(u32, Oid), Version>, judged: &Judged<Summary>, coverage: &mut Coverage) {
    let paths: std::collections::HashSet<u32> = versions.keys().map(|(path, _)| *path).collect();
    coverage.add("commits", survey.graph.read());
    coverage.add("refs", survey.refs.count);
    coverage.add("trees", survey.forest.trees);
    coverage.add("files", paths.len() as u64);
    coverage.add("blobs", judged.of.len() as u64);
    coverage.add("bytes", judged.bytes);
}

/// Where a version was found: under a path in a span of commits, or named by a ref.
#[derive(Clone, Copy)]
struct Seen {
    span: Option<Span>,
    root: Option<usize>,
    template: bool,
}

struct Writer<'a> {
    job: &'a Job,
    target: &'a Target,
    prefix: &'a str,
    survey: &'a Survey,
    judged: &'a Judged<Summary>,
    reach: Vec<super::graph::Reach<REFS>>,
    batch: &'a mut Batch,
    unjudged: Unjudged,
}

impl<'a> Writer<'a> {
    fn new(
        job: &'a Job,
        target: &'a Target,
        prefix: &'a str,
        survey: &'a Survey,
        judged: &'a Judged<Summary>,
        batch: &'a mut Batch,
    ) -> Self {
        let starts: Vec<(u32, u32)> = (0..)
            .zip(&survey.refs.roots)
            .filter_map(|(n, root)| match root.at {
                Peeled::Commit(id) => Some((survey.graph.find(id)?, n)),
                _ => None,
            })
            .collect();
        let reach = survey.graph.reached_by(&survey.order, &starts);
        Self { job, target, prefix, survey, judged, reach, batch, unjudged: Unjudged::default() }
    }

    /// Writes what is known of one version.
    fn version(&mut self, path: &Name, id: Oid, seen: Seen) {
        let place = Place { path: Some(path.clone()), blob: Some(digest_name(&id.to_string())), ..Place::default() };
        let judged = self.judged;
        match judged.of.get(&id) {
            Some(Outcome::Judged(summary)) => self.summary(summary, place, seen),
            Some(Outcome::Fault(Fault::Missing)) => self.unjudged.missing += 1,
            Some(Outcome::Fault(Fault::Malformed)) => {
                self.unjudged.malformed += 1;
                self.gap(place, Cause::Malformed, Some(("run", Name::fixed("git fsck --full"))));
            }
            Some(Outcome::Fault(Fault::TooLarge)) => {
                self.gap(place, Cause::OverLimit, Some(("key", Name::fixed("limits.file_bytes"))));
            }
            Some(Outcome::Elsewhere { damaged, own }) => {
                self.unjudged.elsewhere += 1;
                own.iter().for_each(|summary| self.summary(summary, place.clone(), seen));
                self.gap(place, elsewhere(*damaged), Some(("run", Name::fixed(lfs_remedy(*damaged)))));
            }
            // Not of an env file's shape, or the run was interrupted, which is a gap of its own.
            Some(Outcome::OtherShape) | None => {}
        }
    }

    fn gap(&mut self, place: Place, cause: Cause, hint: Option<(&'static str, Name)>) {
        let gap = Gap::new(&HISTORY, Subject::at(self.target, place), cause);
        self.batch.gaps.push(match hint {
            Some((what, is)) => gap.with(what, is),
            None => gap,
        });
    }

    fn summary(&mut self, summary: &Summary, place: Place, seen: Seen) {
        if !summary.determined {
            self.gap(place.clone(), Cause::Malformed, None);
        }
        if let Some((variable, line)) = &summary.review {
            let place = Place { variable: variable.clone(), line: Some(*line), ..place.clone() };
            self.gap(place, Cause::NeedsReview, None);
        }
        let Some((worst, exposed, variables)) = summary.exposes(seen.template) else { return };
        let mut facts: Vec<(&'static str, Fact)> = worst.judgement.facts().into_iter().collect();
        let names = |names: &[Name]| Fact::List(names.iter().cloned().map(Fact::Name).collect());
        facts.push(("variables", names(&variables)));
        facts.push(("exposed", Fact::count(exposed)));
        facts.push(("commented", Fact::Bool(worst.commented)));
        facts.push(("encoding", Fact::word(summary.encoding)));
        facts.push(("refs", names(&self.refs(seen.span, seen.root))));
        let commits = seen.span.and_then(|span| Some((self.commit(span.first)?, self.commit(span.last)?)));
        let mut place = Place { line: Some(worst.line), variable: worst.variable.clone(), ..place };
        if let Some(((first, authored), (last, _))) = commits {
            place.commit = Some(first.clone());
            facts.push(("first_commit", Fact::Name(first)));
            facts.push(("last_commit", Fact::Name(last)));
            facts.push(("first_seen", Fact::Time(authored)));
        }
        let subject = Subject::at(self.target, place);
        self.batch.evidence.push(Evidence::new(&HISTORY, subject, facts, self.job.now));
    }

    fn commit(&self, label: u32) -> Option<(Name, Timestamp)> {
        let commit = &self.survey.graph.commits[self.survey.label(label).ok()? as usize];
        Some((digest_name(&commit.id.to_string()), Timestamp::from_unix(commit.authored)))
    }

    fn refs(&self, span: Option<Span>, root: Option<usize>) -> Vec<Name> {
        let mut all = super::graph::Reach::<REFS>::default();
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        if let Some(root) = root {
            all.add(number(root));
        }
        for label in span.into_iter().flat_map(|span| [span.first, span.last]) {
            match self.survey.label(label) {
                Ok(commit) => self.reach[commit as usize].iter().for_each(|n| all.add(n)),
                Err(root) => all.add(number(root)),
            }
        }
        all.iter().map(|n| self.shown_ref(n as usize)).collect()
    }

    /// A submodule's refs are told from the repository's own.
    fn shown_ref(&self, n: usize) -> Name {
        let name = &self.survey.refs.roots[n].name;
        if self.prefix.is_empty() { name.clone() } else { shown_path(self.prefix, name.as_str().as_bytes(), n) }
    }
}
