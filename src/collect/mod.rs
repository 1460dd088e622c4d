//! Collectors ask the world and answer with evidence, gaps and coverage. They know no rule.
//!
//! This file holds the one list of collectors, the contract they share, and the one runtime. A collector
//! neither logs nor prints, never imports another, and wraps every text the moment it is read.

mod at_ref;
mod build_log;
mod cache;
#[cfg(unix)]
mod compose_labels;
mod container;
#[cfg(feature = "docker")]
mod docker;
mod dockerfile;
mod entry_path;
mod fields;
mod git;
#[cfg(unix)]
mod host;
#[cfg(any(feature = "http", feature = "registry"))]
mod http;
mod image;
mod image_id;
mod instructions;
mod layers;
mod machine;
mod metered;
mod oci_config;
mod raw_text;
mod refusal;
mod runtime;
mod saved;
mod service;
mod summary;

use crate::config::Config;
use crate::detect::Detector;
use crate::evidence::{Batch, Kind, Progress, Stop, Target, Timestamp};
use futures_util::future::BoxFuture;
use std::sync::Arc;

pub use at_ref::file_at;
pub use git::count_objects;
pub use machine::{HostNames, Machine};
pub use runtime::{Collected, run};

/// Everything a collector is given.
pub struct Job {
    /// What to examine.
    pub config: Arc<Config>,
    /// Decides what values are.
    pub detector: Arc<Detector>,
    /// Shows long work.
    pub progress: Arc<dyn Progress>,
    /// Asks long work to end.
    pub stop: Stop,
    /// The machine that this runs on.
    pub machine: Machine,
    /// The run's clock: the time of all evidence.
    pub now: Timestamp,
    /// The kinds of evidence that some selected rule needs.
    pub wanted: Vec<&'static Kind>,
}

impl Job {
    /// Whether some selected rule needs this kind.
    #[must_use]
    pub fn wants(&self, kind: &'static Kind) -> bool {
        self.wanted.iter().any(|wanted| wanted.name == kind.name)
    }
}

/// One source of evidence.
pub trait Collector: Send + Sync {
    /// The kinds of evidence it can give.
    fn kinds(&self) -> &'static [&'static Kind];
    /// The targets that the configuration declares for a kind.
    fn targets(&self, kind: &'static Kind, config: &Config) -> Vec<Target>;
    /// Collects. Errors are gaps; every declared target gets coverage or a gap.
    fn collect(&self, job: Arc<Job>) -> BoxFuture<'static, Batch>;
}

/// The one list of collectors.
pub static COLLECTORS: &[&dyn Collector] = &[
    &build_log::BuildLogs,
    &container::Containers,
    &dockerfile::Dockerfiles,
    &git::Git,
    #[cfg(unix)]
    &host::Hosts,
    &image::Images,
    &service::Service,
];

/// All kinds of evidence that collectors give.
pub fn kinds() -> impl Iterator<Item = &'static Kind> {
    COLLECTORS.iter().flat_map(|collector| collector.kinds().iter().copied())
}
