//! What the tests of registries share: images, Docker's own registry started on a free port, and the built binary.

use crate::commands::leakproof;
use crate::image::builder::{Files, gzip};
use crate::image::layers::{image, line, tar};
use crate::scene;
use leakproof::evidence::{Batch, Cause, Gap};
use serde_json::Value;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// All kinds of images.
pub(crate) const KINDS: [&str; 4] = ["image.env", "image.command", "image.file", "image.attestation"];

/// A layout with one image of one layer that holds this env file.
pub(crate) fn layout_with(content: &str) -> Files {
    let mut files = Files::oci();
    let one = image(&mut files, "amd64", &[gzip(&tar(&[("app/.env", content.as_bytes())]))]);
    files.root(&[one]);
    files
}

/// One whose env file holds a value.
pub(crate) fn leaky() -> Files {
    layout_with(&line(&scene::secret()))
}

/// The digest that a layout's index names first.
pub(crate) fn root(files: &Files) -> String {
    let index: Value = serde_json::from_slice(&files.0["index.json"]).unwrap();
    index["manifests"][0]["digest"].as_str().unwrap().to_owned()
}

/// Collects every kind from one source, with a limit that a test can wait for.
pub(crate) fn examine(image: &str, rest: &str) -> Batch {
    let yaml = format!("service: t\nimages: [ \"{image}\" ]\nregistry: {{ timeout: 2s }}\n{rest}\n");
    scene::collect(&yaml, Path::new(""), &KINDS)
}

/// The gaps of the files' kind.
pub(crate) fn gaps(batch: &Batch) -> Vec<&Gap> {
    batch.gaps.iter().filter(|gap| gap.kind.as_str() == "image.file").collect()
}

/// The only cause of a batch, whatever the kind.
pub(crate) fn cause(batch: &Batch) -> Cause {
    let mut causes: Vec<Cause> = batch.gaps.iter().map(|gap| gap.cause).collect();
    causes.dedup();
    assert_eq!(causes.len(), 1, "{}", scene::shown(batch));
    causes[0]
}

/// What the built binary says of one image.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) report: Value,
    /// Everything that came out, on every way.
    pub(crate) all: String,
}

impl Run {
    /// The causes of all gaps of the report, sorted.
    pub(crate) fn causes(&self) -> Vec<String> {
        let gaps = self.report["gaps"].as_array().unwrap();
        let mut causes: Vec<String> = gaps.iter().map(|gap| gap["cause"].as_str().unwrap().to_owned()).collect();
        causes.sort();
        causes.dedup();
        causes
    }
}

/// Runs the built binary over one image, with a home of its own in a folder.
pub(crate) fn run(image: &str, home: &Path, environment: &[(&str, &str)], flags: &[&str]) -> Run {
    let config = format!("service: t\nimages: [ \"{image}\" ]\nregistry: {{ timeout: 2s }}\n");
    std::fs::write(home.join("leakproof.yaml"), config).unwrap();
    let mut command = leakproof();
    command.current_dir(home).env("HOME", home).env("RUST_LOG", "trace");
    for variable in ["DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
        command.env_remove(variable);
    }
    command.args(["check", "-v", "-v", "--rule", "image/layer-files", "--rule", "image/env-and-args"]);
    command.args(["-f", "json=report.json", "-f", "sarif=report.sarif", "-f", "junit=report.xml", "-f", "text"]);
    command.args(["--save-ledger", "run.json"]).args(flags).envs(environment.iter().copied());
    let output = command.output().unwrap();
    let mut all = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    for file in ["report.json", "report.sarif", "report.xml", "run.json"] {
        all.push_str(&std::fs::read_to_string(home.join(file)).unwrap_or_default());
    }
    let report = std::fs::read(home.join("report.json")).map(|bytes| serde_json::from_slice(&bytes).unwrap());
    Run { code: output.status.code().unwrap(), report: report.unwrap_or_else(|_| panic!("{all}")), all }
}

/// Docker's own registry, ended by its process when dropped.
pub(crate) struct Registry {
    child: Child,
    /// Its folder: data, certificates, passwords.
    pub(crate) folder: tempfile::TempDir,
    pub(crate) port: u16,
}

impl Registry {
    /// Starts one; `more` is added to its `http` section and behind it.
    pub(crate) fn start(prepare: impl FnOnce(&Path) -> (String, String)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (http, more) = prepare(folder.path());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let data = folder.path().join("data");
        let config = format!(
            "version: 0.1\nlog: {{ level: error, accesslog: {{ disabled: true }} }}\n\
             storage: {{ filesystem: {{ rootdirectory: {} }}, delete: {{ enabled: true }} }}\n\
             http: {{ addr: \"127.0.0.1:{port}\"{http} }}\n{more}",
            data.display()
        );
        let file = folder.path().join("registry.yml");
        std::fs::write(&file, config).unwrap();
        let child = Command::new("docker-registry")
            .args(["serve", file.to_str().unwrap()])
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.path().join("log")).unwrap())
            .spawn()
            .expect("docker-registry is not installed: run ./test");
        let registry = Self { child, folder, port };
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = || std::fs::read_to_string(registry.folder.path().join("log")).unwrap_or_default();
            assert!(Instant::now() < until, "the registry did not start: {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
        registry
    }

    /// One that lets everybody in, without TLS.
    pub(crate) fn plain() -> Self {
        Self::start(|_| (String::new(), String::new()))
    }

    /// What images in it are called.
    pub(crate) fn image(&self, name: &str) -> String {
        format!("127.0.0.1:{}/{name}", self.port)
    }

    /// Pushes the first manifest of a layout, and all below it.
    pub(crate) fn push(&self, files: &Files, name: &str, flags: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        files.write(folder.path());
        let from = format!("oci:{}", folder.path().display());
        skopeo(&["copy", "--all", "--preserve-digests", &from, &format!("docker://{}", self.image(name))], flags);
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs skopeo and expects success.
pub(crate) fn skopeo(args: &[&str], flags: &[&str]) {
    let mut command = Command::new("skopeo");
    command.arg("--insecure-policy").args(args).arg("--dest-tls-verify=false").args(flags);
    let output = command.output().expect("skopeo is not installed: run ./test");
    assert!(output.status.success(), "skopeo {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Runs a program of the system and gives what it printed.
pub(crate) fn program(name: &str, args: &[&str]) -> String {
    let output =
        Command::new(name).args(args).output().unwrap_or_else(|_| panic!("{name} is not installed: run ./test"));
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
