//! What a value looks like: switch, number, path, address, digest, random text.
//!
//! Knows neither names nor secrets; every test is linear in the value's length.

use super::bigrams;
use regex::Regex;
use std::sync::{LazyLock, OnceLock};

/// A pattern whose classes are ASCII: smaller and faster, and names and tokens are ASCII anyway.
#[expect(clippy::expect_used, reason = "the patterns are literals, and the tests build them all")]
pub(super) fn pattern(text: &str) -> Regex {
    Regex::new(&ascii(text)).expect("a pattern of this crate")
}

/// A pattern's text with ASCII classes.
pub(super) fn ascii(text: &str) -> String {
    text.replace(r"\w", "[0-9A-Za-z_]").replace(r"\d", "[0-9]").replace(r"\b", r"(?-u:\b)")
}

/// A pattern that is made when it is first needed: most texts need few of them.
pub(super) struct Late {
    text: String,
    made: OnceLock<Regex>,
}

impl Late {
    pub(super) fn new(text: String) -> Self {
        Self { text, made: OnceLock::new() }
    }

    pub(super) fn get(&self) -> &Regex {
        self.made.get_or_init(|| pattern(&self.text))
    }
}

static PLAIN: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    [
        (
            "switch",
            r"(?i)^(true|false|yes|no|on|off|0|1|enabled|disabled|enable|disable|ja|nein|wahr|falsch|oui|non|vrai|faux|s[ií]|sim|n[aã]o|vero|falso|nee|tak|nie|da|net|ano|evet|hayir|ya|tidak|igen|nem|nej|nei|kylla|joo)$",
        ),
        ("number", r"^[+-]?\d{1,20}(\.\d+)?([eE]\d+)?%?$"),
        ("duration", r"(?i)^(\d{1,9}(\.\d+)?(ns|us|ms|s|m|h|d|w|y|min|sec|hours?|days?|minutes?|seconds?)){1,4}$"),
        ("size", r"(?i)^\d{1,9}(\.\d+)?\s?([kmgt]i?b?|b)$"),
        ("version", r"^v?\d{1,5}(\.\d{1,6}){1,3}([-+.~][0-9A-Za-z.+~-]{1,40})?$"),
        ("date", r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$"),
        ("uuid", r"(?i)^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
        ("address", r"^\d{1,3}(\.\d{1,3}){3}(/\d{1,2})?(:\d{1,5})?$"),
        ("address", r"(?i)^[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?:\d{2,5}(/[\w-]*)?$"),
        ("address", r"^0x[0-9a-fA-F]{40}$"),
        ("email", r"(?i)^[\w.+-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+$"),
        ("image", r"(?i)^[a-z0-9][\w./:-]{0,250}@sha256:[0-9a-f]{64}$"),
        ("locale", r"^[a-z]{2,3}_[A-Z]{2}(\.[A-Za-z0-9-]+)?$"),
    ]
    .map(|(kind, text)| (kind, pattern(text)))
    .into()
});

/// The value's everyday type, if it has one.
pub(super) fn everyday(value: &str) -> Option<&'static str> {
    let bare = !value.bytes().any(|b| b.is_ascii_digit() || matches!(b, b'@' | b':' | b'_'));
    if value.len() > 300 || (bare && value.len() > 8) {
        return None;
    }
    if bare {
        return PLAIN[0].1.is_match(value).then_some("switch");
    }
    PLAIN.iter().find(|(_, shape)| shape.is_match(value)).map(|(kind, _)| *kind).or(image(value).then_some("image"))
}

/// `registry.example.org/team/app-1a2b3c4d5e6f:2026-01`: a registry, a repository of short words, and perhaps a tag.
fn image(value: &str) -> bool {
    static SHAPE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^([a-z0-9-]+(\.[a-z0-9-]+)+|localhost)(:\d{2,5})?(/[a-z0-9]+([._-]{1,2}[a-z0-9]+)*)+(:\w[\w.-]{0,127})?$",
        )
    });
    let short = |text: &str| text.split(['/', '.', '_', '-', ':']).all(|piece| piece.len() <= 20);
    value.contains('/') && short(value) && SHAPE.is_match(value)
}

/// Whether this is a path of words: random text with a slash in front is none.
pub(super) fn path(value: &str) -> bool {
    let drive = matches!(value.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
    let rooted = ["/", "./", "../", "~/"].iter().any(|root| value.starts_with(root)) || drive;
    rooted && value.len() <= 4096 && path_words(value)
}

/// Whether this is a file's path without a root: `secrets/db.txt`.
pub(super) fn relative_path(value: &str) -> bool {
    let extension = value.rsplit_once('.').is_some_and(|(stem, end)| {
        !stem.is_empty() && (1..=8).contains(&end.len()) && end.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    (extension || value.contains('/')) && value.len() <= 1024 && path_words(value)
}

fn path_words(value: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || " ._-/\\@:~,%${}()".contains(c);
    value.chars().all(allowed)
        && value.split(['/', '\\', ':']).all(|part| !random(part) && uuid_or_short(part))
        && !value.contains("//")
}

fn uuid_or_short(part: &str) -> bool {
    part.len() < 64 || part.contains(['-', '_', '.'])
}

/// Whether every character is a hexadecimal digit, and there are at least this many.
pub(super) fn hex(value: &str, least: usize) -> bool {
    value.len() >= least && value.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A hash of something: hex, base64 behind an algorithm's name, or an object name.
pub(super) fn digest(value: &str) -> bool {
    let body = ["SHA256", "sha1", "sha224", "sha256", "sha384", "sha512", "md5", "sha-256", "git"]
        .iter()
        .find_map(|algorithm| value.strip_prefix(algorithm)?.strip_prefix([':', '-', '_']));
    match body {
        Some(body) => hex(body, 7) || (body.len() >= 20 && body.bytes().all(base64_byte)),
        // `aa:bb:…`, with or without the algorithm in front.
        None if value.len() >= 47 && value.contains(':') => {
            let pairs = value.trim_start_matches("MD5:");
            pairs.split(':').all(|pair| pair.len() == 2 && hex(pair, 2))
        }
        None => hex(value, 6) && value.len() <= 128,
    }
}

fn base64_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_')
}

/// Text that nobody typed: hex of 32 and more digits, or letters and digits that change all the time.
pub(super) fn random(value: &str) -> bool {
    if value.len() < 16 || value.len() > 8192 || value.contains(char::is_whitespace) || !value.is_ascii() {
        return false;
    }
    if hex(value, 32) {
        return distinct(value) >= 6;
    }
    let bytes = value.as_bytes();
    let kind = |b: u8| match b {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    // `.` and `/` join words; other signs may stand anywhere.
    let joints = bytes.iter().filter(|b| matches!(b, b'.' | b'/' | b':' | b',' | b';' | b'=' | b'&')).count();
    let turns = bytes
        .windows(2)
        .filter(|pair| {
            let (one, two) = (kind(pair[0]), kind(pair[1]));
            one != two && one != 3 && two != 3 && !(one == 1 && two == 0)
        })
        .count();
    let signs = bytes.iter().filter(|b| kind(**b) == 3).count();
    let wordiness = bigrams::wordiness(value);
    if wordiness > 0.5 {
        return false;
    }
    // Letters of one case never change their kind; only what pairs they form gives them away.
    if wordiness < -1.0 && joints == 0 && signs * 8 <= bytes.len() {
        return true;
    }
    joints * 8 <= bytes.len()
        && (digits > 0 || value.len() >= 24)
        && signs * 3 <= bytes.len()
        && turns * 6 >= bytes.len()
        && entropy(bytes) >= 3.0
}

/// Letters and digits or signs together, as people make passwords.
pub(super) fn password_like(value: &str) -> bool {
    let letters = value.chars().any(char::is_alphabetic);
    let other = value.chars().any(|c| c.is_ascii_digit() || "!@#$%^&*?+".contains(c));
    (6..=64).contains(&value.chars().count()) && letters && other && everyday(value).is_none() && !value.contains(' ')
}

/// Words with joints, such as a class path or a sentence's slug.
pub(super) fn wordy(value: &str) -> bool {
    value
        .split(['-', '_', '.', '/', ':', ','])
        .all(|part| part.bytes().all(|b| b.is_ascii_alphabetic()) || part.bytes().all(|b| b.is_ascii_digit()))
}

/// Three or more small words with slashes between: where a store keeps something.
pub(super) fn store_path(value: &str) -> bool {
    let word = |part: &str| part.len() >= 2 && part.bytes().all(|b| b.is_ascii_lowercase() || b"-_".contains(&b));
    let names = ["password", "secret", "token", "key", "creds", "credentials", "jwt", "passwd"];
    let named = || value.split(['/', '-', '_']).any(|part| names.contains(&part));
    let parts = value.split('/').count();
    value.len() <= 128 && (parts >= 3 || parts == 2 && named()) && value.split('/').all(word)
}

/// A class's full name: `org.example.security.PasswordEncoder`.
pub(super) fn dotted_class(value: &str) -> bool {
    static SHAPE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^([a-z_][\w$]*\.){2,}[A-Za-z_][\w$]*$"));
    value.len() <= 256 && SHAPE.is_match(value) && value.split('.').all(|part| part.len() <= 40 && !random(part))
}

/// What a program fills in: `{token}`, `:token`, `<token>`, `%s`, `$1`, `?`.
pub(super) fn template(value: &str) -> bool {
    static SHAPE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^(\{[A-Za-z_][\w. -]{0,40}\}|\{\{ ?[A-Za-z_.][\w. -]{0,40}\}\}|\{\d{0,2}\}|[:$][a-z][a-z_]{0,30}|:[a-z][A-Za-z]{0,30}|<[A-Za-z][\w -]{0,40}>|%(\(\w{1,40}\))?[sdv@]|\$\d|\$\{[A-Za-z_][\w.]{0,60}\}|\?)$",
        )
    });
    value.len() <= 64 && SHAPE.is_match(value) && !random(value.trim_matches(|c: char| !c.is_ascii_alphanumeric()))
}

/// A sentence of at least five plain words, or one that asks.
pub(super) fn prose(value: &str) -> bool {
    let words: Vec<&str> = value.split_whitespace().collect();
    let plain = |word: &&str| {
        word.trim_matches(|c: char| ".,;:!?()'\"".contains(c)).chars().all(|c| c.is_alphabetic() || "'-/".contains(c))
    };
    (words.len() >= 6 || words.len() >= 4 && value.ends_with(['?', '.'])) && words.iter().all(plain)
}

/// The name of an algorithm.
pub(super) fn algorithm(value: &str) -> bool {
    static NAMES: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)^((hs|rs|es|ps)(256|384|512)|es256k|eddsa|ed25519|aes-?(128|192|256)(-?(gcm|cbc|ctr))?|sha-?(1|256|384|512)|bcrypt|argon2(id|i|d)?|scrypt|scram-sha-(1|256|512)|md5|plain|pbkdf2(_sha256)?|hmac-?sha-?(1|256|384|512)|rsa|ecdsa|sasl_(plaintext|ssl)|oauthbearer|sha(256|512)-crypt|gssapi|external|scram)$",
        )
    });
    value.len() <= 24 && NAMES.is_match(value)
}

/// The text without quotes around it.
pub(super) fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '\''])
}

fn distinct(value: &str) -> usize {
    let mut seen = [false; 256];
    value.bytes().for_each(|b| seen[usize::from(b)] = true);
    seen.iter().filter(|s| **s).count()
}

#[expect(clippy::cast_precision_loss, reason = "counts of bytes")]
fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_usize; 256];
    for b in bytes {
        counts[usize::from(*b)] += 1;
    }
    let all = bytes.len() as f64;
    counts.iter().filter(|n| **n > 0).map(|n| *n as f64 / all).map(|share| -share * share.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::BASE64;

    #[test]
    fn everyday_types_are_known() {
        for value in ["true", "8080", "15m", "1h30m", "512Mi", "3.12.4", "v1.2.3-rc1", "2026-01-02", "10.0.0.1:5432"] {
            assert!(everyday(value).is_some(), "{value}");
        }
        for value in ["leakproof.test/app-759d24ca99d2:1", "localhost:5000/team/api:2026.1-rc2"] {
            assert_eq!(everyday(value), Some("image"), "{value}");
        }
        assert!(["hunter2", "tr0ub4dor-and-3", "Example-Corp-7731!"].iter().all(|value| password_like(value)));
        let hook = format!("hooks.example.org/services/{}", "b7c1e9".repeat(6));
        for value in ["hunter2", "tr0ub4dor-and-3", "Example-Corp-7731!", &hook] {
            assert!(everyday(value).is_none(), "{value}");
        }
    }

    #[test]
    fn random_text_is_told_from_words() {
        let bytes: Vec<u8> = (0..48_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[1]).collect();
        assert!(random(&BASE64.encode(&bytes)));
        assert!(random(&data_encoding::HEXLOWER.encode(&bytes[..16])));
        for value in [
            "my-service-production-eu-west-1",
            "AbstractSingletonProxyFactoryBean",
            "postgresql_database_connection",
            "app.settings.production.LocalConfig",
            "0000000000000000000000000000000000000000",
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ] {
            assert!(!random(value), "{value}");
        }
    }

    #[test]
    fn a_path_is_made_of_words() {
        assert!(path("/run/secrets/db") && path("C:\\secrets\\db.txt") && path("~/.ssh/id_ed25519"));
        let bytes: Vec<u8> = (0..32_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[1]).collect();
        assert!(!path(&format!("/{}", BASE64.encode(&bytes))));
        assert!(relative_path("secrets/db.txt") && !relative_path("hunter2"));
    }
}
