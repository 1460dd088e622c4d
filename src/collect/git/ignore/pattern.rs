//! One ignore file: its lines as patterns, and which of them decides about a path.
//!
//! In: the bytes of a `.gitignore`. Out: the last pattern that matches. Follows git's `dir.c` to the letter:
//! comments, escapes, trailing blanks, a byte order mark, CRLF, negation, anchoring, directory-only patterns.

use super::instance::{Filling, instance};
use super::probe::Descent;
use super::wildmatch::{Budget, matches};
use crate::collect::entry_path::split;
use std::collections::BTreeSet;

/// What it costs to ask a pattern at all, in steps of matching.
const ASKING: usize = 4;

/// The patterns of one ignore file, and the directory it stands in.
pub(super) struct Patterns {
    /// Empty for the root, else `a/b`.
    base: Vec<u8>,
    patterns: Vec<Pattern>,
}

struct Pattern {
    text: Vec<u8>,
    negated: bool,
    directory: bool,
    /// No slash inside: it matches a name in any directory below.
    name_only: bool,
}

/// What a pattern says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// Ignore it.
    Ignore,
    /// Take it back in.
    Include,
}

impl Patterns {
    /// Reads an ignore file.
    pub(super) fn parse(base: &[u8], text: &[u8]) -> Self {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let lines = text.split(|&b| b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        Self { base: base.to_vec(), patterns: lines.filter_map(Pattern::parse).collect() }
    }

    /// Whether it has no pattern at all.
    pub(super) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether `.env` is ignored in every directory below, whatever it is called: some line says so, and nothing
    /// behind it can take that back. `None` if no line speaks of `.env` everywhere.
    pub(super) fn settled(&self, budget: &Budget) -> Option<bool> {
        let speaking = self.patterns.iter().rev().filter(|pattern| !pattern.directory);
        let mut decisive =
            speaking.filter(|one| if one.negated { one.may_name_env(budget) } else { one.covers_env(budget) });
        decisive.next().map(|one| !one.negated)
    }

    /// How many directories deep its patterns reach by counting them, `**` aside.
    pub(super) fn reach(&self) -> usize {
        self.patterns
            .iter()
            .map(|pattern| pattern.text.split(|&b| b == b'/').filter(|part| *part != b"**").count())
            .max()
            .unwrap_or(0)
    }

    /// Paths from the file's own directory that its patterns speak of.
    pub(super) fn spoken_of(&self, ways: &[Descent], budget: &Budget) -> Vec<Vec<u8>> {
        let fillings = fillings(ways);
        self.patterns.iter().flat_map(|pattern| pattern.instances(&pattern.text, &fillings, budget)).collect()
    }

    /// Paths from any directory below that its negated patterns speak of.
    pub(super) fn afloat(&self, ways: &[Descent], budget: &Budget) -> Vec<Vec<u8>> {
        let fillings = fillings(&ways[..1]);
        let negated = self.patterns.iter().filter(|pattern| pattern.negated);
        negated.filter_map(|one| Some(one.instances(one.afloat()?, &fillings, budget))).flatten().collect()
    }

    /// What the last matching pattern says about a path; with `plain_only`, negated patterns are passed over.
    pub(super) fn decide(&self, path: &[u8], is_directory: bool, plain_only: bool, budget: &Budget) -> Option<Says> {
        let below =
            if self.base.is_empty() { path } else { path.strip_prefix(self.base.as_slice())?.strip_prefix(b"/")? };
        let name = split(below).1;
        let deciding = self
            .patterns
            .iter()
            .rev()
            .filter(|pattern| !(plain_only && pattern.negated))
            .find(|pattern| pattern.matches(below, name, is_directory, budget))?;
        Some(if deciding.negated { Says::Include } else { Says::Ignore })
    }
}

impl Pattern {
    fn parse(line: &[u8]) -> Option<Self> {
        if line.first().is_none_or(|&first| first == b'#') {
            return None;
        }
        let line = without_trailing_blanks(line);
        // git works on C strings: a NUL ends the pattern.
        let line = line.split(|&b| b == 0).next().unwrap_or(line);
        let (negated, line) = line.strip_prefix(b"!").map_or((false, line), |rest| (true, rest));
        let (directory, line) = line.strip_suffix(b"/").map_or((false, line), |rest| (true, rest));
        let name_only = !line.contains(&b'/');
        let text = line.strip_prefix(b"/").unwrap_or(line).to_vec();
        (!text.is_empty()).then_some(Self { text, negated, directory, name_only })
    }

    /// What it says in whatever directory.
    fn afloat(&self) -> Option<&[u8]> {
        if self.name_only { Some(&self.text) } else { self.text.strip_prefix(b"**/") }
    }

    fn covers_env(&self, budget: &Budget) -> bool {
        self.afloat().is_some_and(|text| !text.contains(&b'/') && matches(text, b".env", false, budget))
    }

    /// Whether a file called `.env` may match it somewhere.
    fn may_name_env(&self, budget: &Budget) -> bool {
        // A slash may stand in a class: where the last name begins is then not seen at a glance.
        let unclear = !self.name_only && self.text.contains(&b'[');
        let last = split(&self.text).1;
        unclear || matches(last, b".env", false, budget)
    }

    /// A negated pattern's matches; of any other, what its classes leave out.
    fn instances(&self, text: &[u8], fillings: &[Filling], budget: &Budget) -> BTreeSet<Vec<u8>> {
        if !self.negated && !text.contains(&b'[') {
            return BTreeSet::new();
        }
        let fillings = fillings
            .iter()
            .filter(|_| budget.spend(text.len() + 100))
            .map(|filling| Filling { inside: self.negated, ..*filling });
        fillings.filter_map(|filling| instance(text, filling)).collect()
    }

    fn matches(&self, below: &[u8], name: &[u8], is_directory: bool, budget: &Budget) -> bool {
        if self.directory && !is_directory || !budget.spend(ASKING) {
            return false;
        }
        if self.name_only { matches(&self.text, name, false, budget) } else { matches(&self.text, below, true, budget) }
    }
}

/// The ways in which wildcards are replaced: by as little as may be, and by names of every sort.
fn fillings(ways: &[Descent]) -> Vec<Filling> {
    let sorts = ways.iter().map(|&names| Filling { names, stars: true, crossings: 1, inside: true });
    let first = ways.first().map(|&names| Filling { names, stars: true, crossings: 2, inside: true });
    let least = first.map(|filling| Filling { stars: false, crossings: 0, ..filling });
    least.into_iter().chain(sorts).chain(first).collect()
}

/// Trailing spaces do not count unless a backslash stands before them.
fn without_trailing_blanks(line: &[u8]) -> &[u8] {
    let (mut end, mut at) = (0, 0);
    while at < line.len() {
        match line[at] {
            b' ' => {}
            b'\\' => {
                at += 1;
                end = at + 1;
            }
            _ => end = at + 1,
        }
        at += 1;
    }
    &line[..end.min(line.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str, path: &str) -> Option<Says> {
        Patterns::parse(b"", text.as_bytes()).decide(path.as_bytes(), false, false, &Budget::new(10_000))
    }

    #[test]
    fn the_last_matching_line_decides() {
        assert_eq!(says(".env\n!.env\n", ".env"), Some(Says::Include));
        assert_eq!(says("!.env\n.env\n", ".env"), Some(Says::Ignore));
        assert_eq!(says("# .env\n\\#x\n", ".env"), None);
    }

    #[test]
    fn anchors_blanks_and_line_ends() {
        assert_eq!(says("/.env", "svc/.env"), None);
        assert_eq!(says("svc/.env", "a/svc/.env"), None);
        assert_eq!(says("\u{feff}.env  \r\n", ".env"), Some(Says::Ignore));
        assert_eq!(says(".env\\ \n", ".env"), None);
        assert_eq!(says(".env/\n", ".env"), None);
    }
}
