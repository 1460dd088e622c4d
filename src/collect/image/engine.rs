//! An image from a running engine: inspect, history, and which platforms its index has.
//!
//! GET only. The engine gives one platform's history; the others of an index are named as not examined.

use super::archive::Archive;
use super::document::{Identity, Image, platform};
use super::history::{Entry, Raw};
use super::platforms::Asked;
use super::{Found, Wanted, from_archive};
use crate::collect::Job;
use crate::collect::docker::Engine;
use crate::collect::image_id;
use crate::collect::layers::{Known, Look};
use crate::collect::oci_config::{OciConfig, Rest};
use crate::collect::refusal::Refusal;
use crate::evidence::{Cause, Name, Sensitive};
use bollard::models::{ImageHistoryResponseItem, ImageInspect, ImageManifestSummaryKindEnum, OciPlatform};
use bollard::query_parameters::ListImagesOptions;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;

/// Everything the engine says of one reference.
pub(super) async fn read(engine: &Engine, reference: &Name, job: &Job, known: &Arc<Known>) -> Result<Found, Refusal> {
    if !is_reference(reference.as_str()) {
        return Err(Refusal::new(Cause::Malformed)
            .because("not an image reference")
            .with("key", Name::fixed("images")));
    }
    let inspect = engine.ask("GET /images/{name}/json", engine.api().inspect_image(reference.as_str())).await?;
    // The history is asked for by id: a tag may move between two calls.
    let id = inspect.id.clone().and_then(|id| Name::digest(&id).ok());
    let id = id.ok_or_else(|| Refusal::new(Cause::Malformed).because("an image without an id"))?;
    let history = engine.ask("GET /images/{name}/history", engine.api().image_history(id.as_str())).await?;
    let mut found = Found { identity: engine.identity.clone(), ..Found::default() };
    found.identity.push(("image_id", id.clone()));
    if let Some(digest) = registry_digest(&inspect) {
        found.identity.push(("registry_digest", digest));
    }
    let identity = identity(&inspect, &id);
    // Only a store that keeps indexes says what kind of document the image is.
    let stored = inspect.descriptor.as_ref().map(|one| one.media_type.as_deref().is_some_and(image_id::is_index));
    let is_index = stored == Some(true);
    let mut image = image(inspect, history, id.clone());
    image.identity = identity;
    let asked = Asked(&job.config.platforms);
    if is_index {
        others(engine, reference, &id, &image.platform, asked, &mut found).await;
    }
    if !asked.wants(&image.platform) {
        found.not_asked.insert(image.platform);
        asked.account(&mut found);
        return Ok(found);
    }
    match engine.inspect_image(&id).await.and_then(|json| built_from(&json)) {
        Ok(config) => image.built_from = config,
        Err(why) => found.unexamined.push((Some(Name::fixed("(the last build container)")), why)),
    }
    let wanted = Wanted::of(job);
    if wanted.files || wanted.attestations && stored != Some(false) {
        exported(engine, &id, (job, known), wanted, &mut image, &mut found).await;
    }
    if found.attestations > found.attested.len() as u64 {
        let why = "attestations that the engine lists and does not export; give registry:REFERENCE";
        found.unshown.push(Refusal::new(Cause::MissingObjects).because(why));
    }
    found.images.push(image);
    asked.account(&mut found);
    Ok(found)
}

/// Layers and attestations, from the stream of `docker save`: looked through as they come, for they come once.
async fn exported(
    engine: &Engine,
    id: &Name,
    (job, known): (&Job, &Arc<Known>),
    wanted: Wanted,
    image: &mut Image,
    found: &mut Found,
) {
    let (detector, config, stop) = (Arc::clone(&job.detector), Arc::clone(&job.config), job.stop.clone());
    let known = Arc::clone(known);
    let read = move |chunks| {
        let look = Look { detector: &detector, limits: &config.limits, stop: &stop, known: &known };
        let (archive, damage) = Archive::stream(chunks, look, wanted.files);
        from_archive(archive, damage, None, look, (Asked(&[]), wanted))
    };
    let stream = engine.api().export_image(id.as_str());
    let (exported, _) = engine.pour("GET /images/{name}/get", stream, read).await;
    match exported.unwrap_or_else(|| Err(Refusal::new(Cause::Crashed))) {
        Ok(mut exported) => {
            found.attested = std::mem::take(&mut exported.attested);
            found.manifests = std::mem::take(&mut exported.manifests);
            found.unshown = std::mem::take(&mut exported.unshown);
            found.listless = exported.listless;
            found.unshown.extend(exported.unexamined.iter().map(|(_, why)| why.clone()));
            let same = |one: &Image| one.layers == image.layers && one.platform == image.platform;
            match exported.images.into_iter().find(same) {
                Some(one) => {
                    // The config says which steps made a layer; the engine's own answer leaves some of them open.
                    if one.entries.len() == image.entries.len() {
                        let steps = image.entries.iter_mut().zip(&one.entries);
                        steps.for_each(|(entry, told)| entry.layer = told.layer);
                    }
                    (image.blobs, image.diff_ids) = (one.blobs, one.diff_ids);
                }
                None => found.unexamined.push((None, Refusal::new(Cause::Inconsistent))),
            }
            found.layers = exported.layers;
            found.unread_layers.extend(exported.unexamined.into_iter().map(|(_, why)| why));
        }
        Err(why) => {
            found.unshown.push(why.clone());
            found.unread_layers.push(why);
        }
    }
}

/// What only old engines say: what the last build container, or the committed one, was started with.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Old {
    container_config: Option<OciConfig>,
}

fn built_from(json: &[u8]) -> Result<Option<OciConfig>, Refusal> {
    let old: Result<Old, _> = serde_json::from_slice(json);
    old.map(|old| old.container_config).map_err(|_| Refusal::new(Cause::Malformed))
}

/// What the engine says its id is a digest of. Where it does not, the platform must be held against it as well, as
/// with an index.
fn identity(inspect: &ImageInspect, id: &Name) -> Identity {
    let registry = inspect.repo_digests.iter().flatten().filter_map(|one| Name::digest(one.rsplit_once('@')?.1).ok());
    let own = Identity { registry: registry.collect(), ..Identity::default() };
    let by_descriptor = inspect.descriptor.as_ref().and_then(|one| image_id::by_media_type(one.media_type.as_deref()?));
    let by_driver = || image_id::by_driver(&inspect.graph_driver.as_ref()?.name);
    match by_descriptor.or_else(by_driver) {
        Some("config") => Identity { config: Some(id.clone()), ..own },
        Some("manifest") => Identity { manifest: Some(id.clone()), ..own },
        _ => Identity { index: Some(id.clone()), ..own },
    }
}

/// The reference becomes part of a path: nothing that would change the path.
fn is_reference(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | ':' | '@');
    !text.is_empty() && text.chars().all(plain) && !text.starts_with('/') && text.split('/').all(|part| part != "..")
}

fn registry_digest(inspect: &ImageInspect) -> Option<Name> {
    let digest = inspect.repo_digests.as_ref()?.first()?;
    Name::digest(digest.rsplit_once('@')?.1).ok()
}

fn image(inspect: ImageInspect, history: Vec<ImageHistoryResponseItem>, id: Name) -> Image {
    let wrap = |text: Option<String>| text.map(Sensitive::from);
    let tags = inspect.repo_tags.into_iter().flatten();
    let (os, architecture, variant) = (wrap(inspect.os), wrap(inspect.architecture), wrap(inspect.variant));
    // Newest first, as the engine gives it; the newest entry's tags are this image's own.
    let last = history.len().saturating_sub(1);
    let config = inspect.config.as_ref().and_then(OciConfig::of_engine);
    let entries = history.into_iter().rev().enumerate().map(|(i, item)| entry(item, i == last));
    Image {
        platform: platform(os.as_ref(), architecture.as_ref(), variant.as_ref()),
        digest: Some(id),
        identity: Identity::default(),
        without_config: config.is_none(),
        config: config.unwrap_or_default(),
        built_from: None,
        comment: wrap(inspect.comment).filter(|text| !text.is_empty()),
        others: inspect.author.into_iter().chain(tags).filter(|text| !text.is_empty()).map(Sensitive::from).collect(),
        build_info: None,
        rest: Rest::default(),
        entries: entries.collect(),
        layers: inspect.root_fs.and_then(|fs| fs.layers).map_or(0, |layers| layers.len() as u64),
        blobs: Vec::new(),
        diff_ids: Vec::new(),
    }
}

/// The engine does not say which entries made a layer: size and instruction tell most of them.
fn entry(item: ImageHistoryResponseItem, newest: bool) -> Entry {
    let (created_by, comment) = (Raw::new(Some(item.created_by)), Raw::new(Some(item.comment)));
    let mut entry = Entry::read(&created_by, &comment, &Raw::default());
    entry.tagged = !newest && !item.tags.is_empty();
    entry.layer = match (item.size, entry.metadata_only) {
        (1.., _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    };
    entry
}

/// The other platforms of an index, each named as not examined.
async fn others(engine: &Engine, reference: &Name, id: &Name, own: &Name, asked: Asked<'_>, found: &mut Found) {
    let filters = HashMap::from([("reference".to_owned(), vec![reference.as_str().to_owned()])]);
    let options = ListImagesOptions { filters: Some(filters), manifests: true, ..Default::default() };
    let listed = engine.ask("GET /images/json", engine.api().list_images(Some(options))).await;
    let summary = listed.ok().and_then(|all| all.into_iter().find(|one| one.id == id.as_str()));
    let Some(manifests) = summary.and_then(|summary| summary.manifests) else {
        let why = Refusal::new(Cause::Unproven).because("the engine does not say which platforms the index has");
        found.unexamined.push((Some(Name::fixed("(other platforms)")), why));
        return;
    };
    for manifest in manifests {
        match manifest.kind {
            Some(ImageManifestSummaryKindEnum::ATTESTATION) => found.attestations += 1,
            Some(ImageManifestSummaryKindEnum::IMAGE) => {
                let name = manifest.image_data.map(|data| named(data.platform));
                if let Some(name) = name.clone().filter(|name| name != own && !asked.wants(name)) {
                    found.not_asked.insert(name);
                } else if name.as_ref() != Some(own) {
                    let why = Refusal::new(Cause::Unsupported)
                        .because("the engine shows one platform's history; give docker-archive:FILE from docker save");
                    found.unexamined.push((name, why));
                }
            }
            _ => {
                found.artifacts += 1;
                found.unexamined.push((None, Refusal::new(Cause::Unsupported).because("a manifest that is no image")));
            }
        }
    }
}

fn named(one: OciPlatform) -> Name {
    let wrap = |text: Option<String>| text.map(Sensitive::from);
    platform(wrap(one.os).as_ref(), wrap(one.architecture).as_ref(), wrap(one.variant).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_cannot_leave_its_path() {
        for text in ["api:1.2", "registry:5000/team/api@sha256:ab", "sha256:0123"] {
            assert!(is_reference(text), "{text}");
        }
        for text in ["", "../containers/json", "a/../b", "/x", "a?all=1", "a#b", "a b", "a%2fb"] {
            assert!(!is_reference(text), "{text}");
        }
    }
}
