//! Whether the image that runs is the scanned and the declared one. Each test is named after the trap it closes.

use super::rig::{BASE, Builder, Container, build, busybox, config as engine, docker, docker_with, host, unique};
use crate::commands::{leakproof, report};
use crate::image::builder::{Files, config, digest, meta, step};
use serde_json::{Value, json};
use std::path::Path;

/// The findings of the rule over a configuration in a directory.
fn judge(dir: &Path, yaml: &str) -> Vec<Value> {
    std::fs::write(dir.join("leakproof.yaml"), yaml).unwrap();
    let ledger = dir.join("run.json");
    let mut first = leakproof();
    first.args(["check", "--rule", "run/single-source", "-f", "json", "-c"]).arg(dir.join("leakproof.yaml"));
    let told = report(first.arg("--save-ledger").arg(&ledger));
    let again = report(leakproof().args(["report", "-f", "json", "--from"]).arg(&ledger));
    assert_eq!(told, again, "a replay says something else");
    told["findings"].as_array().unwrap().clone()
}

fn verdicts(findings: &[Value]) -> Vec<&str> {
    findings.iter().map(|one| one["verdict"].as_str().unwrap()).collect()
}

/// Over saved files: the inspect file, and the images of the configuration.
fn saved(inspect: &Value, images: &[(&str, &Files)], more: &str) -> Vec<Value> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("inspect.json"), inspect.to_string()).unwrap();
    let mut sources = Vec::new();
    for (name, files) in images {
        files.write(&dir.path().join(name));
        sources.push(format!("\"oci:{name}\""));
    }
    let images = if sources.is_empty() { String::new() } else { format!("images: [ {} ]\n", sources.join(", ")) };
    judge(dir.path(), &format!("service: t\ncontainers: [ {{ inspect_file: inspect.json{more} }} ]\n{images}"))
}

fn document(architecture: &str, command: &str) -> Value {
    config(architecture, &json!({ "Cmd": [command] }), &[step("COPY app /app # buildkit"), meta("CMD [\"app\"]")])
}

/// A layout of these configs below an index, with the digests of each config and manifest, and of the index.
struct Layout {
    files: Files,
    configs: Vec<String>,
    manifests: Vec<String>,
    index: String,
}

fn layout(documents: &[Value]) -> Layout {
    let mut files = Files::oci();
    let images: Vec<Value> = documents.iter().map(|document| files.image(document)).collect();
    let index = files.index(&images);
    files.root(std::slice::from_ref(&index));
    let text = |one: &Value| one["digest"].as_str().unwrap().to_owned();
    let configs = documents.iter().map(|document| digest(document.to_string().as_bytes())).collect();
    Layout { files, configs, manifests: images.iter().map(text).collect(), index: text(&index) }
}

/// A container of a classic engine.
fn classic(image: &str) -> Value {
    json!({ "Name": "/api", "State": { "Running": true }, "Driver": "overlay2", "Image": image,
        "Config": { "Image": "api:1" }, "HostConfig": {} })
}

/// A container of an engine with the image store of containerd.
fn containerd(index: &str, manifest: &str) -> Value {
    json!({ "Name": "/api", "State": { "Running": true }, "Driver": "overlayfs", "Image": index,
        "ImageManifestDescriptor": { "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": manifest,
            "size": 5, "platform": { "architecture": "amd64", "os": "linux" } },
        "Config": { "Image": "api:1" }, "HostConfig": {} })
}

#[test]
fn the_scanned_image_runs_by_its_config_digest() {
    let image = layout(&[document("amd64", "app")]);
    let found = saved(&classic(&image.configs[0]), &[("layout", &image.files)], "");
    assert_eq!(verdicts(&found), ["pass"], "{found:#?}");
    // Podman writes ids without the algorithm.
    let mut container = classic(&image.configs[0][7..]);
    container["Driver"] = json!("overlay");
    assert_eq!(verdicts(&saved(&container, &[("layout", &image.files)], "")), ["pass"]);
}

#[test]
fn a_tag_rebuilt_after_the_scan_is_another_image() {
    let (before, after) = (layout(&[document("amd64", "app")]), layout(&[document("amd64", "app2")]));
    let found = saved(&classic(&after.configs[0]), &[("layout", &before.files)], "");
    assert_eq!(verdicts(&found), ["fail"], "{found:#?}");
    assert_eq!((&found[0]["facts"]["scanned"], &found[0]["facts"]["tag_only"]), (&json!("no"), &json!(true)));
    assert_eq!(found[0]["severity"], "medium");
    let found = saved(&containerd(&after.index, &after.manifests[0]), &[("layout", &before.files)], "");
    assert_eq!(verdicts(&found), ["fail"], "{found:#?}");
}

#[test]
fn the_other_architecture_of_the_index_is_not_what_runs() {
    let both = layout(&[document("amd64", "app"), document("arm64", "app")]);
    let arm = layout(&[document("arm64", "app")]);
    assert_eq!(verdicts(&saved(&classic(&both.configs[0]), &[("layout", &both.files)], "")), ["pass"]);
    assert_eq!(verdicts(&saved(&classic(&both.configs[0]), &[("layout", &arm.files)], "")), ["fail"]);
    let container = containerd(&both.index, &both.manifests[0]);
    assert_eq!(verdicts(&saved(&container, &[("layout", &both.files)], "")), ["pass"]);
    assert_eq!(verdicts(&saved(&container, &[("layout", &arm.files)], "")), ["fail"]);
}

#[test]
fn an_index_alone_does_not_say_which_platform_runs() {
    let both = layout(&[document("amd64", "app"), document("arm64", "app")]);
    // An engine of this store that does not name the manifest: only the image beside it says the platform.
    let mut container = containerd(&both.index, "");
    container["ImageManifestDescriptor"] = Value::Null;
    let found = saved(&container, &[("layout", &both.files)], "");
    assert_eq!(verdicts(&found), ["unverified"], "{found:#?}");
    let image = json!({ "Id": both.index, "Os": "linux", "Architecture": "amd64", "RootFS": {}, "Config": {} });
    let found = saved(&json!([container, image]), &[("layout", &both.files)], "");
    assert_eq!(verdicts(&found), ["pass"], "{found:#?}");
    assert_eq!(found[0]["facts"]["images"], 2);
}

#[test]
fn the_same_config_through_another_repository_is_the_same_image() {
    let image = layout(&[document("amd64", "app")]);
    let beside = json!({ "Id": image.configs[0], "RootFS": {}, "Config": {},
        "RepoDigests": [format!("registry.example/other@{}", digest(b"compressed otherwise"))] });
    let found = saved(&json!([classic(&image.configs[0]), beside]), &[("layout", &image.files)], "");
    assert_eq!(verdicts(&found), ["pass"], "{found:#?}");
}

#[test]
fn an_index_digest_and_a_config_digest_prove_nothing_of_each_other() {
    let image = layout(&[document("amd64", "app")]);
    let archive = Files::docker(&document("amd64", "app"));
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("image.tar"), archive.tar()).unwrap();
    let container = containerd(&image.index, &image.manifests[0]);
    std::fs::write(dir.path().join("inspect.json"), container.to_string()).unwrap();
    let yaml = "service: t\ncontainers: [ { inspect_file: inspect.json } ]\nimages: [ \"docker-archive:image.tar\" ]\n";
    let found = judge(dir.path(), yaml);
    assert_eq!(verdicts(&found), ["unverified"], "{found:#?}");
    let said = found[0]["message"].as_str().unwrap();
    assert!(said.contains("index or manifest digest") && said.contains("config digest"), "{said}");
}

#[test]
fn no_scanned_image_names_the_missing_key() {
    let found = saved(&classic(&digest(b"x")), &[], "");
    assert_eq!(verdicts(&found), ["unverified"]);
    assert!(found[0]["message"].as_str().unwrap().contains("key: images"), "{found:#?}");
}

#[test]
fn an_image_that_could_not_be_read_may_be_the_one_that_runs() {
    let image = layout(&[document("amd64", "app")]);
    let mut broken = image.files.clone();
    broken.0.insert("index.json".into(), b"{".to_vec());
    let other = layout(&[document("amd64", "other")]);
    let found = saved(&classic(&image.configs[0]), &[("broken", &broken), ("other", &other.files)], "");
    assert_eq!(verdicts(&found), ["unverified"], "{found:#?}");
    // What is proven is not put in doubt by another image.
    let found = saved(&classic(&image.configs[0]), &[("broken", &broken), ("layout", &image.files)], "");
    assert_eq!(verdicts(&found), ["pass"], "{found:#?}");
}

#[test]
fn one_stale_replica_among_several_is_named() {
    let (before, after) = (layout(&[document("amd64", "app")]), layout(&[document("amd64", "app2")]));
    let mut replicas = [classic(&after.configs[0]), classic(&before.configs[0])];
    (replicas[0]["Name"], replicas[1]["Name"]) = (json!("/api-1"), json!("/api-2"));
    let found = saved(&json!(replicas), &[("layout", &after.files)], "");
    assert_eq!(verdicts(&found), ["fail"], "{found:#?}");
    assert_eq!(found[0]["subject"]["path"], "api-2");
}

#[test]
fn the_declared_digest_may_be_of_the_config_the_manifest_or_the_index() {
    let both = layout(&[document("amd64", "app"), document("arm64", "app")]);
    for declared in [&both.configs[0], &both.manifests[0], &both.index] {
        let more = format!(", image_digest: \"{declared}\"");
        let found = saved(&classic(&both.configs[0]), &[("layout", &both.files)], &more);
        assert_eq!(verdicts(&found), ["pass"], "{found:#?}");
        assert_eq!(found[0]["facts"]["containers"], 1);
    }
}

#[test]
fn another_image_than_the_declared_one_fails_although_it_was_scanned() {
    let image = layout(&[document("amd64", "app")]);
    let more = format!(", image_digest: \"{}\"", digest(b"declared"));
    // Nobody knows what the declared digest is one of, so it may still be this image's.
    let found = saved(&classic(&image.configs[0]), &[("layout", &image.files)], &more);
    assert_eq!(verdicts(&found), ["unverified"], "{found:#?}");
    let beside = json!({ "Id": image.configs[0], "RootFS": {}, "Config": {},
        "RepoDigests": [format!("registry.example/api@{}", image.manifests[0])] });
    let found = saved(&json!([classic(&image.configs[0]), beside]), &[("layout", &image.files)], &more);
    assert_eq!(verdicts(&found), ["fail"], "{found:#?}");
    assert_eq!(found[0]["facts"]["declared"], "no");
}

#[test]
fn a_container_that_does_not_say_its_image_is_unverified() {
    let image = layout(&[document("amd64", "app")]);
    let mut container = classic("");
    container.as_object_mut().unwrap().remove("Image");
    let found = saved(&container, &[("layout", &image.files)], "");
    assert_eq!(verdicts(&found), ["unverified"], "{found:#?}");
    // An engine of unknown kind: a digest that is not the scanned one may be of something else.
    let mut container = classic(&digest(b"deleted"));
    container.as_object_mut().unwrap().remove("Driver");
    assert_eq!(verdicts(&saved(&container, &[("layout", &image.files)], "")), ["unverified"]);
}

fn live(rest: &str) -> Vec<Value> {
    let dir = tempfile::tempdir().unwrap();
    judge(dir.path(), &engine(&host(), rest))
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn the_engine_s_own_image_is_proven_and_an_archive_of_it_too() {
    let container = Container::new("create", &[busybox()]);
    let rest = format!("containers: [ {{ name: {} }} ]\nimages: [ \"{}\" ]", container.0, busybox());
    let found = live(&rest);
    assert_eq!(verdicts(&found), ["pass"], "{found:#?}");
    let dir = tempfile::tempdir().unwrap();
    let archive = dir.path().join("image.tar");
    docker(&["save", "-o", archive.to_str().unwrap(), busybox()]);
    let rest = format!("containers: [ {{ name: {} }} ]\nimages: [ \"docker-archive:image.tar\" ]", container.0);
    let found = judge(dir.path(), &engine(&host(), &rest));
    assert_eq!(verdicts(&found), ["pass"], "{found:#?}");
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn a_tag_that_moved_after_the_start_fails_and_a_deleted_image_too() {
    let (old, new) = (build(Builder::Classic, &format!("{BASE}LABEL a=1\nCMD [\"/bin/busybox\"]\n"), &[]), busybox());
    let tag = format!("leakproof.test/{}:1", unique("moving"));
    docker(&["tag", &old, &tag]);
    let container = Container::new("create", &[&tag]);
    docker(&["tag", new, &tag]);
    let rest = format!("containers: [ {{ name: {} }} ]\nimages: [ \"{tag}\" ]", container.0);
    let found = live(&rest);
    assert_eq!(verdicts(&found), ["fail"], "{found:#?}");
    // The id stays known, and is still the digest of a config that nobody scanned.
    assert!(docker_with(&[], &["rmi", "-f", &old]).status.success());
    let found = live(&rest);
    assert_eq!(verdicts(&found), ["fail"], "{found:#?}");
}

#[test]
fn a_container_named_by_a_flag_alone_is_not_held_against_images_that_nobody_named() {
    let dir = tempfile::tempdir().unwrap();
    let mut check = leakproof();
    check
        .current_dir(dir.path())
        .args(["check", "--container", "api", "-f", "json"])
        .env("DOCKER_HOST", "unix:///gone");
    let told = report(&mut check);
    assert!(told["findings"].as_array().unwrap().iter().all(|one| one["rule"] != "run/single-source"), "{told:#}");
    let notes = told["notes"].to_string();
    assert!(notes.contains("run/single-source"), "{notes}");
}
