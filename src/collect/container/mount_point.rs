//! Mounts and descriptors as inspect writes them.
//!
//! In: JSON. Out: what is mounted, once for those who look for env files by their names and once for those who read
//! files; and digests. It judges nothing.

use super::inspect::Bind;
use super::mounts::{Mount, Sort};
use crate::collect::oci_config::{FilePath, nullable, platform};
use crate::evidence::{Name, Sensitive};
use serde::Deserialize;
use serde::de::Deserializer;
use zeroize::Zeroizing;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MountPoint {
    #[serde(rename = "Type", default, deserialize_with = "nullable")]
    kind: String,
    name: Option<MountText>,
    source: Option<MountText>,
    #[serde(alias = "Target")]
    pub(super) destination: Option<MountText>,
}

/// A path or a name of a mount, wiped when it is dropped.
pub(super) struct MountText(pub(super) Zeroizing<String>);

impl<'de> Deserialize<'de> for MountText {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self(Zeroizing::new(text)))
    }
}

impl MountPoint {
    /// Whether it may bring a file of the host in. One that does not say what it is may.
    pub(super) fn may_be_of_the_host(&self) -> bool {
        !matches!(self.kind.as_str(), "volume" | "tmpfs" | "npipe" | "image" | "cluster")
    }

    pub(super) fn bind(&self) -> Bind {
        let path = |text: &Option<MountText>| text.as_ref().map(|text| FilePath::new(&text.0));
        Bind { source: path(&self.source), destination: path(&self.destination) }
    }

    /// What it is to whoever looks for files; none where it does not say where it is mounted.
    pub(super) fn mounted(self) -> Option<Mount> {
        let sort = match self.kind.as_str() {
            "tmpfs" => Sort::Tmpfs,
            _ if self.may_be_of_the_host() => Sort::Bind,
            _ => Sort::Volume,
        };
        let mut mount = Mount::new(sort, &self.destination?.0);
        (mount.name, mount.source) = (self.name.map(|name| name.0), self.source.map(|source| source.0));
        Some(mount)
    }
}

/// What a line of `Binds` mounts: a path of the host, or a volume by its name.
pub(super) fn bound(text: &str) -> Option<Mount> {
    let (source, destination) = Bind::sides(text);
    let sort =
        if source.starts_with(['/', '.', '~']) || source.contains(['\\', ':']) { Sort::Bind } else { Sort::Volume };
    let mut mount = Mount::new(sort, destination?);
    let source = Some(Zeroizing::new(source.to_owned()));
    if sort == Sort::Bind {
        mount.source = source;
    } else {
        mount.name = source;
    }
    Some(mount)
}

/// What names a manifest: of a container's image, or an image's own.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    pub(super) media_type: Option<Sensitive>,
    pub(super) digest: Option<Sensitive>,
    pub(super) platform: Option<Platform>,
}

#[derive(Deserialize)]
pub(super) struct Platform {
    architecture: Option<Sensitive>,
    os: Option<Sensitive>,
    variant: Option<Sensitive>,
}

impl Platform {
    pub(super) fn name(&self) -> Name {
        platform(self.os.as_ref(), self.architecture.as_ref(), self.variant.as_ref())
    }
}
