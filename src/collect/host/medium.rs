//! What a file lies on: the disk, or memory.
//!
//! In: a path and the kernel's list of mounts. Out: whether Vault's agent rendered it into memory, which is how
//! it hands secrets to a workload and is no env file on the host.

use super::survey::Survey;
use std::path::{Path, PathBuf};

/// Where Vault's agent renders its templates.
const RENDERED: &str = "/vault/secrets";

/// Whether a file is the agent's and in memory. On a disk it is a file like any other.
pub(super) fn is_rendered(survey: &Survey<'_>, path: &Path) -> bool {
    if !Path::new(survey.ground.shown(path).as_str()).starts_with(RENDERED) {
        return false;
    }
    let (Ok(mounts), Ok(real)) = (std::fs::read_to_string("/proc/self/mountinfo"), std::fs::canonicalize(path)) else {
        return false;
    };
    matches!(file_system(&mounts, &real), Some("tmpfs" | "ramfs"))
}

/// The file system of the innermost mount above a path; of two at one place the later one covers the other.
fn file_system<'a>(mounts: &'a str, path: &Path) -> Option<&'a str> {
    let mount = |line: &'a str| {
        let (place, kind) = line.split_once(" - ")?;
        let place = unescaped(place.split(' ').nth(4)?);
        path.starts_with(&place).then_some((place.components().count(), kind.split(' ').next()?))
    };
    mounts.lines().filter_map(mount).max_by_key(|(depth, _)| *depth).map(|(_, kind)| kind)
}

/// Blanks and the like stand as `\040`.
fn unescaped(place: &str) -> PathBuf {
    PathBuf::from(place.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_and_latest_mount_counts() {
        let mounts = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n\
                      2 1 0:20 / /vault/secrets rw shared:1 - ext4 /dev/sdb rw\n\
                      3 1 0:21 / /vault/secrets rw shared:1 - tmpfs tmpfs rw\n\
                      4 1 0:22 / /with\\040blank rw - tmpfs tmpfs rw\n";
        let of = |path: &str| file_system(mounts, Path::new(path));
        assert_eq!(of("/vault/secrets/api.env"), Some("tmpfs"));
        assert_eq!(of("/vault/secretsish"), Some("ext4"));
        assert_eq!(of("/with blank/x"), Some("tmpfs"));
    }
}
