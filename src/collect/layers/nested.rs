//! Archives inside layers: gzip, zstd, tar and zip, one in another up to a bound.
//!
//! In: a file's stream. Out: its members, looked through like files of the layer; a path inside stands behind `!/`.

use super::stream::{Raw, is_tar, packing, unpack};
use super::walk::Walk;
use crate::collect::metered::{Meter, Metered};
use crate::collect::refusal::Refusal;
use crate::evidence::Cause;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::rc::Rc;
use zeroize::Zeroizing;
use zip::ZipArchive;

/// The end of a zip's directory, and the longest comment behind it.
const END_OF_ZIP: usize = 22 + 0xffff;
/// So much room is made on an archive's own word.
const ROOM: u64 = 64 << 20;

/// Looks through an archive that begins with `head`.
pub(super) fn archive<'s, 'a: 's>(
    walk: &mut Walk<'_, 's, 'a>,
    (reader, size): (&mut dyn Read, u64),
    head: &[u8],
    path: Vec<u8>,
    depth: usize,
) {
    if packing(head).is_some() {
        packed(walk, reader, path, depth);
    } else if is_tar(head) {
        tar(walk, reader, path, depth);
    } else {
        zip(walk, (reader, size), path, depth);
    }
}

/// Whether a file begins as a zip does.
pub(super) fn is_zip(head: &[u8]) -> bool {
    [&b"PK\x03\x04"[..], b"PK00PK\x03\x04", b"PK\x05\x06"].iter().any(|mark| head.starts_with(mark))
}

/// Where an archive begins that stands behind something else: what a shell script unpacks, and a zip, which is found
/// from its end.
pub(super) fn behind(bytes: &[u8]) -> Option<usize> {
    const PACKED: [&[u8]; 4] = [b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0", b"BZh91AY&SY"];
    if bytes.starts_with(b"#!")
        && let Some(at) = PACKED.iter().filter_map(|mark| memchr::memmem::find(bytes, mark)).min()
    {
        return Some(at);
    }
    let tail = bytes.len().saturating_sub(END_OF_ZIP);
    let end = tail + memchr::memmem::rfind(&bytes[tail..], b"PK\x05\x06")?;
    let begins = memchr::memmem::find(&bytes[..end], b"PK\x03\x04").is_some();
    // Its places are counted from the file's beginning, or from its own: the reader knows both.
    (begins && ZipArchive::new(Cursor::new(bytes)).is_ok()).then_some(0)
}

fn inside(path: &[u8]) -> Vec<u8> {
    [path, b"!/"].concat()
}

fn packed<'s, 'a: 's>(walk: &mut Walk<'_, 's, 'a>, reader: &mut dyn Read, path: Vec<u8>, depth: usize) {
    let (raw, count) = Raw::new(reader, walk.look.limits.archive_bytes);
    match unpack(raw, walk.look.limits) {
        Ok(Some(unpacked)) => {
            let mut unpacked = BufReader::new(unpacked);
            match unpacked.fill_buf().map(is_tar) {
                Ok(true) => tar(walk, &mut unpacked, path.clone(), depth),
                // How large it is nobody says.
                Ok(false) => walk.file(&mut unpacked, 0, bare(&path), depth + 1),
                Err(_) => walk.trouble(path.clone(), Refusal::new(Cause::Malformed)),
            }
            if count.over() {
                walk.trouble(path, Refusal::over("limits.archive_bytes or limits.ratio"));
            }
        }
        Ok(None) => {
            let why = Refusal::new(Cause::Unsupported).because("an archive that is neither gzip, zstd, tar nor zip");
            walk.trouble(path, why);
        }
        Err(_) => walk.trouble(path, Refusal::new(Cause::Malformed)),
    }
}

/// `x.env.gz` is an env file.
fn bare(path: &[u8]) -> Vec<u8> {
    let endings: [&[u8]; 5] = [b".gz", b".zst", b".zstd", b".Z", b".GZ"];
    endings.iter().find_map(|ending| path.strip_suffix(*ending)).unwrap_or(path).to_vec()
}

fn tar<'s, 'a: 's>(walk: &mut Walk<'_, 's, 'a>, reader: &mut dyn Read, path: Vec<u8>, depth: usize) {
    let meter = Meter::new(walk.look.limits.archive_bytes);
    let mut metered = Metered { inner: reader, meter: Rc::clone(&meter) };
    if let Err(why) = walk.tar(&mut metered, &meter, &inside(&path), depth + 1) {
        walk.trouble(path, why);
    }
}

fn zip<'s, 'a: 's>(walk: &mut Walk<'_, 's, 'a>, (reader, size): (&mut dyn Read, u64), path: Vec<u8>, depth: usize) {
    // Its directory stands at its end. A buffer that grows as it is filled would take twice its size.
    let limit = walk.look.limits.held_bytes;
    let room = usize::try_from(size.min(limit).min(ROOM)).unwrap_or(0) + 64;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    let read = reader.take(limit.saturating_add(1)).read_to_end(&mut bytes);
    if bytes.len() as u64 > limit {
        return walk.trouble(path, Refusal::over("limits.held_bytes"));
    }
    let opened = read.ok().and_then(|_| ZipArchive::new(Cursor::new(&bytes[..])).ok());
    let Some(mut archive) = opened else {
        walk.trouble(path.clone(), Refusal::new(Cause::Malformed));
        return walk.content(&mut &bytes[..], bytes.len() as u64, path, usize::MAX);
    };
    // Two members of one name are one to most readers; a second zip in front is none.
    let stated = stated_members(&bytes);
    if stated.is_some_and(|stated| stated != archive.len()) || archive.offset() > 0 && has_directory(&bytes, &archive) {
        walk.trouble(path.clone(), Refusal::new(Cause::Inconsistent).because("members that not every reader sees"));
    }
    let prefix = inside(&path);
    let mut left = walk.look.limits.archive_bytes;
    for n in 0..archive.len() {
        let Ok(mut member) = archive.by_index(n) else {
            return walk
                .trouble(path, Refusal::new(Cause::Unsupported).because("a member of a zip that does not open"));
        };
        if member.is_file() {
            let name = [&prefix, member.name_raw()].concat();
            left = left.saturating_sub(member.size());
            if left == 0 || walk.layer.bytes > walk.look.limits.archive_bytes {
                return walk.trouble(path, Refusal::over("limits.archive_bytes"));
            }
            let size = member.size();
            walk.file(&mut member, size, name, depth + 1);
        }
    }
}

/// How many members the end of the directory states; `None` if more than it can.
fn stated_members(bytes: &[u8]) -> Option<usize> {
    let end = memchr::memmem::rfind(bytes, b"PK\x05\x06")?;
    let count = bytes.get(end + 10..end + 12)?;
    let count = u16::from_le_bytes([count[0], count[1]]);
    (count < u16::MAX).then_some(usize::from(count))
}

/// Whether another zip's directory ends in front of this one.
fn has_directory<R>(bytes: &[u8], archive: &ZipArchive<R>) -> bool
where
    R: Read + std::io::Seek,
{
    let before = usize::try_from(archive.offset()).ok().and_then(|offset| bytes.get(..offset));
    before.is_some_and(|before| memchr::memmem::find(before, b"PK\x05\x06").is_some())
}
