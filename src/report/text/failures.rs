//! Failures, waived findings, and what passed: grouped by rule, then by target.

use super::page::{Ink, Page};
use super::reason;
use crate::evidence::{Fact, Target};
use crate::report::plain::{bounded, one_line};
use crate::report::{View, gaps};
use crate::verdict::{Finding, Report, Severity, Verdict};

/// Findings shown of one rule at one target.
const SHOWN: usize = 5;
/// Characters of a fingerprint that a person types.
const SHORT: usize = 12;
/// Longest message shown; the JSON report has all of it.
const LONGEST: usize = 2_000;
/// The fact that equal values share.
const VALUE_ID: &str = "correlator";
/// What a short fingerprint does not do.
const FULL: &str = "A waiver needs the full fingerprint: leakproof check -f json prints it.";

/// Every failure that counts.
pub(super) fn failed(page: &mut Page, report: &Report, findings: &[&Finding], view: &View) {
    let failed: Vec<&Finding> = findings.iter().copied().filter(|f| f.counts() && f.verdict == Verdict::Fail).collect();
    if failed.is_empty() {
        return;
    }
    page.heading("FAILURES");
    for (rule, of_rule) in grouped(&failed, |f| f.rule.as_str()) {
        let title = report.rules.iter().find(|info| info.id.as_str() == rule).map_or("", |info| info.title.as_str());
        page.gap();
        let heading = if title.is_empty() { rule.to_owned() } else { format!("{rule}: {}", one_line(title)) };
        page.say(0, Ink::Bold, &heading);
        for (_, at_target) in grouped(&of_rule, |f| &f.subject.target) {
            for finding in at_target.iter().take(SHOWN) {
                one(page, finding, title, view);
            }
            if at_target.len() > SHOWN {
                let more = at_target.len() - SHOWN;
                page.say(
                    2,
                    Ink::Dim,
                    &format!("and {more} more in {}; see -f json", target(&at_target[0].subject.target)),
                );
            }
        }
        let mut remedies: Vec<_> = of_rule.iter().map(|f| one_line(&f.remedy)).filter(|r| !r.is_empty()).collect();
        remedies.dedup();
        for remedy in &remedies {
            page.hang(2, "fix:", 5, Ink::Good, remedy);
        }
    }
    if !view.quiet {
        page.gap();
        page.say(0, Ink::Dim, FULL);
    }
}

fn one(page: &mut Page, finding: &Finding, title: &str, view: &View) {
    let shown = finding.subject.shown();
    page.hang(2, finding.severity.word(), 9, severity_ink(finding.severity), &shown);
    let observed = observed(finding, title, &shown);
    if !observed.is_empty() {
        page.say(11, Ink::Plain, &bounded(&one_line(&observed), LONGEST));
    }
    if view.verbose {
        let facts: Vec<_> = finding.facts.iter().filter(|(key, _)| key.as_str() != VALUE_ID).collect();
        let facts: Vec<_> = facts.into_iter().map(|(key, fact)| format!("{key} {}", fact.shown())).collect();
        page.say(11, Ink::Dim, &facts.join(", "));
    }
    page.say(11, Ink::Dim, &ids(finding));
}

/// The message's reason without its brackets, and without an origin that nobody knows.
fn observed(finding: &Finding, title: &str, shown: &str) -> String {
    let is = |key: &str, what: &Fact| finding.facts.iter().any(|(name, fact)| name.as_str() == key && fact == what);
    let mut parts: Vec<&str> = reason(finding, title, shown).split(", ").filter(|part| !part.is_empty()).collect();
    if is("origin", &Fact::word("unknown")) {
        parts.retain(|part| *part != "origin unknown");
    }
    if is("known", &Fact::Bool(true)) {
        parts.push("a known value");
    }
    parts.join(", ")
}

/// What to compare findings by: equal values share the value id, and a waiver names the fingerprint.
fn ids(finding: &Finding) -> String {
    let value = finding.facts.iter().find(|(key, _)| key.as_str() == VALUE_ID);
    let mut ids: Vec<_> = value.map(|(_, fact)| format!("value id {}", fact.shown())).into_iter().collect();
    let short: String = finding.fingerprint.chars().take(SHORT).collect();
    if !short.is_empty() {
        ids.push(format!("fingerprint {short}"));
    }
    ids.join(", ")
}

/// What somebody signed for.
pub(super) fn waived(page: &mut Page, findings: &[&Finding]) {
    let mut first = true;
    for finding in findings {
        let Some(waiver) = &finding.waiver else { continue };
        if std::mem::take(&mut first) {
            page.heading("WAIVED");
        }
        page.say(2, Ink::Plain, &format!("{} ({}): {}", finding.rule, finding.verdict.word(), finding.subject.shown()));
        let ticket = waiver.ticket.as_ref().map(|ticket| format!(", {ticket}")).unwrap_or_default();
        let expires = waiver.expires.rfc3339();
        let line = format!("{}; {}{ticket}, expires {expires}", waiver.reason, waiver.owner);
        page.say(4, Ink::Dim, &one_line(&line));
    }
}

/// What passed, one line each.
pub(super) fn passed(page: &mut Page, findings: &[&Finding]) {
    let passed: Vec<&Finding> = findings.iter().copied().filter(|f| f.verdict == Verdict::Pass).collect();
    if passed.is_empty() {
        return;
    }
    page.heading("PASSED");
    for finding in passed {
        page.say(2, Ink::Plain, &format!("{}: {}", finding.rule, gaps::about(&finding.subject)));
    }
}

/// What cannot apply, one line each with the reason: whoever reads it may know better.
pub(super) fn not_applicable(page: &mut Page, report: &Report, findings: &[&Finding], view: &View) {
    let of_verdict: Vec<&Finding> = findings.iter().copied().filter(|f| f.verdict == Verdict::NotApplicable).collect();
    if of_verdict.is_empty() {
        return;
    }
    page.heading("NOT APPLICABLE");
    for (rule, of_rule) in grouped(&of_verdict, |f| f.rule.as_str()) {
        let title = report.rules.iter().find(|info| info.id.as_str() == rule).map_or("", |info| info.title.as_str());
        let shown = if view.verbose { of_rule.len() } else { SHOWN };
        for finding in of_rule.iter().take(shown) {
            let why = finding.facts.iter().find(|(key, _)| key.as_str() == "reason").map(|(_, fact)| fact.shown());
            let why = why.unwrap_or_else(|| reason(finding, title, &finding.subject.shown()).to_owned());
            let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
            let line = one_line(&format!("{rule}: {}{why}", gaps::about(&finding.subject)));
            page.hang(2, "-", 2, Ink::Dim, &bounded(&line, LONGEST));
        }
        if of_rule.len() > shown {
            page.say(4, Ink::Dim, &format!("and {} more of {rule}; see -f json", of_rule.len() - shown));
        }
    }
}

/// Groups in the order in which each key is first met.
fn grouped<'a, K: PartialEq>(findings: &[&'a Finding], key: impl Fn(&'a Finding) -> K) -> Vec<(K, Vec<&'a Finding>)> {
    let mut groups: Vec<(K, Vec<&'a Finding>)> = Vec::new();
    for finding in findings {
        let key = key(finding);
        match groups.iter_mut().rev().find(|(known, _)| *known == key) {
            Some((_, group)) => group.push(finding),
            None => groups.push((key, vec![finding])),
        }
    }
    groups
}

fn severity_ink(severity: Severity) -> Ink {
    match severity {
        Severity::Critical | Severity::High => Ink::Bad,
        Severity::Medium => Ink::Unsure,
        Severity::Low | Severity::Info => Ink::Dim,
    }
}

fn target(target: &Target) -> String {
    format!("{} {}", target.kind, target.name)
}
