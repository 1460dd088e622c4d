//! Docker's own registry, filled by skopeo. Each test is named after the trap it closes.

use super::rig::{KINDS, Registry, examine, layout_with, leaky, program, root, run, skopeo};
use crate::docker::rig::{causes, count, identity, secret, shown};
use crate::image::attestations::{SLSA02, statement, v02};
use crate::image::builder::{Files, digest, gzip};
use crate::image::layers::{image, line, tar, told};
use leakproof::evidence::{Cause, Evidence, Name};
use serde_json::json;

/// Two platforms with a layer in common, an attestation, gzip and zstd. Gives the layer that leaks.
fn two_platforms(value: &str) -> (Files, String) {
    let shared = gzip(&tar(&[("etc/app.conf", b"level=info\n")]));
    let leak = zstd::encode_all(&tar(&[("app/.env", line(value).as_bytes())])[..], 3).unwrap();
    let clean = zstd::encode_all(&tar(&[("app/.env", b"PORT=8000\n")])[..], 3).unwrap();
    let mut files = Files::oci();
    let amd = image(&mut files, "amd64", &[shared.clone(), clean]);
    let arm = image(&mut files, "arm64", &[shared, leak.clone()]);
    let attestation = attestation(&mut files, &amd);
    let index = files.index(&[amd, arm, attestation]);
    files.root(&[index]);
    (files, digest(&leak))
}

/// As `BuildKit` writes one: its config names its statement as the one layer. What was built with is in it.
fn attestation(files: &mut Files, of: &serde_json::Value) -> serde_json::Value {
    let built_with = v02(&json!({ "build-arg:API_TOKEN": secret() }), &json!([]), "FROM scratch\n");
    let statement = files.blob("application/vnd.in-toto+json", &statement(of, SLSA02, &built_with));
    let config = json!({
        "architecture": "unknown", "os": "unknown",
        "rootfs": { "type": "layers", "diff_ids": [statement["digest"]] },
    });
    let config = files.blob("application/vnd.oci.image.config.v1+json", &config);
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let manifest = json!({ "schemaVersion": 2, "mediaType": kind, "config": config, "layers": [statement] });
    let mut descriptor = files.blob(kind, &manifest);
    descriptor["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
    descriptor["annotations"] = json!({
        "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": of["digest"],
    });
    descriptor
}

#[test]
#[ignore = "needs docker-registry and skopeo: run ./test"]
fn every_platform_of_a_pushed_index_is_read_with_its_layers() {
    let registry = Registry::plain();
    let value = secret();
    let (files, leak) = two_platforms(&value);
    registry.push(&files, "team/app:1", &[]);
    let by_tag = format!("registry:{}", registry.image("team/app:1"));
    let by_digest = format!("registry:{}@{}", registry.image("team/app"), root(&files));
    for (source, tag) in [(by_tag, Some("1")), (by_digest, None)] {
        let batch = examine(&source, "");
        assert!(batch.gaps.is_empty(), "{source} {}", shown(&batch));
        let exposed = |kind: &str| {
            let of = |one: &&Evidence| one.kind.as_str() == kind && one.word("class") == Some("plaintext");
            batch.evidence.iter().filter(of).collect::<Vec<_>>()
        };
        assert_eq!(exposed("image.attestation").len(), 1, "{}", shown(&batch));
        let [found] = exposed("image.file")[..] else { panic!("{}", shown(&batch)) };
        assert!(shown(&batch).contains("app/.env"));
        assert_eq!(found.subject.place.layer.as_ref().map(Name::as_str), Some(leak.as_str()));
        for fact in ["linux/arm64", "step 3"] {
            assert!(format!("{found:?}").contains(fact), "{found:?}");
        }
        assert_eq!(count(&batch, "image.file", "layers"), 3, "the shared one once");
        assert_eq!(count(&batch, "image.env", "platforms"), 2);
        assert_eq!(count(&batch, "image.env", "attestations"), 1);
        for kind in KINDS {
            let kind = if kind == "image.attestation" { continue } else { kind };
            assert_eq!(identity(&batch, kind, "digest").as_deref(), Some(root(&files).as_str()), "{kind}");
            assert_eq!(identity(&batch, kind, "tag").as_deref(), tag, "{kind}");
        }
        assert!(!shown(&batch).contains(&value));
    }
}

#[test]
#[ignore = "needs docker-registry and skopeo: run ./test"]
fn an_image_that_skopeo_converts_says_the_same() {
    let registry = Registry::plain();
    let folder = tempfile::tempdir().unwrap();
    let layer = tar(&[("app/.env", line(&secret()).as_bytes())]);
    let mut config = crate::image::builder::config(
        "amd64",
        &json!({ "Env": ["PATH=/bin"] }),
        &[crate::image::builder::step("COPY . / # buildkit")],
    );
    config["rootfs"]["diff_ids"] = json!([digest(&layer)]);
    let mut files = Files::docker(&config);
    let path = files.0.keys().find(|path| path.ends_with("layer.tar")).cloned().unwrap();
    files.0.insert(path, layer);
    let archive = folder.path().join("image.tar");
    std::fs::write(&archive, files.tar()).unwrap();
    for format in ["v2s2", "oci"] {
        let to = format!("docker://{}", registry.image("team/app:2"));
        skopeo(&["copy", "-f", format, &format!("docker-archive:{}", archive.display()), &to], &[]);
        let batch = examine(&format!("registry:{}", registry.image("team/app:2")), "");
        assert!(batch.gaps.is_empty(), "{format} {}", shown(&batch));
        assert_eq!(told(&batch), ["app/.env:2"], "{format} {}", shown(&batch));
    }
}

#[test]
#[ignore = "needs docker-registry and skopeo: run ./test"]
fn a_clean_image_passes_and_what_is_not_there_is_not_found() {
    let registry = Registry::plain();
    registry.push(&layout_with("PORT=8000\n"), "team/app:1", &[]);
    let folder = tempfile::tempdir().unwrap();
    let clean = run(&format!("registry:{}", registry.image("team/app:1")), folder.path(), &[], &[]);
    assert_eq!(clean.code, 0, "{}", clean.all);
    for name in ["team/app:2", "team/none:1", &format!("team/app@{}", digest(b"none"))] {
        let batch = examine(&format!("registry:{}", registry.image(name)), "");
        let all_not_found = batch.gaps.iter().all(|gap| gap.cause == Cause::NotFound);
        assert!(all_not_found && batch.gaps.len() == KINDS.len() && shown(&batch).contains("404"), "{}", shown(&batch));
    }
}

/// A registry with one user, and what Docker keeps as `auth`.
fn with_password() -> (Registry, String, String) {
    let password = secret();
    let registry = Registry::start(|folder| {
        let entry = program("htpasswd", &["-nbB", "ci", &password]);
        let file = folder.join("htpasswd");
        std::fs::write(&file, entry.trim()).unwrap();
        (String::new(), format!("auth: {{ htpasswd: {{ realm: r, path: {} }} }}\n", file.display()))
    });
    registry.push(&leaky(), "team/app:1", &["--dest-creds", &format!("ci:{password}")]);
    let auth = data_encoding::BASE64.encode(format!("ci:{password}").as_bytes());
    (registry, password, auth)
}

#[test]
#[ignore = "needs docker-registry, skopeo and htpasswd: run ./test"]
fn a_password_opens_and_stays_inside() {
    let (registry, password, auth) = with_password();
    let image = format!("registry:{}", registry.image("team/app:1"));
    let host = format!("127.0.0.1:{}", registry.port);
    let home = tempfile::tempdir().unwrap();
    let docker = home.path().join(".docker");
    std::fs::create_dir(&docker).unwrap();
    let wrong = data_encoding::BASE64.encode(b"ci:not-this-one");
    for (entry, code) in [
        (json!({ "auth": auth }), 1),
        (json!({ "username": "ci", "password": password }), 1),
        (json!({ "auth": wrong }), 3),
        (json!({}), 3),
    ] {
        let config = json!({ "auths": { &host: entry } }).to_string();
        std::fs::write(docker.join("config.json"), &config).unwrap();
        let run = run(&image, home.path(), &[], &[]);
        assert_eq!(run.code, code, "{config} {}", run.all);
        assert!(code == 1 || run.causes().contains(&"denied".to_owned()) && run.all.contains("401"), "{}", run.all);
        assert!(!run.all.contains(&password) && !run.all.contains(&auth) && !run.all.contains(&wrong));
    }
}

#[test]
#[ignore = "needs docker-registry, skopeo and openssl: run ./test"]
fn tls_is_verified_and_never_given_up() {
    let registry = Registry::start(|folder| {
        let at = |name: &str| folder.join(name).display().to_string();
        let new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
        let ca = ["-subj", "/CN=test ca", "-keyout", &at("ca.key"), "-out", &at("ca.pem")];
        program("openssl", &[&new[..], &ca].concat());
        let own = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
        let signed = ["-addext", "basicConstraints=critical,CA:FALSE", "-CA", &at("ca.pem"), "-CAkey", &at("ca.key")];
        program("openssl", &[&new[..], &own, &signed, &["-keyout", &at("key.pem"), "-out", &at("cert.pem")]].concat());
        (format!(", tls: {{ certificate: {}, key: {} }}", at("cert.pem"), at("key.pem")), String::new())
    });
    registry.push(&leaky(), "team/app:1", &[]);
    let home = tempfile::tempdir().unwrap();
    let roots = registry.folder.path().join("ca.pem");
    let image = format!("registry:{}", registry.image("team/app:1"));
    let trusted = run(&image, home.path(), &[("SSL_CERT_FILE", roots.to_str().unwrap())], &[]);
    assert_eq!(trusted.code, 1, "{}", trusted.all);
    // Nobody's roots: this machine's own registry is not asked without TLS instead.
    let doubted = run(&image, home.path(), &[("SSL_CERT_FILE", "/dev/null")], &[]);
    assert_eq!(doubted.code, 3, "{}", doubted.all);
    assert!(doubted.causes().contains(&"untrusted".to_owned()), "{}", doubted.all);
}

#[test]
#[ignore = "needs docker-registry and skopeo: run ./test"]
fn a_pinned_platform_says_nothing_of_the_attestations_beside_it() {
    let registry = Registry::plain();
    let (files, _) = two_platforms(&secret());
    registry.push(&files, "team/app:1", &[]);
    let index: serde_json::Value = serde_json::from_slice(&files.0[&path_of(&root(&files))]).unwrap();
    let platform = index["manifests"][0]["digest"].as_str().unwrap();
    let batch = examine(&format!("registry:{}@{platform}", registry.image("team/app")), "");
    assert_eq!(causes(&batch, "image.attestation"), [Cause::Unproven], "{}", shown(&batch));
    assert!(causes(&batch, "image.file").is_empty(), "{}", shown(&batch));
}

fn path_of(digest: &str) -> String {
    format!("blobs/{}", digest.replace(':', "/"))
}
