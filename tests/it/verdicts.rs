//! How a verdict falls: rules over small ledgers, no collector.

use leakproof::collect;
use leakproof::evaluate::{RUN_COVERAGE, evaluate};
use leakproof::evidence::{
    Cause, Coverage, Declared, Evidence, Fact, Gap, Header, Inapplicable, Kind, LEDGER_SCHEMA, Ledger, Name, Place,
    Subject, Target, Timestamp, Waiver,
};
use leakproof::rule::{Rule, RuleSet, RuleSource};
use leakproof::verdict::{Finding, Severity, Verdict};
use proptest::prelude::*;

fn kind() -> &'static Kind {
    collect::kinds().find(|kind| kind.name == "container.env").unwrap()
}

fn rules() -> RuleSet {
    let mut sources = Vec::new();
    for id in ["run/container-env", "meta/coverage"] {
        let file = format!("{}/rules/{id}.yaml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&file).unwrap();
        sources.push(RuleSource { id: id.to_owned(), file, text });
    }
    let mut kinds: Vec<&'static Kind> = collect::kinds().collect();
    kinds.push(&RUN_COVERAGE);
    RuleSet::compile(&sources, &kinds).unwrap()
}

fn target() -> Target {
    Target::new("container", Name::fixed("api"))
}

fn ledger() -> Ledger {
    let at = Timestamp::from_unix(1_700_000_000);
    Ledger {
        schema: LEDGER_SCHEMA.to_owned(),
        header: Header {
            tool_version: Name::fixed("0"),
            service: None,
            environment: None,
            profile: Name::fixed("audit"),
            rules: Vec::new(),
            rules_digest: Name::fixed("none"),
            config_file: None,
            started_at: at,
            finished_at: at,
            offline: false,
            scope: None,
            origin: Name::fixed("live"),
        },
        secrets: Vec::new(),
        declared: vec![Declared { kind: Name::fixed(kind().name), target: target() }],
        absent: Vec::new(),
        evidence: Vec::new(),
        gaps: Vec::new(),
        coverage: Vec::new(),
        inapplicable: Vec::new(),
        waivers: Vec::new(),
        notes: Vec::new(),
    }
}

fn entry(variable: &'static str, class: &'static str, origin: &'static str) -> Evidence {
    let place = Place { variable: Some(Name::fixed(variable)), ..Place::default() };
    let facts = [("class", Fact::word(class)), ("origin", Fact::word(origin)), ("known", Fact::Bool(false))];
    Evidence::new(kind(), Subject::at(&target(), place), facts, Timestamp::from_unix(0))
}

fn examined() -> Coverage {
    Coverage::new(kind(), &target()).with("containers", 1).with("variables", 3)
}

fn gap(cause: Cause) -> Gap {
    Gap::new(kind(), Subject::whole(&target()), cause)
}

fn judged(ledger: &Ledger) -> Vec<Finding> {
    let set = rules();
    let all: Vec<&Rule> = set.rules.iter().collect();
    evaluate(&all, ledger, &ledger.waivers, ledger.header.started_at)
}

fn of<'a>(findings: &'a [Finding], rule: &str) -> Vec<&'a Finding> {
    findings.iter().filter(|finding| finding.rule.as_str() == rule).collect()
}

#[test]
fn nothing_examined_is_never_a_pass() {
    let findings = judged(&ledger());
    assert_eq!(of(&findings, "run/container-env")[0].verdict, Verdict::Unverified);
    assert_eq!(of(&findings, "meta/coverage")[0].verdict, Verdict::Unverified);
    let mut empty = ledger();
    empty.coverage.push(Coverage::new(kind(), &target()).with("containers", 0));
    assert_eq!(of(&judged(&empty), "run/container-env")[0].verdict, Verdict::Unverified);
}

#[test]
fn a_scan_that_found_nothing_passes_by_its_coverage_alone() {
    let mut ledger = ledger();
    ledger.coverage.push(examined());
    let findings = judged(&ledger);
    assert!(findings.iter().all(|finding| finding.verdict == Verdict::Pass), "{findings:#?}");
}

#[test]
fn incomplete_coverage_is_unverified_and_says_what_is_missing() {
    let mut ledger = ledger();
    let mut coverage = examined();
    coverage.miss(Name::fixed("worker-2"), Cause::Denied);
    ledger.coverage.push(coverage);
    let findings = judged(&ledger);
    let finding = of(&findings, "run/container-env")[0];
    assert_eq!(finding.verdict, Verdict::Unverified);
    assert!(finding.message.contains("worker-2"), "{}", finding.message);
}

#[test]
fn a_failure_does_not_hide_what_was_not_examined() {
    let mut ledger = ledger();
    ledger.evidence.push(entry("JWT_SECRET_KEY", "plaintext", "runtime"));
    ledger.coverage.push(examined());
    ledger.gaps.push(gap(Cause::Denied));
    let findings = judged(&ledger);
    let verdicts: Vec<Verdict> = of(&findings, "run/container-env").iter().map(|finding| finding.verdict).collect();
    assert_eq!(verdicts, [Verdict::Fail, Verdict::Unverified]);
    assert_eq!(of(&findings, "meta/coverage")[0].verdict, Verdict::Unverified);
}

#[test]
fn each_failing_place_is_one_finding_with_its_own_severity() {
    let mut ledger = ledger();
    ledger.evidence.push(entry("A", "plaintext", "platform"));
    ledger.evidence.push(entry("B", "plaintext", "runtime"));
    ledger.evidence.push(entry("C", "template-failure", "platform"));
    ledger.evidence.push(entry("D", "reference", "runtime"));
    ledger.coverage.push(examined());
    let findings = judged(&ledger);
    let of_rule = of(&findings, "run/container-env");
    let severity = |variable: &str| {
        let place = |f: &&&Finding| f.subject.place.variable.as_ref().is_some_and(|name| name.as_str() == variable);
        of_rule.iter().find(place).map(|finding| finding.severity)
    };
    assert_eq!(severity("A"), Some(Severity::Medium));
    assert_eq!(severity("B"), Some(Severity::Critical));
    assert_eq!(severity("C"), Some(Severity::Critical), "a guessable key is critical, whoever injects it");
    assert_eq!(severity("D"), None);
}

#[test]
fn the_waiver_of_an_injected_value_does_not_cover_a_literal() {
    let mut injected = ledger();
    injected.evidence.push(entry("A", "plaintext", "platform"));
    injected.coverage.push(examined());
    let fingerprint = of(&judged(&injected), "run/container-env")[0].fingerprint.clone();
    let waiver = Waiver {
        rule: Name::fixed("run/container-env"),
        fingerprint,
        correlator: None,
        reason: Name::fixed("accepted"),
        owner: Name::fixed("platform"),
        ticket: None,
        expires: Timestamp::from_unix(1_800_000_000),
    };
    injected.waivers.push(waiver.clone());
    let findings = judged(&injected);
    assert!(of(&findings, "run/container-env")[0].waiver.is_some());
    assert_eq!(of(&findings, "run/container-env")[0].verdict, Verdict::Fail, "a waiver marks, it does not change");
    let mut literal = ledger();
    literal.evidence.push(entry("A", "plaintext", "runtime"));
    literal.coverage.push(examined());
    literal.waivers.push(waiver);
    assert!(of(&judged(&literal), "run/container-env")[0].waiver.is_none());
}

#[test]
fn the_waiver_of_a_gap_covers_no_other_gap_and_no_failure() {
    let mut denied = ledger();
    denied.coverage.push(examined());
    denied.gaps.push(gap(Cause::Denied));
    let print = |ledger: &Ledger| of(&judged(ledger), "run/container-env")[0].fingerprint.clone();
    let mut timeout = denied.clone();
    timeout.gaps[0] = gap(Cause::Timeout);
    let mut fails = ledger();
    fails.coverage.push(examined());
    let mut unnamed = entry("A", "plaintext", "runtime");
    unnamed.subject = Subject::whole(&target());
    fails.evidence.push(unnamed);
    assert_ne!(print(&denied), print(&timeout));
    assert_ne!(print(&denied), print(&fails));
    // The same cause in another place is another gap.
    let place = leakproof::evidence::Place { path: Some(Name::fixed("b/compose.yaml")), ..Default::default() };
    let mut elsewhere = denied.clone();
    elsewhere.gaps.push(Gap::new(kind(), Subject::at(&target(), place), Cause::Denied));
    assert_ne!(print(&denied), print(&elsewhere));
}

#[test]
fn the_waiver_of_an_env_file_covers_no_variable_that_comes_later() {
    let file = |variables: &[&'static str]| {
        let mut ledger = ledger();
        let mut found = entry("A", "plaintext", "runtime");
        let names = variables.iter().map(|name| Fact::Name(Name::fixed(name))).collect();
        found.facts.insert(Name::fixed("variables"), Fact::List(names));
        ledger.evidence.push(found);
        ledger.coverage.push(examined());
        of(&judged(&ledger), "run/container-env")[0].fingerprint.clone()
    };
    assert_eq!(file(&["A_TOKEN"]), file(&["A_TOKEN"]));
    assert_ne!(file(&["A_TOKEN"]), file(&["A_TOKEN", "JWT_SECRET_KEY"]));
}

#[test]
fn an_observed_reason_makes_a_rule_not_applicable_but_not_over_a_gap() {
    let mut ledger = ledger();
    let reason = Name::fixed("no container runs here");
    ledger.inapplicable.push(Inapplicable { kind: Name::fixed(kind().name), target: target(), reason });
    assert_eq!(of(&judged(&ledger), "run/container-env")[0].verdict, Verdict::NotApplicable);
    ledger.gaps.push(gap(Cause::Refused));
    assert_eq!(of(&judged(&ledger), "run/container-env")[0].verdict, Verdict::Unverified);
}

#[test]
fn evidence_without_the_facts_a_rule_needs_is_unverified() {
    let mut ledger = ledger();
    let mut bare = entry("A", "plaintext", "runtime");
    bare.facts.clear();
    ledger.evidence.push(bare);
    ledger.coverage.push(examined());
    assert_eq!(of(&judged(&ledger), "run/container-env")[0].verdict, Verdict::Unverified);
}

proptest! {
    /// Whatever the mixture: a pass means no exposed value, no gap, and complete coverage.
    #[test]
    fn a_pass_always_has_its_proof(
        classes in prop::collection::vec(0..leakproof::evidence::Class::WORDS.len(), 0..6),
        gaps in 0..3_usize,
        units in 0..3_u64,
        missed in any::<bool>(),
    ) {
        let mut ledger = ledger();
        let words = leakproof::evidence::Class::WORDS;
        for class in &classes {
            ledger.evidence.push(entry("A", words[*class], "runtime"));
        }
        ledger.gaps = (0..gaps).map(|_| gap(Cause::Timeout)).collect();
        let mut coverage = Coverage::new(kind(), &target()).with("containers", units);
        if missed {
            coverage.miss(Name::fixed("part"), Cause::Denied);
        }
        ledger.coverage.push(coverage);
        ledger.settle();
        let findings = judged(&ledger);
        let worst = of(&findings, "run/container-env").iter().map(|finding| finding.verdict).max().unwrap();
        let exposed = classes.iter().any(|class| ["plaintext", "placeholder", "template-failure"].contains(&words[*class]));
        let proven = !exposed && gaps == 0 && units > 0 && !missed;
        prop_assert_eq!(worst == Verdict::Pass, proven);
        prop_assert_eq!(worst == Verdict::Fail, exposed);
    }
}
