//! What one thread saw of packed commits and trees.
//!
//! In: entries as they are read. Out: lists of what matters of them, subtrees by number until all are looked up at once.

use super::ways::Ways;
use crate::collect::git::losses::Losses;
use crate::collect::git::names::{GIVEN, Lens, NAMED, OTHERS, Role, dotted, role_of};
use crate::collect::git::objects::EntryType;
use git2::Oid;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU8, Ordering};

/// The marks of all lenses.
const ALL: u8 = 7;

/// An entry that matters.
#[derive(Clone, Copy)]
pub(in crate::collect::git) struct Named {
    pub(super) name: u32,
    pub(in crate::collect::git) id: Oid,
    pub(in crate::collect::git) what: EntryType,
    pub(in crate::collect::git) role: Role,
    /// One of the blobs that were asked for.
    pub(super) given: bool,
    /// It may belong to another repository.
    pub(super) other: bool,
}

impl Named {
    /// The marks of all lenses that see the entry.
    fn bits(&self) -> u8 {
        [NAMED, GIVEN, OTHERS].into_iter().filter(|lens| self.seen(*lens)).fold(0, |all, lens| all | bit(lens))
    }

    /// Whether this lens sees the entry.
    pub(super) fn seen(&self, lens: Lens) -> bool {
        match lens {
            GIVEN => self.given,
            OTHERS => self.other,
            _ => self.role != Role::Other,
        }
    }
}

/// A subtree: its number among the hand's.
#[derive(Clone, Copy)]
pub(super) struct Below {
    pub(super) name: u32,
    pub(super) tree: u32,
}

/// What one thread saw.
#[derive(Default)]
pub(super) struct Hand {
    pub(super) commits: Vec<Walked>,
    pub(super) trees: Vec<Record>,
    pub(super) named: Vec<Named>,
    pub(super) below: Vec<Below>,
    /// Subtrees and commits' trees.
    pub(super) subtrees: Ways,
    pub(super) parents: Ways,
    pub(super) names: Names,
    /// Whether a directory has an env file's name.
    pub(super) env_directories: bool,
    /// Its number among all hands.
    pub(super) owner: u32,
    /// Commits and trees that did not decode.
    pub(super) losses: Losses,
}

/// One commit, with its tree's number and those of its parents.
pub(super) struct Walked {
    pub(super) place: u32,
    pub(super) id: Oid,
    pub(super) tree: u32,
    pub(super) parents: Range<u32>,
    pub(super) authored: i64,
    pub(super) committed: i64,
}

/// One tree: where its entries begin in the hand's lists. They end where the next tree's begin.
pub(super) struct Record {
    pub(super) place: u32,
    pub(super) named: u32,
    pub(super) below: u32,
}

impl Hand {
    /// Marks trees by what they hold themselves.
    pub(super) fn mark(&self, leads: &[AtomicU8]) {
        let env = |below: &Below| self.names.is_env_directory(below.name);
        for (n, record) in self.trees.iter().enumerate() {
            let (named, below) = self.ranges(n);
            let marks = self.named[named].iter().fold(0, |all, named| all | named.bits());
            let inside = self.env_directories && self.below[below].iter().any(env);
            add(leads, record.place, if inside { marks | bit(NAMED) } else { marks });
        }
    }

    /// The marks of all subtrees that `known` does not have yet; none if there are none.
    pub(super) fn fresh(&self, leads: &[AtomicU8], known: &mut Vec<u8>) -> Vec<u8> {
        let of = |place: u32| leads.get(place as usize).map(|leads| leads.load(Ordering::Relaxed));
        let now = self.subtrees.map(|place| place.and_then(of).unwrap_or(ALL));
        known.resize(now.len(), 0);
        let fresh: Vec<u8> = now.iter().zip(&*known).map(|(now, known)| now & !known).collect();
        *known = now;
        if fresh.iter().all(|marks| *marks == 0) { Vec::new() } else { fresh }
    }

    /// Marks trees by the marks of the trees that they lead to.
    pub(super) fn spread(&self, leads: &[AtomicU8], fresh: &[u8]) {
        if fresh.is_empty() {
            return;
        }
        for (n, record) in self.trees.iter().enumerate() {
            let below = &self.below[self.ranges(n).1];
            add(leads, record.place, below.iter().fold(0, |all, below| all | fresh[below.tree as usize]));
        }
    }

    /// Where the entries of tree number `n` stand.
    pub(super) fn ranges(&self, n: usize) -> (Range<usize>, Range<usize>) {
        let at = |n: usize| self.trees.get(n).map(|record| (record.named as usize, record.below as usize));
        let (named, below) = at(n).unwrap_or_default();
        let (named_end, below_end) = at(n + 1).unwrap_or((self.named.len(), self.below.len()));
        (named..named_end, below..below_end)
    }
}

/// Most trees have no mark, and memory that is written is slower than memory that is read.
fn add(leads: &[AtomicU8], place: u32, marks: u8) {
    if marks != 0 {
        leads[place as usize].fetch_or(marks, Ordering::Relaxed);
    }
}

/// The mark of a lens.
pub(super) fn bit(lens: Lens) -> u8 {
    match lens {
        GIVEN => 2,
        OTHERS => 4,
        _ => 1,
    }
}

/// Names of entries that matter, each once.
#[derive(Default)]
pub(super) struct Names {
    pub(super) all: Vec<(Box<[u8]>, Role)>,
    at: HashMap<Box<[u8]>, u32>,
}

impl Names {
    /// Whether what is in a directory of this name is an env file each.
    pub(super) fn is_env_directory(&self, number: u32) -> bool {
        let (name, role) = &self.all[number as usize];
        *role == Role::Env && dotted(name)
    }

    pub(super) fn number(&mut self, name: &[u8]) -> u32 {
        if let Some(known) = self.at.get(name) {
            return *known;
        }
        let fresh = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push((Box::from(name), role_of(name)));
        self.at.insert(Box::from(name), fresh);
        fresh
    }
}
