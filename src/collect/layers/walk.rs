//! One layer: the entries of its tar, read by one thread, their contents looked through by all.
//!
//! In: a stream. Out: a [`Layer`]. What a file is, is told from its head; what it holds goes to `contents`.

use super::batch::{Batch, Member, Shared};
use super::content::{is_key_store, sort, whole};
use super::git::{self, Held, Identity};
use super::nested;
use super::paths::is_whiteout;
use super::stream::{self, Digested, HARMLESS, Raw, is_tar, packing, unpack};
use super::{Entry, Layer, Look, Sort, Trouble};
use crate::collect::entry_path::{clean, split};
use crate::collect::metered::{HEADERS, Meter, Metered};
use crate::collect::refusal::Refusal;
use crate::detect::{Memory, weak_env_name};
use crate::evidence::Cause;
use rayon::Scope;
use std::io::{Cursor, Read};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use zeroize::Zeroizing;

/// Longest path: no system has longer ones.
const LONGEST: usize = 4096;
/// Most files of a layer that are told as not read.
const MOST: usize = 10_000;
/// What tells what a file is.
const HEAD: usize = 512;

/// Reads one layer.
pub(super) fn layer(source: impl Read, look: Look<'_>) -> Layer {
    let shared = Shared::default();
    let (digested, digest) = Digested::new(source);
    let (raw, count) = Raw::new(digested, look.limits.archive_bytes);
    let (mut layer, in_pieces, stores) = rayon::in_place_scope(|scope| {
        let mut walk = Walk {
            look,
            shared: &shared,
            scope,
            layer: Layer::default(),
            batch: Batch::default(),
            memory: Memory::default(),
            entry: Entry::default(),
            object: None,
            held: Held::default(),
            in_pieces: Vec::new(),
            full: None,
        };
        walk.top(raw, &count);
        let stores = git::examine(&mut walk, 0);
        walk.flush();
        walk.layer.broken = walk.layer.broken.or(walk.full);
        (walk.layer, walk.in_pieces, stores)
    });
    layer.files.extend(shared.found.into_inner().unwrap_or_default());
    let mut pieces = shared.pieces.into_inner().unwrap_or_default();
    pieces.sort_by_key(|(file, number, _)| (*file, *number));
    let mut pieces = pieces.into_iter().peekable();
    while let Some((file, _, first)) = pieces.next() {
        let rest = std::iter::from_fn(|| pieces.next_if(|(other, ..)| *other == file).map(|(.., scan)| scan));
        layer.files.extend(whole(std::iter::once(first).chain(rest), &in_pieces[file]));
    }
    git::name(&mut layer, &stores, look);
    if shared.overflowed.load(Ordering::Relaxed) {
        layer.broken = layer.broken.or(Some(Refusal::over("files that are told")));
    }
    if look.stop.asked() {
        layer.broken = layer.broken.or(Some(Refusal::new(Cause::Interrupted)));
    }
    layer.files.sort_by(|a, b| a.path.cmp(&b.path));
    layer.digest = stream::shown(&digest.take());
    layer
}

/// The walk of the reading thread.
pub(super) struct Walk<'w, 's, 'a> {
    pub(super) look: Look<'a>,
    pub(super) shared: &'s Shared,
    pub(super) scope: &'w Scope<'s>,
    pub(super) layer: Layer,
    pub(super) batch: Batch,
    pub(super) memory: Memory,
    /// The layer's entry that is being read.
    pub(super) entry: Entry,
    /// The object of git that is being read, if it is one.
    pub(super) object: Option<Identity>,
    /// What is read once all of the layer is here.
    pub(super) held: Held,
    /// Files that are read in pieces.
    pub(super) in_pieces: Vec<Member>,
    /// Why nothing more is looked through.
    full: Option<Refusal>,
}

impl<'s, 'a: 's> Walk<'_, 's, 'a> {
    fn top<R: Read>(&mut self, raw: Raw<R>, count: &Rc<stream::Count>) {
        let limit = self.look.limits.archive_bytes;
        let unpacked = match unpack(raw, self.look.limits) {
            Ok(Some(unpacked)) => {
                self.layer.packed = unpacked.packed();
                unpacked
            }
            Ok(None) => {
                let why = Refusal::new(Cause::Unsupported).because("a layer that is neither plain, gzip nor zstd");
                self.layer.broken = Some(why);
                return;
            }
            Err(_) => {
                self.layer.broken = Some(Refusal::new(Cause::Malformed));
                return;
            }
        };
        let meter = Meter::new(limit);
        let mut reader = Metered { inner: unpacked, meter: Rc::clone(&meter) };
        self.layer.broken = self.tar(&mut reader, &meter, &[], 0).err();
        if count.over() {
            self.layer.broken = Some(Refusal::over("limits.archive_bytes or limits.ratio"));
        }
        // The file at which the layer ends is told with the layer.
        if self.layer.broken.is_some() && self.layer.troubles.last().is_some_and(|last| last.path == self.entry.path) {
            self.layer.troubles.pop();
        }
        // Whatever stands behind the end of the tar belongs to the digest.
        if self.layer.broken.is_none() {
            meter.step.set(u64::MAX);
            let rest = std::io::copy(&mut reader, &mut std::io::sink());
            self.layer.broken = rest.err().map(|_| damage(&meter));
        }
    }

    /// The entries of a tar. Names inside an archive stand behind `prefix`.
    pub(super) fn tar<R: Read>(
        &mut self,
        reader: &mut Metered<R>,
        meter: &Rc<Meter>,
        prefix: &[u8],
        depth: usize,
    ) -> Result<(), Refusal> {
        let mut archive = tar::Archive::new(reader);
        // Blocks of zeros between two archives that were put together end nothing.
        archive.set_ignore_zeros(true);
        let mut entries = archive.entries().map_err(|_| damage(meter))?;
        // Whether the last file was here to its end.
        let mut whole = false;
        loop {
            if self.look.stop.asked() {
                return Err(Refusal::new(Cause::Interrupted));
            }
            meter.step.set(HEADERS);
            let before = meter.total.get();
            let mut entry = match entries.next() {
                Some(Ok(entry)) => entry,
                // Some tools write nothing behind the last file, not even what fills its block: nothing was cut there.
                Some(Err(_)) if whole && meter.ended.get() && meter.total.get() == before => return Ok(()),
                Some(Err(_)) => return Err(damage(meter)),
                None => return Ok(()),
            };
            let begins = meter.total.get();
            meter.step.set(u64::MAX);
            let kind = entry.header().entry_type();
            let path = [prefix, &clean(&entry.path_bytes())].concat();
            if depth == 0 {
                self.entry = held(&path, entry.header());
                self.layer.paths.add(&path, kind.is_dir());
                self.layer.root.add(&entry.path_bytes(), &path, kind);
            }
            self.unread_store(&path);
            if (kind.is_symlink() || kind.is_hard_link()) && sort(&path) == Sort::Env {
                self.link(&path, &clean(&entry.link_name_bytes().unwrap_or_default()));
            }
            let size = entry.size();
            let empty = kind.is_dir() || kind.is_symlink() || kind.is_hard_link();
            let empty = empty || kind.is_character_special() || kind.is_block_special() || kind.is_fifo();
            if kind.is_gnu_sparse() && size > HARMLESS {
                self.trouble(path, Refusal::over("sparse files of 1 GiB"));
            } else if size > 0 || !(empty || depth == 0 && is_whiteout(&path)) {
                // Some read what stands behind such an entry as the next one, others pass over it.
                if empty {
                    self.trouble(
                        path.clone(),
                        Refusal::new(Cause::Inconsistent).because("content where there is none"),
                    );
                } else if is_sparse(&mut entry) {
                    let why = Refusal::new(Cause::Unsupported).because("a sparse file in the form of pax");
                    self.trouble(path.clone(), why);
                }
                self.file(&mut entry, size, path, depth);
                // What was not wanted to its end is passed over here, where the meter knows that it is content.
                std::io::copy(&mut entry, &mut std::io::sink()).map_err(|_| damage(meter))?;
            }
            whole = begins - meter.total.get() == size;
            if self.layer.bytes > self.look.limits.archive_bytes {
                return Err(Refusal::over("limits.archive_bytes"));
            }
            if let Some(why) = &self.full {
                return Err(why.clone());
            }
            if meter.over.get() {
                return Err(damage(meter));
            }
        }
    }

    /// A link that is called like an env file: what it leads to was, or will be, judged by its own name.
    fn link(&mut self, path: &[u8], to: &[u8]) {
        // A program of this name is no env file.
        let weak = weak_env_name(&String::from_utf8_lossy(split(path).1));
        let elsewhere =
            weak || ["run/", "dev/", "proc/", "vault/"].iter().any(|place| to.starts_with(place.as_bytes()));
        if sort(to) != Sort::Env && !elsewhere {
            let why = Refusal::new(Cause::NeedsReview).because("a link to a file that is not called so");
            self.trouble(path.to_vec(), why);
        }
    }

    fn unread_store(&mut self, path: &[u8]) {
        if let Some((store, why)) = git::unread_store(path)
            && self.layer.troubles.last().is_none_or(|last| last.path != store)
        {
            self.trouble(store, why);
        }
    }

    /// A file: an archive or what it holds itself.
    pub(super) fn file(&mut self, reader: &mut dyn Read, size: u64, mut path: Vec<u8>, depth: usize) {
        self.layer.count += 1;
        if self.layer.count > self.look.limits.layer_files {
            self.full = Some(Refusal::over("limits.layer_files"));
        }
        if self.full.is_some() {
            return;
        }
        if path.len() > LONGEST {
            path.truncate(LONGEST);
            self.trouble(path.clone(), Refusal::over("paths of 4096 bytes"));
        }
        if size > self.look.limits.entry_bytes {
            return self.trouble(path, Refusal::over("limits.entry_bytes"));
        }
        let mut head = Zeroizing::new(Vec::with_capacity(HEAD));
        if reader.take(HEAD as u64).read_to_end(&mut head).is_err() {
            return self.trouble(path, Refusal::new(Cause::Malformed));
        }
        if let Some(form) = git::form(&head) {
            return git::hold(self, &mut Cursor::new(&head[..]).chain(reader), path, form);
        }
        if git::keeps_objects(&path) {
            self.trouble(path.clone(), Refusal::new(Cause::Malformed).because("no object of git where one belongs"));
        }
        if !head.is_empty() && is_key_store(&path) {
            let why =
                Refusal::new(Cause::NeedsReview).because("a store of keys: what it holds shows only with its password");
            self.trouble(path.clone(), why);
        }
        let archive = packing(&head).is_some() || is_tar(&head) || nested::is_zip(&head);
        let mut whole = Cursor::new(&head[..]).chain(reader);
        if archive && depth < self.deepest() {
            return nested::archive(self, (&mut whole, size), &head, path, depth);
        }
        if archive {
            self.trouble(path.clone(), Refusal::over("limits.archive_depth"));
        }
        self.content(&mut whole, size, path, depth);
    }

    /// How deep archives are opened.
    pub(super) fn deepest(&self) -> usize {
        usize::from(self.look.limits.archive_depth)
    }

    pub(super) fn trouble(&mut self, path: Vec<u8>, why: Refusal) {
        if self.layer.troubles.len() >= MOST {
            self.full = Some(Refusal::over("files that cannot be read"));
            return;
        }
        self.layer.troubles.push(Trouble { path, why });
    }
}

/// An entry and who may read it; what its header does not say counts as open to everybody.
fn held(path: &[u8], header: &tar::Header) -> Entry {
    let mode = header.mode().unwrap_or(0o777) & 0o7777;
    let (uid, gid) = (header.uid().unwrap_or_default(), header.gid().unwrap_or_default());
    Entry { path: path.to_vec(), mode, uid, gid }
}

/// Whether a file's content begins with a map of its holes.
fn is_sparse<R: Read>(entry: &mut tar::Entry<'_, R>) -> bool {
    let extensions = entry.pax_extensions().ok().flatten();
    extensions.is_some_and(|all| all.flatten().any(|one| one.key_bytes().starts_with(b"GNU.sparse.")))
}

/// What an error of the reader means.
pub(super) fn damage(meter: &Meter) -> Refusal {
    if meter.over.get() {
        Refusal::over("limits.archive_bytes")
    } else {
        Refusal::new(if meter.ended.get() { Cause::Truncated } else { Cause::Malformed })
    }
}
