//! The git collector against repositories that the `git` command makes, one test per trap.

#![allow(clippy::unwrap_used, reason = "the makers of test repositories are not test functions themselves")]

mod absent;
mod all_files;
mod cached;
mod change;
mod complete;
mod corrupt;
mod crafted;
mod env_directory;
mod experiments;
mod families;
mod heads;
mod histories;
mod history;
mod hook;
mod ignore;
mod levels;
mod lfs;
mod links;
mod names;
mod objects;
mod oddities;
mod oracle;
mod packed;
mod real;
mod stores;
mod taken_back;
mod templates;
mod tips;
mod unreachable;
mod words;

use leakproof::collect::{self, Job, Machine};
use leakproof::config::Config;
use leakproof::detect::Detector;
use leakproof::evidence::{
    Batch, Cause, Evidence, Fact, Key, Name, NoProgress, SecretRegistry, Sensitive, Stop, Timestamp,
};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The kinds under test.
pub(crate) const KINDS: [&str; 7] =
    ["git.complete", "git.file", "git.history", "git.ignore", "git.template", "git.tracked", "git.unreachable"];

/// A value that no source file contains.
pub(crate) fn secret() -> String {
    let key = Key::random().unwrap();
    let part = |n: u8| Sensitive::new(vec![n]).fingerprint(&key).as_str().to_owned();
    format!("Kq{}Zr{}", part(1), part(2))
}

/// A line that leaks it.
pub(crate) fn leak(value: &str) -> String {
    format!("JWT_SECRET_KEY={value}\n")
}

/// A text of so many lines.
pub(crate) fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect::<Vec<_>>().concat()
}

/// A throw-away repository, made by the real git.
pub(crate) struct Repo {
    _home: tempfile::TempDir,
    pub(crate) dir: PathBuf,
    clock: AtomicU64,
}

impl Repo {
    pub(crate) fn new() -> Self {
        Self::with(&["init", "-q", "-b", "main", "."])
    }

    pub(crate) fn with(init: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("repo");
        fs::create_dir(&dir).unwrap();
        let repo = Self { _home: home, dir, clock: AtomicU64::new(1_700_000_000) };
        repo.git(init);
        repo
    }

    /// A repository with one harmless commit.
    pub(crate) fn started() -> Self {
        let repo = Self::new();
        repo.commit("README", "hello\n");
        repo
    }

    /// Another directory beside this repository.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.dir.with_file_name(name)
    }

    pub(crate) fn run_in(&self, dir: &Path, args: &[&str]) -> Output {
        self.command(dir, args).output().unwrap()
    }

    fn command(&self, dir: &Path, args: &[&str]) -> Command {
        let now = format!("{} +0000", self.clock.fetch_add(60, Ordering::Relaxed));
        let mut git = Command::new("git");
        git.args(["-c", "protocol.file.allow=always", "-c", "gc.auto=0"]).args(args).current_dir(dir);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", self.beside("home"));
        for (who, name) in [("AUTHOR", "A"), ("COMMITTER", "C")] {
            git.env(format!("GIT_{who}_NAME"), name).env(format!("GIT_{who}_EMAIL"), "x@example.org");
            git.env(format!("GIT_{who}_DATE"), &now);
        }
        git
    }

    /// Runs git with something to read.
    pub(crate) fn feed(&self, args: &[&str], input: &[u8]) -> String {
        let mut git = self.command(&self.dir, args);
        let mut child = git.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let out = child.wait_with_output().unwrap();
        assert!(out.status.success(), "git {args:?}");
        String::from_utf8_lossy(&out.stdout).trim().to_owned()
    }

    pub(crate) fn git_in(&self, dir: &Path, args: &[&str]) -> String {
        let out = self.run_in(dir, args);
        assert!(out.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).trim().to_owned()
    }

    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.git_in(&self.dir, args)
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let file = self.dir.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }

    /// Writes a file and commits everything.
    pub(crate) fn commit(&self, path: &str, content: impl AsRef<[u8]>) -> String {
        self.write(path, content);
        self.commit_all()
    }

    pub(crate) fn remove(&self, path: &str) -> String {
        fs::remove_file(self.dir.join(path)).unwrap();
        self.commit_all()
    }

    pub(crate) fn commit_all(&self) -> String {
        self.git(&["add", "-A", "-f", "."]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "work"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Puts every object into one pack, those that nothing names included, and all refs into one file.
    pub(crate) fn pack(&self) {
        // What nothing names goes into a pack only where there is one already.
        self.git(&["repack", "-d", "-q"]);
        self.git(&["repack", "-a", "-d", "-q", "-f", "--keep-unreachable"]);
        self.git(&["pack-refs", "--all"]);
        assert!(self.git(&["count-objects"]).starts_with("0 objects"));
    }

    /// How often the runbook's own command shows a text.
    pub(crate) fn runbook_hits(&self, text: &str) -> usize {
        self.git(&["log", "--all", "--full-diff", "-p", "--", ".env"]).matches(text).count()
    }

    pub(crate) fn scan(&self) -> Found {
        scan(&self.dir)
    }
}

/// What the collector gave.
pub(crate) struct Found(pub(crate) Batch);

/// Runs the collector over one path, all kinds wanted.
pub(crate) fn scan(path: &Path) -> Found {
    scan_with(path, &KINDS, |_| {})
}

pub(crate) fn scan_with(path: &Path, kinds: &[&str], adjust: impl FnOnce(&mut Config)) -> Found {
    let (found, registry) = collected(path, kinds, adjust);
    // Whatever a test plants: no judged value may come out, in any form.
    let (_, hits) = registry.mask(found.json().into_bytes(), "");
    assert_eq!(hits, 0, "a value came out");
    found
}

/// What the collector gave, and the values that it judged.
pub(crate) fn collected(path: &Path, kinds: &[&str], adjust: impl FnOnce(&mut Config)) -> (Found, Arc<SecretRegistry>) {
    let mut config = Config { repositories: vec![path.to_path_buf().into()], ..Config::default() };
    adjust(&mut config);
    let declared = ["JWT_SECRET_KEY", "DATABASE_URL", "REDIS_URL"].map(Name::fixed).to_vec();
    let registry = Arc::new(SecretRegistry::default());
    let detector = Detector::new(declared, Vec::new(), Key::random().unwrap(), Arc::clone(&registry));
    let job = Job {
        config: Arc::new(config),
        detector: Arc::new(detector),
        progress: Arc::new(NoProgress),
        stop: Stop::default(),
        machine: Machine::default(),
        now: Timestamp::from_unix(1_800_000_000),
        wanted: collect::kinds().filter(|kind| kinds.contains(&kind.name)).collect(),
    };
    (Found(collect::run(job).unwrap().batch), registry)
}

impl Found {
    fn json(&self) -> String {
        let Batch { evidence, gaps, coverage, inapplicable } = &self.0;
        serde_json::to_string(&(evidence, gaps, coverage, inapplicable)).unwrap()
    }

    pub(crate) fn of(&self, kind: &str) -> Vec<&Evidence> {
        self.0.evidence.iter().filter(|evidence| evidence.kind.as_str() == kind).collect()
    }

    /// The paths with evidence of a kind, sorted.
    pub(crate) fn paths(&self, kind: &str) -> Vec<String> {
        let path = |e: &&Evidence| e.subject.place.path.as_ref().map_or(String::new(), ToString::to_string);
        let mut paths: Vec<String> = self.of(kind).iter().map(path).collect();
        paths.sort();
        paths
    }

    /// The paths with an exposed value in history.
    pub(crate) fn exposed(&self) -> Vec<String> {
        self.paths("git.history")
    }

    /// The one piece of evidence of a kind.
    pub(crate) fn one(&self, kind: &str) -> &Evidence {
        let all = self.of(kind);
        assert_eq!(all.len(), 1, "{kind}: {:?}", self.paths(kind));
        all[0]
    }

    pub(crate) fn bool(&self, kind: &str, field: &str) -> bool {
        matches!(self.one(kind).fact(field), Some(Fact::Bool(true)))
    }

    /// All that evidence of some kinds says, but what is keyed anew in every run.
    pub(crate) fn facts(&self, kinds: &[&str]) -> Vec<String> {
        let one = |e: &Evidence| {
            let facts = e.facts.iter().filter(|(name, _)| name.as_str() != "correlator");
            let facts: Vec<String> = facts.map(|(name, fact)| format!("{name}={}", fact.shown())).collect();
            let place = serde_json::to_string(&e.subject.place).unwrap();
            format!("{} {place} {}", e.kind.as_str(), facts.join(" "))
        };
        let mut all: Vec<String> = kinds.iter().flat_map(|kind| self.of(kind)).map(one).collect();
        all.sort();
        all
    }

    /// The causes of a kind's gaps.
    pub(crate) fn causes(&self, kind: &str) -> Vec<Cause> {
        self.0.gaps.iter().filter(|gap| gap.kind.as_str() == kind).map(|gap| gap.cause).collect()
    }

    /// Cause and hints of a kind's gaps, as shown.
    pub(crate) fn gaps(&self, kind: &str) -> Vec<String> {
        self.0.gaps.iter().filter(|gap| gap.kind.as_str() == kind).map(leakproof::evidence::Gap::shown).collect()
    }

    pub(crate) fn counted(&self, kind: &str, unit: &str) -> u64 {
        self.0.coverage.iter().filter(|c| c.kind.as_str() == kind).map(|c| c.count(unit)).sum()
    }

    /// Nothing was missed: history may pass or fail, not stay unverified.
    pub(crate) fn proven(&self) -> bool {
        self.causes("git.history").is_empty()
            && self.causes("git.complete").is_empty()
            && self.0.coverage.iter().all(leakproof::evidence::Coverage::is_complete)
            && self.bool("git.complete", "complete")
            && self.counted("git.history", "commits") > 0
    }

    /// The names in a list fact.
    pub(crate) fn list(&self, kind: &str, field: &str) -> Vec<String> {
        match self.one(kind).fact(field) {
            Some(Fact::List(items)) => items.iter().map(Fact::shown).collect(),
            _ => Vec::new(),
        }
    }
}
