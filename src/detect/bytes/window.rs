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
    let ends = |i: usize| bytes[i] == b'\n' || foreign(bytes, i);
    let start = (back..at).rfind(|i| ends(*i)).map_or(back, |end| end + 1);
    let limit = (at + BEHIND).min(bytes.len());
    let mut lines = 0;
    for i in at..limit {
        lines += usize::from(bytes[i] == b'\n');
        if lines > more || foreign(bytes, i) {
            return Window { start, end: i + 1 };
        }
    }
    Window { start, end: limit }
}

/// Whether what stands here is in no text, coloured terminal output and lists between NULs included: a line of a program
/// ends at it.
fn foreign(bytes: &[u8], at: usize) -> bool {
    match bytes[at] {
        // In UTF-16 every other byte is one, but never two on end before the text does.
        0 => bytes.get(at + 1) == Some(&0) && bytes.get(at + 2) == Some(&0),
        7..=13 | 27 => false,
        control => control < b' ' || control == 0x7f,
    }
}
