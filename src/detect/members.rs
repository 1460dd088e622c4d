//! Assignments amid others and amid anything else: `mode=live,level=info;API_KEY=…`, however long the list.
//!
//! In: a value or a word. Out: the assignments that its separators set apart. Knows no grammar of a whole, so that no
//! stray member can hide the others.

use super::names::{self, Promise};
use super::rule::{Look, Ruling, rule};
use super::templates;
use crate::evidence::Class;

/// More members of one value are not looked at by themselves, and nobody may call the rest harmless.
const MOST: usize = 4096;

/// So many assignments are opened to the one inside.
const DEEPEST: usize = 4;

/// What signs set members apart, and what may stand around one.
const BETWEEN: [char; 7] = [',', ';', '&', '|', ' ', '\t', '\n'];
const BEFORE: [char; 6] = ['"', '\'', '`', '(', '[', '{'];
const BEHIND: [char; 6] = ['"', '\'', '`', ')', ']', '\\'];

/// The worst member whose name promises a secret, if one is exposed.
pub(super) fn members(look: &Look, value: &str) -> Option<Ruling> {
    let nested = value.matches('=').count() > 1;
    if !(value.contains(BETWEEN) || nested) || !value.contains(['=', ':']) {
        return None;
    }
    let whole = templates::whole_words(value);
    let mut worst: Option<Ruling> = None;
    for (number, (key, text)) in whole.split(BETWEEN).filter_map(assignment).enumerate() {
        if number == MOST {
            return worst.or_else(|| Some(Ruling::of(Class::Undetermined, "too-many-parts")));
        }
        let expects = |key| names::promise(key) == Promise::Secret || names::is_declared(look.declared, key);
        // `label=level:db-password=…`: an assignment in the value of another one.
        let (mut key, mut text, mut depth) = (key, text, 0);
        while !expects(key) && depth < DEEPEST {
            let Some(inner) = assignment(text) else { break };
            (key, text, depth) = (inner.0, inner.1, depth + 1);
        }
        if !expects(key) {
            continue;
        }
        let found = rule(&look.deeper(), key, text).with_leaf(text);
        // What asks for a value or points at one is no finding amid text.
        if found.class == Class::Plaintext {
            worst = Some(match worst {
                Some(before) => before.worst(found),
                None => found,
            });
        }
    }
    worst
}

/// The assignments behind the first `;`, `&` or `|` of a shell word or a dotenv value.
pub(super) fn behind(text: &str) -> impl Iterator<Item = (&str, &str)> {
    // A URL's query is the URL's.
    let query = text.find("://").and_then(|at| text[at..].find('?').map(|more| at + more));
    let end = query.unwrap_or(text.len());
    let signs = [';', '&', '|'];
    let parts = move |text| str::split(text, signs).skip(1).filter_map(assignment);
    let behind = query.map_or("", |at| &text[at..]);
    parts(&text[..end]).chain(behind.split([';', '|']).skip(1).filter_map(assignment))
}

/// The name and the value of `NAME=value` or `NAME:value`, without what stands around.
fn assignment(part: &str) -> Option<(&str, &str)> {
    let part = part.trim();
    let part = part.strip_prefix("export ").unwrap_or(part).trim_start_matches(BEFORE);
    let end = part.find(|c: char| !(c.is_ascii_alphanumeric() || "_.-".contains(c)))?;
    let (key, rest) = part.split_at(end);
    let text = rest
        .trim_start_matches(['"', '\''])
        .strip_prefix(['=', ':'])?
        .trim_start_matches(['"', '\''])
        .trim_end_matches(BEHIND);
    let text = if text.contains('{') { text } else { text.trim_end_matches('}').trim_end_matches(BEHIND) };
    let named = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && key.len() <= 128;
    (named && !text.is_empty() && !text.starts_with(['=', '/'])).then_some((key, text))
}
