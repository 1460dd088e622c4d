//! Loose objects: which there are. Their content is libgit2's to read.
//!
//! In: the directories of a store's objects. Out: ids in order, and files among them that are no objects.

use super::dirs;
use crate::collect::git::refs::children;
use git2::Oid;
use std::path::Path;

/// The ids of all loose objects.
#[derive(Default)]
pub(in crate::collect::git) struct Loose {
    /// In order, each once.
    pub(in crate::collect::git) ids: Vec<Oid>,
}

impl Loose {
    /// Lists those of a common git directory and of its alternates.
    pub(in crate::collect::git) fn list(common: &Path) -> Self {
        let mut ids = Vec::new();
        for dir in dirs::all(&common.join("objects")) {
            for folder in (0..=0xff_u8).map(|first| format!("{first:02x}")) {
                let files = children(&dir.join(&folder)).into_iter();
                ids.extend(files.filter_map(|file| {
                    let rest = file.file_name()?.to_str()?.to_owned();
                    Some(&rest)
                        .filter(|rest| rest.len() == 38)
                        .and_then(|rest| Oid::from_str(&format!("{folder}{rest}")).ok())
                }));
            }
        }
        ids.sort_unstable();
        ids.dedup();
        Self { ids }
    }
}
