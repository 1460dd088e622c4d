//! Many literals looked for at once: the first pass over every byte there is.
//!
//! Takes a few hundred short ASCII literals, then any bytes, and gives every place at which a literal stands, in any
//! case. Three passes over 16 KB at a time, so that each is a tight loop: words in which something may begin, places
//! with a known key, comparison. Nothing is copied or lower-cased. Knows nothing of what the literals are for.

mod filter;
mod fold;
mod frequency;
mod literal;
mod order;
mod plan;
mod proof;
#[cfg(test)]
mod tests;
mod window;

use self::filter::{BATCH, BLOCK, Filter, PLACES, Words};
use self::literal::Literal;
use self::order::Waiting;
use self::plan::Plan;
use self::proof::Proof;
use std::cell::Cell;
use thiserror::Error;

/// The shortest literal.
const SHORTEST: usize = 2;

/// The longest literal.
const LONGEST: usize = 64;

/// The most literals; far fewer are fast.
const MOST: usize = 4096;

/// So many hits wait before a block is through only where hits crowd.
const CROWD: usize = 1024;

/// Why literals cannot be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SiftError {
    /// A literal is too short or too long.
    #[error("literal {index} has {length} bytes; 2 to 64 can be looked for")]
    Length {
        /// Which literal.
        index: usize,
        /// Its length.
        length: usize,
    },
    /// A literal has a byte that is not ASCII, for which case is not defined.
    #[error("literal {index} is not ASCII")]
    NotAscii {
        /// Which literal.
        index: usize,
    },
    /// There are too many literals.
    #[error("literal {index} is one too many; 4096 can be looked for")]
    TooMany {
        /// The first one that is too many.
        index: usize,
    },
}

/// Finds every occurrence of many literals, in any ASCII case.
pub struct Sift {
    literals: Vec<Literal>,
    filter: Filter,
    proof: Proof,
}

/// What a search needs beside the text. Used again, it spares a search its allocations.
#[derive(Debug)]
pub struct Scratch {
    flagged: Box<[u16; BLOCK]>,
    places: Box<[u16; PLACES]>,
    waiting: Waiting,
}

impl Default for Scratch {
    fn default() -> Self {
        Self { flagged: Box::new([0; BLOCK]), places: Box::new([0; PLACES]), waiting: Waiting::default() }
    }
}

impl Sift {
    /// Prepares the search. Literals may be equal or parts of one another.
    ///
    /// # Errors
    ///
    /// When a literal has fewer than 2 or more than 64 bytes or is not ASCII, or when there are more than 4096.
    pub fn new(literals: &[&[u8]]) -> Result<Self, SiftError> {
        if literals.len() > MOST {
            return Err(SiftError::TooMany { index: MOST });
        }
        for (index, literal) in literals.iter().enumerate() {
            if !(SHORTEST..=LONGEST).contains(&literal.len()) {
                return Err(SiftError::Length { index, length: literal.len() });
            }
            if !literal.is_ascii() {
                return Err(SiftError::NotAscii { index });
            }
        }
        let literals: Vec<Literal> = literals.iter().map(|literal| Literal::new(literal)).collect();
        let plan = Plan::new(&literals);
        Ok(Self { filter: Filter::new(&plan), proof: Proof::new(&plan.windows), literals })
    }

    /// Calls `hit` with the start and the literal's index of every occurrence, in this order.
    pub fn find(&self, haystack: &[u8], hit: &mut impl FnMut(usize, usize)) {
        thread_local! {
            static KEPT: Cell<Option<Scratch>> = const { Cell::new(None) };
        }
        // Taken out for the time of the search: a hit may begin another one.
        let mut scratch = KEPT.take().unwrap_or_default();
        self.find_with(&mut scratch, haystack, hit);
        KEPT.set(Some(scratch));
    }

    /// The same, for many texts in a row.
    pub fn find_with(&self, scratch: &mut Scratch, haystack: &[u8], hit: &mut impl FnMut(usize, usize)) {
        let (whole, rest) = haystack.as_chunks::<8>();
        let mut tail = [0; 8];
        tail[..rest.len()].copy_from_slice(rest);
        let words = Words { whole, tail: u64::from_le_bytes(tail) };
        let (mut base, mut last) = (0, 0);
        // A window may begin in the last whole word and end behind it: the rest is passed over even when it is empty.
        for block in whole.chunks(BLOCK).chain([[tail].as_slice()]) {
            let flagged = self.filter.flag(block, &mut last, &mut scratch.flagged);
            for batch in scratch.flagged[..flagged].chunks(BATCH) {
                let places = self.filter.places(words, base, batch, &mut scratch.places);
                for place in &scratch.places[..places] {
                    self.compare(haystack, 8 * base + usize::from(*place) - 2, &mut scratch.waiting, hit);
                }
            }
            base += block.len();
            scratch.waiting.pass((8 * base).saturating_sub(LONGEST), hit);
        }
        scratch.waiting.pass(usize::MAX, hit);
    }

    /// Adds the literals that stand at a place, or around it.
    #[inline]
    fn compare(&self, haystack: &[u8], place: usize, waiting: &mut Waiting, hit: &mut impl FnMut(usize, usize)) {
        for window in self.proof.windows(four(haystack, place)) {
            let literal = usize::from(window.literal);
            let Some(start) = place.checked_add_signed(-isize::from(window.offset)) else { continue };
            if self.literals[literal].stands(haystack, start) {
                waiting.add((start, literal));
            }
        }
        if waiting.len() > CROWD {
            waiting.pass(place.saturating_sub(LONGEST), hit);
        }
    }
}

/// Four bytes of the text, with zeros behind its end.
#[inline]
fn four(haystack: &[u8], place: usize) -> u32 {
    let rest = haystack.get(place..).unwrap_or(&[]);
    if let Some(four) = rest.first_chunk() {
        return u32::from_le_bytes(*four);
    }
    let mut four = [0; 4];
    four[..rest.len()].copy_from_slice(rest);
    u32::from_le_bytes(four)
}
