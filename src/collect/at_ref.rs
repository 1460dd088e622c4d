//! One file as it stands in a git ref: how a pull request's configuration is read from its base branch.
//!
//! Not a collector. It opens the repository around a directory and reads one blob, without any filter.

use git2::{ErrorCode, Repository};
use std::path::Path;

/// Largest configuration that is read.
const LARGEST: usize = 1 << 20;

/// The text of `path` (relative to the repository's root) in `reference`.
///
/// # Errors
/// What is missing, in our words.
pub fn file_at(inside: &Path, reference: &str, path: &Path) -> Result<String, &'static str> {
    let repository = Repository::discover(inside).map_err(|error| match error.code() {
        ErrorCode::Owner => "the repository belongs to another user",
        _ => "there is no git repository here",
    })?;
    let named = unambiguous(&repository, reference)?;
    let tree = repository
        .revparse_single(&named)
        .and_then(|object| object.peel_to_tree())
        .map_err(|_| "the ref does not exist")?;
    let entry = tree.get_path(path).map_err(|_| "the file does not exist in that ref")?;
    let object = entry.to_object(&repository).map_err(|_| "the file's content is missing")?;
    let blob = object.as_blob().ok_or("it is not a file in that ref")?;
    if blob.size() > LARGEST {
        return Err("the file is larger than 1 MiB");
    }
    std::str::from_utf8(blob.content()).map(str::to_owned).map_err(|_| "the file is not UTF-8")
}

/// The one full name that a ref's short name stands for, with what follows it.
///
/// Where a tag and a branch share a name, git takes the tag and warns. Here the ref is what makes the configuration
/// trustworthy, and whoever may push a tag must not choose it.
fn unambiguous(repository: &Repository, reference: &str) -> Result<String, &'static str> {
    let end = reference.find(['~', '^', '@', '{', ':']).unwrap_or(reference.len());
    let (short, rest) = reference.split_at(end);
    let places = ["", "refs/", "refs/heads/", "refs/remotes/", "refs/tags/"];
    let full = |place: &&&str| repository.find_reference(&format!("{place}{short}")).is_ok();
    let mut found = places.iter().filter(full);
    match (found.next(), found.next()) {
        (Some(place), None) => Ok(format!("{place}{short}{rest}")),
        (Some(_), Some(_)) => Err("several refs have this name; write refs/heads/…, refs/remotes/… or refs/tags/…"),
        (None, _) => Ok(reference.to_owned()),
    }
}
