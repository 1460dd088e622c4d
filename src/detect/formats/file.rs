//! A file of credential formats as it is written: a YAML list, one entry per format.
//!
//! Knows the grammar of these files and reports every problem with its line. It compiles nothing it need not.

use super::check::Check;
use super::gitleaks::{self, Conditions};
use crate::evidence::{Document, Node, Problems, check_schema};
use regex::RegexBuilder;
use schemars::JsonSchema;
use serde::Deserialize;

/// Longest pattern in compiled form: a user's regex must not eat the memory.
const COMPILED: usize = 1 << 20;

/// One credential format.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    /// Unique over all files: `github-token-classic`.
    #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9-]{1,63}$"))]
    pub(super) id: String,
    /// What it is, in one line: for those who read the file.
    #[expect(dead_code, reason = "the schema demands it of whoever writes a format")]
    #[schemars(length(min = 3, max = 100))]
    pub(super) title: String,
    /// ASCII literals of 3 to 64 bytes, in any case, of which one stands in every match.
    #[schemars(length(min = 1), inner(length(min = 3, max = 64), regex(pattern = r"^[ -~]+$")))]
    pub(super) keywords: Vec<String>,
    /// A regular expression without look-around. A group named `secret` is the credential; else the whole match is.
    pub(super) pattern: String,
    /// Whether word characters may stand around a match.
    #[serde(default)]
    pub(super) boundary: Boundary,
    /// What else must hold.
    pub(super) check: Option<Check>,
    /// Meant to be published: no secret.
    #[serde(default)]
    pub(super) public: bool,
    /// Texts that must match; `<<hex:32>>` and the like stand for generated values.
    #[schemars(length(min = 1))]
    pub(super) examples: Vec<String>,
    /// Texts that must not.
    #[schemars(length(min = 1))]
    pub(super) counter_examples: Vec<String>,
    /// What an imported rule demands besides.
    #[serde(skip)]
    pub(super) conditions: Option<Conditions>,
}

/// Where no word character may stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Boundary {
    /// Neither before nor behind the match.
    #[default]
    Both,
    /// Not before it.
    Start,
    /// Anywhere.
    None,
}

/// A format and the line it stands on.
pub(super) struct Entry {
    pub(super) written: Written,
    pub(super) line: u32,
}

/// Reads one file: our own format, or a configuration of gitleaks.
pub(super) fn read(file: &str, text: &str, problems: &mut Problems) -> Vec<Entry> {
    if file.ends_with(gitleaks::ENDING) {
        return gitleaks::read(file, text, problems);
    }
    let document = match Document::parse(file, text) {
        Ok(document) => document,
        Err(found) => {
            problems.0.extend(found.0);
            return Vec::new();
        }
    };
    let items = document.root().map(Node::items).unwrap_or_default();
    if items.is_empty() {
        problems.add(file, 1, "a detector file is a list of formats");
    }
    let schema = schemars::schema_for!(Written).to_value();
    items.iter().filter_map(|item| entry(&document, item, &schema, problems)).collect()
}

fn entry(document: &Document, item: &Node, schema: &serde_json::Value, problems: &mut Problems) -> Option<Entry> {
    let file = &document.file;
    if !check_schema(document, item, schema, problems) {
        return None;
    }
    let Ok(written) = serde_json::from_value::<Written>(item.json()) else {
        problems.add(file, item.line, "does not have the shape of a format");
        return None;
    };
    // The error may quote the pattern, which is the user's own text and no secret, but may be long.
    if RegexBuilder::new(&written.pattern).size_limit(COMPILED).build().is_err() {
        let what = format!("`{}`: the pattern does not compile, or is too large", written.id);
        problems.add(file, item.line_of("/pattern"), what);
        return None;
    }
    Some(Entry { written, line: item.line })
}

/// The formats of a file that is known to be right: no schema, no trial compilation.
pub(super) fn trusted(text: &str) -> Vec<Written> {
    let document = Document::parse("rules/detectors", text).ok();
    let items = document.as_ref().and_then(Document::root).map(Node::items).unwrap_or_default();
    items.iter().filter_map(|item| serde_json::from_value(item.json()).ok()).collect()
}
