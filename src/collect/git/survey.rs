//! One walk over a store: refs, commits, the trees that matter, and the places in them.
//!
//! In: an opened store. Out: everything the kinds are made from. Symlinks with an env file's name are followed:
//! the file they name is looked for in every version too, and so are those of templates.

use super::forest::{Forest, Search};
use super::graph::Graph;
use super::marks::Marks;
use super::names::{FOLLOW, NAMED, Paths, Role};
use super::objects::{EntryType, Fault, Losses, Peeled, plain};
use super::open::Store;
use super::places::{PathTable, Spot, first_seen, link_target};
use super::refs::{self, Refs};
use crate::collect::Job;
use crate::evidence::Task;
use git2::{Odb, Oid};
use std::collections::{BTreeSet, HashMap};
use std::sync::mpsc;

/// Trees handed to the workers at once.
const BATCH: usize = 256;
/// Longest symlink target.
const LINK_BYTES: usize = 4096;
/// Most links on the way to a file.
const LINK_ROUNDS: usize = 4;

/// What one walk found.
pub(super) struct Survey {
    pub(super) refs: Refs,
    pub(super) marks: Marks,
    pub(super) graph: Graph,
    /// Commits from old to new.
    pub(super) order: Vec<u32>,
    pub(super) forest: Forest,
    pub(super) table: PathTable,
    /// Losses outside commits and trees.
    pub(super) losses: Losses,
}

/// A place in history: where it was seen first and last, as labels of [`Survey::label`].
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) first: u32,
    pub(super) last: u32,
}

impl Survey {
    /// Walks everything that refs reach, or with `deep == false` the tips alone.
    pub(super) fn take(job: &Job, store: &Store, task: &dyn Task, deep: bool) -> Option<Self> {
        let refs = store.with(|repository| refs::read(store, repository))?;
        let marks = Marks::read(&store.common);
        let search = Search { store, paths: None, verify_blobs: deep && marks.partial, stop: &job.stop };
        let (send, receive) = mpsc::channel();
        let (graph, forest) = search.run(receive, move || {
            let mut batch = Batch { send, trees: Vec::new() };
            let graph = store.with(|repository| {
                let odb = repository.odb().ok()?;
                Some(if deep {
                    let graph =
                        Graph::walk(&odb, commits(&refs), &marks.boundary, (&job.stop, task), |tree| batch.push(tree));
                    trees(&refs).for_each(|tree| batch.push(tree));
                    graph
                } else {
                    Graph::tips(&odb, tips(&refs), |tree| batch.push(tree))
                })
            });
            batch.flush();
            (graph.flatten(), refs, marks)
        });
        let (graph, refs, marks) = graph;
        let graph = graph?;
        let order = if deep { graph.oldest_first() } else { Vec::new() };
        let losses = Losses::default();
        Some(Self { refs, marks, graph, order, forest, table: PathTable::default(), losses })
    }

    /// Every spot of history with its span, symlinks followed.
    pub(super) fn spans(&mut self, job: &Job, store: &Store) -> HashMap<Spot, Span> {
        let forest = std::mem::take(&mut self.forest);
        let mut spans = self.sweep(&forest, NAMED);
        self.forest = forest;
        let mut known = BTreeSet::new();
        for _ in 0..LINK_ROUNDS {
            let mut paths = Paths::default();
            let targets = self.link_targets(store, spans.keys());
            let fresh: Vec<(Vec<u8>, Role)> =
                targets.into_iter().filter(|target| known.insert(target.clone())).collect();
            if fresh.is_empty() {
                break;
            }
            for (path, role) in &fresh {
                paths.add(path, *role);
            }
            let search = Search { store, paths: Some(&paths), verify_blobs: false, stop: &job.stop };
            let (send, receive) = mpsc::channel();
            let all = self.commit_trees().chain(trees(&self.refs)).collect();
            let ((), linked) = search.run(receive, move || Batch { send, trees: all }.flush());
            for (spot, span) in self.sweep(&linked, FOLLOW) {
                spans.entry(spot).or_insert(span);
            }
        }
        spans
    }

    fn commit_trees(&self) -> impl Iterator<Item = Oid> {
        self.order.iter().filter_map(|&n| self.graph.commits[n as usize].tree)
    }

    fn sweep(&mut self, forest: &Forest, lens: u32) -> HashMap<Spot, Span> {
        let labelled: Vec<(u32, u32)> = self
            .order
            .iter()
            .filter_map(|&n| Some((forest.root(self.graph.commits[n as usize].tree?, lens)?, n)))
            .collect();
        // Trees that a tag names directly belong to no commit: their labels come after all commits.
        let base = self.base();
        let tagged: Vec<(u32, u32)> = (base..)
            .zip(&self.refs.roots)
            .filter_map(|(label, root)| match root.at {
                Peeled::Tree(tree) => Some((forest.root(tree, lens)?, label)),
                _ => None,
            })
            .collect();
        let first = first_seen(forest, &mut self.table, labelled.iter().chain(&tagged).copied());
        let last = first_seen(forest, &mut self.table, labelled.iter().rev().chain(&tagged).copied());
        first
            .into_iter()
            .map(|(spot, first)| (spot, Span { first, last: last.get(&spot).copied().unwrap_or(first) }))
            .collect()
    }

    fn base(&self) -> u32 {
        u32::try_from(self.graph.commits.len()).unwrap_or(u32::MAX)
    }

    /// What a label means: a commit, or the root that names a tree.
    pub(super) fn label(&self, label: u32) -> Result<u32, usize> {
        if label < self.base() { Ok(label) } else { Err((label - self.base()) as usize) }
    }

    fn link_targets<'a>(&mut self, store: &Store, spots: impl Iterator<Item = &'a Spot>) -> BTreeSet<(Vec<u8>, Role)> {
        let links: BTreeSet<Spot> = spots.filter(|spot| spot.what == EntryType::Symlink).copied().collect();
        let table = &self.table;
        let losses = &mut self.losses;
        let read = store.with(|repository| {
            let odb = repository.odb().ok()?;
            let target = |spot: &Spot| {
                // What a template leads to holds stand-ins too; what anything else leads to is an env file.
                let role = if spot.role == Role::Template { Role::Template } else { Role::Env };
                Some((read_link(&odb, spot.id, &table.bytes(spot.path), losses)?, role))
            };
            Some(links.iter().filter_map(target).collect())
        });
        read.flatten().unwrap_or_default()
    }
}

/// Where a symlink blob leads. A link that is missing is counted where blobs are judged.
pub(super) fn read_link(odb: &Odb<'_>, id: Oid, at: &[u8], losses: &mut Losses) -> Option<Vec<u8>> {
    match plain(odb, id, LINK_BYTES) {
        Ok(target) => link_target(at, &target),
        Err(Fault::Missing) => None,
        Err(fault) => {
            losses.count(fault);
            None
        }
    }
}

struct Batch {
    send: mpsc::Sender<Vec<Oid>>,
    trees: Vec<Oid>,
}

impl Batch {
    fn push(&mut self, tree: Oid) {
        if self.trees.last() == Some(&tree) {
            return;
        }
        self.trees.push(tree);
        if self.trees.len() >= BATCH {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let all = std::mem::take(&mut self.trees);
        for part in all.chunks(BATCH) {
            if self.send.send(part.to_vec()).is_err() {
                return;
            }
        }
    }
}

fn commits(refs: &Refs) -> impl Iterator<Item = Oid> {
    refs.roots.iter().filter_map(|root| match root.at {
        Peeled::Commit(id) => Some(id),
        _ => None,
    })
}

fn tips(refs: &Refs) -> impl Iterator<Item = Oid> {
    refs.roots.iter().filter(|root| root.tip).filter_map(|root| match root.at {
        Peeled::Commit(id) => Some(id),
        _ => None,
    })
}

fn trees(refs: &Refs) -> impl Iterator<Item = Oid> {
    refs.roots.iter().filter_map(|root| match root.at {
        Peeled::Tree(id) => Some(id),
        _ => None,
    })
}
