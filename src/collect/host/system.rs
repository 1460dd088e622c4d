//! The system's own files that set environments: `/etc/environment`, defaults, shell profiles, cron.
//!
//! In: the root. Out: a profile in the survey for each file that gives a value away. That these files exist
//! is normal, so a harmless one is no finding.

use super::survey::{Content, Survey};
use crate::evidence::{Cause, Sensitive};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Files of assignments.
const ASSIGNMENTS: [&str; 1] = ["/etc/environment"];
/// Directories of such files.
const ASSIGNMENT_DIRECTORIES: [&str; 4] = ["/etc/default", "/etc/sysconfig", "/etc/environment.d", "/etc/conf.d"];
/// Shell scripts and tables in which assignments stand among other lines.
const SCRIPTS: [&str; 7] = [
    "/etc/profile",
    "/etc/bash.bashrc",
    "/etc/bashrc",
    "/etc/zsh/zshenv",
    "/etc/zshenv",
    "/etc/crontab",
    "/etc/security/pam_env.conf",
];
/// Directories of such files.
const SCRIPT_DIRECTORIES: [&str; 4] = ["/etc/profile.d", "/etc/cron.d", "/var/spool/cron/crontabs", "/var/spool/cron"];
/// Profiles in a home directory.
const PROFILES: [&str; 8] =
    [".bashrc", ".profile", ".bash_profile", ".bash_login", ".zshrc", ".zshenv", ".zprofile", ".pam_environment"];

/// Reads them all.
pub(super) fn files(survey: &mut Survey<'_>) {
    let mut plain: Vec<PathBuf> = ASSIGNMENTS.iter().map(PathBuf::from).collect();
    plain.extend(ASSIGNMENT_DIRECTORIES.iter().flat_map(|directory| inside(survey, directory)));
    let mut scripts: Vec<PathBuf> = SCRIPTS.iter().map(PathBuf::from).collect();
    let listed: Vec<PathBuf> = SCRIPT_DIRECTORIES.iter().flat_map(|directory| inside(survey, directory)).collect();
    scripts.extend(listed);
    for home in homes(survey) {
        scripts.extend(PROFILES.iter().map(|name| home.join(name)));
    }
    for path in &plain {
        judge(survey, path, false);
    }
    for path in &scripts {
        judge(survey, path, true);
    }
}

/// The homes of people and deploy users.
pub(super) fn homes(survey: &mut Survey<'_>) -> Vec<PathBuf> {
    let mut homes = vec![PathBuf::from("/root")];
    homes.extend(inside(survey, "/home"));
    homes
}

/// The entries of a directory; one that does not exist has none.
pub(super) fn inside(survey: &mut Survey<'_>, directory: &str) -> Vec<PathBuf> {
    let real = match survey.ground.resolve(Path::new(directory)) {
        Ok(real) => real,
        Err(trouble) => {
            if trouble.cause != Cause::NotFound {
                survey.miss(Path::new(directory), trouble);
            }
            return Vec::new();
        }
    };
    let entries = match std::fs::read_dir(&real) {
        Ok(entries) => entries,
        Err(error) => {
            let trouble = super::ground::Trouble::of(&error);
            if trouble.cause != Cause::NotFound {
                survey.miss(&real, trouble);
            }
            return Vec::new();
        }
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn judge(survey: &mut Survey<'_>, path: &Path, script: bool) {
    let read = survey.ground.read(path, survey.job.config.limits.file_bytes);
    let (mut bytes, metadata) = match read {
        Ok(read) => read,
        // Missing files, directories and devices set nothing.
        Err(trouble) if matches!(trouble.cause, Cause::NotFound | Cause::Unsupported) => return,
        Err(trouble) => return survey.miss(path, trouble),
    };
    survey.coverage.add("system_files", 1);
    if script {
        bytes = assignments(&bytes);
    }
    let content = Content::of(survey.job.detector.env_file(&Sensitive::new(std::mem::take(&mut *bytes))));
    let path = survey.ground.place(path);
    if content.gives_away() {
        survey.found(&path, "profile", "system-files", content, Some(&metadata));
        return;
    }
    if !content.determined {
        survey.review(&path, None, Cause::Malformed);
    }
    for variable in content.open {
        survey.review(&path, Some(variable), Cause::NeedsReview);
    }
}

/// The lines of a script that assign a name, other lines left empty so that line numbers stay.
fn assignments(script: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut kept = Zeroizing::new(Vec::with_capacity(script.len()));
    for line in script.split(|b| *b == b'\n') {
        let text = line.trim_ascii();
        let text = [b"export ".as_slice(), b"set ", b"declare -x ", b"typeset -x "]
            .iter()
            .find_map(|prefix| text.strip_prefix(*prefix))
            .unwrap_or(text)
            .trim_ascii();
        if is_assignment(text) {
            kept.extend_from_slice(text);
        }
        kept.push(b'\n');
    }
    kept
}

fn is_assignment(text: &[u8]) -> bool {
    let name = text.split(|b| *b == b'=').next().unwrap_or_default().trim_ascii_end();
    name.len() < text.len()
        && name.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
        && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_assignments_of_a_script_are_judged() {
        let script = b"if [ -x a ]; then\n  export A=1\nfi\nB=2\n* * * * * root C=3 run\nalias x='y=1'\nexport D\n";
        let kept = assignments(script);
        assert_eq!(kept.as_slice(), b"\nA=1\n\nB=2\n\n\n\n\n");
    }
}
