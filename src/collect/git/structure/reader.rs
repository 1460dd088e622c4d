//! Reads commits and trees as a walk over packs decodes them.
//!
//! In: objects. Out: what matters of them, in the hand of the thread.

use super::seen::{Below, Hand, Named, Record, Walked};
use crate::collect::git::asked::Asked;
use crate::collect::git::layout::Layout;
use crate::collect::git::losses::Fault;
use crate::collect::git::names::{Role, may_matter, of_another};
use crate::collect::git::objects::{Entry, EntryType, RawCommit, parse_commit};
use crate::collect::git::packs::{Base, Object, Visitor};
use crate::evidence::{Stop, Task};
use git2::{ObjectType, Oid};
use std::sync::atomic::{AtomicU32, Ordering};

/// Reads commits and trees.
pub(super) struct Reader<'a> {
    pub(super) asked: &'a Asked,
    pub(super) stop: &'a Stop,
    pub(super) task: &'a dyn Task,
    /// How many hands there are.
    pub(super) hands: AtomicU32,
}

/// What is kept of a tree while others are made from it, and by whom.
#[derive(Default)]
pub(super) struct Kept {
    owner: u32,
    layout: Layout<Mark>,
}

/// What matters of an entry.
#[derive(Clone, Copy)]
pub(super) enum Mark {
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
        self.task.read(object.bytes.len() as u64);
        if object.kind == ObjectType::Tree {
            self.task.advance(1);
            // Names and loose trees have numbers of the hand that saw them.
            let own = base.filter(|base| base.state.owner == hand.owner);
            return Kept { owner: hand.owner, layout: self.tree(hand, object, own) };
        }
        if let Some(commit) = parse_commit(object.bytes) {
            let RawCommit { authored, committed, parents, tree } = commit;
            let tree = hand.subtrees.want(tree);
            let numbers: Vec<u32> = parents.into_iter().map(|parent| hand.parents.want(parent)).collect();
            let parents = numbers.first().copied().unwrap_or(0)..numbers.last().map_or(0, |last| last + 1);
            hand.commits.push(Walked { place: object.place, id: object.id(), tree, parents, authored, committed });
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
            let name = hand.names.number(entry.name);
            hand.env_directories |= hand.names.is_env_directory(name);
            return Some(Mark::Below(Below { name, tree: hand.subtrees.want(entry.id()) }));
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
