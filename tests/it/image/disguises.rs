//! Images that look like something else: an index, an attestation, a document spelled in other letters.

use super::builder::{Files, config, meta, step};
use super::layouts::{archive, clean, directory, leaky};
use crate::docker::rig::{causes, count, exposed, of, secret, shown};
use leakproof::evidence::{Batch, Cause};
use serde_json::{Value, json};

/// An archive whose `manifest.json` names a blob as its config, and whose index names that blob and a clean image.
fn named_twice(document: &Value) -> Files {
    let mut files = Files::oci();
    let other = files.image(&clean("arm64"));
    let blob = files.blob("application/vnd.oci.image.manifest.v1+json", document);
    let path = format!("blobs/sha256/{}", &blob["digest"].as_str().unwrap()[7..]);
    let layers = document["rootfs"]["diff_ids"].clone();
    files.root(&[other, blob]);
    let manifest = json!([{ "Config": path, "RepoTags": ["app:1"], "Layers": layers }]);
    files.0.insert("manifest.json".into(), manifest.to_string().into_bytes());
    files
}

fn is_incomplete(batch: &Batch) -> bool {
    !batch.gaps.is_empty() && batch.coverage.iter().all(|coverage| !coverage.is_complete())
}

#[test]
fn a_config_that_also_reads_as_an_empty_index_is_examined() {
    let mut document = leaky("amd64");
    document["manifests"] = json!([]);
    document["config"]["digest"] = json!("x");
    document["config"]["Env"] = json!([format!("JWT_SECRET_KEY={}", secret())]);
    let batch = archive(&named_twice(&document));
    assert!(!of(&batch, "image.env", "JWT_SECRET_KEY").is_empty(), "{}", shown(&batch));
    assert!(causes(&batch, "image.env").contains(&Cause::Inconsistent) && is_incomplete(&batch));
}

#[test]
fn a_config_that_reads_as_an_empty_index_only_is_examined_too() {
    let mut document = leaky("amd64");
    document["manifests"] = json!([]);
    document["config"] = Value::Null;
    let batch = archive(&named_twice(&document));
    assert!(!of(&batch, "image.env", "JWT_SECRET_KEY").is_empty(), "{}", shown(&batch));
    assert!(is_incomplete(&batch));
}

#[test]
fn a_manifest_that_is_an_index_as_well_is_inconsistent() {
    let mut files = Files::oci();
    let other = files.image(&clean("arm64"));
    let config_blob = files.blob("application/vnd.oci.image.config.v1+json", &leaky("amd64"));
    let layer = json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": config_blob["digest"] });
    let both = [
        json!({ "config": config_blob, "layers": [layer], "manifests": [] }),
        json!({ "layers": [layer], "manifests": [] }),
    ];
    for both in both {
        let manifest = files.blob("application/vnd.oci.image.manifest.v1+json", &both);
        files.root(&[other.clone(), manifest]);
        let batch = directory(&files);
        assert_eq!(causes(&batch, "image.env"), [Cause::Inconsistent], "{both}: {}", shown(&batch));
        assert!(is_incomplete(&batch));
    }
}

#[test]
fn an_empty_index_below_an_index_is_a_gap() {
    let mut files = Files::oci();
    let (image, empty) = (files.image(&clean("amd64")), files.index(&[]));
    files.root(&[image, empty]);
    assert_eq!(causes(&directory(&files), "image.env"), [Cause::Empty]);
}

#[test]
fn an_attestation_that_is_a_platform_elsewhere_is_inconsistent() {
    let mut files = Files::oci();
    let image = files.image(&clean("amd64"));
    let attestation = files.attestation(&image);
    let mut platform = attestation.clone();
    platform["platform"] = json!({ "os": "linux", "architecture": "arm64" });
    files.root(&[image, attestation, platform]);
    assert_eq!(causes(&directory(&files), "image.env"), [Cause::Inconsistent]);
}

#[test]
fn members_in_other_letters_are_never_ignored() {
    let value = secret();
    let upper = |files: &mut Files, path: &str, from: &str, to: &str| {
        let text = String::from_utf8(files.0[path].clone()).unwrap();
        assert!(text.contains(from), "{path} has no {from}");
        files.0.insert(path.to_owned(), text.replacen(from, to, 1).into_bytes());
    };
    // The archive's own lists, which no digest holds.
    for (path, from, to) in [
        ("index.json", "\"manifests\"", "\"Manifests\""),
        ("index.json", "\"manifests\"", "\"manife\u{17f}ts\""),
        ("index.json", "\"digest\"", "\"Digest\""),
        ("manifest.json", "\"Config\"", "\"config\""),
        ("manifest.json", "\"RepoTags\"", "\"repotags\""),
    ] {
        let mut files = named_twice(&clean("amd64"));
        upper(&mut files, path, from, to);
        let batch = archive(&files);
        assert!(causes(&batch, "image.env").contains(&Cause::Malformed), "{path} {to}: {}", shown(&batch));
    }
    // Configs: the secret stands in a member that only its case tells from a known one.
    let leak = format!("ENV JWT_SECRET_KEY={value}");
    let step = json!({ "created_by": "COPY a /a # buildkit", "Created_By": leak, "comment": "buildkit.dockerfile.v0" });
    let mut documents = vec![config("amd64", &json!({}), &[step])];
    for member in ["Author", "Comment", "History", "Container_Config"] {
        let mut document = clean("amd64");
        document[member] = json!(leak);
        documents.push(document);
    }
    for member in ["user", "Onbuild", "LABELS", "Workingdir"] {
        let mut document = clean("amd64");
        document["config"][member] = json!(leak);
        documents.push(document);
    }
    for document in documents {
        let batch = super::archives::read(&Files::docker(&document).tar());
        let document = document.to_string().replace(&value, "VALUE");
        assert_eq!(causes(&batch, "image.env"), [Cause::Malformed], "{document}");
    }
}

#[test]
fn a_manifest_in_other_letters_is_malformed() {
    let mut files = Files::oci();
    let image = files.image(&clean("amd64"));
    let config_blob = files.blob("application/vnd.oci.image.config.v1+json", &leaky("arm64"));
    let layer = json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": config_blob["digest"] });
    let nested = files.blob("x", &json!({ "manifests": [], "Config": config_blob, "Layers": [layer] }));
    files.root(&[image, nested]);
    assert_eq!(causes(&directory(&files), "image.env"), [Cause::Malformed]);
}

#[test]
fn an_attestation_with_anything_in_its_config_is_an_image() {
    let value = secret();
    let text = format!("--password={value}");
    let empty = || json!({ "architecture": "unknown", "os": "unknown", "config": {}, "rootfs": { "diff_ids": ["x"] } });
    let with = |member: &str, is: Value| {
        let mut document = empty();
        document[member] = is;
        document
    };
    let cases = [
        (with("config", json!({ "Labels": { "password": value } })), 1),
        (with("config", json!({ "Cmd": ["app", text] })), 1),
        (with("config", json!({ "Entrypoint": ["app", text] })), 1),
        (with("config", json!({ "Volumes": { text.as_str(): {} } })), 1),
        (with("container_config", json!({ "Labels": { "password": value } })), 1),
        (with("comment", json!(text)), 1),
        (with("author", json!(text)), 1),
        (with("Config", json!({ "Labels": { "password": value } })), 0),
    ];
    for (document, finds) in cases {
        let mut files = Files::oci();
        let image = files.image(&clean("amd64"));
        let config_blob = files.blob("application/vnd.oci.image.config.v1+json", &document);
        let layer = json!({ "mediaType": "application/vnd.in-toto+json", "digest": config_blob["digest"], "size": 9 });
        let mut disguised = files.blob("x", &json!({ "config": config_blob, "layers": [layer] }));
        disguised["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
        disguised["annotations"] = json!({ "vnd.docker.reference.type": "attestation-manifest" });
        files.root(&[image, disguised]);
        let batch = directory(&files);
        let document = document.to_string().replace(&value, "VALUE");
        let found: Vec<_> = ["label", "cmd", "entrypoint", "comment", "other"]
            .iter()
            .flat_map(|at| exposed(&batch, "image.command", "where", at))
            .collect();
        assert_eq!(found.len(), finds, "{document}: {}", shown(&batch).replace(&value, "VALUE"));
        assert_eq!(count(&batch, "image.env", "attestations"), 0, "{document}");
        assert!(!batch.gaps.is_empty(), "{document}");
    }
}

#[test]
fn an_attestation_as_buildkit_writes_it_stays_one() {
    let mut files = Files::oci();
    let image = files.image(&clean("amd64"));
    let document = json!({ "architecture": "unknown", "os": "unknown", "config": {}, "rootfs": { "type": "layers", "diff_ids": ["x"] } });
    let config_blob = files.blob("application/vnd.oci.image.config.v1+json", &document);
    let layer = json!({ "mediaType": "application/vnd.in-toto+json", "digest": config_blob["digest"], "size": 9 });
    let mut attestation = files.blob("x", &json!({ "config": config_blob, "layers": [layer] }));
    attestation["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
    files.root(&[image, attestation]);
    let batch = directory(&files);
    assert_eq!((count(&batch, "image.env", "attestations"), batch.gaps.len()), (1, 0), "{}", shown(&batch));
}

#[test]
fn onbuild_behind_onbuild_without_end_does_not_end_the_run() {
    let value = secret();
    for word in ["ONBUILD ", "onbuild ", "ONBUILD\t", "/bin/sh -c #(nop) ONBUILD "] {
        let text = format!("{}ENV JWT_SECRET_KEY={value}", word.repeat(60_000));
        let document = config("amd64", &json!({}), &[step("COPY app /app # buildkit"), meta(&text)]);
        let batch = super::archives::read(&Files::docker(&document).tar());
        assert_eq!(exposed(&batch, "image.command", "where", "onbuild").len(), 1, "{word}");
    }
}
