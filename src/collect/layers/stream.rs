//! A stream as it came, and as it unpacks: gzip, zstd or plain, with a digest of the one and limits on the other.
//!
//! In: a reader. Out: readers. It knows compression and nothing of what is in it.

use crate::config::Limits;
use flate2::bufread::GzDecoder;
use sha2::{Digest, Sha256};
use std::cell::{Cell, RefCell};
use std::io::{BufRead, BufReader, Error, Read, Result};
use std::rc::Rc;

/// Below so many bytes nothing is called a bomb: text compresses very well.
pub(super) const HARMLESS: u64 = 1 << 30;
/// Bytes read at once.
const BUFFER: usize = 128 << 10;

/// How a stream is packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Packing {
    Gzip,
    Zstd,
    /// One that is known and not read.
    Other,
}

/// How bytes that begin so are packed.
pub(super) fn packing(head: &[u8]) -> Option<Packing> {
    match head {
        [0x1f, 0x8b, 8, ..] => Some(Packing::Gzip),
        // Frames, and those that are skipped.
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Packing::Zstd),
        // xz, bzip2 with the mark of its first block, 7z, rar, compress, lz4, lzip, squashfs, rpm.
        [0xfd, b'7', b'z', b'X', b'Z', ..]
        | [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..]
        | [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..]
        | [b'R', b'a', b'r', b'!', 0x1a, 7, ..]
        | [0x1f, 0x9d, ..]
        | [0x04, 0x22, 0x4d, 0x18, ..]
        | [b'L', b'Z', b'I', b'P', 1, ..]
        | [b'h', b's', b'q', b's', ..]
        // lzma alone, lzop, cab, xar, wim
        | [0x5d, 0, 0, _, _, 0xff, 0xff, ..]
        | [0x89, b'L', b'Z', b'O', 0, ..]
        | [b'M', b'S', b'C', b'F', 0, 0, 0, 0, ..]
        | [b'x', b'a', b'r', b'!', ..]
        | [b'M', b'S', b'W', b'I', b'M', 0, ..]
        | [0xed, 0xab, 0xee, 0xdb, ..] => Some(Packing::Other),
        _ if head.starts_with(b"!<arch>\ndebian-binary") => Some(Packing::Other),
        _ => None,
    }
}

/// Whether bytes begin as a tar does: old ones have no mark, but all have a sum of their header.
pub(super) fn is_tar(head: &[u8]) -> bool {
    let Some(header) = head.get(..512) else { return false };
    let stated = header[148..156].iter().skip_while(|b| **b == b' ').take_while(|b| matches!(b, b'0'..=b'7'));
    let stated = stated.fold(0_u64, |sum, b| sum * 8 + u64::from(b - b'0'));
    let own = |at: usize, b: u8| u64::from(if (148..156).contains(&at) { b' ' } else { b });
    header[0] != 0 && stated > 0 && stated == header.iter().enumerate().map(|(at, b)| own(at, *b)).sum::<u64>()
}

/// What was read of a stream.
#[derive(Default)]
pub(super) struct Count {
    raw: Cell<u64>,
    made: Cell<u64>,
    over: Cell<bool>,
}

impl Count {
    /// Whether a limit was met.
    pub(super) fn over(&self) -> bool {
        self.over.get()
    }
}

/// A stream as it came, with the digest of what was read of it.
pub(super) struct Digested<R> {
    inner: R,
    digest: Rc<RefCell<Sha256>>,
}

impl<R: Read> Digested<R> {
    pub(super) fn new(inner: R) -> (Self, Rc<RefCell<Sha256>>) {
        let digest = Rc::<RefCell<Sha256>>::default();
        (Self { inner, digest: Rc::clone(&digest) }, digest)
    }
}

impl<R: Read> Read for Digested<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let n = self.inner.read(buffer)?;
        self.digest.borrow_mut().update(&buffer[..n]);
        Ok(n)
    }
}

/// The digest of all of a stream.
pub(super) fn digest(source: impl Read) -> Result<String> {
    let (mut source, digest) = Digested::new(source);
    std::io::copy(&mut BufReader::with_capacity(BUFFER, &mut source), &mut std::io::sink())?;
    Ok(shown(&digest.take()))
}

/// `sha256:…`
pub(super) fn shown(digest: &Sha256) -> String {
    format!("sha256:{}", data_encoding::HEXLOWER.encode(&digest.clone().finalize()))
}

/// A stream before it is unpacked, counted.
pub(super) struct Raw<R> {
    inner: R,
    count: Rc<Count>,
    limit: u64,
}

impl<R: Read> Raw<R> {
    /// Padding is no content: what is read has the same limit as what comes of it.
    pub(super) fn new(inner: R, limit: u64) -> (Self, Rc<Count>) {
        let count = Rc::<Count>::default();
        (Self { inner, count: Rc::clone(&count), limit }, count)
    }
}

impl<R: Read> Read for Raw<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.count.raw.get() >= self.limit {
            self.count.over.set(true);
            return Err(Error::other("limit"));
        }
        let n = self.inner.read(buffer)?;
        self.count.raw.set(self.count.raw.get() + n as u64);
        Ok(n)
    }
}

/// What a stream unpacks to, up to a limit.
pub(super) struct Unpacked<'a> {
    inner: Box<dyn Read + 'a>,
    count: Rc<Count>,
    limit: u64,
    ratio: u64,
    packed: bool,
}

impl Unpacked<'_> {
    /// Whether the stream is packed at all.
    pub(super) fn packed(&self) -> bool {
        self.packed
    }
}

impl Read for Unpacked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let made = self.count.made.get();
        if made >= self.limit || made > HARMLESS && made / self.ratio > self.count.raw.get() {
            self.count.over.set(true);
            return Err(Error::other("limit"));
        }
        let n = self.inner.read(buffer)?;
        self.count.made.set(made + n as u64);
        Ok(n)
    }
}

/// Unpacks a stream, whatever it begins with; `None` for packings that are not read.
pub(super) fn unpack<'a, R: Read + 'a>(raw: Raw<R>, limits: &Limits) -> Result<Option<Unpacked<'a>>> {
    let count = Rc::clone(&raw.count);
    let mut buffered = BufReader::with_capacity(BUFFER, raw);
    let how = packing(buffered.fill_buf()?);
    let inner: Box<dyn Read + 'a> = match how {
        Some(Packing::Gzip) => Box::new(Members(Some(GzDecoder::new(buffered)))),
        Some(Packing::Zstd) => Box::new(zstd::Decoder::with_buffer(buffered)?),
        Some(Packing::Other) => return Ok(None),
        None => Box::new(buffered),
    };
    let (limit, ratio) = (limits.archive_bytes, limits.ratio);
    Ok(Some(Unpacked { inner, count, limit, ratio, packed: how.is_some() }))
}

/// The members of a gzip, one behind the other. Zeros behind the last one are padding, as gzip itself has it.
struct Members<R: BufRead>(Option<GzDecoder<R>>);

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        while let Some(member) = &mut self.0 {
            let n = member.read(buffer)?;
            if n > 0 || buffer.is_empty() {
                return Ok(n);
            }
            let Some(ended) = self.0.take() else { break };
            self.0 = next_member(ended.into_inner())?.map(GzDecoder::new);
        }
        Ok(0)
    }
}

/// The stream where another member begins, or nothing if only padding is left.
fn next_member<R: BufRead>(mut rest: R) -> Result<Option<R>> {
    loop {
        let bytes = rest.fill_buf()?;
        let padding = bytes.iter().take_while(|b| **b == 0).count();
        match bytes.get(padding) {
            None if bytes.is_empty() => return Ok(None),
            None => rest.consume(padding),
            Some(0x1f) if padding == 0 => return Ok(Some(rest)),
            Some(_) => return Err(Error::other("something that is no gzip")),
        }
    }
}
