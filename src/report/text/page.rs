//! A page of text: wrapped to a width, coloured or not, and never a command to whoever reads the log.
//!
//! Knows nothing of reports.

use crate::report::plain::printable;

/// Narrower than this nothing can be laid out.
const NARROWEST: usize = 40;

/// What a piece of text is, shown by colour where there is any.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Bold,
    Dim,
    Bad,
    Unsure,
    Good,
}

impl Ink {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Bad => "1;31",
            Self::Unsure => "1;33",
            Self::Good => "32",
        }
    }
}

/// A page being written.
pub(super) struct Page {
    out: String,
    width: usize,
    colour: bool,
}

impl Page {
    pub(super) fn new(width: usize, colour: bool) -> Self {
        Self { out: String::new(), width: width.max(NARROWEST), colour }
    }

    /// An empty line, unless the page is empty or ends in one.
    pub(super) fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// A section's title.
    pub(super) fn heading(&mut self, title: &str) {
        self.gap();
        self.say(0, Ink::Bold, title);
    }

    /// A wrapped text.
    pub(super) fn say(&mut self, indent: usize, ink: Ink, text: &str) {
        self.hang(indent, "", 0, ink, text);
    }

    /// A wrapped text behind a lead in its own column; the ink is the lead's if there is one.
    pub(super) fn hang(&mut self, indent: usize, lead: &str, column: usize, ink: Ink, text: &str) {
        let column = if lead.is_empty() { 0 } else { column.max(columns(lead) + 1) };
        let room = self.width.saturating_sub(indent + column).max(NARROWEST / 2);
        let lines: Vec<_> = tamed(text).split('\n').flat_map(|line| wrap(line, room)).collect();
        let (lead_ink, ink) = if lead.is_empty() { (Ink::Plain, ink) } else { (ink, Ink::Plain) };
        for (i, line) in lines.iter().enumerate() {
            let lead = if i == 0 { lead } else { "" };
            let pad = if line.is_empty() { 0 } else { column.saturating_sub(columns(lead)) };
            if !(lead.is_empty() && line.is_empty()) {
                self.out.push_str(&" ".repeat(indent));
            }
            self.paint(lead_ink, lead);
            self.out.push_str(&" ".repeat(pad));
            self.paint(ink, line);
            self.out.push('\n');
        }
    }

    /// Whether this text fits on one line.
    pub(super) fn fits(&self, indent: usize, text: &str) -> bool {
        indent + columns(text) <= self.width
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.out.into_bytes()
    }

    fn paint(&mut self, ink: Ink, text: &str) {
        if self.colour && ink != Ink::Plain && !text.is_empty() {
            self.out.push_str(&format!("\u{1b}[{}m{text}\u{1b}[0m", ink.code()));
        } else {
            self.out.push_str(text);
        }
    }
}

/// Printable, and without the markers that CI runners obey anywhere in a line.
fn tamed(text: &str) -> String {
    printable(text.trim_end()).replace("##[", "# #[").replace("##vso[", "# #vso[")
}

/// Wraps at spaces. A word longer than the line is continued on the next one, after a separator if it has one.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if used > 0 && used + 1 + columns(word) > room {
            lines.push(String::new());
            used = 0;
        }
        if used > 0 {
            push(&mut lines, " ");
            push(&mut lines, word);
            used += 1 + columns(word);
            continue;
        }
        let mut word = guarded(word);
        while columns(&word) > room {
            let cut = break_at(&word, room);
            push(&mut lines, &word[..cut]);
            lines.push(String::new());
            word = guarded(&word[cut..]);
        }
        push(&mut lines, &word);
        used = columns(&word);
    }
    lines
}

/// A line's first word. A CI runner skips leading spaces and then obeys what begins with `::`.
fn guarded(word: &str) -> String {
    if word.starts_with("::") { format!("\\{word}") } else { word.to_owned() }
}

fn push(lines: &mut [String], text: &str) {
    if let Some(line) = lines.last_mut() {
        line.push_str(text);
    }
}

/// Where to break a word that does not fit: after the last separator in its second half, else at the edge.
fn break_at(word: &str, room: usize) -> usize {
    let (mut used, mut edge, mut nice) = (0, 0, None);
    for (at, c) in word.char_indices() {
        used += columns_of(c);
        if used > room {
            break;
        }
        edge = at + c.len_utf8();
        if used * 2 > room && matches!(c, '/' | '-' | '_' | '.' | ':' | ',' | '@') {
            nice = Some(edge);
        }
    }
    nice.unwrap_or(edge).max(word.chars().next().map_or(1, char::len_utf8))
}

/// How many columns a text takes.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

fn columns_of(c: char) -> usize {
    match u32::from(c) {
        0x300..=0x36f => 0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x2_0000..=0x3_ffff => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        let mut page = Page::new(40, false);
        page.hang(2, "lead", 6, Ink::Bad, text);
        String::from_utf8(page.finish()).unwrap()
    }

    #[test]
    fn lines_hang_and_nothing_is_lost() {
        let text = format!("some words {} then an end", "path/".repeat(20));
        let out = said(&text);
        assert!(out.starts_with("  lead  some words"));
        assert!(out.lines().all(|line| columns(line) <= 40), "{out}");
        let glued = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(glued(&out), glued(&format!("lead{text}")));
        assert!(said(&"日".repeat(50)).lines().all(|line| columns(line) <= 40));
    }

    #[test]
    fn no_line_is_a_command() {
        let text = format!("{} ::error::pwned ##[error]x ##vso[task]y\n::warning::z", "x".repeat(30));
        let out = said(&text);
        assert!(out.lines().all(|line| !line.trim_start().starts_with("::")), "{out}");
        assert!(!out.contains("##"), "{out}");
    }

    #[test]
    fn colour_is_the_only_difference() {
        let mut page = Page::new(40, true);
        page.hang(2, "lead", 6, Ink::Bad, "words");
        let coloured = String::from_utf8(page.finish()).unwrap();
        assert_eq!(coloured.replace("\u{1b}[1;31m", "").replace("\u{1b}[0m", ""), said("words"));
    }
}
