//! What was read before: versions of one file have most of their lines in common.
//!
//! In: parts of texts. Out: what the very same bytes gave before. It keeps keyed hashes and judgements, no bytes; the
//! key is random and never leaves, so nobody can make a secret look like something clean.

use crate::detect::Spotted;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

/// So many parts are remembered: about 40 MB.
const MOST: usize = 2 << 20;
/// So many parts that gave something are remembered.
const MOST_TOLD: usize = 1 << 16;

/// Keys are hashes already.
#[derive(Default)]
struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// Parts of texts, and what one detector found in them. For one thread, one detector and one context.
#[derive(Default)]
pub struct Memory {
    key: RandomState,
    clean: HashSet<u64, BuildHasherDefault<Same>>,
    told: HashMap<u64, Vec<Spotted>, BuildHasherDefault<Same>>,
}

impl Memory {
    /// How many parts are remembered.
    #[must_use]
    pub fn parts(&self) -> usize {
        self.clean.len() + self.told.len()
    }

    /// The key of a part, and of what was looked for in it, and as what.
    pub(super) fn key(&self, part: &[u8], what: usize) -> u64 {
        let mut hasher = self.key.build_hasher();
        hasher.write_usize(what);
        hasher.write(part);
        hasher.finish()
    }

    pub(super) fn is_clean(&self, key: u64) -> bool {
        self.clean.contains(&key)
    }

    /// What a part gave, with lines of its own.
    pub(super) fn told(&self, key: u64) -> Option<&[Spotted]> {
        self.told.get(&key).map(Vec::as_slice)
    }

    pub(super) fn tell(&mut self, key: u64, spotted: &[Spotted]) {
        if self.told.len() < MOST_TOLD {
            self.told.insert(key, spotted.to_vec());
        }
    }

    pub(super) fn add(&mut self, key: u64) {
        if self.clean.len() >= MOST {
            self.clean.clear();
        }
        self.clean.insert(key);
    }
}
