//! An image archive (`docker save`, plain or gzip): its JSON documents, and its layers, in one bounded pass.
//!
//! In: a file or a stream. Out: the documents by path, what was wrong with the rest, and where blobs lie. Where the
//! file cannot seek, whatever may be a layer is looked through as it passes by, for it does not come again; where it can,
//! layers are passed over: neither their size nor what a sparse file pretends to hold matters.

use super::blobs::{Blobs, clean};
use super::entries::{Named, is_document};
use super::layers::of_stream;
use crate::collect::layers::{self, Layer, Look};
use crate::collect::metered::{HEADERS, Meter, Metered};
use crate::collect::refusal::Refusal;
use crate::evidence::{Cause, Name};
use flate2::read::MultiGzDecoder;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use tar::Entries;
use zeroize::Zeroizing;

/// How many documents of the largest size may be held at once.
const DOCUMENTS: u64 = 8;
/// What tells a document from a layer.
const HEAD: u64 = 512;

type Documents = BTreeMap<String, Result<Zeroizing<Vec<u8>>, Cause>>;

/// An archive that was read.
#[derive(Default)]
pub(super) struct Archive {
    documents: Documents,
    /// Blobs that are no documents.
    pub(super) blobs: Blobbed,
}

/// Where blobs are, or what they hold.
#[derive(Default)]
pub(super) struct Blobbed {
    /// Position and size of each, where the file can seek; more than one where names fight.
    pub(super) places: BTreeMap<String, Vec<(u64, u64)>>,
    /// What may be layers, looked through as they passed by.
    pub(super) read: BTreeMap<String, Vec<Arc<Layer>>>,
    /// Links among them: Docker writes a layer that comes twice as one.
    pub(super) links: BTreeMap<String, String>,
}

impl Blobs for Archive {
    fn document(&self, path: &str) -> Result<Zeroizing<Vec<u8>>, Cause> {
        match self.documents.get(path) {
            Some(Ok(bytes)) => Ok(bytes.clone()),
            Some(Err(cause)) => Err(*cause),
            None => Err(Cause::MissingObjects),
        }
    }
}

impl Archive {
    /// Reads an archive. What was read before any damage is kept, beside the damage.
    pub(super) fn read(path: &Path, look: Look<'_>, layers: bool) -> Result<(Self, Option<Refusal>), Refusal> {
        let opened = std::fs::metadata(path).and_then(|meta| Ok((meta.is_file(), File::open(path)?)));
        let mut file = match opened {
            Ok((true, file)) => file,
            Ok((false, _)) => return Err(Refusal::new(Cause::Unsupported).because("not a regular file")),
            Err(error) => return Err(Refusal::of_file(&error).with("operation", Name::fixed("open archive"))),
        };
        let mut magic = [0_u8; 6];
        let read = file.read(&mut magic).and_then(|n| file.rewind().map(|()| n));
        match &magic[..read.unwrap_or_default()] {
            [0x1f, 0x8b, ..] => Ok(Self::stream(MultiGzDecoder::new(BufReader::new(file)), look, layers)),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0xfd, b'7', b'z', ..] | [b'B', b'Z', b'h', ..] => {
                Err(Refusal::new(Cause::Unsupported).because("only plain and gzip archives are read"))
            }
            _ => {
                let mut pass = Pass::new(look, false);
                let mut tar = tar::Archive::new(Metered { inner: file, meter: Rc::clone(&pass.meter) });
                let entries = tar.entries_with_seek();
                let run = entries.map_err(|error| pass.damage(&error)).and_then(|entries| pass.run(entries, true));
                Ok(pass.done(run.err()))
            }
        }
    }

    /// Reads an archive as it comes, its layers too if they are wanted.
    pub(super) fn stream(stream: impl Read, look: Look<'_>, layers: bool) -> (Self, Option<Refusal>) {
        let mut pass = Pass::new(look, layers);
        let mut tar = tar::Archive::new(Metered { inner: stream, meter: Rc::clone(&pass.meter) });
        let run = tar.entries().map_err(|error| pass.damage(&error)).and_then(|entries| pass.run(entries, false));
        pass.done(run.err())
    }
}

/// One pass over the entries.
struct Pass<'a> {
    archive: Archive,
    named: Named,
    held: u64,
    look: Look<'a>,
    /// Whether layers are looked through as they pass by.
    layers: bool,
    meter: Rc<Meter>,
}

/// What a file is.
enum Content {
    Document(Zeroizing<Vec<u8>>),
    /// Something else that begins so.
    Other(Zeroizing<Vec<u8>>),
}

impl<'a> Pass<'a> {
    fn new(look: Look<'a>, layers: bool) -> Self {
        let meter = Meter::new(look.limits.archive_bytes);
        Self { archive: Archive::default(), named: Named::default(), held: 0, look, layers, meter }
    }

    fn done(self, damage: Option<Refusal>) -> (Archive, Option<Refusal>) {
        let damage = damage.or_else(|| self.named.ambiguous());
        (self.archive, damage)
    }

    fn run<R: Read>(&mut self, mut entries: Entries<'_, R>, seeks: bool) -> Result<(), Refusal> {
        let mut stored = 0;
        loop {
            if self.look.stop.asked() {
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
            if kind.is_symlink() || kind.is_hard_link() {
                let target = entry.link_name_bytes().map(|name| String::from_utf8_lossy(&name).into_owned());
                let from = if kind.is_symlink() { path.rsplit_once('/').map_or("", |(parent, _)| parent) } else { "" };
                let target = target.map(|target| clean(&format!("{from}/{target}")));
                self.archive.blobs.links.extend(target.map(|target| (path.clone(), target)));
            }
            if !kind.is_file() && !sparse {
                continue;
            }
            let place = (entry.raw_file_position(), stored);
            let content = if sparse {
                if is_document(&path) { Err(Cause::Unsupported) } else { continue }
            } else {
                self.content(&mut entry, &path)
            };
            match content {
                Ok(Content::Other(head)) => {
                    if is_document(&path) {
                        self.keep(path.clone(), None);
                    }
                    if self.layers && !seeks {
                        self.layer(Cursor::new(&head[..]).chain(entry), &head, path);
                    } else if seeks {
                        self.archive.blobs.places.entry(path).or_default().push(place);
                    }
                }
                Ok(Content::Document(bytes)) => self.keep(path, Some(Ok(bytes))),
                Err(cause) => self.keep(path, Some(Err(cause))),
            }
            if self.meter.over.get() || self.meter.ended.get() {
                return Err(self.damage(&std::io::Error::other("")));
            }
        }
    }

    /// The last entry of a name is the one that an engine unpacks.
    fn keep(&mut self, path: String, document: Option<Result<Zeroizing<Vec<u8>>, Cause>>) {
        let same = match (self.archive.documents.get(&path), &document) {
            (Some(Ok(before)), Some(Ok(now))) => before == now,
            (before, now) => before.is_none() && now.is_none(),
        };
        self.named.document(&path, same);
        self.archive.documents.extend(document.map(|document| (path, document)));
    }

    /// A JSON document, or how something else begins.
    fn content<R: Read>(&mut self, entry: &mut tar::Entry<'_, R>, path: &str) -> Result<Content, Cause> {
        let size = entry.size();
        let mut bytes = Zeroizing::new(Vec::new());
        let head = entry.by_ref().take(HEAD).read_to_end(&mut bytes);
        let opens = bytes.iter().find(|b| !b.is_ascii_whitespace());
        // Blanks without end may have a document behind them.
        let may_be_json = opens.map_or(!bytes.is_empty(), |first| matches!(first, b'{' | b'['));
        if head.is_err() || !may_be_json || !is_document(path) || layers::may_be_layer(&bytes) {
            return Ok(Content::Other(bytes));
        }
        let (most, held) = (self.look.limits.config_bytes, self.held.saturating_add(size));
        // What is passed over takes no room from what comes behind it.
        if size > most || held > most.saturating_mul(DOCUMENTS) {
            return Err(Cause::OverLimit);
        }
        self.held = held;
        entry.read_to_end(&mut bytes).map_err(|_| Cause::Truncated)?;
        Ok(Content::Document(bytes))
    }

    /// Looks through what may be a layer: which of them are, only the documents say, and these may come behind.
    fn layer(&mut self, stream: impl Read, head: &[u8], path: String) {
        if path.ends_with("layer.tar") || layers::may_be_layer(head) {
            let layer = of_stream(stream, &path, self.look);
            self.archive.blobs.read.entry(path).or_default().push(layer);
        }
    }

    /// What an error of the reader means: our own limit, the end of the file, or nonsense.
    fn damage(&self, error: &std::io::Error) -> Refusal {
        if self.meter.over.get() {
            Refusal::over("limits.archive_bytes")
        } else if self.meter.ended.get() || error.kind() == std::io::ErrorKind::UnexpectedEof {
            Refusal::new(Cause::Truncated)
        } else {
            Refusal::new(Cause::Malformed)
        }
    }
}
