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
    let open = |path: &str| match File::open(root.join(path)) {
        Ok(file) if file.metadata().is_ok_and(|meta| meta.is_file()) => Ok(file),
        Ok(_) => Err(Refusal::new(Cause::Malformed)),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Err(Refusal::new(Cause::Denied)),
        Err(_) => Err(Refusal::new(Cause::MissingObjects)),
    };
    all(wanted(images).into_iter(), open, look)
}

/// Those of an archive: read at their places, or as they passed by.
pub(super) fn of_archive(file: Option<&Path>, mut blobs: Blobbed, images: &[Image], look: Look<'_>) -> Layers {
    let mut passed = Layers::new();
    for path in wanted(images) {
        let real = real(&blobs.links, path);
        if let Some(layer) = blobs.read.get_mut(real).and_then(|read| one(std::mem::take(read))) {
            passed.insert(path.to_owned(), layer);
        }
    }
    let open = |path: &str| {
        let real = real(&blobs.links, path);
        match (blobs.places.get(real).map(Vec::as_slice), file) {
            (Some([(at, size)]), Some(file)) => at_place(file, *at, *size).map_err(|_| Refusal::new(Cause::Denied)),
            (Some([_, _, ..]), _) => Err(fought_over()),
            _ => Err(Refusal::new(Cause::MissingObjects)),
        }
    };
    let rest = wanted(images).into_iter().filter(|path| !passed.contains_key(*path));
    let rest = all(rest, open, look);
    passed.extend(rest);
    passed
}

/// One that passes by.
pub(super) fn of_stream(stream: impl Read, path: &str, look: Look<'_>) -> Arc<Layer> {
    match digest_in(path).filter(|digest| digest.starts_with("sha256:")) {
        Some(digest) => layers::read_blob(stream, &digest, look),
        None => Arc::new(layers::read(stream, look)),
    }
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
fn one(mut read: Vec<Arc<Layer>>) -> Option<Arc<Layer>> {
    let last = read.pop()?;
    Some(if read.is_empty() { last } else { Arc::new(Layer::unread(fought_over())) })
}

fn fought_over() -> Refusal {
    Refusal::new(Cause::Inconsistent).because("two layers of one name")
}

fn all<'a, R: Read>(
    paths: impl Iterator<Item = &'a str>,
    open: impl Fn(&str) -> Result<R, Refusal> + Sync,
    look: Look<'_>,
) -> Layers {
    let read = |path: &str| match open(path) {
        Ok(stream) => of_stream(stream, path, look),
        Err(why) => Arc::new(Layer::unread(why)),
    };
    let paths: Vec<&str> = paths.collect();
    // A single layer would be read beside the pool's threads: one more than there are cores.
    rayon::scope(|_| paths.into_par_iter().map(|path| (path.to_owned(), read(path))).collect())
}
