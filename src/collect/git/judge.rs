//! Judges each distinct blob once, on every core.
//!
//! In: blob ids. Out: what detection says of each, or why it could not say. Content is wrapped as it is read;
//! nothing of it leaves but the detector's answer.

use super::ids::IdMap;
use super::objects::{Content, Fault, blob};
use super::open::Store;
use super::refs::small_file;
use crate::collect::Job;
use crate::detect::Scan;
use crate::evidence::Sensitive;
use git2::Oid;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// Blobs per piece of work.
const BATCH: usize = 64;

/// What became of a blob.
pub(super) enum Outcome<T> {
    /// It was judged.
    Judged(T),
    /// It has not the shape of an env file, and its name does not say that it is one.
    OtherShape,
    /// It could not be read.
    Fault(Fault),
    /// Its content is in LFS, and not here.
    Elsewhere,
}

/// Outcomes by blob, and how many bytes were judged.
pub(super) struct Judged<T> {
    pub(super) of: IdMap<Oid, Outcome<T>>,
    pub(super) bytes: u64,
}

/// Judges blobs. A blob marked `true` counts as an env file whatever it looks like.
pub(super) fn judge<T: Send>(
    job: &Job,
    store: &Store,
    blobs: &BTreeMap<Oid, bool>,
    reduce: impl Fn(Scan) -> T + Sync,
) -> Judged<T> {
    let list: Vec<(Oid, bool)> = blobs.iter().map(|(id, certain)| (*id, *certain)).collect();
    let parts: Vec<Vec<(Oid, Outcome<T>, u64)>> = list
        .par_chunks(BATCH)
        .map(|part| {
            let judged = store.with(|repository| {
                let one = |&(id, certain): &(Oid, bool)| {
                    let (outcome, bytes) = one(job, store, repository, id, certain, &reduce);
                    (id, outcome, bytes)
                };
                part.iter().take_while(|_| !job.stop.asked()).map(one).collect()
            });
            judged.unwrap_or_else(|| part.iter().map(|(id, _)| (*id, Outcome::Fault(Fault::Malformed), 0)).collect())
        })
        .collect();
    let mut judged = Judged { of: IdMap::default(), bytes: 0 };
    for (id, outcome, bytes) in parts.into_iter().flatten() {
        judged.of.insert(id, outcome);
        judged.bytes += bytes;
    }
    judged
}

fn one<T>(
    job: &Job,
    store: &Store,
    repository: &git2::Repository,
    id: Oid,
    certain: bool,
    reduce: &impl Fn(Scan) -> T,
) -> (Outcome<T>, u64) {
    let limit = job.config.limits.file_bytes;
    let read = repository.odb().map_err(|error| Fault::from(&error)).and_then(|odb| blob(&odb, id, limit));
    let text = match read {
        Ok(Content::Bytes(text)) => text,
        Ok(Content::LfsPointer(digest)) => match fetched(&store.common, &digest, limit) {
            Some(text) => text,
            None => return (Outcome::Elsewhere, 0),
        },
        Err(fault) => return (Outcome::Fault(fault), 0),
    };
    let bytes = text.len() as u64;
    if !certain && !job.detector.looks_like_env_file(&text) {
        return (Outcome::OtherShape, bytes);
    }
    (Outcome::Judged(reduce(job.detector.env_file(&text))), bytes)
}

/// An LFS object that was fetched: its name is made of checked hex digits only.
fn fetched(common: &Path, digest: &str, limit: u64) -> Option<Sensitive> {
    let file = common.join("lfs/objects").join(&digest[..2]).join(&digest[2..4]).join(digest);
    small_file(&file, limit).map(Sensitive::new)
}
