//! The layers of images, wherever they lie, each read once however many images have it.
//!
//! In: images that say where their layers are, and the source. Out: what each layer holds, by its blob's path. A blob
//! that is not what its digest says is no layer.

use super::archive::Blobbed;
use super::blobs::digest_in;
use super::document::Image;
use crate::collect::layers::{self, Layer, Look};
use crate::collect::refusal::Refusal;
use crate::evidence::Cause;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

/// Layers by the path of their blob.
pub(super) type Layers = BTreeMap<String, Arc<Layer>>;

/// The paths of all layers of these images.
pub(super) fn wanted(images: &[Image]) -> BTreeSet<&str> {
    let blobs = images.iter().flat_map(|image| &image.blobs).filter(|blob| blob.refusal.is_none());
    blobs.map(|blob| blob.path.as_str()).collect()
}

/// Those of a layout in a directory.
pub(super) fn of_directory(root: &Path, images: &[Image], look: Look<'_>) -> Layers {
    let read = |path: &str| match File::open(root.join(path)) {
        Ok(file) if file.metadata().is_ok_and(|meta| meta.is_file()) => layers::read(file, look),
        Ok(_) => Layer::unread(Refusal::new(Cause::Malformed)),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            Layer::unread(Refusal::new(Cause::Denied))
        }
        Err(_) => Layer::unread(Refusal::new(Cause::MissingObjects)),
    };
    all(wanted(images).into_iter(), read)
}

/// Those of an archive: read at their places, or as they passed by.
pub(super) fn of_archive(file: Option<&Path>, mut blobs: Blobbed, images: &[Image], look: Look<'_>) -> Layers {
    let mut passed = Layers::new();
    for path in wanted(images) {
        let real = real(&blobs.links, path);
        if let Some(layer) = blobs.read.get_mut(real).and_then(|read| one(std::mem::take(read))) {
            passed.insert(path.to_owned(), Arc::new(honest(path, layer)));
        }
    }
    let read = |path: &str| {
        let real = real(&blobs.links, path);
        match (blobs.places.get(real).map(Vec::as_slice), file) {
            (Some([(at, size)]), Some(file)) => match at_place(file, *at, *size) {
                Ok(part) => layers::read(part, look),
                Err(_) => Layer::unread(Refusal::new(Cause::Denied)),
            },
            (Some([_, _, ..]), _) => fought_over(),
            _ => Layer::unread(Refusal::new(Cause::MissingObjects)),
        }
    };
    let rest = wanted(images).into_iter().filter(|path| !passed.contains_key(*path));
    let rest = all(rest, read);
    passed.extend(rest);
    passed
}

/// Where a blob lies that may be a link. Whether links leave open what a name means, is told with the documents.
fn real<'a>(links: &'a BTreeMap<String, String>, path: &'a str) -> &'a str {
    links.get(path).map_or(path, String::as_str)
}

fn at_place(file: &Path, at: u64, size: u64) -> std::io::Result<impl Read> {
    let mut file = File::open(file)?;
    file.seek(SeekFrom::Start(at))?;
    Ok(file.take(size))
}

/// The only one of several blobs of one name.
fn one(mut read: Vec<Layer>) -> Option<Layer> {
    let last = read.pop()?;
    Some(if read.is_empty() { last } else { fought_over() })
}

fn fought_over() -> Layer {
    Layer::unread(Refusal::new(Cause::Inconsistent).because("two layers of one name"))
}

fn all<'a>(paths: impl Iterator<Item = &'a str>, read: impl Fn(&str) -> Layer + Sync) -> Layers {
    let paths: Vec<&str> = paths.collect();
    paths.into_par_iter().map(|path| (path.to_owned(), Arc::new(honest(path, read(path))))).collect()
}

/// The layer, if it is what its path says.
pub(super) fn honest(path: &str, layer: Layer) -> Layer {
    match digest_in(path) {
        Some(digest) if digest.starts_with("sha256:") && layer.broken.is_none() && digest != layer.digest => Layer {
            broken: Some(Refusal::new(Cause::Inconsistent).because("a layer that is not what its digest says")),
            ..layer
        },
        _ => layer,
    }
}
