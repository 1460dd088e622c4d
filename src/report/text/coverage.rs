//! How much was looked at: one line per kind of target, and what was left out of it.

use super::page::{Ink, Page};
use super::{kind_words, plural};
use crate::evidence::{Coverage, Target};
use crate::report::View;
use crate::verdict::Report;
use std::collections::{BTreeMap, BTreeSet};

/// The coverage statements.
pub(super) fn examined(page: &mut Page, report: &Report, view: &View) {
    if report.coverage.is_empty() {
        page.heading("EXAMINED");
        page.say(2, Ink::Unsure, "nothing");
        return;
    }
    page.heading("EXAMINED");
    let mut by_kind: BTreeMap<&str, Vec<&Coverage>> = BTreeMap::new();
    for coverage in &report.coverage {
        by_kind.entry(coverage.target.kind.as_str()).or_default().push(coverage);
    }
    for (kind, coverages) in by_kind {
        page.hang(2, "-", 2, Ink::Plain, &summary(kind, &coverages));
    }
    if view.verbose {
        let mut coverages: Vec<_> = report.coverage.iter().collect();
        coverages.sort();
        for coverage in coverages {
            detail(page, coverage);
        }
    }
}

/// `1 repository: 1,204 commits, 4 refs; 1 part not examined (a limit was reached)`.
fn summary(kind: &str, coverages: &[&Coverage]) -> String {
    // Several kinds of evidence count the same commits of the same target: the largest count is the true one.
    let mut counts: BTreeMap<(&Target, &str), u64> = BTreeMap::new();
    for coverage in coverages {
        for (unit, n) in &coverage.examined {
            let most = counts.entry((&coverage.target, unit.as_str())).or_default();
            *most = (*most).max(*n);
        }
    }
    let mut units: BTreeMap<&str, u64> = BTreeMap::new();
    for ((_, unit), n) in counts {
        *units.entry(unit).or_default() += n;
    }
    let targets: BTreeSet<_> = coverages.iter().map(|coverage| &coverage.target).collect();
    let (one, many) = kind_words(kind);
    let mut out = plural(targets.len(), &one, &many);
    let units: Vec<_> = units.into_iter().map(|(unit, n)| count(n, unit)).collect();
    out.push_str(": ");
    out.push_str(&if units.is_empty() { "nothing examined".to_owned() } else { units.join(", ") });
    let missed: BTreeSet<_> =
        coverages.iter().flat_map(|c| c.unexamined.iter().map(|part| (&c.target, &part.what, part.why))).collect();
    if !missed.is_empty() {
        let causes: BTreeSet<_> = missed.iter().map(|(_, _, why)| why.meaning()).collect();
        let parts = plural(missed.len(), "part", "parts");
        out.push_str(&format!("; {parts} not examined ({})", causes.into_iter().collect::<Vec<_>>().join("; ")));
    }
    out
}

fn detail(page: &mut Page, coverage: &Coverage) {
    let mut parts: Vec<String> = coverage.examined.iter().map(|(unit, n)| count(*n, unit.as_str())).collect();
    parts.extend(coverage.identity.iter().map(|(what, is)| format!("{what} {is}")));
    let target = &coverage.target;
    page.say(4, Ink::Dim, &format!("{} of {} {}: {}", coverage.kind, target.kind, target.name, parts.join(", ")));
    for part in &coverage.unexamined {
        page.say(6, Ink::Unsure, &format!("not examined: {} ({})", part.what, part.why.meaning()));
    }
}

/// `1,204 commits`, `1 entry`, `12.3 MB`.
fn count(n: u64, unit: &str) -> String {
    if unit == "bytes" {
        return bytes(n);
    }
    let one = match unit {
        _ if n != 1 => unit.to_owned(),
        _ if unit.ends_with("ies") => format!("{}y", &unit[..unit.len() - 3]),
        _ => unit.strip_suffix('s').unwrap_or(unit).to_owned(),
    };
    format!("{} {one}", thousands(n))
}

fn bytes(n: u64) -> String {
    let mut unit = 1_000;
    for name in ["kB", "MB", "GB"] {
        if n / 1_000 < unit && n >= unit {
            return format!("{}.{} {name}", n / unit, n % unit * 10 / unit);
        }
        unit *= 1_000;
    }
    if n < 1_000 { format!("{n} bytes") } else { format!("{} TB", thousands(n / 1_000_000_000_000)) }
}

fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_read_naturally() {
        assert_eq!(count(1_204, "commits"), "1,204 commits");
        assert_eq!(count(1, "entries"), "1 entry");
        assert_eq!(count(1, "variables"), "1 variable");
        assert_eq!(count(999, "bytes"), "999 bytes");
        assert_eq!(count(1_250, "bytes"), "1.2 kB");
        assert_eq!(count(12_345_678, "bytes"), "12.3 MB");
        assert_eq!(count(7_000_000_000_000, "bytes"), "7 TB");
        assert_eq!(thousands(1_000_000), "1,000,000");
    }
}
