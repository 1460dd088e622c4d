//! Ciphertext and password verifiers: text that locks a secret up instead of giving it away.
//!
//! In: a value, at times its name. Out: the kind of lock. Knows no reference, and no way to open one.

use super::shapes::{Shapes, shapes};
use super::{Context, names};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use std::sync::LazyLock;

static LOCKED: LazyLock<Shapes> = LazyLock::new(|| shapes(include_str!("tables/locked.txt")));

/// Ciphertext that only its name tells from random text: `ENCRYPTED_API_KEY`, `TOKEN_CIPHERTEXT`, or a JWE's header.
pub(super) fn locked_by_name(name: &str, value: &str) -> Option<&'static str> {
    const WORDS: [&str; 9] =
        ["ENCRYPTED", "ENC", "CIPHERTEXT", "CIPHER", "SEALED", "CRYPTED", "WRAPPED", "KMS", "CRYPT"];
    const KEYS: [&str; 3] = ["KEY", "PASSPHRASE", "PASSWORD"];
    if jwe(value) {
        return Some("jwe");
    }
    // `ENC_KEY` is what opens it; `ENCRYPTED_KEY` is what was locked.
    let locked = names::speaks_of(name, &WORDS[..1]) || names::speaks_of(name, &["CIPHERTEXT", "SEALED"]);
    let says = locked || names::speaks_of(name, &WORDS) && !names::speaks_of(name, &KEYS);
    let long = value.len() >= 64 && value.len() <= 16 << 10;
    let encoded = value.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=-_".contains(&b));
    (says && long && encoded).then_some("ciphertext")
}

/// Five parts, of which the first names an encryption.
fn jwe(value: &str) -> bool {
    let mut parts = value.split('.');
    let head = parts.next().filter(|head| head.starts_with("eyJ"));
    head.is_some() && parts.count() == 4 && value.len() >= 60
}

/// Whether a lock is none to a process that takes the value as it stands: a verifier, or a label in front of less than
/// any cipher makes.
pub(super) fn literal(context: Context, kind: &str, value: &str) -> bool {
    let short = value.rsplit(':').next().unwrap_or(value).len() < 80;
    context == Context::Env
        && (kind == "password-verifier" || matches!(kind, "labelled-ciphertext" | "dotenvx") && short)
}

/// The value as ciphertext or as a password's verifier.
pub(super) fn locked(value: &str, context: Context) -> Option<&'static str> {
    if value.len() < 7 {
        return None;
    }
    // Compose writes `$` as `$$`.
    let doubled = context == Context::Compose || value.matches("$$").count() >= 2;
    let single = doubled.then(|| value.replace("$$", "$"));
    let value = single.as_deref().unwrap_or(value);
    let kind = LOCKED.kinds(value).next()?;
    if matches!(kind, "kms" | "sealed-secret" | "openssl") {
        // These are known by their first bytes only: the rest must at least be base64 of no text.
        let bytes = BASE64.decode(value.as_bytes()).or_else(|_| BASE64URL_NOPAD.decode(value.as_bytes())).ok()?;
        if kind != "openssl" && std::str::from_utf8(&bytes).is_ok() {
            return None;
        }
    }
    Some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ciphertext_and_verifiers_are_no_plaintext() {
        let bcrypt = format!("$2b$12${}", "aB3./".repeat(11).get(..53).unwrap());
        for value in ["ENC[AES256_GCM,data:abc,iv:x,tag:y,type:str]", "$ANSIBLE_VAULT;1.1;AES256", &bcrypt] {
            assert!(locked(value, Context::Env).is_some(), "{value}");
        }
        assert!(locked(&bcrypt.replace('$', "$$"), Context::Compose).is_some());
        assert!(locked("ENC[half", Context::Env).is_none());
    }
}
