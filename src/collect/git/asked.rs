//! Which blobs are looked for whatever their names: those in which something was found, and those that are not here.
//!
//! Knows ids only.

use super::ids::IdSet;
use super::objects::{Entry, EntryType};
use git2::Oid;

/// Blobs that matter under every name.
#[derive(Default)]
pub(super) struct Asked {
    /// Blobs that were found to hold something, or that could not be read.
    pub(super) given: IdSet<Oid>,
    /// Everything that the store holds, if files that it lacks are looked for.
    pub(super) present: Option<IdSet<Oid>>,
}

impl Asked {
    /// Whether an entry is one of them.
    pub(super) fn of(&self, entry: &Entry<'_>) -> bool {
        if self.given.is_empty() && self.present.is_none() {
            return false;
        }
        let id = entry.id();
        let file = matches!(entry.what, EntryType::File | EntryType::Symlink);
        self.given.contains(&id) || file && self.lacks(id)
    }

    /// Whether the store lacks an object.
    pub(super) fn lacks(&self, id: Oid) -> bool {
        self.present.as_ref().is_some_and(|present| !present.contains(&id))
    }

    /// Whether nothing is looked for.
    pub(super) fn is_empty(&self) -> bool {
        self.given.is_empty() && self.present.is_none()
    }
}
