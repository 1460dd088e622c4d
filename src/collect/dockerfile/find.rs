//! Finds Dockerfiles in a working tree.
//!
//! In: a directory. Out: paths inside it. It reads names, and files only for others.

use crate::evidence::{Cause, Document, Node, Value};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};
use walkdir::WalkDir;
use zeroize::Zeroizing;

/// Directories that a tool fills, and the file beside them by which it is known: Dockerfiles in them are other
/// people's, or copies. `vendor` is committed and may hold one's own.
const SKIPPED: [(&str, &str); 2] = [("node_modules", "package.json"), ("target", "Cargo.toml")];

/// What a working tree holds.
#[derive(Default)]
pub(super) struct Found {
    /// Dockerfiles, sorted.
    pub(super) files: Vec<PathBuf>,
    /// Directories that were not looked into: `node_modules` and `target`.
    pub(super) skipped: u64,
    /// Directories that could not be read.
    pub(super) unread: Vec<PathBuf>,
    /// Whether this is a bare repository.
    pub(super) bare: bool,
}

/// Whether the name alone makes it a Dockerfile: `Dockerfile.md` may be anything.
pub(super) fn is_certain(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    matches!(name.as_str(), "dockerfile" | "containerfile")
        || name.rsplit_once('.').is_some_and(|(_, last)| last == "dockerfile")
}

/// Every Dockerfile below a directory.
pub(super) fn dockerfiles(tree: &Path, limit: u64) -> Result<Found, Cause> {
    match std::fs::metadata(tree) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(Cause::Unsupported),
        Err(error) => return Err(cause(error.kind())),
    }
    let mut found = Found { bare: is_bare(tree), ..Found::default() };
    if found.bare {
        return Ok(found);
    }
    let mut named = Vec::new();
    let mut entries = WalkDir::new(tree).follow_links(false).sort_by_file_name().into_iter();
    while let Some(entry) = entries.next() {
        match entry {
            Ok(entry) if entry.depth() > 0 && entry.file_type().is_dir() && entry.file_name() == ".git" => {
                entries.skip_current_dir();
            }
            Ok(entry) if entry.depth() > 0 && entry.file_type().is_dir() && is_filled(tree, entry.path()) => {
                found.skipped += 1;
                entries.skip_current_dir();
            }
            Ok(entry) if !entry.file_type().is_dir() && is_dockerfile(&entry.file_name().to_string_lossy()) => {
                found.files.extend(entry.path().strip_prefix(tree).ok().map(Path::to_owned));
            }
            Ok(entry) if entry.file_type().is_file() && is_compose(&entry.file_name().to_string_lossy()) => {
                named.extend(builds(tree, entry.path(), limit));
            }
            Ok(_) => {}
            Err(error) if error.io_error().is_some_and(|e| e.kind() == ErrorKind::NotFound) => {}
            Err(error) => found.unread.push(error.path().unwrap_or(tree).to_owned()),
        }
    }
    named.retain(|path| !found.files.contains(path) && tree.join(path).is_file());
    found.files.extend(named);
    found.files.sort();
    found.files.dedup();
    Ok(found)
}

fn is_compose(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let stem = name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml"));
    stem.is_some_and(|stem| stem.starts_with("compose") || stem.starts_with("docker-compose"))
}

/// The Dockerfiles that a compose file names, as paths in the tree; names that only a run can tell are left out.
fn builds(tree: &Path, file: &Path, limit: u64) -> Vec<PathBuf> {
    let text = read(file, limit).unwrap_or_default();
    let document = std::str::from_utf8(&text).ok().and_then(|text| Document::parse("compose", text).ok());
    let Some(document) = document else { return Vec::new() };
    let services = document.roots.iter().filter_map(|root| root.get("services")).flat_map(Node::entries);
    let builds = services.filter_map(|(_, _, service)| {
        let build = service.get("build")?;
        let text = |key: &str| match &build.get(key)?.value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        };
        let place = Path::new(text("context").unwrap_or(".")).join(text("dockerfile")?);
        lexical(&file.parent()?.strip_prefix(tree).ok()?.join(place))
    });
    builds.collect()
}

/// A path without `.` and `..`; none if it leaves the tree.
fn lexical(path: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !out.pop() {
                    return None;
                }
            }
            Component::Normal(part) => out.push(part),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(out)
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

fn is_bare(directory: &Path) -> bool {
    !directory.join(".git").exists() && directory.join("HEAD").is_file() && directory.join("objects").is_dir()
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

fn cause(kind: ErrorKind) -> Cause {
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
