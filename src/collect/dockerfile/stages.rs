//! The stages of a Dockerfile and the build arguments that flow through them.
//!
//! In: instructions and values. Out: which stages are shipped, and whether a value takes an argument in.
//! A file that `COPY --from` takes out of another stage is not followed.

use super::parse::Instruction;
use std::collections::BTreeSet;

/// The stages that the shipped image is built on: the last one, and those it begins from. Counted from 1.
pub(super) fn shipped(instructions: &[Instruction]) -> BTreeSet<usize> {
    let stages: Vec<(String, Option<String>)> = instructions
        .iter()
        .filter(|instruction| instruction.word == "FROM")
        .map(|from| {
            let words: Vec<&str> = from.text.split_whitespace().filter(|word| !word.starts_with("--")).collect();
            let named = words.get(1).is_some_and(|word| word.eq_ignore_ascii_case("as"));
            let name = words.get(2).filter(|_| named).map(|name| name.to_ascii_lowercase());
            (words.first().unwrap_or(&"").to_ascii_lowercase(), name)
        })
        .collect();
    let mut shipped = BTreeSet::new();
    let mut at = stages.len();
    while at > 0 && shipped.insert(at) {
        let base = &stages[at - 1].0;
        at = stages[..at - 1].iter().rposition(|(_, name)| name.as_ref() == Some(base)).map_or(0, |found| found + 1);
    }
    shipped
}

/// Whether a value takes a build argument in: `$NAME` or `${NAME…}`.
pub(super) fn mentions(value: &str, argument: &str) -> bool {
    value.match_indices('$').any(|(at, _)| {
        let rest = &value[at + 1..];
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        rest.strip_prefix(argument)
            .is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
    })
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    #[test]
    fn the_shipped_stages_are_the_last_and_its_bases() {
        let text = "FROM x AS base\nFROM base AS build\nFROM --platform=a y AS other\nFROM base\n";
        assert_eq!(shipped(&parse(text)), BTreeSet::from([1, 4]));
    }

    #[test]
    fn a_mention_is_a_whole_name() {
        assert!(mentions("$A", "A") && mentions("x${A:-y}", "A") && mentions("$AB/$A", "A"));
        assert!(!mentions("$AB", "A") && !mentions("A", "A"));
    }
}
