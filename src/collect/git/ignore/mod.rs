//! Do the committed ignore rules keep `.env` out, everywhere?
//!
//! In: the tree of HEAD. Out: evidence of kind `git.ignore`. Only `.gitignore` blobs of that tree count: the
//! working tree may be dirty, and `info/exclude` and `core.excludesFile` protect one machine only. They are read
//! just to say "machine-only" where the committed rules are silent. Patterns are matched case-sensitively,
//! whatever `core.ignoreCase` says here: the next clone may differ.

mod pattern;
mod probe;
mod wildmatch;

use super::objects::{EntryType, Losses, entries, plain, structure};
use super::refs::small_file;
use crate::evidence::Fact;
use git2::{ObjectType, Odb, Oid, Repository};
use pattern::{Patterns, Says};
use probe::Descent;
use wildmatch::Budget;

/// Largest ignore file that is read.
const FILE_BYTES: usize = 1 << 20;
/// Most directories that are looked at.
const MOST_DIRECTORIES: u64 = 50_000;
/// Deepest directory.
const DEEPEST: usize = 256;
/// Most steps of matching for a whole tree: many times what a large project with many patterns takes.
const MOST_STEPS: u64 = 400_000_000;

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

/// Walks HEAD's tree: asks in every directory whether `.env` would be ignored there, and in new ones below it.
pub(super) fn walk(odb: &Odb<'_>, tree: Oid) -> HeadTree {
    let mut walk = Walk {
        odb,
        descents: probe::descents(tree),
        budget: Budget::new(MOST_STEPS),
        lists: Vec::new(),
        head: HeadTree::default(),
    };
    walk.directory(tree, &mut Vec::new(), false);
    walk.head.overflowed |= walk.budget.exhausted();
    walk.head
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

struct Walk<'a> {
    odb: &'a Odb<'a>,
    descents: Vec<Descent>,
    budget: Budget,
    /// The ignore files from the root to the directory at hand.
    lists: Vec<Patterns>,
    head: HeadTree,
}

impl Walk<'_> {
    fn directory(&mut self, tree: Oid, path: &mut Vec<u8>, ignored: bool) {
        self.head.directories += 1;
        if self.head.directories > MOST_DIRECTORIES || self.lists.len() > DEEPEST || self.budget.exhausted() {
            self.head.overflowed = true;
            return;
        }
        let (mut below, mut rules) = (Vec::new(), None);
        let read = structure(self.odb, tree, ObjectType::Tree, |bytes| {
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
        let text = rules.map(|id| plain(self.odb, id, FILE_BYTES)).transpose();
        if let Err(fault) = read.and(text.as_ref().map(|_| ()).map_err(|fault| *fault)) {
            self.head.losses.count(fault);
        }
        // Below an ignored directory git reads no further rules: a nested negation has no effect.
        let text = text.ok().flatten().filter(|_| !ignored).unwrap_or_default();
        self.lists.push(Patterns::parse(path, &text));
        if !ignored {
            self.probe(path);
        }
        for (name, id) in below {
            let length = path.len();
            *path = join(path, &name);
            let ignored = ignored || self.ignores(path, true);
            self.directory(id, path, ignored);
            path.truncate(length);
        }
        self.lists.pop();
    }

    /// Asks about `.env` here and in directories below that do not exist yet.
    fn probe(&mut self, path: &[u8]) {
        let here = self.covers(path);
        if path.is_empty() {
            self.head.root.0 = here;
        } else {
            self.head.nested.0 &= here;
        }
        // Where no ignore file adds a rule, sorts of names make no difference that the one above did not show.
        let own_rules = self.lists.last().is_some_and(|list| !list.is_empty());
        let sorts = if path.is_empty() || own_rules { self.descents.len() } else { 1 };
        let descents = std::mem::take(&mut self.descents);
        for descent in &descents[..sorts] {
            let below = self.descend(path, descent);
            self.head.nested.0 &= below;
        }
        self.descents = descents;
    }

    /// Whether `.env` is ignored at every level of a way down.
    fn descend(&mut self, path: &[u8], descent: &Descent) -> bool {
        let mut at = path.to_vec();
        for name in descent {
            at = join(&at, name);
            // Everything below an ignored directory is ignored.
            if self.ignores(&at, true) {
                return true;
            }
            if !self.covers(&at) {
                return false;
            }
        }
        true
    }

    fn covers(&mut self, directory: &[u8]) -> bool {
        let file = join(directory, b".env");
        let covered = self.ignores(&file, false);
        let plainly = || decide(&self.lists, &file, false, true, &self.budget) == Some(Says::Ignore);
        self.head.reincluded |= !covered && plainly();
        covered
    }

    fn ignores(&self, path: &[u8], is_directory: bool) -> bool {
        decide(&self.lists, path, is_directory, false, &self.budget) == Some(Says::Ignore)
    }
}

/// Deeper files win; within one, the last line.
fn decide(lists: &[Patterns], path: &[u8], is_directory: bool, plain_only: bool, budget: &Budget) -> Option<Says> {
    lists.iter().rev().find_map(|list| list.decide(path, is_directory, plain_only, budget))
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
    decide(&lists, b".env", false, false, &Budget::new(MOST_STEPS)) == Some(Says::Ignore)
}
