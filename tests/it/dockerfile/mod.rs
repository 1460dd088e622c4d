//! Dockerfiles and ignore files in working trees made at run time.

mod compose;
mod context;
mod hostile;
mod instructions;
mod working_tree;

use crate::scene;
use leakproof::evidence::Batch;
use std::path::Path;
use tempfile::TempDir;

/// A working tree with these files.
fn tree(files: &[(&str, &str)]) -> TempDir {
    let tree = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = tree.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    tree
}

fn examine(tree: &TempDir) -> Batch {
    examine_at(tree.path())
}

/// What is collected of a repository at this path.
fn examine_at(path: &Path) -> Batch {
    let yaml = format!(
        "service: s\nsecrets: [ {{ name: JWT_SECRET_KEY }}, {{ name: DATABASE_URL }} ]\nrepositories: [ {} ]\n",
        path.display()
    );
    scene::collect(&yaml, Path::new(""), &["source.dockerfile"])
}

/// Every piece of evidence: `problem line variable`, sorted by line.
fn problems(batch: &Batch) -> Vec<String> {
    let mut all: Vec<_> = batch
        .evidence
        .iter()
        .map(|evidence| {
            let place = &evidence.subject.place;
            let variable = place.variable.as_ref().map(ToString::to_string).unwrap_or_default();
            (place.line.unwrap_or(0), format!("{} {variable}", evidence.word("problem").unwrap()).trim().to_owned())
        })
        .collect();
    all.sort();
    all.into_iter().map(|(line, text)| if line == 0 { text } else { format!("{line} {text}") }).collect()
}

/// The problems of a tree that holds one Dockerfile only.
fn of(dockerfile: &str) -> Vec<String> {
    let batch = examine(&tree(&[("Dockerfile", dockerfile)]));
    assert!(batch.gaps.is_empty(), "{:?}", batch.gaps);
    problems(&batch)
}
