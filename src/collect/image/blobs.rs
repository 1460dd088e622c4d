//! Where the documents of a layout lie: paths, digests, and blobs that are what their digest says.
//!
//! In: a directory, or anything else that gives a document by its path. Out: bytes, or why there are none.

use crate::collect::entry_path;
use crate::collect::refusal::Refusal;
use crate::config::Limits;
use crate::evidence::Cause;
use sha2::{Digest, Sha256, Sha512};
use std::io::Read;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// A source of documents.
pub(super) trait Blobs {
    /// The document at a path inside the layout.
    fn document(&self, path: &str) -> Result<Zeroizing<Vec<u8>>, Cause>;

    /// A document whose content is what its name says.
    fn blob(&self, path: &str) -> Result<Zeroizing<Vec<u8>>, Cause> {
        let bytes = self.document(path)?;
        let hex = |digest: &[u8]| data_encoding::HEXLOWER.encode(digest);
        let honest = match digest_in(path) {
            Some(digest) if digest.starts_with("sha512:") => digest[7..] == hex(&Sha512::digest(&bytes)),
            Some(digest) => digest[7..] == hex(&Sha256::digest(&bytes)),
            None => true,
        };
        if honest { Ok(bytes) } else { Err(Cause::Inconsistent) }
    }
}

/// An OCI layout in a directory.
pub(super) struct Directory {
    root: PathBuf,
    limit: u64,
}

impl Directory {
    /// A directory; its files are opened as they are needed.
    pub(super) fn open(root: &Path, limits: &Limits) -> Result<Self, Refusal> {
        match std::fs::metadata(root) {
            Ok(meta) if meta.is_dir() => Ok(Self { root: root.to_owned(), limit: limits.config_bytes }),
            Ok(_) => Err(Refusal::new(Cause::Unsupported).because("not a directory")),
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Err(Refusal::new(Cause::Denied)),
            Err(_) => Err(Refusal::new(Cause::NotFound)),
        }
    }
}

impl Blobs for Directory {
    fn document(&self, path: &str) -> Result<Zeroizing<Vec<u8>>, Cause> {
        let path = self.root.join(path);
        let meta = std::fs::metadata(&path).map_err(|_| Cause::MissingObjects)?;
        if !meta.is_file() {
            return Err(Cause::Malformed);
        }
        if meta.len() > self.limit {
            return Err(Cause::OverLimit);
        }
        let mut bytes = Zeroizing::new(Vec::new());
        let file = std::fs::File::open(path).map_err(|_| Cause::Denied)?;
        file.take(self.limit).read_to_end(&mut bytes).map_err(|_| Cause::Truncated)?;
        Ok(bytes)
    }
}

/// Where a digest's blob lies; `None` for anything that is not a digest.
pub(super) fn blob_path(digest: &str) -> Option<String> {
    let (algorithm, hex) = digest.split_once(':')?;
    let sized = matches!((algorithm, hex.len()), ("sha256", 64) | ("sha512", 128));
    let honest = sized && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    honest.then(|| format!("blobs/{algorithm}/{hex}"))
}

/// The digest that a path states: `blobs/sha256/HEX`, or Docker's older `HEX.json`.
pub(super) fn digest_in(path: &str) -> Option<String> {
    let stated = match path.strip_prefix("blobs/").and_then(|rest| rest.split_once('/')) {
        Some((algorithm, hex)) => format!("{algorithm}:{hex}"),
        None => format!("sha256:{}", path.strip_suffix(".json")?),
    };
    blob_path(&stated).map(|_| stated)
}

/// A path as it lies after unpacking.
pub(super) fn clean(path: &str) -> String {
    String::from_utf8_lossy(&entry_path::clean(path.as_bytes())).into_owned()
}
