//! Gaps as people read them: one entry per cause and target, however many rules it leaves open.
//!
//! A shallow clone opens half a dozen rules and is still one thing to mend.

use super::plain::one_line;
use crate::evidence::{Cause, Gap, Name, Subject, Target};
use crate::verdict::{Finding, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// Hints shown per entry; gaps over many places of one target repeat themselves.
const MOST_HINTS: usize = 6;

/// All gaps of one cause at one target.
#[derive(Default)]
pub(super) struct Open<'a> {
    /// The rules it leaves open.
    pub(super) rules: BTreeSet<&'a Name>,
    /// The places inside the target, as shown.
    pub(super) places: BTreeSet<String>,
    hints: BTreeSet<(&'a Name, &'a Name)>,
}

/// Entries by cause and target.
pub(super) type Merged<'a> = BTreeMap<(Cause, &'a Target), Open<'a>>;

/// Merges the gaps of unverified findings.
pub(super) fn of_findings<'a>(findings: impl Iterator<Item = &'a Finding>) -> Merged<'a> {
    let mut merged = Merged::new();
    for finding in findings.filter(|finding| finding.verdict == Verdict::Unverified) {
        for gap in &finding.gaps {
            add(&mut merged, gap).rules.insert(&finding.rule);
        }
    }
    merged
}

/// Merges gaps that belong to no finding.
pub(super) fn of_gaps<'a>(gaps: impl Iterator<Item = &'a Gap>) -> Merged<'a> {
    let mut merged = Merged::new();
    for gap in gaps {
        add(&mut merged, gap);
    }
    merged
}

fn add<'a, 'm>(merged: &'m mut Merged<'a>, gap: &'a Gap) -> &'m mut Open<'a> {
    let open = merged.entry((gap.cause, &gap.subject.target)).or_default();
    if gap.subject.place != crate::evidence::Place::default() {
        open.places.insert(gap.subject.shown());
    }
    open.hints.extend(gap.hints.iter().map(|hint| (&hint.what, &hint.is)));
    open
}

/// A subject as people name it: a key of the configuration is its own name.
pub(super) fn about(subject: &Subject) -> String {
    if is_key(&subject.target) { subject.target.name.as_str().to_owned() } else { subject.shown() }
}

/// Whether the target is a key of the configuration, which stands for whatever it would declare.
pub(super) fn is_key(target: &Target) -> bool {
    target.kind.as_str() == "configuration"
}

/// One line: the target, the cause, what helps, and last the command that mends it.
pub(super) fn shown(cause: Cause, target: &Target, open: &Open<'_>) -> String {
    let mut out = format!("{}: {}", about(&Subject::whole(target)), cause.meaning());
    // A key of the configuration need not be told its own name.
    let hints =
        open.hints.iter().filter(|(what, is)| !(is_key(target) && what.as_str() == "key" && **is == target.name));
    let (commands, facts): (Vec<_>, Vec<_>) = hints.partition(|(what, _)| what.as_str() == "run");
    for (what, is) in facts.iter().take(MOST_HINTS) {
        out.push_str(&format!("; {what}: {is}"));
    }
    if facts.len() > MOST_HINTS {
        out.push_str(&format!("; and {} more hints", facts.len() - MOST_HINTS));
    }
    for (_, command) in commands {
        out.push_str(&format!("; run: `{command}`"));
    }
    one_line(&out)
}

/// The cause's word in ledgers and reports.
pub(super) fn word(cause: Cause) -> String {
    match serde_json::to_value(cause) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
