//! From a ledger to the frozen report: evaluate, join, count. Pure; used by `check`, `demo` and `report` alike.

use crate::derive;
use crate::evaluate::evaluate;
use crate::evidence::{Cause, Ledger, Name};
use crate::rule::Rule;
use crate::verdict::{CHECKLIST, ChecklistLine, Counts, Finding, Report, RuleInfo, Verdict};

/// The item about the whole history of repositories.
const HISTORY_ITEM: u8 = 8;

/// Evaluates the rules over the ledger. The clock is the ledger's own, so a replay gives the same report.
pub(super) fn report(ledger: &Ledger, rules: &[&Rule], further: &[String]) -> Report {
    let joined = derive::joined(ledger);
    let mut findings = evaluate(rules, &joined, &ledger.waivers, ledger.header.started_at);
    // A change proves nothing about the whole history.
    let proves = |item: u8| ledger.header.scope.is_none() || item != HISTORY_ITEM;
    findings.iter_mut().for_each(|finding| finding.checklist.retain(|item| proves(*item)));
    let mut notes = ledger.notes.clone();
    notes.extend_from_slice(further);
    notes.extend(idle_waivers(ledger, &findings));
    Report {
        verdict: overall(ledger, &findings),
        counts: Counts::of(&findings),
        checklist: checklist(rules, &findings, &proves),
        custody: derive::custody(ledger),
        gaps: joined.gaps.clone(),
        coverage: joined.coverage.clone(),
        rules: rules.iter().map(|rule| info(rule)).collect(),
        digest: ledger.digest(),
        header: ledger.header.clone(),
        findings,
        notes,
    }
}

/// The worst verdict that counts; what is waived does not. A masked value counts always.
fn overall(ledger: &Ledger, findings: &[Finding]) -> Verdict {
    let masked = ledger.gaps.iter().any(|gap| gap.cause == Cause::Masked).then_some(Verdict::Unverified);
    worst(findings.iter()).into_iter().chain(masked).max().unwrap_or(Verdict::Unverified)
}

fn worst<'a>(findings: impl Iterator<Item = &'a Finding>) -> Option<Verdict> {
    findings.map(|finding| if finding.waiver.is_some() { Verdict::Pass } else { finding.verdict }).max()
}

fn checklist(rules: &[&Rule], findings: &[Finding], proves: &dyn Fn(u8) -> bool) -> Vec<ChecklistLine> {
    (1_u8..)
        .zip(CHECKLIST)
        .map(|(item, title)| {
            let own: Vec<Name> = rules
                .iter()
                .filter(|rule| rule.checklist.contains(&item) && proves(item))
                .map(|rule| Name::admit_or(&rule.id, "rule", 1))
                .collect();
            let about = || findings.iter().filter(|f| f.checklist.contains(&item));
            let verdict = worst(about()).unwrap_or(Verdict::Unverified);
            ChecklistLine { item, title: title.to_owned(), verdict, rules: own }
        })
        .collect()
}

fn info(rule: &Rule) -> RuleInfo {
    RuleInfo {
        id: Name::admit_or(&rule.id, "rule", 1),
        title: rule.title.clone(),
        why: rule.why.clone(),
        remedy: rule.remedy.clone(),
        severity: rule.severity,
        controls: rule.controls.clone(),
        checklist: rule.checklist.clone(),
    }
}

/// A waiver that covers nothing, or no longer, is said: exceptions must not pile up unseen.
fn idle_waivers(ledger: &Ledger, findings: &[Finding]) -> Vec<String> {
    let now = ledger.header.started_at;
    ledger
        .waivers
        .iter()
        .filter_map(|waiver| {
            let short: String = waiver.fingerprint.chars().take(12).collect();
            let what = format!("waiver of {} ({short}…, owner {})", waiver.rule, waiver.owner);
            let used = findings.iter().any(|finding| finding.waiver.as_ref() == Some(waiver));
            if waiver.expires <= now {
                Some(format!("{what} has expired"))
            } else if !used && ledger.header.rules.contains(&waiver.rule) {
                Some(format!("{what} covers nothing"))
            } else {
                None
            }
        })
        .collect()
}
