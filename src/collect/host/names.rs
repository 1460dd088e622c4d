//! What a file's name says about it, beyond what detection already knows of env files.
//!
//! In: names and paths. Out: yes or no. It opens nothing.

use crate::detect::{env_like, env_template, weak_env_name};
use std::path::Path;

/// The file that makes a directory a Python environment.
pub(super) const PYTHON: &str = "pyvenv.cfg";

/// What a file's name makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// An env file.
    Env,
    /// A copy that an editor or a person left beside an env file.
    Backup,
    /// A template of an env file.
    Template,
    /// A compose file.
    Compose,
    /// An archive that can be read.
    Archive,
    /// An archive in a format that is not read.
    Sealed,
    /// Anything else.
    Other,
}

/// Sorts a file name.
pub(super) fn sort(name: &str) -> Named {
    let original = backup_of(name);
    if original.is_some_and(is_env) {
        return Named::Backup;
    }
    if env_template(name) {
        return Named::Template;
    }
    if is_env(name) {
        return Named::Env;
    }
    // A copy of another kind of file still holds what that one held.
    [Some(name), original].into_iter().flatten().find_map(other_kind).unwrap_or(Named::Other)
}

fn other_kind(name: &str) -> Option<Named> {
    let packed = name
        .rsplit_once('.')
        .is_some_and(|(stem, ending)| is_env(stem) && !weak_env_name(stem) && COMPRESSIONS.contains(&ending));
    if is_compose(name) {
        Some(Named::Compose)
    } else if is_archive(name) {
        Some(Named::Archive)
    } else if is_sealed(name) || packed {
        Some(Named::Sealed)
    } else {
        None
    }
}

/// Endings of single files that were packed.
const COMPRESSIONS: [&str; 7] = ["gz", "xz", "bz2", "zst", "lz4", "lzma", "br"];

/// Whether an env file has such a name: not a template of one.
pub(super) fn is_env(name: &str) -> bool {
    env_like(name) && !env_template(name)
}

/// The name of which this is a backup, if it is one.
fn backup_of(name: &str) -> Option<&str> {
    if let Some(inner) = name.strip_prefix('#').and_then(|rest| rest.strip_suffix('#')) {
        return Some(inner);
    }
    if let Some(inner) = name.strip_prefix(".#") {
        return Some(inner);
    }
    let suffixes = [
        "~",
        ".swp",
        ".swo",
        ".swn",
        ".bak",
        ".backup",
        ".orig",
        ".save",
        ".old",
        ".tmp",
        "_old",
        "_bak",
        ".rpmsave",
        ".rpmnew",
        ".dpkg-old",
        ".dpkg-dist",
        ".disabled",
    ];
    for suffix in suffixes {
        if let Some(base) = name.strip_suffix(suffix) {
            // Vim's swap file of `prod.env` is `.prod.env.swp`; that of `.env` is `.env.swp`.
            let plain = base.strip_prefix('.').filter(|rest| suffix.starts_with(".sw") && is_env(rest));
            return Some(plain.unwrap_or(base).trim_end_matches(['~', '.']));
        }
    }
    // `.env.2024`, `.env.2024-01-31T10:00`, `.env.1`, `release.tar.gz-20240131`
    let base = name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '_' | 'T' | ':'));
    let (dated, dot) = (&name[base.len()..], base.strip_suffix('.'));
    let parted = dot.is_some() || dated.starts_with(['-', '_']);
    (parted && dated.contains(|c: char| c.is_ascii_digit())).then_some(dot.unwrap_or(base))
}

/// `compose.yaml`, `docker-compose.prod.yml`, `podman-compose.yml`, `docker_compose.json`, and stacks of swarms.
fn is_compose(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let Some(stem) = [".yml", ".yaml", ".json"].iter().find_map(|ending| name.strip_suffix(ending)) else {
        return false;
    };
    stem.split(['.', '-', '_']).any(|word| word == "compose") || matches!(stem, "stack" | "docker-stack")
}

fn is_archive(name: &str) -> bool {
    ends_with(name, &[".tar", ".tar.gz", ".tgz", ".taz", ".zip", ".war", ".ear", ".jar", ".whl", ".egg", ".apk"])
}

fn is_sealed(name: &str) -> bool {
    ends_with(
        name,
        &[
            ".7z",
            ".rar",
            ".tar.bz2",
            ".tbz2",
            ".tbz",
            ".tar.xz",
            ".txz",
            ".tar.zst",
            ".tzst",
            ".tar.lz4",
            ".tar.z",
            ".tar.lzma",
            ".tlz",
            ".tz2",
            ".cpio.gz",
        ],
    )
}

/// Whether an archive's member is an archive once more. A program's libraries are none that matter.
pub(super) fn is_nested_archive(name: &str) -> bool {
    matches!(sort(name), Named::Archive | Named::Sealed) && !ends_with(name, &[".jar", ".whl"])
}

fn ends_with(name: &str, suffixes: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    suffixes.iter().any(|suffix| name.ends_with(suffix))
}

/// Whether a directory's name may be one that holds a file for each variable: programs keep their code in such too.
pub(super) fn may_be_env_directory(directory: &Path) -> bool {
    let name = directory.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    ["env", "envdir", "environment", "env.d", "envs"].contains(&&*name)
}

/// Whether a directory's name is one that holds a file for each variable, or for each service.
pub(super) fn is_env_directory(directory: &Path) -> bool {
    let name = directory.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    name == ".envs" || is_env(&name) && !weak_env_name(&name)
}

/// Whether a word is a pattern of names: `*.env` of a `.gitignore` or a `find`.
pub(super) fn is_pattern(word: &str) -> bool {
    word.contains(['*', '?', '['])
}

/// Whether a path lies in a package manager's directory: other people's samples and test data.
pub(super) fn is_vendored(path: &Path) -> bool {
    path.iter().any(|part| {
        ["site-packages", "dist-packages", "node_modules", "vendor"]
            .iter()
            .any(|name| part == std::ffi::OsStr::new(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backups_of_env_files_are_told_from_env_files_and_templates() {
        for name in
            [".env~", ".env.swp", ".env.bak", ".env.2024", ".env.2024-01-31", "#.env#", ".#.env", ".prod.env.swp"]
        {
            assert_eq!(sort(name), Named::Backup, "{name}");
        }
        assert_eq!(sort(".env"), Named::Env);
        assert_eq!(sort(".env.production"), Named::Env);
        assert_eq!(sort(".env.example"), Named::Template);
        assert_eq!(sort("notes.bak"), Named::Other);
        assert_eq!(sort("main.rs~"), Named::Other);
    }

    #[test]
    fn compose_files_have_many_names() {
        for name in ["compose.yaml", "compose.yml", "docker-compose.prod.yml", "docker-compose-override.yaml"] {
            assert_eq!(sort(name), Named::Compose, "{name}");
        }
        assert_eq!(sort("composer.yaml"), Named::Other);
        assert_eq!(sort("release.tar.gz"), Named::Archive);
    }
}
