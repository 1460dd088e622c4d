//! What the tests of containers and images share: collecting over a configuration, and Docker's own client.

pub(crate) use crate::scene::{collect, secret, shown};
use leakproof::evidence::{Batch, Cause, Evidence};
use std::path::Path;
use std::process::{Command, Output};

/// Both kinds of containers.
pub(crate) const CONTAINER: [&str; 2] = ["container.env", "container.metadata"];
/// Both kinds of images.
pub(crate) const IMAGE: [&str; 2] = ["image.env", "image.command"];

/// A configuration head with the secrets that the detector must know by name, and an engine.
pub(crate) fn config(host: &str, rest: &str) -> String {
    format!(
        "service: t\nsecrets: [{{ name: JWT_SECRET_KEY }}, {{ name: DATABASE_URL }}]\n\
         docker: {{ host: \"{host}\", timeout: 10s }}\n{rest}\n"
    )
}

/// A name that no other test uses.
pub(crate) fn unique(prefix: &str) -> String {
    let mut bytes = [0_u8; 6];
    getrandom::fill(&mut bytes).unwrap();
    format!("{prefix}-{}", data_encoding::HEXLOWER.encode(&bytes))
}

/// The evidence of a kind under a variable.
pub(crate) fn of<'a>(batch: &'a Batch, kind: &str, variable: &str) -> Vec<&'a Evidence> {
    let named = |one: &&Evidence| one.subject.place.variable.as_ref().is_some_and(|name| name.as_str() == variable);
    batch.evidence.iter().filter(|one| one.kind.as_str() == kind).filter(named).collect()
}

/// The exposed evidence of a kind, by a word of it.
pub(crate) fn exposed<'a>(batch: &'a Batch, kind: &str, field: &str, word: &str) -> Vec<&'a Evidence> {
    let is = |one: &&Evidence| one.kind.as_str() == kind && one.word(field) == Some(word);
    let classed = |one: &&Evidence| matches!(one.word("class"), Some("plaintext" | "placeholder" | "template-failure"));
    batch.evidence.iter().filter(is).filter(classed).collect()
}

/// The causes of a kind's gaps.
pub(crate) fn causes(batch: &Batch, kind: &str) -> Vec<Cause> {
    batch.gaps.iter().filter(|gap| gap.kind.as_str() == kind).map(|gap| gap.cause).collect()
}

/// A unit's count in a kind's coverage.
pub(crate) fn count(batch: &Batch, kind: &str, unit: &str) -> u64 {
    batch.coverage.iter().filter(|one| one.kind.as_str() == kind).map(|one| one.count(unit)).sum()
}

/// A fact of a kind's coverage identity.
pub(crate) fn identity(batch: &Batch, kind: &str, what: &str) -> Option<String> {
    let coverage = batch.coverage.iter().find(|one| one.kind.as_str() == kind)?;
    coverage.identity.iter().find(|(name, _)| name.as_str() == what).map(|(_, name)| name.as_str().to_owned())
}

/// The engine of the test run.
pub(crate) fn host() -> String {
    std::env::var("LEAKPROOF_TEST_DOCKER_HOST").expect("LEAKPROOF_TEST_DOCKER_HOST is not set: run ./test")
}

/// Runs Docker's client against the engine of the test run.
pub(crate) fn docker_with(env: &[(&str, &str)], args: &[&str]) -> Output {
    let cli = std::env::var("LEAKPROOF_TEST_DOCKER_CLI").unwrap_or("docker".to_owned());
    let mut command = Command::new(cli);
    command.args(args).env_remove("DOCKER_CONTEXT").env("DOCKER_HOST", host());
    command.envs(env.iter().copied()).output().unwrap()
}

/// Runs it, expects success and gives what it printed.
pub(crate) fn docker(args: &[&str]) -> String {
    let output = docker_with(&[("DOCKER_BUILDKIT", "0")], args);
    assert!(output.status.success(), "docker {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Which builder makes an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Builder {
    Classic,
    Buildkit,
}

/// Builds a Dockerfile beside Debian's static busybox, and gives the image's reference.
pub(crate) fn build(builder: Builder, dockerfile: &str, arguments: &[&str]) -> String {
    build_log(builder, dockerfile, arguments).0
}

/// The same, and what the build said.
pub(crate) fn build_log(builder: Builder, dockerfile: &str, arguments: &[&str]) -> (String, Vec<u8>) {
    let context = tempfile::tempdir().unwrap();
    let busybox = ["/bin/busybox", "/usr/bin/busybox"].into_iter().find(|path| Path::new(path).exists());
    std::fs::copy(busybox.expect("busybox-static is not installed: run ./test"), context.path().join("busybox"))
        .unwrap();
    std::fs::write(context.path().join("Dockerfile"), dockerfile).unwrap();
    std::fs::write(context.path().join(".env"), "A=\n").unwrap();
    let tag = format!("leakproof.test/{}:1", unique("app"));
    let flag = if builder == Builder::Buildkit { "1" } else { "0" };
    let mut args = vec!["build", "--network", "none", "-t", &tag];
    args.extend(arguments.iter().flat_map(|argument| ["--build-arg", argument]));
    args.push(context.path().to_str().unwrap());
    let output = docker_with(&[("DOCKER_BUILDKIT", flag), ("BUILDKIT_PROGRESS", "plain")], &args);
    assert!(output.status.success(), "{builder:?}: {}", String::from_utf8_lossy(&output.stderr));
    // The classic builder speaks on one stream, BuildKit on the other.
    (tag, [output.stdout, output.stderr].concat())
}

/// The head of every Dockerfile: a shell, and nothing else.
pub(crate) const BASE: &str = "FROM scratch\nCOPY busybox /bin/busybox\nSHELL [\"/bin/busybox\", \"sh\", \"-c\"]\n";

/// An image whose containers can run.
pub(crate) fn busybox() -> &'static str {
    static IMAGE: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let dockerfile = format!("{BASE}CMD [\"/bin/busybox\", \"sleep\", \"600\"]\n");
    IMAGE.get_or_init(|| build(Builder::Classic, &dockerfile, &[]))
}

/// A container that is removed when the test ends.
pub(crate) struct Container(pub(crate) String);

impl Container {
    /// `docker VERB --name … --network none …`.
    pub(crate) fn new(verb: &str, args: &[&str]) -> Self {
        let name = unique("leakproof-test");
        let mut all = vec![verb, "--name", &name, "--network", "none"];
        if verb == "run" {
            all.push("-d");
        }
        all.extend(args);
        docker(&all);
        Self(name)
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let _ = docker_with(&[], &["rm", "-f", &self.0]);
    }
}
