//! Paths that a pattern speaks of: its wildcards replaced by names, its classes by members.
//!
//! In: a pattern's text. Out: paths for it, of directories or of `.env` itself. `!deploy/.env` says nothing of any
//! random name: whether it takes `.env` back is only seen at `deploy/`. It must not know what is ignored.

use super::probe::Descent;
use super::wildmatch::class;

/// The longest path that is made; no file system takes a longer one.
const LONGEST: usize = 4096;
/// Bytes that a class is tried with, those first that names are made of.
const MEMBERS: &[u8] =
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+@ ,~=()!#$%&';^`{}[]\\*?\"<>|:";

/// How wildcards are replaced.
#[derive(Clone, Copy)]
pub(super) struct Filling {
    /// Where names come from.
    pub(super) names: Descent,
    /// Whether `*` becomes a name, or nothing where it may.
    pub(super) stars: bool,
    /// How many directories `**` becomes.
    pub(super) crossings: usize,
    /// Whether a class becomes one of its members, or something that is none.
    pub(super) inside: bool,
}

/// One path for a pattern; `None` if it can match nothing, or nothing that can exist.
pub(super) fn instance(text: &[u8], filling: Filling) -> Option<Vec<u8>> {
    let mut made = Made { text, filling, out: Vec::new(), level: 0 };
    let mut at = 0;
    while at < text.len() {
        at = made.next(at)?;
        if made.out.len() > LONGEST {
            return None;
        }
    }
    let exists = |name: &[u8]| !matches!(name, b"" | b"." | b"..") && !name.eq_ignore_ascii_case(b".git");
    made.out.split(|&b| b == b'/').all(exists).then_some(made.out)
}

struct Made<'a> {
    text: &'a [u8],
    filling: Filling,
    out: Vec<u8>,
    level: usize,
}

impl Made<'_> {
    /// Replaces what stands at a place; gives where the text goes on.
    fn next(&mut self, at: usize) -> Option<usize> {
        match self.text[at] {
            b'*' => Some(self.stars(at)),
            b'?' => {
                let letter = *self.name().last()?;
                self.out.push(letter);
                Some(at + 1)
            }
            b'[' => {
                let inside = self.filling.inside;
                let preferred = self.name();
                let tried = preferred.iter().rev().take(1).chain(MEMBERS);
                let mut hits = tried.filter_map(|&byte| Some((byte, class(&self.text[at + 1..], byte)?)));
                let (byte, (_, used)) = hits.find(|(_, (hit, _))| *hit == inside)?;
                self.out.push(byte);
                Some(at + 1 + used)
            }
            b'\\' => {
                self.out.push(*self.text.get(at + 1)?);
                Some(at + 2)
            }
            literal => {
                self.out.push(literal);
                Some(at + 1)
            }
        }
    }

    fn stars(&mut self, at: usize) -> usize {
        let after = at + self.text[at..].iter().take_while(|&&c| c == b'*').count();
        let ends = self.text.get(after).is_none_or(|&c| c == b'/');
        let alone = ends && (at == 0 || self.text[at - 1] == b'/');
        if !(alone && after - at >= 2) {
            if self.filling.stars || alone {
                let name = self.name();
                self.out.extend(name);
            }
            return after;
        }
        let last = after == self.text.len();
        for crossing in 0..self.filling.crossings.max(usize::from(last)) {
            if crossing > 0 {
                self.out.push(b'/');
            }
            let name = self.name();
            self.out.extend(name);
        }
        if last || self.filling.crossings > 0 { after } else { after + 1 }
    }

    fn name(&mut self) -> Vec<u8> {
        self.level += 1;
        self.filling.names.name(self.level)
    }
}

#[cfg(test)]
mod tests {
    use super::super::probe::descents;
    use super::super::wildmatch::{Budget, matches};
    use super::*;
    use git2::Oid;

    #[test]
    fn what_is_made_of_a_pattern_matches_it() {
        let ways = descents(Oid::from_str(&"3".repeat(40)).unwrap());
        for text in ["deploy/.env", "services/*/.env", "**/production/.env", "a/**/b", "config/**", "docker*/.env"]
            .into_iter()
            .chain(["???/.env", "[!a-z][0-9]x/.env", "a\\*b/*.env", "**/**/x", "*/*/*", "[[:upper:]]*"])
        {
            for names in ways.iter().copied() {
                for (stars, crossings) in [(false, 0), (true, 0), (true, 1), (true, 2)] {
                    let path = instance(text.as_bytes(), Filling { names, stars, crossings, inside: true }).unwrap();
                    let shown = String::from_utf8_lossy(&path).into_owned();
                    assert!(matches(text.as_bytes(), &path, true, &Budget::new(1_000_000)), "{text}: {shown}");
                }
            }
        }
    }

    #[test]
    fn what_cannot_exist_is_not_made() {
        let names = descents(Oid::from_str(&"3".repeat(40)).unwrap())[0];
        let filling = Filling { names, stars: true, crossings: 1, inside: true };
        for text in ["../.env", "a//b", ".git/.env", "a[", "x\\", &"a/".repeat(9000)] {
            assert!(instance(text.as_bytes(), filling).is_none(), "{text}");
        }
        let outside = instance(b"[!d]x", Filling { inside: false, ..filling }).unwrap();
        assert_eq!(outside, b"dx");
    }
}
