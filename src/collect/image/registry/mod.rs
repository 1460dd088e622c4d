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

use super::Found;
use super::layers::{Layers, honest, wanted};
use super::layout::{self, Asked};
use crate::collect::layers::{self, Layer, Look};
use crate::collect::refusal::Refusal;
use crate::evidence::{Cause, Name};
use documents::Documents;
use download::Download;
use reference::Reference;
use session::Session;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Layers that are downloaded at a time.
const LANES: usize = 3;

/// Layers that other images of this run had too.
#[derive(Default)]
pub(super) struct Fetched(Layers);

/// Everything a registry says of one reference.
pub(super) fn read(
    text: &str,
    limit: Duration,
    asked: Asked<'_>,
    look: Look<'_>,
    fetched: Option<&mut Fetched>,
) -> Result<Found, Refusal> {
    let reference = Reference::parse(text)?;
    let (tag, manifest) = (reference.tag().map(str::to_owned), reference.manifest().to_owned());
    let session = Session::open(reference, limit, look.stop.clone())?;
    let documents = Documents::open(&session, &manifest, look.limits.config_bytes)?;
    let mut found = layout::images(&documents, asked)?;
    for (_, why) in &mut found.unexamined {
        if *why == Refusal::new(why.cause) {
            *why = documents.why(why.cause);
        }
    }
    found.identity.extend(tag.map(|tag| ("tag", Name::admit_or(&tag, "tag", 1))));
    found.identity.extend(Name::digest(&documents.digest).map(|digest| ("digest", digest)));
    if let Some(fetched) = fetched {
        found.layers = download(&session, &found, look, fetched);
    }
    Ok(found)
}

/// The layers of all platforms, a few at a time. Threads of their own wait for them: those that look through files must not.
fn download(session: &Session, found: &Found, look: Look<'_>, fetched: &mut Fetched) -> Layers {
    let paths = wanted(&found.images);
    let mut all: Layers =
        paths.iter().filter_map(|path| Some(((*path).to_owned(), Arc::clone(fetched.0.get(*path)?)))).collect();
    let rest: Vec<&str> = paths.into_iter().filter(|path| !all.contains_key(*path)).collect();
    let (waiting, done) = (Mutex::new(rest.iter()), Mutex::new(Layers::new()));
    std::thread::scope(|scope| {
        for _ in 0..LANES.min(rest.len()) {
            scope.spawn(|| {
                while let Some(path) = waiting.lock().ok().and_then(|mut waiting| waiting.next()) {
                    let layer = Arc::new(layer(session, path, look));
                    if let Ok(mut done) = done.lock() {
                        done.insert((*path).to_owned(), layer);
                    }
                }
            });
        }
    });
    let done = done.into_inner().unwrap_or_default();
    let whole = done.iter().filter(|(_, layer)| layer.broken.is_none());
    fetched.0.extend(whole.map(|(path, layer)| (path.clone(), Arc::clone(layer))));
    all.extend(done);
    all
}

fn layer(session: &Session, path: &str, look: Look<'_>) -> Layer {
    let Some(digest) = super::blobs::digest_in(path).filter(|digest| digest.starts_with("sha256:")) else {
        return Layer::unread(Refusal::new(Cause::Unsupported).because("a layer whose digest is not of SHA-256"));
    };
    let (download, failure) = Download::new(session, &digest);
    let layer = honest(path, layers::read(download, look));
    match failure.take() {
        Some(why) => Layer { broken: Some(why), ..layer },
        None => layer,
    }
}
