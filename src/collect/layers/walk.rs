//! One layer: the entries of its tar, read by one thread, their contents looked through by all.
//!
//! In: a stream. Out: a [`Layer`]. Small files are handed on in batches, large ones are read piece by piece; what is
//! under way at a time is bounded, so memory does not grow with the layer.

use super::content::{Pieces, judge, sort};
use super::nested;
use super::paths::{is_whiteout, split};
use super::stream::{self, Raw, is_tar, packing, unpack};
use super::{File, Layer, Look, Sort, Trouble};
use crate::collect::metered::{HEADERS, Meter, Metered};
use crate::collect::refusal::Refusal;
use crate::detect::Memory;
use crate::evidence::{Cause, Name};
use rayon::Scope;
use sha2::Digest;
use std::io::{Cursor, Read};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use zeroize::Zeroizing;

/// Files are handed on once there is so much of them.
const BATCH: usize = 1 << 20;
/// Most bytes that wait for a thread.
const WAITING: usize = 16 << 20;
/// Larger files are read in pieces of this size.
const PIECE: usize = 8 << 20;
/// What two pieces have in common.
const OVERLAP: usize = 512 << 10;
/// Deepest nesting of archives.
pub(super) const DEEPEST: usize = 4;
/// What tells what a file is.
const HEAD: usize = 512;

/// Files that are looked through together.
#[derive(Default)]
struct Batch {
    bytes: Zeroizing<Vec<u8>>,
    files: Vec<(Vec<u8>, Vec<u8>, Range<usize>)>,
}

/// What threads share.
#[derive(Default)]
struct Shared {
    found: Mutex<Vec<File>>,
    waiting: AtomicUsize,
}

/// Reads one layer.
pub(super) fn layer(source: impl Read, look: Look<'_>) -> Layer {
    let shared = Shared::default();
    let (raw, count, digest) = Raw::new(source);
    let mut layer = rayon::in_place_scope(|scope| {
        let mut walk = Walk {
            look,
            shared: &shared,
            scope,
            layer: Layer::default(),
            batch: Batch::default(),
            memory: Memory::default(),
            entry: Vec::new(),
        };
        walk.top(raw, &count);
        walk.flush();
        walk.layer
    });
    layer.files.extend(shared.found.into_inner().unwrap_or_default());
    layer.files.sort_by(|a, b| a.path.cmp(&b.path));
    layer.digest = format!("sha256:{}", data_encoding::HEXLOWER.encode(&digest.take().finalize()));
    layer
}

/// The walk of the reading thread.
pub(super) struct Walk<'w, 's, 'a> {
    pub(super) look: Look<'a>,
    shared: &'s Shared,
    scope: &'w Scope<'s>,
    pub(super) layer: Layer,
    batch: Batch,
    memory: Memory,
    /// The layer's entry that is being read.
    entry: Vec<u8>,
}

impl<'s, 'a: 's> Walk<'_, 's, 'a> {
    fn top<R: Read>(&mut self, raw: Raw<R>, count: &Rc<stream::Count>) {
        let limit = self.look.limits.archive_bytes;
        let unpacked = match unpack(raw, limit) {
            Ok(Some(unpacked)) => unpacked,
            Ok(None) => {
                let why = Refusal::new(Cause::Unsupported).because("a layer that is neither plain, gzip nor zstd");
                self.layer.broken = Some(why);
                return;
            }
            Err(_) => {
                self.layer.broken = Some(Refusal::new(Cause::Malformed));
                return;
            }
        };
        let meter = Meter::new(limit);
        let mut reader = Metered { inner: unpacked, meter: Rc::clone(&meter) };
        self.layer.broken = self.tar(&mut reader, &meter, &[], 0).err();
        if count.over() {
            self.layer.broken = Some(over("limits.archive_bytes"));
        }
        // The file at which the layer ends is told with the layer.
        if self.layer.broken.is_some() && self.layer.troubles.last().is_some_and(|last| last.path == self.entry) {
            self.layer.troubles.pop();
        }
        // Whatever stands behind the end of the tar belongs to the digest.
        if self.layer.broken.is_none() {
            meter.step.set(u64::MAX);
            let rest = std::io::copy(&mut reader, &mut std::io::sink());
            self.layer.broken = rest.err().map(|_| damage(&meter));
        }
    }

    /// The entries of a tar. Names inside an archive stand behind `prefix`.
    pub(super) fn tar<R: Read>(
        &mut self,
        reader: &mut Metered<R>,
        meter: &Rc<Meter>,
        prefix: &[u8],
        depth: usize,
    ) -> Result<(), Refusal> {
        let mut archive = tar::Archive::new(reader);
        // Blocks of zeros between two archives that were put together end nothing.
        archive.set_ignore_zeros(true);
        let mut entries = archive.entries().map_err(|_| damage(meter))?;
        loop {
            if self.look.stop.asked() {
                return Err(Refusal::new(Cause::Interrupted));
            }
            meter.step.set(HEADERS);
            let mut entry = match entries.next() {
                Some(entry) => entry.map_err(|_| damage(meter))?,
                None => return Ok(()),
            };
            meter.step.set(u64::MAX);
            let kind = entry.header().entry_type();
            let path = [prefix, &clean(&entry.path_bytes())].concat();
            if depth == 0 {
                self.entry.clone_from(&path);
                self.layer.paths.add(&path, kind.is_dir());
                self.store(&path);
            }
            if (kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse()) && !is_whiteout(&path) {
                let size = entry.size();
                self.file(&mut entry, size, path, depth);
            }
            if meter.over.get() {
                return Err(damage(meter));
            }
        }
    }

    /// The store of a repository: nobody sees its history by looking at files.
    fn store(&mut self, path: &[u8]) {
        let is = path.strip_suffix(b"/HEAD").or(path.strip_suffix(b"/packed-refs"));
        if let Some(dir) = is.filter(|dir| split(dir).1 == b".git" || dir.ends_with(b".git"))
            && self.layer.stores.last().map(Vec::as_slice) != Some(dir)
        {
            self.layer.stores.push(dir.to_vec());
        }
    }

    /// A file: an archive or what it holds itself.
    pub(super) fn file(&mut self, reader: &mut dyn Read, size: u64, path: Vec<u8>, depth: usize) {
        self.layer.count += 1;
        let mut head = Zeroizing::new(Vec::with_capacity(HEAD));
        if reader.take(HEAD as u64).read_to_end(&mut head).is_err() {
            return self.trouble(path, Refusal::new(Cause::Malformed));
        }
        let archive = packing(&head).is_some() || is_tar(&head) || head.starts_with(b"PK\x03\x04");
        let mut whole = Cursor::new(&head[..]).chain(reader);
        if archive && depth < DEEPEST {
            return nested::archive(self, &mut whole, &head, path, depth);
        }
        if archive {
            self.trouble(path.clone(), over("archives in archives"));
        }
        self.content(&mut whole, size, path);
    }

    /// What a file holds, whatever it is. `size` says how much is expected.
    pub(super) fn content(&mut self, reader: &mut dyn Read, size: u64, path: Vec<u8>) {
        let limit = if sort(&path) == Sort::Other { PIECE as u64 } else { self.look.limits.file_bytes };
        if size > limit {
            if sort(&path) != Sort::Other {
                self.trouble(path.clone(), over("limits.file_bytes"));
            }
            return self.pieces(reader, &path);
        }
        let from = self.batch.bytes.len();
        // What is longer than it says is read on in pieces.
        let read = reader.take(limit + 1).read_to_end(&mut self.batch.bytes);
        let to = self.batch.bytes.len();
        if (to - from) as u64 > limit {
            if sort(&path) != Sort::Other {
                self.trouble(path.clone(), over("limits.file_bytes"));
            }
            let begun = Zeroizing::new(self.batch.bytes.split_off(from));
            return self.pieces(&mut Cursor::new(&begun[..]).chain(reader), &path);
        }
        self.layer.bytes += (to - from) as u64;
        if read.is_err() {
            self.trouble(path.clone(), Refusal::new(Cause::Malformed));
        }
        self.batch.files.push((path, self.entry.clone(), from..to));
        if to >= BATCH {
            self.flush();
        }
    }

    fn pieces(&mut self, reader: &mut dyn Read, path: &[u8]) {
        let mut buffer = Zeroizing::new(Vec::with_capacity(PIECE));
        let mut pieces = Pieces::default();
        loop {
            let before = buffer.len();
            let read = reader.take((PIECE - before) as u64).read_to_end(&mut buffer);
            self.layer.bytes += (buffer.len() - before) as u64;
            let last = read.is_err() || buffer.len() < PIECE || self.look.stop.asked();
            let overlap = if last { 0 } else { OVERLAP };
            pieces.add(self.look, &buffer, overlap, &mut self.memory);
            if read.is_err() {
                self.trouble(path.to_vec(), Refusal::new(Cause::Malformed));
            }
            if last {
                break;
            }
            let behind = buffer.len() - overlap;
            buffer.drain(..behind);
        }
        self.layer.files.extend(pieces.done(path, &self.entry));
    }

    /// Hands a batch to whoever is free.
    fn flush(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        let (shared, look, size) = (self.shared, self.look, batch.bytes.len());
        if shared.waiting.load(Ordering::Relaxed) > WAITING {
            look_through(look, shared, &batch, &mut self.memory);
            return;
        }
        shared.waiting.fetch_add(size, Ordering::Relaxed);
        self.scope.spawn(move |_| {
            look_through(look, shared, &batch, &mut Memory::default());
            shared.waiting.fetch_sub(size, Ordering::Relaxed);
        });
    }

    pub(super) fn trouble(&mut self, path: Vec<u8>, why: Refusal) {
        self.layer.troubles.push(Trouble { path, why });
    }
}

fn look_through(look: Look<'_>, shared: &Shared, batch: &Batch, memory: &mut Memory) {
    let files = batch.files.iter().take_while(|_| !look.stop.asked());
    let judged = files.filter_map(|(path, entry, range)| judge(look, path, entry, &batch.bytes[range.clone()], memory));
    let judged: Vec<File> = judged.collect();
    if let (false, Ok(mut found)) = (judged.is_empty(), shared.found.lock()) {
        found.extend(judged);
    }
}

/// A limit was met.
pub(super) fn over(key: &'static str) -> Refusal {
    Refusal::new(Cause::OverLimit).with("key", Name::fixed(key))
}

/// What an error of the reader means.
pub(super) fn damage(meter: &Meter) -> Refusal {
    if meter.over.get() {
        over("limits.archive_bytes")
    } else {
        Refusal::new(if meter.ended.get() { Cause::Truncated } else { Cause::Malformed })
    }
}

/// A path as it lies after unpacking: nothing lies above the root.
fn clean(path: &[u8]) -> Vec<u8> {
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
