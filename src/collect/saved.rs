//! The text of a saved `docker inspect`. Not a collector.
//!
//! In: a path and a limit. Out: the text, wiped when it is dropped, or why there is none. It parses nothing.

use super::refusal::Refusal;
use crate::evidence::{Cause, Name};
use std::io::Read;
use std::path::Path;
use zeroize::Zeroizing;

/// Reads a saved inspect file.
pub(super) fn text(path: &Path, limit: u64) -> Result<Zeroizing<String>, Refusal> {
    let operation = |why: Refusal| why.with("operation", Name::fixed("read inspect_file"));
    let refused = |error: std::io::Error| operation(Refusal::of_file(&error));
    if !std::fs::metadata(path).map_err(refused)?.is_file() {
        return Err(operation(Refusal::new(Cause::Unsupported)).because("not a regular file"));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    let file = std::fs::File::open(path).map_err(refused)?;
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(refused)?;
    if bytes.len() as u64 > limit {
        return Err(operation(Refusal::new(Cause::OverLimit)).with("key", Name::fixed("limits.file_bytes")));
    }
    decoded(&bytes).ok_or_else(|| operation(Refusal::new(Cause::Malformed)))
}

/// `docker inspect … > file` in PowerShell writes UTF-16 with a byte order mark.
pub(super) fn decoded(bytes: &[u8]) -> Option<Zeroizing<String>> {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = Zeroizing::new(rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect::<Vec<u16>>());
        String::from_utf16(&units).ok().map(Zeroizing::new)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => Some(Zeroizing::new(std::str::from_utf8(rest).ok()?.to_owned())),
    }
}
