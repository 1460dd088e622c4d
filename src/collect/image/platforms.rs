//! The platforms that are asked for: which are examined, which are named and left alone, and which are not there.
//!
//! In: the configuration's platforms and those that indexes and configs name. Out: yes or no, and an account of it. It
//! reads nothing.

use super::Found;
use crate::collect::refusal::Refusal;
use crate::config::Platform;
use crate::evidence::{Cause, Name};
use std::collections::BTreeSet;

/// The platforms that are examined; all of them where none is asked for.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a>(pub(super) &'a [Platform]);

impl Asked<'_> {
    /// Whether a platform is examined.
    pub(super) fn wants(self, name: &Name) -> bool {
        self.0.is_empty() || Platform::parse(name.as_str()).is_some_and(|platform| self.0.contains(&platform))
    }

    /// Says which platforms are asked for, which are not, and which are not there.
    pub(super) fn account(self, found: &mut Found) {
        let list = |names: BTreeSet<Name>| names.into_iter().reduce(|all, one| all.joined(", ", &one));
        let is = |name: &Name, asked: &Platform| Platform::parse(name.as_str()).as_ref() == Some(asked);
        for asked in self.0 {
            let examined = found.images.iter().map(|image| &image.platform).chain(&found.met);
            if !examined
                .chain(found.unexamined.iter().filter_map(|(name, _)| name.as_ref()))
                .any(|name| is(name, asked))
            {
                let why =
                    Refusal::new(Cause::NotFound).because("a platform that was asked for and is not in the image");
                found.unexamined.push((Some(asked.shown()), why));
            }
        }
        let asked = list(self.0.iter().map(Platform::shown).collect());
        found.identity.extend(asked.map(|names| ("platforms asked for", names)));
        let others = list(found.not_asked.iter().cloned().collect());
        found.identity.extend(others.map(|names| ("platforms not asked for", names)));
    }
}
