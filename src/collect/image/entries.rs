//! The names of an archive's entries, and whether they leave open which document an engine would read.
//!
//! In: every entry's kind and cleaned path. Out: a refusal if two entries fight for one name, or a link stands
//! where a document is looked for: readers disagree on whether the first or the last counts, and what links mean.

use crate::collect::refusal::Refusal;
use crate::evidence::Cause;
use std::collections::BTreeSet;
use tar::EntryType;

/// What was seen so far.
#[derive(Default)]
pub(super) struct Named {
    documents: BTreeSet<String>,
    links: BTreeSet<String>,
    ambiguous: bool,
}

impl Named {
    /// An entry of whatever kind.
    pub(super) fn entry(&mut self, kind: EntryType, path: &str) {
        match kind {
            EntryType::Symlink | EntryType::Link | EntryType::Char | EntryType::Block | EntryType::Fifo => {
                self.ambiguous |= is_document(path) || self.holds(path);
                self.links.insert(path.to_owned());
            }
            EntryType::Directory => self.ambiguous |= self.documents.contains(path) || self.is_below_link(path),
            // A file takes the place of a directory and of all that is in it.
            _ => self.ambiguous |= self.is_below_link(path) || self.holds(path),
        }
    }

    /// A file that may be a document, and whether it is the same as the one before it of that name, if any.
    pub(super) fn document(&mut self, path: &str, same: bool) {
        self.ambiguous |= !self.documents.insert(path.to_owned()) && !same;
    }

    /// Why nobody can say which documents count.
    pub(super) fn ambiguous(&self) -> Option<Refusal> {
        let why = "two entries of one name, or a link in the place of a document";
        self.ambiguous.then(|| Refusal::new(Cause::Inconsistent).because(why))
    }

    /// Whether a document lies below a path.
    fn holds(&self, path: &str) -> bool {
        let below = format!("{path}/");
        self.documents.range(below.clone()..).next().is_some_and(|first| first.starts_with(&below))
    }

    fn is_below_link(&self, path: &str) -> bool {
        path.match_indices('/').any(|(at, _)| self.links.contains(&path[..at]))
    }
}

/// Manifests, configs, indexes, and blobs that may be one of them.
pub(super) fn is_document(path: &str) -> bool {
    path.starts_with("blobs/") || path.rsplit_once('.').is_some_and(|(_, extension)| extension == "json")
}
