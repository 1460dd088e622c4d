//! The summary: one entry per checklist item, one line per declared secret.

use super::page::{Ink, Page};
use super::{ink, kind_words, label, plural};
use crate::evidence::Subject;
use crate::report::gaps;
use crate::report::plain::one_line;
use crate::verdict::{ChecklistLine, Finding, Report, Verdict};
use std::collections::BTreeSet;

/// Width of the longest verdict word, `NOT-APPLICABLE`, and a space.
const VERDICTS: usize = 15;

/// The eight items.
pub(super) fn lines(page: &mut Page, report: &Report, findings: &[&Finding]) {
    let checked = report.checklist.iter().filter(|line| !line.rules.is_empty()).count();
    page.heading(&format!("CHECKLIST: {checked} of {} items checked", report.checklist.len()));
    for line in &report.checklist {
        let of_item: Vec<&Finding> = findings.iter().copied().filter(|f| f.checklist.contains(&line.item)).collect();
        let (word, ink) = if line.rules.is_empty() {
            ("not checked".to_owned(), Ink::Dim)
        } else {
            (label(line.verdict), ink(line.verdict))
        };
        let lead = format!("{} {word}", line.item);
        let reason = reason(line, &of_item);
        let both = format!("{} - {reason}", line.title);
        if reason.is_empty() {
            page.hang(1, &lead, VERDICTS + 2, ink, &line.title);
        } else if page.fits(VERDICTS + 3, &both) {
            page.hang(1, &lead, VERDICTS + 2, ink, &both);
        } else {
            page.hang(1, &lead, VERDICTS + 2, ink, &format!("{}\n{reason}", line.title));
        }
    }
}

/// Why an item is not simply passed, in a few words.
fn reason(line: &ChecklistLine, findings: &[&Finding]) -> String {
    if line.rules.is_empty() {
        return String::new();
    }
    let counting: Vec<_> = findings.iter().filter(|f| f.counts() && f.verdict == line.verdict).collect();
    let waived = findings.iter().filter(|f| f.waiver.is_some()).count();
    let mut parts = Vec::new();
    match line.verdict {
        Verdict::Fail if !counting.is_empty() => parts.push(failures(&counting)),
        Verdict::Unverified => parts.push(first_gap(&counting)),
        _ => {}
    }
    if waived > 0 {
        parts.push(format!("{waived} waived"));
    }
    parts.retain(|part| !part.is_empty());
    one_line(&parts.join(", "))
}

fn failures(failed: &[&&Finding]) -> String {
    let targets: BTreeSet<_> = failed.iter().map(|f| &f.subject.target).collect();
    let kinds: BTreeSet<_> = targets.iter().map(|target| target.kind.as_str()).collect();
    let (one, many) = match kinds.first() {
        Some(kind) if kinds.len() == 1 => kind_words(kind),
        _ => ("target".to_owned(), "targets".to_owned()),
    };
    format!("{} in {}", plural(failed.len(), "failure", "failures"), plural(targets.len(), &one, &many))
}

fn first_gap(open: &[&&Finding]) -> String {
    let merged = gaps::of_findings(open.iter().map(|f| **f));
    let more = merged.len().saturating_sub(1);
    let Some(((cause, target), _)) = merged.first_key_value() else { return "not everything was examined".to_owned() };
    let mut out = format!("{} ({})", cause.meaning(), gaps::about(&Subject::whole(target)));
    if more > 0 {
        out.push_str(&format!(" and {}", plural(more, "other reason", "other reasons")));
    }
    out
}

/// What all sources together say of each declared secret.
pub(super) fn custody(page: &mut Page, report: &Report) {
    if report.custody.is_empty() {
        return;
    }
    page.heading("CUSTODY");
    let column = report.custody.iter().map(|line| line.secret.as_str().chars().count()).max().unwrap_or(0).min(30) + 2;
    for line in &report.custody {
        let source = line.source.as_ref().map_or("no source declared", |source| source.as_str());
        let references = plural(line.references, "reference", "references");
        let (ink, exposed) = match line.exposed {
            0 => (Ink::Good, "exposed nowhere that was examined".to_owned()),
            n => (Ink::Bad, format!("exposed in {}", plural(n, "place", "places"))),
        };
        let seen: usize = line.seen_in.values().sum();
        let exposed = if seen == 0 && line.exposed == 0 { "not seen anywhere".to_owned() } else { exposed };
        let ink = if seen == 0 && line.exposed == 0 { Ink::Unsure } else { ink };
        page.hang(2, line.secret.as_str(), column, ink, &format!("{source}\n{exposed}, {references}"));
    }
}
