//! The flavour for GitHub and GitLab: failures, and what is unverified as a warning under a rule of its own.
//!
//! Both ignore `kind` and would open an alert for a pass; both ignore `suppressions`, so what is waived is left
//! out. An unverified result has its own rule id: its alert must close when the question is answered, whatever
//! the answer is.

use super::model::{Descriptor, Properties};
use super::{Prints, Rules, Said, bytes, descriptor, info, log, result, said};
use crate::verdict::{Finding, Report, RuleInfo, Verdict};

/// GitHub keeps the first 5,000 by severity and refuses files with more than 25,000.
pub(super) const MOST: usize = 5_000;

/// The report in this flavour.
pub(in crate::report) fn render(report: &Report) -> Option<Vec<u8>> {
    // The order of all formats is failures first, worst first: what is cut is what matters least.
    let counting: Vec<&Finding> = crate::report::ordered(report).into_iter().filter(|f| f.counts()).collect();
    let mut rules = Rules::default();
    for info in &report.rules {
        rules.place(info.id.as_str(), || descriptor(info));
    }
    let mut prints = Prints::default();
    let results = counting.iter().take(MOST).map(|finding| one(report, finding, &mut rules, &mut prints)).collect();
    let more = cut(counting.len()).into_iter().collect();
    bytes(&log(report, rules, results, more, Properties::new()))
}

fn one(report: &Report, finding: &Finding, rules: &mut Rules, prints: &mut Prints) -> super::Result {
    let id = finding.rule.as_str();
    if finding.verdict == Verdict::Fail {
        let place = rules.place(id, || descriptor(&info(report, finding)));
        return result(report, finding, (id.to_owned(), place), prints);
    }
    let id = format!("{id}/unverified");
    let place = rules.place(&id, || open(&id, &info(report, finding)));
    let mut result = result(report, finding, (id, place), prints);
    result.level = "warning";
    result
}

/// The rule of what could not be decided.
fn open(id: &str, info: &RuleInfo) -> Descriptor {
    let mut rule = descriptor(info);
    id.clone_into(&mut rule.id);
    rule.name = rule.name.map(|name| format!("{}Unverified", name.chars().take(240).collect::<String>()));
    rule.short_description = said(&format!("Unverified: {}", info.title), id);
    rule.help = said("Nothing was proven either way. The message and the notifications say what is missing.", "");
    if let Some(configuration) = &mut rule.default_configuration {
        configuration.level = "warning";
    }
    if let Some(properties) = &mut rule.properties {
        properties.security_severity = "4.0";
    }
    rule
}

fn cut(total: usize) -> Option<Said> {
    let left_out = total.checked_sub(MOST).filter(|n| *n > 0)?;
    Some(Said {
        id: "report/cut",
        text: format!(
            "This file holds the {MOST} worst of {total} results; {left_out} are left out because code scanning \
             keeps no more. The json format holds all of them."
        ),
    })
}
