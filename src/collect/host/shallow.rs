//! Env files near the top of places that nobody declares: homes, and the engine's volumes.
//!
//! In: the places below the root. Out: findings in the survey, for names of env files and their backups only.
//! Two levels: that is where a deploy user's checkout and an application's data directory keep theirs.

use super::ground::Trouble;
use super::names::{self, Named};
use super::survey::Survey;
use super::{judge, search, system};
use crate::evidence::Cause;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// How far below a place.
const LEVELS: usize = 2;
/// Other people's files: caches and toolchains.
const CACHES: [&str; 10] =
    [".cache", ".npm", ".cargo", ".rustup", ".gem", ".m2", ".gradle", ".nvm", ".pyenv", "node_modules"];
/// Where the engine keeps its local volumes.
const VOLUMES: &str = "/var/lib/docker/volumes";

/// Looks into the homes; `searched` was searched to the bottom before.
pub(super) fn homes(survey: &mut Survey<'_>, homes: &[PathBuf], searched: &[PathBuf]) {
    all(survey, homes.to_vec(), searched, ("home", "homes"));
}

/// Looks into the volumes, whichever container uses them.
pub(super) fn volumes(survey: &mut Survey<'_>, searched: &[PathBuf]) {
    let volumes = system::inside(survey, Path::new(VOLUMES)).into_iter().map(|volume| volume.join("_data")).collect();
    all(survey, volumes, searched, ("volume", "volumes"));
}

fn all(survey: &mut Survey<'_>, places: Vec<PathBuf>, searched: &[PathBuf], (led, unit): (&'static str, &'static str)) {
    survey.led = led;
    let mut roots = Vec::new();
    for place in places {
        match survey.ground.resolve(&place) {
            Ok(root) if root.is_dir() => roots.push(root),
            Ok(_) => {}
            Err(trouble) if trouble.cause == Cause::NotFound => {}
            Err(trouble) => survey.miss(&place, trouble),
        }
    }
    roots.sort();
    roots.dedup();
    roots.retain(|root| !searched.iter().any(|done| root.starts_with(done)));
    for root in roots {
        survey.coverage.add(unit, 1);
        walk(survey, &root, searched);
    }
    survey.led = "directory-search";
}

fn walk(survey: &mut Survey<'_>, root: &Path, searched: &[PathBuf]) {
    let mut entries = WalkDir::new(root).follow_links(false).max_depth(LEVELS).sort_by_file_name().into_iter();
    let mut looked = 0;
    while let Some(entry) = entries.next() {
        looked += 1;
        let over = looked > survey.job.config.limits.host_files;
        if over || survey.job.stop.asked() {
            let cause = if over { Cause::OverLimit } else { Cause::Interrupted };
            return survey.miss(root, Trouble { cause, errno: None });
        }
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                search::lost(survey, root, &error);
                continue;
            }
        };
        let name = entry.file_name().to_string_lossy();
        if entry.file_type().is_dir() {
            let cache = entry.depth() > 0 && CACHES.contains(&&*name);
            if cache || searched.iter().any(|done| done == entry.path()) {
                entries.skip_current_dir();
            }
            continue;
        }
        match names::sort(&name) {
            named @ (Named::Env | Named::Backup) => judge::entry(survey, &entry, named),
            Named::Other
                if entry.file_type().is_file() && search::in_env_directory(&[root.to_owned()], entry.path()) =>
            {
                judge::member(survey, entry.path());
            }
            _ => {}
        }
    }
}
