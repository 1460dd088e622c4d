//! Interpolations: `$X`, `${X}` and `${X:-default}`, and what such a text comes to.
//!
//! In: a value and where it stood. Out: its defaults, for others to judge. Fills in nothing from any environment.

use super::Context;
use super::names::{self, Promise};
use super::values::{self, pattern, random, wordy};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;
use zeroize::Zeroizing;

/// What a value with interpolations comes to.
pub(super) enum Interpolated<'a> {
    /// No interpolation that counts: judge the value itself.
    None,
    /// Nothing but references.
    Reference,
    /// References of which some carry a default.
    Defaults {
        /// The defaults.
        given: Vec<&'a str>,
        /// The text with its defaults filled in: a URL may only then be one.
        filled: Zeroizing<String>,
        /// Whether nothing but signs stands between the references.
        glued: bool,
    },
}

/// Longer texts are not read once more with their defaults filled in.
const FILLED: usize = 8 << 10;

/// Reads `$X`, `${X}` and `${X:-default}`.
pub(super) fn interpolation(value: &str, context: Context) -> Interpolated<'_> {
    let mut rest = value;
    let mut found = 0;
    let mut given = Vec::new();
    let mut other = String::new();
    let mut filled = Zeroizing::new(String::new());
    let mut unclosed = false;
    while let Some(at) = rest.find('$') {
        other.push_str(&rest[..at]);
        filled.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let inner = (!unclosed).then(|| braces(after)).flatten();
        unclosed |= inner.is_none() && after.starts_with('{');
        let read = match inner {
            Some(inner) => braced(inner).map(|given| (inner.len() + 2, given)),
            None => Some((unbraced(after, context), "")).filter(|(length, _)| *length > 0),
        };
        let Some((length, default)) = read else {
            // A `$` that is a letter like any other, with the braces behind it.
            let end = at + 1 + inner.map_or(0, |inner| inner.len() + 2);
            other.push_str(&rest[at..end]);
            filled.push_str(&rest[at..end]);
            rest = &rest[end..];
            continue;
        };
        found += 1;
        if default.is_empty() {
            filled.push_str(&rest[at..=at + length]);
        } else {
            given.push(default);
            filled.push_str(default);
        }
        rest = &after[length..];
    }
    other.push_str(rest);
    filled.push_str(rest);
    if found == 0 {
        return Interpolated::None;
    }
    let schemes = ["Bearer", "Basic", "Token token=", "Token", "bearer", "token=", "token", "ApiKey", "apikey", "key="];
    let scheme = schemes.iter().find_map(|word| other.strip_prefix(word));
    let between = scheme.unwrap_or(&other);
    // `prod-${DB_PASSWORD}`: what stands around is the place's name, and gives nothing away.
    let named = between.split([' ', ':', '/', '-', '_', '.', '@', ',', ';']).all(|word| {
        word.is_empty() || super::vocabulary::whole(word).is_some_and(|says| says == super::vocabulary::Says::default())
    });
    let glued = named || between.chars().all(|c| " :/-_.@,;".contains(c));
    // `${CREDENTIALS_DIRECTORY}/db_password`: a file below a place that is known at run time.
    let below = value.starts_with('$') && other.starts_with('/') && values::path(&other);
    match (glued || below && given.is_empty(), given.is_empty()) {
        (true, true) => Interpolated::Reference,
        (false, true) => Interpolated::None,
        (false, false) if value.len() > FILLED => Interpolated::None,
        (_, false) => Interpolated::Defaults { given, filled, glued },
    }
}

/// The variable of the `{NAME:-default}` that `after` begins with, and where its default stands; not what stands in for
/// a value that is set.
pub(super) fn named(after: &str) -> Option<(&str, Range<usize>)> {
    let inner = braces(after)?;
    let default = braced(inner).filter(|default| !default.is_empty())?;
    let head = &inner[..inner.len() - default.len()];
    let name = head.trim_end_matches([':', '-', '=']);
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.".contains(&b));
    (plain && !head.ends_with('+')).then_some((name, 1 + head.len()..1 + inner.len()))
}

/// The inside of `{…}` with balanced braces.
fn braces(after: &str) -> Option<&str> {
    let inner = after.strip_prefix('{')?;
    let mut depth = 1_usize;
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(&inner[..at]);
        }
    }
    None
}

/// The inside of `${…}`: the default, empty if there is none; `None` if it is no reference.
fn braced(inner: &str) -> Option<&str> {
    // `${VAULT::block::name::1}`: a store and a place in it, in no shell's dialect.
    if let Some((store, place)) = inner.split_once("::")
        && store.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
        && !place.is_empty()
        && !place.starts_with('-')
        && !place.split("::").any(random)
    {
        return Some("");
    }
    let plain = inner.strip_prefix(['#', '!']).unwrap_or(inner);
    let end = plain.find(|c: char| !(c.is_ascii_alphanumeric() || "_.-".contains(c))).unwrap_or(plain.len());
    if plain.split_once(':').is_some_and(|(scheme, place)| provider(scheme, place)) {
        return Some("");
    }
    // `-` is part of some names, and the operator of `${X-default}`.
    let end = plain[..end].find('-').filter(|_| !plain[..end].contains('.')).unwrap_or(end);
    let (name, rest) = plain.split_at(end);
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return None;
    }
    let given = [":-", ":=", ":+", "-", "=", "+"].iter().find_map(|operator| rest.strip_prefix(operator));
    if let Some(given) = given {
        return Some(given);
    }
    if rest.is_empty() || rest.starts_with([':', '?', '%', '#', '/', '^', ',', '[', '(', '@']) {
        // `${name:default}` is another dialect's default; `${ssm:/path}` and `${text:0:8}` are not.
        let spring = rest.strip_prefix(':').filter(|text| {
            !text.starts_with('?') && (!substring(text) || name.contains(['.', '-'])) && !located(name, text)
        });
        return Some(spring.unwrap_or_default());
    }
    None
}

/// `${aws-secrets-manager:db}`: the scheme can only be a secret manager's.
fn provider(scheme: &str, place: &str) -> bool {
    const MANAGERS: [&str; 8] = [
        "secrets-manager",
        "secretsmanager",
        "secret-manager",
        "keyvault",
        "key-vault",
        "kms",
        "credential-store",
        "azure",
    ];
    let named = MANAGERS.iter().any(|manager| scheme == *manager || scheme.ends_with(&["-", manager].concat()));
    named && !place.starts_with(['-', '=', '?', '+']) && place.split(['/', '#', ':']).all(|part| !random(part))
}

/// `0:8` of `${text:0:8}`.
fn substring(rest: &str) -> bool {
    static SHAPE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^-?\d+(:-?\d+)?$"));
    SHAPE.is_match(rest.trim())
}

/// `ssm:/path` and `env:NAME`: a scheme, and a place of its kind.
fn located(scheme: &str, rest: &str) -> bool {
    let place = rest.split(',').next().unwrap_or(rest);
    let words = place.split(['/', '#', ':', '.', '~']).all(|part| part.len() < 64 && !random(part));
    let plain = wordy(place) || place.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    // What stands behind a comma is a default.
    place.len() == rest.len()
        && words
        && match scheme {
            "env" | "self" | "opt" | "param" | "cf" | "sys" | "aws" | "file" => plain || place.contains(['/', '#']),
            "ssm" | "vault" | "secretsmanager" | "sm" | "secret" | "secrets" => place.contains(['/', '#']),
            _ => false,
        }
}

/// Length of an unbraced name. `$ecret1` in a place without interpolation is no reference.
fn unbraced(after: &str, context: Context) -> usize {
    let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
    let name = &after[..end];
    let upper = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let lower = name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let expands = matches!(
        context,
        Context::Dotenv | Context::Program | Context::Compose | Context::DockerfileEnv | Context::History
    );
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    // `$dbPassword` alone can only be a variable of that name.
    let names_secret =
        || end == after.len() && names::promise(name) == Promise::Secret && !name.bytes().any(|b| b.is_ascii_digit());
    if starts && name.len() >= 2 && (upper || (lower && expands) || names_secret()) { end } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interpolation_is_a_reference_and_its_default_is_not() {
        let read = |value| match interpolation(value, Context::Env) {
            Interpolated::None => "none".to_owned(),
            Interpolated::Reference => "reference".to_owned(),
            Interpolated::Defaults { given, .. } => given.join("|"),
        };
        for value in ["${X}", "$X_Y", "${X:?missing}", "${X:-}", "Bearer ${X}", "${A}:${B}", "${ssm:/a/b}", "${X%y}"] {
            assert_eq!(read(value), "reference", "{value}");
        }
        for value in ["${X}tail1", "$ecret1", "$2b$10", "plain", "${", "a$", "${ x", "P@$$w0rd"] {
            assert_eq!(read(value), "none", "{value}");
        }
        for value in ["${X:-hunter2}", "${X-hunter2}", "${X:=hunter2}", "${db.pass:hunter2}", "a ${X:-hunter2}"] {
            assert_eq!(read(value), "hunter2", "{value}");
        }
        assert_eq!(read("${A:-${B:-x}}"), "${B:-x}");
        assert_eq!(read("${A:-x}${B:-y}"), "x|y");
    }
}
