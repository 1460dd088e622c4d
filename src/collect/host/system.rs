//! The system's own files that set environments: `/etc/environment`, defaults, shell profiles, cron.
//!
//! In: the root. Out: a profile in the survey for each file that gives a value away. That these files exist
//! is normal, so a harmless one is no finding.

use super::content::Content;
use super::ground::Trouble;
use super::inline;
use super::reference::{self, Reference};
use super::survey::Survey;
use crate::detect::Context;
use crate::evidence::{Cause, Sensitive};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Files of assignments.
const ASSIGNMENTS: [&str; 4] =
    ["/etc/environment", "/etc/rc.conf", "/etc/ecs/ecs.config", "/etc/rancher/k3s/k3s.service.env"];
/// Directories of such files, and of directories of them.
const ASSIGNMENT_DIRECTORIES: [&str; 7] = [
    "/etc/default",
    "/etc/sysconfig",
    "/etc/environment.d",
    "/etc/conf.d",
    "/run/environment.d",
    "/usr/local/lib/environment.d",
    "/usr/lib/environment.d",
];
/// Shell scripts, tables and settings in which assignments stand among other lines.
const SCRIPTS: [&str; 21] = [
    "/etc/profile",
    "/etc/profile.local",
    "/etc/bash.bashrc",
    "/etc/bashrc",
    "/etc/bash/bashrc",
    "/etc/csh.cshrc",
    "/etc/zsh/zshenv",
    "/etc/zsh/zshrc",
    "/etc/zsh/zprofile",
    "/etc/zshenv",
    "/etc/fish/config.fish",
    "/etc/rc.local",
    "/etc/inittab",
    "/etc/crontab",
    "/etc/anacrontab",
    "/etc/apache2/envvars",
    "/etc/security/pam_env.conf",
    "/etc/supervisord.conf",
    "/etc/containers/containers.conf",
    "/etc/docker/daemon.json",
    "/var/lib/unit/conf.json",
];
/// Directories of such files, and of directories of them.
const SCRIPT_DIRECTORIES: [&str; 31] = [
    "/etc/profile.d",
    "/etc/init.d",
    "/etc/init",
    "/etc/local.d",
    "/etc/tmpfiles.d",
    "/etc/supervisor",
    "/etc/supervisor.d",
    "/etc/supervisord.d",
    "/etc/sv",
    "/etc/service",
    "/etc/s6",
    "/etc/s6-overlay",
    "/service",
    "/etc/cron.d",
    "/etc/cron.hourly",
    "/etc/cron.daily",
    "/etc/cron.weekly",
    "/etc/cron.monthly",
    "/etc/periodic",
    "/var/spool/cron",
    "/var/spool/at",
    "/etc/containers/containers.conf.d",
    "/etc/kubernetes/manifests",
    "/var/lib/rancher/k3s/server/manifests",
    "/etc/php",
    "/etc/php-fpm.d",
    "/etc/uwsgi",
    "/etc/nomad.d",
    "/etc/apache2/sites-enabled",
    "/etc/httpd/conf.d",
    "/var/lib/cloud/instances",
];
/// How deep such directories are read.
const LEVELS: usize = 4;
/// Profiles in a home directory.
const PROFILES: [&str; 17] = [
    ".bashrc",
    ".bash_aliases",
    ".profile",
    ".bash_profile",
    ".bash_login",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    ".cshrc",
    ".tcshrc",
    ".pam_environment",
    ".xprofile",
    ".config/fish/config.fish",
    ".config/containers/containers.conf",
    ".pm2/dump.pm2",
    ".bashrc.bak",
];
/// A home's own directory of profiles.
const PROFILES_AT_HOME: &str = ".bashrc.d";
/// A home's own directory of assignments.
const ASSIGNMENTS_AT_HOME: &str = ".config/environment.d";

/// Reads them all.
pub(super) fn files(survey: &mut Survey<'_>, homes: &[PathBuf]) {
    let mut plain: Vec<PathBuf> = ASSIGNMENTS.iter().map(PathBuf::from).collect();
    plain.extend(ASSIGNMENT_DIRECTORIES.iter().flat_map(|directory| below(survey, Path::new(directory), LEVELS)));
    let mut scripts: Vec<PathBuf> = SCRIPTS.iter().map(PathBuf::from).collect();
    scripts.extend(SCRIPT_DIRECTORIES.iter().flat_map(|directory| below(survey, Path::new(directory), LEVELS)));
    for home in homes {
        scripts.extend(PROFILES.iter().map(|name| home.join(name)));
        scripts.extend(inside(survey, &home.join(PROFILES_AT_HOME)));
        plain.extend(inside(survey, &home.join(ASSIGNMENTS_AT_HOME)));
    }
    for path in &plain {
        judge(survey, path, false);
    }
    for path in &scripts {
        judge(survey, path, true);
    }
}

/// The files of a directory, and of those in it; a link to a directory counts as one.
fn below(survey: &mut Survey<'_>, directory: &Path, levels: usize) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in inside(survey, directory) {
        let is_directory = survey.ground.resolve(&entry).is_ok_and(|real| real.is_dir());
        if !is_directory {
            files.push(entry);
        } else if levels > 1 {
            files.extend(below(survey, &entry, levels - 1));
        } else {
            survey.miss(&entry, Trouble { cause: Cause::OverLimit, errno: None });
        }
    }
    files
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
            let trouble = Trouble::of(&error);
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
        Err(trouble) if trouble.cause == Cause::NotFound => return,
        Err(Trouble { cause: Cause::Unsupported, errno: None }) => return,
        Err(trouble) => return survey.miss(path, trouble),
    };
    survey.coverage.add("system_files", 1);
    if script {
        references(survey, path, &String::from_utf8_lossy(&bytes));
    }
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

/// The env files that a script reads or writes, each once.
fn references(survey: &mut Survey<'_>, file: &Path, script: &str) {
    for (line, text) in (1_u32..).zip(script.lines()) {
        if text.trim_start().starts_with('#') {
            continue;
        }
        for read in inline::reads(text) {
            if !survey.referred.insert((file.to_owned(), read.path.clone())) {
                continue;
            }
            let home = file.parent().unwrap_or(Path::new("/"));
            let path = match read.path.strip_prefix("~/") {
                Some(rest) => home.join(rest),
                None if Path::new(&read.path).is_relative() => home.join(&read.path),
                None => survey.ground.place(Path::new(&read.path)),
            };
            let by = "system-files";
            let reference = Reference { file, line: Some(line), names: &read.path, path, required: read.certain, by };
            reference::follow(survey, &reference);
        }
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
