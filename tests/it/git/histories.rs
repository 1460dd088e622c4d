//! Random histories for `git fast-import`: branches, merges, renames, deletes, packs of every kind, dropped branches.

use super::{Repo, leak, secret};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

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
pub(super) enum Step {
    Write { branch: u8, path: usize, content: usize },
    Delete { branch: u8, path: usize },
    Rename { branch: u8, from: usize, to: usize },
    Merge { branch: u8, other: u8, path: usize },
    Drop { branch: u8 },
    Pack(usize),
}

pub(super) fn step() -> impl Strategy<Value = Step> {
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
pub(super) struct Maker {
    pub(super) repo: Repo,
    values: Vec<String>,
    branches: BTreeMap<u8, Files>,
    stream: Vec<u8>,
    /// Branches that the stream has written to already: elsewhere they have no place but the repository.
    active: BTreeSet<u8>,
    clock: u64,
    imports: usize,
}

impl Maker {
    pub(super) fn new() -> Self {
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

    pub(super) fn take(&mut self, step: &Step) {
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
    pub(super) fn import(&mut self) {
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
