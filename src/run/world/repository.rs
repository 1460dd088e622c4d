//! A world's git repository: each folder of `repository/` is one commit, in order of name.
//!
//! A file named `x.removed` removes `x`; one named `x.gitlink` holds the commit of a submodule at `x`. A folder named
//! `dropped` is a commit that is taken back: only the reflog remembers it.

use super::values::Values;
use git2::{IndexAddOption, IndexEntry, IndexTime, Oid, Repository, RepositoryInitOptions, ResetType, Signature, Time};
use include_dir::{Dir, DirEntry};
use std::io;
use std::path::Path;

pub(super) fn build(steps: &Dir<'_>, to: &Path, values: &Values, clock: i64) -> io::Result<()> {
    let mut options = RepositoryInitOptions::new();
    options.initial_head("main").external_template(false);
    let repository = Repository::init_opts(to, &options).map_err(refused)?;
    let mut folders: Vec<&Dir<'_>> = steps.dirs().collect();
    folders.sort_by_key(|folder| folder.path());
    for (folder, number) in folders.into_iter().zip(1_i64..) {
        let mut links = Vec::new();
        for entry in folder.entries() {
            match link(entry, folder.path()) {
                Some(link) => links.push(link),
                None => lay(entry, folder.path(), to, values)?,
            }
        }
        let message = folder.path().file_name().map(|name| name.to_string_lossy().to_string()).unwrap_or_default();
        let at = clock - 86_400 * (90 - number * 10);
        commit(&repository, message.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-'), at, &links)
            .map_err(refused)?;
        if message.ends_with("-dropped") {
            take_back(&repository).map_err(refused)?;
        }
    }
    Ok(())
}

/// `git reset --hard HEAD~1`
fn take_back(repository: &Repository) -> Result<(), git2::Error> {
    let parent = repository.head()?.peel_to_commit()?.parent(0)?;
    repository.reset(parent.as_object(), ResetType::Hard, None)
}

/// The path and the commit of a submodule.
fn link(entry: &DirEntry<'_>, root: &Path) -> Option<(Vec<u8>, Oid)> {
    let file = entry.as_file()?;
    let inside = super::real_name(file.path().strip_prefix(root).unwrap_or(file.path()));
    if inside.extension()? != "gitlink" {
        return None;
    }
    let commit = Oid::from_str(file.contents_utf8()?.trim()).ok()?;
    Some((inside.with_extension("").to_string_lossy().into_owned().into_bytes(), commit))
}

fn lay(entry: &DirEntry<'_>, root: &Path, to: &Path, values: &Values) -> io::Result<()> {
    if let DirEntry::File(file) = entry {
        let inside = super::real_name(file.path().strip_prefix(root).unwrap_or(file.path()));
        if inside.extension().is_some_and(|extension| extension == "removed") {
            return std::fs::remove_file(to.join(inside.with_extension("")));
        }
    }
    super::copy(entry, root, to, values)
}

fn commit(repository: &Repository, message: &str, at: i64, links: &[(Vec<u8>, Oid)]) -> Result<(), git2::Error> {
    let mut index = repository.index()?;
    index.add_all(["*"], IndexAddOption::FORCE, None)?;
    index.update_all(["*"], None)?;
    for (path, commit) in links {
        index.add(&submodule(path, *commit))?;
    }
    index.write()?;
    let tree = repository.find_tree(index.write_tree()?)?;
    let author = Signature::new("demo", "demo@leakproof.invalid", &Time::new(at, 0))?;
    let parent = repository.head().ok().and_then(|head| head.peel_to_commit().ok());
    let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
    repository.commit(Some("HEAD"), &author, &author, message, &tree, &parents)?;
    Ok(())
}

fn submodule(path: &[u8], commit: Oid) -> IndexEntry {
    let never = IndexTime::new(0, 0);
    IndexEntry {
        ctime: never,
        mtime: never,
        dev: 0,
        ino: 0,
        mode: 0o160_000,
        uid: 0,
        gid: 0,
        file_size: 0,
        id: commit,
        flags: 0,
        flags_extended: 0,
        path: path.to_vec(),
    }
}

fn refused(error: git2::Error) -> io::Error {
    io::Error::other(error)
}
