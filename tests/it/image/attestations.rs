//! Attestations: statements in the shapes that BuildKit documents (docs.docker.com, "SLSA definitions", v0.2 and v1),
//! SPDX and CycloneDX documents, and envelopes.

use super::builder::{Files, config, meta, step};
use crate::docker::rig::{causes, collect, count, of, secret, shown};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use leakproof::evidence::{Batch, Cause, Evidence, Name};
use serde_json::{Value, json};

pub(super) const KIND: &str = "image.attestation";
pub(crate) const SLSA02: &str = "https://slsa.dev/provenance/v0.2";
const SLSA1: &str = "https://slsa.dev/provenance/v1";

pub(super) fn read(files: &Files) -> Batch {
    read_with(files, "")
}

pub(super) fn read_with(files: &Files, rest: &str) -> Batch {
    let dir = tempfile::tempdir().unwrap();
    files.write(&dir.path().join("layout"));
    let yaml = format!("service: t\nsecrets: [{{ name: JWT_SECRET_KEY }}]\nimages: [ \"oci:layout\" ]\n{rest}\n");
    collect(&yaml, dir.path(), &[KIND])
}

pub(super) fn archived(files: &Files) -> Batch {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("image.tar"), files.tar()).unwrap();
    let yaml = "service: t\nsecrets: [{ name: JWT_SECRET_KEY }]\nimages: [ \"docker-archive:image.tar\" ]\n";
    collect(yaml, dir.path(), &[KIND])
}

pub(super) fn image(architecture: &str) -> Value {
    config(architecture, &json!({ "Cmd": ["app"] }), &[step("COPY app /app # buildkit"), meta("CMD [\"app\"]")])
}

/// A statement about the manifest of a descriptor.
pub(crate) fn statement(of: &Value, kind: &str, predicate: &Value) -> Value {
    let digest = of["digest"].as_str().unwrap();
    json!({
        "_type": "https://in-toto.io/Statement/v0.1", "predicateType": kind,
        "subject": [{ "name": "pkg:docker/app@1?platform=linux%2Famd64", "digest": { "sha256": &digest[7..] } }],
        "predicate": predicate,
    })
}

/// A layout of one image with one statement, as an index that `index.json` names.
pub(super) fn layout(kind: &str, predicate: &Value) -> Files {
    let mut files = Files::oci();
    let amd64 = files.image(&image("amd64"));
    let statement = statement(&amd64, kind, predicate);
    let attestation = files.attested(&amd64, &[statement]);
    let index = files.index(&[amd64, attestation]);
    files.root(&[index]);
    files
}

/// Provenance v0.2 with these parameters, steps and source.
pub(crate) fn v02(arguments: &Value, llb: &Value, dockerfile: &str) -> Value {
    json!({
        "builder": { "id": "https://github.com/docker/buildx/actions/runs/3709599520" },
        "buildType": "https://mobyproject.org/buildkit@v1",
        "materials": [{ "uri": "pkg:docker/alpine@3.17?platform=linux%2Famd64", "digest": { "sha256": "8914eb54f968791faf6a8638949e480fef81e697984fba772b3976835194c6d4" } }],
        "invocation": {
            "configSource": { "uri": "https://github.com/moby/buildkit.git#refs/tags/v0.11.0", "digest": { "sha1": "4b220de5058abfd01ff619c9d2ff6b09a049bea0" }, "entryPoint": "Dockerfile" },
            "parameters": { "frontend": "gateway.v0", "args": arguments, "secrets": [{ "id": "GIT_AUTH_TOKEN", "optional": true }], "ssh": [], "locals": [{ "name": "context" }] },
            "environment": { "platform": "linux/amd64" },
        },
        "buildConfig": { "llbDefinition": llb, "digestMapping": { "sha256:d7b0e4d1a3e9c0a3e4f9d0a9b2b6c1f0e1d2c3b4a5968778695a4b3c2d1e0f00": "step0" } },
        "metadata": {
            "buildInvocationID": "yirbp1aosi1vqjmi3z6bc75nb", "reproducible": false,
            "https://mobyproject.org/buildkit@v1#metadata": {
                "vcs": { "source": "https://github.com/org/app.git", "revision": "4b220de5058abfd01ff619c9d2ff6b09a049bea0" },
                "source": { "locations": { "step0": {} }, "infos": [{ "filename": "Dockerfile", "language": "Dockerfile", "data": BASE64.encode(dockerfile.as_bytes()) }] },
                "layers": { "step0:0": [[{ "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "sha256:8914eb54f968791faf6a8638949e480fef81e697984fba772b3976835194c6d4", "size": 123 }]] },
            },
        },
    })
}

fn exec(args: &Value, env: &Value) -> Value {
    json!([{ "id": "step0", "op": { "Op": { "exec": { "meta": { "args": args, "env": env, "cwd": "/src" } } } }, "inputs": ["step8:0"] }])
}

pub(super) fn clean() -> Value {
    let llb = exec(
        &json!(["/bin/sh", "-c", "go build ."]),
        &json!(["PATH=/go/bin:/bin", "JWT_SECRET_KEY_FILE=/run/secrets/jwt"]),
    );
    let arguments = json!({ "build-arg:VERSION": "1.2.3", "label:org.example.title": "app", "source": "docker/dockerfile:1", "target": "release" });
    let dockerfile = "# syntax=docker/dockerfile:1\nFROM alpine\nARG VERSION\nRUN --mount=type=secret,id=GIT_AUTH_TOKEN go build .\n";
    v02(&arguments, &llb, dockerfile)
}

fn exposed<'a>(batch: &'a Batch, place: &str) -> Vec<&'a Evidence> {
    crate::docker::rig::exposed(batch, KIND, "where", place)
}

fn lines(batch: &Batch, place: &str) -> Vec<Option<u32>> {
    exposed(batch, place).iter().map(|one| one.subject.place.line).collect()
}

#[test]
fn clean_provenance_in_full_is_quiet_and_counted() {
    let batch = read(&layout(SLSA02, &clean()));
    assert!(batch.gaps.is_empty(), "{}", shown(&batch));
    let all = ["build-arg", "environment", "dockerfile", "source-url", "parameter", "command", "other"];
    assert!(all.iter().all(|place| exposed(&batch, place).is_empty()), "{}", shown(&batch));
    let counts = ["manifests", "attestations", "statements", "build-arguments"].map(|unit| count(&batch, KIND, unit));
    assert_eq!(counts, [2, 1, 1, 1]);
    assert_eq!(of(&batch, KIND, "VERSION")[0].word("class"), Some("not-secret"));
}

#[test]
fn a_build_argument_of_mode_max_is_found_with_its_platform() {
    let value = secret();
    let arguments =
        json!({ "build-arg:DEPLOY_TOKEN": value, "build-arg:HTTP_PROXY": format!("http://u:{}@proxy:3128", secret()) });
    let request = json!({ "buildDefinition": {
        "buildType": "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md",
        "externalParameters": { "configSource": { "path": "Dockerfile" }, "request": { "frontend": "dockerfile.v0", "args": arguments } },
        "internalParameters": { "builderPlatform": "linux/amd64" }, "resolvedDependencies": [],
    } });
    for (kind, predicate) in [(SLSA02, v02(&arguments, &json!([]), "FROM a\n")), (SLSA1, request)] {
        let files = layout(kind, &predicate);
        for batch in [read(&files), archived(&files)] {
            let found = of(&batch, KIND, "DEPLOY_TOKEN");
            assert_eq!(found.len(), 1, "{}", shown(&batch));
            assert_eq!((found[0].word("where"), found[0].word("class")), (Some("build-arg"), Some("plaintext")));
            assert_eq!((found[0].word("platform"), found[0].word("predicate")), (Some("linux/amd64"), Some(kind)));
            assert!(found[0].subject.place.digest.is_some());
            assert_eq!(of(&batch, KIND, "HTTP_PROXY")[0].word("class"), Some("plaintext"));
            assert!(!shown(&batch).contains(&value) && batch.gaps.is_empty(), "{}", shown(&batch));
        }
    }
}

#[test]
fn the_embedded_dockerfile_is_read_like_a_dockerfile() {
    let dockerfile = format!(
        "FROM alpine\nARG API_TOKEN={}\nENV DB_PASSWORD={} \\\n    A=b\nRUN curl \\\n  -H 'Authorization: Bearer {}' x\nCOPY <<EOF /app/.env\nJWT_SECRET_KEY={}\nEOF\n# DEPLOY_TOKEN={}\n",
        secret(),
        secret(),
        secret(),
        secret(),
        secret()
    );
    let batch = read(&layout(SLSA02, &v02(&json!({}), &json!([]), &dockerfile)));
    assert_eq!(of(&batch, KIND, "API_TOKEN")[0].subject.place.line, Some(2), "{}", shown(&batch));
    assert_eq!(of(&batch, KIND, "DB_PASSWORD")[0].subject.place.path.as_ref().map(Name::as_str), Some("Dockerfile"));
    for line in [2, 3, 5, 8, 10] {
        assert!(lines(&batch, "dockerfile").contains(&Some(line)), "{line}: {}", shown(&batch));
    }
}

#[test]
fn a_file_of_the_build_that_is_no_base64_is_a_gap() {
    let mut predicate = clean();
    predicate["metadata"]["https://mobyproject.org/buildkit@v1#metadata"]["source"]["infos"][0]["data"] = json!("%%%");
    assert_eq!(causes(&read(&layout(SLSA02, &predicate)), KIND), [Cause::Malformed]);
}

#[test]
fn steps_environments_and_files_that_they_write_are_read() {
    let words = json!(["mysql", "--password", secret(), "-e", "select 1"]);
    let mut llb = exec(&words, &json!(["PATH=/bin", format!("STEP_TOKEN={}", secret())]));
    let file = BASE64.encode(format!("JWT_SECRET_KEY={}\n", secret()).as_bytes());
    let write = json!({ "id": "step1", "op": { "Op": { "file": { "actions": [{ "Action": { "mkfile": { "path": "/app/.env", "data": file } } }] } } } });
    llb.as_array_mut().unwrap().push(write);
    let batch = read(&layout(SLSA02, &v02(&json!({}), &llb, "FROM a\n")));
    assert_eq!(exposed(&batch, "command").len(), 2, "{}", shown(&batch));
    assert_eq!(of(&batch, KIND, "STEP_TOKEN")[0].word("where"), Some("environment"));
    assert_eq!(of(&batch, KIND, "JWT_SECRET_KEY").len(), 1);
}

/// BuildKit before 0.11.4 wrote the credentials of git URLs into provenance (GHSA-gc89-7gcr-jxqc).
#[test]
fn credentials_of_git_urls_are_found_plain_and_percent_encoded() {
    let token = || format!("ghp_{}", alphanumeric());
    let escaped = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<Vec<_>>().concat();
    for uri in [
        format!("https://user:{}@github.com/org/app.git#refs/heads/main", secret()),
        format!("https://{}@github.com/org/app.git", secret()),
        format!("https://{}@github.com/org/app.git", token()),
        format!("https://user:{}@git.example.com/app.git", escaped(&secret())),
        format!("git+https%3A%2F%2Fuser%3A{}%40git.example.com%2Fapp.git", secret()),
        format!("pkg:generic/app@1?vcs_url=git%2Bhttps%3A%2F%2Fuser%3A{}%40git.example.com%2Fapp.git", secret()),
    ] {
        for change in 0..4 {
            let mut predicate = clean();
            match change {
                0 => predicate["invocation"]["configSource"]["uri"] = json!(uri),
                1 => predicate["materials"][0]["uri"] = json!(uri),
                2 => predicate["buildDefinition"] = json!({ "resolvedDependencies": [{ "uri": uri }] }),
                _ => predicate["invocation"]["parameters"]["args"]["context"] = json!(uri),
            }
            let batch = read(&layout(SLSA02, &predicate));
            assert_eq!(exposed(&batch, "source-url").len(), 1, "{change} {uri}: {}", shown(&batch));
        }
    }
}

fn alphanumeric() -> String {
    let mut bytes = [0_u8; 36];
    getrandom::fill(&mut bytes).unwrap();
    bytes
        .iter()
        .map(|b| b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[usize::from(*b) % 62] as char)
        .collect()
}

#[test]
fn names_of_packages_are_no_secrets_and_their_texts_may_hold_some() {
    let digest = "8914eb54f968791faf6a8638949e480fef81e697984fba772b3976835194c6d4";
    let spdx = |comment: &str| {
        json!({
            "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "sbom", "packages": [{
                "name": "passwd", "SPDXID": "SPDXRef-Package-deb-passwd-4f2b220de5058abf", "versionInfo": "1:4.13+dfsg1-1",
                "downloadLocation": "https://deb.debian.org/pool/passwd.deb", "comment": comment,
                "checksums": [{ "algorithm": "SHA256", "checksumValue": digest }],
                "externalRefs": [{ "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:deb/debian/passwd@1%3A4.13+dfsg1-1?arch=amd64" }],
            }, { "name": "secret-token-password", "versionInfo": "0.1.0", "SPDXID": "SPDXRef-Package-npm-secret-token-9f8e7d6c5b4a3921" }],
        })
    };
    let cyclonedx = |value: &str| {
        json!({
            "bomFormat": "CycloneDX", "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
            "components": [{ "type": "library", "name": "jsonwebtoken", "bom-ref": "pkg:npm/jsonwebtoken@9.0.0?package-id=4f2b220de5058abf",
                "hashes": [{ "alg": "SHA-512", "content": digest.repeat(2) }], "properties": [{ "name": "note", "value": value }] }],
        })
    };
    let leak = || format!("export DEPLOY_TOKEN={}\nrun", secret());
    for (kind, quiet, loud) in [
        ("https://spdx.dev/Document", spdx("a \"quoted\" note"), spdx(&leak())),
        ("https://cyclonedx.org/bom", cyclonedx("a note"), cyclonedx(&leak())),
    ] {
        let batch = read(&layout(kind, &quiet));
        assert!(batch.evidence.is_empty() && batch.gaps.is_empty(), "{}", shown(&batch));
        let batch = read(&layout(kind, &loud));
        assert_eq!(exposed(&batch, "sbom").len(), 1, "{}", shown(&batch));
        assert_eq!(of(&batch, KIND, "DEPLOY_TOKEN").len(), 1);
    }
}

#[test]
fn any_other_predicate_is_searched_as_well() {
    let predicate = json!({ "scanner": { "result": { "note": format!("DEPLOY_TOKEN={}", secret()) } } });
    let batch = read(&layout("https://example.org/scan/v1", &predicate));
    assert_eq!(exposed(&batch, "other").len(), 1, "{}", shown(&batch));
}

#[test]
fn an_envelope_is_opened() {
    let mut files = Files::oci();
    let amd64 = files.image(&image("amd64"));
    let inner = statement(&amd64, SLSA02, &v02(&json!({ "build-arg:DEPLOY_TOKEN": secret() }), &json!([]), "FROM a\n"));
    let inner = inner.to_string().into_bytes();
    let envelope = |payload: String| json!({ "payloadType": "application/vnd.in-toto+json", "payload": payload, "signatures": [{ "sig": "" }] });
    let bundle = json!({ "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "dsseEnvelope": envelope(BASE64.encode(&inner)) });
    for wrapped in [envelope(BASE64.encode(&inner)), envelope(BASE64URL_NOPAD.encode(&inner)), bundle] {
        let attestation = files.attested(&amd64, &[wrapped]);
        let index = files.index(&[amd64.clone(), attestation]);
        files.root(&[index]);
        let batch = read(&files);
        assert_eq!(of(&batch, KIND, "DEPLOY_TOKEN").len(), 1, "{}", shown(&batch));
        assert!(batch.gaps.is_empty(), "{}", shown(&batch));
    }
}

#[test]
fn what_is_no_statement_is_a_gap_and_hides_no_other() {
    let mut files = Files::oci();
    let amd64 = files.image(&image("amd64"));
    let good = statement(&amd64, SLSA02, &v02(&json!({ "build-arg:DEPLOY_TOKEN": secret() }), &json!([]), "FROM a\n"));
    let mut both = good.clone();
    both["payload"] = json!("e30=");
    for (bad, cause) in [
        (json!({ "a": 1 }), Cause::Malformed),
        (json!([]), Cause::Malformed),
        (
            json!({ "_type": "https://in-toto.io/Statement/v1", "predicateType": SLSA1, "subject": [] }),
            Cause::Malformed,
        ),
        (json!({ "payloadType": "application/vnd.in-toto+json", "payload": "%%%" }), Cause::Malformed),
        (json!({ "payloadType": "text/plain", "payload": "e30=" }), Cause::Unsupported),
        (both, Cause::Inconsistent),
    ] {
        let attestation = files.attested(&amd64, &[bad.clone(), good.clone()]);
        let index = files.index(&[amd64.clone(), attestation]);
        files.root(&[index]);
        let batch = read(&files);
        assert_eq!(causes(&batch, KIND), [cause], "{bad}: {}", shown(&batch));
        assert_eq!(of(&batch, KIND, "DEPLOY_TOKEN").len(), 1);
    }
}

#[test]
fn a_member_that_stands_twice_hides_nothing() {
    let mut files = layout(SLSA02, &clean());
    let path = files.0.iter().find(|(_, bytes)| bytes.windows(11).any(|w| w == b"in-toto.io/")).unwrap().0.clone();
    let doubled = String::from_utf8(files.0[&path].clone()).unwrap().replacen(
        "\"build-arg:VERSION\"",
        &format!("\"build-arg:DEPLOY_TOKEN\":\"{}\",\"build-arg:DEPLOY_TOKEN\":\"\",\"build-arg:VERSION\"", secret()),
        1,
    );
    files = relaid(&doubled);
    assert_eq!(exposed(&read(&files), "build-arg").len(), 1);
}

/// A layout whose one statement is this text.
fn relaid(text: &str) -> Files {
    let mut files = Files::oci();
    let amd64 = files.image(&image("amd64"));
    let digest = super::builder::digest(text.as_bytes());
    files.0.insert(format!("blobs/sha256/{}", &digest[7..]), text.as_bytes().to_vec());
    let layer = json!({ "mediaType": "application/vnd.in-toto+json", "digest": digest, "size": text.len() });
    let attestation = with_layers(&mut files, &amd64, &[layer]);
    let index = files.index(&[amd64, attestation]);
    files.root(&[index]);
    files
}

fn with_layers(files: &mut Files, of: &Value, layers: &[Value]) -> Value {
    let empty = files.blob("x", &json!({ "architecture": "unknown", "os": "unknown" }));
    let mut attestation = files.blob("x", &json!({ "schemaVersion": 2, "config": empty, "layers": layers }));
    attestation["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
    attestation["annotations"] =
        json!({ "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": of["digest"] });
    attestation
}

#[test]
fn an_encrypted_statement_is_unsupported() {
    let mut files = Files::oci();
    let amd64 = files.image(&image("amd64"));
    let mut layer = files.blob("application/vnd.in-toto+json+encrypted", &json!({}));
    layer["size"] = json!(2);
    let attestation = with_layers(&mut files, &amd64, &[layer]);
    let index = files.index(&[amd64, attestation]);
    files.root(&[index]);
    assert_eq!(causes(&read(&files), KIND), [Cause::Unsupported]);
}

#[test]
fn an_attestation_about_another_manifest_is_inconsistent_and_read() {
    let mut files = Files::oci();
    let (amd64, arm64) = (files.image(&image("amd64")), files.image(&image("arm64")));
    let leak = v02(&json!({ "build-arg:DEPLOY_TOKEN": secret() }), &json!([]), "FROM a\n");
    let about = |files: &mut Files, of: &Value, named: Option<&str>| {
        let statement = statement(of, SLSA02, &leak);
        let mut attestation = files.attested(&amd64, &[statement]);
        match named {
            Some(digest) => attestation["annotations"]["vnd.docker.reference.digest"] = json!(digest),
            None => drop(attestation["annotations"].as_object_mut().unwrap().remove("vnd.docker.reference.digest")),
        }
        attestation
    };
    let absent = format!("sha256:{}", "ab".repeat(32));
    let own = amd64["digest"].as_str().unwrap().to_owned();
    for (of_statement, named, gaps) in
        [(&arm64, Some(own.as_str()), 1), (&amd64, Some(absent.as_str()), 2), (&amd64, None, 1)]
    {
        let attestation = about(&mut files, of_statement, named);
        let index = files.index(&[amd64.clone(), arm64.clone(), attestation]);
        files.root(&[index]);
        let batch = read(&files);
        assert_eq!(causes(&batch, KIND), vec![Cause::Inconsistent; gaps], "{}", shown(&batch));
        assert_eq!(of(&batch, KIND, "DEPLOY_TOKEN").len(), 1, "{}", shown(&batch));
    }
}

/// OCI 1.1: an artifact type, an empty config and a subject instead of annotations.
#[test]
fn an_attestation_in_artifact_form_is_one() {
    let mut files = Files::oci();
    let amd64 = files.image(&image("amd64"));
    let statement =
        statement(&amd64, SLSA02, &v02(&json!({ "build-arg:DEPLOY_TOKEN": secret() }), &json!([]), "FROM a\n"));
    let layer = files.blob("application/vnd.in-toto+json", &statement);
    let empty = json!({ "mediaType": "application/vnd.oci.empty.v1+json", "size": 2, "data": "e30=",
        "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" });
    let manifest = json!({ "schemaVersion": 2, "artifactType": "application/vnd.docker.attestation.manifest.v1+json",
        "config": empty, "layers": [layer], "subject": amd64 });
    let mut attestation = files.blob("application/vnd.oci.image.manifest.v1+json", &manifest);
    attestation["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
    let index = files.index(&[amd64, attestation]);
    files.root(&[index]);
    let batch = read(&files);
    assert_eq!(of(&batch, KIND, "DEPLOY_TOKEN").len(), 1, "{}", shown(&batch));
    assert!(batch.gaps.is_empty(), "{}", shown(&batch));
}
