//! Do the committed ignore rules keep `.env` out, everywhere?
//!
//! In: the tree of HEAD. Out: evidence of kind `git.ignore`. Only `.gitignore` blobs of that tree count: the
//! working tree may be dirty, and `info/exclude` and `core.excludesFile` protect one machine only. They are read
//! just to say "machine-only" where the committed rules are silent. Patterns are matched case-sensitively,
//! whatever `core.ignoreCase` says here: the next clone may differ.

mod instance;
mod listing;
mod machine;
mod pattern;
mod probe;
mod wildmatch;

use super::losses::Losses;
use super::objects::{Objects, plain};
use crate::evidence::Fact;
use git2::{Oid, Repository};
use listing::Listing;
use pattern::{Patterns, Says};
use probe::Descent;
use std::collections::BTreeMap;
use wildmatch::Budget;

/// Largest ignore file that is read.
const FILE_BYTES: usize = 1 << 20;
/// Most directories that are looked at.
const MOST_DIRECTORIES: u64 = 50_000;
/// Deepest directory, made up or not.
const DEEPEST: usize = 256;
/// How deep directories are made up at least.
const DEPTH: usize = 3;
/// Most paths that are asked about in one directory because a pattern speaks of them.
const MOST_SPOKEN_OF: usize = 10_000;
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
pub(super) fn walk(odb: &Objects<'_>, tree: Oid) -> HeadTree {
    let mut walk = Walk {
        odb,
        descents: probe::descents(tree),
        budget: Budget::new(MOST_STEPS),
        lists: Vec::new(),
        head: HeadTree::default(),
    };
    walk.directory(tree, &mut Vec::new(), false, Vec::new());
    walk.head.overflowed |= walk.budget.exhausted();
    walk.head
}

impl HeadTree {
    /// The facts of `git.ignore`.
    pub(super) fn facts(&self, repository: &Repository) -> Vec<(&'static str, Fact)> {
        let source = if self.root.0 {
            "committed"
        } else if machine::ignores_env(repository) {
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
    odb: &'a Objects<'a>,
    descents: Vec<Descent>,
    budget: Budget,
    /// The ignore files from the root to the directory at hand.
    lists: Vec<Patterns>,
    head: HeadTree,
}

impl Walk<'_> {
    /// One directory; `spoken_of` are paths below it that ignore files above speak of.
    fn directory(&mut self, tree: Oid, path: &mut Vec<u8>, ignored: bool, mut spoken_of: Vec<Vec<u8>>) {
        self.head.directories += 1;
        if self.head.directories > MOST_DIRECTORIES
            || self.lists.len() > DEEPEST
            || self.budget.exhausted()
            || self.head.overflowed
        {
            self.head.overflowed = true;
            return;
        }
        let listing = Listing::read(self.odb, tree, &mut self.head.losses);
        let text = listing.rules.map(|id| plain(self.odb, id, FILE_BYTES)).transpose();
        if let Err(fault) = &text {
            self.head.losses.count(*fault);
        }
        // Below an ignored directory git reads no further rules: a nested negation has no effect.
        let text = text.ok().flatten().filter(|_| !ignored).unwrap_or_default();
        self.lists.push(Patterns::parse(path, &text));
        let mut below = BTreeMap::new();
        // What is settled needs no probe, here or below.
        if !ignored && !self.settled() {
            self.speak(&mut spoken_of);
            if self.head.overflowed {
                self.lists.pop();
                return;
            }
            below = self.probe(path, &listing, spoken_of);
        }
        for (name, id) in listing.directories {
            let length = path.len();
            *path = join(path, &name);
            let ignored = ignored || self.ignores(path, true);
            self.directory(id, path, ignored, below.remove(&name).unwrap_or_default());
            path.truncate(length);
        }
        self.lists.pop();
    }

    /// Whether the rules at hand cover `.env` in every new directory below, whatever it is called.
    fn settled(&self) -> bool {
        self.lists.iter().rev().find_map(|list| list.settled(&self.budget)) == Some(true)
    }

    /// Adds the paths that the rules at hand speak of.
    fn speak(&mut self, spoken_of: &mut Vec<Vec<u8>>) {
        let Some((own, above)) = self.lists.split_last() else { return };
        spoken_of.extend(own.spoken_of(&self.descents, &self.budget));
        spoken_of.extend(above.iter().chain([own]).flat_map(|list| list.afloat(&self.descents, &self.budget)));
        spoken_of.sort_unstable();
        spoken_of.dedup();
        self.head.overflowed |= spoken_of.len() > MOST_SPOKEN_OF;
        spoken_of.truncate(MOST_SPOKEN_OF);
    }

    /// Asks about `.env` here and in directories below that do not exist yet. Gives the paths that lead into
    /// directories that do: their own rules count there.
    fn probe(&mut self, path: &[u8], listing: &Listing, spoken_of: Vec<Vec<u8>>) -> BTreeMap<Vec<u8>, Vec<Vec<u8>>> {
        let here = self.covers(path);
        if path.is_empty() {
            self.head.root.0 = here;
        } else {
            self.head.nested.0 &= here;
        }
        // Where no ignore file adds a rule, sorts of names make no difference that the one above did not show.
        let own_rules = self.lists.last().is_some_and(|list| !list.is_empty());
        let sorts = if path.is_empty() || own_rules { self.descents.len() } else { 1 };
        // Rules that count directories end somewhere: one level deeper they say nothing any more.
        let depth = self.lists.iter().map(Patterns::reach).max().unwrap_or(0).max(DEPTH);
        self.head.overflowed |= depth > DEEPEST;
        let levels = depth.min(DEEPEST);
        for sort in 0..sorts {
            let way = self.descents[sort];
            self.head.nested.0 &= self.descend(path, (0..levels).map(|level| way.name(level)));
        }
        self.follow(path, listing, spoken_of)
    }

    /// Asks about `.env` on paths that do not exist yet, and gives those that lead into directories that do.
    fn follow(&mut self, path: &[u8], listing: &Listing, spoken_of: Vec<Vec<u8>>) -> BTreeMap<Vec<u8>, Vec<Vec<u8>>> {
        let mut below: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for spoken in spoken_of {
            let mut names = spoken.splitn(2, |&b| b == b'/');
            let (name, rest) = (names.next().unwrap_or_default(), names.next());
            if listing.directories.iter().any(|(directory, _)| directory == name) {
                below.entry(name.to_vec()).or_default().extend(rest.map(<[u8]>::to_vec));
            } else if !listing.files.contains(name) {
                let further = (0..DEPTH).map(|level| self.descents[0].name(level));
                let names: Vec<_> = spoken.split(|&b| b == b'/').map(<[u8]>::to_vec).chain(further).collect();
                self.head.nested.0 &= self.descend(path, names.into_iter());
            }
        }
        below
    }

    /// Whether `.env` is ignored at every level of a way down.
    fn descend(&mut self, path: &[u8], names: impl Iterator<Item = Vec<u8>>) -> bool {
        let mut at = path.to_vec();
        for name in names {
            at = join(&at, &name);
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
