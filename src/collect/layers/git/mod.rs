//! Objects of git in a layer: repositories that were copied along, packs and bundles that lie about.
//!
//! In: files that hold objects, as the walk meets them. Out: every blob, message and tag, looked through like a file of
//! the layer. They are held until the layer ends, for what a blob is called stands in trees, and these may come last;
//! how much is held is bounded. What a name or a ref leads to does not matter: an object that is here can be read.

mod budget;
mod names;
mod pack;

use super::walk::Walk;
use super::{Entry, Layer, Look};
use crate::collect::entry_path::split;
use crate::collect::refusal::Refusal;
use crate::evidence::{Cause, Name};
use budget::Budget;
use flate2::read::ZlibDecoder;
use gix_hash::ObjectId;
use gix_object::Kind;
use names::Named;
use pack::Pack;
use std::collections::HashSet;
use std::io::Read;
use std::ops::Range;
use zeroize::Zeroizing;

/// The hash of all object ids here.
const SHA1: gix_hash::Kind = gix_hash::Kind::Sha1;
/// Longest header of a loose object.
const HEADER: usize = 32;

/// How a file holds objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// One, deflated.
    Loose,
    /// Many.
    Pack,
    /// A pack behind a list of refs.
    Bundle,
}

/// How a file that begins so holds objects, whatever it is called.
pub(super) fn form(head: &[u8]) -> Option<Form> {
    if head.starts_with(b"PACK\0\0\0\x02") || head.starts_with(b"PACK\0\0\0\x03") {
        Some(Form::Pack)
    } else if head.starts_with(b"# v2 git bundle") || head.starts_with(b"# v3 git bundle") {
        Some(Form::Bundle)
    } else {
        let deflated = head.len() > 2 && head[0] == 0x78 && u16::from_be_bytes([head[0], head[1]]).is_multiple_of(31);
        (deflated && header(&inflated(head, HEADER as u64).0).is_some()).then_some(Form::Loose)
    }
}

/// Objects that a layer holds.
#[derive(Default)]
pub(super) struct Held {
    files: Vec<File>,
    bytes: u64,
}

/// A file with objects.
struct File {
    path: Vec<u8>,
    entry: Entry,
    form: Form,
    bytes: Zeroizing<Vec<u8>>,
}

/// An object, and where it is.
struct Object {
    file: usize,
    /// The place in its pack.
    at: u64,
    kind: Kind,
    id: ObjectId,
    /// A tree names others, and nothing else: what is none may hold anything.
    tree: bool,
}

/// All objects of some files.
#[derive(Default)]
pub(super) struct Store {
    files: Vec<File>,
    objects: Vec<Object>,
    named: Named,
}

/// Which object content is.
#[derive(Clone, Copy)]
pub(super) struct Identity {
    pub(super) kind: Kind,
    pub(super) id: ObjectId,
    /// Whether it has a name; what was only staged has none.
    pub(super) named: bool,
}

/// Keeps a file until the layer ends.
pub(super) fn hold<'s, 'a: 's>(walk: &mut Walk<'_, 's, 'a>, reader: &mut dyn Read, path: Vec<u8>, form: Form) {
    let left = walk.look.limits.held_bytes.saturating_sub(walk.held.bytes);
    let mut bytes = Zeroizing::new(Vec::new());
    let read = reader.take(left.saturating_add(1)).read_to_end(&mut bytes);
    if read.is_err() {
        walk.trouble(path.clone(), Refusal::new(Cause::Malformed));
    }
    if bytes.len() as u64 > left {
        return walk.trouble(path, Refusal::over("limits.held_bytes"));
    }
    walk.held.bytes += (bytes.len() + path.len()) as u64;
    walk.held.files.push(File { path, entry: walk.entry.clone(), form, bytes });
}

/// Looks through everything that was held. Objects may hold such files in turn.
pub(super) fn examine<'s, 'a: 's>(walk: &mut Walk<'_, 's, 'a>, depth: usize) -> Vec<Store> {
    let mut stores = Vec::new();
    for depth in depth..walk.deepest() {
        let held = std::mem::take(&mut walk.held);
        if held.files.is_empty() {
            break;
        }
        let store = open(walk, held.files);
        look_through(walk, &store, depth + 1);
        stores.push(store);
    }
    for file in std::mem::take(&mut walk.held).files {
        walk.trouble(file.path, Refusal::over("limits.archive_depth"));
    }
    stores
}

/// Gives blobs that are called by their id the path that trees give them.
pub(super) fn name(layer: &mut Layer, stores: &[Store], look: Look<'_>) {
    let files = layer.files.iter_mut().map(|file| &mut file.path);
    let mut all: Vec<&mut Vec<u8>> = files.chain(layer.troubles.iter_mut().map(|trouble| &mut trouble.path)).collect();
    for store in stores {
        let wanted = all.iter().flat_map(|path| called_by_id(path)).map(|(_, id)| id).collect();
        let paths = names::paths(store, wanted, look);
        for path in &mut all {
            for (place, id) in called_by_id(path).into_iter().rev() {
                let name = paths.get(&id).map_or(&b"(unnamed)"[..], Vec::as_slice);
                path.splice(place, name.iter().copied());
            }
        }
    }
}

/// Where a path calls blobs by their ids.
fn called_by_id(path: &[u8]) -> Vec<(Range<usize>, ObjectId)> {
    let places = memchr::memmem::find_iter(path, b"!/").map(|at| at + 2..at + 42);
    let id = |place: Range<usize>| {
        let id = ObjectId::from_hex(path.get(place.clone())?).ok()?;
        matches!(path.get(place.end), None | Some(b'!')).then_some((place, id))
    };
    places.filter_map(id).collect()
}

/// Finds all objects of some files.
fn open<'s, 'a: 's>(walk: &mut Walk<'_, 's, 'a>, mut files: Vec<File>) -> Store {
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let budget = Budget::new(walk.look, files.iter().map(|file| file.bytes.len() as u64).sum());
    let (mut objects, mut named) = (Vec::new(), Named::default());
    for (number, file) in files.iter().enumerate() {
        let mut keep = |at, kind: Kind, bytes: &[u8]| {
            let id = id_of(kind, bytes);
            let tree = kind == Kind::Tree && named.tree(bytes);
            objects.push(Object { file: number, at, kind, id, tree });
            id
        };
        let wrong = match file.form {
            Form::Loose => loose(&file.bytes, &budget).map(|(kind, content)| keep(0, kind, &content)).err(),
            Form::Pack | Form::Bundle => {
                Pack::open(file.parts().1, &budget).and_then(|mut pack| pack.list(keep).map_or(Ok(()), Err)).err()
            }
        };
        if let Some(why) = wrong {
            walk.trouble(file.shown(), why);
        }
    }
    walk.layer.objects += objects.len() as u64;
    Store { files, objects, named }
}

fn look_through<'s, 'a: 's>(walk: &mut Walk<'_, 's, 'a>, store: &Store, depth: usize) {
    let look = walk.look;
    let paths = names::paths(store, store.named.telling.clone(), look);
    let mut told = HashSet::new();
    let budget = Budget::new(look, store.files.iter().map(|file| file.bytes.len() as u64).sum());
    let lost = store.visit(
        &budget,
        |object| !object.tree,
        |object, bytes| {
            // Content whose id cannot be told may be any.
            if !object.id.is_null() && !told.insert(object.id) {
                return;
            }
            let file = &store.files[object.file];
            let mut path = [store_of(&file.path).unwrap_or(&file.path), b"!/"].concat();
            walk.entry.clone_from(&file.entry);
            let Object { kind, id, .. } = *object;
            if kind == Kind::Tree {
                walk.trouble(file.shown(), Refusal::new(Cause::Malformed));
            }
            match paths.get(&id) {
                Some(name) => path.extend(name),
                // Its path is asked for if there is anything to tell.
                None if kind == Kind::Blob => path.extend(id.to_string().into_bytes()),
                None => path.extend_from_slice(kind.as_bytes()),
            }
            walk.object = Some(Identity { kind, id, named: kind != Kind::Blob || store.named.has(&id) });
            walk.file(&mut &bytes[..], bytes.len() as u64, path, depth);
            walk.object = None;
        },
    );
    for (file, why) in lost {
        walk.trouble(store.files[file].shown(), why);
    }
    for file in &store.files {
        walk.entry.clone_from(&file.entry);
        let head = file.parts().0;
        walk.content(&mut &head[..], head.len() as u64, file.path.clone(), usize::MAX);
    }
}

impl File {
    /// What it is called in a report: a loose object's own path is a long number.
    fn shown(&self) -> Vec<u8> {
        let store = store_of(&self.path).filter(|_| self.form == Form::Loose);
        store.unwrap_or(&self.path).to_vec()
    }

    /// What stands in front of a pack, and the pack. A bundle says in clear text what it needs.
    fn parts(&self) -> (&[u8], &[u8]) {
        let begins = match self.form {
            Form::Bundle => memchr::memmem::find(&self.bytes, b"\n\n").map_or(self.bytes.len(), |at| at + 2),
            Form::Loose | Form::Pack => 0,
        };
        self.bytes.split_at(begins)
    }
}

impl Store {
    /// Hands on every object of some kinds, file by file. Gives the files of which one could not be read again.
    fn visit(
        &self,
        budget: &Budget<'_>,
        wanted: impl Fn(&Object) -> bool,
        mut see: impl FnMut(&Object, &[u8]),
    ) -> Vec<(usize, Refusal)> {
        let mut lost = Vec::new();
        for of_file in self.objects.chunk_by(|one, next| one.file == next.file) {
            let file = &self.files[of_file[0].file];
            let pack = (file.form != Form::Loose).then(|| Pack::open(file.parts().1, budget)).and_then(Result::ok);
            let mut pack = pack.map(|pack| pack.knowing(of_file.iter().map(|object| (object.id, object.at))));
            for object in of_file.iter().filter(|object| wanted(object)) {
                let read = match &mut pack {
                    Some(pack) => pack.read(object.at),
                    None => loose(&file.bytes, budget).map(|(_, content)| content),
                };
                match read {
                    Ok(bytes) => see(object, &bytes),
                    // One of a file is enough to tell.
                    Err(why) if lost.last().is_none_or(|(file, _)| *file != object.file) => {
                        lost.push((object.file, why));
                    }
                    Err(_) => {}
                }
                if budget.is_spent() {
                    break;
                }
            }
        }
        lost
    }
}

/// A loose object's kind and content.
fn loose(bytes: &[u8], budget: &Budget<'_>) -> Result<(Kind, Zeroizing<Vec<u8>>), Refusal> {
    let (mut content, used) = inflated(bytes, budget.limit.saturating_add(HEADER as u64));
    budget.take(content.len() as u64)?;
    let (kind, size, begins) = header(&content).ok_or(Refusal::new(Cause::Malformed))?;
    if size > budget.limit {
        return Err(Refusal::over("limits.held_bytes"));
    }
    content.drain(..begins);
    let whole = used == Some(bytes.len() as u64) && content.len() as u64 == size;
    if whole { Ok((kind, content)) } else { Err(Refusal::new(Cause::Malformed)) }
}

fn header(inflated: &[u8]) -> Option<(Kind, u64, usize)> {
    gix_object::decode::loose_header(inflated).ok()
}

/// What bytes inflate to, up to a limit, and how many of them that took if it went well.
fn inflated(bytes: &[u8], limit: u64) -> (Zeroizing<Vec<u8>>, Option<u64>) {
    let mut made = Zeroizing::new(Vec::new());
    let mut decoder = ZlibDecoder::new(bytes);
    let read = decoder.by_ref().take(limit).read_to_end(&mut made);
    (made, read.ok().map(|_| decoder.total_in()))
}

/// What git calls an object. An object without an id would be one with the empty id: nothing names it.
fn id_of(kind: Kind, content: &[u8]) -> ObjectId {
    gix_object::compute_hash(SHA1, kind, content).unwrap_or(ObjectId::null(SHA1))
}

/// The git directory that a file of objects belongs to.
fn store_of(path: &[u8]) -> Option<&[u8]> {
    let (folder, _) = split(path);
    let (objects, _) = split(folder);
    let (store, name) = split(objects);
    (name == b"objects").then_some(store)
}

/// Whether git keeps objects in files of this name.
pub(super) fn keeps_objects(path: &[u8]) -> bool {
    let (folder, name) = split(path);
    let hex = |text: &[u8], lengths: &[usize]| lengths.contains(&text.len()) && text.iter().all(u8::is_ascii_hexdigit);
    let packed = split(folder).1 == b"pack" && name.starts_with(b"pack-") && name.ends_with(b".pack");
    store_of(path).is_some() && (packed || hex(split(folder).1, &[2]) && hex(name, &[38, 62]))
}

/// The history of a repository of another kind, which nobody reads here.
pub(super) fn unread_store(path: &[u8]) -> Option<(Vec<u8>, Refusal)> {
    let at = memchr::memmem::find(path, b".hg/store/").filter(|at| *at == 0 || path[at - 1] == b'/')?;
    let why = Refusal::new(Cause::ContentElsewhere).because("the history of a Mercurial repository is not read");
    Some((path[..at + 3].to_vec(), why.with("remove", Name::fixed(".hg"))))
}
