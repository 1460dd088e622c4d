//! Members of the `Config` object, wrapped as they are read: argument vectors, labels, texts of any shape.
//!
//! In: JSON, or what an engine's client read. Out: wrapped texts. It judges nothing.

use super::json::Json;
use crate::evidence::Sensitive;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;
use zeroize::Zeroizing;

/// `null` means what an absent member means.
pub(in crate::collect) fn nullable<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    from: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

/// An argument vector. It comes out only joined and wrapped.
#[derive(Default)]
pub(in crate::collect) struct Words(Vec<Zeroizing<String>>);

impl Words {
    /// Takes texts in.
    #[cfg(feature = "docker")]
    pub(in crate::collect) fn new(words: impl IntoIterator<Item = String>) -> Self {
        Self(words.into_iter().map(Zeroizing::new).collect())
    }

    /// Takes wiped texts in.
    pub(super) fn of(words: impl IntoIterator<Item = Zeroizing<String>>) -> Self {
        Self(words.into_iter().collect())
    }

    /// This vector with another behind it.
    pub(in crate::collect) fn followed_by(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The words with a blank between them, so that `--password` and its value stand side by side.
    pub(in crate::collect) fn text(&self) -> Option<Sensitive> {
        let length = self.0.iter().map(|word| word.len() + 1).sum();
        let mut text = Vec::with_capacity(length);
        for (i, word) in self.0.iter().enumerate() {
            if i > 0 {
                text.push(b' ');
            }
            text.extend_from_slice(word.as_bytes());
        }
        (!text.is_empty()).then(|| Sensitive::new(text))
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(WordsVisitor)
    }
}

struct WordsVisitor;

impl<'de> Visitor<'de> for WordsVisitor {
    type Value = Words;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list of texts")
    }

    fn visit_str<E>(self, text: &str) -> Result<Words, E> {
        Ok(Words(vec![Zeroizing::new(text.to_owned())]))
    }

    fn visit_unit<E>(self) -> Result<Words, E> {
        Ok(Words::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Words, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = items.next_element::<String>()? {
            words.push(Zeroizing::new(word));
        }
        Ok(Words(words))
    }
}

/// Labels or options: wrapped keys and values, sorted by nothing because nothing of them may be compared.
#[derive(Default)]
pub(in crate::collect) struct Pairs(pub(in crate::collect) Vec<(Sensitive, Sensitive)>);

impl Pairs {
    /// The value of a key of ours.
    pub(in crate::collect) fn get(&self, key: &'static str) -> Option<&Sensitive> {
        self.0.iter().find(|(name, _)| name.is(key)).map(|(_, value)| value)
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Pairs, A::Error> {
        let mut pairs = Vec::new();
        while let Some((key, value)) = entries.next_entry::<Sensitive, Option<Sensitive>>()? {
            pairs.push((key, value.unwrap_or_else(|| Sensitive::new(Vec::new()))));
        }
        Ok(Pairs(pairs))
    }
}

/// Every text of a JSON value, the names of members included, whatever its shape.
#[derive(Default)]
pub(in crate::collect) struct Texts(pub(in crate::collect) Vec<Sensitive>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut texts = Vec::new();
        Json::deserialize(from)?.texts(&mut texts);
        Ok(Self(texts))
    }
}
