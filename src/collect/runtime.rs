//! The one runtime: runs the collectors side by side, stops them on a signal, and survives their panics.

use super::{COLLECTORS, Collector, Job};
use crate::evidence::{Batch, Cause, Gap, Subject};
use futures_util::future::{Either, join_all, select};
use std::sync::Arc;
use tokio::runtime::Builder;
use tokio::signal;

/// What came of collecting.
pub struct Collected {
    /// Everything the collectors gave.
    pub batch: Batch,
    /// Whether a signal ended it early.
    pub interrupted: bool,
}

/// Runs every collector that some wanted kind needs.
///
/// # Errors
/// Only if the runtime itself cannot start.
pub fn run(job: Job) -> std::io::Result<Collected> {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let job = Arc::new(job);
    let needed: Vec<&'static dyn Collector> =
        COLLECTORS.iter().copied().filter(|collector| collector.kinds().iter().any(|kind| job.wants(kind))).collect();
    let collected = runtime.block_on(async {
        let work = join_all(needed.into_iter().map(|collector| one(collector, Arc::clone(&job))));
        match select(work, Box::pin(interrupted())).await {
            Either::Left((batches, _)) => Collected { batch: joined(batches), interrupted: false },
            Either::Right(_) => {
                job.stop.ask();
                Collected { batch: Batch::default(), interrupted: true }
            }
        }
    });
    // A blocking walk that timed out may still run: dropping the runtime would wait for it.
    runtime.shutdown_background();
    Ok(collected)
}

fn joined(batches: Vec<Batch>) -> Batch {
    let mut all = Batch::default();
    batches.into_iter().for_each(|batch| all.absorb(batch));
    all
}

/// One collector as a task of its own: a panic in it is a gap for its targets, nothing more.
async fn one(collector: &'static dyn Collector, job: Arc<Job>) -> Batch {
    let task = tokio::spawn(collector.collect(Arc::clone(&job)));
    match task.await {
        Ok(batch) => batch,
        Err(_) => crashed(collector, &job),
    }
}

fn crashed(collector: &dyn Collector, job: &Job) -> Batch {
    let mut batch = Batch::default();
    for kind in collector.kinds().iter().copied().filter(|kind| job.wants(kind)) {
        for target in collector.targets(kind, &job.config) {
            batch.gaps.push(Gap::new(kind, Subject::whole(&target), Cause::Crashed));
        }
    }
    batch
}

/// Runs a CPU- or disk-bound closure beside the network work. Inside it rayon may be used freely: a panic
/// comes back as `None` instead of ending the process.
pub(super) async fn offload<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

async fn interrupted() {
    #[cfg(unix)]
    {
        use signal::unix::{SignalKind, signal};
        if let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        {
            select(Box::pin(interrupt.recv()), Box::pin(terminate.recv())).await;
            return;
        }
    }
    if signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
