//! What is told of a file: facts, and no value.
//!
//! In: what detection says of its content. Out: what a report needs, which may be kept between runs.

use super::Sort;
use crate::collect::summary::Summary;
use crate::evidence::{Fact, Name};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a file says.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::collect) struct Told {
    /// Whether all of it was understood.
    pub(in crate::collect) determined: bool,
    /// The first value that a person must look at: its variable and line.
    pub(in crate::collect) review: Option<(Option<Name>, u32)>,
    /// The values that are exposed.
    pub(in crate::collect) exposed: Option<Exposed>,
}

/// Exposed values of a file.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::collect) struct Exposed {
    /// The worst one's line,
    pub(in crate::collect) line: u32,
    /// its variable,
    pub(in crate::collect) variable: Option<Name>,
    /// and what it is.
    pub(in crate::collect) facts: BTreeMap<Name, Fact>,
    /// How many there are.
    pub(in crate::collect) count: usize,
    /// Their variables.
    pub(in crate::collect) variables: Vec<Name>,
}

impl Told {
    /// What a summary says of a file of some sort.
    pub(super) fn of(summary: &Summary, sort: Sort) -> Self {
        let exposed = summary.exposes(sort != Sort::Env).map(|(worst, count, variables)| Exposed {
            line: worst.line,
            variable: worst.variable.clone(),
            facts: worst.judgement.facts().into_iter().map(|(name, fact)| (Name::fixed(name), fact)).collect(),
            count,
            variables,
        });
        Self { determined: summary.determined, review: summary.review.clone(), exposed }
    }
}
