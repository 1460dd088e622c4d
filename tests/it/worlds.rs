//! The law of the house: every rule passes in `clean`, fails in `leaky` (gates: unverified), and is
//! `unverified`, never `pass`, in `dark`. The loop is over the rule set, so a rule without a world fails here.

use crate::commands::{leakproof, report};
use serde_json::Value;
use std::collections::BTreeMap;

/// The worst verdict of each rule in a world.
fn verdicts(world: &str) -> (Value, BTreeMap<String, String>) {
    let report = report(leakproof().args(["demo", "--world", world, "-f", "json"]));
    let mut worst: BTreeMap<String, String> = BTreeMap::new();
    let rank = |verdict: &str| ["not-applicable", "pass", "unverified", "fail"].iter().position(|v| *v == verdict);
    for finding in report["findings"].as_array().unwrap() {
        let verdict = finding["verdict"].as_str().unwrap().to_owned();
        let entry = worst.entry(finding["rule"].as_str().unwrap().to_owned()).or_insert_with(|| verdict.clone());
        if rank(&verdict) > rank(entry) {
            *entry = verdict;
        }
    }
    (report, worst)
}

fn rules() -> Vec<(String, bool)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut found = Vec::new();
    for folder in std::fs::read_dir(&root).unwrap() {
        let folder = folder.unwrap().path();
        if folder.ends_with("detectors") {
            continue; // formats of credentials, which are no rules
        }
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let id = path.strip_prefix(&root).unwrap().with_extension("").to_string_lossy().to_string();
            found.push((id, text.contains("\ngate: true")));
        }
    }
    assert!(found.len() >= 14, "the rules were not found");
    found
}

#[test]
fn every_rule_passes_in_the_clean_world() {
    let (report, worst) = verdicts("clean");
    for (rule, _) in rules() {
        assert_eq!(worst.get(&rule).map(String::as_str), Some("pass"), "{rule}: {:#}", about(&report, &rule));
    }
}

#[test]
fn every_rule_fails_in_the_leaky_world_and_gates_are_unverified() {
    let (report, worst) = verdicts("leaky");
    for (rule, gate) in rules() {
        let expected = if gate { "unverified" } else { "fail" };
        assert_eq!(worst.get(&rule).map(String::as_str), Some(expected), "{rule}: {:#}", about(&report, &rule));
    }
}

#[test]
fn no_rule_passes_in_the_dark_world() {
    let (report, worst) = verdicts("dark");
    for (rule, _) in rules() {
        assert_eq!(worst.get(&rule).map(String::as_str), Some("unverified"), "{rule}: {:#}", about(&report, &rule));
    }
}

#[test]
fn the_worlds_exit_as_promised() {
    for (world, code) in [("clean", 0), ("leaky", 1), ("dark", 3)] {
        leakproof().args(["demo", "--world", world, "-q"]).assert().code(code);
    }
}

#[test]
fn two_runs_of_a_world_differ_in_the_service_s_port_only() {
    let run = |name: &str| {
        // The clean world, because a failing service is asked until the deadline: the count depends on time.
        let clean = ["demo", "--world", "clean", "-f", name];
        let bytes = leakproof().args(clean).assert().code(0).get_output().stdout.clone();
        let text = String::from_utf8(bytes).unwrap();
        // The port is in the endpoint's name, and with it in its fingerprint and the ledger's digest.
        let port =
            text.split("127.0.0.1:").nth(1).unwrap().chars().take_while(char::is_ascii_digit).collect::<String>();
        let text = text.replace(&port, "PORT");
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.retain(|line| !line.contains("fingerprint") && !line.contains("digest"));
        lines.join("\n")
    };
    assert!(run("json") == run("json"), "two runs differ");
}

fn about(report: &Value, rule: &str) -> Value {
    report["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == rule).cloned().collect()
}
