//! Env files that were deleted while a process holds them open: their bytes stay on the disk, and readable.
//!
//! In: the kernel's list of open files of this very machine. Out: findings in the survey. A mounted disk has none.

use super::content::Content;
use super::ground::{self, Trouble};
use super::names::{self, Named};
use super::survey::Survey;
use crate::detect;
use crate::evidence::{Cause, Sensitive};
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Where the kernel lists processes.
const PROCESSES: &str = "/proc";
/// What the kernel writes behind the path of a file that has no name any more.
const DELETED: &[u8] = b" (deleted)";

/// Looks through every process's open files. Those of others are only shown to root: what is hidden is one gap.
pub(super) fn deleted(survey: &mut Survey<'_>) {
    let mut hidden = None;
    for process in processes() {
        let list = match std::fs::read_dir(process.join("fd")) {
            Ok(list) => list,
            Err(error) => {
                let trouble = Trouble::of(&error);
                // A process that ended meanwhile holds nothing.
                if trouble.cause == Cause::Denied {
                    hidden = Some(trouble);
                }
                continue;
            }
        };
        survey.coverage.add("processes", 1);
        let mut open: Vec<PathBuf> = list.flatten().map(|entry| entry.path()).collect();
        open.sort();
        for descriptor in open {
            if let Some(path) = lost(&descriptor) {
                file(survey, &path, &descriptor);
            }
        }
    }
    if let Some(trouble) = hidden {
        survey.miss(Path::new("/proc"), trouble);
    }
}

fn processes() -> Vec<PathBuf> {
    let is_process =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.as_bytes().iter().all(u8::is_ascii_digit));
    let mut all: Vec<PathBuf> = std::fs::read_dir(PROCESSES)
        .map(|entries| entries.flatten().map(|entry| entry.path()).filter(is_process).collect())
        .unwrap_or_default();
    all.sort();
    all
}

/// The path that an open file had, if it was an env file's and is gone.
fn lost(descriptor: &Path) -> Option<PathBuf> {
    let target = std::fs::read_link(descriptor).ok()?;
    let path = PathBuf::from(std::ffi::OsStr::from_bytes(target.as_os_str().as_bytes().strip_suffix(DELETED)?));
    let name = path.file_name()?.to_string_lossy().into_owned();
    (path.is_absolute() && matches!(names::sort(&name), Named::Env | Named::Backup) && !detect::weak_env_name(&name))
        .then_some(path)
}

fn file(survey: &mut Survey<'_>, path: &Path, descriptor: &Path) {
    // Reached a second time by another descriptor or process, it is the same finding.
    if !survey.reported.insert(path.to_owned()) {
        return;
    }
    let limit = survey.job.config.limits.file_bytes;
    let opened = File::open(descriptor).map_err(|error| Trouble::of(&error));
    // Unread, it is there all the same, with whatever its descriptor says of it.
    let metadata = opened.as_ref().ok().and_then(|file| file.metadata().ok());
    let content = match opened.and_then(|file| ground::whole(file, limit)) {
        Ok((mut bytes, _)) => Content::of(survey.job.detector.env_file(&Sensitive::new(std::mem::take(&mut *bytes)))),
        Err(_) => Content::unknown(),
    };
    survey.found(path, "deleted", "process", content, metadata.as_ref());
}
