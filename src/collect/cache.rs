//! Files that keep facts between runs. Not a collector.
//!
//! In: a directory, what a file is about, and its content. Out: the content of a file that is whole. What is kept holds
//! facts and nothing of any value. Whoever can write here can hide a secret: it is as trusted as the machine. A file that
//! is damaged, or that another program wrote, is not used.

use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Bytes of the digest at the end.
const DIGEST: usize = 32;

/// A file of a cache.
pub(super) struct Kept(PathBuf);

impl Kept {
    /// The file for what `about` says, and for the program that is running; `None` if that cannot be read.
    pub(super) fn new(directory: &Path, kind: &str, about: &[&str]) -> Option<Self> {
        let mut digest = Sha256::new().chain_update(program()?);
        for part in about {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        let name = data_encoding::HEXLOWER.encode(&digest.finalize()[..16]);
        Some(Self(directory.join(format!("{kind}-{name}"))))
    }

    /// What it holds, if it is whole and no larger than `limit`.
    pub(super) fn read(&self, limit: u64) -> Option<Vec<u8>> {
        let file = File::open(&self.0).ok()?;
        let about = file.metadata().ok()?;
        if !about.is_file() || about.len() > limit {
            return None;
        }
        let mut bytes = Vec::new();
        file.take(limit).read_to_end(&mut bytes).ok()?;
        let body = bytes.len().checked_sub(DIGEST)?;
        if Sha256::digest(&bytes[..body]).as_slice() != &bytes[body..] {
            return None;
        }
        bytes.truncate(body);
        Some(bytes)
    }

    /// Keeps this. What cannot be written costs time in the next run, and no verdict.
    pub(super) fn write(&self, body: &[u8]) {
        let _ = self.persist(body);
    }

    fn persist(&self, body: &[u8]) -> std::io::Result<()> {
        let directory = self.0.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(directory)?;
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(body)?;
        file.write_all(&Sha256::digest(body))?;
        file.persist(&self.0)?;
        Ok(())
    }
}

/// The digest of the program that is running: another one may judge otherwise.
fn program() -> Option<&'static [u8; 32]> {
    static PROGRAM: OnceLock<Option<[u8; 32]>> = OnceLock::new();
    let read = || Some(Sha256::digest(std::fs::read(std::env::current_exe().ok()?).ok()?).into());
    PROGRAM.get_or_init(read).as_ref()
}
