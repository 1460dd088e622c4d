//! Layers that were read before, in this run or in an earlier one: a digest never changes its content, and neither does
//! what one detector says of it.
//!
//! In: digests. Out: what was told of them. Between runs only clean layers are kept.

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
    /// Nothing yet, and the configured cache. That is not used with known values: what was kept was not held against them.
    pub(in crate::collect) fn new(config: &Config, detector: &Detector) -> Self {
        let directory = config.cache.clone();
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
        if let (true, Some(file), Ok(body)) =
            (may_be_kept(layer), self.file(&layer.digest), serde_json::to_vec(&**layer))
        {
            file.write(&body);
        }
    }

    fn file(&self, digest: &str) -> Option<Kept> {
        let (directory, about) = self.kept.as_ref()?;
        Kept::new(directory, "layer", &[about, digest])
    }
}

/// Only what is clean is kept: a value must be seen in each run, for reports are held against it. And every path that is
/// told must be one that may be shown.
fn may_be_kept(layer: &Layer) -> bool {
    let files = layer.files.iter().flat_map(|file| [&file.path, &file.entry.path]);
    let mut paths = files.chain(layer.troubles.iter().map(|trouble| &trouble.path));
    let showable = |path: &Vec<u8>| std::str::from_utf8(path).is_ok_and(|text| Name::admit(text).is_ok());
    layer.files.iter().all(|file| file.told.is_harmless()) && paths.all(showable)
}
