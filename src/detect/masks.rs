//! Stand-ins by form alone: rows of one sign, marks around a word, the alphabet, a token's beginning and no more.
//!
//! Knows no words but those it is told about.

use super::values::{pattern, random};
use super::vocabulary;
use regex::Regex;
use std::sync::LazyLock;

static MASK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^[.xX*_-]+$|^[xX]{2,}([-_ ][xX]{2,})+$|^…+$|^•+$|^●+$|^%[sdvq]$|^#{3,}$|^@{3,}$|^\?{2,}$",
        r"|^0{6,}$|^0{8}(-0{4}){3}-0{12}$",
        // A token's beginning, and a mask or nothing behind it.
        r"|^[A-Za-z][A-Za-z0-9]{0,9}([-_.][A-Za-z0-9]{1,8}){0,2}[-_.:]([xX]{3,}|\*{3,}|\.{3}|…)$",
        r"|^(AIza|eyJ|AKIA|ASIA|ya29|abc|sk|pk|ghp|gho|xox[a-z]|key|pk\.eyJ)[A-Za-z0-9]{0,8}(\.{3}|…)$",
    ))
});

/// Whether the value is nothing but a mask, or marks around words.
pub(super) fn masked(name: &str, value: &str) -> bool {
    MASK.is_match(value)
        || row(value)
        || groups(value)
        || sequence(value)
        || bracketed(name, value)
        || documented(value)
}

/// One sign that fills the value, with a few others beside it: `AKIAXXXXXXXXXXXXXXXX`, `aaaaaaaaaaaaaaaa`.
fn row(value: &str) -> bool {
    let signs: Vec<char> = value.chars().collect();
    let mut longest = 0;
    let mut run = 0;
    for (at, sign) in signs.iter().enumerate() {
        run = if at > 0 && signs[at - 1] == *sign { run + 1 } else { 1 };
        let masks = "xX*.•●#?_".contains(*sign);
        if masks || run == signs.len() && (!sign.is_ascii_digit() || run >= 16) {
            longest = longest.max(run);
        }
    }
    // Eight equal letters are the whole value, or a mask behind a token's beginning.
    longest >= 8 && signs.len() <= 64 && signs.len() - longest <= 12 && !value.contains(' ')
}

/// Groups of one sign each, or a short unit again and again: `aaaa-bbbb-cccc`, `XXXXYYYYZZZZ`, `deadbeefdeadbeef…`.
fn groups(value: &str) -> bool {
    let bytes = value.as_bytes();
    if !(12..=128).contains(&bytes.len()) || !value.is_ascii() {
        return false;
    }
    let repeated = [2, 3, 4, 8].iter().any(|unit| {
        bytes.len() >= unit * 4 && bytes.len() >= 16 && bytes.iter().zip(&bytes[*unit..]).all(|(one, two)| one == two)
    });
    let mut runs: Vec<usize> = Vec::new();
    let mut last = b'-';
    for &b in bytes {
        match runs.last_mut() {
            Some(run) if b == last => *run += 1,
            _ if matches!(b, b'-' | b'_' | b' ') => {}
            _ => runs.push(1),
        }
        last = b;
    }
    repeated || runs.iter().all(|run| *run >= 4) && runs.len() >= 2
}

/// The alphabet or the digits in their order, as nobody's secret goes on for so long: `0123456789abcdef`.
fn sequence(value: &str) -> bool {
    let bytes = value.as_bytes();
    let steps = bytes.windows(2).filter(|pair| {
        let (one, two) = (pair[0].to_ascii_lowercase(), pair[1].to_ascii_lowercase());
        two == one + 1 || matches!((one, two), (b'9', b'0' | b'a') | (b'z' | b'f', b'0'))
    });
    let steps = steps.count();
    // A few breaks are allowed: the sequence begins again, or a dash groups it.
    (16..=128).contains(&bytes.len()) && value.is_ascii() && steps * 5 >= (bytes.len() - 1) * 4
}

/// The keys that Amazon's documentation shows end in this word.
fn documented(value: &str) -> bool {
    (value.len() == 20 && value.starts_with("AKIA") && value.ends_with("EXAMPLE"))
        || (value.len() == 40 && value.ends_with("EXAMPLEKEY"))
        || value.strip_prefix("0x").is_some_and(|digits| digits.len() >= 16 && digits.bytes().all(|b| b == b'0'))
}

/// `<your token>`, `__SECRET__`, `@@TOKEN@@`: marks around words.
fn bracketed(name: &str, value: &str) -> bool {
    const ANY: [(&str, &str); 8] =
        [("<", ">"), ("__", "__"), ("@@", "@@"), ("<<", ">>"), ("%%", "%%"), ("[[", "]]"), ("«", "»"), ("‹", "›")];
    // People put these around a password as well: only words about credentials are believed.
    const KNOWN: [(&str, &str); 11] = [
        ("{", "}"),
        ("[", "]"),
        ("(", ")"),
        ("***", "***"),
        ("$$", "$$"),
        ("##", "##"),
        ("#", "#"),
        ("~", "~"),
        ("|", "|"),
        ("@", "@"),
        ("--", "--"),
    ];
    let inside = |marks: &[(&str, &str)]| {
        let found = marks.iter().find_map(|(open, close)| value.strip_prefix(open)?.strip_suffix(close));
        found.map(|text| text.trim_matches(|c: char| "<>_@*% ".contains(c)).to_owned())
    };
    let words = |text: &str| !text.is_empty() && !random(text) && digits(text) <= 2;
    let any = inside(&ANY).is_some_and(|text| words(&text) && !text.contains(['<', '>', '@', '"']));
    any || inside(&KNOWN).is_some_and(|text| words(&text) && known(name, &text))
}

/// Whether every word is one that speaks of credentials or stands in for them, or the name's own.
fn known(name: &str, text: &str) -> bool {
    let own = vocabulary::tokens(name);
    let tokens = vocabulary::tokens(text);
    !tokens.is_empty() && tokens.iter().all(|token| own.contains(token) || vocabulary::says(token).is_some())
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::sample::expand;

    #[test]
    fn rows_of_one_sign_and_marks_around_words_are_masks() {
        for value in [
            "xxxx-xxxx",
            "xxxx xxxx xxxx xxxx",
            "________",
            "@@@@@@@",
            "●●●●●●",
            "AKIAXXXXXXXXXXXXXXXX",
            "hf_xxxxxxxxxxxxxxxxxxxxxxxx",
            "aaaaaaaaaaaaaaaa",
            "sk-ant-...",
            "lin_api_...",
            "AIzaSyD...",
            "eyJhbGciOi...",
            "00000000-0000-0000-0000-000000000000",
            "0123456789abcdef0123456789abcdef",
            "abcdefghijklmnopqrstuvwxyz",
            "aaaa-bbbb-cccc-dddd",
            "11111111-2222-3333-4444-555555555555",
            "XXXXYYYYZZZZ",
            "deadbeefdeadbeefdeadbeefdeadbeef",
            "[REDACTED]",
            "[FILTERED]",
            "(hidden)",
            "***REMOVED***",
            "##API_KEY##",
            "@@@mysql_root_pwd@@@",
            "___<Dockerhub_Password_here>___",
            "<<TOKEN>>",
            "<chuoi-bi-mat-manh>",
            "«token»",
        ] {
            assert!(masked("MYSQL_ROOT_PWD", value), "{value}");
        }
    }

    #[test]
    fn a_secret_beside_a_mask_or_in_brackets_is_none() {
        for value in [
            "xxKestrel-44xx",
            "xXx-Kestrel",
            "wait-for-it...",
            "hunter2...",
            "[Kestrel]",
            "(Kestrel-44)",
            "#Kestrel#",
            "~Sommer2023~",
            "aaaaaaa1",
            "tick-tock-tick-tock",
            "aaabbbcccddd",
            "abcdef12",
            "1234567890",
            "qwertyuiop",
            "<Kestrel4471>",
            "AKIA1X2X3X4X5X6X7X8X",
        ] {
            assert!(!masked("DB_PASSWORD", value), "{value}");
        }
        for seed in 0..200 {
            for recipe in ["<<hex:32>>", "<<base62:40>>", "<<digits:16>>", "[<<base62:24>>]", "<<lower:16>>"] {
                let value = expand(recipe, seed).unwrap();
                assert!(!masked("DB_PASSWORD", &value), "{value}");
            }
        }
    }
}
