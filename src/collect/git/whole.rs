//! History and completeness of a repository and of the submodules whose repositories are here.
//!
//! In: an opened repository. Out: evidence, gaps and one coverage for the whole of it. A submodule's history is
//! the service's history too: paths in it begin with the submodule's path, or with `.git/modules/NAME` where
//! no tip has it any more. One that any branch tip names and whose repository or commit is not here is a gap. Submodules that only older
//! commits had, and that were never fetched, are not looked for. Repositories that were committed as files are
//! named, not read. Other repositories that lie in the working tree
//! are no part of this one: coverage names them, and nothing is said about their history.

use super::complete::Completeness;
use super::embedded;
use super::history;
use super::kinds::{COMPLETE, HISTORY};
use super::marks::modules;
use super::objects::Peeled;
use super::open::Store;
use super::refs::digest_name;
use super::survey::Survey;
use crate::collect::Job;
use crate::evidence::{Batch, Cause, Coverage, Gap, Name, Subject, Target, Task};
use git2::{Oid, Repository};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Most levels of submodules inside submodules.
const NESTING: usize = 8;
/// Levels of the working tree in which other repositories are looked for.
const NESTED_DEPTH: usize = 4;

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
    let tips = whole.store(store, "");
    whole.submodules(&store.common, repository, ("", &tips), NESTING);
    whole.complete.nested = nested(repository);
    let Whole { history, complete, batch, .. } = whole;
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
    /// Examines one store and answers the trees of its tips.
    fn store(&mut self, store: &Store, prefix: &str) -> Vec<Oid> {
        let Some(mut survey) = Survey::take(self.job, store, self.task, true) else {
            self.complete.unreadable();
            return Vec::new();
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
        self.complete.committed(survey.beyond.iter().map(|path| joined(prefix, &String::from_utf8_lossy(path))));
        let tree = |id| survey.graph.commits[survey.graph.find(id)? as usize].tree;
        let tips = survey.refs.roots.iter().filter(|root| root.tip);
        tips.filter_map(|root| if let Peeled::Commit(id) = root.at { tree(id) } else { None }).collect()
    }

    fn submodules(&mut self, common: &Path, repository: &Repository, (prefix, tips): (&str, &[Oid]), depth: usize) {
        let (fetched, all) = modules(common);
        let embedded = embedded::find(repository, tips);
        self.complete.bounded |= !all || embedded.overflowed;
        self.complete.committed(embedded.stores.iter().map(|path| joined(prefix, &String::from_utf8_lossy(path))));
        let mut examined: BTreeSet<PathBuf> = BTreeSet::new();
        for (path, link) in embedded.links {
            let shown = joined(prefix, &String::from_utf8_lossy(&path));
            let inside = || repository.workdir().map(|dir| dir.join(&*String::from_utf8_lossy(&path)).join(".git"));
            let known =
                fetched.iter().filter(|module| link.names.contains(&module.name)).map(|module| module.dir.clone());
            // A linked working tree has a repository of its own for the same submodule.
            let mut dirs: Vec<PathBuf> = known.collect();
            if dirs.is_empty() {
                dirs.extend(inside().filter(|dir| dir.is_dir()));
            }
            let mut here = false;
            for dir in &dirs {
                let opened = !examined.insert(dir.clone()) || self.submodule(dir, &shown, depth);
                here |= opened && holds(dir, &link.commits);
                if !opened && dirs.len() > 1 {
                    self.complete.unreadable();
                }
            }
            if !here {
                let ordinal = self.complete.unfetched.len();
                self.complete.unfetched.push(Name::admit_or(&shown, "submodule", ordinal));
            }
        }
        // Removed from every tip, but their history is still here.
        for module in fetched.into_iter().filter(|module| !examined.contains(&module.dir)) {
            if !self.submodule(&module.dir, &joined(prefix, &module.place), depth) {
                self.complete.unreadable();
            }
        }
    }

    /// Examines one submodule; `false` if its repository is not here.
    fn submodule(&mut self, dir: &Path, prefix: &str, depth: usize) -> bool {
        let (Ok(store), Ok(repository)) = (Store::open(dir), Repository::open_bare(dir)) else { return false };
        if depth == 0 {
            return false;
        }
        let tips = self.store(&store, prefix);
        self.submodules(dir, &repository, (prefix, &tips), depth - 1);
        true
    }
}

/// Whether a submodule's repository has the commits that the tips want.
fn holds(dir: &Path, commits: &BTreeSet<Oid>) -> bool {
    let Ok(repository) = Repository::open_bare(dir) else { return false };
    repository.odb().is_ok_and(|odb| commits.iter().all(|commit| odb.exists(*commit)))
}

fn joined(prefix: &str, path: &str) -> String {
    if prefix.is_empty() { path.to_owned() } else { format!("{prefix}/{path}") }
}

/// Repositories in the working tree that are no part of this one: directories with a `.git` directory of their
/// own, a few levels deep. A linked worktree or a submodule has a `.git` file there.
fn nested(repository: &Repository) -> Vec<PathBuf> {
    let Some(root) = repository.workdir() else { return Vec::new() };
    let entries = WalkDir::new(root).min_depth(1).max_depth(NESTED_DEPTH).follow_links(false).sort_by_file_name();
    let entries = entries.into_iter().filter_entry(|entry| {
        entry.file_type().is_dir() && ![".git", "node_modules", "target"].iter().any(|name| entry.file_name() == *name)
    });
    let inside = entries.flatten().filter(|entry| entry.path().join(".git/objects").is_dir());
    inside.filter_map(|entry| entry.path().strip_prefix(root).ok().map(Path::to_owned)).collect()
}
