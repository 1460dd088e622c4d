//! Which trees lead to env files. Each distinct tree is decoded once per worker, however many commits share it.
//!
//! In: root trees as the commit walk finds them. Out: the few trees that hold env-like names, or lead to one.
//! It knows names and modes, no commit and no content.

use super::asked::Asked;
use super::ids::{IdMap, IdSet};
use super::losses::{Fault, Losses};
use super::names::{FOLLOW, GIVEN, INSIDE, Lens, NAMED, Paths, Role, dotted, role_of};
use super::objects::{EntryType, Objects, entries, structure};
use super::open::{Lent, Store};
use super::structure::{Structure, Subtree, Tree};
use crate::evidence::Stop;
use git2::{ObjectType, Oid};
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::mpsc::Receiver;

/// Deepest nesting of trees that is followed.
const DEEPEST: usize = 256;
/// Names remembered per worker.
const NAMES: usize = 1 << 16;

/// An entry that matters.
pub(super) struct Hit {
    pub(super) name: Box<[u8]>,
    pub(super) id: Oid,
    pub(super) what: EntryType,
    pub(super) role: Role,
}

/// A subtree that matters.
pub(super) struct Branch {
    pub(super) name: Box<[u8]>,
    pub(super) to: u32,
    /// Whether the directory itself has an env file's name.
    pub(super) env: bool,
}

/// A tree that holds, or leads to, something that matters.
#[derive(Default)]
pub(super) struct Node {
    pub(super) hits: Vec<Hit>,
    pub(super) branches: Vec<Branch>,
}

type Key = (Oid, Lens);

/// All trees that matter.
#[derive(Default)]
pub(super) struct Forest {
    pub(super) nodes: Vec<Node>,
    at: IdMap<Key, u32>,
    /// Distinct trees decoded.
    pub(super) trees: u64,
    pub(super) losses: Losses,
    /// Blobs that promised objects should have brought and did not.
    pub(super) absent_blobs: u64,
}

impl Forest {
    /// Whether a tree matters.
    pub(super) fn holds(&self, tree: Oid, lens: Lens) -> bool {
        self.at.contains_key(&(tree, lens))
    }

    /// The node of a root tree.
    pub(super) fn root(&self, tree: Oid, lens: Lens) -> Option<u32> {
        self.at.get(&(tree, lens)).copied()
    }

    fn absorb(&mut self, worker: Worker<'_>, seen: &mut IdSet<Key>) {
        self.losses.add(worker.losses);
        self.trees += worker.structure.map_or(0, Structure::count);
        self.absent_blobs += worker.absent.len() as u64;
        seen.extend(worker.memo.keys().copied());
        // Two workers may have decoded the same tree: same key, same content.
        let mut moved = vec![u32::MAX; worker.nodes.len()];
        let mut fresh = Vec::new();
        for ((key, node), n) in worker.nodes.into_iter().zip(0..) {
            let next = u32::try_from(self.nodes.len() + fresh.len()).unwrap_or(u32::MAX);
            moved[n] = *self.at.entry(key).or_insert(next);
            if moved[n] == next {
                fresh.push(node);
            }
        }
        for mut node in fresh {
            node.branches.iter_mut().for_each(|branch| branch.to = moved[branch.to as usize]);
            self.nodes.push(node);
        }
    }
}

/// What is looked for.
#[derive(Clone, Copy)]
pub(super) enum Lookout<'a> {
    /// Names of env files.
    Names,
    /// Given paths.
    Paths(&'a Paths),
    /// Given blobs, whatever their names.
    Blobs(&'a Asked),
}

impl Lookout<'_> {
    fn lens(self) -> Lens {
        match self {
            Self::Names => NAMED,
            Self::Paths(_) => FOLLOW,
            Self::Blobs(_) => GIVEN,
        }
    }
}

/// How trees are looked at.
pub(super) struct Search<'a> {
    pub(super) store: &'a Store,
    /// What is known of packed trees already, if names alone are looked at.
    pub(super) structure: Option<&'a Structure>,
    pub(super) lookout: Lookout<'a>,
    /// In a partial clone, whether every blob a tree names is really here.
    pub(super) verify_blobs: bool,
    pub(super) stop: &'a Stop,
}

impl Search<'_> {
    /// Decodes what `sender` sends, on every core, until it hangs up.
    ///
    /// `sender` runs on the calling thread meanwhile: it reads commits while the workers read trees.
    pub(super) fn run<T>(&self, trees: Receiver<Vec<Oid>>, sender: impl FnOnce() -> T) -> (T, Forest) {
        let queue = Mutex::new(trees);
        let done = Mutex::new(Vec::new());
        let sent = rayon::in_place_scope(|scope| {
            // What is in memory already is no work for many.
            let threads = if self.structure.is_some() { 1 } else { rayon::current_num_threads() };
            for _ in 0..threads {
                scope.spawn(|_| {
                    let worker = self.store.with(|repository| self.work(repository, &queue));
                    if let (Some(Some(worker)), Ok(mut done)) = (worker, done.lock()) {
                        done.push(worker);
                    }
                });
            }
            sender()
        });
        let (mut forest, mut seen) = (Forest::default(), IdSet::default());
        let workers = done.into_inner().unwrap_or_default();
        if workers.is_empty() {
            // Nobody read a single tree: that is no clean history.
            forest.losses.count(Fault::Malformed);
        }
        for worker in workers {
            forest.absorb(worker, &mut seen);
        }
        forest.trees += seen.len() as u64;
        (sent, forest)
    }

    fn work(&self, repository: &Lent<'_>, queue: &Mutex<Receiver<Vec<Oid>>>) -> Option<Worker<'_>> {
        let odb = repository.odb().ok()?;
        let mut worker = Worker::new(self.lookout, self.structure);
        let lens = self.lookout.lens();
        loop {
            let batch = queue.lock().ok().and_then(|queue| queue.recv().ok());
            let Some(batch) = batch else { break };
            for tree in batch {
                if !self.stop.asked() {
                    worker.visit(&odb, (tree, lens), 0, self.verify_blobs);
                }
            }
        }
        Some(worker)
    }
}

struct Worker<'a> {
    lookout: Lookout<'a>,
    structure: Option<&'a Structure>,
    /// Packed trees that were seen or need not be, by place: 1 if the tree does not matter, its node and 2 if it does.
    packed: Vec<u32>,
    names: HashMap<Box<[u8]>, Role>,
    /// Every tree seen: its node if it matters.
    memo: IdMap<Key, Option<u32>>,
    nodes: Vec<(Key, Node)>,
    blobs: IdSet<Oid>,
    absent: IdSet<Oid>,
    losses: Losses,
}

impl<'a> Worker<'a> {
    fn new(lookout: Lookout<'a>, structure: Option<&'a Structure>) -> Self {
        let leading = structure.map(|known| known.leading(lookout.lens())).unwrap_or_default();
        Self {
            lookout,
            structure,
            packed: leading.iter().map(|leads| u32::from(!leads)).collect(),
            names: HashMap::new(),
            memo: IdMap::default(),
            nodes: Vec::new(),
            blobs: IdSet::default(),
            absent: IdSet::default(),
            losses: Losses::default(),
        }
    }

    fn visit(&mut self, odb: &Objects<'_>, key: Key, depth: usize, verify: bool) -> Option<u32> {
        if let Some(known) = self.memo.get(&key) {
            return *known;
        }
        if depth > DEEPEST {
            self.losses.of(Fault::TooLarge, key.0);
            return None;
        }
        if matches!(key.1, NAMED | GIVEN)
            && let Some(structure) = self.structure
            && let Some(place) = structure.find(key.0)
            && structure.tree(place).is_some()
        {
            return self.visit_place(odb, structure, place, depth);
        }
        let mut node = Node::default();
        let mut below = Vec::new();
        let read = structure(odb, key.0, ObjectType::Tree, |bytes| {
            entries(bytes).try_for_each(|entry| {
                let entry = entry?;
                self.entry(odb, key.1, &entry, &mut node, &mut below, verify);
                Ok(())
            })
        });
        if let Err(fault) = read {
            self.losses.of(fault, key.0);
        }
        for (name, child, env) in below {
            // A directory with an env file's name matters even if nothing in it can be read.
            let found = self.visit(odb, child, depth + 1, verify);
            let child = found.or_else(|| env.then(|| self.keep(child, Node::default())));
            node.branches.extend(child.map(|to| Branch { name, to, env }));
        }
        if node.hits.is_empty() && node.branches.is_empty() {
            self.memo.insert(key, None);
            return None;
        }
        Some(self.keep(key, node))
    }

    /// The same for a packed tree: from what is known of it, or from libgit2 if it did not decode.
    fn visit_place(&mut self, odb: &Objects<'_>, structure: &'a Structure, place: u32, depth: usize) -> Option<u32> {
        match self.packed[place as usize] {
            0 => {}
            known => return known.checked_sub(2),
        }
        match structure.tree(place) {
            Some(tree) => self.visit_packed(odb, structure, (place, &tree), depth),
            None => self.visit(odb, (structure.id(place), self.lookout.lens()), depth, false),
        }
    }

    fn visit_packed(
        &mut self,
        odb: &Objects<'_>,
        structure: &'a Structure,
        (place, tree): (u32, &Tree<'a>),
        depth: usize,
    ) -> Option<u32> {
        if depth > DEEPEST {
            self.losses.of(Fault::TooLarge, structure.id(place));
            return None;
        }
        let lens = self.lookout.lens();
        let mut node = Node::default();
        for (name, named) in tree.named(lens) {
            node.hits.push(Hit { name: Box::from(name), id: named.id, what: named.what, role: named.role });
        }
        for (name, role, subtree) in tree.below() {
            let env = lens == NAMED && role == Role::Env && dotted(name);
            let child = match subtree {
                Subtree::Packed(child) if !env => self.visit_place(odb, structure, child, depth + 1),
                Subtree::Packed(child) => Some(self.env_directory(odb, structure.id(child), depth)),
                Subtree::Loose(id) if env => Some(self.env_directory(odb, id, depth)),
                Subtree::Loose(id) => self.visit(odb, (id, lens), depth + 1, false),
            };
            node.branches.extend(child.map(|to| Branch { name: Box::from(name), to, env }));
        }
        let matters = !(node.hits.is_empty() && node.branches.is_empty());
        let kept = matters.then(|| {
            let n = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
            self.nodes.push(((structure.id(place), lens), node));
            n
        });
        self.packed[place as usize] = kept.map_or(1, |n| n + 2);
        kept
    }

    /// A directory with an env file's name matters even if nothing in it can be read.
    fn env_directory(&mut self, odb: &Objects<'_>, id: Oid, depth: usize) -> u32 {
        let key = (id, INSIDE);
        self.visit(odb, key, depth + 1, false).unwrap_or_else(|| self.keep(key, Node::default()))
    }

    fn keep(&mut self, key: Key, node: Node) -> u32 {
        let place = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.nodes.push((key, node));
        self.memo.insert(key, Some(place));
        place
    }

    fn entry(
        &mut self,
        odb: &Objects<'_>,
        lens: Lens,
        entry: &super::objects::Entry<'_>,
        node: &mut Node,
        below: &mut Vec<(Box<[u8]>, Key, bool)>,
        verify: bool,
    ) {
        let name = || Box::from(entry.name);
        if verify && matches!(entry.what, EntryType::File | EntryType::Symlink) {
            self.verify(odb, entry.id());
        }
        if let (GIVEN, Lookout::Blobs(given)) = (lens, self.lookout) {
            if entry.what == EntryType::Tree {
                below.push((name(), (entry.id(), lens), false));
            } else if given.of(entry) {
                node.hits.push(Hit { name: name(), id: entry.id(), what: entry.what, role: Role::Other });
            }
            return;
        }
        if let (FOLLOW.., Lookout::Paths(paths)) = (lens, self.lookout) {
            let step = paths.step(lens, entry.name);
            match (step, entry.what) {
                (Some((next, Some(Role::Env))), EntryType::Tree) => {
                    below.push((name(), (entry.id(), INSIDE), true));
                    below.push((name(), (entry.id(), next), false));
                }
                (Some((next, _)), EntryType::Tree) => below.push((name(), (entry.id(), next), false)),
                (Some((_, Some(role))), what) => node.hits.push(Hit { name: name(), id: entry.id(), what, role }),
                // The way goes on behind a link, and ends here in a submodule.
                (Some(_), what @ (EntryType::Symlink | EntryType::Gitlink)) => {
                    node.hits.push(Hit { name: name(), id: entry.id(), what, role: Role::Other });
                }
                _ => {}
            }
            return;
        }
        let role = self.role(entry.name);
        match (entry.what, role) {
            (EntryType::Tree, Role::Env) if dotted(entry.name) => below.push((name(), (entry.id(), INSIDE), true)),
            (EntryType::Tree, _) => below.push((name(), (entry.id(), lens), false)),
            (what, Role::Env | Role::Template) => node.hits.push(Hit { name: name(), id: entry.id(), what, role }),
            (what, _) if lens == INSIDE => {
                node.hits.push(Hit { name: name(), id: entry.id(), what, role: Role::Inside });
            }
            _ => {}
        }
    }

    fn verify(&mut self, odb: &Objects<'_>, id: Oid) {
        if self.blobs.insert(id) && !odb.exists(id) {
            self.absent.insert(id);
        }
    }

    fn role(&mut self, name: &[u8]) -> Role {
        if let Some(role) = self.names.get(name) {
            return *role;
        }
        let role = role_of(name);
        if self.names.len() < NAMES {
            self.names.insert(Box::from(name), role);
        }
        role
    }
}
