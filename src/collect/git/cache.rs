//! Objects that were found clean before: an object never changes, and neither does what one detector says of it.
//!
//! In: a directory, and the detector. Out: a set of object ids, read and written as one file per detector.

use super::ids::IdSet;
use crate::collect::cache::Kept;
use crate::detect::Detector;
use git2::Oid;
use std::path::Path;

/// Largest file that is read: about fifty million objects.
const FILE_BYTES: u64 = 1 << 30;
/// Bytes of an id.
const ID: usize = 20;

/// What is kept between runs.
pub(super) struct Cache {
    file: Kept,
    /// The objects that were clean.
    pub(super) clean: IdSet<Oid>,
}

impl Cache {
    /// Reads what earlier runs of this program kept; `None` if nothing may be kept: a detector that looks for known
    /// values says something else of the same object once they change.
    pub(super) fn open(directory: &Path, detector: &Detector) -> Option<Self> {
        let file = Kept::new(directory, "git-clean", &[&detector.digest()?])?;
        let clean = file.read(FILE_BYTES).and_then(|bytes| ids(&bytes)).unwrap_or_default();
        Some(Self { file, clean })
    }

    /// Keeps these objects too.
    pub(super) fn keep(mut self, fresh: impl IntoIterator<Item = Oid>) {
        let before = self.clean.len();
        self.clean.extend(fresh);
        if self.clean.len() > before {
            let mut ids: Vec<&Oid> = self.clean.iter().collect();
            ids.sort_unstable();
            let bytes: Vec<u8> = ids.into_iter().flat_map(|id| id.as_bytes().iter().copied()).collect();
            self.file.write(&bytes);
        }
    }
}

fn ids(bytes: &[u8]) -> Option<IdSet<Oid>> {
    if !bytes.len().is_multiple_of(ID) {
        return None;
    }
    bytes.chunks_exact(ID).map(|id| Oid::from_bytes(id).ok()).collect()
}
