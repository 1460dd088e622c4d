//! The forms in which a value can stand in a text, beyond those that reading the text otherwise undoes.
//!
//! In: one value. Out: its raw text and that of its parts, in UTF-16, base64 of every alignment, and hexadecimal.
//! Knows no text to search, and what it makes is wiped when it is dropped.

use super::readings;
use super::{Found, SHORTEST};
use crate::detect::{placeholders, urls};
use data_encoding::{BASE64_NOPAD, HEXLOWER, HEXUPPER};
use zeroize::Zeroizing;

type Bytes = Zeroizing<Vec<u8>>;

/// How much of a form's beginning is looked for first: automata over whole forms would take memory by the gigabyte.
pub(super) const ANCHOR: usize = 32;

/// One form of one value.
pub(in crate::detect) struct Form {
    pub(super) version: Found,
    /// Whether white space may stand in it: encoders break lines.
    pub(super) encoded: bool,
    bytes: Bytes,
    before: Option<Edge>,
    after: Option<Edge>,
}

/// A base64 digit that belongs to the value in part: which of its bits, and what they are.
#[derive(Clone, Copy)]
struct Edge {
    mask: u8,
    bits: u8,
}

impl Edge {
    fn holds(self, digit: Option<&u8>) -> bool {
        digit.and_then(|b| place(*b)).is_some_and(|place| place & self.mask == self.bits)
    }
}

impl Form {
    pub(super) fn anchor(&self) -> &[u8] {
        &self.bytes[..self.bytes.len().min(ANCHOR)]
    }

    /// Whether the whole form stands in `text` at this place.
    pub(super) fn stands(&self, text: &[u8], at: usize) -> bool {
        let Some(rest) = text.get(at..).and_then(|rest| rest.strip_prefix(self.bytes.as_slice())) else { return false };
        let before = at.checked_sub(1).and_then(|at| text.get(at));
        self.before.is_none_or(|edge| edge.holds(before)) && self.after.is_none_or(|edge| edge.holds(rest.first()))
    }
}

/// Every form of a value and of what it was made from.
pub(super) fn forms(value: &[u8], version: Found) -> Vec<Form> {
    let mut forms = Vec::new();
    let plain = |bytes: Bytes, encoded| Form { version, encoded, bytes, before: None, after: None };
    for text in originals(value) {
        forms.extend(base64(&text, version));
        for bytes in [HEXLOWER.encode(&text), HEXUPPER.encode(&text)] {
            forms.push(plain(Zeroizing::new(bytes.into_bytes()), true));
        }
        if let Ok(words) = std::str::from_utf8(&text) {
            let wide = |bytes: fn(u16) -> [u8; 2]| Zeroizing::new(words.encode_utf16().flat_map(bytes).collect());
            let little: Bytes = wide(u16::to_le_bytes);
            // PowerShell takes commands in base64 of this.
            forms.extend(base64(&little, version));
            forms.push(plain(little, false));
            forms.push(plain(wide(u16::to_be_bytes), false));
        }
        forms.push(plain(text, false));
    }
    forms.retain(|form| form.bytes.len() >= SHORTEST);
    forms
}

/// The value, what it says when it was encoded for a URL or written in one line, and a URL's password by itself.
fn originals(value: &[u8]) -> Vec<Bytes> {
    let mut all: Vec<Bytes> = vec![Zeroizing::new(value.to_vec())];
    if let Ok(text) = std::str::from_utf8(value) {
        all.extend(password(text).map(|part| Zeroizing::new(part.as_bytes().to_vec())));
    }
    for at in 0..all.len() {
        for reading in [readings::percent, readings::form, readings::line_ends] {
            all.push(reading(&all[at]));
        }
    }
    all.retain(|text| text.len() >= SHORTEST);
    all.sort_by(|a, b| a.as_slice().cmp(b));
    all.dedup_by(|a, b| a.as_slice() == b.as_slice());
    all
}

/// The password in a URL, unless it says nothing: a stand-in, or a word that the URL has in another place too.
fn password(url: &str) -> Option<&str> {
    let place = urls::password(url)?;
    let password = &url[place.clone()];
    let words = |text: &str| text.split(|c: char| "/:@.?&=#".contains(c)).any(|word| word == password);
    let public = words(&url[..place.start]) || words(&url[place.end..]) || placeholders::whole("", password);
    (!public).then_some(password)
}

/// Base64 at the start, and one and two bytes into a group, in both alphabets. Digits that other bytes have a share in
/// are looked at by themselves.
fn base64(bytes: &[u8], version: Found) -> Vec<Form> {
    let mut forms = Vec::new();
    for offset in 0..3 {
        let padded = Zeroizing::new([&[0; 3][..offset], bytes].concat());
        let digits = Zeroizing::new(BASE64_NOPAD.encode(&padded).into_bytes());
        let (first, end) = ((offset * 8).div_ceil(6), padded.len() * 8 / 6);
        let edge =
            |at: usize, mask: u8| digits.get(at).and_then(|b| place(*b)).map(|place| Edge { mask, bits: place & mask });
        let before = [None, edge(1, 0b00_1111), edge(2, 0b00_0011)][offset];
        let after = [None, edge(end, 0b11_0000), edge(end, 0b11_1100)][padded.len() % 3];
        let standard = Zeroizing::new(digits[first..end].to_vec());
        let safe = |b: &u8| match b {
            b'+' => b'-',
            b'/' => b'_',
            other => *other,
        };
        let other: Bytes = Zeroizing::new(standard.iter().map(safe).collect());
        let form = |bytes| Form { version, encoded: true, bytes, before, after };
        if other.as_slice() != standard.as_slice() {
            forms.push(form(other));
        }
        forms.push(form(standard));
    }
    forms
}

/// What a base64 digit stands for, in either alphabet.
fn place(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}
