//! Holds the import table and the walls around secrets against the source itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Who may import whom (`crate::X` inside `src/Y`).
const TABLE: [(&str, &[&str]); 11] = [
    ("evidence", &[]),
    ("detect", &["evidence"]),
    ("verdict", &["evidence"]),
    ("config", &["verdict", "evidence"]),
    ("rule", &["verdict", "evidence"]),
    ("collect", &["config", "evidence", "detect"]),
    ("derive", &["evidence"]),
    ("evaluate", &["rule", "verdict", "evidence"]),
    ("report", &["verdict", "evidence"]),
    ("cli", &[]),
    ("run", &["cli", "collect", "config", "derive", "detect", "evaluate", "evidence", "report", "rule", "verdict"]),
];

/// Third parties and the rooms that may name them.
const THIRD_PARTIES: [(&str, &[&str]); 13] = [
    ("cel", &["rule/"]),
    ("clap", &["cli.rs"]),
    ("clap_complete", &["cli.rs"]),
    ("clap_mangen", &["cli.rs"]),
    ("tokio", &["collect/", "rotate/"]),
    (
        "bollard",
        &[
            "collect/docker",
            "collect/container/engine.rs",
            "collect/container/file_system.rs",
            "collect/image/engine.rs",
            "collect/oci_config/engine.rs",
        ],
    ),
    // The demo makes the repository that the collector then reads.
    ("git2", &["collect/git/", "collect/at_ref.rs", "run/world/repository.rs"]),
    ("reqwest", &["collect/http/", "collect/service/", "collect/image/registry/"]),
    ("rustls", &["collect/http/"]),
    ("junit_report", &["report/junit.rs"]),
    ("indicatif", &["run/progress.rs"]),
    ("log", &["run/", "main.rs"]),
    ("env_logger", &["main.rs"]),
];

fn sources() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    let mut folders: Vec<PathBuf> = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(&root).unwrap().to_string_lossy().to_string();
                let text = std::fs::read_to_string(&path).unwrap();
                found.insert(inside, without_tests_and_comments(&text));
            }
        }
    }
    assert!(found.len() > 40, "the source was not found");
    found
}

fn without_tests_and_comments(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn room(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap()
}

/// Every path that follows `prefix`, in use declarations and in expressions, braces included.
fn named_after<'a>(code: &'a str, prefix: &str) -> Vec<&'a str> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let end = group.find(';').unwrap_or(group.len());
            let mut depth = 0;
            for part in group[..end].split_inclusive(['{', '}', ',']) {
                if depth == 0 {
                    names.push(part.trim().split([':', ',', ' ', '}', '{']).next().unwrap_or_default());
                }
                depth += part.matches('{').count();
                depth = depth.saturating_sub(part.matches('}').count());
            }
        } else {
            names.push(rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default());
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

#[test]
fn imports_keep_to_the_table() {
    let mut broken = Vec::new();
    for (file, code) in sources() {
        let from = room(&file);
        let Some((_, allowed)) = TABLE.iter().find(|(name, _)| *name == from) else { continue };
        for to in named_after(&code, "crate::") {
            let is_room = TABLE.iter().any(|(name, _)| *name == to);
            if is_room && to != from && !allowed.contains(&to) {
                broken.push(format!("{file} imports {to}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn main_knows_cli_and_run_only() {
    let sources = sources();
    let names = named_after(&sources["main.rs"], "leakproof::");
    assert!(names.iter().all(|name| ["cli", "run"].contains(name)), "{names:?}");
}

#[test]
fn every_room_is_in_the_table() {
    for file in sources().keys() {
        let room = room(file);
        let known = TABLE.iter().any(|(name, _)| *name == room) || ["lib", "main"].contains(&room);
        assert!(known, "{file} stands in no room of the table");
    }
}

#[test]
fn third_parties_stay_in_their_rooms() {
    let mut broken = Vec::new();
    for (file, code) in sources() {
        for (library, rooms) in THIRD_PARTIES {
            let named = !named_after(&code, &format!("{library}::")).is_empty();
            if named && !rooms.iter().any(|room| file.starts_with(room)) {
                broken.push(format!("{file} names {library}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn collectors_and_formats_do_not_import_their_siblings() {
    let mut broken = Vec::new();
    for (file, code) in sources() {
        let mut parts = file.split('/');
        let (Some(room @ ("collect" | "report")), Some(own)) = (parts.next(), parts.next()) else { continue };
        let own = own.trim_end_matches(".rs");
        let siblings: &[&str] = match room {
            "collect" => &["build_log", "container", "image", "git", "host", "service", "dockerfile"],
            _ => &["text", "json", "junit", "sarif"],
        };
        if !siblings.contains(&own) {
            continue;
        }
        for prefix in [format!("crate::{room}::"), "super::super::".to_owned()] {
            for name in named_after(&code, &prefix) {
                if name != own && siblings.contains(&name) {
                    broken.push(format!("{file} imports {name}"));
                }
            }
        }
        if file.split('/').count() == 2 {
            for name in named_after(&code, "super::") {
                if name != own && siblings.contains(&name) {
                    broken.push(format!("{file} imports {name}"));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn only_detection_and_the_ground_floor_look_inside_a_value() {
    for (file, code) in sources() {
        if ["detect", "evidence"].contains(&room(&file)) {
            continue;
        }
        assert!(!code.contains(".examine("), "{file} looks inside a Sensitive");
        assert!(!code.contains("impl Shareable"), "{file} makes a promise that only detection may make");
    }
}

#[test]
fn only_the_login_to_registries_sends_a_secret() {
    for (file, code) in sources() {
        let sends = code.contains(".into_request(");
        assert!(!sends || file == "collect/image/registry/login.rs", "{file} sends a Sensitive");
    }
}

#[test]
fn a_sensitive_can_be_neither_shown_nor_copied() {
    let sources = sources();
    let code = &sources["evidence/sensitive.rs"];
    let declaration = code.find("pub struct Sensitive").unwrap();
    assert!(!code[..declaration].trim_end().ends_with(")]"), "Sensitive derives something");
    for forbidden in ["Debug", "Display", "Serialize", "Clone", "PartialEq", "Deref", "AsRef"] {
        assert!(!code.contains(&format!("impl {forbidden} for Sensitive")), "{forbidden}");
        assert!(!code.contains(&format!("impl fmt::{forbidden} for Sensitive")), "{forbidden}");
    }
    assert!(!sources["evidence/fact.rs"].contains("From<String>"), "a fact must not be made from any text");
}

#[test]
fn collectors_neither_log_nor_print() {
    for (file, code) in sources() {
        if room(&file) != "collect" {
            continue;
        }
        for forbidden in ["println!", "eprintln!", "std::io::stdout", "std::io::stderr"] {
            assert!(!code.contains(forbidden), "{file} contains {forbidden}");
        }
        assert!(named_after(&code, "log::").is_empty(), "{file} logs");
    }
}

#[test]
fn nothing_waits_for_anyhow_or_hides_in_utils() {
    for (file, code) in sources() {
        assert!(!code.contains("anyhow"), "{file}");
        for word in ["utils", "helpers", "common", "manager"] {
            assert!(!file.split(['/', '.']).any(|part| part == word), "{file}");
        }
    }
}
