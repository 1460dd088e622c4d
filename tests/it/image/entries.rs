//! Archives whose entries fight for one name: engines and tools disagree on which of them counts.

use super::archives::read;
use super::builder::{Files, header};
use super::layouts::{clean, leaky};
use crate::docker::rig::{causes, of, shown};
use leakproof::evidence::Cause;
use tar::EntryType;

/// An entry behind or before an archive: kind, path, and content or link's target. The path is written as it is.
fn entry(kind: EntryType, path: &str, content: &[u8]) -> Vec<u8> {
    let is_link = kind != EntryType::Regular && kind != EntryType::Directory;
    let mut head = header(if is_link { 0 } else { content.len() as u64 });
    head.set_entry_type(kind);
    head.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
    if is_link {
        head.as_gnu_mut().unwrap().linkname[..content.len()].copy_from_slice(content);
    }
    head.set_cksum();
    let mut bytes = head.as_bytes().to_vec();
    if !is_link {
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes
}

/// An archive with more entries behind those that it has.
fn behind(files: &Files, entries: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = files.tar();
    bytes.truncate(bytes.len() - 1024);
    entries.iter().for_each(|entry| bytes.extend(entry));
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

fn is_ambiguous(bytes: &[u8]) -> bool {
    let batch = read(bytes);
    causes(&batch, "image.env").contains(&Cause::Inconsistent)
        && batch.coverage.iter().all(|coverage| !coverage.is_complete())
}

#[test]
fn a_second_manifest_of_the_same_cleaned_name_is_inconsistent() {
    let (files, other) = (Files::docker(&clean("amd64")), Files::docker(&leaky("amd64")));
    let (manifest, config) = (&other.0["manifest.json"], other.0.iter().find(|(path, _)| path.len() == 69).unwrap());
    let config = entry(EntryType::Regular, config.0, config.1);
    for path in ["manifest.json", "/manifest.json", "./manifest.json", "x/../manifest.json", "//./manifest.json"] {
        let bytes = behind(&files, &[config.clone(), entry(EntryType::Regular, path, manifest)]);
        assert!(is_ambiguous(&bytes), "{path}");
        // The last one is what an engine would unpack.
        assert_eq!(of(&read(&bytes), "image.env", "JWT_SECRET_KEY").len(), 1, "{path}");
    }
}

#[test]
fn a_link_in_the_place_of_a_document_is_inconsistent() {
    let files = Files::docker(&clean("amd64"));
    for kind in [EntryType::Symlink, EntryType::Link] {
        for path in ["manifest.json", "./manifest.json", "a/../index.json"] {
            assert!(is_ambiguous(&behind(&files, &[entry(kind, path, b"evil")])), "{path}");
        }
    }
}

#[test]
fn a_manifest_behind_a_linked_directory_is_inconsistent() {
    let (files, other) = (Files::docker(&clean("amd64")), Files::docker(&leaky("amd64")));
    let manifest = entry(EntryType::Regular, "x/manifest.json", &other.0["manifest.json"]);
    let link = entry(EntryType::Symlink, "x", b".");
    assert!(is_ambiguous(&behind(&files, &[link.clone(), manifest.clone()])));
    assert!(is_ambiguous(&behind(&files, &[manifest, link])));
    assert!(is_ambiguous(&behind(&files, &[entry(EntryType::Directory, "manifest.json/", b"")])));
}

#[test]
fn links_between_layers_and_documents_that_are_repeated_as_they_are_confuse_nobody() {
    let files = Files::docker(&clean("amd64"));
    let same = entry(EntryType::Regular, "./manifest.json", &files.0["manifest.json"]);
    let layer = entry(EntryType::Symlink, "0/layer.tar", b"../1/layer.tar");
    let folder = entry(EntryType::Directory, "./", b"");
    let batch = read(&behind(&files, &[same, layer, folder]));
    assert!(batch.gaps.is_empty(), "{}", shown(&batch));
}

#[test]
fn an_index_behind_many_blanks_is_read() {
    let mut files = Files::docker(&clean("amd64"));
    let mut index = vec![b' '; 200];
    index.extend(br#"{"manifests":[{"digest":"x"}]}"#);
    files.0.insert("index.json".into(), index);
    let batch = read(&files.tar());
    assert_eq!(causes(&batch, "image.env"), [Cause::Malformed], "{}", shown(&batch));
}
