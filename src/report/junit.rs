//! `junit`: test results for CI servers, one suite per checklist item, one case per finding.
//!
//! The `junit-report` crate writes texts as they come: a control character makes its XML ill-formed and `]]>`
//! leaves its CDATA. Every text goes through [`clean`] or [`attribute`] first.

use super::gaps;
use super::plain::bounded;
use crate::evidence::Fact;
use crate::verdict::{ChecklistLine, Finding, Report, Verdict};
use junit_report::{Duration, OffsetDateTime, ReportBuilder, TestCase, TestResult, TestSuite};
use std::collections::BTreeMap;

/// The words of this format that stand where a value could be searched for.
pub(super) const WORDS: &[&str] = &[
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>",
    "testsuites",
    "testsuite",
    "testcase",
    "classname",
    "failures",
    "timestamp",
    "hostname=\"localhost\"",
    "package=\"testsuite/",
    "incomplete",
    "collector",
    "not-applicable",
    "no rule selected",
    "fingerprint:",
    "leaves open",
    "leakproof",
    "<![CDATA[",
];
/// GitLab shows the element's text and Jenkins cuts it; longer ones help nobody.
const LONGEST_TEXT: usize = 10_000;
/// The one-line message.
const LONGEST_ATTRIBUTE: usize = 1_000;
/// GitLab refuses files of 30 MB and more.
const MOST_CASES: usize = 5_000;

/// The report as `JUnit` XML that `junit-10.xsd` accepts.
pub(super) fn render(report: &Report) -> Option<Vec<u8>> {
    let findings = super::ordered(report);
    let names = names(&findings);
    let mut suites: Vec<TestSuite> = report.checklist.iter().map(|line| suite(report, &item_name(line))).collect();
    let mut other = suite(report, "leakproof other rules");
    for (finding, name) in findings.iter().zip(names).take(MOST_CASES) {
        // A rule that counts for two items is one case all the same: CI servers count cases.
        let place = report.checklist.iter().position(|line| finding.checklist.contains(&line.item));
        place.and_then(|i| suites.get_mut(i)).unwrap_or(&mut other).add_testcase(case(report, finding, &name));
    }
    for (suite, line) in suites.iter_mut().zip(&report.checklist) {
        if suite.testcases.is_empty() {
            suite.add_testcase(placeholder(line)); // Jenkins drops suites without a case
        }
    }
    if let Some(more) = findings.len().checked_sub(MOST_CASES).filter(|more| *more > 0) {
        let message = format!("{more} more findings are left out here; -f json holds them all");
        other.add_testcase(TestCase::error("more findings", Duration::ZERO, "incomplete", &message));
    }
    if !other.testcases.is_empty() || suites.is_empty() {
        suites.push(other);
    }
    let mut bytes = Vec::new();
    ReportBuilder::new().add_testsuites(suites).build().write_xml(&mut bytes).ok()?;
    bytes.push(b'\n');
    String::from_utf8(bytes).ok().map(|xml| without_zone(&xml).into_bytes())
}

/// Readers want times without a zone; the crate writes one.
fn without_zone(xml: &str) -> String {
    let mut parts = xml.split("timestamp=\"");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("timestamp=\"");
        match part.split_once("Z\"") {
            Some((stamp, rest)) if stamp.len() == 19 => {
                out.push_str(stamp);
                out.push('"');
                out.push_str(rest);
            }
            _ => out.push_str(part),
        }
    }
    out
}

fn item_name(line: &ChecklistLine) -> String {
    format!("leakproof {}: {}", line.item, line.title)
}

fn suite(report: &Report, name: &str) -> TestSuite {
    let mut suite = TestSuite::new(&attribute(name));
    "leakproof".clone_into(&mut suite.package);
    // The crate panics on years that RFC 3339 cannot say.
    let at = report.header.started_at.date_time();
    suite.timestamp = if (0..=9999).contains(&at.year()) { at } else { OffsetDateTime::UNIX_EPOCH };
    suite
}

fn placeholder(line: &ChecklistLine) -> TestCase {
    let why = if line.rules.is_empty() {
        "no rule selected: this item was not checked"
    } else {
        "counted under another item"
    };
    let mut case = TestCase::skipped_with_cause(&format!("item {}", line.item), "not-checked", why);
    if let TestResult::SkippedWithCause { cause, .. } = &mut case.result {
        *cause = Some(why.to_owned());
    }
    case.set_classname("leakproof");
    case
}

/// A name for each finding, unique within its rule: GitLab keeps only the first of equal ones.
fn names(findings: &[&Finding]) -> Vec<String> {
    let plain: Vec<_> = findings.iter().map(|f| attribute(&format!("{}: {}", f.rule, f.subject.shown()))).collect();
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    for name in &plain {
        *uses.entry(name).or_default() += 1;
    }
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let mut out = Vec::new();
    for (finding, name) in findings.iter().zip(&plain) {
        let mut name = name.clone();
        if uses.get(name.as_str()).copied().unwrap_or_default() > 1 {
            let short: String = finding.fingerprint.chars().take(12).collect();
            name = attribute(&format!("{name} [{short}]"));
        }
        let times = taken.entry(name.clone()).and_modify(|n| *n += 1).or_insert(1);
        out.push(if *times > 1 { format!("{name} #{times}") } else { name });
    }
    out
}

fn case(report: &Report, finding: &Finding, name: &str) -> TestCase {
    // No case has a time of its own: rules are judged after everything was collected.
    let mut case = TestCase::success(name, Duration::ZERO);
    case.result = result(report, finding);
    case.set_classname(&attribute(&format!("leakproof.{}", finding.rule.as_str().replace('/', "."))));
    case
}

fn result(report: &Report, finding: &Finding) -> TestResult {
    let cause = Some(clean(&explanation(report, finding)));
    let message = attribute(&finding.message);
    if let (Some(waiver), true) = (&finding.waiver, finding.verdict > Verdict::Pass) {
        let message = format!("waived by {} until {}: {}", waiver.owner, waiver.expires.rfc3339(), waiver.reason);
        return TestResult::SkippedWithCause { type_: "waived".to_owned(), message: attribute(&message), cause };
    }
    match finding.verdict {
        Verdict::Pass => TestResult::Success,
        Verdict::Fail => TestResult::Failure { type_: attribute(finding.rule.as_str()), message, cause },
        Verdict::Unverified => {
            let error = finding.gaps.first().is_some_and(|gap| gap.cause.is_error());
            let type_ = if error { "collector" } else { "incomplete" }.to_owned();
            TestResult::Error { type_, message, cause }
        }
        Verdict::NotApplicable => TestResult::SkippedWithCause { type_: "not-applicable".to_owned(), message, cause },
    }
}

fn explanation(report: &Report, finding: &Finding) -> String {
    let mut out = vec![
        finding.message.clone(),
        format!("verdict: {} ({})", finding.verdict.word(), finding.severity.word()),
        format!("subject: {}", finding.subject.shown()),
    ];
    out.extend(finding.facts.iter().map(|(key, fact)| format!("{key}: {}", Fact::shown(fact))));
    let merged = gaps::of_findings(std::iter::once(finding));
    out.extend(merged.iter().map(|((cause, target), open)| format!("open: {}", gaps::shown(*cause, target, open))));
    if let Some(info) = report.rules.iter().find(|info| info.id == finding.rule) {
        out.push(format!("why: {}", info.why));
    }
    out.push(format!("fix: {}", finding.remedy));
    out.extend(finding.controls.iter().map(|(framework, ids)| format!("{framework}: {}", ids.join(", "))));
    if let Some(waiver) = &finding.waiver {
        out.push(format!("waived: {} ({}, until {})", waiver.reason, waiver.owner, waiver.expires.rfc3339()));
    }
    out.push(format!("fingerprint: {}", finding.fingerprint));
    out.join("\n")
}

/// Text for an attribute: clean, on one line (XML readers turn newlines there into spaces), bounded.
fn attribute(text: &str) -> String {
    let spaced: Vec<_> = text.split_whitespace().collect();
    bounded(&clean(&spaced.join(" ")), LONGEST_ATTRIBUTE)
}

/// Text for XML 1.0 and for the crate's CDATA: printable, without the characters that XML forbids even as
/// references, without the end of a CDATA section.
fn clean(text: &str) -> String {
    let text = super::plain::printable(text).replace("]]>", "]] >");
    let legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    // GitLab reads `[[ATTACHMENT|path]]` as a file of the job.
    let text = text.replace("[[ATTACHMENT|", "[ [ATTACHMENT|");
    bounded(&text.chars().map(|c| if legal(c) { c } else { '\u{fffd}' }).collect::<String>(), LONGEST_TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn text(report: &Report) -> String {
        String::from_utf8(render(report).unwrap()).unwrap()
    }

    fn count(document: &roxmltree::Document<'_>, tag: &str) -> usize {
        document.descendants().filter(|node| node.has_tag_name(tag)).count()
    }

    #[test]
    fn each_finding_is_one_case_with_the_right_child() {
        let report = sample::report();
        let xml = text(&report);
        let document = roxmltree::Document::parse(&xml).unwrap();
        let cases: Vec<_> = document.descendants().filter(|node| node.has_tag_name("testcase")).collect();
        let placeholders = report.checklist.iter().filter(|line| line.rules.is_empty()).count();
        assert_eq!(cases.len(), report.findings.len() + placeholders);
        let waived = report.findings.iter().filter(|f| f.waiver.is_some()).count();
        let of = |verdict| report.findings.iter().filter(|f| f.waiver.is_none() && f.verdict == verdict).count();
        assert_eq!(count(&document, "failure"), of(Verdict::Fail));
        assert_eq!(count(&document, "error"), of(Verdict::Unverified));
        assert_eq!(count(&document, "skipped"), of(Verdict::NotApplicable) + waived + placeholders);
        let names: BTreeSet<_> = cases.iter().map(|c| (c.attribute("classname"), c.attribute("name"))).collect();
        assert_eq!(names.len(), cases.len(), "names must be unique");
        for error in document.descendants().filter(|node| node.has_tag_name("error")) {
            assert!(matches!(error.attribute("type"), Some("incomplete" | "collector")));
            assert!(error.text().is_some_and(|text| text.contains("fix: ")));
        }
    }

    #[test]
    fn an_empty_report_has_a_case_in_every_suite() {
        let xml = text(&sample::empty());
        let document = roxmltree::Document::parse(&xml).unwrap();
        assert_eq!(count(&document, "testsuite"), 8);
        assert_eq!(count(&document, "skipped"), 8);
    }

    #[test]
    fn equal_places_get_names_of_their_own() {
        let mut report = sample::report();
        let twin = report.findings[0].clone();
        report.findings.extend([twin.clone(), twin]);
        let xml = text(&report);
        let document = roxmltree::Document::parse(&xml).unwrap();
        let names: Vec<_> = document.descendants().filter_map(|c| c.attribute("name")).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }

    #[test]
    fn the_crates_own_attributes_are_clean() {
        let mut report = sample::report();
        report.header.started_at = crate::evidence::Timestamp::from_unix(-99_999_999_999);
        let xml = text(&report);
        assert!(xml.contains("timestamp=\"1970-01-01T00:00:00\""));
        assert!(!xml.contains("file=") && !xml.contains("<properties"));
    }

    proptest! {
        #[test]
        fn any_text_gives_well_formed_xml(hostile in "\\PC{0,40}|[\\x00-\\x1f\u{fffe}\u{ffff}<>&\"'\\]]{0,40}") {
            let mut report = sample::report();
            report.findings[0].message.clone_from(&hostile);
            report.findings[0].remedy = format!("{hostile}]]>{hostile}");
            report.checklist[0].title = hostile;
            let xml = text(&report);
            prop_assert!(roxmltree::Document::parse(&xml).is_ok());
        }
    }
}
