//! All packed commits and trees, decoded once.
//!
//! In: the packs of a store. Out: every commit's parents, tree and dates, and of every tree the subtrees and the
//! entries that matter. Whether a ref reaches them is not asked here. It knows names and modes, no content.

mod reader;
mod seen;

use super::asked::Asked;
use super::ids::IdMap;
use super::losses::Losses;
use super::names::{Lens, Role};
use super::objects::{RawCommit, STRUCTURE_BYTES};
use super::packs::Packs;
use crate::evidence::{Stop, Task};
use git2::Oid;
use rayon::prelude::*;
use reader::Reader;
use seen::{Hand, LOOSE, Named, head};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Arc, Mutex, PoisonError};

/// A subtree of a packed tree.
pub(super) enum Subtree {
    /// Packed too, at this place.
    Packed(u32),
    /// In no pack.
    Loose(Oid),
}

/// A packed tree, as far as it matters.
pub(super) struct Tree<'a> {
    hand: &'a Hand,
    named: Range<usize>,
    below: Range<usize>,
}

impl<'a> Tree<'a> {
    /// Entries that this lens sees.
    pub(super) fn named(&self, lens: Lens) -> impl Iterator<Item = (&'a [u8], &'a Named)> {
        let hand = self.hand;
        let seen = hand.named[self.named.clone()].iter().filter(move |named| named.seen(lens));
        seen.map(move |named| (&*hand.names.all[named.name as usize].0, named))
    }

    /// Subtrees, and what their names say.
    pub(super) fn below(&self) -> impl Iterator<Item = (&'a [u8], Role, Subtree)> {
        let hand = self.hand;
        hand.below[self.below.clone()].iter().map(move |below| {
            let (name, role) = &hand.names.all[below.name as usize];
            let place = hand.places[below.tree as usize];
            let tree = match place.checked_sub(LOOSE) {
                Some(loose) => Subtree::Loose(hand.loose[loose as usize]),
                None => Subtree::Packed(place),
            };
            (&**name, *role, tree)
        })
    }
}

/// The commits and trees of all packs.
pub(super) struct Structure {
    packs: Packs,
    hands: Vec<Hand>,
    /// Hand and number of every commit.
    commits: IdMap<Oid, (u32, u32)>,
    /// Hand (from 1) and number of every tree, by place.
    trees: Vec<(u32, u32)>,
    /// What [`Structure::leading`] said: every further walk asks again.
    led: Mutex<Vec<(Lens, Arc<Vec<bool>>)>>,
}

impl Structure {
    /// Decodes them. Trees that hold one of the blobs that are given matter too.
    pub(super) fn read(packs: Packs, asked: &Asked, stop: &Stop, task: &dyn Task) -> Self {
        let (mut hands, _) =
            packs.walk(&Reader { asked, stop, task, hands: AtomicU32::new(1) }, STRUCTURE_BYTES as u64);
        let mut commits = IdMap::default();
        let mut trees = vec![(0, 0); packs.count as usize];
        for (hand, seen) in (0_u32..).zip(&hands) {
            commits.extend(seen.commits.iter().zip(0..).map(|((id, _), n)| (*id, (hand, n))));
            for (record, n) in seen.trees.iter().zip(0..) {
                trees[record.place as usize] = (hand + 1, n);
            }
        }
        let places = trees.iter().zip(0_u32..).filter(|((hand, _), _)| *hand > 0);
        let mut sorted: Vec<(u64, u32)> = places.map(|(_, place)| (head(packs.id(place)), place)).collect();
        sorted.par_sort_unstable();
        hands.par_iter_mut().for_each(|hand| hand.resolve(&packs, &sorted));
        Self { packs, hands, commits, trees, led: Mutex::default() }
    }

    /// The packed trees that hold what a lens sees or lead to it, or that lead out of the packs, by place.
    ///
    /// Each round goes over all trees in the order of memory; there are as many as directories are deep.
    pub(super) fn leading(&self, lens: Lens) -> Arc<Vec<bool>> {
        let led = self.led.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = led.iter().find(|(other, _)| *other == lens) {
            return Arc::clone(known);
        }
        // Not held meanwhile: a thread that waits for others may be given work that asks, too.
        drop(led);
        let fresh = Arc::new(self.spread(lens));
        self.led.lock().unwrap_or_else(PoisonError::into_inner).push((lens, Arc::clone(&fresh)));
        fresh
    }

    fn spread(&self, lens: Lens) -> Vec<bool> {
        // What did not decode may hold anything: whoever comes there asks libgit2.
        let leads: Vec<AtomicBool> = self.trees.iter().map(|(hand, _)| AtomicBool::new(*hand == 0)).collect();
        // A tree that another thread marks meanwhile counts in this round or in the next.
        while self.hands.par_iter().map(|hand| hand.spread(lens, &leads)).reduce(|| false, |a, b| a | b) {}
        leads.into_iter().map(AtomicBool::into_inner).collect()
    }

    /// The ids of those trees.
    pub(super) fn leading_ids(&self, lens: Lens) -> Vec<Oid> {
        let decoded = |place: u32| self.trees.get(place as usize).is_some_and(|(hand, _)| *hand > 0);
        let leading = self.leading(lens);
        let leading = leading.iter().zip(0..).filter(|(leads, place)| **leads && decoded(*place));
        leading.map(|(_, place)| self.packs.id(place)).collect()
    }

    /// The ids of all packed commits.
    pub(super) fn commits(&self) -> impl Iterator<Item = Oid> {
        self.commits.keys().copied()
    }

    /// Commits and trees that did not decode.
    pub(super) fn losses(&self) -> Losses {
        let mut all = Losses::default();
        self.hands.iter().for_each(|hand| all.add(hand.losses));
        all
    }

    /// How many trees were decoded.
    pub(super) fn count(&self) -> u64 {
        self.hands.iter().map(|hand| hand.trees.len() as u64).sum()
    }

    /// A packed commit.
    pub(super) fn commit(&self, id: Oid) -> Option<&RawCommit> {
        let (hand, n) = self.commits.get(&id)?;
        Some(&self.hands[*hand as usize].commits[*n as usize].1)
    }

    /// Where a packed tree lies.
    pub(super) fn find(&self, id: Oid) -> Option<u32> {
        self.packs.find(id)
    }

    /// The tree at a place; `None` if it did not decode.
    pub(super) fn tree(&self, place: u32) -> Option<Tree<'_>> {
        let (hand, n) = *self.trees.get(place as usize)?;
        let hand = self.hands.get(hand.checked_sub(1)? as usize)?;
        let (named, below) = hand.ranges(n as usize);
        Some(Tree { hand, named, below })
    }

    /// The id of the object at a place.
    pub(super) fn id(&self, place: u32) -> Oid {
        self.packs.id(place)
    }
}
