//! What an engine lists as changed in a container's own layer, and which paths bring all of it.
//!
//! In: paths, each added or modified. Out: paths to ask for, and whether a file belongs to the list. It asks nobody.

use super::mounts::Mounts;
use std::collections::{BTreeMap, BTreeSet};

/// So many paths are asked for one by one; with more the whole file system is read once.
const MOST: usize = 64;

/// The paths of a list; `true` for what was added.
#[derive(Default)]
pub(super) struct Listing(BTreeMap<Vec<u8>, bool>);

/// How to come by everything on a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By these paths, each with all that lies below.
    Paths(Vec<Vec<u8>>),
    /// By the whole file system.
    Whole,
}

impl Listing {
    /// Adds a path.
    pub(super) fn add(&mut self, path: &[u8], added: bool) {
        self.0.insert(written(path), added);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether a file is on the list, or in a directory that was added as a whole.
    pub(super) fn has(&self, path: &[u8]) -> bool {
        let path = written(path);
        self.0.contains_key(&path) || above(&path).any(|dir| self.0.get(dir) == Some(&true))
    }

    /// The way to everything on the list. Where something is mounted, asking for a path gives what is mounted.
    pub(super) fn way(&self, mounts: &Mounts) -> Way {
        let mut roots = BTreeSet::new();
        for (path, added) in &self.0 {
            let mount = mounts.of(path);
            if mount.is_some_and(|mount| mount.destination != *path) || unclear(path) {
                return Way::Whole;
            }
            // A mount's own place, the way to one, and what a path above brings.
            if mounts.below(path) || above(path).any(|dir| roots.contains(dir) && self.0.get(dir) == Some(&true)) {
                continue;
            }
            if *added || !self.is_above_others(path) {
                roots.insert(path.clone());
            }
        }
        if roots.len() > MOST { Way::Whole } else { Way::Paths(roots.into_iter().collect()) }
    }

    fn is_above_others(&self, path: &[u8]) -> bool {
        let below = [path, b"/"].concat();
        self.0.range(below.clone()..).next().is_some_and(|(next, _)| next.starts_with(&below))
    }
}

/// The directories above a path.
fn above(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.iter().enumerate().filter(|(_, b)| **b == b'/').map(|(at, _)| &path[..at])
}

/// Bytes that are no text stand in a list as one sign or several.
const UNCLEAR: char = '\u{fffd}';

fn unclear(path: &[u8]) -> bool {
    String::from_utf8_lossy(path).contains(UNCLEAR)
}

/// A path as a list may have it.
fn written(path: &[u8]) -> Vec<u8> {
    let mut text = String::from_utf8_lossy(path).into_owned();
    while text.contains("\u{fffd}\u{fffd}") {
        text = text.replace("\u{fffd}\u{fffd}", "\u{fffd}");
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::mounts::{Mount, Sort};
    use super::*;

    fn listing(paths: &[(&str, bool)]) -> Listing {
        let mut listing = Listing::default();
        paths.iter().for_each(|(path, added)| listing.add(path.as_bytes(), *added));
        listing
    }

    fn paths(paths: &[&str]) -> Way {
        Way::Paths(paths.iter().map(|path| path.as_bytes().to_vec()).collect())
    }

    #[test]
    fn a_directory_that_was_added_brings_all_of_it_and_one_that_was_not_brings_nothing() {
        let listed = listing(&[("app", false), ("app/.env", true), ("new", true), ("new/a", true), ("new/a/b", true)]);
        assert_eq!(listed.way(&Mounts::default()), paths(&["app/.env", "new"]));
        assert!(listed.has(b"new/a/c") && listed.has(b"app/.env") && !listed.has(b"app/other"));
        assert_eq!(listing(&[("etc/passwd", false)]).way(&Mounts::default()), paths(&["etc/passwd"]));
    }

    #[test]
    fn mounts_are_no_part_of_the_layer_and_what_lies_below_them_needs_the_whole() {
        let mut mounts = Mounts::default();
        mounts.add(Mount::new(Sort::Volume, "/var/lib/data"));
        mounts.add(Mount::new(Sort::Tmpfs, "/memory"));
        let grown = [("var", true), ("var/lib", true), ("var/lib/data", true), ("var/log", true), ("memory", true)];
        assert_eq!(listing(&grown).way(&mounts), paths(&["memory", "var/log"]));
        assert_eq!(listing(&[("var/lib/data/.env", true)]).way(&mounts), Way::Whole);
    }

    #[test]
    fn a_name_that_is_no_text_is_found_again() {
        let listed = listing(&[("x/\u{fffd}\u{fffd}.env", true)]);
        assert_eq!(listed.way(&Mounts::default()), Way::Whole);
        assert!(listed.has(b"x/\xff\xfe.env"));
    }

    #[test]
    fn many_paths_are_read_as_a_whole() {
        let many: Vec<String> = (0..=MOST).map(|n| format!("tmp/{n}")).collect();
        let many: Vec<(&str, bool)> = many.iter().map(|path| (path.as_str(), true)).collect();
        assert_eq!(listing(&many).way(&Mounts::default()), Way::Whole);
    }
}
