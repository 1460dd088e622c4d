//! A container's files from saved archives: `docker export` of the whole, `docker cp` of each mount.
//!
//! In: a selector with its archives, and the container of its inspect file. Out: the same parts as from an engine. An
//! archive that is cut off, or belongs to no mount, is said.

use super::Found;
use super::inspect::Container;
use super::seen::{Of, Part, Seen};
use crate::collect::entry_path::clean;
use crate::collect::layers::{self, Layer, Look};
use crate::collect::refusal::Refusal;
use crate::config::ContainerSelector;
use crate::evidence::{Cause, Name};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Zeros at the end of a tar.
const TRAILER: usize = 1024;

/// Looks through the archives of a selector, for each of its containers.
pub(super) fn read_all(selector: &ContainerSelector, mut found: Found, look: Look<'_>) -> Found {
    let alone = found.containers.len() == 1;
    for (container, _) in &mut found.containers {
        container.files = Some(read(selector, container, alone, look));
    }
    found
}

/// Looks through the archives, which are one container's.
fn read(selector: &ContainerSelector, container: &Container, alone: bool, look: Look<'_>) -> Result<Seen, Refusal> {
    let missing =
        |key, run| Refusal::new(Cause::ContentElsewhere).with("key", Name::fixed(key)).with("run", Name::fixed(run));
    let Some(whole) = &selector.files_archive else {
        let why = missing("containers.files_archive", "docker export CONTAINER > files.tar");
        return Err(why.because("an inspect file does not show files"));
    };
    if !alone {
        return Err(Refusal::new(Cause::Inconsistent)
            .with("key", Name::fixed("containers.files_archive"))
            .because("one archive cannot be of several containers: name one"));
    }
    let mut seen = Seen::new(selector);
    let (mounts, archives) = (&container.mounted, &selector.mount_archives);
    seen.parts.push(Part { of: Of::Whole, prefix: Vec::new(), layer: archive(whole, look) });
    for number in seen.plan(mounts, container.alive) {
        let mount = &mounts.all[number];
        if let Some((_, file)) = archives.iter().find(|(path, _)| clean(path.as_bytes()) == mount.destination) {
            let of = Of::Mount(mount.destination.clone(), mount.word());
            seen.mounted(of, &mount.destination, archive(file, look), not_the_mount);
        } else {
            let why = missing("containers.mount_archives", "docker cp CONTAINER:PATH - > mount.tar");
            seen.miss(&mount.destination, why);
        }
    }
    for path in archives.keys().map(|path| clean(path.as_bytes())) {
        if !mounts.all.iter().any(|mount| mount.destination == path) {
            let why = Refusal::new(Cause::Inconsistent).with("key", Name::fixed("containers.mount_archives"));
            seen.miss(&path, why.because("nothing is mounted there"));
        }
    }
    if container.in_swarm() {
        let why = Refusal::new(Cause::ContentElsewhere).with("operation", Name::fixed("GET /tasks/{id}"));
        seen.missed.push((None, why.because("no file says what a swarm hands out")));
    }
    seen.hold(mounts, selector);
    Ok(seen)
}

/// An archive that is not of the mount that it is declared for.
fn not_the_mount(cause: Cause) -> Refusal {
    // Behind a link, the client copies what a path holds, and not what it leads to.
    let run = if cause == Cause::ContentElsewhere {
        "docker cp CONTAINER:PATH/. - > mount.tar"
    } else {
        "docker cp CONTAINER:PATH - > mount.tar"
    };
    Refusal::new(cause).with("key", Name::fixed("containers.mount_archives")).with("run", Name::fixed(run))
}

/// Looks through an archive. One without an entry is of nothing.
fn archive(path: &Path, look: Look<'_>) -> Layer {
    let layer = match open(path) {
        Ok(file) => layers::read(file, look),
        Err(why) => return Layer::unread(why.with("operation", Name::fixed("read archive"))),
    };
    let empty = layer.broken.is_none() && layer.paths.is_empty();
    let broken = if empty { Some(Refusal::new(Cause::Empty)) } else { layer.broken };
    Layer { broken, ..layer }
}

/// Opens an archive that ends as one: where it was cut between two files, nothing else would tell.
fn open(path: &Path) -> Result<File, Refusal> {
    let refused = |error: std::io::Error| Refusal::of_file(&error);
    let mut file = File::open(path).map_err(refused)?;
    if !file.metadata().map_err(refused)?.is_file() {
        return Err(Refusal::new(Cause::Unsupported).because("not a regular file"));
    }
    let mut head = Vec::new();
    file.by_ref().take(512).read_to_end(&mut head).map_err(refused)?;
    if layers::is_tar(&head) {
        let mut end = [1_u8; TRAILER];
        let back = -i64::try_from(TRAILER).unwrap_or_default();
        let read = file.seek(SeekFrom::End(back)).and_then(|_| file.read_exact(&mut end));
        if read.is_err() || end.iter().any(|b| *b != 0) {
            return Err(Refusal::new(Cause::Truncated));
        }
    }
    file.rewind().map_err(refused)?;
    Ok(file)
}
