//! Judges each distinct blob once, on every core.
//!
//! In: blob ids and what is asked about each. Out: what detection says of each, or why it could not say. Content
//! is wrapped as it is read; nothing of it leaves but the detector's answer.

use super::ids::IdMap;
use super::lfs::{self, Fetched};
use super::losses::Fault;
use super::objects::{Content, blob};
use super::open::{Lent, Store};
use crate::collect::Job;
use crate::detect::Scan;
use crate::evidence::Sensitive;
use git2::Oid;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Blobs per piece of work.
const BATCH: usize = 64;

/// What is asked about a blob.
#[derive(Default)]
pub(super) struct Ask {
    /// It is an env file whatever it looks like.
    pub(super) certain: bool,
    /// Its names in directories of env files: it may hold the bare value of the variable of that name.
    pub(super) names: BTreeSet<Vec<u8>>,
}

/// What became of a blob.
pub(super) enum Outcome<T> {
    /// It was judged.
    Judged(T),
    /// It has not the shape of an env file, and its name does not say that it is one.
    OtherShape,
    /// It could not be read.
    Fault(Fault),
    /// Its content is in LFS, and not here, or (`damaged`) something else lies in its place. What the pointer
    /// itself holds was judged.
    Elsewhere { damaged: bool, own: Option<T> },
}

/// Outcomes by blob, and how many bytes were judged.
pub(super) struct Judged<T> {
    pub(super) of: IdMap<Oid, Outcome<T>>,
    pub(super) bytes: u64,
}

/// Judges blobs.
pub(super) fn judge<T: Send>(
    job: &Job,
    store: &Store,
    blobs: &BTreeMap<Oid, Ask>,
    reduce: impl Fn(Scan) -> T + Sync,
) -> Judged<T> {
    let list: Vec<(&Oid, &Ask)> = blobs.iter().collect();
    let parts: Vec<Vec<(Oid, Outcome<T>, u64)>> = list
        .par_chunks(BATCH)
        .map(|part| {
            let judged = store.with(|repository| {
                let one = |&(id, ask): &(&Oid, &Ask)| {
                    let (outcome, bytes) = Reader { job, store, repository }.one(*id, ask, &reduce);
                    (*id, outcome, bytes)
                };
                part.iter().take_while(|_| !job.stop.asked()).map(one).collect()
            });
            judged.unwrap_or_else(|| part.iter().map(|(id, _)| (**id, Outcome::Fault(Fault::Malformed), 0)).collect())
        })
        .collect();
    let mut judged = Judged { of: IdMap::default(), bytes: 0 };
    for (id, outcome, bytes) in parts.into_iter().flatten() {
        judged.of.insert(id, outcome);
        judged.bytes += bytes;
    }
    judged
}

struct Reader<'a> {
    job: &'a Job,
    store: &'a Store,
    repository: &'a Lent<'a>,
}

impl Reader<'_> {
    fn one<T>(&self, id: Oid, ask: &Ask, reduce: &impl Fn(Scan) -> T) -> (Outcome<T>, u64) {
        let limit = self.job.config.limits.file_bytes;
        let odb = self.repository.odb().map_err(|error| Fault::from(&error));
        let pointer = match odb.and_then(|odb| blob(&odb, id, limit)) {
            Ok(Content::Bytes(text)) => return (judged(self.scan(&text, ask), reduce), text.len() as u64),
            Ok(Content::LfsPointer(pointer)) => pointer,
            Err(fault) => return (Outcome::Fault(fault), 0),
        };
        let own = self.scan(&pointer.rest, ask);
        match lfs::fetched(&self.store.common, &pointer, limit) {
            Fetched::Here(text) => {
                let both = merged(own, self.scan(&text, ask));
                (judged(both, reduce), text.len() as u64)
            }
            Fetched::TooLarge => (Outcome::Fault(Fault::TooLarge), 0),
            Fetched::Absent => (Outcome::Elsewhere { damaged: false, own: own.map(reduce) }, 0),
            Fetched::Damaged => (Outcome::Elsewhere { damaged: true, own: own.map(reduce) }, 0),
        }
    }

    /// What detection says of a text: as an env file, and as the bare value of the variables that it is named after.
    fn scan(&self, text: &Sensitive, ask: &Ask) -> Option<Scan> {
        let detector = &self.job.detector;
        let file = (ask.certain || detector.looks_like_env_file(text)).then(|| detector.env_file(text));
        let bare = |name: &Vec<u8>| detector.variable_file(&Sensitive::new(name.clone()), text);
        ask.names.iter().map(bare).fold(file, merged)
    }
}

fn judged<T>(scan: Option<Scan>, reduce: &impl Fn(Scan) -> T) -> Outcome<T> {
    scan.map_or(Outcome::OtherShape, |scan| Outcome::Judged(reduce(scan)))
}

fn merged(first: Option<Scan>, second: Option<Scan>) -> Option<Scan> {
    match (first, second) {
        (Some(first), Some(second)) => Some(first.and(second)),
        (first, second) => first.or(second),
    }
}
