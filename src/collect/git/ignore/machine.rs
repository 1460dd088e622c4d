//! What keeps `.env` out on this machine only: excludes of the user and of the clone, an uncommitted ignore file.
//!
//! In: the repository. Out: a yes or no, said where the committed rules are silent and believed for nothing else.

use super::pattern::{Patterns, Says};
use super::wildmatch::Budget;
use super::{FILE_BYTES, MOST_STEPS, decide};
use crate::collect::git::refs::small_file;
use git2::Repository;

/// Whether something outside the committed rules ignores `.env` at the root here.
pub(super) fn ignores_env(repository: &Repository) -> bool {
    let config = repository.config().ok();
    let excludes = config.as_ref().and_then(|config| config.get_path("core.excludesfile").ok());
    let default = std::env::var_os("XDG_CONFIG_HOME")
        .map(std::path::PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| std::path::PathBuf::from(home).join(".config")));
    let files = [
        excludes.or_else(|| default.map(|dir| dir.join("git/ignore"))),
        Some(repository.commondir().join("info/exclude")),
        repository.workdir().map(|dir| dir.join(".gitignore")),
    ];
    let lists: Vec<Patterns> = files
        .into_iter()
        .flatten()
        .filter_map(|file| small_file(&file, FILE_BYTES as u64))
        .map(|text| Patterns::parse(b"", &text))
        .collect();
    decide(&lists, b".env", false, false, &Budget::new(MOST_STEPS)) == Some(Says::Ignore)
}
