//! Cuts shell text, labels and bodies into words.
//!
//! Knows quotes and separators, tolerantly: prose has apostrophes, and history has lost its quotes.

use crate::evidence::Sensitive;
use std::ops::Range;

/// One word, without its quotes.
pub(super) struct Word {
    pub(super) text: String,
    pub(super) span: Range<usize>,
    pub(super) line: u32,
    /// The whole word stood in quotes.
    pub(super) quoted: bool,
    /// Some of it did.
    pub(super) quotes: bool,
    /// A quoted word with a colon behind it: a key.
    pub(super) key: bool,
    /// First of a command.
    pub(super) first: bool,
}

/// The words of a text, in linear time: a quote that does not close on its line is a letter.
pub(super) fn words(text: &str) -> Words<'_> {
    Words { text, at: 0, line: 1, first: true, closing: Closing { from: 0, end: 0, lasts: [0; 2] } }
}

/// Cuts word after word, so that a long text never stands in memory as words.
pub(super) struct Words<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    first: bool,
    closing: Closing,
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        let bytes = self.text.as_bytes();
        while self.at < bytes.len() {
            match bytes[self.at] {
                b'\n' => {
                    self.first = true;
                    self.line = self.line.saturating_add(1);
                    self.at += 1;
                }
                b';' | b'|' | b'&' | b'(' => {
                    self.first = true;
                    self.at += 1;
                }
                b' ' | b'\t' | b'\r' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b',' => self.at += 1,
                _ => {
                    let word = word(self.text, self.at, self.line, self.first, &mut self.closing);
                    self.at = word.span.end.max(self.at + 1);
                    if word.key {
                        let blank = bytes[self.at..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
                        self.at += blank + usize::from(bytes.get(self.at + blank) == Some(&b':'));
                    }
                    self.first = false;
                    if !word.text.is_empty() || word.quoted {
                        return Some(word);
                    }
                }
            }
        }
        None
    }
}

/// Where each quote last stands on the current line, so that an unclosed one is not searched for twice.
struct Closing {
    from: usize,
    end: usize,
    lasts: [usize; 2],
}

impl Closing {
    fn may_close(&mut self, text: &str, at: usize, quote: u8) -> bool {
        if at >= self.end || at < self.from {
            let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
            let last = |quote: char| text[at..end].rfind(quote).map_or(at, |length| at + length);
            *self = Self { from: at, end: end.max(at + 1), lasts: [last('"'), last('\'')] };
        }
        self.lasts[usize::from(quote == b'\'')] > at
    }
}

fn word(text: &str, start: usize, line: u32, first: bool, closing: &mut Closing) -> Word {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = start;
    let (mut quotes, mut depth) = (0, 0_usize);
    let mut whole = false;
    while at < bytes.len() {
        let b = bytes[at];
        let next = bytes.get(at + 1).copied().unwrap_or(b'\n');
        let closed = quotes > 0 && at > start && matches!(bytes[at - 1], b'"' | b'\'');
        let opens = at == start || matches!(bytes[at - 1], b'=' | b':' | b'(' | b',' | b'"' | b'\'' | b'p');
        match b {
            b'"' | b'\'' if opens && closing.may_close(text, at, b) => {
                let (inner, end) = quoted(bytes, at, b);
                whole = at == start;
                quotes += 1;
                out.extend(inner);
                at = end;
                if whole && !bytes.get(at).is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'"' | b'\'')) {
                    break;
                }
                continue;
            }
            b'\n' | b' ' | b'\t' | b'\r' if depth == 0 || b == b'\n' => break,
            b'\\' if next == b'\n' => break,
            // `connect("…`, `c={secret:…`, `session({secret:…`: what is handed over begins a word of its own.
            b'(' | b'{' if depth == 0 && at > start && begins_another(bytes, start, at) => break,
            b'$' if matches!(next, b'{' | b'(') => depth += 1,
            b'{' if depth > 0 && at > start && bytes[at - 1] != b'$' => depth += 1,
            b'}' | b')' if depth > 0 => depth -= 1,
            b')' | b']' | b'}' if ends(next) => break,
            b';' | b'|' | b',' if ends(next) || matches!(next, b'"' | b'\'') || next == b => break,
            b'&' if next == b'&' || next == b' ' => break,
            b';' | b'|' | b',' | b'&' | b')' | b']' | b'}' | b'<' | b'>' if closed => break,
            _ => {}
        }
        out.push(b);
        at += 1;
    }
    let key = whole && quotes == 1 && is_key(bytes, start, at);
    Word {
        text: String::from_utf8_lossy(&out).into_owned(),
        span: start..at,
        line,
        quoted: whole && quotes == 1,
        quotes: quotes > 0,
        key,
        first,
    }
}

fn ends(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r' | b')' | b']' | b'}' | b',' | b';')
}

/// The inside of the quotes that open at `at`, unescaped, and the place behind them.
/// Whether a bracket inside a word opens an object or the texts that a call takes.
fn begins_another(bytes: &[u8], start: usize, at: usize) -> bool {
    let next = bytes.get(at + 1).copied().unwrap_or(b' ');
    match bytes[at] {
        // What an assignment calls stays its value.
        b'(' => {
            matches!(next, b'"' | b'\'') && bytes[at - 1].is_ascii_alphanumeric() && !bytes[start..at].contains(&b'=')
        }
        _ => {
            matches!(bytes[at - 1], b'=' | b'(' | b':')
                && (next.is_ascii_alphabetic() || matches!(next, b'"' | b'\'' | b'_'))
        }
    }
}

/// Whether a colon follows a word in quotes; behind a blank, only where an object's member begins.
fn is_key(bytes: &[u8], start: usize, end: usize) -> bool {
    let blank = |b: &&u8| matches!(b, b' ' | b'\t');
    match bytes.get(end) {
        Some(b':') => true,
        Some(b' ' | b'\t') if bytes[end..].iter().take(16).find(|b| !blank(b)) == Some(&b':') => {
            let before = bytes[..start].iter().rev().find(|b| !blank(b));
            matches!(before, None | Some(b'\n' | b'{' | b','))
        }
        _ => false,
    }
}

fn quoted(bytes: &[u8], at: usize, quote: u8) -> (Vec<u8>, usize) {
    let mut inner = Vec::new();
    let mut place = at + 1;
    while let Some(b) = bytes.get(place).copied().filter(|b| *b != b'\n') {
        if b == quote {
            return (inner, place + 1);
        }
        let escapes = b == b'\\' && quote == b'"';
        if let Some(next @ (b'"' | b'\\' | b'$' | b'`')) = bytes.get(place + 1).copied().filter(|_| escapes) {
            inner.push(next);
            place += 2;
        } else {
            inner.push(b);
            place += 1;
        }
    }
    (inner, place)
}

/// The pairs of `ENV`, `ARG` or `LABEL`: several `K=V` with quotes, or one `K V`.
///
/// A word without `=` after a pair belongs to the value before it: images keep spaces in values.
#[must_use]
pub fn pairs(text: &Sensitive) -> Vec<(Sensitive, Option<Sensitive>)> {
    text.examine(|bytes| {
        pair_list(&String::from_utf8_lossy(bytes))
            .into_iter()
            .map(|(name, value)| (Sensitive::from(name), value.map(Sensitive::from)))
            .collect()
    })
}

/// The same, for text that is already open.
pub(super) fn pair_list(text: &str) -> Vec<(String, Option<String>)> {
    let text = text.trim();
    let (head, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
    if head.is_empty() {
        return Vec::new();
    }
    if !head.contains('=') {
        let value = rest.trim();
        return vec![(head.to_owned(), (!value.is_empty()).then(|| value.to_owned()))];
    }
    let mut pairs: Vec<(String, Option<String>)> = Vec::new();
    let bytes = text.as_bytes();
    let mut closing = Closing { from: 0, end: 0, lasts: [0; 2] };
    let mut at = 0;
    while at < bytes.len() {
        let gap = at;
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        let gap = &text[gap..at];
        let (word, end) = pair_word(text, at, &mut closing);
        if end == at {
            break;
        }
        at = end;
        match word.split_once('=') {
            Some((name, value)) if pairs.is_empty() || key(name) => {
                pairs.push((name.to_owned(), Some(value.to_owned())));
            }
            _ => {
                if let Some((_, Some(value))) = pairs.last_mut() {
                    value.push_str(gap);
                    value.push_str(&word);
                }
            }
        }
    }
    pairs
}

fn key(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-/".contains(&b))
}

fn pair_word(text: &str, start: usize, closing: &mut Closing) -> (String, usize) {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = start;
    while at < bytes.len() && !bytes[at].is_ascii_whitespace() {
        let opens = at == start || bytes[at - 1] == b'=';
        if opens && matches!(bytes[at], b'"' | b'\'') && closing.may_close(text, at, bytes[at]) {
            let (inner, end) = quoted(bytes, at, bytes[at]);
            out.extend(inner);
            at = end;
        } else {
            if bytes[at] == b'\\' && bytes.get(at + 1) == Some(&b' ') {
                at += 1; // `K=a\ b` keeps its space
            }
            out.push(bytes[at]);
            at += 1;
        }
    }
    (String::from_utf8_lossy(&out).into_owned(), at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<String> {
        words(text).map(|word| word.text).collect()
    }

    #[test]
    fn quotes_and_separators_cut_words() {
        assert_eq!(cut("A='b c' d && e=\"f\\\"g\";h"), ["A=b c", "d", "e=f\"g", "h"]);
        assert_eq!(cut("don't stop"), ["don't", "stop"]);
        assert_eq!(cut("[\"a\",\"--token\",\"x y\"]"), ["a", "--token", "x y"]);
        assert_eq!(cut("T=${A:-b c} u=http://h/?a=1&b=2"), ["T=${A:-b c}", "u=http://h/?a=1&b=2"]);
        assert!(words("{\"password\": \"x\"}").next().unwrap().key);
    }

    #[test]
    fn env_entries_keep_spaces_in_values() {
        let all = |text: &str| -> Vec<String> {
            pair_list(text).into_iter().map(|(k, v)| format!("{k}|{}", v.unwrap_or_default())).collect()
        };
        let is = |text: &str, want: &[&str]| {
            let got: Vec<String> = all(text);
            assert_eq!(got, want, "{text}");
        };
        is("DATABASE_URL=postgresql://u:p w@h/db", &["DATABASE_URL|postgresql://u:p w@h/db"]);
        is("A=1 B=\"two words\" C='x'", &["A|1", "B|two words", "C|x"]);
        is("KEY some value", &["KEY|some value"]);
        is("A=b=c", &["A|b=c"]);
        assert_eq!(pair_list("TOKEN"), [("TOKEN".to_owned(), None)]);
    }
}
