//! What history keeps of one judged blob: the worst value and counts, so that memory does not grow with content.

use crate::detect::{Scan, Spotted};
use crate::evidence::{Class, Name};

/// Most variables that one piece of evidence lists.
const VARIABLES: usize = 50;

/// The verdict on one blob.
pub(super) struct Summary {
    /// The worst exposed value.
    pub(super) worst: Option<Spotted>,
    /// The variables with exposed values.
    pub(super) variables: Vec<Name>,
    /// How many values are exposed.
    pub(super) exposed: usize,
    /// The first value that a person must look at: its variable and line.
    pub(super) review: Option<(Option<Name>, u32)>,
    /// Whether the whole blob was understood.
    pub(super) determined: bool,
    /// Its encoding.
    pub(super) encoding: &'static str,
}

impl Summary {
    /// Reduces what detection found to what a report needs.
    pub(super) fn of(scan: Scan) -> Self {
        let mut determined = scan.determined;
        let mut summary = Self {
            worst: None,
            variables: Vec::new(),
            exposed: 0,
            review: None,
            determined: true,
            encoding: scan.encoding,
        };
        for spotted in scan.spotted {
            let class = spotted.judgement.class;
            determined &= class != Class::Undetermined;
            if class == Class::Open && summary.review.is_none() {
                summary.review = Some((spotted.variable.clone(), spotted.line));
            }
            if class.is_exposed() {
                summary.exposed += 1;
                let named = spotted.variable.as_ref().filter(|name| !summary.variables.contains(name));
                if let Some(name) = named.filter(|_| summary.variables.len() < VARIABLES) {
                    summary.variables.push(name.clone());
                }
                summary.keep(spotted);
            }
        }
        summary.determined = determined;
        summary
    }

    fn keep(&mut self, spotted: Spotted) {
        let weight = |s: &Spotted| (s.judgement.class, s.judgement.known, !s.commented);
        if self.worst.as_ref().is_none_or(|worst| weight(&spotted) > weight(worst)) {
            self.worst = Some(spotted);
        }
    }
}
