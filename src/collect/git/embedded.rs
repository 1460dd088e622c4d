//! Other repositories that the trees of branch tips name or hold: submodules, and bundles and object stores that
//! were committed as files.
//!
//! In: an opened repository and the trees of its tips. Out: the paths of all of them. Each distinct tree is
//! decoded once; a tree that repeats itself names more paths than fit anywhere, so they are bounded. What cannot
//! be read here is counted where history is walked.

use super::ids::IdMap;
use super::marks::module_names;
use super::names::{OTHERS, has_ending};
use super::objects::{DEEPEST, Entry, EntryType, Objects, begins_with, entries, plain, structure};
use super::open::Lent;
use super::structure::{Structure, Way};
use git2::{ObjectType, Oid};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Largest `.gitmodules` that is read.
const MODULES_BYTES: usize = 1 << 20;
/// Largest bundle that is opened to see whether it is git's; a larger one counts as git's.
const BUNDLE_BYTES: usize = 16 << 20;
/// Most paths that are kept.
const MOST_PATHS: usize = 5_000;
/// Most steps on the way to them, over all tips.
const MOST_STEPS: usize = 5_000_000;

/// A submodule at one path: the commits that tips name, and its names in their `.gitmodules`.
#[derive(Default)]
pub(super) struct Link {
    pub(super) commits: BTreeSet<Oid>,
    pub(super) names: BTreeSet<String>,
}

/// What tips name or hold.
#[derive(Default)]
pub(super) struct Embedded {
    pub(super) links: BTreeMap<Vec<u8>, Link>,
    /// Bundles and bare object stores: nobody reads the history inside.
    pub(super) stores: BTreeSet<Vec<u8>>,
    /// Whether a bound left some out.
    pub(super) overflowed: bool,
}

/// Looks into HEAD and the given trees. What is known of packed trees spares most of them.
pub(super) fn find(repository: &Lent<'_>, tips: &[Oid], structure: Option<&Structure>) -> Embedded {
    let Ok(odb) = repository.odb() else { return Embedded { overflowed: true, ..Embedded::default() } };
    let head = repository.head().and_then(|head| head.peel_to_tree()).map(|tree| tree.id());
    let mut finder = Finder { odb, structure, memo: IdMap::default(), steps: 0, found: Embedded::default() };
    for tree in head.into_iter().chain(tips.iter().copied()).collect::<BTreeSet<Oid>>() {
        if let Some(node) = finder.node(tree, 0) {
            let names = finder.module_names(tree);
            finder.expand(&node, &mut Vec::new(), &names);
        }
    }
    finder.found
}

/// A tree that holds or leads to something; all others are `None` in the memo.
struct Node {
    below: Vec<(Vec<u8>, Rc<Node>)>,
    links: Vec<(Vec<u8>, Oid)>,
    bundles: Vec<Vec<u8>>,
    /// The tree itself is an object store.
    store: bool,
}

struct Finder<'a> {
    odb: Objects<'a>,
    structure: Option<&'a Structure>,
    memo: IdMap<Oid, Option<Rc<Node>>>,
    steps: usize,
    found: Embedded,
}

impl Finder<'_> {
    fn node(&mut self, tree: Oid, depth: usize) -> Option<Rc<Node>> {
        if let Some(known) = self.memo.get(&tree) {
            return known.clone();
        }
        if depth > DEEPEST {
            self.found.overflowed = true;
            return None;
        }
        if let Some(known) = self.structure
            && let Way::Packed(place) = known.find_tree(tree)
            && !known.leads(place, OTHERS)
        {
            return None;
        }
        let mut node = Node { below: Vec::new(), links: Vec::new(), bundles: Vec::new(), store: false };
        let (mut trees, mut bundles, mut shape) = (Vec::new(), Vec::new(), Shape::default());
        let _ = structure(&self.odb, tree, ObjectType::Tree, |bytes| {
            entries(bytes).try_for_each(|entry| {
                let entry = entry?;
                shape.see(&entry);
                match entry.what {
                    EntryType::Tree => trees.push((entry.name.to_vec(), entry.id())),
                    EntryType::Gitlink => node.links.push((entry.name.to_vec(), entry.id())),
                    EntryType::File if has_ending(entry.name, b".bundle") => {
                        bundles.push((entry.name.to_vec(), entry.id()));
                    }
                    EntryType::File | EntryType::Symlink => {}
                }
                Ok(())
            })
        });
        node.store = shape.is_store();
        node.bundles = bundles.into_iter().filter(|(_, id)| self.is_bundle(*id)).map(|(name, _)| name).collect();
        for (name, id) in trees {
            node.below.extend(self.node(id, depth + 1).map(|below| (name, below)));
        }
        let barren = node.below.is_empty() && node.links.is_empty() && node.bundles.is_empty() && !node.store;
        let node = (!barren).then(|| Rc::new(node));
        self.memo.insert(tree, node.clone());
        node
    }

    /// Programs have bundles of other kinds; git's begin with a line of its own. One in LFS is not here to ask.
    fn is_bundle(&self, id: Oid) -> bool {
        let marks: [&[u8]; 2] = [b"# v", b"version https://git-lfs"];
        begins_with(&self.odb, id, BUNDLE_BYTES, &marks) != Some(false)
    }

    fn module_names(&self, tree: Oid) -> BTreeMap<Vec<u8>, String> {
        let mut id = None;
        let _ = structure(&self.odb, tree, ObjectType::Tree, |bytes| {
            entries(bytes).try_for_each(|entry| {
                let entry = entry?;
                id = id.or((entry.name == b".gitmodules").then_some(entry.id()));
                Ok(())
            })
        });
        let text = id.and_then(|id| plain(&self.odb, id, MODULES_BYTES).ok());
        module_names(&text.unwrap_or_default())
    }

    fn expand(&mut self, node: &Node, path: &mut Vec<Vec<u8>>, names: &BTreeMap<Vec<u8>, String>) {
        self.steps += 1;
        let found = self.found.links.len() + self.found.stores.len();
        if self.steps > MOST_STEPS || found > MOST_PATHS {
            self.found.overflowed = true;
            return;
        }
        let whole = |name: &[u8]| path.iter().map(Vec::as_slice).chain([name]).collect::<Vec<_>>().join(&b'/');
        for (name, commit) in &node.links {
            let at = whole(name);
            let name = names.get(&at).cloned();
            let link = self.found.links.entry(at).or_default();
            link.commits.insert(*commit);
            link.names.extend(name);
        }
        self.found.stores.extend(node.bundles.iter().map(|name| whole(name)));
        self.found.stores.extend(node.store.then(|| if path.is_empty() { b".".to_vec() } else { path.join(&b'/') }));
        for (name, below) in &node.below {
            path.push(name.clone());
            self.expand(below, path, names);
            path.pop();
        }
    }
}

/// What a git directory looks like as a tree. Its refs may all be packed.
#[derive(Default)]
struct Shape {
    head: bool,
    objects: bool,
    refs: bool,
}

impl Shape {
    fn see(&mut self, entry: &Entry<'_>) {
        match (entry.name, entry.what) {
            (b"HEAD", EntryType::File | EntryType::Symlink) => self.head = true,
            (b"objects", EntryType::Tree) => self.objects = true,
            (b"refs", EntryType::Tree) | (b"packed-refs", EntryType::File) => self.refs = true,
            _ => {}
        }
    }

    fn is_store(&self) -> bool {
        self.head && self.objects && self.refs
    }
}
