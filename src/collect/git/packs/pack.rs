//! One pack: its entries in the order in which they lie, and their content.
//!
//! In: the pack's two files. Out: ids, headers, inflated entries, each checked against the index's checksum. What
//! entries mean is not known here.

use super::family::Link;
use crate::collect::git::losses::Fault;
use git2::{ObjectType, Oid};
use gix_pack::data::entry::Header;
use gix_pack::{FileData, data, index};
use rayon::prelude::*;
use std::path::Path;

/// An entry's place in the pack: the how-many-th it is.
pub(super) type Slot = u32;

/// Guesses before a search goes by halves.
const GUESSES: u32 = 8;

/// The first bytes of an id as a number.
fn head(id: &[u8]) -> u64 {
    id.first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}

/// One pack, its files mapped or in memory.
pub(super) struct Pack<T> {
    index: index::File<T>,
    data: data::File<T>,
    /// Offset and place in the index of every entry, by offset.
    order: Vec<(u64, u32)>,
}

impl Pack<gix_pack::MMap> {
    /// Opens a pack by its index file.
    pub(super) fn open(index: &Path) -> Result<Self, Fault> {
        let sha1 = gix_hash::Kind::Sha1;
        let data = data::File::at(index.with_extension("pack"), sha1).map_err(|_| Fault::Malformed)?;
        Self::of(index::File::at(index, sha1).map_err(|_| Fault::Malformed)?, data)
    }
}

impl<T: FileData + Sync> Pack<T> {
    /// A pack whose files belong together.
    pub(super) fn of(index: index::File<T>, data: data::File<T>) -> Result<Self, Fault> {
        let whole = index.num_objects() == data.num_objects() && index.pack_checksum() == data.checksum();
        if !whole {
            return Err(Fault::Malformed);
        }
        let at = |place| (index.pack_offset_at_index(place), place);
        let mut order: Vec<(u64, u32)> = (0..index.num_objects()).into_par_iter().map(at).collect();
        order.par_sort_unstable();
        // Two entries at one place, or one behind the end: no index of this pack.
        let end = data.pack_end() as u64;
        let distinct = order.windows(2).all(|two| two[0].0 < two[1].0);
        if !distinct || order.last().is_some_and(|(offset, _)| *offset >= end) {
            return Err(Fault::Malformed);
        }
        Ok(Self { index, data, order })
    }

    /// How many entries it has.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// The id of the object in a slot.
    pub(super) fn id(&self, slot: Slot) -> Oid {
        self.id_at(self.order[slot as usize].1)
    }

    /// The id at a place in the index.
    pub(super) fn id_at(&self, place: u32) -> Oid {
        Oid::from_bytes(self.index.oid_at_index(place).as_bytes()).unwrap_or(Oid::ZERO_SHA1)
    }

    /// The place in the index of the object in a slot.
    pub(super) fn place(&self, slot: Slot) -> u32 {
        self.order[slot as usize].1
    }

    /// The place in the index of an object.
    ///
    /// Ids are spread evenly, so a guess by their first bytes comes near at once; made-up ids may not be, so the
    /// guesses end after a few.
    pub(super) fn find(&self, id: Oid) -> Option<u32> {
        let wanted = id.as_bytes();
        let (mut low, mut high) = (0_u32, self.index.num_objects());
        let (mut from, mut to) = (0_u64, u64::MAX);
        for guesses in 0.. {
            if low >= high {
                return None;
            }
            let share =
                (u128::from(head(wanted).saturating_sub(from)) * u128::from(high - low)) / (u128::from(to - from) + 1);
            let guess = if guesses < GUESSES { u32::try_from(share).unwrap_or(u32::MAX) } else { (high - low) / 2 };
            let middle = (low + guess).min(high - 1);
            let found = self.index.oid_at_index(middle).as_bytes();
            match found.cmp(wanted) {
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Less => (low, from) = (middle + 1, head(found)),
                std::cmp::Ordering::Greater => (high, to) = (middle, head(found)),
            }
        }
        None
    }

    /// What the headers say.
    pub(super) fn links(&self) -> Vec<Link> {
        let link = |slot: usize| self.link(slot).unwrap_or(Link::Broken);
        (0..self.order.len()).into_par_iter().with_min_len(4096).map(link).collect()
    }

    fn link(&self, slot: usize) -> Option<Link> {
        let entry = self.data.entry(self.order[slot].0).ok()?;
        Some(match entry.header {
            Header::Commit => Link::Root(ObjectType::Commit),
            Header::Tree => Link::Root(ObjectType::Tree),
            Header::Blob => Link::Root(ObjectType::Blob),
            Header::Tag => Link::Root(ObjectType::Tag),
            Header::OfsDelta { base_distance } => {
                let base = entry.checked_base_pack_offset(base_distance)?;
                Link::From(self.before(slot, base)?)
            }
            Header::RefDelta { base_id } => {
                let offset = self.index.pack_offset_at_index(self.index.lookup(base_id)?);
                Link::From(u32::try_from(self.order.binary_search_by_key(&offset, |(at, _)| *at).ok()?).ok()?)
            }
        })
    }

    /// The slot of an offset in front of a slot: bases lie near, so the search begins there.
    fn before(&self, slot: usize, offset: u64) -> Option<Slot> {
        let mut reach = 16;
        let from = loop {
            let from = slot.saturating_sub(reach);
            if from == 0 || self.order[from].0 <= offset {
                break from;
            }
            reach *= 8;
        };
        let found = self.order[from..slot].binary_search_by_key(&offset, |(at, _)| *at).ok()?;
        u32::try_from(from + found).ok()
    }

    /// Inflates an entry, a whole object or a delta, if it is no larger than `limit`.
    pub(super) fn inflate(
        &self,
        slot: Slot,
        limit: u64,
        inflate: &mut gix_zlib::Inflate,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let (offset, place) = self.order[slot as usize];
        let entry = self.data.entry(offset).map_err(|_| Fault::Malformed)?;
        if entry.decompressed_size > limit {
            return Err(Fault::TooLarge);
        }
        let end = self.order.get(slot as usize + 1).map_or(self.data.pack_end() as u64, |(next, _)| *next);
        let packed = self.data.entry_slice(offset..end).ok_or(Fault::Malformed)?;
        // A size is a promise: deflate makes no more than about a thousand bytes of one.
        let size = usize::try_from(entry.decompressed_size).map_err(|_| Fault::TooLarge)?;
        if size > packed.len().saturating_mul(1100).saturating_add(1100) {
            return Err(Fault::Malformed);
        }
        if self.index.crc32_at_index(place).is_some_and(|sum| sum != crc32fast::hash(packed)) {
            return Err(Fault::Malformed);
        }
        out.clear();
        out.resize(size, 0);
        self.data.decompress_entry(&entry, inflate, out).map(drop).map_err(|_| Fault::Malformed)
    }
}
