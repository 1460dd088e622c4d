//! One walk over a store: refs, commits, the trees that matter, and the places in them.
//!
//! In: an opened store. Out: everything the kinds are made from. Symlinks with an env file's name are followed:
//! the file they name is looked for in every version too, and so are those of templates.

use super::asked::Asked;
use super::forest::{Forest, Lookout, Search};
use super::graph::{Graph, Source};
use super::ids::IdSet;
use super::kinds::UNREACHABLE;
use super::links::{MOST_LINKS, Round, Trails, read_link, through, walkable};
use super::losses::{Fault, Losses};
use super::marks::Marks;
use super::names::{FOLLOW, GIVEN, Lens, NAMED, Paths, Role, role_of};
use super::objects::{EntryType, Peeled};
use super::open::{Lent, Store};
use super::packs::Packs;
use super::places::{PathTable, Spot, Spots, first_seen};
use super::refs::{self, Refs, Root};
use super::structure::{Structure, Way};
use crate::collect::Job;
use crate::collect::entry_path::split;
use crate::detect;
use crate::evidence::Task;
use git2::Oid;
use std::collections::BTreeSet;
use std::sync::{Arc, mpsc};

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
    /// What is known of packed commits and trees.
    pub(super) structure: Option<Arc<Structure>>,
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

/// How far a walk goes.
#[derive(Clone, Copy)]
enum Walk<'a> {
    Tips,
    /// To the first commits, but not where this says so.
    History(Option<&'a dyn Fn(Oid) -> bool>),
}

/// Where given blobs stand.
#[derive(Default)]
pub(super) struct Places {
    /// Path, blob and span of each, by path and blob.
    pub(super) found: Vec<(Vec<u8>, Oid, Span)>,
    /// Whether some path was left out because of a bound.
    pub(super) overflowed: bool,
    pub(super) forest: Forest,
}

impl Places {
    /// The blobs that have a place.
    pub(super) fn blobs(&self) -> IdSet<Oid> {
        self.found.iter().map(|(_, id, _)| *id).collect()
    }
}

impl Survey {
    /// Walks the tips alone.
    pub(super) fn tips(job: &Job, store: &Store, task: &dyn Task) -> Option<Self> {
        let listed = store.with(|repository| refs::list(store, repository))?;
        let refs = store.with(|repository| listed.follow(repository, None))?;
        let marks = Marks::read(&store.common);
        Self::walk((job, store, task), refs, marks, None, Walk::Tips)
    }

    /// Walks everything that refs reach. Blobs that are given are found under every name.
    pub(super) fn whole(job: &Job, store: &Store, task: &dyn Task, packs: Packs, asked: &Asked) -> Option<Self> {
        let packed = || (packs.count > 0).then(|| Structure::read(packs, asked, &job.stop, task)).map(Arc::new);
        let (listed, structure) = rayon::join(|| store.with(|repository| refs::list(store, repository)), packed);
        let refs = store.with(|repository| Some(listed?.follow(repository, structure.as_deref()))).flatten()?;
        let marks = Marks::read(&store.common);
        // One thread at a time finds its way through commits; another one is free meanwhile.
        let walk = || Self::walk((job, store, task), refs, marks, structure, Walk::History(None));
        rayon::join(walk, detect::prepare).0
    }

    /// Walks what these names reach and another survey does not.
    pub(super) fn beside(&self, (job, store, task): (&Job, &Store, &dyn Task), roots: Vec<Root>) -> Option<Self> {
        let refs = Refs::of(roots);
        let known = |id| self.graph.find(id).is_some();
        let structure = self.structure.clone();
        Self::walk((job, store, task), refs, Marks::default(), structure, Walk::History(Some(&known)))
    }

    /// Walks what roots reach, but not commits for which `skip` says so, nor their trees.
    pub(super) fn of_commits(
        (job, store, task): (&Job, &Store, &dyn Task),
        roots: Vec<Root>,
        skip: &dyn Fn(Oid) -> bool,
    ) -> Option<Self> {
        let refs = Refs::of(roots);
        let roots = commits(&refs).map(|(_, id)| id);
        let read = |repository: &Lent<'_>| {
            let odb = repository.odb().ok()?;
            let source = Source { odb: &odb, structure: None, skip: Some(skip) };
            Some(Graph::walk(&source, roots, &IdSet::default(), (&job.stop, task), |_| ()))
        };
        let graph = store.with(read).flatten()?;
        let order = graph.oldest_first();
        Some(Self { order, ..Self::of(refs, Marks::default(), graph, Forest::default()) })
    }

    fn of(refs: Refs, marks: Marks, graph: Graph, forest: Forest) -> Self {
        let (order, table, losses, beyond) = (Vec::new(), PathTable::default(), Losses::default(), BTreeSet::new());
        Self { refs, marks, graph, order, forest, structure: None, table, losses, beyond }
    }

    fn walk(
        (job, store, task): (&Job, &Store, &dyn Task),
        refs: Refs,
        marks: Marks,
        structure: Option<Arc<Structure>>,
        walk: Walk<'_>,
    ) -> Option<Self> {
        // A clone that may lack blobs is asked for every one of them: that is libgit2's work.
        let verify_blobs = marks.partial && matches!(walk, Walk::History(_));
        let known = structure.as_ref().filter(|_| !verify_blobs);
        let search = Search {
            store,
            structure: known,
            lookout: Lookout::Names,
            thorough: job.wants(&UNREACHABLE),
            verify_blobs,
            stop: &job.stop,
        };
        let (send, receive) = mpsc::channel();
        let search = &search;
        let ((graph, refs, marks), forest) = search.run(receive, move || {
            let mut batch = Batch { send, trees: Vec::new(), search };
            let graph = store.with(|repository| {
                let odb = repository.odb().ok()?;
                let roots = commits(&refs).map(|root| root.1);
                Some(match walk {
                    Walk::History(skip) => {
                        let read = Source { odb: &odb, structure: known, skip };
                        let graph =
                            Graph::walk(&read, roots, &marks.boundary, (&job.stop, task), |tree| batch.push(tree));
                        trees(&refs).for_each(|tree| batch.push(Way::Loose(tree)));
                        graph
                    }
                    Walk::Tips => {
                        let tips = commits(&refs).filter(|(root, _)| root.tip).map(|root| root.1);
                        Graph::tips(&odb, tips, |tree| batch.push(tree))
                    }
                })
            });
            batch.flush();
            (graph.flatten(), refs, marks)
        });
        let graph = graph?;
        let order = if matches!(walk, Walk::History(_)) { graph.oldest_first() } else { Vec::new() };
        Some(Self { order, structure, ..Self::of(refs, marks, graph, forest) })
    }

    /// Every place of given blobs.
    pub(super) fn places(&self, job: &Job, store: &Store, asked: &Asked) -> Places {
        if asked.is_empty() {
            return Places::default();
        }
        let structure = self.structure.as_ref().filter(|_| !self.marks.partial);
        let (lookout, thorough) = (Lookout::Blobs(asked), job.wants(&UNREACHABLE));
        let forest = self.grown(&Search { store, structure, lookout, thorough, verify_blobs: false, stop: &job.stop });
        let mut table = PathTable::default();
        let spans = self.sweep(&mut table, &forest, GIVEN);
        let one = |(spot, span): (Spot, Span)| (table.bytes(spot.path), spot.id, span);
        let mut found: Vec<_> = spans.into_iter().map(one).collect();
        found.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        Places { found, overflowed: table.overflowed, forest }
    }

    /// What a search finds below all trees of commits and tags.
    fn grown(&self, search: &Search<'_>) -> Forest {
        let (send, receive) = mpsc::channel();
        let commits = self.order.iter().filter_map(|&n| {
            // Who knows nothing of packs asks by id.
            let known = search.structure.and(self.graph.commits[n as usize].tree);
            known.or_else(|| self.graph.tree(n).map(Way::Loose))
        });
        let trees = commits.chain(trees(&self.refs).map(Way::Loose)).filter(|tree| search.needs(*tree)).collect();
        search.run(receive, move || Batch { send, trees, search }.flush()).1
    }

    /// Every spot of history with its span, symlinks followed.
    pub(super) fn spans(&mut self, job: &Job, store: &Store) -> Spots<Span> {
        let mut table = std::mem::take(&mut self.table);
        let mut spans = self.sweep(&mut table, &self.forest, NAMED);
        self.table = table;
        let mut trails = Trails::default();
        self.links(store, spans.keys(), &Round::new(), &mut trails);
        for _ in 0..MOST_LINKS {
            let Some(round) = trails.next() else { break };
            let mut paths = Paths::default();
            for (path, role) in &round {
                let (path, whole) = walkable(path);
                paths.add(path, whole.then_some(*role));
            }
            let lookout = Lookout::Paths(&paths);
            let linked = self.grown(&Search {
                store,
                structure: None,
                lookout,
                thorough: false,
                verify_blobs: false,
                stop: &job.stop,
            });
            let mut table = std::mem::take(&mut self.table);
            let linked = self.sweep(&mut table, &linked, FOLLOW);
            self.table = table;
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

    fn sweep(&self, table: &mut PathTable, forest: &Forest, lens: Lens) -> Spots<Span> {
        let labelled: Vec<(u32, u32)> =
            self.order.iter().filter_map(|&n| Some((self.root(forest, n, lens)?, n))).collect();
        // Trees that a tag names directly belong to no commit: their labels come after all commits.
        let base = self.base();
        let tagged: Vec<(u32, u32)> = (base..)
            .zip(&self.refs.roots)
            .filter_map(|(label, root)| match root.at {
                Peeled::Tree(tree) => Some((forest.root_by_id(tree, lens)?, label)),
                _ => None,
            })
            .collect();
        let mut other = PathTable::default();
        let (first, last) = rayon::join(
            || first_seen(forest, table, labelled.iter().chain(&tagged).copied()),
            || first_seen(forest, &mut other, labelled.iter().rev().chain(&tagged).copied()),
        );
        // The other table has numbers of its own.
        let last = last
            .into_iter()
            .filter_map(|(spot, label)| Some((Spot { path: table.find(&other, spot.path)?, ..spot }, label)));
        let last: Spots<u32> = last.collect();
        table.overflowed |= other.overflowed;
        let span = |(spot, first)| (spot, Span { first, last: last.get(&spot).copied().unwrap_or(first) });
        first.into_iter().map(span).collect()
    }

    /// The node of a commit's tree.
    pub(super) fn root(&self, forest: &Forest, commit: u32, lens: Lens) -> Option<u32> {
        forest.root(
            self.graph.commits[commit as usize].tree?,
            || self.graph.tree(commit).unwrap_or(Oid::ZERO_SHA1),
            lens,
        )
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
        let unnamed = |rest: &[u8]| role_of(split(rest).1) == Role::Other;
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

struct Batch<'a> {
    send: mpsc::Sender<Vec<Way>>,
    trees: Vec<Way>,
    search: &'a Search<'a>,
}

impl Batch<'_> {
    fn push(&mut self, tree: Way) {
        if self.trees.last() == Some(&tree) || !self.search.needs(tree) {
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

fn commits(refs: &Refs) -> impl Iterator<Item = (&Root, Oid)> {
    refs.roots.iter().filter_map(|root| match root.at {
        Peeled::Commit(id) => Some((root, id)),
        _ => None,
    })
}

fn trees(refs: &Refs) -> impl Iterator<Item = Oid> {
    refs.roots.iter().filter_map(|root| match root.at {
        Peeled::Tree(id) => Some(id),
        _ => None,
    })
}
