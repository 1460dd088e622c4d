//! Which paths a layer adds and which it takes away, so that one can say whether a file is still there in the end.
//!
//! In: the entries of a layer. Out: answers about paths. It keeps digests of paths, not paths: layers have millions.

use crate::collect::entry_path::split;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

/// What a whiteout's name begins with, and the name of one that hides all that was in a directory.
const WHITEOUT: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";

/// The paths of one layer.
#[derive(Default, Serialize, Deserialize)]
pub(in crate::collect) struct Paths {
    /// What stands in the layer and is no directory: it takes the place of what was there.
    placed: HashSet<u64>,
    /// Directories: one takes the place of a file.
    directories: HashSet<u64>,
    /// What a whiteout takes away, with all that is below.
    gone: HashSet<u64>,
    /// Directories that hide what earlier layers put into them.
    opaque: HashSet<u64>,
}

impl Paths {
    /// An entry.
    pub(super) fn add(&mut self, path: &[u8], is_directory: bool) {
        let (parent, name) = split(path);
        if name == OPAQUE {
            self.opaque.insert(mark(parent));
        } else if let Some(hidden) = name.strip_prefix(WHITEOUT) {
            let path = if parent.is_empty() { hidden.to_vec() } else { [parent, b"/", hidden].concat() };
            self.gone.insert(mark(&path));
        } else if is_directory {
            self.directories.insert(mark(path));
        } else {
            self.placed.insert(mark(path));
        }
    }

    /// Whether there was no entry at all.
    pub(in crate::collect) fn is_empty(&self) -> bool {
        [&self.placed, &self.directories, &self.gone, &self.opaque].iter().all(|set| set.is_empty())
    }

    /// Whether this layer hides what an earlier one has at a path.
    pub(in crate::collect) fn hides(&self, path: &[u8]) -> bool {
        let taken = |path: &[u8]| {
            let mark = mark(path);
            self.placed.contains(&mark) || self.gone.contains(&mark)
        };
        let above = path.iter().enumerate().filter(|(_, b)| **b == b'/').map(|(at, _)| &path[..at]);
        taken(path)
            || self.directories.contains(&mark(path))
            || self.opaque.contains(&mark(b""))
            || above.into_iter().any(|dir| taken(dir) || self.opaque.contains(&mark(dir)))
    }
}

/// Whether an entry says that something is gone.
pub(super) fn is_whiteout(path: &[u8]) -> bool {
    split(path).1.starts_with(WHITEOUT)
}

fn mark(path: &[u8]) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(entries: &[(&str, bool)]) -> Paths {
        let mut paths = Paths::default();
        entries.iter().for_each(|(path, directory)| paths.add(path.as_bytes(), *directory));
        paths
    }

    #[test]
    fn later_entries_whiteouts_and_opaque_directories_hide() {
        for (entries, hidden) in [
            (vec![("app/.env", false)], true),
            (vec![("app/.wh..env", false)], true),
            (vec![(".wh.app", false)], true),
            (vec![("app", false)], true),
            (vec![("app/.env", true)], true),
            (vec![("app/.wh..wh..opq", false)], true),
            (vec![(".wh..wh..opq", false)], true),
            (vec![("app", true), ("app/other", false), ("app/.wh.other2", false)], false),
            (vec![("other/.wh..wh..opq", false), ("app/.env.d/x", false)], false),
        ] {
            assert_eq!(layer(&entries).hides(b"app/.env"), hidden, "{entries:?}");
        }
    }
}
