//! Random histories: what is found is what a slow walk over every tree of every commit finds.
//!
//! The slow walk knows no packs, no deltas and no shortcut: libgit2 reads each object, and the detector judges it.

use super::{Found, KINDS, Repo, leak, scan_with, secret};
use git2::{ObjectType, Oid, Repository, TreeWalkMode, TreeWalkResult};
use leakproof::detect::{Context, Detector, Scan, env_like, env_template};
use leakproof::evidence::{Cause, Class, Key, Name, SecretRegistry, Sensitive};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Places of files: env files and templates at any depth, a directory of env files, and everything else.
const PATHS: [&str; 12] = [
    ".env",
    "svc/.env",
    "svc/api/.env.production",
    "svc/api/v1/prod.env",
    "svc/.env.example",
    "cfg/.env/JWT_SECRET_KEY",
    "cfg/.env/settings",
    "settings.py",
    "svc/api/settings.py",
    "README",
    "lib/a/b/c/notes.txt",
    "lib/a/main.rs",
];
const BRANCHES: u8 = 4;

/// One thing that happens to a repository.
#[derive(Clone, Debug)]
enum Step {
    Write { branch: u8, path: usize, content: usize },
    Delete { branch: u8, path: usize },
    Rename { branch: u8, from: usize, to: usize },
    Merge { branch: u8, other: u8, path: usize },
    Drop { branch: u8 },
    Pack(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let (branch, path) = (|| 0..BRANCHES, || 0..PATHS.len());
    prop_oneof![
        10 => (branch(), path(), 0_usize..64).prop_map(|(branch, path, content)| Step::Write { branch, path, content }),
        2 => (branch(), path()).prop_map(|(branch, path)| Step::Delete { branch, path }),
        2 => (branch(), path(), path()).prop_map(|(branch, from, to)| Step::Rename { branch, from, to }),
        2 => (branch(), branch(), path()).prop_map(|(branch, other, path)| Step::Merge { branch, other, path }),
        1 => (1..BRANCHES).prop_map(|branch| Step::Drop { branch }),
        2 => (0_usize..5).prop_map(Step::Pack),
    ]
}

/// Files of one version of one branch.
type Files = BTreeMap<usize, usize>;

/// Writes streams for `git fast-import` and keeps in mind what each branch holds.
struct Maker {
    repo: Repo,
    values: Vec<String>,
    branches: BTreeMap<u8, Files>,
    stream: Vec<u8>,
    /// Branches that the stream has written to already: elsewhere they have no place but the repository.
    active: BTreeSet<u8>,
    clock: u64,
    imports: usize,
}

impl Maker {
    fn new() -> Self {
        let repo = Repo::with(&["init", "-q", "--bare", "-b", "b0", "."]);
        let values = (0..3).map(|_| secret()).collect();
        let (branches, stream, active) = (BTreeMap::new(), Vec::new(), BTreeSet::new());
        let mut maker = Self { repo, values, branches, stream, active, clock: 1_700_000_000, imports: 0 };
        maker.commit(0, None, &[(9, Some(1))], "");
        maker
    }

    /// Many lines that versions have in common, and in some a value.
    fn content(&self, path: usize, content: usize) -> String {
        let value = &self.values[content % self.values.len()];
        let line = match content % 4 {
            0 => leak(value),
            1 => "JWT_SECRET_KEY=${JWT_SECRET_KEY}\n".to_owned(),
            2 => "JWT_SECRET_KEY=changeme\n".to_owned(),
            _ => String::new(),
        };
        if PATHS[path].ends_with("/JWT_SECRET_KEY") {
            return line.split_once('=').map_or(String::new(), |(_, value)| value.to_owned());
        }
        let lines = (0..60).map(|n| format!("OPTION_{n}={}\n", if n == content { 99 } else { n % 7 }));
        let mut lines: Vec<String> = lines.collect();
        lines.insert(content.min(59), line);
        lines.concat()
    }

    fn commit(&mut self, branch: u8, merged: Option<u8>, files: &[(usize, Option<usize>)], more: &str) {
        self.clock += 60;
        let known = self.branches.contains_key(&branch);
        let from = if known { Some(branch) } else { self.branches.contains_key(&0).then_some(0) };
        let mut text =
            format!("commit refs/heads/b{branch}\ncommitter C <x@example.org> {} +0000\ndata 0\n", self.clock);
        let at = |one: u8| format!("refs/heads/b{one}{}\n", if self.active.contains(&one) { "" } else { "^0" });
        let moved = from.filter(|from| !(*from == branch && self.active.contains(from)));
        text += &moved.map_or(String::new(), |from| format!("from {}", at(from)));
        text += &merged.map_or(String::new(), |other| format!("merge {}", at(other)));
        let mut now = from.and_then(|from| self.branches.get(&from)).cloned().unwrap_or_default();
        text += more;
        for (path, content) in files {
            if let Some(content) = content {
                let bytes = self.content(*path, *content);
                text += &format!("M 100644 inline {}\ndata {}\n{bytes}\n", PATHS[*path], bytes.len());
                now.insert(*path, *content);
            } else {
                text += &format!("D {}\n", PATHS[*path]);
                now.remove(path);
            }
        }
        self.branches.insert(branch, now);
        self.active.insert(branch);
        self.stream.extend_from_slice(format!("{text}\n").as_bytes());
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Write { branch, path, content } => self.commit(branch, None, &[(path, Some(content))], ""),
            Step::Delete { branch, path } => self.commit(branch, None, &[(path, None)], ""),
            Step::Rename { branch, from, to } => {
                let held = self.branches.get(&branch).and_then(|files| files.get(&from)).copied();
                if let Some(content) = held.filter(|_| from != to) {
                    self.commit(branch, None, &[], &format!("R {} {}\n", PATHS[from], PATHS[to]));
                    let files = self.branches.entry(branch).or_default();
                    files.remove(&from);
                    files.insert(to, content);
                }
            }
            // A merge that brings a file which neither side need have.
            Step::Merge { branch, other, path } => {
                let both = [branch, other].iter().all(|one| self.branches.contains_key(one));
                if both && branch != other {
                    self.commit(branch, Some(other), &[(path, Some(path * 4))], "");
                }
            }
            Step::Drop { branch } => {
                self.import();
                if self.branches.remove(&branch).is_some() {
                    self.repo.git(&["update-ref", "-d", &format!("refs/heads/b{branch}")]);
                }
            }
            Step::Pack(how) => self.pack(how),
        }
    }

    /// Every second import stays a pack of its own.
    fn import(&mut self) {
        self.imports += 1;
        let limit = format!("fastimport.unpackLimit={}", if self.imports.is_multiple_of(2) { 1 } else { 100_000 });
        let stream = std::mem::take(&mut self.stream);
        self.active.clear();
        self.repo.feed(&["-c", &limit, "fast-import", "--quiet", "--force"], &stream);
    }

    fn pack(&mut self, how: usize) {
        self.import();
        let ways: [&[&str]; 5] = [
            &["repack", "-dq"],
            &["repack", "-adfkq", "--depth=50"],
            &["-c", "repack.useDeltaBaseOffset=false", "repack", "-dq"],
            &["-c", "pack.indexVersion=1", "repack", "-adkq"],
            &["gc", "-q"],
        ];
        self.repo.git(ways[how]);
    }
}

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

    /// The paths and blobs with a real value anywhere in their bytes.
    fn files(&self, files: &BTreeSet<(String, Oid)>) -> Pairs {
        let real = |(_, id): &&(String, Oid)| {
            let scan = self.detector.bytes(&self.text(*id), Context::Env);
            scan.spotted.iter().any(|spotted| spotted.judgement.class == Class::Plaintext)
        };
        files.iter().filter(real).map(|(path, id)| (path.clone(), id.to_string())).collect()
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
