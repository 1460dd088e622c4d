//! Values that point at a secret, and templates that nobody filled.
//!
//! In: a whole value. Out: the kind of pointer. A value that only begins like one is none, and what stands at the
//! other end is never looked up.

use super::Context;
use super::locked::locked;
use super::shapes::{Shapes, shapes};
use super::values::{everyday, pattern, random};
use crate::evidence::Class;
use regex::Regex;
use std::sync::LazyLock;

static POINTERS: LazyLock<Shapes> = LazyLock::new(|| shapes(include_str!("tables/pointers.txt")));
/// What programs print where a value is missing.
static MISSING: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    include_str!("tables/unfilled.txt").lines().filter(|line| !line.starts_with('#')).map(pattern).collect()
});

/// The value as a pointer into a manager or into the environment, without a default.
pub(super) fn pointer(value: &str) -> Option<&'static str> {
    kinds(value).find(|kind| believed(kind, value))
}

/// Whether a value of a pointer's shape is one: text that nobody typed is no name of a secret.
fn believed(kind: &str, value: &str) -> bool {
    let scheme = value.split_once(':').map_or(value, |(_, rest)| rest);
    let place = scheme.trim_start_matches('/').contains(['/', '#']);
    match kind {
        // CloudFormation and the manager itself end names in random letters.
        "aws-arn" => true,
        // A vault's URL is a place, and carries a random version at that.
        "azure-secret" if value.starts_with("https://") => true,
        "manager-path" => place && token(kind, value).is_none(),
        // A manager's own ids may look random, but stand among other words.
        "manager-url" => place || token(kind, value).is_none(),
        _ => token(kind, value).is_none(),
    }
}

/// The random text in a value that has a pointer's shape: no pointer, and not what the rest makes of it either.
pub(super) fn dressed(value: &str) -> Option<&str> {
    let kind = kinds(value).next().filter(|_| pointer(value).is_none())?;
    token(kind, value)
}

/// The kinds of pointer that the value looks like, whatever its parts are.
fn kinds(value: &str) -> impl Iterator<Item = &'static str> {
    let marked =
        value.len() <= 4096 && value.contains(['/', ':', '$', '%', '{', '(', '#', '`', '!', '@', '[', '.', '>']);
    marked.then(|| POINTERS.kinds(value)).into_iter().flatten()
}

/// The first part of a pointer that nobody would have named so.
fn token<'a>(kind: &str, value: &'a str) -> Option<&'a str> {
    // Azure numbers versions in 32 hexadecimal digits, always in the last place.
    static VERSION: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"^(.*/(?:secrets|keys|certificates)/[\w-]+/|.*;SecretVersion=)[0-9a-f]{32}(/?\)?)$"));
    let version = (kind == "azure-secret").then(|| VERSION.captures(value)).flatten().and_then(|found| found.get(1));
    let named = version.map_or(value, |before| &value[..before.end()]);
    // Jenkins gives a credential a UUID for a name.
    let given = |part: &&str| value.starts_with("credentials(") && everyday(part) == Some("uuid");
    let parts = |joints: &'static str| {
        named.split(move |c: char| !(c.is_ascii_alphanumeric() || joints.contains(c))).filter(move |part| !given(part))
    };
    // Base64 has slashes of its own, which cut it into pieces that are too short to say anything.
    parts("_-+=").find(|part| random(part)).or_else(|| parts("_-+=/").find(|part| random(part)))
}

/// A template that nobody filled. `null` and its like say so only under a name that expects a secret.
pub(super) fn unfilled(value: &str, expects_secret: bool) -> bool {
    let inner = value.trim();
    if expects_secret && inner.len() <= 256 && MISSING.iter().any(|shape| shape.is_match(inner)) {
        return true;
    }
    if matches!(
        inner,
        "<no value>"
            | "<nil>"
            | "!!null"
            | "[object Object]"
            | "%!s(<nil>)"
            | "%!v(<nil>)"
            | "%!s(MISSING)"
            | "%!v(MISSING)"
            | "%!d(string=)"
    ) {
        return true;
    }
    let failed = ["{{ .Data", "{{.Data", "{{ .Values", "{{.Values", "{{ with secret", "{{with secret", "{{ secret"];
    let braces = inner.starts_with("{{") && inner.ends_with("}}") && !inner.starts_with("{{resolve:");
    (braces && (expects_secret || failed.iter().any(|start| inner.starts_with(start))))
        || (expects_secret
            && (matches!(
                inner.trim_matches(['<', '>', '(', ')', '_']),
                "null"
                    | "undefined"
                    | "None"
                    | "nil"
                    | "NaN"
                    | "NULL"
                    | "Null"
                    | "none"
                    | "NONE"
                    | "nan"
                    | "MISSING"
                    | "missing"
                    | "~"
            ) || matches!(inner, "map[]" | "[]" | "{}" | "<missing>" | "[object Undefined]")
                || (inner.contains("{{") && inner.contains("}}") && !inner.contains("{{resolve:"))
                || (inner.starts_with("<%") && inner.ends_with("%>"))
                || inner.contains("<no value>")))
}

/// The class of what this room knows by shape alone.
pub(super) fn shaped(value: &str, context: Context) -> Option<(Class, &'static str)> {
    // `vault:v1:…` is ciphertext, other `vault:…` are pointers.
    locked(value, context)
        .map(|kind| (Class::Encrypted, kind))
        .or_else(|| pointer(value).map(|kind| (Class::Reference, kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_every_manager_are_known() {
        for value in [
            "arn:aws:secretsmanager:us-east-1:000000000000:secret:prod/db-AbCdEf:password::",
            "arn:aws:ssm:us-east-1:000000000000:parameter/x",
            "projects/p/secrets/s/versions/latest",
            "sm://project/secret",
            "vault:secret/data/app#key",
            "{{resolve:secretsmanager:prod/db:SecretString:password}}",
            "op://vault/item/field",
            "$(DB_PASSWORD)",
            "${{ secrets.TOKEN }}",
        ] {
            assert!(pointer(value).is_some(), "{value}");
        }
        for value in ["vault:", "sm://u:p@h", "arn:aws:ssm:x y", "op://", "projects/p"] {
            assert!(pointer(value).is_none(), "{value}");
        }
    }
}
