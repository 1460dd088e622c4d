//! Finds Dockerfiles in a working tree.
//!
//! In: a directory. Out: paths inside it. It reads names, and files only for others.

use super::compose::{self, Build};
use crate::evidence::{Cause, Line};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;
use zeroize::Zeroizing;

/// Directories that a tool fills, and the file beside them by which it is known: Dockerfiles in them are other
/// people's, or copies. `vendor` is committed and may hold one's own.
const SKIPPED: [(&str, &str); 2] = [("node_modules", "package.json"), ("target", "Cargo.toml")];

/// What a working tree holds.
#[derive(Default)]
pub(super) struct Found {
    /// Dockerfiles, sorted.
    pub(super) files: Vec<Dockerfile>,
    /// Directories that were not looked into: `node_modules` and `target`.
    pub(super) skipped: u64,
    /// What could not be read, and what nobody can say of it.
    pub(super) unread: Vec<(PathBuf, Cause)>,
}

/// A Dockerfile, and what compose files say of it.
pub(super) struct Dockerfile {
    /// Its path in the tree; that of the compose file in which it is written out.
    pub(super) path: PathBuf,
    /// Its text and first line, if it is written out.
    pub(super) inline: Option<(Line, Zeroizing<String>)>,
    /// The contexts that are declared for it. Without one it is guessed.
    pub(super) contexts: Vec<Result<PathBuf, Cause>>,
}

impl Dockerfile {
    /// Whether it can be nothing else: by its name, or because a compose file says so.
    pub(super) fn is_certain(&self) -> bool {
        self.inline.is_some() || !self.contexts.is_empty() || is_certain(&self.path)
    }
}

/// Whether the name alone makes it a Dockerfile: `Dockerfile.md` may be anything.
fn is_certain(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    matches!(name.as_str(), "dockerfile" | "containerfile")
        || name.rsplit_once('.').is_some_and(|(_, last)| last == "dockerfile")
}

/// Every Dockerfile below a directory, and those that its compose files name.
pub(super) fn dockerfiles(tree: &Path, limit: u64) -> Found {
    let mut found = Found::default();
    let (mut files, mut composed) = (BTreeSet::new(), Vec::new());
    let mut entries = WalkDir::new(tree).follow_links(false).sort_by_file_name().into_iter();
    while let Some(entry) = entries.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if error.io_error().is_some_and(|e| e.kind() == ErrorKind::NotFound) => continue,
            Err(error) => {
                let path = error.path().unwrap_or(tree);
                found.unread.push((path.strip_prefix(tree).unwrap_or(path).to_owned(), Cause::Denied));
                continue;
            }
        };
        let (name, inner) = (entry.file_name().to_string_lossy(), entry.depth() > 0);
        let Ok(path) = entry.path().strip_prefix(tree) else { continue };
        if entry.file_type().is_dir() {
            let filled = inner && is_filled(tree, entry.path());
            found.skipped += u64::from(filled);
            if filled || inner && name == ".git" {
                entries.skip_current_dir();
            }
        } else if is_dockerfile(&name) {
            files.insert(path.to_owned());
        } else if compose::is_compose(&name) {
            composed.push(path.to_owned());
        }
    }
    let plain = |path| Dockerfile { path, inline: None, contexts: Vec::new() };
    found.files = files.into_iter().map(plain).collect();
    for path in composed {
        found.declared(tree, &path, limit);
    }
    let place = |file: &Dockerfile| (file.path.clone(), file.inline.as_ref().map(|(line, _)| *line));
    found.files.sort_by_cached_key(place);
    found
}

impl Found {
    /// Adds what a compose file says: contexts of Dockerfiles, and Dockerfiles of any name at any place.
    fn declared(&mut self, tree: &Path, file: &Path, limit: u64) {
        let builds = match compose::builds(tree, file, limit) {
            Ok(builds) => builds,
            Err(cause) => return self.unread.push((file.to_owned(), cause)),
        };
        for build in builds {
            let Build { path, inline, context } = match build {
                Ok(build) => build,
                Err(cause) => {
                    self.unread.push((file.to_owned(), cause));
                    continue;
                }
            };
            let known = self.files.iter_mut().find(|known| known.path == path && known.inline == inline);
            match known {
                Some(known) if known.contexts.contains(&context) => {}
                Some(known) => known.contexts.push(context),
                None if inline.is_some() || tree.join(&path).is_file() => {
                    self.files.push(Dockerfile { path, inline, contexts: vec![context] });
                }
                None => self.unread.push((path, Cause::NotFound)),
            }
        }
    }
}

/// Whether a tool fills this directory: its name says so, and the tool's own file stands in a directory above.
fn is_filled(tree: &Path, directory: &Path) -> bool {
    let mark = SKIPPED.iter().find(|(name, _)| directory.file_name().is_some_and(|own| own == *name));
    let Some((_, mark)) = mark else { return false };
    let above = directory.ancestors().skip(1).take_while(|above| above.starts_with(tree));
    above.into_iter().any(|above| above.join(mark).is_file())
}

fn is_dockerfile(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let last = name.rsplit_once('.').map_or("", |(_, last)| last);
    if matches!(last, "dockerignore" | "swp") || name.ends_with('~') {
        return false;
    }
    // `Dockerfile-prod`, but not `dockerfile-lint.js`.
    let bare = |rest: &str| rest.starts_with(['-', '_']) && !rest.contains('.');
    ["dockerfile", "containerfile"].iter().any(|word| {
        name.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || bare(rest))
            || name.strip_suffix(word).is_some_and(|rest| rest.ends_with(['.', '-', '_']))
    })
}

/// Reads a file of at most `limit` bytes; a FIFO or a device of that name is not opened.
pub(super) fn read(path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, Cause> {
    let metadata = std::fs::metadata(path).map_err(|error| cause(error.kind()))?;
    if !metadata.is_file() {
        return Err(Cause::Unsupported);
    }
    let mut bytes = Zeroizing::new(Vec::new());
    let file = File::open(path).map_err(|error| cause(error.kind()))?;
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| cause(error.kind()))?;
    if bytes.len() as u64 > limit { Err(Cause::OverLimit) } else { Ok(bytes) }
}

pub(super) fn cause(kind: ErrorKind) -> Cause {
    match kind {
        ErrorKind::PermissionDenied => Cause::Denied,
        ErrorKind::NotFound => Cause::NotFound,
        _ => Cause::Unsupported,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockerfiles_have_many_names_and_their_ignore_files_are_none() {
        for name in [
            "Dockerfile",
            "Containerfile",
            "Dockerfile.prod",
            "api.Dockerfile",
            "api.dockerfile",
            "Dockerfile-prod",
            "Dockerfile_prod",
        ] {
            assert!(is_dockerfile(name), "{name}");
        }
        for name in [
            "Dockerfile.dockerignore",
            "api.Dockerfile.dockerignore",
            "Dockerfiles",
            "mydockerfile",
            "dockerfile_lint.py",
        ] {
            assert!(!is_dockerfile(name), "{name}");
        }
    }
}
