//! UTF-16 and UTF-32 as a whole: their zeros would part every word.
//!
//! In: bytes. Out: the text, if they are wide. What is not, is searched where it lies.

use crate::detect::encoding;
use zeroize::Zeroizing;

/// The text of wide bytes, its encoding's word, and whether all of it was understood.
pub(super) fn narrowed(bytes: &[u8]) -> Option<(Zeroizing<String>, &'static str, bool)> {
    if !encoding::is_wide(bytes) {
        return None;
    }
    let decoded = encoding::decode(bytes);
    decoded.encoding.starts_with("utf-").then_some((decoded.text, decoded.encoding, decoded.determined))
}
