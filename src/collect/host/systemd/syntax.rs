//! The syntax of unit files: settings, continued lines, and words in quotes.
//!
//! In: text. Out: settings with their lines. It knows no key.

/// A line of a unit, continuations joined.
pub(super) struct Setting {
    pub(super) line: u32,
    pub(super) key: String,
    pub(super) value: String,
}

/// The settings of a unit file: comments dropped, continued lines joined.
pub(super) fn settings(text: &str) -> Vec<Setting> {
    let mut settings = Vec::new();
    let mut held: Option<(u32, String)> = None;
    for (line, text) in (1_u32..).zip(text.lines()) {
        let trimmed = text.trim();
        if trimmed.starts_with(['#', ';']) {
            continue; // also between continued lines
        }
        let (start, mut whole) = held.take().unwrap_or((line, String::new()));
        if let Some(open) = trimmed.strip_suffix('\\') {
            whole.push_str(open);
            whole.push(' ');
            held = Some((start, whole));
            continue;
        }
        whole.push_str(trimmed);
        settings.extend(setting(start, &whole));
    }
    settings.extend(held.and_then(|(start, whole)| setting(start, &whole)));
    settings
}

fn setting(line: u32, text: &str) -> Option<Setting> {
    let (key, value) = text.split_once('=')?;
    Some(Setting { line, key: key.trim().to_owned(), value: value.trim().to_owned() })
}

/// The words of a value: quotes group, a backslash takes the next character as it is.
pub(super) fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut any) = (Vec::new(), String::new(), None, false);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', _) => word.extend(chars.next()),
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => (quote, any) = (Some(c), true),
            (c, None) if c.is_whitespace() => {
                if any || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            _ => word.push(c),
        }
    }
    if any || !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continuations_comments_and_quotes_are_read_as_systemd_does() {
        let unit = "[Service]\n# Environment=A=1\nEnvironment=\"B=two words\" C=3 \\\n; between\n  'D=x y'\nEnvironmentFile=-/x\n";
        let settings = settings(unit);
        assert_eq!(settings.len(), 2);
        assert_eq!(settings[0].line, 3);
        assert_eq!(words(&settings[0].value), ["B=two words", "C=3", "D=x y"]);
        assert_eq!((settings[1].key.as_str(), settings[1].value.as_str()), ("EnvironmentFile", "-/x"));
    }
}
