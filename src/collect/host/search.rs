//! The search of the declared directories: every file below them, by name.
//!
//! In: directories, declared or named by compose's labels. Out: findings in the survey. Links are looked at but not followed; what a link leads to
//! outside the declared directories is said to be unexamined.

use super::ground::Trouble;
use super::names::{self, Named};
use super::survey::{Content, Survey};
use super::{archive, compose, judge, projects};
use crate::collect::compose_labels::Labels;
use crate::detect;
use crate::evidence::{Cause, Class};
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// Kernel file systems: no deployment keeps files there, and reading them may block.
const PSEUDO: [&str; 3] = ["proc", "sys", "dev"];

/// What one search carries along.
struct Search {
    roots: Vec<PathBuf>,
    /// Roots that were walked already.
    walked: Vec<PathBuf>,
    files: u64,
    compose: Vec<PathBuf>,
}

/// Searches the declared directories and those of compose projects, then reads the compose files found in them.
/// Answers with the directories that were searched to the bottom.
pub(super) fn directories(survey: &mut Survey<'_>, directories: &[PathBuf], labels: &Labels) -> Vec<PathBuf> {
    let declared: Vec<PathBuf> = directories.iter().filter_map(|directory| root(survey, directory)).collect();
    let labelled = projects::directories(survey, labels);
    let roots = declared.iter().chain(&labelled).cloned().collect();
    let mut search = Search { roots, walked: Vec::new(), files: 0, compose: projects::compose_files(survey, labels) };
    'search: for (led, roots) in [("directory-search", declared), ("compose", labelled)] {
        survey.led = led;
        for root in outermost(roots) {
            if search.walked.iter().any(|walked| root.starts_with(walked)) {
                continue;
            }
            if !walk(survey, &mut search, &root) {
                break 'search;
            }
            search.walked.push(root);
        }
    }
    compose::files(survey, std::mem::take(&mut search.compose));
    projects::env_files(survey, labels);
    search.walked
}

/// A declared directory as it is on disk; one that is none is said to be unexamined.
fn root(survey: &mut Survey<'_>, directory: &Path) -> Option<PathBuf> {
    match survey.ground.resolve(directory) {
        Ok(root) if root.is_dir() => return Some(root),
        Ok(_) => survey.miss(directory, Trouble { cause: Cause::NotFound, errno: Some(libc::ENOTDIR) }),
        Err(trouble) => survey.miss(directory, trouble),
    }
    None
}

/// The roots that do not lie below another one, each once.
fn outermost(mut roots: Vec<PathBuf>) -> Vec<PathBuf> {
    roots.sort();
    // Sorted by parts: whatever lies below a directory follows it.
    roots.dedup_by(|later, earlier| later.starts_with(earlier));
    roots
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
            if is_pseudo(survey, entry.path()) || search.walked.iter().any(|walked| walked == entry.path()) {
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

/// Whether a path is a kernel file system's.
pub(super) fn is_pseudo(survey: &Survey<'_>, path: &Path) -> bool {
    PSEUDO.iter().any(|name| path == survey.ground.place(&Path::new("/").join(name)))
}

/// An entry that could not be read. One that vanished during the walk is gone; anything else is a hole.
pub(super) fn lost(survey: &mut Survey<'_>, root: &Path, error: &walkdir::Error) {
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
        survey.found(entry.path(), "directory", survey.led, content, entry.metadata().ok().as_ref());
    }
}

/// Whether a directory is a Python environment.
fn is_python(directory: &Path) -> bool {
    directory.join(names::PYTHON).is_file()
}

fn file(survey: &mut Survey<'_>, search: &mut Search, entry: &DirEntry) {
    survey.coverage.add("files", 1);
    let path = entry.path();
    let named = names::sort(&entry.file_name().to_string_lossy());
    let kind = entry.file_type();
    if kind.is_symlink() && !matches!(named, Named::Env | Named::Backup) {
        return link(survey, search, path, named);
    }
    if matches!(named, Named::Env | Named::Backup | Named::Template) {
        return judge::entry(survey, entry, named);
    }
    if !kind.is_file() {
        return;
    }
    match named {
        Named::Compose => search.compose.push(path.to_owned()),
        Named::Archive => archive::file(survey, path),
        Named::Sealed if !names::is_vendored(path) => {
            survey.miss(path, Trouble { cause: Cause::Unsupported, errno: None });
        }
        Named::Other if in_env_directory(&search.roots, path) => judge::member(survey, path),
        _ => {}
    }
}

/// Files at any level of an `.env` or `.env.d` directory that is no Python environment: one file for each
/// variable, or for each service.
pub(super) fn in_env_directory(roots: &[PathBuf], path: &Path) -> bool {
    let inside = |directory: &&Path| roots.iter().any(|root| directory.starts_with(root));
    let mut above =
        path.ancestors().skip(1).take_while(inside).filter(|above| names::is_env_directory(above)).peekable();
    above.peek().is_some() && !above.any(is_python)
}

/// A link of an everyday name, of a compose file or of an archive.
fn link(survey: &mut Survey<'_>, search: &mut Search, path: &Path, named: Named) {
    let Ok(behind) = survey.ground.resolve(path) else { return };
    let inside = search.roots.iter().any(|root| behind.starts_with(root));
    if behind.is_dir() {
        if !inside {
            survey.miss(path, Trouble { cause: Cause::ContentElsewhere, errno: None });
        }
        return;
    }
    match named {
        Named::Compose => search.compose.push(path.to_owned()),
        // What lies inside and says its own kind is met there.
        _ if inside && sorted(&behind) == named => {}
        Named::Archive => archive::file(survey, path),
        Named::Sealed => survey.miss(path, Trouble { cause: Cause::Unsupported, errno: None }),
        _ if !inside => link_to_file(survey, path, &behind),
        _ => {}
    }
}

fn sorted(path: &Path) -> Named {
    names::sort(&path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default())
}

/// A link of an everyday name that leads to an env file which the search does not reach itself.
fn link_to_file(survey: &mut Survey<'_>, path: &Path, behind: &Path) {
    let name = behind.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    match names::sort(&name) {
        Named::Env | Named::Backup => {}
        Named::Archive => return archive::file(survey, path),
        Named::Sealed => return survey.miss(path, Trouble { cause: Cause::Unsupported, errno: None }),
        _ => return,
    }
    match survey.content(path) {
        // `/usr/bin/env` has such a name too.
        Ok((content, _)) if detect::weak_env_name(&name) && !content.gives_away() => {}
        Ok((content, metadata)) => survey.found(path, "symlink", survey.led, content, Some(&metadata)),
        Err(trouble) => survey.miss(path, trouble),
    }
}
