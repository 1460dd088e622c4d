//! The flavour for an auditor's viewer: every verdict with its kind, waivers as suppressions.

use super::model::{Properties, Suppression};
use super::{Prints, Rules, bytes, descriptor, info, log, result};
use crate::report::plain::one_line;
use crate::verdict::{Counts, Finding, Report, Verdict, Waiver};
use serde_json::json;

/// The report in this flavour.
pub(in crate::report) fn render(report: &Report) -> Option<Vec<u8>> {
    let mut rules = Rules::default();
    for info in &report.rules {
        rules.place(info.id.as_str(), || descriptor(info));
    }
    let mut prints = Prints::default();
    let findings = crate::report::ordered(report);
    let results = findings.iter().map(|finding| one(report, finding, &mut rules, &mut prints)).collect();
    bytes(&log(report, rules, results, Vec::new(), properties(report)))
}

fn one(report: &Report, finding: &Finding, rules: &mut Rules, prints: &mut Prints) -> super::Result {
    let id = finding.rule.as_str();
    let place = rules.place(id, || descriptor(&info(report, finding)));
    let mut result = result(report, finding, (id.to_owned(), place), prints);
    // The standard: whatever is not `fail` has level `none`.
    let (kind, level) = match finding.verdict {
        Verdict::Fail => ("fail", result.level),
        Verdict::Unverified => ("open", "none"),
        Verdict::Pass => ("pass", "none"),
        Verdict::NotApplicable => ("notApplicable", "none"),
    };
    result.kind = Some(kind);
    result.level = level;
    result.suppressions.extend(finding.waiver.as_ref().map(suppression));
    result
}

fn suppression(waiver: &Waiver) -> Suppression {
    let ticket = waiver.ticket.as_ref().map(|ticket| format!(", {ticket}")).unwrap_or_default();
    let expires = waiver.expires.rfc3339();
    let justification = one_line(&format!("{} ({}{ticket}, expires {expires})", waiver.reason, waiver.owner));
    Suppression { kind: "external", status: "accepted", justification }
}

fn properties(report: &Report) -> Properties {
    let header = &report.header;
    let Counts { pass, fail, unverified, not_applicable, waived } = report.counts;
    let checklist: Vec<_> = report
        .checklist
        .iter()
        .map(|line| json!({ "item": line.item, "title": one_line(&line.title), "verdict": line.verdict.word() }))
        .collect();
    let counts = json!({
        "pass": pass, "fail": fail, "unverified": unverified, "not_applicable": not_applicable, "waived": waived,
    });
    Properties::from([
        ("service", header.service.as_ref().map(crate::evidence::Name::as_str).into()),
        ("environment", header.environment.as_ref().map(crate::evidence::Name::as_str).into()),
        ("profile", header.profile.as_str().into()),
        ("verdict", report.verdict.word().into()),
        ("counts", counts),
        ("checklist", checklist.into()),
        ("ledgerDigest", one_line(&report.digest).into()),
    ])
}
