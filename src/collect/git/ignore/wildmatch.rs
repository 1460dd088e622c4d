//! git's wildmatch: the glob language of ignore files, on bytes.
//!
//! The rules of git's `wildmatch.c`; the tests compare it with `git check-ignore`. It knows nothing of ignore
//! files. All places of the text that a pattern may have reached are carried along at once: no hostile pattern
//! recurses, and the work is at most pattern times text. A budget bounds it over all matches of a walk.

use std::cell::Cell;

/// How many steps matching may still take.
pub(super) struct Budget(Cell<u64>);

impl Budget {
    /// A budget of this many steps.
    pub(super) fn new(steps: u64) -> Self {
        Self(Cell::new(steps))
    }

    /// Whether it was used up: answers since then are worth nothing.
    pub(super) fn exhausted(&self) -> bool {
        self.0.get() == 0
    }

    /// Takes steps away; gives whether any are left.
    pub(super) fn spend(&self, steps: usize) -> bool {
        self.0.set(self.0.get().saturating_sub(steps as u64));
        !self.exhausted()
    }
}

/// Whether `text` matches `pattern`. With `slashes`, `*`, `?` and classes do not match a slash.
pub(super) fn matches(pattern: &[u8], text: &[u8], slashes: bool, budget: &Budget) -> bool {
    let matcher = Matcher { pattern, text, slashes };
    let (mut at, mut place) = (0, 0);
    // Up to the first star there is one way only.
    while pattern.get(at).is_some_and(|&c| c != b'*') {
        match matcher.one(at, place).filter(|_| budget.spend(1)) {
            Some(used) => at += used,
            None => return false,
        }
        place += 1;
    }
    if at == pattern.len() {
        return budget.spend(1) && place == text.len();
    }
    let mut places = vec![false; text.len() + 1];
    places[place] = true;
    while at < pattern.len() {
        if !budget.spend(places.len()) {
            return false;
        }
        at = if pattern[at] == b'*' { matcher.stars(at, &mut places) } else { at + matcher.step(at, &mut places) };
        if !places.contains(&true) {
            return false;
        }
    }
    places[text.len()]
}

struct Matcher<'a> {
    pattern: &'a [u8],
    text: &'a [u8],
    slashes: bool,
}

impl Matcher<'_> {
    /// How much of the pattern matches the one byte at a place.
    fn one(&self, at: usize, place: usize) -> Option<usize> {
        let have = *self.text.get(place)?;
        let barred = self.slashes && have == b'/';
        match self.pattern[at] {
            b'?' => (!barred).then_some(1),
            b'[' => match class(&self.pattern[at + 1..], have)? {
                (true, used) if !barred => Some(1 + used),
                _ => None,
            },
            b'\\' => (self.pattern.get(at + 1) == Some(&have)).then_some(2),
            literal => (literal == have).then_some(1),
        }
    }

    /// Moves every place on by one byte; gives how much of the pattern that was.
    fn step(&self, at: usize, places: &mut [bool]) -> usize {
        let mut used = 1;
        for place in (0..self.text.len()).rev() {
            let moved = places[place].then(|| self.one(at, place)).flatten();
            places[place + 1] = moved.is_some();
            used = moved.unwrap_or(used);
        }
        places[0] = false;
        used
    }

    /// Spreads every place over what the stars match; gives where the pattern goes on.
    fn stars(&self, at: usize, places: &mut [bool]) -> usize {
        let after = at + self.pattern[at..].iter().take_while(|&&c| c == b'*').count();
        let opens = at == 0 || self.pattern[at - 1] == b'/';
        let next = self.pattern.get(after);
        let escaped_slash = self.pattern.get(after..after + 2) == Some(b"\\/");
        // `**` crosses directories only as a whole component; elsewhere it is a plain star.
        let component = after - at >= 2 && opens && (next.is_none() || next == Some(&b'/') || escaped_slash);
        let crosses = !self.slashes || component;
        let before = places.to_vec();
        for place in 0..self.text.len() {
            places[place + 1] |= places[place] && (crosses || self.text[place] != b'/');
        }
        if !(self.slashes && component && next == Some(&b'/')) {
            return after;
        }
        // `**/` may also stand for nothing at all.
        self.step(after, places);
        places.iter_mut().zip(before).for_each(|(place, was)| *place |= was);
        // Said twice it means the same.
        let again = self.pattern[after + 1..].chunks_exact(3).take_while(|next| next == b"**/").count();
        after + 1 + 3 * again
    }
}

/// Matches one byte against the class that begins after `[`; gives the answer and how much was used.
pub(super) fn class(pattern: &[u8], have: u8) -> Option<(bool, usize)> {
    let negated = matches!(pattern.first(), Some(b'!' | b'^'));
    let mut at = usize::from(negated);
    let (mut hit, mut previous, mut first) = (false, None, true);
    loop {
        let c = *pattern.get(at)?;
        match c {
            b']' if !first => break,
            b'-' if previous.is_some() && pattern.get(at + 1).is_some_and(|&c| c != b']') => {
                at += 1;
                let mut end = *pattern.get(at)?;
                if end == b'\\' {
                    at += 1;
                    end = *pattern.get(at)?;
                }
                hit |= previous.is_some_and(|start| start <= have && have <= end);
                previous = None;
            }
            b'[' if pattern.get(at + 1) == Some(&b':') => {
                let name_at = at + 2;
                let close = name_at + pattern[name_at..].iter().position(|&c| c == b']')?;
                if close == name_at || pattern[close - 1] != b':' {
                    // `[:` without `:]`: an ordinary bracket.
                    hit |= have == b'[';
                    previous = Some(b'[');
                } else {
                    hit |= named(&pattern[name_at..close - 1], have)?;
                    at = close;
                    previous = None;
                }
            }
            b'\\' => {
                at += 1;
                let c = *pattern.get(at)?;
                hit |= c == have;
                previous = Some(c);
            }
            c => {
                hit |= c == have;
                previous = Some(c);
            }
        }
        first = false;
        at += 1;
    }
    Some((hit != negated, at + 1))
}

fn named(name: &[u8], c: u8) -> Option<bool> {
    Some(match name {
        b"alnum" => c.is_ascii_alphanumeric(),
        b"alpha" => c.is_ascii_alphabetic(),
        b"blank" => c == b' ' || c == b'\t',
        b"cntrl" => c.is_ascii_control(),
        b"digit" => c.is_ascii_digit(),
        b"graph" => c.is_ascii_graphic(),
        b"lower" => c.is_ascii_lowercase(),
        b"print" => c.is_ascii_graphic() || c == b' ',
        b"punct" => c.is_ascii_punctuation(),
        b"space" => c.is_ascii_whitespace() || c == 0x0b,
        b"upper" => c.is_ascii_uppercase(),
        b"xdigit" => c.is_ascii_hexdigit(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(pattern: &str, text: &str, slashes: bool) -> bool {
        let budget = Budget::new(100_000_000);
        let matched = matches(pattern.as_bytes(), text.as_bytes(), slashes, &budget);
        assert!(!budget.exhausted());
        matched
    }

    #[test]
    fn stars_and_classes_work_as_git_s_do() {
        for (pattern, text, slashes, expected) in [
            ("**/.env", ".env", true, true),
            ("**/.env", "a/b/.env", true, true),
            ("a/**", "a/b/.env", true, true),
            ("a/**/b", "a/b", true, true),
            ("a/**/b", "a/x/y/b", true, true),
            ("a/**/b", "a/xb", true, false),
            ("a/*", "a/b/.env", true, false),
            ("a/*/.env", "a/b/.env", true, true),
            ("a**/.env", "ab/c/.env", true, false),
            ("*.env", "prod.env", false, true),
            (".en[u-w]", ".env", false, true),
            (".en[!v]", ".env", false, false),
            (".en[[:alpha:]]", ".env", false, true),
            ("*[[:alpha:]]nv", ".env", false, true),
            ("\\.env", ".env", false, true),
            (".en[v", ".env", false, false),
            ("*[v", ".env", false, false),
            ("", "", false, true),
        ] {
            assert_eq!(matched(pattern, text, slashes), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn hostile_patterns_end_with_the_right_answer() {
        let text = format!("{}b", "a".repeat(4000));
        assert!(!matched(&"*a".repeat(200), &text, false));
        assert!(matched(&format!("{}*b", "*a".repeat(200)), &text, false));
        assert!(!matched(&format!("{}zzz", "**/".repeat(90_000)), "svc/.env", true));
        assert!(matched(&format!("{}.env", "**/".repeat(90_000)), "svc/.env", true));
    }

    #[test]
    fn a_spent_budget_is_told() {
        let budget = Budget::new(10);
        assert!(!matches(b"*a*b*c", b"xxxxxxxxabc", false, &budget));
        assert!(budget.exhausted());
    }
}
