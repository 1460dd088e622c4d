use super::*;
use crate::evidence::{Cause, Fact, Gap, Kind, Name, Subject, Target};
use crate::report::sample;

fn text(report: &Report, view: &View) -> String {
    String::from_utf8(render(report, view)).unwrap()
}

#[test]
fn the_sample_reads_in_eighty_columns() {
    let out = text(&sample::report(), &View::default());
    assert!(out.lines().all(|line| page::columns(line) <= 80), "{out}");
    for line in [
        "CHECKLIST: 6 of 8 items checked",
        " 1 FAIL           no plaintext secret in container environments",
        " 5 not checked    secret reads are in the audit log",
        "  and 3 more in container ml-incident-api; see -f json",
        "  - 1 repository: 1,204 commits, 1 ref, 12.3 MB; 1 part not examined (shallow",
        "VERDICT: FAIL  11 failed, 5 unverified, 1 of these waived, 1 passed, 1 not",
    ] {
        assert!(out.lines().any(|shown| shown == line), "{line}\n{out}");
    }
    assert_eq!(out.matches("fix: ").count(), 3, "one remedy per rule\n{out}");
}

#[test]
fn a_shallow_clone_is_one_line_with_its_command() {
    let out = text(&sample::report(), &View::default());
    let line = "  ? git .: shallow clone: history ends early; run: `git fetch --unshallow`";
    assert_eq!(out.lines().filter(|shown| *shown == line).count(), 1, "{out}");
    assert_eq!(out.matches("--unshallow").count(), 1, "{out}");
    assert!(out.contains("leaves open: git/complete, git/history, git/ignore, meta/coverage"));
}

#[test]
fn quiet_is_failures_and_the_verdict() {
    let out = text(&sample::report(), &View { quiet: true, ..View::default() });
    assert!(out.starts_with("FAILURES"));
    for absent in ["CHECKLIST", "UNVERIFIED\n", "EXAMINED", "WAIVED\n"] {
        assert!(!out.contains(absent), "{out}");
    }
    assert!(out.contains("VERDICT: FAIL"));
}

#[test]
fn verbose_lists_what_passed() {
    let out = text(&sample::report(), &View { verbose: true, ..View::default() });
    assert!(out.contains("PASSED\n  service/ready: endpoint http://127.0.0.1:8000"), "{out}");
    assert!(out.contains("declared a, 3"), "{out}");
    assert!(!text(&sample::report(), &View::default()).contains("PASSED\n"));
}

#[test]
fn an_empty_report_proves_nothing_and_says_so() {
    let out = text(&sample::empty(), &View::default());
    assert!(out.contains("0 of 8 items checked") && out.contains("EXAMINED\n  nothing"), "{out}");
    assert!(out.contains("VERDICT: UNVERIFIED"), "{out}");
}

#[test]
fn hostile_texts_stay_in_their_column_and_command_nothing() {
    for hostile in sample::hostile_texts() {
        for width in [0, 40, 80, 200] {
            let out = text(&sample::hostile(&hostile), &View { verbose: true, width, ..View::default() });
            assert!(out.lines().all(|line| page::columns(line) <= width.max(62)), "{out}");
            assert!(out.lines().all(|line| !line.trim_start().starts_with("::")), "{out}");
            assert!(!out.contains("##[") && !out.contains("##vso["), "{out}");
        }
    }
}

#[test]
fn colour_changes_no_word() {
    let plain = text(&sample::report(), &View::default());
    let mut coloured = text(&sample::report(), &View { colour: true, ..View::default() });
    assert!(coloured.contains("\u{1b}[1;31m"));
    for code in ["0", "1", "2", "1;31", "1;33", "32"] {
        coloured = coloured.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(plain, coloured);
}

#[test]
fn thousands_of_findings_stay_short() {
    let out = text(&sample::many(6_000), &View::default());
    assert!(out.lines().count() < 80, "{}", out.lines().count());
    assert!(out.contains("and 5995 more in container ml-incident-api"));
}

#[test]
fn a_failure_says_what_was_observed_and_then_its_ids() {
    let mut report = sample::report();
    let failed = report.findings.iter_mut().find(|f| f.rule.as_str() == "image/env-and-args").unwrap();
    let (title, subject) = ("No secret in ENV or ARG of an image", failed.subject.shown());
    failed.message = format!("{title}: {subject} (plaintext: hex-key, origin unknown, refs a, b)");
    failed.facts = [("origin", Fact::word("unknown")), ("correlator", Fact::word("0123456789abcdef"))]
        .map(|(key, fact)| (Name::fixed(key), fact))
        .into();
    let short = failed.fingerprint[..12].to_owned();
    let out = text(&report, &View::default());
    let lines = format!(
        "           plaintext: hex-key, refs a, b\n           value id 0123456789abcdef, fingerprint {short}\n"
    );
    assert!(out.contains(&lines), "{out}");
    assert_eq!(out.matches("full fingerprint").count(), 1, "{out}");
}

#[test]
fn what_does_not_apply_is_listed_with_its_reason() {
    let mut report = sample::report();
    let line = |why: &str| format!("NOT APPLICABLE\n  - host/env-files: container ml-incident-api ({why})\n");
    assert!(text(&report, &View::default()).contains(&line("no host of ours")), "from the message");
    let finding = report.findings.iter_mut().find(|f| f.verdict == Verdict::NotApplicable).unwrap();
    finding.facts = [(Name::fixed("reason"), Fact::word("no host at all"))].into();
    assert!(text(&report, &View::default()).contains(&line("no host at all")), "from the fact");
    assert!(!text(&report, &View { quiet: true, ..View::default() }).contains("NOT APPLICABLE"));
}

#[test]
fn keys_that_declare_nothing_are_one_line_each_or_one_for_all() {
    static KIND: Kind =
        Kind { name: "container.env", meaning: "", declared_by: "", live: false, unit: "", fields: &[] };
    let open = |rule, key: &'static str| {
        let target = Target::new("configuration", Name::fixed(key));
        let gap = Gap::new(&KIND, Subject::whole(&target), Cause::NotDeclared).with("key", Name::fixed(key));
        let mut finding = sample::finding(rule, Verdict::Unverified, Subject::whole(&target), "");
        finding.gaps = vec![gap];
        finding
    };
    let mut report = sample::empty();
    report.findings = vec![open("run/container-env", "containers"), open("meta/coverage", "containers")];
    let out = text(&report, &View { width: 120, ..View::default() });
    let line = "  ? containers: not declared in the configuration (leaves open: meta/coverage, run/container-env)\n";
    assert!(out.contains(line), "{out}");
    for (rule, key) in [("host/env-files", "hosts"), ("image/env-and-args", "images"), ("service/ready", "service_url")]
    {
        report.findings.push(open(rule, key));
    }
    let out = text(&report, &View { width: 200, ..View::default() });
    let line = "  ? containers, hosts, images, service_url: not declared in the configuration (leaves open: host/env-files, \
                image/env-and-args, meta/coverage, run/container-env, service/ready)\n";
    assert!(out.contains(line), "{out}");
}
