//! A registry that stands for a layout: manifests and configs by digest, below an index of the one manifest asked for.
//!
//! In: a session. Out: documents by the paths of a layout, and what the manifest's digest is: computed, not believed.
//! It follows nothing; whoever asks holds each document against its digest.

use super::session::Session;
use crate::collect::image::blobs::{Blobs, blob_path, digest_in};
use crate::collect::refusal::Refusal;
use crate::evidence::{Cause, Name};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use zeroize::Zeroizing;

/// How many documents of the largest size are held at once.
const HELD: u64 = 8;

/// The documents of one image.
pub(super) struct Documents<'a> {
    session: &'a Session,
    /// Largest document.
    limit: u64,
    index: Vec<u8>,
    /// The digest of the manifest asked for.
    pub(super) digest: String,
    held: RefCell<BTreeMap<String, Zeroizing<Vec<u8>>>>,
    /// Paths of what is a manifest and lies elsewhere than other blobs.
    manifests: RefCell<BTreeSet<String>>,
    /// What helps to mend a cause: the walk over a layout knows causes only.
    whys: RefCell<BTreeMap<Cause, Refusal>>,
}

/// What tells manifests from other documents.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    schema_version: Option<u64>,
    manifests: Option<Vec<Child>>,
}

#[derive(Deserialize)]
struct Child {
    digest: Option<String>,
}

impl<'a> Documents<'a> {
    /// Asks for the manifest, once: a tag may move later.
    pub(super) fn open(session: &'a Session, asked: &str, limit: u64) -> Result<Self, Refusal> {
        let mut documents = Self {
            session,
            limit,
            index: Vec::new(),
            digest: String::new(),
            held: RefCell::default(),
            manifests: RefCell::default(),
            whys: RefCell::default(),
        };
        let bytes = documents.manifest(asked)?;
        documents.digest = digest_of(&bytes);
        if asked.contains(':') && asked != documents.digest {
            return Err(Refusal::new(Cause::Inconsistent).because("a manifest that is not what its digest says"));
        }
        let root = json!({ "digest": documents.digest, "size": bytes.len() });
        documents.index = json!({ "schemaVersion": 2, "manifests": [root] }).to_string().into_bytes();
        let path = blob_path(&documents.digest).unwrap_or_default();
        documents.hold(&path, &bytes);
        Ok(documents)
    }

    /// The refusal behind a cause, with what helps to mend it.
    pub(super) fn why(&self, cause: Cause) -> Refusal {
        self.whys.borrow().get(&cause).cloned().unwrap_or_else(|| Refusal::new(cause))
    }

    /// A manifest by tag or digest.
    fn manifest(&self, asked: &str) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let (bytes, stated) = self.session.again(|| {
            let response = self.session.get(&format!("manifests/{asked}"), 0)?;
            let stated = response.headers().get("docker-content-digest");
            let stated = stated.and_then(|text| text.to_str().ok()).map(str::to_owned);
            Ok((self.session.body(response, self.limit).map_err(over)?, stated))
        })?;
        if stated.is_some_and(|stated| stated.starts_with("sha256:") && stated != digest_of(&bytes)) {
            let why = "a manifest that is not what Docker-Content-Digest says";
            return Err(Refusal::new(Cause::Inconsistent).because(why));
        }
        let shape: Option<Shape> = serde_json::from_slice(&bytes).ok();
        if shape.as_ref().is_some_and(|shape| shape.schema_version == Some(1)) {
            let why = "a manifest of schema 1, as engines before 1.10 pushed it: pull it and push it again";
            return Err(Refusal::new(Cause::Unsupported).because(why));
        }
        let children = shape.and_then(|shape| shape.manifests).unwrap_or_default();
        let digests = children.into_iter().filter_map(|child| child.digest);
        self.manifests.borrow_mut().extend(digests.filter_map(|digest| blob_path(&digest)));
        Ok(bytes)
    }

    fn fetch(&self, path: &str) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let digest = digest_in(path).ok_or_else(|| Refusal::new(Cause::Malformed))?;
        if self.manifests.borrow().contains(path) {
            return self.manifest(&digest);
        }
        self.session.again(|| {
            let response = self.session.get(&format!("blobs/{digest}"), 0)?;
            self.session.body(response, self.limit).map_err(over)
        })
    }

    /// Keeps what may be asked for again, as long as there is room.
    fn hold(&self, path: &str, bytes: &Zeroizing<Vec<u8>>) {
        let mut held = self.held.borrow_mut();
        let size: usize = held.values().map(|bytes| bytes.len()).sum();
        if (size + bytes.len()) as u64 <= self.limit.saturating_mul(HELD) {
            held.insert(path.to_owned(), bytes.clone());
        }
    }
}

impl Blobs for Documents<'_> {
    fn document(&self, path: &str) -> Result<Zeroizing<Vec<u8>>, Cause> {
        if path == "index.json" {
            return Ok(Zeroizing::new(self.index.clone()));
        }
        if let Some(bytes) = self.held.borrow().get(path) {
            return Ok(bytes.clone());
        }
        if digest_in(path).is_none() || !path.starts_with("blobs/") {
            return Err(Cause::MissingObjects);
        }
        match self.fetch(path) {
            Ok(bytes) => {
                self.hold(path, &bytes);
                Ok(bytes)
            }
            Err(mut why) => {
                // Declared and not there: what a layout's missing blob is.
                if why.cause == Cause::NotFound {
                    why.cause = Cause::MissingObjects;
                }
                let cause = why.cause;
                self.whys.borrow_mut().entry(cause).or_insert(why);
                Err(cause)
            }
        }
    }
}

fn digest_of(bytes: &[u8]) -> String {
    format!("sha256:{}", data_encoding::HEXLOWER.encode(&Sha256::digest(bytes)))
}

fn over(why: Refusal) -> Refusal {
    if why.cause == Cause::OverLimit { why.with("key", Name::fixed("limits.config_bytes")) } else { why }
}
