//! Gaps: what could not be learned, why, and what helps to mend it. Never a server's free text.

use super::{Kind, Name, Subject};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why something could not be learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// No answer in time.
    Timeout,
    /// The connection was refused, reset or could not be made.
    Refused,
    /// Not allowed: permissions, ownership, authentication.
    Denied,
    /// The thing does not exist.
    NotFound,
    /// It exists but does not parse.
    Malformed,
    /// It ended before its declared end.
    Truncated,
    /// A shallow clone: history ends early.
    ShallowHistory,
    /// A partial clone or missing objects.
    MissingObjects,
    /// Grafts or replace refs change what history says.
    AlteredHistory,
    /// What only a server holds, which no clone can show.
    ServerSide,
    /// Submodules, large files or nested repositories whose content is elsewhere.
    ContentElsewhere,
    /// A size, count or depth limit was reached.
    OverLimit,
    /// A format, version or feature that this build does not read.
    Unsupported,
    /// The server and this tool share no protocol version.
    Version,
    /// A configuration key is missing.
    NotDeclared,
    /// Left out by a flag such as `--offline`.
    LeftOut,
    /// Nothing matched a selector, or nothing was there to examine.
    Empty,
    /// A value nobody can judge alone: random under a neutral name.
    NeedsReview,
    /// An answer in words that the configuration does not explain.
    Unclear,
    /// What was examined may not be what runs.
    Unproven,
    /// Different answers at different times or places.
    Inconsistent,
    /// TLS could not be verified.
    Untrusted,
    /// A collector failed unexpectedly.
    Crashed,
    /// The run was interrupted.
    Interrupted,
    /// A rule's expression could not be evaluated on this evidence.
    RuleError,
    /// A secret value reached a report and was masked there.
    Masked,
}

impl Cause {
    /// One line for a person.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Timeout => "no answer in time",
            Self::Refused => "connection refused",
            Self::Denied => "permission denied",
            Self::NotFound => "not found",
            Self::Malformed => "does not parse",
            Self::Truncated => "ends before its declared end",
            Self::ShallowHistory => "shallow clone: history ends early",
            Self::MissingObjects => "objects are missing (partial clone or damage)",
            Self::AlteredHistory => "grafts or replace refs alter the history",
            Self::ServerSide => "only the server holds it, and no clone can show it",
            Self::ContentElsewhere => "content lies elsewhere (a layer, a submodule, LFS, a nested repository)",
            Self::OverLimit => "a limit was reached",
            Self::Unsupported => "not readable by this version",
            Self::Version => "no common protocol version",
            Self::NotDeclared => "not declared in the configuration",
            Self::LeftOut => "left out by a flag",
            Self::Empty => "nothing was there to examine",
            Self::NeedsReview => "a random value under a neutral name needs a person's review",
            Self::Unclear => "an answer in words that nobody explained",
            Self::Unproven => "what was examined may not be what runs",
            Self::Inconsistent => "answers contradict each other",
            Self::Untrusted => "TLS could not be verified",
            Self::Crashed => "the collector failed",
            Self::Interrupted => "the run was interrupted",
            Self::RuleError => "the rule could not be evaluated",
            Self::Masked => "a secret value reached a report and was masked",
        }
    }

    /// Whether the tool failed, rather than the evidence being insufficient (JUnit and SARIF tell them apart).
    #[must_use]
    pub fn is_error(self) -> bool {
        matches!(
            self,
            Self::Timeout
                | Self::Refused
                | Self::Denied
                | Self::Malformed
                | Self::Truncated
                | Self::Version
                | Self::Untrusted
                | Self::Crashed
                | Self::RuleError
                | Self::Masked
        )
    }
}

/// What could not be learned about a subject, for one kind of evidence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// The kind of evidence that is missing.
    pub kind: Name,
    /// Of what.
    pub subject: Subject,
    /// Why.
    pub cause: Cause,
    /// What helps: an operation, a permission, a status, an errno, a key, a command.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<Hint>,
}

/// One thing that helps to mend a gap.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Hint {
    /// `operation`, `permission`, `status`, `errno`, `code`, `key`, `limit`, `run`, `client_version` …
    pub what: Name,
    /// Its value.
    pub is: Name,
}

impl Gap {
    /// A gap without hints.
    #[must_use]
    pub fn new(kind: &'static Kind, subject: Subject, cause: Cause) -> Self {
        Self { kind: Name::fixed(kind.name), subject, cause, hints: Vec::new() }
    }

    /// The same with a hint.
    #[must_use]
    pub fn with(mut self, what: &'static str, is: Name) -> Self {
        self.hints.push(Hint { what: Name::fixed(what), is });
        self
    }

    /// The cause and the hints as one line.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut out = self.cause.meaning().to_owned();
        for hint in &self.hints {
            out.push_str(&format!("; {}: {}", hint.what, hint.is));
        }
        out
    }
}
