//! `sarif` and `sarif-audit`: SARIF 2.1.0 in two flavours over one model.
//!
//! No reader takes every verdict. GitHub and GitLab turn whatever they are given into alerts, so their flavour
//! holds only what is wrong or open; the audit flavour holds all of it, with kinds and suppressions.

mod audit;
mod github;
mod location;
mod model;
#[cfg(test)]
mod tests;

pub(super) use audit::render as audit;
pub(super) use github::render as github;

use super::gaps;
use super::plain::{bounded, one_line, printable, slug};
use crate::evidence::Name;
use crate::verdict::{Finding, Report, RuleInfo, Severity};
use model::{
    AutomationDetails, Configuration, Descriptor, Driver, Fingerprints, Invocation, Log, Notification, Properties,
    Reference, Result, RuleProperties, Run, Text, Tool,
};
use std::collections::{BTreeMap, BTreeSet};

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
/// GitHub's limits: a rule's texts and its name.
const LONGEST_TEXT: usize = 1_024;
const LONGEST_NAME: usize = 255;
/// A result's message; GitHub cuts what is longer.
const LONGEST_MESSAGE: usize = 4_000;
/// Tags that GitHub keeps.
const MOST_TAGS: usize = 10;

/// The rules of a file, and where each is in it.
#[derive(Default)]
struct Rules {
    list: Vec<Descriptor>,
    index: BTreeMap<String, usize>,
}

impl Rules {
    /// The place of a rule, which is added if it is new.
    fn place(&mut self, id: &str, make: impl FnOnce() -> Descriptor) -> usize {
        if let Some(place) = self.index.get(id) {
            return *place;
        }
        self.list.push(make());
        self.index.insert(id.to_owned(), self.list.len() - 1);
        self.list.len() - 1
    }
}

/// A selected rule; one that the report does not describe is described by its finding.
fn info(report: &Report, finding: &Finding) -> RuleInfo {
    report.rules.iter().find(|info| info.id == finding.rule).cloned().unwrap_or_else(|| RuleInfo {
        id: finding.rule.clone(),
        title: finding.rule.as_str().to_owned(),
        why: String::new(),
        remedy: finding.remedy.clone(),
        severity: finding.severity,
        controls: finding.controls.clone(),
        checklist: finding.checklist.clone(),
    })
}

fn descriptor(info: &RuleInfo) -> Descriptor {
    let id = info.id.as_str();
    Descriptor {
        id: id.to_owned(),
        name: Some(bounded(&pascal(id), LONGEST_NAME)),
        short_description: said(&info.title, id),
        full_description: said(&info.why, &info.title),
        help: said(&info.remedy, "See the rule's title."),
        default_configuration: Some(Configuration { level: level(info.severity) }),
        properties: Some(RuleProperties {
            tags: tags(info),
            precision: "high",
            security_severity: security_severity(info.severity),
        }),
    }
}

/// A rule's text; readers refuse empty ones.
fn said(text: &str, otherwise: &str) -> Text {
    let text = [text, otherwise, "leakproof"].into_iter().map(|t| printable(t.trim())).find(|t| !t.is_empty());
    Text { text: bounded(&text.unwrap_or_default(), LONGEST_TEXT) }
}

/// `RunContainerEnv` for `run/container-env`.
fn pascal(id: &str) -> String {
    id.split(|c: char| !c.is_alphanumeric())
        .filter_map(|word| word.chars().next().map(|first| first.to_uppercase().chain(word.chars().skip(1))))
        .flatten()
        .collect()
}

fn tags(info: &RuleInfo) -> Vec<String> {
    let mut tags = vec!["security".to_owned()];
    let ids = |cwe: bool| {
        info.controls
            .iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case("cwe") == cwe)
            .flat_map(|(key, ids)| ids.iter().map(move |id| (key, id)))
    };
    // GitLab makes identifiers of these, so they come before what may be cut.
    tags.extend(ids(true).map(|(_, id)| {
        let number: String = id.chars().filter(char::is_ascii_digit).collect();
        format!("external/cwe/cwe-{number}")
    }));
    tags.extend(ids(false).map(|(key, id)| one_line(&format!("{key}/{id}"))));
    let mut seen = BTreeSet::new();
    tags.retain(|tag| seen.insert(tag.clone()));
    tags.truncate(MOST_TAGS);
    tags
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// In the middle of GitHub's bands: critical above 9.0, high from 7.0, medium from 4.0, low from 0.1.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.5",
        Severity::Info => "0.5",
    }
}

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

/// What comes before the last slash is GitHub's category: one per service, the same in every run.
fn automation_id(report: &Report) -> String {
    let named = report.header.service.as_ref().map(Name::as_str);
    let target = report.findings.iter().map(|finding| &finding.subject.target).min().map(|target| target.name.as_str());
    let about = named.or(target).map_or_else(|| "nothing".to_owned(), slug);
    format!("leakproof/{about}/{}", report.header.started_at.rfc3339())
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
