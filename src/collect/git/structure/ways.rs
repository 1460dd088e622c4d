//! Where the objects are that others name.
//!
//! In: ids as they are read. Out: their places, all looked up at once, both sides in the order of ids: one by one,
//! each would be somewhere else in memory.

use crate::collect::git::packs::Packs;
use git2::Oid;
use rayon::prelude::*;

/// No place: the object is in no pack, or did not decode.
const LOOSE: u32 = 1 << 31;

/// Where a commit or tree is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::collect::git) enum Way {
    /// Among those that were decoded, at this place.
    Packed(u32),
    /// libgit2 may find it.
    Loose(Oid),
}

/// The places of objects of one kind, by the first bytes of their ids.
pub(super) struct Sorted(Vec<(u64, u32)>);

impl Sorted {
    pub(super) fn of(packs: &Packs, places: impl ParallelIterator<Item = u32>) -> Self {
        let mut all: Vec<(u64, u32)> = places.map(|place| (head(packs.id(place)), place)).collect();
        all.par_sort_unstable();
        Self(all)
    }

    /// Where an object is: always the same place, however many packs have it.
    pub(super) fn find(&self, packs: &Packs, id: Oid) -> Way {
        let from = self.0.partition_point(|(other, _)| *other < head(id));
        self.among(packs, from, id).map_or(Way::Loose(id), Way::Packed)
    }

    fn among(&self, packs: &Packs, from: usize, id: Oid) -> Option<u32> {
        let alike = self.0[from..].iter().take_while(|(other, _)| *other == head(id));
        alike.map(|(_, place)| *place).find(|place| packs.id(*place) == id)
    }
}

/// Objects of one kind that others name, by number.
#[derive(Default)]
pub(super) struct Ways {
    /// Their ids, until their places are known.
    wanted: Vec<Oid>,
    /// Their places: among packed objects, or among `loose`.
    places: Vec<u32>,
    loose: Vec<Oid>,
}

impl Ways {
    /// A number for one more.
    pub(super) fn want(&mut self, id: Oid) -> u32 {
        self.wanted.push(id);
        u32::try_from(self.wanted.len() - 1).unwrap_or(u32::MAX)
    }

    /// Finds all of them.
    pub(super) fn resolve(&mut self, packs: &Packs, sorted: &Sorted) {
        let wanted = std::mem::take(&mut self.wanted);
        let mut order: Vec<(u64, u32)> = wanted.iter().map(|id| head(*id)).zip(0..).collect();
        order.par_sort_unstable();
        self.places = vec![0; wanted.len()];
        let mut next = 0;
        for (head, n) in order {
            let id = wanted[n as usize];
            while sorted.0.get(next).is_some_and(|(other, _)| *other < head) {
                next += 1;
            }
            self.places[n as usize] = sorted.among(packs, next, id).unwrap_or_else(|| {
                self.loose.push(id);
                LOOSE | u32::try_from(self.loose.len() - 1).unwrap_or(0)
            });
        }
    }

    /// Where number `n` is.
    pub(super) fn way(&self, n: u32) -> Way {
        let place = self.places[n as usize];
        match place.checked_sub(LOOSE) {
            Some(loose) => Way::Loose(self.loose[loose as usize]),
            None => Way::Packed(place),
        }
    }

    /// The places of all, with something else for those that have none.
    pub(super) fn map<T>(&self, of: impl Fn(Option<u32>) -> T) -> Vec<T> {
        self.places.iter().map(|place| of(Some(*place).filter(|place| *place < LOOSE))).collect()
    }

    /// Whether all have places.
    pub(super) fn closed(&self) -> bool {
        self.loose.is_empty()
    }
}

/// The first bytes of an id.
fn head(id: Oid) -> u64 {
    id.as_bytes().first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}
