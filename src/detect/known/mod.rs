//! Exact search for values that were given as known: no pattern decides, so nothing of them is missed.
//!
//! In: the values, wrapped, and later texts. Out: yes or no, which version, and on which lines. Knows bytes only; the
//! values and their forms stay in here, and nothing gives them back.

mod forms;
mod readings;
#[cfg(test)]
mod tests;

use super::KnownValue;
use crate::evidence::{Name, Shareable};
use aho_corasick::AhoCorasick;
use forms::{ANCHOR, Form};

/// Shorter values would be found by chance. Whoever reads them refuses them; here they are not looked for.
pub(crate) const SHORTEST: usize = 8;
/// Longer values are no secrets but files that hold some: no manager keeps more.
pub(crate) const LONGEST: usize = 64 << 10;

/// Which version of a value was found; the one in use is the worse.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Found {
    Retired,
    Live,
}

impl Found {
    /// The word for what was found.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Retired => "retired-value",
            Self::Live => "known-value",
        }
    }

    /// What a judgement's word says was found.
    pub(super) fn of(kind: &str) -> Option<Self> {
        [Self::Retired, Self::Live].into_iter().find(|found| found.kind() == kind)
    }
}

/// Searches for every known value. It can be asked, not read.
pub(super) struct Known {
    /// The beginnings of all forms; without them, each form is looked for by itself.
    anchors: Option<AhoCorasick>,
    forms: Vec<Form>,
    /// The secret of each form.
    secrets: Vec<Name>,
}

impl Shareable for Form {}

impl Known {
    pub(super) fn of<'a>(values: impl IntoIterator<Item = &'a KnownValue>) -> Self {
        let (mut forms, mut secrets): (Vec<Form>, Vec<Name>) = (Vec::new(), Vec::new());
        for known in values.into_iter().filter(|known| (SHORTEST..=LONGEST).contains(&known.value.len())) {
            let version = if known.live { Found::Live } else { Found::Retired };
            forms.extend(known.value.examine(|value| forms::forms(value, version)));
            secrets.resize(forms.len(), known.secret.clone());
        }
        let anchors = AhoCorasick::new(forms.iter().map(Form::anchor)).ok().filter(|_| !forms.is_empty());
        Self { anchors, forms, secrets }
    }

    /// Whether there is any value to look for.
    pub(super) fn any(&self) -> bool {
        !self.forms.is_empty()
    }

    /// Which version of a known value stands in `text`, in whatever form.
    pub(super) fn within(&self, text: &[u8]) -> Option<Found> {
        if self.forms.is_empty() || text.len() < SHORTEST {
            return None;
        }
        let mut worst = None;
        readings::each(text, &mut |reading, joined| {
            if worst < Some(Found::Live) {
                worst = worst.max(self.search(reading, joined));
            }
        });
        worst
    }

    /// The parts of a text in which known values stand, and the lines where these begin, from 1; nothing if the
    /// text holds no worse version than `told`.
    pub(super) fn parts<'t>(&self, text: &'t str, told: Option<Found>) -> Vec<(u32, &'t str)> {
        if self.within(text.as_bytes()) <= told {
            return Vec::new();
        }
        let lines: Vec<(u32, &str)> =
            (1..).zip(text.lines()).filter(|(_, line)| self.within(line.as_bytes()) > told).collect();
        if lines.is_empty() { self.span(text, told).into_iter().collect() } else { lines }
    }

    /// The smallest run of whole lines that holds a value of several lines.
    fn span<'t>(&self, text: &'t str, told: Option<Found>) -> Option<(u32, &'t str)> {
        let mut ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        ends.push(text.len());
        let last = ends.partition_point(|end| self.within(&text.as_bytes()[..*end]) <= told);
        let head = &text[..*ends.get(last)?];
        let starts: Vec<usize> = std::iter::once(0).chain(ends[..last].iter().copied()).collect();
        let first = starts.partition_point(|start| self.within(&head.as_bytes()[*start..]) > told).checked_sub(1)?;
        Some((u32::try_from(first + 1).unwrap_or(u32::MAX), &head[starts[first]..]))
    }

    /// The secret whose value of this version stands in `text`; of several the first by name.
    pub(super) fn named(&self, text: &[u8], version: Found) -> Option<&Name> {
        let mut named: Option<&Name> = None;
        readings::each(text, &mut |reading, joined| {
            let stands = |number: usize, at: usize| {
                self.forms.get(number).is_some_and(|form| {
                    form.version == version && (form.encoded || !joined) && form.stands(reading, at)
                })
            };
            let all: Vec<usize> = match &self.anchors {
                Some(anchors) => anchors
                    .find_overlapping_iter(reading)
                    .filter(|found| stands(found.pattern().as_usize(), found.start()))
                    .map(|found| found.pattern().as_usize())
                    .collect(),
                None => (0..self.forms.len()).filter(|n| (0..reading.len()).any(|at| stands(*n, at))).collect(),
            };
            named = all.into_iter().filter_map(|number| self.secrets.get(number)).chain(named).min();
        });
        named
    }

    fn search(&self, text: &[u8], joined: bool) -> Option<Found> {
        let counts = |form: &Form, at: usize| (form.encoded || !joined) && form.stands(text, at);
        let Some(anchors) = &self.anchors else {
            let anywhere = |form: &&Form| (0..text.len()).any(|at| counts(form, at));
            return self.forms.iter().filter(anywhere).map(|form| form.version).max();
        };
        let mut worst = None;
        for found in anchors.find_overlapping_iter(text) {
            let Some(form) = self.forms.get(found.pattern().as_usize()) else { continue };
            if Some(form.version) > worst && counts(form, found.start()) {
                worst = Some(form.version);
                if form.version == Found::Live {
                    break;
                }
            }
        }
        worst
    }
}

const _: () = assert!(ANCHOR >= SHORTEST, "an anchor says less than the shortest value");
