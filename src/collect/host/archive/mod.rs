//! Deploy archives left on the host: a tar or zip file that carries an env file.
//!
//! In: an archive. Out: a finding in the survey for each env file inside. Bounded by the limits of archives and
//! files; nothing is unpacked to disk.

mod members;
mod tape;
mod zipped;

use super::ground::{self, Trouble};
use super::survey::Survey;
use crate::evidence::Cause;
use flate2::read::MultiGzDecoder;
use members::Members;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

/// Reads one archive; a link is followed within the root.
pub(super) fn file(survey: &mut Survey<'_>, path: &Path) {
    survey.coverage.add("archives", 1);
    let opened = survey.ground.resolve(path).and_then(|real| ground::open(&real).map_err(|error| Trouble::of(&error)));
    let read = opened.and_then(|file| read(survey, path, file));
    if let Err(trouble) = read {
        survey.miss(path, trouble);
    }
}

fn read(survey: &mut Survey<'_>, path: &Path, mut file: File) -> Result<(), Trouble> {
    let metadata = file.metadata().map_err(|error| Trouble::of(&error))?;
    if !metadata.is_file() {
        return Err(because(Cause::Unsupported));
    }
    if metadata.len() == 0 {
        return Ok(()); // it holds nothing
    }
    let mut magic = [0_u8; 6];
    let read = file.read(&mut magic).and_then(|n| file.rewind().map(|()| n));
    let magic = &magic[..read.map_err(|error| Trouble::of(&error))?];
    let mut members = Members::of(survey, path);
    let done = match magic {
        [0x1f, 0x8b, ..] => tape::read(&mut members, MultiGzDecoder::new(BufReader::new(file))),
        [b'P', b'K', ..] => zipped::read(&mut members, file),
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0xfd, b'7', b'z', ..] | [b'7', b'z', ..] | [b'B', b'Z', b'h', ..] => {
            Err(because(Cause::Unsupported))
        }
        _ => tape::read_seeking(&mut members, file),
    };
    members.finish();
    done
}

fn because(cause: Cause) -> Trouble {
    Trouble { cause, errno: None }
}
