//! Layers: what their files hold, in every packing and from every source. Each test is named after the trap it closes.

use super::builder::{Files, config, digest, gzip, header, meta, step};
use crate::docker::rig::{causes, collect, count, secret, shown};
use leakproof::evidence::{Batch, Cause, Evidence, Fact, Name};
use serde_json::{Value, json};
use std::io::Write;

const FILE: [&str; 1] = ["image.file"];

/// How a layer is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zstd,
}

const PACKINGS: [Packing; 3] = [Packing::Plain, Packing::Gzip, Packing::Zstd];

impl Packing {
    fn pack(self, tar: &[u8]) -> Vec<u8> {
        match self {
            Self::Plain => tar.to_vec(),
            Self::Gzip => gzip(tar),
            Self::Zstd => zstd::encode_all(tar, 3).unwrap(),
        }
    }
}

/// A layer's tar.
pub(crate) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = header(content.len() as u64);
        // As it is written: also what an honest builder would refuse.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        tar.append(&header, *content).unwrap();
    }
    tar.into_inner().unwrap()
}

/// An image of these layers: its config, and a layout.
pub(crate) fn image(files: &mut Files, architecture: &str, layers: &[Vec<u8>]) -> Value {
    let steps: Vec<Value> = (1..=layers.len()).map(|n| step(&format!("COPY {n} / # buildkit"))).collect();
    let config = config(architecture, &json!({ "Cmd": ["app"] }), &[vec![meta("CMD [\"sh\"]")], steps].concat());
    let config = files.blob("application/vnd.oci.image.config.v1+json", &config);
    let blob = |files: &mut Files, bytes: &Vec<u8>| {
        let digest = digest(bytes);
        files.0.insert(format!("blobs/sha256/{}", &digest[7..]), bytes.clone());
        let packed = match bytes[..] {
            [0x1f, 0x8b, ..] => "+gzip",
            [0x28, 0xb5, 0x2f, 0xfd, ..] => "+zstd",
            _ => "",
        };
        let kind = format!("application/vnd.oci.image.layer.v1.tar{packed}");
        json!({ "mediaType": kind, "digest": digest, "size": bytes.len() })
    };
    let layers: Vec<Value> = layers.iter().map(|layer| blob(files, layer)).collect();
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let manifest = json!({ "schemaVersion": 2, "mediaType": kind, "config": config, "layers": layers });
    let mut descriptor = files.blob(kind, &manifest);
    descriptor["platform"] = json!({ "os": "linux", "architecture": architecture });
    descriptor
}

pub(super) fn layout(layers: &[Vec<u8>]) -> Files {
    let mut files = Files::oci();
    let descriptor = image(&mut files, "amd64", layers);
    files.root(&[descriptor]);
    files
}

/// What older engines write.
fn classic(layers: &[Vec<u8>]) -> Files {
    let steps: Vec<Value> = (1..=layers.len()).map(|n| step(&format!("COPY {n} / # buildkit"))).collect();
    let mut config = config("amd64", &json!({}), &[vec![meta("CMD [\"sh\"]")], steps].concat());
    config["rootfs"]["diff_ids"] = layers.iter().map(|layer| digest(layer)).collect();
    let mut files = Files::docker(&config);
    let paths: Vec<String> = files.0.keys().filter(|path| path.ends_with("layer.tar")).cloned().collect();
    for (path, layer) in paths.iter().zip(layers) {
        files.0.insert(path.clone(), layer.clone());
    }
    files
}

fn of_archive(bytes: &[u8], rest: &str) -> Batch {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("image.tar"), bytes).unwrap();
    collect(&format!("service: t\nimages: [ \"docker-archive:image.tar\" ]\n{rest}\n"), dir.path(), &FILE)
}

pub(super) fn of_layout(files: &Files, rest: &str) -> Batch {
    let dir = tempfile::tempdir().unwrap();
    files.write(&dir.path().join("image"));
    collect(&format!("service: t\nimages: [ \"oci:image\" ]\n{rest}\n"), dir.path(), &FILE)
}

/// The same image from every source that needs no engine.
pub(super) fn everywhere(layers: &[Vec<u8>]) -> Vec<(&'static str, Batch)> {
    let oci = layout(layers);
    let mut all = vec![
        ("layout", of_layout(&oci, "")),
        ("archive of a layout", of_archive(&oci.tar(), "")),
        ("packed archive of a layout", of_archive(&gzip(&oci.tar()), "")),
    ];
    let plain = layers.iter().all(|layer| layer.get(257..262) == Some(b"ustar".as_slice()));
    if plain {
        all.push(("older archive", of_archive(&classic(layers).tar(), "")));
        all.push(("packed older archive", of_archive(&gzip(&classic(layers).tar()), "")));
    }
    all
}

/// `path:line` of everything exposed, in order.
pub(crate) fn told(batch: &Batch) -> Vec<String> {
    let mut all: Vec<String> = exposed(batch).into_iter().map(at).collect();
    all.sort();
    all
}

fn at(one: &Evidence) -> String {
    let place = &one.subject.place;
    format!("{}:{}", place.path.as_ref().map_or("", Name::as_str), place.line.unwrap_or_default())
}

pub(super) fn exposed(batch: &Batch) -> Vec<&Evidence> {
    let classes = ["plaintext", "placeholder", "template-failure"];
    batch.evidence.iter().filter(|one| one.word("class").is_some_and(|class| classes.contains(&class))).collect()
}

pub(super) fn visible(one: &Evidence) -> bool {
    one.facts.iter().any(|(name, fact)| name.as_str() == "visible" && matches!(fact, Fact::Bool(true)))
}

pub(crate) fn line(value: &str) -> String {
    format!("PORT=8000\nJWT_SECRET_KEY={value}\n")
}

#[test]
fn a_file_that_a_later_layer_removes_is_found_with_its_layer_path_and_step() {
    for packing in PACKINGS {
        for clean in [false, true] {
            let value = if clean { String::new() } else { secret() };
            let content = line(&value);
            let layers = [
                tar(&[("bin/app", b"\x7fELF")]),
                tar(&[("./app/.env", content.as_bytes()), ("app/main.py", b"print(1)\n")]),
                tar(&[("app/.wh..env", b"")]),
            ];
            let layers: Vec<Vec<u8>> = layers.iter().map(|layer| packing.pack(layer)).collect();
            for (source, batch) in everywhere(&layers) {
                let what = format!("{packing:?} {source} clean: {clean} {}", shown(&batch));
                assert!(batch.gaps.is_empty(), "{what}");
                assert_eq!(count(&batch, "image.file", "files"), 3, "{what}");
                assert_eq!(count(&batch, "image.file", "layers"), 3, "{what}");
                assert_eq!(told(&batch), if clean { vec![] } else { vec!["app/.env:2"] }, "{what}");
                let file = batch.evidence.iter().find(|one| one.word("file") == Some("env-file")).unwrap();
                assert!(!visible(file), "{what}");
                assert_eq!(file.word("origin"), Some("own"), "{what}");
                assert!(shown(&batch).contains("step 3") && (clean || !shown(&batch).contains(&value)), "{what}");
                let layer = file.subject.place.layer.as_ref().map(Name::as_str).unwrap();
                let named = if source.contains("older") { "layer 2".to_owned() } else { digest(&layers[1]) };
                assert_eq!(layer, named, "{what}");
            }
        }
    }
}

#[test]
fn the_older_of_two_values_at_one_path_is_found_too() {
    let (first, second) = (line(&secret()), format!("JWT_SECRET_KEY={}\n", secret()));
    let layers = [tar(&[(".env", first.as_bytes())]), tar(&[(".env", second.as_bytes())])];
    for (source, batch) in everywhere(&layers) {
        assert_eq!(told(&batch), [".env:1", ".env:2"], "{source} {}", shown(&batch));
        let seen: Vec<bool> = exposed(&batch).into_iter().map(visible).collect();
        assert_eq!(seen.iter().filter(|visible| **visible).count(), 1, "{source}");
    }
}

#[test]
fn two_entries_of_one_path_in_one_layer_are_both_looked_through() {
    let (first, second) = (line(&secret()), format!("JWT_SECRET_KEY={}\n", secret()));
    let layers = [tar(&[(".env", first.as_bytes()), (".env", second.as_bytes())])];
    for (source, batch) in everywhere(&layers) {
        assert_eq!(told(&batch), [".env:1", ".env:2"], "{source}");
    }
}

#[test]
fn every_platform_of_an_index_is_read_and_a_shared_layer_once() {
    let shared = gzip(&tar(&[("etc/app.conf", b"level=info\n")]));
    let leak = |value: &str| gzip(&tar(&[("app/settings.py", format!("JWT_SECRET_KEY = \"{value}\"\n").as_bytes())]));
    let mut files = Files::oci();
    let arm = image(&mut files, "arm64", &[shared.clone(), leak(&secret())]);
    let amd = image(&mut files, "amd64", &[shared, gzip(&tar(&[("app/settings.py", b"import os\n")]))]);
    let index = files.index(&[amd, arm]);
    files.root(&[index]);
    let batch = of_layout(&files, "");
    assert_eq!(told(&batch), ["app/settings.py:1"], "{}", shown(&batch));
    assert!(shown(&batch).contains("linux/arm64"));
    assert_eq!(count(&batch, "image.file", "layers"), 3);
}

#[test]
fn a_secret_behind_fifty_megabytes_of_a_file_is_found_with_its_line() {
    let value = secret();
    let lines = 3_500_000;
    let mut dump = "0123456789abcd\n".repeat(lines);
    dump.push_str(&format!("JWT_SECRET_KEY=\"{value}\"\n"));
    let layer = Packing::Gzip.pack(&tar(&[("var/dump.sql", dump.as_bytes())]));
    let batch = of_layout(&layout(&[layer]), "");
    assert_eq!(told(&batch), [format!("var/dump.sql:{}", lines + 1)], "{}", shown(&batch));
    assert!(batch.gaps.is_empty());
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (path, content) in files {
        zip.start_file(*path, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn archives_inside_layers_are_opened() {
    for clean in [false, true] {
        let content = line(&if clean { String::new() } else { secret() });
        let env: (&str, &[u8]) = ("conf/.env", content.as_bytes());
        let deep = gzip(&tar(&[("b.zip", &zip(&[env]))]));
        let layer = tar(&[
            ("a.tar", &tar(&[env])),
            ("a.tgz", &gzip(&tar(&[env]))),
            ("a.tar.zst", &Packing::Zstd.pack(&tar(&[env]))),
            ("a.jar", &zip(&[env])),
            ("prod.env.gz", &gzip(content.as_bytes())),
            ("deep.tgz", &deep),
        ]);
        for (source, batch) in everywhere(&[layer]) {
            let paths = ["a.jar!/conf/.env:2", "a.tar!/conf/.env:2", "a.tar.zst!/conf/.env:2", "a.tgz!/conf/.env:2"];
            let more = ["deep.tgz!/b.zip!/conf/.env:2", "prod.env:2"];
            let expected = if clean { Vec::new() } else { [paths.as_slice(), &more].concat() };
            assert_eq!(told(&batch), expected, "{source} {}", shown(&batch));
            assert!(batch.gaps.is_empty(), "{source} {}", shown(&batch));
        }
    }
}

#[test]
fn archives_deeper_than_anybody_nests_are_a_gap_with_their_path() {
    let mut inner = tar(&[(".env", line(&secret()).as_bytes())]);
    for _ in 0..5 {
        inner = tar(&[("a.tar", &inner)]);
    }
    let batch = of_layout(&layout(&[tar(&[("a.tar", &inner)])]), "");
    assert_eq!(causes(&batch, "image.file"), [Cause::OverLimit], "{}", shown(&batch));
    assert!(shown(&batch).contains("a.tar!/a.tar!/a.tar!/a.tar"));
}

#[test]
fn an_env_file_without_values_and_a_template_are_no_failure() {
    let template = "JWT_SECRET_KEY=changeme\nDATABASE_URL=postgres://user:password@db/app\n";
    let layer = tar(&[
        (".env", b"JWT_SECRET_KEY=\nDATABASE_URL=${DATABASE_URL}\nPORT=8000\n"),
        (".env.example", template.as_bytes()),
    ]);
    for (source, batch) in everywhere(&[layer]) {
        assert_eq!(told(&batch), [""; 0], "{source} {}", shown(&batch));
        assert!(batch.gaps.is_empty(), "{source} {}", shown(&batch));
        assert_eq!(batch.evidence.len(), 1, "the env file is there all the same: {}", shown(&batch));
    }
}

#[test]
fn private_keys_and_credential_files_are_found_by_what_they_hold() {
    let key = format!(
        "-----BEGIN RSA PRIVATE KEY-----\n{}-----END RSA PRIVATE KEY-----\n",
        format!("{}\n", crate::scene::hex(64)).repeat(12)
    );
    let npm = format!("//registry.example.org/:_authToken={}\n", secret());
    let netrc = format!("machine git.example.org login app password {}\n", secret());
    let layer = tar(&[
        ("root/.ssh/id_rsa", key.as_bytes()),
        ("root/.npmrc", npm.as_bytes()),
        ("root/.netrc", netrc.as_bytes()),
        ("etc/ssl/certs/ca.pem", b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
    ]);
    for (source, batch) in everywhere(&[layer]) {
        assert_eq!(
            told(&batch),
            ["root/.netrc:1", "root/.npmrc:1", "root/.ssh/id_rsa:1"],
            "{source} {}",
            shown(&batch)
        );
    }
}

#[test]
fn a_store_of_keys_is_for_review_and_an_empty_one_is_none() {
    let layer =
        tar(&[("app/tls.P12", b"0\x82\x01\x01"), ("app/empty.jks", b""), ("app/jks", b"a"), ("lib/cacerts", b"a")]);
    for (source, batch) in everywhere(&[layer]) {
        assert_eq!(causes(&batch, "image.file"), [Cause::NeedsReview], "{source} {}", shown(&batch));
        assert!(shown(&batch).contains("app/tls.P12"), "{source}");
    }
}

#[test]
fn names_that_climb_links_devices_and_opaque_directories() {
    let content = line(&secret());
    let first = [
        entry(tar::EntryType::Regular, "../../app/.env", "", content.as_bytes()),
        entry(tar::EntryType::Symlink, "app/prod.env", "/etc/passwd", b""),
        entry(tar::EntryType::Link, "app/copy", "app/.env", b""),
        entry(tar::EntryType::Char, "dev/null", "", b""),
        entry(tar::EntryType::Fifo, "run/.env", "", b""),
        vec![0; 1024],
    ]
    .concat();
    let layers = [first, tar(&[("app/.wh..wh..opq", b"")])];
    for (source, batch) in everywhere(&layers) {
        assert_eq!(told(&batch), ["app/.env:2"], "{source} {}", shown(&batch));
        assert!(!visible(exposed(&batch)[0]), "{source}");
    }
}

#[test]
fn damaged_layers_are_gaps_and_what_came_before_is_told() {
    let value = line(&secret());
    let noise: Vec<u8> = (0..500_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let whole = tar(&[(".env", value.as_bytes()), ("big", &noise)]);
    for (what, layer, cause) in [
        ("truncated tar", whole[..20_000].to_vec(), Cause::Truncated),
        ("truncated gzip", gzip(&whole)[..gzip(&whole).len() - 30].to_vec(), Cause::Malformed),
        (
            "truncated zstd",
            {
                let z = Packing::Zstd.pack(&whole);
                z[..z.len() - 5].to_vec()
            },
            Cause::Malformed,
        ),
    ] {
        for (source, batch) in everywhere(std::slice::from_ref(&layer)) {
            let got = causes(&batch, "image.file");
            assert!(
                !got.is_empty() && got.iter().all(|one| [cause, Cause::Truncated, Cause::Malformed].contains(one)),
                "{what} {source} {got:?} {}",
                shown(&batch)
            );
            assert_eq!(told(&batch), [".env:2"], "{what} {source} {}", shown(&batch));
        }
    }
    let xz = [&[0xfd, b'7', b'z', b'X', b'Z', 0][..], &[1; 100]].concat();
    for (source, batch) in everywhere(&[xz]) {
        assert_eq!(causes(&batch, "image.file"), [Cause::Unsupported], "{source} {}", shown(&batch));
    }
}

#[test]
fn a_layer_that_is_not_here_foreign_encrypted_or_not_what_its_digest_says() {
    let good = gzip(&tar(&[("a", b"b")]));
    let path = format!("blobs/sha256/{}", &digest(&good)[7..]);
    let mut missing = layout(std::slice::from_ref(&good));
    missing.0.remove(&path);
    let mut other = layout(&[good]);
    other.0.insert(path, gzip(&tar(&[("a", b"c")])));
    for (what, files, cause) in [("missing", missing, Cause::MissingObjects), ("other", other, Cause::Inconsistent)] {
        for batch in [of_layout(&files, ""), of_archive(&files.tar(), ""), of_archive(&gzip(&files.tar()), "")] {
            assert_eq!(causes(&batch, "image.file"), [cause], "{what} {}", shown(&batch));
        }
    }
    for kind in [
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
    ] {
        let mut files = Files::oci();
        let config =
            files.blob("application/vnd.oci.image.config.v1+json", &config("amd64", &json!({}), &[step("COPY a /")]));
        let layer = json!({ "mediaType": kind, "digest": digest(b"x"), "size": 1 });
        let manifest = json!({ "schemaVersion": 2, "config": config, "layers": [layer] });
        let descriptor = files.blob("application/vnd.oci.image.manifest.v1+json", &manifest);
        files.root(&[descriptor]);
        assert_eq!(causes(&of_layout(&files, ""), "image.file"), [Cause::Unsupported], "{kind}");
    }
}

#[test]
fn a_layer_larger_than_the_limit_is_a_gap_and_never_a_pass() {
    let layer = gzip(&tar(&[("zeros", &vec![0; 3_000_000]), (".env", line(&secret()).as_bytes())]));
    let batch = of_layout(&layout(&[layer]), "limits: { archive_bytes: 1000000 }");
    assert_eq!(causes(&batch, "image.file"), [Cause::OverLimit], "{}", shown(&batch));
}

fn entry(kind: tar::EntryType, path: &str, link: &str, content: &[u8]) -> Vec<u8> {
    let mut header = header(content.len() as u64);
    header.set_entry_type(kind);
    header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
    header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
    header.set_cksum();
    let padding = vec![0; content.len().next_multiple_of(512) - content.len()];
    [header.as_bytes(), content, &padding].concat()
}

#[test]
fn content_behind_entries_that_have_none_is_read_and_a_gap() {
    let inner = entry(tar::EntryType::Regular, ".env", "", line(&secret()).as_bytes());
    for kind in [tar::EntryType::Link, tar::EntryType::Symlink, tar::EntryType::Fifo, tar::EntryType::Directory] {
        let layer = [entry(kind, "a", "b", &inner), vec![0; 1024]].concat();
        let batch = of_layout(&layout(&[layer]), "");
        assert!(causes(&batch, "image.file").contains(&Cause::Inconsistent), "{kind:?} {}", shown(&batch));
    }
    // What nobody knows is a file like any other.
    let layer = [entry(tar::EntryType::new(b'Q'), ".env", "", line(&secret()).as_bytes()), vec![0; 1024]].concat();
    assert_eq!(told(&of_layout(&layout(&[layer]), "")), [".env:2"]);
}

#[test]
fn a_whiteout_with_content_is_read_as_a_file() {
    let content = line(&secret());
    let layer =
        tar(&[("app/.wh..env", content.as_bytes()), ("b.tgz", &gzip(&tar(&[(".wh.env", content.as_bytes())])))]);
    for (source, batch) in everywhere(&[layer]) {
        assert_eq!(told(&batch), ["app/.wh..env:2", "b.tgz!/.wh.env:2"], "{source} {}", shown(&batch));
    }
}

#[test]
fn holes_and_names_without_end_are_gaps_and_end() {
    let mut sparse = tar::Header::new_gnu();
    sparse.set_entry_type(tar::EntryType::GNUSparse);
    sparse.set_path("holes").unwrap();
    sparse.set_size(512);
    let gnu = sparse.as_gnu_mut().unwrap();
    gnu.sparse[0].offset.copy_from_slice(b"00000000000\0");
    gnu.sparse[0].numbytes.copy_from_slice(b"00000001000\0");
    gnu.realsize.copy_from_slice(b"77777777777\0");
    gnu.sparse[1].offset.copy_from_slice(b"77777777777\0");
    gnu.sparse[1].numbytes.copy_from_slice(b"00000000000\0");
    sparse.set_cksum();
    let layer = [sparse.as_bytes().to_vec(), vec![1; 512], vec![0; 1024]].concat();
    assert_eq!(causes(&of_layout(&layout(&[layer]), ""), "image.file"), [Cause::OverLimit]);
    let mut builder = tar::Builder::new(Vec::new());
    let path = format!("{}.env", "a/".repeat(300_000));
    builder.append_data(&mut header(4), &path, &b"A=b\n"[..]).unwrap();
    let batch = of_layout(&layout(&[builder.into_inner().unwrap(), tar(&[("x", b"y")])]), "");
    assert_eq!(causes(&batch, "image.file"), [Cause::OverLimit], "{}", shown(&batch).len());
}

#[test]
fn packings_that_are_not_read_are_gaps_wherever_they_lie() {
    for magic in [
        &b"7z\xbc\xaf\x27\x1c"[..],
        b"Rar!\x1a\x07",
        b"\x1f\x9d\x90",
        b"\x04\x22\x4d\x18",
        b"LZIP\x01",
        b"hsqs",
        b"\xed\xab\xee\xdb",
        b"!<arch>\ndebian-binary   ",
        b"BZh91AY&SY",
    ] {
        let layer = tar(&[("opt/backup", &[magic, &[7; 300]].concat())]);
        let batch = of_layout(&layout(&[layer]), "");
        assert_eq!(causes(&batch, "image.file"), [Cause::Unsupported], "{magic:?} {}", shown(&batch));
        assert!(shown(&batch).contains("opt/backup"));
    }
}

#[test]
fn zips_that_readers_see_differently_or_not_at_all_are_gaps() {
    let content = line(&secret());
    let one = zip(&[("a/.env", content.as_bytes())]);
    let both = [one.clone(), zip(&[("x.txt", b"hello")])].concat();
    for (what, bytes, cause) in
        [("two zips", both, Cause::Inconsistent), ("damaged", one[..one.len() - 10].to_vec(), Cause::Malformed)]
    {
        let batch = of_layout(&layout(&[tar(&[("b.zip", &bytes)])]), "");
        assert_eq!(causes(&batch, "image.file"), [cause], "{what} {}", shown(&batch));
    }
}

#[test]
fn a_directory_of_one_file_per_variable_is_read_as_variables() {
    let value = secret();
    let layer = tar(&[("run/.env/JWT_SECRET_KEY", value.as_bytes()), ("run/secrets/JWT_SECRET_KEY", value.as_bytes())]);
    for (source, batch) in everywhere(&[layer]) {
        assert_eq!(told(&batch).len(), 2, "{source} {}", shown(&batch));
    }
}

#[test]
fn a_stand_in_hides_no_value_on_the_same_line_far_behind_it() {
    let filler = "\"a\": 1, ".repeat(1 << 20);
    let json =
        format!("[{{\"JWT_SECRET_KEY\":\"changeme\"}}, {{ {filler} }}, {{\"JWT_SECRET_KEY\":\"{}\"}}]", secret());
    let batch = of_layout(&layout(&[gzip(&tar(&[("a.json", json.as_bytes())]))]), "");
    assert_eq!(told(&batch), ["a.json:1"], "{}", shown(&batch).len());
}

#[test]
fn an_old_tar_without_a_mark_is_opened_too() {
    let mut header = tar::Header::new_old();
    let content = gzip(&tar(&[(".env", line(&secret()).as_bytes())]));
    header.set_path("b.tgz").unwrap();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    let padding = vec![0; content.len().next_multiple_of(512) - content.len() + 1024];
    let old = [header.as_bytes().as_slice(), &content, &padding].concat();
    let batch = of_layout(&layout(&[tar(&[("a.tgz", &gzip(&old))])]), "");
    assert_eq!(told(&batch), ["a.tgz!/b.tgz!/.env:2"], "{}", shown(&batch));
}

#[test]
fn layers_that_are_not_the_config_s_are_gaps() {
    let (leaky, clean) = (tar(&[(".env", line(&secret()).as_bytes())]), tar(&[("a", b"b")]));
    let mut swapped = classic(std::slice::from_ref(&leaky));
    let path = swapped.0.keys().find(|path| path.ends_with("layer.tar")).unwrap().clone();
    swapped.0.insert(path, clean.clone());
    assert_eq!(causes(&of_archive(&swapped.tar(), ""), "image.file"), [Cause::Inconsistent]);
    // One config, and two lists of layers.
    let mut two = classic(std::slice::from_ref(&clean));
    let mut manifest: Value = serde_json::from_slice(&two.0["manifest.json"]).unwrap();
    let mut other = manifest[0].clone();
    other["Layers"] = json!(["other/layer.tar"]);
    two.0.insert("other/layer.tar".into(), leaky);
    manifest.as_array_mut().unwrap().push(other);
    two.0.insert("manifest.json".into(), manifest.to_string().into_bytes());
    assert_eq!(causes(&of_archive(&two.tar(), ""), "image.file"), [Cause::Inconsistent]);
}

#[test]
fn members_of_a_gzip_and_zeros_behind_it_are_read_and_other_bytes_are_a_gap() {
    let whole = tar(&[("a", b"b"), (".env", line(&secret()).as_bytes())]);
    let (front, back) = whole.split_at(700);
    let members = [gzip(front), gzip(back)].concat();
    for (what, layer, gaps) in [
        ("members", members.clone(), vec![]),
        ("zeros", [members.clone(), vec![0; 10_000]].concat(), vec![]),
        ("other bytes", [members, b"garbage".to_vec()].concat(), vec![Cause::Malformed]),
    ] {
        let batch = of_layout(&layout(&[layer]), "");
        assert_eq!((told(&batch), causes(&batch, "image.file")), (vec![".env:2".to_owned()], gaps), "{what}");
    }
}

#[test]
fn what_a_repeated_layer_brings_back_is_visible_and_what_a_directory_replaces_is_not() {
    let leaky = tar(&[("app/.env", line(&secret()).as_bytes())]);
    let gone = tar(&[("app/.wh..env", b"")]);
    let directory = [entry(tar::EntryType::Directory, "app/.env", "", b""), vec![0; 1024]].concat();
    for (layers, seen) in [
        (vec![leaky.clone(), leaky.clone()], true),
        (vec![leaky.clone(), gone.clone(), leaky.clone()], true),
        (vec![leaky.clone(), leaky.clone(), gone], false),
        (vec![leaky, directory], false),
    ] {
        for (source, batch) in everywhere(&layers) {
            let all = exposed(&batch);
            assert_eq!(
                all.iter().map(|one| visible(one)).collect::<Vec<_>>().last(),
                Some(&seen),
                "{source} {}",
                shown(&batch)
            );
        }
    }
}

/// A waiver or a baseline must outlive the next build.
#[test]
fn a_finding_has_the_same_fingerprint_after_another_build_and_another_one_for_another_step() {
    let fingerprints = |layers: &[Vec<u8>]| {
        let dir = tempfile::tempdir().unwrap();
        layout(layers).write(&dir.path().join("image"));
        let args = ["check", "--image", "oci:image", "--rule", "image/layer-files", "-f", "json"];
        let report = crate::commands::report(crate::commands::leakproof().args(args).current_dir(dir.path()));
        let findings = report["findings"].as_array().unwrap().clone();
        findings.iter().map(|one| one["fingerprint"].as_str().unwrap().to_owned()).collect::<Vec<String>>()
    };
    let leaky = |other: &str| tar(&[(".env", line(&secret()).as_bytes()), ("built", other.as_bytes())]);
    let (first, second) = (fingerprints(&[leaky("one")]), fingerprints(&[leaky("two")]));
    assert_eq!((first.len(), &first), (1, &second));
    let both = fingerprints(&[leaky("one"), leaky("two")]);
    assert!(both.len() == 2 && both[0] != both[1] && both.contains(&first[0]), "{both:?} {first:?}");
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn an_image_in_an_engine_is_streamed_and_its_removed_file_found() {
    use crate::docker::rig::{BASE, Builder, build, config as docker_config, host};
    for builder in [Builder::Classic, Builder::Buildkit] {
        for clean in [false, true] {
            let value = if clean { String::new() } else { secret() };
            let text = format!("{BASE}CMD [\"sh\"]\nRUN echo JWT_SECRET_KEY={value} > /.env\nRUN rm /.env\n");
            let image = build(builder, &text, &[]);
            let batch =
                collect(&docker_config(&host(), &format!("images: [ \"{image}\" ]")), std::path::Path::new(""), &FILE);
            let what = format!("{builder:?} clean: {clean} {}", shown(&batch));
            assert_eq!(told(&batch), if clean { vec![] } else { vec![".env:1"] }, "{what}");
            assert!(batch.gaps.is_empty(), "{what}");
            assert_eq!(count(&batch, "image.file", "layers"), 3, "{what}");
            let file = batch.evidence.iter().find(|one| one.word("file") == Some("env-file")).unwrap();
            assert!(!visible(file) && file.word("origin") == Some("own"), "{what}");
        }
    }
}

#[test]
fn archives_behind_something_else_are_opened() {
    let packed = gzip(&tar(&[("app/.env", line(&secret()).as_bytes())]));
    let zipped = zip(&[("app/.env", line(&secret()).as_bytes())]);
    for (what, content) in [
        ("script", [b"#!/bin/sh\ntail -n +3 $0 | tar xz\nexit\n".as_slice(), &packed].concat()),
        ("program", [b"\x7fELF a program that unpacks itself".as_slice(), &zipped].concat()),
        ("zip app", [b"#!/usr/bin/env python3\n".as_slice(), &zipped].concat()),
    ] {
        let batch = of_layout(&layout(&[tar(&[("bin/install", &content)])]), "");
        assert_eq!(told(&batch), ["bin/install!/app/.env:2"], "{what} {}", shown(&batch));
        assert!(batch.gaps.is_empty(), "{what} {}", shown(&batch));
        let large = if what == "program" {
            [content[..10].to_vec(), vec![b'x'; 9 << 20], content].concat()
        } else {
            [content, vec![b'x'; 9 << 20]].concat()
        };
        let batch = of_layout(&layout(&[tar(&[("bin/install", &large)])]), "");
        // Who unpacks a zip from a script that goes on behind it?
        let expected = if what == "zip app" { vec![] } else { vec![Cause::Unsupported] };
        assert_eq!(causes(&batch, "image.file"), expected, "large {what} {}", shown(&batch));
    }
}

#[test]
fn a_link_called_like_an_env_file_needs_a_person_unless_it_leads_to_one() {
    for (to, causes_review) in
        [("app/data.txt", true), ("app/.env.production", false), ("/run/secrets/app", false), ("settings/.env", false)]
    {
        let program = [entry(tar::EntryType::Symlink, "usr/bin/env", "/bin/busybox", b""), vec![0; 1024]].concat();
        assert!(of_layout(&layout(&[program]), "").gaps.is_empty(), "a program of this name is no env file");
        for kind in [tar::EntryType::Link, tar::EntryType::Symlink] {
            let layer = [entry(kind, "srv/.env", to, b""), vec![0; 1024]].concat();
            let batch = of_layout(&layout(&[layer]), "");
            let expected = if causes_review { vec![Cause::NeedsReview] } else { vec![] };
            assert_eq!(causes(&batch, "image.file"), expected, "{to} {}", shown(&batch));
        }
    }
}

#[test]
fn every_limit_of_a_layer_is_a_gap_that_names_its_key() {
    let deep = (0..6).fold(tar(&[(".env", line(&secret()).as_bytes())]), |inner, _| tar(&[("inner.tar", &inner)]));
    let script = [b"#!/bin/sh\n".as_slice(), &gzip(&tar(&[(".env", line(&secret()).as_bytes())]))].concat();
    let behind = (0..4).fold(tar(&[("x", &script)]), |inner, _| tar(&[("inner.tar", &inner)]));
    let small: Vec<(String, Vec<u8>)> = (0..20).map(|n| (format!("f{n}"), b"x".to_vec())).collect();
    let many: Vec<(&str, &[u8])> = small.iter().map(|(path, content)| (path.as_str(), content.as_slice())).collect();
    let large = vec![b'x'; 6 << 20];
    let packed = gzip(&tar(&[("inside", &large)]));
    for (what, layer, rest, key) in [
        ("deep", deep, "", "limits.archive_depth"),
        ("deep behind something", behind, "", "limits.archive_depth"),
        ("less deep", tar(&[("a.tgz", &gzip(&packed))]), "limits: { archive_depth: 1 }", "limits.archive_depth"),
        ("many", tar(&many), "limits: { layer_files: 10 }", "limits.layer_files"),
        ("large", tar(&[("a", &large)]), "limits: { entry_bytes: 1000000 }", "limits.entry_bytes"),
        ("large inside", tar(&[("a.gz", &gzip(&large))]), "limits: { entry_bytes: 1000000 }", "limits.entry_bytes"),
        ("held", tar(&[("a.zip", &zip(&[("a", &[7; 5000])]))]), "limits: { held_bytes: 100 }", "limits.held_bytes"),
    ] {
        let batch = of_layout(&layout(&[layer]), rest);
        assert_eq!(causes(&batch, "image.file"), [Cause::OverLimit], "{what} {}", shown(&batch));
        assert!(shown(&batch).contains(key), "{what} {}", shown(&batch));
    }
}

#[test]
fn what_stands_behind_a_file_that_is_over_a_limit_is_still_read() {
    let noise: Vec<u8> = (0..1_000_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let zipped = zip(&[("a", &noise)]);
    let layer = tar(&[("a.zip", &zipped), ("z/.env", line(&secret()).as_bytes())]);
    let batch = of_layout(&layout(&[layer]), "limits: { held_bytes: 100 }");
    assert_eq!(causes(&batch, "image.file"), [Cause::OverLimit], "{}", shown(&batch));
    assert_eq!(told(&batch), ["z/.env:2"]);
}

#[test]
fn padding_without_end_meets_a_limit() {
    let layer = [gzip(&tar(&[("a", b"harmless")])), vec![0; 3 << 20]].concat();
    let batch = of_layout(&layout(&[layer]), "limits: { archive_bytes: 1000000 }");
    assert_eq!(causes(&batch, "image.file"), [Cause::OverLimit], "{}", shown(&batch));
}

#[test]
fn annotations_and_addresses_of_layers_are_texts_of_the_image() {
    for member in ["annotations", "urls"] {
        let mut files = layout(&[tar(&[("a", b"harmless")])]);
        let path = files.0.iter().find(|(_, bytes)| memchr::memmem::find(bytes, b"\"layers\":[").is_some()).unwrap().0;
        let path = path.clone();
        let mut manifest: Value = serde_json::from_slice(&files.0.remove(&path).unwrap()).unwrap();
        manifest["layers"][0][member] = match member {
            "urls" => json!([format!("https://builder:{}@storage.example.org/layer", secret())]),
            _ => json!({ "org.example.JWT_SECRET_KEY": secret() }),
        };
        let descriptor = files.blob("application/vnd.oci.image.manifest.v1+json", &manifest);
        files.root(&[descriptor]);
        let dir = tempfile::tempdir().unwrap();
        files.write(&dir.path().join("image"));
        let batch = collect("service: t\nimages: [ \"oci:image\" ]\n", dir.path(), &["image.command"]);
        assert_eq!(exposed(&batch).len(), 1, "{member} {}", shown(&batch));
    }
}

#[test]
fn a_layer_that_begins_like_a_document_is_a_layer_in_every_source() {
    let layer = tar(&[("{{cookiecutter.name}}/.env", line(&secret()).as_bytes())]);
    for (source, batch) in everywhere(&[layer]) {
        assert_eq!(told(&batch), ["{{cookiecutter.name}}/.env:2"], "{source} {}", shown(&batch));
        assert!(batch.gaps.is_empty(), "{source} {}", shown(&batch));
    }
}

#[test]
fn long_names_inside_archives_are_cut_and_told() {
    let name = "n".repeat(60_000);
    let inner = zip(&[(".env", line(&secret()).as_bytes())]);
    let batch = of_layout(&layout(&[tar(&[("a.zip", &zip(&[(&name, &inner)]))])]), "");
    assert!(causes(&batch, "image.file").contains(&Cause::OverLimit), "{}", shown(&batch).len());
}
