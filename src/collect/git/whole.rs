//! History and completeness of a repository and of the submodules whose repositories are here.
//!
//! In: an opened repository. Out: evidence, gaps and one coverage for the whole of it. A submodule's history is
//! the service's history too: paths in it begin with the submodule's path, or with `.git/modules/NAME` where
//! no tip has it any more. One that any branch tip names and whose repository or commit is not here is a gap. Submodules that only older
//! commits had, and that were never fetched, are not looked for. Repositories that were committed as files are
//! named, not read. Other repositories that lie in the working tree
//! are no part of this one: coverage names them, and nothing is said about their history.

use super::complete::Completeness;
use super::contents::Contents;
use super::embedded::{self, Embedded};
use super::files;
use super::graph::Reach;
use super::hidden::{self, Shown};
use super::history;
use super::kinds::{COMPLETE, FILE, HISTORY, UNREACHABLE};
use super::marks::modules;
use super::objects::Peeled;
use super::open::Store;
use super::packs::Packs;
use super::refs::digest_name;
use super::survey::Survey;
use super::writer::{self, REFS, Unjudged, Writer};
use crate::collect::Job;
use crate::evidence::{Batch, Cause, Coverage, Gap, Kind, Name, Subject, Target, Task};
use git2::{Oid, Repository};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Most levels of submodules inside submodules.
const NESTING: usize = 8;
/// Levels of the working tree in which other repositories are looked for.
const NESTED_DEPTH: usize = 4;
/// What is learned from whole repositories, and how far each kind looks.
const KINDS: [(&Kind, Option<&str>); 4] = [
    (&COMPLETE, None),
    (&HISTORY, Some("reachable")),
    (&FILE, Some("reachable")),
    (&UNREACHABLE, Some("object-store")),
];

/// Whether anything is wanted that needs a whole repository.
pub(super) fn wanted(job: &Job) -> bool {
    KINDS.iter().any(|(kind, _)| job.wants(kind))
}

/// One store, and whose it is.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) job: &'a Job,
    pub(super) target: &'a Target,
    pub(super) store: &'a Store,
    /// In front of its paths.
    pub(super) prefix: &'a str,
}

impl<'a> Site<'a> {
    /// A writer of evidence of one kind for what a survey found here.
    pub(super) fn writer<'b>(
        &self,
        kind: &'static Kind,
        (survey, reach): (&'b Survey, &'b [Reach<REFS>]),
        batch: &'b mut Batch,
    ) -> Writer<'b>
    where
        'a: 'b,
    {
        let Self { job, target, prefix, .. } = *self;
        let unjudged = Unjudged::default();
        Writer { job, target, kind, prefix, survey, reach, batch, unjudged, place: None }
    }
}

/// Examines everything.
pub(super) fn examine(
    job: &Job,
    target: &Target,
    store: &Store,
    (repository, head, server_side): (&Repository, Option<(Oid, Oid)>, bool),
    batch: &mut Batch,
) {
    let task = job.progress.begin("git objects", None);
    let head_name = head.map(|(commit, _)| digest_name(&commit.to_string()));
    let coverage = KINDS.map(|(kind, level)| {
        let mut coverage = Coverage::new(kind, target);
        level.into_iter().for_each(|level| coverage.identify("level", Name::fixed(level)));
        head_name.iter().for_each(|name| coverage.identify("head", name.clone()));
        (kind, coverage)
    });
    let mut whole = Whole { job, target, task: &*task, coverage, complete: Completeness::default(), batch };
    let embedded = whole.store(store, "");
    whole.submodules(&store.common, repository, ("", embedded), NESTING);
    whole.complete.nested = nested(repository);
    whole.complete.server_side = server_side;
    let Whole { mut coverage, complete, batch, .. } = whole;
    if coverage[1].1.count("commits") == 0 {
        for (kind, _) in KINDS.into_iter().filter(|(kind, _)| job.wants(kind)) {
            batch.gaps.push(Gap::new(kind, Subject::whole(target), Cause::Empty));
        }
    }
    coverage[0].1.add("repositories", 1);
    complete.write(job, target, coverage, batch);
}

struct Whole<'a> {
    job: &'a Job,
    target: &'a Target,
    task: &'a dyn Task,
    /// One for each of [`KINDS`].
    coverage: [(&'static Kind, Coverage); 4],
    complete: Completeness,
    batch: &'a mut Batch,
}

impl Whole<'_> {
    /// Examines one store and answers which others its tips name or hold.
    fn store(&mut self, store: &Store, prefix: &str) -> Embedded {
        let site = Site { job: self.job, target: self.target, store, prefix };
        let packs = Packs::open(&store.common);
        self.complete.packs(packs.broken, packs.strays);
        let every = [&FILE, &UNREACHABLE].into_iter().any(|kind| self.job.wants(kind));
        if every {
            self.task.expect(u64::from(packs.count));
        }
        let contents = if every { Contents::read(self.job, store, &packs, self.task) } else { Contents::default() };
        let asked = &contents.asked;
        let Some(mut survey) = Survey::whole(self.job, store, self.task, packs, asked) else {
            self.complete.unreadable();
            return Embedded::default();
        };
        if prefix.is_empty() {
            self.coverage.iter_mut().skip(1).for_each(|(_, one)| one.identify("refs", survey.refs.digest.clone()));
        }
        let tips = tips(&survey);
        let reach = writer::reach(&survey);
        let mut found = Batch::default();
        let (coverage, history, structure) = (&mut self.coverage[1].1, &mut found, survey.structure.clone());
        let ((versions, unjudged), embedded) = rayon::join(
            || history::examine(&site, &mut survey, &reach, coverage, history),
            || store.with(|repository| embedded::find(repository, &tips, structure.as_deref())),
        );
        // The walk serves all kinds; what nobody asked for is not kept.
        if self.job.wants(&HISTORY) {
            self.batch.absorb(found);
        }
        self.complete.note(&survey, &unjudged);
        self.complete.committed(survey.beyond.iter().map(|path| joined(prefix, &String::from_utf8_lossy(path))));
        if every {
            let places = survey.places(self.job, store, asked);
            self.complete.bounded |= places.overflowed;
            self.complete.places(places.forest.losses);
            if self.job.wants(&FILE) {
                let seen = (&survey, &places, &versions);
                let files = files::examine(&site, seen, &reach, &contents, &mut self.coverage[2].1, self.batch);
                self.complete.files(&files);
            }
            if self.job.wants(&UNREACHABLE) {
                let shown =
                    Shown { survey: &survey, versions: &versions, places: &places, contents: &contents, reach: &reach };
                let hidden = hidden::examine(&site, &shown, self.task, &mut self.coverage[3].1, self.batch);
                self.complete.hidden(&hidden);
            }
        }
        // So much memory is given back while the report is written.
        rayon::spawn(move || drop((survey, reach)));
        embedded.unwrap_or(Embedded { overflowed: true, ..Embedded::default() })
    }

    fn submodules(
        &mut self,
        common: &Path,
        repository: &Repository,
        (prefix, embedded): (&str, Embedded),
        depth: usize,
    ) {
        let (fetched, all) = modules(common);
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
        let embedded = self.store(&store, prefix);
        self.submodules(dir, &repository, (prefix, embedded), depth - 1);
        true
    }
}

/// The trees of all tips.
fn tips(survey: &Survey) -> Vec<Oid> {
    let tree = |id| survey.graph.tree(survey.graph.find(id)?);
    let tips = survey.refs.roots.iter().filter(|root| root.tip);
    tips.filter_map(|root| if let Peeled::Commit(id) = root.at { tree(id) } else { None }).collect()
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
