//! Patterns in Go's syntax: the same as ours but for classes, which mean ASCII there.
//!
//! In: a pattern. Out: one of the same meaning. What neither knows stays as it is, and does not compile.

/// A pattern that means here what it means to Go.
pub(super) fn pattern(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut class = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('Q') => literal(&mut chars, &mut out),
                // `\x{10}`, `\p{Greek}`
                Some(letter @ ('x' | 'p' | 'P')) => {
                    out.push('\\');
                    out.push(letter);
                    if chars.peek() == Some(&'{') {
                        out.extend(chars.by_ref().take_while(|c| *c != '}'));
                        out.push('}');
                    }
                }
                Some(letter) => escape(letter, class, &mut out),
                None => out.push('\\'),
            },
            // A brace that repeats nothing is a letter.
            '{' if !class && !repeats(chars.clone()) => out.push_str("\\{"),
            // Go takes a bracket or an ampersand inside a class for itself.
            '[' if class && chars.peek() != Some(&':') => out.push_str("\\["),
            '&' | '~' | '-' if class && chars.peek() == Some(&c) => {
                out.push('\\');
                out.push(c);
            }
            '[' if !class => {
                class = true;
                out.push('[');
                if chars.peek() == Some(&'^') {
                    out.extend(chars.next());
                }
                // The first bracket of a class is a letter.
                if chars.peek() == Some(&']') {
                    chars.next();
                    out.push_str("\\]");
                }
            }
            '[' => {
                // `[:alpha:]`
                out.push('[');
                for inner in chars.by_ref() {
                    out.push(inner);
                    if inner == ']' {
                        break;
                    }
                }
            }
            ']' => {
                class = false;
                out.push(']');
            }
            _ => out.push(c),
        }
    }
    out
}

/// Whether `3}`, `3,}` or `3,5}` follows.
fn repeats(chars: impl Iterator<Item = char>) -> bool {
    let inside: String = chars.take_while(|c| c.is_ascii_digit() || matches!(c, ',' | '}')).take(12).collect();
    let count = inside.split('}').next().filter(|count| count.len() < inside.len()).unwrap_or_default();
    count.starts_with(|c: char| c.is_ascii_digit()) && count.matches(',').count() <= 1
}

fn escape(letter: char, class: bool, out: &mut String) {
    let ascii = match letter {
        'w' => "0-9A-Za-z_",
        'd' => "0-9",
        's' => "\\t\\n\\x0c\\r ",
        'z' => return out.push_str("\\z"),
        'b' if !class => return out.push_str("(?-u:\\b)"),
        _ => {
            out.push('\\');
            out.push(letter);
            return;
        }
    };
    if class {
        out.push_str(ascii);
    } else {
        out.push('[');
        out.push_str(ascii);
        out.push(']');
    }
}

/// `\Q…\E`: everything between is meant as it stands.
fn literal(chars: &mut impl Iterator<Item = char>, out: &mut String) {
    let mut text = String::new();
    for c in chars {
        text.push(c);
        if text.ends_with("\\E") {
            text.truncate(text.len() - 2);
            break;
        }
    }
    out.push_str(&regex::escape(&text));
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex::Regex;

    #[test]
    fn classes_mean_ascii_and_brackets_themselves() {
        for (text, yes, no) in [
            (r"^\w+$", "aB_9", "é"),
            (r"^[\w.-]+$", "a.b-c", "ü"),
            (r"^[[a]+$", "[a", "b"),
            (r"^[]a]+$", "]a", "["),
            (r"^\Qa.b\E$", "a.b", "axb"),
            (r"^[[:alpha:]\d]+$", "a1", "-"),
            (r"^[a&&b]+$", "a&b", "c"),
            (r"^a\s?$", "a ", "a\u{a0}"),
            (r"\bkey\b", "a key", "akey"),
            (r"^\${(?:[A-Z]+)}$", "${A}", "$A"),
            (r"^a{2,3}$", "aa", "a{2,3}"),
            (r"^\x{61}\p{L}$", "ab", "b1"),
        ] {
            let regex = Regex::new(&pattern(text)).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert!(regex.is_match(yes) && !regex.is_match(no), "{text} as {}", pattern(text));
        }
    }
}
