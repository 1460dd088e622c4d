//! Evidence of kind `git.complete`, and the gaps that an incomplete repository leaves in `git.history`.
//!
//! In: the surveys of a repository and its submodules. Out: one piece of evidence and, for each cause, the same
//! gap with the same remedy for both kinds. Two marks are no gap by themselves: replace refs, because the walk
//! reads the originals, and a partial clone that has everything, because every object was looked up.

use super::history::Unjudged;
use super::kinds::{COMPLETE, HISTORY};
use super::objects::Losses;
use super::survey::Survey;
use crate::collect::Job;
use crate::evidence::{Batch, Cause, Coverage, Evidence, Fact, Gap, Kind, Name, Place, Subject, Target};
use std::path::PathBuf;

/// What is known about a repository's completeness.
#[derive(Default)]
pub(super) struct Completeness {
    shallow: bool,
    /// History really ends at the shallow boundary.
    cut: bool,
    partial: bool,
    grafts: bool,
    replaced: bool,
    losses: Losses,
    /// Blobs that are no env files are missing: history is proven, the repository is not whole.
    absent_blobs: bool,
    lfs: bool,
    overflowed: bool,
    /// A bound ended the search for other repositories.
    pub(super) bounded: bool,
    /// Repositories that were committed as files or stand behind a link: their history is nobody's yet.
    committed: Vec<Name>,
    /// Paths of submodules whose repositories are not here.
    pub(super) unfetched: Vec<Name>,
    /// Other repositories in the working tree, which nobody declared.
    pub(super) nested: Vec<PathBuf>,
}

struct Reason {
    cause: Cause,
    run: Option<&'static str>,
    what: &'static str,
    history: bool,
}

impl Completeness {
    /// Adds what one store showed.
    pub(super) fn note(&mut self, survey: &Survey, unjudged: &Unjudged) {
        self.shallow |= survey.marks.shallow;
        self.cut |= survey.graph.cut;
        self.partial |= survey.marks.partial;
        self.grafts |= survey.marks.grafts;
        self.replaced |= survey.refs.replaced;
        for losses in [survey.refs.losses, survey.graph.losses, survey.forest.losses, survey.losses] {
            self.losses.add(losses);
        }
        self.losses.missing += unjudged.missing;
        self.losses.malformed += unjudged.malformed;
        self.absent_blobs |= survey.forest.absent_blobs > 0;
        self.lfs |= unjudged.elsewhere > 0;
        self.overflowed |= survey.table.overflowed;
    }

    /// Repositories at these paths that history does not look into.
    pub(super) fn committed(&mut self, paths: impl Iterator<Item = String>) {
        let ordinal = self.committed.len();
        self.committed.extend((ordinal..).zip(paths).map(|(n, path)| Name::admit_or(&path, "path", n)));
    }

    /// A store that does not open at all.
    pub(super) fn unreadable(&mut self) {
        self.losses.malformed += 1;
    }

    fn reasons(&self) -> Vec<Reason> {
        let fetch_all = if self.partial { "git fetch --refetch --no-filter" } else { "git fsck --full" };
        let missing = self.losses.missing > 0;
        [
            (
                self.cut,
                Cause::ShallowHistory,
                Some("git fetch --unshallow"),
                "commits behind the shallow boundary",
                true,
            ),
            (missing, Cause::MissingObjects, Some(fetch_all), "missing objects", true),
            (!missing && self.absent_blobs, Cause::MissingObjects, Some(fetch_all), "missing objects", false),
            (self.losses.malformed > 0, Cause::Malformed, Some("git fsck --full"), "damaged objects", true),
            (
                self.grafts,
                Cause::AlteredHistory,
                Some("git replace --convert-graft-file"),
                "commits that grafts hide from git and may have let it drop",
                true,
            ),
            (
                self.losses.too_large > 0 || self.overflowed || self.bounded,
                Cause::OverLimit,
                None,
                "objects over a limit",
                true,
            ),
            (self.lfs, Cause::ContentElsewhere, Some("git lfs fetch --all"), "content in LFS", true),
        ]
        .into_iter()
        .filter(|(applies, ..)| *applies)
        .map(|(_, cause, run, what, history)| Reason { cause, run, what, history })
        .collect()
    }

    /// Writes evidence and coverage of `git.complete`, and the gaps of both kinds.
    pub(super) fn write(
        &self,
        job: &Job,
        target: &Target,
        mut history: Coverage,
        head: Option<&Name>,
        batch: &mut Batch,
    ) {
        let reasons = self.reasons();
        let mut complete = Coverage::new(&COMPLETE, target).with("repositories", 1);
        if let Some(head) = head {
            complete.identify("head", head.clone());
        }
        if let Some(first) = self.nested.first() {
            complete.add("nested-repositories", self.nested.len() as u64);
            complete.identify("nested", Name::admit_or(&first.to_string_lossy(), "path", 1));
        }
        for reason in &reasons {
            let kinds: [(&'static Kind, &mut Coverage); 2] = [(&COMPLETE, &mut complete), (&HISTORY, &mut history)];
            for (kind, coverage) in kinds.into_iter().take(if reason.history { 2 } else { 1 }) {
                coverage.miss(Name::fixed(reason.what), reason.cause);
                let gap = Gap::new(kind, Subject::whole(target), reason.cause);
                let gap = reason.run.iter().fold(gap, |gap, run| gap.with("run", Name::fixed(run)));
                batch.gaps.extend(job.wants(kind).then_some(gap));
            }
        }
        self.elsewhere(job, target, (&mut complete, &mut history), batch);
        let facts = self.facts(reasons.is_empty() && self.unfetched.is_empty());
        if job.wants(&COMPLETE) {
            batch.evidence.push(Evidence::new(&COMPLETE, Subject::whole(target), facts, job.now));
            batch.coverage.push(complete);
        }
        batch.coverage.extend(job.wants(&HISTORY).then_some(history));
    }

    /// Names what lies in other repositories that nobody reads.
    fn elsewhere(
        &self,
        job: &Job,
        target: &Target,
        (complete, history): (&mut Coverage, &mut Coverage),
        batch: &mut Batch,
    ) {
        let elsewhere = |kind, path: &Name| {
            let place = Place { path: Some(path.clone()), ..Place::default() };
            Gap::new(kind, Subject::at(target, place), Cause::ContentElsewhere)
        };
        for path in &self.unfetched {
            for (kind, coverage) in [(&COMPLETE, &mut *complete), (&HISTORY, &mut *history)] {
                coverage.miss(path.clone(), Cause::ContentElsewhere);
                let run = Name::fixed("git submodule update --init --recursive");
                batch.gaps.extend(job.wants(kind).then(|| elsewhere(kind, path).with("run", run)));
            }
        }
        // This repository may well be whole: only what its history holds is open.
        for path in &self.committed {
            history.miss(path.clone(), Cause::ContentElsewhere);
            let key = Name::fixed("repositories");
            batch.gaps.extend(job.wants(&HISTORY).then(|| elsewhere(&HISTORY, path).with("key", key)));
        }
    }

    fn facts(&self, complete: bool) -> [(&'static str, Fact); 9] {
        [
            ("complete", complete),
            ("shallow", self.shallow),
            ("partial", self.partial),
            ("grafts", self.grafts),
            ("replace_refs", self.replaced),
            ("missing_objects", self.losses.missing > 0 || self.absent_blobs),
            ("malformed_objects", self.losses.malformed > 0),
            ("submodules_unfetched", !self.unfetched.is_empty()),
            ("lfs_pointers", self.lfs),
        ]
        .map(|(name, yes)| (name, Fact::Bool(yes)))
    }
}
