//! Rules as SARIF describes them, within the limits of GitHub's ingestion: every text present, tags few.

use super::model::{Configuration, Descriptor, RuleProperties, Text};
use crate::report::plain::{bounded, one_line, printable};
use crate::verdict::{Finding, Report, RuleInfo, Severity};
use std::collections::{BTreeMap, BTreeSet};

/// GitHub's limits: a rule's texts and its name.
const LONGEST_TEXT: usize = 1_024;
const LONGEST_NAME: usize = 255;
/// Tags that GitHub keeps.
const MOST_TAGS: usize = 10;

/// The rules of a file, and where each is in it.
#[derive(Default)]
pub(super) struct Rules {
    pub(super) list: Vec<Descriptor>,
    index: BTreeMap<String, usize>,
}

impl Rules {
    /// The place of a rule, which is added if it is new.
    pub(super) fn place(&mut self, id: &str, make: impl FnOnce() -> Descriptor) -> usize {
        if let Some(place) = self.index.get(id) {
            return *place;
        }
        self.list.push(make());
        self.index.insert(id.to_owned(), self.list.len() - 1);
        self.list.len() - 1
    }
}

/// A selected rule; one that the report does not describe is described by its finding.
pub(super) fn info(report: &Report, finding: &Finding) -> RuleInfo {
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

pub(super) fn descriptor(info: &RuleInfo) -> Descriptor {
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
pub(super) fn said(text: &str, otherwise: &str) -> Text {
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

pub(super) fn level(severity: Severity) -> &'static str {
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
