//! Objects that were found clean before: an object never changes, and neither does what one detector says of it.
//!
//! In: a directory, and the detector. Out: a set of object ids, read and written as one file per detector. The file
//! holds ids and nothing of what they name. Whoever can write it can hide a secret: it is as trusted as the machine.
//! A file that is damaged, or of another detector or version, is not used.

use super::ids::IdSet;
use super::refs::small_file;
use crate::detect::Detector;
use git2::Oid;
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};

/// How a file begins.
const MARK: &[u8] = b"leakproof clean objects 1\n";
/// Largest file that is read: about fifty million objects.
const FILE_BYTES: u64 = 1 << 30;
/// Bytes of an id, and of the digest at the end.
const ID: usize = 20;
const DIGEST: usize = 32;

/// What is kept between runs.
pub(super) struct Cache {
    file: PathBuf,
    /// The objects that were clean.
    pub(super) clean: IdSet<Oid>,
}

impl Cache {
    /// Reads what earlier runs of this program kept; `None` if nothing may be kept: a detector that looks for known
    /// values says something else of the same object once they change.
    pub(super) fn open(directory: &Path, detector: &Detector) -> Option<Self> {
        let file = directory.join(format!("git-{}.clean", name(&detector.digest()?)?));
        let bytes = small_file(&file, FILE_BYTES).unwrap_or_default();
        let clean = ids(&bytes).unwrap_or_default();
        Some(Self { file, clean })
    }

    /// Keeps these objects too. What cannot be written is read again next time.
    pub(super) fn keep(mut self, fresh: impl IntoIterator<Item = Oid>) {
        let before = self.clean.len();
        self.clean.extend(fresh);
        if self.clean.len() > before {
            // An error here costs time in the next run, and no verdict.
            let _ = self.write();
        }
    }

    fn write(&self) -> std::io::Result<()> {
        let mut ids: Vec<&Oid> = self.clean.iter().collect();
        ids.sort_unstable();
        let mut bytes = Vec::with_capacity(MARK.len() + ids.len() * ID + DIGEST);
        bytes.extend_from_slice(MARK);
        ids.iter().for_each(|id| bytes.extend_from_slice(id.as_bytes()));
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        let directory = self.file.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(directory)?;
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(&bytes)?;
        file.persist(&self.file)?;
        Ok(())
    }
}

/// What the file is named after: the detector's own digest, and the program that is running.
fn name(detector: &str) -> Option<String> {
    let program = std::fs::read(std::env::current_exe().ok()?).ok()?;
    let digest = Sha256::new().chain_update(Sha256::digest(program)).chain_update(detector).finalize();
    Some(data_encoding::HEXLOWER.encode(&digest[..16]))
}

/// The ids of a file that is whole.
fn ids(bytes: &[u8]) -> Option<IdSet<Oid>> {
    let (body, digest) = bytes.split_at_checked(bytes.len().checked_sub(DIGEST)?)?;
    let ids = body.strip_prefix(MARK)?;
    if Sha256::digest(body).as_slice() != digest || !ids.len().is_multiple_of(ID) {
        return None;
    }
    ids.chunks_exact(ID).map(|id| Oid::from_bytes(id).ok()).collect()
}
