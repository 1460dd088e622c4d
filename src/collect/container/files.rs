//! Evidence of kind `container.file`: env files, and real values in any other file, of a container's own layer and of
//! what is mounted in it.
//!
//! In: a container and what was seen of its files. Out: one piece of evidence per file that matters, gaps for what was
//! not seen, and counts. It asks nobody anything.

use super::FILE;
use super::facts::Out;
use super::inspect::Container;
use super::mounts::{lies_in, shown};
use super::seen::{Of, Part, Seen, name};
use crate::collect::layers::{Entry, File};
use crate::collect::refusal::Refusal;
use crate::evidence::{Evidence, Fact, Name, Place, Subject};

/// Adds what one container's files hold to its selector's batch.
pub(super) fn examine(out: &mut Out<'_>, container: &Container, seen: &Result<Seen, Refusal>, place: &Place) {
    let seen = match seen {
        Ok(seen) => seen,
        Err(why) => return miss(out, place, None, why),
    };
    out.files.add("containers", 1);
    out.files.add("mounts", seen.mounts);
    out.files.add("changes", seen.changes);
    out.files.add("mounts-without-files", seen.no_files);
    for path in &seen.in_memory {
        out.files.add("unread-memory-mounts", 1);
        let told = shown(path, 1);
        let before = out.files.identity.iter().find(|(what, _)| what.as_str() == MEMORY).map(|(_, told)| told.clone());
        let told = before.filter(|before| *before != told).map_or(told.clone(), |before| before.joined(", ", &told));
        out.files.identify(MEMORY, told);
    }
    for (path, why) in &seen.missed {
        miss(out, place, path.as_deref().map(|path| shown(path, 1)), why);
    }
    for part in &seen.parts {
        Look { out: &mut *out, container, seen, place, part }.run();
    }
}

/// Where coverage says what was not read, because only the container itself sees it.
const MEMORY: &str = "memory_backed_not_read";

fn miss(out: &mut Out<'_>, place: &Place, path: Option<Name>, why: &Refusal) {
    let told = path.clone().unwrap_or(Name::fixed("(files)"));
    let place = at(place, path);
    out.gap(why.gap(&FILE, Subject::at(out.target, place)));
    out.files.miss(told, why.cause);
}

/// A path in a container: behind the container's name where a selector means several, as `docker cp` has it.
fn at(place: &Place, path: Option<Name>) -> Place {
    let path = match (&place.path, path) {
        (Some(container), Some(path)) => Some(container.joined(":", &path)),
        (container, path) => path.or(container.clone()),
    };
    Place { path, ..place.clone() }
}

/// A look at one part.
struct Look<'l, 'a> {
    out: &'l mut Out<'a>,
    container: &'l Container,
    seen: &'l Seen,
    place: &'l Place,
    part: &'l Part,
}

impl Look<'_, '_> {
    fn run(&mut self) {
        let layer = &self.part.layer;
        self.out.files.add("files", layer.count);
        self.out.files.add("bytes", layer.bytes);
        if let Some(why) = &layer.broken {
            let path = match name(self.part) {
                name if name.as_str().starts_with('(') => None,
                name => Some(name),
            };
            miss(self.out, self.place, path, why);
        }
        for (n, file) in layer.files.iter().enumerate() {
            if self.owns(&file.entry.path) {
                self.file(n, file);
            }
        }
        for (n, trouble) in layer.troubles.iter().enumerate() {
            self.unread(n, &trouble.path, &trouble.why);
        }
    }

    fn owns(&self, entry: &[u8]) -> bool {
        self.part.owns(&self.part.full(entry), &self.container.mounted, self.seen.listing.as_ref())
    }

    /// A file that was not read. What lies in an archive belongs to the archive.
    fn unread(&mut self, n: usize, path: &[u8], why: &Refusal) {
        let end = path.windows(2).position(|two| two == b"!/").unwrap_or(path.len());
        if self.owns(&path[..end]) {
            let place = at(self.place, Some(shown(&self.part.full(path), n)));
            self.out.gap(why.gap(&FILE, Subject::at(self.out.target, place)));
        }
    }

    fn file(&mut self, n: usize, file: &File) {
        let path = self.part.full(&file.path);
        let (gaps, told) = file.at(&FILE, self.out.target, at(self.place, Some(shown(&path, n))));
        gaps.into_iter().for_each(|gap| self.out.gap(gap));
        let Some((place, told)) = told else { return };
        let approved = self.is_approved(&self.part.full(&file.entry.path));
        let own = [
            ("where", Fact::word(self.part.word())),
            ("approved", Fact::Bool(approved)),
            ("running", Fact::Bool(self.container.running)),
        ];
        let own = own.into_iter().chain(self.held(&file.entry));
        let subject = Subject::at(self.out.target, place);
        let mut evidence = Evidence::new(&FILE, subject, own, self.out.job.now);
        evidence.facts.extend(told);
        self.out.batch.evidence.push(evidence);
    }

    /// Whether a file lies where secrets are handed out, in memory. What lies below a tmpfs is on the disk: no process
    /// of the container sees it, and everybody else does.
    fn is_approved(&self, path: &[u8]) -> bool {
        let Of::Mount(own, _) = &self.part.of else { return false };
        let mount = self.container.mounted.inside(path);
        let in_memory = mount.is_some_and(|mount| mount.destination == *own && mount.in_memory);
        in_memory && self.seen.approved.iter().any(|above| lies_in(path, above))
    }

    /// Who may read a file, and whose it is.
    fn held(&self, entry: &Entry) -> [(&'static str, Fact); 4] {
        let owned_by = match self.container.user() {
            Some(user) if user == entry.uid => "container-user",
            _ if entry.uid == 0 => "root",
            Some(_) => "other",
            None => "unknown",
        };
        let mode = Name::admit_or(&format!("{:04o}", entry.mode), "mode", 1);
        let owner = Name::number(entry.uid).joined(":", &Name::number(entry.gid));
        [
            ("mode", Fact::Name(mode)),
            ("owner", Fact::Name(owner)),
            ("owned_by", Fact::word(owned_by)),
            ("world_readable", Fact::Bool(entry.mode & 0o004 != 0)),
        ]
    }
}
