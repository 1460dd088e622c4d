//! Which step decided, and how sure it is: one table over the decision order.

use super::sample::expand;
use super::traps::{detector, own};
use super::*;
use crate::evidence::Class;

#[track_caller]
fn told(name: &str, recipe: &str, class: Class, step: &str, confidence: &str) {
    let value = expand(recipe, 5).unwrap();
    let got = detector().judge(&own(name), &own(&value), Context::Env);
    assert_eq!(
        (got.class, got.step.word(), got.confidence.word()),
        (class, step, confidence),
        "{name}={recipe} ({})",
        got.kind
    );
}

#[test]
fn every_decision_names_its_step_and_how_sure_it_is() {
    use Class::{Empty, Encrypted, FileReference, NonSecretUrl, NotSecret, Open, Placeholder, Plaintext, Reference};
    for (name, recipe, class, step, confidence) in [
        ("DB_PASSWORD", "", Empty, "empty", "certain"),
        ("X", "x known value number 1 y", Plaintext, "known", "certain"),
        ("DB_PASSWORD", "vault:secret/data/app#jwt", Reference, "reference", "high"),
        ("DB_PASSWORD", "${DB_PASSWORD}", Reference, "reference", "high"),
        ("DB_PASSWORD_FILE", "/run/secrets/db", FileReference, "reference", "high"),
        ("DB_PASSWORD", "<<sops>>", Encrypted, "encrypted", "high"),
        ("ENCRYPTED_API_KEY", "<<base64:80>>", Encrypted, "name", "medium"),
        ("DB_PASSWORD", "<no value>", Class::TemplateFailure, "template", "high"),
        ("DB_PASSWORD", "changeme", Placeholder, "placeholder", "high"),
        ("DATABASE_URL", "postgres://app:hunter2@db/x", Plaintext, "container", "high"),
        ("DATABASE_URL", "postgres://app:changeme@db/x", Placeholder, "placeholder", "high"),
        ("REDIS_URL", "redis://cache:6379/0", NonSecretUrl, "container", "high"),
        ("APP_CONFIG", "{\"db\":{\"password\":\"hunter2\"}}", Plaintext, "name", "medium"),
        ("X", "<<github:ghp_>>", Plaintext, "checksum", "certain"),
        ("X", "<<jwt>>", Plaintext, "checksum", "certain"),
        ("X", "<<pem:EC PRIVATE KEY>>", Plaintext, "checksum", "certain"),
        ("X", "glpat-<<base62:20>>", Plaintext, "format", "high"),
        ("X", "<<pem:PUBLIC KEY>>", NotSecret, "format", "high"),
        ("JWT_SECRET_KEY", "<<base62:40>>", Plaintext, "name", "high"),
        ("JWT_SECRET_KEY", "<<hex:64>>", Plaintext, "name", "high"),
        ("DB_PASSWORD", "tr0ub4dor-and-3", Plaintext, "name", "medium"),
        ("APP_MATERIAL_X", "tr0ub4dor-and-3", Plaintext, "name", "high"),
        ("ACCESS_TOKEN_TTL", "15m", NotSecret, "name", "high"),
        ("BLOB", "8080", NotSecret, "value", "high"),
        ("BLOB", "some-words-here", NotSecret, "value", "medium"),
        ("BLOB", "/usr/share/x", NotSecret, "value", "high"),
        ("BLOB", "<<base62:40>>", Open, "value", "low"),
        ("STARTUP", "mysql -uroot -phunter2 db", Plaintext, "name", "medium"),
    ] {
        told(name, recipe, class, step, confidence);
    }
    let binary = detector().judge(&own("X"), &Sensitive::new((1..=40).collect()), Context::Env);
    assert_eq!((binary.class, binary.step.word(), binary.confidence.word()), (Class::Undetermined, "unread", "low"));
}

#[test]
fn a_value_and_the_same_in_quotes_have_one_alphabet_and_length() {
    let judge = |value: &str| detector().judge(&own("DB_PASSWORD"), &own(value), Context::Env);
    let (plain, quoted) = (judge("correct-horse"), judge("\"correct-horse\"\n"));
    assert_eq!((plain.alphabet.word(), plain.length), ("words", "8-15"));
    assert_eq!((quoted.alphabet, quoted.length), (plain.alphabet, plain.length));
}
