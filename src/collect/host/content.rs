//! What a text holds: the worst class, the exposed variables, and whether all of it was understood.
//!
//! In: what detection says. Out: facts. It reads nothing.

use crate::detect::Scan;
use crate::evidence::{ALPHABET, Class, Fact, Judgement, Name, SECRET, STEP};
use std::collections::BTreeSet;

/// What an env-like text holds.
#[derive(Default)]
pub(super) struct Content {
    /// The worst class.
    pub(super) class: Option<Class>,
    /// The judgement that gave it: how a reader sees why.
    pub(super) worst: Option<Judgement>,
    /// Exposed values.
    pub(super) exposed: usize,
    /// Their variables, sorted.
    pub(super) variables: BTreeSet<Name>,
    /// Whether one was given as known.
    pub(super) known: bool,
    /// Variables whose random value nobody can judge alone.
    pub(super) open: BTreeSet<Name>,
    /// Whether all of it was understood.
    pub(super) determined: bool,
}

impl Content {
    /// Sums up a scan; comments count, they can be read as well.
    pub(super) fn of(scan: Scan) -> Self {
        let mut content = Self { determined: scan.determined, ..Self::default() };
        // Two readings of one text show most values twice.
        let mut seen = BTreeSet::new();
        for (i, spotted) in scan.spotted.into_iter().enumerate() {
            let name = spotted.variable.unwrap_or_else(|| Name::withheld("variable", i + 1));
            if !seen.insert((name.clone(), spotted.line, spotted.judgement.class)) {
                continue;
            }
            content.add(name, &spotted.judgement);
        }
        if !content.determined {
            content.class = content.class.max(Some(Class::Undetermined));
        }
        content
    }

    /// What exists and nobody can say what it holds: it could not be read, or is only there when something runs.
    pub(super) fn unknown() -> Self {
        Self { class: Some(Class::Undetermined), determined: true, ..Self::default() }
    }

    /// Adds one judged value.
    pub(super) fn add(&mut self, variable: Name, judgement: &Judgement) {
        let (class, known) = (judgement.class, judgement.known);
        // A value that was given as known says more than any other of its class.
        let rank = |one: &Judgement| (one.class, one.secret.is_some(), one.known);
        if self.worst.as_ref().is_none_or(|worst| rank(judgement) > rank(worst)) {
            self.worst = Some(judgement.clone());
        }
        self.class = self.class.max(Some(class));
        self.known |= known;
        if class.is_exposed() || known {
            self.exposed += 1;
            self.variables.insert(variable);
        } else if class == Class::Open {
            self.open.insert(variable);
        }
    }

    /// Whether a value is written here that a person could use.
    pub(super) fn gives_away(&self) -> bool {
        self.known || matches!(self.class, Some(Class::Plaintext | Class::Placeholder)) && self.exposed > 0
    }

    /// The same without the parts that belong to the file alone.
    pub(super) fn summary(&self) -> Self {
        Self {
            class: self.class,
            worst: self.worst.clone(),
            exposed: self.exposed,
            variables: self.variables.clone(),
            known: self.known,
            open: BTreeSet::new(),
            determined: true,
        }
    }

    pub(super) fn facts(self) -> Vec<(&'static str, Fact)> {
        let mut facts = vec![
            ("class", Fact::word(self.class.unwrap_or(Class::Empty).word())),
            ("exposed", Fact::count(self.exposed)),
            ("variables", Fact::List(self.variables.into_iter().map(Fact::Name).collect())),
            ("known", Fact::Bool(self.known)),
        ];
        // A text that was not understood is worse than any value in it, and is none of them.
        let worst = self.worst.filter(|worst| Some(worst.class) == self.class);
        let told = ["value_kind", STEP.name, ALPHABET.name, "length", SECRET.name];
        facts.extend(worst.iter().flat_map(Judgement::facts).filter(|(field, _)| told.contains(field)));
        facts
    }
}
