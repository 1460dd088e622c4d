//! Containers of a real engine. Each test is named after the trap it closes.

use super::rig::{BASE, Builder, build, busybox, causes, collect, config, count, docker, docker_with, exposed, host};
use super::rig::{CONTAINER, Container, IMAGE};
use super::rig::{identity, of, secret, shown};
use leakproof::evidence::{Batch, Cause, Fact, Name};
use std::path::Path;

fn examine(selector: &str) -> Batch {
    let yaml = config(&host(), &format!("containers: [ {{ {selector} }} ]"));
    collect(&yaml, Path::new(""), &CONTAINER)
}

fn named(container: &Container) -> Batch {
    examine(&format!("name: {}", container.0))
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn another_machine_s_daemon_finds_nothing_and_does_not_pass() {
    let batch = examine("name: no-such-container");
    assert_eq!(causes(&batch, "container.env"), [Cause::Empty]);
    assert!(identity(&batch, "container.env", "daemon_id").is_some_and(|id| id != "(unknown)"), "{}", shown(&batch));
    assert!(identity(&batch, "container.env", "daemon_name").is_some());
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn env_unset_at_run_time_is_still_in_the_image() {
    let value = secret();
    let image = build(Builder::Classic, &format!("{BASE}ENV JWT_SECRET_KEY={value}\nCMD [\"/bin/busybox\"]\n"), &[]);
    let container = Container::new("create", &["-e", "JWT_SECRET_KEY", &image]);
    let batch = named(&container);
    assert_eq!(of(&batch, "container.env", "JWT_SECRET_KEY")[0].word("class"), Some("empty"), "{}", shown(&batch));
    let batch = collect(&config(&host(), &format!("images: [ \"{image}\" ]")), Path::new(""), &IMAGE);
    let found = of(&batch, "image.env", "JWT_SECRET_KEY");
    assert_eq!(found.len(), 1, "history and config say the same: {}", shown(&batch));
    assert_eq!(found[0].word("class"), Some("plaintext"));
    assert!(!shown(&batch).contains(&value));
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn a_value_of_the_image_is_told_from_the_operator_s() {
    let values = (secret(), secret());
    let image = build(Builder::Classic, &format!("{BASE}ENV A_SECRET={}\nCMD [\"/bin/busybox\"]\n", values.0), &[]);
    let container = Container::new("create", &["-e", &format!("JWT_SECRET_KEY={}", values.1), &image]);
    let batch = named(&container);
    assert_eq!(of(&batch, "container.env", "A_SECRET")[0].word("origin"), Some("image"));
    assert_eq!(of(&batch, "container.env", "JWT_SECRET_KEY")[0].word("origin"), Some("runtime"));
    assert!(!shown(&batch).contains(&values.0) && !shown(&batch).contains(&values.1));
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn a_secret_moved_from_env_to_arguments_labels_healthcheck_mount_and_exec() {
    let values: Vec<String> = (0..4).map(|_| secret()).collect();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(".env"), "A=\n").unwrap();
    let container = Container::new(
        "run",
        &[
            "--label",
            &format!("deploy.api-token={}", values[0]),
            "--health-cmd",
            &format!("HEALTH_TOKEN={} true", values[1]),
            "--health-interval",
            "300s",
            "-v",
            &format!("{}:/app/.env", dir.path().join(".env").display()),
            "--entrypoint",
            "/bin/busybox",
            busybox(),
            "sh",
            "-c",
            &format!("APP_SECRET={}; sleep 600", values[2]),
        ],
    );
    docker(&["exec", "-d", &container.0, "/bin/busybox", "sh", "-c", &format!("EXEC_TOKEN={}; sleep 600", values[3])]);
    let batch = named(&container);
    for place in ["label", "healthcheck", "mount", "args", "exec"] {
        assert!(!exposed(&batch, "container.metadata", "where", place).is_empty(), "{place}: {}", shown(&batch));
    }
    assert!(exposed(&batch, "container.metadata", "where", "cmd").is_empty(), "args say it already");
    assert!(values.iter().all(|value| !shown(&batch).contains(value)));
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn what_pid_1_exports_is_in_no_inspect_and_no_exec_but_in_its_environment() {
    let value = secret();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("api"), format!("export JWT_SECRET_KEY={value}\n")).unwrap();
    let mount = format!("{}:/vault/secrets:ro", dir.path().display());
    let command = ["/bin/busybox", "sh", "-c", ". /vault/secrets/api && exec /bin/busybox sleep 600"];
    let container = Container::new("run", &[&["-v", &mount, busybox()], &command[..]].concat());
    let exec = |args: &[&str]| docker(&[&["exec", &container.0, "/bin/busybox"], args].concat());
    let environment = || exec(&["cat", "/proc/1/environ"]);
    let begun = std::time::Instant::now();
    while !environment().contains(&value) {
        assert!(begun.elapsed().as_secs() < 10, "the process does not export it");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(!exec(&["env"]).contains(&value), "a new process of the container has the container's environment");
    let batch = named(&container);
    assert!(of(&batch, "container.env", "JWT_SECRET_KEY").is_empty() && batch.gaps.is_empty(), "{}", shown(&batch));
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn every_text_of_a_live_container_is_read_whatever_its_member_is_called() {
    for flag in ["--dns-opt", "--security-opt", "--label"] {
        let value = secret();
        let text = if flag == "--security-opt" {
            format!("label=level:db-password={value}")
        } else {
            format!("db-password={value}")
        };
        let container = Container::new("create", &[flag, &text, busybox()]);
        let batch = named(&container);
        let told = batch.evidence.iter().any(|one| one.word("class") == Some("plaintext"));
        let open = batch.gaps.iter().any(|gap| gap.cause == Cause::NeedsReview);
        assert!(told || open, "{flag}: {}", shown(&batch));
        assert!(!shown(&batch).contains(&value));
    }
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn helpers_and_stopped_containers_are_examined_too() {
    let project = super::rig::unique("project");
    let label = format!("com.docker.compose.project={project}");
    let main = Container::new("run", &["--label", &label, busybox()]);
    let value = format!("JWT_SECRET_KEY={}", secret());
    let helper = Container::new("run", &["--label", &label, "-e", &value, busybox(), "/bin/busybox", "false"]);
    docker(&["wait", &helper.0]);
    for selector in [format!("compose_project: {project}"), format!("label: \"{label}\"")] {
        let batch = examine(&selector);
        assert_eq!(count(&batch, "container.env", "containers"), 2, "{}", shown(&batch));
        let found = of(&batch, "container.env", "JWT_SECRET_KEY");
        assert_eq!(found[0].fact("running"), Some(&Fact::Bool(false)));
        assert_eq!(found[0].subject.place.path.as_ref().map(Name::as_str), Some(helper.0.as_str()));
    }
    assert_eq!(count(&named(&main), "container.env", "containers"), 1);
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn a_name_is_not_a_pattern() {
    let container = Container::new("create", &[busybox()]);
    let part = &container.0[..container.0.len() - 1];
    assert_eq!(causes(&examine(&format!("name: {part}")), "container.env"), [Cause::Empty]);
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn experiment_4_inner_equals_signs_empty_and_multi_line_values_survive() {
    let lines = format!("JWT_SECRET_KEY=one\n{}\nthree", secret());
    let container = Container::new("create", &["-e", "A=b=c", "-e", "EMPTY=", "-e", &lines, busybox()]);
    let batch = named(&container);
    assert_eq!(of(&batch, "container.env", "EMPTY")[0].word("class"), Some("empty"));
    assert_eq!(of(&batch, "container.env", "A").len(), 1);
    assert_eq!(of(&batch, "container.env", "JWT_SECRET_KEY")[0].word("class"), Some("plaintext"));
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn the_image_that_runs_must_be_the_declared_one() {
    let container = Container::new("create", &[busybox()]);
    let id = docker(&["inspect", "-f", "{{.Image}}", &container.0]);
    assert!(examine(&format!("name: {}, image_digest: \"{id}\"", container.0)).gaps.is_empty());
    let other = format!("sha256:{}", "0".repeat(64));
    let batch = examine(&format!("name: {}, image_digest: \"{other}\"", container.0));
    assert_eq!(causes(&batch, "container.env"), [Cause::Unproven]);
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn what_the_client_saved_says_what_the_engine_says() {
    let container = Container::new("create", &["-e", &format!("JWT_SECRET_KEY={}", secret()), busybox()]);
    let dir = tempfile::tempdir().unwrap();
    let image = docker(&["inspect", "-f", "{{.Image}}", &container.0]);
    let saved = docker_with(&[], &["inspect", &container.0, &image]);
    std::fs::write(dir.path().join("inspect.json"), saved.stdout).unwrap();
    let yaml = format!("containers: [ {{ name: {}, inspect_file: inspect.json }} ]", container.0);
    let file = collect(&config(&host(), &yaml), dir.path(), &CONTAINER);
    let live = named(&container);
    let facts = |batch: &Batch| {
        let one = of(batch, "container.env", "JWT_SECRET_KEY")[0];
        (one.word("class").map(str::to_owned), one.word("origin").map(str::to_owned), one.subject.clone())
    };
    assert_eq!(facts(&file), facts(&live));
}
