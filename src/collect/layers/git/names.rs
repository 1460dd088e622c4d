//! What blobs are called: trees name them, and other trees name these.
//!
//! In: the objects of a store. Out: a path per blob. It keeps no trees: each step up reads them once more.

use super::super::content::sort;
use super::super::{Look, Sort};
use super::budget::Budget;
use super::{SHA1, Store};
use gix_hash::ObjectId;
use gix_object::{Kind, TreeRefIter};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Deepest directory that is followed.
const DEEPEST: usize = 64;

/// What trees name, learned as they are met.
#[derive(Default)]
pub(super) struct Named {
    /// Blobs whose name says what they are.
    pub(super) telling: HashSet<ObjectId>,
    /// Everything, by the first bytes of its id.
    all: HashSet<u64>,
}

impl Named {
    /// A tree's entries. Says whether all of its bytes are some.
    pub(super) fn tree(&mut self, bytes: &[u8]) -> bool {
        let mut whole = true;
        for entry in TreeRefIter::from_bytes(bytes, SHA1) {
            let Ok(entry) = entry else {
                whole = false;
                continue;
            };
            self.all.insert(first(entry.oid));
            if sort(entry.filename) != Sort::Other {
                self.telling.insert(entry.oid.to_owned());
            }
        }
        whole
    }

    /// Whether any tree names it.
    pub(super) fn has(&self, id: &ObjectId) -> bool {
        self.all.contains(&first(id))
    }
}

/// A path for each of these.
pub(super) fn paths(store: &Store, wanted: HashSet<ObjectId>, look: Look<'_>) -> HashMap<ObjectId, Vec<u8>> {
    let mut above: HashMap<ObjectId, (ObjectId, Vec<u8>)> = HashMap::new();
    let mut sought = wanted.clone();
    let budget = Budget::of_names(look);
    for _ in 0..DEEPEST {
        let mut found: BTreeMap<ObjectId, (Vec<u8>, ObjectId)> = BTreeMap::new();
        if !sought.is_empty() {
            trees(store, &budget, |tree, name, id| {
                if sought.contains(&id) {
                    let way = (name.to_vec(), tree);
                    let best = found.entry(id).or_insert_with(|| way.clone());
                    // An env file's name says more than another one of the same content.
                    if (sort(&way.0), &way) < (sort(&best.0), &*best) {
                        *best = way;
                    }
                }
            });
        }
        sought = found.values().map(|(_, tree)| *tree).filter(|tree| !above.contains_key(tree)).collect();
        above.extend(found.into_iter().map(|(id, (name, tree))| (id, (tree, name))));
        if sought.is_empty() || budget.is_spent() {
            break;
        }
    }
    let path = |id: ObjectId| {
        let up = std::iter::successors(above.get(&id), |(tree, _)| above.get(tree)).take(DEEPEST);
        let parts: Vec<&[u8]> = up.map(|(_, name)| name.as_slice()).collect();
        parts.into_iter().rev().collect::<Vec<_>>().join(&b'/')
    };
    wanted.into_iter().filter(|id| above.contains_key(id)).map(|id| (id, path(id))).collect()
}

/// Every entry of every tree.
fn trees(store: &Store, budget: &Budget<'_>, mut see: impl FnMut(ObjectId, &[u8], ObjectId)) {
    // What is lost here is told where everything is looked through.
    let _ = store.visit(
        budget,
        |object| object.kind == Kind::Tree,
        |object, bytes| {
            for entry in TreeRefIter::from_bytes(bytes, SHA1).flatten() {
                see(object.id, entry.filename, entry.oid.to_owned());
            }
        },
    );
}

fn first(id: &gix_hash::oid) -> u64 {
    id.as_bytes().first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
}
