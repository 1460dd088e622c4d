//! Stand-ins: values that tell a person to put something else there.
//!
//! Knows how words are put together; the words themselves are a table. The whole component must be made of them:
//! `changeme-8f3…` is a real secret.

use super::masks;
use super::values::{pattern, random};
use super::vocabulary::{self, Says, tokens};
use regex::Regex;
use std::sync::LazyLock;

/// Single words that are nobody's secret, in every language that has a word for a password.
static WHOLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)^(pass|password|passwd|pwd|secret|token|apikey|api_key|key|string|value|change_?me|foo|bar|foobar|",
        r"s3cr3t_here|n/?a|tbd|tba|tbc|user|username|passphrase|credentials?|",
        r"passwor[td]|kennwort|mot[-_ ]?de[-_ ]?passe|contrasena|contraseña|senha|wachtwoord|haslo|hasło|heslo|geheim|geheimnis|sifre|şifre|",
        r"losenord|lösenord|adgangskode|salasana|mat_?khau|kata_?sandi|пароль|密码|密碼|口令|パスワード|비밀번호)$",
        r"|^(PASS|PASSWORD|SECRET|TOKEN|KEY|PWD)(_[A-Z0-9]{1,2})?$",
    ))
});

/// Longer texts are no stand-ins.
const LONGEST: usize = 200;

/// Whether the whole component is a stand-in; `name` alone as value is one too.
pub(super) fn whole(name: &str, value: &str) -> bool {
    let value = value.trim();
    if value.is_empty() || value.len() > LONGEST {
        return false;
    }
    if WHOLE.is_match(value) || pem(name, value) || masks::masked(name, value) || own_name(name, value) {
        return true;
    }
    // `==CHANGE_ME==`: what people put around to be seen.
    let (rest, begun) = without_beginning(value.trim_matches(['=', '^', '*', '>', '<', '!']));
    let words = Words::of(name, rest);
    words.made_of_words(begun) || words.named_for_itself() || words.asks() || written_without_spaces(value)
}

/// The head and foot of a key, and between them no more than words or a mask.
fn pem(name: &str, value: &str) -> bool {
    let Some((_, rest)) = value.strip_prefix("-----BEGIN ").and_then(|rest| rest.split_once("-----")) else {
        return false;
    };
    let Some((body, _)) = rest.split_once("-----END ") else { return false };
    let body = body.replace("\\n", " ");
    let body = body.trim();
    body.len() <= 64 && !body.is_empty() && whole(name, body)
}

/// `JWT_SECRET_KEY=JWT_SECRET_KEY`, `SMTP_PASSWORD=smtpPassword`.
fn own_name(name: &str, value: &str) -> bool {
    let squashed =
        |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    let several = value.contains(['_', '-', '.']) || value.bytes().skip(1).any(|b| b.is_ascii_uppercase());
    let letters = value.chars().all(|c| c.is_alphanumeric() || "_-. ".contains(c));
    value.len() >= 6 && several && letters && squashed(name) == squashed(value)
}

/// The value without a token's known beginning (`sk_live_your-key`, `123456:your-bot-token`), and whether it had one.
fn without_beginning(value: &str) -> (&str, bool) {
    const BEGINNINGS: [&str; 24] = [
        "xoxb-",
        "xoxp-",
        "xapp-",
        "sk-ant-",
        "sk-",
        "sk_live_",
        "sk_test_",
        "pk_live_",
        "pk_test_",
        "rk_live_",
        "whsec_",
        "ghp_",
        "github_pat_",
        "glpat-",
        "SG.",
        "npm_",
        "xai-",
        "gsk_",
        "pplx-",
        "AIza-",
        "hvs.",
        "hf_",
        "oauth:",
        "base64:",
    ];
    if let Some(rest) = BEGINNINGS.iter().find_map(|beginning| value.strip_prefix(beginning)) {
        return (rest, true);
    }
    // A bot's number in front of its token.
    match value.split_once(':') {
        Some((number, rest)) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => (rest, true),
        _ => (value, false),
    }
}

/// A value cut into words, with what each of them says.
struct Words<'a> {
    value: &'a str,
    tokens: Vec<String>,
    /// `None` for a word that nobody knows.
    says: Vec<Option<Says>>,
}

/// What may be left when the words are gone: sizes that people ask for, and digits that count up or down.
fn harmless_number(digits: &str) -> bool {
    let counts = ["0123456789", "1234567890", "9876543210", "0987654321"];
    let sizes = ["128", "256", "384", "512", "1024", "2048", "4096"];
    digits.len() <= 2
        || sizes.contains(&digits)
        || counts.iter().any(|row| row.contains(digits))
        || digits.bytes().all(|b| b == b'0')
}

fn year(digits: &str) -> bool {
    digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"))
}

fn number(token: &str) -> bool {
    token.bytes().all(|b| b.is_ascii_digit())
}

impl<'a> Words<'a> {
    fn of(name: &str, value: &'a str) -> Self {
        let own = tokens(name);
        let tokens = tokens(value);
        // Behind a whole sentence, a year is no more than when it was written.
        let many = tokens.iter().filter(|token| !number(token)).count() >= 5;
        let joints = value.contains(|c: char| !c.is_alphanumeric());
        let says = tokens.iter().enumerate().map(|(at, token)| match vocabulary::says(token) {
            Some(says) => Some(says),
            // `NotASecret4Nobody`: a digit that is written for a word.
            None if number(token) && token.len() == 1 && !joints && at + 1 < tokens.len() => None,
            // `dummyRun44`: a year of birth, or what else people add.
            None if number(token)
                && token.len() == 2
                && !joints
                && !["12", "16", "32", "64"].contains(&token.as_str()) =>
            {
                None
            }
            None if number(token) => (harmless_number(token) || many && year(token)).then(Says::default),
            None if token.len() >= 3 && token.bytes().all(|b| b == b'x') => Some(Says { ask: true, ..Says::default() }),
            // The name's own words say what belongs here, and nothing more.
            None => own.contains(token).then(Says::default),
        });
        let says = says.collect();
        Self { value, tokens, says }
    }

    /// Signs that stand-ins are not written with.
    fn odd(&self) -> bool {
        self.value.contains(['=', '@', '$', '%', '^', '&', '+', '~', '\\'])
    }

    /// Nothing but known words, one of which tells: `change_this_in_production`, `see-vault`, `votre_cle_ici`.
    fn made_of_words(&self, begun: bool) -> bool {
        // `byt ut mig` and `foo-bar` are known as one word.
        if vocabulary::whole(&self.tokens.concat()).is_some_and(|says| says.stand) {
            return !self.odd();
        }
        let Some(all) = self.says.iter().copied().try_fold(Says::default(), |all, says| Some(all | says?)) else {
            return false;
        };
        let letters = self.tokens.iter().filter(|token| !number(token)).count();
        let first = self.says.first().copied().flatten().unwrap_or_default();
        let alone = self.tokens.len() == 1 && vocabulary::whole(&self.tokens[0]).is_some();
        // `enter1`, `enternow` and `please-let-me-in-4` are passwords, `enter` and `replace_me` are none.
        let asks = all.ask && (all.noun || letters >= 2 && letters == self.tokens.len() || alone);
        let begins = first.maybe && all.noun && letters >= 2;
        !self.odd() && (all.stand || asks || begins || begun && all.noun)
    }

    /// `my_password`, `some-secret`, `dev-jwt-secret`, `VeryStrongDatabasePassword`: what the place is for, and what
    /// it is like. Without joints (`supersecret`) it is a password that people really choose.
    fn named_for_itself(&self) -> bool {
        // These are asked for as well, but describe no secret.
        const PLACES: [&str; 16] = [
            "host", "port", "admin", "user", "username", "email", "region", "bucket", "domain", "model", "cluster",
            "console", "portal", "ops", "org", "net",
        ];
        const VAGUE: [&str; 8] = ["my", "some", "any", "a", "the", "your", "generic", "client"];
        let joints = self.value.contains(['_', '-', ' ']);
        let words = if joints { self.tokens.clone() } else { vocabulary::camel(self.value) };
        let first = words.first().map_or("", String::as_str);
        let joined = joints && self.one_case() && words.len() >= 2;
        let humps = words.len() >= 3 || words.len() == 2 && VAGUE.contains(&first);
        let signs = self.value.chars().all(|c| c.is_alphanumeric() || "_- ".contains(c));
        let digits = self.value.bytes().filter(u8::is_ascii_digit).count();
        let mut noun = false;
        let known = words.iter().all(|word| match vocabulary::whole(word) {
            Some(says) => {
                noun |= says.noun && !PLACES.contains(&word.as_str());
                true
            }
            None => digits <= 2 && self.own(word),
        });
        signs && known && noun && (joined || !joints && humps)
    }

    /// Whether a word that no table has is the name's own, or a number that may stand there.
    fn own(&self, word: &str) -> bool {
        self.tokens.iter().zip(&self.says).any(|(token, says)| token == word && *says == Some(Says::default()))
    }

    /// Whoever asks writes in one case; whoever makes a password up mixes them.
    fn one_case(&self) -> bool {
        let small = self.value.chars().all(|c| !c.is_uppercase());
        small || self.value.chars().all(|c| !c.is_lowercase()) || self.value.contains(' ')
    }

    /// `replace-with-broker-host`, `dein_wetterdienst_schluessel`, `get-from-the-vendor-portal`: it asks for a
    /// credential in whatever words, and no word of it is more than a word.
    fn asks(&self) -> bool {
        let signs = |c: char| c.is_alphanumeric() || " _-./:,!?'()".contains(c);
        let separated = self.value.contains([' ', '_', '-']) && self.one_case();
        if self.tokens.len() < 2 || self.value.len() > 120 || !separated || !self.value.chars().all(signs) {
            return false;
        }
        let says = |at: usize| self.says.get(at).copied().flatten().unwrap_or_default();
        let last = self.tokens.len() - 1;
        // An article may stand before the possessive: `la tua chiave`.
        let opens = if says(1).ask && self.tokens[0].len() <= 3 { says(1) } else { says(0) };
        // What remains at the end is more than a request: `set-secret-lantern`.
        let closed = self.says[last].is_some() || opens.whose;
        let begins = (opens.ask || opens.stand) && closed;
        let ends = (says(last).ask || says(last).stand) && self.tokens.len() >= 3;
        let noun = self.says.iter().flatten().any(|says| says.noun);
        let unknown = self.says.iter().filter(|says| says.is_none()).count();
        let maybe = says(0).maybe && closed && unknown * 2 <= self.tokens.len();
        let plain = self.tokens.iter().zip(&self.says).all(|(token, says)| says.is_some() || plain(token));
        noun && (begins || ends || maybe) && plain
    }
}

/// A word that is no more than that. Numbers were looked at before.
fn plain(token: &str) -> bool {
    let letters = token.chars().count();
    letters <= 16
        && !number(token)
        && if token.is_ascii() { !random(token) && super::bigrams::wordiness(token) > -1.5 } else { true }
}

/// Chinese, Japanese and Korean put no space between words, and names of services into the run: a word that asks
/// and one for a credential, in any order, are enough.
fn written_without_spaces(value: &str) -> bool {
    let wide = |c: char| {
        ('\u{3040}'..='\u{30ff}').contains(&c)
            || ('\u{4e00}'..='\u{9fff}').contains(&c)
            || ('\u{ac00}'..='\u{d7a3}').contains(&c)
    };
    if !value.chars().any(wide) || value.chars().filter(char::is_ascii_digit).count() > 2 {
        return false;
    }
    let (found, asks) = vocabulary::within(value);
    found.stand || found.ask && (found.noun || asks >= 2)
}

#[cfg(test)]
#[path = "placeholder_tests.rs"]
mod tests;
