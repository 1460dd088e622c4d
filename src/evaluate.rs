//! Pure evaluation: (rules, ledger, waivers, now) to findings. No I/O, no clock, no order of completion.
//!
//! Per rule and target: any evidence that breaks the expectation is a failure at its place; else a gap,
//! incomplete coverage or too little evidence is `unverified`; else, and only then, it passes.

use crate::evidence::{
    Absent, Cause, Evidence, Fact, Field, FieldType, Gap, Inapplicable, Kind, Ledger, Name, Subject, Target, Timestamp,
};
use crate::rule::{Opinion, Rule};
use crate::verdict::{Finding, Severity, Verdict, Waiver};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Evidence about the run itself, for `meta/coverage`. It is made here, from the other rules' findings.
pub static RUN_COVERAGE: Kind = Kind {
    name: "run.coverage",
    meaning: "how much of what this run set out to prove was provable",
    declared_by: "service",
    live: false,
    unit: "rules",
    fields: &[
        Field { name: "rules", holds: FieldType::Int, meaning: "rules that were evaluated" },
        Field { name: "unverified", holds: FieldType::Int, meaning: "unwaived findings that are unverified" },
        Field { name: "masked", holds: FieldType::Int, meaning: "values that had to be masked in a report" },
    ],
};

/// Evaluates rules over a ledger.
#[must_use]
pub fn evaluate(rules: &[&Rule], ledger: &Ledger, waivers: &[Waiver], now: Timestamp) -> Vec<Finding> {
    let view = View::new(ledger);
    let mut findings = Vec::new();
    let (about_run, about_world): (Vec<&Rule>, Vec<&Rule>) =
        rules.iter().copied().partition(|rule| rule.needs.name == RUN_COVERAGE.name);
    for rule in &about_world {
        findings.extend(of_rule(rule, &view));
    }
    waive(&mut findings, waivers, now);
    for rule in about_run {
        findings.extend(of_run(rule, &about_world, &findings, ledger));
    }
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
    findings
}

fn order(finding: &Finding) -> (std::cmp::Reverse<(Verdict, Severity)>, &Name, &Subject) {
    (std::cmp::Reverse((finding.verdict, finding.severity)), &finding.rule, &finding.subject)
}

/// The ledger by kind and target.
struct View<'a> {
    ledger: &'a Ledger,
    evidence: BTreeMap<(&'a str, &'a Target), Vec<&'a Evidence>>,
    gaps: BTreeMap<(&'a str, &'a Target), Vec<&'a Gap>>,
}

impl<'a> View<'a> {
    fn new(ledger: &'a Ledger) -> Self {
        let mut view = Self { ledger, evidence: BTreeMap::new(), gaps: BTreeMap::new() };
        for item in &ledger.evidence {
            view.evidence.entry((item.kind.as_str(), &item.subject.target)).or_default().push(item);
        }
        for gap in &ledger.gaps {
            view.gaps.entry((gap.kind.as_str(), &gap.subject.target)).or_default().push(gap);
        }
        view
    }

    /// Declared targets, and targets that evidence or gaps name although nobody declared them.
    fn targets(&self, kind: &str) -> BTreeSet<&'a Target> {
        let declared = self.ledger.declared.iter().filter(|d| d.kind.as_str() == kind).map(|d| &d.target);
        let seen = self.evidence.keys().chain(self.gaps.keys()).filter(|(k, _)| *k == kind).map(|(_, target)| *target);
        declared.chain(seen).collect()
    }

    fn inapplicable(&self, kind: &str, target: &Target) -> Option<&'a Inapplicable> {
        self.ledger.inapplicable.iter().find(|i| i.kind.as_str() == kind && i.target == *target)
    }

    fn absent(&self, kind: &str) -> Option<&'a Absent> {
        self.ledger.absent.iter().find(|absent| absent.kind.as_str() == kind)
    }
}

fn of_rule(rule: &Rule, view: &View<'_>) -> Vec<Finding> {
    let targets = view.targets(rule.needs.name);
    if targets.is_empty() {
        return vec![without_target(rule, view)];
    }
    targets.into_iter().flat_map(|target| of_target(rule, target, view)).collect()
}

/// Nobody declared a target: unverified naming the key, or not applicable where the path is not in use.
fn without_target(rule: &Rule, view: &View<'_>) -> Finding {
    let subject = Subject::whole(&Target::new("configuration", Name::fixed(rule.needs.declared_by)));
    let (verdict, cause) = match view.absent(rule.needs.name).map(|absent| absent.why.as_str()) {
        Some("not-in-use") => (Verdict::NotApplicable, Cause::NotDeclared),
        Some("left-out") => (Verdict::Unverified, Cause::LeftOut),
        _ => (Verdict::Unverified, Cause::NotDeclared),
    };
    let gap = Gap::new(rule.needs, subject.clone(), cause).with("key", Name::fixed(rule.needs.declared_by));
    finding(rule, verdict, rule.severity, subject, BTreeMap::new(), vec![gap])
}

fn of_target(rule: &Rule, target: &Target, view: &View<'_>) -> Vec<Finding> {
    let key = (rule.needs.name, target);
    let evidence = view.evidence.get(&key).map_or(&[][..], Vec::as_slice);
    let mut gaps: Vec<Gap> = view.gaps.get(&key).into_iter().flatten().map(|gap| (*gap).clone()).collect();
    let mut failures = Vec::new();
    for item in evidence {
        match rule.judge(item, evidence) {
            Ok(Opinion::NotMeant | Opinion::Holds | Opinion::Breaks(Severity::Info)) => {}
            Ok(Opinion::Breaks(severity)) => failures.push((*item, severity)),
            Err(_) => gaps.push(Gap::new(rule.needs, item.subject.clone(), Cause::RuleError)),
        }
    }
    if !failures.is_empty() && !rule.gate {
        let mut found = by_place(rule, failures);
        // A failure does not hide what was not examined: it could be waived, the rest could not.
        let examined = lacking(rule, target, view, &mut gaps);
        if !gaps.is_empty() {
            found.push(finding(rule, Verdict::Unverified, rule.severity, Subject::whole(target), examined, gaps));
        }
        return found;
    }
    if !failures.is_empty() && gaps.is_empty() {
        gaps.extend(failures.iter().map(|(item, _)| Gap::new(rule.needs, item.subject.clone(), Cause::Unproven)));
    }
    let subject = Subject::whole(target);
    if let (true, Some(observed)) = (gaps.is_empty(), view.inapplicable(rule.needs.name, target)) {
        let facts = BTreeMap::from([(Name::fixed("reason"), Fact::Name(observed.reason.clone()))]);
        return vec![finding(rule, Verdict::NotApplicable, rule.severity, subject, facts, Vec::new())];
    }
    let examined = lacking(rule, target, view, &mut gaps);
    let verdict = if gaps.is_empty() { Verdict::Pass } else { Verdict::Unverified };
    vec![finding(rule, verdict, rule.severity, subject, examined, gaps)]
}

/// Adds what coverage lacks as gaps, and returns what was examined as facts.
fn lacking(rule: &Rule, target: &Target, view: &View<'_>, gaps: &mut Vec<Gap>) -> BTreeMap<Name, Fact> {
    let mut examined: BTreeMap<Name, u64> = BTreeMap::new();
    let subject = Subject::whole(target);
    let explained = !gaps.is_empty();
    for coverage in view.ledger.coverage.iter().filter(|c| c.kind.as_str() == rule.needs.name && c.target == *target) {
        for (unit, n) in &coverage.examined {
            *examined.entry(unit.clone()).or_default() += n;
        }
        for miss in &coverage.unexamined {
            if !gaps.iter().any(|gap| gap.cause == miss.why) {
                gaps.push(Gap::new(rule.needs, subject.clone(), miss.why).with("what", miss.what.clone()));
            }
        }
    }
    for (unit, least) in &rule.min_evidence {
        let found = examined.iter().find(|(name, _)| name.as_str() == unit).map_or(0, |(_, n)| *n);
        if found < *least && !explained {
            let unit = Name::admit_or(unit, "unit", 1);
            gaps.push(
                Gap::new(rule.needs, subject.clone(), Cause::Empty)
                    .with("examined", Name::number(found).joined(" ", &unit)),
            );
        }
    }
    examined.into_iter().map(|(unit, n)| (unit, Fact::Int(i64::try_from(n).unwrap_or(i64::MAX)))).collect()
}

/// One finding per failing place: the worst evidence of each.
fn by_place(rule: &Rule, failures: Vec<(&Evidence, Severity)>) -> Vec<Finding> {
    let mut places: BTreeMap<Vec<String>, (&Evidence, Severity)> = BTreeMap::new();
    for (item, severity) in failures {
        let place = places.entry(identity(&item.subject, &item.facts)).or_insert((item, severity));
        if severity > place.1 {
            *place = (item, severity);
        }
    }
    places
        .into_values()
        .map(|(item, severity)| {
            finding(rule, Verdict::Fail, severity, item.subject.clone(), item.facts.clone(), Vec::new())
        })
        .collect()
}

fn of_run(rule: &Rule, others: &[&Rule], findings: &[Finding], ledger: &Ledger) -> Vec<Finding> {
    let name = ledger.header.service.clone().unwrap_or(Name::fixed("this run"));
    let target = Target::new("run", name);
    let subject = Subject::whole(&target);
    let unproven: Vec<&Finding> =
        findings.iter().filter(|f| f.verdict == Verdict::Unverified && f.waiver.is_none()).collect();
    let masked = ledger.gaps.iter().filter(|gap| gap.cause == Cause::Masked).count();
    let facts = [
        ("rules", Fact::count(others.len())),
        ("unverified", Fact::count(unproven.len())),
        ("masked", Fact::count(masked)),
    ];
    let item = Evidence::new(&RUN_COVERAGE, subject.clone(), facts, ledger.header.finished_at);
    let mut gaps: Vec<Gap> = Vec::new();
    if others.is_empty() {
        gaps.push(Gap::new(&RUN_COVERAGE, subject.clone(), Cause::Empty));
    }
    match rule.judge(&item, &[&item]) {
        Ok(Opinion::Holds | Opinion::NotMeant) => {}
        Ok(Opinion::Breaks(_)) => {
            // The reasons are those of the other rules: repeated as they are, a reader sees each once.
            let kind = Name::fixed(RUN_COVERAGE.name);
            gaps.extend(unproven.iter().flat_map(|f| &f.gaps).map(|gap| Gap { kind: kind.clone(), ..gap.clone() }));
            if gaps.is_empty() {
                gaps.push(Gap::new(&RUN_COVERAGE, subject.clone(), Cause::Masked));
            }
        }
        Err(_) => gaps.push(Gap::new(&RUN_COVERAGE, subject.clone(), Cause::RuleError)),
    }
    let verdict = if gaps.is_empty() { Verdict::Pass } else { Verdict::Unverified };
    vec![finding(rule, verdict, rule.severity, subject, item.facts, gaps)]
}

fn waive(findings: &mut [Finding], waivers: &[Waiver], now: Timestamp) {
    for finding in findings.iter_mut().filter(|f| f.verdict > Verdict::Pass) {
        let correlator = finding.facts.iter().find(|(name, _)| name.as_str() == "correlator").map(|(_, f)| f.shown());
        finding.waiver = waivers
            .iter()
            .find(|waiver| {
                waiver.rule == finding.rule
                    && waiver.fingerprint == finding.fingerprint
                    && waiver.expires > now
                    && (waiver.correlator.is_none() || waiver.correlator == correlator)
            })
            .cloned();
    }
}

fn finding(
    rule: &Rule,
    verdict: Verdict,
    severity: Severity,
    subject: Subject,
    facts: BTreeMap<Name, Fact>,
    mut gaps: Vec<Gap>,
) -> Finding {
    gaps.sort();
    gaps.dedup();
    let reason = match verdict {
        Verdict::Unverified => gaps.first().map(Gap::shown),
        Verdict::NotApplicable => Some(facts.values().next().map_or_else(|| "not in use".to_owned(), Fact::shown)),
        Verdict::Fail => observed(&facts),
        Verdict::Pass => None,
    };
    let mut message = format!("{}: {}", rule.title, subject.shown());
    if let Some(reason) = reason {
        message.push_str(&format!(" ({reason})"));
    }
    Finding {
        rule: Name::admit_or(&rule.id, "rule", 1),
        verdict,
        severity,
        fingerprint: fingerprint(&rule.id, verdict, &subject, &facts, &gaps),
        subject,
        facts,
        message,
        remedy: rule.remedy.clone(),
        controls: rule.controls.clone(),
        checklist: rule.checklist.clone(),
        waiver: None,
        gaps,
    }
}

/// The facts a reader wants first, in a few words: what it is, then where it came from.
fn observed(facts: &BTreeMap<Name, Fact>) -> Option<String> {
    /// Field, and the words before its value.
    const SAID: [(&str, &str); 22] = [
        ("problem", ""),
        ("outcome", ""),
        ("what", ""),
        ("type", ""),
        ("state", ""),
        ("restarts", "started again: "),
        ("scanned", "scanned: "),
        ("declared", "declared: "),
        ("where", "in "),
        ("origin", "origin "),
        ("by", "found by "),
        ("made_by", "made by "),
        ("visible", "visible in the end: "),
        ("platform", "for "),
        ("status", "HTTP status "),
        ("member", "member "),
        ("covered_root", "root covered: "),
        ("covered_nested", "subfolders covered: "),
        ("reincluded", "re-included: "),
        ("source", "source "),
        ("variables", "variables "),
        ("first_seen", "first seen "),
    ];
    let shown = |field: &str| shown(facts, field);
    let mut words = Vec::new();
    match (shown("class"), shown("value_kind")) {
        (Some(class), Some(kind)) if class != kind => words.push(format!("{class}: {kind}")),
        (Some(class), _) => words.push(class),
        _ => {}
    }
    if let Some(secret) = shown("secret") {
        let live = shown("value_kind").is_some_and(|kind| kind == "known-value");
        words.push(if live {
            format!("the live value of {secret}")
        } else {
            format!("a rotated value of {secret}, still embedded")
        });
    }
    // Whose value a container's is shows only beside the image's own.
    if shown("origin").is_some_and(|origin| origin == "unknown") && shown("running").is_some() {
        words.push("origin unknown: its image was not given".to_owned());
    }
    for (field, before) in SAID {
        if let Some(value) = shown(field).filter(|value| !value.is_empty() && value != "unknown") {
            words.push(format!("{before}{value}"));
        }
    }
    if let Some(refs) = shown("refs").filter(|refs| !refs.is_empty()) {
        words.push(format!("reached by {refs}"));
    }
    (!words.is_empty()).then(|| words.join(", "))
}

/// A fact as it is shown.
fn shown(facts: &BTreeMap<Name, Fact>, field: &str) -> Option<String> {
    facts.iter().find(|(name, _)| name.as_str() == field).map(|(_, fact)| fact.shown())
}

/// What tells one failing place from another, over runs and machines: the place, and what was seen there.
///
/// The class, the origin and the variables belong to it, so that the waiver of a placeholder, or of what a platform
/// injects, does not cover a literal or another variable that comes to stand in the same place.
fn identity(subject: &Subject, facts: &BTreeMap<Name, Fact>) -> Vec<String> {
    const SEEN: [&str; 8] = ["where", "what", "problem", "origin", "class", "outcome", "variables", "known"];
    let shown = |field: &str| shown(facts, field);
    let seen = SEEN.iter().map(|field| shown(field).unwrap_or_default());
    subject.identity().into_iter().chain(seen).chain(shown("made_by")).collect()
}

/// A gap's cause and place, and what was missed there; no count or code that another run would not repeat.
fn gap_identity(gap: &Gap) -> Vec<String> {
    let said = gap.hints.iter().filter(|hint| matches!(hint.what.as_str(), "what" | "key" | "member"));
    let said = said.map(|hint| hint.is.as_str().to_owned());
    std::iter::once(gap.cause.meaning().to_owned()).chain(gap.subject.identity()).chain(said).collect()
}

/// SHA-256 of rule and logical subject: stable over runs and machines, and no value is in it.
///
/// An unverified finding is identified by its gaps instead, each by cause and place: waiving one covers no other,
/// and no failure.
fn fingerprint(rule: &str, verdict: Verdict, subject: &Subject, facts: &BTreeMap<Name, Fact>, gaps: &[Gap]) -> String {
    let mut parts = vec![rule.to_owned()];
    if verdict == Verdict::Unverified {
        parts.extend(subject.identity());
        parts.extend(gaps.iter().flat_map(gap_identity));
    } else {
        parts.extend(identity(subject, facts));
    }
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    data_encoding::HEXLOWER.encode(&hash.finalize())
}
