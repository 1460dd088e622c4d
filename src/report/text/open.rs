//! What is neither proven right nor wrong: one block per cause and target, with what mends it.

use super::page::{Ink, Page};
use super::reason;
use crate::evidence::Name;
use crate::report::gaps::{self, Merged};
use crate::report::plain::{bounded, one_line};
use crate::verdict::{Finding, Report, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// Places shown of one cause at one target.
const SHOWN: usize = 5;
/// More keys of the configuration than this stand in one line.
const MANY: usize = 3;
/// Longest message shown.
const LONGEST: usize = 2_000;

/// Every unverified finding that counts.
pub(super) fn unverified(page: &mut Page, report: &Report, findings: &[&Finding]) {
    let open: Vec<&Finding> =
        findings.iter().copied().filter(|f| f.counts() && f.verdict == Verdict::Unverified).collect();
    if open.is_empty() {
        return;
    }
    page.heading("UNVERIFIED");
    blocks(page, &gaps::of_findings(open.iter().copied()));
    for finding in open.iter().filter(|f| f.gaps.is_empty()) {
        let title = report.rules.iter().find(|info| info.id == finding.rule).map_or("", |info| info.title.as_str());
        let shown = finding.subject.shown();
        let why = match reason(finding, title, &shown) {
            "" => "not everything was examined",
            why => why,
        };
        page.hang(2, "?", 2, Ink::Unsure, &format!("{shown}: {}", bounded(&one_line(why), LONGEST)));
        page.say(4, Ink::Dim, &format!("leaves open: {}", finding.rule));
    }
}

/// Gaps that no unverified finding shows: a failure hides them, or no selected rule needs them.
pub(super) fn not_learned(page: &mut Page, report: &Report, findings: &[&Finding]) {
    let shown = gaps::of_findings(findings.iter().copied().filter(|f| f.counts()));
    let mut rest = gaps::of_gaps(report.gaps.iter());
    rest.retain(|key, _| !shown.contains_key(key));
    if rest.is_empty() {
        return;
    }
    page.heading("NOT LEARNED");
    blocks(page, &rest);
}

fn blocks(page: &mut Page, merged: &Merged<'_>) {
    for ((cause, target), open) in merged.iter().filter(|((_, target), _)| !gaps::is_key(target)) {
        page.hang(2, "?", 2, Ink::Unsure, &gaps::shown(*cause, target, open));
        for place in open.places.iter().take(SHOWN) {
            page.say(4, Ink::Plain, place);
        }
        if open.places.len() > SHOWN {
            page.say(4, Ink::Plain, &format!("and {} more; see -f json", open.places.len() - SHOWN));
        }
        if !open.rules.is_empty() {
            page.say(4, Ink::Dim, &leaves_open(&open.rules));
        }
    }
    keys(page, merged);
}

/// Keys of the configuration that declare nothing: what to do is the same for all of them.
fn keys(page: &mut Page, merged: &Merged<'_>) {
    let mut lines: BTreeMap<String, (Vec<&str>, BTreeSet<&Name>)> = BTreeMap::new();
    let mut singles = Vec::new();
    for ((cause, target), open) in merged.iter().filter(|((_, target), _)| gaps::is_key(target)) {
        let shown = gaps::shown(*cause, target, open);
        let key = target.name.as_str();
        let what = shown.strip_prefix(key).unwrap_or(&shown).to_owned();
        let (keys, rules) = lines.entry(what).or_default();
        keys.push(key);
        rules.extend(&open.rules);
        singles.push((shown, &open.rules));
    }
    if singles.len() > MANY {
        for (what, (keys, rules)) in lines {
            key(page, &format!("{}{what}", keys.join(", ")), &rules);
        }
    } else {
        singles.iter().for_each(|(shown, rules)| key(page, shown, rules));
    }
}

fn key(page: &mut Page, shown: &str, rules: &BTreeSet<&Name>) {
    let open = if rules.is_empty() { String::new() } else { format!(" ({})", leaves_open(rules)) };
    page.hang(2, "?", 2, Ink::Unsure, &format!("{shown}{open}"));
}

fn leaves_open(rules: &BTreeSet<&Name>) -> String {
    let rules: Vec<_> = rules.iter().map(|rule| rule.as_str()).collect();
    format!("leaves open: {}", rules.join(", "))
}
