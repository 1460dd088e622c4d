//! The `Config` object as the engine's client reads it.
//!
//! In: bollard's models. Out: the same members, wrapped as they arrive.

use super::{Healthcheck, OciConfig, Pairs, Texts, Words};
use crate::evidence::Sensitive;
use bollard::models::{ContainerConfig, HealthConfig, ImageConfig};

fn wrapped(texts: Option<Vec<String>>) -> Vec<Sensitive> {
    texts.into_iter().flatten().map(Sensitive::from).collect()
}

fn words(texts: Option<Vec<String>>) -> Words {
    Words::new(texts.into_iter().flatten())
}

fn healthcheck(check: Option<HealthConfig>) -> Healthcheck {
    Healthcheck { test: words(check.and_then(|check| check.test)) }
}

fn texts(texts: impl IntoIterator<Item = String>) -> Texts {
    Texts(texts.into_iter().filter(|text| !text.is_empty()).map(Sensitive::from).collect())
}

impl From<ContainerConfig> for OciConfig {
    fn from(from: ContainerConfig) -> Self {
        Self {
            env: wrapped(from.env),
            cmd: words(from.cmd),
            entrypoint: words(from.entrypoint),
            labels: Pairs::new(from.labels.unwrap_or_default()),
            healthcheck: healthcheck(from.healthcheck),
            on_build: wrapped(from.on_build),
            shell: words(from.shell),
            user: texts(from.user),
            working_dir: texts(from.working_dir),
            volumes: texts(from.volumes.into_iter().flatten()),
            exposed_ports: texts(from.exposed_ports.into_iter().flatten()),
            stop_signal: texts(from.stop_signal),
            hostname: texts(from.hostname),
            domainname: texts(from.domainname),
            ..Self::default()
        }
    }
}

impl From<ImageConfig> for OciConfig {
    fn from(from: ImageConfig) -> Self {
        Self {
            env: wrapped(from.env),
            cmd: words(from.cmd),
            entrypoint: words(from.entrypoint),
            labels: Pairs::new(from.labels.unwrap_or_default()),
            healthcheck: healthcheck(from.healthcheck),
            on_build: wrapped(from.on_build),
            shell: words(from.shell),
            user: texts(from.user),
            working_dir: texts(from.working_dir),
            volumes: texts(from.volumes.into_iter().flatten()),
            exposed_ports: texts(from.exposed_ports.into_iter().flatten()),
            stop_signal: texts(from.stop_signal),
            ..Self::default()
        }
    }
}
