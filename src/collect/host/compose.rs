//! Compose files on the host: `env_file` re-creates what was removed, and `environment` is what was moved.
//!
//! In: a compose file. Out: one reference for each env file it names, and a directive for each value it gives away.

use super::ground::Trouble;
use super::inline::{self, Spot};
use super::reference::{self, Reference};
use super::survey::Survey;
use crate::evidence::{Cause, Document, Line, Name, Node, Sensitive, Value};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

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
            values(survey, path, service);
            others.extend(service.get("extends").and_then(|extends| extends.get("file")));
        }
        contents(survey, path, root);
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

/// The values of a service: its environment, build arguments and labels, and its commands.
fn values(survey: &mut Survey<'_>, file: &Path, service: &Node) {
    let build = service.get("build").and_then(|build| build.get("args"));
    for block in [service.get("environment"), build, service.get("labels")].into_iter().flatten() {
        assignments(survey, file, block);
    }
    let check = service.get("healthcheck").and_then(|check| check.get("test"));
    for command in [service.get("command"), service.get("entrypoint"), check].into_iter().flatten() {
        let words = if command.items().is_empty() { std::slice::from_ref(command) } else { command.items() };
        let mut line = Zeroizing::new(String::new());
        for word in words {
            if let Value::Text(text) = &word.value {
                // One word of a list stays one word.
                let quote = command.items().len() > 1 && text.contains(char::is_whitespace);
                let quoted = Zeroizing::new(if quote { format!("{:?}", **text) } else { text.to_string() });
                line.push_str(&quoted);
                line.push(' ');
            }
        }
        inline::command(survey, spot(file, command.line), &line);
    }
}

/// A map or a list of assignments; `<<` merges another map into one.
fn assignments(survey: &mut Survey<'_>, file: &Path, block: &Node) {
    for (i, (key, _, value)) in block.entries().iter().enumerate() {
        match value.sensitive() {
            Some(text) => inline::assignment(survey, spot(file, value.line), i + 1, (key, &text)),
            None if key == "<<" => assignments(survey, file, value),
            None => {}
        }
    }
    for (i, item) in block.items().iter().enumerate() {
        if let Value::Text(text) = &item.value
            && let Some((key, value)) = text.split_once('=')
        {
            inline::assignment(survey, spot(file, item.line), i + 1, (key, &Sensitive::from(value.to_owned())));
        } else {
            assignments(survey, file, item);
        }
    }
}

/// Files that stand in the compose file itself.
fn contents(survey: &mut Survey<'_>, file: &Path, root: &Node) {
    for block in ["configs", "secrets"].into_iter().filter_map(|key| root.get(key)) {
        for (_, _, config) in block.entries() {
            if let Some(Node { line, value: Value::Text(text) }) = config.get("content") {
                inline::command(survey, spot(file, *line), text);
            }
        }
    }
}

fn spot(file: &Path, line: Line) -> Spot<'_> {
    Spot { file, line, by: "compose" }
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
