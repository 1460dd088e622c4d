//! Deploy archives on a host, and links to them.

use super::{found, host, survey, with, write};
use crate::scene::{secret, shown};
use flate2::Compression;
use flate2::write::GzEncoder;
use leakproof::evidence::{Batch, Cause};
use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use tempfile::TempDir;

fn tar(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o600);
        archive.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    archive.into_inner().unwrap()
}

fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (path, text) in files {
        archive.start_file(*path, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn causes(batch: &Batch) -> Vec<Cause> {
    batch.gaps.iter().map(|gap| gap.cause).collect()
}

fn inside(batch: &Batch) -> Vec<String> {
    let about =
        |evidence: &leakproof::evidence::Evidence| evidence.subject.place.variable.as_ref().map(ToString::to_string);
    let mut all: Vec<String> = batch.evidence.iter().filter_map(about).collect();
    all.sort();
    all
}

#[test]
fn a_zip_archive_that_carries_an_env_file_is_found() {
    for name in ["release.zip", "app.war", "app.jar", "code-2024.zip"] {
        let (root, value) = (host(), secret());
        write(
            &root,
            &format!("srv/app/{name}"),
            zip(&[("app/main.py", "x"), ("app/.env", &format!("API_TOKEN={value}\n"))]),
        );
        let batch = survey(&root);
        assert_eq!(found(&batch), [format!("archive /srv/app/{name}")]);
        assert_eq!(batch.evidence[0].word("class"), Some("plaintext"));
        assert!(batch.gaps.is_empty() && !shown(&batch).contains(&value));
    }
}

#[test]
fn a_damaged_zip_is_no_pass() {
    let root = host();
    let whole = zip(&[("app/.env", "A=1\n")]);
    write(&root, "srv/app/cut.zip", &whole[..whole.len() - 10]);
    let batch = survey(&root);
    assert_eq!(causes(&batch), [Cause::Malformed]);
    assert!(!batch.coverage[0].is_complete());
}

#[test]
fn an_archive_in_a_format_that_is_not_read_is_no_pass_whatever_its_name() {
    let root = host();
    for name in ["code.tar.xz", "www.7z", "v2.tar.zst", "node_modules/a/test.rar"] {
        write(&root, &format!("srv/app/{name}"), "x");
    }
    // A name that lies about the format.
    write(&root, "srv/app/site.tar", [0xfd, b'7', b'z', b'X', b'Z', 0, 0]);
    assert_eq!(causes(&survey(&root)), [Cause::Unsupported; 4]);
}

#[test]
fn an_archive_inside_an_archive_is_no_pass() {
    let root = host();
    write(&root, "srv/app/outer.tar", tar(&[("a/inner.tgz", "x"), ("a/lib.jar", "x")]));
    write(&root, "srv/app/image.tar", tar(&[("blobs/sha256/00", "x")]));
    write(&root, "srv/app/app.war", zip(&[("WEB-INF/lib/x.jar", "x")]));
    assert_eq!(causes(&survey(&root)), [Cause::Unsupported; 2]);
}

#[test]
fn a_tar_that_was_cut_between_entries_is_no_pass() {
    let (root, value) = (host(), secret());
    let whole = tar(&[("app/readme", "x"), ("app/.env", &format!("API_TOKEN={value}\n"))]);
    write(&root, "srv/app/a.tar", &whole[..1024]);
    write(&root, "srv/app/b.tar.gz", gzip(&whole[..1024]));
    let batch = survey(&root);
    assert_eq!(causes(&batch), [Cause::Truncated; 2]);
    assert!(!batch.coverage[0].is_complete());
}

#[test]
fn what_stood_before_a_cut_is_told() {
    let (root, value) = (host(), secret());
    let whole = tar(&[("app/.env", &format!("API_TOKEN={value}\n")), ("app/readme", "x")]);
    write(&root, "srv/app/a.tar", &whole[..1500]);
    let batch = survey(&root);
    assert_eq!(found(&batch), ["archive /srv/app/a.tar"]);
    assert_eq!(causes(&batch), [Cause::Truncated]);
}

#[test]
fn one_file_for_each_variable_in_an_archive_s_env_directory_is_judged() {
    let (root, value) = (host(), secret());
    let files =
        [("app/.env/JWT_SECRET_KEY", &*value), ("app/.env/PORT", "8000"), ("app/venv/.env/pyvenv.cfg", "home = /\n")];
    let python = [("app/venv/.env/lib/token", &*value)];
    write(&root, "srv/app/a.tar", tar(&[&files[..], &python].concat()));
    write(&root, "srv/app/b.zip", zip(&[&python[..], &files].concat()));
    let batch = survey(&root);
    assert_eq!(
        inside(&batch),
        ["app/.env/JWT_SECRET_KEY", "app/.env/JWT_SECRET_KEY", "app/.env/PORT", "app/.env/PORT"]
    );
    assert_eq!(batch.evidence.iter().filter(|evidence| evidence.word("class") == Some("plaintext")).count(), 2);
    assert!(!shown(&batch).contains(&value));
}

#[test]
fn one_file_for_each_variable_in_an_env_directory_is_judged() {
    let (root, value) = (host(), secret());
    write(&root, "srv/app/.env/JWT_SECRET_KEY", format!("{value}\n"));
    write(&root, "srv/app/.env.d/db_password.txt", "Tr0ub4dor-and-3");
    let batch = survey(&root);
    assert_eq!(found(&batch), ["env-file /srv/app/.env.d/db_password.txt", "env-file /srv/app/.env/JWT_SECRET_KEY"]);
    assert!(batch.evidence.iter().all(|evidence| evidence.word("class") == Some("plaintext")), "{}", shown(&batch));
}

#[test]
fn a_link_to_an_archive_or_a_compose_file_is_followed() {
    let (root, value) = (host(), secret());
    let text = format!("API_TOKEN={value}\n");
    write(&root, "opt/build/r7", tar(&[("r7/.env", &text)]));
    write(&root, "opt/build/r8.tar.gz", gzip(&tar(&[("r8/.env", &text)])));
    write(&root, "opt/deploy/base.yml", format!("services: {{ api: {{ environment: {{ API_TOKEN: {value} }} }} }}\n"));
    for (to, at) in [
        ("/opt/build/r7", "release.tar"),
        ("/opt/build/r8.tar.gz", "current"),
        ("/opt/deploy/base.yml", "compose.yaml"),
    ] {
        symlink(to, root.path().join("srv/app").join(at)).unwrap();
    }
    assert_eq!(
        found(&survey(&root)),
        ["archive /srv/app/current", "archive /srv/app/release.tar", "directive /srv/app/compose.yaml"]
    );
}

/// A long name that claims gigabytes must not be held.
#[test]
fn a_long_name_of_an_archive_that_claims_gigabytes_takes_no_memory() {
    let root = host();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    let mut header = tar::Header::new_gnu();
    header.set_path("././@LongLink").unwrap();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_size(3 << 30);
    header.set_cksum();
    packed.write_all(header.as_bytes()).unwrap();
    std::io::copy(&mut std::io::repeat(b'a').take(64 << 20), &mut packed).unwrap();
    write(&root, "srv/app/bomb.tar.gz", packed.finish().unwrap());
    let before = peak();
    assert_eq!(causes(&survey(&root)), [Cause::OverLimit]);
    assert!(peak() - before < 32 << 10, "kilobytes: {}", peak() - before);
}

/// The most memory that this process ever held, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn an_archive_s_limits_are_no_pass() {
    let root = host();
    let files: Vec<(String, String)> = (0..20).map(|i| (format!("d{i}/.env"), "A=1\n".repeat(100))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    write(&root, "srv/app/a.zip", zip(&files));
    let limited = |root: &TempDir, limits: &str| causes(&with(root, "directories: [/srv/app]", limits));
    assert_eq!(limited(&root, "limits: { archive_bytes: 2000 }\n"), [Cause::OverLimit]);
    assert_eq!(limited(&root, "limits: { host_files: 9 }\n"), [Cause::OverLimit]);
}
