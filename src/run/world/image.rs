//! A world's image: an archive as `docker save` of an engine with the containerd image store writes it, made from the
//! image's config, its history and its attestations. Beside it, archives of a container's files, as `docker export` and
//! `docker cp` write them.

use data_encoding::BASE64;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io;
use std::path::Path;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// Writes the archive and gives the digests of the image's manifest and of its config. Every history entry that is not an empty layer gets
/// a layer of its own: what stands under its `files`, which is no part of the history, and a small file beside. What
/// stands under `attestations` becomes statements about the image.
pub(super) fn build(text: &str, to: &Path) -> io::Result<(String, String)> {
    let mut config: Value = serde_json::from_str(text)?;
    let attestations = config.as_object_mut().and_then(|config| config.remove("attestations"));
    let mut contents = Vec::new();
    for entry in config["history"].as_array_mut().into_iter().flatten() {
        let files = entry.as_object_mut().and_then(|entry| entry.remove("files"));
        contents.extend((entry["empty_layer"] != true).then_some(files));
    }
    let mut layout = Layout { archive: tar::Builder::new(std::fs::File::create(to)?) };
    let mut layers = Vec::new();
    for (number, files) in contents.iter().enumerate() {
        layers.push(layout.blob("application/vnd.oci.image.layer.v1.tar", &layer(number, files.as_ref())?)?);
    }
    let digests: Vec<&Value> = layers.iter().map(|layer| &layer["digest"]).collect();
    config["rootfs"] = json!({ "type": "layers", "diff_ids": digests });
    let platform = json!({ "os": config["os"], "architecture": config["architecture"] });
    let config = layout.json(CONFIG, &config)?;
    let mut image = layout.manifest(&config, &layers)?;
    image["platform"] = platform;
    let digest = image["digest"].as_str().unwrap_or_default().to_owned();
    let saved = json!([{ "Config": path(&config), "RepoTags": ["ml-incident-api:1.2.3"],
        "Layers": layers.iter().map(path).collect::<Vec<_>>() }]);
    let mut manifests = vec![image];
    if let Some(Value::Array(predicates)) = attestations {
        manifests.push(layout.attestation(predicates, &digest)?);
    }
    let index = layout.json(INDEX, &json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests }))?;
    let root = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [index] });
    for (name, document) in
        [("index.json", root), ("manifest.json", saved), ("oci-layout", json!({ "imageLayoutVersion": "1.0.0" }))]
    {
        append(&mut layout.archive, name, &serde_json::to_vec(&document)?)?;
    }
    layout.archive.into_inner()?;
    Ok((digest, config["digest"].as_str().unwrap_or_default().to_owned()))
}

/// An OCI layout that is being written.
struct Layout {
    archive: tar::Builder<std::fs::File>,
}

impl Layout {
    /// Adds a blob and gives its descriptor.
    fn blob(&mut self, media_type: &str, bytes: &[u8]) -> io::Result<Value> {
        let descriptor =
            json!({ "mediaType": media_type, "digest": format!("sha256:{}", sha256(bytes)), "size": bytes.len() });
        append(&mut self.archive, &path(&descriptor), bytes)?;
        Ok(descriptor)
    }

    fn json(&mut self, media_type: &str, document: &Value) -> io::Result<Value> {
        self.blob(media_type, &serde_json::to_vec(document)?)
    }

    fn manifest(&mut self, config: &Value, layers: &[Value]) -> io::Result<Value> {
        let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers });
        self.json(MANIFEST, &manifest)
    }

    /// Adds statements about the manifest of this digest, as `BuildKit` does.
    fn attestation(&mut self, predicates: Vec<Value>, digest: &str) -> io::Result<Value> {
        let mut layers = Vec::new();
        let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
        for mut stated in predicates {
            encode(&mut stated["predicate"]);
            let statement = json!({
                "_type": "https://in-toto.io/Statement/v0.1", "predicateType": stated["predicateType"],
                "subject": [{ "name": "pkg:docker/ml-incident-api@1.2.3", "digest": { "sha256": hex } }],
                "predicate": stated["predicate"],
            });
            let mut layer = self.json("application/vnd.in-toto+json", &statement)?;
            layer["annotations"] = json!({ "in-toto.io/predicate-type": stated["predicateType"] });
            layers.push(layer);
        }
        let nowhere = json!({ "os": "unknown", "architecture": "unknown" });
        let config = self.json(CONFIG, &nowhere)?;
        let mut manifest = self.manifest(&config, &layers)?;
        manifest["platform"] = nowhere;
        manifest["annotations"] = json!({
            "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": digest,
        });
        Ok(manifest)
    }
}

/// A file of the build stands in provenance in base64; here it is written as it is.
fn encode(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(encode),
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "data" => *text = BASE64.encode(text.as_bytes()),
                    _ => encode(member),
                }
            }
        }
        _ => {}
    }
}

/// Where a blob lies.
fn path(descriptor: &Value) -> String {
    format!("blobs/{}", descriptor["digest"].as_str().unwrap_or_default().replace(':', "/"))
}

/// Writes the archives of a container's files: each is named with its files, by path.
pub(super) fn archives(text: &str, directory: &Path) -> io::Result<()> {
    let archives: Value = serde_json::from_str(text)?;
    for (name, files) in archives.as_object().into_iter().flatten() {
        let mut archive = tar::Builder::new(std::fs::File::create(directory.join(name))?);
        for (path, content) in files.as_object().into_iter().flatten() {
            append(&mut archive, path, content.as_str().unwrap_or_default().as_bytes())?;
        }
        archive.into_inner()?;
    }
    Ok(())
}

fn layer(number: usize, files: Option<&Value>) -> io::Result<Vec<u8>> {
    let mut layer = tar::Builder::new(Vec::new());
    for (path, content) in files.and_then(Value::as_object).into_iter().flatten() {
        append(&mut layer, path, content.as_str().unwrap_or_default().as_bytes())?;
    }
    append(&mut layer, &format!("app/part-{number}"), format!("part {number} of the demo's image\n").as_bytes())?;
    layer.into_inner()
}

fn append<W: io::Write>(archive: &mut tar::Builder<W>, path: &str, bytes: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_cksum();
    archive.append_data(&mut header, path, bytes)
}

fn sha256(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}
