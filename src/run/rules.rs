//! `leakproof rules list|show|check`.

use super::{RunError, print, sources};
use crate::cli::Rules;
use crate::rule::{Rule, RuleSet};

/// Columns of what `show` prints.
const WIDTH: usize = 80;

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
            let (set, formats) = match &dir {
                Some(directory) => {
                    let (set, files) = sources::only(directory)?;
                    (set, format!("{files} files of credential formats"))
                }
                None => (sources::rule_set(None)?, format!("{} credential formats", crate::detect::check_formats()?)),
            };
            let rules = set.rules.len();
            print(format!("{rules} rules and {formats} compile and their examples hold\n").as_bytes())
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
    let mut out = format!("{}\n", rule.id);
    wrapped(&mut out, "", 0, &rule.title);
    out.push('\n');
    wrapped(&mut out, "", 0, &rule.why);
    out.push('\n');
    wrapped(&mut out, "Remedy:", 8, &rule.remedy);
    out.push('\n');
    let profiles: Vec<&str> = rule.profiles.iter().map(|profile| profile.word()).collect();
    wrapped(&mut out, "Severity:", 10, rule.severity.word());
    wrapped(&mut out, "Profiles:", 10, &profiles.join(", "));
    wrapped(&mut out, "Evidence:", 10, &format!("{} ({})", rule.needs.name, rule.needs.meaning));
    for field in rule.needs.fields {
        wrapped(&mut out, &format!("  {}", field.name), 19, field.meaning);
    }
    for (framework, ids) in &rule.controls {
        wrapped(&mut out, &format!("{framework}:"), framework.chars().count() + 2, &ids.join(", "));
    }
    out
}

/// A lead, and a text that is wrapped in its own column behind it.
fn wrapped(out: &mut String, lead: &str, column: usize, text: &str) {
    let column = if lead.is_empty() { column } else { column.max(lead.chars().count() + 1) };
    let mut line = format!("{lead:<column$}");
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            out.push_str(line.trim_end());
            out.push('\n');
            line = " ".repeat(column);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_shown_in_eighty_columns_and_whole() {
        for rule in &sources::rule_set(None).unwrap().rules {
            let out = show(rule);
            assert!(out.lines().all(|line| line.chars().count() <= WIDTH && line == line.trim_end()), "{out}");
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
            for text in [&rule.title, &rule.why, &rule.remedy] {
                assert!(words(&out).contains(&words(text)), "{out}");
            }
        }
    }
}
