//! Files of a real engine's containers. Each test is named after the trap it closes.

use super::rig::{BASE, Builder, Container, build, busybox, causes, collect, config, count, docker, host, identity};
use super::rig::{docker_with, secret, shown, unique};
use super::stand_in::{StandIn, version};
use leakproof::evidence::{Batch, Cause, Evidence, Fact};
use std::path::Path;

const FILE: &str = "container.file";

fn examine(selector: &str, rest: &str) -> Batch {
    let yaml = config(&host(), &format!("containers: [ {{ {selector} }} ]\n{rest}"));
    collect(&yaml, Path::new(""), &[FILE])
}

fn named(container: &Container, more: &str) -> Batch {
    examine(&format!("name: {}{more}", container.0), "")
}

/// The evidence at a path.
fn at<'a>(batch: &'a Batch, path: &str) -> Option<&'a Evidence> {
    batch.evidence.iter().find(|one| one.subject.place.path.as_ref().is_some_and(|own| own.as_str() == path))
}

fn place(one: &Evidence) -> (Option<&str>, Option<&str>) {
    (one.word("where"), one.word("class"))
}

/// Runs a line in a container.
fn sh(container: &Container, line: &str) {
    docker(&["exec", &container.0, "/bin/busybox", "sh", "-c", line]);
}

fn assigns() -> String {
    format!("JWT_SECRET_KEY={}", secret())
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn an_env_file_of_the_own_layer_is_found_and_the_image_s_is_not_repeated() {
    let (old, new) = (assigns(), assigns());
    let image = build(
        Builder::Classic,
        &format!(
            "{BASE}RUN echo {old} > /a.env && echo {old} > /b.env && echo {old} > /c.env\nCMD [\"/bin/busybox\", \"sleep\", \"600\"]\n"
        ),
        &[],
    );
    let container = Container::new("run", &["--user", "1000:1000", &image]);
    let root = |line: &str| docker(&["exec", "-u", "0", &container.0, "/bin/busybox", "sh", "-c", line]);
    root(&format!("echo {new} > /b.env; rm /c.env; mkdir -p /srv/app; echo {new} > /srv/app/.env"));
    root("chmod 640 /b.env; chown 1000:1000 /srv/app/.env; chmod 600 /srv/app/.env");
    let batch = named(&container, "");
    assert!(at(&batch, "/a.env").is_none() && at(&batch, "/c.env").is_none(), "{}", shown(&batch));
    let changed = at(&batch, "/b.env").unwrap();
    assert_eq!(place(changed), (Some("writable-layer"), Some("plaintext")));
    assert_eq!((changed.word("mode"), changed.word("owner")), (Some("0640"), Some("0:0")));
    assert_eq!((changed.word("owned_by"), changed.fact("world_readable")), (Some("root"), Some(&Fact::Bool(false))));
    let added = at(&batch, "/srv/app/.env").unwrap();
    assert_eq!((added.word("owned_by"), added.word("mode")), (Some("container-user"), Some("0600")));
    assert!(batch.gaps.is_empty() && !shown(&batch).contains(&new[15..]), "{}", shown(&batch));
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn binds_named_and_anonymous_volumes_are_read_and_a_mount_in_a_mount_once() {
    let dir = tempfile::tempdir().unwrap();
    let (inner, volume) = (tempfile::tempdir().unwrap(), unique("volume"));
    std::fs::write(dir.path().join(".env"), assigns()).unwrap();
    std::fs::create_dir(dir.path().join("sub")).unwrap();
    std::fs::write(dir.path().join("sub/hidden.env"), assigns()).unwrap();
    std::fs::write(inner.path().join("inner.env"), assigns()).unwrap();
    std::fs::write(dir.path().join("one"), assigns()).unwrap();
    let mounts = [
        format!("{}:/srv/bind", dir.path().display()),
        format!("{}:/srv/bind/sub", inner.path().display()),
        format!("{volume}:/srv/volume"),
        "/srv/anonymous".to_owned(),
        format!("{}:/app/.env", dir.path().join("one").display()),
    ];
    let mut args: Vec<&str> = mounts.iter().flat_map(|mount| ["-v", mount]).collect();
    args.push(busybox());
    let container = Container::new("run", &args);
    sh(&container, &format!("echo {} > /srv/volume/v.env; echo {} > /srv/anonymous/w.env", assigns(), assigns()));
    let batch = named(&container, "");
    for (path, word) in [
        ("/srv/bind/.env", "bind"),
        ("/srv/bind/sub/inner.env", "bind"),
        ("/srv/volume/v.env", "volume"),
        ("/srv/anonymous/w.env", "volume"),
        ("/app/.env", "bind"),
    ] {
        let found = at(&batch, path).unwrap_or_else(|| panic!("{path}: {}", shown(&batch)));
        assert_eq!(place(found), (Some(word), Some("plaintext")), "{path}");
    }
    let env = |one: &&Evidence| one.word("file") == Some("env-file");
    assert_eq!(batch.evidence.iter().filter(env).count(), 5, "{}", shown(&batch));
    assert_eq!(count(&batch, FILE, "mounts"), 5);
    assert!(batch.gaps.is_empty(), "{}", shown(&batch));
    docker_with(&[], &["rm", "-f", "-v", &container.0]);
    docker_with(&[], &["volume", "rm", &volume]);
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn what_a_tmpfs_holds_is_seen_by_nobody_outside_and_the_report_says_so() {
    let container = Container::new("run", &["--tmpfs", "/vault/secrets", "--tmpfs", "/scratch", busybox()]);
    let value = assigns();
    sh(&container, &format!("echo {value} > /vault/secrets/api; echo {value} > /scratch/.env"));
    let batch = named(&container, "");
    assert!(batch.evidence.is_empty(), "the engine shows what a tmpfs holds: {}", shown(&batch));
    assert_eq!(identity(&batch, FILE, "memory_backed_not_read").as_deref(), Some("/vault/secrets"));
    let told: Vec<_> = batch.gaps.iter().map(|gap| (gap.cause, gap.shown())).collect();
    assert!(matches!(&told[..], [(Cause::NotDeclared, said)] if said.contains("containers.memory_backed")), "{told:?}");
    let batch = named(&container, ", memory_backed: [ /vault/secrets, /scratch ]");
    assert!(batch.gaps.is_empty(), "{}", shown(&batch));
    assert_eq!(count(&batch, FILE, "unread-memory-mounts"), 2);
    docker(&["kill", &container.0]);
    assert!(named(&container, ", memory_backed: []").gaps.is_empty(), "what was in memory is gone");
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn a_copy_into_a_tmpfs_lies_on_the_disk_below_it() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("api.env"), assigns()).unwrap();
    let container = Container::new("run", &["--tmpfs", "/vault/secrets", busybox()]);
    docker(&["cp", dir.path().join("api.env").to_str().unwrap(), &format!("{}:/vault/secrets/", container.0)]);
    let batch = named(&container, "");
    let found = at(&batch, "/vault/secrets/api.env").unwrap_or_else(|| panic!("{}", shown(&batch)));
    assert_eq!(place(found), (Some("writable-layer"), Some("plaintext")));
    assert_eq!(found.fact("approved"), Some(&Fact::Bool(false)), "{}", shown(&batch));
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn an_approved_path_that_is_no_memory_is_never_trusted() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("api.env"), assigns()).unwrap();
    let mount = format!("{}:/vault/secrets", dir.path().display());
    let container = Container::new("run", &["-v", &mount, busybox()]);
    let batch = named(&container, ", memory_backed: [ /vault/secrets ]");
    assert_eq!(causes(&batch, FILE), [Cause::Inconsistent]);
    assert_eq!(at(&batch, "/vault/secrets/api.env").unwrap().fact("approved"), Some(&Fact::Bool(false)));
    let plain = Container::new("run", &[busybox()]);
    assert_eq!(causes(&named(&plain, ", memory_backed: [ /vault/secrets ]"), FILE), [Cause::Inconsistent]);
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn a_volume_in_memory_is_read_and_mode_and_owner_count() {
    let volume = unique("memory");
    docker(&["volume", "create", "--opt", "type=tmpfs", "--opt", "device=tmpfs", &volume]);
    let container = Container::new("run", &["--user", "1000", "-v", &format!("{volume}:/vault/secrets"), busybox()]);
    let line = format!(
        "cd /vault/secrets; for f in right.env open.env other.env; do echo {} > $f; done; \
         chown 1000 right.env; chmod 600 right.env; chmod 644 open.env; chown 2000 other.env; chmod 600 other.env",
        assigns()
    );
    docker(&["exec", "-u", "0", &container.0, "/bin/busybox", "sh", "-c", &line]);
    let batch = named(&container, "");
    for (file, owner, world) in
        [("right.env", "container-user", false), ("open.env", "root", true), ("other.env", "other", false)]
    {
        let found = at(&batch, &format!("/vault/secrets/{file}")).unwrap_or_else(|| panic!("{}", shown(&batch)));
        assert_eq!(found.fact("approved"), Some(&Fact::Bool(true)), "{file}");
        assert_eq!((found.word("owned_by"), found.fact("world_readable")), (Some(owner), Some(&Fact::Bool(world))));
    }
    drop(container);
    docker_with(&[], &["volume", "rm", &volume]);
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn sockets_and_the_kernel_s_files_hold_nothing_and_the_host_s_root_is_read_elsewhere() {
    let socket = host().trim_start_matches("unix://").to_owned();
    let socket = format!("{socket}:/var/run/docker.sock");
    let container = Container::new("run", &["-v", &socket, "-v", "/proc:/host/proc:ro", busybox()]);
    let batch = named(&container, "");
    assert!(batch.gaps.is_empty() && batch.evidence.is_empty(), "{}", shown(&batch));
    assert_eq!((count(&batch, FILE, "mounts-without-files"), count(&batch, FILE, "mounts")), (2, 0));
    let container = Container::new("create", &["-v", "/:/host:ro", busybox()]);
    let batch = named(&container, "");
    assert_eq!(causes(&batch, FILE), [Cause::ContentElsewhere]);
    assert!(batch.gaps[0].shown().contains("key: hosts"), "{}", shown(&batch));
    assert_eq!(batch.gaps[0].subject.place.path.as_ref().unwrap().as_str(), "/host");
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn a_read_only_container_without_changes_is_proven_by_its_list() {
    let container = Container::new("run", &["--read-only", busybox()]);
    let batch = named(&container, "");
    assert!(batch.gaps.is_empty() && batch.evidence.is_empty(), "{}", shown(&batch));
    assert_eq!((count(&batch, FILE, "containers"), count(&batch, FILE, "changes")), (1, 0));
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn many_changes_bytes_that_are_no_text_and_pipes_hide_nothing() {
    let container = Container::new("run", &[busybox()]);
    let value = assigns();
    sh(
        &container,
        &format!(
            "mkdir -p /tmp /many; i=0; while [ $i -lt 80 ]; do echo x > /tmp/f$i; i=$((i+1)); done; \
             for i in /tmp/*; do mv $i /$(basename $i); done; echo {value} > /many/.env; mkfifo /many/pipe.env; \
             mknod /many/device.env c 1 3; ln -s /many/.env /many/link.env; echo {value} > \"/$(printf '\\377').env\""
        )
        .replace("basename", "/bin/busybox basename")
        .replace("mkfifo", "/bin/busybox mkfifo")
        .replace("mknod", "/bin/busybox mknod")
        .replace("ln -s", "/bin/busybox ln -s")
        .replace("mkdir", "/bin/busybox mkdir")
        .replace(" mv ", " /bin/busybox mv "),
    );
    let batch = named(&container, "");
    assert_eq!(batch.evidence.len(), 2, "{}", shown(&batch));
    assert!(at(&batch, "/many/.env").is_some() && batch.gaps.is_empty(), "{}", shown(&batch));
    assert!(count(&batch, FILE, "changes") > 80);
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn a_huge_volume_is_over_the_limit_and_named() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("dump.bin"), vec![b'x'; 3 << 20]).unwrap();
    std::fs::write(dir.path().join("a.env"), assigns()).unwrap();
    let container = Container::new("run", &["-v", &format!("{}:/data", dir.path().display()), busybox()]);
    let batch = examine(&format!("name: {}", container.0), "limits: { archive_bytes: 1000000 }");
    assert_eq!(causes(&batch, FILE), [Cause::OverLimit]);
    assert_eq!(batch.gaps[0].subject.place.path.as_ref().unwrap().as_str(), "/data");
    assert!(batch.gaps[0].shown().contains("limits.archive_bytes"));
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn paused_and_stopped_containers_and_each_of_several_are_read() {
    let label = format!("app={}", unique("several"));
    let paused = Container::new("run", &["--label", &label, busybox()]);
    let stopped = Container::new("run", &["--label", &label, busybox()]);
    for container in [&paused, &stopped] {
        sh(container, &format!("echo {} > /x.env", assigns()));
    }
    docker(&["kill", &stopped.0]);
    docker(&["pause", &paused.0]);
    let batch = examine(&format!("label: \"{label}\""), "");
    docker(&["unpause", &paused.0]);
    for (container, running) in [(&paused, true), (&stopped, false)] {
        // As `docker cp` names it.
        let found = at(&batch, &format!("{}:/x.env", container.0)).unwrap_or_else(|| panic!("{}", shown(&batch)));
        assert_eq!(found.fact("running"), Some(&Fact::Bool(running)));
    }
    assert!(batch.gaps.is_empty(), "{}", shown(&batch));
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn what_a_swarm_hands_out_is_in_no_inspect_and_is_asked_for() {
    let address = ["--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:2377"];
    // An engine that is in a swarm already stays in it.
    let begun_here = docker_with(&[], &[&["swarm", "init"], &address[..]].concat()).status.success();
    let (name, dir) = (unique("swarm"), tempfile::tempdir().unwrap());
    std::fs::write(dir.path().join("value"), assigns()).unwrap();
    let value = dir.path().join("value");
    for kind in ["secret", "config"] {
        docker(&[kind, "create", &name, value.to_str().unwrap()]);
    }
    let config = format!("source={name},target=/app/.env");
    docker(&["service", "create", "-d", "--name", &name, "--secret", &name, "--config", &config, busybox()]);
    let label = format!("label=com.docker.swarm.service.name={name}");
    let begun = std::time::Instant::now();
    let mut id = String::new();
    while id.is_empty() && begun.elapsed().as_secs() < 30 {
        id = docker(&["ps", "-q", "--no-trunc", "-f", &label]);
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let batch = examine(&format!("label: \"com.docker.swarm.service.name={name}\""), "");
    for kind in ["service", "secret", "config"] {
        docker_with(&[], &[kind, "rm", &name]);
    }
    if begun_here {
        docker_with(&[], &["swarm", "leave", "--force"]);
    }
    assert_eq!(causes(&batch, FILE), [Cause::ContentElsewhere], "{}", shown(&batch));
    assert_eq!(batch.gaps[0].subject.place.path.as_ref().unwrap().as_str().split(':').next_back(), Some("/app/.env"));
    let told = identity(&batch, FILE, "memory_backed_not_read");
    assert_eq!(told, Some(format!("/run/secrets/{name}")), "{}", shown(&batch));
}

/// An engine with two containers, of which the first refuses or forgets.
fn two(changes: (u16, String), archive: (u16, String), again: (u16, String)) -> Batch {
    let (first, second) = ("1a".repeat(32), "2b".repeat(32));
    let listed = serde_json::json!([{ "Id": first, "Names": ["/a"] }, { "Id": second, "Names": ["/b"] }]).to_string();
    let one = |id: &str, name: &str| {
        serde_json::json!({ "Id": id, "Name": name, "State": { "Running": true }, "Config": {}, "HostConfig": {} })
            .to_string()
    };
    let leak = |path: String| -> &'static str { Box::leak(path.into_boxed_str()) };
    let stand_in = StandIn::answering_in_turn(vec![
        version("1.12", "1.41"),
        ("/containers/json", 200, listed),
        (leak(format!("/{first}/json")), 200, one(&first, "/a")),
        (leak(format!("/{second}/json")), 200, one(&second, "/b")),
        (leak(format!("/{first}/changes")), changes.0, changes.1),
        (leak(format!("/{second}/changes")), 200, "null".into()),
        (leak(format!("/{first}/archive")), archive.0, archive.1),
        (leak(format!("/{first}/json")), again.0, again.1),
    ]);
    let yaml = config(&stand_in.host(), "containers: [ { label: x } ]");
    collect(&yaml, Path::new(""), &[FILE, "container.env"])
}

fn gone() -> (u16, String) {
    (404, "{\"message\":\"gone\"}".into())
}

#[test]
fn a_proxy_that_denies_files_is_a_gap_for_that_container_alone() {
    let batch = two((403, "{\"message\":\"denied\"}".into()), gone(), (200, "{}".into()));
    assert_eq!(causes(&batch, FILE), [Cause::Denied], "{}", shown(&batch));
    assert!(causes(&batch, "container.env").is_empty(), "{}", shown(&batch));
    assert_eq!((count(&batch, FILE, "containers"), count(&batch, "container.env", "containers")), (1, 2));
    assert!(batch.gaps[0].shown().contains("GET /containers/{id}/changes"), "{}", shown(&batch));
}

#[test]
fn a_container_that_went_while_its_files_were_read_is_unproven() {
    let batch = two((200, "null".into()), gone(), gone());
    assert_eq!(causes(&batch, FILE), [Cause::Unproven], "{}", shown(&batch));
    assert_eq!(count(&batch, FILE, "containers"), 1);
}

#[test]
fn a_file_that_went_meanwhile_is_no_loss_and_one_that_is_refused_or_cut_is() {
    let changed = || (200, "[{\"Path\":\"/srv/.env\",\"Kind\":1}]".to_owned());
    let whole = (200, "{}".to_owned());
    let batch = two(changed(), gone(), whole.clone());
    assert!(batch.gaps.is_empty() && count(&batch, FILE, "changes") == 1, "{}", shown(&batch));
    let batch = two(changed(), (500, "{\"message\":\"no\"}".into()), whole.clone());
    assert_eq!(causes(&batch, FILE), [Cause::Refused], "{}", shown(&batch));
    let mut header = crate::image::builder::header(600);
    header.set_path(".env").unwrap();
    header.set_cksum();
    let cut = String::from_utf8(header.as_bytes().to_vec()).unwrap() + "A=1\n";
    let batch = two(changed(), (200, cut), whole);
    assert_eq!(causes(&batch, FILE), [Cause::Truncated], "{}", shown(&batch));
}
