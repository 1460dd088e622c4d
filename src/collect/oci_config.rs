//! The `Config` object that container inspect, image inspect and OCI image configs share. Not a collector.
//!
//! In: JSON, or bollard's models. Out: the same members with every text wrapped. It judges nothing.

use crate::detect;
use crate::evidence::{Name, Sensitive};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;
use zeroize::Zeroizing;

/// The members that can carry a secret. Absent members are empty: engines since API 1.52 omit what is unset.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct OciConfig {
    /// `NAME=value`, or a bare `NAME` that unsets.
    #[serde(deserialize_with = "nullable")]
    pub(super) env: Vec<Sensitive>,
    /// The default arguments.
    #[serde(deserialize_with = "nullable")]
    pub(super) cmd: Words,
    /// The entry point.
    #[serde(deserialize_with = "nullable")]
    pub(super) entrypoint: Words,
    /// Labels.
    #[serde(deserialize_with = "nullable")]
    pub(super) labels: Pairs,
    /// The health check.
    #[serde(deserialize_with = "nullable")]
    pub(super) healthcheck: Healthcheck,
    /// Statements that run in images built on this one.
    #[serde(deserialize_with = "nullable")]
    pub(super) on_build: Vec<Sensitive>,
    /// The shell of RUN.
    #[serde(deserialize_with = "nullable")]
    pub(super) shell: Words,
}

/// A health check: its command only.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Healthcheck {
    /// `CMD …` or `CMD-SHELL …`.
    #[serde(deserialize_with = "nullable")]
    pub(super) test: Words,
}

/// A path, and whether its last part is an env file's name. The name gate may refuse the path, never the finding.
pub(super) struct FilePath {
    path: Sensitive,
    env_file: bool,
}

impl FilePath {
    /// Wraps a path.
    pub(super) fn new(path: &str) -> Self {
        let env_file = detect::env_like(path) && !detect::env_template(path);
        Self { path: Sensitive::from(path.to_owned()), env_file }
    }

    /// Whether an env file lies there.
    pub(super) fn is_env_file(&self) -> bool {
        self.env_file
    }

    /// The path, or a stand-in where the gate refuses it.
    pub(super) fn shown(&self, ordinal: usize) -> Name {
        self.path.name().unwrap_or_else(|_| Name::withheld("path", ordinal))
    }
}

impl<'de> Deserialize<'de> for FilePath {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let path = Zeroizing::new(String::deserialize(from)?);
        Ok(Self::new(&path))
    }
}

/// `null` means what an absent member means.
pub(super) fn nullable<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

/// An argument vector. It comes out only joined and wrapped.
#[derive(Default)]
pub(super) struct Words(Vec<Zeroizing<String>>);

impl Words {
    /// Takes texts in.
    #[cfg(feature = "docker")]
    pub(super) fn new(words: impl IntoIterator<Item = String>) -> Self {
        Self(words.into_iter().map(Zeroizing::new).collect())
    }

    /// This vector with another behind it.
    pub(super) fn followed_by(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The words with a blank between them, so that `--password` and its value stand side by side.
    pub(super) fn text(&self) -> Option<Sensitive> {
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
pub(super) struct Pairs(pub(super) Vec<(Sensitive, Sensitive)>);

impl Pairs {
    /// Takes a map in, in the order of its keys.
    #[cfg(feature = "docker")]
    pub(super) fn new(map: std::collections::HashMap<String, String>) -> Self {
        let mut pairs: Vec<(String, String)> = map.into_iter().collect();
        pairs.sort();
        Self(pairs.into_iter().map(|(key, value)| (Sensitive::from(key), Sensitive::from(value))).collect())
    }

    /// The value of a key of ours.
    pub(super) fn get(&self, key: &'static str) -> Option<&Sensitive> {
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

#[cfg(feature = "docker")]
mod engine {
    use super::{Healthcheck, OciConfig, Pairs, Words};
    use crate::evidence::Sensitive;
    use bollard::models::{ContainerConfig, HealthConfig, ImageConfig};

    fn wrapped(texts: Option<Vec<String>>) -> Vec<Sensitive> {
        texts.into_iter().flatten().map(Sensitive::from).collect()
    }

    fn words(texts: Option<Vec<String>>) -> Words {
        Words::new(texts.into_iter().flatten())
    }

    fn healthcheck(check: Option<HealthConfig>) -> Healthcheck {
        Healthcheck { test: words(check.and_then(|check| check.test)) }
    }

    impl From<ContainerConfig> for OciConfig {
        fn from(from: ContainerConfig) -> Self {
            Self {
                env: wrapped(from.env),
                cmd: words(from.cmd),
                entrypoint: words(from.entrypoint),
                labels: Pairs::new(from.labels.unwrap_or_default()),
                healthcheck: healthcheck(from.healthcheck),
                on_build: wrapped(from.on_build),
                shell: words(from.shell),
            }
        }
    }

    impl From<ImageConfig> for OciConfig {
        fn from(from: ImageConfig) -> Self {
            Self {
                env: wrapped(from.env),
                cmd: words(from.cmd),
                entrypoint: words(from.entrypoint),
                labels: Pairs::new(from.labels.unwrap_or_default()),
                healthcheck: healthcheck(from.healthcheck),
                on_build: wrapped(from.on_build),
                shell: words(from.shell),
            }
        }
    }
}
