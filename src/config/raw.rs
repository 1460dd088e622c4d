//! The configuration as it is written. Unknown keys are refused; nothing here is checked for meaning.
//!
//! The JSON Schema that editors use is made from these types.

use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `leakproof.yaml`: what the service is, where its secrets should be, and what to examine.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawConfig {
    /// The service's name.
    pub(crate) service: String,
    /// The environment's name, for example prod.
    pub(crate) environment: Option<String>,
    /// The secrets in scope.
    #[serde(default)]
    pub(crate) secrets: Vec<RawSecret>,
    /// Paths of git repositories.
    #[serde(default)]
    pub(crate) repositories: Vec<RawRepository>,
    /// The workload's containers.
    #[serde(default)]
    pub(crate) containers: Vec<RawContainer>,
    /// Images: NAME[:TAG|@DIGEST] in the engine, docker-archive:FILE, oci:DIR, registry:REFERENCE.
    #[serde(default)]
    pub(crate) images: Vec<String>,
    /// Only these platforms of images, OS/ARCH[/VARIANT]; every platform unless given.
    #[serde(default)]
    pub(crate) platforms: Vec<String>,
    /// Logs of the builds that made the images.
    #[serde(default)]
    pub(crate) build_logs: Vec<RawBuildLog>,
    /// Production hosts.
    #[serde(default)]
    pub(crate) hosts: Vec<RawHost>,
    /// The base URL of the running service.
    pub(crate) service_url: Option<String>,
    /// How to probe it.
    pub(crate) probes: Option<RawProbes>,
    /// Audit log sources.
    #[serde(default)]
    pub(crate) audit: Vec<BTreeMap<String, serde_json::Value>>,
    /// Values to look for exactly; only where to read them is written here, never a value.
    #[serde(default)]
    pub(crate) known_values: Vec<RawKnownValue>,
    /// Principals that are expected to read the secrets.
    #[serde(default)]
    pub(crate) readers: Vec<String>,
    /// Task definitions, manifests and policy documents.
    #[serde(default)]
    pub(crate) deployment: Vec<String>,
    /// The rotation test.
    pub(crate) rotation_test: Option<BTreeMap<String, serde_json::Value>>,
    /// Signed-off exceptions.
    #[serde(default)]
    pub(crate) waivers: Vec<RawWaiver>,
    /// The Docker engine, if not the one of DOCKER_HOST or the current context.
    pub(crate) docker: Option<RawDocker>,
    /// Registries that images are read from.
    pub(crate) registry: Option<RawRegistry>,
    /// Bounds on what is read.
    pub(crate) limits: Option<RawLimits>,
}

/// A git repository.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub(crate) enum RawRepository {
    /// Its path.
    Path(String),
    /// Its path, and how far its history is in scope.
    Level {
        /// Its path.
        path: String,
        /// How far history is in scope.
        level: RawLevel,
    },
}

/// How far a repository's history is in scope.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RawLevel {
    /// Everything that refs of the clone reach.
    Reachable,
    /// What only the server holds too: no clone can prove it, so it stays unverified here.
    ServerSide,
}

/// A secret in scope.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSecret {
    /// The variable's name.
    pub(crate) name: String,
    /// aws-secretsmanager:REGION:ID, vault:PATH#KEY or gcp-secretmanager:projects/P/secrets/S.
    pub(crate) source: Option<String>,
    /// The longest time between rotations.
    #[schemars(range(min = 1, max = 3650))]
    pub(crate) rotate_within_days: Option<u32>,
}

/// How to find the workload's containers. Give a selector, a saved inspect file, or both.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawContainer {
    /// The container's name.
    pub(crate) name: Option<String>,
    /// A label, KEY or KEY=VALUE; every container that bears it.
    pub(crate) label: Option<String>,
    /// A compose project; every container of it.
    pub(crate) compose_project: Option<String>,
    /// A file with the output of `docker inspect`.
    pub(crate) inspect_file: Option<String>,
    /// The digest of the image that should be running (sha256:…).
    pub(crate) image_digest: Option<String>,
    /// Paths in the container where secrets are handed out, each a tmpfs; /vault/secrets and /run/secrets unless given.
    pub(crate) memory_backed: Option<Vec<String>>,
    /// Beside an inspect file of one container: its files, as `docker export CONTAINER > FILE` saves them.
    pub(crate) files_archive: Option<String>,
    /// Beside a files archive: what is mounted, by its path in the container, as `docker cp CONTAINER:PATH - > FILE`
    /// saves it.
    #[serde(default)]
    pub(crate) mount_archives: BTreeMap<String, String>,
}

/// The log of a build, and which build it must be of. Give exactly one of digest and run_id.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawBuildLog {
    /// The file: plain, gzip, zstd, or a zip of several.
    pub(crate) file: String,
    /// The digest of the image's manifest, index or config (sha256:…), as the log says it.
    pub(crate) digest: Option<String>,
    /// The id of the CI run, job or pipeline, as the log says it.
    pub(crate) run_id: Option<RawRunId>,
    /// The image that the build made, for whoever reads the report.
    pub(crate) image: Option<String>,
}

/// An id of a CI run: a number, or a text.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum RawRunId {
    /// As most write it.
    Number(u64),
    /// As a text.
    Text(String),
}

/// A host: this machine, or one over SSH.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawHost {
    /// This machine.
    pub(crate) local: Option<RawLocal>,
    /// user@host, reached by OpenSSH.
    pub(crate) ssh: Option<String>,
    /// Directories to search on the SSH host.
    #[serde(default)]
    pub(crate) directories: Vec<String>,
}

/// This machine.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawLocal {
    /// Directories to search.
    #[schemars(length(min = 1))]
    pub(crate) directories: Vec<String>,
    /// Where the system's own files are looked for (/etc, /root, /home); "/" unless a mounted image is meant.
    pub(crate) root: Option<String>,
    /// What the production host calls itself, short or full: any other machine is unverified, this one is no mere runner.
    #[schemars(length(min = 1))]
    pub(crate) hostname: Option<String>,
}

/// How to probe the service.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawProbes {
    /// How long a starting service may take, for example 20s.
    pub(crate) deadline: Option<String>,
    /// The limit for one request.
    pub(crate) timeout: Option<String>,
    /// Pause between requests.
    pub(crate) interval: Option<String>,
    /// Consecutive successes that are needed.
    #[schemars(range(min = 1, max = 100))]
    pub(crate) successes: Option<u32>,
    /// A proxy URL; no proxy is used unless this is given.
    pub(crate) proxy: Option<String>,
    /// Addresses (IP:PORT) to pin the service's name to, one target each.
    #[serde(default)]
    pub(crate) addresses: Vec<String>,
    /// Response headers that only the application itself sends, and the exact text of each; an empty text means any.
    /// An answer without them is a proxy's own page.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// The health probe.
    pub(crate) health: Option<RawHealth>,
    /// The readiness probe.
    pub(crate) ready: Option<RawReady>,
}

/// The health probe.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawHealth {
    /// The path; /health unless given.
    pub(crate) path: Option<String>,
    /// Members and the exact text each must have.
    pub(crate) expect: Option<BTreeMap<String, String>>,
    /// Whether other members are refused.
    pub(crate) exact: Option<bool>,
}

/// The readiness probe.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawReady {
    /// The path; /ready unless given.
    pub(crate) path: Option<String>,
    /// Components and the text each must have.
    pub(crate) expect: Option<BTreeMap<String, String>>,
    /// JSON pointers to the components, where no built-in shape fits.
    #[serde(default)]
    pub(crate) pointers: BTreeMap<String, String>,
}

/// A value to look for exactly, in every encoding: where it is read from. It has 8 bytes to 64 KiB.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawKnownValue {
    /// The secret's name.
    pub(crate) secret: String,
    /// Which version it is: current (unless given), or any other word for one that is retired.
    pub(crate) version: Option<String>,
    /// The environment variable that holds it.
    pub(crate) from_env: Option<String>,
    /// The file that holds it.
    pub(crate) from_file: Option<String>,
    /// The file descriptor it is read from.
    pub(crate) from_fd: Option<i32>,
}

/// A signed-off exception.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawWaiver {
    /// The rule's id.
    pub(crate) rule: String,
    /// The finding's fingerprint.
    #[schemars(regex(pattern = r"^[0-9a-f]{64}$"))]
    pub(crate) fingerprint: String,
    /// The value's correlator, to bind the waiver to one value (needs --key-file).
    #[schemars(regex(pattern = r"^[0-9a-f]{16}$"))]
    pub(crate) correlator: Option<String>,
    /// Why.
    #[schemars(length(min = 1))]
    pub(crate) reason: String,
    /// Who answers for it.
    #[schemars(length(min = 1))]
    pub(crate) owner: String,
    /// A ticket.
    pub(crate) ticket: Option<String>,
    /// The last day on which it counts, YYYY-MM-DD.
    #[schemars(regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    pub(crate) expires: String,
}

/// The Docker engine.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawDocker {
    /// unix:///path, tcp://host:port or http://host:port.
    pub(crate) host: Option<String>,
    /// What production's engine calls itself (`docker info -f '{{.Name}}'`): any other engine is unverified.
    #[schemars(length(min = 1))]
    pub(crate) name: Option<String>,
    /// The limit for one request, for example 10s.
    pub(crate) timeout: Option<String>,
}

/// Registries that images are read from. Credentials are taken from where Docker and Podman keep them.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawRegistry {
    /// How long a registry may be silent, for example 30s.
    pub(crate) timeout: Option<String>,
}

/// Bounds on what is read. What exceeds one is reported as unverified, never skipped.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawLimits {
    /// The largest file or blob that is judged, in bytes.
    pub(crate) file_bytes: Option<u64>,
    /// The most bytes read from one image archive, after decompression.
    pub(crate) archive_bytes: Option<u64>,
    /// The most bytes of one layer that are held in memory at once: zip files, and git's objects, packed.
    pub(crate) held_bytes: Option<u64>,
    /// The largest file of a layer that is looked through, in bytes.
    pub(crate) entry_bytes: Option<u64>,
    /// The most files of a layer that are looked through, those inside archives included.
    pub(crate) layer_files: Option<u64>,
    /// The most bytes that one byte may unpack to, once more than 1 GiB came of it.
    #[schemars(range(min = 1))]
    pub(crate) ratio: Option<u64>,
    /// How deep archives in archives are opened.
    #[schemars(range(max = 16))]
    pub(crate) archive_depth: Option<u8>,
    /// The largest JSON document inside an image, in bytes.
    pub(crate) config_bytes: Option<u64>,
    /// The largest HTTP response body, in bytes.
    pub(crate) response_bytes: Option<u64>,
    /// The most files examined below one host's directories.
    pub(crate) host_files: Option<u64>,
}
