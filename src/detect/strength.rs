//! A name's promise against what the value looks like, where no grammar and no format has decided.
//!
//! In: a promise, at times the name, and the value. Out: a ruling, and how sure it is. Knows no containers, references or
//! placeholders: those were answered before.

use super::names::{self, Fit, Promise};
use super::rule::Ruling;
use super::{masks, values};
use crate::evidence::{Class, Confidence, Step};

/// The table of name strength and value class.
pub(super) fn weigh(name: &str, promise: Promise, stem: Promise, declared: bool, value: &str) -> Ruling {
    let (class, kind) = match promise {
        Promise::Secret => secret(value, declared),
        Promise::Mentions => mentions(value),
        Promise::Weak => weak(name, value),
        Promise::Benign(Fit::Lookup) => lookup(name, value),
        Promise::Benign(Fit::Id) => identifier(name, stem, value),
        Promise::Benign(fit) => benign(fit, stem, value),
        Promise::Neutral => neutral(value),
    };
    let step = if promise == Promise::Neutral { Step::Value } else { Step::Name };
    Ruling::of(class, kind).by(step, confidence(promise, declared, class, kind))
}

/// How far a name and a value bear each other out.
fn confidence(promise: Promise, declared: bool, class: Class, kind: &str) -> Confidence {
    let random = matches!(kind, "hex-key" | "random-key" | "uuid");
    match (class, promise) {
        (Class::Open, _) => Confidence::Low,
        (Class::Plaintext, Promise::Secret) if random || declared => Confidence::High,
        (Class::Plaintext, Promise::Mentions) if !random => Confidence::Low,
        // A number under any name, and what fits the type that its name ends in.
        (Class::NotSecret, Promise::Benign(_)) => Confidence::High,
        (Class::NotSecret, Promise::Neutral) if kind != "text" => Confidence::High,
        _ => Confidence::Medium,
    }
}

fn secret(value: &str, declared: bool) -> (Class, &'static str) {
    let everyday = values::everyday(value);
    if !declared {
        let harmless = match everyday {
            Some("switch" | "duration" | "locale") => true,
            Some("number") => value.len() <= 3,
            _ => values::algorithm(value),
        };
        if harmless {
            return (Class::NotSecret, everyday.unwrap_or("algorithm"));
        }
    }
    // `platform/api/jwt`: the way to a secret in some store.
    if !declared && (values::store_path(value) || property(value)) {
        return (Class::Reference, "secret-path");
    }
    let kind = if values::hex(value, 32) {
        "hex-key"
    } else if values::random(value) {
        "random-key"
    } else if everyday == Some("uuid") {
        "uuid"
    } else {
        "human-password"
    };
    (Class::Plaintext, kind)
}

/// `spring.datasource.password`: a setting's name, which ends in what it holds.
fn property(value: &str) -> bool {
    let parts = value.split('.').count();
    let small = value.bytes().all(|b| b.is_ascii_lowercase() || b"._-".contains(&b));
    parts >= 3 && small && value.len() <= 80 && names::promise(value) == Promise::Secret
}

/// The name speaks of a secret and ends in a word that nobody knows: only plain words are not taken for it.
fn mentions(value: &str) -> (Class, &'static str) {
    match values::everyday(value) {
        Some("uuid") => (Class::Plaintext, "uuid"),
        Some(kind) => (Class::NotSecret, kind),
        None if values::hex(value, 32) => (Class::Plaintext, "hex-key"),
        None if values::random(value) => (Class::Plaintext, "random-key"),
        None if values::algorithm(value) || values::dotted_class(value) || values::prose(value) => {
            (Class::NotSecret, "text")
        }
        None if values::password_like(value) => (Class::Plaintext, "human-password"),
        None if values::wordy(value) && value.len() <= 12 => (Class::Open, "word"),
        None => (Class::Plaintext, "human-password"),
    }
}

fn weak(name: &str, value: &str) -> (Class, &'static str) {
    match values::everyday(value) {
        Some("uuid") if names::speaks_of(name, &["SECRET"]) => return (Class::Plaintext, "uuid"),
        Some(kind) => return (Class::NotSecret, kind),
        None => {}
    }
    if values::random(value) {
        (Class::Plaintext, if values::hex(value, 32) { "hex-key" } else { "random-key" })
    } else if values::password_like(value) && !values::wordy(value) {
        (Class::Open, "password-like")
    } else {
        (Class::NotSecret, "text")
    }
}

fn benign(fit: Fit, stem: Promise, value: &str) -> (Class, &'static str) {
    let everyday = values::everyday(value);
    let random = values::random(value);
    let fits = match fit {
        Fit::Path => false, // what is a path was answered before
        Fit::Number => everyday.is_some(),
        // A commit's name stands in for a branch's.
        Fit::Word | Fit::Locator if masks::masked("", value) => true,
        Fit::Word | Fit::Locator => !random || stem == Promise::Neutral && value.len() == 40 && values::hex(value, 40),
        Fit::Digest if stem == Promise::Secret && values::hex(value, 32) => {
            return (Class::Encrypted, "password-verifier");
        }
        Fit::Digest => values::digest(value) || everyday.is_some() || (stem != Promise::Secret && value.len() >= 20),
        Fit::Any => value.len() <= 4096,
        Fit::Id | Fit::Lookup | Fit::Public => true,
    };
    if fits || everyday.is_some() {
        let kind = match fit {
            Fit::Digest => "digest",
            Fit::Id | Fit::Lookup | Fit::Any => "identifier",
            Fit::Public => "public",
            _ => everyday.unwrap_or("text"),
        };
        (Class::NotSecret, kind)
    } else if stem == Promise::Secret && (random || values::password_like(value)) {
        // The name speaks of a secret, and the value is not what the name's end says.
        (Class::Plaintext, if random { "random-key" } else { "human-password" })
    } else if random {
        (Class::Open, "random")
    } else {
        (Class::NotSecret, "text")
    }
}

/// `CACHE_KEY` holds words; `REDIS_PRIMARY_KEY` may hold what it says in the cloud's console.
fn lookup(name: &str, value: &str) -> (Class, &'static str) {
    const ACCOUNTS: [&str; 9] =
        ["AZURE", "COSMOS", "COSMOSDB", "STORAGE", "REDIS", "PRIMARY", "SECONDARY", "ACCOUNT", "SECRET"];
    let random = values::random(value) || values::hex(value, 32);
    match values::everyday(value) {
        Some(kind) => (Class::NotSecret, kind),
        None if random && names::speaks_of(name, &ACCOUNTS) => (Class::Plaintext, "random-key"),
        None if random => (Class::Open, "random"),
        None => (Class::NotSecret, "text"),
    }
}

/// An identifier may be random, but not as long as a key where the name speaks of a secret.
fn identifier(name: &str, stem: Promise, value: &str) -> (Class, &'static str) {
    let benign = (Class::NotSecret, "identifier");
    let random = values::random(value) && values::everyday(value).is_none() && !value.starts_with("arn:");
    if !random || value.contains(".apps.") {
        return benign;
    }
    // A key's own id, a thumbprint for the most part, comes out of the key.
    let of_key = names::speaks_of(name, &["KEY", "KID"]);
    let loose = names::speaks_of(name, &["ROLE", "SECRET", "VAULT", "TOKEN", "SESSION", "PASSWORD"]);
    match (stem, value.len()) {
        (_, 65..) => (Class::Open, "random"),
        (Promise::Secret, 36..) if !of_key => (Class::Plaintext, "random-key"),
        (Promise::Secret, 36..) if !names::speaks_of(name, &["KID"]) => (Class::Open, "random"),
        (_, 36..) if loose => (Class::Open, "random"),
        _ => benign,
    }
}

fn neutral(value: &str) -> (Class, &'static str) {
    match values::everyday(value) {
        Some(kind) => (Class::NotSecret, kind),
        None if values::random(value) => (Class::Open, "random"),
        None => (Class::NotSecret, "text"),
    }
}
