//! A pack in memory: which objects it has, and each of them.
//!
//! In: the bytes of a pack. Out: places, kinds, ids and content. Its index is neither needed nor believed. It must not
//! know what objects mean.

use super::SHA1;
use super::budget::Budget;
use crate::collect::refusal::Refusal;
use crate::evidence::Cause;
use gix_hash::ObjectId;
use gix_object::Kind;
use gix_pack::cache::DecodeEntry;
use gix_pack::data::decode::entry::{Outcome, ResolvedBase};
use gix_pack::data::entry::Header;
use gix_pack::data::{Entry, File};
use std::collections::{HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use zeroize::Zeroizing;

/// So many bytes of objects that others are made from are kept.
const KEPT: usize = 16 << 20;

pub(super) struct Pack<'a> {
    file: File<&'a [u8]>,
    inflate: gix_zlib::Inflate,
    bases: Bases,
    places: HashMap<ObjectId, u64>,
    /// The places of what was decoded.
    decoded: HashSet<u64>,
    budget: &'a Budget<'a>,
}

/// What an entry waits for.
#[derive(PartialEq, Eq, Hash)]
enum Base {
    Id(ObjectId),
    At(u64),
}

impl<'a> Pack<'a> {
    /// A pack whose objects are no larger than the budget's limit.
    pub(super) fn open(bytes: &'a [u8], budget: &'a Budget<'a>) -> Result<Self, Refusal> {
        let file = File::from_data(bytes, PathBuf::new(), SHA1).map_err(|_| Refusal::new(Cause::Malformed))?;
        let file = file.with_alloc_limit_bytes(usize::try_from(budget.limit).ok());
        let (inflate, bases) = (gix_zlib::Inflate::default(), Bases::default());
        Ok(Self { file, inflate, bases, places: HashMap::new(), decoded: HashSet::new(), budget })
    }

    /// The same where it is known what lies where: a base may be named by its id.
    pub(super) fn knowing(self, places: impl Iterator<Item = (ObjectId, u64)>) -> Self {
        Self { places: places.collect(), ..self }
    }

    /// Tells place, kind and content of every object, once its base is known, and is told its id. Gives what is wrong
    /// with the pack.
    pub(super) fn list(&mut self, mut tell: impl FnMut(u64, Kind, &[u8]) -> ObjectId) -> Option<Refusal> {
        let end = self.file.pack_end() as u64;
        let (mut at, mut count, mut lost) = (12, 0_u64, None);
        let mut waiting: HashMap<Base, Vec<u64>> = HashMap::new();
        while at < end {
            count += 1;
            let (mut ready, mut packed) = (vec![at], None);
            while let Some(at) = ready.pop() {
                match self.decode(at) {
                    Ok((outcome, bytes)) => {
                        let id = tell(at, outcome.kind, &bytes);
                        self.places.insert(id, at);
                        self.decoded.insert(at);
                        // The first of them is the one that lies here.
                        packed.get_or_insert(outcome.compressed_size);
                        ready.extend(
                            [Base::Id(id), Base::At(at)].iter().filter_map(|base| waiting.remove(base)).flatten(),
                        );
                    }
                    Err(why) => match self.base(at).filter(|_| why.cause == Cause::Malformed) {
                        Some(base) => waiting.entry(base).or_default().push(at),
                        None => lost = lost.or(Some(why)),
                    },
                }
            }
            match packed
                .map_or_else(|| self.packed(at), |packed| Ok(packed as u64))
                .and_then(|size| self.behind(at, size))
            {
                Ok(next) => at = next,
                Err(why) => return Some(why),
            }
        }
        let missing = "an object that is made from one that is not in the pack";
        let missing = (!waiting.is_empty()).then(|| Refusal::new(Cause::MissingObjects).because(missing));
        let stated = u64::from(self.file.num_objects());
        let cause = if count < stated { Cause::Truncated } else { Cause::Inconsistent };
        let miscounted = || Refusal::new(cause).because("a pack that states another number of objects");
        lost.or(missing).or_else(|| (count != stated).then(miscounted))
    }

    /// An object's content.
    pub(super) fn read(&mut self, at: u64) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        self.decode(at).map(|(_, bytes)| bytes)
    }

    fn decode(&mut self, at: u64) -> Result<(Outcome, Zeroizing<Vec<u8>>), Refusal> {
        let damaged = || Refusal::new(Cause::Malformed);
        let (file, places) = (&self.file, &self.places);
        let entry = file.entry(at).map_err(|_| damaged())?;
        if entry.decompressed_size > self.budget.limit {
            return Err(Refusal::over("limits.held_bytes"));
        }
        let mut bytes = Zeroizing::new(Vec::new());
        let base = |id: &gix_hash::oid, _: &mut Vec<u8>| {
            let place = places.get(id).copied();
            place.map(|place| file.entry(place).map(ResolvedBase::InPack)).transpose()
        };
        let decoded = file.decode_entry(entry, &mut bytes, &mut self.inflate, &base, &mut self.bases);
        let outcome = decoded.map_err(|_| damaged())?;
        self.budget.take(bytes.len() as u64)?;
        Ok((outcome, bytes))
    }

    /// What an entry is made from.
    fn base(&self, at: u64) -> Option<Base> {
        let entry = self.file.entry(at).ok()?;
        match entry.header {
            Header::RefDelta { base_id } => (!self.places.contains_key(&base_id)).then_some(Base::Id(base_id)),
            Header::OfsDelta { base_distance } => {
                let base = entry.checked_base_pack_offset(base_distance)?;
                (!self.decoded.contains(&base)).then_some(Base::At(base))
            }
            _ => None,
        }
    }

    /// Where the entry behind one begins that is so long.
    fn behind(&self, at: u64, packed: u64) -> Result<u64, Refusal> {
        let entry = self.file.entry(at).map_err(|_| Refusal::new(Cause::Malformed))?;
        Ok(entry.data_offset + packed)
    }

    /// How long an entry is whose base is not known yet.
    fn packed(&mut self, at: u64) -> Result<u64, Refusal> {
        let damaged = || Refusal::new(Cause::Malformed);
        let entry: Entry = self.file.entry(at).map_err(|_| damaged())?;
        let left = (self.file.pack_end() as u64).saturating_sub(entry.data_offset);
        // A size is a promise: deflate makes no more than about a thousand bytes of one.
        if entry.decompressed_size > left.saturating_mul(1100).saturating_add(1100) {
            return Err(damaged());
        }
        self.budget.take(entry.decompressed_size)?;
        let size = usize::try_from(entry.decompressed_size).map_err(|_| damaged())?;
        let mut bytes = Zeroizing::new(vec![0; size]);
        let packed = self.file.decompress_entry(&entry, &mut self.inflate, &mut bytes).map_err(|_| damaged())?;
        Ok(packed as u64)
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
