//! Where symbolic links lead, as the kernel would go: a link may stand at any step of a path.
//!
//! In: places of links and their targets. Out: further paths to look for, or the file at the end inside one
//! tree. Links that leave the repository lead nowhere; what is left after the last step is the caller's to report.

use super::losses::{Fault, Losses};
use super::names::Role;
use super::objects::{EntryType, Objects, entries, plain, structure};
use super::open::Lent;
use git2::{ObjectType, Oid};
use std::collections::{BTreeMap, VecDeque};

/// Most links on the way to a file: the kernel gives up there, too.
pub(super) const MOST_LINKS: usize = 40;
/// Longest symlink target.
const LINK_BYTES: usize = 4096;
/// Most bytes of all paths that are followed: a link that leads into itself grows without end.
const MOST_BYTES: usize = 4 << 20;

/// Paths to look for in every version, and what each stands for.
pub(super) type Round = BTreeMap<Vec<u8>, Role>;

/// All paths that links led to so far.
#[derive(Default)]
pub(super) struct Trails {
    known: Round,
    fresh: Round,
    bytes: usize,
    overflowed: bool,
}

impl Trails {
    /// The paths that were not looked for yet.
    pub(super) fn next(&mut self) -> Option<Round> {
        let round = std::mem::take(&mut self.fresh);
        (!round.is_empty()).then_some(round)
    }

    /// Whether some path was never looked for.
    pub(super) fn unfinished(&self) -> bool {
        self.overflowed || !self.fresh.is_empty()
    }

    /// Notes a link: what it stands for itself, and every path of the round that goes through it.
    pub(super) fn link(&mut self, round: &Round, at: &[u8], target: &[u8], role: Role) {
        if role != Role::Other {
            // What a template leads to holds stand-ins too; what anything else leads to is an env file.
            let role = if role == Role::Template { Role::Template } else { Role::Env };
            self.add(lead(at, target, b""), role);
        }
        for (rest, role) in through(round, at) {
            self.add(lead(at, target, rest), role);
        }
    }

    fn add(&mut self, path: Option<Vec<u8>>, role: Role) {
        let mut next = path;
        while let Some(path) = next {
            if self.known.get(&path).is_some_and(|known| *known <= role) {
                return;
            }
            self.bytes += path.len();
            if self.bytes > MOST_BYTES {
                self.overflowed = true;
                return;
            }
            next = collapsed(&path);
            self.known.insert(path.clone(), role);
            self.fresh.insert(path, role);
        }
    }
}

/// What is left of the paths that go through a place.
pub(super) fn through<'a>(round: &'a Round, at: &[u8]) -> impl Iterator<Item = (&'a [u8], Role)> {
    let prefix = [at, b"/"].concat();
    let from = round.range(prefix.clone()..);
    from.map_while(move |(path, role)| Some((path.strip_prefix(prefix.as_slice())?, *role)))
}

/// The part of a path that can be looked up, and whether it is the whole: what `..` means after a name is open
/// until it is known whether the name is a link.
pub(super) fn walkable(path: &[u8]) -> (&[u8], bool) {
    let parts = path.split(|&b| b == b'/').take_while(|part| part != b"..");
    let length = parts.map(|part| part.len() + 1).sum::<usize>().saturating_sub(1);
    (&path[..length], length == path.len())
}

/// The path on which a link's target, and then the rest of the way, goes on.
fn lead(at: &[u8], target: &[u8], rest: &[u8]) -> Option<Vec<u8>> {
    if target.is_empty() || target.starts_with(b"/") {
        return None;
    }
    let mut parts: Vec<&[u8]> = at.split(|&b| b == b'/').collect();
    parts.pop();
    // The link's own directory is no link: `..` is plain until the first name.
    let mut plain = true;
    for part in target.split(|&b| b == b'/').chain(rest.split(|&b| b == b'/')) {
        match part {
            b"" | b"." => {}
            b".." if plain => drop(parts.pop()?),
            name => {
                plain = false;
                parts.push(name);
            }
        }
    }
    (!parts.is_empty()).then(|| parts.join(&b'/'))
}

/// The same path if the name before its first `..` is a plain directory.
fn collapsed(path: &[u8]) -> Option<Vec<u8>> {
    let mut parts: Vec<&[u8]> = path.split(|&b| b == b'/').collect();
    let up = parts.iter().position(|part| part == b"..")?;
    drop(parts.drain(up.checked_sub(1)?..=up));
    (!parts.is_empty()).then(|| parts.join(&b'/'))
}

/// What a symlink blob says. A link that is missing is counted where blobs are judged.
pub(super) fn read_link(odb: &Objects<'_>, id: Oid, losses: &mut Losses) -> Option<Vec<u8>> {
    match plain(odb, id, LINK_BYTES) {
        Ok(target) => Some(target),
        Err(Fault::Missing) => None,
        Err(fault) => {
            losses.of(fault, id);
            None
        }
    }
}

/// The blob that a link leads to inside its own tree.
pub(super) fn follow(repository: &Lent<'_>, tree: Oid, link: Oid, at: &[u8], losses: &mut Losses) -> Option<Oid> {
    let odb = repository.odb().ok()?;
    let target = plain(&odb, link, LINK_BYTES).map_err(|fault| losses.of(fault, link)).ok()?;
    let mut way = VecDeque::new();
    lead_on(&mut way, &target)?;
    at.split(|&b| b == b'/').rev().skip(1).for_each(|part| way.push_front(part.to_vec()));
    let (mut here, mut links) = (vec![tree], 1);
    while let Some(name) = way.pop_front() {
        match name.as_slice() {
            b"" | b"." => continue,
            b".." => {
                here.pop();
                here.last()?;
                continue;
            }
            _ => {}
        }
        match entry(&odb, *here.last()?, &name, losses)? {
            (EntryType::Tree, id) => here.push(id),
            (EntryType::File, id) => return way.is_empty().then_some(id),
            (EntryType::Gitlink, _) => return None,
            (EntryType::Symlink, id) => {
                links += 1;
                if links > MOST_LINKS {
                    losses.count(Fault::TooLarge);
                    return None;
                }
                lead_on(&mut way, &plain(&odb, id, LINK_BYTES).map_err(|fault| losses.of(fault, id)).ok()?)?;
            }
        }
    }
    None
}

/// Puts a link's target in front of the way that is left; nothing if it leaves the repository.
fn lead_on(way: &mut VecDeque<Vec<u8>>, target: &[u8]) -> Option<()> {
    if target.is_empty() || target.starts_with(b"/") {
        return None;
    }
    target.split(|&b| b == b'/').rev().for_each(|part| way.push_front(part.to_vec()));
    Some(())
}

fn entry(odb: &Objects<'_>, tree: Oid, name: &[u8], losses: &mut Losses) -> Option<(EntryType, Oid)> {
    let found = structure(odb, tree, ObjectType::Tree, |bytes| {
        for entry in entries(bytes) {
            let entry = entry?;
            if entry.name == name {
                return Ok(Some((entry.what, entry.id())));
            }
        }
        Ok(None)
    });
    found.map_err(|fault| losses.of(fault, tree)).ok()?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_inside_the_repository_only() {
        for (link, target, rest, expected) in [
            (".env", "config/prod.txt", "", Some("config/prod.txt")),
            ("svc/.env", "../shared/./values", "", Some("shared/values")),
            ("conf", "real", "prod.txt", Some("real/prod.txt")),
            ("a/conf", "../b/real", "../prod.txt", Some("b/real/../prod.txt")),
            (".env", "../outside", "", None),
            (".env", "/etc/passwd", "", None),
            ("a/.env", "..", "", None),
            (".env", "", "", None),
        ] {
            let end = lead(link.as_bytes(), target.as_bytes(), rest.as_bytes());
            assert_eq!(end.as_deref(), expected.map(str::as_bytes), "{link} {target} {rest}");
        }
    }

    #[test]
    fn dots_after_a_name_stay_until_the_name_is_known() {
        assert_eq!(walkable(b"a/b/../c"), (b"a/b".as_slice(), false));
        assert_eq!(walkable(b"a/b"), (b"a/b".as_slice(), true));
        assert_eq!(collapsed(b"a/b/../c").as_deref(), Some(b"a/c".as_slice()));
        assert_eq!(collapsed(b"a/../../c").as_deref(), Some(b"../c".as_slice()));
        assert_eq!(collapsed(b"../c"), None);
        assert_eq!(collapsed(b"a/b"), None);
    }
}
