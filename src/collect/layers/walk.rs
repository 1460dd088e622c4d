//! One layer: the entries of its tar, read by one thread, their contents looked through by all.
//!
//! In: a stream. Out: a [`Layer`]. Small files are handed on in batches, large ones are read piece by piece; what is
//! under way at a time is bounded, so memory does not grow with the layer.

use super::content::{is_key_store, judge, piece, sort, whole};
use super::nested;
use super::paths::is_whiteout;
use super::stream::{self, Digested, HARMLESS, Raw, is_tar, packing, unpack};
use super::{Entry, File, Layer, Look, Sort, Trouble};
use crate::collect::entry_path::{clean, split};
use crate::collect::metered::{HEADERS, Meter, Metered};
use crate::collect::refusal::Refusal;
use crate::detect::{Memory, Scan};
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
const WAITING: usize = 8 << 20;
/// So many parts of texts are remembered by a thread.
const REMEMBERED: usize = 1 << 15;
/// Larger files are read in pieces of this size.
const PIECE: usize = 4 << 20;
/// What two pieces have in common.
const OVERLAP: usize = 512 << 10;
/// Deepest nesting of archives.
pub(super) const DEEPEST: usize = 4;
/// Longest path: no system has longer ones.
const LONGEST: usize = 4096;
/// Most files of a layer that are told as not read.
const MOST: usize = 10_000;
/// What tells what a file is.
const HEAD: usize = 512;

/// Files that are looked through together.
#[derive(Default)]
struct Batch {
    bytes: Zeroizing<Vec<u8>>,
    files: Vec<(Vec<u8>, Entry, Range<usize>)>,
    /// How long their names are together.
    names: usize,
}

impl Batch {
    fn add(&mut self, path: Vec<u8>, entry: Entry, content: Range<usize>) {
        self.names += path.len() + entry.path.len();
        self.files.push((path, entry, content));
    }

    /// How much it holds.
    fn size(&self) -> usize {
        self.bytes.len() + self.names
    }
}

/// What threads share.
#[derive(Default)]
struct Shared {
    found: Mutex<Vec<File>>,
    /// What pieces of large files say: the file's number, the piece's, and a scan.
    pieces: Mutex<Vec<(usize, usize, Scan)>>,
    waiting: AtomicUsize,
    /// What threads remember, while they do something else.
    memories: Mutex<Vec<Memory>>,
}

/// Reads one layer.
pub(super) fn layer(source: impl Read, look: Look<'_>) -> Layer {
    let shared = Shared::default();
    let (digested, digest) = Digested::new(source);
    let (raw, count) = Raw::new(digested);
    let (mut layer, in_pieces) = rayon::in_place_scope(|scope| {
        let mut walk = Walk {
            look,
            shared: &shared,
            scope,
            layer: Layer::default(),
            batch: Batch::default(),
            memory: Memory::default(),
            entry: Entry::default(),
            in_pieces: Vec::new(),
        };
        walk.top(raw, &count);
        walk.flush();
        (walk.layer, walk.in_pieces)
    });
    layer.files.extend(shared.found.into_inner().unwrap_or_default());
    let mut pieces = shared.pieces.into_inner().unwrap_or_default();
    pieces.sort_by_key(|(file, number, _)| (*file, *number));
    let mut pieces = pieces.into_iter().peekable();
    while let Some((file, _, first)) = pieces.next() {
        let rest = std::iter::from_fn(|| pieces.next_if(|(other, ..)| *other == file).map(|(.., scan)| scan));
        let (path, entry) = &in_pieces[file];
        layer.files.extend(whole(std::iter::once(first).chain(rest), path, entry));
    }
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
    entry: Entry,
    /// Files that are read in pieces, and their entries.
    in_pieces: Vec<(Vec<u8>, Entry)>,
}

impl<'s, 'a: 's> Walk<'_, 's, 'a> {
    fn top<R: Read>(&mut self, raw: Raw<R>, count: &Rc<stream::Count>) {
        let limit = self.look.limits.archive_bytes;
        let unpacked = match unpack(raw, limit) {
            Ok(Some(unpacked)) => {
                self.layer.packed = unpacked.packed();
                unpacked
            }
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
        if self.layer.broken.is_some() && self.layer.troubles.last().is_some_and(|last| last.path == self.entry.path) {
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
            let mut path = [prefix, &clean(&entry.path_bytes())].concat();
            if path.len() > LONGEST {
                path.truncate(LONGEST);
                self.trouble(path.clone(), over("paths of 4096 bytes"));
            }
            if depth == 0 {
                self.entry = held(&path, entry.header());
                self.layer.paths.add(&path, kind.is_dir());
            }
            self.store(&path);
            let size = entry.size();
            let empty = kind.is_dir() || kind.is_symlink() || kind.is_hard_link();
            let empty = empty || kind.is_character_special() || kind.is_block_special() || kind.is_fifo();
            if kind.is_gnu_sparse() && size > HARMLESS {
                self.trouble(path, over("sparse files of 1 GiB"));
            } else if size > 0 || !(empty || depth == 0 && is_whiteout(&path)) {
                // Some read what stands behind such an entry as the next one, others pass over it.
                if empty {
                    self.trouble(
                        path.clone(),
                        Refusal::new(Cause::Inconsistent).because("content where there is none"),
                    );
                } else if is_sparse(&mut entry) {
                    let why = Refusal::new(Cause::Unsupported).because("a sparse file in the form of pax");
                    self.trouble(path.clone(), why);
                }
                self.file(&mut entry, size, path, depth);
            }
            if self.layer.bytes > self.look.limits.archive_bytes {
                return Err(over("limits.archive_bytes"));
            }
            if self.layer.troubles.len() + self.layer.stores.len() > MOST {
                return Err(over("files that cannot be read"));
            }
            if meter.over.get() {
                return Err(damage(meter));
            }
        }
    }

    /// The store of a repository: nobody sees its history by looking at files.
    fn store(&mut self, path: &[u8]) {
        if let Some(store) = store_of(path)
            && self.layer.stores.last().map(Vec::as_slice) != Some(store)
        {
            self.layer.stores.push(store.to_vec());
        }
    }

    /// A file: an archive or what it holds itself.
    pub(super) fn file(&mut self, reader: &mut dyn Read, size: u64, path: Vec<u8>, depth: usize) {
        self.layer.count += 1;
        let mut head = Zeroizing::new(Vec::with_capacity(HEAD));
        if reader.take(HEAD as u64).read_to_end(&mut head).is_err() {
            return self.trouble(path, Refusal::new(Cause::Malformed));
        }
        if head.starts_with(b"# v2 git bundle") || head.starts_with(b"# v3 git bundle") {
            self.layer.stores.push(path.clone());
        }
        if !head.is_empty() && is_key_store(&path) {
            let why =
                Refusal::new(Cause::NeedsReview).because("a store of keys: what it holds shows only with its password");
            self.trouble(path.clone(), why);
        }
        let archive = packing(&head).is_some() || is_tar(&head) || nested::is_zip(&head);
        let mut whole = Cursor::new(&head[..]).chain(reader);
        if archive && depth < DEEPEST {
            return nested::archive(self, (&mut whole, size), &head, path, depth);
        }
        if archive {
            self.trouble(path.clone(), over("archives in archives"));
        }
        self.content(&mut whole, size, path);
    }

    /// What a file holds, whatever it is. `size` says how much is expected.
    pub(super) fn content(&mut self, reader: &mut dyn Read, size: u64, path: Vec<u8>) {
        let other = sort(&path) == Sort::Other;
        let limit = if other { PIECE as u64 } else { self.look.limits.file_bytes };
        if size > limit {
            return self.large(reader, path, other);
        }
        let from = self.batch.bytes.len();
        // What is longer than it says is read on in pieces.
        let read = reader.take(limit + 1).read_to_end(&mut self.batch.bytes);
        let to = self.batch.bytes.len();
        if (to - from) as u64 > limit {
            let begun = Zeroizing::new(self.batch.bytes.split_off(from));
            return self.large(&mut Cursor::new(&begun[..]).chain(reader), path, other);
        }
        self.layer.bytes += (to - from) as u64;
        if read.is_err() {
            self.trouble(path.clone(), Refusal::new(Cause::Malformed));
        }
        self.batch.add(path, self.entry.clone(), from..to);
        if self.batch.size() >= BATCH {
            self.flush();
        }
    }

    /// A file over its limit is read in pieces; an env file is not judged as one then.
    fn large(&mut self, reader: &mut dyn Read, path: Vec<u8>, other: bool) {
        if !other {
            self.trouble(path.clone(), over("limits.file_bytes"));
        }
        self.pieces(reader, &path);
    }

    fn pieces(&mut self, reader: &mut dyn Read, path: &[u8]) {
        let file = self.in_pieces.len();
        self.in_pieces.push((path.to_vec(), self.entry.clone()));
        let (mut kept, mut lines) = (Zeroizing::new(Vec::new()), 0_u32);
        for number in 0.. {
            let mut bytes = Zeroizing::new(Vec::with_capacity(PIECE));
            bytes.extend_from_slice(&kept);
            let read = reader.take((PIECE - kept.len()) as u64).read_to_end(&mut bytes);
            self.layer.bytes += (bytes.len() - kept.len()) as u64;
            if read.is_err() {
                self.trouble(path.to_vec(), Refusal::new(Cause::Malformed));
            }
            let full = self.layer.bytes > self.look.limits.archive_bytes;
            let last = read.is_err() || full || bytes.len() < PIECE || self.look.stop.asked();
            let once = bytes.len() - if last { 0 } else { OVERLAP };
            kept = Zeroizing::new(bytes[once..].to_vec());
            let ends = memchr::memchr_iter(b'\n', &bytes[..once]).count();
            let before = lines;
            lines = lines.saturating_add(u32::try_from(ends).unwrap_or(u32::MAX));
            self.hand_on(bytes.len(), move |look, shared, memory| {
                if let (Some(scan), Ok(mut pieces)) = (piece(look, &bytes, before, memory), shared.pieces.lock()) {
                    pieces.push((file, number, scan));
                }
            });
            if last {
                break;
            }
        }
    }

    fn flush(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        self.hand_on(batch.size(), move |look, shared, memory| look_through(look, shared, &batch, memory));
    }

    /// Hands work on so many bytes to whoever is free, or does it here if too much waits.
    fn hand_on(&mut self, size: usize, work: impl FnOnce(Look<'_>, &Shared, &mut Memory) + Send + 's) {
        let (shared, look) = (self.shared, self.look);
        if shared.waiting.load(Ordering::Relaxed) > WAITING {
            if self.memory.parts() >= REMEMBERED {
                self.memory = Memory::default();
            }
            return work(look, shared, &mut self.memory);
        }
        shared.waiting.fetch_add(size, Ordering::Relaxed);
        self.scope.spawn(move |_| {
            let mut memory = shared.memories.lock().ok().and_then(|mut all| all.pop()).unwrap_or_default();
            work(look, shared, &mut memory);
            // Layers repeat themselves less than a history does: old memories are not worth their room.
            if let (true, Ok(mut memories)) = (memory.parts() < REMEMBERED, shared.memories.lock()) {
                memories.push(memory);
            }
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

/// An entry and who may read it; what its header does not say counts as open to everybody.
fn held(path: &[u8], header: &tar::Header) -> Entry {
    let mode = header.mode().unwrap_or(0o777) & 0o7777;
    let (uid, gid) = (header.uid().unwrap_or_default(), header.gid().unwrap_or_default());
    Entry { path: path.to_vec(), mode, uid, gid }
}

/// The store that a path belongs to: what is named `.git`, and wherever objects and packs lie as git has them.
fn store_of(path: &[u8]) -> Option<&[u8]> {
    let (dir, name) = split(path);
    let (above, folder) = split(dir);
    let hex = |text: &[u8], len: usize| text.len() == len && text.iter().all(u8::is_ascii_hexdigit);
    let pack = folder == b"pack" && name.starts_with(b"pack-") && name.ends_with(b".pack");
    if split(above).1 == b"objects" && (pack || hex(folder, 2) && hex(name, 38)) {
        return Some(split(above).0);
    }
    (dir.ends_with(b".git") && matches!(name, b"HEAD" | b"packed-refs")).then_some(dir)
}

/// Whether a file's content begins with a map of its holes.
fn is_sparse<R: Read>(entry: &mut tar::Entry<'_, R>) -> bool {
    let extensions = entry.pax_extensions().ok().flatten();
    extensions.is_some_and(|all| all.flatten().any(|one| one.key_bytes().starts_with(b"GNU.sparse.")))
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
