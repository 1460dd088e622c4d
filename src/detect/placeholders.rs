//! Stand-ins: values that tell a person to put something else there.
//!
//! Knows words. The whole component must be made of them: `changeme-8f3…` is a real secret.

use super::values::{pattern, random};
use regex::Regex;
use std::sync::LazyLock;

/// One of these must be in it.
const TELLING: &str = "changeme changeit changethis change replaceme replace example examples sample todo fixme tbd dummy fake \
    placeholder your yours insert paste here redacted fill foobar notreal template removed hidden omitted tochange \
    enter lorem ipsum replaced overwrite override set provide unset aendern bitte ersetzen votre ton changer changez modifier remplacer remplacez ici tu su \
    cambiame cambiar aqui sua seu la il tua tuo qui cambiami hier vervang wijzig zmien";
/// These may be around it.
const AROUND: &str = "a an the me my it this that in on of to with for and or be is not real please some any own goes go put \
    must before after new at least chars characters char long random string value secret secrets key keys \
    token tokens password passwd pass pwd passphrase api jwt db database user username admin root private \
    public access client auth oauth app application service account id url host hostname name email aws gcp \
    azure github gitlab slack stripe openai google sendgrid twilio redis postgres postgresql mysql smtp mail \
    prod production dev development staging deploy deployment deploying default local env file use generate \
    generated strong secure super very signing encryption session cookie webhook license live only do from \
    hmac recaptcha captcha discord rails bot rotate rotation master signature phrase webhooks webhook signing paste \
    mongo mongodb elastic kafka rabbitmq sentry datadog cloudflare docker npm heroku paypal anthropic cohere jira \
    something whatever mot de passe contrasena clave senha parola chiave cle secrete kennwort passwort schluessel \
    sleutel wachtwoord el le das dein ihr vault manager console hex base bytes bit min minimum via later now com org test credential credentials \
    run openssl rand when you by project goeshere text bearer";

static WHOLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)^(pass|password|passwd|pwd|secret|token|apikey|api_key|key|string|value|change_?me|foo|bar|foobar|",
        r"s3cr3t_here|n/?a|tbd|user|username)$",
        r"|^(PASS|PASSWORD|SECRET|TOKEN|KEY|PWD)(_[A-Z0-9]{1,2})?$",
        r"|^[xX]{3,}$|^[xX]{2,}([-_ ][xX]{2,})+$|^\*{3,}$|^\.{3,}$|^…+$|^•+$|^-{3,}$|^_{3,}$|^#{3,}$|^\?{2,}$|^0{6,}$",
        r"|^(sk|pk|rk|ghp|glpat|npm|xox[a-z])[-_](live[-_]|test[-_])?([xX.*]{3,}|…)$",
    ))
});

/// Whether the whole component is a stand-in; `name` alone as value is one too.
pub(super) fn whole(name: &str, value: &str) -> bool {
    let value = value.trim();
    if value.is_empty() || value.len() > 200 {
        return false;
    }
    if WHOLE.is_match(value) || bracketed(value) || documented(value) {
        return true;
    }
    let same = value.len() >= 6 && value.eq_ignore_ascii_case(name.trim()) && value.contains('_');
    same || made_of_words(name, value) || named_for_itself(name, value) || asks(value)
}

/// `replace-with-broker-host`, `your_mongodb_connection_uri`, `paste the key here`: it asks for something in whatever
/// words, and no word of it is more than a word.
fn asks(value: &str) -> bool {
    const FIRST: [&str; 14] = [
        "your", "replace", "insert", "enter", "paste", "changeme", "change", "add", "put", "fill", "provide",
        "generate", "update", "specify",
    ];
    // These begin real passphrases as well; they ask only where the words that follow say for what.
    const DOUBTFUL: [&str; 6] = ["change", "add", "put", "fill", "update", "generate"];
    if value.len() > 120 || !value.bytes().all(|b| b.is_ascii_alphanumeric() || b" _-./:".contains(&b)) {
        return false;
    }
    let words = tokens(value);
    let Some(first) = words.first().map(String::as_str).filter(|_| words.len() >= 2) else { return false };
    let plain = |word: &String| match word.parse::<u32>() {
        // Sizes that people ask for.
        Ok(number) => [8, 12, 16, 20, 24, 32, 48, 64, 128, 256, 512, 1024, 2048, 4096].contains(&number),
        Err(_) => word.len() <= 16 && !random(word) && super::bigrams::wordiness(word) > -1.5,
    };
    let here = words.last().is_some_and(|last| last == "here") && words.len() >= 3;
    let begins = FIRST.contains(&first);
    let says =
        !DOUBTFUL.contains(&first) || words.iter().skip(1).any(|word| listed(AROUND, word) || listed(TELLING, word));
    // Whoever asks writes in one case; whoever makes a password up mixes them.
    let small = value.bytes().all(|b| !b.is_ascii_uppercase());
    let one_case = small || value.bytes().all(|b| !b.is_ascii_lowercase()) || value.contains(' ');
    let separated = value.contains([' ', '_', '-']) && one_case;
    separated && (begins && says || here) && words.iter().all(plain)
}

/// `my_password`, `some-secret`, `SomeRandomString`: a possessive or an indefinite word and what the place is for.
fn named_for_itself(name: &str, value: &str) -> bool {
    if value.len() > 48 || !value.bytes().all(|b| b.is_ascii_alphanumeric() || b" _-".contains(&b)) {
        return false;
    }
    let words = super::names::words(value);
    let own = super::names::words(name);
    let (Some(first), rest) = (words.first(), words.get(1..).unwrap_or_default()) else { return false };
    let vague = ["MY", "SOME", "YOUR", "ANY", "A", "THE", "PASTE", "INSERT", "GENERATE", "GENERATED", "GENERIC", "PUT"];
    let noun = |word: &String| {
        let lower = word.to_ascii_lowercase();
        listed(AROUND, &lower) || listed(TELLING, &lower) || own.contains(word)
    };
    vague.contains(&first.as_str()) && !rest.is_empty() && rest.iter().all(noun)
}

fn listed(words: &str, word: &str) -> bool {
    words.split_whitespace().any(|known| known == word)
}

/// `<your token>`, `[API_KEY]`, `__SECRET__`, `@@TOKEN@@`: marks around words.
fn bracketed(value: &str) -> bool {
    let marks = [("<", ">"), ("__", "__"), ("@@", "@@"), ("<<", ">>"), ("%%", "%%"), ("[[", "]]")];
    let inside = marks.iter().find_map(|(open, close)| value.strip_prefix(open)?.strip_suffix(close));
    inside.is_some_and(|text| !text.is_empty() && !random(text) && !text.contains(['<', '>', '@']) && digits(text) <= 2)
}

/// The keys that Amazon's documentation shows end in this word.
fn documented(value: &str) -> bool {
    (value.len() == 20 && value.starts_with("AKIA") && value.ends_with("EXAMPLE"))
        || (value.len() == 40 && value.ends_with("EXAMPLEKEY"))
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// Known beginnings of tokens, in front of words that say what belongs there.
const PREFIXES: [&str; 14] = [
    "xoxb-", "xoxp-", "xapp-", "sk-", "sk_live_", "sk_test_", "pk_live_", "whsec_", "ghp_", "glpat-", "SG.", "npm_",
    "hvs.", "rk_live_",
];

fn made_of_words(name: &str, value: &str) -> bool {
    let value = PREFIXES.iter().find_map(|prefix| value.strip_prefix(prefix)).unwrap_or(value);
    // A bot's number in front of its token.
    let value = value.split_once(':').filter(|(n, _)| n.bytes().all(|b| b.is_ascii_digit())).map_or(value, |(_, t)| t);
    if value.len() >= 3 && value.bytes().all(|b| b".xX*_-".contains(&b)) {
        return true;
    }
    let own: Vec<String> = super::names::words(name).iter().map(|word| word.to_ascii_lowercase()).collect();
    if !value.is_ascii() || value.contains(['=', '@', '$', '%', '^', '&', '+', '~', '\\']) {
        return false;
    }
    let mut telling = false;
    for token in tokens(value) {
        if token.bytes().all(|b| b.is_ascii_digit()) {
            if token.len() > 2 && !matches!(token.as_str(), "123" | "1234" | "128" | "256" | "512") {
                return false;
            }
        } else if token.bytes().all(|b| b == b'x') && token.len() >= 3 {
            telling = true;
        } else {
            match segment(&token).or_else(|| own.contains(&token).then_some(false)) {
                Some(tells) => telling |= tells,
                None => return false,
            }
        }
    }
    telling
}

/// Runs of letters and runs of digits, in lower case.
fn tokens(value: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut last = ' ';
    for c in value.chars() {
        if c.is_ascii_alphanumeric() {
            let joins = last.is_ascii_alphanumeric() && last.is_ascii_digit() == c.is_ascii_digit();
            match tokens.last_mut() {
                Some(token) if joins => token.push(c.to_ascii_lowercase()),
                _ => tokens.push(c.to_ascii_lowercase().to_string()),
            }
        }
        last = c;
    }
    tokens
}

/// Cuts a run of letters into known words: `yourapikeyhere`. Says whether one of them was telling.
fn segment(token: &str) -> Option<bool> {
    // reached[n]: the first n letters are words; true if one was telling.
    let mut reached: Vec<Option<bool>> = vec![None; token.len() + 1];
    reached[0] = Some(false);
    for start in 0..token.len() {
        let Some(before) = reached[start] else { continue };
        let rest = &token[start..];
        for (words, tells) in [(TELLING, true), (AROUND, false)] {
            for word in words.split_whitespace().filter(|word| rest.starts_with(word)) {
                let place = &mut reached[start + word.len()];
                *place = Some(place.unwrap_or(false) || before || tells);
            }
        }
    }
    reached[token.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_the_whole_component() {
        for value in [
            "changeme",
            "CHANGE_ME",
            "ChangeMe!",
            "change-me-in-production",
            "PASS",
            "PASS_A",
            "<your-token>",
            "xxx",
            "xxxx-xxxx-xxxx",
            "YOUR_API_KEY",
            "YOUR_KEY_HERE",
            "example",
            "TODO",
            "dummy",
            "your-key-goes-here",
            "yourapikeyhere",
            "dummy-token",
            "replace_with_real_secret",
            "***",
            "example-password",
            "changeme123",
            "insert your key here",
            "sk_live_xxxxxxxx",
            "__API_KEY__",
        ] {
            assert!(whole("API_KEY", value), "{value}");
        }
        assert!(whole("JWT_SECRET_KEY", "JWT_SECRET_KEY"));
    }

    #[test]
    fn a_placeholder_inside_a_secret_is_none() {
        let tail: String = (0..16).map(|n| b"8f3a0c9d"[(n * 5) % 8] as char).collect();
        for value in [
            &format!("changeme-{tail}"),
            "Example-Corp-7731!",
            "tr0ub4dor-and-3",
            "hunter2",
            "passw0rd",
            "supersecret",
            "example7731",
            "test",
            "Sample-Horse-Staple",
        ] {
            assert!(!whole("API_KEY", value), "{value}");
        }
    }
}
