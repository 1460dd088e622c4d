//! Maps and sets keyed by object ids. Knows nothing else.

use std::hash::{BuildHasherDefault, Hasher};

/// Object ids are digests already: eight of their bytes are a hash.
#[derive(Default)]
pub(super) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // The middle of the id: its first bytes are what a crafted collision would be aimed at.
        if let Some(part) = bytes.get(8..16).and_then(|part| part.try_into().ok()) {
            self.0 = self.0.rotate_left(5) ^ u64::from_le_bytes(part);
        }
    }

    fn write_u32(&mut self, n: u32) {
        self.0 = self.0.rotate_left(7) ^ u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, _: usize) {}
}

/// A map keyed by object ids.
pub(super) type IdMap<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<IdHasher>>;
/// A set of object ids.
pub(super) type IdSet<K> = std::collections::HashSet<K, BuildHasherDefault<IdHasher>>;
