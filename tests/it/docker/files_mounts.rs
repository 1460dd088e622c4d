//! What is mounted in a real engine's containers, where its place or its options are not what they seem.

use super::rig::{BASE, Builder, Container, build, busybox, causes, collect, config, count, docker, docker_with};
use super::rig::{host, identity, secret, shown, unique};
use super::stand_in::{StandIn, version};
use leakproof::evidence::{Batch, Cause, Fact};
use std::path::Path;

const FILE: &str = "container.file";

fn read(container: &Container, more: &str) -> Batch {
    let yaml = config(&host(), &format!("containers: [ {{ name: {}{more} }} ]", container.0));
    collect(&yaml, Path::new(""), &[FILE])
}

/// The places of evidence, each with what it lies in.
fn places(batch: &Batch) -> Vec<(&str, &str)> {
    let path = batch.evidence.iter().map(|one| one.subject.place.path.as_ref().unwrap().as_str());
    path.zip(batch.evidence.iter().map(|one| one.word("where").unwrap())).collect()
}

/// An image with links of its own: `/data` to a directory, `/var/run` as usual, `/app.env` to a file.
fn linked() -> String {
    let links = "mkdir -p /real /run /var; $b ln -s /real /data; $b ln -s ../run /var/run; $b ln -s /real/one /app.env";
    let links = format!("RUN b=/bin/busybox; $b {links}; echo x > /real/one\n");
    build(Builder::Classic, &format!("{BASE}{links}CMD [\"/bin/busybox\", \"sleep\", \"600\"]\n"), &[])
}

fn env_file(directory: &Path) -> String {
    std::fs::write(directory.join(".env"), format!("JWT_SECRET_KEY={}\n", secret())).unwrap();
    directory.display().to_string()
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn a_mount_whose_place_is_a_link_of_the_image_is_read_where_it_leads() {
    let (dir, image) = (tempfile::tempdir().unwrap(), linked());
    let source = env_file(dir.path());
    for (mount, path) in [
        (format!("{source}:/data"), "/real/.env"),
        (format!("{source}:/var/run"), "/run/.env"),
        (format!("{source}/.env:/app.env"), "/real/one"),
    ] {
        for verb in ["run", "create"] {
            let container = Container::new(verb, &["-v", &mount, &image]);
            let batch = read(&container, "");
            assert_eq!(places(&batch), [(path, "bind")], "{verb} {mount}: {}", shown(&batch));
            assert!(batch.gaps.is_empty(), "{verb} {mount}: {}", shown(&batch));
        }
    }
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn a_file_of_a_mount_below_a_link_is_told_once_and_as_the_mount_s() {
    let (dir, image) = (tempfile::tempdir().unwrap(), linked());
    let mount = format!("{}:/var/run/app", env_file(dir.path()));
    let container = Container::new("run", &["-v", &mount, &image]);
    let batch = read(&container, "");
    assert_eq!(places(&batch), [("/run/app/.env", "bind")], "{}", shown(&batch));
    assert!(batch.gaps.is_empty(), "{}", shown(&batch));
    let container = Container::new("run", &["--tmpfs", "/var/run/memory", &image]);
    let batch = read(&container, ", memory_backed: [ /var/run/memory ]");
    assert!(batch.gaps.is_empty(), "{}", shown(&batch));
    assert_eq!(identity(&batch, FILE, "memory_backed_not_read").as_deref(), Some("/run/memory"));
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn a_volume_that_says_tmpfs_and_binds_a_directory_is_no_memory() {
    let dir = tempfile::tempdir().unwrap();
    let device = format!("device={}", env_file(dir.path()));
    for options in ["o=bind", "o=ro,rbind"] {
        let volume = unique("bound");
        docker(&["volume", "create", "--opt", "type=tmpfs", "--opt", options, "--opt", &device, &volume]);
        let container = Container::new("create", &["-v", &format!("{volume}:/vault/secrets"), busybox()]);
        let batch = read(&container, "");
        let declared = read(&container, ", memory_backed: [ /vault/secrets ]");
        drop(container);
        docker_with(&[], &["volume", "rm", &volume]);
        assert_eq!(places(&batch), [("/vault/secrets/.env", "volume")], "{options}: {}", shown(&batch));
        assert_eq!(batch.evidence[0].fact("approved"), Some(&Fact::Bool(false)), "{options}: {}", shown(&batch));
        assert_eq!(causes(&declared, FILE), [Cause::Inconsistent], "{options}: {}", shown(&declared));
    }
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn what_a_process_sees_below_proc_is_no_kernel_s_file() {
    let dir = tempfile::tempdir().unwrap();
    let mount = format!("/proc/self/root{}:/srv", env_file(dir.path()));
    let batch = read(&Container::new("create", &["-v", &mount, busybox()]), "");
    assert_eq!(causes(&batch, FILE), [Cause::ContentElsewhere], "{}", shown(&batch));
    assert_eq!(batch.gaps[0].subject.place.path.as_ref().unwrap().as_str(), "/srv");
    assert_eq!(count(&batch, FILE, "mounts-without-files"), 0);
}

/// A stand-in for an engine that says nothing of links, and answers with this archive for the mount `/data`.
fn silent(archive: &tar::Header) -> (Batch, Vec<String>) {
    let id = "1a".repeat(32);
    let leak = |path: &str| -> &'static str { Box::leak(format!("/{id}{path}").into_boxed_str()) };
    let mounts = serde_json::json!([{ "Type": "bind", "Source": "/srv", "Destination": "/data" }]);
    let one = serde_json::json!({
        "Id": id, "Name": "/a", "State": { "Running": true }, "Config": {}, "HostConfig": {}, "Mounts": mounts
    });
    let archive = String::from_utf8([archive.as_bytes().as_slice(), &[0; 1024]].concat()).unwrap();
    let stand_in = StandIn::answering(vec![
        version("1.12", "1.41"),
        ("/containers/json", 200, serde_json::json!([{ "Id": id, "Names": ["/a"] }]).to_string()),
        (leak("/json"), 200, one.to_string()),
        (leak("/changes"), 200, "null".into()),
        (leak("/archive"), 200, archive),
    ]);
    let yaml = config(&stand_in.host(), "containers: [ { name: a } ]");
    (collect(&yaml, Path::new(""), &[FILE]), stand_in.asked())
}

#[test]
fn an_answer_that_is_a_link_or_another_place_is_a_gap_and_nothing_but_get_is_asked() {
    for (path, kind, expected) in [
        ("data/", tar::EntryType::Directory, None),
        ("data", tar::EntryType::Char, None),
        ("data", tar::EntryType::Symlink, Some(Cause::ContentElsewhere)),
        ("data", tar::EntryType::Block, Some(Cause::ContentElsewhere)),
        ("etc/", tar::EntryType::Directory, Some(Cause::Inconsistent)),
    ] {
        let mut header = crate::image::builder::header(0);
        header.set_entry_type(kind);
        header.set_path(path).unwrap();
        header.set_cksum();
        let (batch, asked) = silent(&header);
        assert_eq!(causes(&batch, FILE), expected.into_iter().collect::<Vec<_>>(), "{path}: {}", shown(&batch));
        assert!(asked.iter().all(|line| line.starts_with("GET ")), "{asked:?}");
        assert!(
            asked.iter().filter(|line| line.contains("/archive")).all(|line| line.contains("/v1.41/")),
            "{asked:?}"
        );
    }
}
