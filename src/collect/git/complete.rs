//! Evidence of kind `git.complete`, and the gaps that an incomplete repository leaves in `git.history`.
//!
//! In: the surveys of a repository and its submodules. Out: one piece of evidence and, for each cause, the same
//! gap with the same remedy for both kinds. Two marks are no gap by themselves: replace refs, because the walk
//! reads the originals, and a partial clone that has everything, because every object was looked up.

use super::kinds::{COMPLETE, FILE, UNREACHABLE};
use super::losses::{Fault, Losses};
use super::refs::digest_name;
use super::survey::Survey;
use super::writer::Unjudged;
use crate::collect::Job;
use crate::evidence::{Batch, Cause, Coverage, Evidence, Fact, Gap, Kind, Name, Place, Subject, Target};
use std::path::PathBuf;

/// What shows most of what only a server holds, where it offers such refs.
const ASK_SERVER: &str = "git fetch origin '+refs/*:refs/remotes/server/*'";

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
    /// Files that refs reach, whatever their names.
    files: Losses,
    /// Objects that no ref reaches.
    hidden: Losses,
    overflowed: bool,
    /// What only the server holds is in scope, which no clone can show.
    pub(super) server_side: bool,
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
    scope: Scope,
}

/// What a reason leaves open beside the repository's completeness.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// What refs reach.
    Reached,
    /// Everything that the store holds.
    Everything,
    /// Files that refs reach under other names than those of env files.
    Files,
    /// Objects of the store that history does not need.
    Store,
}

impl Scope {
    fn holds(self, kind: &Kind) -> bool {
        let store = kind.name == UNREACHABLE.name;
        match self {
            _ if kind.name == COMPLETE.name => true,
            Self::Reached => !store,
            Self::Everything => true,
            Self::Files => kind.name == FILE.name,
            Self::Store => store,
        }
    }
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
        self.losses.add(unjudged.losses);
        self.absent_blobs |= survey.forest.absent_blobs > 0;
        self.lfs |= unjudged.elsewhere > 0;
        self.overflowed |= survey.table.overflowed;
    }

    /// Packs that do not open, and files of objects that nothing names: what they hold is unknown.
    pub(super) fn packs(&mut self, broken: u64, strays: u64) {
        self.losses.malformed += broken;
        self.hidden.malformed += strays;
    }

    /// What was lost on the way to files that refs reach.
    pub(super) fn places(&mut self, losses: Losses) {
        self.files.add(losses);
    }

    /// What could not be read of files that refs reach.
    pub(super) fn files(&mut self, unjudged: &Unjudged) {
        self.files.add(unjudged.losses);
        self.lfs |= unjudged.elsewhere > 0;
    }

    /// What could not be read of everything else.
    pub(super) fn hidden(&mut self, unjudged: &Unjudged) {
        // What nothing reaches may be gone: then it is nobody's.
        self.hidden.add(unjudged.losses.of_what_is_here());
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
        let malformed = self.losses.malformed > 0;
        let over = self.losses.too_large > 0 || self.overflowed || self.bounded;
        let (cut, altered) =
            ("commits behind the shallow boundary", "commits that grafts hide from git and may have let it drop");
        let (fsck, unshallow) = (Some("git fsck --full"), Some("git fetch --unshallow"));
        let graft = Some("git replace --convert-graft-file");
        [
            (self.cut, Cause::ShallowHistory, unshallow, cut, Scope::Reached),
            (missing, Cause::MissingObjects, Some(fetch_all), "missing objects", Scope::Reached),
            (!missing && self.absent_blobs, Cause::MissingObjects, Some(fetch_all), "missing files", Scope::Files),
            (malformed, Cause::Malformed, fsck, "damaged objects", Scope::Everything),
            (
                !missing && !self.absent_blobs && self.files.missing > 0,
                Cause::MissingObjects,
                Some(fetch_all),
                "missing files",
                Scope::Files,
            ),
            (!malformed && self.files.malformed > 0, Cause::Malformed, fsck, "damaged files", Scope::Files),
            (!over && self.files.too_large > 0, Cause::OverLimit, None, "files over a limit", Scope::Files),
            (!malformed && self.hidden.malformed > 0, Cause::Malformed, fsck, "damaged objects", Scope::Store),
            (!over && self.hidden.too_large > 0, Cause::OverLimit, None, "objects over a limit", Scope::Store),
            (self.grafts, Cause::AlteredHistory, graft, altered, Scope::Reached),
            (over, Cause::OverLimit, None, "objects over a limit", Scope::Everything),
            (
                self.server_side,
                Cause::ServerSide,
                Some(ASK_SERVER),
                "refs and objects that only the server holds",
                Scope::Everything,
            ),
            (self.lfs, Cause::ContentElsewhere, Some("git lfs fetch --all"), "content in LFS", Scope::Reached),
        ]
        .into_iter()
        .filter(|(applies, ..)| *applies)
        .map(|(_, cause, run, what, scope)| Reason { cause, run, what, scope })
        .collect()
    }

    /// Writes evidence of `git.complete`, and gaps and coverage of all kinds that a whole repository gives.
    pub(super) fn write<const N: usize>(
        &self,
        job: &Job,
        target: &Target,
        mut coverage: [(&'static Kind, Coverage); N],
        batch: &mut Batch,
    ) {
        let reasons = self.reasons();
        for (kind, coverage) in &mut coverage {
            if kind.name == COMPLETE.name {
                self.nested(coverage);
            }
            for reason in reasons.iter().filter(|reason| reason.scope.holds(kind)) {
                coverage.miss(Name::fixed(reason.what), reason.cause);
                let gap = Gap::new(kind, Subject::whole(target), reason.cause);
                let gap = reason.run.iter().fold(gap, |gap, run| gap.with("run", Name::fixed(run)));
                let object = self.example(reason.cause).map(|id| digest_name(&id.to_string()));
                let gap = object.into_iter().fold(gap, |gap, id| gap.with("object", id));
                batch.gaps.extend(job.wants(kind).then_some(gap));
            }
            self.elsewhere(job, target, (kind, coverage), batch);
        }
        let facts = self.facts(reasons.is_empty() && self.unfetched.is_empty());
        if job.wants(&COMPLETE) {
            batch.evidence.push(Evidence::new(&COMPLETE, Subject::whole(target), facts, job.now));
        }
        batch.coverage.extend(coverage.into_iter().filter(|(kind, _)| job.wants(kind)).map(|(_, coverage)| coverage));
    }

    /// One of the objects that a cause is about.
    fn example(&self, cause: Cause) -> Option<git2::Oid> {
        let fault = match cause {
            Cause::MissingObjects => Fault::Missing,
            Cause::Malformed => Fault::Malformed,
            Cause::OverLimit => Fault::TooLarge,
            _ => return None,
        };
        [self.losses, self.files, self.hidden].iter().find_map(|losses| losses.example(fault))
    }

    /// Other repositories in the working tree are named, so that nobody takes them for examined.
    fn nested(&self, coverage: &mut Coverage) {
        if let Some(first) = self.nested.first() {
            coverage.add("nested-repositories", self.nested.len() as u64);
            coverage.identify("nested", Name::admit_or(&first.to_string_lossy(), "path", 1));
        }
    }

    /// Names what lies in other repositories that nobody reads.
    fn elsewhere(
        &self,
        job: &Job,
        target: &Target,
        (kind, coverage): (&'static Kind, &mut Coverage),
        batch: &mut Batch,
    ) {
        let mut gap = |path: &Name, hint: (&'static str, &'static str)| {
            coverage.miss(path.clone(), Cause::ContentElsewhere);
            let place = Place { path: Some(path.clone()), ..Place::default() };
            let gap = Gap::new(kind, Subject::at(target, place), Cause::ContentElsewhere);
            batch.gaps.extend(job.wants(kind).then(|| gap.with(hint.0, Name::fixed(hint.1))));
        };
        let run = ("run", "git submodule update --init --recursive");
        self.unfetched.iter().for_each(|path| gap(path, run));
        // This repository may well be whole: only what its history holds is open.
        if kind.name != COMPLETE.name {
            self.committed.iter().for_each(|path| gap(path, ("key", "repositories")));
        }
    }

    fn facts(&self, complete: bool) -> [(&'static str, Fact); 9] {
        [
            ("complete", complete),
            ("shallow", self.shallow),
            ("partial", self.partial),
            ("grafts", self.grafts),
            ("replace_refs", self.replaced),
            ("missing_objects", self.losses.missing + self.files.missing > 0 || self.absent_blobs),
            ("malformed_objects", self.losses.malformed + self.files.malformed > 0),
            ("submodules_unfetched", !self.unfetched.is_empty()),
            ("lfs_pointers", self.lfs),
        ]
        .map(|(name, yes)| (name, Fact::Bool(yes)))
    }
}
