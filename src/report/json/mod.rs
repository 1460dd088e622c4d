//! `json`: schema `leakproof.report/v1`, everything a report holds.
//!
//! The shapes in `v1` are the contract; this file fills them. Every text is cleaned and every list has one order,
//! so equal reports give equal bytes.

mod v1;

use super::plain::printable;
use crate::evidence::{Coverage, CustodyLine, Fact, Gap, Name, Subject, Target};
use crate::verdict::{ChecklistLine, Counts, Finding, Report, Severity, Verdict, Waiver};
use serde_json::Value;
use v1::{
    ChecklistV1, CountsV1, CoverageV1, CustodyV1, FindingV1, GapV1, HintV1, ReportV1, SubjectV1, TargetV1, ToolV1,
    UnexaminedV1, WaiverV1,
};

/// The contract's name and version.
const SCHEMA: &str = "leakproof.report/v1";

/// The report as JSON, pretty, with a newline at its end.
pub(super) fn render(report: &Report) -> Option<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(&report_v1(report)).ok()?;
    bytes.push(b'\n');
    Some(bytes)
}

/// The JSON Schema of the `json` format.
#[must_use]
pub fn json_schema() -> Value {
    schemars::schema_for!(ReportV1).to_value()
}

/// Every key and fixed word of the format.
pub(super) fn words() -> Vec<String> {
    let mut words = Vec::new();
    collect(&json_schema(), &mut words);
    words
}

fn collect(schema: &Value, words: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get("properties") {
                words.extend(properties.keys().cloned());
            }
            for key in ["enum", "const"] {
                let fixed = map.get(key).map(|v| v.as_array().cloned().unwrap_or_else(|| vec![v.clone()]));
                words.extend(fixed.unwrap_or_default().iter().filter_map(Value::as_str).map(str::to_owned));
            }
            map.values().for_each(|value| collect(value, words));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, words)),
        _ => {}
    }
}

fn report_v1(report: &Report) -> ReportV1 {
    let header = &report.header;
    let mut gaps: Vec<_> = report.gaps.iter().collect();
    gaps.sort();
    let mut coverage: Vec<_> = report.coverage.iter().collect();
    coverage.sort();
    ReportV1 {
        schema: SCHEMA,
        tool: ToolV1 { name: "leakproof", version: text(&header.tool_version) },
        service: header.service.as_ref().map(text),
        environment: header.environment.as_ref().map(text),
        profile: text(&header.profile),
        offline: header.offline,
        scope: header.scope.as_ref().map(text),
        origin: text(&header.origin),
        started_at: header.started_at.rfc3339(),
        finished_at: header.finished_at.rfc3339(),
        verdict: Verdict::word(report.verdict),
        counts: counts(report.counts),
        checklist: report.checklist.iter().map(checklist).collect(),
        custody: report.custody.iter().map(custody).collect(),
        findings: super::ordered(report).into_iter().map(finding).collect(),
        gaps: gaps.into_iter().map(gap).collect(),
        coverage: coverage.into_iter().map(covered).collect(),
        notes: report.notes.iter().map(|note| printable(note)).collect(),
        ledger_digest: printable(&report.digest),
    }
}

fn text(name: &Name) -> String {
    name.as_str().to_owned()
}

fn counts(counts: Counts) -> CountsV1 {
    let Counts { pass, fail, unverified, not_applicable, waived } = counts;
    CountsV1 { pass, fail, unverified, not_applicable, waived }
}

fn checklist(line: &ChecklistLine) -> ChecklistV1 {
    ChecklistV1 {
        item: line.item,
        title: printable(&line.title),
        verdict: line.verdict.word(),
        rules: line.rules.iter().map(text).collect(),
    }
}

fn custody(line: &CustodyLine) -> CustodyV1 {
    CustodyV1 {
        secret: text(&line.secret),
        source: line.source.as_ref().map(text),
        references: line.references,
        exposed: line.exposed,
        seen_in: line.seen_in.iter().map(|(kind, n)| (text(kind), *n)).collect(),
    }
}

fn finding(finding: &Finding) -> FindingV1 {
    FindingV1 {
        rule: text(&finding.rule),
        verdict: finding.verdict.word(),
        severity: Severity::word(finding.severity),
        subject: subject(&finding.subject),
        facts: finding.facts.iter().map(|(key, fact)| (text(key), plain(fact))).collect(),
        message: printable(&finding.message),
        remedy: printable(&finding.remedy),
        controls: finding.controls.iter().map(controls).collect(),
        fingerprint: printable(&finding.fingerprint),
        checklist: finding.checklist.clone(),
        waiver: finding.waiver.as_ref().map(waiver),
        gaps: finding.gaps.iter().map(gap).collect(),
    }
}

fn controls((framework, ids): (&String, &Vec<String>)) -> (String, Vec<String>) {
    (printable(framework), ids.iter().map(|id| printable(id)).collect())
}

fn plain(fact: &Fact) -> Value {
    match fact {
        Fact::Bool(yes) => Value::Bool(*yes),
        Fact::Int(n) => Value::from(*n),
        Fact::Time(at) => Value::String(at.rfc3339()),
        Fact::Fingerprint(print) => Value::String(print.as_str().to_owned()),
        Fact::Name(name) => Value::String(text(name)),
        Fact::List(items) => Value::Array(items.iter().map(plain).collect()),
    }
}

fn subject(subject: &Subject) -> SubjectV1 {
    let place = &subject.place;
    SubjectV1 {
        kind: text(&subject.target.kind),
        name: text(&subject.target.name),
        path: place.path.as_ref().map(text),
        line: place.line,
        commit: place.commit.as_ref().map(text),
        blob: place.blob.as_ref().map(text),
        layer: place.layer.as_ref().map(text),
        variable: place.variable.as_ref().map(text),
        digest: place.digest.as_ref().map(text),
    }
}

fn waiver(waiver: &Waiver) -> WaiverV1 {
    WaiverV1 {
        reason: text(&waiver.reason),
        owner: text(&waiver.owner),
        ticket: waiver.ticket.as_ref().map(text),
        correlator: waiver.correlator.as_deref().map(printable),
        expires: waiver.expires.rfc3339(),
    }
}

fn gap(gap: &Gap) -> GapV1 {
    GapV1 {
        kind: text(&gap.kind),
        subject: subject(&gap.subject),
        cause: gap.cause,
        meaning: gap.cause.meaning(),
        hints: gap.hints.iter().map(|hint| HintV1 { what: text(&hint.what), is: text(&hint.is) }).collect(),
    }
}

fn covered(coverage: &Coverage) -> CoverageV1 {
    let Target { kind, name } = &coverage.target;
    CoverageV1 {
        kind: text(&coverage.kind),
        target: TargetV1 { kind: text(kind), name: text(name) },
        examined: coverage.examined.iter().map(|(unit, n)| (text(unit), *n)).collect(),
        identity: coverage.identity.iter().map(|(what, is)| (text(what), text(is))).collect(),
        unexamined: coverage.unexamined.iter().map(|u| UnexaminedV1 { what: text(&u.what), why: u.why }).collect(),
    }
}
