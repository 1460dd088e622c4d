//! OCI layouts, as directories and inside archives: indexes, platforms, attestations, missing blobs.

use super::builder::{Files, config, meta, step};
use crate::docker::rig::{IMAGE, causes, collect, count, exposed, identity, of, secret, shown};
use leakproof::evidence::{Batch, Cause};
use serde_json::{Value, json};

pub(super) fn directory(files: &Files) -> Batch {
    let dir = tempfile::tempdir().unwrap();
    files.write(&dir.path().join("layout"));
    collect("service: t\nsecrets: [{ name: JWT_SECRET_KEY }]\nimages: [ \"oci:layout\" ]\n", dir.path(), &IMAGE)
}

pub(super) fn archive(files: &Files) -> Batch {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("image.tar"), files.tar()).unwrap();
    let yaml = "service: t\nsecrets: [{ name: JWT_SECRET_KEY }]\nimages: [ \"docker-archive:image.tar\" ]\n";
    collect(yaml, dir.path(), &IMAGE)
}

pub(super) fn clean(architecture: &str) -> Value {
    config(architecture, &json!({ "Cmd": ["app"] }), &[step("COPY app /app # buildkit"), meta("CMD [\"app\"]")])
}

pub(super) fn leaky(architecture: &str) -> Value {
    let env = format!("ENV JWT_SECRET_KEY={}", secret());
    config(architecture, &json!({}), &[step("COPY app /app # buildkit"), meta(&env)])
}

/// Two platforms with an attestation each, below a nested index.
fn two(second: &Value) -> (Files, Value) {
    let mut files = Files::oci();
    let amd64 = files.image(&clean("amd64"));
    let arm64 = files.image(second);
    let attestations = [files.attestation(&amd64), files.attestation(&arm64)];
    let index = files.index(&[amd64, arm64.clone(), attestations[0].clone(), attestations[1].clone()]);
    files.root(&[index]);
    (files, arm64)
}

#[test]
fn the_other_architecture_of_the_index_is_examined_too() {
    let (files, _) = two(&leaky("arm64"));
    for batch in [directory(&files), archive(&files)] {
        let found = of(&batch, "image.env", "JWT_SECRET_KEY");
        assert_eq!(found.len(), 1, "{}", shown(&batch));
        assert_eq!(found[0].word("platform"), Some("linux/arm64"));
        assert_eq!(identity(&batch, "image.env", "platforms").as_deref(), Some("linux/amd64, linux/arm64"));
    }
}

#[test]
fn attestations_are_not_platforms() {
    let (files, _) = two(&clean("arm64"));
    let batch = directory(&files);
    assert_eq!((count(&batch, "image.env", "platforms"), count(&batch, "image.env", "attestations")), (2, 2));
    assert!(batch.gaps.is_empty(), "{}", shown(&batch));
}

#[test]
fn a_platform_whose_blob_is_missing_is_unexamined() {
    let (mut files, arm64) = two(&clean("arm64"));
    files.forget(&arm64);
    for batch in [directory(&files), archive(&files)] {
        assert_eq!(causes(&batch, "image.env"), [Cause::MissingObjects]);
        assert!(batch.gaps[0].shown().contains("linux/arm64"), "{}", batch.gaps[0].shown());
        assert!(batch.coverage.iter().all(|coverage| !coverage.is_complete()));
        assert_eq!(count(&batch, "image.env", "platforms"), 1);
    }
}

#[test]
fn a_newer_docker_save_holds_both_lists_and_is_read_once() {
    let mut files = Files::oci();
    let document = leaky("amd64");
    let descriptor = files.image(&document);
    let config = files
        .0
        .keys()
        .filter(|path| path.starts_with("blobs/"))
        .find(|path| files.0[*path] == document.to_string().into_bytes());
    let manifest = json!([{ "Config": config, "RepoTags": ["app:1"], "Layers": ["blobs/sha256/x"] }]);
    files.root(&[descriptor]);
    files.0.insert("manifest.json".into(), manifest.to_string().into_bytes());
    let batch = archive(&files);
    assert_eq!(count(&batch, "image.env", "platforms"), 1, "{}", shown(&batch));
    assert_eq!(of(&batch, "image.env", "JWT_SECRET_KEY").len(), 1);
}

#[test]
fn a_blob_that_is_not_its_digest_is_inconsistent() {
    let (mut files, arm64) = two(&clean("arm64"));
    let path = format!("blobs/sha256/{}", &arm64["digest"].as_str().unwrap()[7..]);
    files.0.insert(path, b"{\"config\":{\"digest\":\"x\"},\"layers\":[]}".to_vec());
    assert_eq!(causes(&directory(&files), "image.env"), [Cause::Inconsistent]);
}

#[test]
fn a_digest_cannot_lead_out_of_the_layout() {
    let mut files = Files::oci();
    files.root(&[json!({ "mediaType": "x", "digest": "sha256:../../../../etc/passwd", "size": 1 })]);
    assert_eq!(causes(&directory(&files), "image.env"), [Cause::Malformed]);
}

#[test]
fn an_index_nested_too_deep_is_over_the_limit() {
    let mut files = Files::oci();
    let mut top = files.image(&clean("amd64"));
    for _ in 0..8 {
        top = files.index(&[top]);
    }
    files.root(&[top]);
    assert_eq!(causes(&directory(&files), "image.env"), [Cause::OverLimit]);
}

#[test]
fn an_empty_index_and_a_mere_artifact_are_not_clean() {
    let mut files = Files::oci();
    files.root(&[]);
    assert_eq!(causes(&directory(&files), "image.env"), [Cause::Empty]);
    let chart = files.blob("application/vnd.cncf.helm.config.v1+json", &json!({}));
    let manifest = files.blob("x", &json!({ "config": chart, "layers": [{ "mediaType": "application/tar" }] }));
    files.root(&[manifest]);
    assert_eq!(causes(&directory(&files), "image.env"), [Cause::Unsupported]);
}

#[test]
fn an_image_that_calls_itself_an_attestation_is_examined() {
    let mut files = Files::oci();
    let amd64 = files.image(&clean("amd64"));
    let mut disguised = files.image(&leaky("arm64"));
    disguised["annotations"] = json!({ "vnd.docker.reference.type": "attestation-manifest" });
    let mut nowhere = disguised.clone();
    nowhere["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
    let document = leaky("unknown");
    let config_blob = files.blob("application/vnd.oci.image.config.v1+json", &document);
    let layer = json!({ "mediaType": "application/vnd.in-toto+json", "digest": config_blob["digest"], "size": 9 });
    let mut in_toto = files.blob("x", &json!({ "schemaVersion": 2, "config": config_blob, "layers": [layer] }));
    in_toto["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
    for other in [disguised, nowhere, in_toto] {
        files.root(&[amd64.clone(), other.clone()]);
        let batch = directory(&files);
        assert_eq!(of(&batch, "image.env", "JWT_SECRET_KEY").len(), 1, "{other}: {}", shown(&batch));
        assert_eq!(count(&batch, "image.env", "attestations"), 0);
    }
}

#[test]
fn attestations_that_were_only_counted_are_said_and_may_be_left_behind() {
    let mut files = Files::oci();
    let amd64 = files.image(&clean("amd64"));
    let attestation = files.attestation(&amd64);
    files.root(&[amd64, attestation.clone()]);
    let whole = directory(&files);
    files.forget(&attestation);
    for batch in [whole, directory(&files)] {
        assert_eq!(identity(&batch, "image.env", "attestations").as_deref(), Some("not examined"));
        assert!(batch.gaps.is_empty(), "{}", shown(&batch));
    }
}

#[test]
fn an_artifact_beside_an_image_is_unsupported() {
    let mut files = Files::oci();
    let amd64 = files.image(&clean("amd64"));
    let chart = files.blob("application/vnd.cncf.helm.config.v1+json", &json!({}));
    let manifest = files.blob("x", &json!({ "config": chart, "layers": [{ "mediaType": "application/tar" }] }));
    files.root(&[amd64, manifest]);
    let batch = directory(&files);
    assert_eq!(causes(&batch, "image.env"), [Cause::Unsupported]);
    assert!(batch.coverage.iter().all(|coverage| !coverage.is_complete()));
}

#[test]
fn annotations_of_index_manifest_and_config_are_read() {
    let note = || json!({ "org.example.note": format!("--password={}", secret()) });
    let mut files = Files::oci();
    let document = clean("amd64");
    let mut config_blob = files.blob("application/vnd.oci.image.config.v1+json", &document);
    config_blob["annotations"] = note();
    let layer = json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": config_blob["digest"] });
    let manifest = json!({ "config": config_blob, "layers": [layer], "annotations": note() });
    let mut manifest = files.blob("application/vnd.oci.image.manifest.v1+json", &manifest);
    manifest["annotations"] = note();
    let index = json!({ "schemaVersion": 2, "manifests": [manifest], "annotations": note() });
    files.0.insert("index.json".into(), index.to_string().into_bytes());
    let batch = directory(&files);
    assert_eq!(exposed(&batch, "image.command", "where", "other").len(), 4, "{}", shown(&batch));
}
