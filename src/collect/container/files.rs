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
use crate::collect::layers::{Entry, File, Sort};
use crate::collect::refusal::Refusal;
use crate::evidence::{Cause, Class, Fact, Gap, Judgement, Name, Place, Subject};

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
        let why =
            Refusal::new(Cause::ContentElsewhere).because("the history of a repository in a container is not read");
        for (n, store) in layer.stores.iter().enumerate() {
            self.unread(n, store, &why);
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
        let mut place = at(self.place, Some(shown(&path, n)));
        let summary = &file.summary;
        if !summary.determined {
            self.out.gap(Gap::new(&FILE, Subject::at(self.out.target, place.clone()), Cause::Malformed));
        }
        if let (Sort::Env, Some((variable, line))) = (file.sort, &summary.review) {
            let place = Place { variable: variable.clone(), line: Some(*line), ..place.clone() };
            self.out.gap(Gap::new(&FILE, Subject::at(self.out.target, place), Cause::NeedsReview));
        }
        let exposed = summary.exposes(file.sort != Sort::Env);
        // An env file that exposes nothing is there all the same.
        let judgement = match &exposed {
            Some((worst, ..)) => worst.judgement.clone(),
            None if file.sort == Sort::Env && summary.determined => Judgement::stated(Class::NotSecret, "env-file"),
            None => return,
        };
        let mut facts: Vec<(&'static str, Fact)> = judgement.facts().into_iter().collect();
        if let Some((worst, count, variables)) = exposed {
            place = Place { line: Some(worst.line), variable: worst.variable.clone(), ..place };
            facts.push(("exposed", Fact::count(count)));
            facts.push(("variables", Fact::List(variables.into_iter().map(Fact::Name).collect())));
        }
        facts.push(("file", Fact::word(word(file.sort))));
        facts.push(("where", Fact::word(self.part.word())));
        facts.push(("approved", Fact::Bool(self.is_approved(&self.part.full(&file.entry.path)))));
        facts.push(("running", Fact::Bool(self.container.running)));
        facts.extend(self.held(&file.entry));
        self.out.fact(&FILE, place, facts);
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

fn word(sort: Sort) -> &'static str {
    match sort {
        Sort::Env => "env-file",
        Sort::Template => "env-template",
        Sort::Other => "other",
    }
}
