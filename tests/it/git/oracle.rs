//! Random histories: what is found is what a slow walk over every tree of every commit finds.
//!
//! The slow walk knows no packs, no deltas and no shortcut: libgit2 reads each object, and the detector judges it.

use super::histories::{Maker, step};
use super::{Found, KINDS, scan_with};
use git2::{ObjectType, Oid, Repository, TreeWalkMode, TreeWalkResult};
use leakproof::detect::{Context, Detector, Scan, env_like, env_template};
use leakproof::evidence::{Cause, Class, Key, Name, SecretRegistry, Sensitive};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A path and the blob there.
type Pairs = BTreeSet<(String, String)>;

/// What the collector tells of a kind.
fn told(found: &Found, kind: &str) -> Pairs {
    let text = |name: &Option<Name>| name.as_ref().map(ToString::to_string).unwrap_or_default();
    let places = found.of(kind).into_iter().map(|evidence| &evidence.subject.place);
    places.map(|place| (text(&place.path), text(&place.blob))).collect()
}

/// Every path and blob of all trees of some commits.
fn walk(repository: &Repository, commits: impl Iterator<Item = Oid>) -> BTreeSet<(String, Oid)> {
    let mut all = BTreeSet::new();
    for commit in commits {
        let tree = repository.find_commit(commit).unwrap().tree().unwrap();
        tree.walk(TreeWalkMode::PreOrder, |dir, entry| {
            if entry.kind() == Some(ObjectType::Blob) {
                all.insert((format!("{dir}{}", entry.name().unwrap()), entry.id()));
            }
            TreeWalkResult::Ok
        })
        .unwrap();
    }
    all
}

fn reachable(repository: &Repository) -> BTreeSet<Oid> {
    let mut walk = repository.revwalk().unwrap();
    walk.push_glob("refs/*").unwrap();
    walk.map(Result::unwrap).collect()
}

/// What a slow reading of files says.
struct Oracle<'a> {
    repository: &'a Repository,
    detector: Detector,
}

impl<'a> Oracle<'a> {
    fn new(repository: &'a Repository) -> Self {
        let declared = ["JWT_SECRET_KEY", "DATABASE_URL", "REDIS_URL"].map(Name::fixed).to_vec();
        let registry = Arc::new(SecretRegistry::default());
        Self { repository, detector: Detector::new(declared, Vec::new(), Key::random().unwrap(), registry) }
    }

    fn text(&self, id: Oid) -> Sensitive {
        Sensitive::new(self.repository.find_blob(id).unwrap().content().to_vec())
    }

    /// The paths and blobs in which an env file exposes something.
    fn env_files(&self, files: &BTreeSet<(String, Oid)>) -> Pairs {
        let named = |path: &str| env_like(name(path)) || env_template(name(path));
        let kept: Vec<&(String, Oid)> =
            files.iter().filter(|(path, _)| named(path) || in_env_directory(path)).collect();
        let exposes = |(path, id): &&&(String, Oid)| {
            let mut scans: Vec<Scan> = Vec::new();
            let text = self.text(*id);
            // One blob is one content: what it is under one of its names it is under all of them.
            let alike = || kept.iter().filter(|(_, other)| other == id).map(|(path, _)| path.as_str());
            if alike().any(named) || self.detector.looks_like_env_file(&text) {
                scans.push(self.detector.env_file(&text));
            }
            for path in alike().filter(|path| !named(path)) {
                scans.extend(self.detector.variable_file(&Sensitive::new(name(path).as_bytes().to_vec()), &text));
            }
            let template = env_template(name(path));
            let counts = |class: Class| if template { class == Class::Plaintext } else { class.is_exposed() };
            scans.iter().flat_map(|scan| &scan.spotted).any(|spotted| counts(spotted.judgement.class))
        };
        kept.iter().filter(exposes).map(|(path, id)| (path.clone(), id.to_string())).collect()
    }

    /// The paths and blobs with a real value anywhere in their bytes, without env files: those are told as such.
    fn files(&self, files: &BTreeSet<(String, Oid)>) -> Pairs {
        let real = |(_, id): &&(String, Oid)| {
            let scan = self.detector.bytes(&self.text(*id), Context::Env);
            scan.spotted.iter().any(|spotted| spotted.judgement.class == Class::Plaintext)
        };
        let other = |(path, _): &&(String, Oid)| !env_like(name(path)) && !in_env_directory(path);
        files.iter().filter(other).filter(real).map(|(path, id)| (path.clone(), id.to_string())).collect()
    }
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn in_env_directory(path: &str) -> bool {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    parts.iter().any(|part| part.contains('.') && env_like(part) && !env_template(part))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 12,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_261_130),
        max_shrink_iters: 30,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_found_is_what_a_slow_walk_finds(steps in prop::collection::vec(step(), 20..70)) {
        let mut maker = Maker::new();
        steps.iter().for_each(|step| maker.take(step));
        maker.import();
        let found = scan_with(&maker.repo.dir, &KINDS, |_| {});
        // A bare value that was moved away from the name that explained it is a person's to judge.
        let gaps: Vec<Cause> = KINDS.iter().flat_map(|kind| found.causes(kind)).collect();
        prop_assert!(gaps.iter().all(|cause| *cause == Cause::NeedsReview), "{:?}", gaps);
        prop_assert!(found.bool("git.complete", "complete"));
        let repository = Repository::open(&maker.repo.dir).unwrap();
        let oracle = Oracle::new(&repository);
        let commits = reachable(&repository);
        let shown = walk(&repository, commits.iter().copied());
        prop_assert_eq!(told(&found, "git.history"), oracle.env_files(&shown));
        prop_assert_eq!(told(&found, "git.file"), oracle.files(&shown));
        prop_assert_eq!(found.counted("git.history", "commits"), commits.len() as u64);
        // Dropped branches: what their commits alone show.
        let mut all: BTreeSet<Oid> = BTreeSet::new();
        let odb = repository.odb().unwrap();
        odb.foreach(|id| {
            let commit = odb.read_header(*id).unwrap().1 == ObjectType::Commit;
            all.extend(commit.then_some(*id));
            true
        }).unwrap();
        let hidden = walk(&repository, all.difference(&commits).copied());
        let hidden: BTreeSet<_> = hidden.difference(&shown).cloned().collect();
        let unreachable = told(&found, "git.unreachable");
        let expected = oracle.env_files(&hidden);
        prop_assert!(expected.is_subset(&unreachable), "{:?} in {:?}", expected, unreachable);
        let shown: Pairs = shown.into_iter().map(|(path, id)| (path, id.to_string())).collect();
        prop_assert!(unreachable.is_disjoint(&shown));
    }
}
