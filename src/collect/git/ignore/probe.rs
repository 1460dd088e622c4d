//! Names of directories that do not exist yet, to ask what would happen to `.env` in them.
//!
//! A name that somebody can guess proves nothing: `a/` would cover `a/.env` and nothing else. These are made
//! from the tree's own id, which changes with every ignore file in it. A pattern may match one sort of names and
//! no other (`[a-z]*/`, `???*/`), so there is one of each sort.

use git2::Oid;
use sha2::{Digest, Sha256};

/// A sort of names: what stands in front, its letters, and how many of them.
type Sort = (&'static str, &'static [u8], usize);

const SORTS: [Sort; 8] = [
    ("", b"abcdefghijklmnopqrstuvwxyz", 14),
    ("", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", 14),
    ("", b"0123456789", 14),
    (".", b"abcdefghijklmnopqrstuvwxyz", 14),
    ("_", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789", 14),
    ("\u{fc}", b"abcdefghijklmnopqrstuvwxyz", 14),
    ("", b"abcdefghijklmnopqrstuvwxyz", 1),
    ("", b"abcdefghijklmnopqrstuvwxyz", 3),
];

/// A way down through new directories: one sort of names, one more for every level.
#[derive(Clone, Copy)]
pub(super) struct Descent {
    tree: Oid,
    sort: u8,
}

/// New directories for one tree: one descent of each sort of names.
pub(super) fn descents(tree: Oid) -> Vec<Descent> {
    (0_u8..).take(SORTS.len()).map(|sort| Descent { tree, sort }).collect()
}

impl Descent {
    /// The name at a level.
    pub(super) fn name(self, level: usize) -> Vec<u8> {
        let (prefix, letters, count) = SORTS[usize::from(self.sort)];
        let seed = Sha256::new().chain_update(self.tree.as_bytes()).chain_update([self.sort]);
        let digest = seed.chain_update(level.to_le_bytes()).finalize();
        let picked = digest.into_iter().take(count).map(|byte| letters[usize::from(byte) % letters.len()]);
        prefix.bytes().chain(picked).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_stable_and_differ_by_tree_sort_and_level() {
        let tree = |digit: &str| Oid::from_str(&digit.repeat(40)).unwrap();
        let all = |tree: Oid| descents(tree).into_iter().flat_map(|way| (0..3).map(move |level| way.name(level)));
        assert!(all(tree("1")).eq(all(tree("1"))));
        let long = [tree("1"), tree("2")].into_iter().flat_map(all).filter(|name| name.len() > 3);
        let long: std::collections::BTreeSet<_> = long.collect();
        assert_eq!(long.len(), 2 * 6 * 3);
    }
}
