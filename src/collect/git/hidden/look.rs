//! Looks at one hiding place after the other and writes what it holds.
//!
//! In: what refs reach, and surveys of what they do not. Out: evidence and gaps, each blob told once.

use super::Shown;
use crate::collect::entry_path::split;
use crate::collect::git::files::{content, only_notes};
use crate::collect::git::history::{self, Version, Versions};
use crate::collect::git::ids::IdSet;
use crate::collect::git::kinds::UNREACHABLE;
use crate::collect::git::losses::Fault;
use crate::collect::git::names::{Role, role_of};
use crate::collect::git::objects::{EntryType, Peeled};
use crate::collect::git::refs::digest_name;
use crate::collect::git::survey::{Span, Survey};
use crate::collect::git::tracked::indexed;
use crate::collect::git::whole::Site;
use crate::collect::git::writer::{self, Seen, Unjudged, Writer, blob_at, shown_path};
use crate::detect::Context;
use crate::evidence::{Batch, Name, Place, Sensitive};
use git2::{ObjectType, Oid};

pub(super) struct Look<'a> {
    pub(super) site: &'a Site<'a>,
    pub(super) shown: &'a Shown<'a>,
    /// Blobs that were told with a place.
    pub(super) done: IdSet<Oid>,
    pub(super) unjudged: Unjudged,
    pub(super) batch: &'a mut Batch,
}

impl Look<'_> {
    /// What only notes hold.
    pub(super) fn notes(&mut self) {
        let mut out =
            self.site.writer(&UNREACHABLE, (self.shown.survey, self.shown.reach), self.batch).in_place("note");
        for (n, &(ref path, id, span)) in self.shown.places.found.iter().enumerate() {
            let seen = Seen::at(Some(span), true);
            if only_notes(&out, seen) {
                let place = blob_at(Some(&shown_path(out.prefix, path, n)), id);
                content(&mut out, self.shown.contents, id, place, seen);
            }
        }
        self.unjudged.add(out.unjudged);
    }

    /// Env files and given blobs of commits and trees that refs do not reach.
    pub(super) fn survey(&mut self, hidden: &mut Survey) {
        let (job, store) = (self.site.job, self.site.store);
        let spans = hidden.spans(job, store);
        let mut versions = history::versions(&spans, &hidden.table);
        versions.retain(|key, _| !self.shown.versions.contains_key(key));
        let judged = history::judged(self.site, &versions, std::iter::empty());
        let places = hidden.places(job, store, &self.shown.contents.asked);
        let reach = writer::reach(hidden);
        let contents = self.shown.contents;
        let mut out = self.site.writer(&UNREACHABLE, (hidden, &reach), self.batch);
        for (n, ((path, id), version)) in versions.iter().enumerate() {
            let seen = Seen::at(version.span, version.template);
            out.place = Some(word(&out, seen));
            out.outcome(&shown_path(out.prefix, path, n), *id, seen, judged.of.get(id));
        }
        let versions = history::told(versions, &judged);
        for (n, &(ref path, id, span)) in places.found.iter().enumerate() {
            let known = versions.contains_key(&(path.clone(), id)) || self.done.contains(&id);
            if !known {
                let seen = Seen::at(Some(span), true);
                out.place = Some(word(&out, seen));
                let place = blob_at(Some(&shown_path(out.prefix, path, n)), id);
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
        self.unjudged.add(out.unjudged);
        self.unjudged.losses.add(places.forest.losses);
        self.unjudged.losses.add(hidden.losses);
        self.done.extend(places.blobs());
        self.done.extend(versions.keys().map(|(_, id)| *id));
    }

    /// What was added and not committed.
    pub(super) fn index(&mut self) {
        let (entries, readable) = indexed(&self.site.store.common);
        if !readable {
            self.unjudged.losses.count(Fault::Malformed);
        }
        let fresh = |path: &Vec<u8>, id: Oid| !self.shown.versions.contains_key(&(path.clone(), id));
        let file = |what| matches!(what, EntryType::File | EntryType::Symlink);
        let mut versions = Versions::new();
        for (path, id, what) in entries.iter().filter(|(path, id, what)| file(*what) && fresh(path, *id)) {
            let role = role_of(split(path).1);
            if role != Role::Other && *what == EntryType::File {
                versions.insert((path.clone(), *id), Version::named(role));
            }
        }
        let judged = history::judged(self.site, &versions, std::iter::empty());
        let mut out =
            self.site.writer(&UNREACHABLE, (self.shown.survey, self.shown.reach), self.batch).in_place("index");
        history::write(&versions, &judged, &mut out);
        let versions = history::told(versions, &judged);
        for (n, (path, id, _)) in entries.iter().enumerate() {
            let told = versions.contains_key(&(path.clone(), *id)) || self.done.contains(id);
            if self.shown.contents.asked.given.contains(id) && !told {
                let place = blob_at(Some(&shown_path(out.prefix, path, n)), *id);
                content(&mut out, self.shown.contents, *id, place, Seen::at(None, true));
            }
        }
        self.unjudged.add(out.unjudged);
        self.done.extend(entries.iter().map(|(_, id, _)| *id));
    }

    /// Blobs that nothing names, and objects that do not read.
    pub(super) fn rest(&mut self) {
        let mut blobs: Vec<Oid> =
            self.shown.contents.asked.given.iter().copied().filter(|id| !self.done.contains(id)).collect();
        blobs.sort_unstable();
        let mut out =
            self.site.writer(&UNREACHABLE, (self.shown.survey, self.shown.reach), self.batch).in_place("unreachable");
        for id in blobs {
            content(&mut out, self.shown.contents, id, blob_at(None, id), Seen::at(None, true));
        }
        let other = |kind: Option<ObjectType>| kind.is_some_and(|kind| kind != ObjectType::Blob);
        for (id, _, fault) in self.shown.contents.lost.iter().filter(|(_, kind, _)| other(*kind)) {
            out.fault(commit_at(*id), *id, *fault);
        }
        self.unjudged.add(out.unjudged);
    }

    /// Messages of commits and tags, and who wrote them.
    pub(super) fn messages(&mut self) {
        let texts = self.shown.contents.found.iter().filter(|(_, found)| found.kind != ObjectType::Blob);
        let mut texts: Vec<_> = texts.collect();
        texts.sort_by_key(|(id, _)| **id);
        let mut out =
            self.site.writer(&UNREACHABLE, (self.shown.survey, self.shown.reach), self.batch).in_place("message");
        for (id, found) in texts {
            let span = self.shown.survey.graph.find(*id).map(|n| Span { first: n, last: n });
            out.summary(&found.summary, commit_at(*id), Seen::at(span, true));
        }
    }

    /// Messages in reflogs, and addresses in FETCH_HEAD.
    pub(super) fn texts(&mut self, texts: &[(Name, Sensitive)]) {
        for (name, text) in texts {
            self.text(text, Place { path: Some(name.clone()), ..Place::default() }, "reflog");
        }
    }

    /// Messages that git keeps beside their commits, and what a merge or rebase has not finished.
    pub(super) fn drafts(&mut self, drafts: &[(Name, Sensitive)]) {
        for (name, text) in drafts {
            self.text(text, Place { path: Some(name.clone()), ..Place::default() }, "message");
        }
    }

    /// The names of branches and tags.
    pub(super) fn ref_names(&mut self) {
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
        let mut out = self.site.writer(&UNREACHABLE, (self.shown.survey, self.shown.reach), self.batch).in_place(word);
        out.summary(&crate::collect::summary::Summary::of(scan), place, Seen::at(None, true));
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
