//! Where engines keep their local volumes, whichever container uses them.
//!
//! In: the root and the homes. Out: the directories of the volumes' files.

use super::survey::Survey;
use super::system;
use std::path::{Path, PathBuf};

/// The system's engines.
const SYSTEM: [&str; 3] = [
    "/var/lib/docker/volumes",
    "/var/lib/containers/storage/volumes",
    "/var/snap/docker/common/var-lib-docker/volumes",
];
/// Engines without root keep them in their user's home.
const IN_HOMES: [&str; 2] = [".local/share/docker/volumes", ".local/share/containers/storage/volumes"];

/// Every volume's directory.
pub(super) fn all(survey: &mut Survey<'_>, homes: &[PathBuf]) -> Vec<PathBuf> {
    let own = homes.iter().flat_map(|home| IN_HOMES.iter().map(|place| home.join(place)));
    let places: Vec<PathBuf> = SYSTEM.iter().map(PathBuf::from).chain(own).collect();
    let volumes = places.iter().flat_map(|place| system::inside(survey, Path::new(place)));
    volumes.map(|volume| volume.join("_data")).collect()
}
