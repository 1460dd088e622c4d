//! Do the committed ignore rules keep `.env` out, everywhere?
//!
//! In: the tree of HEAD. Out: evidence of kind `git.ignore`. Only `.gitignore` blobs of that tree count: the
//! working tree may be dirty, and `info/exclude` and `core.excludesFile` protect one machine only. They are read
//! just to say "machine-only" where the committed rules are silent. Patterns are matched case-sensitively,
//! whatever `core.ignoreCase` says here: the next clone may differ.

mod pattern;
mod wildmatch;

use super::objects::{EntryType, Losses, entries, plain, structure};
use super::refs::small_file;
use crate::evidence::Fact;
use git2::{ObjectType, Odb, Oid, Repository};
use pattern::{Patterns, Says};

/// Largest ignore file that is read.
const FILE_BYTES: usize = 1 << 20;
/// Most directories that are looked at.
const MOST_DIRECTORIES: u64 = 50_000;
/// Deepest directory.
const DEEPEST: usize = 256;

/// What walking HEAD's tree gave.
#[derive(Default)]
pub(super) struct HeadTree {
    root: Answer,
    nested: Answer,
    reincluded: bool,
    /// Directories looked at.
    pub(super) directories: u64,
    pub(super) losses: Losses,
    /// Whether a bound ended the walk.
    pub(super) overflowed: bool,
}

/// Whether every probe so far was ignored.
#[derive(Clone, Copy)]
struct Answer(bool);

impl Default for Answer {
    fn default() -> Self {
        Self(true)
    }
}

/// Walks HEAD's tree: asks in every directory whether `.env` would be ignored there.
pub(super) fn walk(odb: &Odb<'_>, tree: Oid) -> HeadTree {
    let mut head = HeadTree::default();
    let mut lists = Vec::new();
    directory(odb, tree, &mut Vec::new(), &mut lists, false, &mut head);
    head
}

impl HeadTree {
    /// The facts of `git.ignore`.
    pub(super) fn facts(&self, repository: &Repository) -> Vec<(&'static str, Fact)> {
        let source = if self.root.0 {
            "committed"
        } else if ignored_on_this_machine(repository) {
            "machine-only"
        } else {
            "none"
        };
        vec![
            ("covered_root", Fact::Bool(self.root.0)),
            ("covered_nested", Fact::Bool(self.nested.0)),
            ("reincluded", Fact::Bool(self.reincluded)),
            ("source", Fact::word(source)),
        ]
    }
}

fn directory(
    odb: &Odb<'_>,
    tree: Oid,
    path: &mut Vec<u8>,
    lists: &mut Vec<Patterns>,
    ignored: bool,
    head: &mut HeadTree,
) {
    head.directories += 1;
    if head.directories > MOST_DIRECTORIES || lists.len() > DEEPEST {
        head.overflowed = true;
        return;
    }
    let (mut below, mut rules) = (Vec::new(), None);
    let read = structure(odb, tree, ObjectType::Tree, |bytes| {
        entries(bytes).try_for_each(|entry| {
            let entry = entry?;
            match entry.what {
                EntryType::Tree => below.push((entry.name.to_vec(), entry.id)),
                // git does not follow a .gitignore that is a symlink.
                EntryType::File if entry.name == b".gitignore" => rules = Some(entry.id),
                _ => {}
            }
            Ok(())
        })
    });
    let text = rules.map(|id| plain(odb, id, FILE_BYTES)).transpose();
    if let Err(fault) = read.and(text.as_ref().map(|_| ()).map_err(|fault| *fault)) {
        head.losses.count(fault);
    }
    // Below an ignored directory git reads no further rules: a nested negation has no effect.
    let text = text.ok().flatten().filter(|_| !ignored).unwrap_or_default();
    lists.push(Patterns::parse(path, &text));
    probe(path, lists, ignored, head);
    for (name, id) in below {
        let length = path.len();
        *path = join(path, &name);
        let ignored = ignored || decide(lists, path, true, false) == Some(Says::Ignore);
        directory(odb, id, path, lists, ignored, head);
        path.truncate(length);
    }
    lists.pop();
}

/// Asks about `.env` here, and at the root also about directories that do not exist yet.
fn probe(path: &[u8], lists: &[Patterns], ignored: bool, head: &mut HeadTree) {
    let here = join(path, b".env");
    let covered = ignored || decide(lists, &here, false, false) == Some(Says::Ignore);
    if path.is_empty() {
        head.root.0 = covered;
        let parents: [&[u8]; 2] = [b"a", b"a/b"];
        let parent = parents.iter().any(|dir| decide(lists, dir, true, false) == Some(Says::Ignore));
        head.nested.0 &= parent || decide(lists, b"a/b/.env", false, false) == Some(Says::Ignore);
    } else {
        head.nested.0 &= covered;
    }
    head.reincluded |= !covered && decide(lists, &here, false, true) == Some(Says::Ignore);
}

/// Deeper files win; within one, the last line.
fn decide(lists: &[Patterns], path: &[u8], is_directory: bool, plain_only: bool) -> Option<Says> {
    lists.iter().rev().find_map(|list| list.decide(path, is_directory, plain_only))
}

fn join(path: &[u8], name: &[u8]) -> Vec<u8> {
    if path.is_empty() { name.to_vec() } else { [path, b"/", name].concat() }
}

/// Whether something outside the committed rules ignores `.env` at the root here.
fn ignored_on_this_machine(repository: &Repository) -> bool {
    let config = repository.config().ok();
    let excludes = config.as_ref().and_then(|config| config.get_path("core.excludesfile").ok());
    let default = std::env::var_os("XDG_CONFIG_HOME")
        .map(std::path::PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| std::path::PathBuf::from(home).join(".config")));
    let files = [
        excludes.or_else(|| default.map(|dir| dir.join("git/ignore"))),
        Some(repository.commondir().join("info/exclude")),
        repository.workdir().map(|dir| dir.join(".gitignore")),
    ];
    let lists: Vec<Patterns> = files
        .into_iter()
        .flatten()
        .filter_map(|file| small_file(&file, FILE_BYTES as u64))
        .map(|text| Patterns::parse(b"", &text))
        .collect();
    decide(&lists, b".env", false, false) == Some(Says::Ignore)
}
