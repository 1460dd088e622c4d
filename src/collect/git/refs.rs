//! Everything that keeps objects alive by name: refs of every namespace, and the HEADs of all working trees.
//!
//! In: an opened store. Out: roots of the history walk, a digest of all refs, and what could not be read.
//! libgit2's iterators skip a loose ref that does not parse without a word, so those files are looked at here.
//! Replace refs are roots like any other; nothing is ever replaced.

use super::losses::{Fault, Losses};
use super::objects::{Objects, Peeled, peel};
use super::open::{Lent, Store};
use super::structure::{Structure, Way};
use crate::evidence::Name;
use git2::{Oid, Reference, ReferenceType};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Read;
use std::path::Path;

/// How much of a HEAD or a loose ref file is read: the id stands in front.
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

impl Refs {
    /// Other names than refs.
    pub(super) fn of(roots: Vec<Root>) -> Self {
        let count = roots.len() as u64;
        Self { roots, digest: digest(&[]), count, replaced: false, losses: Losses::default() }
    }
}

/// The names of a store, before it is known what they lead to.
pub(super) struct Listed {
    found: Vec<Found>,
    losses: Losses,
}

/// Reads all refs of a store.
pub(super) fn list(store: &Store, repository: &Lent<'_>) -> Listed {
    let mut losses = Losses::default();
    let mut found = listed(repository, &mut losses);
    losses.malformed += broken(&store.common.join("refs"), REF_DEPTH);
    found.extend(heads(&store.common, &mut losses));
    found.sort_by(|a, b| (rank(&a.name), &a.name).cmp(&(rank(&b.name), &b.name)));
    found.dedup_by(|a, b| a.name == b.name && a.id == b.id);
    Listed { found, losses }
}

impl Listed {
    /// Follows every name to its object; packed commits are known already.
    pub(super) fn follow(self, repository: &Lent<'_>, structure: Option<&Structure>) -> Refs {
        let Self { found, mut losses } = self;
        let digest = digest(&found);
        let replaced = found.iter().any(|found| found.name.starts_with("refs/replace/"));
        let count = u64::try_from(found.len()).unwrap_or(u64::MAX);
        let roots = if let Ok(odb) = repository.odb() {
            roots(&odb, structure, found, &mut losses)
        } else {
            losses.count(Fault::Malformed);
            Vec::new()
        };
        Refs { roots, digest, count, replaced, losses }
    }
}

fn listed(repository: &Lent<'_>, losses: &mut Losses) -> Vec<Found> {
    let mut found = Vec::new();
    let Ok(references) = repository.references() else {
        losses.count(Fault::Malformed);
        return found;
    };
    for reference in references {
        let Ok(reference) = reference else {
            // Whatever follows cannot be told.
            losses.count(Fault::Malformed);
            break;
        };
        let Ok(name) = reference.name().map(str::to_owned) else {
            losses.count(Fault::Malformed);
            continue;
        };
        // A symbolic ref that leads nowhere (a remote's HEAD after its branch was renamed) holds nothing.
        if reference.kind() == Some(ReferenceType::Symbolic) {
            found.extend(resolved(&reference).map(|id| Found { name, id }));
        } else if let Some(id) = reference.target() {
            found.push(Found { name, id });
        } else {
            losses.count(Fault::Malformed);
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
        u64::from(!is_lock(&path) && matches!(loose(&path), Some(Loose::Broken)))
    };
    children(dir).into_iter().map(one).sum()
}

fn is_lock(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "lock")
}

fn resolved(reference: &Reference<'_>) -> Option<Oid> {
    reference.resolve().ok().and_then(|direct| direct.target())
}

/// HEADs and private refs of the main and the linked working trees, where they hold an id of their own.
fn heads(common: &Path, losses: &mut Losses) -> Vec<Found> {
    let mut found = Vec::new();
    own_id(&common.join("HEAD"), "HEAD".into(), &mut found, losses);
    for tree in children(&common.join("worktrees")) {
        let prefix = format!("worktrees/{}", tree.file_name().map(|n| n.to_string_lossy()).unwrap_or_default());
        own_id(&tree.join("HEAD"), format!("{prefix}/HEAD"), &mut found, losses);
        private(&tree.join("refs"), &format!("{prefix}/refs"), REF_DEPTH, &mut found, losses);
    }
    found
}

fn private(dir: &Path, prefix: &str, depth: usize, found: &mut Vec<Found>, losses: &mut Losses) {
    for path in children(dir) {
        let name = format!("{prefix}/{}", path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default());
        if !path.is_dir() {
            if !is_lock(&path) {
                own_id(&path, name, found, losses);
            }
        } else if depth > 0 {
            private(&path, &name, depth - 1, found, losses);
        } else {
            losses.count(Fault::Malformed);
        }
    }
}

fn own_id(file: &Path, name: String, found: &mut Vec<Found>, losses: &mut Losses) {
    match loose(file) {
        Some(Loose::Id(id)) => found.push(Found { name, id }),
        Some(Loose::Broken) => losses.count(Fault::Malformed),
        Some(Loose::Symbolic) | None => {}
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

/// What one ref's file says.
enum Loose {
    Id(Oid),
    Symbolic,
    Broken,
}

/// Reads one ref's file as git does: after the id and a blank anything may follow. `None` if there is no file.
fn loose(file: &Path) -> Option<Loose> {
    if !fs::metadata(file).ok()?.is_file() {
        return Some(Loose::Broken);
    }
    let mut text = Vec::new();
    let read = fs::File::open(file).and_then(|file| file.take(REF_BYTES).read_to_end(&mut text));
    let id = text.split(u8::is_ascii_whitespace).next().filter(|hex| hex.len() == 40);
    let id = id.and_then(|hex| Oid::from_str(std::str::from_utf8(hex).ok()?).ok());
    Some(match (read, id) {
        (Ok(_), Some(id)) => Loose::Id(id),
        (Ok(_), None) if text.starts_with(b"ref:") => Loose::Symbolic,
        _ => Loose::Broken,
    })
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

fn roots(odb: &Objects<'_>, structure: Option<&Structure>, found: Vec<Found>, losses: &mut Losses) -> Vec<Root> {
    let mut roots = Vec::with_capacity(found.len());
    for (ordinal, Found { name, id }) in found.into_iter().enumerate() {
        let packed = structure.is_some_and(|known| matches!(known.find_commit(id), Way::Packed(_)));
        match if packed { Ok(Peeled::Commit(id)) } else { peel(odb, id) } {
            Ok(at) => roots.push(Root { name: Name::admit_or(&name, "ref", ordinal), at, tip: is_tip(&name) }),
            Err(fault) => losses.of(fault, id),
        }
    }
    roots
}
