//! A world's git repository: each folder of `repository/` is one commit, in order of name.
//!
//! A file named `x.removed` removes `x`.

use super::values::Values;
use git2::{IndexAddOption, Repository, RepositoryInitOptions, Signature, Time};
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
        for entry in folder.entries() {
            lay(entry, folder.path(), to, values)?;
        }
        let message = folder.path().file_name().map(|name| name.to_string_lossy().to_string()).unwrap_or_default();
        let at = clock - 86_400 * (90 - number * 10);
        commit(&repository, message.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-'), at)
            .map_err(refused)?;
    }
    Ok(())
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

fn commit(repository: &Repository, message: &str, at: i64) -> Result<(), git2::Error> {
    let mut index = repository.index()?;
    index.add_all(["*"], IndexAddOption::FORCE, None)?;
    index.update_all(["*"], None)?;
    index.write()?;
    let tree = repository.find_tree(index.write_tree()?)?;
    let author = Signature::new("demo", "demo@leakproof.invalid", &Time::new(at, 0))?;
    let parent = repository.head().ok().and_then(|head| head.peel_to_commit().ok());
    let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
    repository.commit(Some("HEAD"), &author, &author, message, &tree, &parents)?;
    Ok(())
}

fn refused(error: git2::Error) -> io::Error {
    io::Error::other(error)
}
