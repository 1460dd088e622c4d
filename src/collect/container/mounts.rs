//! What is mounted in a container, and what of it anybody can see from outside.
//!
//! In: what inspect says. Out: mounts by their destinations, and what a path belongs to. It reads nothing.

use crate::collect::entry_path::{clean, split};
use crate::collect::refusal::Refusal;
use crate::evidence::{Cause, Name};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Where the agents and engines that hand out secrets put them: in memory, or these paths mean nothing.
pub(super) const HANDED_OUT: [&str; 2] = ["/vault/secrets", "/run/secrets"];

/// What is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// A path of the host.
    Bind,
    /// A volume, named or not, or anything else that lies on a disk of the engine's.
    Volume,
    /// Memory, which only the container's own processes see.
    Tmpfs,
}

/// Something that is mounted.
pub(super) struct Mount {
    pub(super) sort: Sort,
    /// The volume's name.
    pub(super) name: Option<Zeroizing<String>>,
    /// The path on the host.
    pub(super) source: Option<Zeroizing<String>>,
    /// Where it is mounted: a path without its first slash.
    pub(super) destination: Vec<u8>,
    /// Whether the engine says that it is kept in memory.
    pub(super) in_memory: bool,
}

/// What nobody has to read, or cannot.
pub(super) enum Special {
    /// The kernel's own files: none of them lies anywhere.
    Kernel,
    /// It is read elsewhere.
    Elsewhere(Refusal),
}

impl Mount {
    pub(super) fn new(sort: Sort, destination: &str) -> Self {
        let destination = clean(destination.as_bytes());
        Self { sort, name: None, source: None, destination, in_memory: sort == Sort::Tmpfs }
    }

    /// The word of evidence.
    pub(super) fn word(&self) -> &'static str {
        match self.sort {
            Sort::Bind => "bind",
            Sort::Volume => "volume",
            Sort::Tmpfs => "tmpfs",
        }
    }

    /// Why it is not read like others, if it is not.
    pub(super) fn special(&self) -> Option<Special> {
        let source = self.source.as_ref().filter(|_| self.sort == Sort::Bind)?;
        let source = clean(source.as_bytes());
        if source.is_empty() {
            let why = Refusal::new(Cause::ContentElsewhere).with("key", Name::fixed("hosts"));
            return Some(Special::Elsewhere(why.because("the host's whole file system: declare the host")));
        }
        if shows_a_process(&source) {
            let why = Refusal::new(Cause::ContentElsewhere).with("key", Name::fixed("hosts"));
            return Some(Special::Elsewhere(why.because("what a process of the host sees: declare the host")));
        }
        let kernel = [&b"proc"[..], b"sys"];
        kernel.iter().any(|root| lies_in(&source, root)).then_some(Special::Kernel)
    }
}

/// Whether a path of the host leads through a process to files that are not the kernel's: its root, its directory,
/// what it has open, what it runs.
fn shows_a_process(source: &[u8]) -> bool {
    let mut parts = source.split(|b| *b == b'/');
    parts.next() == Some(b"proc")
        && parts.skip(1).any(|part| matches!(part, b"root" | b"cwd" | b"fd" | b"exe" | b"map_files"))
}

/// The mounts of one container.
#[derive(Default)]
pub(super) struct Mounts {
    pub(super) all: Vec<Mount>,
    /// How many do not say where they are mounted.
    pub(super) unplaced: usize,
    /// Links on the way to mounts, and where each leads in the end.
    pub(super) links: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Mounts {
    /// Adds one, unless something is mounted there already: inspect says most of them twice.
    pub(super) fn add(&mut self, mount: Mount) {
        if !self.all.iter().any(|known| known.destination == mount.destination) {
            self.all.push(mount);
        }
    }

    /// The mount that a path lies in, as an engine sees it from outside: what is kept in a tmpfs is not there, and
    /// what lies below is.
    pub(super) fn of(&self, path: &[u8]) -> Option<&Mount> {
        let seen = self.all.iter().filter(|mount| mount.sort != Sort::Tmpfs && lies_in(path, &mount.destination));
        seen.max_by_key(|mount| mount.destination.len())
    }

    /// A path behind the links that are known.
    pub(super) fn real(&self, path: &[u8]) -> Vec<u8> {
        let at = self.before_last(path);
        self.links.get(&at).cloned().unwrap_or(at)
    }

    /// The same, where its last part is not followed.
    pub(super) fn before_last(&self, path: &[u8]) -> Vec<u8> {
        let (above, last) = split(path);
        let above = if above.is_empty() { Vec::new() } else { self.real(above) };
        if above.is_empty() { last.to_vec() } else { [&above, &b"/"[..], last].concat() }
    }

    /// The mount that a path lies in, as the container sees it.
    pub(super) fn inside(&self, path: &[u8]) -> Option<&Mount> {
        let all = self.all.iter().filter(|mount| lies_in(path, &mount.destination));
        all.max_by_key(|mount| mount.destination.len())
    }

    /// Whether something that can be seen from outside is mounted at a path or below it.
    pub(super) fn below(&self, path: &[u8]) -> bool {
        self.all.iter().any(|mount| mount.sort != Sort::Tmpfs && lies_in(&mount.destination, path))
    }
}

/// Whether a path is another one or lies below it.
pub(super) fn lies_in(path: &[u8], above: &[u8]) -> bool {
    above.is_empty() || path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
}

/// A path as it is shown, with its first slash.
pub(super) fn shown(path: &[u8], ordinal: usize) -> Name {
    Name::admit_or(&format!("/{}", String::from_utf8_lossy(path)), "path", ordinal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_mount_counts_and_memory_hides_nothing_from_outside() {
        let mut mounts = Mounts::default();
        for (sort, at) in [(Sort::Bind, "/data"), (Sort::Volume, "/data/sub/"), (Sort::Tmpfs, "/data/sub/memory")] {
            mounts.add(Mount::new(sort, at));
        }
        mounts.add(Mount::new(Sort::Tmpfs, "/data"));
        let of = |path: &str| mounts.of(path.as_bytes()).map(Mount::word);
        assert_eq!(of("data/x"), Some("bind"));
        assert_eq!(of("data/sub/memory/x"), Some("volume"));
        assert_eq!(of("database/x"), None);
        assert_eq!(mounts.inside(b"data/sub/memory/x").map(Mount::word), Some("tmpfs"));
        assert!(mounts.below(b"data") && mounts.below(b"") && !mounts.below(b"data/sub/memory"));
    }

    #[test]
    fn the_host_s_root_and_the_kernel_s_files_are_not_read() {
        let of = |source: &str| {
            let mut mount = Mount::new(Sort::Bind, "/x");
            mount.source = Some(Zeroizing::new(source.to_owned()));
            mount.special()
        };
        assert!(matches!(of("/"), Some(Special::Elsewhere(_))));
        assert!(matches!(of("/proc"), Some(Special::Kernel)) && matches!(of("/sys/fs/cgroup"), Some(Special::Kernel)));
        assert!(of("/process").is_none() && of("/srv").is_none());
    }
}
