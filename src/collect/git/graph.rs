//! The commits that roots reach, read from their own bytes: grafts and replace refs change nothing here.
//!
//! In: root commits. Out: commits with their parents, a stable order from old to new, and what is missing.
//! It knows no path and no content; each tree is handed on as soon as its commit is read.

use super::ids::{IdMap, IdSet};
use super::losses::{Fault, Losses};
use super::objects::{Objects, commit};
use super::structure::{Structure, Way};
use crate::evidence::{Stop, Task};
use git2::Oid;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc;

/// One commit.
pub(super) struct Commit {
    pub(super) id: Oid,
    /// Its tree; `None` if the commit could not be read.
    pub(super) tree: Option<Way>,
    /// Where its parents stand, see [`Graph::parents`].
    parents: Range<u32>,
    pub(super) authored: i64,
    committed: i64,
}

/// The commits that roots reach.
#[derive(Default)]
pub(super) struct Graph {
    pub(super) commits: Vec<Commit>,
    parents: Vec<u32>,
    structure: Option<Arc<Structure>>,
    /// The numbers of packed commits, by place.
    placed: Vec<u32>,
    /// Those of others.
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
    pub(super) structure: Option<&'a Arc<Structure>>,
    /// Those that need not be read.
    pub(super) skip: Option<&'a dyn Fn(Oid) -> bool>,
}

/// A commit's tree, parents and dates.
type Read = (Way, Vec<Way>, (i64, i64));

/// No number.
const NONE: u32 = u32::MAX;

impl Graph {
    /// Walks everything that `roots` reach and emits each tree once it is known.
    pub(super) fn walk(
        source: &Source<'_>,
        roots: impl Iterator<Item = Oid>,
        boundary: &IdSet<Oid>,
        (stop, task): (&Stop, &dyn Task),
        mut emit: impl FnMut(Way),
    ) -> Self {
        let structure = source.structure.cloned();
        let placed = structure.iter().flat_map(|structure| std::iter::repeat_n(NONE, structure.places())).collect();
        let mut graph = Self { structure, placed, ..Self::default() };
        let mut absent = Vec::new();
        let mut todo: Vec<(u32, Way)> = Vec::new();
        for id in roots {
            let way = graph.way(id);
            todo.push((graph.slot(way), way));
        }
        todo.dedup();
        let mut seen = vec![false; graph.commits.len()];
        while let Some((slot, way)) = todo.pop() {
            if stop.asked() || std::mem::replace(&mut seen[slot as usize], true) {
                continue;
            }
            if source.skip.is_some_and(|skip| skip(graph.commits[slot as usize].id)) {
                continue;
            }
            match graph.read_commit(source.odb, way) {
                Ok((tree, parents, dates)) => {
                    emit(tree);
                    // Packed ones were counted when they were decoded.
                    task.advance(u64::from(matches!(way, Way::Loose(_))));
                    graph.note(slot, tree, &parents, dates);
                    seen.resize(graph.commits.len(), false);
                    let slots = &graph.parents[graph.commits[slot as usize].range()];
                    todo.extend(slots.iter().copied().zip(parents).filter(|(slot, _)| !seen[*slot as usize]));
                }
                Err(Fault::Missing) => absent.push(slot),
                Err(fault) => graph.losses.of(fault, graph.commits[slot as usize].id),
            }
        }
        graph.missing(&absent, boundary);
        graph
    }

    /// A commit, from what is known or from libgit2.
    fn read_commit(&self, odb: &Objects<'_>, way: Way) -> Result<Read, Fault> {
        let structure = self.structure.as_deref();
        if let (Way::Packed(place), Some(structure)) = (way, structure) {
            let commit = structure.commit(place).ok_or(Fault::Malformed)?;
            return Ok((commit.tree(), commit.parents().collect(), commit.dates()));
        }
        let Way::Loose(id) = way else { return Err(Fault::Malformed) };
        let raw = commit(odb, id)?;
        let tree = structure.map_or(Way::Loose(raw.tree), |structure| structure.find_tree(raw.tree));
        Ok((tree, raw.parents.into_iter().map(|id| self.way(id)).collect(), (raw.authored, raw.committed)))
    }

    fn note(&mut self, slot: u32, tree: Way, parents: &[Way], (authored, committed): (i64, i64)) {
        let at = |parents: &[u32]| u32::try_from(parents.len()).unwrap_or(NONE);
        let from = at(&self.parents);
        for way in parents {
            let parent = self.slot(*way);
            self.parents.push(parent);
        }
        let parents = from..at(&self.parents);
        let commit = &mut self.commits[slot as usize];
        *commit = Commit { id: commit.id, tree: Some(tree), parents, authored, committed };
    }

    /// Trees of the root commits alone.
    pub(super) fn tips(odb: &Objects<'_>, roots: impl Iterator<Item = Oid>, mut emit: impl FnMut(Way)) -> Self {
        let mut graph = Self::default();
        for id in roots {
            let slot = graph.slot(Way::Loose(id)) as usize;
            match commit(odb, id) {
                Ok(raw) => {
                    emit(Way::Loose(raw.tree));
                    graph.commits[slot].tree = Some(Way::Loose(raw.tree));
                }
                Err(fault) => graph.losses.of(fault, id),
            }
        }
        graph
    }

    fn way(&self, id: Oid) -> Way {
        self.structure.as_ref().map_or(Way::Loose(id), |structure| structure.find_commit(id))
    }

    /// The number of a commit; a fresh one if it has none.
    fn slot(&mut self, way: Way) -> u32 {
        let next = u32::try_from(self.commits.len()).unwrap_or(NONE);
        let (number, id) = match (way, &self.structure) {
            (Way::Loose(id), _) => (self.at.entry(id).or_insert(NONE), id),
            (Way::Packed(place), structure) => {
                let packed = structure.as_ref().and_then(|structure| structure.commit(place));
                (&mut self.placed[place as usize], packed.map_or(Oid::ZERO_SHA1, |commit| commit.id()))
            }
        };
        if *number == NONE {
            *number = next;
            self.commits.push(Commit { id, tree: None, parents: 0..0, authored: 0, committed: 0 });
        }
        *number
    }

    /// A commit that is not here is expected behind a shallow boundary and a loss everywhere else.
    fn missing(&mut self, absent: &[u32], boundary: &IdSet<Oid>) {
        let absent: std::collections::HashSet<u32> = absent.iter().copied().collect();
        let mut lost = absent.clone();
        if !boundary.is_empty() {
            let expected = |commit: &&Commit| boundary.contains(&commit.id);
            for parent in self.commits.iter().filter(expected).flat_map(|commit| &self.parents[commit.range()]) {
                lost.remove(parent);
            }
            for commit in self.commits.iter().filter(|commit| !boundary.contains(&commit.id)) {
                lost.extend(self.parents[commit.range()].iter().filter(|&parent| absent.contains(parent)));
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

    /// A commit's number.
    pub(super) fn find(&self, id: Oid) -> Option<u32> {
        match self.way(id) {
            Way::Packed(place) => self.placed.get(place as usize).copied().filter(|number| *number != NONE),
            Way::Loose(id) => self.at.get(&id).copied(),
        }
    }

    /// The numbers of a commit's parents, in order.
    pub(super) fn parents(&self, number: u32) -> &[u32] {
        &self.parents[self.commits[number as usize].range()]
    }

    /// The id of a commit's tree; `None` if the commit could not be read.
    pub(super) fn tree(&self, number: u32) -> Option<Oid> {
        match (self.commits[number as usize].tree?, &self.structure) {
            (Way::Loose(id), _) => Some(id),
            (Way::Packed(place), structure) => structure.as_ref().map(|structure| structure.id(place)),
        }
    }

    /// Parents before children, older commits first, ids break ties: the same on every machine.
    pub(super) fn oldest_first(&self) -> Vec<u32> {
        let mut waiting: Vec<u32> = Vec::with_capacity(self.commits.len());
        let mut ready = BinaryHeap::new();
        let key = |n: u32| {
            let commit = &self.commits[n as usize];
            Reverse((commit.committed, commit.id, n))
        };
        for (commit, n) in self.commits.iter().zip(0_u32..) {
            waiting.push(commit.parents.end - commit.parents.start);
            if commit.parents.is_empty() {
                ready.push(key(n));
            }
        }
        let children = Children::of(self);
        let mut order = Vec::with_capacity(self.commits.len());
        while let Some(Reverse((_, _, n))) = ready.pop() {
            order.push(n);
            for &child in children.of_commit(n) {
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
            for &parent in self.parents(n) {
                from.iter().for_each(|start| reach[parent as usize].add(start));
            }
        }
        reach
    }
}

impl Commit {
    fn range(&self) -> Range<usize> {
        self.parents.start as usize..self.parents.end as usize
    }
}

/// Who has a commit as a parent: the children of commit `n` stand at `starts[n]..starts[n + 1]`.
struct Children {
    starts: Vec<u32>,
    all: Vec<u32>,
}

impl Children {
    fn of(graph: &Graph) -> Self {
        let mut starts = vec![0_u32; graph.commits.len() + 1];
        graph.parents.iter().for_each(|parent| starts[*parent as usize + 1] += 1);
        for n in 0..graph.commits.len() {
            starts[n + 1] += starts[n];
        }
        let mut next = starts.clone();
        let mut all = vec![0; graph.parents.len()];
        for (commit, n) in graph.commits.iter().zip(0_u32..) {
            for &parent in &graph.parents[commit.range()] {
                all[next[parent as usize] as usize] = n;
                next[parent as usize] += 1;
            }
        }
        Self { starts, all }
    }

    fn of_commit(&self, n: u32) -> &[u32] {
        &self.all[self.starts[n as usize] as usize..self.starts[n as usize + 1] as usize]
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
