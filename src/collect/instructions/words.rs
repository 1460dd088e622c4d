//! The words of an instruction: quoting and escaping, `KEY=VALUE` and the old `KEY VALUE`, JSON form, flags.
//!
//! In: an instruction's text. Out: wiped-on-drop words. It judges nothing.

use zeroize::Zeroizing;

/// Splits at white space; quotes group and vanish, the escape character takes the next one as it is.
pub(in crate::collect) fn split(text: &str, escape: char) -> Vec<Zeroizing<String>> {
    let mut words = Vec::new();
    let mut word = Zeroizing::new(String::new());
    let (mut quote, mut any) = (None, false);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match quote {
            Some('\'') if c != '\'' => word.push(c),
            Some(open) if c == open => quote = None,
            _ if c == escape => word.extend(chars.next()),
            None if matches!(c, '"' | '\'') => (quote, any) = (Some(c), true),
            None if c.is_whitespace() => {
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

/// The assignments of `ENV` or `LABEL`: several pairs, or one old `KEY VALUE` whose value goes to the end.
pub(in crate::collect) fn assignments(text: &str, escape: char) -> Vec<(Zeroizing<String>, Zeroizing<String>)> {
    let first = text.split(char::is_whitespace).next().unwrap_or_default();
    if !first.contains('=') {
        let Some((key, value)) = text.split_once(char::is_whitespace) else { return Vec::new() };
        return vec![(Zeroizing::new(key.to_owned()), Zeroizing::new(value.trim().to_owned()))];
    }
    split(text, escape).iter().filter_map(|word| pair(word)).collect()
}

/// `KEY=VALUE`.
pub(in crate::collect) fn pair(word: &str) -> Option<(Zeroizing<String>, Zeroizing<String>)> {
    let (key, value) = word.split_once('=')?;
    Some((Zeroizing::new(key.to_owned()), Zeroizing::new(value.to_owned())))
}

/// The flags and the other words of `COPY` and `ADD`, in shell or JSON form.
pub(in crate::collect) fn arguments(text: &str, escape: char) -> (Vec<Zeroizing<String>>, Vec<Zeroizing<String>>) {
    let mut rest = text.trim_start();
    let mut flags = Vec::new();
    while rest.starts_with("--") {
        let (flag, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        flags.push(Zeroizing::new(flag.to_owned()));
        rest = after.trim_start();
    }
    let json = rest.starts_with('[').then(|| serde_json::from_str::<Vec<String>>(rest).ok()).flatten();
    let words = match json {
        Some(words) => words.into_iter().map(Zeroizing::new).collect(),
        None => split(rest, escape),
    };
    (flags, words)
}

/// The text of `RUN` behind its flags: `--mount=type=secret,id=token` names a secret and holds none.
pub(in crate::collect) fn without_flags(text: &str) -> &str {
    let mut rest = text.trim_start();
    while rest.starts_with("--") {
        rest = rest.split_once(char::is_whitespace).map_or("", |(_, after)| after).trim_start();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pairs: &[(Zeroizing<String>, Zeroizing<String>)]) -> Vec<(&str, &str)> {
        pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
    }

    #[test]
    fn both_forms_of_assignment_are_read() {
        assert_eq!(shown(&assignments(r#"A=1 B="x y" C=a\ b"#, '\\')), [("A", "1"), ("B", "x y"), ("C", "a b")]);
        assert_eq!(shown(&assignments("KEY some value here", '\\')), [("KEY", "some value here")]);
        assert_eq!(shown(&assignments("A=", '\\')), [("A", "")]);
    }

    #[test]
    fn flags_of_run_are_no_command() {
        assert_eq!(without_flags("--mount=type=secret,id=a --network=none make -j"), "make -j");
    }

    #[test]
    fn copy_has_flags_and_a_json_form() {
        let (flags, words) = arguments(r#"--chown=1:1 --link ["a b", ".env", "/x/"]"#, '\\');
        assert_eq!(flags.len(), 2);
        assert_eq!(words.iter().map(|w| w.as_str()).collect::<Vec<_>>(), ["a b", ".env", "/x/"]);
    }
}
