//! A world's image: a `docker save` archive made from its config and history. Beside it, archives of a container's
//! files, as `docker export` and `docker cp` write them.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io;
use std::path::Path;

/// Writes the archive, and gives the digest of its config. Every history entry that is not an empty layer gets a layer of its own: what stands under
/// its `files`, which is no part of the history, and a small file beside.
pub(super) fn build(text: &str, to: &Path) -> io::Result<String> {
    let mut config: Value = serde_json::from_str(text)?;
    let mut contents = Vec::new();
    for entry in config["history"].as_array_mut().into_iter().flatten() {
        let files = entry.as_object_mut().and_then(|entry| entry.remove("files"));
        contents.extend((entry["empty_layer"] != true).then_some(files));
    }
    let mut archive = tar::Builder::new(std::fs::File::create(to)?);
    let mut layers = Vec::new();
    let mut digests = Vec::new();
    for (number, files) in contents.iter().enumerate() {
        let layer = layer(number, files.as_ref())?;
        let hex = sha256(&layer);
        append(&mut archive, &format!("{hex}/layer.tar"), &layer)?;
        layers.push(format!("{hex}/layer.tar"));
        digests.push(format!("sha256:{hex}"));
    }
    config["rootfs"] = json!({ "type": "layers", "diff_ids": digests });
    let config = serde_json::to_vec(&config)?;
    let digest = sha256(&config);
    let name = format!("{digest}.json");
    append(&mut archive, &name, &config)?;
    let manifest = json!([{ "Config": name, "RepoTags": ["ml-incident-api:1.2.3"], "Layers": layers }]);
    append(&mut archive, "manifest.json", &serde_json::to_vec(&manifest)?)?;
    archive.into_inner()?;
    Ok(digest)
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
