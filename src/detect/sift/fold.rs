//! Bytes to classes, eight at a time.
//!
//! Takes words of eight bytes and gives the numbers under which the filter keeps their pairs. Six bits of each byte
//! count: 0x20 is dropped, and both cases of a letter are one class; 0x80 is dropped, and a pair fits into twelve bits.
//! Knows nothing of literals.

/// How many pairs of classes there are.
pub(super) const PAIRS: usize = 1 << 12;

/// How many pairs stand in one word.
pub(super) const LANES: usize = 4;

/// The bits of a byte that make its class.
const KEPT: u64 = 0x5f5f_5f5f_5f5f_5f5f;

/// Where the two bits land that a pair keeps above its twelfth.
const FREE: u64 = 0x00a0_00a0_00a0_00a0;

/// The pairs of a word, one to each sixteen bits; only the lower twelve of them count.
///
/// The dropped bits of the first byte of a pair leave two gaps, and the two highest bits of the second one fill them:
/// four operations where a dense number of two classes would take ten.
#[inline]
pub(super) const fn lanes(word: u64) -> u64 {
    let kept = word & KEPT;
    kept | ((kept >> 7) & FREE)
}

/// The number of one pair of a folded word.
#[inline]
pub(super) const fn lane(lanes: u64, at: usize) -> usize {
    ((lanes >> (16 * at)) & 0xfff) as usize
}

/// The number of two bytes that stand side by side.
pub(super) fn pair(first: u8, second: u8) -> usize {
    lane(lanes(u64::from(u16::from_le_bytes([first, second]))), 0)
}

/// One byte of each class.
pub(super) fn representatives() -> impl Iterator<Item = u8> + Clone {
    (0..128).filter(|byte| byte & 0x20 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_classes_have_numbers_of_their_own() {
        let mut seen = vec![false; PAIRS];
        for first in representatives() {
            for second in representatives() {
                let number = pair(first, second);
                assert!(!seen[number], "{first} {second}");
                seen[number] = true;
            }
        }
        assert!(seen.iter().all(|seen| *seen));
    }

    #[test]
    fn case_makes_no_difference() {
        for (a, b) in [(b'a', b'A'), (b'z', b'Z'), (b'k', b'K')] {
            assert_eq!(pair(a, b'-'), pair(b, b'-'));
            assert_eq!(pair(b'-', a), pair(b'-', b));
        }
    }

    #[test]
    fn a_word_folds_as_its_pairs_do() {
        let bytes = *b"\xffPa_s\0w\x7f";
        let word = lanes(u64::from_le_bytes(bytes));
        for at in 0..LANES {
            assert_eq!(lane(word, at), pair(bytes[2 * at], bytes[2 * at + 1]));
        }
    }
}
