//! Raw objects: commits, trees and tags parsed from their own bytes, blobs wrapped as they are read.
//!
//! libgit2's parsed commits honour grafts, and its tree type hides repeated names; the bytes hide nothing.
//! Knows nothing of refs, paths or secrets.

use super::ids::IdSet;
use super::lfs::{Pointer, pointer};
use super::losses::Fault;
use crate::evidence::Sensitive;
use git2::{ObjectType, Odb, OdbLookupFlags, OdbObject, Oid};

/// Deepest nesting of trees that is followed.
pub(super) const DEEPEST: usize = 256;
/// Longest chain of tags that is followed.
const TAG_CHAIN: usize = 64;
/// Largest commit, tag or tree that is read: larger ones are attacks on memory.
pub(super) const STRUCTURE_BYTES: usize = 64 << 20;

/// The objects of a store, without those whose files end early: libgit2 waits for their rest for ever.
pub(super) struct Objects<'a> {
    odb: Odb<'a>,
    cut: &'a IdSet<Oid>,
}

impl<'a> Objects<'a> {
    pub(super) fn new(odb: Odb<'a>, cut: &'a IdSet<Oid>) -> Self {
        Self { odb, cut }
    }

    /// Reads an object.
    pub(super) fn read(&self, id: Oid) -> Result<OdbObject<'_>, git2::Error> {
        self.whole(id)?;
        self.odb.read(id)
    }

    /// Reads what an object is and how large.
    pub(super) fn read_header(&self, id: Oid) -> Result<(usize, ObjectType), git2::Error> {
        self.whole(id)?;
        self.odb.read_header(id)
    }

    /// Whether an object is here; it need not be whole.
    pub(super) fn exists(&self, id: Oid) -> bool {
        self.odb.exists_ext(id, OdbLookupFlags::NO_REFRESH)
    }

    fn whole(&self, id: Oid) -> Result<(), git2::Error> {
        if self.cut.contains(&id) { Err(git2::Error::from_str("the file ends early")) } else { Ok(()) }
    }
}

/// The parts of a commit that history needs.
#[derive(Clone)]
pub(super) struct RawCommit {
    pub(super) tree: Oid,
    pub(super) parents: Vec<Oid>,
    pub(super) authored: i64,
    pub(super) committed: i64,
}

/// One entry of a tree.
pub(super) struct Entry<'a> {
    pub(super) what: EntryType,
    pub(super) name: &'a [u8],
    raw: &'a [u8; 20],
}

impl Entry<'_> {
    /// The object's id.
    pub(super) fn id(&self) -> Oid {
        Oid::from_bytes(self.raw).unwrap_or(Oid::ZERO_SHA1)
    }
}

/// What an entry's mode says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum EntryType {
    File,
    Symlink,
    Gitlink,
    Tree,
}

impl EntryType {
    pub(super) fn of_mode(mode: u32) -> Self {
        match mode & 0o170_000 {
            0o040_000 => Self::Tree,
            0o120_000 => Self::Symlink,
            0o160_000 => Self::Gitlink,
            _ => Self::File,
        }
    }
}

/// Where a ref's object chain ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peeled {
    Commit(Oid),
    Tree(Oid),
    Blob(Oid),
}

/// Reads one structural object and hands its bytes to `parse`.
pub(super) fn structure<T>(
    odb: &Objects<'_>,
    id: Oid,
    kind: ObjectType,
    parse: impl FnOnce(&[u8]) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let object = odb.read(id).map_err(|error| Fault::from(&error))?;
    if object.len() > STRUCTURE_BYTES {
        return Err(Fault::TooLarge);
    }
    if object.kind() == kind { parse(object.data()) } else { Err(Fault::Malformed) }
}

/// A commit's tree, parents and dates.
pub(super) fn commit(odb: &Objects<'_>, id: Oid) -> Result<RawCommit, Fault> {
    structure(odb, id, ObjectType::Commit, |bytes| parse_commit(bytes).ok_or(Fault::Malformed))
}

/// The same, from a commit's bytes.
pub(super) fn parse_commit(bytes: &[u8]) -> Option<RawCommit> {
    let mut lines = bytes.split(|&b| b == b'\n');
    let tree = oid(lines.next()?.strip_prefix(b"tree ")?)?;
    let (mut parents, mut authored, mut committed) = (Vec::new(), None, None);
    for line in lines {
        if let Some(hex) = line.strip_prefix(b"parent ") {
            parents.push(oid(hex)?);
        } else if let Some(person) = line.strip_prefix(b"author ") {
            authored = seconds(person);
        } else if let Some(person) = line.strip_prefix(b"committer ") {
            committed = seconds(person);
        } else if line.is_empty() {
            break;
        }
    }
    // Old tools wrote commits without usable dates; their content counts all the same.
    let authored = authored.or(committed).unwrap_or(0);
    Some(RawCommit { tree, parents, authored, committed: committed.unwrap_or(authored) })
}

fn oid(hex: &[u8]) -> Option<Oid> {
    let mut raw = [0; 20];
    let written = hex.len() == 40 && data_encoding::HEXLOWER_PERMISSIVE.decode_mut(hex, &mut raw).is_ok();
    if written { Oid::from_bytes(&raw).ok() } else { None }
}

/// The seconds in `Name <mail> 1700000000 +0100`.
fn seconds(person: &[u8]) -> Option<i64> {
    let after = person.iter().rposition(|&b| b == b'>')? + 1;
    std::str::from_utf8(&person[after..]).ok()?.split_whitespace().next()?.parse().ok()
}

/// Follows tags to what they name.
pub(super) fn peel(odb: &Objects<'_>, id: Oid) -> Result<Peeled, Fault> {
    let mut id = id;
    for _ in 0..TAG_CHAIN {
        let (_, kind) = odb.read_header(id).map_err(|error| Fault::from(&error))?;
        match kind {
            ObjectType::Commit => return Ok(Peeled::Commit(id)),
            ObjectType::Tree => return Ok(Peeled::Tree(id)),
            ObjectType::Blob => return Ok(Peeled::Blob(id)),
            _ => {
                id = structure(odb, id, ObjectType::Tag, |bytes| {
                    let line = bytes.split(|&b| b == b'\n').next();
                    line.and_then(|line| line.strip_prefix(b"object ")).and_then(oid).ok_or(Fault::Malformed)
                })?;
            }
        }
    }
    Err(Fault::TooLarge)
}

/// The entries of a tree's bytes; a damaged tail ends it with an error.
pub(super) fn entries(bytes: &[u8]) -> impl Iterator<Item = Result<Entry<'_>, Fault>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let parsed = entry(rest);
        rest = parsed.as_ref().map_or(&[], |(_, rest)| rest);
        Some(parsed.map(|(entry, _)| entry).ok_or(Fault::Malformed))
    })
}

/// The entry at the beginning of these bytes, and what follows it.
pub(super) fn entry(bytes: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    let mut mode = 0_u32;
    let mut at = 0;
    loop {
        let byte = *bytes.get(at)?;
        at += 1;
        match byte {
            b'0'..=b'7' if at < 8 => mode = mode * 8 + u32::from(byte - b'0'),
            b' ' => break,
            _ => return None,
        }
    }
    let rest = &bytes[at..];
    let end = memchr::memchr(0, rest)?;
    let (name, rest) = (&rest[..end], &rest[end + 1..]);
    let (raw, rest) = rest.split_first_chunk()?;
    Some((Entry { what: EntryType::of_mode(mode), name, raw }, rest))
}

/// A blob's content.
pub(super) enum Content {
    /// Its bytes, wrapped.
    Bytes(Sensitive),
    /// An LFS pointer: the content lies elsewhere.
    LfsPointer(Pointer),
}

/// Reads a blob, unless its header says that it is too large.
pub(super) fn blob(odb: &Objects<'_>, id: Oid, limit: u64) -> Result<Content, Fault> {
    let (size, kind) = odb.read_header(id).map_err(|error| Fault::from(&error))?;
    if kind != ObjectType::Blob {
        return Err(Fault::Malformed);
    }
    if u64::try_from(size).map_or(true, |size| size > limit) {
        return Err(Fault::TooLarge);
    }
    let object = odb.read(id).map_err(|error| Fault::from(&error))?;
    Ok(match pointer(object.data()) {
        Some(pointer) => Content::LfsPointer(pointer),
        None => Content::Bytes(Sensitive::new(object.data().to_vec())),
    })
}

/// Whether a blob begins with this; `None` if it cannot be read within the limit.
pub(super) fn begins_with(odb: &Objects<'_>, id: Oid, limit: usize, words: &[&[u8]]) -> Option<bool> {
    let (size, kind) = odb.read_header(id).ok()?;
    if kind != ObjectType::Blob || size > limit {
        return None;
    }
    odb.read(id).ok().map(|object| words.iter().any(|word| object.data().starts_with(word)))
}

/// A small public text of the repository's own: a symlink's target, `.gitignore`, `.gitmodules`.
pub(super) fn plain(odb: &Objects<'_>, id: Oid, limit: usize) -> Result<Vec<u8>, Fault> {
    let (size, kind) = odb.read_header(id).map_err(|error| Fault::from(&error))?;
    if kind != ObjectType::Blob {
        return Err(Fault::Malformed);
    }
    if size > limit {
        return Err(Fault::TooLarge);
    }
    odb.read(id).map(|object| object.data().to_vec()).map_err(|error| Fault::from(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_tree_ends_with_an_error_and_keeps_what_came_before() {
        let mut bytes = b"100644 .env\0".to_vec();
        bytes.extend([7; 20]);
        bytes.extend(b"40000 svc\0short");
        let read: Vec<_> = entries(&bytes).collect();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].as_ref().map(|e| (e.what, e.name)).ok(), Some((EntryType::File, b".env".as_slice())));
        assert!(read[1].is_err());
    }

    #[test]
    fn a_commit_without_dates_still_has_its_tree() {
        let text = format!("tree {}\nparent {}\nauthor x\n\nmessage", "a".repeat(40), "b".repeat(40));
        let commit = parse_commit(text.as_bytes()).unwrap();
        assert_eq!((commit.parents.len(), commit.authored), (1, 0));
    }
}
