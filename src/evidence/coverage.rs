//! Coverage: how much was looked at, and what was not. A pass without it does not exist.

use super::{Cause, Kind, Name, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What one collector examined of one target for one kind of evidence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// The kind of evidence.
    pub kind: Name,
    /// The target.
    pub target: Target,
    /// Counts by unit: commits, refs, objects, bytes, layers, files, variables …
    pub examined: BTreeMap<Name, u64>,
    /// What identifies the examined thing: digest, HEAD commit, daemon id, platform, level.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub identity: BTreeMap<Name, Name>,
    /// What was in scope and was not examined.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unexamined: Vec<Unexamined>,
}

/// A part of the declared scope that was not examined.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Unexamined {
    /// What.
    pub what: Name,
    /// Why.
    pub why: Cause,
}

impl Coverage {
    /// Nothing examined yet.
    #[must_use]
    pub fn new(kind: &'static Kind, target: &Target) -> Self {
        Self {
            kind: Name::fixed(kind.name),
            target: target.clone(),
            examined: BTreeMap::new(),
            identity: BTreeMap::new(),
            unexamined: Vec::new(),
        }
    }

    /// Adds to a unit's count.
    pub fn add(&mut self, unit: &'static str, n: u64) {
        *self.examined.entry(Name::fixed(unit)).or_default() += n;
    }

    /// The same coverage with a count added.
    #[must_use]
    pub fn with(mut self, unit: &'static str, n: u64) -> Self {
        self.add(unit, n);
        self
    }

    /// Says what identifies the examined thing.
    pub fn identify(&mut self, what: &'static str, name: Name) {
        self.identity.insert(Name::fixed(what), name);
    }

    /// Says what was not examined.
    pub fn miss(&mut self, what: Name, why: Cause) {
        self.unexamined.push(Unexamined { what, why });
    }

    /// The count of a unit.
    #[must_use]
    pub fn count(&self, unit: &str) -> u64 {
        self.examined.iter().find(|(name, _)| name.as_str() == unit).map_or(0, |(_, n)| *n)
    }

    /// Whether the whole declared scope was examined.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.unexamined.is_empty()
    }
}
