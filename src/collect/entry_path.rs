//! Paths of entries in archives and repositories: bytes, with slashes between names. Not a collector.

/// The folder and the name of a path; at the root the folder is empty.
pub(super) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    let at = path.iter().rposition(|&b| b == b'/');
    at.map_or((b"", path), |at| (&path[..at], &path[at + 1..]))
}

/// A path as it lies after unpacking: `./x`, `/x` and `a/../x` are all `x`, and nothing lies above the root.
pub(super) fn clean(path: &[u8]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join(&b'/')
}
