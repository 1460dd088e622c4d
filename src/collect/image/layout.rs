//! From documents to images: `manifest.json` of Docker's archives, and the indexes and manifests of OCI layouts.
//!
//! In: anything that gives a document by its path. Out: one image per platform, and every platform that is
//! declared and cannot be examined. Attestations are told from platforms. Every blob is held against its digest.

use super::Found;
use super::document::{Image, platform};
use super::history::Raw;
use crate::collect::oci_config::{Pairs, nullable};
use crate::collect::refusal::Refusal;
use crate::config::Limits;
use crate::evidence::{Cause, Name, Sensitive};
use serde::Deserialize;
use serde::de::IgnoredAny;
use sha2::{Digest, Sha256, Sha512};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Deepest nesting of indexes, and the most descriptors that are followed.
const DEEPEST: usize = 4;
const MOST: usize = 1024;

/// A source of documents.
pub(super) trait Blobs {
    /// The document at a path inside the layout.
    fn document(&self, path: &str) -> Result<Zeroizing<Vec<u8>>, Cause>;
}

/// An OCI layout in a directory.
pub(super) struct Directory {
    root: PathBuf,
    limit: u64,
}

impl Directory {
    /// A directory; its files are opened as they are needed.
    pub(super) fn open(root: &Path, limits: &Limits) -> Result<Self, Refusal> {
        match std::fs::metadata(root) {
            Ok(meta) if meta.is_dir() => Ok(Self { root: root.to_owned(), limit: limits.config_bytes }),
            Ok(_) => Err(Refusal::new(Cause::Unsupported).because("not a directory")),
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Err(Refusal::new(Cause::Denied)),
            Err(_) => Err(Refusal::new(Cause::NotFound)),
        }
    }
}

impl Blobs for Directory {
    fn document(&self, path: &str) -> Result<Zeroizing<Vec<u8>>, Cause> {
        let path = self.root.join(path);
        let meta = std::fs::metadata(&path).map_err(|_| Cause::MissingObjects)?;
        if !meta.is_file() {
            return Err(Cause::Malformed);
        }
        if meta.len() > self.limit {
            return Err(Cause::OverLimit);
        }
        let mut bytes = Zeroizing::new(Vec::new());
        let file = std::fs::File::open(path).map_err(|_| Cause::Denied)?;
        file.take(self.limit).read_to_end(&mut bytes).map_err(|_| Cause::Truncated)?;
        Ok(bytes)
    }
}

/// An entry of Docker's `manifest.json`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: Raw,
    #[serde(default, deserialize_with = "nullable")]
    layers: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    #[serde(default)]
    media_type: Raw,
    digest: Raw,
    platform: Option<Platform>,
    #[serde(default, deserialize_with = "nullable")]
    annotations: Pairs,
}

#[derive(Deserialize)]
struct Platform {
    os: Option<Sensitive>,
    architecture: Option<Sensitive>,
    variant: Option<Sensitive>,
}

/// An index has `manifests`, a manifest has `config`.
#[derive(Deserialize)]
struct Node {
    manifests: Option<Vec<Descriptor>>,
    config: Option<Descriptor>,
    #[serde(default, deserialize_with = "nullable")]
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    #[serde(default)]
    media_type: Raw,
}

/// The images of a layout.
pub(super) fn images(blobs: &dyn Blobs) -> Result<Found, Refusal> {
    let mut walk = Walk { blobs, found: Found::default(), seen: BTreeSet::new() };
    let index = blobs.document("index.json");
    let manifest = blobs.document("manifest.json");
    match (&index, &manifest) {
        (Err(Cause::MissingObjects), Err(Cause::MissingObjects)) => {
            return Err(Refusal::new(Cause::Malformed).because("neither index.json nor manifest.json: not an image"));
        }
        (Err(cause), _) | (_, Err(cause)) if *cause != Cause::MissingObjects => return Err(Refusal::new(*cause)),
        _ => {}
    }
    if let Ok(json) = index {
        let node: Node = serde_json::from_slice(&json).map_err(|_| malformed("index.json"))?;
        for descriptor in node.manifests.unwrap_or_default() {
            walk.descend(&descriptor, 0);
        }
    }
    if let Ok(json) = manifest {
        let saved: Vec<Saved> = serde_json::from_slice(&json).map_err(|_| malformed("manifest.json"))?;
        for one in &saved {
            walk.saved(one);
        }
    }
    if walk.found.images.is_empty() && walk.found.unexamined.is_empty() {
        return Err(Refusal::new(Cause::Empty).because("no image in it"));
    }
    Ok(walk.found)
}

fn malformed(document: &'static str) -> Refusal {
    Refusal::new(Cause::Malformed).with("document", Name::fixed(document))
}

struct Walk<'a> {
    blobs: &'a dyn Blobs,
    found: Found,
    /// Paths of the configs and manifests that were followed.
    seen: BTreeSet<String>,
}

impl Walk<'_> {
    fn descend(&mut self, descriptor: &Descriptor, depth: usize) {
        if descriptor.annotations.get("vnd.docker.reference.type").is_some_and(|kind| kind.is("attestation-manifest")) {
            self.found.attestations += 1;
            return;
        }
        let Some(path) = blob_path(&descriptor.digest) else {
            self.miss(descriptor, Cause::Malformed);
            return;
        };
        if depth > DEEPEST || self.seen.len() > MOST {
            self.miss(descriptor, Cause::OverLimit);
            return;
        }
        if !self.seen.insert(path.clone()) {
            return;
        }
        let node = self.blob(&path).and_then(|json| serde_json::from_slice(&json).map_err(|_| Cause::Malformed));
        match node {
            Ok(Node { manifests: Some(children), .. }) => {
                for child in &children {
                    self.descend(child, depth + 1);
                }
            }
            Ok(Node { config: Some(config), layers, .. }) => self.manifest(descriptor, &config, &layers),
            Ok(_) => self.miss(descriptor, Cause::Malformed),
            Err(cause) => self.miss(descriptor, cause),
        }
    }

    fn manifest(&mut self, descriptor: &Descriptor, config: &Descriptor, layers: &[Layer]) {
        if !layers.is_empty() && layers.iter().all(|layer| layer.media_type.starts_with("application/vnd.in-toto")) {
            self.found.attestations += 1;
            return;
        }
        let kind = &config.media_type;
        if !kind.is_empty() && !kind.contains("container.image.v1+json") && !kind.contains("image.config.v1+json") {
            self.found.artifacts += 1;
            return;
        }
        let Some(path) = blob_path(&config.digest) else {
            self.miss(descriptor, Cause::Malformed);
            return;
        };
        match self.config(&path) {
            Ok(image) if image.layers != layers.len() as u64 => self.miss(descriptor, Cause::Inconsistent),
            Ok(mut image) => {
                image.digest = Name::digest(&descriptor.digest).ok();
                self.seen.insert(path);
                self.found.images.push(image);
            }
            Err(cause) => self.miss(descriptor, cause),
        }
    }

    fn config(&self, path: &str) -> Result<Image, Cause> {
        Image::parse(&self.blob(path)?).ok_or(Cause::Malformed)
    }

    /// An image of `manifest.json`, unless the index already led to it.
    fn saved(&mut self, saved: &Saved) {
        let path = saved.config.trim_start_matches("./").to_owned();
        if !self.seen.insert(path.clone()) {
            return;
        }
        match self.config(&path) {
            Ok(image) if image.layers != saved.layers.len() as u64 => {
                self.found.unexamined.push((Some(image.platform), Refusal::new(Cause::Inconsistent)));
            }
            Ok(mut image) => {
                image.digest = digest_in(&path).and_then(|digest| Name::digest(&digest).ok());
                self.found.images.push(image);
            }
            Err(cause) => self.found.unexamined.push((None, Refusal::new(cause))),
        }
    }

    /// A blob whose content is what its name says.
    fn blob(&self, path: &str) -> Result<Zeroizing<Vec<u8>>, Cause> {
        let bytes = self.blobs.document(path)?;
        let hex = |digest: &[u8]| data_encoding::HEXLOWER.encode(digest);
        let honest = match digest_in(path) {
            Some(digest) if digest.starts_with("sha512:") => digest[7..] == hex(&Sha512::digest(&bytes)),
            Some(digest) => digest[7..] == hex(&Sha256::digest(&bytes)),
            None => true,
        };
        if honest { Ok(bytes) } else { Err(Cause::Inconsistent) }
    }

    fn miss(&mut self, descriptor: &Descriptor, cause: Cause) {
        let name = descriptor
            .platform
            .as_ref()
            .map(|one| platform(one.os.as_ref(), one.architecture.as_ref(), one.variant.as_ref()));
        self.found.unexamined.push((name, Refusal::new(cause)));
    }
}

/// Where a digest's blob lies; `None` for anything that is not a digest.
fn blob_path(digest: &str) -> Option<String> {
    let (algorithm, hex) = digest.split_once(':')?;
    let sized = matches!((algorithm, hex.len()), ("sha256", 64) | ("sha512", 128));
    let honest = sized && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    honest.then(|| format!("blobs/{algorithm}/{hex}"))
}

/// The digest that a path states: `blobs/sha256/HEX`, or Docker's older `HEX.json`.
fn digest_in(path: &str) -> Option<String> {
    let stated = match path.strip_prefix("blobs/").and_then(|rest| rest.split_once('/')) {
        Some((algorithm, hex)) => format!("{algorithm}:{hex}"),
        None => format!("sha256:{}", path.strip_suffix(".json")?),
    };
    blob_path(&stated).map(|_| stated)
}
