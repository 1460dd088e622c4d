//! Hits in the order of their starts.
//!
//! Windows are found in the order of their places, and a literal begins up to its length before its window. Takes hits
//! in the order of their windows, holds those back that a later one may come before, and gives the others on.
//! Knows nothing of what was hit.

/// A start and the index of a literal.
pub(super) type Hit = (usize, usize);

/// Hits that wait for earlier ones.
#[derive(Debug, Default)]
pub(super) struct Waiting(Vec<Hit>);

impl Waiting {
    /// Puts a hit where it belongs, which is near the end.
    #[inline]
    pub(super) fn add(&mut self, hit: Hit) {
        let behind = self.0.iter().rev().take_while(|other| **other > hit).count();
        self.0.insert(self.0.len() - behind, hit);
    }

    /// Gives on what begins before `place`.
    #[inline]
    pub(super) fn pass(&mut self, place: usize, hit: &mut impl FnMut(usize, usize)) {
        let ready = self.0.partition_point(|(start, _)| *start < place);
        for (start, literal) in self.0.drain(..ready) {
            hit(start, literal);
        }
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_leave_in_order() {
        let (mut waiting, mut seen) = (Waiting::default(), Vec::new());
        for hit in [(5, 1), (9, 0), (5, 0), (3, 7), (9, 2)] {
            waiting.add(hit);
        }
        waiting.pass(6, &mut |start, literal| seen.push((start, literal)));
        assert_eq!(seen, [(3, 7), (5, 0), (5, 1)]);
        waiting.pass(usize::MAX, &mut |start, literal| seen.push((start, literal)));
        assert_eq!(seen[3..], [(9, 0), (9, 2)]);
        assert_eq!(waiting.len(), 0);
    }
}
