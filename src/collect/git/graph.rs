//! The commits that roots reach, read from their own bytes: grafts and replace refs change nothing here.
//!
//! In: root commits. Out: commits with their parents, a stable order from old to new, and what is missing.
//! It knows no path and no content; each tree is handed on as soon as its commit is read.

use super::ids::{IdMap, IdSet};
use super::losses::{Fault, Losses};
use super::objects::{Objects, commit};
use super::structure::Structure;
use crate::evidence::{Stop, Task};
use git2::Oid;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// One commit.
pub(super) struct Commit {
    pub(super) id: Oid,
    /// Its tree; `None` if the commit could not be read.
    pub(super) tree: Option<Oid>,
    pub(super) parents: Vec<u32>,
    pub(super) authored: i64,
    committed: i64,
}

/// The commits that roots reach.
#[derive(Default)]
pub(super) struct Graph {
    pub(super) commits: Vec<Commit>,
    at: IdMap<Oid, u32>,
    /// What could not be read.
    pub(super) losses: Losses,
    /// Whether history ends at a shallow boundary.
    pub(super) cut: bool,
}

/// Where commits are read.
pub(super) struct Source<'a> {
    pub(super) odb: &'a Objects<'a>,
    /// Those that are known already.
    pub(super) structure: Option<&'a Structure>,
    /// Those that need not be read.
    pub(super) skip: &'a dyn Fn(Oid) -> bool,
}

impl Graph {
    /// Walks everything that `roots` reach and emits each tree once it is known.
    pub(super) fn walk(
        source: &Source<'_>,
        roots: impl Iterator<Item = Oid>,
        boundary: &IdSet<Oid>,
        (stop, task): (&Stop, &dyn Task),
        mut emit: impl FnMut(Oid),
    ) -> Self {
        let mut graph = Self::default();
        let mut absent = Vec::new();
        let mut todo: Vec<u32> = roots.map(|id| graph.slot(id)).collect();
        todo.dedup();
        let mut seen = vec![false; graph.commits.len()];
        while let Some(next) = todo.pop() {
            let slot = next as usize;
            if stop.asked() || std::mem::replace(&mut seen[slot], true) {
                continue;
            }
            let id = graph.commits[slot].id;
            if (source.skip)(id) {
                continue;
            }
            let packed = source.structure.and_then(|structure| structure.commit(id)).cloned();
            match packed.map_or_else(|| commit(source.odb, id), Ok) {
                Ok(raw) => {
                    emit(raw.tree);
                    // Packed ones were counted when they were decoded.
                    task.advance(u64::from(source.structure.is_none()));
                    let parents: Vec<u32> = raw.parents.into_iter().map(|id| graph.slot(id)).collect();
                    seen.resize(graph.commits.len(), false);
                    todo.extend(parents.iter().filter(|&&p| !seen[p as usize]));
                    let commit = &mut graph.commits[slot];
                    (commit.tree, commit.authored, commit.committed) = (Some(raw.tree), raw.authored, raw.committed);
                    commit.parents = parents;
                }
                Err(Fault::Missing) => absent.push(next),
                Err(fault) => graph.losses.of(fault, id),
            }
        }
        graph.missing(&absent, boundary);
        graph
    }

    /// Trees of the root commits alone.
    pub(super) fn tips(odb: &Objects<'_>, roots: impl Iterator<Item = Oid>, mut emit: impl FnMut(Oid)) -> Self {
        let mut graph = Self::default();
        for id in roots {
            let slot = graph.slot(id) as usize;
            match commit(odb, id) {
                Ok(raw) => {
                    emit(raw.tree);
                    graph.commits[slot].tree = Some(raw.tree);
                }
                Err(fault) => graph.losses.of(fault, id),
            }
        }
        graph
    }

    fn slot(&mut self, id: Oid) -> u32 {
        let next = u32::try_from(self.commits.len()).unwrap_or(u32::MAX);
        let commits = &mut self.commits;
        *self.at.entry(id).or_insert_with(|| {
            commits.push(Commit { id, tree: None, parents: Vec::new(), authored: 0, committed: 0 });
            next
        })
    }

    /// A commit that is not here is expected behind a shallow boundary and a loss everywhere else.
    fn missing(&mut self, absent: &[u32], boundary: &IdSet<Oid>) {
        let absent: std::collections::HashSet<u32> = absent.iter().copied().collect();
        let mut lost = absent.clone();
        if !boundary.is_empty() {
            let expected = |commit: &&Commit| boundary.contains(&commit.id);
            for parent in self.commits.iter().filter(expected).flat_map(|commit| &commit.parents) {
                lost.remove(parent);
            }
            for commit in self.commits.iter().filter(|commit| !boundary.contains(&commit.id)) {
                lost.extend(commit.parents.iter().filter(|&parent| absent.contains(parent)));
            }
        }
        self.cut = lost.len() < absent.len();
        for n in lost {
            self.losses.of(Fault::Missing, self.commits[n as usize].id);
        }
    }

    /// How many commits were read.
    pub(super) fn read(&self) -> u64 {
        self.commits.iter().filter(|commit| commit.tree.is_some()).count() as u64
    }

    /// A commit's place.
    pub(super) fn find(&self, id: Oid) -> Option<u32> {
        self.at.get(&id).copied()
    }

    /// Parents before children, older commits first, ids break ties: the same on every machine.
    pub(super) fn oldest_first(&self) -> Vec<u32> {
        let mut waiting: Vec<u32> = Vec::with_capacity(self.commits.len());
        let mut children: Vec<Vec<u32>> = vec![Vec::new(); self.commits.len()];
        let mut ready = BinaryHeap::new();
        let key = |n: u32| {
            let commit = &self.commits[n as usize];
            Reverse((commit.committed, commit.id, n))
        };
        for (commit, n) in self.commits.iter().zip(0_u32..) {
            waiting.push(u32::try_from(commit.parents.len()).unwrap_or(u32::MAX));
            commit.parents.iter().for_each(|&parent| children[parent as usize].push(n));
            if commit.parents.is_empty() {
                ready.push(key(n));
            }
        }
        let mut order = Vec::with_capacity(self.commits.len());
        while let Some(Reverse((_, _, n))) = ready.pop() {
            order.push(n);
            for &child in &children[n as usize] {
                waiting[child as usize] -= 1;
                if waiting[child as usize] == 0 {
                    ready.push(key(child));
                }
            }
        }
        order
    }

    /// For every commit up to `N` of the named starting points that reach it, smallest first.
    pub(super) fn reached_by<const N: usize>(&self, order: &[u32], starts: &[(u32, u32)]) -> Vec<Reach<N>> {
        let mut reach = vec![Reach::<N>::default(); self.commits.len()];
        for &(commit, start) in starts {
            reach[commit as usize].add(start);
        }
        for &n in order.iter().rev() {
            let from = reach[n as usize];
            for &parent in &self.commits[n as usize].parents {
                from.iter().for_each(|start| reach[parent as usize].add(start));
            }
        }
        reach
    }
}

/// The `N` smallest numbers that were added.
#[derive(Clone, Copy)]
pub(super) struct Reach<const N: usize>([u32; N]);

impl<const N: usize> Default for Reach<N> {
    fn default() -> Self {
        Self([u32::MAX; N])
    }
}

impl<const N: usize> Reach<N> {
    /// Adds a number.
    pub(super) fn add(&mut self, n: u32) {
        if let Err(place) = self.0.binary_search(&n)
            && place < N
        {
            self.0[place..].rotate_right(1);
            self.0[place] = n;
        }
    }

    /// The numbers, smallest first.
    pub(super) fn iter(self) -> impl Iterator<Item = u32> {
        self.0.into_iter().take_while(|&n| n != u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reach_keeps_the_smallest_and_no_repeats() {
        let mut reach = Reach::<3>::default();
        for n in [9, 4, 4, 7, 1, 8] {
            reach.add(n);
        }
        assert_eq!(reach.iter().collect::<Vec<_>>(), [1, 4, 7]);
    }
}
