//! The README's generated parts are compared with what the tool says. `UPDATE_README=1` writes them anew.

use crate::commands::leakproof;
use std::path::Path;

const FILE: &str = "README.md";

fn rule_table() -> String {
    let list = leakproof().args(["rules", "list"]).output().unwrap().stdout;
    let list = String::from_utf8(list).unwrap();
    let mut table = String::from("| rule | item | severity | profiles | what holds |\n|---|---|---|---|---|\n");
    for line in list.lines() {
        let words: Vec<&str> = line.splitn(2, " item ").collect();
        let mut rest = words[1].split_whitespace();
        let (item, severity, profiles) = (rest.next().unwrap(), rest.next().unwrap(), rest.next().unwrap());
        let title = rest.collect::<Vec<_>>().join(" ");
        table.push_str(&format!("| `{}` | {item} | {severity} | {profiles} | {title} |\n", words[0].trim()));
    }
    table
}

fn usage() -> String {
    let out = leakproof().args(["check", "-h"]).env("COLUMNS", "80").output().unwrap().stdout;
    format!("```text\n{}\n```\n", String::from_utf8(out).unwrap().trim_end())
}

/// The first screen of the demo, up to the failures.
fn demo() -> String {
    let out = leakproof().arg("demo").output().unwrap().stdout;
    let text = String::from_utf8(out).unwrap();
    let end = text.find("image/env-and-args:").unwrap();
    format!("```text\n{}\n…\n```\n", text[..end].trim_end())
}

fn between(text: &str, name: &str, content: &str) -> String {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let start = text.find(&open).unwrap_or_else(|| panic!("README lacks {open}")) + open.len();
    let end = text.find(&close).unwrap_or_else(|| panic!("README lacks {close}"));
    format!("{}{content}{}", &text[..start], &text[end..])
}

#[test]
fn the_generated_parts_of_the_readme_are_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let before = std::fs::read_to_string(&path).unwrap();
    let after = between(&before, "rules", &rule_table());
    let after = between(&after, "usage", &usage());
    let after = between(&after, "demo", &demo());
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&path, &after).unwrap();
    } else {
        assert!(before == after, "run UPDATE_README=1 cargo test --test it readme");
    }
}

#[test]
fn the_first_command_stands_on_the_first_screen() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE)).unwrap();
    let before = text.lines().position(|line| line.contains("cargo run --release -- demo")).unwrap();
    assert!(before < 30, "the first command comes after {before} lines");
    assert!(text.lines().position(|line| line.trim() == "./test").unwrap() < 40);
}
