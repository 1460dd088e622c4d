//! Decodes each family of a pack once, depth first, on every core.
//!
//! In: a pack, its families, and a visitor. Out: every wanted object, handed to the visitor with its base and what
//! the visitor made of that. Of all children the one with the largest family comes last, when its base is needed no
//! more: so a thread holds few objects at a time, however long the chains are.

use super::delta;
use super::family::Families;
use super::pack::{Pack, Slot};
use crate::collect::git::ids::IdSet;
use crate::collect::git::losses::Fault;
use crate::detect::Part;
use git2::{ObjectType, Oid};
use gix_pack::FileData;
use rayon::prelude::*;
use std::sync::Mutex;
use zeroize::Zeroizing;

/// Families handed to a thread at once.
const BATCH: usize = 64;
/// A branch of so many objects is worth another thread.
const WORTH: u32 = 512;

/// An object as it was decoded.
pub(in crate::collect::git) struct Object<'a> {
    /// Looks its id up in the index: somewhere else in memory, so only whoever needs it pays.
    look_up: &'a dyn Fn() -> Oid,
    /// Its place among all packed objects, see [`super::Packs::find`].
    pub(in crate::collect::git) place: u32,
    /// What it is.
    pub(in crate::collect::git) kind: ObjectType,
    /// Its content.
    pub(in crate::collect::git) bytes: &'a [u8],
}

impl Object<'_> {
    /// Its id, as the index has it.
    pub(in crate::collect::git) fn id(&self) -> Oid {
        (self.look_up)()
    }
}

/// What an object was made from.
pub(in crate::collect::git) struct Base<'a, S> {
    /// What the visitor made of the base.
    pub(in crate::collect::git) state: &'a S,
    /// The parts of the object.
    pub(in crate::collect::git) parts: &'a [Part],
}

/// Looks at objects. Each thread has a hand, which collects what it saw.
pub(in crate::collect::git) trait Visitor: Sync {
    /// What a thread collects.
    type Hand: Send;
    /// What is kept of an object while others are made from it.
    type State: Send + Sync;
    /// A hand for one more thread.
    fn hand(&self) -> Self::Hand;
    /// Whether families of this kind are decoded.
    fn wants(&self, kind: ObjectType) -> bool;
    /// Objects that need not be looked at; those in between are decoded all the same.
    fn known(&self) -> Option<&IdSet<Oid>> {
        None
    }
    /// Whether the walk ends early.
    fn stopped(&self) -> bool;
    /// Looks at an object.
    fn object(&self, hand: &mut Self::Hand, object: &Object<'_>, base: Option<Base<'_, Self::State>>) -> Self::State;
    /// An object that could not be decoded, and its kind if its family is known.
    fn lost(&self, hand: &mut Self::Hand, id: Oid, kind: Option<ObjectType>, fault: Fault);
}

/// One pack to walk.
pub(super) struct Walk<'a, T, V: Visitor> {
    pub(super) pack: &'a Pack<T>,
    pub(super) families: &'a Families,
    pub(super) visitor: &'a V,
    /// The place of the pack's first object among those of all packs.
    pub(super) first: u32,
    /// Larger objects are not decoded, nor what is made from them.
    pub(super) limit: u64,
    /// How many objects of each branch must be looked at; all without it.
    pub(super) needed: Option<Vec<u32>>,
    /// Hands that no thread uses at the moment.
    pub(super) idle: &'a Mutex<Vec<Bench<V::Hand>>>,
}

/// What a thread works with.
pub(super) struct Bench<H> {
    pub(super) hand: H,
    inflate: gix_zlib::Inflate,
    delta: Zeroizing<Vec<u8>>,
    parts: Vec<Part>,
    spare: Vec<Zeroizing<Vec<u8>>>,
}

/// An object that others are made from.
struct Held<S> {
    bytes: Zeroizing<Vec<u8>>,
    state: S,
}

impl<T: FileData + Sync, V: Visitor> Walk<'_, T, V> {
    /// Walks all wanted families.
    pub(super) fn run(&self) {
        self.families.roots.par_chunks(BATCH).for_each(|roots| {
            self.with(|bench| {
                let wanted = |(root, kind): &&(Slot, ObjectType)| self.visitor.wants(*kind) && self.needs(*root);
                for &(root, kind) in roots.iter().filter(wanted) {
                    self.branch(root, kind, None, bench);
                }
            });
        });
        self.with(|bench| {
            for &slot in &self.families.orphans {
                self.visitor.lost(&mut bench.hand, self.pack.id(slot), None, Fault::Malformed);
            }
        });
    }

    fn with(&self, work: impl FnOnce(&mut Bench<V::Hand>)) {
        let idle = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        let mut bench = idle.unwrap_or_else(|| Bench {
            hand: self.visitor.hand(),
            inflate: gix_zlib::Inflate::default(),
            delta: Zeroizing::default(),
            parts: Vec::new(),
            spare: Vec::new(),
        });
        work(&mut bench);
        // A lock is poisoned by a panic only, and a panic ends the collector with a gap.
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(bench);
        }
    }

    /// Whether anything of a branch must be looked at.
    fn needs(&self, slot: Slot) -> bool {
        self.needed.as_ref().is_none_or(|needed| needed.get(slot as usize).is_some_and(|count| *count > 0))
    }

    /// Decodes an entry and all that is made from it.
    fn branch(&self, slot: Slot, kind: ObjectType, base: Option<&Held<V::State>>, bench: &mut Bench<V::Hand>) {
        let (mut slot, mut own) = (slot, None);
        while !self.visitor.stopped() {
            let held = match self.decode(slot, kind, own.as_ref().or(base), bench) {
                Ok(held) => held,
                Err(fault) => {
                    self.lost(slot, kind, fault, bench);
                    break;
                }
            };
            let children = self.families.children(slot);
            let needed = children.iter().copied().filter(|child| self.needs(*child));
            let heaviest = needed.max_by_key(|child| self.families.weight(*child));
            if let Some(heaviest) = heaviest {
                self.others(children, heaviest, kind, &held, bench);
                slot = heaviest;
            }
            if let Some(Held { bytes, .. }) = own.replace(held) {
                bench.spare.push(bytes);
            }
            if heaviest.is_none() {
                break;
            }
        }
        bench.spare.extend(own.map(|held| held.bytes));
    }

    /// The branches of all children but the heaviest; the larger ones on other threads.
    fn others(
        &self,
        children: &[Slot],
        heaviest: Slot,
        kind: ObjectType,
        held: &Held<V::State>,
        bench: &mut Bench<V::Hand>,
    ) {
        let others = || children.iter().copied().filter(move |child| *child != heaviest && self.needs(*child));
        let large = |child: &Slot| self.families.weight(*child) >= WORTH;
        let mut small = || {
            for child in others().filter(|child| !large(child)) {
                self.branch(child, kind, Some(held), bench);
            }
        };
        if !others().any(|child| large(&child)) {
            return small();
        }
        rayon::in_place_scope(|scope| {
            for child in others().filter(large) {
                scope.spawn(move |_| self.with(|bench| self.branch(child, kind, Some(held), bench)));
            }
            small();
        });
    }

    fn decode(
        &self,
        slot: Slot,
        kind: ObjectType,
        base: Option<&Held<V::State>>,
        bench: &mut Bench<V::Hand>,
    ) -> Result<Held<V::State>, Fault> {
        let mut bytes = bench.spare.pop().unwrap_or_default();
        if let Some(base) = base {
            self.pack.inflate(slot, self.limit, &mut bench.inflate, &mut bench.delta)?;
            delta::apply(&base.bytes, &bench.delta, self.limit, &mut bytes, &mut bench.parts)
                .ok_or(Fault::Malformed)?;
        } else {
            self.pack.inflate(slot, self.limit, &mut bench.inflate, &mut bytes)?;
        }
        let place = self.first + self.pack.place(slot);
        let object = Object { look_up: &|| self.pack.id(slot), place, kind, bytes: &bytes };
        let base = base.map(|base| Base { state: &base.state, parts: &bench.parts });
        let state = self.visitor.object(&mut bench.hand, &object, base);
        Ok(Held { bytes, state })
    }

    /// Nothing of a branch can be decoded without its beginning.
    fn lost(&self, slot: Slot, kind: ObjectType, fault: Fault, bench: &mut Bench<V::Hand>) {
        let mut todo = vec![slot];
        while let Some(slot) = todo.pop() {
            self.visitor.lost(&mut bench.hand, self.pack.id(slot), Some(kind), fault);
            todo.extend_from_slice(self.families.children(slot));
        }
    }
}
