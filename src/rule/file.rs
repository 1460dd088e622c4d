//! A rule as it is written: one YAML file, its id is its path. The JSON Schema for editors is made from it.

use crate::verdict::Severity;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// One rule.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleFile {
    /// What holds when the rule passes, as a short sentence.
    #[schemars(length(min = 8, max = 100))]
    pub(crate) title: String,
    /// The checklist items (1 to 8) it counts for.
    pub(crate) checklist: Vec<u8>,
    /// The profiles that select it.
    #[schemars(length(min = 1))]
    pub(crate) profiles: Vec<Profile>,
    /// Whether it must be named to be selected.
    #[serde(default)]
    pub(crate) opt_in: bool,
    /// Whether it can only pass or be unverified.
    #[serde(default)]
    pub(crate) gate: bool,
    /// How bad a failure is.
    pub(crate) severity: Severity,
    /// Other severities, by evidence; the first whose `when` is true counts.
    #[serde(default)]
    pub(crate) severity_when: Vec<SeverityWhen>,
    /// The kind of evidence it judges.
    pub(crate) needs: String,
    /// Which evidence of that kind it judges; all of it unless given. A CEL expression.
    pub(crate) when: Option<String>,
    /// What must be true of each piece of evidence. A CEL expression over `item` and `all`.
    pub(crate) expect: String,
    /// The fewest units that must have been examined: a count, or counts by unit. 1 unless given.
    pub(crate) min_evidence: Option<MinEvidence>,
    /// Why it matters.
    #[schemars(length(min = 20))]
    pub(crate) why: String,
    /// What to do when it fails.
    #[schemars(length(min = 20))]
    pub(crate) remedy: String,
    /// Control ids by framework.
    #[serde(default)]
    pub(crate) controls: BTreeMap<String, Vec<String>>,
    /// Evidence that passes and evidence that fails.
    pub(crate) examples: Examples,
}

/// A severity for some evidence.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeverityWhen {
    /// A CEL expression over `item`.
    pub(crate) when: String,
    /// The severity if it is true.
    pub(crate) severity: Severity,
}

/// Examples that `leakproof rules check` runs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Examples {
    /// Each must satisfy `expect`.
    #[schemars(length(min = 1))]
    pub(crate) pass: Vec<BTreeMap<String, serde_json::Value>>,
    /// Each must break `expect`.
    #[schemars(length(min = 1))]
    pub(crate) fail: Vec<BTreeMap<String, serde_json::Value>>,
}

/// Counts of units.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum MinEvidence {
    /// Of the kind's own unit.
    Units(u64),
    /// By unit.
    ByUnit(BTreeMap<String, u64>),
}

/// The three seats in which the same rules run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Repository, image, manifests; no cloud calls.
    Ci,
    /// After a deploy.
    Smoke,
    /// Everything that is not opt-in.
    Audit,
}

impl Profile {
    /// The profile's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ci => "ci",
            Self::Smoke => "smoke",
            Self::Audit => "audit",
        }
    }
}
