//! Small files that are looked through together, and what the threads that do it share.
//!
//! In: files and their bytes. Out: those that matter. It knows no tar.

use super::content::judge;
use super::git::Identity;
use super::{Entry, File, Look, Sort, Told};
use crate::collect::summary::Summary;
use crate::detect::{Memory, Scan};
use crate::evidence::Name;
use gix_object::Kind;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use zeroize::Zeroizing;

/// So many bytes of names are kept.
const TOLD: usize = 64 << 20;

/// What is known of a file before its content is.
pub(super) struct Member {
    /// Its path, see [`File::path`].
    pub(super) path: Vec<u8>,
    /// The layer's own entry.
    pub(super) entry: Entry,
    /// Which object of a repository it is.
    pub(super) object: Option<Identity>,
}

impl Member {
    /// The file, and what it holds.
    pub(super) fn file(&self, sort: Sort, summary: &Summary) -> File {
        let id = |commit: bool| {
            let object = self.object.filter(|object| (object.kind == Kind::Commit) == commit);
            object.and_then(|object| Name::digest(&object.id.to_string()).ok())
        };
        let (path, entry) = (self.path.clone(), self.entry.clone());
        File { path, entry, blob: id(false), commit: id(true), sort, told: Told::of(summary, sort) }
    }
}

/// Files that are looked through together.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    files: Vec<(Member, Range<usize>)>,
    /// How long their names are together.
    names: usize,
}

impl Batch {
    pub(super) fn add(&mut self, member: Member, content: Range<usize>) {
        self.names += member.path.len() + member.entry.path.len();
        self.files.push((member, content));
    }

    /// How much it holds.
    pub(super) fn size(&self) -> usize {
        self.bytes.len() + self.names
    }
}

/// What threads share.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) found: Mutex<Vec<File>>,
    /// What pieces of large files say: the file's number, the piece's, and a scan.
    pub(super) pieces: Mutex<Vec<(usize, usize, Scan)>>,
    pub(super) waiting: AtomicUsize,
    /// How long the names of all found files are together, and whether that is more than is kept.
    told: AtomicUsize,
    pub(super) overflowed: AtomicBool,
    /// What threads remember, while they do something else.
    pub(super) memories: Mutex<Vec<Memory>>,
}

/// Looks through a batch.
pub(super) fn look_through(look: Look<'_>, shared: &Shared, batch: &Batch, memory: &mut Memory) {
    let files = batch.files.iter().take_while(|_| !look.stop.asked());
    let judged = files.filter_map(|(member, range)| judge(look, member, &batch.bytes[range.clone()], memory));
    let judged: Vec<File> = judged.collect();
    let names: usize = judged.iter().map(|file| file.path.len() + file.entry.path.len()).sum();
    if shared.told.fetch_add(names, Ordering::Relaxed) > TOLD {
        shared.overflowed.store(true, Ordering::Relaxed);
    } else if let (false, Ok(mut found)) = (judged.is_empty(), shared.found.lock()) {
        found.extend(judged);
    }
}
