//! Exact search for values that were given as known.
//!
//! Knows bytes only. The values stay inside the search automata, which give nothing back but yes or no.

use super::KnownValue;
use crate::evidence::Shareable;
use aho_corasick::AhoCorasick;
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};

/// Below this length a value is only found where it stands alone: short words occur inside others.
const LONG: usize = 8;

/// Searches for every known value.
pub(super) struct Known(Vec<Needle>);

/// One value in all its forms. It can be asked, not read.
struct Needle {
    forms: Option<AhoCorasick>,
    long: bool,
}

impl Shareable for Needle {}

impl Known {
    pub(super) fn of<'a>(values: impl IntoIterator<Item = &'a KnownValue>) -> Self {
        Self(
            values
                .into_iter()
                .filter(|known| !known.value.is_empty())
                .map(|known| known.value.examine(needle))
                .collect(),
        )
    }

    /// Whether a known value stands in `text`: raw, base64, hex or URL-encoded.
    pub(super) fn within(&self, text: &[u8]) -> bool {
        self.0.iter().any(|needle| needle.within(text))
    }
}

impl Needle {
    fn within(&self, text: &[u8]) -> bool {
        let Some(forms) = &self.forms else { return false };
        forms.find_iter(text).any(|found| {
            self.long || {
                let before = found.start().checked_sub(1).and_then(|at| text.get(at));
                let inside = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
                !inside(before) && !inside(text.get(found.end()))
            }
        })
    }
}

fn needle(value: &[u8]) -> Needle {
    let long = value.len() >= LONG;
    let whole = &value[..value.len() - value.len() % 3];
    let mut forms = vec![value.to_vec()];
    if long {
        // Cut to whole groups, so that it is found at the start of a longer encoding too.
        forms.push(BASE64.encode(whole).into_bytes());
        forms.push(BASE64URL_NOPAD.encode(whole).into_bytes());
    } else {
        forms.push(BASE64.encode(value).into_bytes());
    }
    forms.push(HEXLOWER.encode(value).into_bytes());
    forms.push(HEXUPPER.encode(value).into_bytes());
    forms.push(percent_encoding::percent_encode(value, percent_encoding::NON_ALPHANUMERIC).to_string().into_bytes());
    Needle { forms: AhoCorasick::new(forms).ok(), long }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Name, Sensitive};

    fn known(value: &str) -> Known {
        Known::of([&KnownValue { secret: Name::fixed("S"), value: Sensitive::from(value.to_owned()), live: true }])
    }

    #[test]
    fn a_known_value_is_found_in_every_form() {
        let value = "correct horse/battery";
        let finder = known(value);
        for form in [
            value.to_owned(),
            BASE64.encode(value.as_bytes()),
            HEXLOWER.encode(value.as_bytes()),
            "correct%20horse%2Fbattery".to_owned(),
        ] {
            assert!(finder.within(format!("x={form};").as_bytes()), "{form}");
        }
        assert!(!finder.within(b"correct horse"));
    }

    #[test]
    fn a_short_known_value_is_found_only_where_it_stands_alone() {
        let finder = known("abc1");
        assert!(finder.within(b"u:abc1@h"));
        assert!(!finder.within(b"xabc1x"));
    }
}
