//! Holds a declared document against a JSON Schema and reports every problem with its line, never a value.

use super::{Document, Name, Node, Problems};
use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;
use std::collections::BTreeSet;

/// Checks a document's node against a schema; problems are added to `problems`.
///
/// Returns whether it conforms.
pub fn check_schema(document: &Document, node: &Node, schema: &Value, problems: &mut Problems) -> bool {
    let before = problems.0.len();
    let instance = node.json();
    match jsonschema::validator_for(schema) {
        Ok(validator) => {
            let known = Known::of(schema);
            for error in validator.iter_errors(&instance) {
                report(document, node, &error, &known, problems);
            }
        }
        Err(_) => problems.add(&document.file, 0, "the schema itself is wrong: this is a defect of leakproof"),
    }
    problems.0.len() == before
}

/// Whether a value conforms to a schema.
#[must_use]
pub fn conforms_to(schema: &Value, instance: &Value) -> bool {
    jsonschema::validator_for(schema).is_ok_and(|validator| validator.is_valid(instance))
}

fn report(document: &Document, node: &Node, error: &ValidationError<'_>, known: &Known, problems: &mut Problems) {
    let path = error.instance_path().as_str().to_owned();
    let at = node.line_of(&path);
    let place = if path.is_empty() { String::new() } else { format!("`{}`: ", known.path(&path)) };
    match error.kind() {
        Kind::AdditionalProperties { unexpected } => {
            for key in unexpected {
                let line = node.line_of(&format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")));
                problems.add(&document.file, line, format!("{place}unknown key `{}`", known.key(key)));
            }
        }
        // An optional section is `anyOf [section, null]`: the section's own errors are what helps.
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            let branch = context.iter().max_by_key(|errors| {
                errors.iter().map(|e| e.instance_path().as_str().len() + usize::from(!is_type(e))).max()
            });
            for inner in branch.into_iter().flatten() {
                report(document, node, inner, known, problems);
            }
        }
        other => problems.add(&document.file, at, format!("{place}{}", sentence(other))),
    }
}

fn is_type(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), Kind::Type { .. })
}

/// The longest key that is shown.
const LONGEST: usize = 40;

/// The keys of a schema. Who writes a value where a key belongs must not read it again in every log.
struct Known(BTreeSet<String>);

impl Known {
    fn of(schema: &Value) -> Self {
        let mut keys = BTreeSet::new();
        let mut open = vec![schema];
        while let Some(at) = open.pop() {
            let properties = at.get("properties").and_then(Value::as_object);
            keys.extend(properties.into_iter().flatten().map(|(key, _)| key.clone()));
            open.extend(at.as_object().into_iter().flatten().map(|(_, inner)| inner));
            open.extend(at.as_array().into_iter().flatten());
        }
        Self(keys)
    }

    /// A key as it may be shown: like one of ours, or like a word.
    fn key(&self, key: &str) -> Name {
        let identifier = key.len() <= LONGEST && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let wordy = !key.contains(|c: char| c.is_ascii_digit());
        let admitted = identifier && (wordy || self.0.iter().any(|known| differences(known, key) <= 2));
        if admitted { Name::admit_or(key, "key", 1) } else { Name::withheld("key", 1) }
    }

    fn path(&self, pointer: &str) -> Name {
        let part = |part: &str| {
            let number = !part.is_empty() && part.len() < 6 && part.bytes().all(|b| b.is_ascii_digit());
            if number { Name::admit_or(part, "key", 1) } else { self.key(&part.replace("~1", "/").replace("~0", "~")) }
        };
        let parts = pointer.split('/').skip(1).map(part);
        parts.reduce(|all, one| all.joined("/", &one)).unwrap_or(Name::fixed(""))
    }
}

/// How many letters must be put in, left out or changed to make one text of the other.
fn differences(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let changed = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = changed.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

fn sentence(kind: &Kind) -> String {
    match kind {
        Kind::Required { property } => format!("missing key `{}`", property.as_str().unwrap_or_default()),
        Kind::Type { kind } => match kind {
            TypeKind::Single(one) => format!("must be of type {one}"),
            TypeKind::Multiple(many) => {
                let words: Vec<String> = many.iter().map(|one| one.to_string()).collect();
                format!("must be of type {}", words.join(" or "))
            }
        },
        Kind::Enum { options } => {
            let words: Vec<&str> = options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            format!("must be one of: {}", words.join(", "))
        }
        Kind::Constant { expected_value } => format!("must be {expected_value}"),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::MinItems { limit } => format!("needs at least {limit} items"),
        Kind::MinLength { limit } => format!("needs at least {limit} characters"),
        Kind::Pattern { pattern } => format!("must match {pattern}"),
        other => format!("breaks the schema's `{}`", other.keyword()),
    }
}
