//! The working tree of what the user named: a repository's root, or its git directory.
//!
//! In: a path. Out: where its files lie, that there are none, or why nobody can say. It reads git's own files only.

use super::find::{cause, read};
use crate::evidence::Cause;
use std::path::{Path, PathBuf};

/// A git directory's own files are small.
const LIMIT: u64 = 1 << 20;

/// The working tree; none for a bare repository.
pub(super) fn of(named: &Path) -> Result<Option<PathBuf>, Cause> {
    match std::fs::metadata(named) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(Cause::Unsupported),
        Err(error) => return Err(cause(error.kind())),
    }
    let is_git_directory = !named.join(".git").exists()
        && named.join("HEAD").is_file()
        && (named.join("objects").is_dir() || named.join("commondir").is_file());
    if is_git_directory { behind(named) } else { Ok(Some(named.to_owned())) }
}

/// The working tree of a git directory: where it says so itself, or the directory around it.
fn behind(directory: &Path) -> Result<Option<PathBuf>, Cause> {
    // `git worktree add` leaves the path of the other side's `.git` here.
    if let Ok(back) = read(&directory.join("gitdir"), LIMIT) {
        let back = directory.join(String::from_utf8_lossy(&back).trim());
        return existing(back.parent().unwrap_or(&back));
    }
    let config = read(&directory.join("config"), LIMIT)?;
    let config = String::from_utf8_lossy(&config);
    if let Some(tree) = core(&config, "worktree") {
        return existing(&directory.join(tree));
    }
    let bare = core(&config, "bare").map(str::to_ascii_lowercase);
    if matches!(bare.as_deref(), Some("" | "true" | "yes" | "on" | "1")) {
        return Ok(None);
    }
    let whole = directory.canonicalize().map_err(|error| cause(error.kind()))?;
    match (whole.file_name(), whole.parent()) {
        (Some(name), Some(around)) if name == ".git" => Ok(Some(around.to_owned())),
        _ => Err(Cause::Unproven),
    }
}

fn existing(tree: &Path) -> Result<Option<PathBuf>, Cause> {
    if tree.is_dir() { Ok(Some(tree.to_owned())) } else { Err(Cause::NotFound) }
}

/// The last value of a key of `[core]`; a key without one is true.
fn core<'a>(config: &'a str, wanted: &str) -> Option<&'a str> {
    let (mut inside, mut found) = (false, None);
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line.split(']').next().is_some_and(|head| head[1..].trim().eq_ignore_ascii_case("core"));
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        if inside && key.trim().eq_ignore_ascii_case(wanted) {
            found = Some(value.split(['#', ';']).next().unwrap_or_default().trim().trim_matches('"'));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_counts_in_its_section_only() {
        let config = "[core]\n\tbare = true ; so\n[remote \"x\"]\n\tworktree = a\n[CORE]\n bare=false\n";
        assert_eq!(core(config, "bare"), Some("false"));
        assert_eq!(core(config, "worktree"), None);
        assert_eq!(core("[core]\nbare\n", "bare"), Some(""));
    }
}
