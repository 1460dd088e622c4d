//! From trees that matter to places: every (path, blob), and the first root that shows each.
//!
//! In: a forest and root nodes in some order. Out: places with the root that showed them first. Each pair of
//! path and tree is visited once, so the cost follows the distinct content, not the number of commits.

use super::forest::Forest;
use super::ids::{IdMap, IdSet};
use super::names::Role;
use super::objects::EntryType;
use git2::Oid;
use std::collections::HashMap;
use std::sync::Arc;

/// Most distinct paths; a tree that repeats itself in itself can name more than fit anywhere.
const MOST_PATHS: usize = 50_000;
/// Most pairs of path and tree.
const MOST_PAIRS: usize = 5_000_000;

/// Paths seen, each stored once as a parent and a name.
#[derive(Default)]
pub(super) struct PathTable {
    names: Vec<Arc<[u8]>>,
    numbers: HashMap<Arc<[u8]>, u32>,
    /// Parent and name of each.
    paths: Vec<(u32, u32)>,
    at: IdMap<(u32, u32), u32>,
    /// Whether some path or tree was left out because of a bound.
    pub(super) overflowed: bool,
}

const TOP: u32 = u32::MAX;

impl PathTable {
    fn child(&mut self, parent: u32, name: &[u8]) -> Option<u32> {
        let number = self.numbers.get(name).copied();
        if let Some(known) = number.and_then(|number| self.at.get(&(parent, number))) {
            return Some(*known);
        }
        if self.paths.len() >= MOST_PATHS {
            self.overflowed = true;
            return None;
        }
        let number = number.map_or_else(|| self.number(name), Some)?;
        let fresh = u32::try_from(self.paths.len()).ok()?;
        self.paths.push((parent, number));
        self.at.insert((parent, number), fresh);
        Some(fresh)
    }

    fn number(&mut self, name: &[u8]) -> Option<u32> {
        let (fresh, name) = (u32::try_from(self.names.len()).ok()?, Arc::<[u8]>::from(name));
        self.names.push(Arc::clone(&name));
        self.numbers.insert(name, fresh);
        Some(fresh)
    }

    /// The number of a path of another table; `None` if it is not in this one.
    pub(super) fn find(&self, other: &Self, path: u32) -> Option<u32> {
        let mut parts = other.parts(path).into_iter();
        parts.try_fold(TOP, |at, name| self.at.get(&(at, *self.numbers.get(name)?)).copied())
    }

    /// A path as bytes.
    pub(super) fn bytes(&self, path: u32) -> Vec<u8> {
        self.parts(path).join(&b'/')
    }

    fn parts(&self, path: u32) -> Vec<&[u8]> {
        let mut parts: Vec<&[u8]> = Vec::new();
        let mut at = path;
        while at != TOP {
            let (parent, name) = self.paths[at as usize];
            parts.push(&self.names[name as usize]);
            at = parent;
        }
        parts.reverse();
        parts
    }
}

/// Something that matters under a path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Spot {
    pub(super) path: u32,
    pub(super) id: Oid,
    pub(super) what: EntryType,
    pub(super) role: Role,
}

/// Places, each with something about it.
pub(super) type Spots<L> = IdMap<Spot, L>;

/// Visits roots in order and notes the label of the first one that shows each spot.
///
/// Directories with an env file's name are spots of type tree.
pub(super) fn first_seen<L: Copy>(
    forest: &Forest,
    table: &mut PathTable,
    roots: impl Iterator<Item = (u32, L)>,
) -> Spots<L> {
    let mut found = Spots::default();
    let mut visited: IdSet<(u32, u32)> = IdSet::default();
    let mut todo = Vec::new();
    for (root, label) in roots {
        todo.push((TOP, root));
        while let Some((path, node)) = todo.pop() {
            if visited.len() >= MOST_PAIRS {
                table.overflowed = true;
                return found;
            }
            if !visited.insert((path, node)) {
                continue;
            }
            forest.hits(node, |hit| {
                if let Some(path) = table.child(path, hit.name) {
                    found.entry(Spot { path, id: hit.id, what: hit.what, role: hit.role }).or_insert(label);
                }
            });
            forest.branches(node, |branch| {
                let Some(path) = table.child(path, branch.name) else { return };
                if branch.env {
                    let spot = Spot { path, id: Oid::ZERO_SHA1, what: EntryType::Tree, role: Role::Env };
                    found.entry(spot).or_insert(label);
                }
                todo.push((path, branch.to));
            });
        }
    }
    found
}
