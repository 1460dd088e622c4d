//! Which members of a document are read by their names, whether one is spelled otherwise, and what is left.
//!
//! In: a document and the table of its names. Out: a yes or no, and the other texts under their names. No table
//! has to be complete: what is not in it is left, and whoever asks for it gets it.

use super::json::{Json, Value, wrapped};
use super::wrapped::{Pairs, Words};
use serde::Deserialize;
use zeroize::Zeroizing;

/// The members that are read by their names, here or in the objects below.
pub(in crate::collect) struct Members(pub(in crate::collect) &'static [(&'static str, Below)]);

/// What a member holds.
pub(in crate::collect) enum Below {
    /// Something that is read as a whole, or that means nothing.
    Read,
    /// Something that is read for what it means, and is a text besides.
    Also,
    /// An object, or a list of objects, of which these are read.
    Of(&'static Members),
    /// An object with names of people's own, and in each of its members these.
    Each(&'static Members),
    /// An id or a digest that the engine made up, or a path with one: random, and public. The rest is a text.
    Id,
}

/// The members of `Config`.
pub(in crate::collect) static CONFIG: Members = Members(&[
    ("Env", Below::Read),
    ("Cmd", Below::Read),
    ("Entrypoint", Below::Read),
    ("Labels", Below::Read),
    ("Healthcheck", Below::Of(&Members(&[("Test", Below::Read)]))),
    ("OnBuild", Below::Read),
    ("Shell", Below::Read),
    ("User", Below::Read),
    ("WorkingDir", Below::Read),
    ("Volumes", Below::Read),
    ("ExposedPorts", Below::Read),
    ("Hostname", Below::Read),
    ("Domainname", Below::Read),
    ("StopSignal", Below::Read),
    ("CreateCommand", Below::Read),
    ("Annotations", Below::Read),
    ("Image", Below::Id),
]);

/// The texts that nothing reads by their names.
#[derive(Default)]
pub(in crate::collect) struct Rest {
    /// Each under the name nearest to it; an empty text where only the name stands.
    pub(in crate::collect) pairs: Pairs,
    /// Lists whose words may belong together: a flag such as `--password`, and its value.
    pub(in crate::collect) lists: Vec<Words>,
}

impl Members {
    /// Reads a document, unless it spells a name in other letters: engines do not mind, and would find it there.
    pub(in crate::collect) fn read<'de, T: Deserialize<'de>>(&self, json: &'de [u8]) -> Option<T> {
        let tree: Json = serde_json::from_slice(json).ok()?;
        if self.misspelled(&tree) { None } else { serde_json::from_slice(json).ok() }
    }

    /// Whether a document spells one of them in other letters: such a member is not read, and that is not empty.
    pub(in crate::collect) fn misspelled(&self, json: &Json) -> bool {
        match &json.0 {
            Value::List(items) => items.iter().any(|item| self.misspelled(item)),
            Value::Object(members) => members.iter().any(|(name, member)| {
                let folded = folded(name);
                let known = self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(&folded));
                known.is_some_and(|(known, below)| *known != name.as_str() || below.misspelled(member))
            }),
            Value::Nothing | Value::Text(_) => false,
        }
    }

    /// Whether a document has nothing but these.
    pub(in crate::collect) fn are_all(&self, json: &Json) -> bool {
        let known = |name: &str| self.0.iter().any(|(known, _)| *known == name);
        match &json.0 {
            Value::Object(members) => members.iter().all(|(name, member)| known(name) || member.is_silent()),
            _ => json.is_silent(),
        }
    }

    /// What is left of a document.
    pub(in crate::collect) fn rest(&self, json: Json) -> Rest {
        let mut rest = Rest::default();
        self.leave(json, &mut rest);
        rest
    }

    fn leave(&self, json: Json, rest: &mut Rest) {
        match json.0 {
            Value::List(items) => items.into_iter().for_each(|item| self.leave(item, rest)),
            Value::Object(members) => {
                for (name, member) in members {
                    match self.0.iter().find(|(known, _)| *known == name.as_str()) {
                        Some((_, Below::Read)) => {}
                        Some((_, Below::Of(below))) => below.leave(member, rest),
                        Some((_, Below::Each(below))) => below.leave_each(member, rest),
                        Some((_, Below::Id)) => rest.take(&name, member.without_ids()),
                        Some((_, Below::Also)) | None => rest.take(&name, member),
                    }
                }
            }
            Value::Nothing | Value::Text(_) => rest.take("", json),
        }
    }

    fn leave_each(&self, json: Json, rest: &mut Rest) {
        let Value::Object(members) = json.0 else { return rest.take("", json) };
        for (name, member) in members {
            rest.push(&name, "");
            self.leave(member, rest);
        }
    }
}

impl Below {
    fn misspelled(&self, json: &Json) -> bool {
        match (self, &json.0) {
            (Self::Of(below), _) => below.misspelled(json),
            (Self::Each(below), Value::Object(members)) => members.iter().any(|(_, one)| below.misspelled(one)),
            _ => false,
        }
    }
}

impl Rest {
    fn take(&mut self, name: &str, json: Json) {
        match json.0 {
            Value::Nothing => self.push(name, ""),
            Value::Text(text) => self.push(name, &text),
            Value::List(items) => {
                let words = items.iter().filter_map(|item| match &item.0 {
                    Value::Text(text) => Some(text),
                    _ => None,
                });
                if words.clone().any(|word| word.starts_with('-') && !word.contains('=')) {
                    self.lists.push(Words::of(words.cloned()));
                }
                items.into_iter().for_each(|item| self.take(name, item));
            }
            Value::Object(members) => {
                self.push(name, "");
                members.into_iter().for_each(|(name, member)| self.take(&name, member));
            }
        }
    }

    fn push(&mut self, name: &str, text: &str) {
        if !name.is_empty() || !text.is_empty() {
            self.pairs.0.push((wrapped(name), wrapped(text)));
        }
    }
}

/// The two letters beyond ASCII that Go takes for an `s` and a `k` in a member's name.
fn folded(name: &str) -> Zeroizing<String> {
    Zeroizing::new(name.replace('\u{17f}', "s").replace('\u{212a}', "k"))
}

#[cfg(test)]
mod tests {
    use super::*;

    static KNOWN: Members =
        Members(&[("config", Below::Of(&Members(&[("Env", Below::Read), ("Links", Below::Read)]))), ("id", Below::Id)]);

    fn tree(text: &str) -> Json {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_name_in_other_letters_is_misspelled_at_every_depth() {
        for text in [
            r#"{"Config":1}"#,
            r#"[{"config":{"env":[]}}]"#,
            r#"{"config":[{"LinKs":1}]}"#,
            r#"{"config":{"linkſ":1}}"#,
        ] {
            assert!(KNOWN.misspelled(&tree(text)), "{text}");
        }
        for text in [r#"{"config":{"Env":{"env":1}}}"#, r#"{"env":1}"#, "5", "null"] {
            assert!(!KNOWN.misspelled(&tree(text)), "{text}");
        }
    }

    #[test]
    fn what_is_not_read_by_name_is_left_whatever_its_shape() {
        let id = "0a".repeat(32);
        let left = |text: &str| KNOWN.rest(tree(text)).pairs.0.len();
        assert_eq!(left(r#"{"config":{"Env":["A=1"]},"n":null}"#), 1);
        assert_eq!(left(r#"{"config":{"Dns":["a","b"],"x":{"y":{"z":"t"}}}}"#), 5);
        let rest = KNOWN.rest(tree(&format!(r#"{{"id":"{id}"}}"#)));
        assert!(rest.pairs.0.iter().all(|(_, text)| text.is_empty()));
        let rest = KNOWN.rest(tree(r#"{"id":"a=b","x":["-p","y"]}"#));
        assert!(rest.pairs.0.iter().any(|(_, text)| text.is("a=b")));
        assert_eq!(rest.lists.len(), 1);
    }

    #[test]
    fn empty_members_do_not_count_where_nothing_may_stand() {
        assert!(KNOWN.are_all(&tree(r#"{"id":"x","other":{},"list":[null,""],"n":5}"#)));
        assert!(!KNOWN.are_all(&tree(r#"{"other":{"a":null}}"#)));
    }
}
