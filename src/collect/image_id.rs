//! What an image's id is a digest of: engines disagree. Not a collector.
//!
//! In: what an engine says beside the id. Out: a word, if it can be told. It knows no engine's calls.

/// What an image's id may be a digest of.
pub(super) static WORDS: [&str; 4] = ["config", "index", "manifest", "unknown"];

/// Storage drivers of engines that name an image by its config. The image store of containerd has other ones, and
/// names it by its index or manifest.
const BY_CONFIG: [&str; 5] = ["overlay2", "overlay", "aufs", "vfs", "devicemapper"];

/// By the type of the document that an image's descriptor names.
pub(super) fn by_media_type(kind: &str) -> Option<&'static str> {
    if is_index(kind) { Some("index") } else { kind.contains("manifest").then_some("manifest") }
}

/// By the engine's storage driver.
pub(super) fn by_driver(driver: &str) -> Option<&'static str> {
    BY_CONFIG.contains(&driver).then_some("config")
}

/// Whether a document of this type is an index.
pub(super) fn is_index(kind: &str) -> bool {
    kind.contains("image.index") || kind.contains("manifest.list")
}
