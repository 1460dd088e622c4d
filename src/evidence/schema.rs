//! Holds a declared document against a JSON Schema and reports every problem with its line, never a value.

use super::{Document, Name, Node, Problems};
use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

/// Checks a document's node against a schema; problems are added to `problems`.
///
/// Returns whether it conforms.
pub fn check_schema(document: &Document, node: &Node, schema: &Value, problems: &mut Problems) -> bool {
    let before = problems.0.len();
    let instance = node.json();
    match jsonschema::validator_for(schema) {
        Ok(validator) => {
            for error in validator.iter_errors(&instance) {
                report(document, node, &error, problems);
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

fn report(document: &Document, node: &Node, error: &ValidationError<'_>, problems: &mut Problems) {
    let path = error.instance_path().as_str().to_owned();
    let at = node.line_of(&path);
    let place = if path.is_empty() { String::new() } else { format!("`{}`: ", shown(&path)) };
    match error.kind() {
        Kind::AdditionalProperties { unexpected } => {
            for key in unexpected {
                let line = node.line_of(&format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")));
                problems.add(&document.file, line, format!("{place}unknown key `{}`", shown(key)));
            }
        }
        // An optional section is `anyOf [section, null]`: the section's own errors are what helps.
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            let branch = context.iter().max_by_key(|errors| {
                errors.iter().map(|e| e.instance_path().as_str().len() + usize::from(!is_type(e))).max()
            });
            for inner in branch.into_iter().flatten() {
                report(document, node, inner, problems);
            }
        }
        other => problems.add(&document.file, at, format!("{place}{}", sentence(other))),
    }
}

fn is_type(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), Kind::Type { .. })
}

fn shown(text: &str) -> Name {
    Name::admit_or(text.trim_start_matches('/'), "key", 1)
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
