//! Images in registries, read without a daemon: the manifest, every platform's config, and each layer as it comes.
//!
//! In: references. Out: what a layout would give. Layers are looked through while they are downloaded, never kept, and
//! each once in a run, however many images have it. GET only.

mod challenge;
mod credentials;
mod documents;
mod download;
mod helper;
mod login;
mod reference;
mod session;
mod wire;

use super::blobs::digest_in;
use super::layers::{Layers, wanted};
use super::{Found, Wanted, asked, layout, look};
use crate::collect::Job;
use crate::collect::layers::{self, Known, Layer, Look};
use crate::collect::refusal::Refusal;
use crate::config::ImageSource;
use crate::evidence::{Cause, Name};
use documents::Documents;
use download::Download;
use reference::Reference;
use session::Session;
use std::io::Read;
use std::sync::{Arc, Mutex};

/// Layers that are downloaded at a time.
const LANES: usize = 3;

/// Everything a registry says of one reference.
pub(super) fn read(source: &ImageSource, job: &Job, known: &Known) -> Result<Found, Refusal> {
    let ImageSource::Registry(text) = source else { return Err(Refusal::new(Cause::Unsupported)) };
    let (look, wanted) = (look(job, known), Wanted::of(job));
    let reference = Reference::parse(text.as_str())?;
    let (tag, manifest) = (reference.tag().map(str::to_owned), reference.manifest().to_owned());
    let session = Session::open(reference, job.config.registry.timeout, look.stop.clone())?;
    let documents = Documents::open(&session, &manifest, look.limits.config_bytes)?;
    let mut found = layout::images(&documents, asked(job))?;
    for (_, why) in &mut found.unexamined {
        if *why == Refusal::new(why.cause) {
            *why = documents.why(why.cause);
        }
    }
    if found.listless && tag.is_none() {
        let why = "an index may name this platform, and attestations beside it; give the tag, or the index's digest";
        found.unshown.push(Refusal::new(Cause::Unproven).because(why));
    }
    found.identity.extend(tag.map(|tag| ("tag", Name::admit_or(&tag, "tag", 1))));
    found.identity.extend(Name::digest(&documents.digest).map(|digest| ("digest", digest)));
    if wanted.attestations {
        found.attest(&documents, look);
    }
    if wanted.files {
        found.layers = download(&session, &found, look);
    }
    Ok(found)
}

/// The layers of all platforms, a few at a time. Threads of their own wait for them: those that look through files must
/// not.
fn download(session: &Session, found: &Found, look: Look<'_>) -> Layers {
    let paths: Vec<&str> = wanted(&found.images).into_iter().collect();
    let blobs = || found.images.iter().flat_map(|image| &image.blobs);
    let (waiting, done) = (Mutex::new(paths.iter()), Mutex::new(Layers::new()));
    std::thread::scope(|scope| {
        for _ in 0..LANES.min(paths.len()) {
            scope.spawn(|| {
                while let Some(path) = waiting.lock().ok().and_then(|mut waiting| waiting.next()) {
                    let size = blobs().find(|blob| blob.path == **path).and_then(|blob| blob.size);
                    let layer = layer(session, path, size, look);
                    if let Ok(mut done) = done.lock() {
                        done.insert((*path).to_owned(), layer);
                    }
                }
            });
        }
    });
    done.into_inner().unwrap_or_default()
}

/// One layer. What is known by its digest is not downloaded again: the manifest, which is what its digest says, names it.
fn layer(session: &Session, path: &str, size: Option<u64>, look: Look<'_>) -> Arc<Layer> {
    let Some(digest) = digest_in(path).filter(|digest| digest.starts_with("sha256:")) else {
        let why = Refusal::new(Cause::Unsupported).because("a layer whose digest is not of SHA-256");
        return Arc::new(Layer::unread(why));
    };
    if let Some(layer) = look.known.get(&digest) {
        return layer;
    }
    let (download, failure) = Download::new(session, &digest);
    // One byte more than was promised is enough to see that it is another blob.
    let layer = layers::read_blob(download.take(size.map_or(u64::MAX, |size| size.saturating_add(1))), &digest, look);
    match (failure.take(), Arc::try_unwrap(layer)) {
        (Some(why), Ok(layer)) => Arc::new(Layer { broken: Some(why), ..layer }),
        (Some(why), Err(_)) => Arc::new(Layer::unread(why)),
        (None, Ok(layer)) => Arc::new(layer),
        (None, Err(layer)) => layer,
    }
}
