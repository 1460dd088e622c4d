//! The comparison of a place with the literals that may stand there.
//!
//! Takes four bytes and gives the windows they are; takes a text and says whether a literal stands in it. Exact.
//! Knows nothing of the filter.

use super::window::{Window, key};

/// How many slots there are, as a power of two.
const SLOTS: u32 = 12;

/// Windows by two of their bytes.
pub(super) struct Proof {
    /// By the two middle bytes, which all but one kind of window have.
    middle: Slots,
    /// By the first two bytes: literals of two bytes at even places.
    head: Slots,
}

/// Windows in the order of their slots, and where each slot begins.
struct Slots {
    place: usize,
    starts: Vec<u16>,
    windows: Vec<Window>,
}

impl Proof {
    pub(super) fn new(windows: &[Window]) -> Self {
        let (middle, head) = windows.iter().copied().partition(|window| window.byte(2).is_some());
        Self { middle: Slots::new(middle, 1), head: Slots::new(head, 0) }
    }

    /// The windows that four bytes are.
    #[inline]
    pub(super) fn windows(&self, four: u32) -> impl Iterator<Item = &Window> {
        self.middle.of(four).iter().chain(self.head.of(four)).filter(move |window| window.is(four))
    }
}

impl Slots {
    fn new(mut windows: Vec<Window>, place: usize) -> Self {
        let at = |window: &Window| slot(window.two(place));
        windows.sort_by_key(at);
        let start = |slot: usize| windows.partition_point(|window| at(window) < slot);
        let starts = if windows.is_empty() { 0..0 } else { 0..(1 << SLOTS) + 1 };
        // Twice the most literals there may be are fewer than 65536.
        let starts = starts.map(|slot| u16::try_from(start(slot)).unwrap_or(u16::MAX)).collect();
        Self { place, starts, windows }
    }

    #[inline]
    fn of(&self, four: u32) -> &[Window] {
        let at = slot(key(four >> (8 * self.place)) & 0xffff);
        let Some([from, to]) = self.starts.get(at..at + 2) else { return &[] };
        self.windows.get(usize::from(*from)..usize::from(*to)).unwrap_or(&[])
    }
}

/// The slot of the key of two bytes.
#[inline]
const fn slot(two: u32) -> usize {
    (two.wrapping_mul(0x9e37_79b1) >> (32 - SLOTS)) as usize
}
