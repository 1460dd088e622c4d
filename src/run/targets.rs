//! What is examined without a configuration, and what flags name instead of it.
//!
//! Looks at the current directory's names only; no target is opened here.

use super::RunError;
use crate::cli::Check;
use crate::config::{Config, ContainerSelector};
use crate::evidence::Name;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Targets named by flags take the place of the configuration's. Returns the keys they stand for.
pub(super) fn apply(flags: &Check, config: &mut Config) -> Result<BTreeSet<&'static str>, RunError> {
    let mut keys = BTreeSet::new();
    if !flags.repositories.is_empty() {
        config.repositories = flags.repositories.iter().cloned().map(Into::into).collect();
        keys.insert("repositories");
    }
    if !flags.images.is_empty() {
        let images: Result<Vec<_>, _> = flags.images.iter().map(|text| Config::image(text)).collect();
        config.images = images.map_err(|what| RunError::usage(what, "for example --image docker-archive:image.tar"))?;
        keys.insert("images");
    }
    if !flags.platforms.is_empty() {
        let platforms: Result<Vec<_>, _> = flags.platforms.iter().map(|text| Config::platform(text)).collect();
        config.platforms = platforms.map_err(|what| RunError::usage(what, "for example --platform linux/arm64"))?;
    }
    if !flags.containers.is_empty() {
        config.containers = flags.containers.iter().map(|name| by_name(name)).collect();
        keys.insert("containers");
    }
    if let Some(url) = &flags.url {
        config.service_url = Some(service_url(url)?);
        keys.insert("service_url");
    }
    Ok(keys)
}

fn by_name(name: &str) -> ContainerSelector {
    ContainerSelector { name: Some(Name::admit_or(name, "container", 1)), ..ContainerSelector::default() }
}

/// The flag obeys the configuration's own rules for URLs.
fn service_url(url: &str) -> Result<Name, RunError> {
    let wrong =
        || RunError::usage("--url must be http://HOST[:PORT] or https://HOST[:PORT]", "leave out query and user");
    let text = serde_json::json!({ "service": "x", "service_url": url }).to_string();
    let config = Config::parse("--url", &text, Path::new("")).map_err(|_| wrong())?;
    config.service_url.ok_or_else(wrong)
}

/// What the current directory holds: the repository around it, or at least a Dockerfile; and whether git is missing.
pub(super) fn here() -> (Vec<PathBuf>, bool) {
    let Ok(current) = std::env::current_dir() else { return (Vec::new(), false) };
    if bare(&current) || current.ancestors().any(|folder| folder.join(".git").exists()) {
        return (vec![PathBuf::from(".")], false);
    }
    let builds = ["Dockerfile", "Containerfile"].iter().any(|name| current.join(name).is_file());
    if builds { (vec![PathBuf::from(".")], true) } else { (Vec::new(), false) }
}

/// Files of the current directory that deploy something, by name: compose files, task definitions, manifests.
pub(super) fn deployments() -> Vec<String> {
    let Ok(entries) = std::env::current_dir().and_then(std::fs::read_dir) else { return Vec::new() };
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().to_ascii_lowercase());
    let deploys = |name: &String| {
        let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        let compose = yaml && name.split(['.', '-', '_']).any(|word| word == "compose");
        compose || name.contains("task-def") || yaml && (name.starts_with("deployment") || name.starts_with("k8s"))
    };
    let mut found: Vec<String> = names.filter(deploys).collect();
    found.sort();
    found
}

/// `.` means the whole repository around it, as for git: from a subfolder, nothing above it may be left out.
pub(super) fn to_root(path: &mut PathBuf) {
    let bytes = path.as_os_str().as_encoded_bytes();
    if !(bytes.is_empty() || bytes == b"." || bytes.ends_with(b"/.")) {
        return;
    }
    let here = if bytes.is_empty() { PathBuf::from(".") } else { path.clone() };
    let Ok(absolute) = here.canonicalize() else { return };
    let is_root = |folder: &Path| folder.join(".git").exists() || bare(folder);
    if let Some(levels) = absolute.ancestors().position(is_root).filter(|levels| *levels > 0) {
        let up: PathBuf = std::iter::repeat_n("..", levels).collect();
        *path = if bytes.len() > 1 { here.join(up) } else { up };
    }
}

fn bare(folder: &Path) -> bool {
    folder.join("HEAD").is_file() && folder.join("objects").is_dir()
}
