//! A judgement: everything a report may say about a value, and how it came about.
//!
//! In: words of our own. Out: facts. No part of the value is in here, and nothing that would give its exact length.

use super::{Class, Fact, Field, FieldType, Fingerprint, Name, Shareable};
use std::collections::BTreeMap;

/// The step that decided what a value is. The words are part of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// There is nothing.
    Empty,
    /// The value could not be read to its end.
    Unread,
    /// It holds a value that was given as known.
    Known,
    /// A grammar of pointers, or of files that hold a secret.
    Reference,
    /// A grammar of ciphertexts or verifiers.
    Encrypted,
    /// A template that was not filled.
    Template,
    /// A stand-in.
    Placeholder,
    /// A place inside it that holds a secret or cannot: a URL's password, a flag, a member.
    Container,
    /// A provider's format whose checksum or inner parts hold.
    Checksum,
    /// A provider's format, by its pattern.
    Format,
    /// What the name promises, weighed with what the value looks like.
    Name,
    /// What the value looks like alone.
    Value,
}

impl Step {
    /// Every step, in the order in which they are taken.
    pub const ALL: [Self; 12] = [
        Self::Empty,
        Self::Unread,
        Self::Known,
        Self::Reference,
        Self::Encrypted,
        Self::Template,
        Self::Placeholder,
        Self::Container,
        Self::Checksum,
        Self::Format,
        Self::Name,
        Self::Value,
    ];

    /// The words of all steps, in the same order.
    pub const WORDS: [&'static str; 12] = [
        "empty",
        "unread",
        "known",
        "reference",
        "encrypted",
        "template",
        "placeholder",
        "container",
        "checksum",
        "format",
        "name",
        "value",
    ];

    /// The step's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }

    /// The step that gives a class, where one alone does; what several may give is a container's.
    #[must_use]
    pub fn of(class: Class) -> Self {
        match class {
            Class::Empty => Self::Empty,
            Class::Undetermined => Self::Unread,
            Class::Reference | Class::FileReference => Self::Reference,
            Class::Encrypted => Self::Encrypted,
            Class::TemplateFailure => Self::Template,
            Class::Placeholder => Self::Placeholder,
            Class::NotSecret | Class::NonSecretUrl | Class::Open | Class::Plaintext => Self::Container,
        }
    }

    /// How sure this step is of what it says; those that weigh say it themselves.
    #[must_use]
    pub fn confidence(self) -> Confidence {
        match self {
            Self::Empty | Self::Known | Self::Checksum => Confidence::Certain,
            Self::Reference | Self::Encrypted | Self::Template | Self::Placeholder | Self::Container | Self::Format => {
                Confidence::High
            }
            Self::Name => Confidence::Medium,
            Self::Unread | Self::Value => Confidence::Low,
        }
    }
}

impl Shareable for Step {}

/// How sure a judgement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// A guess, for a person to look at.
    Low,
    /// More likely than not.
    Medium,
    /// A grammar or a format says so.
    High,
    /// Nothing else is possible: a checksum, a parse, a value given as known.
    Certain,
}

impl Confidence {
    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Certain => "certain",
        }
    }
}

impl Shareable for Confidence {}

/// What a value is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alphabet {
    /// There is nothing, or no value stands behind the judgement.
    None,
    /// Decimal digits.
    Digits,
    /// Hexadecimal digits.
    Hex,
    /// Letters in words, with what joins them.
    Words,
    /// Letters and digits.
    Alphanumeric,
    /// Base64, in either alphabet.
    Base64,
    /// Anything else.
    Mixed,
}

impl Alphabet {
    /// The words of all alphabets, in the order of the variants.
    pub const WORDS: [&'static str; 7] = ["none", "digits", "hex", "words", "alphanumeric", "base64", "mixed"];

    /// The alphabet's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}

impl Shareable for Alphabet {}

/// What detection says of one value. No part of the value, only what it is.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The class.
    pub class: Class,
    /// A finer word of ours: `url-password`, `private-key`, `human-password`, `jwt` …
    pub kind: &'static str,
    /// The step that decided.
    pub step: Step,
    /// How sure it is.
    pub confidence: Confidence,
    /// What the value is written in.
    pub alphabet: Alphabet,
    /// Length bucket: `0`, `1-7`, `8-15`, `16-31`, `32-63`, `64+`.
    pub length: &'static str,
    /// Keyed correlator; only for exposed values.
    pub correlator: Option<Fingerprint>,
    /// Whether it holds a value given as known and in use now (`known_values`).
    pub known: bool,
    /// The secret whose value, in use or retired, was given as known and stands in it.
    pub secret: Option<Name>,
}

impl Shareable for Judgement {}

/// The field of every kind that holds judgements: which step decided.
pub const STEP: Field =
    Field { name: "step", holds: FieldType::Word(&Step::WORDS), meaning: "the step of detection that decided" };
/// The field of every kind that holds judgements: the value's alphabet.
pub const ALPHABET: Field =
    Field { name: "alphabet", holds: FieldType::Word(&Alphabet::WORDS), meaning: "what the value is written in" };
/// The field of every kind that holds judgements: whose known value it is.
pub const SECRET: Field =
    Field { name: "secret", holds: FieldType::Name, meaning: "the secret whose value was given as known" };

impl Judgement {
    /// A judgement that no value stands behind.
    #[must_use]
    pub fn stated(class: Class, kind: &'static str) -> Self {
        let step = Step::of(class);
        let (confidence, alphabet) = (step.confidence(), Alphabet::None);
        Self { class, kind, step, confidence, alphabet, length: "0", correlator: None, known: false, secret: None }
    }

    /// The facts every judged value contributes: `class`, `value_kind`, `step`, `alphabet`, `length`, `known`,
    /// `secret`, `correlator`.
    #[must_use]
    pub fn facts(&self) -> BTreeMap<&'static str, Fact> {
        let mut facts = BTreeMap::from([
            ("class", Fact::word(self.class.word())),
            ("value_kind", Fact::word(self.kind)),
            (STEP.name, Fact::word(self.step.word())),
            (ALPHABET.name, Fact::word(self.alphabet.word())),
            ("length", Fact::word(self.length)),
            ("known", Fact::Bool(self.known)),
        ]);
        if let Some(secret) = &self.secret {
            facts.insert(SECRET.name, Fact::Name(secret.clone()));
        }
        if let Some(correlator) = &self.correlator {
            facts.insert("correlator", Fact::Fingerprint(correlator.clone()));
        }
        facts
    }

    /// The class as a name.
    #[must_use]
    pub fn class_name(&self) -> Name {
        Name::fixed(self.class.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_has_its_word_and_a_stated_judgement_its_step() {
        for (step, word) in Step::ALL.iter().zip(Step::WORDS) {
            assert_eq!(step.word(), word);
        }
        let unset = Judgement::stated(Class::Empty, "unset");
        assert_eq!((unset.step.word(), unset.confidence.word(), unset.alphabet.word()), ("empty", "certain", "none"));
        assert_eq!(Alphabet::Mixed.word(), "mixed");
    }
}
