//! What an object says of itself beside what was asked: that it is well, that it is not, or nothing clear.
//!
//! In: a JSON tree. Out: a mood. It knows no endpoint, no expectation and no HTTP.

use super::json::Json;
use super::vocabulary::{
    BEFORE, BEFORE_TROUBLE, BEHIND, COUNTS, DOUBTS, MADE_OF, NO_DOUBTS, NOTHING, OVERALL, REMARKS, STAND_IN_PARTS,
    STAND_INS, TROUBLES, UNWELL, WELL, WELL_OVERALL, YES_OR_NO,
};

/// How deep objects in objects are listened to.
const DEEPEST: usize = 8;

/// What an object says of itself beside its components.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mood {
    /// Nothing, or that it is well.
    Well,
    /// Something in words that nobody taught us.
    Unclear,
    /// That it is not.
    Unwell,
}

/// What an answer's own members say, those only whose name is free; `own` are the words this service uses for
/// "well". Its other members may be other components: how they are is not how the whole is.
pub(super) fn mood(place: &Json, free: &dyn Fn(&str) -> bool, own: &[String]) -> Mood {
    Listener { free, own, throughout: false }.object(place, 0)
}

/// The same of one component: whatever stands in it, at any depth, is about it.
pub(super) fn component(place: &Json, own: &[String]) -> Mood {
    Listener { free: &|key| key != "code", own, throughout: true }.object(place, 0)
}

struct Listener<'a> {
    free: &'a dyn Fn(&str) -> bool,
    own: &'a [String],
    throughout: bool,
}

impl Listener<'_> {
    fn object(&self, place: &Json, depth: usize) -> Mood {
        if depth > DEEPEST {
            return Mood::Unclear;
        }
        match place {
            Json::Object(members) => {
                let free = members.iter().filter(|(key, _)| (self.free)(&key.to_ascii_lowercase()));
                free.map(|(key, value)| self.member(&Key::of(key), value, depth)).max().unwrap_or(Mood::Well)
            }
            Json::List(items) if depth > 0 => {
                items.iter().map(|item| self.object(item, depth + 1)).max().unwrap_or(Mood::Well)
            }
            _ => Mood::Well,
        }
    }

    fn member(&self, key: &Key, value: &Json, depth: usize) -> Mood {
        let name = key.name.as_str();
        let known = |list: &[&str]| list.contains(&name);
        let said = value.scalar().map(plain);
        let inside = if self.throughout { self.object(value, depth + 1) } else { Mood::Well };
        let here = if known(OVERALL) && !key.negated {
            self.word(name, value, depth)
        } else if known(YES_OR_NO) {
            match said {
                Some(text) => yes_or_no(key, &text),
                None => self.object(value, depth + 1),
            }
        } else if TROUBLES.contains(&key.trouble.as_str()) {
            if silent(value) == key.negated { Mood::Unwell } else { Mood::Well }
        } else if said.is_some_and(|text| known(MADE_OF) && stands_in(&text) || known(REMARKS) && doubts(&text)) {
            Mood::Unclear
        } else {
            Mood::Well
        };
        here.max(inside)
    }

    /// What stands under an overall key.
    fn word(&self, key: &str, value: &Json, depth: usize) -> Mood {
        let Some(text) = value.scalar().map(plain) else {
            let inner = self.object(value, depth + 1);
            // `result` and `state` often hold data; a `status` that is no word says something.
            let telling =
                |key: &str| [OVERALL, YES_OR_NO].iter().any(|list| list.contains(&Key::of(key).name.as_str()));
            let tells = value.members().unwrap_or_default().iter().any(|(key, _)| telling(key));
            return if tells || key != "status" { inner } else { inner.max(Mood::Unclear) };
        };
        let number = text.parse::<u64>().ok();
        let known = |list: &[&str]| list.contains(&text.as_str());
        if key == "code" {
            let failed = number.is_some_and(|code| (400..600).contains(&code)) || known(UNWELL);
            return if failed { Mood::Unwell } else { Mood::Well };
        }
        match number {
            _ if self.own.contains(&text) => Mood::Well,
            Some(200..=299) => Mood::Well,
            Some(400..=599) => Mood::Unwell,
            _ if known(UNWELL) => Mood::Unwell,
            _ if known(WELL) || known(WELL_OVERALL) => Mood::Well,
            _ => Mood::Unclear,
        }
    }
}

fn yes_or_no(key: &Key, text: &str) -> Mood {
    // A number may count connections.
    let counts = text == "0" && COUNTS.contains(&key.name.as_str());
    let no = NOTHING.contains(&text) && text != "ok" || UNWELL.contains(&text);
    if key.negated {
        return if no { Mood::Well } else { Mood::Unwell };
    }
    if no && !counts { Mood::Unwell } else { Mood::Well }
}

fn silent(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::List(items) => items.is_empty(),
        Json::Object(members) => members.is_empty(),
        _ => value.scalar().is_some_and(|text| NOTHING.contains(&plain(text).as_str())),
    }
}

fn stands_in(text: &str) -> bool {
    let kind = text.split([':', '+', '/']).next().unwrap_or(text);
    STAND_INS.contains(&kind) || STAND_IN_PARTS.iter().any(|part| text.contains(part))
}

fn doubts(text: &str) -> bool {
    let text = NO_DOUBTS.iter().fold(text.to_owned(), |text, phrase| text.replace(phrase, ""));
    DOUBTS.iter().any(|doubt| text.contains(doubt))
}

/// A member's name in one spelling: `isReady`, `is_ready` and `Ready` are `ready`, `notReady` is its opposite.
struct Key {
    name: String,
    /// The same, where it tells of trouble.
    trouble: String,
    negated: bool,
}

impl Key {
    fn of(key: &str) -> Self {
        let words = words(key);
        let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut negated = false;
        while words.len() > 1 && (BEFORE.contains(&words[0]) || words[0] == "not") {
            negated ^= words.remove(0) == "not";
        }
        while words.len() > 1 && words.last().is_some_and(|word| BEHIND.contains(word)) {
            words.pop();
        }
        let earlier = words.len() > 1 && BEFORE_TROUBLE.contains(&words[0]);
        Self { name: words.join("_"), trouble: words[usize::from(earlier)..].join("_"), negated }
    }
}

/// The words of `a_b`, `a-b`, `aB` and `A`, in small letters.
fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for c in key.chars() {
        if !c.is_alphanumeric() || small && c.is_uppercase() {
            words.push(String::new());
        }
        small = c.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    if words.is_empty() { vec![String::new()] } else { words }
}

/// A text in small letters, blanks and dashes as `_`.
pub(super) fn plain(text: &str) -> String {
    text.trim().to_ascii_lowercase().replace([' ', '-'], "_")
}
