//! What one request gave: an outcome in our words, and the few things that may be said about it.
//!
//! In: nothing. Out: the vocabulary shared by the rooms of this collector.

use crate::evidence::{Cause, Judgement, Kind, Name};

/// What an endpoint did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// As expected.
    Ok,
    /// Another status.
    WrongStatus,
    /// A member has another value.
    WrongValue,
    /// A member is missing.
    MissingMember,
    /// A member nobody expects, where those are refused.
    ExtraMember,
    /// It sends the client elsewhere.
    Redirect,
    /// The body is not JSON.
    NotJson,
    /// The body is JSON, but no object (for readiness: nor a list).
    NotAnObject,
    /// A member is given twice.
    DuplicateKeys,
    /// No body.
    EmptyBody,
    /// A body over the limit.
    TooLarge,
    /// The media type is not JSON's.
    WrongContentType,
    /// A cache answered.
    Cached,
    /// No connection, or it broke.
    Unreachable,
    /// No complete answer in time.
    Timeout,
    /// Not even the beginning of an answer in time.
    Silent,
    /// A secret value stands in the body.
    Leaked,
    /// The components are well but the answer says that the whole is not.
    Degraded,
    /// Successes and failures took turns until the deadline.
    Flapping,
    /// No verdict is possible, for this reason.
    Unknown(Cause),
}

impl Outcome {
    /// The words of all outcomes that evidence may have.
    pub(super) const WORDS: &'static [&'static str] = &[
        "ok",
        "wrong-status",
        "wrong-value",
        "missing-member",
        "extra-member",
        "redirect",
        "not-json",
        "not-an-object",
        "duplicate-keys",
        "empty-body",
        "too-large",
        "wrong-content-type",
        "cached",
        "unreachable",
        "timeout",
        "leaked",
        "degraded",
        "flapping",
    ];

    /// The word.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::WrongStatus => "wrong-status",
            Self::WrongValue => "wrong-value",
            Self::MissingMember => "missing-member",
            Self::ExtraMember => "extra-member",
            Self::Redirect => "redirect",
            Self::NotJson => "not-json",
            Self::NotAnObject => "not-an-object",
            Self::DuplicateKeys => "duplicate-keys",
            Self::EmptyBody => "empty-body",
            Self::TooLarge => "too-large",
            Self::WrongContentType => "wrong-content-type",
            Self::Cached => "cached",
            Self::Unreachable | Self::Unknown(_) => "unreachable",
            Self::Timeout | Self::Silent => "timeout",
            Self::Leaked => "leaked",
            Self::Degraded => "degraded",
            Self::Flapping => "flapping",
        }
    }
}

/// One request's result.
pub(super) struct Sample {
    /// What the endpoint did.
    pub(super) outcome: Outcome,
    /// The status, if there was an answer.
    pub(super) status: Option<u16>,
    /// The member that failed.
    pub(super) member: Option<Name>,
    /// Members nobody expected.
    pub(super) extra_members: usize,
    /// The media type.
    pub(super) content_type: Option<Name>,
    /// Secret values in the body.
    pub(super) leaks: usize,
    /// The worst of them.
    pub(super) leaked: Option<Judgement>,
    /// A code that helps to mend a gap.
    pub(super) code: Option<Name>,
    /// The `Date` header, only ever compared with another one.
    pub(super) date: Option<Vec<u8>>,
}

impl Sample {
    /// An outcome without an answer.
    pub(super) fn bare(outcome: Outcome) -> Self {
        Self {
            outcome,
            status: None,
            member: None,
            extra_members: 0,
            content_type: None,
            leaks: 0,
            leaked: None,
            code: None,
            date: None,
        }
    }

    /// What helps to mend the gap that this sample leaves.
    pub(super) fn hints(&self, kind: &'static Kind) -> Vec<(&'static str, Name)> {
        let mut hints = Vec::new();
        hints.extend(self.status.map(|status| ("status", Name::number(u64::from(status)))));
        hints.extend(self.member.clone().map(|member| ("member", member)));
        hints.extend(self.code.clone().map(|code| ("code", code)));
        let key = match self.outcome {
            Outcome::Unknown(Cause::NotFound) => Some("service_url"),
            Outcome::Unknown(Cause::Inconsistent) if kind.name == super::READY.name => Some("probes.ready.pointers"),
            Outcome::Unknown(Cause::Unproven) => Some("probes.headers"),
            Outcome::Unknown(Cause::Unclear) => Some("probes.ready.expect"),
            Outcome::Unknown(Cause::Refused) => Some("probes.proxy"),
            _ => None,
        };
        hints.extend(key.map(|key| ("key", Name::fixed(key))));
        hints
    }
}

/// What a body says, before status and headers are considered: an outcome and the member it is about.
pub(super) struct Said {
    /// The outcome.
    pub(super) outcome: Outcome,
    /// The member.
    pub(super) member: Option<Name>,
    /// Members nobody expected.
    pub(super) extra_members: usize,
}

impl Said {
    /// About the whole body.
    pub(super) fn whole(outcome: Outcome) -> Self {
        Self { outcome, member: None, extra_members: 0 }
    }

    /// About one member.
    pub(super) fn of(outcome: Outcome, member: &Name) -> Self {
        Self { outcome, member: Some(member.clone()), extra_members: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_a_word_of_the_kind() {
        for outcome in [Outcome::Ok, Outcome::Unknown(Cause::Timeout), Outcome::Flapping, Outcome::Leaked] {
            assert!(Outcome::WORDS.contains(&outcome.word()));
        }
    }
}
