//! The grammar of dotenv files, as the many loaders read it between them.
//!
//! Knows how lines become names and values; what a value is, is not decided here. Where loaders disagree,
//! the reading that shows more is taken: what one of them would load is in the file.

use super::finder::MOST;
use std::borrow::Cow;

/// The longest value of several lines.
const LONGEST: usize = 64 << 10;

/// One assignment, as written.
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    pub(super) value: Cow<'a, str>,
    /// From 1.
    pub(super) line: u32,
    pub(super) commented: bool,
}

/// A line or a comment that is no assignment, for the search for tokens.
pub(super) struct Remark<'a> {
    pub(super) text: &'a str,
    pub(super) line: u32,
    pub(super) commented: bool,
}

/// What a file's text consists of.
#[derive(Default)]
pub(super) struct Parsed<'a> {
    pub(super) entries: Vec<Entry<'a>>,
    pub(super) remarks: Vec<Remark<'a>>,
    pub(super) lines: u64,
    /// Whether that is all of it.
    pub(super) whole: bool,
}

/// Reads a file's text, up to some more entries than are told of one text.
pub(super) fn parse(text: &str) -> Parsed<'_> {
    let mut parser = Parser { text, at: 0, line: 1, unclosed: Vec::new(), out: Parsed::default() };
    while parser.at < text.len() && parser.out.entries.len() + parser.out.remarks.len() <= 2 * MOST {
        parser.step();
    }
    parser.out.whole = parser.at >= text.len();
    parser.out
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    /// Quotes that never close from here on: looked for once, not once a line.
    unclosed: Vec<char>,
    out: Parsed<'a>,
}

impl<'a> Parser<'a> {
    fn step(&mut self) {
        let rest = &self.text[self.at..];
        let end = rest.find('\n').unwrap_or(rest.len());
        let line = &rest[..end];
        let number = self.line;
        let mut used = end;
        let body = line.trim();
        if let Some(comment) = comment(body) {
            self.comment(comment, number);
        } else if !body.is_empty() && !conflict_marker(body) {
            match assignment(line) {
                Some((name, start)) => {
                    let (value, length, after) = self.value(&rest[start..]);
                    self.out.entries.push(Entry { name, value, line: number, commented: false });
                    used = start + length;
                    if let Some(after) = after.filter(|after| !after.trim().is_empty()) {
                        self.comment(after.trim().trim_start_matches('#'), number);
                    }
                }
                None => self.out.remarks.push(Remark { text: body, line: number, commented: false }),
            }
        }
        self.advance(used);
    }

    fn advance(&mut self, used: usize) {
        let rest = &self.text[self.at..];
        let line_end = rest[used..].find('\n').map_or(rest.len(), |at| used + at + 1);
        let lines = rest[..line_end].matches('\n').count().max(1);
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.out.lines += lines as u64;
        self.at += line_end;
    }

    /// A commented-out assignment is a leak; a sentence about one is not.
    fn comment(&mut self, text: &'a str, line: u32) {
        let text = text.trim();
        if let Some((name, start)) = assignment(text) {
            let value = text[start..].trim();
            let spaced = text[..start].ends_with([' ', ':']) || value.len() < text[start..].len();
            let words = value.split_whitespace().count();
            let quoted = value.starts_with(['"', '\'']);
            let sentence = spaced && words > 1 && !quoted;
            if !sentence && !value.is_empty() {
                let value = if quoted { unquote(value) } else { Cow::Borrowed(inline(value).0) };
                // `hunter2 (the old one)`: the first word is what was assigned.
                let value = match value {
                    Cow::Borrowed(text) if words > 2 && !quoted && !text.contains("://") && !text.contains("-----") => {
                        Cow::Borrowed(text.split_whitespace().next().unwrap_or(text))
                    }
                    other => other,
                };
                self.out.entries.push(Entry { name, value, line, commented: true });
                return;
            }
        }
        if !text.is_empty() {
            self.out.remarks.push(Remark { text, line, commented: true });
        }
    }

    /// The value at the start of `rest`, how many bytes it took, and an inline comment.
    fn value(&mut self, rest: &'a str) -> (Cow<'a, str>, usize, Option<&'a str>) {
        let lead = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let body = &rest[lead..];
        let line_end = body.find('\n').unwrap_or(body.len());
        if let Some(quote) = body.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))
            && let Some(close) = self.close(body, quote)
        {
            let inner = &body[1..close];
            let tail = &body[close + 1..];
            let tail = &tail[..tail.find('\n').unwrap_or(tail.len())];
            let glued = tail.find([' ', '\t']).unwrap_or(tail.len());
            let value = match (quote, &tail[..glued]) {
                ('"', "") => unescape(inner),
                (_, "") => Cow::Borrowed(inner),
                // The shell joins `"abc"def`.
                (_, glued) => Cow::Owned([inner, glued].concat()),
            };
            return (value, lead + close + 1 + tail.len(), tail[glued..].find('#').map(|at| &tail[glued + at..]));
        }
        if let Some(end) = key_block(body) {
            return (Cow::Borrowed(&body[..end]), lead + end, None);
        }
        if body[..line_end].ends_with('\\') {
            return continued(body, lead);
        }
        // `KEY= # where to get one`: no value, and a sentence about it. One word alone may be the value.
        let note = body[..line_end].strip_prefix('#').filter(|note| lead > 0 && is_note(note));
        if note.is_some() {
            return (Cow::Borrowed(""), lead + line_end, note);
        }
        let (value, after) = inline(&body[..line_end]);
        (Cow::Borrowed(value), lead + line_end, after)
    }

    /// Where the quote that opens `body` closes; on a later line only if no assignment stands between.
    fn close(&mut self, body: &str, quote: char) -> Option<usize> {
        let line_end = body.find('\n').unwrap_or(body.len());
        let find = |text: &str| {
            let mut escaped = false;
            text.char_indices().skip(1).find_map(|(at, c)| {
                let closes = c == quote && !escaped;
                escaped = c == '\\' && !escaped && quote == '"';
                closes.then_some(at)
            })
        };
        if let Some(at) = find(&body[..line_end]) {
            return Some(at);
        }
        if self.unclosed.contains(&quote) || line_end == body.len() {
            return None;
        }
        // A bounded look: a value of several lines is a key or a document, not the rest of the file.
        let window = &body[..body.floor_char_boundary(LONGEST)];
        let Some(at) = find(window) else {
            if window.len() == body.len() {
                self.unclosed.push(quote);
            }
            return None;
        };
        let between = window[line_end + 1..at].lines();
        let key = body.lines().take(2).any(|line| line.contains("-----BEGIN"));
        let swallows = !key && between.into_iter().any(upper_assignment);
        (!swallows).then_some(at)
    }
}

/// Whether the text behind a `#` is a sentence or an address rather than one word.
fn is_note(text: &str) -> bool {
    text.split_whitespace().count() > 1 || text.trim().starts_with("http")
}

/// An unquoted PEM block to the end of its last line.
fn key_block(body: &str) -> Option<usize> {
    if !body.starts_with("-----BEGIN ") {
        return None;
    }
    let end = body[..body.floor_char_boundary(LONGEST)].find("-----END ")?;
    Some(body[end..].find('\n').map_or(body.len(), |at| end + at))
}

/// Lines that end in a backslash go on.
fn continued(body: &str, lead: usize) -> (Cow<'_, str>, usize, Option<&str>) {
    let mut value = String::new();
    let mut used = 0;
    for line in body.split_inclusive('\n') {
        used += line.trim_end_matches('\n').len();
        let text = line.trim_end();
        if let Some(more) = text.strip_suffix('\\') {
            value.push_str(more.trim_start());
        } else {
            value.push_str(inline(text.trim_start()).0);
            break;
        }
        used += line.len() - line.trim_end_matches('\n').len();
    }
    (Cow::Owned(value), lead + used.min(body.len()), None)
}

/// An unquoted value ends where a comment begins.
fn inline(text: &str) -> (&str, Option<&str>) {
    let mut from = 0;
    while let Some(at) = text[from..].find('#').map(|at| from + at) {
        if text[..at].ends_with([' ', '\t']) {
            return (text[..at].trim(), Some(&text[at + 1..]));
        }
        from = at + 1;
    }
    (text.trim(), None)
}

fn unescape(inner: &str) -> Cow<'_, str> {
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('t') => out.push('\t'),
                Some(other @ ('"' | '\\' | '$' | '`' | '\'')) => out.push(other),
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            },
            (c, false) => out.push(c),
        }
    }
    Cow::Owned(out)
}

fn unquote(value: &str) -> Cow<'_, str> {
    let quote = value.chars().next().unwrap_or('"');
    let inner = &value[1..];
    inner.find(quote).map_or(Cow::Borrowed(inner), |end| unescape(&inner[..end]))
}

fn comment(body: &str) -> Option<&str> {
    let text = body.strip_prefix('#').or_else(|| body.strip_prefix("//")).or_else(|| body.strip_prefix(';'))?;
    Some(text.trim_start_matches(['#', '/', ';', '!', ' ', '\t']))
}

fn conflict_marker(body: &str) -> bool {
    ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|marker| body.starts_with(marker))
}

/// The name of an assignment, and where in the line its value begins.
pub(super) fn assignment(line: &str) -> Option<(&str, usize)> {
    let mut start = line.len() - line.trim_start().len();
    let mut sets = "";
    for word in [
        "+",
        ">",
        "$ ",
        "- ",
        "export ",
        "declare -x ",
        "setx ",
        "set -x ",
        "set -gx ",
        "set -xg ",
        "set -Ux ",
        "set ",
        "setenv ",
        "ENV ",
        "ARG ",
        "-e ",
        "env ",
    ] {
        if line[start..].starts_with(word) {
            sets = word;
            start += word.len();
            start += line[start..].len() - line[start..].trim_start().len();
        }
    }
    let body = &line[start..];
    let quote = body.chars().next().filter(|c| matches!(c, '"' | '\''));
    let open = usize::from(quote.is_some());
    let length = body[open..].find(|c: char| !(c.is_alphanumeric() || "_.-".contains(c))).unwrap_or(body.len() - open);
    let name = &body[open..open + length];
    let mut next = open + length;
    if let Some(quote) = quote {
        next += body[next..].strip_prefix(quote).map(|_| 1)?;
    }
    let tail = &body[next..];
    let operator = tail.trim_start_matches([' ', '\t']);
    let space = tail.len() - operator.len();
    let width = if operator.starts_with('=') && !operator.starts_with("==") {
        1
    } else if operator.starts_with("?=") || operator.starts_with(":=") || operator.starts_with("+=") {
        2
    } else if operator.starts_with(": ") || operator == ":" || operator.starts_with(":\n") {
        1
    } else if space > 0 && !name.is_empty() && stated(sets, operator) {
        0
    } else {
        return None;
    };
    let named = !name.is_empty() || width == 1 && operator.starts_with('=');
    (named && name.len() <= 256).then_some((name, start + next + space + width))
}

/// `setenv NAME VALUE`: one word, or quoted. `export A B` names two variables.
fn stated(word: &str, value: &str) -> bool {
    let value = value.lines().next().unwrap_or(value).trim();
    let one = !value.contains(char::is_whitespace) || value.starts_with(['"', '\'']);
    let name = value.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let sets = match word {
        "export " => !name,
        word => word.starts_with("set -") || word == "setenv " || word == "setx ",
    };
    sets && one && !value.is_empty() && !value.starts_with('#')
}

fn upper_assignment(line: &str) -> bool {
    assignment(line).is_some_and(|(name, start)| {
        line[..start].ends_with('=')
            && !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    })
}

/// Whether a text is made of assignments: most lines are, and most names are written as variables are.
pub(super) fn shape(text: &str) -> bool {
    let parsed = parse(text);
    let live = || parsed.entries.iter().filter(|entry| !entry.commented && !entry.name.is_empty());
    let variables = live().filter(|entry| {
        entry.name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
            && entry.name.bytes().any(|b| b.is_ascii_uppercase())
    });
    let other = parsed.remarks.iter().filter(|remark| !remark.commented).count();
    let (live, variables) = (live().count(), variables.count());
    live > 0 && variables * 2 > live && other * 4 <= live
}

#[cfg(test)]
#[path = "dotenv_tests.rs"]
mod tests;
