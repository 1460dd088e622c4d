//! The system's own files that set environments: `/etc/environment`, defaults, shell profiles, cron.
//!
//! In: the root. Out: a profile in the survey for each file that gives a value away. That these files exist
//! is normal, so a harmless one is no finding.

use super::survey::{Content, Survey};
use crate::detect::Context;
use crate::evidence::{Cause, Sensitive};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Files of assignments.
const ASSIGNMENTS: [&str; 1] = ["/etc/environment"];
/// Directories of such files.
const ASSIGNMENT_DIRECTORIES: [&str; 7] = [
    "/etc/default",
    "/etc/sysconfig",
    "/etc/environment.d",
    "/etc/conf.d",
    "/run/environment.d",
    "/usr/local/lib/environment.d",
    "/usr/lib/environment.d",
];
/// Shell scripts and tables in which assignments stand among other lines.
const SCRIPTS: [&str; 11] = [
    "/etc/profile",
    "/etc/bash.bashrc",
    "/etc/bashrc",
    "/etc/zsh/zshenv",
    "/etc/zshenv",
    "/etc/rc.local",
    "/etc/crontab",
    "/etc/anacrontab",
    "/etc/apache2/envvars",
    "/etc/security/pam_env.conf",
    "/etc/supervisord.conf",
];
/// Directories of such files.
const SCRIPT_DIRECTORIES: [&str; 11] = [
    "/etc/profile.d",
    "/etc/init.d",
    "/etc/supervisor",
    "/etc/supervisor/conf.d",
    "/etc/cron.d",
    "/etc/cron.hourly",
    "/etc/cron.daily",
    "/etc/cron.weekly",
    "/etc/cron.monthly",
    "/var/spool/cron/crontabs",
    "/var/spool/cron",
];
/// Profiles in a home directory.
const PROFILES: [&str; 9] = [
    ".bashrc",
    ".profile",
    ".bash_profile",
    ".bash_login",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".pam_environment",
    ".xprofile",
];
/// A home's own directory of assignments.
const ASSIGNMENTS_AT_HOME: &str = ".config/environment.d";

/// Reads them all.
pub(super) fn files(survey: &mut Survey<'_>, homes: &[PathBuf]) {
    let mut plain: Vec<PathBuf> = ASSIGNMENTS.iter().map(PathBuf::from).collect();
    plain.extend(ASSIGNMENT_DIRECTORIES.iter().flat_map(|directory| inside(survey, Path::new(directory))));
    let mut scripts: Vec<PathBuf> = SCRIPTS.iter().map(PathBuf::from).collect();
    scripts.extend(SCRIPT_DIRECTORIES.iter().flat_map(|directory| inside(survey, Path::new(directory))));
    for home in homes {
        scripts.extend(PROFILES.iter().map(|name| home.join(name)));
        plain.extend(inside(survey, &home.join(ASSIGNMENTS_AT_HOME)));
    }
    for path in &plain {
        judge(survey, path, false);
    }
    for path in &scripts {
        judge(survey, path, true);
    }
}

/// The entries of a directory; one that does not exist has none.
pub(super) fn inside(survey: &mut Survey<'_>, directory: &Path) -> Vec<PathBuf> {
    let real = match survey.ground.resolve(directory) {
        Ok(real) => real,
        Err(trouble) => {
            if trouble.cause != Cause::NotFound {
                survey.miss(directory, trouble);
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
    let detector = &survey.job.detector;
    let settings = script.then(|| Sensitive::new(std::mem::take(&mut *pam_settings(&bytes))));
    let whole = Sensitive::new(std::mem::take(&mut *bytes));
    let content = match settings {
        Some(settings) => Content::of(detector.text(&whole, Context::Env).and(detector.env_file(&settings))),
        None => Content::of(detector.env_file(&whole)),
    };
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

/// The lines `NAME DEFAULT=value` of PAM's own syntax as assignments, other lines left empty so that line numbers stay.
fn pam_settings(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut kept = Zeroizing::new(Vec::with_capacity(text.len()));
    for line in text.split(|b| *b == b'\n') {
        let line = line.trim_ascii();
        let end = line.iter().position(|b| !b.is_ascii_alphanumeric() && *b != b'_').unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        let rest = rest.trim_ascii_start();
        if let Some(value) = [b"DEFAULT=".as_slice(), b"OVERRIDE="].iter().find_map(|word| rest.strip_prefix(*word)) {
            kept.extend_from_slice(name);
            kept.push(b'=');
            kept.extend_from_slice(value);
        }
        kept.push(b'\n');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pam_s_settings_are_assignments() {
        let text = b"# A DEFAULT=1\nB  DEFAULT=\"2\" OVERRIDE=3\nC\tOVERRIDE=@{D}\nE=4\n";
        assert_eq!(pam_settings(text).as_slice(), b"\nB=\"2\" OVERRIDE=3\nC=@{D}\n\n\n");
    }
}
