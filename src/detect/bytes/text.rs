//! Bytes as the text they are.
//!
//! In: bytes. Out: text in which what is no text parts words; line ends stay, so that lines can be counted. Most bytes
//! are text already and are not copied.

use crate::detect::encoding;
use std::ops::Deref;
use zeroize::Zeroizing;

/// Text that lies in the bytes, or was made from them.
pub(super) enum Text<'a> {
    There(&'a str),
    /// Without the control characters that texts have: carriage returns, page feeds, colours.
    Cleaned(Zeroizing<String>),
    /// From bytes that are no text.
    Made(Zeroizing<String>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::There(text) => text,
            Self::Cleaned(text) | Self::Made(text) => text,
        }
    }
}

/// The text.
pub(super) fn text(bytes: &[u8]) -> Text<'_> {
    let parts = |b: &u8| b.is_ascii_control() && !matches!(b, b'\n' | b'\t');
    // Without an early end the loop is a few instructions for many bytes.
    if !bytes.iter().fold(false, |any, b| any | parts(b))
        && let Ok(plain) = std::str::from_utf8(bytes)
    {
        return Text::There(plain);
    }
    let narrow = bytes.contains(&0).then(|| encoding::narrowed(bytes)).flatten();
    let bytes = narrow.as_deref().map_or(bytes, Vec::as_slice);
    let blanked: Zeroizing<Vec<u8>> = Zeroizing::new(bytes.iter().map(|b| if parts(b) { b' ' } else { *b }).collect());
    // What is no letter parts words too.
    let lossy = Zeroizing::new(String::from_utf8_lossy(&blanked).into_owned());
    let usual = |b: &u8| !parts(b) || matches!(b, b'\r' | b'\x0c' | b'\x1b');
    if std::str::from_utf8(bytes).is_ok() && bytes.iter().all(usual) {
        return Text::Cleaned(lossy);
    }
    Text::Made(Zeroizing::new(lossy.replace('\u{fffd}', " ")))
}
