//! `Sensitive`: text from outside, wrapped the moment it is read.
//!
//! It has no `Debug`, `Display`, `Serialize`, `Clone`, `PartialEq`, `Deref` or `AsRef`, and it is wiped
//! on drop. What may come out is listed here and nowhere else.

use super::name::{Name, Withheld};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Text or bytes from outside the process: an environment value, a file, a response body.
pub struct Sensitive(Zeroizing<Vec<u8>>);

/// A type that may leave [`Sensitive::examine`]: it holds no text from outside, or only wrapped.
///
/// Implementing it is that promise; the implementations are few and each is reviewed.
pub trait Shareable {}
impl Shareable for () {}
impl Shareable for bool {}
impl Shareable for u64 {}
impl Shareable for usize {}
impl Shareable for char {}
impl Shareable for Sensitive {}
impl Shareable for Name {}
impl Shareable for Fingerprint {}
impl<T: Shareable> Shareable for Option<T> {}
impl<T: Shareable> Shareable for Vec<T> {}
impl<T: Shareable, E: Shareable> Shareable for Result<T, E> {}
impl<A: Shareable, B: Shareable> Shareable for (A, B) {}
impl<A: Shareable, B: Shareable, C: Shareable> Shareable for (A, B, C) {}

impl Sensitive {
    /// Wraps bytes; the caller's buffer moves in.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Length in bytes. Reports show length buckets only, never this number.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// A content address, where nothing else may stand: see [`Name::digest`].
    ///
    /// # Errors
    /// [`Withheld`] if it is anything else.
    pub fn digest(&self) -> Result<Name, Withheld> {
        std::str::from_utf8(&self.0).map_err(|_| Withheld).and_then(Name::digest)
    }

    /// Whether there are no bytes at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Runs an examination over the bytes. Only a [`Shareable`] answer comes out.
    ///
    /// Called by `detect/` and the ground floor alone; the architecture test holds that.
    pub fn examine<T: Shareable>(&self, look: impl FnOnce(&[u8]) -> T) -> T {
        look(&self.0)
    }

    /// Keyed HMAC-SHA-256 of the value, 16 hex digits: equal values have equal fingerprints under one key.
    ///
    /// Never without a key: the bare hash of a short password is the password.
    #[must_use]
    pub fn fingerprint(&self, key: &Key) -> Fingerprint {
        key.fingerprint(&self.0)
    }

    /// The text as a [`Name`], unless it looks like a secret or is not text.
    ///
    /// # Errors
    /// [`Withheld`] when the gate of `name.rs` refuses it.
    pub fn into_name(self) -> Result<Name, Withheld> {
        Name::admit_bytes(&self.0)
    }

    /// Like [`Sensitive::into_name`], by reference.
    ///
    /// # Errors
    /// [`Withheld`] when the gate refuses it.
    pub fn name(&self) -> Result<Name, Withheld> {
        Name::admit_bytes(&self.0)
    }

    /// Exact comparison with text of our own (a field name, a keyword), never with another value.
    #[must_use]
    pub fn is(&self, word: &'static str) -> bool {
        self.0.as_slice() == word.as_bytes()
    }

    /// `user:password` in base64, as HTTP's basic authentication has it.
    #[must_use]
    pub fn basic(user: &Self, password: &Self) -> Self {
        let pair = Zeroizing::new([&user.0[..], b":", &password.0[..]].concat());
        Self::from(data_encoding::BASE64.encode(&pair))
    }

    /// The same text as a form's field.
    #[must_use]
    pub fn percent_encoded(&self) -> Self {
        Self::from(percent_encoding::percent_encode(&self.0, percent_encoding::NON_ALPHANUMERIC).to_string())
    }

    /// The bytes of a header or a form: text of ours and the secret behind it, for a request to whom it is meant for.
    ///
    /// Called by the registries' login alone; the architecture test holds that.
    #[must_use]
    pub fn into_request(self, before: &str) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([before.as_bytes(), &self.0[..]].concat())
    }

    /// A second wrapped copy, for the registry of values that no report may contain.
    pub(super) fn duplicate(&self) -> Zeroizing<Vec<u8>> {
        self.0.clone()
    }
}

impl From<String> for Sensitive {
    fn from(text: String) -> Self {
        Self::new(text.into_bytes())
    }
}

impl<'de> Deserialize<'de> for Sensitive {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Self::from)
    }
}

/// The key of fingerprints: random per run unless the user gives a key file.
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// A key of 32 random bytes from the operating system, or `None` where that source fails.
    #[must_use]
    pub fn random() -> Option<Self> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        getrandom::fill(bytes.as_mut()).ok()?;
        Some(Self(bytes))
    }

    /// A key made from a key file's content (at least 16 bytes).
    #[must_use]
    pub fn from_material(material: &Sensitive) -> Option<Self> {
        use sha2::Digest;
        if material.len() < 16 {
            return None;
        }
        let digest = Sha256::digest(material.0.as_slice());
        Some(Self(Zeroizing::new(digest.into())))
    }

    fn fingerprint(&self, bytes: &[u8]) -> Fingerprint {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.as_slice()) else {
            return Fingerprint(String::new());
        };
        mac.update(bytes);
        let tag = mac.finalize().into_bytes();
        Fingerprint(data_encoding::HEXLOWER.encode(&tag[..8]))
    }
}

/// A keyed digest of a value: lets a report say "the same value in three places".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        if text.len() <= 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(Self(text))
        } else {
            Err(serde::de::Error::custom("not a fingerprint"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_a_fingerprint_under_one_key_only() {
        let one = Key::from_material(&Sensitive::new(vec![1; 32])).unwrap();
        let two = Key::from_material(&Sensitive::new(vec![2; 32])).unwrap();
        let value = || Sensitive::from("hunter2".to_owned());
        assert_eq!(value().fingerprint(&one), value().fingerprint(&one));
        assert_ne!(value().fingerprint(&one), value().fingerprint(&two));
        assert!(Key::from_material(&Sensitive::new(vec![1; 8])).is_none());
    }
}
