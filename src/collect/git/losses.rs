//! What could not be read of a store, and why.
//!
//! In: faults, and the objects they were met at. Out: counts, one object of each kind, and the gap that they leave.

use crate::evidence::Cause;
use git2::{ErrorCode, Oid};

/// Why an object gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Not in the store.
    Missing,
    /// In the store, but damaged or of another type.
    Malformed,
    /// Over the limit.
    TooLarge,
}

impl From<&git2::Error> for Fault {
    fn from(error: &git2::Error) -> Self {
        if error.code() == ErrorCode::NotFound { Self::Missing } else { Self::Malformed }
    }
}

/// What could not be read: counts, and of each kind the object with the smallest id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Losses {
    pub(super) missing: u64,
    pub(super) malformed: u64,
    pub(super) too_large: u64,
    examples: [Option<Oid>; 3],
}

impl Losses {
    pub(super) fn count(&mut self, fault: Fault) {
        match fault {
            Fault::Missing => self.missing += 1,
            Fault::Malformed => self.malformed += 1,
            Fault::TooLarge => self.too_large += 1,
        }
    }

    /// The same, and which object it was.
    pub(super) fn of(&mut self, fault: Fault, id: Oid) {
        self.count(fault);
        let example = &mut self.examples[fault as usize];
        *example = Some(example.map_or(id, |other| other.min(id)));
    }

    /// An object that was lost this way.
    pub(super) fn example(&self, fault: Fault) -> Option<Oid> {
        self.examples[fault as usize]
    }

    /// The same without what is not here.
    pub(super) fn of_what_is_here(mut self) -> Self {
        self.missing = 0;
        self.examples[Fault::Missing as usize] = None;
        self
    }

    /// The gap that they leave, the weightiest first.
    pub(super) fn cause(self) -> Option<Cause> {
        match self {
            Self { missing: 1.., .. } => Some(Cause::MissingObjects),
            Self { malformed: 1.., .. } => Some(Cause::Malformed),
            Self { too_large: 1.., .. } => Some(Cause::OverLimit),
            _ => None,
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.missing += other.missing;
        self.malformed += other.malformed;
        self.too_large += other.too_large;
        for (own, other) in self.examples.iter_mut().zip(other.examples) {
            *own = own.iter().copied().chain(other).min();
        }
    }
}
