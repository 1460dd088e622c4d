//! Who is made from whom in one pack.
//!
//! In: the headers of a pack's entries. Out: families: a whole object and everything that deltas make from it, so
//! that each is decoded once. Reads no content. An entry whose base is not in the pack, or that is its own
//! ancestor, belongs to no family.

use super::pack::Slot;
use git2::ObjectType;

/// No entry.
const NONE: u32 = u32::MAX;

/// What one entry's header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// A whole object.
    Root(ObjectType),
    /// Made from the entry in this slot.
    From(Slot),
    /// It does not parse, or its base is not here.
    Broken,
}

/// The families of a pack. Slots are entries in the order in which they lie in the pack.
pub(super) struct Families {
    /// Whole objects with something made from them or not, in pack order.
    pub(super) roots: Vec<(Slot, ObjectType)>,
    /// Children of slot `n` stand at `starts[n]..starts[n + 1]`.
    starts: Vec<u32>,
    children: Vec<Slot>,
    /// How many entries each family or branch of one has.
    weights: Vec<u32>,
    /// Entries that belong to no family.
    pub(super) orphans: Vec<Slot>,
    /// Whether every base lies in front of what is made from it, and every entry belongs to a family.
    forward: bool,
}

impl Families {
    /// Finds them.
    pub(super) fn of(links: &[Link]) -> Self {
        let count = links.len();
        let mut starts = vec![0_u32; count + 1];
        for link in links {
            if let Link::From(base) = link {
                starts[*base as usize + 1] += 1;
            }
        }
        for n in 0..count {
            starts[n + 1] += starts[n];
        }
        let mut next = starts.clone();
        let mut children = vec![NONE; starts[count] as usize];
        let (mut roots, mut forward) = (Vec::new(), true);
        for (slot, link) in (0..).zip(links) {
            match link {
                Link::Root(kind) => roots.push((slot, *kind)),
                Link::From(base) => {
                    forward &= *base < slot;
                    let at = &mut next[*base as usize];
                    children[*at as usize] = slot;
                    *at += 1;
                }
                Link::Broken => forward = false,
            }
        }
        let mut families = Self { roots, starts, children, weights: Vec::new(), orphans: Vec::new(), forward };
        families.weights = families.needed(|_| true);
        let alone = (0..).zip(&families.weights).filter(|(_, weight)| **weight == 0);
        families.orphans = alone.map(|(slot, _)| slot).collect();
        families
    }

    /// How many entries of each branch are needed: the others are decoded only to come to these.
    ///
    /// Children have a later place in the order than their base: numbers are added up from its end.
    pub(super) fn needed(&self, needs: impl Fn(Slot) -> bool) -> Vec<u32> {
        let mut needed = vec![0_u32; self.starts.len() - 1];
        let mut add = |slot: Slot| {
            let below: u32 = self.children(slot).iter().map(|child| needed[*child as usize]).sum();
            needed[slot as usize] = below + u32::from(needs(slot));
        };
        if self.forward {
            // The order of the pack is one already.
            (0..self.starts.len() - 1).rev().filter_map(|slot| Slot::try_from(slot).ok()).for_each(&mut add);
        } else {
            self.order().into_iter().rev().for_each(&mut add);
        }
        needed
    }

    /// All entries of families, each behind its base.
    fn order(&self) -> Vec<Slot> {
        let mut order: Vec<Slot> = self.roots.iter().map(|(slot, _)| *slot).collect();
        let mut at = 0;
        while at < order.len() {
            order.extend_from_slice(self.children(order[at]));
            at += 1;
        }
        order
    }

    /// What is made from an entry directly.
    pub(super) fn children(&self, slot: Slot) -> &[Slot] {
        let at = |n: usize| self.starts.get(n).map_or(0, |start| *start as usize);
        self.children.get(at(slot as usize)..at(slot as usize + 1)).unwrap_or(&[])
    }

    /// How many entries begin here.
    pub(super) fn weight(&self, slot: Slot) -> u32 {
        self.weights.get(slot as usize).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_may_lie_behind_what_is_made_from_it() {
        let links = [Link::From(2), Link::From(0), Link::Root(ObjectType::Blob), Link::Root(ObjectType::Tree)];
        let families = Families::of(&links);
        assert_eq!(families.roots, [(2, ObjectType::Blob), (3, ObjectType::Tree)]);
        assert_eq!((families.children(2), families.children(0)), ([0].as_slice(), [1].as_slice()));
        assert_eq!([0, 1, 2, 3].map(|slot| families.weight(slot)), [2, 1, 3, 1]);
        assert!(families.orphans.is_empty());
    }

    #[test]
    fn a_cycle_and_what_hangs_on_it_belong_to_no_family() {
        let links =
            [Link::Root(ObjectType::Blob), Link::From(2), Link::From(1), Link::From(2), Link::Broken, Link::From(4)];
        assert_eq!(Families::of(&links).orphans, [1, 2, 3, 4, 5]);
    }
}
