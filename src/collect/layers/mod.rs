//! Layers of images: every file of a tar stream, compressed or not, looked through as it passes by. Not a collector.
//!
//! In: a stream. Out: what files hold that matters, which paths the layer adds and removes, and what could not be
//! read. Nothing is unpacked: memory does not grow with the layer. It knows no image, no registry and no rule.

mod batch;
mod content;
mod contents;
mod git;
mod known;
mod nested;
mod paths;
mod root;
mod stream;
mod told;
mod walk;

pub(super) use known::Known;
pub(super) use paths::Paths;
pub(super) use root::{Root, Top};
pub(super) use told::Told;

use super::refusal::Refusal;
use crate::config::Limits;
use crate::detect::Detector;
use crate::evidence::{Cause, Name, Stop};
use serde::{Deserialize, Serialize};
use std::io::Read;
use std::sync::Arc;

/// What layers are looked through with.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) detector: &'a Detector,
    pub(super) limits: &'a Limits,
    pub(super) stop: &'a Stop,
    /// What needs not be read again.
    pub(super) known: &'a Known,
}

/// What a file is by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Sort {
    /// An env file: what it holds is judged as such.
    Env,
    /// A template of one: stand-ins belong there.
    Template,
    /// Anything else: only real values count.
    Other,
}

/// An entry of a layer: what a file is, or what it lies in.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) path: Vec<u8>,
    /// The bits of its permissions.
    pub(super) mode: u32,
    pub(super) uid: u64,
    pub(super) gid: u64,
}

/// A file that matters.
#[derive(Serialize, Deserialize)]
pub(super) struct File {
    /// Its path in the layer; inside an archive, behind the archive's and `!/`.
    pub(super) path: Vec<u8>,
    /// The layer's own entry.
    pub(super) entry: Entry,
    /// The id of the blob or tag that it is,
    pub(super) blob: Option<Name>,
    /// or of the commit.
    pub(super) commit: Option<Name>,
    pub(super) sort: Sort,
    pub(super) told: Told,
}

/// A file that could not be read.
#[derive(Serialize, Deserialize)]
pub(super) struct Trouble {
    pub(super) path: Vec<u8>,
    pub(super) why: Refusal,
}

/// What one layer holds.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Layer {
    pub(super) files: Vec<File>,
    pub(super) troubles: Vec<Trouble>,
    pub(super) paths: Paths,
    /// What its names begin with; nobody asks that of what an earlier run read.
    #[serde(skip)]
    pub(super) root: Root,
    /// How many files were looked through, those in archives included.
    pub(super) count: u64,
    /// How many objects of git it holds.
    pub(super) objects: u64,
    /// Their bytes.
    pub(super) bytes: u64,
    /// Why the layer as a whole was not read to its end.
    pub(super) broken: Option<Refusal>,
    /// `sha256:` of the stream as it came.
    pub(super) digest: String,
    /// Whether it came packed.
    pub(super) packed: bool,
    /// Whether an earlier run read it.
    #[serde(skip)]
    pub(super) cached: bool,
}

impl Layer {
    /// One that nothing could be read of.
    pub(super) fn unread(why: Refusal) -> Self {
        Self { broken: Some(why), ..Self::default() }
    }
}

/// Looks through one layer of any digest.
pub(super) fn read(source: impl Read, look: Look<'_>) -> Layer {
    walk::layer(source, look)
}

/// Looks through the blob of a digest, `sha256:…`, unless it is known: then it is only held against its digest.
pub(super) fn read_blob(source: impl Read, digest: &str, look: Look<'_>) -> Arc<Layer> {
    let other = || Some(Refusal::new(Cause::Inconsistent).because("a layer that is not what its digest says"));
    if let Some(layer) = look.known.get(digest) {
        return match stream::digest(source) {
            Ok(own) if own == digest => layer,
            Ok(_) => Arc::new(Layer { broken: other(), ..Layer::default() }),
            Err(_) => Arc::new(Layer::unread(Refusal::new(Cause::Truncated))),
        };
    }
    let layer = read(source, look);
    if layer.broken.is_none() && layer.digest != digest {
        return Arc::new(Layer { broken: other(), ..layer });
    }
    let layer = Arc::new(layer);
    look.known.keep(&layer);
    layer
}

/// Whether bytes begin as a tar that is not packed.
pub(super) fn is_tar(head: &[u8]) -> bool {
    stream::is_tar(head)
}

/// Whether bytes at the beginning of a blob can be a layer's.
pub(super) fn may_be_layer(head: &[u8]) -> bool {
    stream::packing(head).is_some() || stream::is_tar(head)
}
