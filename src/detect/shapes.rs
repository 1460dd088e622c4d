//! Tables of shapes: a kind and a pattern a line, as `tables/` has them.
//!
//! In: a table's text. Out: the kinds that a value has the shape of, in the table's order. It knows no kind.

use super::values::ascii;
use regex::RegexSet;

/// Shapes by kind, all of which one pass over a value tries.
pub(super) struct Shapes {
    kinds: Vec<&'static str>,
    patterns: RegexSet,
}

/// Reads a table; `{user}` in a pattern is an optional user in front.
#[expect(clippy::expect_used, reason = "the tables are part of the program, and the tests build them all")]
pub(super) fn shapes(table: &'static str) -> Shapes {
    let rows = table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '));
    let (kinds, texts): (Vec<_>, Vec<_>) =
        rows.map(|(kind, text)| (kind, ascii(&text.replace("{user}", r"([\w.@-]{1,64}:)?")))).unzip();
    Shapes { kinds, patterns: RegexSet::new(texts).expect("a table of this crate") }
}

impl Shapes {
    /// The kinds of a value, in the table's order.
    pub(super) fn kinds(&self, value: &str) -> impl Iterator<Item = &'static str> {
        self.patterns.matches(value).into_iter().map(|number| self.kinds[number])
    }
}
