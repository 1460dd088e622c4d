//! What was seen of a container's files: its own layer and everything that is mounted, part by part.
//!
//! In: tar streams that were looked through. Out: parts that say which of their files are theirs. It judges nothing.

use super::listing::Listing;
use super::mounts::{HANDED_OUT, Mounts, Sort, Special, lies_in, shown};
use crate::collect::entry_path::{clean, split};
use crate::collect::layers::{Layer, Top};
use crate::collect::refusal::Refusal;
use crate::config::ContainerSelector;
use crate::evidence::{Cause, Name};

/// What was seen of one container.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) parts: Vec<Part>,
    /// What the engine lists as changed in the container's own layer.
    pub(super) listing: Option<Listing>,
    /// Where secrets may be handed out, if it is in memory.
    pub(super) approved: Vec<Vec<u8>>,
    /// What was not, with the path it is about.
    pub(super) missed: Vec<(Option<Vec<u8>>, Refusal)>,
    /// Mounts that were looked through.
    pub(super) mounts: u64,
    /// Paths that the engine lists as added or modified.
    pub(super) changes: u64,
    /// Sockets, and mounts of the kernel's own files.
    pub(super) no_files: u64,
    /// Approved mounts that are kept in memory: nobody outside sees what they hold.
    pub(super) in_memory: Vec<Vec<u8>>,
}

/// What a part is of.
#[cfg_attr(not(feature = "docker"), expect(dead_code, reason = "only an engine tells a layer from the rest"))]
pub(super) enum Of {
    /// The container's own layer, asked for by the paths that are listed.
    Layer,
    /// The same, from an export of the whole, in which nothing is mounted.
    Export,
    /// The whole file system, that of the image included.
    Whole,
    /// What is mounted at this destination.
    Mount(Vec<u8>, &'static str),
}

/// A stream that was looked through.
pub(super) struct Part {
    pub(super) of: Of,
    /// What stands before the paths of its entries.
    pub(super) prefix: Vec<u8>,
    pub(super) layer: Layer,
}

impl Part {
    /// A path of this part as the container has it; inside an archive, behind the archive's and `!/`.
    pub(super) fn full(&self, path: &[u8]) -> Vec<u8> {
        if self.prefix.is_empty() { path.to_vec() } else { [&self.prefix, &b"/"[..], path].concat() }
    }

    /// Whether a path is this part's own: what lies in another mount is told with that one, and what the image brought
    /// with the image.
    pub(super) fn owns(&self, path: &[u8], mounts: &Mounts, listing: Option<&Listing>) -> bool {
        let mount = mounts.of(path);
        match &self.of {
            Of::Whole => true,
            Of::Layer => mount.is_none() && listing.is_some_and(|listing| listing.has(path)),
            Of::Export => listing.is_some_and(|listing| listing.has(path)),
            Of::Mount(own, _) => mount.is_some_and(|mount| mount.destination == *own),
        }
    }

    /// The word of evidence.
    pub(super) fn word(&self) -> &'static str {
        match self.of {
            Of::Layer | Of::Export => "writable-layer",
            Of::Whole => "file-system",
            Of::Mount(_, word) => word,
        }
    }
}

/// What stands before the entries of an archive of a path: they begin with its last part.
pub(super) fn prefix(path: &[u8]) -> Vec<u8> {
    split(path).0.to_vec()
}

impl Seen {
    /// Nothing seen yet. Without a declaration, secrets may be handed out at the usual places.
    pub(super) fn new(selector: &ContainerSelector) -> Self {
        let usual = HANDED_OUT.iter().map(|path| (*path).to_owned());
        let declared = selector.memory_backed.clone().unwrap_or_else(|| usual.collect());
        let approved = declared.iter().map(|path| clean(path.as_bytes())).collect();
        Self { approved, ..Self::default() }
    }

    /// Which mounts must be looked through; those that nobody can or must are told.
    pub(super) fn plan(&mut self, mounts: &Mounts, running: bool) -> Vec<usize> {
        self.approved.iter_mut().for_each(|path| *path = mounts.real(path));
        let mut wanted = Vec::new();
        for (number, mount) in mounts.all.iter().enumerate() {
            match (mount.sort, mount.special()) {
                (Sort::Tmpfs, _) if self.approved.iter().any(|path| lies_in(&mount.destination, path)) => {
                    self.in_memory.push(mount.destination.clone());
                }
                // What was in memory is gone.
                (Sort::Tmpfs, _) if !running => self.no_files += 1,
                (Sort::Tmpfs, _) => self.miss(
                    &mount.destination,
                    Refusal::new(Cause::NotDeclared)
                        .with("key", Name::fixed("containers.memory_backed"))
                        .because("nobody outside the container sees what a tmpfs holds"),
                ),
                (_, Some(Special::Kernel)) => self.no_files += 1,
                (_, Some(Special::Elsewhere(why))) => self.miss(&mount.destination, why),
                (_, None) => wanted.push(number),
            }
        }
        wanted
    }

    /// Holds declared paths against what is mounted there.
    pub(super) fn hold(&mut self, mounts: &Mounts, selector: &ContainerSelector) {
        if mounts.unplaced > 0 {
            let why = Refusal::new(Cause::Malformed).because("a mount that does not say where it is mounted");
            self.missed.push((None, why));
        }
        for path in selector.memory_backed.iter().flatten().map(|path| mounts.real(&clean(path.as_bytes()))) {
            if !mounts.inside(&path).is_some_and(|mount| mount.in_memory) {
                let why = Refusal::new(Cause::Inconsistent).with("key", Name::fixed("containers.memory_backed"));
                self.miss(&path, why.because("declared as memory-backed, and it is no tmpfs"));
            }
        }
    }

    pub(super) fn miss(&mut self, path: &[u8], why: Refusal) {
        self.missed.push((Some(path.to_vec()), why));
    }

    /// Takes what was read of a mount in. `refuse` says what an archive is that is not the mount's.
    pub(super) fn mounted(&mut self, of: Of, path: &[u8], mut layer: Layer, refuse: fn(Cause) -> Refusal) {
        // An archive has at least the entry of what was asked for, unless that is a socket.
        let nothing = layer.paths.is_empty() || layer.root.top() == Some(Top::Nothing) && layer.count == 0;
        if layer.broken.is_none() && nothing {
            self.no_files += 1;
            return;
        }
        let (begins, whole) = (layer.root.name(), layer.broken.is_none());
        let named = begins == Some(split(path).1);
        // What begins otherwise is told below the mount: an archive of several of its files may lack its name.
        let prefix = if named { prefix(path) } else { path.to_vec() };
        if whole && !named && begins != Some(b".") {
            layer.broken = Some(refuse(Cause::Inconsistent).because("an archive of something else than this mount"));
        } else if whole && !matches!(layer.root.top(), None | Some(Top::Directory | Top::File)) {
            layer.broken = Some(refuse(Cause::ContentElsewhere).because("a link or a device, not what is mounted"));
        }
        self.mounts += 1;
        self.parts.push(Part { of, prefix, layer });
    }
}

/// The path of a part as a name.
pub(super) fn name(part: &Part) -> Name {
    match &part.of {
        Of::Mount(path, _) => shown(path, 1),
        Of::Layer | Of::Export => Name::fixed("(writable layer)"),
        Of::Whole => Name::fixed("(file system)"),
    }
}
