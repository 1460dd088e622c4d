//! The four bytes of a literal that stand for it in the filter.
//!
//! Takes a literal and gives its possible windows, for even and for odd places; a window knows whether four bytes are
//! it, exactly. A short literal's window has wild cards behind it or before it. Knows nothing of the filter.

/// How many bytes a window has.
pub(super) const WIDTH: usize = 4;

/// The bits of a key that count: both cases of a letter have one key.
const KEY: u32 = 0xdfdf_dfdf;

/// Four bytes of one literal, in its lower case.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    bytes: [u8; WIDTH],
    case: u32,
    care: u32,
    /// Whose window it is.
    pub(super) literal: u16,
    /// Where the window begins in the literal; -1 is the byte before it.
    pub(super) offset: i8,
}

impl Window {
    /// The window of a literal at an offset.
    pub(super) fn at(text: &[u8], literal: u16, offset: i8) -> Self {
        let (mut bytes, mut case, mut care) = ([0; WIDTH], [0; WIDTH], [0; WIDTH]);
        for place in 0..WIDTH {
            let inside = place.checked_add_signed(isize::from(offset)).and_then(|at| text.get(at));
            if let Some(byte) = inside {
                bytes[place] = byte.to_ascii_lowercase();
                case[place] = if byte.is_ascii_alphabetic() { 0x20 } else { 0 };
                care[place] = 0xff;
            }
        }
        Self { bytes, case: u32::from_le_bytes(case), care: u32::from_le_bytes(care), literal, offset }
    }

    /// The windows of a literal at even or at odd offsets: those with the fewest wild cards.
    ///
    /// None begins more than one byte before the literal, so that no window begins before the text does.
    pub(super) fn all(text: &[u8], literal: u16, odd: bool) -> Vec<Self> {
        let length = i8::try_from(text.len()).unwrap_or(i8::MAX);
        let first = if odd { -1 } else { 0 };
        let mut all: Vec<Self> = (first..length - 1).step_by(2).map(|at| Self::at(text, literal, at)).collect();
        let fewest = all.iter().map(Self::wild).min().unwrap_or(0);
        all.retain(|window| window.wild() == fewest);
        all
    }

    /// How many of its bytes may be any.
    pub(super) const fn wild(&self) -> u32 {
        self.care.count_zeros() / 8
    }

    /// A byte of the window, unless any will do.
    pub(super) fn byte(&self, place: usize) -> Option<u8> {
        (self.care.to_le_bytes()[place] != 0).then(|| self.bytes[place])
    }

    /// The bytes that are not wild.
    pub(super) fn fixed(&self) -> Vec<u8> {
        (0..WIDTH).filter_map(|place| self.byte(place)).collect()
    }

    /// The key of two of its bytes.
    pub(super) fn two(&self, place: usize) -> u32 {
        key(u32::from_le_bytes(self.bytes) >> (8 * place)) & 0xffff
    }

    /// Whether these four bytes are the window, in any case.
    #[inline]
    pub(super) fn is(&self, four: u32) -> bool {
        // 0x20 turns the two cases of a letter into one, and nothing else into it.
        ((four | self.case) ^ u32::from_le_bytes(self.bytes)) & self.care == 0
    }

    /// Every key under which the window can occur. There are 128 times as many for each wild card.
    pub(super) fn keys(&self) -> Vec<u32> {
        let mut keys = vec![0];
        for place in 0..WIDTH {
            let bytes: Vec<u32> = match self.byte(place) {
                Some(byte) => vec![u32::from(byte)],
                None => (0..=255).filter(|byte| byte & 0x20 == 0).collect(),
            };
            keys = keys.iter().flat_map(|key| bytes.iter().map(move |byte| key | byte << (8 * place))).collect();
        }
        keys.into_iter().map(key).collect()
    }
}

/// The key of four bytes.
#[inline]
pub(super) const fn key(four: u32) -> u32 {
    four & KEY
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets(text: &[u8], odd: bool) -> Vec<i8> {
        Window::all(text, 0, odd).iter().map(|window| window.offset).collect()
    }

    #[test]
    fn short_literals_have_wild_cards_and_long_ones_a_choice() {
        assert_eq!((offsets(b"ab", false), offsets(b"ab", true)), (vec![0], vec![-1]));
        assert_eq!((offsets(b"abc", false), offsets(b"abc", true)), (vec![0], vec![-1]));
        assert_eq!((offsets(b"abcd", false), offsets(b"abcd", true)), (vec![0], vec![-1, 1]));
        assert_eq!((offsets(b"abcdefg", false), offsets(b"abcdefg", true)), (vec![0, 2], vec![1, 3]));
        assert_eq!(Window::at(b"ab", 0, -1).wild(), 2);
    }

    #[test]
    fn a_window_is_its_bytes_in_any_case() {
        let window = Window::at(b"k_y", 0, -1);
        let is = |four: &[u8; 4]| window.is(u32::from_le_bytes(*four));
        assert!(is(b"xk_y") && is(b"\xffK_Y"));
        assert!(!is(b"xk\x7fy") && !is(b"xk_\x19") && !is(b"k_yx"));
        assert!(window.keys().contains(&key(u32::from_le_bytes(*b"\xffK_Y"))));
        assert_eq!(window.keys().len(), 128);
    }
}
