//! `leakproof rules list|show|check`.

use super::{RunError, print, sources};
use crate::cli::Rules;
use crate::rule::{Rule, RuleSet};

pub(super) fn run(command: Rules) -> Result<u8, RunError> {
    match command {
        Rules::List => print(list(&sources::rule_set(None)?).as_bytes()),
        Rules::Show { id } => {
            let set = sources::rule_set(None)?;
            let rule = set.get(&id).ok_or_else(|| {
                RunError::usage(format!("unknown rule id: {id}"), "`leakproof rules list` shows all ids")
            })?;
            print(show(rule).as_bytes())
        }
        Rules::Check { dir } => {
            let set = match &dir {
                Some(directory) => sources::only(directory)?,
                None => sources::rule_set(None)?,
            };
            print(format!("{} rules compile and their examples hold\n", set.rules.len()).as_bytes())
        }
    }
}

fn list(set: &RuleSet) -> String {
    let mut out = String::new();
    for rule in &set.rules {
        let items: Vec<String> = rule.checklist.iter().map(u8::to_string).collect();
        let items = if items.is_empty() { "-".to_owned() } else { items.join(",") };
        let profiles: Vec<&str> = rule.profiles.iter().map(|profile| profile.word()).collect();
        out.push_str(&format!(
            "{:<24} item {:<3} {:<9} {:<15} {}\n",
            rule.id,
            items,
            rule.severity.word(),
            profiles.join(","),
            rule.title
        ));
    }
    out
}

fn show(rule: &Rule) -> String {
    let mut out = format!("{}\n{}\n\n{}\n\n", rule.id, rule.title, rule.why.trim());
    out.push_str(&format!("Remedy: {}\n\n", rule.remedy.trim()));
    out.push_str(&format!("Severity: {}\n", rule.severity.word()));
    let profiles: Vec<&str> = rule.profiles.iter().map(|profile| profile.word()).collect();
    out.push_str(&format!("Profiles: {}\n", profiles.join(", ")));
    out.push_str(&format!("Evidence: {} ({})\n", rule.needs.name, rule.needs.meaning));
    for field in rule.needs.fields {
        out.push_str(&format!("  {:<16} {}\n", field.name, field.meaning));
    }
    for (framework, ids) in &rule.controls {
        out.push_str(&format!("{framework}: {}\n", ids.join(", ")));
    }
    out
}
