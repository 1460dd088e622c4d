//! The classes of a value, from harmless to worst.
//!
//! Knows their words and order only; which one a value has is decided elsewhere.

use super::Shareable;

/// What a value is. The words are part of the ledger and of every rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Nothing, or a bare name without `=` (unset).
    Empty,
    /// Benign by name and value: a number, a path, a public key, a digest under a digest's name.
    NotSecret,
    /// A URL or DSN without a password.
    NonSecretUrl,
    /// A pointer into a manager, or an interpolation without a default.
    Reference,
    /// A path to a file that holds the value.
    FileReference,
    /// Ciphertext or a password verifier.
    Encrypted,
    /// A neutral name with a random value: for review, never silently passed.
    Open,
    /// Undecodable, truncated or over a limit: no verdict.
    Undetermined,
    /// The whole value is a known stand-in such as `changeme`.
    Placeholder,
    /// A template that was not filled: `<no value>`, `null`, `{{ … }}`.
    TemplateFailure,
    /// This text alone gives someone the credential.
    Plaintext,
}

impl Class {
    /// Every class, from harmless to worst: containers take their worst leaf.
    pub const ALL: [Self; 11] = [
        Self::Empty,
        Self::NotSecret,
        Self::NonSecretUrl,
        Self::Reference,
        Self::FileReference,
        Self::Encrypted,
        Self::Open,
        Self::Undetermined,
        Self::Placeholder,
        Self::TemplateFailure,
        Self::Plaintext,
    ];

    /// The words of all classes, in the same order.
    pub const WORDS: [&'static str; 11] = [
        "empty",
        "not-secret",
        "non-secret-url",
        "reference",
        "file-reference",
        "encrypted",
        "open",
        "undetermined",
        "placeholder",
        "template-failure",
        "plaintext",
    ];

    /// The class's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }

    /// Whether a person must look at it before anything may pass.
    #[must_use]
    pub fn needs_review(self) -> bool {
        matches!(self, Self::Open | Self::Undetermined)
    }

    /// Whether the text gives, or stands in for, a credential.
    #[must_use]
    pub fn is_exposed(self) -> bool {
        matches!(self, Self::Placeholder | Self::TemplateFailure | Self::Plaintext)
    }
}

impl Shareable for Class {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_has_its_word_and_plaintext_is_worst() {
        for (class, word) in Class::ALL.iter().zip(Class::WORDS) {
            assert_eq!(class.word(), word);
        }
        assert_eq!(Class::ALL.iter().max(), Some(&Class::Plaintext));
    }
}
