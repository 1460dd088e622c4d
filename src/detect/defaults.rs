//! Defaults of interpolations, under the names of the variables that they are for: `: "${NAME:=value}"`.
//!
//! In: any text. Out: variable, default and place. Knows no command: a default counts wherever it stands.

use super::interpolation;
use super::shell::Said;

/// Longer interpolations are looked at to here.
const WINDOW: usize = 1024;

/// Every `${NAME:-default}`, `${NAME:=default}`, `${NAME-default}` and `${NAME=default}` of a text, in order.
pub(super) fn said(text: &str) -> Vec<Said<'_>> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("${") {
        let window = &text[at + 1..text.floor_char_boundary(at + 1 + WINDOW)];
        let Some((name, default)) = interpolation::named(window) else { continue };
        let span = at + 1 + default.start..at + 1 + default.end;
        // `NAME=${NAME:-default}` is judged as an assignment already.
        let before = text[..at].trim_end_matches(['"', '\'']);
        let assigned = before.strip_suffix('=').is_some_and(|head| head.ends_with(name));
        if !assigned {
            found.push(Said { name: name.to_owned(), value: &text[span.clone()], span });
        }
    }
    found
}
