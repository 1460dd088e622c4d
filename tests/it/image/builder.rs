//! Builds image archives and OCI layouts in memory: whole ones, and broken ones.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// `sha256:…` of bytes.
pub(crate) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", data_encoding::HEXLOWER.encode(&Sha256::digest(bytes)))
}

/// A config document with as many layers as entries that are not empty.
pub(crate) fn config(architecture: &str, config: &Value, history: &[Value]) -> Value {
    let layers = history.iter().filter(|step| step.get("empty_layer") != Some(&json!(true))).count();
    json!({
        "architecture": architecture, "os": "linux", "config": config, "history": history,
        "rootfs": { "type": "layers", "diff_ids": vec![digest(b"layer"); layers] },
    })
}

/// A history entry that made a layer.
pub(crate) fn step(created_by: &str) -> Value {
    json!({ "created_by": created_by, "comment": "buildkit.dockerfile.v0" })
}

/// A history entry that made none.
pub(crate) fn meta(created_by: &str) -> Value {
    json!({ "created_by": created_by, "comment": "buildkit.dockerfile.v0", "empty_layer": true })
}

fn layers(config: &Value) -> usize {
    config["rootfs"]["diff_ids"].as_array().map_or(0, Vec::len)
}

/// The files of a layout, by path.
#[derive(Clone, Default)]
pub(crate) struct Files(pub(crate) BTreeMap<String, Vec<u8>>);

impl Files {
    /// What `docker save` of older engines writes: `HEX.json`, layers, `manifest.json` last.
    pub(crate) fn docker(config: &Value) -> Self {
        let bytes = config.to_string().into_bytes();
        let name = format!("{}.json", &digest(&bytes)[7..]);
        let paths: Vec<String> = (0..layers(config)).map(|i| format!("{i:064}/layer.tar")).collect();
        let mut files = Self::default();
        for path in &paths {
            files.0.insert(path.clone(), vec![0; 1024]);
        }
        let manifest = json!([{ "Config": name, "RepoTags": ["app:1"], "Layers": paths }]);
        files.0.insert("manifest.json".into(), manifest.to_string().into_bytes());
        files.0.insert(name, bytes);
        files
    }

    /// An OCI layout whose index points at these descriptors.
    pub(crate) fn oci() -> Self {
        let mut files = Self::default();
        files.0.insert("oci-layout".into(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec());
        files
    }

    /// Adds a blob and gives its descriptor.
    pub(crate) fn blob(&mut self, media_type: &str, content: &Value) -> Value {
        let bytes = content.to_string().into_bytes();
        let digest = digest(&bytes);
        let size = bytes.len();
        self.0.insert(format!("blobs/sha256/{}", &digest[7..]), bytes);
        json!({ "mediaType": media_type, "digest": digest, "size": size })
    }

    /// Adds an image's config and manifest and gives the manifest's descriptor.
    pub(crate) fn image(&mut self, config: &Value) -> Value {
        let config_blob = self.blob("application/vnd.oci.image.config.v1+json", config);
        let layer = json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest(b"layer"), "size": 5 });
        let manifest = json!({ "schemaVersion": 2, "config": config_blob, "layers": vec![layer; layers(config)] });
        let mut descriptor = self.blob("application/vnd.oci.image.manifest.v1+json", &manifest);
        descriptor["platform"] = json!({ "os": "linux", "architecture": config["architecture"] });
        descriptor
    }

    /// Adds an attestation manifest as `BuildKit` writes it.
    pub(crate) fn attestation(&mut self, of: &Value) -> Value {
        let config = self
            .blob("application/vnd.oci.image.config.v1+json", &json!({ "architecture": "unknown", "os": "unknown" }));
        let layer = json!({ "mediaType": "application/vnd.in-toto+json", "digest": digest(b"statement"), "size": 9 });
        let manifest = json!({ "schemaVersion": 2, "config": config, "layers": [layer] });
        let mut descriptor = self.blob("application/vnd.oci.image.manifest.v1+json", &manifest);
        descriptor["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
        descriptor["annotations"] = json!({
            "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": of["digest"],
        });
        descriptor
    }

    /// Adds an attestation manifest with these statements, each a blob, and gives its descriptor.
    pub(crate) fn attested(&mut self, of: &Value, statements: &[Value]) -> Value {
        let empty = self
            .blob("application/vnd.oci.image.config.v1+json", &json!({ "architecture": "unknown", "os": "unknown" }));
        let layers: Vec<Value> =
            statements.iter().map(|statement| self.blob("application/vnd.in-toto+json", statement)).collect();
        let manifest = json!({ "schemaVersion": 2, "config": empty, "layers": layers });
        let mut descriptor = self.blob("application/vnd.oci.image.manifest.v1+json", &manifest);
        descriptor["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
        descriptor["annotations"] = json!({
            "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": of["digest"],
        });
        descriptor
    }

    /// Adds an index and gives its descriptor.
    pub(crate) fn index(&mut self, manifests: &[Value]) -> Value {
        let kind = "application/vnd.oci.image.index.v1+json";
        self.blob(kind, &json!({ "schemaVersion": 2, "mediaType": kind, "manifests": manifests }))
    }

    /// Writes `index.json`.
    pub(crate) fn root(&mut self, manifests: &[Value]) {
        let index = json!({ "schemaVersion": 2, "manifests": manifests });
        self.0.insert("index.json".into(), index.to_string().into_bytes());
    }

    /// Removes the blob of a descriptor.
    pub(crate) fn forget(&mut self, descriptor: &Value) {
        let digest = descriptor["digest"].as_str().unwrap();
        assert!(self.0.remove(&format!("blobs/sha256/{}", &digest[7..])).is_some());
    }

    /// As a directory.
    pub(crate) fn write(&self, root: &Path) {
        for (path, bytes) in &self.0 {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }

    /// As a tar.
    pub(crate) fn tar(&self) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, bytes) in &self.0 {
            tar.append_data(&mut header(bytes.len() as u64), path, bytes.as_slice()).unwrap();
        }
        tar.into_inner().unwrap()
    }
}

/// A header for a regular file.
pub(crate) fn header(size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o644);
    header
}

/// Compresses.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
