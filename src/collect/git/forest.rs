//! Which trees lead to env files. Each distinct tree is read once, however many commits share it.
//!
//! In: root trees as the commit walk finds them. Out: the few trees that hold env-like names, or lead to one: packed
//! ones as the structure has them, all others as libgit2 reads them. It knows names and modes, no commit and no content.

use super::asked::Asked;
use super::ids::{IdMap, IdSet};
use super::losses::{Fault, Losses};
use super::names::{FOLLOW, GIVEN, INSIDE, Lens, NAMED, Paths, Role, dotted, role_of};
use super::objects::{DEEPEST, EntryType, Objects, entries, structure};
use super::open::{Lent, Store};
use super::structure::{Structure, Way};
use crate::evidence::Stop;
use git2::{ObjectType, Oid};
use std::collections::HashMap;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};

/// Names remembered per worker.
const NAMES: usize = 1 << 16;
/// A packed tree that no search came to, one without anything that matters, and one with something.
const UNSEEN: u8 = 0;
const BARREN: u8 = 1;
const MATTERS: u8 = 2;
/// Numbers of nodes from here on are of trees that libgit2 read; the others are places of packed trees.
const MADE: u32 = 1 << 31;

/// An entry that matters.
pub(super) struct Hit<'a> {
    pub(super) name: &'a [u8],
    pub(super) id: Oid,
    pub(super) what: EntryType,
    pub(super) role: Role,
}

/// A subtree that matters.
pub(super) struct Branch<'a> {
    pub(super) name: &'a [u8],
    pub(super) to: u32,
    /// Whether the directory itself has an env file's name.
    pub(super) env: bool,
}

/// A tree that libgit2 read and that holds, or leads to, something that matters.
#[derive(Default)]
struct Node {
    hits: Vec<(Box<[u8]>, Oid, EntryType, Role)>,
    branches: Vec<(Box<[u8]>, u32, bool)>,
}

type Key = (Oid, Lens);

/// All trees that matter.
#[derive(Default)]
pub(super) struct Forest {
    /// Packed trees count as the structure has them, through this lens.
    views: Option<(Arc<Structure>, Lens)>,
    /// What a search that came to packed trees found them to be, by place.
    visited: Vec<u8>,
    nodes: Vec<Node>,
    at: IdMap<Key, u32>,
    /// Distinct trees decoded.
    pub(super) trees: u64,
    pub(super) losses: Losses,
    /// Blobs that promised objects should have brought and did not.
    pub(super) absent_blobs: u64,
}

impl Forest {
    /// Whether a thorough search came to a tree, and it matters.
    pub(super) fn holds(&self, tree: Oid, lens: Lens) -> bool {
        match self.way(tree, lens) {
            Way::Packed(place) => self.visited.get(place as usize).is_some_and(|visited| *visited != UNSEEN),
            Way::Loose(id) => self.at.contains_key(&(id, lens)),
        }
    }

    /// The node of a root tree.
    pub(super) fn root(&self, tree: Way, id: impl FnOnce() -> Oid, lens: Lens) -> Option<u32> {
        match (tree, &self.views) {
            (Way::Packed(place), Some((known, own))) if *own == lens => {
                (known.leads(place, lens) && !self.is_barren(place)).then_some(place)
            }
            (Way::Packed(_), _) => self.at.get(&(id(), lens)).copied(),
            (Way::Loose(id), _) => self.at.get(&(id, lens)).copied(),
        }
    }

    /// The same for a tree that only its id is known of.
    pub(super) fn root_by_id(&self, id: Oid, lens: Lens) -> Option<u32> {
        self.root(self.way(id, lens), || id, lens)
    }

    /// A mark says that a tree may lead somewhere; whoever came to it knows.
    fn is_barren(&self, place: u32) -> bool {
        self.visited.get(place as usize) == Some(&BARREN)
    }

    fn way(&self, tree: Oid, lens: Lens) -> Way {
        let views = self.views.as_ref().filter(|(_, own)| *own == lens);
        views.map_or(Way::Loose(tree), |(known, _)| known.find_tree(tree))
    }

    /// The entries of a node that matter.
    pub(super) fn hits(&self, node: u32, mut each: impl FnMut(Hit<'_>)) {
        if let Some(made) = node.checked_sub(MADE) {
            for (name, id, what, role) in &self.nodes[made as usize].hits {
                each(Hit { name, id: *id, what: *what, role: *role });
            }
        } else if let Some((structure, lens)) = &self.views
            && let Some(tree) = structure.tree(node)
        {
            for (name, named) in tree.named(*lens) {
                // A blob that was given is looked for whatever its name says.
                let role = if *lens == GIVEN { Role::Other } else { named.role };
                each(Hit { name, id: named.id, what: named.what, role });
            }
        }
    }

    /// The subtrees of a node that matter.
    pub(super) fn branches(&self, node: u32, mut each: impl FnMut(Branch<'_>)) {
        if let Some(made) = node.checked_sub(MADE) {
            for (name, to, env) in &self.nodes[made as usize].branches {
                each(Branch { name, to: *to, env: *env });
            }
        } else if let Some((structure, lens)) = &self.views
            && let Some(tree) = structure.tree(node)
        {
            for (name, role, way) in tree.below() {
                let env = is_env_directory(name, role, *lens);
                let to = match (way, env) {
                    (Way::Packed(place), false) => {
                        (structure.leads(place, *lens) && !self.is_barren(place)).then_some(place)
                    }
                    (Way::Loose(id), false) => self.at.get(&(id, *lens)).copied(),
                    (way, true) => self.at.get(&(structure.id_of(way), INSIDE)).copied(),
                };
                to.into_iter().for_each(|to| each(Branch { name, to, env }));
            }
        }
    }

    fn absorb(&mut self, worker: Worker<'_>, seen: &mut IdSet<Key>) {
        self.losses.add(worker.losses);
        self.absent_blobs += worker.absent.len() as u64;
        self.visited = worker.visited;
        seen.extend(worker.memo.keys().copied());
        // Two workers may have decoded the same tree: same key, same content.
        let mut moved = vec![u32::MAX; worker.nodes.len()];
        let mut fresh = Vec::new();
        for ((key, node), n) in worker.nodes.into_iter().zip(0..) {
            let next = MADE + u32::try_from(self.nodes.len() + fresh.len()).unwrap_or(0);
            moved[n] = *self.at.entry(key).or_insert(next);
            if moved[n] == next {
                fresh.push(node);
            }
        }
        for mut node in fresh {
            for (_, to, _) in &mut node.branches {
                *to = to.checked_sub(MADE).map_or(*to, |made| moved[made as usize]);
            }
            self.nodes.push(node);
        }
    }
}

/// Whether what is in a directory is an env file each.
fn is_env_directory(name: &[u8], role: Role, lens: Lens) -> bool {
    lens == NAMED && role == Role::Env && dotted(name)
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
    /// What is known of packed trees already, if it says all that is looked for.
    pub(super) structure: Option<&'a Arc<Structure>>,
    pub(super) lookout: Lookout<'a>,
    /// Whether to come to every packed tree that matters, even if none leads out of the packs.
    pub(super) thorough: bool,
    /// In a partial clone, whether every blob a tree names is really here.
    pub(super) verify_blobs: bool,
    pub(super) stop: &'a Stop,
}

impl Search<'_> {
    /// Reads what `sender` sends, on every core, until it hangs up.
    ///
    /// `sender` runs on the calling thread meanwhile: it reads commits while the workers read trees.
    pub(super) fn run<T>(&self, trees: Receiver<Vec<Way>>, sender: impl FnOnce() -> T) -> (T, Forest) {
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
        let views = self.structure.map(|structure| (Arc::clone(structure), self.lookout.lens()));
        let trees = self.structure.map_or(0, |structure| structure.count());
        let (mut forest, mut seen) = (Forest { views, trees, ..Forest::default() }, IdSet::default());
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

    /// Whether a tree must be come to: otherwise the structure says all there is to say.
    pub(super) fn needs(&self, tree: Way) -> bool {
        match (tree, self.structure) {
            (Way::Packed(place), Some(structure)) => {
                structure.leads(place, self.lookout.lens()) && (self.thorough || !structure.closed())
            }
            _ => true,
        }
    }

    fn work(&self, repository: &Lent<'_>, queue: &Mutex<Receiver<Vec<Way>>>) -> Option<Worker<'_>> {
        let odb = repository.odb().ok()?;
        let mut worker = Worker::new(self.lookout, self.structure);
        let lens = self.lookout.lens();
        loop {
            let batch = queue.lock().ok().and_then(|queue| queue.recv().ok());
            let Some(batch) = batch else { break };
            for tree in batch {
                if !self.stop.asked() {
                    worker.way(&odb, tree, lens, 0, self.verify_blobs);
                }
            }
        }
        Some(worker)
    }
}

struct Worker<'a> {
    lookout: Lookout<'a>,
    structure: Option<&'a Arc<Structure>>,
    /// What packed trees that were come to turned out to be, by place.
    visited: Vec<u8>,
    names: HashMap<Box<[u8]>, Role>,
    /// Every tree read: its node if it matters.
    memo: IdMap<Key, Option<u32>>,
    nodes: Vec<(Key, Node)>,
    blobs: IdSet<Oid>,
    absent: IdSet<Oid>,
    losses: Losses,
}

impl<'a> Worker<'a> {
    fn new(lookout: Lookout<'a>, structure: Option<&'a Arc<Structure>>) -> Self {
        Self {
            lookout,
            structure,
            visited: structure.map_or_else(Vec::new, |known| vec![UNSEEN; known.places()]),
            names: HashMap::new(),
            memo: IdMap::default(),
            nodes: Vec::new(),
            blobs: IdSet::default(),
            absent: IdSet::default(),
            losses: Losses::default(),
        }
    }

    /// Comes to a tree; answers its node if it matters.
    fn way(&mut self, odb: &Objects<'_>, tree: Way, lens: Lens, depth: usize, verify: bool) -> Option<u32> {
        match (tree, self.structure) {
            (Way::Packed(place), Some(known)) if lens == self.lookout.lens() => {
                let leads = known.leads(place, lens);
                leads.then(|| self.packed(odb, known, place, depth)).flatten()
            }
            (Way::Packed(place), Some(known)) => self.visit(odb, (known.id(place), lens), depth, verify),
            // Nobody can say which tree that is.
            (Way::Packed(_), None) => {
                self.losses.count(Fault::Malformed);
                None
            }
            (Way::Loose(id), _) => self.visit(odb, (id, lens), depth, verify),
        }
    }

    /// Comes to a packed tree that may matter: what leads out of the packs is read, and only then is it known.
    fn packed(&mut self, odb: &Objects<'_>, known: &'a Arc<Structure>, place: u32, depth: usize) -> Option<u32> {
        if depth > DEEPEST {
            self.losses.of(Fault::TooLarge, known.id(place));
            return None;
        }
        if self.visited[place as usize] == UNSEEN
            && let Some(tree) = known.tree(place)
        {
            self.visited[place as usize] = BARREN;
            let lens = self.lookout.lens();
            let mut matters = tree.named(lens).next().is_some();
            for (name, role, way) in tree.below() {
                if is_env_directory(name, role, lens) {
                    // It matters even if nothing in it can be read.
                    let key = (known.id_of(way), INSIDE);
                    self.visit(odb, key, depth + 1, false).unwrap_or_else(|| self.keep(key, Node::default()));
                    matters = true;
                } else {
                    matters |= self.way(odb, way, lens, depth + 1, false).is_some();
                }
            }
            self.visited[place as usize] = if matters { MATTERS } else { BARREN };
        }
        (self.visited[place as usize] == MATTERS).then_some(place)
    }

    fn visit(&mut self, odb: &Objects<'_>, key: Key, depth: usize, verify: bool) -> Option<u32> {
        if let Some(known) = self.memo.get(&key) {
            return *known;
        }
        if depth > DEEPEST {
            self.losses.of(Fault::TooLarge, key.0);
            return None;
        }
        if let Some(known) = self.structure.filter(|_| key.1 == self.lookout.lens())
            && let Way::Packed(place) = known.find_tree(key.0)
        {
            return self.way(odb, Way::Packed(place), key.1, depth, verify);
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
            node.branches.extend(child.map(|to| (name, to, env)));
        }
        if node.hits.is_empty() && node.branches.is_empty() {
            self.memo.insert(key, None);
            return None;
        }
        Some(self.keep(key, node))
    }

    fn keep(&mut self, key: Key, node: Node) -> u32 {
        let place = MADE + u32::try_from(self.nodes.len()).unwrap_or(0);
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
                node.hits.push((name(), entry.id(), entry.what, Role::Other));
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
                (Some((_, Some(role))), what) => node.hits.push((name(), entry.id(), what, role)),
                // The way goes on behind a link, and ends here in a submodule.
                (Some(_), what @ (EntryType::Symlink | EntryType::Gitlink)) => {
                    node.hits.push((name(), entry.id(), what, Role::Other));
                }
                _ => {}
            }
            return;
        }
        let role = self.role(entry.name);
        match (entry.what, role) {
            (EntryType::Tree, Role::Env) if dotted(entry.name) => below.push((name(), (entry.id(), INSIDE), true)),
            (EntryType::Tree, _) => below.push((name(), (entry.id(), lens), false)),
            (what, Role::Env | Role::Template) => node.hits.push((name(), entry.id(), what, role)),
            (what, _) if lens == INSIDE => {
                node.hits.push((name(), entry.id(), what, Role::Inside));
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
