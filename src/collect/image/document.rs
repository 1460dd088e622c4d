//! The image config document (OCI and Docker's older form), and the image that comes of it.
//!
//! In: JSON. Out: one platform's [`Image`], its texts wrapped. It judges nothing.

use super::history::{Entry, Raw};
pub(super) use crate::collect::oci_config::platform;
use crate::collect::oci_config::{Below, CONFIG, Json, Members, OciConfig, Rest, Texts, nullable};
use crate::collect::refusal::Refusal;
use crate::evidence::{Name, Sensitive};
use serde::Deserialize;

/// One platform of an image.
pub(super) struct Image {
    /// `os/architecture[/variant]`.
    pub(super) platform: Name,
    /// The digest of its manifest, or of its config.
    pub(super) digest: Option<Name>,
    /// Every digest that is known of it.
    pub(super) identity: Identity,
    /// What containers are started with.
    pub(super) config: OciConfig,
    /// What the last build container was started with: old engines keep it.
    pub(super) built_from: Option<OciConfig>,
    /// Whether it has no `config` at all: that is not an empty environment.
    pub(super) without_config: bool,
    /// The image's own comment.
    pub(super) comment: Option<Sensitive>,
    /// Texts beside the config: authors, tags.
    pub(super) others: Vec<Sensitive>,
    /// What `BuildKit` says of the build; `Err` if it cannot be read.
    pub(super) build_info: Option<Result<Sensitive, ()>>,
    /// Every other text of the document, under the name nearest to it.
    pub(super) rest: Rest,
    /// The history, oldest first.
    pub(super) entries: Vec<Entry>,
    /// How many layers it has.
    pub(super) layers: u64,
    /// Where they are, oldest first; none where the source does not say.
    pub(super) blobs: Vec<LayerBlob>,
    /// The digests of their tars, as the config has them.
    pub(super) diff_ids: Vec<String>,
}

/// The digests of one platform of an image: each names another document, and none of them moves as a tag does.
#[derive(Default)]
pub(super) struct Identity {
    pub(super) config: Option<Name>,
    pub(super) manifest: Option<Name>,
    /// The index that leads to the manifest.
    pub(super) index: Option<Name>,
    /// Under which registries know it: of a manifest or an index.
    pub(super) registry: Vec<Name>,
}

/// Where a layer is.
pub(super) struct LayerBlob {
    /// The path of its blob in the layout or archive.
    pub(super) path: String,
    /// How long it is, if the manifest says so.
    #[cfg_attr(not(feature = "registry"), expect(dead_code, reason = "only a download can go on without end"))]
    pub(super) size: Option<u64>,
    /// Why it is not read, if that is known before.
    pub(super) refusal: Option<Refusal>,
}

#[derive(Deserialize)]
struct ImageDocument {
    architecture: Option<Sensitive>,
    os: Option<Sensitive>,
    variant: Option<Sensitive>,
    comment: Option<Sensitive>,
    #[serde(default)]
    author: Texts,
    #[serde(rename = "moby.buildkit.buildinfo.v1")]
    build_info: Option<Raw>,
    config: Option<OciConfig>,
    container_config: Option<OciConfig>,
    #[serde(default, deserialize_with = "nullable")]
    history: Vec<Step>,
    rootfs: Option<RootFs>,
}

#[derive(Deserialize)]
struct Step {
    #[serde(default)]
    created_by: Raw,
    #[serde(default)]
    comment: Raw,
    #[serde(default)]
    author: Raw,
    #[serde(default, deserialize_with = "nullable")]
    empty_layer: bool,
}

#[derive(Deserialize)]
struct RootFs {
    #[serde(default, deserialize_with = "nullable")]
    diff_ids: Vec<Raw>,
}

/// Everything that is read here by its name.
static MEMBERS: Members = Members(&[
    ("architecture", Below::Read),
    ("os", Below::Read),
    ("variant", Below::Read),
    ("comment", Below::Read),
    ("author", Below::Read),
    ("moby.buildkit.buildinfo.v1", Below::Read),
    ("config", Below::Of(&CONFIG)),
    ("container_config", Below::Of(&CONFIG)),
    ("history", Below::Of(&STEP)),
    ("rootfs", Below::Of(&Members(&[("diff_ids", Below::Read)]))),
    ("id", Below::Id),
    ("parent", Below::Id),
    ("parent_id", Below::Id),
    ("layer_id", Below::Id),
    ("container", Below::Id),
]);

static STEP: Members = Members(&[
    ("created_by", Below::Read),
    ("comment", Below::Read),
    ("author", Below::Read),
    ("empty_layer", Below::Read),
]);

impl Image {
    /// Reads a config document; `None` if it is not one.
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        let document: ImageDocument = MEMBERS.read(json)?;
        // An image without layers is possible; one without `rootfs` is not an image.
        let diff_ids: Vec<String> = document.rootfs?.diff_ids.iter().map(|id| id.to_string()).collect();
        let rest = MEMBERS.rest(serde_json::from_slice::<Json>(json).ok()?.unwrapped());
        let authors: Vec<Sensitive> = document
            .history
            .iter()
            .filter(|step| !step.author.is_empty())
            .map(|step| Sensitive::from(step.author.to_string()))
            .collect();
        let entries = document.history.iter().map(|step| {
            let mut entry = Entry::read(&step.created_by, &step.comment, &step.author);
            entry.layer = Some(!step.empty_layer);
            entry
        });
        Some(Self {
            platform: platform(document.os.as_ref(), document.architecture.as_ref(), document.variant.as_ref()),
            digest: None,
            identity: Identity::default(),
            without_config: document.config.is_none(),
            config: document.config.unwrap_or_default(),
            built_from: document.container_config,
            comment: document.comment,
            others: document.author.0.into_iter().chain(authors).collect(),
            build_info: document.build_info.filter(|text| !text.is_empty()).map(|text| {
                let decoded = data_encoding::BASE64.decode(text.as_bytes());
                decoded.map(Sensitive::new).map_err(|_| ())
            }),
            rest,
            entries: entries.collect(),
            layers: diff_ids.len() as u64,
            blobs: Vec::new(),
            diff_ids,
        })
    }
}
