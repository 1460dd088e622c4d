//! Evidence of kind `git.tracked`: env files that branch tips or an index hold now.
//!
//! In: a survey of the tips. Out: one piece of evidence per path, with the worst class of what it holds at any
//! tip. Files below a directory with an env file's name count for that directory, and for themselves if they
//! have such a name too. A name that programs bear as well, such as `env.sh`, counts if its content exposes
//! something or was not understood. A symlink is judged by the tracked file it leads to. Tags and submodules are history's.

use super::judge::{Ask, Outcome, judge};
use super::kinds::TRACKED;
use super::links::follow;
use super::losses::Losses;
use super::names::{NAMED, Role, dotted, role_of};
use super::objects::{EntryType, Peeled};
use super::open::Store;
use super::places::first_seen;
use super::refs::children;
use super::survey::Survey;
use super::writer::shown_path;
use crate::collect::Job;
use crate::collect::entry_path::split;
use crate::detect::{self, Scan};
use crate::evidence::{Batch, Cause, Class, Coverage, Evidence, Fact, Gap, Name, Place, Subject, Target};
use git2::{Index, Oid};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

/// One path that is tracked now.
struct Tracked {
    what: EntryType,
    tip: bool,
    reference: Option<Name>,
    blobs: Vec<Held>,
}

/// A blob to judge.
struct Held {
    id: Oid,
    /// It is an env file whatever it looks like.
    certain: bool,
    /// Its name in a directory of env files, where it may be one variable.
    name: Option<Vec<u8>>,
}

impl Held {
    fn certain(id: Oid) -> Self {
        Self { id, certain: true, name: None }
    }
}

type Paths = BTreeMap<Vec<u8>, Tracked>;

/// Looks at the tips and the indexes.
pub(super) fn examine(job: &Job, target: &Target, store: &Store, survey: &mut Survey, batch: &mut Batch) {
    let mut coverage = Coverage::new(&TRACKED, target);
    coverage.identify("level", Name::fixed("tips"));
    let mut losses = Losses::default();
    let mut paths = at_tips(store, survey, &mut losses, &mut coverage);
    if !in_indexes(&store.common, &mut paths, &mut coverage) {
        let gap = Gap::new(&TRACKED, Subject::whole(target), Cause::Malformed);
        batch.gaps.push(gap.with("operation", Name::fixed("read the index")));
        coverage.miss(Name::fixed("index"), Cause::Malformed);
    }
    batch.gaps.extend(losses.cause().map(|cause| Gap::new(&TRACKED, Subject::whole(target), cause)));
    coverage.add("files", paths.len() as u64);
    let mut wanted: BTreeMap<Oid, Ask> = BTreeMap::new();
    for held in paths.values().flat_map(|tracked| &tracked.blobs) {
        let ask = wanted.entry(held.id).or_default();
        ask.certain |= held.certain;
        ask.names.extend(held.name.clone());
    }
    let judged = judge(job, store, &wanted, |scan| worst(&scan));
    for (n, (path, tracked)) in paths.iter().enumerate() {
        let classes = tracked.blobs.iter().map(|held| match judged.of.get(&held.id) {
            Some(Outcome::Judged(class)) => *class,
            Some(Outcome::OtherShape) => Class::NotSecret,
            Some(Outcome::Elsewhere { own: Some(class), .. }) => (*class).max(Class::Undetermined),
            _ => Class::Undetermined,
        });
        let class = classes.max().unwrap_or(Class::Empty);
        let place = Place { path: Some(shown_path("", path, n)), ..Place::default() };
        let subject = Subject::at(target, place);
        if detect::weak_env_name(&String::from_utf8_lossy(path)) && class < Class::Undetermined {
            if class == Class::Open {
                batch.gaps.push(Gap::new(&TRACKED, subject, Cause::NeedsReview));
            }
            continue;
        }
        let facts = [
            ("where", Fact::word(if tracked.tip { "tip" } else { "index" })),
            ("type", Fact::word(word(tracked.what))),
            ("class", Fact::word(class.word())),
        ];
        let reference = tracked.reference.clone().map(|name| ("ref", Fact::Name(name)));
        batch.evidence.push(Evidence::new(&TRACKED, subject, facts.into_iter().chain(reference), job.now));
    }
    batch.coverage.push(coverage);
}

fn worst(scan: &Scan) -> Class {
    if scan.encoding == "git-crypt" {
        return Class::Encrypted;
    }
    let worst = scan.spotted.iter().map(|spotted| spotted.judgement.class).max().unwrap_or(Class::Empty);
    if scan.determined { worst } else { worst.max(Class::Undetermined) }
}

fn word(what: EntryType) -> &'static str {
    match what {
        EntryType::File => "file",
        EntryType::Symlink => "symlink",
        EntryType::Tree => "directory",
        EntryType::Gitlink => "gitlink",
    }
}

fn at_tips(store: &Store, survey: &mut Survey, losses: &mut Losses, coverage: &mut Coverage) -> Paths {
    let tips: Vec<(usize, u32)> = survey
        .refs
        .roots
        .iter()
        .enumerate()
        .filter(|(_, root)| root.tip)
        .filter_map(|(n, root)| match root.at {
            Peeled::Commit(id) => Some((n, survey.graph.find(id)?)),
            _ => None,
        })
        .collect();
    coverage.add("refs", tips.len() as u64);
    let trees: HashMap<usize, Oid> =
        tips.iter().filter_map(|&(n, commit)| Some((n, survey.graph.tree(commit)?))).collect();
    let roots: Vec<(u32, usize)> =
        tips.iter().filter_map(|&(n, commit)| Some((survey.root(&survey.forest, commit, NAMED)?, n))).collect();
    let mut seen: Vec<_> = first_seen(&survey.forest, &mut survey.table, roots.into_iter()).into_iter().collect();
    // The same path may hold several versions: the first ref by rank names it.
    seen.sort_by_key(|(spot, n)| (*n, *spot));
    let mut paths = Paths::new();
    for (spot, n) in seen.iter().filter(|(spot, _)| spot.role == Role::Env) {
        let path = survey.table.bytes(spot.path);
        let entry = paths.entry(path.clone()).or_insert_with(|| Tracked {
            what: spot.what,
            tip: true,
            reference: survey.refs.roots.get(*n).map(|root| root.name.clone()),
            blobs: Vec::new(),
        });
        match spot.what {
            EntryType::File => entry.blobs.push(Held::certain(spot.id)),
            EntryType::Symlink => {
                let tree = trees.get(n).copied();
                let end = tree.and_then(|tree| store.with(|r| follow(r, tree, spot.id, &path, losses)).flatten());
                entry.blobs.extend([spot.id].into_iter().chain(end).map(Held::certain));
            }
            EntryType::Tree | EntryType::Gitlink => {}
        }
    }
    for (spot, _) in seen.iter().filter(|(spot, _)| spot.what == EntryType::File) {
        for_parents(&survey.table.bytes(spot.path), &mut paths, spot.id, spot.role == Role::Env);
    }
    paths
}

/// A file counts for every directory above it that has an env file's name.
fn for_parents(path: &[u8], paths: &mut Paths, id: Oid, certain: bool) {
    for (at, _) in path.iter().enumerate().filter(|(_, b)| **b == b'/') {
        if let Some(directory) = paths.get_mut(&path[..at]).filter(|t| t.what == EntryType::Tree) {
            let name = split(path).1.to_vec();
            directory.blobs.push(Held { id, certain, name: Some(name) });
        }
    }
}

/// Adds what only an index holds, conflict stages included. Answers whether every index could be read.
fn in_indexes(common: &Path, paths: &mut Paths, coverage: &mut Coverage) -> bool {
    let (entries, readable) = indexed(common);
    coverage.add("entries", entries.len() as u64);
    for (path, id, what) in entries {
        index_entry(&path, id, what, paths);
    }
    readable
}

/// Path, object and type of every entry of every index, in order, and whether all of them could be read.
pub(super) fn indexed(common: &Path) -> (BTreeSet<(Vec<u8>, Oid, EntryType)>, bool) {
    let trees = children(&common.join("worktrees"));
    let files = std::iter::once(common.to_path_buf()).chain(trees).map(|dir| dir.join("index"));
    let (mut all, mut readable) = (BTreeSet::new(), true);
    for file in files.filter(|file| file.is_file()) {
        match entries(&file) {
            Some(entries) => all.extend(entries),
            None => readable = false,
        }
    }
    (all, readable)
}

fn entries(file: &Path) -> Option<Vec<(Vec<u8>, Oid, EntryType)>> {
    let index = Index::open(file).ok()?;
    Some(index.iter().map(|entry| (entry.path, entry.id, EntryType::of_mode(entry.mode))).collect())
}

fn index_entry(path: &[u8], id: Oid, what: EntryType, paths: &mut Paths) {
    let staged = |what| Tracked { what, tip: false, reference: None, blobs: Vec::new() };
    let named = role_of(split(path).1) == Role::Env;
    if named {
        let entry = paths.entry(path.to_vec()).or_insert_with(|| staged(what));
        if matches!(what, EntryType::File | EntryType::Symlink) {
            entry.blobs.push(Held::certain(id));
        }
    }
    let mut start = 0;
    for (at, _) in path.iter().enumerate().filter(|(_, b)| **b == b'/') {
        if dotted(&path[start..at]) && role_of(&path[start..at]) == Role::Env {
            paths.entry(path[..at].to_vec()).or_insert_with(|| staged(EntryType::Tree));
        }
        start = at + 1;
    }
    if what == EntryType::File {
        for_parents(path, paths, id, named);
    }
}
