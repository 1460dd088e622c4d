//! What a value is written in: one word for a report, by which a reader recognises a value without seeing it.
//!
//! In: a value. Out: a word. Decides nothing about secrets.

use super::values;
use crate::evidence::Alphabet;

/// Fewer hexadecimal digits make a word: `beef`, `facade`.
const HEX: usize = 8;

pub(super) fn of(value: &[u8]) -> Alphabet {
    let Ok(text) = std::str::from_utf8(value) else { return Alphabet::Mixed };
    let all = |of: fn(&u8) -> bool| value.iter().all(of);
    if text.is_empty() {
        Alphabet::None
    } else if all(u8::is_ascii_digit) {
        Alphabet::Digits
    } else if values::hex(text, HEX) {
        Alphabet::Hex
    } else if text.chars().all(|c| c.is_alphabetic() || " -_./:,'".contains(c)) && !values::random(text) {
        Alphabet::Words
    } else if all(u8::is_ascii_alphanumeric) {
        Alphabet::Alphanumeric
    } else if base64(text) {
        Alphabet::Base64
    } else {
        Alphabet::Mixed
    }
}

/// Names have joints too: only random text, or padding, makes base64 of them.
fn base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let padded = digits.len() < text.len() && text.len().is_multiple_of(4) && text.len() - digits.len() <= 2;
    digits.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/-_".contains(&b)) && (padded || values::random(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::sample::expand;

    #[test]
    fn every_alphabet_is_told() {
        for (recipe, word) in [
            ("", "none"),
            ("<<digits:20>>", "digits"),
            ("<<hex:40>>", "hex"),
            ("<<HEX:32>>", "hex"),
            ("facade", "words"),
            ("correct horse-battery_staple", "words"),
            ("contraseña", "words"),
            ("<<base62:40>>", "alphanumeric"),
            ("<<upper:40>>", "alphanumeric"),
            ("hunter2", "alphanumeric"),
            ("<<b64pad:31>>", "base64"),
            ("<<b64urlpad:32>>", "base64"),
            ("<<base64:60>>/+", "base64"),
            ("prod/db1/user", "mixed"),
            ("Tr0ub4dor&3", "mixed"),
            ("https://u:p@h/", "mixed"),
        ] {
            let text = expand(recipe, 3).unwrap();
            assert_eq!(of(text.as_bytes()).word(), word, "{recipe}");
        }
        assert_eq!(of(b"\xff\xfe"), Alphabet::Mixed);
    }
}
