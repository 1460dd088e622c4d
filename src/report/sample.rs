//! Reports for the tests of this folder: a believable one, an empty one, a hostile one, a large one.

use crate::evidence::{Cause, Coverage, CustodyLine, Fact, Gap, Header, Kind, Name, Place, Subject, Target, Timestamp};
use crate::verdict::{CHECKLIST, ChecklistLine, Counts, Finding, Report, RuleInfo, Severity, Verdict, Waiver};
use std::collections::BTreeMap;

pub(super) static ENV: Kind = kind("container.env");
static HISTORY: Kind = kind("git.history");
static STORE: Kind = kind("git.store");
static HEALTH: Kind = kind("service.health");

const fn kind(name: &'static str) -> Kind {
    Kind { name, meaning: "", declared_by: "", live: false, unit: "", fields: &[] }
}

fn name(text: &str) -> Name {
    Name::admit(text).unwrap()
}

fn controls() -> BTreeMap<String, Vec<String>> {
    [("cwe", "CWE-526"), ("nist-800-53r5", "IA-5(7)"), ("pci-dss-4.0.1", "8.6.2")]
        .map(|(framework, id)| (framework.to_owned(), vec![id.to_owned()]))
        .into()
}

pub(super) fn rule(id: &'static str, title: &str, severity: Severity, item: Option<u8>) -> RuleInfo {
    RuleInfo {
        id: Name::fixed(id),
        title: title.to_owned(),
        why: "Whoever may ask the engine or read the place reads the credential.".to_owned(),
        remedy: "Rotate the credential, keep it in the secrets manager and hand the service a reference to it."
            .to_owned(),
        severity,
        controls: controls(),
        checklist: item.into_iter().collect(),
    }
}

fn rules() -> Vec<RuleInfo> {
    vec![
        rule("git/complete", "The whole history was there to be examined", Severity::High, Some(8)),
        rule("git/history", "No secret in any version of an env file", Severity::High, Some(8)),
        rule("git/ignore", ".env is ignored at every depth", Severity::Medium, Some(8)),
        rule("host/env-files", "No .env file on the production host", Severity::High, Some(7)),
        rule("image/env-and-args", "No secret in ENV or ARG of an image", Severity::Critical, Some(2)),
        rule("meta/coverage", "Everything declared was examined", Severity::Medium, None),
        rule("run/container-env", "No plaintext secret in a container's environment", Severity::Critical, Some(1)),
        rule("service/health", "The service says that it is healthy", Severity::Medium, Some(3)),
        rule("service/ready", "The service says that it is ready", Severity::Medium, Some(4)),
    ]
}

/// A finding of one of the sample's rules, with the message that evaluation writes.
pub(super) fn finding(rule: &'static str, verdict: Verdict, subject: Subject, reason: &str) -> Finding {
    let info = rules().into_iter().find(|info| info.id.as_str() == rule).unwrap();
    let message = format!("{}: {}: {reason}", info.title, subject.shown());
    let identity = format!("{rule} {}", subject.identity().join(" "));
    Finding {
        rule: info.id,
        verdict,
        severity: info.severity,
        subject,
        facts: BTreeMap::new(),
        message,
        remedy: info.remedy,
        controls: info.controls,
        fingerprint: data_encoding::HEXLOWER.encode(&<sha2::Sha256 as sha2::Digest>::digest(identity)),
        checklist: info.checklist,
        waiver: None,
        gaps: Vec::new(),
    }
}

fn variable(target: &Target, variable: &str, class: &'static str) -> Finding {
    let place = Place { variable: Some(name(variable)), ..Place::default() };
    let reason = format!("holds a value of class {class}");
    let mut finding = finding("run/container-env", Verdict::Fail, Subject::at(target, place), &reason);
    finding.facts = [
        ("class", Fact::word(class)),
        ("value_kind", Fact::word("jwt-hmac-key")),
        ("origin", Fact::word("operator")),
        ("known", Fact::Bool(true)),
        ("declared", Fact::List(vec![Fact::word("a"), Fact::Int(3)])),
        ("created", Fact::Time(Timestamp::from_unix(1_790_000_000))),
    ]
    .map(|(key, fact)| (Name::fixed(key), fact))
    .into();
    finding
}

fn shallow(kind: &'static Kind, target: &Target) -> Gap {
    Gap::new(kind, Subject::whole(target), Cause::ShallowHistory).with("run", Name::fixed("git fetch --unshallow"))
}

fn findings() -> Vec<Finding> {
    let app = Target::new("container", name("ml-incident-api"));
    let image = Target::new("image", name("registry.example.org/ml-incident-api:1.2.3"));
    let repository = Target::new("git", name("."));
    let host = Target::new("host", name("local"));
    let service = Target::new("endpoint", name("http://127.0.0.1:8000"));
    let mut all: Vec<_> = (0..7).map(|i| variable(&app, &format!("WORKER_TOKEN_{i}"), "plaintext")).collect();
    all.push(variable(&app, "JWT_SECRET_KEY", "plaintext"));
    let layer = Place { layer: Some(name("step 4")), variable: Some(name("JWT_SECRET_KEY")), ..Place::default() };
    all.push(finding("image/env-and-args", Verdict::Fail, Subject::at(&image, layer), "ENV holds a value"));
    for rule in ["git/complete", "git/history", "git/ignore", "meta/coverage"] {
        let mut open = finding(rule, Verdict::Unverified, Subject::whole(&repository), "history ends early");
        open.gaps = vec![shallow(&HISTORY, &repository), shallow(&STORE, &repository)];
        all.push(open);
    }
    let mut refused = finding("service/health", Verdict::Unverified, Subject::whole(&service), "no answer");
    refused.gaps =
        vec![Gap::new(&HEALTH, Subject::whole(&service), Cause::Refused).with("operation", name("GET /health"))];
    all.push(refused);
    let file = Place { path: Some(name("/srv/app/.env")), line: Some(3), ..Place::default() };
    let mut waived = finding("host/env-files", Verdict::Fail, Subject::at(&host, file), "the file exists");
    waived.waiver = Some(Waiver {
        rule: waived.rule.clone(),
        fingerprint: waived.fingerprint.clone(),
        correlator: None,
        reason: name("moves with the next release"),
        owner: name("platform team"),
        ticket: Some(name("OPS-12")),
        expires: Timestamp::from_unix(1_801_000_000),
    });
    all.push(waived);
    let path = Place { path: Some(name("services/api/.env")), line: Some(2), ..Place::default() };
    all.push(finding("git/history", Verdict::Fail, Subject::at(&repository, path), "a version holds a value"));
    all.push(finding("service/ready", Verdict::Pass, Subject::whole(&service), "as expected"));
    all.push(finding("host/env-files", Verdict::NotApplicable, Subject::whole(&app), "no host of ours"));
    all
}

fn header() -> Header {
    Header {
        tool_version: Name::fixed("0.1.0"),
        service: Some(name("ml-incident-api")),
        environment: Some(name("prod")),
        profile: Name::fixed("audit"),
        rules: rules().into_iter().map(|rule| rule.id).collect(),
        rules_digest: Name::fixed("sha256:0000"),
        config_file: Some(name("leakproof.yaml")),
        started_at: Timestamp::from_unix(1_795_449_600),
        finished_at: Timestamp::from_unix(1_795_449_604),
        offline: false,
        scope: None,
        origin: Name::fixed("live"),
    }
}

fn coverage() -> Vec<Coverage> {
    let repository = Target::new("git", name("."));
    let app = Target::new("container", name("ml-incident-api"));
    let mut history = Coverage::new(&HISTORY, &repository).with("commits", 1_204).with("bytes", 12_345_678);
    history.miss(name("commits before the shallow boundary"), Cause::ShallowHistory);
    let mut env = Coverage::new(&ENV, &app).with("variables", 14);
    env.identify("digest", Name::digest(&format!("sha256:{}", "ab".repeat(32))).unwrap());
    vec![history, Coverage::new(&STORE, &repository).with("commits", 1_204).with("refs", 1), env]
}

/// Builds a report over findings as evaluation does.
pub(super) fn over(findings: Vec<Finding>, rules: Vec<RuleInfo>) -> Report {
    let worst = |item: Option<u8>| {
        findings
            .iter()
            .filter(|f| f.waiver.is_none() && item.is_none_or(|item| f.checklist.contains(&item)))
            .map(|f| f.verdict)
            .max()
    };
    let line = |(item, title): (u8, &&str)| ChecklistLine {
        item,
        title: (*title).to_owned(),
        verdict: worst(Some(item)).unwrap_or(Verdict::Unverified),
        rules: rules.iter().filter(|rule| rule.checklist.contains(&item)).map(|rule| rule.id.clone()).collect(),
    };
    Report {
        header: header(),
        verdict: worst(None).unwrap_or(Verdict::Unverified),
        counts: Counts::of(&findings),
        checklist: (1..).zip(&CHECKLIST).map(line).collect(),
        custody: Vec::new(),
        gaps: findings.iter().flat_map(|f| f.gaps.clone()).collect(),
        coverage: Vec::new(),
        notes: Vec::new(),
        digest: format!("sha256:{}", "cd".repeat(32)),
        findings,
        rules,
    }
}

/// A believable report: every verdict, a waiver, a shallow clone, a service that does not answer.
pub(super) fn report() -> Report {
    let mut report = over(findings(), rules());
    report.coverage = coverage();
    report.notes = vec!["5 rules were not selected: the configuration declares no audit log.".to_owned()];
    report.custody = vec![
        CustodyLine {
            secret: name("JWT_SECRET_KEY"),
            source: Some(name("aws-secretsmanager:us-east-1:ml-incident/prod/jwt-secret-key")),
            references: 1,
            exposed: 2,
            seen_in: [(Name::fixed("container.env"), 2)].into(),
        },
        CustodyLine { secret: name("REDIS_URL"), source: None, references: 0, exposed: 0, seen_in: BTreeMap::new() },
    ];
    report
}

/// A report of a run that selected nothing.
pub(super) fn empty() -> Report {
    let mut report = over(Vec::new(), Vec::new());
    report.header.service = None;
    report.header.config_file = None;
    report
}

/// A report over `n` failures.
pub(super) fn many(n: usize) -> Report {
    let app = Target::new("container", name("ml-incident-api"));
    let findings = (0..n).map(|i| {
        let mut finding = variable(&app, &format!("TOKEN_{i}"), "plaintext");
        finding.severity = if i % 2 == 0 { Severity::Low } else { Severity::Critical };
        finding
    });
    over(findings.collect(), rules())
}

/// Texts that terminals, viewers, CI logs and parsers have been fooled by.
pub(super) fn hostile_texts() -> Vec<String> {
    vec![
        "\u{1b}[2J\u{1b}]0;owned\u{7}red".to_owned(),
        "a\u{202e}gpj.exe\u{2066}".to_owned(),
        "x\n::error::owned".to_owned(),
        "word ::error file=a::owned ##[error]x ##vso[task.complete]y".to_owned(),
        "]]><failure>owned</failure><![CDATA[".to_owned(),
        "line one\r\nline two\rline three\n\n".to_owned(),
        "long ".repeat(2_000),
        "longword".repeat(1_250),
        "<script>alert(1)</script>&amp;\"'".to_owned(),
        "\u{0}\u{8}\u{b}\u{fffe}\u{ffff}\u{feff}".to_owned(),
        "[click](javascript:alert(1)) {0} {{1}} `x` | y".to_owned(),
        String::new(),
        "../../etc/passwd".to_owned(),
        "docker://host/x:y".to_owned(),
    ]
}

/// A report that holds one of those texts wherever text can stand.
pub(super) fn hostile(text: &str) -> Report {
    let mut report = report();
    let shown = Name::admit_or(text, "hostile text", 1);
    report.header.service = Some(shown.clone());
    report.header.config_file = Some(shown.clone());
    report.notes.push(text.to_owned());
    for finding in &mut report.findings {
        finding.message = text.to_owned();
        finding.remedy = text.to_owned();
        finding.subject.target.name = shown.clone();
        finding.subject.place.path = Some(shown.clone());
        finding.facts.insert(shown.clone(), Fact::Name(shown.clone()));
        finding.controls.insert(text.to_owned(), vec![text.to_owned()]);
        for gap in &mut finding.gaps {
            gap.subject.target.name = shown.clone();
        }
    }
    for rule in &mut report.rules {
        for place in [&mut rule.title, &mut rule.why, &mut rule.remedy] {
            text.clone_into(place);
        }
        rule.controls.insert(text.to_owned(), vec![text.to_owned()]);
    }
    report
}
