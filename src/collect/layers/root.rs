//! Whose archive a stream is: what its names begin with, and what the entry is that all others lie in.
//!
//! In: the entries of a layer. Out: the one part that all names begin with, if it is one. It reads no content.

use tar::EntryType;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::collect) enum Top {
    Directory,
    File,
    /// A device that is no disk, or a pipe: nothing lies in it.
    Nothing,
    /// A link, a disk, or what is not known.
    Other,
}

impl Top {
    fn of(kind: EntryType) -> Self {
        match kind {
            EntryType::Directory => Self::Directory,
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => Self::File,
            EntryType::Char | EntryType::Fifo => Self::Nothing,
            _ => Self::Other,
        }
    }
}

/// What the names of an archive begin with.
#[derive(Default)]
pub(in crate::collect) struct Root {
    name: Option<Vec<u8>>,
    /// Whether another name begins otherwise.
    several: bool,
    top: Option<Top>,
}

impl Root {
    /// An entry: its name as it is written, and as it lies after unpacking.
    pub(super) fn add(&mut self, written: &[u8], path: &[u8], kind: EntryType) {
        if kind.is_pax_global_extensions() {
            return;
        }
        let content = written == b"." || written.starts_with(b"./");
        let first = if content { b"." } else { path.split(|b| *b == b'/').next().unwrap_or_default() };
        match &self.name {
            None => self.name = Some(first.to_vec()),
            Some(name) => self.several |= name != first,
        }
        if path.is_empty() || !content && path == first {
            let top = Top::of(kind);
            // Two that differ take each other's place.
            self.top = Some(self.top.filter(|before| *before != top).map_or(top, |_| Top::Other));
        }
    }

    /// The part that all names begin with: `.` where they are written so.
    pub(in crate::collect) fn name(&self) -> Option<&[u8]> {
        self.name.as_deref().filter(|_| !self.several)
    }

    /// What the entry of that name alone is, if there is one.
    pub(in crate::collect) fn top(&self) -> Option<Top> {
        self.top
    }
}
