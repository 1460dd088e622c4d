//! Tables of shapes: a kind and a pattern a line, as `tables/` has them.
//!
//! In: a table's text. Out: compiled patterns in the table's order. It knows no kind.

use super::values::pattern;
use regex::Regex;

/// Shapes by kind, in the order in which they are tried.
pub(super) type Shapes = Vec<(&'static str, Regex)>;

/// Reads a table; `{user}` in a pattern is an optional user in front.
pub(super) fn shapes(table: &'static str) -> Shapes {
    let rows = table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '));
    rows.map(|(kind, text)| (kind, pattern(&text.replace("{user}", r"([\w.@-]{1,64}:)?")))).collect()
}
