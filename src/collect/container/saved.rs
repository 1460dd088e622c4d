//! A saved inspect file: the containers in it, and the images beside them.
//!
//! In: JSON as the Docker client prints it (one object or a list; UTF-8 or UTF-16). Out: [`Container`]s, and every
//! other text of the file under the name nearest to it. It judges nothing.

use super::Beside;
use super::inspect::{self, Bind, Container, Image, container_name, digest};
use super::mount_point::{Descriptor, MountPoint, MountText, Platform, bound};
use super::mounts::{Mount, Mounts, Sort};
use super::select::Saved;
use crate::collect::image_id;
use crate::collect::oci_config::{
    Below, CONFIG, Json, Members, OciConfig, Pairs, Rest, Texts, Words, nullable, platform,
};
use crate::collect::refusal::Refusal;
use crate::evidence::{Cause, Name, Sensitive};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

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
    restart_count: Option<u64>,
    config: Option<OciConfig>,
    host_config: Option<HostConfig>,
    #[serde(default, deserialize_with = "nullable")]
    mounts: Vec<MountPoint>,
    #[serde(rename = "ExecIDs", default, deserialize_with = "nullable")]
    execs: Vec<Sensitive>,
    #[serde(rename = "RootFS")]
    root_fs: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "nullable")]
    repo_digests: Vec<Sensitive>,
    driver: Option<Sensitive>,
    image_manifest_descriptor: Option<Descriptor>,
    descriptor: Option<Descriptor>,
    architecture: Option<Sensitive>,
    os: Option<Sensitive>,
    variant: Option<Sensitive>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct State {
    #[serde(deserialize_with = "nullable")]
    status: String,
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
    binds: Vec<MountText>,
    #[serde(deserialize_with = "nullable")]
    mounts: Vec<MountPoint>,
    #[serde(deserialize_with = "nullable")]
    tmpfs: BTreeMap<String, Texts>,
    #[serde(deserialize_with = "nullable")]
    log_config: LogConfig,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct LogConfig {
    #[serde(deserialize_with = "nullable")]
    config: Pairs,
}

/// The members that make a container or an image, and where the engine puts ids.
static ITEM: Members = Members(&[
    ("Id", Below::Id),
    ("Name", Below::Read),
    ("Image", Below::Id),
    ("Path", Below::Read),
    ("Args", Below::Read),
    ("State", Below::Of(&STATE)),
    ("RestartCount", Below::Read),
    ("Config", Below::Of(&CONFIG)),
    ("HostConfig", Below::Of(&HOST_CONFIG)),
    ("Mounts", Below::Of(&MOUNT)),
    ("ExecIDs", Below::Id),
    ("RepoDigests", Below::Also),
    ("ResolvConfPath", Below::Id),
    ("HostnamePath", Below::Id),
    ("HostsPath", Below::Id),
    ("LogPath", Below::Id),
    ("GraphDriver", Below::Of(&GRAPH)),
    ("NetworkSettings", Below::Of(&NETWORKS)),
    ("Driver", Below::Also),
    ("ImageManifestDescriptor", Below::Of(&DESCRIPTOR)),
    ("Descriptor", Below::Of(&DESCRIPTOR)),
    ("Architecture", Below::Also),
    ("Os", Below::Also),
    ("Variant", Below::Also),
]);

static DESCRIPTOR: Members = Members(&[
    ("mediaType", Below::Also),
    ("digest", Below::Id),
    ("platform", Below::Of(&Members(&[("architecture", Below::Also), ("os", Below::Also), ("variant", Below::Also)]))),
]);

static STATE: Members = Members(&[
    ("Status", Below::Also),
    ("Running", Below::Read),
    ("Error", Below::Read),
    ("Health", Below::Of(&HEALTH)),
    ("Healthcheck", Below::Of(&HEALTH)),
]);

static HEALTH: Members = Members(&[("Log", Below::Of(&Members(&[("Output", Below::Read)])))]);

static HOST_CONFIG: Members = Members(&[
    ("Binds", Below::Id),
    ("NetworkMode", Below::Id),
    ("IpcMode", Below::Id),
    ("PidMode", Below::Id),
    ("VolumesFrom", Below::Id),
    ("Mounts", Below::Of(&MOUNT)),
    // Paths, and options of mounting: `/run/secrets` names no secret.
    ("Tmpfs", Below::Each(&Members(&[]))),
    ("LogConfig", Below::Of(&Members(&[("Config", Below::Read)]))),
]);

static MOUNT: Members = Members(&[
    ("Type", Below::Also),
    ("Name", Below::Id),
    ("Source", Below::Id),
    ("Destination", Below::Also),
    ("Target", Below::Also),
]);

static GRAPH: Members = Members(&[("Data", Below::Of(&LAYERS))]);

static LAYERS: Members = Members(&[
    ("ID", Below::Id),
    ("LowerDir", Below::Id),
    ("MergedDir", Below::Id),
    ("UpperDir", Below::Id),
    ("WorkDir", Below::Id),
]);

static NETWORKS: Members =
    Members(&[("SandboxID", Below::Id), ("EndpointID", Below::Id), ("Networks", Below::Each(&NETWORK))]);

static NETWORK: Members = Members(&[("NetworkID", Below::Id), ("EndpointID", Below::Id)]);

/// What of an image is read for the containers' sake; its environment is judged there.
static IMAGE: Members = Members(&[
    ("Id", Below::Id),
    ("Parent", Below::Id),
    ("Container", Below::Id),
    ("GraphDriver", Below::Of(&GRAPH)),
    ("Config", Below::Of(&Members(&[("Env", Below::Read)]))),
]);

/// Reads a saved inspect file.
pub(super) fn read(path: &Path, limit: u64) -> Result<Saved, Refusal> {
    parse(&crate::collect::saved::text(path, limit)?)
}

/// Reads what an engine answered about one container. Its exec sessions are looked up by whoever asked.
#[cfg(feature = "docker")]
pub(super) fn answer(text: &str) -> Result<Container, Refusal> {
    let malformed = || Refusal::new(Cause::Malformed).because("the engine answered without the container's Config");
    let item = objects::<Item>(text)?.pop().ok_or_else(malformed)?;
    let tree = objects::<Json>(text)?.pop().ok_or_else(malformed)?;
    let container = container(item, 0, ITEM.rest(tree)).map_err(|_| malformed())?;
    Ok(Container { execs_unknown: 0, ..container })
}

/// One object, or a list of them.
fn objects<'de, T: Deserialize<'de>>(text: &'de str) -> Result<Vec<T>, Refusal> {
    let items = if text.trim_start().starts_with('[') {
        serde_json::from_str(text)
    } else {
        serde_json::from_str(text).map(|item| vec![item])
    };
    items.map_err(|error| {
        let cause = if error.is_eof() { Cause::Truncated } else { Cause::Malformed };
        Refusal::new(cause).with("line", Name::number(error.line() as u64))
    })
}

fn parse(text: &str) -> Result<Saved, Refusal> {
    let items = objects::<Item>(text)?;
    let trees = objects::<Json>(text)?;
    let mut saved = Saved { containers: Vec::new(), images: Vec::new(), unclear: 0 };
    for (i, (item, tree)) in items.into_iter().zip(trees).enumerate() {
        saved.unclear += usize::from(ITEM.misspelled(&tree));
        let arguments = item.path.text().is_some() || item.args.text().is_some();
        let container_like = item.host_config.is_some() || arguments;
        if item.state.is_some() || container_like && item.root_fs.is_none() {
            saved.containers.push(container(item, i, ITEM.rest(tree)));
        } else if item.root_fs.is_some() && item.config.is_some() && !container_like {
            let image = Arc::new(image(item));
            saved.images.push((image.clone(), Beside::new(image.id.clone(), IMAGE.rest(tree))));
        } else {
            saved.unclear += 1;
        }
    }
    Ok(saved)
}

/// A container needs its `Config`: without it nothing was learned, and that is not an empty environment.
fn container(item: Item, ordinal: usize, rest: Rest) -> Result<Container, Option<Name>> {
    let name = item.name.as_ref().map(|name| container_name(name, ordinal));
    let Some(config) = item.config else { return Err(name) };
    let host = item.host_config.unwrap_or_default();
    let descriptor = item.image_manifest_descriptor;
    let state = item.state.unwrap_or_default();
    let health = state.health.log.into_iter().flat_map(|check| check.output.0);
    let lists = rest.lists.iter().filter_map(Words::text);
    let all: Vec<MountPoint> = item.mounts.into_iter().chain(host.mounts).collect();
    let listed: Vec<Bind> = all.iter().filter(|mount| mount.may_be_of_the_host()).map(MountPoint::bind).collect();
    let unplaced = all.iter().filter(|mount| mount.destination.is_none()).count();
    let mut mounted = Mounts { unplaced, ..Mounts::default() };
    all.into_iter().filter_map(MountPoint::mounted).for_each(|mount| mounted.add(mount));
    host.binds.iter().filter_map(|bind| bound(&bind.0)).for_each(|mount| mounted.add(mount));
    host.tmpfs.keys().for_each(|path| mounted.add(Mount::new(Sort::Tmpfs, path)));
    Ok(Container {
        #[cfg(feature = "docker")]
        id: item.id.as_ref().and_then(|id| id.digest().ok()),
        #[cfg(feature = "docker")]
        task: None,
        name: name.unwrap_or_else(|| Name::withheld("container", ordinal + 1)),
        image: item.image.as_ref().and_then(digest),
        reference: config.image.0.first().and_then(|text| text.name().ok()),
        manifest: descriptor.as_ref().and_then(|one| one.digest.as_ref()).and_then(digest),
        platform: descriptor.as_ref().and_then(|one| one.platform.as_ref()).map(Platform::name),
        driver: item.driver.as_ref().and_then(|text| text.name().ok()),
        alive: state.running || ["running", "paused", "restarting", "unknown"].contains(&inspect::state(&state.status)),
        running: state.running,
        state: inspect::state(&state.status),
        restarts: item.restart_count,
        config,
        arguments: item.path.followed_by(item.args),
        log_options: host.log_config.config,
        mounts: listed.into_iter().chain(host.binds.iter().map(|bind| Bind::read(&bind.0))).collect(),
        mounted,
        files: None,
        // Schedulers put random letters into names: these are read as a text, not as a value.
        others: state.error.0.into_iter().chain(health).chain(lists).chain(item.name).collect(),
        options: vec![rest.pairs],
        execs: Vec::new(),
        execs_unknown: item.execs.len(),
    })
}

fn image(item: Item) -> Image {
    Image {
        id: item.id.as_ref().and_then(digest),
        digests: item.repo_digests.iter().filter_map(digest).collect(),
        id_is: item
            .descriptor
            .and_then(|one| one.media_type?.name().ok())
            .and_then(|kind| image_id::by_media_type(kind.as_str())),
        platform: item.architecture.as_ref().map(|one| platform(item.os.as_ref(), Some(one), item.variant.as_ref())),
        env: item.config.unwrap_or_default().env,
    }
}

#[cfg(test)]
#[path = "saved_tests.rs"]
mod tests;
