//! Content that git LFS keeps outside of the object store.
//!
//! In: a blob that points there. Out: the content if it was fetched and is what the pointer says, and whatever
//! else stands in the pointer: a line that LFS does not know is still in everybody's clone.

use super::refs::small_file;
use crate::evidence::{Cause, Sensitive};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

/// Larger blobs are no pointers to LFS either.
const POINTER_BYTES: usize = 1024;

/// A pointer file.
pub(super) struct Pointer {
    digest: String,
    size: Option<u64>,
    /// The file without what makes it a pointer; line numbers stay.
    pub(super) rest: Sensitive,
}

/// What became of the content.
pub(super) enum Fetched {
    Here(Sensitive),
    Absent,
    /// Something else lies in its place.
    Damaged,
    TooLarge,
}

/// Reads a pointer; `None` if the bytes are none.
pub(super) fn pointer(bytes: &[u8]) -> Option<Pointer> {
    if bytes.len() > POINTER_BYTES || !bytes.starts_with(b"version https://git-lfs.github.com/spec/") {
        return None;
    }
    let (mut digest, mut size, mut rest) = (None, None, Vec::with_capacity(bytes.len()));
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        let text = std::str::from_utf8(line.trim_ascii_end()).unwrap_or_default();
        // The first of each counts; a second one is content like any other line.
        if let (None, Some(hex)) = (&digest, text.strip_prefix("oid sha256:").filter(|hex| is_digest(hex))) {
            digest = Some(hex.to_ascii_lowercase());
        } else if let (None, Some(bytes)) = (size, text.strip_prefix("size ").and_then(|n| n.parse::<u64>().ok())) {
            size = Some(bytes);
        } else if text != "version https://git-lfs.github.com/spec/v1" {
            rest.extend_from_slice(line);
            continue;
        }
        rest.push(b'\n');
    }
    Some(Pointer { digest: digest?, size, rest: Sensitive::new(rest) })
}

fn is_digest(hex: &str) -> bool {
    hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The content, if it is here. Its file's name is made of checked hex digits only.
pub(super) fn fetched(common: &Path, pointer: &Pointer, limit: u64) -> Fetched {
    let digest = pointer.digest.as_str();
    let file = common.join("lfs/objects").join(&digest[..2]).join(&digest[2..4]).join(digest);
    let Ok(about) = fs::metadata(&file) else { return Fetched::Absent };
    if about.is_file() && about.len() > limit {
        return Fetched::TooLarge;
    }
    let Some(bytes) = small_file(&file, limit) else { return Fetched::Absent };
    let actual = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
    let content = Sensitive::new(bytes);
    let sized = pointer.size.is_none_or(|size| size == content.len() as u64);
    if sized && actual == digest { Fetched::Here(content) } else { Fetched::Damaged }
}

/// The cause of a gap where content in LFS is not here, or damaged.
pub(super) fn elsewhere(damaged: bool) -> Cause {
    if damaged { Cause::Malformed } else { Cause::ContentElsewhere }
}

/// What helps.
pub(super) fn lfs_remedy(damaged: bool) -> &'static str {
    if damaged { "git lfs fsck" } else { "git lfs fetch --all" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_makes_a_pointer_is_taken_out() {
        let first = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12\n", "a".repeat(64));
        let read = pointer(first.as_bytes()).unwrap();
        assert_eq!((read.digest, read.size), ("a".repeat(64), Some(12)));
        assert!(read.rest.is("\n\n\n"));
        let more = format!("{first}size 13\nPORT=1\n");
        assert!(pointer(more.as_bytes()).unwrap().rest.is("\n\n\nsize 13\nPORT=1\n"));
        assert!(pointer(b"version https://git-lfs.github.com/spec/v1\nsize 12\n").is_none());
        assert!(pointer(b"PORT=1\n").is_none());
    }
}
