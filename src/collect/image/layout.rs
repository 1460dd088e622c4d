//! From documents to images: `manifest.json` of Docker's archives, and the indexes and manifests of OCI layouts.
//!
//! In: anything that gives a document by its path. Out: one image per platform, and every platform that is
//! declared and cannot be examined. Attestations are told from platforms. Every blob is held against its digest.

use super::Found;
use super::blobs::{Blobs, blob_path, clean, digest_in};
use super::document::{Image, LayerBlob};
use super::manifest::{self, Descriptor, Layer, Node, Saved};
use crate::collect::refusal::Refusal;
use crate::evidence::{Cause, Name, Sensitive};
use std::collections::{BTreeMap, BTreeSet};

/// Deepest nesting of indexes, and the most descriptors that are followed.
const DEEPEST: usize = 4;
const MOST: usize = 1024;

/// The images of a layout.
pub(super) fn images(blobs: &dyn Blobs) -> Result<Found, Refusal> {
    let mut walk = Walk {
        blobs,
        found: Found::default(),
        seen: BTreeSet::new(),
        configs: BTreeMap::new(),
        attested: BTreeSet::new(),
        index: None,
    };
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
        let node = Node::read(&json).map_err(|cause| broken(cause, "index.json"))?;
        walk.found.annotations.0.extend(node.annotations.0);
        for descriptor in node.manifests.unwrap_or_default() {
            walk.descend(descriptor, 0);
        }
    }
    if let Ok(json) = manifest {
        for one in manifest::saved(&json).ok_or_else(|| broken(Cause::Malformed, "manifest.json"))? {
            let tags = walk.saved(one);
            walk.found.tags.extend(tags);
        }
    }
    if walk.found.images.is_empty() && walk.found.unexamined.is_empty() {
        return Err(Refusal::new(Cause::Empty).because("no image in it"));
    }
    Ok(walk.found)
}

fn broken(cause: Cause, document: &'static str) -> Refusal {
    Refusal::new(cause).with("document", Name::fixed(document))
}

struct Walk<'a> {
    blobs: &'a dyn Blobs,
    found: Found,
    /// Paths of the indexes and manifests that were followed.
    seen: BTreeSet<String>,
    /// Paths of the configs that were examined, and of the layers that go with them.
    configs: BTreeMap<String, Vec<String>>,
    /// Those that are attestations.
    attested: BTreeSet<String>,
    /// The digest of the index that is being followed.
    index: Option<Name>,
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
            match (self.attested.contains(&path), descriptor.platform.is_none() || descriptor.has_no_platform()) {
                (true, true) => self.found.attestations += 1,
                // An attestation at one place, and a platform at another.
                (true, false) => self.miss(descriptor, Cause::Inconsistent),
                (false, _) => {}
            }
            return;
        }
        match self.blobs.blob(&path).and_then(|json| Node::read(&json)) {
            Ok(Node { manifests: Some(children), annotations, .. }) => {
                self.found.annotations.0.extend(annotations.0);
                if children.is_empty() {
                    self.miss(descriptor, Cause::Empty);
                }
                let above = std::mem::replace(&mut self.index, Name::digest(&descriptor.digest).ok());
                for child in children {
                    self.descend(child, depth + 1);
                }
                self.index = above;
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
                image.identity.config = Name::digest(&config.digest).ok();
                image.identity.manifest.clone_from(&image.digest);
                image.identity.index.clone_from(&self.index);
                image.blobs = layers.iter().map(described).collect();
                self.configs.insert(path, image.blobs.iter().map(|blob| blob.path.clone()).collect());
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
        let json = blob_path(&config.digest).and_then(|path| self.blobs.blob(&path).ok());
        json.is_some_and(|json| manifest::is_bare(&json, descriptor.platform.is_some()))
    }

    fn config(&self, path: &str) -> Result<Image, Cause> {
        Image::parse(&self.blobs.blob(path)?).ok_or(Cause::Malformed)
    }

    /// An image of `manifest.json`, unless the index already led to it. Gives its tags.
    fn saved(&mut self, saved: Saved) -> Vec<Sensitive> {
        let path = clean(&saved.config);
        let paths: Vec<String> = saved.layers.iter().map(|layer| clean(layer)).collect();
        if let Some(before) = self.configs.insert(path.clone(), paths.clone()) {
            // Two documents that name other layers for one config: which of them an engine takes, nobody can say.
            if before != paths {
                let why = Refusal::new(Cause::Inconsistent).because("two lists of layers for one config");
                self.found.unexamined.push((None, why));
            }
            return saved.repo_tags.0;
        }
        match self.config(&path) {
            Ok(image) if image.layers != saved.layers.len() as u64 => {
                self.found.unexamined.push((Some(image.platform), Refusal::new(Cause::Inconsistent)));
            }
            Ok(mut image) => {
                image.digest = digest_in(&path).and_then(|digest| Name::digest(&digest).ok());
                image.identity.config.clone_from(&image.digest);
                image.blobs = paths.into_iter().map(at).collect();
                self.found.images.push(image);
            }
            Err(cause) => self.found.unexamined.push((None, Refusal::new(cause))),
        }
        saved.repo_tags.0
    }

    fn miss(&mut self, descriptor: &Descriptor, cause: Cause) {
        self.found.unexamined.push((descriptor.name(), Refusal::new(cause)));
    }
}

/// Where a manifest's layer is, or why nobody reads it.
fn described(layer: &Layer) -> LayerBlob {
    let kind = &layer.media_type;
    let why = if kind.contains("foreign") || kind.contains("nondistributable") {
        Some("a foreign layer: its content is not in the image")
    } else if kind.ends_with("+encrypted") {
        Some("an encrypted layer")
    } else {
        None
    };
    let refusal = why.map(|why| Refusal::new(Cause::Unsupported).because(why));
    match blob_path(&layer.digest) {
        Some(path) => LayerBlob { path, refusal },
        None => LayerBlob { path: String::new(), refusal: refusal.or(Some(Refusal::new(Cause::Malformed))) },
    }
}

fn at(path: String) -> LayerBlob {
    LayerBlob { path, refusal: None }
}
