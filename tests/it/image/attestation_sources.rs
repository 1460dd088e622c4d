//! Sources of attestations: those that lost them, those that cannot show them, engines, and copies.

use super::attestations::{KIND, SLSA02, archived, clean, image, layout, read, read_with, statement, v02};
use super::builder::Files;
use crate::docker::rig::{
    BASE, Builder, build, causes, collect, config as configured, count, host, identity, of, secret, shown,
};
use crate::docker::stand_in::{StandIn, version};
use leakproof::evidence::{Batch, Cause};
use serde_json::json;

#[test]
fn attestations_that_a_pull_left_behind_are_missing() {
    let mut files = Files::oci();
    let amd64 = files.image(&image("amd64"));
    let statement = statement(&amd64, SLSA02, &clean());
    let attestation = files.attested(&amd64, std::slice::from_ref(&statement));
    let index = files.index(&[amd64, attestation.clone()]);
    files.root(&[index]);
    let mut without_statement = files.clone();
    let blob = super::builder::digest(statement.to_string().as_bytes());
    without_statement.forget(&json!({ "digest": blob }));
    files.forget(&attestation);
    for files in [files, without_statement] {
        let batch = read(&files);
        assert_eq!(causes(&batch, KIND), [Cause::MissingObjects], "{}", shown(&batch));
        assert!(batch.gaps[0].shown().contains("registry:"), "{}", batch.gaps[0].shown());
        assert!(!batch.coverage[0].is_complete());
    }
}

#[test]
fn a_statement_over_the_limit_is_a_gap_and_takes_no_room() {
    let mut files = Files::oci();
    let amd64 = files.image(&image("amd64"));
    let large = statement(&amd64, "https://spdx.dev/Document", &json!({ "comment": "x".repeat(40_000) }));
    let small = statement(&amd64, SLSA02, &v02(&json!({ "build-arg:DEPLOY_TOKEN": secret() }), &json!([]), "FROM a\n"));
    let attestation = files.attested(&amd64, &[large, small]);
    let index = files.index(&[amd64, attestation]);
    files.root(&[index]);
    let batch = read_with(&files, "limits: { config_bytes: 5000 }");
    assert_eq!(causes(&batch, KIND), [Cause::OverLimit], "{}", shown(&batch));
    assert!(batch.gaps[0].shown().contains("limits.config_bytes"));
    assert_eq!(of(&batch, KIND, "DEPLOY_TOKEN").len(), 1);
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("image.tar"), files.tar()).unwrap();
    let yaml = "service: t\nimages: [ \"docker-archive:image.tar\" ]\nlimits: { config_bytes: 5000 }\n";
    let batch = collect(yaml, dir.path(), &[KIND]);
    assert_eq!(causes(&batch, KIND), [Cause::OverLimit], "{}", shown(&batch));
    assert_eq!(of(&batch, KIND, "DEPLOY_TOKEN").len(), 1);
}

#[test]
fn an_index_without_attestations_discloses_nothing() {
    let mut files = Files::oci();
    let amd64 = files.image(&image("amd64"));
    let index = files.index(std::slice::from_ref(&amd64));
    files.root(&[index]);
    let nested = files.clone();
    files.root(&[amd64]);
    for batch in [read(&nested), archived(&nested), read(&files)] {
        assert!(batch.gaps.is_empty() && batch.evidence.is_empty(), "{}", shown(&batch));
        assert_eq!((count(&batch, KIND, "manifests"), count(&batch, KIND, "attestations")), (1, 0));
    }
}

/// What such a source holds was read to its end; what another copy of the image has beside it, only its registry knows.
#[test]
fn a_source_without_a_list_of_manifests_holds_none_and_says_so() {
    let classic = Files::docker(&image("amd64"));
    let mut newer = Files::oci();
    let document = image("amd64");
    let descriptor = newer.image(&document);
    let path = format!("blobs/sha256/{}", &super::builder::digest(document.to_string().as_bytes())[7..]);
    let layer = format!("blobs/sha256/{}", &super::builder::digest(b"layer")[7..]);
    let manifest = json!([{ "Config": path, "RepoTags": ["app:1"], "Layers": [layer] }]);
    newer.0.insert("manifest.json".into(), manifest.to_string().into_bytes());
    let mut listed = newer.clone();
    newer.root(std::slice::from_ref(&descriptor));
    for files in [classic, newer] {
        let batch = archived(&files);
        assert!(batch.gaps.is_empty(), "{}", shown(&batch));
        assert!(identity(&batch, KIND, "list").unwrap().contains("registry:"), "{}", shown(&batch));
    }
    let index = listed.index(&[descriptor]);
    listed.root(&[index]);
    let listed = archived(&listed);
    assert!(listed.gaps.is_empty() && identity(&listed, KIND, "list").is_none(), "an engine that keeps indexes");
}

#[test]
fn what_is_examined_is_not_said_to_be_unexamined() {
    let files = layout(SLSA02, &clean());
    let dir = tempfile::tempdir().unwrap();
    files.write(&dir.path().join("layout"));
    let yaml = "service: t\nimages: [ \"oci:layout\" ]\n";
    let both = collect(yaml, dir.path(), &["image.env", KIND]);
    assert_eq!(crate::docker::rig::identity(&both, "image.env", "attestations"), None);
    let one = collect(yaml, dir.path(), &["image.env"]);
    assert_eq!(crate::docker::rig::identity(&one, "image.env", "attestations").as_deref(), Some("not examined"));
}

/// An engine with the containerd image store, as API 1.48 answers: the newest that is at hand here speaks 1.45.
fn engine(kind: &str, export: Option<&Files>, attestations: usize) -> Batch {
    let id = format!("sha256:{}", "0a".repeat(32));
    let descriptor =
        json!({ "mediaType": format!("application/vnd.oci.image.{kind}.v1+json"), "digest": id, "size": 9 });
    let inspect = json!({ "Id": id, "Os": "linux", "Architecture": "amd64", "Descriptor": descriptor, "Config": { "Env": [] },
        "RootFS": { "Type": "layers", "Layers": [super::builder::digest(b"layer")] } });
    let summary = |kind: &str| {
        json!({ "ID": id, "Descriptor": descriptor, "Available": true, "Size": { "Total": 1, "Content": 1 }, "Kind": kind,
            "ImageData": { "Platform": { "os": "linux", "architecture": "amd64" }, "Containers": [], "Size": { "Unpacked": 1 } },
            "AttestationData": { "For": id } })
    };
    let mut manifests = vec![summary("image")];
    manifests.extend((0..attestations).map(|_| summary("attestation")));
    let list = json!([{ "Id": id, "ParentId": "", "RepoTags": ["app:1"], "RepoDigests": [], "Created": 1, "Size": 1,
        "SharedSize": 1, "Labels": {}, "Containers": 0, "Manifests": manifests }]);
    let entry = json!([{ "Id": id, "Created": 1, "CreatedBy": "COPY a /a # buildkit", "Tags": null, "Size": 9, "Comment": "buildkit.dockerfile.v0" }]);
    let mut answers = vec![
        version("1.44", "1.48"),
        ("/history", 200, entry.to_string()),
        ("/images/json", 200, list.to_string()),
        ("/json", 200, inspect.to_string()),
    ];
    answers.extend(export.map(|files| ("/get", 200, String::from_utf8(files.tar()).unwrap())));
    let engine = StandIn::answering(answers);
    collect(&configured(&engine.host(), "images: [ \"app:1\" ]"), std::path::Path::new(""), &[KIND])
}

#[test]
fn an_engine_that_keeps_indexes_gives_attestations_by_its_export() {
    let mut files = layout(SLSA02, &v02(&json!({ "build-arg:DEPLOY_TOKEN": secret() }), &json!([]), "FROM a\n"));
    files.0.insert("manifest.json".into(), b"[]".to_vec());
    let batch = engine("index", Some(&files), 1);
    assert_eq!(of(&batch, KIND, "DEPLOY_TOKEN")[0].word("platform"), Some("linux/amd64"), "{}", shown(&batch));
    assert!(batch.gaps.is_empty(), "{}", shown(&batch));
}

#[test]
fn attestations_that_an_engine_lists_and_does_not_export_are_missing() {
    let files = layout(SLSA02, &clean());
    assert_eq!(causes(&engine("index", Some(&files), 2), KIND), [Cause::MissingObjects]);
    assert!(!engine("index", None, 1).gaps.is_empty(), "no export at all");
}

#[test]
fn an_engine_that_says_the_image_is_one_manifest_has_no_attestations() {
    let batch = engine("manifest", None, 0);
    assert!(batch.gaps.is_empty(), "{}", shown(&batch));
    assert_eq!((count(&batch, KIND, "manifests"), count(&batch, KIND, "attestations")), (1, 0));
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn a_real_engine_that_keeps_no_index_shows_no_attestations() {
    let tag = build(Builder::Buildkit, &format!("{BASE}RUN echo > /x\n"), &[]);
    for wanted in [vec![KIND], vec![KIND, "image.file"]] {
        let yaml = configured(&host(), &format!("images: [ \"{tag}\" ]"));
        let batch = collect(&yaml, std::path::Path::new(""), &wanted);
        // Which other rules are selected changes nothing.
        assert!(batch.gaps.is_empty(), "{}", shown(&batch));
        assert!(identity(&batch, KIND, "list").is_some(), "{}", shown(&batch));
    }
}

/// What a copying tool makes of an index: all of it, or one platform of it.
#[test]
#[ignore = "needs skopeo: run ./test"]
fn a_real_copy_of_the_whole_index_keeps_its_attestations_and_a_copy_of_one_platform_has_none() {
    let dir = tempfile::tempdir().unwrap();
    let mut files = Files::oci();
    let mut document = image("amd64");
    let layer = tar::Builder::new(Vec::new()).into_inner().unwrap();
    let digest = super::builder::digest(&layer);
    document["rootfs"]["diff_ids"] = json!([digest]);
    files.0.insert(format!("blobs/sha256/{}", &digest[7..]), layer.clone());
    let config_blob = files.blob("application/vnd.oci.image.config.v1+json", &document);
    let layer = json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest, "size": layer.len() });
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let mut amd64 =
        files.blob(kind, &json!({ "schemaVersion": 2, "mediaType": kind, "config": config_blob, "layers": [layer] }));
    amd64["platform"] = json!({ "os": "linux", "architecture": "amd64" });
    let leak = statement(&amd64, SLSA02, &v02(&json!({ "build-arg:DEPLOY_TOKEN": secret() }), &json!([]), "FROM a\n"));
    let attestation = files.attested(&amd64, &[leak]);
    let mut index = files.index(&[amd64, attestation]);
    index["annotations"] = json!({ "org.opencontainers.image.ref.name": "1" });
    files.root(&[index]);
    files.write(&dir.path().join("from"));
    // A copy that packs a layer makes another manifest, and the attestation is still about the first.
    let [whole, one, packed]: [(&[&str], _, _); 3] =
        [(&["--all", "--preserve-digests"], 1, vec![]), (&[], 0, vec![]), (&["--all"], 1, vec![Cause::Inconsistent])];
    for (n, (flags, found, gaps)) in [whole, one, packed].into_iter().enumerate() {
        let to = format!("oci:{}/layout-{n}:1", dir.path().display());
        let mut skopeo = std::process::Command::new("skopeo");
        skopeo.args(["copy", "-q", "--override-os", "linux", "--override-arch", "amd64"]);
        skopeo.args(flags).arg(format!("oci:{}/from:1", dir.path().display())).arg(to);
        let output = skopeo.output().expect("skopeo is not installed: run ./test");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let yaml = format!("service: t\nimages: [ \"oci:layout-{n}\" ]\n");
        let batch = collect(&yaml, dir.path(), &[KIND]);
        assert_eq!(of(&batch, KIND, "DEPLOY_TOKEN").len(), found, "{}", shown(&batch));
        assert_eq!(causes(&batch, KIND), gaps, "{flags:?}: {}", shown(&batch));
    }
}
