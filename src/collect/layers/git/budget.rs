//! How much objects may inflate to, all together: a few bytes of pack can promise gigabytes.
//!
//! In: what was made. Out: whether there may be more. It knows no object.

use super::super::Look;
use super::super::stream::HARMLESS;
use crate::collect::refusal::Refusal;
use crate::evidence::{Cause, Stop};
use std::cell::Cell;

/// What is left.
pub(super) struct Budget<'a> {
    left: Cell<u64>,
    stop: &'a Stop,
    /// The largest object.
    pub(super) limit: u64,
}

impl<'a> Budget<'a> {
    /// For so many bytes that are packed.
    pub(super) fn new(look: Look<'a>, packed: u64) -> Self {
        let made = packed.saturating_mul(look.limits.ratio).max(HARMLESS).min(look.limits.archive_bytes);
        Self { left: Cell::new(made), stop: look.stop, limit: look.limits.held_bytes }
    }

    /// For names, which no verdict waits for.
    pub(super) fn of_names(look: Look<'a>) -> Self {
        Self { left: Cell::new(4 * HARMLESS), stop: look.stop, limit: look.limits.held_bytes }
    }

    /// So much is made, or why not.
    pub(super) fn take(&self, bytes: u64) -> Result<(), Refusal> {
        if self.stop.asked() {
            return Err(Refusal::new(Cause::Interrupted));
        }
        let left = self.left.get().checked_sub(bytes);
        self.left.set(left.unwrap_or(0));
        left.map(drop).ok_or_else(|| Refusal::over("limits.archive_bytes or limits.ratio"))
    }

    /// Whether nothing is left.
    pub(super) fn is_spent(&self) -> bool {
        self.left.get() == 0 || self.stop.asked()
    }
}
