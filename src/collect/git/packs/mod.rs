//! All packed objects of a store, decoded in the order in which packs hold them.
//!
//! In: object directories, those of alternates included. Out: every object once per pack, with what it was made
//! from. It knows packs and deltas; what commits, trees and blobs mean is the visitor's. Loose objects and single
//! lookups are libgit2's.

mod delta;
mod dirs;
mod family;
mod loose;
mod pack;
mod tested;
mod walk;

pub(super) use loose::Loose;
pub use tested::count_objects;
pub(super) use walk::{Base, Object, Visitor};

use super::ids::IdSet;
use super::losses::Fault;
use family::Families;
use git2::Oid;
use pack::Pack;
use rayon::prelude::*;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use walk::Walk;

/// Most objects of all packs together.
const MOST: u32 = 1 << 31;

/// One pack, and which of its objects are made from which.
struct Opened {
    pack: Pack<gix_pack::MMap>,
    families: Families,
    /// The place of its first object among those of all packs.
    first: u32,
}

/// The packs of a store.
pub(super) struct Packs {
    all: Vec<Opened>,
    /// How many objects all packs hold together.
    pub(super) count: u32,
    /// Packs that do not open.
    pub(super) broken: u64,
    /// Files with objects that nothing names.
    pub(super) strays: u64,
}

impl Packs {
    /// Opens all packs of a common git directory and of its alternates.
    pub(super) fn open(common: &Path) -> Self {
        let files = dirs::indexes(&common.join("objects"));
        let opened: Vec<Result<(Pack<gix_pack::MMap>, Families), Fault>> = files
            .par_iter()
            .map(|file| {
                let pack = Pack::open(file)?;
                let families = Families::of(&pack.links());
                Ok((pack, families))
            })
            .collect();
        let strays = dirs::strays(&common.join("objects")) as u64;
        let mut packs = Self { all: Vec::new(), count: 0, broken: 0, strays };
        for opened in opened {
            match opened.ok().and_then(|(pack, families)| Some((u32::try_from(pack.len()).ok()?, pack, families))) {
                Some((len, pack, families)) if packs.count.checked_add(len).is_some_and(|all| all < MOST) => {
                    packs.all.push(Opened { pack, families, first: packs.count });
                    packs.count += len;
                }
                _ => packs.broken += 1,
            }
        }
        packs
    }

    /// The ids of all objects.
    pub(super) fn ids(&self) -> impl Iterator<Item = Oid> {
        self.all.iter().flat_map(|opened| (0..).map(|place| opened.pack.id_at(place)).take(opened.pack.len()))
    }

    /// The place of an object: a number below [`Packs::count`], the same for one object in one pack.
    pub(super) fn find(&self, id: Oid) -> Option<u32> {
        self.all.iter().find_map(|opened| Some(opened.first + opened.pack.find(id)?))
    }

    /// The object at a place.
    pub(super) fn id(&self, place: u32) -> Oid {
        let at = self.all.partition_point(|opened| opened.first <= place).saturating_sub(1);
        self.all.get(at).map_or(Oid::ZERO_SHA1, |opened| opened.pack.id_at(place - opened.first))
    }

    /// Decodes every object of the kinds that the visitor wants, up to `limit` bytes each, and answers its hands and
    /// how many objects were known to it.
    pub(super) fn walk<V: Visitor>(&self, visitor: &V, limit: u64) -> (Vec<V::Hand>, u64) {
        let (idle, known) = (Mutex::new(Vec::new()), AtomicU64::new(0));
        self.all.par_iter().for_each(|Opened { pack, families, first }| {
            let needs = |known: &IdSet<Oid>| families.needed(|slot| !known.contains(&pack.id(slot)));
            let needed = visitor.known().map(needs);
            known.fetch_add(spared(families, needed.as_deref(), visitor), Ordering::Relaxed);
            Walk { pack, families, visitor, first: *first, limit, needed, idle: &idle }.run();
        });
        let benches = idle.into_inner().unwrap_or_default();
        (benches.into_iter().map(|bench| bench.hand).collect(), known.into_inner())
    }
}

/// How many objects of the wanted families need not be looked at.
fn spared<V: Visitor>(families: &Families, needed: Option<&[u32]>, visitor: &V) -> u64 {
    let Some(needed) = needed else { return 0 };
    let wanted = families.roots.iter().filter(|(_, kind)| visitor.wants(*kind));
    let spared = |slot: u32| families.weight(slot) - needed.get(slot as usize).copied().unwrap_or(0);
    wanted.map(|(slot, _)| u64::from(spared(*slot))).sum()
}
