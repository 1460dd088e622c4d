//! Platforms that are asked for, from every source that needs no engine.

use super::rig::{KINDS, run};
use super::stand_in;
use crate::docker::rig::{count, identity, secret, shown};
use crate::image::attestations::{SLSA02, statement, v02};
use crate::image::builder::{Files, gzip};
use crate::image::layers::{image, line, tar, told};
use crate::scene::collect;
use leakproof::evidence::{Batch, Cause};
use serde_json::{Value, json};
use std::path::Path;

/// amd64 and arm64/v8 leak, each at its own path; s390x does not.
fn three() -> Files {
    let mut files = Files::oci();
    let mut all = Vec::new();
    for (architecture, path) in [("amd64", "a/.env"), ("arm64", "b/.env"), ("s390x", "c/readme")] {
        let layer = tar(&[(path, line(&secret()).as_bytes())]);
        let layer = if path.ends_with(".env") { layer } else { tar(&[(path, b"nothing\n")]) };
        let mut one = image(&mut files, architecture, &[gzip(&layer)]);
        if architecture == "arm64" {
            one["platform"]["variant"] = "v8".into();
        }
        all.push(one);
    }
    let index = files.index(&all);
    files.root(&[index]);
    files
}

/// The same from a layout, an archive and a registry.
fn everywhere(files: &Files, rest: &str) -> Vec<(&'static str, Batch)> {
    let folder = tempfile::tempdir().unwrap();
    files.write(&folder.path().join("layout"));
    std::fs::write(folder.path().join("image.tar"), files.tar()).unwrap();
    let server = stand_in::honest(files);
    let sources = [
        ("layout", "oci:layout".to_owned()),
        ("archive", "docker-archive:image.tar".to_owned()),
        ("registry", stand_in::image(&server)),
    ];
    let one = |image: &str| collect(&format!("service: t\nimages: [ \"{image}\" ]\n{rest}\n"), folder.path(), &KINDS);
    sources.into_iter().map(|(source, image)| (source, one(&image))).collect()
}

#[test]
fn only_what_is_asked_for_is_read_and_the_rest_is_named() {
    for asked in ["linux/arm64", "linux/arm64/v8", "linux/aarch64"] {
        for (source, batch) in everywhere(&three(), &format!("platforms: [ {asked} ]")) {
            let what = format!("{source} {asked} {}", shown(&batch));
            assert_eq!(told(&batch), ["b/.env:2"], "{what}");
            assert!(batch.gaps.is_empty(), "{what}");
            for kind in KINDS {
                assert_eq!(identity(&batch, kind, "platforms asked for").as_deref(), Some("linux/arm64"), "{what}");
                let others = identity(&batch, kind, "platforms not asked for");
                assert_eq!(others.as_deref(), Some("linux/amd64, linux/s390x"), "{what}");
            }
            assert_eq!(count(&batch, "image.env", "platforms"), 1, "{what}");
            assert_eq!(count(&batch, "image.env", "platforms-not-asked-for"), 2, "{what}");
            assert!(batch.coverage.iter().all(leakproof::evidence::Coverage::is_complete), "{what}");
        }
    }
}

#[test]
fn without_asking_everything_is_read() {
    for (source, batch) in everywhere(&three(), "") {
        assert_eq!(told(&batch), ["a/.env:2", "b/.env:2"], "{source}");
        assert_eq!(identity(&batch, "image.env", "platforms asked for"), None);
        assert_eq!(count(&batch, "image.env", "platforms"), 3, "{source}");
    }
}

#[test]
fn a_platform_that_is_asked_for_and_not_there_is_a_gap_with_its_name() {
    for rest in
        ["platforms: [ linux/amd64, linux/ppc64le ]", "platforms: [ linux/ppc64le ]", "platforms: [ linux/arm64/v9 ]"]
    {
        for (source, batch) in everywhere(&three(), rest) {
            let what = format!("{source} {rest} {}", shown(&batch));
            assert!(
                batch.gaps.len() == KINDS.len() && batch.gaps.iter().all(|gap| gap.cause == Cause::NotFound),
                "{what}"
            );
            let name = if rest.contains("v9") { "linux/arm64/v9" } else { "linux/ppc64le" };
            let named = |gap: &leakproof::evidence::Gap| gap.hints.iter().any(|hint| hint.is.as_str() == name);
            assert!(batch.gaps.iter().all(named), "{what}");
            assert!(batch.coverage.iter().all(|coverage| !coverage.is_complete()), "{what}");
            assert_eq!(told(&batch).len(), usize::from(rest.contains("amd64")), "{what}");
        }
    }
}

#[test]
fn a_platform_that_is_asked_for_and_broken_is_its_own_gap() {
    let mut files = three();
    let index: Value = serde_json::from_slice(&files.0["index.json"]).unwrap();
    let path = index["manifests"][0]["digest"].as_str().unwrap().replace(':', "/");
    let nested: Value = serde_json::from_slice(&files.0[&format!("blobs/{path}")]).unwrap();
    files.forget(&nested["manifests"][1]);
    for (source, batch) in everywhere(&files, "platforms: [ linux/arm64 ]") {
        assert!(
            batch.gaps.len() == super::rig::KINDS.len()
                && batch.gaps.iter().all(|gap| gap.cause == Cause::MissingObjects),
            "{source} {}",
            shown(&batch)
        );
    }
    for (source, batch) in everywhere(&files, "platforms: [ linux/amd64 ]") {
        assert!(batch.gaps.is_empty() && told(&batch) == ["a/.env:2"], "{source} {}", shown(&batch));
    }
}

#[test]
fn where_no_index_names_a_platform_the_config_does() {
    for platform in [None, Some(json!({})), Some(json!({ "os": "linux" }))] {
        let mut files = Files::oci();
        let mut one = image(&mut files, "amd64", &[gzip(&tar(&[("a/.env", line(&secret()).as_bytes())]))]);
        one.as_object_mut().unwrap().remove("platform");
        if let Some(platform) = platform {
            one["platform"] = platform;
        }
        files.root(&[one]);
        for (source, batch) in everywhere(&files, "platforms: [ linux/amd64 ]") {
            assert_eq!(told(&batch), ["a/.env:2"], "{source} {}", shown(&batch));
            assert!(batch.gaps.is_empty(), "{source}");
        }
        for (source, batch) in everywhere(&files, "platforms: [ linux/arm64 ]") {
            assert!(told(&batch).is_empty() && batch.gaps.iter().all(|gap| gap.cause == Cause::NotFound), "{source}");
            assert_eq!(identity(&batch, "image.env", "platforms not asked for").as_deref(), Some("linux/amd64"));
        }
    }
}

#[test]
fn the_flag_takes_the_place_of_the_key_and_the_report_shows_it() {
    let home = tempfile::tempdir().unwrap();
    let server = stand_in::honest(&three());
    let image = stand_in::image(&server);
    let clean = run(&image, home.path(), &[], &["--platform", "linux/s390x"]);
    assert_eq!(clean.code, 0, "{}", clean.all);
    assert!(clean.all.contains("platforms asked for linux/s390x"), "{}", clean.all);
    assert!(clean.report.to_string().contains("platforms not asked for"), "{}", clean.report);
    let both = run(&image, home.path(), &[], &["--platform", "linux/s390x", "--platform", "linux/amd64"]);
    assert_eq!(both.code, 1, "{}", both.all);
    let absent = run(&image, home.path(), &[], &["--platform", "windows/amd64"]);
    assert_eq!((absent.code, absent.causes()), (3, vec!["not-found".to_owned()]), "{}", absent.all);
    let mut wrong = crate::commands::leakproof();
    let wrong = wrong.args(["check", "--image", "oci:x", "--platform", "linux"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("OS/ARCH"));
    let yaml = "service: t\nplatforms: [ \"linux/amd64/v1/x\" ]\n";
    assert!(leakproof::config::Config::parse("leakproof.yaml", yaml, Path::new("")).is_err());
}

#[test]
fn what_is_attested_of_other_platforms_is_not_asked_for_either() {
    let mut files = Files::oci();
    let layer = || gzip(&tar(&[("c/readme", b"nothing\n")]));
    let (amd, arm) = (image(&mut files, "amd64", &[layer()]), image(&mut files, "arm64", &[layer()]));
    let built_with = v02(&json!({ "build-arg:API_TOKEN": secret() }), &json!([]), "FROM scratch\n");
    let told = statement(&arm, SLSA02, &built_with);
    let attestation = files.attested(&arm, &[told]);
    // In front of what it is about.
    let index = files.index(&[attestation, amd, arm]);
    files.root(&[index]);
    for (asked, expected) in [("", 1), ("platforms: [ linux/arm64 ]", 1), ("platforms: [ linux/amd64 ]", 0)] {
        for (source, batch) in everywhere(&files, asked) {
            let exposed = batch.evidence.iter().filter(|one| one.word("class") == Some("plaintext")).count();
            assert_eq!(exposed, expected, "{source} {asked} {}", shown(&batch));
            assert!(batch.gaps.is_empty(), "{source} {asked} {}", shown(&batch));
        }
    }
}

#[test]
fn what_older_engines_saved_is_narrowed_by_its_config() {
    let steps = [crate::image::builder::step("COPY . / # buildkit")];
    let environment = json!({ "Env": [format!("JWT_SECRET_KEY={}", secret())] });
    let config = crate::image::builder::config("arm64", &environment, &steps);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("image.tar"), Files::docker(&config).tar()).unwrap();
    for (platform, examined) in [("linux/arm64", true), ("linux/amd64", false)] {
        let yaml = format!("service: t\nimages: [ \"docker-archive:image.tar\" ]\nplatforms: [ {platform} ]\n");
        let batch = collect(&yaml, folder.path(), &["image.env"]);
        assert_eq!(batch.evidence.is_empty(), !examined, "{}", shown(&batch));
        let not_there = batch.gaps.iter().any(|gap| gap.cause == Cause::NotFound);
        assert_eq!(not_there, !examined, "{}", shown(&batch));
    }
}
