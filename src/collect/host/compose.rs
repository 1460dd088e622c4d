//! Compose files on the host: `env_file` re-creates what was removed.
//!
//! In: a compose file. Out: one reference for each env file it names. It judges no `environment` block.

use super::ground::Trouble;
use super::reference::{self, Reference};
use super::survey::Survey;
use crate::evidence::{Cause, Document, Line, Name, Node, Value};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Most compose files that are read because another one names them.
const MOST_NAMED: usize = 200;

/// Reads compose files, and those that they include or extend.
pub(super) fn files(survey: &mut Survey<'_>, files: Vec<PathBuf>) {
    let mut seen: BTreeSet<PathBuf> = files.iter().filter_map(|path| survey.ground.resolve(path).ok()).collect();
    let most = seen.len() + MOST_NAMED;
    let mut todo = files;
    while let Some(path) = todo.pop() {
        for named in file(survey, &path) {
            match survey.ground.resolve(&named) {
                Ok(real) if seen.len() < most => todo.extend(seen.insert(real).then_some(named)),
                Ok(_) => survey.miss(&named, Trouble { cause: Cause::OverLimit, errno: None }),
                Err(trouble) => survey.miss(&named, trouble),
            }
        }
    }
}

/// Reads one compose file and answers which others it names.
fn file(survey: &mut Survey<'_>, path: &Path) -> Vec<PathBuf> {
    survey.coverage.add("compose_files", 1);
    let bytes = match survey.ground.read(path, survey.job.config.limits.file_bytes) {
        Ok((bytes, _)) => bytes,
        Err(trouble) => {
            survey.miss(path, trouble);
            return Vec::new();
        }
    };
    let document = std::str::from_utf8(&bytes).ok().and_then(|text| Document::parse("compose", text).ok());
    let Some(document) = document else {
        survey.review(path, None, Cause::Malformed);
        return Vec::new();
    };
    let mut others = Vec::new();
    for root in &document.roots {
        let services = root.get("services").map(Node::entries).unwrap_or_default();
        for (_, _, service) in services {
            if let Some(node) = service.get("env_file") {
                references(survey, path, node);
            }
            others.extend(service.get("extends").and_then(|extends| extends.get("file")));
        }
        for include in root.get("include").map(Node::items).unwrap_or_default() {
            if let Some(node) = include.get("env_file") {
                references(survey, path, node);
            }
            match include.get("path") {
                Some(node) if node.items().is_empty() => others.push(node),
                Some(node) => others.extend(node.items()),
                None => others.push(include),
            }
        }
    }
    let texts =
        others.into_iter().filter_map(|node| if let Value::Text(text) = &node.value { Some(text) } else { None });
    let mut named = Vec::new();
    for text in texts {
        // A remote file, or one that only a run can tell.
        if text.contains('$') || text.contains("://") || text.starts_with("git@") {
            survey.review(path, Some(Name::admit_or(text, "path", 1)), Cause::Unproven);
        } else {
            named.push(beside(survey, path, text));
        }
    }
    named
}

/// A path in a compose file: relative to it.
fn beside(survey: &Survey<'_>, file: &Path, text: &str) -> PathBuf {
    let parent = file.parent().unwrap_or(Path::new(""));
    if Path::new(text).is_absolute() { survey.ground.place(Path::new(text)) } else { parent.join(text) }
}

/// `env_file: x`, `[x, y]` or `[{ path: x, required: false }]`.
fn references(survey: &mut Survey<'_>, file: &Path, node: &Node) {
    match &node.value {
        Value::Text(text) => one(survey, file, node.line, text, true),
        Value::List(items) => items.iter().for_each(|item| references(survey, file, item)),
        Value::Map(_) => {
            let required = node.get("required").is_none_or(|value| !matches!(value.value, Value::Bool(false)));
            if let Some(Node { line, value: Value::Text(text) }) = node.get("path") {
                one(survey, file, *line, text, required);
            }
        }
        _ => {}
    }
}

fn one(survey: &mut Survey<'_>, file: &Path, line: Line, text: &str, required: bool) {
    let path = beside(survey, file, text);
    let reference = Reference { file, line: Some(line), names: text, path, required, by: "compose" };
    reference::follow(survey, &reference);
}
