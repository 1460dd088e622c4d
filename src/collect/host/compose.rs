//! Compose files on the host: `env_file` re-creates what was removed.
//!
//! In: a compose file. Out: one reference for each env file it names. It judges no `environment` block.

use super::reference::{self, Reference};
use super::survey::Survey;
use crate::evidence::{Cause, Document, Line, Node, Value};
use std::path::Path;

/// Reads one compose file.
pub(super) fn file(survey: &mut Survey<'_>, path: &Path) {
    survey.coverage.add("compose_files", 1);
    let bytes = match survey.ground.read(path, survey.job.config.limits.file_bytes) {
        Ok((bytes, _)) => bytes,
        Err(trouble) => return survey.miss(path, trouble),
    };
    let document = std::str::from_utf8(&bytes).ok().and_then(|text| Document::parse("compose", text).ok());
    let Some(document) = document else {
        return survey.review(path, None, Cause::Malformed);
    };
    for root in &document.roots {
        let services = root.get("services").map(Node::entries).unwrap_or_default();
        for (_, _, service) in services {
            if let Some(node) = service.get("env_file") {
                references(survey, path, node);
            }
        }
        for include in root.get("include").map(Node::items).unwrap_or_default() {
            if let Some(node) = include.get("env_file") {
                references(survey, path, node);
            }
        }
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
    let beside = file.parent().unwrap_or(Path::new(""));
    let path = if Path::new(text).is_absolute() { survey.ground.place(Path::new(text)) } else { beside.join(text) };
    let reference = Reference { file, line: Some(line), names: text, path, required, by: "compose" };
    reference::follow(survey, &reference);
}
