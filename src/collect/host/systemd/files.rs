//! Where systemd's units, their drop-ins and Podman's quadlets lie: of the system, of users, and made at run time.
//!
//! In: the root and the homes. Out: the files, each once; enabling a unit makes links to it. It opens none.

use crate::collect::host::ground::Trouble;
use crate::collect::host::survey::Survey;
use crate::collect::host::system;
use crate::evidence::Cause;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The system's directories.
const DIRECTORIES: [&str; 34] = [
    "/etc/systemd/system",
    "/etc/systemd/system.control",
    "/etc/systemd/system.attached",
    "/run/systemd/system",
    "/run/systemd/system.control",
    "/run/systemd/system.attached",
    "/run/systemd/transient",
    "/run/systemd/generator",
    "/run/systemd/generator.early",
    "/run/systemd/generator.late",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/etc/systemd/user",
    "/etc/xdg/systemd/user",
    "/run/systemd/user",
    "/usr/local/lib/systemd/user",
    "/usr/local/share/systemd/user",
    "/usr/share/systemd/user",
    "/usr/lib/systemd/user",
    "/lib/systemd/user",
    "/etc/containers/systemd",
    "/run/containers/systemd",
    "/usr/share/containers/systemd",
    "/etc/systemd/nspawn",
    "/run/systemd/nspawn",
    "/etc/systemd/system.conf.d",
    "/etc/systemd/user.conf.d",
    "/run/systemd/user.conf.d",
    "/usr/local/lib/systemd/user.conf.d",
    "/run/systemd/system.conf.d",
    "/usr/local/lib/systemd/system.conf.d",
    "/usr/lib/systemd/system.conf.d",
    "/usr/lib/systemd/user.conf.d",
];
/// A user's own, in the home.
const IN_HOMES: [&str; 6] = [
    ".config/systemd/user",
    ".config/systemd/user.control",
    ".config/systemd/user.attached",
    ".config/systemd/user.conf.d",
    ".local/share/systemd/user",
    ".config/containers/systemd",
];
/// A user's own until logging out, below the runtime directory.
const AT_RUN_TIME: [&str; 5] =
    ["systemd/user", "systemd/user.control", "systemd/transient", "systemd/generator", "containers/systemd"];
/// The managers' own settings.
const MANAGERS: [&str; 5] = [
    "/etc/systemd/system.conf",
    "/etc/systemd/user.conf",
    "/run/systemd/system.conf",
    "/usr/lib/systemd/system.conf",
    "/usr/lib/systemd/user.conf",
];
/// Files that set variables or run commands. Images, networks and timers do neither.
const EXTENSIONS: [&str; 12] =
    ["service", "conf", "socket", "mount", "swap", "container", "pod", "kube", "build", "volume", "image", "nspawn"];
/// How deep directories are followed: drop-ins need two levels, quadlets may be sorted into folders.
const LEVELS: usize = 6;

/// Every file that may set an environment.
pub(super) fn all(survey: &mut Survey<'_>, homes: &[PathBuf]) -> BTreeSet<PathBuf> {
    let mut files = Files { found: BTreeSet::new(), seen: BTreeMap::new(), looked: 0 };
    let own = homes.iter().map(|home| home.join(".config/systemd/user.conf"));
    let managers = MANAGERS.iter().map(PathBuf::from).chain(own);
    files.found.extend(managers.filter_map(|path| survey.ground.resolve(&path).ok()));
    let mut places: Vec<PathBuf> = DIRECTORIES.iter().map(PathBuf::from).collect();
    places.extend(homes.iter().flat_map(|home| IN_HOMES.iter().map(|inside| home.join(inside))));
    let users = system::inside(survey, Path::new("/run/user"));
    places.extend(users.iter().flat_map(|user| AT_RUN_TIME.iter().map(|inside| user.join(inside))));
    for place in places {
        match survey.ground.resolve(&place) {
            Ok(real) => files.walk(survey, &real, 0),
            Err(trouble) if trouble.cause == Cause::NotFound => {}
            Err(trouble) => survey.miss(&place, trouble),
        }
    }
    files.found
}

/// What was found so far.
struct Files {
    found: BTreeSet<PathBuf>,
    /// Directories that were looked into, and at which level: links may lead to one twice, or in a circle.
    seen: BTreeMap<PathBuf, usize>,
    looked: u64,
}

impl Files {
    /// Looks into a directory and those below it; a link to a directory counts as one, as it does for systemd.
    fn walk(&mut self, survey: &mut Survey<'_>, directory: &Path, level: usize) {
        if self.seen.get(directory).is_some_and(|before| *before <= level) {
            return;
        }
        self.seen.insert(directory.to_owned(), level);
        if level > LEVELS || self.looked > survey.job.config.limits.host_files {
            return survey.miss(directory, Trouble { cause: Cause::OverLimit, errno: None });
        }
        let entries = match std::fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) => return gone_or_missed(survey, directory, Trouble::of(&error)),
        };
        for entry in entries {
            self.looked += 1;
            let path = match entry {
                Ok(entry) => entry.path(),
                Err(error) => {
                    survey.miss(directory, Trouble::of(&error));
                    continue;
                }
            };
            match survey.ground.resolve(&path) {
                Ok(real) if real.is_dir() => self.walk(survey, &real, level + 1),
                Ok(real) if is_unit(&path) => drop(self.found.insert(real)),
                Ok(_) => {}
                Err(trouble) => gone_or_missed(survey, &path, trouble),
            }
        }
    }
}

/// A link into nowhere configures nothing: that is how units are masked on a mounted disk.
fn gone_or_missed(survey: &mut Survey<'_>, path: &Path, trouble: Trouble) {
    if trouble.cause != Cause::NotFound {
        survey.miss(path, trouble);
    }
}

fn is_unit(path: &Path) -> bool {
    path.extension().is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known))
}
