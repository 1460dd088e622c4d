//! What a container does, and how often it was started again.
//!
//! In: a wrapped container. Out: one piece of evidence. Why a restart matters, it does not know.

use super::STATE;
use super::facts::Out;
use super::inspect::Container;
use crate::evidence::{Cause, Fact, Gap, Name, Place, Subject};

/// Adds what a container did to its selector's batch. A source that does not say leaves it unproven.
pub(super) fn examine(out: &mut Out<'_>, container: &Container, place: &Place) {
    let Some(restarts) = container.restarts else {
        let gap = Gap::new(&STATE, Subject::at(out.target, place.clone()), Cause::Unproven);
        return out.gap(gap.with("key", Name::fixed("RestartCount")));
    };
    out.state.add("containers", 1);
    let restarts = Fact::Int(i64::try_from(restarts).unwrap_or(i64::MAX));
    out.fact(&STATE, place.clone(), [("state", Fact::word(container.state)), ("restarts", restarts)]);
}
