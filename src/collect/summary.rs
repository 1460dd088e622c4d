//! What history keeps of one judged blob: the worst value and counts, so that memory does not grow with content.

use crate::detect::{Scan, Spotted};
use crate::evidence::{Class, Name};

/// Most variables that one piece of evidence lists.
const VARIABLES: usize = 50;

/// The verdict on one blob.
pub(super) struct Summary {
    /// The worst exposed value.
    worst: Option<Spotted>,
    /// The variables with exposed values, each with its worst class.
    variables: Vec<(Name, Class)>,
    /// How many values are exposed.
    exposed: usize,
    /// How many of them are no stand-ins.
    plaintext: usize,
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
            plaintext: 0,
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
                summary.plaintext += usize::from(class == Class::Plaintext);
                summary.keep(spotted);
            }
        }
        summary.determined = determined;
        summary
    }

    /// What an env file of this content exposes, or in a template, where stand-ins belong, the real values:
    /// the worst value, how many there are, and their variables. The same blob may be both.
    pub(super) fn exposes(&self, template: bool) -> Option<(&Spotted, usize, Vec<Name>)> {
        let counts = |class: Class| !template || class == Class::Plaintext;
        let worst = self.worst.as_ref().filter(|worst| counts(worst.judgement.class))?;
        let variables = self.variables.iter().filter(|(_, class)| counts(*class)).map(|(name, _)| name.clone());
        Some((worst, if template { self.plaintext } else { self.exposed }, variables.collect()))
    }

    fn keep(&mut self, spotted: Spotted) {
        let class = spotted.judgement.class;
        if let Some(variable) = &spotted.variable {
            let full = self.variables.len() >= VARIABLES;
            match self.variables.iter_mut().find(|(name, _)| name == variable) {
                Some((_, worst)) => *worst = class.max(*worst),
                None if full => {}
                None => self.variables.push((variable.clone(), class)),
            }
        }
        let weight = |s: &Spotted| (s.judgement.class, s.judgement.known, !s.commented);
        if self.worst.as_ref().is_none_or(|worst| weight(&spotted) > weight(worst)) {
            self.worst = Some(spotted);
        }
    }
}
