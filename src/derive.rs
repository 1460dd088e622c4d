//! Pure: joins what collectors learned apart. No I/O, no rule.
//!
//! In: the ledger. Out: one custody line per declared secret, and the evidence that no collector can give alone. It is
//! made when a ledger is judged and never saved with it, so a replay, or several ledgers as one, join again.

mod custody;
mod identity;

use crate::evidence::{Kind, Ledger};
use std::borrow::Cow;

pub use custody::custody;

/// A kind of evidence that is joined from others.
pub struct Derived {
    /// The kind.
    pub kind: &'static Kind,
    /// The kind whose targets are its targets.
    pub about: &'static str,
    /// All the kinds it is joined from.
    pub of: &'static [&'static str],
}

/// The one list of derived kinds.
pub static DERIVED: [Derived; 1] =
    [Derived { kind: &identity::IDENTITY, about: identity::RUNNING, of: &[identity::RUNNING, identity::SCANNED] }];

/// How a kind is joined, if it is.
#[must_use]
pub fn derived(kind: &Kind) -> Option<&'static Derived> {
    DERIVED.iter().find(|one| one.kind.name == kind.name)
}

/// The ledger with everything that follows from it.
#[must_use]
pub fn joined(ledger: &Ledger) -> Cow<'_, Ledger> {
    if !ledger.declared.iter().any(|declared| declared.kind.as_str() == identity::IDENTITY.name) {
        return Cow::Borrowed(ledger);
    }
    let batch = identity::join(ledger);
    let mut joined = ledger.clone();
    joined.evidence.extend(batch.evidence);
    joined.gaps.extend(batch.gaps);
    joined.coverage.extend(batch.coverage);
    joined.settle();
    Cow::Owned(joined)
}
