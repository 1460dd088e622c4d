//! The two passes that find the places worth a comparison.
//!
//! Takes a text in words of eight bytes; the first pass gives the words in which a window may begin, the second one
//! the places. Everything that is a window comes through, and a little noise. Knows nothing of literals and lengths.

use super::fold::{LANES, PAIRS, lane, lanes};
use super::plan::Plan;
use super::window::key;

/// How many words are passed over before the places among them are looked at: 16 KB, which stays in the cache.
pub(super) const BLOCK: usize = 2048;

/// How many words the second pass takes at a time.
pub(super) const BATCH: usize = 256;

/// How many places a batch can hold.
pub(super) const PLACES: usize = BATCH * LANES;

/// The size of the bitmap of keys, as a power of two.
const KEYS: u32 = 17;

/// The table of pairs and the bitmap of keys.
pub(super) struct Filter {
    table: Box<[[u32; 2]; PAIRS]>,
    keys: Box<[u64; 1 << (KEYS - 6)]>,
    loose: u32,
}

/// A text as words. The last one is filled up with zeros.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    pub(super) whole: &'a [[u8; 8]],
    pub(super) tail: u64,
}

impl Words<'_> {
    fn get(self, at: usize) -> u64 {
        self.whole.get(at).map_or(self.tail, |word| u64::from_le_bytes(*word))
    }
}

impl Filter {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut keys = Box::new([0; 1 << (KEYS - 6)]);
        for window in plan.windows.iter().filter(|window| window.wild() < 2) {
            for key in window.keys() {
                let (at, bit) = slot(key);
                keys[at] |= 1 << bit;
            }
        }
        Self { table: plan.table.clone(), keys, loose: plan.loose }
    }

    /// The words of a block at which a window may begin: in their first six bytes or in the two before them.
    ///
    /// A window is two pairs that stand side by side and share a bucket. `last` carries the pair before the block.
    #[inline(never)] // alone, its table and constants stay in registers
    pub(super) fn flag(&self, block: &[[u8; 8]], last: &mut u32, flagged: &mut [u16; BLOCK]) -> usize {
        let (mut count, mut before) = (0, *last);
        for (at, word) in (0..).zip(block) {
            let word = lanes(u64::from_le_bytes(*word));
            let [a, b, c, d] = [0, 1, 2, 3].map(|pair| &self.table[lane(word, pair)]);
            let shared = (before & a[1]) | (a[0] & b[1]) | (b[0] & c[1]) | (c[0] & d[1]);
            before = d[0];
            if shared != 0 {
                flagged[count % BLOCK] = at;
                count += 1;
            }
        }
        *last = before;
        count
    }

    /// The places in flagged words whose keys are known, as distances from two bytes before the block.
    ///
    /// Without a branch: what comes through is as good as random.
    #[inline(never)]
    pub(super) fn places(&self, words: Words, base: usize, flagged: &[u16], places: &mut [u16; PLACES]) -> usize {
        let mut count = 0;
        for at in flagged {
            let word = words.get(base + usize::from(*at));
            let (before, mut first) = match (base + usize::from(*at)).checked_sub(1) {
                Some(at) => (words.get(at), self.table[lane(lanes(words.get(at)), 3)][0]),
                None => (0, 0),
            };
            let folded = lanes(word);
            let bytes = [before >> 48 | word << 16, word, word >> 16, word >> 32];
            for (pair, four) in bytes.into_iter().enumerate() {
                let [begins, ends] = self.table[lane(folded, pair)];
                let shared = first & ends;
                first = begins;
                let (slot, bit) = slot(key((four & 0xffff_ffff) as u32));
                let known = ((self.keys[slot] >> bit & 1) as u32).wrapping_neg();
                places[count % PLACES] = 8 * at + [0, 2, 4, 6][pair];
                count += usize::from(shared & (known | self.loose) != 0);
            }
        }
        count
    }
}

/// Where a key stands in the bitmap.
#[inline]
const fn slot(key: u32) -> (usize, u32) {
    let hash = key.wrapping_mul(0x9e37_79b1) >> (32 - KEYS);
    ((hash >> 6) as usize, hash & 63)
}
