//! The `Config` object that container inspect, image inspect and OCI image configs share. Not a collector.
//!
//! In: JSON, or bollard's models. Out: the same members with every text wrapped. Rooms below: the wrapped
//! members, paths, the table of names, and what a judgement of one of them gives.

#[cfg(feature = "docker")]
mod engine;
mod ids;
mod json;
mod judged;
mod members;
mod path;
mod platform;
mod wrapped;

#[cfg(feature = "docker")]
pub(super) use engine::written;
pub(super) use json::Json;
pub(super) use judged::{UNSET, entry, identifier, labelled, matters};
pub(super) use members::{Below, CONFIG, Members, Rest};
pub(super) use path::FilePath;
pub(super) use platform::platform;
pub(super) use wrapped::{Pairs, Texts, Words, nullable};

use crate::evidence::Sensitive;
use serde::Deserialize;

/// The members that can carry a secret. Absent members are empty: engines since API 1.52 omit what is unset.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct OciConfig {
    /// `NAME=value`, or a bare `NAME` that unsets.
    #[serde(deserialize_with = "nullable")]
    pub(super) env: Vec<Sensitive>,
    /// The default arguments.
    #[serde(deserialize_with = "nullable")]
    pub(super) cmd: Words,
    /// The entry point.
    #[serde(deserialize_with = "nullable")]
    pub(super) entrypoint: Words,
    /// Labels.
    #[serde(deserialize_with = "nullable")]
    pub(super) labels: Pairs,
    /// The health check.
    #[serde(deserialize_with = "nullable")]
    pub(super) healthcheck: Healthcheck,
    /// Statements that run in images built on this one.
    #[serde(deserialize_with = "nullable")]
    pub(super) on_build: Vec<Sensitive>,
    /// The shell of RUN.
    #[serde(deserialize_with = "nullable")]
    pub(super) shell: Words,
    /// The image as it was named when the container was made.
    pub(super) image: Texts,
    /// The user.
    pub(super) user: Texts,
    /// The working directory.
    pub(super) working_dir: Texts,
    /// Volumes: their paths are keys.
    pub(super) volumes: Texts,
    /// Ports: keys too.
    pub(super) exposed_ports: Texts,
    /// The host's name.
    pub(super) hostname: Texts,
    /// Its domain.
    pub(super) domainname: Texts,
    /// The signal that stops it; a number with Podman.
    pub(super) stop_signal: Texts,
    /// Podman: the command line that made the container.
    #[serde(deserialize_with = "nullable")]
    pub(super) create_command: Words,
    /// Podman's annotations.
    #[serde(deserialize_with = "nullable")]
    pub(super) annotations: Pairs,
}

impl OciConfig {
    /// The texts that have no word of their own in evidence.
    pub(super) fn others(&self) -> impl Iterator<Item = &Sensitive> {
        let user = [&self.user, &self.working_dir, &self.volumes, &self.exposed_ports];
        let host = [&self.hostname, &self.domainname, &self.stop_signal];
        user.into_iter().chain(host).flat_map(|texts| &texts.0)
    }
}

/// A health check: its command only.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Healthcheck {
    /// `CMD …` or `CMD-SHELL …`.
    #[serde(deserialize_with = "nullable")]
    pub(super) test: Words,
}
