//! Where a report goes: a stream, or a file that is replaced in one step or not at all.

use super::ReportError;
use crate::evidence::Name;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Where a report goes.
pub enum Sink<'a> {
    /// A stream: standard output, a buffer.
    Writer(&'a mut dyn Write),
    /// A file, written beside its place and moved there.
    File(&'a Path),
}

impl Sink<'_> {
    pub(super) fn put(self, bytes: &[u8]) -> Result<(), ReportError> {
        match self {
            Self::Writer(to) => to
                .write_all(bytes)
                .and_then(|()| to.flush())
                .map_err(|error| ReportError::Writer { kind: error.kind() }),
            Self::File(path) => file(path, bytes),
        }
    }
}

fn file(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    let shown = Name::admit_or(&path.to_string_lossy(), "output file", 1);
    let failed = |kind| ReportError::File { file: shown.clone(), kind };
    let target = match fs::metadata(path) {
        Ok(found) if found.is_dir() => return Err(failed(ErrorKind::IsADirectory)),
        // A pipe or a device (`/dev/stdout`) cannot be replaced by a file: it is written as it is.
        Ok(found) if !found.is_file() => {
            let mut to = OpenOptions::new().write(true).open(path).map_err(|error| failed(error.kind()))?;
            return to.write_all(bytes).map_err(|error| failed(error.kind()));
        }
        // Through a link, the file it points at is replaced, not the link.
        Ok(_) => fs::canonicalize(path).map_err(|error| failed(error.kind()))?,
        Err(_) => path.to_path_buf(),
    };
    let folder = folder_of(&target);
    if !folder.is_dir() {
        return Err(ReportError::NoFolder { file: shown });
    }
    replace(&folder, &target, bytes).map_err(|error| failed(error.kind()))
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

fn replace(folder: &Path, target: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".leakproof-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As for any new file, the umask decides: a CI agent under another user must be able to read reports.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut temporary = builder.tempfile_in(folder)?;
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    temporary.persist(target).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.json");
        fs::write(&path, "something longer than the new content").unwrap();
        Sink::File(&path).put(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("absent").join("out.json");
        let error = Sink::File(&path).put(b"new").unwrap_err();
        assert!(matches!(error, ReportError::NoFolder { .. }), "{error}");
        assert!(error.to_string().contains("out.json"));
        let error = Sink::File(folder.path()).put(b"new").unwrap_err();
        assert!(matches!(error, ReportError::File { kind: ErrorKind::IsADirectory, .. }));
    }

    #[cfg(unix)]
    #[test]
    fn links_and_devices_stay_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        Sink::File(&link).put(b"new").unwrap();
        assert_eq!(fs::read(&real).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        Sink::File(Path::new("/dev/null")).put(b"new").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
