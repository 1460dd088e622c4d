//! The summary: one entry per checklist item, one line per declared secret.

use super::page::{Ink, Page};
use super::{ink, kind_words, label, plural};
use crate::evidence::{CustodyLine, Name, Subject};
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
        let (ink, learned) = learned(line, to_review(report, &line.secret));
        page.hang(2, line.secret.as_str(), column, ink, &format!("{source}\n{learned}"));
    }
}

/// What was learned of one secret; nothing seen and nothing judged are not the same as well kept.
fn learned(line: &CustodyLine, to_review: usize) -> (Ink, String) {
    if line.exposed == 0 && line.seen_in.values().sum::<usize>() == 0 {
        return (Ink::Unsure, "not seen in what was examined".to_owned());
    }
    let references = match line.references {
        0 => "no reference seen".to_owned(),
        n => plural(n, "reference", "references"),
    };
    match (line.exposed, to_review) {
        (0, 0) => (Ink::Good, format!("not exposed in what was examined; {references}")),
        (0, n) => (Ink::Unsure, format!("not judged in {}; {references}", plural(n, "place", "places"))),
        (n, _) => (Ink::Bad, format!("exposed in {}; {references}", plural(n, "place", "places"))),
    }
}

/// The places of a secret whose value nobody judged.
fn to_review(report: &Report, secret: &Name) -> usize {
    let of_secret = report.gaps.iter().filter(|gap| gap.subject.place.variable.as_ref() == Some(secret));
    of_secret.map(|gap| &gap.subject).collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_well_kept_only_if_it_was_seen_and_judged() {
        let line = |references, exposed, seen| CustodyLine {
            secret: Name::fixed("REDIS_URL"),
            source: None,
            references,
            exposed,
            seen_in: [(Name::fixed("container.env"), seen)].into(),
        };
        for (line, to_review, said) in [
            (line(0, 0, 0), 0, "not seen in what was examined"),
            (line(2, 0, 2), 0, "not exposed in what was examined; 2 references"),
            (line(0, 0, 1), 0, "not exposed in what was examined; no reference seen"),
            (line(1, 0, 2), 1, "not judged in 1 place; 1 reference"),
            (line(0, 6, 6), 1, "exposed in 6 places; no reference seen"),
        ] {
            assert_eq!(learned(&line, to_review).1, said);
        }
    }
}
