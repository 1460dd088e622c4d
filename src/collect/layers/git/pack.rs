//! A pack in memory: which objects it has, and each of them.
//!
//! In: the bytes of a pack. Out: places, kinds, ids and content. Its index is neither needed nor believed. It must not
//! know what objects mean.

use super::super::walk::over;
use super::{SHA1, id_of};
use crate::collect::refusal::Refusal;
use crate::evidence::Cause;
use gix_hash::ObjectId;
use gix_object::Kind;
use gix_pack::cache::DecodeEntry;
use gix_pack::data::decode::entry::{Outcome, ResolvedBase};
use gix_pack::data::{Entry, File};
use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use zeroize::Zeroizing;

/// So many bytes of objects that others are made from are kept.
const KEPT: usize = 16 << 20;

pub(super) struct Pack<'a> {
    file: File<&'a [u8]>,
    inflate: gix_zlib::Inflate,
    bases: Bases,
    places: HashMap<ObjectId, u64>,
    limit: u64,
}

impl<'a> Pack<'a> {
    /// A pack whose objects are no larger than `limit`.
    pub(super) fn open(bytes: &'a [u8], limit: u64) -> Result<Self, Refusal> {
        let file = File::from_data(bytes, PathBuf::new(), SHA1).map_err(|_| Refusal::new(Cause::Malformed))?;
        let file = file.with_alloc_limit_bytes(usize::try_from(limit).ok());
        let (inflate, bases) = (gix_zlib::Inflate::default(), Bases::default());
        Ok(Self { file, inflate, bases, places: HashMap::new(), limit })
    }

    /// Tells place, kind and id of every object. Gives what is wrong with the pack.
    pub(super) fn list(&mut self, mut tell: impl FnMut(u64, Kind, ObjectId)) -> Vec<Refusal> {
        let end = self.file.pack_end() as u64;
        let (mut at, mut count, mut wrong, mut waiting) = (12, 0_u64, Vec::new(), Vec::new());
        while at < end {
            count += 1;
            match self.decode(at) {
                Ok((outcome, bytes)) => {
                    let id = id_of(outcome.kind, &bytes);
                    self.places.insert(id, at);
                    tell(at, outcome.kind, id);
                }
                Err(()) => waiting.push(at),
            }
            match self.next(at) {
                Ok(next) => at = next,
                Err(why) => {
                    wrong.push(why);
                    waiting.pop();
                    break;
                }
            }
        }
        // A base may be named by its id, and stand behind.
        let mut before = usize::MAX;
        while !waiting.is_empty() && waiting.len() < before {
            before = waiting.len();
            waiting.retain(|at| match self.decode(*at) {
                Ok((outcome, bytes)) => {
                    let id = id_of(outcome.kind, &bytes);
                    self.places.insert(id, *at);
                    tell(*at, outcome.kind, id);
                    false
                }
                Err(()) => true,
            });
        }
        wrong.extend(waiting.first().map(|at| self.why_not(*at)));
        let stated = u64::from(self.file.num_objects());
        if wrong.is_empty() && count != stated {
            let cause = if count < stated { Cause::Truncated } else { Cause::Inconsistent };
            wrong.push(Refusal::new(cause).because("a pack that states another number of objects"));
        }
        wrong
    }

    /// An object's content.
    pub(super) fn read(&mut self, at: u64) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        match self.decode(at) {
            Ok((_, bytes)) => Ok(bytes),
            Err(()) => Err(self.why_not(at)),
        }
    }

    fn decode(&mut self, at: u64) -> Result<(Outcome, Zeroizing<Vec<u8>>), ()> {
        let (file, places) = (&self.file, &self.places);
        let entry = file.entry(at).map_err(drop)?;
        if entry.decompressed_size > self.limit {
            return Err(());
        }
        let mut bytes = Zeroizing::new(Vec::new());
        let base = |id: &gix_hash::oid, _: &mut Vec<u8>| {
            let place = places.get(id).copied();
            place.map(|place| file.entry(place).map(ResolvedBase::InPack)).transpose()
        };
        let outcome = file.decode_entry(entry, &mut bytes, &mut self.inflate, &base, &mut self.bases).map_err(drop)?;
        Ok((outcome, bytes))
    }

    /// Where the entry behind one begins.
    fn next(&mut self, at: u64) -> Result<u64, Refusal> {
        let damaged = || Refusal::new(Cause::Malformed);
        let entry: Entry = self.file.entry(at).map_err(|_| damaged())?;
        let left = (self.file.pack_end() as u64).saturating_sub(entry.data_offset);
        // A size is a promise: deflate makes no more than about a thousand bytes of one.
        if entry.decompressed_size > left.saturating_mul(1100).saturating_add(1100) {
            return Err(damaged());
        }
        let size = usize::try_from(entry.decompressed_size).map_err(|_| damaged())?;
        let mut bytes = Zeroizing::new(vec![0; size]);
        let packed = self.file.decompress_entry(&entry, &mut self.inflate, &mut bytes).map_err(|_| damaged())?;
        Ok(entry.data_offset + packed as u64)
    }

    /// Why an object gives nothing.
    fn why_not(&self, at: u64) -> Refusal {
        match self.file.entry(at) {
            Ok(entry) if entry.decompressed_size > self.limit => over("limits.held_bytes"),
            Ok(entry) if entry.header.is_delta() => {
                Refusal::new(Cause::MissingObjects).because("an object that is made from one that is not in the pack")
            }
            _ => Refusal::new(Cause::Malformed),
        }
    }
}

/// Objects that others are made from: the last ones, wiped when they go.
#[derive(Default)]
struct Bases {
    held: HashMap<u64, (Zeroizing<Vec<u8>>, Kind, usize)>,
    order: VecDeque<u64>,
    bytes: usize,
}

impl DecodeEntry for Bases {
    fn put(&mut self, _: u32, offset: u64, data: &[u8], kind: Kind, packed: usize) {
        if data.len() > KEPT / 4 || self.held.contains_key(&offset) {
            return;
        }
        self.bytes += data.len();
        self.order.push_back(offset);
        self.held.insert(offset, (Zeroizing::new(data.to_vec()), kind, packed));
        while self.bytes > KEPT {
            let Some((gone, ..)) = self.order.pop_front().and_then(|oldest| self.held.remove(&oldest)) else { break };
            self.bytes -= gone.len();
        }
    }

    fn get(&mut self, _: u32, offset: u64, out: &mut Vec<u8>) -> Option<(Kind, usize)> {
        let (bytes, kind, packed) = self.held.get(&offset)?;
        out.clear();
        out.extend_from_slice(bytes);
        Some((*kind, *packed))
    }
}
