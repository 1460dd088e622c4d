//! Waiting: for an answer within a limit, for a while, and never longer than anybody wants the run to go on.
//!
//! In: futures of the HTTP library. Out: what came of them. The runtime is its own, so that work on other threads never
//! meets one that is being shut down. It knows no registry.

use crate::collect::refusal::Refusal;
use crate::evidence::{Cause, Stop};
use futures_util::future::{Either, select};
use std::pin::pin;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// How often somebody looks whether the run is to end.
const LOOK: Duration = Duration::from_millis(50);

/// A runtime, a limit and a flag.
pub(super) struct Wire {
    /// There until the end.
    runtime: Option<Runtime>,
    stop: Stop,
    /// How long a server may be silent.
    pub(super) limit: Duration,
}

impl Wire {
    /// One with a thread of its own for what goes on between two waits.
    pub(super) fn new(limit: Duration, stop: Stop) -> Result<Self, Refusal> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        Ok(Self { runtime: Some(runtime.map_err(|_| Refusal::new(Cause::Crashed))?), stop, limit })
    }

    /// What comes of some work within the limit.
    pub(super) fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, Refusal> {
        self.unless_stopped(async { tokio::time::timeout(self.limit, work).await.ok() })?
            .ok_or_else(|| Refusal::new(Cause::Timeout))
    }

    /// Lets some time pass.
    pub(super) fn pause(&self, time: Duration) -> Result<(), Refusal> {
        self.unless_stopped(async { tokio::time::sleep(time).await })
    }

    fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, Refusal> {
        let asked = async {
            while !self.stop.asked() {
                tokio::time::sleep(LOOK).await;
            }
        };
        let runtime = self.runtime.as_ref().ok_or_else(|| Refusal::new(Cause::Crashed))?;
        runtime.block_on(async {
            match select(pin!(work), pin!(asked)).await {
                Either::Left((done, _)) if !self.stop.asked() => Ok(done),
                _ => Err(Refusal::new(Cause::Interrupted)),
            }
        })
    }
}

impl Drop for Wire {
    /// A name that nobody resolves may still be waited for.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waits_for_ever_ends_with_the_run_or_at_the_limit() {
        let stop = Stop::default();
        let wire = Wire::new(Duration::from_mins(10), stop.clone()).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| wire.wait(std::future::pending::<()>()));
            let pausing = scope.spawn(|| wire.pause(Duration::from_mins(10)));
            stop.ask();
            for one in [waiting.join().unwrap(), pausing.join().unwrap()] {
                assert_eq!(one.unwrap_err().cause, Cause::Interrupted);
            }
        });
        let wire = Wire::new(Duration::from_millis(1), Stop::default()).unwrap();
        assert_eq!(wire.wait(std::future::pending::<()>()).unwrap_err().cause, Cause::Timeout);
    }
}
