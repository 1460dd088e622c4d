//! The ground of a survey: a root directory, paths below it, and reading that cannot hang or wander off.
//!
//! In: paths as the host's own configuration writes them. Out: metadata, wrapped bytes, or a cause.
//! It must not know what the files mean.

use crate::evidence::{Cause, Name};
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};
use zeroize::Zeroizing;

/// Symbolic links followed before a chain counts as a cycle.
const MOST_LINKS: usize = 40;

/// A root directory: `/`, or a mounted image.
pub(super) struct Ground {
    root: PathBuf,
}

/// Why something could not be read, with the system's name for it.
#[derive(Clone, Copy)]
pub(super) struct Trouble {
    /// The cause.
    pub(super) cause: Cause,
    /// The error number, if the system gave one.
    pub(super) errno: Option<i32>,
}

impl Ground {
    /// The ground below a root.
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Where a path of the host lies. Absolute paths are taken below the root, unless they are there already.
    pub(super) fn place(&self, path: &Path) -> PathBuf {
        if path.starts_with(&self.root) || path.is_relative() {
            return path.to_owned();
        }
        let mut placed = self.root.clone();
        placed.extend(path.components().filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir)));
        placed
    }

    /// The path as the host itself would name it.
    pub(super) fn shown(&self, path: &Path) -> Name {
        let text = match path.strip_prefix(&self.root) {
            Ok(rest) if path.is_absolute() || self.root != Path::new("") => Path::new("/").join(rest),
            _ => path.to_owned(),
        };
        Name::admit_or(&text.to_string_lossy(), "path", 1)
    }

    /// The file behind a path, every link resolved as the host would: an absolute link means the host's own
    /// root, and `..` never leads out of it.
    pub(super) fn resolve(&self, path: &Path) -> Result<PathBuf, Trouble> {
        let placed = self.place(path);
        let (base, rest) = match placed.strip_prefix(&self.root) {
            Ok(rest) => (self.root.clone(), rest.to_owned()),
            Err(_) => (PathBuf::new(), placed.clone()),
        };
        let mut todo: Vec<PathBuf> = parts(&rest);
        let (mut at, mut links) = (base.clone(), 0);
        while let Some(part) = todo.pop() {
            if part == Path::new("..") {
                if at != base {
                    at.pop();
                }
                continue;
            }
            let next = at.join(&part);
            let metadata = std::fs::symlink_metadata(&next).map_err(|error| Trouble::of(&error))?;
            if !metadata.is_symlink() {
                at = next;
                continue;
            }
            links += 1;
            if links > MOST_LINKS {
                return Err(Trouble { cause: Cause::Malformed, errno: Some(libc::ELOOP) });
            }
            let link = std::fs::read_link(&next).map_err(|error| Trouble::of(&error))?;
            if link.is_absolute() {
                at.clone_from(&base);
            }
            todo.extend(parts(&link));
        }
        Ok(at)
    }

    /// Reads a regular file of at most `limit` bytes; links are followed inside the root only.
    pub(super) fn read(&self, path: &Path, limit: u64) -> Result<(Zeroizing<Vec<u8>>, Metadata), Trouble> {
        let path = self.resolve(path)?;
        whole(open(&path).map_err(|error| Trouble::of(&error))?, limit)
    }
}

/// Reads an open regular file of at most `limit` bytes.
pub(super) fn whole(file: File, limit: u64) -> Result<(Zeroizing<Vec<u8>>, Metadata), Trouble> {
    let metadata = file.metadata().map_err(|error| Trouble::of(&error))?;
    if !metadata.is_file() {
        return Err(Trouble { cause: Cause::Unsupported, errno: None });
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| Trouble::of(&error))?;
    if bytes.len() as u64 > limit {
        return Err(Trouble { cause: Cause::OverLimit, errno: None });
    }
    Ok((bytes, metadata))
}

/// Opens without following a last link and without waiting for a FIFO's writer.
pub(super) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC).open(path)
}

/// The parts of a path, last first.
fn parts(path: &Path) -> Vec<PathBuf> {
    let mut parts: Vec<PathBuf> = path
        .components()
        .filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir))
        .map(|part| PathBuf::from(part.as_os_str()))
        .collect();
    parts.reverse();
    parts
}

impl Trouble {
    /// What an I/O error means for a survey.
    pub(super) fn of(error: &io::Error) -> Self {
        let cause = match error.kind() {
            io::ErrorKind::PermissionDenied => Cause::Denied,
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Cause::NotFound,
            io::ErrorKind::TimedOut => Cause::Timeout,
            _ => Cause::Unsupported,
        };
        Self { cause, errno: error.raw_os_error() }
    }

    /// The error number's name.
    pub(super) fn errno_name(self) -> Option<Name> {
        Some(match self.errno? {
            libc::EACCES => Name::fixed("EACCES"),
            libc::EPERM => Name::fixed("EPERM"),
            libc::ENOENT => Name::fixed("ENOENT"),
            libc::ENOTDIR => Name::fixed("ENOTDIR"),
            libc::ELOOP => Name::fixed("ELOOP"),
            libc::EIO => Name::fixed("EIO"),
            libc::ESTALE => Name::fixed("ESTALE"),
            other => Name::number(other.unsigned_abs().into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_resolved_as_the_host_would_and_never_leave_the_root() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        std::fs::create_dir_all(root.join("etc")).unwrap();
        std::fs::write(root.join("etc/real"), "x").unwrap();
        std::fs::write(dir.path().join("outside"), "x").unwrap();
        symlink("/etc/real", root.join("absolute")).unwrap();
        symlink("../../../../outside", root.join("etc/escape")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        let ground = Ground::new(&root);
        assert_eq!(ground.resolve(Path::new("/absolute")).ok(), Some(root.join("etc/real")));
        assert_eq!(ground.resolve(Path::new("/etc/escape")).err().map(|t| t.cause), Some(Cause::NotFound));
        assert_eq!(ground.resolve(Path::new("/loop")).err().and_then(|t| t.errno), Some(libc::ELOOP));
        assert_eq!(ground.shown(&root.join("etc/real")).as_str(), "/etc/real");
    }
}
