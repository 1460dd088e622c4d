//! One custody line per declared secret: where it was seen, as a reference or exposed.
//!
//! In: the ledger. Out: the lines, in order of name. It knows no rule.

use crate::evidence::{Class, CustodyLine, Evidence, Fact, Ledger, Name};
use std::collections::BTreeMap;

/// One line per declared secret, in order of name.
#[must_use]
pub fn custody(ledger: &Ledger) -> Vec<CustodyLine> {
    ledger
        .secrets
        .iter()
        .map(|secret| {
            let mut line = CustodyLine {
                secret: secret.name.clone(),
                source: secret.source.clone(),
                references: 0,
                exposed: 0,
                seen_in: BTreeMap::new(),
            };
            for item in ledger.evidence.iter().filter(|item| names(item, &secret.name)) {
                *line.seen_in.entry(item.kind.clone()).or_default() += 1;
                let class = item.word("class").and_then(|word| Class::WORDS.iter().position(|w| *w == word));
                match class.map(|i| Class::ALL[i]) {
                    Some(Class::Plaintext) => line.exposed += 1,
                    // A stand-in is right in a template and a known key in a running container.
                    Some(class) if class.is_exposed() && running(item) => line.exposed += 1,
                    Some(Class::Reference | Class::FileReference) => line.references += 1,
                    _ => {}
                }
            }
            line
        })
        .collect()
}

fn running(item: &Evidence) -> bool {
    item.kind.as_str().starts_with("container.")
}

/// Whether evidence is about this variable.
fn names(item: &Evidence, secret: &Name) -> bool {
    let listed = |fact: &Fact| match fact {
        Fact::List(names) => names.iter().any(|name| matches!(name, Fact::Name(name) if name == secret)),
        _ => false,
    };
    item.subject.place.variable.as_ref() == Some(secret) || item.fact("variables").is_some_and(listed)
}
