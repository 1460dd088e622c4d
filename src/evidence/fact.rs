//! Facts, the kinds that name and type them, and evidence: facts about one subject.

use super::{Fingerprint, Name, Subject, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One thing learned. There is no way from a `String`: text is a [`Name`] or it is not here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// Yes or no.
    Bool(bool),
    /// A count or a number.
    Int(i64),
    /// A point in time.
    Time(Timestamp),
    /// A keyed digest of a value.
    Fingerprint(Fingerprint),
    /// Text that may be shown.
    Name(Name),
    /// Several of them.
    List(Vec<Fact>),
}

impl Fact {
    /// A word of our own.
    #[must_use]
    pub fn word(word: &'static str) -> Self {
        Self::Name(Name::fixed(word))
    }

    /// A count; what does not fit is the largest number.
    #[must_use]
    pub fn count(n: usize) -> Self {
        Self::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }

    /// The fact as one line of text for a person.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
            Self::Int(n) => n.to_string(),
            Self::Time(at) => at.rfc3339(),
            Self::Fingerprint(print) => print.as_str().to_owned(),
            Self::Name(name) => name.as_str().to_owned(),
            Self::List(items) => items.iter().map(Self::shown).collect::<Vec<_>>().join(", "),
        }
    }
}

/// What type a field's facts have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// [`Fact::Bool`].
    Bool,
    /// [`Fact::Int`].
    Int,
    /// [`Fact::Time`]; rules see Unix seconds.
    Time,
    /// [`Fact::Name`], one of these words. Rules may compare it with these words only.
    Word(&'static [&'static str]),
    /// [`Fact::Name`], any text.
    Name,
    /// [`Fact::Fingerprint`].
    Fingerprint,
    /// [`Fact::List`] of names.
    List,
}

/// One field of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The field's name in rules and in the ledger.
    pub name: &'static str,
    /// Its type.
    pub holds: FieldType,
    /// One line of meaning.
    pub meaning: &'static str,
}

/// A kind of evidence: its name, its fields, and which configuration key declares its targets.
#[derive(Debug)]
pub struct Kind {
    /// `source.thing`, for example `container.env`.
    pub name: &'static str,
    /// One line of meaning.
    pub meaning: &'static str,
    /// The configuration key whose absence means "not declared".
    pub declared_by: &'static str,
    /// Whether it is learned over a network or from a running system: left out by `--offline`.
    pub live: bool,
    /// The unit that `min_evidence` counts unless a rule names another.
    pub unit: &'static str,
    /// The fields.
    pub fields: &'static [Field],
}

impl Kind {
    /// The field of that name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// Facts of one kind about one place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The kind's name.
    pub kind: Name,
    /// What it is about.
    pub subject: Subject,
    /// The facts by field name.
    pub facts: BTreeMap<Name, Fact>,
    /// When it was taken.
    pub taken_at: Timestamp,
}

impl Evidence {
    /// Evidence of a kind; fields that the kind does not have are refused in tests and dropped otherwise.
    #[must_use]
    pub fn new(
        kind: &'static Kind,
        subject: Subject,
        facts: impl IntoIterator<Item = (&'static str, Fact)>,
        taken_at: Timestamp,
    ) -> Self {
        let facts = facts
            .into_iter()
            .filter(|(field, _)| {
                let known = kind.field(field).is_some();
                debug_assert!(known, "kind {} has no field {field}", kind.name);
                known
            })
            .map(|(field, fact)| (Name::fixed(field), fact))
            .collect();
        Self { kind: Name::fixed(kind.name), subject, facts, taken_at }
    }

    /// The fact of a field.
    #[must_use]
    pub fn fact(&self, field: &str) -> Option<&Fact> {
        self.facts.iter().find(|(name, _)| name.as_str() == field).map(|(_, fact)| fact)
    }

    /// The word of a field.
    #[must_use]
    pub fn word(&self, field: &str) -> Option<&str> {
        match self.fact(field) {
            Some(Fact::Name(name)) => Some(name.as_str()),
            _ => None,
        }
    }
}
