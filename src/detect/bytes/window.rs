//! How much around an anchor is read.
//!
//! In: bytes and a place. Out: a range. It knows line ends and lengths only.

/// So far before an anchor a line is read.
const BEFORE: usize = 512;
/// So far behind it.
const BEHIND: usize = 4 << 10;

/// A part of the bytes.
#[derive(Clone, Copy)]
pub(in crate::detect) struct Window {
    pub(in crate::detect) start: usize,
    pub(in crate::detect) end: usize,
}

/// The line around a place, and so many lines after it, within bounds.
pub(super) fn lines(bytes: &[u8], at: usize, more: usize) -> Window {
    let back = at.saturating_sub(BEFORE);
    let start = bytes[back..at].iter().rposition(|b| *b == b'\n').map_or(back, |end| back + end + 1);
    let limit = (at + BEHIND).min(bytes.len());
    let mut ends = bytes[at..limit].iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| at + i + 1);
    Window { start, end: ends.nth(more).unwrap_or(limit) }
}
