//! The values that no report may contain: those judged plaintext, and those given as known.
//!
//! Bounded and wiped on drop. It answers two questions, neither of which gives a value away: does this
//! text contain one of them, and what does the text look like with them masked.

use super::{Name, Sensitive, Shareable};
use aho_corasick::{AhoCorasick, MatchKind};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use std::sync::Mutex;
use zeroize::Zeroizing;

/// Shorter values would mask half of every report.
const SHORTEST: usize = 8;
/// Shortest line of a longer value that is held by itself.
const LINE: usize = 16;
/// Names are shorter than a long value: its beginning is what could come out, and what is looked for.
const LONGEST: usize = 256;
/// Most values held; more are counted, and the report says that the mask was incomplete.
const MOST: usize = 20_000;

/// The bounded set of values that must not come out.
#[derive(Default)]
pub struct SecretRegistry {
    values: Mutex<Vec<Zeroizing<Vec<u8>>>>, // sorted
}

impl SecretRegistry {
    /// Remembers a value; short ones and those beyond the bound are not held.
    pub fn remember(&self, value: &Sensitive) {
        let whole = value.duplicate();
        // A key over several lines gives itself away line by line.
        for line in whole.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).filter(|line| line.len() >= LINE) {
            if line.len() < whole.len() && !line.starts_with(b"-----") {
                self.hold(Zeroizing::new(line.to_vec()));
            }
        }
        self.hold(whole);
    }

    fn hold(&self, mut value: Zeroizing<Vec<u8>>) {
        if value.len() < SHORTEST {
            return;
        }
        if value.len() > LONGEST {
            value = Zeroizing::new(value[..LONGEST].to_vec());
        }
        let Ok(mut values) = self.values.lock() else { return };
        let place = values.binary_search_by(|held| held.as_slice().cmp(&value));
        if let (Err(place), true) = (place, values.len() < MOST) {
            values.insert(place, value);
        }
    }

    /// How many values are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.lock().map_or(0, |values| values.len())
    }

    /// Whether no value is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Replaces every held value in `text`, in plain, base64, hex and URL-encoded form.
    ///
    /// Values that are part of `vocabulary` (the report's own fixed words) say nothing where they occur and
    /// are left alone. Returns the text and how often something was replaced.
    #[must_use]
    pub fn mask(&self, text: Vec<u8>, vocabulary: &str) -> (Vec<u8>, usize) {
        let needles = self.forms(vocabulary);
        if needles.is_empty() {
            return (text, 0);
        }
        let Ok(finder) = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&needles) else {
            return (b"(withheld: the mask could not be built)\n".to_vec(), 1);
        };
        let mut out = Vec::with_capacity(text.len());
        let (mut last, mut hits) = (0, 0);
        for found in finder.find_iter(&text) {
            out.extend_from_slice(&text[last..found.start()]);
            out.extend_from_slice(b"(masked)");
            last = found.end();
            hits += 1;
        }
        out.extend_from_slice(&text[last..]);
        (out, hits)
    }

    /// Masks held values in names from outside, paths say: what somebody calls a file may be another file's password.
    pub fn cover<'a>(&self, names: impl Iterator<Item = &'a mut Name>) {
        let needles = self.forms("");
        let Ok(finder) = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&needles) else { return };
        for name in names.filter(|name| !needles.is_empty() && finder.is_match(name.as_str())) {
            *name = name.covered(|text| finder.replace_all(text, &vec!["(masked)"; needles.len()]));
        }
    }

    fn forms(&self, vocabulary: &str) -> Vec<Zeroizing<Vec<u8>>> {
        let Ok(values) = self.values.lock() else { return Vec::new() };
        let mut needles = Vec::new();
        for value in values.iter() {
            if std::str::from_utf8(value).is_ok_and(|text| vocabulary.contains(text)) {
                continue;
            }
            needles.extend(encodings(value));
        }
        needles.sort_by(|a: &Zeroizing<Vec<u8>>, b| a.as_slice().cmp(b));
        needles.dedup_by(|a, b| a.as_slice() == b.as_slice());
        needles
    }
}

impl Shareable for &SecretRegistry {}

/// The forms in which a value could stand in a text. Base64 is cut to whole groups so that it is found
/// inside longer encodings that start at the value.
fn encodings(value: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    let url = percent_encoding::percent_encode(value, percent_encoding::NON_ALPHANUMERIC).to_string();
    let json = serde_json::to_string(&String::from_utf8_lossy(value)).unwrap_or_default();
    let whole = &value[..value.len() - value.len() % 3];
    [
        value.to_vec(),
        BASE64.encode(whole).into_bytes(),
        BASE64URL_NOPAD.encode(whole).into_bytes(),
        HEXLOWER.encode(value).into_bytes(),
        HEXUPPER.encode(value).into_bytes(),
        url.into_bytes(),
        json.trim_matches('"').as_bytes().to_vec(),
    ]
    .into_iter()
    .map(Zeroizing::new)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_value_is_masked() {
        let registry = SecretRegistry::default();
        let value = b"correct horse/battery".to_vec();
        registry.remember(&Sensitive::new(value.clone()));
        for form in encodings(&value) {
            let text = [b"before ".as_slice(), &form, b" after"].concat();
            let (masked, hits) = registry.mask(text, "");
            assert_eq!((masked.as_slice(), hits), (b"before (masked) after".as_slice(), 1));
        }
    }

    #[test]
    fn the_report_s_own_words_are_not_masked() {
        let registry = SecretRegistry::default();
        registry.remember(&Sensitive::from("database".to_owned()));
        let (text, hits) = registry.mask(b"{\"database\":1}".to_vec(), "redis_denylist database");
        assert_eq!((text.as_slice(), hits), (b"{\"database\":1}".as_slice(), 0));
    }
}
