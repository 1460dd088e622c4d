//! One walk over a store: refs, commits, the trees that matter, and the places in them.
//!
//! In: an opened store. Out: everything the kinds are made from. Symlinks with an env file's name are followed:
//! the file they name is looked for in every version too, and so are those of templates.

use super::forest::{Forest, Search};
use super::graph::Graph;
use super::links::{MOST_LINKS, Round, Trails, read_link, through, walkable};
use super::marks::Marks;
use super::names::{FOLLOW, NAMED, Paths, Role, role_of};
use super::objects::{EntryType, Fault, Losses, Peeled};
use super::open::Store;
use super::places::{PathTable, Spot, first_seen};
use super::refs::{self, Refs};
use crate::collect::Job;
use crate::evidence::Task;
use git2::Oid;
use std::collections::{BTreeSet, HashMap};
use std::sync::mpsc;

/// Trees handed to the workers at once.
const BATCH: usize = 256;

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
    /// Submodules that links lead into, where no name says that the file is an env file.
    pub(super) beyond: BTreeSet<Vec<u8>>,
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
        let (table, losses, beyond) = (PathTable::default(), Losses::default(), BTreeSet::new());
        Some(Self { refs, marks, graph, order, forest, table, losses, beyond })
    }

    /// Every spot of history with its span, symlinks followed.
    pub(super) fn spans(&mut self, job: &Job, store: &Store) -> HashMap<Spot, Span> {
        let forest = std::mem::take(&mut self.forest);
        let mut spans = self.sweep(&forest, NAMED);
        self.forest = forest;
        let mut trails = Trails::default();
        self.links(store, spans.keys(), &Round::new(), &mut trails);
        for _ in 0..MOST_LINKS {
            let Some(round) = trails.next() else { break };
            let mut paths = Paths::default();
            for (path, role) in &round {
                let (path, whole) = walkable(path);
                paths.add(path, whole.then_some(*role));
            }
            let search = Search { store, paths: Some(&paths), verify_blobs: false, stop: &job.stop };
            let (send, receive) = mpsc::channel();
            let all = self.commit_trees().chain(trees(&self.refs)).collect();
            let ((), linked) = search.run(receive, move || Batch { send, trees: all }.flush());
            let linked = self.sweep(&linked, FOLLOW);
            self.links(store, linked.keys(), &round, &mut trails);
            for (spot, span) in linked.into_iter().filter(|(spot, _)| spot.role != Role::Other) {
                spans.entry(spot).or_insert(span);
            }
        }
        if trails.unfinished() {
            self.losses.count(Fault::TooLarge);
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

    /// Notes where the links among these spots lead.
    fn links<'a>(&mut self, store: &Store, spots: impl Iterator<Item = &'a Spot>, round: &Round, trails: &mut Trails) {
        let mut spots: Vec<Spot> = spots.filter(|spot| spot.what != EntryType::File).copied().collect();
        spots.sort_unstable();
        let (table, losses, beyond) = (&self.table, &mut self.losses, &mut self.beyond);
        let unnamed = |rest: &[u8]| role_of(rest.rsplit(|&b| b == b'/').next().unwrap_or(rest)) == Role::Other;
        let read = store.with(|repository| {
            let odb = repository.odb().ok()?;
            for spot in spots {
                let at = table.bytes(spot.path);
                if spot.what == EntryType::Symlink
                    && let Some(target) = read_link(&odb, spot.id, losses)
                {
                    trails.link(round, &at, &target, spot.role);
                } else if spot.what == EntryType::Gitlink
                    && (round.contains_key(&at) || through(round, &at).any(|(rest, _)| unnamed(rest)))
                {
                    beyond.insert(at);
                }
            }
            Some(())
        });
        if read.flatten().is_none() {
            self.losses.count(Fault::Malformed);
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
