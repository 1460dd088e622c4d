//! From documents to images: `manifest.json` of Docker's archives, and the indexes and manifests of OCI layouts.
//!
//! In: anything that gives a document by its path. Out: one image per platform, and every platform that is
//! declared and cannot be examined. Attestations are told from platforms, and their statements are found, not read.
//! Every blob is held against its digest. Where only some
//! platforms are asked for, the others are named and left alone.

use super::Found;
use super::attestation::Examined;
use super::blobs::{Blobs, blob_path, clean, digest_in};
use super::document::{Image, LayerBlob};
use super::manifest::{self, Descriptor, Layer, Node, Saved};
use super::platforms::Asked;
use crate::collect::refusal::Refusal;
use crate::evidence::{Cause, Name, Sensitive};
use std::collections::{BTreeMap, BTreeSet};

/// Deepest nesting of indexes, and the most descriptors that are followed.
const DEEPEST: usize = 4;
const MOST: usize = 1024;

/// An attestation manifest.
#[derive(Default)]
pub(super) struct Attested {
    /// The digest of the manifest that the index says it is about.
    pub(super) about: Option<Name>,
    /// That manifest's platform.
    pub(super) platform: Option<Name>,
    /// The paths of its statements, or why one is not read.
    pub(super) statements: Vec<Result<String, Refusal>>,
    /// Why the manifest is not there.
    pub(super) unread: Option<Refusal>,
    /// What the statements say, if anybody asked.
    pub(super) examined: Examined,
}

/// The images of a layout.
pub(super) fn images(blobs: &dyn Blobs, asked: Asked<'_>) -> Result<Found, Refusal> {
    let mut walk = Walk {
        blobs,
        asked,
        left: BTreeSet::new(),
        found: Found::default(),
        seen: BTreeSet::new(),
        configs: BTreeMap::new(),
        attested: BTreeMap::new(),
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
    asked.account(&mut walk.found);
    walk.leave_attestations();
    for attested in &mut walk.found.attested {
        let about = walk.found.images.iter().find(|one| one.digest.is_some() && one.digest == attested.about);
        attested.platform = about.map(|image| image.platform.clone());
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
    asked: Asked<'a>,
    /// The digests of manifests that nobody asked for.
    left: BTreeSet<Name>,
    found: Found,
    /// Paths of the indexes and manifests that were followed.
    seen: BTreeSet<String>,
    /// Paths of the configs that were examined, and of the layers that go with them.
    configs: BTreeMap<String, Vec<String>>,
    /// Those that are attestations, and which of `found.attested` each is.
    attested: BTreeMap<String, usize>,
    /// The digest of the index that is being followed.
    index: Option<Name>,
}

impl Walk<'_> {
    fn descend(&mut self, mut descriptor: Descriptor, depth: usize) {
        let claims = descriptor.claims_attestation() && descriptor.has_no_platform();
        let about = descriptor.annotations.get("vnd.docker.reference.digest").and_then(|digest| digest.name().ok());
        if let Some(name) = stated(&descriptor) {
            if !self.asked.wants(&name) {
                return self.leave(&descriptor, name);
            }
            self.found.met.insert(name);
        }
        if !claims {
            self.found.manifests.extend(Name::digest(&descriptor.digest).ok());
        }
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
            match (self.attested.get(&path), descriptor.platform.is_none() || descriptor.has_no_platform()) {
                (Some(n), true) => self.again(*n, about),
                // An attestation at one place, and a platform at another.
                (Some(_), false) => self.miss(descriptor, Cause::Inconsistent),
                (None, _) => {}
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
            Ok(Node { config: Some(mut config), mut layers, annotations, subject, .. }) => {
                self.found.annotations.0.extend(annotations.0);
                self.found.annotations.0.append(&mut config.annotations.0);
                for layer in &mut layers {
                    self.found.annotations.0.append(&mut layer.annotations.0);
                    self.found.tags.append(&mut layer.urls.0);
                }
                let subject = subject.and_then(|subject| Name::digest(&subject.digest).ok());
                if self.is_attestation(descriptor, &config, &layers) {
                    self.attestation(path, about.or(subject), &layers);
                } else {
                    self.unlisted(depth == 0);
                    self.manifest(descriptor, &config, &layers);
                }
            }
            Ok(_) => self.miss(descriptor, Cause::Malformed),
            // A pull of one platform leaves the attestations behind.
            Err(Cause::MissingObjects) if claims => {
                let why = "the attestation was left behind; give registry:REFERENCE, or oci:DIR of a copy of the whole \
                           index";
                let unread = Some(Refusal::new(Cause::MissingObjects).because(why));
                self.found.attestations += 1;
                self.found.attested.push(Attested { about, unread, ..Attested::default() });
            }
            Err(cause) => self.miss(descriptor, cause),
        }
    }

    fn attestation(&mut self, path: String, about: Option<Name>, layers: &[Layer]) {
        // One that is listed a thousand times says the same every time.
        let mut listed = BTreeSet::new();
        let layers = layers.iter().filter(|layer| listed.insert((&*layer.digest, &*layer.media_type)));
        let statements = layers.map(|layer| match blob_path(&layer.digest) {
            _ if layer.media_type.ends_with("+encrypted") => {
                Err(Refusal::new(Cause::Unsupported).because("an encrypted statement"))
            }
            Some(path) => Ok(path),
            None => Err(Refusal::new(Cause::Malformed).with("document", Name::fixed("statement"))),
        });
        self.found.attestations += 1;
        self.attested.insert(path, self.found.attested.len());
        let statements = statements.collect();
        self.found.attested.push(Attested { about, statements, ..Attested::default() });
    }

    /// An attestation that stands twice, perhaps for another manifest.
    fn again(&mut self, n: usize, about: Option<Name>) {
        self.found.attestations += 1;
        let before = &self.found.attested[n];
        if self.found.attested.len() > MOST {
            self.found.unshown = vec![Refusal::new(Cause::OverLimit).because("more attestations than are followed")];
        } else if about.is_some() && before.about != about {
            let statements = before.statements.clone();
            self.found.attested.push(Attested { about, statements, ..Attested::default() });
        }
    }

    /// An image that no list of manifests names, and so no attestation stands beside it.
    fn unlisted(&mut self, flat: bool) {
        self.found.listless |= flat;
    }

    fn manifest(&mut self, descriptor: &Descriptor, config: &Descriptor, layers: &[Layer]) {
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
            // The index named no platform: the config does.
            Ok(image) if stated(descriptor).is_none() && !self.asked.wants(&image.platform) => {
                self.leave(descriptor, image.platform);
            }
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
        let statements = layers.iter().all(|layer| manifest::is_statement(&layer.media_type));
        if layers.is_empty() || !statements || descriptor.platform.is_some() && !descriptor.has_no_platform() {
            return false;
        }
        if &*config.digest == manifest::NOTHING {
            return true;
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
            Ok(image) if !self.asked.wants(&image.platform) => {
                self.found.not_asked.insert(image.platform);
            }
            Ok(mut image) => {
                self.unlisted(true);
                image.digest = digest_in(&path).and_then(|digest| Name::digest(&digest).ok());
                image.identity.config.clone_from(&image.digest);
                image.blobs = paths.into_iter().map(at).collect();
                self.found.images.push(image);
            }
            Err(cause) => self.found.unexamined.push((None, Refusal::new(cause))),
        }
        saved.repo_tags.0
    }

    /// A platform that nobody asked for.
    fn leave(&mut self, descriptor: &Descriptor, platform: Name) {
        self.left.extend(Name::digest(&descriptor.digest).ok());
        self.found.not_asked.insert(platform);
    }

    /// What is said about manifests that nobody asked for is not asked for either.
    fn leave_attestations(&mut self) {
        let before = self.found.attested.len();
        let left = &self.left;
        self.found.attested.retain(|one| one.about.as_ref().is_none_or(|about| !left.contains(about)));
        self.found.manifests.retain(|digest| !left.contains(digest));
        self.found.attestations -= (before - self.found.attested.len()) as u64;
    }

    fn miss(&mut self, descriptor: &Descriptor, cause: Cause) {
        self.found.unexamined.push((descriptor.name(), Refusal::new(cause)));
    }
}

/// The platform that an index names, if it names one.
fn stated(descriptor: &Descriptor) -> Option<Name> {
    descriptor.name().filter(|name| name.as_str().split('/').all(|part| part != "unknown"))
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
        Some(path) => LayerBlob { path, size: layer.size, refusal },
        None => {
            LayerBlob { path: String::new(), size: None, refusal: refusal.or(Some(Refusal::new(Cause::Malformed))) }
        }
    }
}

fn at(path: String) -> LayerBlob {
    LayerBlob { path, size: None, refusal: None }
}
