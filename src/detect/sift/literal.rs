//! A literal that can be compared with a place in a text.
//!
//! Takes a literal and says whether a text has it at a place, in any ASCII case. Knows nothing of windows.

/// How many bytes are compared at once.
const HEAD: usize = 8;

/// A literal in lower case.
pub(super) struct Literal {
    text: Box<[u8]>,
    head: u64,
    case: u64,
    care: u64,
}

impl Literal {
    pub(super) fn new(text: &[u8]) -> Self {
        let text: Box<[u8]> = text.to_ascii_lowercase().into();
        let word = |of: fn(u8) -> u8| {
            let mut word = [0; HEAD];
            for (to, byte) in word.iter_mut().zip(&text) {
                *to = of(*byte);
            }
            u64::from_le_bytes(word)
        };
        let head = word(|byte| byte);
        // 0x20 turns the two cases of a letter into one, and nothing else into it.
        let case = word(|byte| if byte.is_ascii_alphabetic() { 0x20 } else { 0 });
        let care = word(|_| 0xff);
        Self { text, head, case, care }
    }

    /// Its bytes, in lower case.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether the literal stands in a text at a place.
    #[inline]
    pub(super) fn stands(&self, text: &[u8], place: usize) -> bool {
        let Some(rest) = text.get(place..) else { return false };
        // Most literals end here: a comparison of slices is a call.
        if let Some(head) = rest.first_chunk::<HEAD>() {
            let differs = ((u64::from_le_bytes(*head) | self.case) ^ self.head) & self.care != 0;
            if differs || self.text.len() <= HEAD {
                return !differs;
            }
        }
        rest.get(..self.text.len()).is_some_and(|there| there.eq_ignore_ascii_case(&self.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_stands_in_any_case_and_whole() {
        for text in ["Key", "api_keys", "client_secret"] {
            let literal = Literal::new(text.as_bytes());
            let there = format!("-{}-and more", text.to_ascii_uppercase()).into_bytes();
            let end = 1 + text.len();
            assert!(literal.stands(&there, 1) && literal.stands(&there[..end], 1), "{text}");
            assert!(!literal.stands(&there[..end - 1], 1) && !literal.stands(&there, 0) && !literal.stands(b"", 1));
        }
        let literal = Literal::new(b"a_b");
        assert!(literal.stands(b"A_B     ", 0));
        assert!(!literal.stands(b"a\x7fb     ", 0) && !literal.stands(b"\x01_b     ", 0));
    }
}
