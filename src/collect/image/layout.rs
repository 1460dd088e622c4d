//! From documents to images: `manifest.json` of Docker's archives, and the indexes and manifests of OCI layouts.
//!
//! In: anything that gives a document by its path. Out: one image per platform, and every platform that is
//! declared and cannot be examined. Attestations are told from platforms. Every blob is held against its digest.

use super::Found;
use super::document::{Image, platform};
use super::history::Raw;
use crate::collect::oci_config::{OciConfig, Pairs, Texts, nullable};
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
    #[serde(default)]
    repo_tags: Texts,
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
    #[serde(default, deserialize_with = "nullable")]
    annotations: Pairs,
}

impl Descriptor {
    fn claims_attestation(&self) -> bool {
        self.annotations.get("vnd.docker.reference.type").is_some_and(|kind| kind.is("attestation-manifest"))
    }

    fn has_no_platform(&self) -> bool {
        let unknown = |text: &Option<Sensitive>| text.as_ref().is_some_and(|text| text.is("unknown"));
        self.platform.as_ref().is_some_and(|one| unknown(&one.os) && unknown(&one.architecture))
    }
}

/// What an attestation's config must not have.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Bare {
    os: Option<Sensitive>,
    architecture: Option<Sensitive>,
    #[serde(deserialize_with = "nullable")]
    config: OciConfig,
    #[serde(deserialize_with = "nullable")]
    container_config: OciConfig,
    #[serde(deserialize_with = "nullable")]
    history: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    #[serde(default)]
    media_type: Raw,
}

/// The images of a layout.
pub(super) fn images(blobs: &dyn Blobs) -> Result<Found, Refusal> {
    let mut walk = Walk { blobs, found: Found::default(), seen: BTreeSet::new(), attested: BTreeSet::new() };
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
        walk.found.annotations.0.extend(node.annotations.0);
        for descriptor in node.manifests.unwrap_or_default() {
            walk.descend(descriptor, 0);
        }
    }
    if let Ok(json) = manifest {
        let saved: Vec<Saved> = serde_json::from_slice(&json).map_err(|_| malformed("manifest.json"))?;
        for one in saved {
            let tags = walk.saved(one);
            walk.found.tags.extend(tags);
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
    /// Those that are attestations.
    attested: BTreeSet<String>,
}

impl Walk<'_> {
    fn descend(&mut self, mut descriptor: Descriptor, depth: usize) {
        let claims = descriptor.claims_attestation() && descriptor.has_no_platform();
        self.found.annotations.0.append(&mut descriptor.annotations.0);
        let descriptor = &descriptor;
        let Some(path) = blob_path(&descriptor.digest) else {
            self.miss(descriptor, Cause::Malformed);
            return;
        };
        if depth > DEEPEST || self.seen.len() > MOST {
            self.miss(descriptor, Cause::OverLimit);
            return;
        }
        if !self.seen.insert(path.clone()) {
            self.found.attestations += u64::from(self.attested.contains(&path));
            return;
        }
        let node = self.blob(&path).and_then(|json| serde_json::from_slice(&json).map_err(|_| Cause::Malformed));
        match node {
            Ok(Node { manifests: Some(children), annotations, .. }) => {
                self.found.annotations.0.extend(annotations.0);
                for child in children {
                    self.descend(child, depth + 1);
                }
            }
            Ok(Node { config: Some(mut config), layers, annotations, .. }) => {
                self.found.annotations.0.extend(annotations.0);
                self.found.annotations.0.append(&mut config.annotations.0);
                self.manifest(descriptor, &config, &layers);
            }
            Ok(_) => self.miss(descriptor, Cause::Malformed),
            // A pull of one platform leaves the attestations behind.
            Err(Cause::MissingObjects) if claims => self.found.attestations += 1,
            Err(cause) => self.miss(descriptor, cause),
        }
    }

    fn manifest(&mut self, descriptor: &Descriptor, config: &Descriptor, layers: &[Layer]) {
        if self.is_attestation(descriptor, config, layers) {
            self.found.attestations += 1;
            self.attested.extend(blob_path(&descriptor.digest));
            return;
        }
        let kind = &config.media_type;
        if !kind.is_empty() && !kind.contains("container.image.v1+json") && !kind.contains("image.config.v1+json") {
            self.found.artifacts += 1;
            let why = Refusal::new(Cause::Unsupported).because("a manifest that is no image");
            self.found.unexamined.push((None, why));
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

    /// Statements about an image, for no platform, and nothing that a container would be started with.
    fn is_attestation(&self, descriptor: &Descriptor, config: &Descriptor, layers: &[Layer]) -> bool {
        let statements = layers.iter().all(|layer| layer.media_type.starts_with("application/vnd.in-toto"));
        if layers.is_empty() || !statements || descriptor.platform.is_some() && !descriptor.has_no_platform() {
            return false;
        }
        let json = blob_path(&config.digest).and_then(|path| self.blob(&path).ok());
        let Some(bare) = json.and_then(|json| serde_json::from_slice::<Bare>(&json).ok()) else { return false };
        // Where the index names no platform, the config must say that there is none.
        let silent = descriptor.platform.is_some();
        let unknown = |text: &Option<Sensitive>| text.as_ref().map_or(silent, |text| text.is("unknown"));
        let env = bare.config.env.is_empty() && bare.container_config.env.is_empty();
        env && bare.history.is_empty() && unknown(&bare.os) && unknown(&bare.architecture)
    }

    fn config(&self, path: &str) -> Result<Image, Cause> {
        Image::parse(&self.blob(path)?).ok_or(Cause::Malformed)
    }

    /// An image of `manifest.json`, unless the index already led to it. Gives its tags.
    fn saved(&mut self, saved: Saved) -> Vec<Sensitive> {
        let path = saved.config.trim_start_matches("./").to_owned();
        if !self.seen.insert(path.clone()) {
            return saved.repo_tags.0;
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
        saved.repo_tags.0
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
