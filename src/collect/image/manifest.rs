//! The documents that lead to images: `manifest.json`, indexes, manifests, and the configs of attestations.
//!
//! In: JSON. Out: what of it leads further, wrapped or private. It follows nothing.

use super::document::platform;
use super::history::Raw;
use crate::collect::oci_config::{Below, Json, Members, Pairs, Texts, nullable};
use crate::evidence::{Cause, Name, Sensitive};
use serde::Deserialize;

/// An entry of Docker's `manifest.json`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Saved {
    pub(super) config: Raw,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) layers: Vec<Raw>,
    #[serde(default)]
    pub(super) repo_tags: Texts,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    #[serde(default)]
    pub(super) media_type: Raw,
    pub(super) digest: Raw,
    pub(super) platform: Option<Platform>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) annotations: Pairs,
}

#[derive(Deserialize)]
pub(super) struct Platform {
    pub(super) os: Option<Sensitive>,
    pub(super) architecture: Option<Sensitive>,
    pub(super) variant: Option<Sensitive>,
}

/// An index has `manifests`, a manifest has `config`.
#[derive(Deserialize)]
pub(super) struct Node {
    pub(super) manifests: Option<Vec<Descriptor>>,
    pub(super) config: Option<Descriptor>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) layers: Vec<Layer>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) annotations: Pairs,
    /// The manifest that this one is about.
    pub(super) subject: Option<Descriptor>,
}

/// The digest of `{}`, the config of manifests that have none.
pub(super) const NOTHING: &str = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

/// Whether a layer of this type is a statement, or an envelope around one.
pub(super) fn is_statement(media_type: &str) -> bool {
    ["application/vnd.in-toto", "application/vnd.dsse.envelope", "application/vnd.dev.sigstore.bundle"]
        .iter()
        .any(|kind| media_type.starts_with(kind))
}

impl Descriptor {
    pub(super) fn claims_attestation(&self) -> bool {
        self.annotations.get("vnd.docker.reference.type").is_some_and(|kind| kind.is("attestation-manifest"))
    }

    pub(super) fn has_no_platform(&self) -> bool {
        let unknown = |text: &Option<Sensitive>| text.as_ref().is_some_and(|text| text.is("unknown"));
        self.platform.as_ref().is_some_and(|one| unknown(&one.os) && unknown(&one.architecture))
    }

    /// The platform as a name.
    pub(super) fn name(&self) -> Option<Name> {
        let one = self.platform.as_ref()?;
        Some(platform(one.os.as_ref(), one.architecture.as_ref(), one.variant.as_ref()))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Layer {
    #[serde(default)]
    pub(super) media_type: Raw,
    #[serde(default)]
    pub(super) digest: Raw,
    pub(super) size: Option<u64>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) annotations: Pairs,
    #[serde(default)]
    pub(super) urls: Texts,
}

static PLATFORM: Members = Members(&[("os", Below::Read), ("architecture", Below::Read), ("variant", Below::Read)]);

static DESCRIPTOR: Members = Members(&[
    ("mediaType", Below::Read),
    ("digest", Below::Read),
    ("size", Below::Read),
    ("urls", Below::Read),
    ("platform", Below::Of(&PLATFORM)),
    ("annotations", Below::Read),
]);

static NODE: Members = Members(&[
    ("manifests", Below::Of(&DESCRIPTOR)),
    ("config", Below::Of(&DESCRIPTOR)),
    ("layers", Below::Of(&DESCRIPTOR)),
    ("annotations", Below::Read),
    ("subject", Below::Of(&DESCRIPTOR)),
]);

static SAVED: Members = Members(&[("Config", Below::Read), ("Layers", Below::Read), ("RepoTags", Below::Read)]);

/// All that the config of an attestation says: it is for no platform, and starts nothing.
static BARE: Members =
    Members(&[("os", Below::Read), ("architecture", Below::Read), ("created", Below::Read), ("rootfs", Below::Read)]);

impl Node {
    /// Reads an index or a manifest.
    pub(super) fn read(json: &[u8]) -> Result<Self, Cause> {
        let node: Self = NODE.read(json).ok_or(Cause::Malformed)?;
        // What is both is read as either by some engine: containerd refuses it for that reason.
        let both = node.manifests.is_some() && (node.config.is_some() || !node.layers.is_empty());
        if both { Err(Cause::Inconsistent) } else { Ok(node) }
    }
}

/// Reads `manifest.json`.
pub(super) fn saved(json: &[u8]) -> Option<Vec<Saved>> {
    SAVED.read(json)
}

/// Whether a config is an attestation's: for no platform, and nothing else in it. Where the index names no
/// platform, the config must say that there is none.
pub(super) fn is_bare(json: &[u8], silent: bool) -> bool {
    let document: Option<Platform> = BARE.read(json);
    let unknown = |text: &Option<Sensitive>| text.as_ref().map_or(silent, |text| text.is("unknown"));
    let nowhere = document.is_some_and(|one| unknown(&one.os) && unknown(&one.architecture));
    nowhere && serde_json::from_slice::<Json>(json).is_ok_and(|tree| BARE.are_all(&tree))
}
