//! Progress as the collectors see it, and the flag that asks them to stop. The terminal's face is in `run/`.

use super::Name;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shows long work. Implementations must not block.
pub trait Progress: Send + Sync {
    /// Begins a task; `total` in the task's unit if it is known.
    fn begin(&self, what: &'static str, total: Option<u64>) -> Box<dyn Task>;
}

/// One running task; it ends when dropped.
pub trait Task: Send + Sync {
    /// More of the unit is done.
    fn advance(&self, n: u64);
    /// Bytes were read, besides.
    fn read(&self, bytes: u64);
    /// The total became known.
    fn expect(&self, total: u64);
    /// What is being examined now.
    fn examining(&self, name: &Name);
}

/// Shows nothing.
pub struct NoProgress;

struct Silent;

impl Progress for NoProgress {
    fn begin(&self, _: &'static str, _: Option<u64>) -> Box<dyn Task> {
        Box::new(Silent)
    }
}

impl Task for Silent {
    fn advance(&self, _: u64) {}
    fn read(&self, _: u64) {}
    fn expect(&self, _: u64) {}
    fn examining(&self, _: &Name) {}
}

/// Asks long work to end. Long loops look at it at least once per commit, file or layer.
#[derive(Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked.
    #[must_use]
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
