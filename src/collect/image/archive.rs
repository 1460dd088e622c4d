//! An image archive (`docker save`, plain or gzip): its JSON documents, in one bounded pass.
//!
//! In: a file. Out: the documents by path, and what was wrong with the rest. Layers are passed over, by seeking
//! where the file allows it: neither their size nor what a sparse file pretends to hold matters.

use super::blobs::{Blobs, clean};
use super::entries::{Named, is_document};
use crate::collect::metered::{HEADERS, Meter, Metered};
use crate::collect::refusal::Refusal;
use crate::config::Limits;
use crate::evidence::{Cause, Name, Stop};
use flate2::read::MultiGzDecoder;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;
use std::rc::Rc;
use tar::Entries;
use zeroize::Zeroizing;

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
        let (documents, named) = (BTreeMap::new(), Named::default());
        let mut pass = Pass { documents, named, held: 0, limits, stop, meter: Rc::clone(&meter) };
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
        let damage = damage.or_else(|| pass.named.ambiguous());
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
    named: Named,
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
            let path = clean(&String::from_utf8_lossy(&entry.path_bytes()));
            self.named.entry(kind, &path);
            if (kind.is_file() || sparse) && is_document(&path) {
                let document = if sparse { Err(Cause::Unsupported) } else { self.document(&mut entry) };
                if self.meter.over.get() || self.meter.ended.get() {
                    return Err(self.damage(&std::io::Error::other("")));
                }
                self.keep(path, document.transpose());
            }
        }
    }

    /// The last entry of a name is the one that an engine unpacks.
    fn keep(&mut self, path: String, document: Option<Result<Zeroizing<Vec<u8>>, Cause>>) {
        let same = match (self.documents.get(&path), &document) {
            (Some(Ok(before)), Some(Ok(now))) => before == now,
            (before, now) => before.is_none() && now.is_none(),
        };
        self.named.document(&path, same);
        self.documents.extend(document.map(|document| (path, document)));
    }

    /// A JSON document, or nothing if the blob is something else.
    fn document<R: Read>(&mut self, entry: &mut tar::Entry<'_, R>) -> Result<Option<Zeroizing<Vec<u8>>>, Cause> {
        let size = entry.size();
        let mut bytes = Zeroizing::new(Vec::new());
        let head = entry.by_ref().take(64).read_to_end(&mut bytes);
        let opens = bytes.iter().find(|b| !b.is_ascii_whitespace());
        // Blanks without end may have a document behind them.
        let may_be_json = opens.map_or(!bytes.is_empty(), |first| matches!(first, b'{' | b'['));
        if head.is_err() || !may_be_json {
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
