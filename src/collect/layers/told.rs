//! What is told of a file: facts, and no value.
//!
//! In: what detection says of its content. Out: what a report needs, which may be kept between runs.

use super::{File, Sort};
use crate::collect::summary::Summary;
use crate::evidence::{Cause, Class, Fact, Gap, Judgement, Kind, Name, Place, Subject, Target};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a file says.
#[derive(Serialize, Deserialize)]
pub(in crate::collect) struct Told {
    /// Whether all of it was understood.
    pub(super) determined: bool,
    /// The first value that a person must look at: its variable and line.
    pub(super) review: Option<(Option<Name>, u32)>,
    /// The values that are exposed. A file that has any is never kept.
    #[serde(skip)]
    pub(super) exposed: Option<Exposed>,
}

/// Exposed values of a file.
pub(super) struct Exposed {
    /// The worst one's line,
    line: u32,
    /// its variable,
    variable: Option<Name>,
    /// and what it is.
    facts: BTreeMap<Name, Fact>,
    /// How many there are.
    count: usize,
    /// Their variables.
    variables: Vec<Name>,
}

/// What is told of a file at its place: where exactly, and facts. A kind adds its own.
pub(in crate::collect) type At = (Place, BTreeMap<Name, Fact>);

impl File {
    /// The file as evidence and gaps of a kind, at a place of some target.
    pub(in crate::collect) fn at(&self, kind: &'static Kind, target: &Target, place: Place) -> (Vec<Gap>, Option<At>) {
        let place = Place { blob: self.blob.clone(), commit: self.commit.clone(), ..place };
        let (told, mut gaps) = (&self.told, Vec::new());
        if !told.determined {
            gaps.push(Gap::new(kind, Subject::at(target, place.clone()), Cause::Malformed));
        }
        if let (Sort::Env, Some((variable, line))) = (self.sort, &told.review) {
            let place = Place { variable: variable.clone(), line: Some(*line), ..place.clone() };
            gaps.push(Gap::new(kind, Subject::at(target, place), Cause::NeedsReview));
        }
        let (place, mut facts) = match &told.exposed {
            Some(Exposed { line, variable, facts, count, variables }) => {
                let mut facts = facts.clone();
                let variables = variables.iter().cloned().map(Fact::Name).collect();
                facts.insert(Name::fixed("exposed"), Fact::count(*count));
                facts.insert(Name::fixed("variables"), Fact::List(variables));
                (Place { line: Some(*line), variable: variable.clone(), ..place }, facts)
            }
            // An env file that exposes nothing is there all the same.
            None if self.sort == Sort::Env && told.determined => {
                (place, named(Judgement::stated(Class::NotSecret, "env-file").facts()))
            }
            None => return (gaps, None),
        };
        facts.insert(Name::fixed("file"), Fact::word(self.sort.word()));
        (gaps, Some((place, facts)))
    }
}

impl Sort {
    fn word(self) -> &'static str {
        match self {
            Self::Env => "env-file",
            Self::Template => "env-template",
            Self::Other => "other",
        }
    }
}

fn named(facts: BTreeMap<&'static str, Fact>) -> BTreeMap<Name, Fact> {
    facts.into_iter().map(|(name, fact)| (Name::fixed(name), fact)).collect()
}

impl Told {
    /// Whether it exposes nothing.
    pub(super) fn is_harmless(&self) -> bool {
        self.exposed.is_none()
    }

    /// What a summary says of a file of some sort.
    pub(super) fn of(summary: &Summary, sort: Sort) -> Self {
        let exposed = summary.exposes(sort != Sort::Env).map(|(worst, count, variables)| Exposed {
            line: worst.line,
            variable: worst.variable.clone(),
            facts: named(worst.judgement.facts()),
            count,
            variables,
        });
        Self { determined: summary.determined, review: summary.review.clone(), exposed }
    }
}
