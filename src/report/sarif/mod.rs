//! `sarif` and `sarif-audit`: SARIF 2.1.0 in two flavours over one model.
//!
//! No reader takes every verdict. GitHub and GitLab turn whatever they are given into alerts, so their flavour
//! holds only what is wrong or open; the audit flavour holds all of it, with kinds and suppressions.

mod audit;
mod github;
mod location;
mod model;
mod rules;
#[cfg(test)]
mod tests;

pub(super) use audit::render as audit;
pub(super) use github::render as github;

use super::gaps;
use super::plain::{bounded, one_line, slug};
use crate::evidence::Name;
use crate::verdict::{Finding, Report};
use model::{
    AutomationDetails, Descriptor, Driver, Fingerprints, Invocation, Log, Notification, Properties, Reference, Result,
    Run, Text, Tool,
};
use rules::{Rules, descriptor, info, level, said};
use std::collections::BTreeMap;

/// The words of this format that stand where a value could be searched for.
pub(super) const WORDS: &[&str] = &[
    "$schema",
    "https://json.schemastore.org/sarif-2.1.0.json",
    "2.1.0",
    "version",
    "properties",
    "automationDetails",
    "invocations",
    "columnKind",
    "unicodeCodePoints",
    "informationUri",
    "notifications",
    "shortDescription",
    "fullDescription",
    "defaultConfiguration",
    "security-severity",
    "precision",
    "executionSuccessful",
    "startTimeUtc",
    "endTimeUtc",
    "toolExecutionNotifications",
    "descriptor",
    "ruleId",
    "ruleIndex",
    "notApplicable",
    "locations",
    "physicalLocation",
    "artifactLocation",
    "startLine",
    "startColumn",
    "endLine",
    "endColumn",
    "logicalLocations",
    "fullyQualifiedName",
    "partialFingerprints",
    "primaryLocationLineHash",
    "leakproof/v1",
    "suppressions",
    "justification",
    "external",
    "accepted",
    "variable",
    "security",
    "environment",
    "ledgerDigest",
    "checklist",
];
/// A result's message; GitHub cuts what is longer.
const LONGEST_MESSAGE: usize = 4_000;

/// A message: clean, bounded, never empty, and without the links that viewers make of `[text](target)`.
fn message(finding: &Finding) -> Text {
    let text = match one_line(&finding.message) {
        text if text.is_empty() => finding.subject.shown(),
        text => text,
    };
    Text { text: bounded(&text.replace("](", "] ("), LONGEST_MESSAGE) }
}

/// Fingerprints; equal findings are numbered, as GitHub does with equal lines.
#[derive(Default)]
struct Prints(BTreeMap<String, usize>);

impl Prints {
    fn of(&mut self, rule: &str, finding: &Finding) -> Fingerprints {
        let ours = match one_line(&finding.fingerprint) {
            print if print.is_empty() => slug(&format!("{rule} {}", finding.subject.shown())),
            print => print,
        };
        let times = self.0.entry(format!("{rule}\n{ours}")).and_modify(|n| *n += 1).or_insert(1);
        let short: String = ours.chars().take(16).collect();
        Fingerprints { primary: format!("{short}:{times}"), ours }
    }
}

fn result(report: &Report, finding: &Finding, rule: (String, usize), prints: &mut Prints) -> Result {
    let (rule_id, rule_index) = rule;
    let partial_fingerprints = prints.of(&rule_id, finding);
    Result {
        rule_id,
        rule_index,
        kind: None,
        level: level(finding.severity),
        message: message(finding),
        locations: vec![location::of(&finding.subject, &report.header)],
        partial_fingerprints,
        suppressions: Vec::new(),
        properties: Properties::from([("severity", finding.severity.word().into())]),
    }
}

/// A notification of our own besides the gaps.
struct Said {
    id: &'static str,
    text: String,
}

fn log(report: &Report, rules: Rules, results: Vec<Result>, more: Vec<Said>, properties: Properties) -> Log {
    let (notifications, descriptors) = notifications(report, more);
    let header = &report.header;
    Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: vec![Run {
            tool: Tool {
                driver: Driver {
                    name: "leakproof",
                    version: header.tool_version.as_str().to_owned(),
                    information_uri: option_env!("CARGO_PKG_REPOSITORY").filter(|uri| !uri.is_empty()),
                    rules: rules.list,
                    notifications: descriptors,
                },
            },
            automation_details: AutomationDetails { id: automation_id(report) },
            invocations: vec![Invocation {
                execution_successful: !notifications.iter().any(|note| note.level == "error"),
                start_time_utc: header.started_at.rfc3339(),
                end_time_utc: header.finished_at.rfc3339(),
                tool_execution_notifications: notifications,
            }],
            column_kind: "unicodeCodePoints",
            results,
            properties,
        }],
    }
}

/// What comes before the last slash is GitHub's category, the same in every run. An upload closes the alerts of
/// its category that it does not hold, so runs of another environment or profile need their own.
fn automation_id(report: &Report) -> String {
    let header = &report.header;
    let named = header.service.as_ref().map(Name::as_str);
    let target = report.findings.iter().map(|finding| &finding.subject.target).min().map(|target| target.name.as_str());
    let about = Some(named.or(target).unwrap_or("nothing"));
    let parts = [about, header.environment.as_ref().map(Name::as_str), Some(header.profile.as_str())];
    let category: Vec<_> = parts.into_iter().flatten().map(slug).collect();
    format!("leakproof/{}/{}", category.join("-"), header.started_at.rfc3339())
}

/// What the tool could not do, one notification per cause and target.
fn notifications(report: &Report, more: Vec<Said>) -> (Vec<Notification>, Vec<Descriptor>) {
    let in_findings = report.findings.iter().flat_map(|finding| &finding.gaps);
    let merged = gaps::of_gaps(report.gaps.iter().chain(in_findings));
    let mut descriptors = BTreeMap::new();
    let mut list = Vec::new();
    for ((cause, target), open) in &merged {
        let id = format!("gap/{}", gaps::word(*cause));
        descriptors.entry(id.clone()).or_insert_with(|| cause.meaning());
        let level = if cause.is_error() { "error" } else { "warning" };
        let text = bounded(&gaps::shown(*cause, target, open), LONGEST_MESSAGE);
        list.push(Notification { level, descriptor: Reference { id }, message: Text { text } });
    }
    for said in more {
        descriptors.insert(said.id.to_owned(), "Something was left out of this file.");
        let descriptor = Reference { id: said.id.to_owned() };
        list.push(Notification { level: "warning", descriptor, message: Text { text: said.text } });
    }
    let describe = |(id, meaning): (String, &str)| Descriptor {
        id,
        name: None,
        short_description: said(meaning, ""),
        full_description: said(meaning, ""),
        help: said("The notification says what helps.", ""),
        default_configuration: None,
        properties: None,
    };
    (list, descriptors.into_iter().map(describe).collect())
}

fn bytes(log: &Log) -> Option<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(log).ok()?;
    bytes.push(b'\n');
    Some(bytes)
}
