//! All packed commits and trees, decoded once.
//!
//! In: the packs of a store. Out: every commit's parents, tree and dates, and of every tree the subtrees and the
//! entries that matter. Whether a ref reaches them is not asked here. It knows names and modes, no content.

mod reader;
mod seen;
mod ways;

use super::asked::Asked;
use super::losses::Losses;
use super::names::{Lens, Role};
use super::objects::{DEEPEST, STRUCTURE_BYTES};
use super::packs::Packs;
use crate::evidence::{Stop, Task};
use git2::Oid;
use rayon::prelude::*;
use reader::Reader;
use seen::{Hand, Named, Walked, bit};
use std::ops::Range;
use std::sync::atomic::{AtomicU8, AtomicU32};
use ways::Sorted;
pub(super) use ways::Way;

/// A packed tree, as far as it matters.
pub(super) struct Tree<'a> {
    hand: &'a Hand,
    named: Range<usize>,
    below: Range<usize>,
}

impl<'a> Tree<'a> {
    /// Entries that this lens sees.
    pub(super) fn named(&self, lens: Lens) -> impl Iterator<Item = (&'a [u8], &'a Named)> + use<'a> {
        let hand = self.hand;
        let seen = hand.named[self.named.clone()].iter().filter(move |named| named.seen(lens));
        seen.map(move |named| (&*hand.names.all[named.name as usize].0, named))
    }

    /// Subtrees, and what their names say.
    pub(super) fn below(&self) -> impl Iterator<Item = (&'a [u8], Role, Way)> + use<'a> {
        let hand = self.hand;
        hand.below[self.below.clone()].iter().map(move |below| {
            let (name, role) = &hand.names.all[below.name as usize];
            (&**name, *role, hand.subtrees.way(below.tree))
        })
    }
}

/// A packed commit.
pub(super) struct Commit<'a> {
    hand: &'a Hand,
    walked: &'a Walked,
}

impl<'a> Commit<'a> {
    /// Its id.
    pub(super) fn id(&self) -> Oid {
        self.walked.id
    }

    /// Its tree.
    pub(super) fn tree(&self) -> Way {
        self.hand.subtrees.way(self.walked.tree)
    }

    /// Its parents, in order.
    pub(super) fn parents(&self) -> impl Iterator<Item = Way> + use<'a> {
        let hand = self.hand;
        self.walked.parents.clone().map(move |number| hand.parents.way(number))
    }

    /// When it was written, and when it was committed.
    pub(super) fn dates(&self) -> (i64, i64) {
        (self.walked.authored, self.walked.committed)
    }
}

/// What a place holds: hand (from 1) and number of a tree or, with this bit, of a commit.
const COMMIT: u32 = 1 << 31;

/// The commits and trees of all packs.
pub(super) struct Structure {
    packs: Packs,
    hands: Vec<Hand>,
    at: Vec<(u32, u32)>,
    sorted_trees: Sorted,
    sorted_commits: Sorted,
    /// Which lenses see something in or below a tree, by place.
    leads: Vec<u8>,
    /// Whether no tree leads out of the packs, nor into a directory with an env file's name.
    closed: bool,
}

impl Structure {
    /// Decodes them. Trees that hold one of the blobs that are given matter too.
    pub(super) fn read(packs: Packs, asked: &Asked, stop: &Stop, task: &dyn Task) -> Self {
        let (mut hands, _) =
            packs.walk(&Reader { asked, stop, task, hands: AtomicU32::new(1) }, STRUCTURE_BYTES as u64);
        let mut at = vec![(0, 0); packs.count as usize];
        for (hand, seen) in (1_u32..).zip(&hands) {
            let trees = seen.trees.iter().map(|record| (record.place, hand)).zip(0..);
            let commits = seen.commits.iter().map(|walked| (walked.place, hand | COMMIT)).zip(0..);
            for ((place, hand), n) in trees.chain(commits) {
                at[place as usize] = (hand, n);
            }
        }
        let of = |commit: bool| {
            let all = at.par_iter().zip(0_u32..packs.count);
            let all = all.filter(move |((hand, _), _)| *hand > 0 && (*hand >= COMMIT) == commit);
            Sorted::of(&packs, all.map(|(_, place)| place))
        };
        let (sorted_trees, sorted_commits) = (of(false), of(true));
        hands.par_iter_mut().for_each(|hand| {
            hand.subtrees.resolve(&packs, &sorted_trees);
            hand.parents.resolve(&packs, &sorted_commits);
        });
        let (leads, bounded) = spread(&hands, packs.count);
        let closed = !bounded && hands.iter().all(|hand| hand.subtrees.closed() && !hand.env_directories);
        Self { packs, hands, at, sorted_trees, sorted_commits, leads, closed }
    }

    /// Whether a packed tree holds what a lens sees or leads to it, or leads out of the packs.
    pub(super) fn leads(&self, place: u32, lens: Lens) -> bool {
        self.leads[place as usize] & bit(lens) != 0
    }

    /// Whether no packed tree leads out of what was decoded, nor into a directory with an env file's name.
    pub(super) fn closed(&self) -> bool {
        self.closed
    }

    /// The ids of the trees that lead to what a lens sees.
    pub(super) fn leading_ids(&self, lens: Lens) -> impl Iterator<Item = Oid> {
        let trees = self.hands.iter().flat_map(|hand| &hand.trees).map(|record| record.place);
        trees.filter(move |place| self.leads(*place, lens)).map(|place| self.packs.id(place))
    }

    /// The ids of all packed commits.
    pub(super) fn commits(&self) -> impl Iterator<Item = Oid> {
        self.hands.iter().flat_map(|hand| &hand.commits).map(|walked| walked.id)
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

    /// How many places there are.
    pub(super) fn places(&self) -> usize {
        self.at.len()
    }

    /// Where a commit is.
    pub(super) fn find_commit(&self, id: Oid) -> Way {
        self.sorted_commits.find(&self.packs, id)
    }

    /// Where a tree is.
    pub(super) fn find_tree(&self, id: Oid) -> Way {
        self.sorted_trees.find(&self.packs, id)
    }

    /// The commit at a place.
    pub(super) fn commit(&self, place: u32) -> Option<Commit<'_>> {
        let (hand, n) = *self.at.get(place as usize)?;
        let hand = self.hands.get((hand.checked_sub(COMMIT)? as usize).checked_sub(1)?)?;
        Some(Commit { hand, walked: hand.commits.get(n as usize)? })
    }

    /// The tree at a place.
    pub(super) fn tree(&self, place: u32) -> Option<Tree<'_>> {
        let (hand, n) = *self.at.get(place as usize)?;
        let hand = self.hands.get((hand as usize).checked_sub(1)?)?;
        let (named, below) = hand.ranges(n as usize);
        Some(Tree { hand, named, below })
    }

    /// The id of what a way leads to.
    pub(super) fn id_of(&self, way: Way) -> Oid {
        match way {
            Way::Packed(place) => self.id(place),
            Way::Loose(id) => id,
        }
    }

    /// The id of the object at a place.
    pub(super) fn id(&self, place: u32) -> Oid {
        self.packs.id(place)
    }
}

/// Which lenses see something in or below each tree; and whether trees are deeper than anybody follows, when all do.
///
/// Each round goes over all trees in the order of memory; there are as many as directories are deep.
fn spread(hands: &[Hand], count: u32) -> (Vec<u8>, bool) {
    let leads: Vec<AtomicU8> = (0..count).map(|_| AtomicU8::new(0)).collect();
    hands.par_iter().for_each(|hand| hand.mark(&leads));
    let mut known: Vec<Vec<u8>> = hands.iter().map(|_| Vec::new()).collect();
    for _ in 0..=DEEPEST {
        // One level a round, whoever is faster: how deep trees are must not depend on threads.
        let fresh: Vec<Vec<u8>> =
            hands.par_iter().zip(&mut known).map(|(hand, known)| hand.fresh(&leads, known)).collect();
        if fresh.iter().all(Vec::is_empty) {
            return (leads.into_iter().map(AtomicU8::into_inner).collect(), false);
        }
        hands.par_iter().zip(&fresh).for_each(|(hand, fresh)| hand.spread(&leads, fresh));
    }
    (vec![u8::MAX; leads.len()], true)
}
