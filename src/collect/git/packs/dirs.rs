//! Where a store's objects lie: its own directory and those that `info/alternates` names, and those that they name.
//!
//! In: an objects directory. Out: directories and packs' index files, in order. Reads no object.

use crate::collect::git::refs::small_file;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Longest chain of alternates: git follows five.
const CHAIN: usize = 5;
/// Largest list of alternates.
const LIST_BYTES: u64 = 1 << 20;

/// The directory and all alternates, each once.
pub(super) fn all(objects: &Path) -> Vec<PathBuf> {
    let mut found = vec![objects.to_path_buf()];
    let mut fresh = vec![objects.to_path_buf()];
    for _ in 0..CHAIN {
        let named: Vec<PathBuf> = fresh.iter().flat_map(|dir| alternates(dir)).collect();
        fresh = named.into_iter().filter(|dir| !found.contains(dir)).collect();
        fresh.sort();
        fresh.dedup();
        found.extend(fresh.iter().cloned());
    }
    found
}

fn alternates(objects: &Path) -> Vec<PathBuf> {
    let text = small_file(&objects.join("info/alternates"), LIST_BYTES).unwrap_or_default();
    let lines = text.split(|b| *b == b'\n').filter(|line| !line.is_empty() && !line.starts_with(b"#"));
    let dirs = lines.map(|line| objects.join(OsStr::from_bytes(line.trim_ascii_end())));
    dirs.map(|dir| dir.canonicalize().unwrap_or(dir)).collect()
}

/// The index files of all packs.
pub(super) fn indexes(objects: &Path) -> Vec<PathBuf> {
    let packs = all(objects).into_iter().flat_map(|dir| entries(&dir.join("pack")));
    packs.filter(|file| file.extension().is_some_and(|ending| ending == "idx")).collect()
}

/// The entries of a directory in order; git follows symbolic links among objects.
pub(super) fn entries(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// Files that hold objects and that no index names: packs without one, and what an interrupted fetch left behind.
pub(super) fn strays(objects: &Path) -> usize {
    let is = |file: &Path, ending: &str| file.extension().is_some_and(|own| own == ending);
    let named =
        |file: &Path, start: &str| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start));
    let stray = |file: &PathBuf| named(file, "tmp_pack_") || is(file, "pack") && !file.with_extension("idx").exists();
    let of = |dir: PathBuf| {
        let packs = entries(&dir.join("pack")).into_iter().filter(stray).count();
        packs + entries(&dir).into_iter().filter(|file| named(file, "tmp_objdir-") || named(file, "incoming-")).count()
    };
    all(objects).into_iter().map(of).sum()
}
