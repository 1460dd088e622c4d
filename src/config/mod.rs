//! Configuration: what was written (`raw`) becomes what is meant ([`Config`]), or all problems at once.
//!
//! It holds names, paths and places, never a value. It knows no rule and opens nothing but its own file.

mod parse;
mod platform;
mod raw;

use crate::evidence::Name;
use crate::verdict::Waiver;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

pub use platform::Platform;

/// What to examine and how, with every default filled in.
#[derive(Clone, Debug)]
pub struct Config {
    /// The configuration file as the user named it; `None` without one.
    pub file: Option<Name>,
    /// The service.
    pub service: Option<Name>,
    /// The environment.
    pub environment: Option<Name>,
    /// The secrets in scope.
    pub secrets: Vec<Secret>,
    /// Repositories.
    pub repositories: Vec<Repository>,
    /// The revision since which repositories are examined; their whole history without one.
    pub since: Option<String>,
    /// A directory in which facts about unchanging objects are kept between runs.
    pub cache: Option<PathBuf>,
    /// Containers.
    pub containers: Vec<ContainerSelector>,
    /// Images.
    pub images: Vec<ImageSource>,
    /// The platforms of images that are examined; all of them without one.
    pub platforms: Vec<Platform>,
    /// Logs of builds.
    pub build_logs: Vec<BuildLog>,
    /// Hosts.
    pub hosts: Vec<Host>,
    /// The service's base URL, without a trailing slash.
    pub service_url: Option<Name>,
    /// The probes.
    pub probes: Probes,
    /// Where known values are read from.
    pub known_values: Vec<KnownValueSource>,
    /// Expected readers.
    pub readers: Vec<Name>,
    /// Manifests and policy documents.
    pub deployment: Vec<PathBuf>,
    /// Waivers.
    pub waivers: Vec<Waiver>,
    /// Keys that are declared and that no rule of this version examines; the report says so.
    pub unexamined_keys: Vec<&'static str>,
    /// The Docker engine.
    pub docker: Docker,
    /// Registries.
    pub registry: Registry,
    /// Bounds.
    pub limits: Limits,
}

/// A repository.
#[derive(Clone, Debug, Default)]
pub struct Repository {
    /// Its working tree or git directory.
    pub path: PathBuf,
    /// Whether what only the server holds is in scope too. No clone can prove that.
    pub server_side: bool,
}

impl From<PathBuf> for Repository {
    fn from(path: PathBuf) -> Self {
        Self { path, server_side: false }
    }
}

/// A secret in scope.
#[derive(Clone, Debug)]
pub struct Secret {
    /// The variable.
    pub name: Name,
    /// Where it is kept.
    pub source: Option<Name>,
    /// The longest time between rotations.
    pub rotate_within_days: Option<u32>,
}

/// Which containers belong to the workload.
#[derive(Clone, Debug, Default)]
pub struct ContainerSelector {
    /// By name.
    pub name: Option<Name>,
    /// By label, `KEY` or `KEY=VALUE`.
    pub label: Option<Name>,
    /// By compose project.
    pub compose_project: Option<Name>,
    /// From a saved `docker inspect` instead of an engine.
    pub inspect_file: Option<PathBuf>,
    /// The image that should run.
    pub image_digest: Option<Name>,
    /// Where secrets are handed out in memory; the usual places unless declared.
    pub memory_backed: Option<Vec<String>>,
    /// A saved `docker export`: the files that an inspect file does not show.
    pub files_archive: Option<PathBuf>,
    /// Saved `docker cp`s of mounts, by where they are mounted.
    pub mount_archives: BTreeMap<String, PathBuf>,
}

impl ContainerSelector {
    /// The selector as a target's name.
    #[must_use]
    pub fn shown(&self) -> Name {
        let file = self.inspect_file.as_ref().map(|path| Name::admit_or(&path.to_string_lossy(), "path", 1));
        let label = self.label.as_ref().map(|l| Name::fixed("label").joined("=", l));
        let project = self.compose_project.as_ref().map(|p| Name::fixed("compose_project").joined("=", p));
        [self.name.clone(), label, project, file].into_iter().flatten().next().unwrap_or(Name::fixed("(none)"))
    }
}

/// Where an image comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageSource {
    /// The Docker engine, by reference.
    Engine(Name),
    /// A `docker save` archive.
    DockerArchive(PathBuf),
    /// An OCI layout directory.
    OciLayout(PathBuf),
    /// A registry, by reference.
    Registry(Name),
}

impl ImageSource {
    /// The source as a target's name, as the user wrote it.
    #[must_use]
    pub fn shown(&self) -> Name {
        let path =
            |prefix: &str, path: &PathBuf| Name::admit_or(&format!("{prefix}{}", path.to_string_lossy()), "image", 1);
        match self {
            Self::Engine(name) => name.clone(),
            Self::DockerArchive(file) => path("docker-archive:", file),
            Self::OciLayout(dir) => path("oci:", dir),
            Self::Registry(name) => Name::admit_or(&format!("registry:{name}"), "image", 1),
        }
    }
}

/// The log of a build.
#[derive(Clone, Debug)]
pub struct BuildLog {
    /// Where it lies.
    pub file: PathBuf,
    /// Which build it must be of.
    pub build: Build,
    /// The image that the build made.
    pub image: Option<Name>,
}

/// Which build a log must be of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Build {
    /// The one that made the image of this digest.
    Digest(Name),
    /// The one of this CI run, job or pipeline.
    Run(Name),
}

impl BuildLog {
    /// The log as a target's name.
    #[must_use]
    pub fn shown(&self) -> Name {
        Name::admit_or(&self.file.to_string_lossy(), "path", 1)
    }
}

/// A host to search.
#[derive(Clone, Debug)]
pub enum Host {
    /// This machine.
    Local {
        /// Directories to search.
        directories: Vec<PathBuf>,
        /// Where the system's own files are looked for.
        root: PathBuf,
        /// What the production host calls itself, if declared.
        hostname: Option<Name>,
    },
    /// Another machine, over SSH.
    Ssh {
        /// `user@host`.
        destination: Name,
        /// Directories to search.
        directories: Vec<PathBuf>,
    },
}

/// How the service is probed.
#[derive(Clone, Debug)]
pub struct Probes {
    /// How long a starting service may take.
    pub deadline: Duration,
    /// The limit for one request.
    pub timeout: Duration,
    /// Pause between requests.
    pub interval: Duration,
    /// Consecutive successes that are needed.
    pub successes: u32,
    /// A proxy, only if configured.
    pub proxy: Option<Name>,
    /// Addresses to pin the service's name to.
    pub addresses: Vec<std::net::SocketAddr>,
    /// Response headers that only the application sends, and the text each must have; an empty text means any.
    pub headers: BTreeMap<Name, Name>,
    /// The health path.
    pub health_path: Name,
    /// Members of the health answer and the text each must have.
    pub health_expect: BTreeMap<Name, Name>,
    /// Whether other members are refused.
    pub health_exact: bool,
    /// The readiness path.
    pub ready_path: Name,
    /// Components and the text each must have.
    pub ready_expect: BTreeMap<Name, Name>,
    /// JSON pointers to the components.
    pub ready_pointers: BTreeMap<Name, Name>,
}

/// Where a known value is read from.
#[derive(Clone, Debug)]
pub struct KnownValueSource {
    /// The secret.
    pub secret: Name,
    /// Which version it is.
    pub version: Option<Name>,
    /// Where.
    pub from: KnownValueFrom,
    /// The line of its entry.
    pub line: crate::evidence::Line,
}

/// The three places a known value may be read from.
#[derive(Clone, Debug)]
pub enum KnownValueFrom {
    /// An environment variable.
    Env(Name),
    /// A file.
    File(PathBuf),
    /// An open file descriptor.
    Fd(i32),
}

/// The Docker engine.
#[derive(Clone, Debug)]
pub struct Docker {
    /// Its address, if configured.
    pub host: Option<Name>,
    /// What production's engine calls itself, if declared.
    pub name: Option<Name>,
    /// The limit for one request.
    pub timeout: Duration,
}

/// Registries of images.
#[derive(Clone, Debug)]
pub struct Registry {
    /// How long one may be silent.
    pub timeout: Duration,
}

/// Bounds on what is read.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest file or blob that is judged.
    pub file_bytes: u64,
    /// The most bytes read from one image archive, after decompression.
    pub archive_bytes: u64,
    /// The most bytes of one layer that are held in memory at once: zip files, and git's objects, packed.
    pub held_bytes: u64,
    /// The largest file of a layer that is looked through.
    pub entry_bytes: u64,
    /// The most files of a layer that are looked through, those inside archives included.
    pub layer_files: u64,
    /// The most bytes that one byte may unpack to, once more than 1 GiB came of it.
    pub ratio: u64,
    /// How deep archives in archives are opened.
    pub archive_depth: u8,
    /// The largest JSON document inside an image.
    pub config_bytes: u64,
    /// The largest HTTP response body.
    pub response_bytes: u64,
    /// The most files examined below one host's directories.
    pub host_files: u64,
}

impl Default for Config {
    fn default() -> Self {
        parse::without_file()
    }
}

impl Config {
    /// Reads a configuration text.
    ///
    /// `file` is the name for messages; relative paths are taken from `base`.
    ///
    /// # Errors
    /// All problems at once, with file and line.
    pub fn parse(file: &str, text: &str, base: &std::path::Path) -> Result<Self, crate::evidence::Problems> {
        parse::parse(file, text, base, &|_| true)
    }

    /// The same, and waivers are held against the rules that exist.
    ///
    /// # Errors
    /// All problems at once, with file and line.
    pub fn parse_with_rules(
        file: &str,
        text: &str,
        base: &std::path::Path,
        is_rule: &dyn Fn(&str) -> bool,
    ) -> Result<Self, crate::evidence::Problems> {
        parse::parse(file, text, base, is_rule)
    }

    /// An image as it is written on the command line.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn image(text: &str) -> Result<ImageSource, String> {
        parse::image(text, std::path::Path::new(""))
    }

    /// A platform as it is written on the command line.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn platform(text: &str) -> Result<Platform, String> {
        Platform::parse(text).ok_or_else(|| "a platform is OS/ARCH or OS/ARCH/VARIANT".to_owned())
    }

    /// The JSON Schema of the configuration file.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        parse::schema()
    }
}
