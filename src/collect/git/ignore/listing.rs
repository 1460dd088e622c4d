//! What stands in one directory of HEAD, as far as ignore rules care: directories, other names, its ignore file.
//!
//! In: a tree. Out: its names. It must not know what is ignored.

use super::super::objects::Objects;
use crate::collect::git::losses::Losses;
use crate::collect::git::objects::{EntryType, entries, structure};
use git2::{ObjectType, Oid};
use std::collections::BTreeSet;

/// A directory's names.
#[derive(Default)]
pub(super) struct Listing {
    /// Directories, to be walked.
    pub(super) directories: Vec<(Vec<u8>, Oid)>,
    /// Everything else: no directory can be made under such a name.
    pub(super) files: BTreeSet<Vec<u8>>,
    /// Its ignore file.
    pub(super) rules: Option<Oid>,
}

impl Listing {
    /// Reads a tree, or what can be read of it.
    pub(super) fn read(odb: &Objects<'_>, tree: Oid, losses: &mut Losses) -> Self {
        let mut listing = Self::default();
        let read = structure(odb, tree, ObjectType::Tree, |bytes| {
            entries(bytes).try_for_each(|entry| {
                let entry = entry?;
                if entry.what == EntryType::Tree {
                    listing.directories.push((entry.name.to_vec(), entry.id()));
                    return Ok(());
                }
                // git does not follow a .gitignore that is a symlink.
                let rules = entry.what == EntryType::File && entry.name == b".gitignore";
                listing.rules = listing.rules.or(rules.then_some(entry.id()));
                listing.files.insert(entry.name.to_vec());
                Ok(())
            })
        });
        if let Err(fault) = read {
            losses.count(fault);
        }
        listing
    }
}
