//! Whether a credential can begin where a keyword stands.
//!
//! In: a pattern, its keywords, a place. Out: `false` only if no match begins there. Most keywords are parts of common
//! words, so this is asked far more often than a pattern is tried: it reads a few bytes and copies none. Knows nothing
//! of what a format demands besides its pattern.

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, nfa::thompson};
use regex_syntax::hir::{Class, Hir, HirKind};
use std::cell::RefCell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What has not failed after so many bytes is left to the pattern itself: keywords in crowds cost no more than this each.
const FAR: usize = 64;
/// So many beginnings of a pattern are looked at, of so many bytes at most.
const HEADS: usize = 64;
const HEAD: usize = 24;

/// Gates are numbered over the whole process, since threads keep what belongs to one under its number.
static GATES: AtomicUsize = AtomicUsize::new(0);
thread_local! {
    static CACHES: RefCell<Vec<Option<Cache>>> = const { RefCell::new(Vec::new()) };
}

/// The gate of one format.
pub(super) struct Gate {
    number: usize,
    pattern: String,
    keywords: Vec<String>,
    /// `None` once it is known that matches need not begin with a keyword.
    automaton: OnceLock<Option<DFA>>,
}

/// How the bytes are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// As they are.
    Text,
    /// As they will be once control characters have become spaces.
    Blanked,
}

impl Gate {
    /// The gate of a pattern, every match of which holds one of these keywords. Nothing is compiled yet.
    pub(super) fn new(pattern: String, keywords: Vec<String>) -> Self {
        let number = GATES.fetch_add(1, Ordering::Relaxed);
        Self { number, pattern, keywords, automaton: OnceLock::new() }
    }

    /// Whether the pattern may match with the keyword at this place.
    pub(super) fn may_open(&self, bytes: &[u8], at: usize, reading: Reading) -> bool {
        let Some(automaton) = self.automaton.get_or_init(|| automaton(&self.pattern, &self.keywords)) else {
            return true;
        };
        CACHES.with_borrow_mut(|caches| {
            if caches.len() <= self.number {
                caches.resize_with(self.number + 1, || None);
            }
            let cache = caches[self.number].get_or_insert_with(|| automaton.create_cache());
            may_match(automaton, cache, bytes, at, reading)
        })
    }

    /// Whether matches begin with a keyword, so that the gate ever closes.
    #[cfg(test)]
    pub(super) fn closes(&self) -> bool {
        automaton(&self.pattern, &self.keywords).is_some()
    }
}

fn may_match(automaton: &DFA, cache: &mut Cache, bytes: &[u8], at: usize, reading: Reading) -> bool {
    let input = Input::new(bytes).range(at..).anchored(Anchored::Yes);
    let Ok(mut state) = automaton.start_state_forward(cache, &input) else { return true };
    for (place, byte) in bytes.iter().enumerate().skip(at).take(FAR) {
        let control = byte.is_ascii_control() && !matches!(byte, b'\n' | b'\t');
        // Letters with NULs between them will be read as letters; what is not ASCII may be text or not.
        let wide = *byte == 0 && bytes.get(place + 2) == Some(&0) && bytes.get(place + 1) != Some(&0);
        if !byte.is_ascii() || wide && reading == Reading::Blanked {
            return true;
        }
        let byte = if control && reading == Reading::Blanked { b' ' } else { *byte };
        match automaton.next_state(cache, state, byte) {
            Ok(next) => state = next,
            Err(_) => return true,
        }
        if state.is_tagged() {
            return !state.is_dead();
        }
    }
    let ended = bytes.len() - at <= FAR;
    !ended || automaton.next_eoi_state(cache, state).map_or(true, |state| state.is_match())
}

fn automaton(pattern: &str, keywords: &[String]) -> Option<DFA> {
    let bytes = syntax::Config::new().unicode(false).utf8(false);
    let parsed = syntax::parse_with(pattern, &bytes).ok()?;
    heads(&parsed, keywords)?.iter().all(|head| head.begins(keywords)).then_some(())?;
    DFA::builder().syntax(bytes).thompson(thompson::Config::new().utf8(false)).build(pattern).ok()
}

/// How a match begins, in lower case.
#[derive(Clone)]
struct Head {
    text: Vec<u8>,
    /// It is all of the match so far, so that what follows can be added.
    whole: bool,
}

impl Head {
    /// Whether it begins with a keyword: then it does not matter how it goes on.
    fn begins(&self, keywords: &[String]) -> bool {
        let same = |word: &String| {
            self.text.get(..word.len()).is_some_and(|front| front.eq_ignore_ascii_case(word.as_bytes()))
        };
        keywords.iter().any(same)
    }
}

/// Every beginning of a match; `None` if there are too many.
fn heads(pattern: &Hir, keywords: &[String]) -> Option<Vec<Head>> {
    let nothing = |whole| vec![Head { text: Vec::new(), whole }];
    let mut found = match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => nothing(true),
        HirKind::Literal(literal) => vec![Head { text: literal.0.to_ascii_lowercase(), whole: true }],
        HirKind::Class(class) => letters(class).map_or_else(
            || nothing(false),
            |all| all.into_iter().map(|b| Head { text: vec![b], whole: true }).collect(),
        ),
        HirKind::Capture(group) => heads(&group.sub, keywords)?,
        HirKind::Repetition(repeated) => {
            let mut once = heads(&repeated.sub, keywords)?;
            if repeated.max != Some(1) {
                once.iter_mut().for_each(|head| head.whole = false);
            }
            once.extend(nothing(true).into_iter().filter(|_| repeated.min == 0));
            once
        }
        HirKind::Alternation(all) => all.iter().map(|one| heads(one, keywords)).collect::<Option<Vec<_>>>()?.concat(),
        HirKind::Concat(parts) => {
            let mut found = nothing(true);
            for part in parts {
                if !found.iter().any(|head| head.whole) {
                    break;
                }
                found = joined(&found, &heads(part, keywords)?)?;
                close(&mut found, keywords);
            }
            found
        }
    };
    close(&mut found, keywords);
    (found.len() <= HEADS).then_some(found)
}

/// Ends the beginnings that tell enough.
fn close(heads: &mut [Head], keywords: &[String]) {
    heads.iter_mut().for_each(|head| head.whole &= !head.begins(keywords) && head.text.len() < HEAD);
}

fn joined(fronts: &[Head], backs: &[Head]) -> Option<Vec<Head>> {
    let mut all = Vec::new();
    for front in fronts {
        if !front.whole {
            all.push(Head { text: front.text.clone(), whole: false });
            continue;
        }
        all.extend(backs.iter().map(|back| Head { text: [&front.text[..], &back.text].concat(), whole: back.whole }));
    }
    (all.len() <= HEADS).then_some(all)
}

/// The few letters of a class, both cases of one being one.
fn letters(class: &Class) -> Option<Vec<u8>> {
    let Class::Bytes(class) = class else { return None };
    let count: usize = class.ranges().iter().map(regex_syntax::hir::ClassBytesRange::len).sum();
    (count <= 8).then_some(())?;
    let mut all: Vec<u8> =
        class.ranges().iter().flat_map(|range| range.start()..=range.end()).map(|b| b.to_ascii_lowercase()).collect();
    all.sort_unstable();
    all.dedup();
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(pattern: &str, keyword: &str) -> Gate {
        Gate::new(pattern.to_owned(), vec![keyword.to_owned()])
    }

    fn opens(pattern: &str, keyword: &str, text: &str) -> bool {
        let at = text.to_ascii_lowercase().find(&keyword.to_ascii_lowercase()).unwrap();
        gate(pattern, keyword).may_open(text.as_bytes(), at, Reading::Blanked)
    }

    #[test]
    fn a_keyword_amid_other_text_keeps_the_gate_closed() {
        assert!(!opens(r"pat[A-Za-z0-9]{14}\.", "pat", "a path/to/it"));
        assert!(opens(r"pat[A-Za-z0-9]{4}\.", "pat", "pat1234."));
        assert!(!opens(r"(?i:google)[a-z ]{0,30}pass=", "google", "com.Google.protobuf"));
        assert!(opens(r"(?i:google)[a-z ]{0,30}pass=", "google", "GOOGLE app pass="));
    }

    #[test]
    fn what_is_cut_off_or_not_ascii_is_left_to_the_pattern() {
        assert!(!opens(r"pat[a-z]{4}", "pat", "patab"));
        assert!(opens(r"pat[^=]{4}", "pat", "patéabc"));
        assert!(opens(r"pat[a-z]{100}", "pat", &format!("pat{}", "a".repeat(FAR))));
    }

    #[test]
    fn control_characters_are_spaces_where_they_will_be() {
        let open = |reading| gate("pat x", "pat").may_open(b"pat\x01x", 0, reading);
        assert!(open(Reading::Blanked) && !open(Reading::Text));
        assert!(gate("pat=ab", "pat").may_open(b"pat=\0a\0b\0", 0, Reading::Blanked));
    }

    #[test]
    fn a_gate_closes_only_if_every_match_begins_with_a_keyword() {
        assert!(gate("(?:pat|PAT)_[a-z]{3}", "pat").closes());
        assert!(gate("(?i)p[aA]t[a-z]{3}", "pat").closes());
        assert!(gate("pat(?:_x)?y", "pat").closes());
        for pattern in ["[a-z]{3}pat", "(?:x|pat)y", "x?pat", "(?:pat){0,2}x", "pa?t", "[a-z]+"] {
            assert!(!gate(pattern, "pat").closes(), "{pattern}");
        }
    }
}
