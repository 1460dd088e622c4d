//! `text`: the report for a person, readable in 80 columns, the eight checklist items first.
//!
//! Says every thing once: a rule's remedy, a gap that leaves many rules open, a target with many findings.

mod checklist;
mod coverage;
mod failures;
mod open;
mod page;
#[cfg(test)]
mod tests;

use super::View;
use super::plain::one_line;
use crate::verdict::{Counts, Finding, Report, Verdict};
use page::{Ink, Page};

/// The words of this format that stand where a value could be searched for.
pub(super) const WORDS: &[&str] = &[
    "leakproof",
    "CHECKLIST",
    "CUSTODY",
    "FAILURES",
    "UNVERIFIED",
    "WAIVED",
    "PASSED",
    "NOT-APPLICABLE",
    "NOT APPLICABLE",
    "EXAMINED",
    "NOT LEARNED",
    "NOTES",
    "VERDICT",
    "not checked",
    "leaves open:",
    "configuration",
    "environment",
    "repository",
    "repositories",
    "containers",
    "endpoints",
    "references",
    "fingerprint",
    "value id",
    "a known value",
    "A waiver needs the full fingerprint: leakproof check -f json prints it.",
];

/// The report as text.
pub(super) fn render(report: &Report, view: &View) -> Vec<u8> {
    let mut page = Page::new(view.width, view.colour);
    let findings = super::ordered(report);
    if view.quiet {
        failures::failed(&mut page, report, &findings, view);
    } else {
        header(&mut page, report);
        checklist::lines(&mut page, report, &findings);
        checklist::custody(&mut page, report);
        failures::failed(&mut page, report, &findings, view);
        open::unverified(&mut page, report, &findings);
        failures::waived(&mut page, &findings);
        if view.verbose {
            failures::passed(&mut page, &findings);
        }
        failures::not_applicable(&mut page, report, &findings, view);
        coverage::examined(&mut page, report, view);
        open::not_learned(&mut page, report, &findings);
        notes(&mut page, report);
    }
    page.gap();
    verdict(&mut page, report);
    page.finish()
}

/// The last line of a report in which something had to be masked.
pub(super) fn masked_notice(times: usize) -> String {
    let times = plural(times, "text", "texts");
    format!("\nMASKED: {times} held a secret value. That is a bug of leakproof: the report should not have held it.\n")
}

fn header(page: &mut Page, report: &Report) {
    let header = &report.header;
    let mut line = format!("leakproof {}", header.tool_version);
    match (&header.service, &header.environment) {
        (Some(service), Some(environment)) => line.push_str(&format!(" · {service} ({environment})")),
        (Some(name), None) | (None, Some(name)) => line.push_str(&format!(" · {name}")),
        (None, None) => {}
    }
    line.push_str(&format!(" · profile {}", header.profile));
    page.say(0, Ink::Bold, &one_line(&line));
    let mut line = header.started_at.rfc3339();
    if let Some(file) = &header.config_file {
        line.push_str(&format!(" · configuration {file}"));
    }
    if header.origin.as_str() != "live" {
        line.push_str(&format!(" · {} evidence", header.origin));
    }
    if header.offline {
        line.push_str(" · offline: live systems were left out");
    }
    if let Some(scope) = &header.scope {
        line.push_str(&format!(" · scope: what is new {scope}"));
    }
    page.say(0, Ink::Dim, &one_line(&line));
}

fn notes(page: &mut Page, report: &Report) {
    if report.notes.is_empty() {
        return;
    }
    page.heading("NOTES");
    for note in &report.notes {
        page.hang(2, "-", 2, Ink::Plain, &one_line(note));
    }
}

fn verdict(page: &mut Page, report: &Report) {
    let Counts { pass, fail, unverified, not_applicable, waived } = report.counts;
    let mut parts = vec![format!("{fail} failed"), format!("{unverified} unverified")];
    if waived > 0 {
        parts.push(format!("{waived} of these waived"));
    }
    parts.push(format!("{pass} passed"));
    parts.push(format!("{not_applicable} not applicable"));
    let lead = format!("VERDICT: {}", label(report.verdict));
    page.hang(0, &lead, lead.len() + 2, ink(report.verdict), &parts.join(", "));
}

fn label(verdict: Verdict) -> String {
    verdict.word().to_uppercase()
}

fn ink(verdict: Verdict) -> Ink {
    match verdict {
        Verdict::Fail => Ink::Bad,
        Verdict::Unverified => Ink::Unsure,
        Verdict::Pass => Ink::Good,
        Verdict::NotApplicable => Ink::Dim,
    }
}

fn plural(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// A target kind's word for one and for many.
fn kind_words(kind: &str) -> (String, String) {
    match kind {
        "git" => ("repository".to_owned(), "repositories".to_owned()),
        other if other.ends_with('y') => (other.to_owned(), format!("{}ies", &other[..other.len() - 1])),
        other => (other.to_owned(), format!("{other}s")),
    }
}

/// The part of a message that the lines around it have not said yet, out of its brackets.
fn reason<'a>(finding: &'a Finding, title: &str, shown: &str) -> &'a str {
    let mut rest = finding.message.trim();
    for said in [title, shown] {
        if let Some(after) = rest.strip_prefix(said) {
            rest = after.trim_start_matches([' ', ':', ';', ',', '—', '-', '·', '.']);
        }
    }
    let one_pair = |inner: &&str| inner.find(')').is_none_or(|close| inner[..close].contains('('));
    rest.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).filter(one_pair).unwrap_or(rest)
}
