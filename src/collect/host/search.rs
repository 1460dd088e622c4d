//! The search of the declared directories: every file below them, by name.
//!
//! In: directories. Out: findings in the survey. Links are looked at but not followed; what a link leads to
//! outside the declared directories is said to be unexamined.

use super::ground::Trouble;
use super::names::{self, Named};
use super::survey::{Content, Survey};
use super::{archive, compose};
use crate::detect;
use crate::evidence::{Cause, Class};
use std::fs::Metadata;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// Kernel file systems: no deployment keeps files there, and reading them may block.
const PSEUDO: [&str; 3] = ["proc", "sys", "dev"];

/// What one search carries along.
struct Search {
    roots: Vec<PathBuf>,
    files: u64,
    compose: Vec<PathBuf>,
}

/// Searches the directories, then reads the compose files found in them.
pub(super) fn directories(survey: &mut Survey<'_>, directories: &[PathBuf]) {
    let mut search = Search { roots: Vec::new(), files: 0, compose: Vec::new() };
    for directory in directories {
        match survey.ground.resolve(directory) {
            Ok(root) if root.is_dir() => search.roots.push(root),
            Ok(_) => survey.miss(directory, Trouble { cause: Cause::NotFound, errno: Some(libc::ENOTDIR) }),
            Err(trouble) => survey.miss(directory, trouble),
        }
    }
    search.roots.sort();
    search.roots.dedup();
    for root in nested_last(&search.roots) {
        if !walk(survey, &mut search, &root) {
            break;
        }
    }
    compose::files(survey, std::mem::take(&mut search.compose));
}

/// The roots that do not lie below another one.
fn nested_last(roots: &[PathBuf]) -> Vec<PathBuf> {
    roots.iter().filter(|root| !roots.iter().any(|other| other != *root && root.starts_with(other))).cloned().collect()
}

/// Walks one root; false if the survey must end.
fn walk(survey: &mut Survey<'_>, search: &mut Search, root: &Path) -> bool {
    let mut entries = WalkDir::new(root).follow_links(false).sort_by_file_name().into_iter();
    while let Some(entry) = entries.next() {
        if survey.job.stop.asked() {
            survey.miss(root, Trouble { cause: Cause::Interrupted, errno: None });
            return false;
        }
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                lost(survey, root, &error);
                continue;
            }
        };
        search.files += 1;
        if search.files > survey.job.config.limits.host_files {
            survey.miss(root, Trouble { cause: Cause::OverLimit, errno: None });
            return false;
        }
        if entry.file_type().is_dir() {
            if is_pseudo(survey, entry.path()) {
                entries.skip_current_dir();
                continue;
            }
            directory(survey, &entry);
        } else {
            file(survey, search, &entry);
        }
    }
    true
}

fn is_pseudo(survey: &Survey<'_>, path: &Path) -> bool {
    PSEUDO.iter().any(|name| path == survey.ground.place(&Path::new("/").join(name)))
}

/// An entry that could not be read. One that vanished during the walk is gone; anything else is a hole.
fn lost(survey: &mut Survey<'_>, root: &Path, error: &walkdir::Error) {
    let path = error.path().unwrap_or(root).to_owned();
    match error.io_error().map(Trouble::of) {
        Some(trouble) if trouble.cause == Cause::NotFound && path != root => {}
        Some(trouble) => survey.miss(&path, trouble),
        None => survey.miss(&path, Trouble { cause: Cause::Unsupported, errno: Some(libc::ELOOP) }),
    }
}

fn directory(survey: &mut Survey<'_>, entry: &DirEntry) {
    survey.coverage.add("directories", 1);
    survey.task.advance(1);
    survey.task.examining(&survey.ground.shown(entry.path()));
    if entry.file_name() == ".env" && is_python(entry.path()) {
        let mut content = Content { determined: true, ..Content::default() };
        content.class = Some(Class::NotSecret);
        survey.found(entry.path(), "directory", "directory-search", content, entry.metadata().ok().as_ref());
    }
}

fn is_python(directory: &Path) -> bool {
    directory.join("pyvenv.cfg").is_file()
}

fn file(survey: &mut Survey<'_>, search: &mut Search, entry: &DirEntry) {
    survey.coverage.add("files", 1);
    let path = entry.path();
    let name = entry.file_name().to_string_lossy();
    let named = names::sort(&name);
    let kind = entry.file_type();
    if kind.is_symlink() {
        return link(survey, search, path, named);
    }
    if !kind.is_file() {
        if matches!(named, Named::Env | Named::Backup) && (kind.is_fifo() || kind.is_socket()) {
            let content = Content { class: Some(Class::Undetermined), determined: true, ..Content::default() };
            survey.found(path, "fifo", by(path), content, entry.metadata().ok().as_ref());
        }
        return;
    }
    match named {
        Named::Env => judged(survey, path, "env-file"),
        Named::Backup => judged(survey, path, "backup"),
        Named::Template => judged(survey, path, "template"),
        Named::Compose => search.compose.push(path.to_owned()),
        Named::Archive => archive::file(survey, path),
        Named::Sealed if !names::is_vendored(path) => {
            survey.miss(path, Trouble { cause: Cause::Unsupported, errno: None });
        }
        Named::Other if in_env_directory(&search.roots, path) => judged(survey, path, "env-file"),
        Named::Other | Named::Sealed => {}
    }
}

/// Files at any level of an `.env` or `.env.d` directory that is no Python environment: one file for each
/// variable, or for each service.
fn in_env_directory(roots: &[PathBuf], path: &Path) -> bool {
    let named = |directory: &&Path| {
        let name = directory.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        name == ".envs" || names::is_env(&name) && !detect::weak_env_name(&name)
    };
    let inside = |directory: &&Path| roots.iter().any(|root| directory.starts_with(root));
    let mut above = path.ancestors().skip(1).take_while(inside).filter(named).peekable();
    above.peek().is_some() && !above.any(is_python)
}

fn link(survey: &mut Survey<'_>, search: &Search, path: &Path, named: Named) {
    let behind = survey.ground.resolve(path);
    if matches!(named, Named::Env | Named::Backup) {
        // A link into nowhere or to a device holds nothing now; its name alone is the finding.
        let content = match survey.content(path) {
            Ok((content, _)) => content,
            Err(_) => Content { class: Some(Class::Undetermined), determined: true, ..Content::default() },
        };
        let metadata = std::fs::symlink_metadata(path).ok();
        return survey.found(path, "symlink", by(path), content, metadata.as_ref());
    }
    if let Ok(behind) = behind {
        let inside = search.roots.iter().any(|root| behind.starts_with(root));
        if !inside && behind.is_dir() {
            survey.miss(path, Trouble { cause: Cause::ContentElsewhere, errno: None });
        } else if !inside {
            link_to_file(survey, path, &behind);
        }
    }
}

/// A link of an everyday name that leads to an env file which the search does not reach itself.
fn link_to_file(survey: &mut Survey<'_>, path: &Path, behind: &Path) {
    let name = behind.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    if !matches!(names::sort(&name), Named::Env | Named::Backup) {
        return;
    }
    match survey.content(path) {
        // `/usr/bin/env` has such a name too.
        Ok((content, _)) if detect::weak_env_name(&name) && !content.gives_away() => {}
        Ok((content, metadata)) => survey.found(path, "symlink", "directory-search", content, Some(&metadata)),
        Err(trouble) => survey.miss(path, trouble),
    }
}

fn judged(survey: &mut Survey<'_>, path: &Path, what: &'static str) {
    let weak =
        what != "template" && path.file_name().is_some_and(|name| detect::weak_env_name(&name.to_string_lossy()));
    match survey.content(path) {
        Ok((content, _)) if weak && !content.gives_away() => {
            for variable in content.open {
                survey.review(path, Some(variable), Cause::NeedsReview);
            }
        }
        Ok((content, metadata)) => report(survey, path, what, content, &metadata),
        Err(trouble) if trouble.cause == Cause::NotFound => {}
        Err(trouble) if weak => survey.miss(path, trouble),
        Err(trouble) => {
            // It exists, whatever stands in it.
            let content = Content { class: Some(Class::Undetermined), determined: true, ..Content::default() };
            survey.found(path, what, by(path), content, std::fs::symlink_metadata(path).ok().as_ref());
            survey.miss(path, trouble);
        }
    }
}

fn report(survey: &mut Survey<'_>, path: &Path, what: &'static str, content: Content, metadata: &Metadata) {
    // Samples and test data of packages are no deployment's env file, unless a real value stands in them.
    let sample = what != "template" && names::is_vendored(path) && !content.gives_away();
    let what = if sample { "template" } else { what };
    if what == "template" {
        for variable in content.open.clone() {
            survey.review(path, Some(variable), Cause::NeedsReview);
        }
    }
    survey.found(path, what, by(path), content, Some(metadata));
}

/// A `.env` beside a compose file is read by compose without being named.
fn by(path: &Path) -> &'static str {
    let implicit = path.file_name().is_some_and(|name| name == ".env");
    let beside = |parent: &Path| {
        ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"]
            .iter()
            .any(|name| parent.join(name).is_file())
    };
    if implicit && path.parent().is_some_and(beside) { "compose" } else { "directory-search" }
}
