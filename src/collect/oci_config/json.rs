//! JSON as it was written: every text wrapped, every member in its place, also one that stands twice.
//!
//! In: JSON. Out: a tree, and the texts in it. What holds no text (numbers, truth values, null) is nothing.

use super::ids;
use crate::evidence::Sensitive;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;
use zeroize::Zeroizing;

/// A JSON value. Its texts come out only wrapped.
pub(in crate::collect) struct Json(pub(super) Value);

/// What it holds.
pub(super) enum Value {
    Nothing,
    Text(Zeroizing<String>),
    /// Only what holds a text.
    List(Vec<Json>),
    Object(Vec<(Zeroizing<String>, Json)>),
}

impl Json {
    /// Whether no text stands in it. A member's name is one.
    pub(super) fn is_silent(&self) -> bool {
        match &self.0 {
            Value::Nothing => true,
            Value::Text(text) => text.is_empty(),
            Value::List(items) => items.iter().all(Self::is_silent),
            Value::Object(members) => members.is_empty(),
        }
    }

    /// The same without the ids that engines make up.
    pub(super) fn without_ids(self) -> Self {
        Self(match self.0 {
            Value::Text(text) => Value::Text(ids::without(&text)),
            Value::List(items) => Value::List(items.into_iter().map(Self::without_ids).collect()),
            other => other,
        })
    }

    /// The same, and beside every text that wraps a document in base64 that document: `BuildKit` writes such.
    pub(in crate::collect) fn unwrapped(self) -> Self {
        Self(match self.0 {
            Value::Text(text) => {
                let bytes = data_encoding::BASE64.decode(text.as_bytes()).map(Zeroizing::new);
                let inner = bytes.ok().and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
                match inner {
                    Some(Self(inner @ (Value::Object(_) | Value::List(_)))) => {
                        Value::List(vec![Self(Value::Text(text)), Self(inner)])
                    }
                    _ => Value::Text(text),
                }
            }
            Value::List(items) => Value::List(items.into_iter().map(Self::unwrapped).collect()),
            Value::Object(members) => {
                Value::Object(members.into_iter().map(|(name, member)| (name, member.unwrapped())).collect())
            }
            Value::Nothing => Value::Nothing,
        })
    }

    /// Shows every text, or the texts of a list, with the names of the members that lead to it.
    pub(in crate::collect) fn visit(&self, look: &mut dyn FnMut(&[&str], &[&str])) {
        self.visit_below(&mut Vec::new(), look);
    }

    fn visit_below<'a>(&'a self, trail: &mut Vec<&'a str>, look: &mut dyn FnMut(&[&str], &[&str])) {
        match &self.0 {
            Value::Nothing => {}
            Value::Text(text) => look(trail, &[text.as_str()]),
            Value::List(items) => {
                let text = |item: &'a Self| match &item.0 {
                    Value::Text(text) => Some(text.as_str()),
                    _ => None,
                };
                let texts: Vec<&str> = items.iter().filter_map(text).collect();
                if !texts.is_empty() {
                    look(trail, &texts);
                }
                items.iter().filter(|item| text(item).is_none()).for_each(|item| item.visit_below(trail, look));
            }
            Value::Object(members) => {
                for (name, member) in members {
                    trail.push(name.as_str());
                    member.visit_below(trail, look);
                    trail.pop();
                }
            }
        }
    }

    /// Every text, the names of members included, in the order they stand in.
    pub(super) fn texts(self, out: &mut Vec<Sensitive>) {
        match self.0 {
            Value::Nothing => {}
            Value::Text(text) if text.is_empty() => {}
            Value::Text(text) => out.push(wrapped(&text)),
            Value::List(items) => items.into_iter().for_each(|item| item.texts(out)),
            Value::Object(members) => {
                for (name, member) in members {
                    out.push(wrapped(&name));
                    member.texts(out);
                }
            }
        }
    }
}

pub(super) fn wrapped(text: &str) -> Sensitive {
    Sensitive::from(text.to_owned())
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json(Value::Text(Zeroizing::new(text.to_owned()))))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
        Ok(Json(Value::Nothing))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Json, E> {
        Ok(Json(Value::Nothing))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Json, E> {
        Ok(Json(Value::Nothing))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json(Value::Nothing))
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json(Value::Nothing))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element::<Json>()? {
            // A million numbers must not fill the memory.
            if !item.is_silent() {
                all.push(item);
            }
        }
        Ok(Json(Value::List(all)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut all = Vec::new();
        while let Some((name, member)) = members.next_entry::<String, Json>()? {
            all.push((Zeroizing::new(name), member));
        }
        Ok(Json(Value::Object(all)))
    }
}
