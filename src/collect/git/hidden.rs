//! Evidence of kind `git.unreachable`: what no branch or tag shows. Reflogs, older stashes, the index, amended and
//! dropped commits, objects that nothing names, notes, messages, authors and the names of refs.
//!
//! In: the survey of what refs reach, and what the contents of all objects gave. Out: evidence and gaps. Env files of
//! commits that only a reflog remembers are judged like those of history; a blob without a path by what its bytes
//! say.

use super::contents::Contents;
use super::files::{content, only_notes};
use super::forest::Forest;
use super::graph::Reach;
use super::history::{self, Version, Versions};
use super::ids::IdSet;
use super::kinds::UNREACHABLE;
use super::names::{GIVEN, INSIDE, NAMED, Role, role_of};
use super::objects::{EntryType, Fault, Losses, Peeled, entries, structure};
use super::reflogs;
use super::refs::{Root, digest_name};
use super::survey::{Places, Span, Survey};
use super::tracked::indexed;
use super::whole::Site;
use super::writer::{self, REFS, Seen, Unjudged, Writer, blob_at, shown_path};
use crate::detect::Context;
use crate::evidence::{Batch, Coverage, Name, Place, Sensitive, Task};
use git2::{ObjectType, Oid};
use std::collections::BTreeSet;

/// What refs reach.
pub(super) struct Shown<'a> {
    pub(super) survey: &'a Survey,
    pub(super) versions: &'a Versions,
    pub(super) places: &'a Places,
    pub(super) contents: &'a Contents,
    pub(super) reach: &'a [Reach<REFS>],
}

/// Looks at everything else.
pub(super) fn examine(
    site: &Site<'_>,
    shown: &Shown<'_>,
    task: &dyn Task,
    coverage: &mut Coverage,
    batch: &mut Batch,
) -> Unjudged {
    let remembered = reflogs::read(&site.store.common);
    let named = shown.named(&remembered.ids, site);
    let count = named.len() as u64;
    let Some(mut hidden) = shown.survey.beside((site.job, site.store, task), named) else {
        let mut unjudged = Unjudged::default();
        unjudged.losses.count(Fault::Malformed);
        return unjudged;
    };
    let dangling = shown.dangling(site, &hidden);
    coverage.add("objects", shown.contents.objects + shown.contents.known);
    coverage.add("bytes", shown.contents.bytes);
    coverage.add("cached-objects", shown.contents.known);
    coverage.add("commits", hidden.graph.read());
    coverage.add("roots", count);
    let mut hidden_trees = None;
    if !dangling.is_empty() {
        hidden_trees = hidden.beside((site.job, site.store, task), dangling);
    }
    let mut look = Look { site, shown, done: shown.places.blobs(), unjudged: Unjudged::default(), batch };
    look.done.extend(shown.survey.refs.roots.iter().filter_map(|root| match root.at {
        Peeled::Blob(id) => Some(id),
        _ => None,
    }));
    for losses in [hidden.graph.losses, hidden.forest.losses].into_iter().chain(structure_losses(shown)) {
        look.unjudged.losses.add(losses);
    }
    look.notes();
    look.survey(&mut hidden);
    if let Some(trees) = &mut hidden_trees {
        look.unjudged.losses.add(trees.forest.losses);
        look.survey(trees);
    }
    look.index();
    look.rest();
    look.messages();
    look.texts(&remembered.texts);
    look.ref_names();
    if remembered.unread > 0 {
        look.unjudged.losses.malformed += remembered.unread;
    }
    look.unjudged
}

/// Commits and trees of packs that did not decode: what they held, nobody knows.
fn structure_losses(shown: &Shown<'_>) -> Option<Losses> {
    shown.survey.structure.as_ref().map(|structure| structure.losses())
}

impl Shown<'_> {
    /// What reflogs and files beside the refs name, and commits that nothing names.
    fn named(&self, remembered: &[(Name, Oid)], site: &Site<'_>) -> Vec<Root> {
        let known = |id: Oid| self.survey.graph.find(id).is_some();
        let mut roots: Vec<Root> = Vec::new();
        let peeled = site.store.with(|repository| {
            let odb = repository.odb().ok()?;
            for (name, id) in remembered.iter().filter(|(_, id)| !known(*id)) {
                // What a reflog remembers may be gone: then nobody holds it here.
                if let Ok(at) = super::objects::peel(&odb, *id) {
                    roots.push(Root { name: name.clone(), at, tip: false });
                }
            }
            Some(())
        });
        let packed = self.survey.structure.iter().flat_map(|structure| structure.commits());
        let loose = self.contents.loose.iter().filter(|(_, kind)| *kind == ObjectType::Commit).map(|(id, _)| *id);
        let all: BTreeSet<Oid> = packed.chain(loose).filter(|id| !known(*id)).collect();
        let nameless = |id| Root { name: Name::fixed("(nothing)"), at: Peeled::Commit(id), tip: false };
        roots.extend(all.into_iter().map(nameless));
        if peeled.flatten().is_none() {
            roots.clear();
        }
        roots
    }

    /// Trees that no commit holds and that hold something that matters: the topmost of them.
    fn dangling(&self, site: &Site<'_>, hidden: &Survey) -> Vec<Root> {
        let held = |id: Oid| {
            let named = |forest: &Forest| forest.holds(id, NAMED) || forest.holds(id, INSIDE);
            named(&self.survey.forest) || named(&hidden.forest) || self.places.forest.holds(id, GIVEN)
        };
        let structure = self.survey.structure.iter();
        let packed =
            structure.flat_map(|structure| [NAMED, GIVEN].into_iter().flat_map(|lens| structure.leading_ids(lens)));
        let loose = self.contents.loose.iter().filter(|(_, kind)| *kind == ObjectType::Tree).map(|(id, _)| *id);
        let trees: BTreeSet<Oid> = packed.chain(loose).filter(|id| !held(*id)).collect();
        let below = below(site, &trees);
        let tops = trees.iter().filter(|id| !below.contains(id));
        tops.map(|id| Root { name: Name::fixed("(nothing)"), at: Peeled::Tree(*id), tip: false }).collect()
    }
}

/// The subtrees of these trees.
fn below(site: &Site<'_>, trees: &BTreeSet<Oid>) -> IdSet<Oid> {
    let read = site.store.with(|repository| {
        let odb = repository.odb().ok()?;
        let mut below = IdSet::default();
        for tree in trees {
            // What does not read is told where the tree itself is read.
            let _ = structure(&odb, *tree, ObjectType::Tree, |bytes| {
                let entries = entries(bytes).flatten().filter(|entry| entry.what == EntryType::Tree);
                below.extend(entries.map(|entry| entry.id()));
                Ok(())
            });
        }
        Some(below)
    });
    read.flatten().unwrap_or_default()
}

struct Look<'a> {
    site: &'a Site<'a>,
    shown: &'a Shown<'a>,
    /// Blobs that were told with a place.
    done: IdSet<Oid>,
    unjudged: Unjudged,
    batch: &'a mut Batch,
}

impl Look<'_> {
    fn absorb(&mut self, unjudged: &Unjudged) {
        self.unjudged.losses.add(unjudged.losses);
        self.unjudged.elsewhere += unjudged.elsewhere;
    }

    /// What only notes hold.
    fn notes(&mut self) {
        let mut out = Writer {
            kind: &UNREACHABLE,
            place: Some("note"),
            ..self.site.writer(self.shown.survey, self.shown.reach, self.batch)
        };
        for (n, (path, id, span)) in self.shown.places.sorted().into_iter().enumerate() {
            let seen = Seen::at(Some(span), true);
            if only_notes(&out, seen) {
                let place = blob_at(Some(&shown_path(out.prefix, &path, n)), id);
                content(&mut out, self.shown.contents, id, place, seen);
            }
        }
        let unjudged = out.unjudged;
        self.absorb(&unjudged);
    }

    /// Env files and given blobs of commits and trees that refs do not reach.
    fn survey(&mut self, hidden: &mut Survey) {
        let (job, store) = (self.site.job, self.site.store);
        let spans = hidden.spans(job, store);
        let mut versions = history::versions(&spans, &hidden.table);
        versions.retain(|key, _| !self.shown.versions.contains_key(key));
        let judged = history::judged(self.site, &versions, std::iter::empty());
        let places = hidden.places(job, store, &self.shown.contents.asked);
        let reach = writer::reach(hidden);
        let contents = self.shown.contents;
        let mut out = Writer { kind: &UNREACHABLE, ..self.site.writer(hidden, &reach, self.batch) };
        for (n, ((path, id), version)) in versions.iter().enumerate() {
            let seen = Seen::at(version.span, version.template);
            out.place = Some(word(&out, seen));
            out.outcome(&shown_path(out.prefix, path, n), *id, seen, judged.of.get(id));
        }
        for (n, (path, id, span)) in places.sorted().into_iter().enumerate() {
            let known = versions.contains_key(&(path.clone(), id)) || self.done.contains(&id);
            if !known {
                let seen = Seen::at(Some(span), true);
                out.place = Some(word(&out, seen));
                let place = blob_at(Some(&shown_path(out.prefix, &path, n)), id);
                content(&mut out, contents, id, place, seen);
            }
        }
        for (n, root) in hidden.refs.roots.iter().enumerate() {
            if let Peeled::Blob(id) = root.at
                && !self.done.contains(&id)
            {
                let seen = Seen { template: true, ..Seen::root(n) };
                out.place = Some(word(&out, seen));
                content(&mut out, contents, id, blob_at(Some(&root.name), id), seen);
                self.done.insert(id);
            }
        }
        let unjudged = out.unjudged;
        self.unjudged.losses.add(places.forest.losses);
        self.unjudged.losses.add(hidden.losses);
        self.done.extend(places.blobs());
        self.done.extend(versions.keys().map(|(_, id)| *id));
        self.absorb(&unjudged);
    }

    /// What was added and not committed.
    fn index(&mut self) {
        let (entries, readable) = indexed(&self.site.store.common);
        if !readable {
            self.unjudged.losses.count(Fault::Malformed);
        }
        let fresh = |path: &Vec<u8>, id: Oid| !self.shown.versions.contains_key(&(path.clone(), id));
        let file = |what| matches!(what, EntryType::File | EntryType::Symlink);
        let mut versions = Versions::new();
        for (path, id, what) in entries.iter().filter(|(path, id, what)| file(*what) && fresh(path, *id)) {
            let role = role_of(path.rsplit(|b| *b == b'/').next().unwrap_or(path));
            if role != Role::Other && *what == EntryType::File {
                versions.insert((path.clone(), *id), Version::named(role));
            }
        }
        let judged = history::judged(self.site, &versions, std::iter::empty());
        let mut out = Writer {
            kind: &UNREACHABLE,
            place: Some("index"),
            ..self.site.writer(self.shown.survey, self.shown.reach, self.batch)
        };
        history::write(&versions, &judged, &mut out);
        for (n, (path, id, _)) in entries.iter().enumerate() {
            let told = versions.contains_key(&(path.clone(), *id)) || self.done.contains(id);
            if self.shown.contents.asked.given.contains(id) && !told {
                let place = blob_at(Some(&shown_path(out.prefix, path, n)), *id);
                content(&mut out, self.shown.contents, *id, place, Seen::at(None, true));
            }
        }
        let unjudged = out.unjudged;
        self.done.extend(entries.iter().map(|(_, id, _)| *id));
        self.absorb(&unjudged);
    }

    /// Blobs that nothing names, and objects that do not read.
    fn rest(&mut self) {
        let mut blobs: Vec<Oid> =
            self.shown.contents.asked.given.iter().copied().filter(|id| !self.done.contains(id)).collect();
        blobs.sort_unstable();
        let mut out = Writer {
            kind: &UNREACHABLE,
            place: Some("unreachable"),
            ..self.site.writer(self.shown.survey, self.shown.reach, self.batch)
        };
        for id in blobs {
            content(&mut out, self.shown.contents, id, blob_at(None, id), Seen::at(None, true));
        }
        let other = |kind: Option<ObjectType>| kind.is_some_and(|kind| kind != ObjectType::Blob);
        for (id, _, fault) in self.shown.contents.lost.iter().filter(|(_, kind, _)| other(*kind)) {
            out.fault(commit_at(*id), *id, *fault);
        }
        let unjudged = out.unjudged;
        self.absorb(&unjudged);
    }

    /// Messages of commits and tags, and who wrote them.
    fn messages(&mut self) {
        let texts = self.shown.contents.found.iter().filter(|(_, found)| found.kind != ObjectType::Blob);
        let mut texts: Vec<_> = texts.collect();
        texts.sort_by_key(|(id, _)| **id);
        let mut out = Writer {
            kind: &UNREACHABLE,
            place: Some("message"),
            ..self.site.writer(self.shown.survey, self.shown.reach, self.batch)
        };
        for (id, found) in texts {
            let span = self.shown.survey.graph.find(*id).map(|n| Span { first: n, last: n });
            out.summary(&found.summary, commit_at(*id), Seen::at(span, true));
        }
    }

    /// Messages in reflogs, and addresses in FETCH_HEAD.
    fn texts(&mut self, texts: &[(Name, Sensitive)]) {
        for (name, text) in texts {
            self.text(text, Place { path: Some(name.clone()), ..Place::default() }, "reflog");
        }
    }

    /// The names of branches and tags.
    fn ref_names(&mut self) {
        let listed = self.site.store.with(|repository| {
            let names = repository.references().ok()?.flatten();
            Some(names.map(|reference| Sensitive::new(reference.name_bytes().to_vec())).collect::<Vec<_>>())
        });
        for (n, name) in listed.flatten().unwrap_or_default().iter().enumerate() {
            let place = Place { path: Some(Name::withheld("ref", n)), ..Place::default() };
            self.text(name, place, "ref-name");
        }
    }

    fn text(&mut self, text: &Sensitive, place: Place, word: &'static str) {
        let scan = self.site.job.detector.bytes(text, Context::Env);
        if scan.spotted.is_empty() && scan.determined {
            return;
        }
        let mut out = Writer {
            kind: &UNREACHABLE,
            place: Some(word),
            ..self.site.writer(self.shown.survey, self.shown.reach, self.batch)
        };
        out.summary(&super::summary::Summary::of(scan), place, Seen::at(None, true));
    }
}

fn commit_at(id: Oid) -> Place {
    Place { commit: Some(digest_name(&id.to_string())), ..Place::default() }
}

/// What holds a place, by the first name that reaches it.
fn word(out: &Writer<'_>, seen: Seen) -> &'static str {
    let first = out.roots(seen).iter().next();
    let name = first.and_then(|n| out.survey.refs.roots.get(n as usize)).map(|root| root.name.as_str());
    match name {
        Some(name) if name.ends_with("logs/refs/stash") => "stash",
        Some(name) if name.contains("logs/") => "reflog",
        Some(name) if name.starts_with('(') => "unreachable",
        Some(_) => "pseudo-ref",
        None => "unreachable",
    }
}
