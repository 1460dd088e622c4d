//! A container's files from saved archives: `docker export`, and `docker cp` of its mounts.

use super::rig::{Container, busybox, causes, collect, config, count, docker, docker_with, host, secret, shown};
use crate::image::builder::{gzip, header};
use leakproof::config::Config;
use leakproof::evidence::{Batch, Cause};
use std::path::Path;

const FILE: &str = "container.file";

fn tar(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, text) in files {
        tar.append_data(&mut header(text.len() as u64), path, text.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap()
}

const MOUNTS: &str = r#""Mounts":[{"Type":"volume","Name":"v","Source":"/v","Destination":"/data"}]"#;

fn inspect(name: &str, more: &str) -> String {
    format!(r#"{{"Name":"/{name}","State":{{"Running":true}},"Config":{{}},"HostConfig":{{}}{more}}}"#)
}

/// Collects over an inspect file and archives beside it.
fn read(inspect: &str, keys: &str, archives: &[(&str, &[u8])]) -> Batch {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("inspect.json"), inspect).unwrap();
    for (name, bytes) in archives {
        std::fs::write(dir.path().join(name), bytes).unwrap();
    }
    let yaml = format!(
        "service: t\nsecrets: [{{ name: JWT_SECRET_KEY }}]\ncontainers: [ {{ inspect_file: inspect.json{keys} }} ]\n"
    );
    collect(&yaml, dir.path(), &[FILE])
}

fn paths(batch: &Batch) -> Vec<&str> {
    batch.evidence.iter().map(|one| one.subject.place.path.as_ref().unwrap().as_str()).collect()
}

#[test]
fn an_inspect_file_alone_shows_no_files_and_says_how_to_get_them() {
    let batch = read(&inspect("api", ""), "", &[]);
    assert_eq!(causes(&batch, FILE), [Cause::ContentElsewhere]);
    let said = batch.gaps[0].shown();
    assert!(said.contains("containers.files_archive") && said.contains("docker export"), "{said}");
}

#[test]
fn the_export_and_each_mount_are_read() {
    let value = format!("JWT_SECRET_KEY={}\n", secret());
    let files = tar(&[("app/.env", &value), ("app/main.py", "x = 1\n")]);
    let data = tar(&[("data/.env", &value)]);
    for files in [files.clone(), gzip(&files)] {
        let batch = read(
            &inspect("api", &format!(",{MOUNTS}")),
            ", files_archive: files.tar, mount_archives: { /data: data.tar }",
            &[("files.tar", &files), ("data.tar", &data)],
        );
        assert_eq!(paths(&batch), ["api:/app/.env", "api:/data/.env"], "{}", shown(&batch));
        assert_eq!(batch.evidence[0].word("where"), Some("file-system"));
        assert_eq!(batch.evidence[1].word("where"), Some("volume"));
        assert!(batch.gaps.is_empty(), "{}", shown(&batch));
        assert_eq!((count(&batch, FILE, "containers"), count(&batch, FILE, "files")), (1, 3));
    }
}

#[test]
fn a_mount_without_its_archive_and_an_archive_without_its_mount_are_gaps() {
    let files = tar(&[("x", "y")]);
    let batch = read(&inspect("api", &format!(",{MOUNTS}")), ", files_archive: files.tar", &[("files.tar", &files)]);
    assert_eq!(causes(&batch, FILE), [Cause::ContentElsewhere]);
    assert!(batch.gaps[0].shown().contains("docker cp CONTAINER:PATH"), "{}", shown(&batch));
    assert_eq!(batch.gaps[0].subject.place.path.as_ref().unwrap().as_str(), "api:/data");
    let keys = ", files_archive: files.tar, mount_archives: { /other: files.tar }";
    let batch = read(&inspect("api", ""), keys, &[("files.tar", &files)]);
    assert_eq!(causes(&batch, FILE), [Cause::Inconsistent]);
}

/// What one archive of the mount `/data` gives.
fn mount(archive: &[u8]) -> Batch {
    let keys = ", files_archive: files.tar, mount_archives: { /data: data.tar }";
    let files = tar(&[("x", "y")]);
    read(&inspect("api", &format!(",{MOUNTS}")), keys, &[("files.tar", &files), ("data.tar", archive)])
}

#[test]
fn an_archive_of_a_mount_s_content_is_read_and_one_of_another_place_is_a_gap() {
    let value = format!("JWT_SECRET_KEY={}\n", secret());
    // As `docker cp CONTAINER:/data/. -` and `tar -C volume -c .` write it.
    let mut content = tar::Builder::new(Vec::new());
    let mut entry = |path: &str, kind: tar::EntryType, text: &str| {
        let mut header = header(text.len() as u64);
        header.set_entry_type(kind);
        header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        content.append(&header, text.as_bytes()).unwrap();
    };
    entry("./", tar::EntryType::Directory, "");
    entry("./.env", tar::EntryType::Regular, &value);
    let batch = mount(&content.into_inner().unwrap());
    assert_eq!(paths(&batch), ["api:/data/.env"], "{}", shown(&batch));
    assert!(batch.gaps.is_empty(), "{}", shown(&batch));
    for other in [
        tar(&[("etc/passwd", "x"), ("etc/x.env", &value)]),
        tar(&[(".env", &value)]),
        tar(&[("data/a", "x"), ("b.env", &value)]),
        tar(&[("database/.env", &value)]),
    ] {
        let batch = mount(&other);
        assert_eq!(causes(&batch, FILE), [Cause::Inconsistent], "{}", shown(&batch));
        assert_eq!(batch.gaps[0].subject.place.path.as_ref().unwrap().as_str(), "api:/data");
        assert!(batch.gaps[0].shown().contains("containers.mount_archives"), "{}", shown(&batch));
        assert_eq!(batch.evidence.len(), 1, "what such an archive holds is told all the same: {}", shown(&batch));
    }
}

#[test]
fn an_archive_of_a_mount_that_is_a_link_is_not_what_is_mounted() {
    let mut link = tar::Builder::new(Vec::new());
    let mut header = header(0);
    header.set_entry_type(tar::EntryType::Symlink);
    link.append_link(&mut header, "data", "/real").unwrap();
    let batch = mount(&link.into_inner().unwrap());
    assert_eq!(causes(&batch, FILE), [Cause::ContentElsewhere], "{}", shown(&batch));
    assert!(batch.gaps[0].shown().contains("docker cp CONTAINER:PATH/. -"), "{}", shown(&batch));
}

#[test]
fn an_archive_of_a_mount_without_an_entry_is_no_clean_one() {
    for empty in [tar(&[]), vec![0; 10_240]] {
        let batch = mount(&empty);
        assert_eq!(causes(&batch, FILE), [Cause::Empty], "{}", shown(&batch));
        assert_eq!(count(&batch, FILE, "mounts-without-files"), 0);
    }
}

#[test]
fn what_a_process_sees_below_proc_is_the_host_s_and_no_kernel_s_file() {
    let files = tar(&[("x", "y")]);
    for (source, gaps) in [
        ("/proc", 0),
        ("/proc/sys/net", 0),
        ("/sys/fs/cgroup", 0),
        ("/proc/1/root", 1),
        ("/proc/1/root/srv", 1),
        ("/proc/self/cwd", 1),
        ("/proc/12/task/13/cwd/app", 1),
        ("/proc/1/fd/3", 1),
        ("/proc/1/exe", 1),
        ("/proc/1/map_files/a-b", 1),
    ] {
        let inspect =
            inspect("api", &format!(r#","Mounts":[{{"Type":"bind","Source":"{source}","Destination":"/x"}}]"#));
        let batch = read(&inspect, ", files_archive: files.tar", &[("files.tar", &files)]);
        assert_eq!(batch.gaps.len(), gaps, "{source}: {}", shown(&batch));
        assert!(batch.gaps.iter().all(|gap| gap.shown().contains("key: hosts")), "{source}: {}", shown(&batch));
    }
}

#[test]
fn volumes_are_mounts_wherever_the_file_names_them() {
    let files = tar(&[("x", "y")]);
    for more in [
        r#","HostConfig":{"Binds":["vol:/data:ro"]}"#,
        r#","HostConfig":{"Binds":["/srv/data:/data"]}"#,
        r#","HostConfig":{"Mounts":[{"Type":"volume","Source":"v","Target":"/data"}]}"#,
        r#","HostConfig":{"Tmpfs":{"/data":"size=1m"}}"#,
    ] {
        let inspect = format!(r#"{{"Name":"/api","State":{{"Running":true}},"Config":{{}}{more}}}"#);
        let batch = read(&inspect, ", files_archive: files.tar", &[("files.tar", &files)]);
        assert_eq!(batch.gaps.len(), 1, "{more}: {}", shown(&batch));
        assert_eq!(batch.gaps[0].subject.place.path.as_ref().unwrap().as_str(), "api:/data", "{more}");
    }
}

#[test]
fn an_archive_that_is_cut_empty_or_missing_is_no_clean_one() {
    let whole = tar(&[("a", "x"), (".env", "JWT_SECRET_KEY=\n")]);
    let keys = ", files_archive: files.tar";
    let read = |bytes: &[u8]| causes(&read(&inspect("api", ""), keys, &[("files.tar", bytes)]), FILE);
    assert_eq!(read(&whole), []);
    // Between two files: a reader of tars would be content.
    assert_eq!(read(&whole[..1024]), [Cause::Truncated]);
    assert_eq!(read(&whole[..600]), [Cause::Truncated]);
    let packed = gzip(&whole);
    assert!(!read(&packed[..packed.len() / 2]).is_empty());
    assert_eq!(read(&tar(&[])), [Cause::Empty]);
    assert!(!read(b"no archive").is_empty() && !read(b"").is_empty());
    assert_eq!(causes(&self::read(&inspect("api", ""), keys, &[]), FILE), [Cause::NotFound]);
}

#[test]
fn one_archive_is_not_of_several_containers() {
    let files = tar(&[("x", "y")]);
    let both = format!("[{},{}]", inspect("a", ""), inspect("b", ""));
    let batch = read(&both, ", files_archive: files.tar", &[("files.tar", &files)]);
    assert_eq!(causes(&batch, FILE), [Cause::Inconsistent; 2]);
    let batch = read(&both, ", name: b, files_archive: files.tar", &[("files.tar", &files)]);
    assert!(batch.gaps.is_empty(), "{}", shown(&batch));
}

#[test]
fn archives_belong_beside_an_inspect_file_and_paths_begin_with_a_slash() {
    for keys in ["files_archive: a.tar", "mount_archives: { /d: a.tar }", "memory_backed: [ vault ]"] {
        let yaml = format!("service: t\ncontainers: [ {{ name: a, {keys} }} ]\n");
        let refused = Config::parse("leakproof.yaml", &yaml, Path::new("")).err();
        assert!(refused.is_some_and(|problems| problems.to_string().starts_with("leakproof.yaml:2")), "{keys}");
    }
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn what_the_client_saved_says_what_the_engine_says() {
    let container = Container::new("run", &["-v", "/srv/data", "--tmpfs", "/vault/secrets", busybox()]);
    let value = format!("JWT_SECRET_KEY={}", secret());
    let line = format!("echo {value} > /own.env; echo {value} > /srv/data/v.env");
    docker(&["exec", &container.0, "/bin/busybox", "sh", "-c", &line]);
    let live =
        collect(&config(&host(), &format!("containers: [ {{ name: {} }} ]", container.0)), Path::new(""), &[FILE]);
    let dir = tempfile::tempdir().unwrap();
    let save = |name: &str, args: &[&str]| {
        let output = docker_with(&[], args);
        assert!(output.status.success());
        std::fs::write(dir.path().join(name), output.stdout).unwrap();
    };
    save("inspect.json", &["inspect", &container.0]);
    save("files.tar", &["export", &container.0]);
    save("data.tar", &["cp", &format!("{}:/srv/data", container.0), "-"]);
    let keys = "inspect_file: inspect.json, files_archive: files.tar, mount_archives: { /srv/data: data.tar }";
    let yaml = format!("containers: [ {{ name: {}, {keys} }} ]", container.0);
    let saved = collect(&config(&host(), &yaml), dir.path(), &[FILE]);
    assert!(saved.gaps.is_empty() && live.gaps.is_empty(), "{}{}", shown(&saved), shown(&live));
    assert_eq!(paths(&saved), paths(&live));
    assert_eq!(paths(&live), ["/own.env", "/srv/data/v.env"]);
    docker_with(&[], &["rm", "-f", "-v", &container.0]);
}
