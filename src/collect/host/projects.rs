//! Compose projects by the labels of their containers: a project lies wherever it was started, declared or not.
//!
//! In: labels. Out: directories to search, compose files to read, and findings for the env files named. A label
//! is written when a container is made, so what it names may be gone, or may never have been on this machine.

use super::content::Content;
use super::ground::Trouble;
use super::names::{self, Named};
use super::search::is_pseudo;
use super::survey::Survey;
use crate::collect::compose_labels::{CONFIG_FILES, ENVIRONMENT_FILE, Labels, Project, WORKING_DIR};
use crate::evidence::{Cause, Name};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The projects' directories as they are on disk. One that is not here is no pass: it may be another machine's.
pub(super) fn directories(survey: &mut Survey<'_>, labels: &Labels) -> Vec<PathBuf> {
    for (what, why) in &labels.refused {
        survey.refused(what, why);
    }
    let directories: BTreeSet<&PathBuf> =
        labels.projects.iter().filter_map(|project| project.directory.as_ref()).collect();
    survey.coverage.add("compose_projects", directories.len() as u64);
    let mut found = Vec::new();
    for directory in directories {
        match located(survey, directory) {
            Ok(real) if real.is_dir() => found.push(real),
            Ok(_) => missing(survey, directory, Trouble { cause: Cause::NotFound, errno: Some(libc::ENOTDIR) }),
            Err(trouble) => missing(survey, directory, trouble),
        }
    }
    found
}

fn missing(survey: &mut Survey<'_>, directory: &Path, trouble: Trouble) {
    survey.miss_about(directory, Some(Name::fixed(WORKING_DIR)), trouble);
}

/// A path of a label; a relative one means a directory that nobody knows.
fn located(survey: &Survey<'_>, path: &Path) -> Result<PathBuf, Trouble> {
    if path.is_absolute() {
        survey.ground.resolve(path)
    } else {
        Err(Trouble { cause: Cause::Unsupported, errno: None })
    }
}

/// Whether a project's directory is on this machine. If it is not, that is one gap, and its files add none.
fn is_here(survey: &Survey<'_>, project: &Project) -> bool {
    project.directory.as_ref().is_none_or(|directory| located(survey, directory).is_ok())
}

/// The compose files that the projects were made from.
pub(super) fn compose_files(survey: &mut Survey<'_>, labels: &Labels) -> Vec<PathBuf> {
    let mut files = BTreeSet::new();
    for project in &labels.projects {
        for file in &project.config_files {
            // `docker compose -f -` reads standard input: nobody knows any more what stood there.
            if file.file_name().is_some_and(|name| name == "-") {
                survey.review(file, Some(Name::fixed(CONFIG_FILES)), Cause::Unproven);
                continue;
            }
            match located(survey, file) {
                Ok(_) => drop(files.insert(survey.ground.place(file))),
                Err(trouble) if trouble.cause == Cause::NotFound && !is_here(survey, project) => {}
                Err(trouble) => survey.miss_about(file, Some(Name::fixed(CONFIG_FILES)), trouble),
            }
        }
    }
    files.into_iter().collect()
}

/// The env files that compose was given. Whoever removed one after the start will need it for the next.
pub(super) fn env_files(survey: &mut Survey<'_>, labels: &Labels) {
    let mut seen = BTreeSet::new();
    for project in &labels.projects {
        for file in &project.env_files {
            if seen.insert(file) {
                env_file(survey, file, is_here(survey, project));
            }
        }
    }
}

fn env_file(survey: &mut Survey<'_>, path: &Path, here: bool) {
    let label = Name::fixed(ENVIRONMENT_FILE);
    // `--env-file /dev/null` switches env files off.
    if survey.ground.place(path).ancestors().any(|above| is_pseudo(survey, above)) {
        return;
    }
    let real = match located(survey, path) {
        Ok(real) => real,
        Err(trouble) if trouble.cause == Cause::NotFound => {
            if here {
                survey.directive(path, None, label, "compose", Content::unknown());
            }
            return;
        }
        Err(trouble) => return survey.miss_about(path, Some(label), trouble),
    };
    if survey.reported.contains(&real) {
        return;
    }
    match survey.content(path) {
        Ok((content, metadata)) => {
            let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
            let what = if names::sort(&name) == Named::Template { "template" } else { "env-file" };
            survey.found(&survey.ground.place(path), what, "compose", content, Some(&metadata));
        }
        Err(trouble) => survey.miss_about(path, Some(label), trouble),
    }
}
