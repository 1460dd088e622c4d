//! Images that Buildah, umoci and Podman make: real tools, each with storage of its own.

use super::layers::{line, told};
use crate::docker::rig::{causes, exposed, of, secret, shown, unique};
use crate::scene::collect;
use leakproof::evidence::Name;
use std::path::Path;
use std::process::{Child, Command};

const ALL: [&str; 3] = ["image.env", "image.command", "image.file"];

/// A tool with storage below a directory.
fn run(dir: &Path, tool: &str, args: &[&str]) -> String {
    let mut command = Command::new(tool);
    if tool != "umoci" {
        command.args(["--root", "root", "--runroot", "run", "--storage-driver", "vfs"]);
    }
    let output = command.args(args).current_dir(dir).output().unwrap_or_else(|_| panic!("{tool}: run ./test"));
    assert!(output.status.success(), "{tool} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What is built from: a shell, and an env file that a later step removes.
fn context(dir: &Path, value: &str) {
    let busybox = ["/bin/busybox", "/usr/bin/busybox"].into_iter().find(|path| Path::new(path).exists());
    std::fs::copy(busybox.expect("busybox-static is not installed: run ./test"), dir.join("busybox")).unwrap();
    std::fs::write(dir.join("dotenv"), line(value)).unwrap();
    let dockerfile = "FROM scratch\nCOPY busybox /bin/busybox\nSHELL [\"/bin/busybox\", \"sh\", \"-c\"]\n\
                      ARG TOKEN\nCOPY dotenv /app/.env\nRUN echo $TOKEN > /dev/null; /bin/busybox rm /app/.env\n\
                      CMD [\"/bin/busybox\", \"sleep\", \"600\"]\n";
    std::fs::write(dir.join("Dockerfile"), dockerfile).unwrap();
}

/// Builds with Buildah and gives the image's name.
fn built(dir: &Path, argument: &str) -> String {
    let name = format!("localhost/{}:1", unique("app"));
    let token = format!("TOKEN={argument}");
    run(
        dir,
        "buildah",
        &["bud", "--format", "docker", "--layers", "--isolation", "chroot", "--build-arg", &token, "-t", &name, "."],
    );
    name
}

#[test]
#[ignore = "needs Buildah: run ./test"]
fn a_file_that_buildah_removed_later_and_its_build_argument_are_found() {
    for clean in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let (value, argument) = if clean { (String::new(), String::new()) } else { (secret(), secret()) };
        context(dir.path(), &value);
        let name = built(dir.path(), &argument);
        run(dir.path(), "buildah", &["push", &name, "oci:out:1"]);
        let batch = collect("service: t\nimages: [ \"oci:out\" ]\n", dir.path(), &ALL);
        assert!(batch.gaps.is_empty(), "{}", shown(&batch));
        let files: Vec<String> = told(&batch).into_iter().filter(|at| at.contains(".env")).collect();
        assert_eq!(files, if clean { vec![] } else { vec!["app/.env:2"] }, "{}", shown(&batch));
        let file = batch.evidence.iter().find(|one| one.word("file") == Some("env-file")).unwrap();
        assert_eq!(file.word("made_by"), Some("step 4"), "{}", shown(&batch));
        let leaks = of(&batch, "image.env", "TOKEN").iter().any(|one| one.word("class") == Some("plaintext"));
        assert_eq!(leaks, !clean, "{}", shown(&batch));
        assert!(clean || !shown(&batch).contains(&value) && !shown(&batch).contains(&argument));
    }
}

#[test]
#[ignore = "needs umoci: run ./test"]
fn a_layout_that_umoci_wrote_is_read() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("dotenv"), line(&secret())).unwrap();
    run(dir.path(), "umoci", &["init", "--layout", "out"]);
    run(dir.path(), "umoci", &["new", "--image", "out:1"]);
    run(dir.path(), "umoci", &["insert", "--rootless", "--image", "out:1", "dotenv", "/app/.env"]);
    run(dir.path(), "umoci", &["config", "--image", "out:1", "--config.env", &format!("JWT_SECRET_KEY={}", secret())]);
    let batch = collect("service: t\nimages: [ \"oci:out\" ]\n", dir.path(), &ALL);
    let files: Vec<String> = told(&batch).into_iter().filter(|at| at.contains(".env")).collect();
    assert_eq!(files, ["app/.env:2"], "{}", shown(&batch));
    assert_eq!(exposed(&batch, "image.env", "where", "config-env").len(), 1, "{}", shown(&batch));
    assert!(causes(&batch, "image.file").is_empty(), "{}", shown(&batch));
}

/// A second engine: Podman's service, which ends with the test.
struct Service(Child);

impl Service {
    fn start(dir: &Path) -> Self {
        let mut podman = Command::new("podman");
        podman.args(["--root", "root", "--runroot", "run", "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs"]);
        podman.args(["system", "service", "--time=0"]).arg(format!("unix://{}/podman.sock", dir.display()));
        let service = Self(podman.current_dir(dir).spawn().expect("podman is not installed: run ./test"));
        let begun = std::time::Instant::now();
        while !dir.join("podman.sock").exists() {
            assert!(begun.elapsed().as_secs() < 20, "podman did not start");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        service
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
#[ignore = "needs Podman and Buildah: run ./test"]
fn podman_s_engine_answers_like_any_other() {
    let dir = tempfile::tempdir().unwrap();
    let (value, argument) = (secret(), secret());
    context(dir.path(), &value);
    let name = built(dir.path(), &argument);
    let _service = Service::start(dir.path());
    let yaml = format!(
        "service: t\ndocker: {{ host: \"unix://{}/podman.sock\", timeout: 20s }}\nimages: [ \"{name}\" ]\n",
        dir.path().display()
    );
    let batch = collect(&yaml, dir.path(), &ALL);
    let files: Vec<String> = told(&batch).into_iter().filter(|at| at.contains(".env")).collect();
    assert_eq!(files, ["app/.env:2"], "{}", shown(&batch));
    let file = batch.evidence.iter().find(|one| one.word("file") == Some("env-file")).unwrap();
    assert!(file.subject.place.layer.as_ref().map(Name::as_str).is_some());
    assert!(of(&batch, "image.env", "TOKEN").iter().any(|one| one.word("class") == Some("plaintext")));
    assert!(causes(&batch, "image.file").is_empty(), "{}", shown(&batch));
}
