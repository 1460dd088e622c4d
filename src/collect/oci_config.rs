//! The `Config` object that container inspect, image inspect and OCI image configs share. Not a collector.
//!
//! In: JSON, or bollard's models. Out: the same members with every text wrapped, and the fields that a judgement
//! of one of them gives. It judges nothing.

use crate::detect::{self, Context, Detector};
use crate::evidence::{Class, Field, FieldType, Judgement, Name, Sensitive};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use zeroize::Zeroizing;

/// The length buckets of a judgement.
const LENGTHS: [&str; 6] = ["0", "1-7", "8-15", "16-31", "32-63", "64+"];
// What every judged text of a config, a container or a history has in evidence.
pub(super) const CLASS: Field =
    Field { name: "class", holds: FieldType::Word(&Class::WORDS), meaning: "what the value is" };
pub(super) const VALUE_KIND: Field =
    Field { name: "value_kind", holds: FieldType::Name, meaning: "a finer word for the value" };
pub(super) const LENGTH: Field =
    Field { name: "length", holds: FieldType::Word(&LENGTHS), meaning: "the value's length bucket" };
pub(super) const KNOWN: Field =
    Field { name: "known", holds: FieldType::Bool, meaning: "whether it equals a value given as known" };
pub(super) const CORRELATOR: Field =
    Field { name: "correlator", holds: FieldType::Fingerprint, meaning: "equal values share it" };

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
    /// The user.
    pub(super) user: Texts,
    /// The working directory.
    pub(super) working_dir: Texts,
    /// Volumes: their paths are keys.
    pub(super) volumes: Texts,
    /// Ports: keys too.
    pub(super) exposed_ports: Texts,
    /// The host's name.
    pub(super) hostname: Texts,
    /// Its domain.
    pub(super) domainname: Texts,
    /// The signal that stops it; a number with Podman.
    pub(super) stop_signal: Texts,
    /// Podman: the command line that made the container.
    #[serde(deserialize_with = "nullable")]
    pub(super) create_command: Words,
    /// Podman's annotations.
    #[serde(deserialize_with = "nullable")]
    pub(super) annotations: Pairs,
}

impl OciConfig {
    /// The texts that have no word of their own in evidence.
    pub(super) fn others(&self) -> impl Iterator<Item = &Sensitive> {
        let user = [&self.user, &self.working_dir, &self.volumes, &self.exposed_ports];
        let host = [&self.hostname, &self.domainname, &self.stop_signal];
        user.into_iter().chain(host).flat_map(|texts| &texts.0)
    }
}

/// A health check: its command only.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Healthcheck {
    /// `CMD …` or `CMD-SHELL …`.
    #[serde(deserialize_with = "nullable")]
    pub(super) test: Words,
}

/// A variable's name as people write them: letters, digits, `_`, `.` and `-`, not at random. Anything else in
/// front of a `=`, or instead of one, may be a value.
pub(super) fn identifier(detector: &Detector, text: &Sensitive) -> Option<Name> {
    let name = text.name().ok()?;
    let mut bytes = name.as_str().bytes();
    let head = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    let plain = head && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
    let class = detector.judge(&Sensitive::new(Vec::new()), text, Context::Env).class;
    (plain && !matters(class)).then_some(name)
}

/// Whether a class is a finding, or asks for a person.
pub(super) fn matters(class: Class) -> bool {
    class.is_exposed() || class.needs_review()
}

/// `sha256:HEX` and nothing else.
fn is_content_address(value: &Sensitive) -> bool {
    value.name().is_ok_and(|name| name.as_str().starts_with("sha256:") && Name::digest(name.as_str()).is_ok())
}

/// What an environment entry is: its name if it may be shown, and the worst of its value and its whole text.
pub(super) fn entry(detector: &Detector, entry: &Sensitive, context: Context) -> (Option<Name>, Judgement) {
    let (name, value) = detector.assignment(entry);
    let shown = identifier(detector, &name);
    let judgement = match &value {
        Some(value) => detector.judge(&name, value, context),
        // A bare `NAME` unsets what the image sets; a bare value is nobody's name.
        None if shown.is_some() || name.is_empty() => stated(Class::Empty, "unset"),
        None => stated(Class::Undetermined, "bare-text"),
    };
    if shown.is_some() {
        return (shown, judgement);
    }
    let whole = detector.text(entry, context).spotted.into_iter().map(|spotted| spotted.judgement);
    let worst = whole.chain([judgement]).max_by_key(|judgement| judgement.class);
    (None, worst.unwrap_or_else(|| stated(Class::Undetermined, "bare-text")))
}

/// A judgement that no value stands behind.
pub(super) fn stated(class: Class, kind: &'static str) -> Judgement {
    Judgement { class, kind, length: "0", correlator: None, known: false }
}

/// A label, an option or an annotation: whether its key may be shown, and the worst of value, key and texts.
pub(super) fn labelled(detector: &Detector, key: &Sensitive, value: &Sensitive, context: Context) -> (bool, Judgement) {
    let mut worst = detector.judge(key, value, context);
    let judged = |text| detector.text(text, context).spotted.into_iter().map(|spotted| spotted.judgement);
    if !matters(worst.class) {
        worst = judged(value).chain([worst]).max_by_key(|one| one.class).unwrap_or(stated(Class::Empty, "empty"));
    }
    // Compose labels every container with its image's id: random, and public.
    if worst.class == Class::Open && is_content_address(value) {
        worst = stated(Class::NotSecret, "digest");
    }
    // `password=P` as a key: the value stands in the key itself.
    let in_key = judged(key).filter(|one| one.class.is_exposed()).max_by_key(|one| one.class);
    match in_key {
        Some(key) if key.class >= worst.class => (false, key),
        Some(_) => (false, worst),
        None => (true, worst),
    }
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

/// Every text of a JSON value, keys included, whatever its shape.
#[derive(Default)]
pub(super) struct Texts(pub(super) Vec<Sensitive>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(TextsVisitor)
    }
}

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Texts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<Texts, E> {
        let text = (!text.is_empty()).then(|| Sensitive::from(text.to_owned()));
        Ok(Texts(text.into_iter().collect()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Texts, E> {
        Ok(Texts::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Texts, E> {
        Ok(Texts::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Texts, E> {
        Ok(Texts::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Texts, E> {
        Ok(Texts::default())
    }

    fn visit_unit<E>(self) -> Result<Texts, E> {
        Ok(Texts::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Texts, A::Error> {
        let mut all = Vec::new();
        while let Some(texts) = items.next_element::<Texts>()? {
            all.extend(texts.0);
        }
        Ok(Texts(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Texts, A::Error> {
        let mut all = Vec::new();
        while let Some((key, texts)) = entries.next_entry::<Sensitive, Texts>()? {
            all.push(key);
            all.extend(texts.0);
        }
        Ok(Texts(all))
    }
}

/// The members of an object that must be spelled so, and those of the objects below them.
pub(super) struct Members(pub(super) &'static [(&'static str, Option<&'static Members>)]);

/// The members of `Config`.
pub(super) static CONFIG: Members = Members(&[
    ("Env", None),
    ("Cmd", None),
    ("Entrypoint", None),
    ("Labels", None),
    ("Healthcheck", None),
    ("OnBuild", None),
    ("Shell", None),
]);

impl Members {
    /// Whether a document has one of them in another case: such a member is not read, and that is not empty.
    pub(super) fn misspelled(&'static self, json: &[u8]) -> bool {
        self.deserialize(&mut serde_json::Deserializer::from_slice(json)).unwrap_or(true)
    }
}

impl<'de> DeserializeSeed<'de> for &'static Members {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<bool, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &'static Members {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_bool<E>(self, _: bool) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_i64<E>(self, _: i64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_u64<E>(self, _: u64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_f64<E>(self, _: f64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_str<E>(self, _: &str) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<bool, A::Error> {
        let mut wrong = false;
        while let Some(item) = items.next_element_seed(self)? {
            wrong |= item;
        }
        Ok(wrong)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<bool, A::Error> {
        let mut wrong = false;
        while let Some(key) = entries.next_key::<String>()? {
            let key = Zeroizing::new(key);
            match self.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(&key)) {
                Some((name, below)) if *name == key.as_str() => match below {
                    Some(below) => wrong |= entries.next_value_seed(*below)?,
                    None => drop(entries.next_value::<IgnoredAny>()?),
                },
                found => {
                    wrong |= found.is_some();
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(wrong)
    }
}

#[cfg(feature = "docker")]
mod engine {
    use super::{Healthcheck, OciConfig, Pairs, Texts, Words};
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

    fn texts(texts: impl IntoIterator<Item = String>) -> Texts {
        Texts(texts.into_iter().filter(|text| !text.is_empty()).map(Sensitive::from).collect())
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
                user: texts(from.user),
                working_dir: texts(from.working_dir),
                volumes: texts(from.volumes.into_iter().flatten()),
                exposed_ports: texts(from.exposed_ports.into_iter().flatten()),
                stop_signal: texts(from.stop_signal),
                hostname: texts(from.hostname),
                domainname: texts(from.domainname),
                ..Self::default()
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
                user: texts(from.user),
                working_dir: texts(from.working_dir),
                volumes: texts(from.volumes.into_iter().flatten()),
                exposed_ports: texts(from.exposed_ports.into_iter().flatten()),
                stop_signal: texts(from.stop_signal),
                ..Self::default()
            }
        }
    }
}
