//! The words of a command line as builders write it: build arguments, the shell, quoted lists.
//!
//! In: a piece of history text. Out: its parts. Purely about shape; it knows no statement and no value.

use zeroize::Zeroizing;

/// Whether a text begins with `NAME=`.
pub(super) fn assigns(text: &str) -> bool {
    let name = text.split('=').next().unwrap_or_default();
    name.len() < text.len()
        && !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Whether a word names a shell: `/bin/sh`, `/bin/busybox`, `cmd`, `powershell.exe`.
pub(super) fn is_shell(text: &str) -> bool {
    let word = text.split_whitespace().next().unwrap_or_default();
    let base = word.rsplit(['/', '\\']).next().unwrap_or_default().trim_end_matches(".exe").to_ascii_lowercase();
    matches!(base.as_str(), "sh" | "ash" | "bash" | "dash" | "zsh" | "ksh" | "busybox" | "cmd" | "powershell" | "pwsh")
}

/// Where the shell's own words end: behind `-c`, `/C` or `-Command`.
pub(super) fn shell_end(text: &str) -> Option<usize> {
    if !is_shell(text) {
        return None;
    }
    [" -c ", " -lc ", " -ec ", " -exc ", " /S /C ", " /C ", " -Command "]
        .iter()
        .filter_map(|flag| text.find(flag).map(|at| at + flag.len()))
        .min()
}

pub(super) fn without_shell(text: &str) -> &str {
    shell_end(text).map_or(text, |end| &text[end..])
}

/// Parts build arguments from the command behind them. Values may contain blanks, so the command begins at the
/// first word behind the last `NAME=` that names a shell, or else is absolute; without one, all is arguments.
pub(super) fn split_at_shell(text: &str, count: usize) -> (&str, &str) {
    let mut names = 0;
    let mut absolute = None;
    let mut at = 0;
    for word in text.split(' ') {
        if names >= count && is_shell(word) {
            return (&text[..at], &text[at..]);
        }
        if assigns(word) {
            names += 1;
            absolute = absolute.filter(|_| names > count);
        } else if names >= count && word.starts_with('/') && absolute.is_none() {
            absolute = Some(at);
        }
        at += word.len() + 1;
    }
    absolute.map_or((text, ""), |at| (&text[..at], &text[at..]))
}

/// `["a" "b\"c"]`, as Go and JSON print lists, becomes `a b"c`; `&{["CMD-SHELL" "…"] "30s" …}` its list. Other
/// texts stay as they are: what is not such a list is a shell form.
pub(super) fn unquoted(text: &str) -> Zeroizing<String> {
    let Some(start) = text.find('[').filter(|at| matches!(text[..*at].trim(), "" | "&{")) else {
        return Zeroizing::new(text.to_owned());
    };
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text[start + 1..].chars();
    loop {
        match rest.next() {
            Some('"') => {
                if !out.is_empty() {
                    out.push(' ');
                }
                if !quoted(&mut rest, &mut out) {
                    return Zeroizing::new(text.to_owned());
                }
            }
            Some(c) if c.is_whitespace() || c == ',' => {}
            Some(']') => break,
            _ => return Zeroizing::new(text.to_owned()),
        }
    }
    // Behind a bare list there is nothing; behind a health check's list stand its intervals.
    let whole = !text[..start].trim().is_empty() || rest.as_str().trim().is_empty();
    if whole { out } else { Zeroizing::new(text.to_owned()) }
}

/// The rest of a quoted text, its escapes resolved; false if it does not end.
fn quoted(rest: &mut std::str::Chars<'_>, out: &mut String) -> bool {
    while let Some(c) = rest.next() {
        match c {
            '"' => return true,
            '\\' => match rest.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some('u') => {
                    let digits: String = rest.by_ref().take(4).collect();
                    let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                    out.push(code.unwrap_or('\u{fffd}'));
                }
                Some(escaped) => out.push(escaped),
                None => return false,
            },
            c => out.push(c),
        }
    }
    false
}
