//! History and completeness of a repository and of the submodules whose repositories are here.
//!
//! In: an opened repository. Out: evidence, gaps and one coverage for the whole of it. A submodule's history is
//! the service's history too: paths in it begin with the submodule's path, or with `.git/modules/NAME` where
//! HEAD no longer has it. One whose repository or commit is not here is a gap. Submodules that only older
//! commits had, and that were never fetched, are not looked for. Other repositories in the working tree, which
//! the parent ignores, have a history of their own: they are counted, not read.

use super::complete::Completeness;
use super::history;
use super::ignore;
use super::kinds::{COMPLETE, HISTORY};
use super::marks::{module_names, modules};
use super::objects::plain;
use super::open::Store;
use super::refs::digest_name;
use super::survey::Survey;
use crate::collect::Job;
use crate::evidence::{Batch, Cause, Coverage, Gap, Name, Subject, Target, Task};
use git2::{Oid, Repository};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Largest `.gitmodules` that is read.
const MODULES_BYTES: usize = 1 << 20;
/// Most levels of submodules inside submodules.
const NESTING: usize = 8;

/// Examines everything.
pub(super) fn examine(
    job: &Job,
    target: &Target,
    store: &Store,
    (repository, head): (&Repository, Option<(Oid, Oid)>),
    batch: &mut Batch,
) {
    let task = job.progress.begin("git history", None);
    let mut history = Coverage::new(&HISTORY, target);
    history.identify("level", Name::fixed("reachable"));
    let head_name = head.map(|(commit, _)| digest_name(&commit.to_string()));
    if let Some(name) = &head_name {
        history.identify("head", name.clone());
    }
    let mut whole = Whole { job, target, task: &*task, history, complete: Completeness::default(), batch };
    whole.store(store, "");
    whole.submodules(&store.common, repository, "", NESTING);
    let Whole { mut history, complete, batch, .. } = whole;
    let nested = nested(job, repository);
    if nested > 0 {
        history.add("nested-repositories", nested);
    }
    if history.count("commits") == 0 {
        for kind in [&HISTORY, &COMPLETE].into_iter().filter(|kind| job.wants(kind)) {
            batch.gaps.push(Gap::new(kind, Subject::whole(target), Cause::Empty));
        }
    }
    complete.write(job, target, history, head_name.as_ref(), batch);
}

struct Whole<'a> {
    job: &'a Job,
    target: &'a Target,
    task: &'a dyn Task,
    history: Coverage,
    complete: Completeness,
    batch: &'a mut Batch,
}

impl Whole<'_> {
    fn store(&mut self, store: &Store, prefix: &str) {
        let Some(mut survey) = Survey::take(self.job, store, self.task, true) else {
            self.complete.unreadable();
            return;
        };
        if prefix.is_empty() {
            self.history.identify("refs", survey.refs.digest.clone());
        }
        let mut found = Batch::default();
        let coverage = &mut self.history;
        let unjudged = history::examine(self.job, self.target, (store, prefix), &mut survey, coverage, &mut found);
        // The walk serves both kinds; what nobody asked for is not kept.
        if self.job.wants(&HISTORY) {
            self.batch.absorb(found);
        }
        self.complete.note(&survey, &unjudged);
    }

    fn submodules(&mut self, common: &Path, repository: &Repository, prefix: &str, depth: usize) {
        let mut fetched = modules(common);
        for (path, commit) in gitlinks(repository) {
            let shown = joined(prefix, &String::from_utf8_lossy(&path.0));
            let embedded = || repository.workdir().map(|dir| dir.join(&*String::from_utf8_lossy(&path.0)).join(".git"));
            let dir = path.1.and_then(|name| fetched.remove(&name)).or_else(|| embedded().filter(|dir| dir.is_dir()));
            if !dir.is_some_and(|dir| self.submodule(&dir, &shown, Some(commit), depth)) {
                let ordinal = self.complete.unfetched.len();
                self.complete.unfetched.push(Name::admit_or(&shown, "submodule", ordinal));
            }
        }
        // Removed from HEAD, but their history is still here.
        for (name, dir) in fetched {
            if !self.submodule(&dir, &joined(prefix, &format!(".git/modules/{name}")), None, depth) {
                self.complete.unreadable();
            }
        }
    }

    /// Examines one submodule; `false` if its repository or its commit is not here.
    fn submodule(&mut self, dir: &Path, prefix: &str, commit: Option<Oid>, depth: usize) -> bool {
        let (Ok(store), Ok(repository)) = (Store::open(dir), Repository::open_bare(dir)) else { return false };
        if depth == 0 {
            return false;
        }
        self.store(&store, prefix);
        self.submodules(dir, &repository, prefix, depth - 1);
        let here = |commit| repository.odb().is_ok_and(|odb| odb.exists(commit));
        commit.is_none_or(here)
    }
}

/// Repositories in the working tree that are no part of the tree of HEAD.
fn nested(job: &Job, repository: &Repository) -> u64 {
    let Some(workdir) = repository.workdir() else { return 0 };
    let own: BTreeSet<PathBuf> =
        gitlinks(repository).into_iter().map(|((path, _), _)| workdir.join(&*String::from_utf8_lossy(&path))).collect();
    let mut entries = WalkDir::new(workdir).min_depth(1).follow_links(false).into_iter();
    let mut count = 0;
    while let Some(entry) = entries.next() {
        if job.stop.asked() {
            break;
        }
        // What cannot be read here is untracked, or the index says so.
        let Ok(entry) = entry else { continue };
        if !entry.file_type().is_dir() {
            continue;
        }
        if entry.file_name() == ".git" || own.contains(entry.path()) {
            entries.skip_current_dir();
        } else if entry.path().join(".git").is_dir() {
            count += 1;
            entries.skip_current_dir();
        }
    }
    count
}

fn joined(prefix: &str, path: &str) -> String {
    if prefix.is_empty() { path.to_owned() } else { format!("{prefix}/{path}") }
}

/// A submodule at HEAD: its path, and its name if `.gitmodules` has one.
type Module = (Vec<u8>, Option<String>);

fn gitlinks(repository: &Repository) -> Vec<(Module, Oid)> {
    let tree = repository.head().and_then(|head| head.peel_to_tree());
    let (Ok(tree), Ok(odb)) = (tree, repository.odb()) else { return Vec::new() };
    let links = ignore::walk(&odb, tree.id()).gitlinks;
    if links.is_empty() {
        return Vec::new();
    }
    let text = tree.get_name(".gitmodules").and_then(|entry| plain(&odb, entry.id(), MODULES_BYTES).ok());
    let names: BTreeMap<Vec<u8>, String> = module_names(&text.unwrap_or_default());
    links.into_iter().map(|(path, commit)| ((path.clone(), names.get(&path).cloned()), commit)).collect()
}
