//! A log's file: plain, gzip, zstd, or a zip with a file per job and step, as GitHub hands it out.
//!
//! In: a path and limits. Out: texts, and what was not read of them. What was read before a limit or damage stays.

use crate::collect::metered::{Meter, Metered};
use crate::collect::refusal::Refusal;
use crate::config::Limits;
use crate::evidence::{Cause, Name, Stop};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek};
use std::path::Path;
use std::rc::Rc;
use zeroize::Zeroizing;
use zip::ZipArchive;

/// What the directory of a zip may take: it is held in memory.
const DIRECTORY: u64 = 16 << 20;

/// One text of a log.
pub(super) struct Part {
    /// Its name in an archive.
    pub(super) name: Option<Name>,
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

/// What was read.
#[derive(Default)]
pub(super) struct Log {
    pub(super) parts: Vec<Part>,
    /// What was not, and of which part.
    pub(super) refusals: Vec<(Option<Name>, Refusal)>,
}

/// Reads a log.
pub(super) fn read(path: &Path, limits: &Limits, stop: &Stop) -> Result<Log, Refusal> {
    let opened = std::fs::metadata(path).and_then(|meta| Ok((meta.is_file(), File::open(path)?)));
    let mut file = match opened {
        Ok((true, file)) => file,
        Ok((false, _)) => return Err(Refusal::new(Cause::Unsupported).because("not a regular file")),
        Err(error) => return Err(Refusal::of_file(&error).with("operation", Name::fixed("open build log"))),
    };
    let mut magic = [0_u8; 6];
    let begins = file.read(&mut magic).and_then(|n| file.rewind().map(|()| n)).map_err(|error| damage(&error))?;
    let mut log = Log::default();
    match &magic[..begins] {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => zipped(file, limits, stop, &mut log)?,
        [0x1f, 0x8b, ..] => log.part(None, MultiGzDecoder::new(BufReader::new(file)), limits.file_bytes),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            let decoder = zstd::Decoder::new(file).map_err(|error| damage(&error))?;
            log.part(None, decoder, limits.file_bytes);
        }
        [0xfd, b'7', b'z', ..] | [b'B', b'Z', b'h', ..] | [b'7', b'z', 0xbc, 0xaf, ..] => {
            return Err(Refusal::new(Cause::Unsupported).because("logs are read plain, as gzip, zstd or zip"));
        }
        _ => log.part(None, file, limits.file_bytes),
    }
    Ok(log)
}

fn zipped(file: File, limits: &Limits, stop: &Stop, log: &mut Log) -> Result<(), Refusal> {
    let meter = Meter::new(limits.archive_bytes);
    meter.step.set(DIRECTORY);
    let metered = BufReader::new(Metered { inner: file, meter: Rc::clone(&meter) });
    let mut archive = ZipArchive::new(metered).map_err(|_| Refusal::new(Cause::Malformed))?;
    meter.step.set(u64::MAX);
    let mut left = limits.archive_bytes;
    for number in 0..archive.len() {
        if stop.asked() {
            log.refusals.push((None, Refusal::new(Cause::Interrupted)));
            break;
        }
        let name = archive.name_for_index(number).and_then(Result::ok);
        let name =
            Some(name.map_or(Name::withheld("file", number + 1), |name| Name::admit_or(&name, "file", number + 1)));
        match archive.by_index(number) {
            Ok(member) if !member.is_file() => {}
            Ok(member) => {
                log.member(name, member, limits.file_bytes.min(left));
                left = left.saturating_sub(log.parts.last().map_or(0, |part| part.bytes.len() as u64));
            }
            Err(_) => {
                let why = Refusal::new(Cause::Unsupported).because("a member of a zip that does not open");
                log.refusals.push((name, why));
            }
        }
        if left == 0 {
            log.refusals.push((None, Refusal::over("limits.archive_bytes")));
            break;
        }
    }
    Ok(())
}

/// How a packed text begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const PACKED: [&[u8]; 7] = [&GZIP, &ZSTD, b"PK\x03\x04", b"PK\x05\x06", b"\xfd7zXZ", b"BZh", b"7z\xbc\xaf"];

impl Log {
    /// A member of a zip, packed once more or not.
    fn member(&mut self, name: Option<Name>, mut member: impl Read, limit: u64) {
        let mut head = Vec::new();
        let begun = member.by_ref().take(6).read_to_end(&mut head);
        let whole = std::io::Cursor::new(head.clone()).chain(member);
        if begun.is_ok() && head.starts_with(&GZIP) {
            return self.part(name, MultiGzDecoder::new(BufReader::new(whole)), limit);
        }
        if begun.is_ok() && head.starts_with(&ZSTD) {
            return match zstd::Decoder::new(whole) {
                Ok(decoder) => self.part(name, decoder, limit),
                Err(error) => self.refusals.push((name, damage(&error))),
            };
        }
        self.part(name, whole, limit);
    }

    fn part(&mut self, name: Option<Name>, stream: impl Read, limit: u64) {
        let mut bytes = Zeroizing::new(Vec::new());
        let read = stream.take(limit.saturating_add(1)).read_to_end(&mut bytes);
        if let Err(error) = read {
            self.refusals.push((name.clone(), damage(&error)));
        } else if bytes.len() as u64 > limit {
            bytes.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            self.refusals.push((name.clone(), Refusal::over("limits.file_bytes")));
        }
        if PACKED.iter().any(|magic| bytes.starts_with(magic)) {
            let why = Refusal::new(Cause::Unsupported).because("packed more than once");
            self.refusals.push((name, why));
            return;
        }
        self.parts.push(Part { name, bytes });
    }
}

/// A stream that ends too early is no nonsense.
fn damage(error: &std::io::Error) -> Refusal {
    if error.kind() == ErrorKind::UnexpectedEof { Refusal::new(Cause::Truncated) } else { Refusal::of_file(error) }
}
