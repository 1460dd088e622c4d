//! The embedded worlds: a whole throw-away deployment each, made on the spot from `fixtures/`.
//!
//! `clean` is done right, in `leaky` everything is wrong, in `dark` nothing answers. Files named `dot-env`
//! become `.env` and `as-Dockerfile` becomes `Dockerfile`, so that this project's own checks stay quiet; `{{marker}}`s become generated values.

mod image;
mod repository;
mod service;
mod values;

use crate::evidence::Timestamp;
use include_dir::{Dir, DirEntry, include_dir};
use std::io;
use std::path::{Path, PathBuf};

static WORLDS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures");

/// The worlds' clock: their evidence is recorded, so it has a date of its own.
const CLOCK: i64 = 1_788_220_800; // 2026-09-01T00:00:00Z

/// A deployment on disk, with its service running until this is dropped.
pub(super) struct Deployment {
    /// Where it is.
    pub(super) directory: PathBuf,
    /// Its clock.
    pub(super) clock: Timestamp,
    _service: service::Service,
    _temporary: Option<tempfile::TempDir>,
}

/// Builds a world, in `kept` or in a directory that is removed afterwards.
pub(super) fn build(name: &str, kept: Option<&Path>) -> io::Result<Deployment> {
    let world = WORLDS.get_dir(name).ok_or(io::ErrorKind::NotFound)?;
    let (directory, temporary) = if let Some(kept) = kept {
        (empty(kept)?, None)
    } else {
        let temporary = tempfile::Builder::new().prefix("leakproof-demo-").tempdir()?;
        (temporary.path().to_owned(), Some(temporary))
    };
    let mut values = values::Values::new(name);
    let answers = text(world, "service.json").unwrap_or_default();
    let service = service::Service::start(&values.fill(&answers))?;
    values.set("service", service.address());
    if let Some(image) = text(world, "image.json") {
        let (manifest, config) = image::build(&values.fill(&image), &directory.join("image.tar"))?;
        values.set("image_digest", manifest);
        values.set("image_config", config);
    }
    if let Some(archives) = text(world, "archives.json") {
        image::archives(&values.fill(&archives), &directory)?;
    }
    for entry in world.entries() {
        match entry {
            DirEntry::Dir(folder) if ends_with(folder.path(), "repository") => {
                repository::build(folder, &directory.join("repository"), &values, CLOCK)?;
            }
            DirEntry::File(file)
                if ["image.json", "archives.json", "service.json"].iter().any(|name| ends_with(file.path(), name)) => {}
            other => copy(other, world.path(), &directory, &values)?,
        }
    }
    Ok(Deployment { directory, clock: Timestamp::from_unix(CLOCK), _service: service, _temporary: temporary })
}

/// A directory to keep the deployment in: new or empty, so that nothing of the user's is overwritten.
fn empty(kept: &Path) -> io::Result<PathBuf> {
    std::fs::create_dir_all(kept)?;
    if std::fs::read_dir(kept)?.next().is_some() {
        return Err(io::ErrorKind::DirectoryNotEmpty.into());
    }
    std::fs::canonicalize(kept)
}

fn ends_with(path: &Path, name: &str) -> bool {
    path.file_name().is_some_and(|last| last == name)
}

fn text(world: &Dir<'_>, name: &str) -> Option<String> {
    world.get_file(world.path().join(name))?.contents_utf8().map(str::to_owned)
}

/// Copies files below `root` into `to`, with names and markers filled in.
fn copy(entry: &DirEntry<'_>, root: &Path, to: &Path, values: &values::Values) -> io::Result<()> {
    match entry {
        DirEntry::Dir(folder) => folder.entries().iter().try_for_each(|inner| copy(inner, root, to, values)),
        DirEntry::File(file) => {
            let inside = file.path().strip_prefix(root).unwrap_or(file.path());
            let path = to.join(real_name(inside));
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(path, values.fill(file.contents_utf8().unwrap_or_default()))
        }
    }
}

/// `srv/app/dot-env` is `srv/app/.env`; `as-Dockerfile` is `Dockerfile`.
fn real_name(path: &Path) -> PathBuf {
    path.components()
        .map(|part| {
            let part = part.as_os_str().to_string_lossy();
            match part.strip_prefix("dot-") {
                Some(rest) => format!(".{rest}"),
                None => part.strip_prefix("as-").unwrap_or(&part).to_owned(),
            }
        })
        .collect()
}
