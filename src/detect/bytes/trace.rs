//! Where a text's anchors stand, taken over from the text that it was made of.
//!
//! In: a text, and perhaps the trace of another one and what was copied from there. Out: the places of all anchors, the
//! same as a search through every byte gives: an anchor depends on its own bytes alone, so one that was copied whole
//! stands where it was copied to, and all others overlap what is new or a seam.

use super::Anchors;
use crate::detect::encoding;

/// No anchor is longer.
const LONGEST: usize = 64;
/// Shorter copies are looked at like new bytes.
const SHORTEST: usize = 4 * LONGEST;

/// One part of a text that is made of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// So many bytes of the other text, from this place on.
    Copy {
        /// The place in the other text.
        from: usize,
        /// How many bytes.
        len: usize,
    },
    /// So many bytes that the other text may not have.
    Insert {
        /// How many bytes.
        len: usize,
    },
}

/// The anchors of one text.
#[derive(PartialEq, Eq)]
pub struct Trace {
    /// Places and numbers in order; `None` if the text is not searched where it lies.
    anchors: Option<Vec<(u32, u32)>>,
}

/// Bytes that were copied together.
#[derive(Clone, Copy)]
pub struct Copied {
    /// Where they stand now.
    pub to: usize,
    /// Where they stood.
    pub from: usize,
    /// How many they are.
    pub len: usize,
}

impl Trace {
    /// Searches a whole text, or what is new in it.
    pub(in crate::detect) fn of(anchors: &Anchors, bytes: &[u8], base: Option<(&Self, &[Part])>) -> Self {
        if u32::try_from(bytes.len()).is_err() || encoding::is_wide(bytes) {
            return Self { anchors: None };
        }
        let mut found = Vec::new();
        let searched = match base.and_then(|(base, parts)| Some((base.anchors.as_ref()?, parts))) {
            Some((base, parts)) => inherit(anchors, bytes, base, copies(parts), &mut found),
            None => search(anchors, bytes, 0..bytes.len(), &mut found),
        };
        Self { anchors: searched.then_some(found) }
    }

    /// Places and numbers of the anchors, in order.
    pub(super) fn anchors(&self) -> Option<impl Iterator<Item = (usize, usize)>> {
        let both = |(at, anchor): &(u32, u32)| (*at as usize, *anchor as usize);
        self.anchors.as_ref().map(|anchors| anchors.iter().map(both))
    }
}

/// What was copied, in order. Neighbours that were neighbours before are one.
pub fn copies(parts: &[Part]) -> impl Iterator<Item = Copied> {
    let (mut rest, mut to) = (parts.iter(), 0);
    let mut last: Option<Copied> = None;
    std::iter::from_fn(move || {
        loop {
            let Some(part) = rest.next() else { return last.take() };
            match *part {
                Part::Copy { from, len } => {
                    let copy = Copied { to, from, len };
                    to += len;
                    match &mut last {
                        Some(last) if last.to + last.len == copy.to && last.from + last.len == from => last.len += len,
                        _ => {
                            if let Some(done) = last.replace(copy) {
                                return Some(done);
                            }
                        }
                    }
                }
                Part::Insert { len } => to += len,
            }
        }
    })
}

fn inherit(
    anchors: &Anchors,
    bytes: &[u8],
    base: &[(u32, u32)],
    copies: impl Iterator<Item = Copied>,
    found: &mut Vec<(u32, u32)>,
) -> bool {
    let mut at = 0;
    for copy in copies.filter(|copy| copy.len >= SHORTEST) {
        if !search(anchors, bytes, at..copy.to, found) {
            return false;
        }
        let first = base.partition_point(|(place, _)| (*place as usize) < copy.from);
        let end = copy.from + copy.len;
        let inside = base[first..].iter().take_while(|(place, _)| (*place as usize) < end);
        let whole = inside.filter(|(place, anchor)| *place as usize + anchors.length(*anchor as usize) <= end);
        found.extend(whole.map(|(place, anchor)| (at_u32(*place as usize - copy.from + copy.to), *anchor)));
        at = copy.to + copy.len;
    }
    let searched = search(anchors, bytes, at..bytes.len(), found);
    // One that overlaps a seam may begin before, or behind, one that was copied.
    found.sort_unstable();
    searched
}

/// Every anchor that overlaps a range, or the seam that an empty range is, but none that lies beside it.
fn search(anchors: &Anchors, bytes: &[u8], new: std::ops::Range<usize>, found: &mut Vec<(u32, u32)>) -> bool {
    let from = new.start.saturating_sub(LONGEST);
    let to = (new.end + LONGEST).min(bytes.len());
    anchors.find(&bytes[from..to], &mut |at, anchor| {
        let at = from + at;
        if at < new.end && at + anchors.length(anchor) > new.start {
            found.push((at_u32(at), u32::try_from(anchor).unwrap_or(u32::MAX)));
        }
    })
}

fn at_u32(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
