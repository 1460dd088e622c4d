//! Names of directories that do not exist yet, to ask what would happen to `.env` in them.
//!
//! A name that somebody can guess proves nothing: `a/` would cover `a/.env` and nothing else. These are made
//! from the tree's own id, which changes with every ignore file in it. A pattern may match one sort of names and
//! no other (`[a-z]*/`), so there is one of each sort.

use git2::Oid;
use sha2::{Digest, Sha256};

/// How deep new directories go.
const DEPTH: usize = 3;
/// Letters of each sort, and what stands in front of them.
const SORTS: [(&str, &[u8]); 6] = [
    ("", b"abcdefghijklmnopqrstuvwxyz"),
    ("", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("", b"0123456789"),
    (".", b"abcdefghijklmnopqrstuvwxyz"),
    ("_", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789"),
    ("\u{fc}", b"abcdefghijklmnopqrstuvwxyz"),
];
/// Letters per name.
const LETTERS: usize = 14;

/// A way down through new directories.
pub(super) type Descent = [Vec<u8>; DEPTH];

/// New directories for one tree: one descent of each sort of names.
pub(super) fn descents(tree: Oid) -> Vec<Descent> {
    SORTS.iter().zip(0_u8..).map(|(sort, n)| std::array::from_fn(|depth| name(tree, *sort, n, depth))).collect()
}

fn name(tree: Oid, (prefix, letters): (&str, &[u8]), sort: u8, depth: usize) -> Vec<u8> {
    let digest = Sha256::new().chain_update(tree.as_bytes()).chain_update([sort]).chain_update(depth.to_le_bytes());
    let picked = digest.finalize().into_iter().take(LETTERS).map(|byte| letters[usize::from(byte) % letters.len()]);
    prefix.bytes().chain(picked).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_stable_and_differ_by_tree_sort_and_depth() {
        let tree = |digit: &str| Oid::from_str(&digit.repeat(40)).unwrap();
        assert_eq!(descents(tree("1")), descents(tree("1")));
        let all: std::collections::BTreeSet<_> =
            [tree("1"), tree("2")].into_iter().flat_map(descents).flatten().collect();
        assert_eq!(all.len(), 2 * SORTS.len() * DEPTH);
    }
}
