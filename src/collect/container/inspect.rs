//! What `docker inspect` says of a container, wrapped; and the reading of a saved inspect file.
//!
//! In: JSON as the Docker client prints it (one object or a list; UTF-8 or UTF-16). Out: [`Container`]s and the
//! images that stand in the same file. It judges nothing.

use super::{Found, Missed};
use crate::collect::oci_config::{CONFIG, FilePath, Members, OciConfig, Pairs, Texts, Words, nullable};
use crate::collect::refusal::Refusal;
use crate::collect::saved;
use crate::config::ContainerSelector;
use crate::evidence::{Cause, Name, Sensitive};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

/// A container as far as it can carry a secret.
pub(super) struct Container {
    /// Its name without the leading slash.
    pub(super) name: Name,
    /// The id of the image it was made from.
    pub(super) image: Option<Name>,
    /// Whether it runs.
    pub(super) running: bool,
    /// Environment, command, labels, health check.
    pub(super) config: OciConfig,
    /// `Path` and `Args`.
    pub(super) arguments: Words,
    /// Options of the log driver.
    pub(super) log_options: Pairs,
    /// What is mounted from the host.
    pub(super) mounts: Vec<Bind>,
    /// Texts that have no place of their own: errors, health checks' output, security options.
    pub(super) others: Vec<Sensitive>,
    /// Options and annotations.
    pub(super) options: Vec<Pairs>,
    /// The arguments of exec sessions that were looked up.
    pub(super) execs: Vec<Words>,
    /// How many exec sessions are known only by id.
    pub(super) execs_unknown: usize,
}

/// An image as far as a container's environment can come from it.
pub(super) struct Image {
    /// Its id.
    pub(super) id: Option<Name>,
    /// The digests under which registries know it.
    pub(super) digests: Vec<Name>,
    /// Its environment.
    pub(super) env: Vec<Sensitive>,
}

impl Image {
    /// Whether it has this id, or is known under it.
    fn is(&self, id: Option<&Name>) -> bool {
        let bare = |name: &Name| name.as_str().trim_start_matches("sha256:").to_owned();
        id.is_some_and(|id| self.id.iter().chain(&self.digests).any(|own| bare(own) == bare(id)))
    }
}

/// One object of an inspect file: a container, an image, or something else.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    id: Option<Sensitive>,
    name: Option<Sensitive>,
    image: Option<Sensitive>,
    #[serde(default, deserialize_with = "nullable")]
    path: Words,
    #[serde(default, deserialize_with = "nullable")]
    args: Words,
    state: Option<State>,
    config: Option<OciConfig>,
    host_config: Option<HostConfig>,
    #[serde(default, deserialize_with = "nullable")]
    mounts: Vec<Mount>,
    #[serde(rename = "ExecIDs", default, deserialize_with = "nullable")]
    execs: Vec<Sensitive>,
    #[serde(rename = "RootFS")]
    root_fs: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "nullable")]
    repo_digests: Vec<Sensitive>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct State {
    #[serde(deserialize_with = "nullable")]
    running: bool,
    error: Texts,
    #[serde(alias = "Healthcheck", deserialize_with = "nullable")]
    health: Health,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Health {
    #[serde(deserialize_with = "nullable")]
    log: Vec<Check>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Check {
    output: Texts,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct HostConfig {
    #[serde(deserialize_with = "nullable")]
    binds: Vec<Bind>,
    #[serde(deserialize_with = "nullable")]
    mounts: Vec<Mount>,
    #[serde(deserialize_with = "nullable")]
    log_config: LogConfig,
    security_opt: Texts,
    extra_hosts: Texts,
    #[serde(deserialize_with = "nullable")]
    sysctls: Pairs,
    #[serde(deserialize_with = "nullable")]
    storage_opt: Pairs,
    #[serde(deserialize_with = "nullable")]
    annotations: Pairs,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct LogConfig {
    #[serde(deserialize_with = "nullable")]
    config: Pairs,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mount {
    #[serde(rename = "Type", default, deserialize_with = "nullable")]
    kind: String,
    source: Option<FilePath>,
    #[serde(alias = "Target")]
    destination: Option<FilePath>,
    #[serde(default, deserialize_with = "nullable")]
    volume_options: VolumeOptions,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct VolumeOptions {
    #[serde(deserialize_with = "nullable")]
    driver_config: DriverConfig,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct DriverConfig {
    #[serde(deserialize_with = "nullable")]
    options: Pairs,
}

/// Both sides of a mount from the host; in `Binds` they stand as `SOURCE:TARGET[:MODE]`.
pub(super) struct Bind {
    pub(super) source: Option<FilePath>,
    pub(super) destination: Option<FilePath>,
}

impl<'de> Deserialize<'de> for Bind {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(from)?);
        Ok(Self::read(&text))
    }
}

impl Bind {
    pub(super) fn read(text: &str) -> Self {
        // A drive's colon separates nothing.
        let drive = |text: &str| {
            let bytes = text.as_bytes();
            bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && matches!(bytes[2], b'/' | b'\\')
        };
        let end = |text: &str| {
            let from = if drive(text) { 2 } else { 0 };
            text[from..].find(':').map_or(text.len(), |at| from + at)
        };
        let source = &text[..end(text)];
        let rest = text[source.len()..].strip_prefix(':');
        let destination = rest.map(|rest| FilePath::new(&rest[..end(rest)]));
        Self { source: Some(FilePath::new(source)), destination }
    }
}

/// What an inspect file holds.
pub(super) struct Saved {
    containers: Vec<Result<Container, Option<Name>>>,
    images: Vec<Arc<Image>>,
    /// How many objects are neither, or not what they should be.
    unclear: usize,
}

/// The members that make a container or an image.
static ITEM: Members = Members(&[
    ("Config", Some(&CONFIG)),
    ("State", None),
    ("HostConfig", Some(&HOST_CONFIG)),
    ("RootFS", None),
    ("Path", None),
    ("Args", None),
    ("Mounts", None),
    ("ExecIDs", None),
]);

static HOST_CONFIG: Members = Members(&[("Binds", None), ("Mounts", None), ("LogConfig", None)]);

/// Reads a saved inspect file.
pub(super) fn read(path: &Path, limit: u64) -> Result<Saved, Refusal> {
    parse(&saved::text(path, limit)?)
}

fn parse(text: &str) -> Result<Saved, Refusal> {
    let items: Result<Vec<Item>, _> = if text.trim_start().starts_with('[') {
        serde_json::from_str(text)
    } else {
        serde_json::from_str(text).map(|item| vec![item])
    };
    let items = items.map_err(|error| {
        let cause = if error.is_eof() { Cause::Truncated } else { Cause::Malformed };
        Refusal::new(cause).with("line", Name::number(error.line() as u64))
    })?;
    let mut saved = Saved { containers: Vec::new(), images: Vec::new(), unclear: 0 };
    saved.unclear += usize::from(ITEM.misspelled(text.as_bytes()));
    for (i, item) in items.into_iter().enumerate() {
        let arguments = item.path.text().is_some() || item.args.text().is_some();
        let container_like = item.host_config.is_some() || arguments;
        if item.state.is_some() || container_like && item.root_fs.is_none() {
            saved.containers.push(container(item, i));
        } else if item.root_fs.is_some() && item.config.is_some() && !container_like {
            saved.images.push(Arc::new(image(item)));
        } else {
            saved.unclear += 1;
        }
    }
    Ok(saved)
}

/// A container needs its `Config`: without it nothing was learned, and that is not an empty environment.
fn container(item: Item, ordinal: usize) -> Result<Container, Option<Name>> {
    let name = item.name.map(|name| container_name(&name, ordinal));
    let Some(config) = item.config else { return Err(name) };
    let mut host = item.host_config.unwrap_or_default();
    let volumes = host.mounts.iter_mut().map(|mount| std::mem::take(&mut mount.volume_options.driver_config.options));
    let options = volumes.chain([host.sysctls, host.storage_opt, host.annotations]).collect();
    let state = item.state.unwrap_or_default();
    let health = state.health.log.into_iter().flat_map(|check| check.output.0);
    let others = state.error.0.into_iter().chain(health).chain(host.security_opt.0).chain(host.extra_hosts.0).collect();
    let listed = item.mounts.into_iter().chain(host.mounts).filter(|mount| mount.kind == "bind");
    let listed = listed.map(|mount| Bind { source: mount.source, destination: mount.destination });
    let mounts: Vec<Bind> = listed.chain(host.binds).collect();
    Ok(Container {
        name: name.unwrap_or_else(|| Name::withheld("container", ordinal + 1)),
        image: item.image.as_ref().and_then(digest),
        running: state.running,
        config,
        arguments: item.path.followed_by(item.args),
        log_options: host.log_config.config,
        mounts,
        others,
        options,
        execs: Vec::new(),
        execs_unknown: item.execs.len(),
    })
}

fn image(item: Item) -> Image {
    Image {
        id: item.id.as_ref().and_then(digest),
        digests: item.repo_digests.iter().filter_map(digest).collect(),
        env: item.config.unwrap_or_default().env,
    }
}

/// The engine's names begin with a slash.
pub(super) fn container_name(name: &Sensitive, ordinal: usize) -> Name {
    let Ok(name) = name.name() else { return Name::withheld("container", ordinal + 1) };
    Name::admit_or(name.as_str().trim_start_matches('/'), "container", ordinal + 1)
}

/// `sha256:…`, also behind `repository@`.
pub(super) fn digest(text: &Sensitive) -> Option<Name> {
    let name = text.name().ok()?;
    let text = name.as_str();
    Name::digest(text.rsplit_once('@').map_or(text, |(_, digest)| digest)).ok()
}

impl Saved {
    /// The containers that a selector means; without one, all of them.
    pub(super) fn select(self, selector: &ContainerSelector) -> Found {
        let mut found = Found { identity: vec![("source", Name::fixed("inspect file"))], ..Found::default() };
        if self.unclear > 0 {
            let why = Refusal::new(Cause::Malformed)
                .because("an object that is neither a container nor an image, or misspells its members");
            found.missed.push(Missed { what: Some(Name::fixed("(inspect file)")), only: None, why });
        }
        for container in self.containers {
            match container {
                Ok(container) if matches(selector, &container) => {
                    let image = self.images.iter().find(|image| image.is(container.image.as_ref()));
                    found.containers.push((container, image.cloned()));
                }
                Ok(_) => {}
                Err(what) => found.missed.push(Missed {
                    what,
                    only: None,
                    why: Refusal::new(Cause::Malformed).because("a container without Config"),
                }),
            }
        }
        // An image that no container of the file was made from belongs to the file as a whole.
        if selector.name.is_none() && selector.label.is_none() && selector.compose_project.is_none() {
            let used = |image: &Arc<Image>| {
                found.containers.iter().any(|(_, own)| own.as_ref().is_some_and(|own| Arc::ptr_eq(own, image)))
            };
            found.images = self.images.iter().filter(|image| !used(image)).cloned().collect();
        }
        found
    }
}

fn matches(selector: &ContainerSelector, container: &Container) -> bool {
    let labels = &container.config.labels.0;
    let labelled = |key: &str, value: Option<&str>| {
        labels.iter().any(|(name, is)| {
            name.name().is_ok_and(|name| name.as_str() == key)
                && value.is_none_or(|value| is.name().is_ok_and(|is| is.as_str() == value))
        })
    };
    let by_name = selector.name.as_ref().is_none_or(|name| *name == container.name);
    let by_label = selector.label.as_ref().is_none_or(|label| match label.as_str().split_once('=') {
        Some((key, value)) => labelled(key, Some(value)),
        None => labelled(label.as_str(), None),
    });
    let project = |name: &Name| labelled("com.docker.compose.project", Some(name.as_str()));
    by_name && by_label && selector.compose_project.as_ref().is_none_or(project)
}

#[cfg(test)]
#[path = "inspect_tests.rs"]
mod tests;
