//! Loose objects: which there are, and which files end before their object does. Their content is libgit2's to read.
//!
//! In: the directories of a store's objects. Out: ids in order.

use super::dirs;
use crate::collect::git::ids::IdSet;
use git2::Oid;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// The ids of all loose objects.
#[derive(Default)]
pub(in crate::collect::git) struct Loose {
    /// In order, each once.
    pub(in crate::collect::git) ids: Vec<Oid>,
}

impl Loose {
    /// Lists those of a common git directory and of its alternates.
    pub(in crate::collect::git) fn list(common: &Path) -> Self {
        let mut ids: Vec<Oid> = files(common).into_iter().map(|(id, _)| id).collect();
        ids.sort_unstable();
        ids.dedup();
        Self { ids }
    }

    /// Those whose files end early.
    pub(in crate::collect::git) fn cut(common: &Path) -> IdSet<Oid> {
        let files = files(common);
        files.par_iter().filter(|(_, file)| !ends(file)).map(|(id, _)| *id).collect::<Vec<Oid>>().into_iter().collect()
    }
}

/// Whether a file's compressed stream comes to its end. One that does not open is libgit2's to complain about.
fn ends(file: &Path) -> bool {
    // A pipe or a device would be waited for.
    if !file.metadata().is_ok_and(|about| about.is_file()) {
        return false;
    }
    let Ok(file) = std::fs::File::open(file) else { return true };
    std::io::copy(&mut flate2::read::ZlibDecoder::new(file), &mut std::io::sink()).is_ok()
}

fn files(common: &Path) -> Vec<(Oid, PathBuf)> {
    let mut found = Vec::new();
    for dir in dirs::all(&common.join("objects")) {
        for folder in (0..=0xff_u8).map(|first| format!("{first:02x}")) {
            for file in dirs::entries(&dir.join(&folder)) {
                let rest = file.file_name().and_then(|name| name.to_str()).filter(|rest| rest.len() == 38);
                let id = rest.and_then(|rest| Oid::from_str(&format!("{folder}{rest}")).ok());
                found.extend(id.map(|id| (id, file.clone())));
            }
        }
    }
    found
}
