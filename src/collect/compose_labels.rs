//! Where compose projects lie, by the labels that compose gives every container it makes. Not a collector.
//!
//! In: saved inspect files, or the engine of live containers. Out: paths as the labels write them, and why some
//! source has no answer. It opens none of the paths and keeps no other label.

use super::Job;
use super::refusal::Refusal;
use super::saved;
use crate::evidence::{Cause, Name};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The project's directory.
pub(super) const WORKING_DIR: &str = "com.docker.compose.project.working_dir";
/// Its compose files, separated by commas.
pub(super) const CONFIG_FILES: &str = "com.docker.compose.project.config_files";
/// The files of `--env-file`, separated by commas.
pub(super) const ENVIRONMENT_FILE: &str = "com.docker.compose.project.environment_file";

/// One project, as its labels describe it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Project {
    /// The directory in which compose ran.
    pub(super) directory: Option<PathBuf>,
    /// Its compose files.
    pub(super) config_files: Vec<PathBuf>,
    /// The env files that compose was given.
    pub(super) env_files: Vec<PathBuf>,
}

/// What the labels of some containers say.
#[derive(Clone, Default)]
pub(super) struct Labels {
    /// The projects.
    pub(super) projects: BTreeSet<Project>,
    /// Sources without an answer.
    pub(super) refused: Vec<(Name, Refusal)>,
}

impl Labels {
    /// These and others.
    pub(super) fn and(mut self, others: &Self) -> Self {
        self.projects.extend(others.projects.iter().cloned());
        self.refused.extend(others.refused.iter().cloned());
        self
    }
}

/// The labels in the declared inspect files: of all containers in them.
pub(super) fn saved(job: &Job) -> Labels {
    let mut labels = Labels::default();
    let files: BTreeSet<&PathBuf> = job.config.containers.iter().filter_map(|one| one.inspect_file.as_ref()).collect();
    for file in files {
        match of_file(file, job.config.limits.file_bytes) {
            Ok(projects) => labels.projects.extend(projects),
            Err(why) => labels.refused.push((Name::admit_or(&file.to_string_lossy(), "path", 1), why)),
        }
    }
    labels
}

/// The labels of every container on the engine, selected or not: they all run on the host. Nobody is asked
/// unless live containers are declared.
pub(super) async fn live(job: &Job) -> Labels {
    if job.config.containers.iter().all(|selector| selector.inspect_file.is_some()) {
        return Labels::default();
    }
    match of_engine(job).await {
        Ok(projects) => Labels { projects, refused: Vec::new() },
        Err(why) => Labels { projects: BTreeSet::new(), refused: vec![(Name::fixed("(compose projects)"), why)] },
    }
}

#[cfg(feature = "docker")]
async fn of_engine(job: &Job) -> Result<BTreeSet<Project>, Refusal> {
    let engine = super::docker::Engine::connect(&job.config.docker).await?;
    let labelled = engine.labels([WORKING_DIR, CONFIG_FILES, ENVIRONMENT_FILE]).await?;
    Ok(labelled.into_iter().filter_map(|[directory, configs, envs]| Project::new(directory, configs, envs)).collect())
}

#[cfg(not(feature = "docker"))]
#[expect(clippy::unused_async, reason = "the same signature as with an engine")]
async fn of_engine(_: &Job) -> Result<BTreeSet<Project>, Refusal> {
    Err(Refusal::new(Cause::Unsupported).because("this build has no Docker support; give an inspect_file"))
}

#[derive(Deserialize)]
struct Item {
    #[serde(rename = "Config")]
    config: Option<Config>,
}

#[derive(Deserialize)]
struct Config {
    #[serde(rename = "Labels")]
    labels: Option<Written>,
}

#[derive(Deserialize)]
struct Written {
    #[serde(rename = "com.docker.compose.project.working_dir")]
    directory: Option<String>,
    #[serde(rename = "com.docker.compose.project.config_files")]
    config_files: Option<String>,
    #[serde(rename = "com.docker.compose.project.environment_file")]
    env_files: Option<String>,
}

fn of_file(file: &Path, limit: u64) -> Result<BTreeSet<Project>, Refusal> {
    let text = saved::text(file, limit)?;
    let items: Result<Vec<Item>, _> = if text.trim_start().starts_with('[') {
        serde_json::from_str(&text)
    } else {
        serde_json::from_str(&text).map(|item| vec![item])
    };
    let items = items.map_err(|error| {
        let cause = if error.is_eof() { Cause::Truncated } else { Cause::Malformed };
        Refusal::new(cause).with("operation", Name::fixed("read inspect_file"))
    })?;
    let written = items.into_iter().filter_map(|item| item.config?.labels);
    Ok(written.filter_map(|one| Project::new(one.directory, one.config_files, one.env_files)).collect())
}

impl Project {
    fn new(directory: Option<String>, config_files: Option<String>, env_files: Option<String>) -> Option<Self> {
        if directory.is_none() && config_files.is_none() && env_files.is_none() {
            return None;
        }
        let directory = directory.filter(|text| !text.is_empty()).map(PathBuf::from);
        let base = directory.clone().unwrap_or_default();
        let paths = |text: Option<String>| {
            let text = text.unwrap_or_default();
            text.split(',').filter(|path| !path.is_empty()).map(|path| base.join(path)).collect()
        };
        Some(Self { config_files: paths(config_files), env_files: paths(env_files), directory })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_separated_by_commas_and_relative_to_the_project() {
        let text = |text: &str| Some(text.to_owned());
        let project =
            Project::new(text("/srv/app"), text("/srv/app/compose.yaml,prod.yaml"), text("prod.env")).unwrap();
        let paths = |files: &[&str]| files.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(project.config_files, paths(&["/srv/app/compose.yaml", "/srv/app/prod.yaml"]));
        assert_eq!(project.env_files, paths(&["/srv/app/prod.env"]));
        assert_eq!(Project::new(None, None, None), None);
    }
}
