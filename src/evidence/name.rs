//! `Name`: text that may be shown.
//!
//! A name enters through a gate that refuses what looks like a secret, and it is made printable at birth:
//! control, bidirectional and invisible characters are shown as escapes, so no format has to fear them.
//! The gate is deliberately simple and strict; deciding what a value *is* belongs to `detect/`.

use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Longest name in characters; what is longer is cut and says so.
const LONGEST: usize = 512;

/// Text that may be shown: printable, bounded, and not secret-looking.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
pub struct Name(String);

/// The gate refused a text: it looks like a secret. The text is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a text that looks like a secret was withheld")]
pub struct Withheld;

impl super::Shareable for Withheld {}

impl Name {
    /// A word of our own.
    #[must_use]
    pub fn fixed(word: &'static str) -> Self {
        Self(word.to_owned())
    }

    /// Text from outside, through the gate.
    ///
    /// # Errors
    /// [`Withheld`] if it looks like a secret.
    pub fn admit(text: &str) -> Result<Self, Withheld> {
        if looks_secret(text) { Err(Withheld) } else { Ok(Self(printable(text))) }
    }

    pub(super) fn admit_bytes(bytes: &[u8]) -> Result<Self, Withheld> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::admit(text),
            Err(_) => Self::admit(&String::from_utf8_lossy(bytes)),
        }
    }

    /// Text through the gate, or a stand-in that says it was withheld and where it stood.
    #[must_use]
    pub fn admit_or(text: &str, what: &'static str, ordinal: usize) -> Self {
        Self::admit(text).unwrap_or_else(|Withheld| Self::withheld(what, ordinal))
    }

    /// The stand-in for a withheld text: `(withheld branch #3)`.
    #[must_use]
    pub fn withheld(what: &'static str, ordinal: usize) -> Self {
        Self(format!("(withheld {what} #{ordinal})"))
    }

    /// A hexadecimal object id or digest, with an optional `sha256:` in front.
    ///
    /// # Errors
    /// [`Withheld`] if it is anything else: content addresses are public, other long hex is not.
    pub fn digest(text: &str) -> Result<Self, Withheld> {
        let hex = text.strip_prefix("sha256:").unwrap_or(text);
        let sized = matches!(hex.len(), 7..=64 | 96 | 128);
        if sized && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Withheld)
        }
    }

    /// The same with parts of it taken out.
    pub(super) fn covered(&self, cover: impl FnOnce(&str) -> String) -> Self {
        Self(cover(&self.0))
    }

    /// A count or a number.
    #[must_use]
    pub fn number(n: u64) -> Self {
        Self(n.to_string())
    }

    /// Two names with a word of our own between them.
    #[must_use]
    pub fn joined(&self, between: &'static str, other: &Name) -> Self {
        Self(format!("{}{between}{}", self.0, other.0))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name in a ledger passed the gate when it was made, perhaps as a digest joined to a word: it is only made
/// printable again, because a ledger comes from outside.
impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self(printable(&text)))
    }
}

/// One line of a message of our own, with hidden characters escaped; it is not cut.
#[must_use]
pub fn printable_line(text: &str) -> String {
    text.chars().map(|c| if is_hidden(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}

/// Escapes what a terminal, a browser or a reader could be fooled by, and cuts what is too long.
fn printable(text: &str) -> String {
    const CUT: &str = "… (cut)";
    let escaped = text.chars().flat_map(|c| {
        let hidden = is_hidden(c);
        let shown = (!hidden).then_some(c);
        hidden.then(|| c.escape_unicode()).into_iter().flatten().chain(shown)
    });
    let mut out: String = escaped.take(LONGEST + 1).collect();
    // The marker counts, so that a name that was cut once is read back as it is.
    if let Some((end, _)) = out.char_indices().nth(LONGEST) {
        let keep = out[..end].char_indices().rev().nth(CUT.chars().count() - 1).map_or(0, |(at, _)| at);
        out.truncate(keep);
        out.push_str(CUT);
    }
    out
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

const PROVIDER_PREFIXES: [&str; 22] = [
    "AKIA",
    "ASIA",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xoxr-",
    "xoxs-",
    "sk_live_",
    "rk_live_",
    "eyJ",
    "AIza",
    "npm_",
    "hvs.",
    "dop_v1_",
    "AGE-SECRET-KEY-",
];

/// Whether a text could carry a credential and must not be shown as a name.
fn looks_secret(text: &str) -> bool {
    (text.contains("-----BEGIN") && text.contains("PRIVATE"))
        || has_userinfo_password(text)
        || has_provider_token(text)
        || assigns_a_secret(text)
        || fills_a_variable(text)
        || random_token(text)
}

/// `scheme://user:password@`, or `user:password@` without a scheme; the last @ ends the userinfo, because
/// passwords hold @ and / as well.
fn has_userinfo_password(text: &str) -> bool {
    text.split_whitespace().any(|word| {
        let rest = word.split_once("://").map_or(word, |(_, rest)| rest);
        let Some((userinfo, host)) = rest.rsplit_once('@') else { return false };
        // `name@sha256:…` is an image, `user@host` has no password, `arn:aws:…` has no @.
        !host.starts_with("sha256:")
            && userinfo.rsplit_once(':').is_some_and(|(user, password)| {
                let port = password.bytes().all(|b| b.is_ascii_digit()) && user.contains('.');
                !password.is_empty() && !port
            })
    })
}

fn has_provider_token(text: &str) -> bool {
    PROVIDER_PREFIXES.iter().any(|prefix| {
        text.match_indices(prefix).any(|(at, _)| {
            let begins = !text[..at].chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric());
            let body = text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
            begins && body.count() >= 16
        })
    })
}

/// `password=…`, `token: …`: a name that assigns a secret is no name. A reference or a mere key is one.
fn assigns_a_secret(text: &str) -> bool {
    const WORDS: [&str; 8] = ["password", "passwd", "pwd", "passphrase", "secret", "token", "api_key", "apikey"];
    let folded = text.to_ascii_lowercase();
    WORDS.iter().any(|word| {
        folded.match_indices(word).any(|(at, _)| {
            let rest = text[at + word.len()..].trim_start_matches(['"', '\'', '\\']);
            let value = rest.strip_prefix(['=', ':']).map(|value| value.trim_start_matches([' ', '"', '\'', '=']));
            value.is_some_and(|value| {
                let value = value.split([' ', '"', '\'', ',', '&', '}']).next().unwrap_or(value);
                value.len() >= 4 && !value.starts_with(['$', '<', '{', '/', '.']) && !value.contains('/')
            })
        })
    })
}

/// `JWT_SECRET_KEY=…`: a variable's name that promises a secret, and something behind it. A path, a reference and a
/// word that says that it is none are no secret.
fn fills_a_variable(text: &str) -> bool {
    const LAST: [&str; 12] = [
        "password",
        "passwd",
        "pwd",
        "pass",
        "passphrase",
        "secret",
        "secrets",
        "token",
        "apikey",
        "credential",
        "credentials",
        "creds",
    ];
    const KEYS: [&str; 10] =
        ["secret", "api", "private", "access", "signing", "encryption", "jwt", "auth", "master", "session"];
    text.match_indices('=').any(|(at, _)| {
        let key = text[..at].trim_end_matches(['"', '\'', ' ']);
        let begin =
            key.rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))).map_or(0, |i| i + 1);
        let key = key.get(begin..).unwrap_or_default().to_ascii_lowercase();
        let words: Vec<&str> = key.split(|c: char| !c.is_ascii_alphanumeric()).collect();
        let promises = match words.split_last() {
            Some((&"key", before)) => before.iter().any(|word| KEYS.contains(word)),
            Some((last, _)) => LAST.contains(last),
            None => false,
        };
        let value = text[at + 1..].trim_start_matches([' ', '"', '\'']);
        let value = value.split([' ', '"', '\'', ',', '&', '}']).next().unwrap_or(value);
        let none = ["true", "false", "none", "null", "enabled", "disabled", "required", "optional"];
        let reference = value.starts_with(['$', '<', '{', '/', '.', '%']) || value.contains('/') && value.contains(':');
        promises && value.len() >= 4 && !reference && !none.contains(&value.to_ascii_lowercase().as_str())
    })
}

/// A token is looked at as it stands, and joined over `-` and `_`, which URL-safe base64 contains.
fn random_token(text: &str) -> bool {
    let joined = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    tokens(text, |c| !c.is_ascii_alphanumeric()).any(|(before, token)| {
        token.len() >= 20 && !before.ends_with("sha256:") && !before.ends_with("sha256-") && is_random(token)
    }) || tokens(text, joined)
        .any(|(before, token)| token.len() >= 40 && !before.ends_with("sha256:") && !is_slug(token) && is_random(token))
}

/// Each token with the text before it.
fn tokens(text: &str, apart: impl Fn(char) -> bool + Copy) -> impl Iterator<Item = (&str, &str)> {
    let mut start = 0;
    text.split(apart).map(move |token| {
        let before = &text[..start];
        start += token.len();
        start += text[start..].chars().next().map_or(0, char::len_utf8);
        (before, token)
    })
}

/// Words and numbers between separators, as people name branches and files; a UUID is one too.
fn is_slug(token: &str) -> bool {
    let parts: Vec<&str> = token.split(['-', '_']).collect();
    parts.len() >= 3 && parts.iter().all(|part| part.len() <= 12)
}

/// Letters, digits and cases that alternate far more often than words with a number do.
fn is_random(token: &str) -> bool {
    let bytes = token.as_bytes();
    let changes = |differ: fn(u8, u8) -> bool| bytes.windows(2).filter(|w| differ(w[0], w[1])).count();
    let digits = changes(|a, b| a.is_ascii_digit() != b.is_ascii_digit());
    let cases = changes(|a, b| a.is_ascii_lowercase() && b.is_ascii_uppercase());
    let mixed = bytes.iter().any(u8::is_ascii_lowercase) && bytes.iter().any(u8::is_ascii_uppercase);
    // CamelCase turns from lower to upper once a word, about every sixth letter; random letters every fourth.
    let scrambled = mixed && cases * 5 >= token.len() && token.len() >= 24;
    let alternating = if mixed { digits >= 4 } else { digits * 5 >= token.len() && token.len() >= 24 };
    alternating || scrambled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_people_use_pass_the_gate() {
        for text in [
            "services/api/.env.production",
            "JWT_SECRET_KEY_ROTATION_DAYS",
            "refs/heads/feature/ABC-1234-rotate-keys",
            "registry.example.org/team/app:1.2.3",
            "python:3.12-slim-bookworm",
            "https://api.example.org/health",
            "app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "ml-incident-api",
            "arn:aws:secretsmanager:us-east-1:111122223333:secret:ml-incident/prod/jwt-secret-key-AbCdEf",
            "4f9c0f2e-1b52-4b8e-9d3c-0f6f2c1a7b11",
            "AbstractSingletonProxyFactoryBean2Test",
            "com.example.service=api",
            "com.docker.compose.project=secret-store",
            "JWT_SECRET_KEY=${JWT_SECRET_KEY}",
            "com.example.secret-rotation=true",
            "sort-key=name",
        ] {
            assert!(Name::admit(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_looks_like_a_secret_is_withheld() {
        let hex: String = (0..64).map(|i| "0123456789abcdef".as_bytes()[(i * 7 + 3) % 16] as char).collect();
        let mixed = format!("Zq{}Kd8{}Lm2Xw{}Pv7b", 3, 9, 4);
        for text in [
            hex.clone(),
            format!("feature/{mixed}{mixed}"),
            "postgresql://app:pw@host/db".into(),
            format!("ghp_{}", "a1B2".repeat(9)),
            format!("AKIA{}", "A2B3C4D5E6F7G8H9"),
            "JWT_SECRET_KEY=hunter2zebra".into(),
            "com.example.api-key=hunter2zebra".into(),
            "run DB_PASS='hunter2zebra'".into(),
        ] {
            assert!(Name::admit(&text).is_err(), "refused text was admitted");
        }
    }

    #[test]
    fn control_and_bidi_characters_become_escapes() {
        let name = Name::admit("a\u{1b}[31m\u{202e}b\nc").unwrap();
        assert_eq!(name.as_str(), "a\\u{1b}[31m\\u{202e}b\\u{a}c");
        assert!(Name::admit(&"x".repeat(10_000)).unwrap().as_str().len() < 600);
    }

    #[test]
    fn every_name_survives_being_saved() {
        let digest = Name::digest(&"0a1".repeat(13)).unwrap();
        let names = [
            digest.clone(),
            Name::fixed("commit").joined(" ", &digest),
            Name::admit(&"x\u{1b}".repeat(700)).unwrap(),
            Name::withheld("branch", 3),
        ];
        for name in names {
            let saved = serde_json::to_string(&name).unwrap();
            assert_eq!(serde_json::from_str::<Name>(&saved).unwrap(), name);
        }
    }
}
