//! Evidence of what objects hold, and gaps for what could not be judged: where, since when, and who reaches it.
//!
//! In: a survey of one store and judged objects. Out: one piece of evidence per place. Which kind it is of, and which
//! places there are, is the caller's to say.

use super::graph::Reach;
use super::judge::Outcome;
use super::lfs::{elsewhere, lfs_remedy};
use super::losses::{Fault, Losses};
use super::objects::Peeled;
use super::refs::digest_name;
use super::survey::{Span, Survey};
use crate::collect::Job;
use crate::collect::summary::Summary;
use crate::evidence::{Batch, Cause, Evidence, Fact, Gap, Kind, Name, Place, Subject, Target, Timestamp};
use git2::Oid;

/// Most ref names that one piece of evidence lists.
pub(super) const REFS: usize = 5;

/// What the judged blobs add to completeness.
#[derive(Clone, Copy, Default)]
pub(super) struct Unjudged {
    /// Objects that are not here or do not read.
    pub(super) losses: Losses,
    /// Files whose content is in LFS.
    pub(super) elsewhere: u64,
    /// Places with random text that nothing calls a secret.
    pub(super) random: u64,
}

/// A path inside a store as the user knows it.
pub(super) fn shown_path(prefix: &str, path: &[u8], ordinal: usize) -> Name {
    let path = String::from_utf8_lossy(path);
    let whole = if prefix.is_empty() { path.into_owned() } else { format!("{prefix}/{path}") };
    Name::admit_or(&whole, "path", ordinal)
}

impl Unjudged {
    /// Adds what another writer could not say.
    pub(super) fn add(&mut self, other: Self) {
        self.losses.add(other.losses);
        self.elsewhere += other.elsewhere;
        self.random += other.random;
    }
}

/// Where a version was found: under a path in a span of commits, or named by a root.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    pub(super) span: Option<Span>,
    pub(super) root: Option<usize>,
    /// Stand-ins are expected there.
    pub(super) template: bool,
}

impl Seen {
    /// Under a path, or nowhere that is known.
    pub(super) fn at(span: Option<Span>, template: bool) -> Self {
        Self { span, root: None, template }
    }

    /// Under a name.
    pub(super) fn root(root: usize) -> Self {
        Self { span: None, root: Some(root), template: false }
    }
}

/// Writes evidence of one kind.
pub(super) struct Writer<'a> {
    pub(super) job: &'a Job,
    pub(super) target: &'a Target,
    pub(super) kind: &'static Kind,
    pub(super) prefix: &'a str,
    pub(super) survey: &'a Survey,
    pub(super) reach: &'a [Reach<REFS>],
    pub(super) batch: &'a mut Batch,
    pub(super) unjudged: Unjudged,
    /// A word of the kind's own field `where`.
    pub(super) place: Option<&'static str>,
}

/// The first roots that reach each commit of a survey.
pub(super) fn reach(survey: &Survey) -> Vec<Reach<REFS>> {
    let starts: Vec<(u32, u32)> = (0..)
        .zip(&survey.refs.roots)
        .filter_map(|(n, root)| match root.at {
            Peeled::Commit(id) => Some((survey.graph.find(id)?, n)),
            _ => None,
        })
        .collect();
    survey.graph.reached_by(&survey.order, &starts)
}

impl Writer<'_> {
    /// The same for one place of those that the kind tells apart.
    pub(super) fn in_place(mut self, word: &'static str) -> Self {
        self.place = Some(word);
        self
    }

    /// Writes what is known of one version.
    pub(super) fn outcome(&mut self, path: &Name, id: Oid, seen: Seen, outcome: Option<&Outcome<Summary>>) {
        let place = blob_at(Some(path), id);
        match outcome {
            Some(Outcome::Judged(summary)) => self.env_file(summary, place, seen),
            Some(Outcome::Fault(fault)) => self.fault(place, id, *fault),
            Some(Outcome::Elsewhere { damaged, own }) => {
                own.iter().for_each(|summary| self.env_file(summary, place.clone(), seen));
                self.elsewhere(place, *damaged);
            }
            // Not of an env file's shape, or the run was interrupted, which is a gap of its own.
            Some(Outcome::OtherShape) | None => {}
        }
    }

    /// An object that could not be read. One that is not here is told with all others that are missing.
    pub(super) fn fault(&mut self, place: Place, id: Oid, fault: Fault) {
        match fault {
            Fault::Missing => self.unjudged.losses.of(fault, id),
            Fault::Malformed => {
                self.unjudged.losses.of(fault, id);
                self.gap(place, Cause::Malformed, Some(("run", Name::fixed("git fsck --full"))));
            }
            Fault::TooLarge => self.gap(place, Cause::OverLimit, Some(("key", Name::fixed("limits.file_bytes")))),
        }
    }

    /// Content that LFS keeps.
    pub(super) fn elsewhere(&mut self, place: Place, damaged: bool) {
        self.unjudged.elsewhere += 1;
        self.gap(place, elsewhere(damaged), Some(("run", Name::fixed(lfs_remedy(damaged)))));
    }

    /// Something that was not learned about a place.
    pub(super) fn gap(&mut self, place: Place, cause: Cause, hint: Option<(&'static str, Name)>) {
        let gap = Gap::new(self.kind, Subject::at(self.target, place), cause);
        self.batch.gaps.push(match hint {
            Some((what, is)) => gap.with(what, is),
            None => gap,
        });
    }

    /// Writes what an env file exposes. Random text in one is a value: what it is, a person must say.
    fn env_file(&mut self, summary: &Summary, place: Place, seen: Seen) {
        if let Some((variable, line)) = &summary.review {
            let place = Place { variable: variable.clone(), line: Some(*line), ..place.clone() };
            self.gap(place, Cause::NeedsReview, None);
        }
        self.summary(summary, place, seen);
    }

    /// Writes what an object exposes, if anything. Random text that nothing calls a secret is all over programs,
    /// tests and lock files: it is counted, and no gap.
    pub(super) fn summary(&mut self, summary: &Summary, place: Place, seen: Seen) {
        if !summary.determined {
            self.gap(place.clone(), Cause::Malformed, None);
        }
        self.unjudged.random += u64::from(summary.review.is_some());
        let Some((worst, exposed, variables)) = summary.exposes(seen.template) else { return };
        let mut facts: Vec<(&'static str, Fact)> = worst.judgement.facts().into_iter().collect();
        let names = |names: &[Name]| Fact::List(names.iter().cloned().map(Fact::Name).collect());
        facts.push(("variables", names(&variables)));
        facts.push(("exposed", Fact::count(exposed)));
        facts.push(("commented", Fact::Bool(worst.commented)));
        facts.push(("encoding", Fact::word(summary.encoding)));
        facts.push(("refs", names(&self.refs(seen))));
        facts.extend(self.place.map(|word| ("where", Fact::word(word))));
        let mut place = Place { line: Some(worst.line), variable: worst.variable.clone(), ..place };
        let commits = seen.span.and_then(|span| Some((self.commit(span.first)?, self.commit(span.last)?)));
        if let Some(((first, authored), (last, _))) = commits {
            place.commit = Some(first.clone());
            facts.push(("first_commit", Fact::Name(first)));
            facts.push(("last_commit", Fact::Name(last)));
            facts.push(("first_seen", Fact::Time(authored)));
        }
        let subject = Subject::at(self.target, place);
        self.batch.evidence.push(Evidence::new(self.kind, subject, facts, self.job.now));
    }

    fn commit(&self, label: u32) -> Option<(Name, Timestamp)> {
        let commit = &self.survey.graph.commits[self.survey.label(label).ok()? as usize];
        Some((digest_name(&commit.id.to_string()), Timestamp::from_unix(commit.authored)))
    }

    /// The first roots that reach a place.
    pub(super) fn roots(&self, seen: Seen) -> Reach<REFS> {
        let mut all = Reach::<REFS>::default();
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        if let Some(root) = seen.root {
            all.add(number(root));
        }
        for label in seen.span.into_iter().flat_map(|span| [span.first, span.last]) {
            match self.survey.label(label) {
                Ok(commit) => self.reach[commit as usize].iter().for_each(|n| all.add(n)),
                Err(root) => all.add(number(root)),
            }
        }
        all
    }

    /// The names of these roots; a submodule's are told from the repository's own.
    fn refs(&self, seen: Seen) -> Vec<Name> {
        let mut names: Vec<Name> = Vec::new();
        for n in self.roots(seen).iter() {
            let name = &self.survey.refs.roots[n as usize].name;
            let bare = self.prefix.is_empty();
            let name = if bare { name.clone() } else { shown_path(self.prefix, name.as_str().as_bytes(), n as usize) };
            // What nothing names has a root without a name.
            if !name.as_str().starts_with('(') && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

/// The place of a blob.
pub(super) fn blob_at(path: Option<&Name>, id: Oid) -> Place {
    Place { path: path.cloned(), blob: Some(digest_name(&id.to_string())), ..Place::default() }
}
