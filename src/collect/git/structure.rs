//! All packed commits and trees, decoded once.
//!
//! In: the packs of a store. Out: every commit's parents, tree and dates, and of every tree the subtrees and the
//! entries that matter. Whether a ref reaches them is not asked here. It knows names and modes, no content.

use super::asked::Asked;
use super::ids::IdMap;
use super::layout::Layout;
use super::names::{GIVEN, Lens, NAMED, OTHERS, Role, may_matter, of_another, role_of};
use super::objects::{Entry, EntryType, Fault, Losses, RawCommit, STRUCTURE_BYTES, parse_commit};
use super::packs::{Base, Object, Packs, Visitor};
use crate::evidence::{Stop, Task};
use git2::{ObjectType, Oid};
use rayon::prelude::*;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// No place: the tree is in no pack.
const LOOSE: u32 = 1 << 31;

/// An entry that matters.
#[derive(Clone, Copy)]
pub(super) struct Named {
    name: u32,
    pub(super) id: Oid,
    pub(super) what: EntryType,
    pub(super) role: Role,
    /// One of the blobs that were asked for.
    given: bool,
    /// It may belong to another repository.
    other: bool,
}

impl Named {
    /// Whether this lens sees the entry.
    fn seen(&self, lens: Lens) -> bool {
        match lens {
            GIVEN => self.given,
            OTHERS => self.other,
            _ => self.role != Role::Other,
        }
    }
}

/// A subtree: its number among those that the hand saw.
#[derive(Clone, Copy)]
struct Below {
    name: u32,
    tree: u32,
}

/// What one thread saw.
#[derive(Default)]
pub(super) struct Hand {
    commits: Vec<(Oid, RawCommit)>,
    trees: Vec<Record>,
    named: Vec<Named>,
    below: Vec<Below>,
    /// Subtrees by number, until their places are known.
    wanted: Vec<Oid>,
    /// The places of subtrees by number: among packed objects, or among `loose`.
    places: Vec<u32>,
    loose: Vec<Oid>,
    names: Names,
    /// Its number among all hands.
    owner: u32,
    /// Commits and trees that did not decode.
    losses: Losses,
}

/// One tree: where its entries begin in the hand's lists. They end where the next tree's begin.
struct Record {
    place: u32,
    named: u32,
    below: u32,
}

impl Hand {
    /// Finds all subtrees among the packed trees, both in the order of their ids.
    fn resolve(&mut self, packs: &Packs, trees: &[(u64, u32)]) {
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
    fn spread(&self, lens: Lens, leads: &[AtomicBool]) -> bool {
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
    fn ranges(&self, n: usize) -> (Range<usize>, Range<usize>) {
        let at = |n: usize| self.trees.get(n).map(|record| (record.named as usize, record.below as usize));
        let (named, below) = at(n).unwrap_or_default();
        let (named_end, below_end) = at(n + 1).unwrap_or((self.named.len(), self.below.len()));
        (named..named_end, below..below_end)
    }
}

/// The first bytes of an id.
fn head(id: Oid) -> u64 {
    id.as_bytes().first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}

/// Names of entries that matter, each once.
#[derive(Default)]
struct Names {
    all: Vec<(Box<[u8]>, Role)>,
    at: HashMap<Box<[u8]>, u32>,
}

impl Names {
    fn number(&mut self, name: &[u8]) -> u32 {
        if let Some(known) = self.at.get(name) {
            return *known;
        }
        let fresh = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push((Box::from(name), role_of(name)));
        self.at.insert(Box::from(name), fresh);
        fresh
    }
}

/// Reads commits and trees.
struct Reader<'a> {
    asked: &'a Asked,
    stop: &'a Stop,
    task: &'a dyn Task,
    /// How many hands there are.
    hands: AtomicU32,
}

/// What is kept of a tree while others are made from it, and by whom.
#[derive(Default)]
struct Kept {
    owner: u32,
    layout: Layout<Mark>,
}

/// What matters of an entry.
#[derive(Clone, Copy)]
enum Mark {
    Named(Named),
    Below(Below),
}

impl Visitor for Reader<'_> {
    type Hand = Hand;
    type State = Kept;

    fn hand(&self) -> Hand {
        Hand { owner: self.hands.fetch_add(1, Ordering::Relaxed), ..Hand::default() }
    }

    fn wants(&self, kind: ObjectType) -> bool {
        matches!(kind, ObjectType::Commit | ObjectType::Tree)
    }

    fn stopped(&self) -> bool {
        self.stop.asked()
    }

    fn object(&self, hand: &mut Hand, object: &Object<'_>, base: Option<Base<'_, Kept>>) -> Kept {
        if object.kind == ObjectType::Tree {
            self.task.advance(1);
            // Names and loose trees have numbers of the hand that saw them.
            let own = base.filter(|base| base.state.owner == hand.owner);
            return Kept { owner: hand.owner, layout: self.tree(hand, object, own) };
        }
        if let Some(commit) = parse_commit(object.bytes) {
            hand.commits.push((object.id(), commit));
        } else {
            hand.losses.of(Fault::Malformed, object.id());
        }
        Kept::default()
    }

    /// Whoever needs the object asks libgit2 for it, which says what is wrong.
    fn lost(&self, hand: &mut Hand, id: Oid, _: Option<ObjectType>, fault: Fault) {
        hand.losses.of(fault, id);
    }
}

impl Reader<'_> {
    /// A tree that is damaged is left to libgit2 too: nothing of it is kept.
    fn tree(&self, hand: &mut Hand, object: &Object<'_>, base: Option<Base<'_, Kept>>) -> Layout<Mark> {
        let mut seen = |entry: &Entry<'_>| self.entry(hand, entry);
        let Some(layout) = Layout::of(object.bytes, base.map(|base| (&base.state.layout, base.parts)), &mut seen)
        else {
            hand.losses.of(Fault::Malformed, object.id());
            return Layout::default();
        };
        let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        hand.trees.push(Record { place: object.place, named: at(hand.named.len()), below: at(hand.below.len()) });
        for mark in layout.marks() {
            match mark {
                Mark::Named(named) => hand.named.push(*named),
                Mark::Below(below) => hand.below.push(*below),
            }
        }
        layout
    }

    /// What matters of one entry.
    fn entry(&self, hand: &mut Hand, entry: &Entry<'_>) -> Option<Mark> {
        if entry.what == EntryType::Tree {
            // Where it lies is looked up later, for all subtrees in the order of their ids.
            let tree = u32::try_from(hand.wanted.len()).unwrap_or(u32::MAX);
            hand.wanted.push(entry.id());
            return Some(Mark::Below(Below { name: hand.names.number(entry.name), tree }));
        }
        let given = self.asked.of(entry);
        let other = of_another(entry.name, entry.what);
        if !given && !other && !may_matter(entry.name) {
            return None;
        }
        let name = hand.names.number(entry.name);
        let role = hand.names.all[name as usize].1;
        let matters = given || other || role != Role::Other;
        matters.then(|| Mark::Named(Named { name, id: entry.id(), what: entry.what, role, given, other }))
    }
}

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
        Self { packs, hands, commits, trees }
    }

    /// The packed trees that hold what a lens sees or lead to it, or that lead out of the packs, by place.
    ///
    /// Each round goes over all trees in the order of memory; there are as many as directories are deep.
    pub(super) fn leading(&self, lens: Lens) -> Vec<bool> {
        // What did not decode may hold anything: whoever comes there asks libgit2.
        let leads: Vec<AtomicBool> = self.trees.iter().map(|(hand, _)| AtomicBool::new(*hand == 0)).collect();
        // A tree that another thread marks meanwhile counts in this round or in the next.
        while self.hands.par_iter().map(|hand| hand.spread(lens, &leads)).reduce(|| false, |a, b| a | b) {}
        leads.into_iter().map(AtomicBool::into_inner).collect()
    }

    /// The ids of those trees.
    pub(super) fn leading_ids(&self, lens: Lens) -> Vec<Oid> {
        let decoded = |place: u32| self.trees.get(place as usize).is_some_and(|(hand, _)| *hand > 0);
        let leading = self.leading(lens).into_iter().zip(0..).filter(|(leads, place)| *leads && decoded(*place));
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
