//! Layers that were read before, in this run or in an earlier one: a digest never changes its content, and neither does
//! what one detector says of it.
//!
//! In: digests. Out: what was told of them. Between runs a layer is kept without correlators, for these belong to a run,
//! and only if every path that it tells may be shown.

use super::Layer;
use crate::collect::cache::Kept;
use crate::config::Config;
use crate::detect::Detector;
use crate::evidence::Name;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// Largest file that is read.
const FILE_BYTES: u64 = 256 << 20;

/// What is known of layers.
#[derive(Default)]
pub(in crate::collect) struct Known {
    /// Those that this run read.
    read: Mutex<BTreeMap<String, Arc<Layer>>>,
    /// Where others are kept, and what decides beside the digest: the detector, and limits.
    kept: Option<(PathBuf, String)>,
}

impl Known {
    /// Nothing yet, and the configured cache. That is not used with known values, nor where a waiver is bound to a
    /// value: what was kept could not be held against them.
    pub(in crate::collect) fn new(config: &Config, detector: &Detector) -> Self {
        let bound = config.waivers.iter().any(|waiver| waiver.correlator.is_some());
        let directory = config.cache.clone().filter(|_| !bound);
        let about = |digest| format!("{digest} {:?}", config.limits);
        let kept = directory.zip(detector.digest().map(about));
        Self { read: Mutex::default(), kept }
    }

    /// What was told of the blob of a digest.
    pub(in crate::collect) fn get(&self, digest: &str) -> Option<Arc<Layer>> {
        let read = self.read.lock().ok().and_then(|read| read.get(digest).cloned());
        read.or_else(|| {
            let layer: Layer = serde_json::from_slice(&self.file(digest)?.read(FILE_BYTES)?).ok()?;
            (layer.digest == digest).then(|| Arc::new(Layer { cached: true, ..layer }))
        })
    }

    /// Keeps what was told of a blob that was read to its end.
    pub(in crate::collect) fn keep(&self, layer: &Arc<Layer>) {
        if layer.broken.is_some() {
            return;
        }
        if let Ok(mut read) = self.read.lock() {
            read.insert(layer.digest.clone(), Arc::clone(layer));
        }
        if let (true, Some(file), Some(body)) = (is_showable(layer), self.file(&layer.digest), body(layer)) {
            file.write(body.as_bytes());
        }
    }

    fn file(&self, digest: &str) -> Option<Kept> {
        let (directory, about) = self.kept.as_ref()?;
        Kept::new(directory, "layer", &[about, digest])
    }
}

fn is_showable(layer: &Layer) -> bool {
    let files = layer.files.iter().flat_map(|file| [&file.path, &file.entry.path]);
    let mut paths = files.chain(layer.troubles.iter().map(|trouble| &trouble.path));
    paths.all(|path| std::str::from_utf8(path).is_ok_and(|text| Name::admit(text).is_ok()))
}

fn body(layer: &Layer) -> Option<String> {
    let mut body = serde_json::to_value(layer).ok()?;
    for file in body["files"].as_array_mut().into_iter().flatten() {
        let facts = file.pointer_mut("/told/exposed/facts").and_then(serde_json::Value::as_object_mut);
        facts.and_then(|facts| facts.remove("correlator"));
    }
    Some(body.to_string())
}
