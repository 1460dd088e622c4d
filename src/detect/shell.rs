//! Shell commands that write a secret without naming it as an assignment does.
//!
//! Knows the commands' grammar; what a value is, is not decided here.

use super::names::{self, Promise};
use super::values::{self, Late, pattern};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// A value, the name it goes by, and where it stands.
pub(super) struct Said<'a> {
    pub(super) name: String,
    pub(super) value: &'a str,
    pub(super) span: Range<usize>,
}

static WRITES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"\b(echo|printf)[ \t]+(-[neE]{1,3}[ \t]+|'%s(\\n)?'[ \t]+|"%s(\\n)?"[ \t]+|%s[ \t]+)*("[^"\n]*"|'[^'\n]*'|[^\s"'|;&<>]+)[ \t]*(>{1,2}|\|[ \t]*(sudo[ \t]+)?tee([ \t]+-a)?[ \t])[ \t]*["']?([^\s"'|;&<>)]+)"#,
    )
});
static ACCOUNTS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bhtpasswd((?:[ \t]+-[\w]+(?:[ \t]+[0-9]+)?)+)[ \t]+([^\s|;&<>]+)[ \t]+([^\s|;&<>]+)(?:[ \t]+([^\s|;&<>]+))?",
    )
});

/// Statements of databases, servers and languages: a word that must be there, and a pattern around the password.
static STATEMENTS: LazyLock<Vec<(&str, Late)>> = LazyLock::new(|| {
    let rows = include_str!("tables/statements.txt").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| row.split_once(' ')).map(|(word, text)| (word, Late::new(text.to_owned()))).collect()
});

/// `echo X > db_password.txt`, `htpasswd -b file user X`.
pub(super) fn said(text: &str) -> Vec<Said<'_>> {
    let mut found = Vec::new();
    if text.contains(['>', '|']) {
        for write in WRITES.captures_iter(text) {
            let (Some(value), Some(path)) = (write.get(5), write.get(9)) else { continue };
            if value.as_str().contains(char::is_whitespace) || value.as_str().contains('=') {
                continue; // assignments and sentences are read word by word
            }
            let name = secret_file(path.as_str()).or_else(|| nameless(value.as_str(), path.as_str()));
            found.extend(name.map(|name| Said { name, value: value.as_str(), span: value.range() }));
        }
    }
    for (_, shape) in STATEMENTS.iter().filter(|(word, _)| text.contains(*word)) {
        for password in shape.get().captures_iter(text).filter_map(|found| found.get(1)) {
            found.push(Said { name: "PASSWORD".to_owned(), value: password.as_str(), span: password.range() });
        }
    }
    if text.contains("htpasswd") {
        for call in ACCOUNTS.captures_iter(text) {
            let flags = call.get(1).map_or("", |flags| flags.as_str());
            let password = if flags.contains('n') { call.get(3) } else { call.get(4) };
            if let Some(password) = password.filter(|_| flags.contains('b')) {
                found.push(Said { name: "PASSWORD".to_owned(), value: password.as_str(), span: password.range() });
            }
        }
    }
    found
}

/// Random text under no name at all is for a person to look at, unless it says what was built.
fn nameless(value: &str, path: &str) -> Option<String> {
    const BUILT: [&str; 9] = ["version", "revision", "commit", "sha", "digest", "build", "release", "checksum", "id"];
    let value = value.trim_matches(['"', '\'']);
    let path = path.to_ascii_lowercase();
    let built = path.split(['/', '.', '-', '_']).any(|word| BUILT.iter().any(|known| word.starts_with(known)));
    let commit = value.len() == 40 && values::hex(value, 40);
    (values::random(value) && values::everyday(value).is_none() && !built && !commit).then(String::new)
}

/// The name that a file's name gives its content.
fn secret_file(path: &str) -> Option<String> {
    let base = path.rsplit('/').next().unwrap_or(path);
    let (stem, end) = base.rsplit_once('.').unwrap_or((base, ""));
    if base.starts_with(".env") || matches!(end, "env" | "jwt" | "key" | "token" | "password" | "secret") {
        return Some("SECRET".to_owned());
    }
    let speaks = |name: &str| names::promise(name) == Promise::Secret || matches!(name, "key" | "KEY");
    [stem, base].into_iter().find(|name| speaks(name)).map(str::to_owned)
}
