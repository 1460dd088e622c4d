//! What the name of a tree's entry says: an env file, a template, a directory of them, or a place on a given path.
//!
//! Which names are env files is detection's knowledge. Knows no object.

use super::objects::EntryType;
use crate::detect;
use std::collections::HashMap;

/// What a name says about an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Role {
    /// An env file by its name, or by a symlink of that name.
    Env,
    /// A template of one, by its name or by a symlink of that name.
    Template,
    /// Any file below a directory with an env file's name: judged if its content has that shape.
    Inside,
    /// Anything else.
    Other,
}

/// What to look for below a tree: 0 names, 1 everything (inside an env directory), else a place in [`Paths`].
pub(super) type Lens = u32;
pub(super) const NAMED: Lens = 0;
pub(super) const INSIDE: Lens = 1;
/// The lens that follows given paths from the root.
pub(super) const FOLLOW: Lens = 2;

/// The lens that looks for given blobs, whatever their names.
pub(super) const GIVEN: Lens = Lens::MAX;

/// The lens that looks for what other repositories leave in a tree: submodules, bundles, object stores.
pub(super) const OTHERS: Lens = Lens::MAX - 1;

/// Whether an entry may belong to another repository.
pub(super) fn of_another(name: &[u8], what: EntryType) -> bool {
    what == EntryType::Gitlink || name == b"HEAD" || has_ending(name, b".bundle")
}

/// Whether a name ends so, in any case, and is more than that.
pub(super) fn has_ending(name: &[u8], ending: &[u8]) -> bool {
    name.len() > ending.len() && name[name.len() - ending.len()..].eq_ignore_ascii_case(ending)
}

/// Exact paths to follow, as a trie: the targets of symlinks with an env file's name.
#[derive(Default)]
pub(super) struct Paths {
    steps: HashMap<(Lens, Vec<u8>), (Lens, Option<Role>)>,
}

impl Paths {
    /// Adds a path of plain components, and what stands at its end, if anything. An env file's link outweighs a
    /// template's.
    pub(super) fn add(&mut self, path: &[u8], role: Option<Role>) {
        let parts: Vec<&[u8]> = path.split(|&b| b == b'/').collect();
        let mut at = FOLLOW;
        for (n, part) in parts.iter().enumerate() {
            let fresh = FOLLOW + 1 + Lens::try_from(self.steps.len()).unwrap_or(0);
            let step = self.steps.entry((at, part.to_vec())).or_insert((fresh, None));
            if n + 1 == parts.len() {
                step.1 = step.1.into_iter().chain(role).min();
            }
            at = step.0;
        }
    }

    /// Where a name leads from a place, and what stands there if a path ends.
    pub(super) fn step(&self, from: Lens, name: &[u8]) -> Option<(Lens, Option<Role>)> {
        self.steps.get(&(from, name.to_vec())).copied()
    }
}

/// Whether a directory of an env file's name is one: `.env/`, `prod.env/`, but not `env/` or `environment/`,
/// which are where programs keep their code.
pub(super) fn dotted(name: &[u8]) -> bool {
    name.contains(&b'.')
}

/// Whether [`role_of`] can find anything in a name; a quick look that spares it most names.
pub(super) fn may_matter(name: &[u8]) -> bool {
    // Parts of `env`, `.dev.vars` and `settings.local`, and whatever nobody sees in the middle of them.
    let part = |three: &[u8]| {
        matches!(
            [three[0] | 0x20, three[1] | 0x20, three[2] | 0x20],
            [b'e', b'n', b'v'] | [b'd', b'e', b'v'] | [b'g', b's', b'.']
        )
    };
    name.windows(3).any(part) || name.iter().any(|b| !matches!(b, b' '..=b'~'))
}

/// What a file name says.
pub(super) fn role_of(name: &[u8]) -> Role {
    let name = String::from_utf8_lossy(name);
    if detect::env_template(&name) {
        Role::Template
    } else if detect::env_like(&name) {
        Role::Env
    } else {
        Role::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_matters_may_matter(name in "[.#~ ]{0,2}(env|dev|settings|prod|vars|flask|local|ENV|E\u{200b}nv)?[._-]?(env|local|vars|production|example)?[~ .(1)]{0,3}") {
            prop_assert!(role_of(name.as_bytes()) == Role::Other || may_matter(name.as_bytes()), "{}", name);
        }
    }
}
