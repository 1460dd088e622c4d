//! Opens a repository the safe way and says in our words why one does not open.
//!
//! In: a path as the user gave it. Out: a repository, or a cause with hints. An explicit path must be the
//! repository itself (its working tree's root or its git directory): a plain directory inside a repository is
//! refused, since a typing error would otherwise examine another repository than was meant. No environment
//! variable of git's is honoured, no hook, filter or driver ever runs.

use super::ids::IdSet;
use super::objects::Objects;
use super::packs::Loose;
use crate::evidence::{Cause, Name};
use git2::{Config, ErrorCode, Oid, Repository, RepositoryOpenFlags};
use std::ffi::OsStr;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Why a repository does not open, and what helps.
pub(super) struct Refusal {
    pub(super) cause: Cause,
    pub(super) hint: Option<(&'static str, Name)>,
}

/// Opens what the user named.
pub(super) fn open(path: &Path) -> Result<Repository, Refusal> {
    if let Some(name) = git_directory(path).and_then(|dir| special(&dir)) {
        return Err(Refusal { cause: Cause::Malformed, hint: Some(("file", Name::fixed(name))) });
    }
    Repository::open_ext(path, RepositoryOpenFlags::NO_SEARCH, std::iter::empty::<&OsStr>())
        .map_err(|error| refusal(path, &error))
}

fn refusal(path: &Path, error: &git2::Error) -> Refusal {
    let because = |cause, hint| Refusal { cause, hint };
    if error.code() == ErrorCode::Owner {
        let run = Name::fixed("git config --global --add safe.directory PATH");
        return because(Cause::Denied, Some(("run", run)));
    }
    if let Err(error) = std::fs::read_dir(path) {
        return match error.kind() {
            std::io::ErrorKind::PermissionDenied => because(Cause::Denied, None),
            _ => because(Cause::NotFound, None),
        };
    }
    let Some(config) = git_directory(path).and_then(|dir| Config::open(&dir.join("config")).ok()) else {
        let cause = if error.code() == ErrorCode::NotFound { Cause::NotFound } else { Cause::Malformed };
        return because(cause, None);
    };
    let is = |key: &str, word: &str| config.get_string(key).is_ok_and(|value| value.eq_ignore_ascii_case(word));
    if is("extensions.objectformat", "sha256") {
        return because(Cause::Unsupported, Some(("extension", Name::fixed("objectformat=sha256"))));
    }
    if is("extensions.refstorage", "reftable") {
        return because(Cause::Unsupported, Some(("run", Name::fixed("git refs migrate --ref-format=files"))));
    }
    if config.get_string("extensions.partialclone").is_ok() {
        return because(Cause::Unsupported, Some(("extension", Name::fixed("partialclone"))));
    }
    if config.get_i64("core.repositoryformatversion").is_ok_and(|version| version > 0) {
        return because(Cause::Unsupported, Some(("key", Name::fixed("core.repositoryformatversion"))));
    }
    because(Cause::Malformed, None)
}

/// A file of a git directory that is none: whoever opens a pipe waits for its writer.
fn special(dir: &Path) -> Option<&'static str> {
    let files = ["HEAD", "config", "packed-refs", "shallow", "info/grafts", "index", "objects/info/alternates"];
    let odd = |name: &&str| dir.join(name).metadata().is_ok_and(|about| !about.is_file());
    files.into_iter().find(odd)
}

/// The git directory that a path would open as, found without libgit2 because libgit2 refused.
fn git_directory(path: &Path) -> Option<PathBuf> {
    let dir = path.canonicalize().ok()?;
    [dir.join(".git"), dir].into_iter().find(|dir| dir.join("HEAD").exists())
}

/// One object store, opened once per worker: libgit2's objects may not be shared between threads.
pub(super) struct Store {
    /// The git directory that holds objects and refs, common to all working trees.
    pub(super) common: PathBuf,
    /// Loose objects whose files end early.
    pub(super) cut: IdSet<Oid>,
    idle: Mutex<Vec<Repository>>,
}

/// A repository for one piece of work. Its objects are read through [`Objects`].
pub(super) struct Lent<'a> {
    repository: &'a Repository,
    cut: &'a IdSet<Oid>,
}

impl<'a> Lent<'a> {
    /// Its objects.
    pub(super) fn odb(&self) -> Result<Objects<'a>, git2::Error> {
        Ok(Objects::new(self.repository.odb()?, self.cut))
    }
}

impl Deref for Lent<'_> {
    type Target = Repository;

    fn deref(&self) -> &Repository {
        self.repository
    }
}

impl Store {
    /// Opens the store behind a git directory.
    pub(super) fn open(common: &Path) -> Result<Self, Refusal> {
        // Every object is read about once: libgit2's cache would cost a quarter of the time and most of the memory.
        git2::opts::enable_caching(false);
        if let Some(name) = special(common) {
            return Err(Refusal { cause: Cause::Malformed, hint: Some(("file", Name::fixed(name))) });
        }
        let first = Repository::open_bare(common).map_err(|error| refusal(common, &error))?;
        let cut = Loose::cut(common);
        Ok(Self { common: common.to_path_buf(), cut, idle: Mutex::new(vec![first]) })
    }

    /// Lends a repository for one piece of work; `None` if no further one can be opened.
    pub(super) fn with<T>(&self, work: impl FnOnce(&Lent<'_>) -> T) -> Option<T> {
        let idle = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        let repository = idle.or_else(|| Repository::open_bare(&self.common).ok())?;
        let done = work(&Lent { repository: &repository, cut: &self.cut });
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(repository);
        }
        Some(done)
    }
}
