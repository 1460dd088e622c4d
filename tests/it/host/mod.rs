//! Host surveys over directories made at run time. The machine itself is read by the tests of live labels only,
//! which look at nothing outside their own directories.

mod archives;
mod evasions;
mod labels;
mod places;
mod system;
mod traps;
mod units;

use crate::scene;
use leakproof::evidence::{Batch, Evidence};
use std::path::Path;
use tempfile::TempDir;

/// A root directory of a host with `/srv/app` in it.
fn host() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("srv/app")).unwrap();
    root
}

fn write(root: &TempDir, path: &str, text: impl AsRef<[u8]>) {
    let path = root.path().join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn survey(root: &TempDir) -> Batch {
    with(root, "directories: [/srv/app]", "")
}

fn with(root: &TempDir, directories: &str, more: &str) -> Batch {
    let yaml =
        format!("service: s\nhosts: [ {{ local: {{ {directories}, root: {} }} }} ]\n{more}", root.path().display());
    scene::collect(&yaml, Path::new(""), &["host.env-file"])
}

/// What was found: `what path`, sorted.
fn found(batch: &Batch) -> Vec<String> {
    let mut all: Vec<String> = batch.evidence.iter().map(line).collect();
    all.sort();
    all
}

fn line(evidence: &Evidence) -> String {
    let path = evidence.subject.place.path.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("{} {path}", evidence.word("what").unwrap())
}

fn class(batch: &Batch, shown: &str) -> String {
    let evidence = batch.evidence.iter().find(|evidence| line(evidence) == shown);
    let evidence = evidence.unwrap_or_else(|| panic!("{shown} is not in {:?}", found(batch)));
    evidence.word("class").unwrap().to_owned()
}
