//! The stages of a Dockerfile and the build arguments that flow through them.
//!
//! In: instructions and values. Out: which stages are shipped, and whether a value takes an argument in.
//! A file that `COPY --from` takes out of another stage is not followed.

use crate::collect::instructions::Instruction;
use std::collections::{BTreeMap, BTreeSet};

/// Arguments that every builder sets; none of their values makes an env file's name.
const BUILDERS: [&str; 8] = [
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETARCH",
    "TARGETVARIANT",
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDARCH",
    "BUILDVARIANT",
];

/// The longest expanded text, and how much is held in all: `ENV B=$A$A`, repeated, doubles without end.
const LONGEST: usize = 4096;
const MOST_HELD: usize = 1 << 20;

/// A text, and whether something in it stands for what nobody but the one who builds knows.
type Value = (String, bool);

/// The build arguments and variables of a stage, as far as the file itself gives their values.
#[derive(Default)]
pub(super) struct Variables {
    /// Defaults of the arguments before the first stage, or all of this stage.
    here: BTreeMap<String, Value>,
    global: Option<BTreeMap<String, Value>>,
    /// How long all values together are.
    held: usize,
}

impl Variables {
    /// A stage begins: it knows nothing but what it declares.
    pub(super) fn enter_stage(&mut self) {
        let before = std::mem::take(&mut self.here);
        self.global.get_or_insert(before);
    }

    /// `ENV NAME=value`.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        let value = self.expand(value);
        self.keep(name, value);
    }

    /// `ARG NAME` or `ARG NAME=value`.
    pub(super) fn declare(&mut self, name: &str, default: Option<&str>) {
        let default = default.map(|text| self.expand(text));
        let inherited = || self.global.as_ref().and_then(|global| global.get(name).cloned());
        if let Some(value) = default.or_else(inherited) {
            self.keep(name, value);
        }
    }

    /// Beyond the limit a variable has no value that is known: it can be anything.
    fn keep(&mut self, name: &str, value: Value) {
        self.held = self.held.saturating_add(value.0.len());
        let value = if self.held > MOST_HELD { unknown() } else { value };
        self.here.insert(name.to_owned(), value);
    }

    /// A text with its variables replaced; one without a value becomes `*`, and the answer is true. So does a text
    /// that becomes too long.
    pub(super) fn expand(&self, text: &str) -> Value {
        let (mut out, mut open, mut rest) = (String::new(), false, text);
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            let (inside, next) = match after.strip_prefix('{') {
                Some(braced) => braced.split_once('}').unwrap_or((braced, "")),
                None => {
                    after.split_at(after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len()))
                }
            };
            rest = next;
            let (name, default) = match inside.split_once('-') {
                Some((name, default)) => (name.trim_end_matches(':'), Some(default)),
                None => (inside, None),
            };
            let known = self.here.get(name).map(|(value, open)| (value.as_str(), *open));
            match known.or(default.map(|text| (text, false))) {
                Some((value, unknown)) => {
                    out.push_str(value);
                    open |= unknown;
                }
                None if BUILDERS.contains(&name) => out.push_str("any"),
                None => {
                    out.push('*');
                    open = true;
                }
            }
            if out.len() > LONGEST {
                return unknown();
            }
        }
        out.push_str(rest);
        if out.len() > LONGEST { unknown() } else { (out, open) }
    }
}

fn unknown() -> Value {
    ("*".to_owned(), true)
}

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
    use super::*;
    use crate::collect::instructions::parse;

    #[test]
    fn the_shipped_stages_are_the_last_and_its_bases() {
        let text = "FROM x AS base\nFROM base AS build\nFROM --platform=a y AS other\nFROM base\n";
        assert_eq!(shipped(&parse(text)), BTreeSet::from([1, 4]));
    }

    #[test]
    fn variables_stand_for_their_defaults_in_their_stage() {
        let mut variables = Variables::default();
        variables.declare("F", Some(".env"));
        variables.enter_stage();
        assert_eq!(variables.expand("a/$F"), ("a/*".to_owned(), true));
        variables.declare("F", None);
        assert_eq!(variables.expand("a/${F}-${G:-x}/$TARGETARCH"), ("a/.env-x/any".to_owned(), false));
    }

    #[test]
    fn a_mention_is_a_whole_name() {
        assert!(mentions("$A", "A") && mentions("x${A:-y}", "A") && mentions("$AB/$A", "A"));
        assert!(!mentions("$AB", "A") && !mentions("A", "A"));
    }
}
