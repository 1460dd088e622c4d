//! Layers are read once: however many images of a run have them, and with `--cache DIR` once for all runs.

use super::builder::{Files, gzip};
use super::layers::{exposed, image, layout, line, tar, told};
use crate::docker::rig::{causes, count, secret, shown};
use crate::scene::collect_with;
use leakproof::collect::Machine;
use leakproof::evidence::{Batch, Cause, Evidence};
use std::path::Path;

fn scan(dir: &Path, images: &str, rest: &str) -> Batch {
    let yaml = format!("service: t\nimages: [ {images} ]\n{rest}\n");
    let cache = dir.join("cache");
    collect_with(Machine::default(), &yaml, dir, &["image.file"], |config| config.cache = Some(cache))
}

/// Evidence without what belongs to one run.
fn lasting(batch: &Batch) -> Vec<Evidence> {
    let mut all = batch.evidence.clone();
    all.iter_mut().for_each(|one| one.facts.retain(|name, _| name.as_str() != "correlator"));
    all
}

fn cached(batch: &Batch) -> u64 {
    count(batch, "image.file", "cached-layers")
}

fn layers(value: &str) -> [Vec<u8>; 3] {
    [
        gzip(&tar(&[("bin/app", b"\x7fELF")])),
        gzip(&tar(&[("app/.env", line(value).as_bytes()), ("a.xz", b"\xfd7zXZ\0")])),
        gzip(&tar(&[("app/.wh..env", b"")])),
    ]
}

#[test]
fn a_second_run_reads_only_layers_that_expose_something_and_says_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let value = secret();
    for (source, name) in [("oci:a", "a"), ("docker-archive:a.tar", "a.tar"), ("docker-archive:b.tgz", "b.tgz")] {
        let files = layout(&layers(&value));
        match name {
            "a" => files.write(&dir.path().join("a")),
            "a.tar" => std::fs::write(dir.path().join(name), files.tar()).unwrap(),
            _ => std::fs::write(dir.path().join(name), gzip(&files.tar())).unwrap(),
        }
        std::fs::remove_dir_all(dir.path().join("cache")).ok();
        let first = scan(dir.path(), &format!("\"{source}\""), "");
        let second = scan(dir.path(), &format!("\"{source}\""), "");
        assert_eq!((cached(&first), cached(&second)), (0, 2), "{source}");
        assert_eq!(told(&first), ["app/.env:2"], "{source}");
        assert_eq!(lasting(&first), lasting(&second), "{source}");
        assert_eq!(first.gaps, second.gaps, "{source}");
        assert_eq!(causes(&second, "image.file"), [Cause::Unsupported], "{source}");
        // A value must be seen in every run: reports are held against it.
        assert!(exposed(&second)[0].fact("correlator").is_some(), "{source}");
    }
}

#[test]
fn a_blob_that_is_not_what_its_digest_says_is_known_by_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let clean = layout(&[tar(&[("a", b"harmless")])]);
    clean.write(&dir.path().join("a"));
    assert!(scan(dir.path(), "\"oci:a\"", "").gaps.is_empty());
    let path = clean.0.keys().find(|path| clean.0[*path].get(257..262) == Some(b"ustar")).unwrap();
    std::fs::write(dir.path().join("a").join(path), tar(&[(".env", line(&secret()).as_bytes())])).unwrap();
    assert_eq!(causes(&scan(dir.path(), "\"oci:a\"", ""), "image.file"), [Cause::Inconsistent]);
}

#[test]
fn damaged_files_of_the_cache_and_other_limits_are_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    layout(&layers(&secret())).write(&dir.path().join("a"));
    scan(dir.path(), "\"oci:a\"", "");
    assert_eq!(cached(&scan(dir.path(), "\"oci:a\"", "limits: { file_bytes: 1000 }")), 0, "another limit");
    for file in std::fs::read_dir(dir.path().join("cache")).unwrap() {
        let path = file.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(path, bytes).unwrap();
    }
    let again = scan(dir.path(), "\"oci:a\"", "");
    assert!(std::fs::read_dir(dir.path().join("cache")).unwrap().count() > 0);
    assert_eq!((cached(&again), told(&again)), (0, vec!["app/.env:2".to_owned()]));
}

#[test]
fn a_layer_whose_paths_may_not_be_shown_is_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = format!("cache/u:{}@host/.env", secret());
    layout(&[tar(&[(&path, line(&secret()).as_bytes())])]).write(&dir.path().join("a"));
    let batch = scan(dir.path(), "\"oci:a\"", "");
    assert!(!exposed(&batch).is_empty() && shown(&batch).contains("withheld path"), "{}", shown(&batch));
    assert!(!dir.path().join("cache").exists());
}

#[test]
fn layers_that_images_and_platforms_share_are_read_once_in_a_run() {
    let dir = tempfile::tempdir().unwrap();
    let value = secret();
    for name in ["a", "b"] {
        let mut files = Files::oci();
        let both = ["amd64", "arm64"].map(|architecture| image(&mut files, architecture, &layers(&value)));
        files.root(&both);
        files.write(&dir.path().join(name));
    }
    let yaml = "service: t\nimages: [ \"oci:a\", \"oci:b\" ]\n";
    let batch = collect_with(Machine::default(), yaml, dir.path(), &["image.file"], |_| {});
    let sum = |name: &str, unit: &str| -> u64 {
        let of = batch.coverage.iter().filter(|one| one.target.name.as_str().ends_with(name));
        let counts = of.flat_map(|one| one.examined.iter().filter(|(what, _)| what.as_str() == unit));
        counts.map(|(_, n)| *n).sum()
    };
    for unit in ["layers", "files", "bytes"] {
        assert_eq!(sum("/a", unit), sum("/b", unit), "{unit}");
    }
    // What was read before has the correlators of this run.
    let prints: Vec<_> = exposed(&batch).iter().map(|one| one.fact("correlator").cloned()).collect();
    assert!(prints.len() == 2 && prints[0].is_some() && prints[0] == prints[1], "{prints:?}");
}
