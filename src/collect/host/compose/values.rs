//! The values that a compose file itself holds, wherever in it: environments, arguments, labels, options, commands.
//!
//! In: a document. Out: a directive for each value that is given away. Names of secrets, images and networks are none.

use super::super::inline::{self, Spot};
use super::super::survey::Survey;
use crate::evidence::{Line, Node, Value};
use std::path::Path;
use zeroize::Zeroizing;

/// Maps and lists of assignments.
const BLOCKS: [&str; 7] = ["environment", "args", "labels", "annotations", "options", "driver_opts", "sysctls"];
/// Texts and lists of words that are run, or files that stand in the document.
const COMMANDS: [&str; 5] = ["command", "entrypoint", "test", "dockerfile_inline", "content"];

/// Looks through a document or a part of one.
pub(super) fn all(survey: &mut Survey<'_>, file: &Path, node: &Node) {
    for (key, _, value) in node.entries() {
        if BLOCKS.contains(&key.as_str()) || key.starts_with("x-") {
            assignments(survey, file, value);
        } else if COMMANDS.contains(&key.as_str()) {
            command(survey, file, value);
        }
        all(survey, file, value);
    }
    for item in node.items() {
        all(survey, file, item);
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
        match &item.value {
            Value::Text(text) => inline::pair(survey, spot(file, item.line), i + 1, text),
            _ => assignments(survey, file, item),
        }
    }
}

fn command(survey: &mut Survey<'_>, file: &Path, command: &Node) {
    let words = if command.items().is_empty() { std::slice::from_ref(command) } else { command.items() };
    let mut line = Zeroizing::new(String::new());
    for word in words {
        if let Value::Text(text) = &word.value {
            // One word of a list stays one word.
            let quote = words.len() > 1 && text.contains(char::is_whitespace);
            let quoted = Zeroizing::new(if quote { format!("{:?}", **text) } else { text.to_string() });
            line.push_str(&quoted);
            line.push(' ');
        }
    }
    inline::command(survey, spot(file, command.line), &line);
}

fn spot(file: &Path, line: Line) -> Spot<'_> {
    Spot { file, line, by: "compose" }
}
