//! Deploy archives left on the host: a tar file that carries an env file.
//!
//! In: a tar file, plain or gzip. Out: an archive in the survey for each env file inside. Bounded by the
//! limits of archives and files; nothing is unpacked to disk.

use super::ground::{self, Trouble};
use super::names::{self, Named};
use super::survey::{Content, Survey};
use crate::evidence::{Cause, Class, Name, Sensitive};
use flate2::read::MultiGzDecoder;
use std::io::{self, Read};
use std::path::Path;
use tar::Archive;

/// Reads one archive.
pub(super) fn file(survey: &mut Survey<'_>, path: &Path) {
    survey.coverage.add("archives", 1);
    let limit = survey.job.config.limits.archive_bytes;
    let result = ground::open(path).and_then(|file| {
        let packed = !path.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("tar"));
        let plain: Box<dyn Read> = if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        entries(survey, path, plain.take(limit))
    });
    match result {
        Ok(true) => {}
        Ok(false) => survey.miss(path, Trouble { cause: Cause::OverLimit, errno: None }),
        Err(error) if error.raw_os_error().is_some() => survey.miss(path, Trouble::of(&error)),
        Err(_) => survey.miss(path, Trouble { cause: Cause::Malformed, errno: None }),
    }
}

/// Looks at every entry; false if the limit cut the archive.
fn entries(survey: &mut Survey<'_>, path: &Path, from: io::Take<Box<dyn Read>>) -> io::Result<bool> {
    let mut archive = Archive::new(from);
    let file_limit = survey.job.config.limits.file_bytes;
    let looked = (|| {
        for entry in archive.entries()? {
            let mut entry = entry?;
            let inside = entry.path()?.into_owned();
            let name = inside.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if !matches!(names::sort(&name), Named::Env | Named::Backup) || entry.header().entry_type().is_dir() {
                continue;
            }
            let content = if entry.size() > file_limit {
                Content { class: Some(Class::Undetermined), determined: true, ..Content::default() }
            } else {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes)?;
                Content::of(survey.job.detector.env_file(&Sensitive::new(bytes)))
            };
            if !names::is_vendored(&inside) || content.gives_away() {
                survey.packed(path, Name::admit_or(&inside.to_string_lossy(), "path", 1), content);
            }
        }
        Ok(())
    })();
    let left = archive.into_inner().limit();
    if left == 0 { Ok(false) } else { looked.map(|()| true) }
}
