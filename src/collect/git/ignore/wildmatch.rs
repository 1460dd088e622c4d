//! git's wildmatch: the glob language of ignore files, on bytes.
//!
//! A port of the rules of git's `wildmatch.c`; the tests compare it with `git check-ignore`. It knows nothing
//! of ignore files, and its work is bounded: a hostile pattern gives up as "no match" instead of hanging.

/// Most steps for one match.
const MOST_STEPS: u32 = 100_000;

/// Whether `text` matches `pattern`. With `slashes`, `*`, `?` and classes do not match a slash.
pub(super) fn matches(pattern: &[u8], text: &[u8], slashes: bool) -> bool {
    let mut steps = MOST_STEPS;
    Matcher { whole: pattern, slashes, steps: &mut steps }.run(0, text)
}

struct Matcher<'a> {
    whole: &'a [u8],
    slashes: bool,
    steps: &'a mut u32,
}

impl Matcher<'_> {
    fn run(&mut self, from: usize, text: &[u8]) -> bool {
        let (mut at, mut text) = (from, text);
        while let Some(&c) = self.whole.get(at) {
            if *self.steps == 0 {
                return false;
            }
            *self.steps -= 1;
            if c == b'*' {
                return self.star(at, text);
            }
            let Some((&have, rest)) = text.split_first() else { return false };
            match c {
                b'?' => {
                    if self.slashes && have == b'/' {
                        return false;
                    }
                    at += 1;
                }
                b'[' => match class(&self.whole[at + 1..], have) {
                    Some((true, used)) if !(self.slashes && have == b'/') => at += 1 + used,
                    _ => return false,
                },
                b'\\' => {
                    if self.whole.get(at + 1) != Some(&have) {
                        return false;
                    }
                    at += 2;
                }
                literal => {
                    if literal != have {
                        return false;
                    }
                    at += 1;
                }
            }
            text = rest;
        }
        text.is_empty()
    }

    fn star(&mut self, at: usize, text: &[u8]) -> bool {
        let stars = self.whole[at..].iter().take_while(|&&c| c == b'*').count();
        let after = at + stars;
        let opens = at == 0 || self.whole[at - 1] == b'/';
        let next = self.whole.get(after);
        // `**` crosses directories only as a whole component; elsewhere it is a plain star.
        let component = stars >= 2 && opens && (next.is_none() || next == Some(&b'/') || self.escaped_slash(after));
        let crosses = !self.slashes || component;
        // `**/` may also stand for nothing at all.
        if self.slashes && component && next == Some(&b'/') && self.run(after + 1, text) {
            return true;
        }
        if next.is_none() {
            return crosses || !text.contains(&b'/');
        }
        for skip in 0..=text.len() {
            if self.run(after, &text[skip..]) {
                return true;
            }
            if *self.steps == 0 || (!crosses && text.get(skip) == Some(&b'/')) {
                return false;
            }
        }
        false
    }

    fn escaped_slash(&self, at: usize) -> bool {
        self.whole.get(at..at + 2) == Some(b"\\/")
    }
}

/// Matches one byte against the class that begins after `[`; gives the answer and how much was used.
fn class(pattern: &[u8], have: u8) -> Option<(bool, usize)> {
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
    use super::matches;

    #[test]
    fn stars_and_classes_work_as_git_s_do() {
        for (pattern, text, slashes, expected) in [
            ("**/.env", ".env", true, true),
            ("**/.env", "a/b/.env", true, true),
            ("a/**", "a/b/.env", true, true),
            ("a/**/b", "a/b", true, true),
            ("a/*", "a/b/.env", true, false),
            ("a**/.env", "ab/c/.env", true, false),
            ("*.env", "prod.env", false, true),
            (".en[u-w]", ".env", false, true),
            (".en[!v]", ".env", false, false),
            (".en[[:alpha:]]", ".env", false, true),
            ("\\.env", ".env", false, true),
            (".en[v", ".env", false, false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes(), slashes), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_hostile_pattern_ends() {
        let pattern = "*a".repeat(200);
        let text = format!("{}b", "a".repeat(4000));
        assert!(!matches(pattern.as_bytes(), text.as_bytes(), false));
    }
}
