//! Where the entries of a tree begin, and what matters of them, taken over from the tree that it was made of.
//!
//! In: a tree's bytes, and perhaps another tree's layout and what was copied from it. Out: the same as reading every
//! entry gives: an entry that was copied whole, and that begins where another one ends, is the entry that it was. What
//! matters about an entry is the caller's.

use super::objects::{Entry, entry};
use crate::detect::{Part, copies};

/// The layout of one tree.
pub(super) struct Layout<M> {
    /// Where entries begin, and where the last one ends.
    starts: Vec<u32>,
    /// What matters, with the entry's number.
    marks: Vec<(u32, M)>,
}

impl<M> Default for Layout<M> {
    fn default() -> Self {
        Self { starts: Vec::new(), marks: Vec::new() }
    }
}

impl<M: Copy> Layout<M> {
    /// Reads a tree; `None` if it is damaged. `look` says what matters of an entry that is new.
    pub(super) fn of(
        bytes: &[u8],
        base: Option<(&Self, &[Part])>,
        look: &mut impl FnMut(&Entry<'_>) -> Option<M>,
    ) -> Option<Self> {
        let room = base.map_or(bytes.len() / 32, |(base, _)| base.starts.len()) + 1;
        let mut layout = Self { starts: Vec::with_capacity(room), marks: Vec::new() };
        let mut at = 0;
        if let Some((base, parts)) = base.filter(|(base, _)| base.starts.len() > 1) {
            layout.marks.reserve(base.marks.len() + 1);
            for copy in copies(parts) {
                let mut next = base.starts.partition_point(|start| (*start as usize) < copy.from);
                // The entry that is new or cut by the seam, and those that a shift of the bytes makes.
                while let Some(start) = base.starts.get(next).map(|start| *start as usize) {
                    if start >= copy.from + copy.len || start - copy.from + copy.to == at {
                        break;
                    }
                    if start - copy.from + copy.to < at {
                        next += 1;
                    } else {
                        at = layout.read(bytes, at, look)?;
                    }
                }
                at = layout.take(base, next, copy.from + copy.len, at);
            }
        }
        while at < bytes.len() {
            at = layout.read(bytes, at, look)?;
        }
        layout.starts.push(u32::try_from(at).ok()?);
        Some(layout)
    }

    /// What matters, in the order of the entries.
    pub(super) fn marks(&self) -> impl Iterator<Item = &M> {
        self.marks.iter().map(|(_, mark)| mark)
    }

    /// Reads the entry at a place and answers where the next one begins.
    fn read(&mut self, bytes: &[u8], at: usize, look: &mut impl FnMut(&Entry<'_>) -> Option<M>) -> Option<usize> {
        let (entry, rest) = entry(bytes.get(at..)?)?;
        let number = u32::try_from(self.starts.len()).ok()?;
        self.marks.extend(look(&entry).map(|mark| (number, mark)));
        self.starts.push(u32::try_from(at).ok()?);
        Some(bytes.len() - rest.len())
    }

    /// Takes over the base's entries from number `first` on that end before `end`, and answers where the next begins.
    fn take(&mut self, base: &Self, first: usize, end: usize, at: usize) -> usize {
        let Some(start) = base.starts.get(first).map(|start| *start as usize) else { return at };
        // Entry `n` ends where the next begins: the last start is the end of the tree.
        let behind = base.starts.partition_point(|start| *start as usize <= end).saturating_sub(1);
        if start >= end || behind <= first {
            return at;
        }
        let (Ok(from), Ok(to)) = (u32::try_from(start), u32::try_from(at)) else { return at };
        let own = self.starts.len();
        self.starts.extend(base.starts[first..behind].iter().map(|start| start - from + to));
        let marks = &base.marks[base.marks.partition_point(|(n, _)| (*n as usize) < first)..];
        let marks = marks.iter().take_while(|(n, _)| (*n as usize) < behind);
        self.marks.extend(marks.filter_map(|(n, mark)| Some((u32::try_from(*n as usize - first + own).ok()?, *mark))));
        at + base.starts[behind] as usize - start
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Read = Option<(Vec<u32>, Vec<(u32, Vec<u8>)>)>;

    fn read(bytes: &[u8], base: Option<(&Layout<u64>, &[Part])>) -> (Option<Layout<u64>>, Read) {
        let look = |entry: &Entry<'_>| {
            let name = entry.name.iter().fold(0_u64, |sum, b| sum.wrapping_mul(31) + u64::from(*b));
            entry.name.len().is_multiple_of(2).then_some(name)
        };
        let layout = Layout::of(bytes, base, &mut { look });
        let read = layout.as_ref().map(|layout| {
            let marks = layout.marks.iter().map(|(n, mark)| (*n, mark.to_le_bytes().to_vec())).collect();
            (layout.starts.clone(), marks)
        });
        (layout, read)
    }

    fn tree(names: &[String]) -> Vec<u8> {
        let entry = |(n, name): (usize, &String)| {
            let mode = ["100644", "40000", "120000"][n % 3];
            [format!("{mode} {name}\0").as_bytes(), &[u8::try_from(n * 37 % 251).unwrap(); 20]].concat()
        };
        names.iter().enumerate().flat_map(entry).collect()
    }

    proptest! {
        /// Whatever was copied from wherever: the same as reading every entry.
        #[test]
        fn what_was_taken_over_is_what_reading_gives(
            names in prop::collection::vec("[a-z]{1,12}", 1..20),
            cuts in prop::collection::vec((0_usize..600, 0_usize..600, prop::collection::vec(any::<u8>(), 0..40), any::<bool>()), 1..6),
        ) {
            let base = tree(&names);
            let (layout, _) = read(&base, None);
            let layout = layout.unwrap();
            let (mut bytes, mut parts) = (Vec::new(), Vec::new());
            for (from, len, insert, whole) in cuts {
                // Half of the copies begin and end where entries do, as those of real trees.
                let at = |place: usize| {
                    let near = layout.starts.iter().map(|start| *start as usize).find(|start| *start >= place.min(base.len()));
                    if whole { near.unwrap_or(base.len()) } else { place.min(base.len()) }
                };
                let (from, to) = (at(from), at(from + len));
                bytes.extend_from_slice(&base[from..to]);
                parts.push(Part::Copy { from, len: to - from });
                let insert = if whole { tree(&["new".to_owned()]) } else { insert };
                bytes.extend_from_slice(&insert);
                parts.push(Part::Insert { len: insert.len() });
            }
            prop_assert_eq!(read(&bytes, Some((&layout, &parts))).1, read(&bytes, None).1);
        }
    }
}
