//! Why a source did not answer: a gap that does not know its kind and its place yet. Words of ours only.

use crate::evidence::{Cause, Gap, Kind, Name, Subject};

/// A cause and what helps to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The cause.
    pub(super) cause: Cause,
    hints: Vec<(&'static str, Name)>,
}

impl Refusal {
    /// A refusal without hints.
    pub(super) fn new(cause: Cause) -> Self {
        Self { cause, hints: Vec::new() }
    }

    /// The same with a hint.
    pub(super) fn with(mut self, what: &'static str, is: Name) -> Self {
        self.hints.push((what, is));
        self
    }

    /// The same with a hint in words of ours.
    pub(super) fn because(self, reason: &'static str) -> Self {
        self.with("reason", Name::fixed(reason))
    }

    /// The refusal as a gap of a kind.
    pub(super) fn gap(&self, kind: &'static Kind, subject: Subject) -> Gap {
        let gap = Gap::new(kind, subject, self.cause);
        self.hints.iter().fold(gap, |gap, (what, is)| gap.with(what, is.clone()))
    }
}
