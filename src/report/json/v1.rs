//! The frozen shapes of `leakproof.report/v1`. The crate's own types may move; these stay.

use crate::evidence::Cause;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A leakproof report.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "leakproof report")]
pub(super) struct ReportV1 {
    /// The contract.
    #[schemars(extend("const" = "leakproof.report/v1"))]
    pub(super) schema: &'static str,
    /// What wrote the report.
    pub(super) tool: ToolV1,
    /// The service, if declared.
    pub(super) service: Option<String>,
    /// The environment, if declared.
    pub(super) environment: Option<String>,
    /// `ci`, `smoke` or `audit`.
    pub(super) profile: String,
    /// Whether live systems were left out.
    #[schemars(default)]
    pub(super) offline: bool,
    /// What repositories were examined for, if not for their whole history: `since REV`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub(super) scope: Option<String>,
    /// Where the evidence is from: `live`, or a recording such as the demo's.
    #[schemars(default)]
    pub(super) origin: String,
    /// When the run began, RFC 3339 in UTC.
    pub(super) started_at: String,
    /// When it ended.
    pub(super) finished_at: String,
    /// The worst verdict that counts.
    #[schemars(extend("enum" = ["pass", "fail", "unverified", "not-applicable"]))]
    pub(super) verdict: &'static str,
    /// How many findings there are of each verdict.
    pub(super) counts: CountsV1,
    /// The eight lines of the checklist.
    pub(super) checklist: Vec<ChecklistV1>,
    /// One line per declared secret.
    pub(super) custody: Vec<CustodyV1>,
    /// Every evaluated rule and subject, worst first.
    pub(super) findings: Vec<FindingV1>,
    /// Everything that could not be learned.
    pub(super) gaps: Vec<GapV1>,
    /// Everything that was looked at.
    pub(super) coverage: Vec<CoverageV1>,
    /// Lines for the reader.
    pub(super) notes: Vec<String>,
    /// SHA-256 of the ledger that the report was made from.
    pub(super) ledger_digest: String,
}

/// What wrote the report.
#[derive(Serialize, JsonSchema)]
pub(super) struct ToolV1 {
    /// `leakproof`.
    pub(super) name: &'static str,
    /// Its version.
    pub(super) version: String,
}

/// Counts of findings; waived ones are also in the count of their verdict.
#[derive(Serialize, JsonSchema)]
pub(super) struct CountsV1 {
    /// Passed.
    pub(super) pass: usize,
    /// Failed.
    pub(super) fail: usize,
    /// Neither proven right nor wrong.
    pub(super) unverified: usize,
    /// Cannot apply.
    pub(super) not_applicable: usize,
    /// Waived.
    pub(super) waived: usize,
}

/// One line of the checklist.
#[derive(Serialize, JsonSchema)]
pub(super) struct ChecklistV1 {
    /// 1 to 8.
    pub(super) item: u8,
    /// The item.
    pub(super) title: String,
    /// The worst verdict of its rules; unverified without any.
    #[schemars(extend("enum" = ["pass", "fail", "unverified", "not-applicable"]))]
    pub(super) verdict: &'static str,
    /// The selected rules that count for it; empty means it was not checked.
    pub(super) rules: Vec<String>,
}

/// What all sources together say of one declared secret.
#[derive(Serialize, JsonSchema)]
pub(super) struct CustodyV1 {
    /// The variable.
    pub(super) secret: String,
    /// Where it is kept, as declared.
    pub(super) source: Option<String>,
    /// Places where the variable held a reference.
    pub(super) references: usize,
    /// Places where it held a value.
    pub(super) exposed: usize,
    /// Kinds of evidence that named it, with how many places did.
    pub(super) seen_in: BTreeMap<String, usize>,
}

/// One verdict about one subject.
#[derive(Serialize, JsonSchema)]
pub(super) struct FindingV1 {
    /// The rule's id.
    pub(super) rule: String,
    /// The verdict; a waiver does not change it.
    #[schemars(extend("enum" = ["pass", "fail", "unverified", "not-applicable"]))]
    pub(super) verdict: &'static str,
    /// The severity.
    #[schemars(extend("enum" = ["info", "low", "medium", "high", "critical"]))]
    pub(super) severity: &'static str,
    /// What it is about.
    pub(super) subject: SubjectV1,
    /// The facts it rests on: booleans, numbers, texts, lists of them; times as RFC 3339.
    pub(super) facts: BTreeMap<String, Value>,
    /// One sentence.
    pub(super) message: String,
    /// What to do.
    pub(super) remedy: String,
    /// Control ids by framework.
    pub(super) controls: BTreeMap<String, Vec<String>>,
    /// SHA-256 of rule and logical subject.
    pub(super) fingerprint: String,
    /// The checklist items it counts for.
    pub(super) checklist: Vec<u8>,
    /// The waiver that covers it.
    pub(super) waiver: Option<WaiverV1>,
    /// Why it is unverified.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) gaps: Vec<GapV1>,
}

/// A thing, and a place inside it.
#[derive(Serialize, JsonSchema)]
pub(super) struct SubjectV1 {
    /// `container`, `image`, `git`, `file`, `endpoint`, `secret`, `policy` …
    pub(super) kind: String,
    /// Its name.
    pub(super) name: String,
    /// A path inside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<String>,
    /// A line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<u32>,
    /// A commit id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) commit: Option<String>,
    /// A blob id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) blob: Option<String>,
    /// A layer digest or build step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) layer: Option<String>,
    /// A variable, label, option or argument.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) variable: Option<String>,
    /// The content address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) digest: Option<String>,
}

/// An exception somebody signed for.
#[derive(Serialize, JsonSchema)]
pub(super) struct WaiverV1 {
    /// Why.
    pub(super) reason: String,
    /// Who answers for it.
    pub(super) owner: String,
    /// A ticket.
    pub(super) ticket: Option<String>,
    /// The value it is bound to.
    pub(super) correlator: Option<String>,
    /// The first moment at which it no longer counts, RFC 3339.
    pub(super) expires: String,
}

/// Something that could not be learned.
#[derive(Serialize, JsonSchema)]
pub(super) struct GapV1 {
    /// The kind of evidence that is missing.
    pub(super) kind: String,
    /// Of what.
    pub(super) subject: SubjectV1,
    /// Why, as a word.
    #[schemars(with = "String")]
    pub(super) cause: Cause,
    /// Why, for a person.
    pub(super) meaning: &'static str,
    /// What helps to mend it.
    pub(super) hints: Vec<HintV1>,
}

/// One thing that helps to mend a gap.
#[derive(Serialize, JsonSchema)]
pub(super) struct HintV1 {
    /// `operation`, `permission`, `status`, `key`, `run` …
    pub(super) what: String,
    /// Its value.
    pub(super) is: String,
}

/// What was examined of one target for one kind of evidence.
#[derive(Serialize, JsonSchema)]
pub(super) struct CoverageV1 {
    /// The kind of evidence.
    pub(super) kind: String,
    /// The target.
    pub(super) target: TargetV1,
    /// Counts by unit.
    pub(super) examined: BTreeMap<String, u64>,
    /// What identifies the examined thing.
    pub(super) identity: BTreeMap<String, String>,
    /// What was in scope and was not examined.
    pub(super) unexamined: Vec<UnexaminedV1>,
}

/// A declared thing.
#[derive(Serialize, JsonSchema)]
pub(super) struct TargetV1 {
    /// `container`, `image`, `git` …
    pub(super) kind: String,
    /// Its name.
    pub(super) name: String,
}

/// A part of the declared scope that was not examined.
#[derive(Serialize, JsonSchema)]
pub(super) struct UnexaminedV1 {
    /// What.
    pub(super) what: String,
    /// Why, as a word.
    #[schemars(with = "String")]
    pub(super) why: Cause,
}
