//! The Ledger: everything a run learned, as one value that can be saved and replayed.
//!
//! It holds facts and names only, so saving it cannot leak. Same evidence, same bytes: it is sorted before
//! it is written, and its digest covers the canonical form.

use super::{Coverage, Evidence, Gap, Name, Target, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The schema this version writes and reads.
pub const LEDGER_SCHEMA: &str = "leakproof.ledger/v1";

/// What one collector hands back.
#[derive(Default)]
pub struct Batch {
    /// What was learned.
    pub evidence: Vec<Evidence>,
    /// What could not be learned.
    pub gaps: Vec<Gap>,
    /// How much was looked at.
    pub coverage: Vec<Coverage>,
    /// What cannot apply, for a reason that was observed.
    pub inapplicable: Vec<Inapplicable>,
}

impl Batch {
    /// Takes another batch in.
    pub fn absorb(&mut self, other: Batch) {
        self.evidence.extend(other.evidence);
        self.gaps.extend(other.gaps);
        self.coverage.extend(other.coverage);
        self.inapplicable.extend(other.inapplicable);
    }
}

/// Who ran what, when, on which declaration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Header {
    /// The tool's version.
    pub tool_version: Name,
    /// The service, if declared.
    pub service: Option<Name>,
    /// The environment, if declared.
    pub environment: Option<Name>,
    /// `ci`, `smoke` or `audit`.
    pub profile: Name,
    /// The ids of the selected rules, sorted.
    pub rules: Vec<Name>,
    /// SHA-256 of the rule set.
    pub rules_digest: Name,
    /// The configuration file, where SARIF anchors what has no file.
    pub config_file: Option<Name>,
    /// When the run began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// Whether `--offline` left live systems out.
    pub offline: bool,
    /// What repositories were examined for, if not for their whole history: a change since a revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Name>,
    /// `live`, or `recorded` for the demo's worlds.
    pub origin: Name,
}

/// A target that the run set out to examine, for one kind of evidence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Declared {
    /// The kind of evidence.
    pub kind: Name,
    /// The target.
    pub target: Target,
}

/// A kind whose targets nobody declared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Absent {
    /// The kind of evidence.
    pub kind: Name,
    /// The configuration key that would declare it.
    pub key: Name,
    /// Why: `not-declared` (unverified), `left-out` (by a flag) or `not-in-use` (not applicable).
    pub why: Name,
}

/// A kind of evidence that a target cannot have, for a reason the collector itself observed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Inapplicable {
    /// The kind of evidence.
    pub kind: Name,
    /// The target.
    pub target: Target,
    /// What was observed, in our words.
    pub reason: Name,
}

/// A secret that the configuration declares.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct DeclaredSecret {
    /// The variable.
    pub name: Name,
    /// Where its value is kept, as declared.
    pub source: Option<Name>,
}

/// An exception somebody signed for. It is declared, so a replay needs it: it stands in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Waiver {
    /// The rule it excuses.
    pub rule: Name,
    /// The finding it excuses.
    pub fingerprint: String,
    /// The value it is bound to, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlator: Option<String>,
    /// Why.
    pub reason: Name,
    /// Who answers for it.
    pub owner: Name,
    /// A ticket, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Name>,
    /// The first moment at which it no longer counts.
    pub expires: Timestamp,
}

/// Everything a run learned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ledger {
    /// [`LEDGER_SCHEMA`].
    pub schema: String,
    /// The run.
    pub header: Header,
    /// The declared secrets.
    pub secrets: Vec<DeclaredSecret>,
    /// What the run set out to examine.
    pub declared: Vec<Declared>,
    /// What nobody declared.
    pub absent: Vec<Absent>,
    /// What was learned.
    pub evidence: Vec<Evidence>,
    /// What could not be learned.
    pub gaps: Vec<Gap>,
    /// How much was looked at.
    pub coverage: Vec<Coverage>,
    /// What cannot apply.
    #[serde(default)]
    pub inapplicable: Vec<Inapplicable>,
    /// The declared exceptions.
    #[serde(default)]
    pub waivers: Vec<Waiver>,
    /// Lines for the reader of every report: our own sentences, with names in them.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// A saved ledger that cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Not JSON of the ledger's shape.
    #[error("not a ledger: line {line}, column {column}")]
    Shape {
        /// Line of the first error.
        line: usize,
        /// Column of the first error.
        column: usize,
    },
    /// Written by another version.
    #[error("ledger schema is not {LEDGER_SCHEMA}")]
    Schema,
    /// The content does not match its digest.
    #[error("the ledger was altered: its digest does not match its content")]
    Altered,
}

/// A saved ledger.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Saved {
    /// SHA-256 of the ledger's canonical form.
    digest: String,
    /// Everything the run learned.
    ledger: Ledger,
}

impl Ledger {
    /// Sorts everything and drops repeats, so that equal evidence gives equal bytes.
    pub fn settle(&mut self) {
        fn tidy<T: Ord>(items: &mut Vec<T>) {
            items.sort();
            items.dedup();
        }
        tidy(&mut self.secrets);
        tidy(&mut self.declared);
        tidy(&mut self.absent);
        tidy(&mut self.evidence);
        tidy(&mut self.gaps);
        tidy(&mut self.coverage);
        tidy(&mut self.inapplicable);
        tidy(&mut self.waivers);
    }

    /// SHA-256 of the canonical form, `sha256:…`.
    #[must_use]
    pub fn digest(&self) -> String {
        let canonical = serde_json::to_vec(self).unwrap_or_default();
        format!("sha256:{}", data_encoding::HEXLOWER.encode(&Sha256::digest(canonical)))
    }

    /// The file form: the digest and the ledger.
    #[must_use]
    pub fn to_file(&self) -> Vec<u8> {
        let saved = Saved { digest: self.digest(), ledger: self.clone() };
        let mut bytes = serde_json::to_vec_pretty(&saved).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// The file form with every text passed through a mask; the digest covers what is written.
    ///
    /// # Errors
    /// [`LedgerError::Shape`] if the mask broke the structure: a value equal to a part of it. Nothing is written then.
    pub fn to_file_masked(&self, mask: impl Fn(Vec<u8>) -> Vec<u8>) -> Result<Vec<u8>, LedgerError> {
        let masked = mask(serde_json::to_vec(self).unwrap_or_default());
        let ledger: Self = serde_json::from_slice(&masked)
            .map_err(|error| LedgerError::Shape { line: error.line(), column: error.column() })?;
        Ok(ledger.to_file())
    }

    /// Reads the file form back.
    ///
    /// # Errors
    /// Wrong shape, another schema, or content that does not match the digest.
    pub fn from_file(bytes: &[u8]) -> Result<Self, LedgerError> {
        let saved: Saved = serde_json::from_slice(bytes)
            .map_err(|error| LedgerError::Shape { line: error.line(), column: error.column() })?;
        if saved.ledger.schema != LEDGER_SCHEMA {
            return Err(LedgerError::Schema);
        }
        if saved.ledger.digest() != saved.digest {
            return Err(LedgerError::Altered);
        }
        let is_print = |text: &str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        if !saved.ledger.waivers.iter().all(|waiver| is_print(&waiver.fingerprint)) {
            return Err(LedgerError::Altered);
        }
        Ok(saved.ledger)
    }
}

/// The JSON Schema of a saved ledger.
#[must_use]
pub fn ledger_schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Saved).to_value();
    schema["title"] = LEDGER_SCHEMA.into();
    schema
}
