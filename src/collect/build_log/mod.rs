//! Build logs: what the output of a build, kept by whoever can read the CI's logs, discloses.
//!
//! In: the declared log files, and which build each must be of. Out: evidence on every exposed value, gaps where a log
//! is not whole or not shown to be of its build, and counts. It asks no CI and no engine. It must not know: rules, images.

mod clean;
mod raw_json;
mod read;
mod report;
mod runner;
mod signs;
mod step;
mod whole;

use super::fields::{VALUE, both, field};
use super::{Collector, Job, runtime};
use crate::config::{BuildLog, Config};
use crate::evidence::{Batch, Cause, FieldType, Gap, Kind, Subject, Target};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

static LOG: Kind = Kind {
    name: "build.log",
    meaning: "an exposed value in the log of a build",
    declared_by: "build_logs",
    live: false,
    unit: "steps",
    fields: &both::<1, 8, 9>(
        [field(
            "where",
            FieldType::Word(&["instruction", "output"]),
            "whether the builder's own line says it, or anything that ran",
        )],
        VALUE,
    ),
};

/// Logs of builds.
pub(super) struct BuildLogs;

impl Collector for BuildLogs {
    fn kinds(&self) -> &'static [&'static Kind] {
        const KINDS: &[&Kind] = &[&LOG];
        KINDS
    }

    fn targets(&self, _: &'static Kind, config: &Config) -> Vec<Target> {
        config.build_logs.iter().map(target).collect()
    }

    fn collect(&self, job: Arc<Job>) -> BoxFuture<'static, Batch> {
        async move {
            let work = move || {
                let task = job.progress.begin("build logs", Some(job.config.build_logs.len() as u64));
                let mut all = Batch::default();
                for log in &job.config.build_logs {
                    task.examining(&log.shown());
                    all.absorb(examine(log, &job));
                    task.advance(1);
                }
                all
            };
            runtime::offload(work).await.unwrap_or_default()
        }
        .boxed()
    }
}

fn target(log: &BuildLog) -> Target {
    Target::new("build-log", log.shown())
}

/// One log. A panic over one is a gap for that one.
fn examine(log: &BuildLog, job: &Job) -> Batch {
    let target = target(log);
    let work = || report::report(job, &target, log, read::read(&log.file, &job.config.limits, &job.stop));
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Batch {
        gaps: vec![Gap::new(&LOG, Subject::whole(&target), Cause::Crashed)],
        ..Batch::default()
    })
}
