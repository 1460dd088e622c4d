//! Why a source did not answer: a gap that does not know its kind and its place yet. Words of ours only.

use crate::evidence::{Cause, Gap, Hint, Kind, Name, Subject};
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;

/// A cause and what helps to mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Refusal {
    /// The cause.
    pub(super) cause: Cause,
    hints: Vec<Hint>,
}

impl Refusal {
    /// A refusal without hints.
    pub(super) fn new(cause: Cause) -> Self {
        Self { cause, hints: Vec::new() }
    }

    /// A limit was met.
    pub(super) fn over(key: &'static str) -> Self {
        Self::new(Cause::OverLimit).with("key", Name::fixed(key))
    }

    /// What an error over a file means.
    pub(super) fn of_file(error: &std::io::Error) -> Self {
        Self::new(match error.kind() {
            ErrorKind::NotFound => Cause::NotFound,
            ErrorKind::PermissionDenied => Cause::Denied,
            _ => Cause::Malformed,
        })
    }

    /// The same with a hint.
    pub(super) fn with(mut self, what: &'static str, is: Name) -> Self {
        self.hints.push(Hint { what: Name::fixed(what), is });
        self
    }

    /// The same with a hint in words of ours.
    pub(super) fn because(self, reason: &'static str) -> Self {
        self.with("reason", Name::fixed(reason))
    }

    /// The refusal as a gap of a kind.
    pub(super) fn gap(&self, kind: &'static Kind, subject: Subject) -> Gap {
        Gap { hints: self.hints.clone(), ..Gap::new(kind, subject, self.cause) }
    }
}
