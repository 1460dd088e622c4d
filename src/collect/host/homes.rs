//! Home directories: of people below `/home`, and of service users wherever `/etc/passwd` puts them.
//!
//! In: the root. Out: the directories as they are on disk, each once. One that cannot be listed is a gap here,
//! so that nobody who looks into the homes has to say so again.

use super::ground::Trouble;
use super::survey::Survey;
use super::system;
use crate::evidence::Cause;
use std::path::{Path, PathBuf};

/// The user list.
const USERS: &str = "/etc/passwd";
/// Where packages put users that have no home, and the system's own trees: nobody deploys there. What an
/// administrator installs below `/usr/local` is another matter.
const NOBODYS: [&str; 9] = ["/nonexistent", "/usr", "/bin", "/sbin", "/lib", "/lib64", "/proc", "/sys", "/dev"];

/// Every home that can be looked into.
pub(super) fn all(survey: &mut Survey<'_>) -> Vec<PathBuf> {
    let mut places = vec![PathBuf::from("/root")];
    places.extend(system::inside(survey, Path::new("/home")));
    places.extend(of_users(survey));
    let mut homes = Vec::new();
    for place in places {
        let listed = survey.ground.resolve(&place).and_then(|real| match std::fs::read_dir(&real) {
            Ok(_) => Ok(real),
            Err(error) => Err(Trouble::of(&error)),
        });
        match listed {
            Ok(real) => homes.push(real),
            // A file is no home: `NotADirectory` counts as not found.
            Err(trouble) if trouble.cause == Cause::NotFound => {}
            Err(trouble) => survey.miss(&place, trouble),
        }
    }
    homes.sort();
    homes.dedup();
    homes
}

/// The homes in the user list.
fn of_users(survey: &mut Survey<'_>) -> Vec<PathBuf> {
    match survey.ground.read(Path::new(USERS), survey.job.config.limits.file_bytes) {
        Ok((bytes, _)) => listed(&String::from_utf8_lossy(&bytes)),
        // A mounted disk without users.
        Err(trouble) if trouble.cause == Cause::NotFound => Vec::new(),
        Err(trouble) => {
            survey.miss(Path::new(USERS), trouble);
            Vec::new()
        }
    }
}

fn listed(users: &str) -> Vec<PathBuf> {
    let homes = users.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split(':').nth(5));
    homes.map(PathBuf::from).filter(|home| home.is_absolute() && is_somebodys(home)).collect()
}

fn is_somebodys(home: &Path) -> bool {
    let local = home.starts_with("/usr/local") && home != Path::new("/usr/local");
    home.parent().is_some() && (local || !NOBODYS.iter().any(|place| home.starts_with(place)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_without_a_home_of_their_own_have_none() {
        let users = "root:x:0:0::/root:/bin/sh\nbin:x:2:2:bin:/bin:/x\nnobody:x:65534:65534:n:/nonexistent:/x\n\
                     all:x:3:3::/:/x\ngames:x:5:60:g:/usr/games:/x\n+::::::\nodd\nkernel:x:6:6::/proc/1/root:/x\n\
                     deploy:x:1000:1000:,,,:/srv/deploy:/bin/sh\napp:x:1001:1001::/usr/local/app:/x\n";
        let homes: Vec<String> = listed(users).iter().map(|home| home.display().to_string()).collect();
        assert_eq!(homes, ["/root", "/srv/deploy", "/usr/local/app"]);
    }
}
