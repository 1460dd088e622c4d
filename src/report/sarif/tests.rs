//! Both flavours against the standard's schema, against what it cannot say, and against GitHub's ingestion.

use super::*;
use crate::report::sample;
use jsonschema::Validator;
use serde_json::Value;
use std::sync::LazyLock;

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let text = include_str!("../../../tests/data/schemas/sarif-schema-2.1.0.json");
    let schema: Value = serde_json::from_str(text).unwrap();
    jsonschema::draft4::options().should_validate_formats(true).build(&schema).unwrap()
});

fn parsed(bytes: Option<Vec<u8>>) -> Value {
    serde_json::from_slice(&bytes.unwrap()).unwrap()
}

fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The schema, and the standard's rules that it does not test.
fn standard(log: &Value) -> Vec<String> {
    let mut errors: Vec<String> =
        SCHEMA.iter_errors(log).map(|error| format!("{}: {error}", error.instance_path())).collect();
    for run in list(log, "/runs") {
        let ids: Vec<_> = list(run, "/tool/driver/rules").iter().map(|rule| &rule["id"]).collect();
        if ids.iter().enumerate().any(|(i, id)| ids[..i].contains(id)) {
            errors.push("duplicate rule id".to_owned());
        }
        if !run["results"].is_array() {
            errors.push("results are missing: the scan did not run".to_owned());
        }
        for invocation in list(run, "/invocations") {
            let failed = list(invocation, "/toolExecutionNotifications").iter().any(|n| n["level"] == "error");
            if failed == (invocation["executionSuccessful"] == true) {
                errors.push("executionSuccessful contradicts the notifications".to_owned());
            }
        }
        for (i, result) in list(run, "/results").iter().enumerate() {
            if result["kind"].as_str().unwrap_or("fail") != "fail" && result["level"] != "none" {
                errors.push(format!("{i}: level must be none unless the kind is fail"));
            }
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            if ids.get(index) != Some(&&result["ruleId"]) {
                errors.push(format!("{i}: ruleIndex does not match ruleId"));
            }
        }
    }
    errors
}

/// What GitHub refuses or drops.
fn ingestion(log: &Value, bytes: usize) -> Vec<String> {
    let mut errors = Vec::new();
    if bytes > 60 * 1024 * 1024 {
        errors.push("too large even before compression".to_owned());
    }
    for run in list(log, "/runs") {
        let results = list(run, "/results");
        if results.len() > 5_000 {
            errors.push("only 5,000 results are kept".to_owned());
        }
        let category = run["automationDetails"]["id"].as_str().unwrap().rsplit_once('/').unwrap().0;
        if !category.starts_with("leakproof/") || category.len() == "leakproof/".len() {
            errors.push(format!("category {category}"));
        }
        errors.extend(results.iter().enumerate().flat_map(|(i, result)| of_result(i, result)));
        let mut prints: Vec<_> =
            results.iter().map(|r| (r["ruleId"].as_str(), r["partialFingerprints"].to_string())).collect();
        prints.sort();
        prints.dedup();
        if prints.len() != results.len() {
            errors.push("two results share a fingerprint".to_owned());
        }
        errors.extend(list(run, "/tool/driver/rules").iter().flat_map(of_rule));
    }
    errors
}

fn of_result(i: usize, result: &Value) -> Vec<String> {
    let mut errors = Vec::new();
    let mut check = |holds: bool, what: &str| {
        if !holds {
            errors.push(format!("result {i}: {what}"));
        }
    };
    check(result.get("kind").is_none(), "a kind would be ignored");
    check(result.get("suppressions").is_none(), "a suppressed result would become an open alert");
    check(result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()), "message");
    let print = result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap_or_default();
    check(print.contains(':'), "primaryLocationLineHash");
    let location = &result["locations"][0]["physicalLocation"];
    let uri = location["artifactLocation"]["uri"].as_str().unwrap_or_default();
    check(!uri.is_empty(), "expected artifact location: the whole upload is rejected");
    let scheme = uri.split('/').next().is_some_and(|first| first.contains(':'));
    check(!scheme && !uri.starts_with('/') && !uri.split('/').any(|s| s == ".."), "uri is not relative to the root");
    check(uri.bytes().all(|b| b.is_ascii_graphic() && !b"\\\"<>^`{|}".contains(&b)), "uri is not escaped");
    for key in ["startLine", "startColumn", "endLine", "endColumn"] {
        check(location["region"][key].as_u64().is_some_and(|n| n >= 1), key);
    }
    errors
}

fn of_rule(rule: &Value) -> Vec<String> {
    let mut errors = Vec::new();
    let mut check = |holds: bool, what: &str| {
        if !holds {
            errors.push(format!("rule {}: {what}", rule["id"]));
        }
    };
    for key in ["shortDescription", "fullDescription", "help"] {
        let text = rule[key]["text"].as_str().unwrap_or_default();
        check(!text.is_empty() && text.chars().count() <= 1_024, key);
    }
    check(rule["name"].as_str().is_some_and(|name| !name.is_empty() && name.len() <= 255), "name");
    let tags = list(rule, "/properties/tags");
    check(tags.len() <= 10 && tags.contains(&"security".into()), "tags");
    let severity = rule["properties"]["security-severity"].as_str().and_then(|text| text.parse::<f64>().ok());
    check(severity.is_some_and(|n| n > 0.0 && n <= 10.0), "security-severity is a text in (0,10]");
    let precision = rule["properties"]["precision"].as_str();
    check(matches!(precision, Some("very-high" | "high" | "medium" | "low")), "precision");
    errors
}

fn github_errors(report: &Report) -> Vec<String> {
    let bytes = github(report).unwrap();
    let log: Value = serde_json::from_slice(&bytes).unwrap();
    [standard(&log), ingestion(&log, bytes.len())].concat()
}

fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn the_sample_is_accepted_in_both_flavours() {
    assert_eq!(github_errors(&sample::report()), none());
    assert_eq!(standard(&parsed(audit(&sample::report()))), none());
}

#[test]
fn the_checks_themselves_find_faults() {
    let mut log = parsed(github(&sample::report()));
    log["runs"][0]["results"][0]["locations"] = serde_json::json!([]);
    log["runs"][0]["results"][1]["kind"] = "pass".into();
    log["runs"][0]["results"][2]["ruleIndex"] = 0.into();
    log["runs"][0]["invocations"][0]["executionSuccessful"] = true.into();
    assert!(standard(&log).len() >= 3, "{:?}", standard(&log));
    assert!(ingestion(&log, 0).len() >= 3, "{:?}", ingestion(&log, 0));
    log["runs"][0]["columnKind"] = "bytes".into();
    log["runs"][0]["invocations"][0]["startTimeUtc"] = "today".into();
    assert!(SCHEMA.iter_errors(&log).count() >= 2);
}

#[test]
fn an_empty_report_is_a_run_that_found_nothing() {
    for log in [parsed(github(&sample::empty())), parsed(audit(&sample::empty()))] {
        assert_eq!(standard(&log), none());
        assert_eq!(list(&log, "/runs/0/results").len(), 0);
        assert!(log["runs"][0]["results"].is_array());
    }
    assert_eq!(github_errors(&sample::empty()), none());
}

#[test]
fn hostile_texts_break_neither_flavour() {
    for text in sample::hostile_texts() {
        let mut report = sample::hostile(&text);
        assert_eq!(github_errors(&report), none(), "{text:.60}");
        assert_eq!(standard(&parsed(audit(&report))), none(), "{text:.60}");
        report.header.config_file = None;
        assert_eq!(github_errors(&report), none(), "{text:.60}");
    }
}

#[test]
fn github_keeps_the_worst_five_thousand_and_says_so() {
    let report = sample::many(6_000);
    assert_eq!(github_errors(&report), none());
    let log = parsed(github(&report));
    let results = list(&log, "/runs/0/results");
    assert_eq!(results.len(), 5_000);
    assert_eq!(results.iter().filter(|r| r["level"] == "error").count(), 3_000);
    let notes = list(&log, "/runs/0/invocations/0/toolExecutionNotifications");
    let text =
        notes.iter().find(|n| n["descriptor"]["id"] == "report/cut").unwrap()["message"]["text"].as_str().unwrap();
    assert!(text.contains("1000 are left out"), "{text}");
    assert_eq!(list(&parsed(audit(&report)), "/runs/0/results").len(), 6_000);
}

#[test]
fn github_gets_what_is_wrong_or_open_and_nothing_else() {
    let report = sample::report();
    let log = parsed(github(&report));
    let results = list(&log, "/runs/0/results");
    assert_eq!(results.len(), report.findings.iter().filter(|f| f.counts()).count());
    let open: Vec<_> = results.iter().filter(|r| r["ruleId"].as_str().unwrap().ends_with("/unverified")).collect();
    assert_eq!(open.len(), 5);
    assert!(open.iter().all(|r| r["level"] == "warning"));
    assert!(!results.iter().any(|r| r["ruleId"].as_str().unwrap().starts_with("host/")), "waived ones are left out");
    assert_eq!(log["runs"][0]["automationDetails"]["id"], "leakproof/ml-incident-api-prod-audit/2026-11-23T16:00:00Z");
}

#[test]
fn places_are_files_of_the_repository_or_the_configuration() {
    let mut report = sample::report();
    let at = |report: &Report, rule: &str| {
        let log = parsed(github(report));
        let found = list(&log, "/runs/0/results").iter().find(|r| r["ruleId"] == rule).cloned().unwrap();
        let location = &found["locations"][0];
        let region = location["physicalLocation"]["region"]["startLine"].as_u64().unwrap();
        let uri = location["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap().to_owned();
        (uri, region, location["logicalLocations"][0]["fullyQualifiedName"].as_str().unwrap().to_owned())
    };
    let (uri, line, _) = at(&report, "git/history");
    assert_eq!((uri.as_str(), line), ("services/api/.env", 2));
    let (uri, line, full) = at(&report, "run/container-env");
    assert_eq!((uri.as_str(), line), ("leakproof.yaml", 1));
    assert_eq!(full, "container:ml-incident-api/JWT_SECRET_KEY");
    report.header.config_file = None;
    assert_eq!(at(&report, "run/container-env").0, ".leakproof/targets/container-ml-incident-api");
}

#[test]
fn the_audit_flavour_holds_every_verdict_and_the_waiver() {
    let report = sample::report();
    let log = parsed(audit(&report));
    let results = list(&log, "/runs/0/results");
    assert_eq!(results.len(), report.findings.len());
    for (kind, verdict) in
        [("pass", "pass"), ("fail", "fail"), ("open", "unverified"), ("notApplicable", "not-applicable")]
    {
        let expected = report.findings.iter().filter(|f| f.verdict.word() == verdict).count();
        assert_eq!(results.iter().filter(|r| r["kind"] == kind).count(), expected, "{kind}");
    }
    let suppressed: Vec<_> = results.iter().filter(|r| r.get("suppressions").is_some()).collect();
    assert_eq!(suppressed.len(), 1);
    assert_eq!(suppressed[0]["suppressions"][0]["status"], "accepted");
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], false, "a refused connection is an error");
}
