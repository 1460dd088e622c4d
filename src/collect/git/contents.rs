//! Every object's own bytes, looked through for secrets: blobs, and the texts of commits and tags.
//!
//! In: the packs of a store, and its loose objects. Out: what was found in each object, and which could not be read.
//! A family of deltas is decoded once, and only what a delta brings is searched. Paths and refs are not known here.

use super::asked::Asked;
use super::cache::Cache;
use super::ids::{IdMap, IdSet};
use super::lfs::{self, Fetched, Pointer};
use super::losses::Fault;
use super::open::Store;
use super::packs::{Base, Loose, Object, Packs, Visitor};
use crate::collect::Job;
use crate::collect::summary::Summary;
use crate::detect::{Context, Detector, Memory, Trace};
use crate::evidence::Task;
use git2::{ObjectType, Oid};
use rayon::prelude::*;

/// Larger objects are not decoded. The search itself has no limit.
const LIMIT: u64 = 512 << 20;
/// Loose objects per piece of work.
const BATCH: usize = 64;
/// A value in a blob or a message is a value as it stands.
const CONTEXT: Context = Context::Env;

/// What an object's bytes gave.
pub(super) struct Found {
    pub(super) kind: ObjectType,
    pub(super) summary: Summary,
}

/// What all objects gave.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) found: IdMap<Oid, Found>,
    /// Objects that could not be read, and their kinds where they are known.
    pub(super) lost: Vec<(Oid, Option<ObjectType>, Fault)>,
    /// Blobs whose content is in LFS and not here, and whether something else lies in its place.
    pub(super) elsewhere: Vec<(Oid, bool)>,
    /// Loose commits and trees: no pack tells of them.
    pub(super) loose: Vec<(Oid, ObjectType)>,
    pub(super) objects: u64,
    pub(super) bytes: u64,
    /// Objects that an earlier run found clean.
    pub(super) known: u64,
    /// Which blobs are to be found in trees now.
    pub(super) asked: Asked,
}

/// What one thread saw.
#[derive(Default)]
struct Hand {
    memory: Memory,
    seen: Contents,
    /// Objects in which nothing was found.
    clean: Vec<Oid>,
    pointers: Vec<(Oid, Pointer)>,
}

struct Reader<'a> {
    job: &'a Job,
    task: &'a dyn Task,
    /// Objects that were clean in an earlier run.
    clean: Option<&'a IdSet<Oid>>,
}

impl Visitor for Reader<'_> {
    type Hand = Hand;
    type State = Trace;

    fn hand(&self) -> Hand {
        Hand::default()
    }

    fn wants(&self, kind: ObjectType) -> bool {
        kind != ObjectType::Tree
    }

    fn known(&self) -> Option<&IdSet<Oid>> {
        self.clean
    }

    fn stopped(&self) -> bool {
        self.job.stop.asked()
    }

    fn object(&self, hand: &mut Hand, object: &Object<'_>, base: Option<Base<'_, Trace>>) -> Trace {
        self.task.advance(1);
        self.task.read(object.bytes.len() as u64);
        let base = base.map(|base| (base.state, base.parts));
        let trace = self.job.detector.trace(object.bytes, base);
        let id = object.id();
        if !self.is_clean(id) {
            hand.look(&self.job.detector, (id, object.kind), object.bytes, &trace);
        }
        trace
    }

    fn lost(&self, hand: &mut Hand, id: Oid, kind: Option<ObjectType>, fault: Fault) {
        hand.seen.lost.push((id, kind, fault));
    }
}

impl Hand {
    fn look(&mut self, detector: &Detector, (id, kind): (Oid, ObjectType), bytes: &[u8], trace: &Trace) {
        self.seen.objects += 1;
        self.seen.bytes += bytes.len() as u64;
        let scan = detector.traced(bytes, CONTEXT, trace, &mut self.memory);
        let found = !scan.spotted.is_empty() || !scan.determined;
        if found {
            self.seen.found.insert(id, Found { kind, summary: Summary::of(scan) });
        }
        if kind == ObjectType::Blob
            && let Some(pointer) = lfs::pointer(bytes)
        {
            self.pointers.push((id, pointer));
        } else if !found {
            self.clean.push(id);
        }
    }
}

impl Contents {
    /// Looks through all objects of a store.
    pub(super) fn read(job: &Job, store: &Store, packs: &Packs, task: &dyn Task) -> Self {
        let cache = job.config.cache.as_ref().and_then(|directory| Cache::open(directory, &job.detector));
        let reader = Reader { job, task, clean: cache.as_ref().map(|cache| &cache.clean) };
        let (mut hands, known) = packs.walk(&reader, LIMIT);
        let loose = Loose::list(&store.common).ids;
        let present: IdSet<Oid> = packs.ids().chain(loose.iter().copied()).collect();
        let loose: Vec<Oid> = loose.into_iter().filter(|id| packs.find(*id).is_none()).collect();
        hands.par_extend(loose.par_chunks(BATCH).map(|ids| reader.loose(store, ids)));
        let mut clean: Vec<Oid> = hands.iter_mut().flat_map(|hand| std::mem::take(&mut hand.clean)).collect();
        let mut all = Self::joined(job, store, hands);
        all.known += known;
        if let Some(cache) = cache.filter(|_| !job.stop.asked()) {
            clean.retain(|id| all.lost.binary_search_by_key(id, |(id, ..)| *id).is_err());
            cache.keep(clean);
        }
        all.asked = Asked { given: all.blobs(), present: Some(present) };
        all
    }

    /// Looks through these objects only, each once.
    pub(super) fn of(job: &Job, store: &Store, mut ids: Vec<Oid>) -> Self {
        ids.sort_unstable();
        ids.dedup();
        let task = job.progress.begin("git objects", Some(ids.len() as u64));
        let reader = Reader { job, task: &*task, clean: None };
        let hands: Vec<Hand> = ids.par_chunks(BATCH).map(|ids| reader.loose(store, ids)).collect();
        Self::joined(job, store, hands)
    }

    fn joined(job: &Job, store: &Store, hands: Vec<Hand>) -> Self {
        let mut all = Self::default();
        for Hand { seen, pointers, .. } in hands {
            all.absorb(seen);
            pointers.iter().for_each(|(id, pointer)| all.pointer(job, store, *id, pointer));
        }
        all.lost.sort_unstable_by_key(|(id, ..)| *id);
        all.lost.dedup_by_key(|(id, ..)| *id);
        all
    }

    fn absorb(&mut self, other: Self) {
        self.found.extend(other.found);
        self.lost.extend(other.lost);
        self.loose.extend(other.loose);
        self.objects += other.objects;
        self.bytes += other.bytes;
        self.known += other.known;
    }

    /// Content that LFS keeps is content of the blob that points there.
    fn pointer(&mut self, job: &Job, store: &Store, id: Oid, pointer: &Pointer) {
        match lfs::fetched(&store.common, pointer, LIMIT) {
            Fetched::Here(text) => {
                self.bytes += text.len() as u64;
                let scan = job.detector.bytes(&text, CONTEXT);
                if !scan.spotted.is_empty() || !scan.determined {
                    self.found.insert(id, Found { kind: ObjectType::Blob, summary: Summary::of(scan) });
                }
            }
            Fetched::TooLarge => self.lost.push((id, Some(ObjectType::Blob), Fault::TooLarge)),
            Fetched::Absent => self.elsewhere.push((id, false)),
            Fetched::Damaged => self.elsewhere.push((id, true)),
        }
    }

    /// Whether there is anything to say about an object.
    pub(super) fn tells(&self, id: Oid) -> bool {
        let lost = || self.lost.binary_search_by_key(&id, |(id, ..)| *id).is_ok();
        self.found.contains_key(&id) || lost() || self.elsewhere.iter().any(|(other, _)| *other == id)
    }

    /// Blobs in which something was found, or that could not be looked through.
    fn blobs(&self) -> IdSet<Oid> {
        let found = self.found.iter().filter(|(_, found)| found.kind == ObjectType::Blob).map(|(id, _)| *id);
        let blob = |kind: Option<ObjectType>| kind.is_none_or(|kind| kind == ObjectType::Blob);
        let lost = self.lost.iter().filter(|(_, kind, _)| blob(*kind)).map(|(id, ..)| *id);
        found.chain(lost).chain(self.elsewhere.iter().map(|(id, _)| *id)).collect()
    }
}

impl Reader<'_> {
    fn is_clean(&self, id: Oid) -> bool {
        self.clean.is_some_and(|clean| clean.contains(&id))
    }

    fn loose(&self, store: &Store, ids: &[Oid]) -> Hand {
        let read = store.with(|repository| {
            let mut hand = Hand::default();
            let odb = repository.odb().ok()?;
            for id in ids.iter().take_while(|_| !self.job.stop.asked()) {
                self.one(&odb, *id, &mut hand);
            }
            Some(hand)
        });
        read.flatten().unwrap_or_else(|| {
            let mut hand = Hand::default();
            hand.seen.lost.extend(ids.iter().map(|id| (*id, None, Fault::Malformed)));
            hand
        })
    }

    fn one(&self, odb: &super::objects::Objects<'_>, id: Oid, hand: &mut Hand) {
        self.task.advance(1);
        let (size, kind) = match odb.read_header(id) {
            Ok(header) => header,
            Err(error) => return hand.seen.lost.push((id, None, Fault::from(&error))),
        };
        if matches!(kind, ObjectType::Tree | ObjectType::Commit) {
            hand.seen.loose.push((id, kind));
        }
        if kind == ObjectType::Tree {
            return;
        }
        if self.is_clean(id) {
            hand.seen.known += 1;
            return;
        }
        if size as u64 > LIMIT {
            return hand.seen.lost.push((id, Some(kind), Fault::TooLarge));
        }
        match odb.read(id) {
            Ok(object) => {
                self.task.read(object.len() as u64);
                let trace = self.job.detector.trace(object.data(), None);
                hand.look(&self.job.detector, (id, kind), object.data(), &trace);
            }
            Err(error) => hand.seen.lost.push((id, Some(kind), Fault::from(&error))),
        }
    }
}
