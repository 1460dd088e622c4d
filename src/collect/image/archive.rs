//! An image archive (`docker save`, plain or gzip): its JSON documents, in one bounded pass.
//!
//! In: a file. Out: the documents by path, and what was wrong with the rest. Layers are passed over, by seeking
//! where the file allows it: neither their size nor what a sparse file pretends to hold matters.

use super::layout::Blobs;
use crate::collect::refusal::Refusal;
use crate::config::Limits;
use crate::evidence::{Cause, Name, Stop};
use flate2::read::MultiGzDecoder;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Result as Io, Seek, SeekFrom};
use std::path::Path;
use std::rc::Rc;
use tar::Entries;
use zeroize::Zeroizing;

/// What a header and its extensions may take: the tar reader holds these in memory.
const HEADERS: u64 = 1 << 20;
/// How many documents of the largest size may be held at once.
const DOCUMENTS: u64 = 8;

type Documents = BTreeMap<String, Result<Zeroizing<Vec<u8>>, Cause>>;

/// The documents of an archive.
pub(super) struct Archive(Documents);

impl Blobs for Archive {
    fn document(&self, path: &str) -> Result<Zeroizing<Vec<u8>>, Cause> {
        match self.0.get(path) {
            Some(Ok(bytes)) => Ok(bytes.clone()),
            Some(Err(cause)) => Err(*cause),
            None => Err(Cause::MissingObjects),
        }
    }
}

impl Archive {
    /// Reads an archive. What was read before any damage is kept, beside the damage.
    pub(super) fn read(path: &Path, limits: &Limits, stop: &Stop) -> Result<(Self, Option<Refusal>), Refusal> {
        let opened = std::fs::metadata(path).and_then(|meta| Ok((meta.is_file(), File::open(path)?)));
        let mut file = match opened {
            Ok((true, file)) => file,
            Ok((false, _)) => return Err(Refusal::new(Cause::Unsupported).because("not a regular file")),
            Err(error) => return Err(Refusal::new(cause_of(&error)).with("operation", Name::fixed("open archive"))),
        };
        let mut magic = [0_u8; 6];
        let read = file.read(&mut magic).and_then(|n| file.rewind().map(|()| n));
        let magic = &magic[..read.unwrap_or_default()];
        let meter = Meter::new(limits.archive_bytes);
        let mut pass = Pass { documents: BTreeMap::new(), held: 0, limits, stop, meter: Rc::clone(&meter) };
        let damage = match magic {
            [0x1f, 0x8b, ..] => {
                let inner = MultiGzDecoder::new(BufReader::new(file));
                let mut tar = tar::Archive::new(Metered { inner, meter });
                tar.entries().map_err(|error| pass.damage(&error)).and_then(|entries| pass.run(entries, false)).err()
            }
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0xfd, b'7', b'z', ..] | [b'B', b'Z', b'h', ..] => {
                return Err(Refusal::new(Cause::Unsupported).because("only plain and gzip archives are read"));
            }
            _ => {
                let mut tar = tar::Archive::new(Metered { inner: file, meter });
                let entries = tar.entries_with_seek();
                entries.map_err(|error| pass.damage(&error)).and_then(|entries| pass.run(entries, true)).err()
            }
        };
        Ok((Self(pass.documents), damage))
    }
}

fn cause_of(error: &std::io::Error) -> Cause {
    match error.kind() {
        std::io::ErrorKind::NotFound => Cause::NotFound,
        std::io::ErrorKind::PermissionDenied => Cause::Denied,
        _ => Cause::Malformed,
    }
}

/// One pass over the entries.
struct Pass<'a> {
    documents: Documents,
    held: u64,
    limits: &'a Limits,
    stop: &'a Stop,
    meter: Rc<Meter>,
}

impl Pass<'_> {
    fn run<R: Read>(&mut self, mut entries: Entries<'_, R>, seeks: bool) -> Result<(), Refusal> {
        let mut stored = 0;
        loop {
            if self.stop.asked() {
                return Err(Refusal::new(Cause::Interrupted));
            }
            // Where the file cannot seek, passing over the last entry reads it.
            self.meter.step.set(HEADERS + if seeks { 0 } else { stored });
            let mut entry = match entries.next() {
                Some(Ok(entry)) => entry,
                Some(Err(error)) => return Err(self.damage(&error)),
                // A whole archive ends with empty blocks, a truncated one with nothing.
                None if self.meter.ended.get() => return Err(Refusal::new(Cause::Truncated)),
                None => return Ok(()),
            };
            let kind = entry.header().entry_type();
            let sparse = kind.is_gnu_sparse();
            stored = if sparse { entry.header().entry_size().unwrap_or_default() } else { entry.size() };
            self.meter.step.set(u64::MAX);
            let path = String::from_utf8_lossy(&entry.path_bytes()).trim_start_matches("./").to_owned();
            if (kind.is_file() || sparse) && is_document(&path) {
                let document = if sparse { Err(Cause::Unsupported) } else { self.document(&mut entry) };
                if self.meter.over.get() || self.meter.ended.get() {
                    return Err(self.damage(&std::io::Error::other("")));
                }
                self.documents.extend(document.transpose().map(|document| (path, document)));
            }
        }
    }

    /// A JSON document, or nothing if the blob is something else.
    fn document<R: Read>(&mut self, entry: &mut tar::Entry<'_, R>) -> Result<Option<Zeroizing<Vec<u8>>>, Cause> {
        let size = entry.size();
        let mut bytes = Zeroizing::new(Vec::new());
        let head = entry.by_ref().take(64).read_to_end(&mut bytes);
        let opens = bytes.iter().find(|b| !b.is_ascii_whitespace());
        if head.is_err() || !matches!(opens, Some(b'{' | b'[')) {
            return Ok(None);
        }
        self.held = self.held.saturating_add(size);
        let most = self.limits.config_bytes;
        if size > most || self.held > most.saturating_mul(DOCUMENTS) {
            return Err(Cause::OverLimit);
        }
        entry.read_to_end(&mut bytes).map_err(|_| Cause::Truncated)?;
        Ok(Some(bytes))
    }

    /// What an error of the reader means: our own limit, the end of the file, or nonsense.
    fn damage(&self, error: &std::io::Error) -> Refusal {
        if self.meter.over.get() {
            Refusal::new(Cause::OverLimit).with("key", Name::fixed("limits.archive_bytes"))
        } else if self.meter.ended.get() || error.kind() == std::io::ErrorKind::UnexpectedEof {
            Refusal::new(Cause::Truncated)
        } else {
            Refusal::new(Cause::Malformed)
        }
    }
}

/// Manifests, configs, indexes, and blobs that may be one of them.
fn is_document(path: &str) -> bool {
    path.starts_with("blobs/") || path.rsplit_once('.').is_some_and(|(_, extension)| extension == "json")
}

/// How much may still be read, in all and until the next entry; and whether the end was met.
struct Meter {
    total: Cell<u64>,
    step: Cell<u64>,
    ended: Cell<bool>,
    over: Cell<bool>,
}

impl Meter {
    fn new(total: u64) -> Rc<Self> {
        Rc::new(Self {
            total: Cell::new(total),
            step: Cell::new(HEADERS),
            ended: Cell::default(),
            over: Cell::default(),
        })
    }
}

/// A reader that stops at its meter's limits. Seeking costs nothing.
struct Metered<R> {
    inner: R,
    meter: Rc<Meter>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Io<usize> {
        let meter = &self.meter;
        let left = usize::try_from(meter.total.get().min(meter.step.get())).unwrap_or(usize::MAX);
        if left == 0 && !buffer.is_empty() {
            meter.over.set(true);
            return Err(std::io::Error::other("limit"));
        }
        let most = left.min(buffer.len());
        let n = self.inner.read(&mut buffer[..most])?;
        if n == 0 && most > 0 {
            meter.ended.set(true);
        }
        meter.total.set(meter.total.get() - n as u64);
        meter.step.set(meter.step.get() - n as u64);
        Ok(n)
    }
}

impl<R: Seek> Seek for Metered<R> {
    fn seek(&mut self, to: SeekFrom) -> Io<u64> {
        self.inner.seek(to)
    }
}
