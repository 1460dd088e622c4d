//! Letters that nobody sees: marks, joints of no width, other spaces, other line ends, a terminal's colours.
//!
//! In: a text. Out: the same as a reader sees it. Values that are judged by themselves keep their letters.

use super::values::pattern;
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// The text without what has no width, and with plain spaces and line ends.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    static COLOURS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\x1b\[[\d;?]{0,32}[A-Za-z]"));
    let text = if text.contains('\u{1b}') { COLOURS.replace_all(text, "") } else { Cow::Borrowed(text) };
    if !text.contains(|c| kind(c) != Kind::Plain) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match kind(c) {
            Kind::Plain => out.push(c),
            Kind::Nothing => {}
            Kind::Space => out.push(' '),
            // Between a name and its value, or in front of a name, it ends no line.
            Kind::Line => {
                let begins = out.is_empty() || out.ends_with(['\n', '=']);
                out.push(if begins || letters.peek() == Some(&'=') { ' ' } else { '\n' });
            }
        }
    }
    Cow::Owned(out)
}

#[derive(PartialEq)]
enum Kind {
    Plain,
    Nothing,
    Space,
    Line,
}

fn kind(c: char) -> Kind {
    match c {
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' => {
            Kind::Nothing
        }
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Kind::Space,
        '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Kind::Line,
        _ => Kind::Plain,
    }
}
