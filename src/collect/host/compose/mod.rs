//! Compose files on the host: `env_file` re-creates what was removed, and `environment` is what was moved.
//!
//! In: a compose file. Out: one reference for each env file it names or mounts, a directive for each value it gives away,
//! and the directories that it mounts.

mod values;

use super::ground::Trouble;
use super::reference::{self, Reference};
use super::survey::Survey;
use crate::evidence::{Cause, Document, Line, Name, Node, Value};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Most compose files that are read because another one names them.
const MOST_NAMED: usize = 200;

/// What compose files name.
#[derive(Default)]
struct Named {
    /// Other compose files.
    files: Vec<PathBuf>,
    /// Directories that containers see.
    directories: Vec<PathBuf>,
}

/// Reads compose files, and those that they include or extend. Answers with the directories that they mount.
pub(super) fn files(survey: &mut Survey<'_>, files: Vec<PathBuf>) -> Vec<PathBuf> {
    let mut seen: BTreeSet<PathBuf> = files.iter().filter_map(|path| survey.ground.resolve(path).ok()).collect();
    let most = seen.len() + MOST_NAMED;
    let (mut todo, mut directories) = (files, Vec::new());
    while let Some(path) = todo.pop() {
        let named = file(survey, &path);
        directories.extend(named.directories);
        for named in named.files {
            match survey.ground.resolve(&named) {
                Ok(real) if seen.len() < most => todo.extend(seen.insert(real).then_some(named)),
                Ok(_) => survey.miss(&named, Trouble { cause: Cause::OverLimit, errno: None }),
                Err(trouble) => survey.miss(&named, trouble),
            }
        }
    }
    directories
}

/// Reads one compose file and answers what else it names.
fn file(survey: &mut Survey<'_>, path: &Path) -> Named {
    survey.coverage.add("compose_files", 1);
    let bytes = match survey.ground.read(path, survey.job.config.limits.file_bytes) {
        Ok((bytes, _)) => bytes,
        Err(trouble) => {
            survey.miss(path, trouble);
            return Named::default();
        }
    };
    let document = std::str::from_utf8(&bytes).ok().and_then(|text| Document::parse("compose", text).ok());
    let Some(document) = document else {
        survey.review(path, None, Cause::Malformed);
        return Named::default();
    };
    let mut named = Named::default();
    for root in &document.roots {
        values::all(survey, path, root);
        // The first version of the format has the services at the top.
        let services = root.get("services").unwrap_or(root);
        for service in members(services) {
            one_service(survey, path, service, &mut named);
        }
        for kept in ["configs", "secrets"].into_iter().filter_map(|key| root.get(key)).flat_map(members) {
            if let Some(Node { line, value: Value::Text(text) }) = kept.get("file") {
                one(survey, path, *line, text, false);
            }
        }
        includes(survey, path, root, &mut named);
    }
    named
}

/// The entries of a map, and of those merged into it.
fn members(node: &Node) -> Vec<&Node> {
    let mut all = Vec::new();
    for (key, _, value) in node.entries() {
        if key == "<<" { all.extend(members(value)) } else { all.push(value) }
    }
    all.extend(node.items().iter().flat_map(members));
    all
}

fn one_service(survey: &mut Survey<'_>, path: &Path, service: &Node, named: &mut Named) {
    if let Some(node) = service.get("env_file") {
        references(survey, path, node);
    }
    if let Some(node) = service.get("extends").and_then(|extends| extends.get("file")) {
        other(survey, path, node, named);
    }
    for volume in service.get("volumes").map(Node::items).unwrap_or_default() {
        mount(survey, path, volume, named);
    }
}

fn includes(survey: &mut Survey<'_>, path: &Path, root: &Node, named: &mut Named) {
    for include in root.get("include").map(Node::items).unwrap_or_default() {
        if let Some(node) = include.get("env_file") {
            references(survey, path, node);
        }
        match include.get("path") {
            Some(node) if node.items().is_empty() => other(survey, path, node, named),
            Some(node) => node.items().iter().for_each(|node| other(survey, path, node, named)),
            None => other(survey, path, include, named),
        }
    }
}

/// Another compose file.
fn other(survey: &mut Survey<'_>, path: &Path, node: &Node, named: &mut Named) {
    let Value::Text(text) = &node.value else { return };
    // A remote file, or one that only a run can tell.
    if text.contains('$') || text.contains("://") || text.starts_with("git@") {
        survey.review(path, Some(Name::admit_or(text, "path", 1)), Cause::Unproven);
    } else {
        named.files.push(beside(survey, path, text));
    }
}

/// A directory or a file of the host that a container sees.
fn mount(survey: &mut Survey<'_>, path: &Path, volume: &Node, named: &mut Named) {
    let text = |key| match volume.get(key).map(|node| &node.value) {
        Some(Value::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    let (source, target) = match &volume.value {
        Value::Text(text) => {
            let mut parts = text.split(':');
            (parts.next(), parts.next())
        }
        _ => (text("source"), text("target")),
    };
    let Some(source) = source.filter(|source| source.starts_with(['/', '.', '~'])) else { return };
    let place = beside(survey, path, source);
    match survey.ground.resolve(&place) {
        Ok(real) if real.is_dir() => named.directories.push(real),
        // A device or a socket is no file of variables.
        Ok(real) if real.is_file() => {
            let is_env = |path: &str| super::names::is_env(path.rsplit('/').next().unwrap_or(path));
            if is_env(source) || target.is_some_and(is_env) {
                one(survey, path, volume.line, source, true);
            }
        }
        _ => {}
    }
}

/// A path in a compose file: relative to it.
fn beside(survey: &Survey<'_>, file: &Path, text: &str) -> PathBuf {
    let parent = file.parent().unwrap_or(Path::new(""));
    if Path::new(text).is_absolute() {
        survey.ground.place(Path::new(text))
    } else {
        parent.join(text).components().collect()
    }
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
