//! An in-toto statement: what it is about, and what it says. Envelopes (DSSE, Sigstore bundles) are opened.
//!
//! In: a blob. Out: the subjects' digests and the predicate, its texts wrapped. Signatures are not checked: a forged
//! statement discloses what it holds all the same. It judges nothing.

use crate::collect::oci_config::Json;
use crate::collect::raw_text::Raw;
use crate::collect::refusal::Refusal;
use crate::evidence::{Cause, Name, Sensitive};
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD};
use serde::Deserialize;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Envelopes in envelopes.
const DEEPEST: usize = 3;

/// What a statement says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Predicate {
    /// How the image was built.
    Provenance,
    /// What is in it: names of packages, their versions and digests.
    Materials,
    /// Anything else.
    Other,
}

/// A statement.
pub(super) struct Statement {
    /// The type of its predicate, as a name.
    pub(super) predicate: Name,
    pub(super) says: Predicate,
    pub(super) body: Json,
    /// The whole, as it was written.
    pub(super) text: Sensitive,
    /// `sha256:…` of each subject.
    subjects: Vec<String>,
}

/// A statement, or an envelope around one. A member that stands twice makes it neither.
#[derive(Deserialize)]
struct Document {
    #[serde(rename = "_type")]
    form: Option<Raw>,
    #[serde(rename = "predicateType")]
    predicate_type: Option<Raw>,
    #[serde(default)]
    subject: Vec<Subject>,
    predicate: Option<Json>,
    #[serde(rename = "payloadType")]
    payload_type: Option<Raw>,
    payload: Option<Raw>,
    #[serde(rename = "dsseEnvelope")]
    envelope: Option<Box<Document>>,
}

#[derive(Deserialize)]
struct Subject {
    #[serde(default)]
    digest: BTreeMap<String, Raw>,
}

impl Statement {
    /// Reads a blob.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut bytes = Zeroizing::new(bytes.to_vec());
        for _ in 0..DEEPEST {
            let document: Document = serde_json::from_slice(&bytes).map_err(|_| malformed("no JSON of a statement"))?;
            match document.opened()? {
                Ok(inner) => bytes = inner,
                Err(document) => return Self::of(document, &bytes),
            }
        }
        Err(Refusal::new(Cause::OverLimit).because("envelopes in envelopes"))
    }

    fn of(document: Document, bytes: &[u8]) -> Result<Self, Refusal> {
        let form = document.form.unwrap_or_default();
        if !form.starts_with("https://in-toto.io/Statement/") {
            return Err(malformed("no in-toto statement"));
        }
        let (Some(kind), Some(body)) = (document.predicate_type, document.predicate) else {
            return Err(malformed("a statement without a predicate"));
        };
        let subjects = document.subject.iter().filter_map(|one| one.digest.get("sha256"));
        Ok(Self {
            predicate: Name::admit_or(&kind, "predicate type", 1),
            says: Predicate::of(&kind),
            body,
            text: Sensitive::new(bytes.to_vec()),
            subjects: subjects.map(|hex| format!("sha256:{}", &**hex)).collect(),
        })
    }

    /// Whether the manifest of this digest is among its subjects.
    pub(super) fn is_about(&self, digest: &Name) -> bool {
        self.subjects.iter().any(|subject| subject == digest.as_str())
    }
}

impl Document {
    /// What an envelope holds, or the document itself if it is none.
    fn opened(mut self) -> Result<Result<Zeroizing<Vec<u8>>, Self>, Refusal> {
        let stated = self.form.is_some() || self.predicate.is_some();
        if let Some(inner) = self.envelope.take() {
            return if stated || self.payload.is_some() { Err(both()) } else { inner.opened() };
        }
        let Some(payload) = self.payload.take() else { return Ok(Err(self)) };
        if stated {
            return Err(both());
        }
        if !self.payload_type.is_some_and(|kind| kind.starts_with("application/vnd.in-toto")) {
            return Err(Refusal::new(Cause::Unsupported).because("an envelope around something that is no statement"));
        }
        decoded(&payload).map(Ok).ok_or_else(|| malformed("an envelope whose payload is no base64"))
    }
}

impl Predicate {
    fn of(kind: &str) -> Self {
        let kind = kind.to_ascii_lowercase();
        if kind.contains("provenance") {
            Self::Provenance
        } else if kind.contains("spdx") || kind.contains("cyclonedx") {
            Self::Materials
        } else {
            Self::Other
        }
    }
}

/// Base64 of either alphabet, padded or not.
pub(super) fn decoded(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let forms = [BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD];
    forms.iter().find_map(|form| form.decode(text.as_bytes()).ok()).map(Zeroizing::new)
}

fn malformed(why: &'static str) -> Refusal {
    Refusal::new(Cause::Malformed).because(why)
}

fn both() -> Refusal {
    Refusal::new(Cause::Inconsistent).because("a statement and an envelope in one")
}
