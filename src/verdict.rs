//! Verdicts and what carries them: findings, waivers, the frozen report.
//!
//! A report is a value. Formats read it, none of them changes it, and the exit code is computed from it here.

use crate::evidence::{Cause, Coverage, CustodyLine, Fact, Gap, Header, Name, Subject};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How bad a finding is (domain: critical means a live credential is readable by someone who should not).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; never makes a rule fail.
    Info,
    /// Hygiene.
    Low,
    /// A control is missing or an exposure is inherent.
    Medium,
    /// A credential was exposed, or access is too broad.
    High,
    /// A live credential is readable by someone who should not.
    Critical,
}

impl Severity {
    /// The severity's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// The four verdicts. Order is the order of joining: the worst wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The rule cannot apply, for a reason the tool itself observed.
    NotApplicable,
    /// Proof was obtained over the whole declared scope.
    Pass,
    /// Neither proven right nor wrong.
    Unverified,
    /// A violation was observed.
    Fail,
}

impl Verdict {
    /// The verdict's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NotApplicable => "not-applicable",
            Self::Pass => "pass",
            Self::Unverified => "unverified",
            Self::Fail => "fail",
        }
    }
}

pub use crate::evidence::Waiver;

/// One verdict about one subject, or about one failing place of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule's id.
    pub rule: Name,
    /// The verdict. A waiver does not change it.
    pub verdict: Verdict,
    /// The severity after the rule's `severity_when`.
    pub severity: Severity,
    /// What it is about.
    pub subject: Subject,
    /// The facts it rests on.
    pub facts: BTreeMap<Name, Fact>,
    /// One sentence: the rule's title, the subject, the reason.
    pub message: String,
    /// What to do, from the rule.
    pub remedy: String,
    /// Control ids by framework.
    pub controls: BTreeMap<String, Vec<String>>,
    /// SHA-256 of rule and logical subject: stable over runs and machines.
    pub fingerprint: String,
    /// The checklist items it counts for.
    pub checklist: Vec<u8>,
    /// The waiver that covers it, if any.
    pub waiver: Option<Waiver>,
    /// Why it is unverified.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
}

impl Finding {
    /// Whether it counts against the run: failed or unverified, and not waived.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.waiver.is_none() && self.verdict > Verdict::Pass
    }
}

/// How many findings there are of each verdict; waived ones are counted apart as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Passed.
    pub pass: usize,
    /// Failed.
    pub fail: usize,
    /// Neither.
    pub unverified: usize,
    /// Cannot apply.
    pub not_applicable: usize,
    /// Failed or unverified, but waived.
    pub waived: usize,
}

impl Counts {
    /// Counts findings.
    #[must_use]
    pub fn of(findings: &[Finding]) -> Self {
        let mut counts = Self::default();
        for finding in findings {
            match finding.verdict {
                Verdict::Pass => counts.pass += 1,
                Verdict::Fail => counts.fail += 1,
                Verdict::Unverified => counts.unverified += 1,
                Verdict::NotApplicable => counts.not_applicable += 1,
            }
            counts.waived += usize::from(finding.waiver.is_some());
        }
        counts
    }
}

/// One of the eight lines of the runbook's checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChecklistLine {
    /// 1 to 8.
    pub item: u8,
    /// The item in our words.
    pub title: String,
    /// The worst verdict of its rules; unverified without any.
    pub verdict: Verdict,
    /// The selected rules that count for it.
    pub rules: Vec<Name>,
}

/// The checklist's titles, items 1 to 8.
pub const CHECKLIST: [&str; 8] = [
    "no plaintext secret in container environments",
    "no secret in image history or configuration",
    "/health answers status ok",
    "/ready shows redis_denylist and database ok",
    "secret reads are in the audit log",
    "rotation revokes old tokens, new logins work",
    "no .env file on the production host",
    ".env is ignored by git and its history is clean",
];

/// What a report says about each selected rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleInfo {
    /// The rule's id.
    pub id: Name,
    /// Its title.
    pub title: String,
    /// Why it matters.
    pub why: String,
    /// What to do when it fails.
    pub remedy: String,
    /// Its default severity.
    pub severity: Severity,
    /// Control ids by framework.
    pub controls: BTreeMap<String, Vec<String>>,
    /// The checklist items it counts for.
    pub checklist: Vec<u8>,
}

/// The frozen report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The run.
    pub header: Header,
    /// The worst verdict that counts.
    pub verdict: Verdict,
    /// Counts of findings.
    pub counts: Counts,
    /// Eight lines.
    pub checklist: Vec<ChecklistLine>,
    /// One line per declared secret.
    pub custody: Vec<CustodyLine>,
    /// Every evaluated rule and subject, worst first.
    pub findings: Vec<Finding>,
    /// Everything that could not be learned.
    pub gaps: Vec<Gap>,
    /// Everything that was looked at.
    pub coverage: Vec<Coverage>,
    /// The selected rules.
    pub rules: Vec<RuleInfo>,
    /// Lines for the reader: rules not selected, waivers that cover nothing, a mask that had to act.
    pub notes: Vec<String>,
    /// The ledger's digest.
    pub digest: String,
}

/// What decides the exit code besides the report.
#[derive(Clone, Copy, Debug)]
pub struct ExitPolicy {
    /// Failures below this severity are shown and do not fail the run.
    pub fail_on: Severity,
    /// Whether unverified findings fail the run.
    pub unverified_fails: bool,
}

impl Report {
    /// Whether a value had to be masked: such a run cannot vouch for itself, whatever was selected or waived.
    #[must_use]
    pub fn masked(&self) -> bool {
        self.gaps.iter().any(|gap| gap.cause == Cause::Masked)
    }

    /// 0 all proven, 1 a failure counts, 3 something is unverified.
    #[must_use]
    pub fn exit_code(&self, policy: ExitPolicy) -> u8 {
        let counting = || self.findings.iter().filter(|finding| finding.counts());
        if counting().any(|f| f.verdict == Verdict::Fail && f.severity >= policy.fail_on) {
            1
        } else if self.findings.is_empty() {
            // A gate that ran none of its rules is a failed gate, whatever it tolerates.
            3
        } else if self.masked() || policy.unverified_fails && counting().any(|f| f.verdict == Verdict::Unverified) {
            3
        } else {
            0
        }
    }
}
