//! Everything that is wrong with what was typed and written, said at once instead of one a run.
//!
//! Knows errors only, not what they are about.

use super::RunError;
use crate::evidence::Problems;

/// The errors so far.
#[derive(Default)]
pub(super) struct Wrong(Vec<RunError>);

impl Wrong {
    /// The value, or nothing and its error kept.
    pub(super) fn keep<T>(&mut self, result: Result<T, RunError>) -> Option<T> {
        result.map_err(|error| self.0.push(error)).ok()
    }

    /// Nothing if all was well. A single error keeps its own help; several become one list.
    pub(super) fn end(mut self) -> Result<(), RunError> {
        if self.0.len() < 2 {
            return self.0.pop().map_or(Ok(()), Err);
        }
        let mut all = Problems::default();
        for error in self.0 {
            match error {
                RunError::Problems(problems) => all.0.extend(problems.0),
                RunError::Usage { what, help } => all.add("command line", 0, format!("{what} ({help})")),
                RunError::File { action, path, reason } => all.add(&path, 0, format!("{action}: {reason}")),
                other => all.add("command line", 0, other.to_string()),
            }
        }
        Ok(all.or(())?)
    }
}
