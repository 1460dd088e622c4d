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

/// `1 repository: 1,204 commits, 4 refs, 12.3 MB; 1 part not examined (a limit was reached)`.
fn summary(kind: &str, coverages: &[&Coverage]) -> String {
    let targets: BTreeSet<_> = coverages.iter().map(|coverage| &coverage.target).collect();
    let (one, many) = kind_words(kind);
    let mut units = totals(coverages);
    let anything = units.values().any(|n| *n > 0);
    // A zero says nothing, and the targets are counted in front already.
    units.retain(|unit, n| *n > 0 && !(*unit == many && usize::try_from(*n) == Ok(targets.len())));
    let mut counts: Vec<_> = units.iter().filter(|(unit, _)| **unit != "bytes").map(|(u, n)| count(*n, u)).collect();
    counts.extend(units.get("bytes").map(|n| bytes(*n)));
    let mut out = plural(targets.len(), &one, &many);
    if !anything {
        out.push_str(": nothing examined");
    } else if !counts.is_empty() {
        out.push_str(&format!(": {}", counts.join(", ")));
    }
    out.push_str(&missed(coverages));
    out
}

/// How much there was of each unit. Several kinds of evidence count the same commits of the same target: the
/// largest count is the true one.
fn totals<'a>(coverages: &[&'a Coverage]) -> BTreeMap<&'a str, u64> {
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
    units
}

fn missed(coverages: &[&Coverage]) -> String {
    let missed: BTreeSet<_> =
        coverages.iter().flat_map(|c| c.unexamined.iter().map(|part| (&c.target, &part.what, part.why))).collect();
    if missed.is_empty() {
        return String::new();
    }
    let causes: BTreeSet<_> = missed.iter().map(|(_, _, why)| why.meaning()).collect();
    let causes: Vec<_> = causes.into_iter().collect();
    format!("; {} not examined ({})", plural(missed.len(), "part", "parts"), causes.join("; "))
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

/// `1,204 commits`, `1 history entry`, `12.3 MB`.
fn count(n: u64, unit: &str) -> String {
    if unit == "bytes" {
        return bytes(n);
    }
    let unit = unit.replace(['_', '-'], " ");
    // What follows says what they lack: it is no part of their number.
    let (things, lacking) = unit.split_at(unit.find(" without ").unwrap_or(unit.len()));
    let one = match things {
        _ if n != 1 => things.to_owned(),
        _ if things.ends_with("ies") => format!("{}y", &things[..things.len() - 3]),
        _ => things.strip_suffix('s').unwrap_or(things).to_owned(),
    };
    format!("{} {one}{lacking}", thousands(n))
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
    use crate::evidence::{Kind, Name};

    #[test]
    fn counts_read_naturally() {
        assert_eq!(count(1_204, "commits"), "1,204 commits");
        assert_eq!(count(1, "entries"), "1 entry");
        assert_eq!(count(1, "variables"), "1 variable");
        assert_eq!(count(1, "mounts-without-files"), "1 mount without files");
        assert_eq!(count(2, "mounts-without-files"), "2 mounts without files");
        assert_eq!(count(6, "history-entries"), "6 history entries");
        assert_eq!(count(1, "compose_files"), "1 compose file");
        assert_eq!(count(999, "bytes"), "999 bytes");
        assert_eq!(count(1_250, "bytes"), "1.2 kB");
        assert_eq!(count(12_345_678, "bytes"), "12.3 MB");
        assert_eq!(count(7_000_000_000_000, "bytes"), "7 TB");
        assert_eq!(thousands(1_000_000), "1,000,000");
    }

    #[test]
    fn zeros_and_repetitions_are_left_out_and_nothing_else() {
        static KIND: Kind =
            Kind { name: "git.ignore", meaning: "", declared_by: "", live: false, unit: "", fields: &[] };
        let target = |name: &'static str| Target::new("git", Name::fixed(name));
        let coverage = |name, n| Coverage::new(&KIND, &target(name)).with("repositories", n).with("blobs", 0);
        let (a, b) = (coverage("a", 1), coverage("b", 1).with("bytes", 7).with("commits", 2));
        assert_eq!(summary("git", &[&a]), "1 repository");
        assert_eq!(summary("git", &[&a, &b]), "2 repositories: 2 commits, 7 bytes");
        let (none, nested) = (coverage("a", 0), coverage("a", 3));
        assert_eq!(summary("git", &[&none]), "1 repository: nothing examined");
        assert_eq!(summary("git", &[&nested]), "1 repository: 3 repositories");
    }
}
