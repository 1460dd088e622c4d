//! JSON as an untrusted service writes it: every member is kept, so that one given twice is seen.
//!
//! In: the bytes of a body. Out: a tree, or why there is none. It knows no endpoint and no expectation.
//! The tree has no `Debug`: a text in it may be a secret.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;
use zeroize::Zeroizing;

/// A JSON value. Scalars keep their text only.
pub(super) enum Json {
    /// `null`.
    Null,
    /// `true`, `false` or a number, as text.
    Plain(String),
    /// A string.
    Text(Zeroizing<String>),
    /// An array.
    List(Vec<Json>),
    /// An object, members in order, those given twice included.
    Object(Vec<(Zeroizing<String>, Json)>),
}

/// Why there is no tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Not JSON, or something after it.
    Syntax,
    /// A member is given twice: two readers would see two different answers.
    Duplicate,
}

impl Json {
    /// Parses a whole body; depth is bounded by the parser.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Refused> {
        let json: Self = serde_json::from_slice(body).map_err(|_| Refused::Syntax)?;
        if json.repeats() { Err(Refused::Duplicate) } else { Ok(json) }
    }

    fn repeats(&self) -> bool {
        match self {
            Self::List(items) => items.iter().any(Self::repeats),
            Self::Object(members) => {
                let mut keys: Vec<&str> = members.iter().map(|(key, _)| key.as_str()).collect();
                keys.sort_unstable();
                keys.windows(2).any(|pair| pair[0] == pair[1]) || members.iter().any(|(_, value)| value.repeats())
            }
            _ => false,
        }
    }

    /// The members of an object.
    pub(super) fn members(&self) -> Option<&[(Zeroizing<String>, Json)]> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// A member by its exact name.
    pub(super) fn get(&self, key: &str) -> Option<&Json> {
        self.members()?.iter().find(|(name, _)| name.as_str() == key).map(|(_, value)| value)
    }

    /// Hands out the name of every member at any depth.
    pub(super) fn each_key(&self, take: &mut impl FnMut(&str)) {
        match self {
            Self::List(items) => items.iter().for_each(|item| item.each_key(take)),
            Self::Object(members) => members.iter().for_each(|(key, value)| {
                take(key);
                value.each_key(take);
            }),
            _ => {}
        }
    }

    /// The text of a scalar.
    pub(super) fn scalar(&self) -> Option<&str> {
        match self {
            Self::Plain(text) => Some(text),
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What an RFC 6901 pointer reaches.
    pub(super) fn pointer(&self, pointer: &str) -> Option<&Json> {
        let mut at = self;
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            at = match at {
                Self::List(items) => items.get(step.parse::<usize>().ok()?)?,
                _ => at.get(&step)?,
            };
        }
        Some(at)
    }
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
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Json, E> {
        Ok(Json::Plain(yes.to_string()))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Json, E> {
        Ok(Json::Plain(n.to_string()))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Json, E> {
        Ok(Json::Plain(n.to_string()))
    }

    fn visit_f64<E>(self, n: f64) -> Result<Json, E> {
        Ok(Json::Plain(n.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(Zeroizing::new(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some((key, value)) = from.next_entry::<String, Json>()? {
            members.push((Zeroizing::new(key), value));
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_given_twice_is_refused_at_any_depth() {
        for body in [r#"{"a":1,"a":1}"#, r#"{"a":[{"b":{"c":1,"c":2}}]}"#, r#"{"a":1,"\u0061":2}"#] {
            assert_eq!(Json::parse(body.as_bytes()).err(), Some(Refused::Duplicate), "{body}");
        }
        assert!(Json::parse(br#"{"a":{"x":1},"b":{"x":1}}"#).is_ok());
    }

    #[test]
    fn what_follows_the_document_is_refused_and_white_space_is_not() {
        assert_eq!(Json::parse(br#"{"a":1} x"#).err(), Some(Refused::Syntax));
        assert_eq!(Json::parse("[".repeat(100_000).as_bytes()).err(), Some(Refused::Syntax));
        assert!(Json::parse(b"{\"a\":1}\n").is_ok());
    }

    #[test]
    fn pointers_follow_objects_and_arrays() {
        let json = Json::parse(br#"{"a/b":[{"c":"d"}]}"#).unwrap();
        assert_eq!(json.pointer("/a~1b/0/c").and_then(Json::scalar), Some("d"));
        assert!(json.pointer("/a~1b/1").is_none());
    }
}
