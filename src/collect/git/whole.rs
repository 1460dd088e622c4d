//! History and completeness of a repository and of the submodules whose repositories are here.
//!
//! In: an opened repository. Out: evidence, gaps and one coverage for the whole of it. A submodule's history is
//! the service's history too: paths in it begin with the submodule's path, or with `.git/modules/NAME` where
//! no tip has it any more. One that any branch tip names and whose repository or commit is not here is a gap. Submodules that only older
//! commits had, and that were never fetched, are not looked for. Other repositories that lie in the working tree
//! are no part of this one: coverage names them, and nothing is said about their history.

use super::complete::Completeness;
use super::history;
use super::kinds::{COMPLETE, HISTORY};
use super::marks::{module_names, modules};
use super::objects::{EntryType, Peeled, entries, plain, structure};
use super::open::Store;
use super::refs::digest_name;
use super::survey::Survey;
use crate::collect::Job;
use crate::evidence::{Batch, Cause, Coverage, Gap, Name, Subject, Target, Task};
use git2::{ObjectType, Odb, Oid, Repository};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Largest `.gitmodules` that is read.
const MODULES_BYTES: usize = 1 << 20;
/// Most levels of submodules inside submodules.
const NESTING: usize = 8;
/// Deepest tree in which submodules are looked for.
const DEEPEST: usize = 256;
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
        let tree = |id| survey.graph.commits[survey.graph.find(id)? as usize].tree;
        let tips = survey.refs.roots.iter().filter(|root| root.tip);
        tips.filter_map(|root| if let Peeled::Commit(id) = root.at { tree(id) } else { None }).collect()
    }

    fn submodules(&mut self, common: &Path, repository: &Repository, (prefix, tips): (&str, &[Oid]), depth: usize) {
        let fetched = modules(common);
        let mut examined: BTreeSet<PathBuf> = BTreeSet::new();
        for (path, link) in gitlinks(repository, tips) {
            let shown = joined(prefix, &String::from_utf8_lossy(&path));
            let embedded = || repository.workdir().map(|dir| dir.join(&*String::from_utf8_lossy(&path)).join(".git"));
            let known = link.names.iter().find_map(|name| fetched.get(name).cloned());
            let dir = known.or_else(|| embedded().filter(|dir| dir.is_dir()));
            let here = dir.is_some_and(|dir| {
                let known = !examined.insert(dir.clone());
                (known || self.submodule(&dir, &shown, depth)) && holds(&dir, &link.commits)
            });
            if !here {
                let ordinal = self.complete.unfetched.len();
                self.complete.unfetched.push(Name::admit_or(&shown, "submodule", ordinal));
            }
        }
        // Removed from every tip, but their history is still here.
        for (name, dir) in fetched.into_iter().filter(|(_, dir)| !examined.contains(dir)) {
            if !self.submodule(&dir, &joined(prefix, &format!(".git/modules/{name}")), depth) {
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

/// A submodule at one path: the commits that tips name, and its names in their `.gitmodules`.
#[derive(Default)]
struct Link {
    commits: BTreeSet<Oid>,
    names: BTreeSet<String>,
}

/// The submodules of HEAD and of the given trees.
fn gitlinks(repository: &Repository, tips: &[Oid]) -> BTreeMap<Vec<u8>, Link> {
    let mut links: BTreeMap<Vec<u8>, Link> = BTreeMap::new();
    let Ok(odb) = repository.odb() else { return links };
    let head = repository.head().and_then(|head| head.peel_to_tree()).map(|tree| tree.id());
    let mut barren = BTreeSet::new();
    for tree in head.into_iter().chain(tips.iter().copied()).collect::<BTreeSet<Oid>>() {
        let mut found = Vec::new();
        search(&odb, tree, &mut Vec::new(), &mut barren, &mut found);
        if found.is_empty() {
            continue;
        }
        let text = repository.find_tree(tree).ok().and_then(|tree| {
            let entry = tree.get_name(".gitmodules")?;
            plain(&odb, entry.id(), MODULES_BYTES).ok()
        });
        let names = module_names(&text.unwrap_or_default());
        for (path, commit) in found {
            let name = names.get(&path).cloned();
            let link = links.entry(path).or_default();
            link.commits.insert(commit);
            link.names.extend(name);
        }
    }
    links
}

/// Looks for submodules in a tree. Trees without any are remembered: tips share most of theirs. What cannot be
/// read here is counted where history is walked.
fn search(
    odb: &Odb<'_>,
    tree: Oid,
    path: &mut Vec<Vec<u8>>,
    barren: &mut BTreeSet<Oid>,
    found: &mut Vec<(Vec<u8>, Oid)>,
) {
    if path.len() > DEEPEST || barren.contains(&tree) {
        return;
    }
    let before = found.len();
    let mut below = Vec::new();
    let _ = structure(odb, tree, ObjectType::Tree, |bytes| {
        entries(bytes).try_for_each(|entry| {
            let entry = entry?;
            match entry.what {
                EntryType::Tree => below.push((entry.name.to_vec(), entry.id)),
                EntryType::Gitlink => {
                    let whole = path.iter().map(Vec::as_slice).chain([entry.name]).collect::<Vec<_>>().join(&b'/');
                    found.push((whole, entry.id));
                }
                _ => {}
            }
            Ok(())
        })
    });
    for (name, id) in below {
        path.push(name);
        search(odb, id, path, barren, found);
        path.pop();
    }
    if found.len() == before {
        barren.insert(tree);
    }
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
