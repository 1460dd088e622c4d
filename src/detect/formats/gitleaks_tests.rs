//! A configuration of gitleaks in the shapes that its users write.

use super::*;
use crate::detect::formats::Formats;

const FILE: &str = r#"
title = "own rules"

[extend]
useDefault = true

[allowlist]
paths = ["vendor/"]
stopwords = ["sample"]

[[rules]]
id = "Acme API key"
description = "the vendor's"
regex = '''(?i)acme[_-]?key\s*=\s*["']?(ak_[\w]{20})\b'''
secretGroup = 1
entropy = 3.0
keywords = ["acme"]
  [rules.allowlist]
  regexes = ['''^ak_test''']

[[rules]]
id = "no-keywords"
regex = '''ZQX-[0-9a-f]{12}'''

[[rules]]
id = "path only"
path = '''\.p12$'''
"#;

fn formats(text: &str) -> Result<Formats, Problems> {
    let mut problems = Problems::default();
    let entries = read("own.toml", text, &mut problems);
    problems.or(Formats::of(entries.into_iter().map(|entry| entry.written).collect()))
}

fn found(formats: &Formats, text: &str) -> Vec<(String, String)> {
    formats.all(text).into_iter().map(|found| (found.kind.to_owned(), text[found.range].to_owned())).collect()
}

#[test]
fn rules_find_what_they_found_before() {
    let formats = formats(FILE).unwrap();
    let key = "ak_q7Rt2mZx9KpL4sVn8WbY";
    assert_eq!(found(&formats, &format!("ACME_KEY='{key}'")), [("gitleaks-acme-api-key".to_owned(), key.to_owned())]);
    assert_eq!(
        found(&formats, "x ZQX-0a1b2c3d4e5f y"),
        [("gitleaks-no-keywords".to_owned(), "ZQX-0a1b2c3d4e5f".to_owned())]
    );
}

#[test]
fn entropy_stop_words_and_allowed_patterns_are_kept() {
    let formats = formats(FILE).unwrap();
    for text in
        ["acme_key=ak_aaaaaaaaaaaaaaaaaaaa", "acme_key=ak_sample2mZx9KpL4sVn8", "acme_key=ak_test7Rt2mZx9KpL4sV"]
    {
        assert!(found(&formats, text).is_empty(), "{text}");
    }
}

#[test]
fn what_cannot_be_imported_is_named_with_its_line() {
    let problems = |text: &str| match formats(text) {
        Ok(_) => String::new(),
        Err(problems) => problems.to_string(),
    };
    assert!(problems("[[rules]]\nid = 1\n").contains("own.toml:"));
    assert!(problems("\n\n[[rules]]\nid = 'a'\nregex = '(?=x)y'\n").contains("own.toml:3"));
    assert!(problems("[[rules]]\nid = 'a'\nregex = '[a-z]{30}'\n").contains("keywords"));
    assert!(problems("[[rules]]\nid = 'a'\nregex = '\\w{1000}{1000}abc'\nkeywords = ['abc']\n").contains("too large"));
    assert!(problems("[[rules]]\nid = 'a'\nregex = 'abc(x)'\nsecretGroup = 2\n").contains("no group 2"));
    assert!(problems("title = 'x'\n").contains("[[rules]]"));
}
