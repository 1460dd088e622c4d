//! What one thread saw of packed commits and trees.
//!
//! In: entries as they are read. Out: lists of what matters of them, subtrees by number until all are looked up at once.

use crate::collect::git::losses::Losses;
use crate::collect::git::names::{GIVEN, Lens, NAMED, OTHERS, Role, role_of};
use crate::collect::git::objects::{EntryType, RawCommit};
use crate::collect::git::packs::Packs;
use git2::Oid;
use rayon::prelude::*;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// No place: the tree is in no pack.
pub(super) const LOOSE: u32 = 1 << 31;

/// An entry that matters.
#[derive(Clone, Copy)]
pub(in crate::collect::git) struct Named {
    pub(super) name: u32,
    pub(in crate::collect::git) id: Oid,
    pub(in crate::collect::git) what: EntryType,
    pub(in crate::collect::git) role: Role,
    /// One of the blobs that were asked for.
    pub(super) given: bool,
    /// It may belong to another repository.
    pub(super) other: bool,
}

impl Named {
    /// Whether this lens sees the entry.
    pub(super) fn seen(&self, lens: Lens) -> bool {
        match lens {
            GIVEN => self.given,
            OTHERS => self.other,
            _ => self.role != Role::Other,
        }
    }
}

/// A subtree: its number among those that the hand saw.
#[derive(Clone, Copy)]
pub(super) struct Below {
    pub(super) name: u32,
    pub(super) tree: u32,
}

/// What one thread saw.
#[derive(Default)]
pub(super) struct Hand {
    pub(super) commits: Vec<(Oid, RawCommit)>,
    pub(super) trees: Vec<Record>,
    pub(super) named: Vec<Named>,
    pub(super) below: Vec<Below>,
    /// Subtrees by number, until their places are known.
    pub(super) wanted: Vec<Oid>,
    /// The places of subtrees by number: among packed objects, or among `loose`.
    pub(super) places: Vec<u32>,
    pub(super) loose: Vec<Oid>,
    pub(super) names: Names,
    /// Its number among all hands.
    pub(super) owner: u32,
    /// Commits and trees that did not decode.
    pub(super) losses: Losses,
}

/// One tree: where its entries begin in the hand's lists. They end where the next tree's begin.
pub(super) struct Record {
    pub(super) place: u32,
    pub(super) named: u32,
    pub(super) below: u32,
}

impl Hand {
    /// Finds all subtrees among the packed trees, both in the order of their ids.
    pub(super) fn resolve(&mut self, packs: &Packs, trees: &[(u64, u32)]) {
        let wanted = std::mem::take(&mut self.wanted);
        let mut order: Vec<(u64, u32)> = wanted.iter().map(|id| head(*id)).zip(0..).collect();
        order.par_sort_unstable();
        self.places = vec![0; wanted.len()];
        let mut next = 0;
        for (head, n) in order {
            let id = wanted[n as usize];
            while trees.get(next).is_some_and(|(other, _)| *other < head) {
                next += 1;
            }
            let alike = trees[next..].iter().take_while(|(other, _)| *other == head);
            let here = alike.map(|(_, place)| *place).find(|place| packs.id(*place) == id);
            self.places[n as usize] = here.unwrap_or_else(|| {
                self.loose.push(id);
                LOOSE | u32::try_from(self.loose.len() - 1).unwrap_or(0)
            });
        }
    }

    /// Marks trees that lead to marked ones; whether there were any.
    pub(super) fn spread(&self, lens: Lens, leads: &[AtomicBool]) -> bool {
        let lead = |place: &u32| leads.get(*place as usize).is_none_or(|leads| leads.load(Ordering::Relaxed));
        let leading: Vec<bool> = self.places.iter().map(lead).collect();
        let env: Vec<bool> = self.names.all.iter().map(|(_, role)| lens == NAMED && *role == Role::Env).collect();
        let mut grown = false;
        for (n, record) in self.trees.iter().enumerate() {
            let (named, below) = self.ranges(n);
            let out = |below: &Below| leading[below.tree as usize] || env[below.name as usize];
            if self.named[named].iter().any(|named| named.seen(lens)) || self.below[below].iter().any(out) {
                grown |= !leads[record.place as usize].swap(true, Ordering::Relaxed);
            }
        }
        grown
    }

    /// Where the entries of tree number `n` stand.
    pub(super) fn ranges(&self, n: usize) -> (Range<usize>, Range<usize>) {
        let at = |n: usize| self.trees.get(n).map(|record| (record.named as usize, record.below as usize));
        let (named, below) = at(n).unwrap_or_default();
        let (named_end, below_end) = at(n + 1).unwrap_or((self.named.len(), self.below.len()));
        (named..named_end, below..below_end)
    }
}

/// The first bytes of an id.
pub(super) fn head(id: Oid) -> u64 {
    id.as_bytes().first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}

/// Names of entries that matter, each once.
#[derive(Default)]
pub(super) struct Names {
    pub(super) all: Vec<(Box<[u8]>, Role)>,
    at: HashMap<Box<[u8]>, u32>,
}

impl Names {
    pub(super) fn number(&mut self, name: &[u8]) -> u32 {
        if let Some(known) = self.at.get(name) {
            return *known;
        }
        let fresh = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push((Box::from(name), role_of(name)));
        self.at.insert(Box::from(name), fresh);
        fresh
    }
}
