//! Ids that an engine makes up: 64 random hexadecimal digits that are no secret, at places where engines put them.
//!
//! In: a text of such a place. Out: what is left of it without them, to be judged like any other text.

use zeroize::Zeroizing;

/// What may stand right before an id, and right behind one.
const BEFORE: [&str; 4] = ["/", "\\", "sha256:", "container:"];
const BEHIND: [&str; 6] = ["/", "\\", ":/", ":\\", "-init/", "-json.log"];

/// A text without its ids: `HEX`, `sha256:HEX`, `/var/lib/x/HEX-init/diff`, `HEX:/data`.
pub(super) fn without(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    // An assignment, a sentence or an address is no path: there such digits may be anything.
    if text.contains(['=', ' ', '"', '@']) || text.contains("://") {
        out.push_str(text);
        return out;
    }
    let mut rest = text;
    while let Some(start) = rest.find(is_digit) {
        let length = rest[start..].find(|c| !is_digit(c)).unwrap_or(rest.len() - start);
        let (before, behind) = (&rest[..start], &rest[start + length..]);
        out.push_str(before);
        let begins = out.is_empty() || BEFORE.iter().any(|mark| out.ends_with(mark));
        let ends = behind.is_empty() || BEHIND.iter().any(|mark| behind.starts_with(mark));
        if length != 64 || !begins || !ends {
            out.push_str(&rest[start..start + length]);
        }
        rest = behind;
    }
    out.push_str(rest);
    let is_mark = matches!(out.as_str(), "sha256:" | "container:");
    if is_mark { Zeroizing::new(String::new()) } else { out }
}

fn is_digit(c: char) -> bool {
    matches!(c, '0'..='9' | 'a'..='f')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_cut_at_their_places_only() {
        let id = "0a".repeat(32);
        for (text, left) in [
            ("HEX", ""),
            ("sha256:HEX", ""),
            ("container:HEX", ""),
            ("/var/lib/x/HEX/HEX-json.log", "/var/lib/x//-json.log"),
            ("/a/HEX-init/diff:/a/HEX/diff", "/a/-init/diff:/a//diff"),
            ("HEX:/data:rw", ":/data:rw"),
            ("C:\\x\\HEX\\y", "C:\\x\\\\y"),
        ] {
            assert_eq!(without(&text.replace("HEX", &id)).as_str(), left, "{text}");
        }
        for text in ["password=HEX", "--password HEX", "https://x/HEX", "a:HEX", "u:HEX@h", "HEX0", "xHEX", "/HEX.pem"]
        {
            let text = text.replace("HEX", &id);
            assert_eq!(without(&text).as_str(), text);
        }
    }
}
