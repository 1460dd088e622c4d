//! Rules of a `.gitleaks.toml`, read as credential formats.
//!
//! In: the file's text. Out: formats, or every problem with its line. Of a rule its id, pattern, secret group, keywords,
//! entropy and the allow-lists' patterns and stop words count; what it says of paths and commits does not, so that a
//! finding more is possible and none less.

use super::file::{Boundary, Entry, Written};
use super::go;
use crate::evidence::Problems;
use regex::{Regex, RegexBuilder};
use regex_syntax::hir::literal::Extractor;
use serde::Deserialize;
use toml::Spanned;

/// The ending by which such a file is known.
pub(super) const ENDING: &str = ".toml";
/// Longest pattern in compiled form.
const COMPILED: usize = 1 << 20;

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    rules: Vec<Spanned<Rule>>,
    #[serde(default)]
    allowlist: Option<Allowlist>,
    #[serde(default)]
    allowlists: Vec<Allowlist>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
    #[serde(default)]
    regex: Option<String>,
    #[serde(default)]
    secret_group: usize,
    #[serde(default)]
    entropy: f64,
    #[serde(default)]
    keywords: Vec<String>,
    #[serde(default)]
    allowlist: Option<Allowlist>,
    #[serde(default)]
    allowlists: Vec<Allowlist>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Allowlist {
    #[serde(default)]
    condition: String,
    #[serde(default)]
    regex_target: String,
    #[serde(default)]
    regexes: Vec<String>,
    #[serde(default)]
    stopwords: Vec<String>,
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    commits: Vec<String>,
}

/// What must hold beside the pattern.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    /// The group that is the credential; 0 means the first that took part, or the whole match.
    pub(super) group: usize,
    entropy: f64,
    /// Patterns of credentials, and of whole matches, that are none.
    allowed: Vec<Regex>,
    allowed_matches: Vec<Regex>,
    stopwords: Vec<String>,
}

impl Conditions {
    /// Whether a credential counts.
    pub(super) fn hold(&self, credential: &str, whole: &str) -> bool {
        let lower = credential.to_ascii_lowercase();
        entropy(credential) > self.entropy
            && !self.allowed.iter().any(|regex| regex.is_match(credential))
            && !self.allowed_matches.iter().any(|regex| regex.is_match(whole))
            && !self.stopwords.iter().any(|word| lower.contains(word))
    }
}

/// Reads one file.
pub(super) fn read(file: &str, text: &str, problems: &mut Problems) -> Vec<Entry> {
    let parsed: File = match toml::from_str(text) {
        Ok(parsed) => parsed,
        Err(error) => {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            problems.add(
                file,
                line,
                "is no configuration of gitleaks: it does not parse as TOML, or a rule lacks its id",
            );
            return Vec::new();
        }
    };
    let shared: Vec<&Allowlist> = parsed.allowlist.iter().chain(&parsed.allowlists).collect();
    let rules = parsed.rules.iter().filter(|rule| rule.get_ref().regex.is_some());
    let entries: Vec<Entry> = rules
        .filter_map(|rule| {
            let line = line_of(text, rule.span().start);
            match written(rule.get_ref(), &shared) {
                Ok(written) => Some(Entry { written, line }),
                Err(what) => {
                    problems.add(file, line, what);
                    None
                }
            }
        })
        .collect();
    if parsed.rules.is_empty() {
        problems.add(file, 1, "holds no [[rules]]");
    }
    entries
}

fn written(rule: &Rule, shared: &[&Allowlist]) -> Result<Written, String> {
    let id = format!("gitleaks-{}", slug(&rule.id));
    let pattern = go::pattern(rule.regex.as_deref().unwrap_or_default());
    let regex = compiled(&pattern).ok_or_else(|| format!("`{id}`: the pattern does not compile, or is too large"))?;
    if rule.secret_group >= regex.captures_len() {
        return Err(format!("`{id}`: the pattern has no group {}", rule.secret_group));
    }
    let lists: Vec<&Allowlist> = rule.allowlist.iter().chain(&rule.allowlists).chain(shared.iter().copied()).collect();
    let conditions = conditions(rule, &lists).map_err(|what| format!("`{id}`: {what}"))?;
    let keywords = keywords(rule, &pattern);
    if keywords.is_empty() {
        return Err(format!("`{id}`: give keywords: none of 2 letters or more follows from the pattern"));
    }
    Ok(Written {
        id,
        title: rule.id.clone(),
        keywords,
        pattern,
        boundary: Boundary::None,
        check: None,
        public: false,
        examples: Vec::new(),
        counter_examples: Vec::new(),
        conditions: Some(conditions),
    })
}

/// The lists that suppress by the credential alone. One that also demands a path or a commit is not known to hold.
fn conditions(rule: &Rule, lists: &[&Allowlist]) -> Result<Conditions, String> {
    let mut conditions = Conditions { group: rule.secret_group, entropy: rule.entropy, ..Conditions::default() };
    for list in lists {
        let both = list.condition.eq_ignore_ascii_case("and") && !(list.paths.is_empty() && list.commits.is_empty());
        if both {
            continue;
        }
        for text in &list.regexes {
            let Some(regex) = compiled(&go::pattern(text)) else {
                return Err("a pattern of an allowlist does not compile, or is too large".to_owned());
            };
            match list.regex_target.as_str() {
                "match" => conditions.allowed_matches.push(regex),
                // Lines are not known here.
                "line" => {}
                _ => conditions.allowed.push(regex),
            }
        }
        conditions.stopwords.extend(list.stopwords.iter().map(|word| word.to_ascii_lowercase()));
    }
    Ok(conditions)
}

/// The rule's own keywords, or what every match of the pattern begins with.
fn keywords(rule: &Rule, pattern: &str) -> Vec<String> {
    let usable = |word: &String| (2..=64).contains(&word.len()) && word.bytes().all(|b| (b' '..=b'~').contains(&b));
    if !rule.keywords.is_empty() && rule.keywords.iter().all(usable) {
        return rule.keywords.clone();
    }
    let Ok(hir) = regex_syntax::parse(pattern) else { return Vec::new() };
    let found = Extractor::new().extract(&hir);
    let mut words: Vec<String> = found
        .literals()
        .unwrap_or_default()
        .iter()
        .map(|literal| String::from_utf8_lossy(literal.as_bytes()).to_ascii_lowercase())
        .collect();
    words.sort();
    words.dedup();
    if words.iter().all(usable) { words } else { Vec::new() }
}

fn compiled(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).size_limit(COMPILED).build().ok()
}

fn slug(id: &str) -> String {
    let plain = id.to_ascii_lowercase();
    plain.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(54).collect()
}

/// Shannon's entropy in bits for each byte.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|b| counts[usize::from(b)] += 1);
    let length = f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX));
    let part = |count: &u32| f64::from(*count) / length;
    -counts.iter().filter(|count| **count > 0).map(part).map(|p| p * p.log2()).sum::<f64>()
}

fn line_of(text: &str, at: usize) -> u32 {
    let ends = text.as_bytes()[..at.min(text.len())].iter().filter(|b| **b == b'\n').count();
    u32::try_from(ends).unwrap_or(u32::MAX - 1) + 1
}

#[cfg(test)]
#[path = "gitleaks_tests.rs"]
mod tests;
