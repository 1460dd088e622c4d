//! Everything that keeps objects alive by name: refs of every namespace, and the HEADs of all working trees.
//!
//! In: an opened store. Out: roots of the history walk, a digest of all refs, and what could not be read.
//! libgit2's iterators skip a loose ref that does not parse without a word, so those files are looked at here.
//! Replace refs are roots like any other; nothing is ever replaced.

use super::objects::{Fault, Losses, Peeled, peel};
use super::open::Store;
use crate::evidence::Name;
use git2::{Odb, Oid, Reference, ReferenceType, Repository};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

/// Longest HEAD or loose ref file that is read.
const REF_BYTES: u64 = 4096;
/// Deepest directory below a working tree's own refs.
const REF_DEPTH: usize = 16;

/// A name that keeps objects alive.
pub(super) struct Root {
    /// The name as it may be shown.
    pub(super) name: Name,
    /// Where its object chain ends.
    pub(super) at: Peeled,
    /// Whether it is a tip that people build on: a branch, a remote-tracking branch or a HEAD.
    pub(super) tip: bool,
}

/// All roots of a store.
pub(super) struct Refs {
    /// HEAD first, then branches, remotes, tags, others; by name within each.
    pub(super) roots: Vec<Root>,
    /// SHA-256 over the sorted lines `ref oid`.
    pub(super) digest: Name,
    /// How many names were read.
    pub(super) count: u64,
    /// Whether refs/replace exist.
    pub(super) replaced: bool,
    /// Refs that do not parse or name objects that are missing.
    pub(super) losses: Losses,
}

struct Found {
    name: String,
    id: Oid,
}

/// Reads all refs of a store.
pub(super) fn read(store: &Store, repository: &Repository) -> Refs {
    let mut losses = Losses::default();
    let mut found = listed(repository, &mut losses);
    losses.malformed += broken(&store.common.join("refs"), REF_DEPTH);
    found.extend(heads(&store.common));
    found.sort_by(|a, b| (rank(&a.name), &a.name).cmp(&(rank(&b.name), &b.name)));
    found.dedup_by(|a, b| a.name == b.name && a.id == b.id);
    let digest = digest(&found);
    let replaced = found.iter().any(|found| found.name.starts_with("refs/replace/"));
    let count = u64::try_from(found.len()).unwrap_or(u64::MAX);
    let roots = if let Ok(odb) = repository.odb() {
        roots(&odb, found, &mut losses)
    } else {
        losses.count(Fault::Malformed);
        Vec::new()
    };
    Refs { roots, digest, count, replaced, losses }
}

fn listed(repository: &Repository, losses: &mut Losses) -> Vec<Found> {
    let mut found = Vec::new();
    let Ok(mut references) = repository.references() else {
        losses.count(Fault::Malformed);
        return found;
    };
    let mut names = Vec::new();
    for name in references.names() {
        if let Ok(name) = name {
            names.push(name.to_owned());
        } else {
            losses.count(Fault::Malformed);
        }
    }
    for name in names {
        match repository.find_reference(&name) {
            // A symbolic ref that leads nowhere (a remote's HEAD after its branch was renamed) holds nothing.
            Ok(reference) if reference.kind() == Some(ReferenceType::Symbolic) => {
                found.extend(resolved(&reference).map(|id| Found { name, id }));
            }
            Ok(reference) => match reference.target() {
                Some(id) => found.push(Found { name, id }),
                None => losses.count(Fault::Malformed),
            },
            Err(_) => losses.count(Fault::Malformed),
        }
    }
    found
}

/// How many loose ref files hold neither an id nor another ref's name: what they named is lost.
fn broken(dir: &Path, depth: usize) -> u64 {
    let one = |path: std::path::PathBuf| {
        if path.is_dir() {
            return if depth > 0 { broken(&path, depth - 1) } else { 1 };
        }
        let lock = path.extension().is_some_and(|ending| ending == "lock");
        let symbolic = || small_file(&path, REF_BYTES).is_some_and(|text| text.starts_with(b"ref:"));
        u64::from(!lock && id_in(&path).is_none() && !symbolic())
    };
    children(dir).into_iter().map(one).sum()
}

fn resolved(reference: &Reference<'_>) -> Option<Oid> {
    reference.resolve().ok().and_then(|direct| direct.target())
}

/// HEADs and private refs of the main and the linked working trees, where they hold an id of their own.
fn heads(common: &Path) -> Vec<Found> {
    let mut found: Vec<Found> =
        id_in(&common.join("HEAD")).map(|id| Found { name: "HEAD".into(), id }).into_iter().collect();
    for tree in children(&common.join("worktrees")) {
        let prefix = format!("worktrees/{}", tree.file_name().map(|n| n.to_string_lossy()).unwrap_or_default());
        found.extend(id_in(&tree.join("HEAD")).map(|id| Found { name: format!("{prefix}/HEAD"), id }));
        private(&tree.join("refs"), &format!("{prefix}/refs"), REF_DEPTH, &mut found);
    }
    found
}

fn private(dir: &Path, prefix: &str, depth: usize, found: &mut Vec<Found>) {
    for path in children(dir) {
        let name = format!("{prefix}/{}", path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default());
        if path.is_dir() && depth > 0 {
            private(&path, &name, depth - 1, found);
        } else if let Some(id) = id_in(&path) {
            found.push(Found { name, id });
        }
    }
}

/// The entries of a directory, symbolic links left out, in order.
pub(super) fn children(dir: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut paths: Vec<_> =
        entries.filter(|e| e.file_type().is_ok_and(|t| !t.is_symlink())).map(|e| e.path()).collect();
    paths.sort();
    paths
}

fn id_in(file: &Path) -> Option<Oid> {
    let text = small_file(file, REF_BYTES)?;
    let hex = std::str::from_utf8(&text).ok()?.trim();
    (hex.len() == 40).then(|| Oid::from_str(hex).ok())?
}

/// A small regular file of the git directory; anything else (a pipe, a device) is not opened at all.
pub(super) fn small_file(file: &Path, limit: u64) -> Option<Vec<u8>> {
    let about = fs::metadata(file).ok()?;
    (about.is_file() && about.len() <= limit).then(|| fs::read(file).ok())?
}

fn rank(name: &str) -> u8 {
    match name {
        "HEAD" => 0,
        name if name.starts_with("refs/heads/") => 1,
        name if name.starts_with("refs/remotes/") => 2,
        name if name.starts_with("refs/tags/") => 3,
        _ => 4,
    }
}

fn is_tip(name: &str) -> bool {
    rank(name) <= 2 || (name.starts_with("worktrees/") && name.ends_with("/HEAD"))
}

fn digest(found: &[Found]) -> Name {
    let mut lines: Vec<String> = found.iter().map(|found| format!("{} {}\n", found.name, found.id)).collect();
    lines.sort();
    let mut hash = Sha256::new();
    for line in lines {
        hash.update(line);
    }
    digest_name(&format!("sha256:{}", data_encoding::HEXLOWER.encode(&hash.finalize())))
}

/// An object id or digest as a name.
pub(super) fn digest_name(text: &str) -> Name {
    Name::digest(text).unwrap_or(Name::fixed("(unreadable digest)"))
}

fn roots(odb: &Odb<'_>, found: Vec<Found>, losses: &mut Losses) -> Vec<Root> {
    let mut roots = Vec::with_capacity(found.len());
    for (ordinal, Found { name, id }) in found.into_iter().enumerate() {
        match peel(odb, id) {
            Ok(at) => roots.push(Root { name: Name::admit_or(&name, "ref", ordinal), at, tip: is_tip(&name) }),
            Err(fault) => losses.count(fault),
        }
    }
    roots
}
