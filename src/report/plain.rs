//! Plain text at a format's boundary: what a terminal, a viewer or a CI log could be fooled by is escaped.
//!
//! Names are clean at birth; messages, remedies and notes are strings, so every format cleans them again.
//! Knows nothing of reports or formats.

/// Escapes control, bidirectional and invisible characters. Newlines stay; tabs become spaces.
pub(super) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\n' => out.push('\n'),
            '\t' => out.push(' '),
            c if is_hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// The same on one line: runs of white space become one space.
pub(super) fn one_line(text: &str) -> String {
    let spaced: Vec<_> = text.split(['\n', '\r', '\t', ' ']).filter(|word| !word.is_empty()).collect();
    printable(&spaced.join(" "))
}

/// At most `most` characters; what is cut says so.
pub(super) fn bounded(text: &str, most: usize) -> String {
    const MARK: &str = "… (cut)";
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most.saturating_sub(MARK.chars().count())).chain(MARK.chars()).collect(),
    }
}

/// Lower-case letters, digits and dashes, for a path or an id; never empty.
pub(super) fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() || c == '.' && !out.is_empty() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    let out = out.trim_end_matches(['-', '.']);
    if out.is_empty() { "unnamed".to_owned() } else { out.chars().take(100).collect() }
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fools_a_reader_is_escaped() {
        assert_eq!(printable("a\u{1b}[31m\u{202e}b\tc\nd"), "a\\u{1b}[31m\\u{202e}b c\nd");
        assert_eq!(one_line("a \r\n b\n\nc"), "a b c");
    }

    #[test]
    fn slugs_are_stable_and_never_empty() {
        assert_eq!(slug("registry.example.org/Team/App:1.2"), "registry.example.org-team-app-1.2");
        assert_eq!(slug("../../etc"), "etc");
        assert_eq!(slug("日本"), "unnamed");
    }

    #[test]
    fn a_cut_says_so() {
        assert_eq!(bounded("short", 10), "short");
        assert_eq!(bounded(&"é".repeat(30), 20).chars().count(), 20);
        assert!(bounded(&"é".repeat(30), 20).ends_with("… (cut)"));
    }
}
