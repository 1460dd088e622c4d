//! What files hold, on its way to the threads that look through it: small files in batches, large ones piece by piece.
//!
//! In: readers, from the walk. Out: work for whoever is free; what is under way at a time is bounded. It knows no tar.

use super::batch::{Member, Shared, look_through};
use super::content::{piece, sort};
use super::walk::Walk;
use super::{Look, Sort, nested};
use crate::collect::refusal::Refusal;
use crate::detect::Memory;
use crate::evidence::Cause;
use std::io::{Cursor, Read};
use std::sync::atomic::Ordering;
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
impl<'s, 'a: 's> Walk<'_, 's, 'a> {
    /// What a file holds, whatever it is. `size` says how much is expected.
    pub(super) fn content(&mut self, reader: &mut dyn Read, size: u64, path: Vec<u8>, depth: usize) {
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
        let mut behind = nested::behind(&self.batch.bytes[from..to]).filter(|_| depth != usize::MAX);
        if behind.is_some() && depth >= self.deepest() {
            behind = None;
            self.trouble(path.clone(), Refusal::over("limits.archive_depth"));
        }
        let behind = behind.map(|at| Zeroizing::new(self.batch.bytes[from + at..to].to_vec()));
        let member = self.member(path.clone());
        self.batch.add(member, from..to);
        if self.batch.size() >= BATCH {
            self.flush();
        }
        if let Some(archive) = behind {
            nested::archive(self, (&mut &archive[..], archive.len() as u64), &archive, path, depth);
        }
    }

    /// A file over its limit is read in pieces; an env file is not judged as one then.
    fn large(&mut self, reader: &mut dyn Read, path: Vec<u8>, other: bool) {
        if !other {
            self.trouble(path.clone(), Refusal::over("limits.file_bytes"));
        }
        self.pieces(reader, &path);
    }

    fn pieces(&mut self, reader: &mut dyn Read, path: &[u8]) {
        let file = self.in_pieces.len();
        let member = self.member(path.to_vec());
        self.in_pieces.push(member);
        let (mut kept, mut lines, mut all) = (Zeroizing::new(Vec::new()), 0_u32, 0_u64);
        for number in 0.. {
            let mut bytes = Zeroizing::new(Vec::with_capacity(PIECE));
            bytes.extend_from_slice(&kept);
            let read = reader.take((PIECE - kept.len()) as u64).read_to_end(&mut bytes);
            self.layer.bytes += (bytes.len() - kept.len()) as u64;
            if read.is_err() {
                self.trouble(path.to_vec(), Refusal::new(Cause::Malformed));
            }
            all += (bytes.len() - kept.len()) as u64;
            let full = self.layer.bytes > self.look.limits.archive_bytes || all > self.look.limits.entry_bytes;
            if all > self.look.limits.entry_bytes {
                self.trouble(path.to_vec(), Refusal::over("limits.entry_bytes"));
            }
            let last = read.is_err() || full || bytes.len() < PIECE || self.look.stop.asked();
            if (number == 0 || last) && nested::behind(&bytes).is_some() {
                let why = Refusal::new(Cause::Unsupported).because("an archive behind something else, in a large file");
                self.trouble(path.to_vec(), why);
            }
            let once = bytes.len() - if last { 0 } else { OVERLAP };
            kept = Zeroizing::new(bytes[once..].to_vec());
            let ends = memchr::memchr_iter(b'\n', &bytes[..once]).count();
            let before = lines;
            lines = lines.saturating_add(u32::try_from(ends).unwrap_or(u32::MAX));
            let path = path.to_vec();
            self.hand_on(bytes.len(), move |look, shared, memory| {
                if let (Some(scan), Ok(mut pieces)) = (piece(look, &path, &bytes, before, memory), shared.pieces.lock())
                {
                    pieces.push((file, number, scan));
                }
            });
            if last {
                break;
            }
        }
    }

    fn member(&self, path: Vec<u8>) -> Member {
        Member { path, entry: self.entry.clone(), object: self.object }
    }

    pub(super) fn flush(&mut self) {
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
}
