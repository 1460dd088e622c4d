//! What a change adds: the files and messages of commits that HEAD reaches and a given revision does not, and what is
//! staged on top of HEAD.
//!
//! In: an opened repository and the revision. Out: evidence of the kinds that a whole history gives, for the scope of
//! the change alone. Nothing is said about what was there before, and nothing else is read: a pull request in a large
//! repository costs what it changes. Where a clone ends early, what lies there counts as new: more is read, not less.

use super::contents;
use super::graph::Reach;
use super::history::{self, Version, Versions};
use super::kinds::{FILE, HISTORY, UNREACHABLE};
use super::links::follow;
use super::losses::{Fault, Losses};
use super::marks::Marks;
use super::names::{Role, dotted, has_ending, role_of};
use super::objects::{DEEPEST, EntryType, Objects, Peeled, commit, entries, structure};
use super::open::Lent;
use super::refs::{Root, digest_name};
use super::survey::{Span, Survey};
use super::whole::Site;
use super::writer::{self, REFS, Seen, Writer, blob_at, shown_path};
use crate::collect::entry_path::split;
use crate::evidence::{Batch, Cause, Coverage, Gap, Kind, Name, Place, Subject};
use git2::{ErrorCode, Index, ObjectType, Oid, Repository, Sort};
use std::collections::{BTreeMap, HashMap};

/// Most entries of trees that are compared: a tree that repeats itself holds more than anybody reads.
const MOST_STEPS: usize = 300_000;
/// The kinds that a change gives.
const KINDS: [&Kind; 3] = [&HISTORY, &FILE, &UNREACHABLE];

/// What a folder holds, by name.
type Listing = HashMap<Vec<u8>, (EntryType, Oid)>;

/// Files that the change adds, by path and blob, and the first commit that has each; none if it is staged only.
type Added = BTreeMap<(Vec<u8>, Oid), (EntryType, Option<u32>)>;

/// Looks at what is new since a revision.
pub(super) fn examine(site: &Site<'_>, repository: &Repository, since: &str, batch: &mut Batch) {
    let wanted = || KINDS.into_iter().filter(|kind| site.job.wants(kind));
    if wanted().next().is_none() {
        return;
    }
    // libgit2 finds its own way here, and waits for ever for the rest of an object whose file ends early.
    let whole = site.store.cut.is_empty();
    let (commits, head, base) = match if whole { fresh(repository, since) } else { Err(Cause::Malformed) } {
        Ok(fresh) => fresh,
        Err(cause) => {
            let help = if whole { "git fetch origin REV, then --since FETCH_HEAD" } else { "git fsck --full" };
            let fetch = Name::fixed(help);
            let gap = |kind| Gap::new(kind, Subject::whole(site.target), cause).with("run", fetch.clone());
            return batch.gaps.extend(wanted().map(gap));
        }
    };
    let task = site.job.progress.begin("git change", Some(commits.len() as u64));
    let roots = head.map(|head| Root { name: Name::fixed("HEAD"), at: Peeled::Commit(head), tip: true });
    let roots: Vec<Root> = roots.into_iter().collect();
    let known: std::collections::HashSet<Oid> = commits.iter().copied().collect();
    let Some(survey) = Survey::of_commits((site.job, site.store, &*task), roots, &|id| !known.contains(&id)) else {
        return batch.gaps.extend(wanted().map(|kind| Gap::new(kind, Subject::whole(site.target), Cause::Malformed)));
    };
    let (losses, added) = (survey.graph.losses, Added::new());
    let mut walk = Walk { site, repository, base, losses, added, steps: 0 };
    if walk.all(&survey, head).is_none() {
        walk.losses.count(Fault::Malformed);
    }
    let Walk { losses, added, .. } = walk;
    elsewhere(site, &added, batch);
    if Marks::read(&site.store.common).grafts {
        let run = Name::fixed("git replace --convert-graft-file");
        let gap = |kind| Gap::new(kind, Subject::whole(site.target), Cause::AlteredHistory).with("run", run.clone());
        batch.gaps.extend(wanted().map(gap));
    }
    let mut told = Versions::new();
    let mut out = Out { site, survey: &survey, reach: &writer::reach(&survey), losses, batch };
    // HEAD, or that there is none yet, is what the index was compared with: never nothing.
    let commits = survey.graph.read().max(1);
    if site.job.wants(&HISTORY) {
        let (versions, blobs) = out.env_files(&added);
        told = versions;
        out.coverage(&HISTORY, commits, added.len(), blobs);
    }
    if site.job.wants(&FILE) {
        let blobs = out.files(&added, &told);
        out.coverage(&FILE, commits, added.len(), blobs + commits);
    }
    if site.job.wants(&UNREACHABLE) {
        out.messages();
        out.coverage(&UNREACHABLE, commits, 0, commits);
    }
}

/// The commits of HEAD that the revision does not reach, and HEAD if there is a commit yet.
fn fresh(repository: &Repository, since: &str) -> Result<(Vec<Oid>, Option<Oid>, Oid), Cause> {
    // Before the first commit everything that is staged is new.
    if since == "HEAD" && repository.head().is_err_and(|error| error.code() == ErrorCode::UnbornBranch) {
        return Ok((Vec::new(), None, Oid::ZERO_SHA1));
    }
    let cause = |error: git2::Error| match error.code() {
        ErrorCode::NotFound | ErrorCode::InvalidSpec | ErrorCode::Ambiguous | ErrorCode::UnbornBranch => {
            Cause::NotFound
        }
        _ => Cause::Malformed,
    };
    let base = repository.revparse_single(since).and_then(|object| object.peel_to_commit()).map_err(cause)?.id();
    let head = repository.head().and_then(|head| head.peel_to_commit()).map_err(cause)?.id();
    let mut walk = repository.revwalk().map_err(cause)?;
    walk.set_sorting(Sort::TOPOLOGICAL).map_err(cause)?;
    walk.push(head).map_err(cause)?;
    walk.hide(base).map_err(cause)?;
    Ok((walk.collect::<Result<Vec<Oid>, _>>().map_err(cause)?, Some(head), base))
}

struct Walk<'a> {
    site: &'a Site<'a>,
    repository: &'a Repository,
    /// What the change is compared with.
    base: Oid,
    losses: Losses,
    added: Added,
    /// Entries that were compared.
    steps: usize,
}

impl Walk<'_> {
    /// Compares every new commit, oldest first, with its parents.
    fn all(&mut self, survey: &Survey, head: Option<Oid>) -> Option<()> {
        let store = self.site.store;
        let compare = |repository: &Lent<'_>| {
            let odb = repository.odb().ok()?;
            self.compare(&odb, survey);
            self.staged(&odb, head).ok()
        };
        store.with(compare).flatten()
    }

    fn compare(&mut self, odb: &Objects<'_>, survey: &Survey) {
        for &n in &survey.order {
            let Some(tree) = survey.graph.tree(n) else { continue };
            // A parent that is not here hides nothing, and neither does one that the walk did not come to and the base
            // does not hold: then everything counts as new.
            let parents = survey.graph.parents(n).iter().map(|&parent| &survey.graph.commits[parent as usize]);
            let parents =
                parents.filter(|parent| parent.tree.is_some() || self.is_old(parent.id)).map(|parent| parent.id);
            let parents: Vec<Option<Oid>> = parents.map(|id| commit(odb, id).ok().map(|parent| parent.tree)).collect();
            if self.site.job.stop.asked() {
                break;
            }
            self.tree(odb, (tree, n), &parents, &mut Vec::new(), 0);
        }
    }

    /// Whether the base reaches a commit.
    fn is_old(&self, commit: Oid) -> bool {
        commit == self.base || self.repository.graph_descendant_of(self.base, commit).unwrap_or(false)
    }

    /// Notes what is staged and not in HEAD, conflicts and files that somebody promised not to change included.
    fn staged(&mut self, odb: &Objects<'_>, head: Option<Oid>) -> Result<(), git2::Error> {
        let Some(root) = self.repository.workdir() else { return Ok(()) };
        let tree = head.and_then(|head| commit(odb, head).ok()).map(|head| head.tree);
        let mut indexes = vec![self.repository.index()?];
        // `git commit -a` and `git commit FILE` stage in an index of their own, and tell their hooks so.
        if let Some(own) = std::env::var_os("GIT_INDEX_FILE") {
            indexes.push(Index::open(&root.join(own))?);
        }
        let mut folders = HashMap::from([(Vec::new(), tree.and_then(|tree| listed(odb, tree)).unwrap_or_default())]);
        for entry in indexes.iter().flat_map(Index::iter) {
            let (folder, name) = split(&entry.path);
            list(odb, &mut folders, folder);
            let what = EntryType::of_mode(entry.mode);
            let known = folders.get(folder).and_then(|folder| folder.get(name));
            if known != Some(&(what, entry.id)) {
                self.added.entry((entry.path, entry.id)).or_insert((what, None));
            }
        }
        Ok(())
    }

    /// Notes what a tree has and none of these other trees at the same path.
    fn tree(
        &mut self,
        odb: &Objects<'_>,
        (tree, n): (Oid, u32),
        others: &[Option<Oid>],
        path: &mut Vec<u8>,
        depth: usize,
    ) {
        if others.contains(&Some(tree)) {
            return;
        }
        if depth > DEEPEST || self.steps > MOST_STEPS {
            return self.losses.of(Fault::TooLarge, tree);
        }
        let others: Vec<Listing> = others.iter().flatten().filter_map(|other| listed(odb, *other)).collect();
        let mut below = Vec::new();
        let read = structure(odb, tree, ObjectType::Tree, |bytes| {
            for entry in entries(bytes) {
                let entry = entry?;
                self.steps += 1;
                let (name, id) = (entry.name, entry.id());
                if others.iter().any(|other| other.get(name) == Some(&(entry.what, id))) {
                    continue;
                }
                let length = path.len();
                path.extend_from_slice(if length > 0 { b"/" } else { b"" });
                path.extend_from_slice(name);
                if entry.what == EntryType::Tree {
                    let below_of = |other: &Listing| other.get(name).map(|(_, id)| *id);
                    let others = others.iter().map(below_of).collect::<Vec<_>>();
                    below.push((path.clone(), id, others));
                } else {
                    self.added.entry((path.clone(), id)).or_insert((entry.what, Some(n)));
                }
                path.truncate(length);
            }
            Ok(())
        });
        if let Err(fault) = read {
            self.losses.of(fault, tree);
        }
        for (mut path, id, others) in below {
            self.tree(odb, (id, n), &others, &mut path, depth + 1);
        }
    }
}

/// Lists a folder and those above it, each once; one that is not there is empty.
fn list(odb: &Objects<'_>, folders: &mut HashMap<Vec<u8>, Listing>, folder: &[u8]) {
    if folders.contains_key(folder) {
        return;
    }
    let (above, name) = split(folder);
    list(odb, folders, above);
    let tree = folders.get(above).and_then(|above| above.get(name)).filter(|(what, _)| *what == EntryType::Tree);
    let listing = tree.and_then(|(_, tree)| listed(odb, *tree)).unwrap_or_default();
    folders.insert(folder.to_vec(), listing);
}

/// Submodules and bundles that the change brings: what they hold, nobody reads here.
fn elsewhere(site: &Site<'_>, added: &Added, batch: &mut Batch) {
    let other =
        |(path, _): &(Vec<u8>, Oid), what: EntryType| what == EntryType::Gitlink || has_ending(path, b".bundle");
    for (n, (at, _)) in added.iter().filter(|(at, (what, _))| other(at, *what)).enumerate() {
        for kind in [&HISTORY, &FILE].into_iter().filter(|kind| site.job.wants(kind)) {
            let place = Place { path: Some(shown_path(site.prefix, &at.0, n)), ..Place::default() };
            let gap = Gap::new(kind, Subject::at(site.target, place), Cause::ContentElsewhere);
            batch.gaps.push(gap.with("key", Name::fixed("repositories")));
        }
    }
}

/// A tree's entries by name; `None` if it does not read: then everything beside it counts as new.
fn listed(odb: &Objects<'_>, tree: Oid) -> Option<Listing> {
    structure(odb, tree, ObjectType::Tree, |bytes| {
        entries(bytes).map(|entry| entry.map(|entry| (entry.name.to_vec(), (entry.what, entry.id())))).collect()
    })
    .ok()
}

struct Out<'a> {
    site: &'a Site<'a>,
    survey: &'a Survey,
    reach: &'a [Reach<REFS>],
    losses: Losses,
    batch: &'a mut Batch,
}

impl Out<'_> {
    fn writer(&mut self, kind: &'static Kind) -> Writer<'_> {
        self.site.writer(kind, (self.survey, self.reach), self.batch)
    }

    /// Env files among what was added; a link counts as the file that it leads to.
    fn env_files(&mut self, added: &Added) -> (Versions, u64) {
        let mut versions = Versions::new();
        for ((path, id), (what, n)) in added {
            let Some((role, inside)) = role(path) else { continue };
            let span = n.map(|n| Span { first: n, last: n });
            let version = |certain| Version { certain, inside, template: role == Role::Template, span };
            if *what == EntryType::File {
                versions.insert((path.clone(), *id), version(!inside));
            } else if *what == EntryType::Symlink {
                versions.insert((path.clone(), *id), version(true));
                let at = n.or(self.survey.order.last().copied());
                let tree = at.and_then(|n| self.survey.graph.tree(n));
                let end = tree.and_then(|tree| {
                    let end = |repository: &Lent<'_>| follow(repository, tree, *id, path, &mut self.losses);
                    self.site.store.with(end).flatten()
                });
                versions.extend(end.map(|id| ((path.clone(), id), version(true))));
            }
        }
        let judged = history::judged(self.site, &versions, std::iter::empty());
        let blobs = judged.of.len() as u64;
        let mut out = self.writer(&HISTORY);
        history::write(&versions, &judged, &mut out);
        let unjudged = out.unjudged;
        self.losses.add(unjudged.losses);
        (history::told(versions, &judged), blobs)
    }

    /// Every file that was added, looked through byte by byte.
    fn files(&mut self, added: &Added, told: &Versions) -> u64 {
        // What a link says is a text like any other.
        let text = |what: &EntryType| matches!(what, EntryType::File | EntryType::Symlink);
        let files = added.iter().filter(|(_, (what, _))| text(what));
        let ids: Vec<Oid> = files.clone().map(|((_, id), _)| *id).collect();
        let contents = contents::Contents::of(self.site.job, self.site.store, ids);
        let blobs = contents.objects;
        let mut out = self.writer(&FILE);
        for (n, ((path, id), (_, first))) in files.enumerate() {
            if !contents.tells(*id) || told.contains_key(&(path.clone(), *id)) {
                continue;
            }
            let seen = Seen::at(first.map(|n| Span { first: n, last: n }), true);
            let place = blob_at(Some(&shown_path(out.prefix, path, n)), *id);
            super::files::content(&mut out, &contents, *id, place, seen);
        }
        let unjudged = out.unjudged;
        self.losses.add(unjudged.losses);
        blobs
    }

    /// The messages and authors of new commits.
    fn messages(&mut self) {
        let ids: Vec<Oid> =
            self.survey.graph.commits.iter().filter(|one| one.tree.is_some()).map(|one| one.id).collect();
        let contents = contents::Contents::of(self.site.job, self.site.store, ids.clone());
        let survey = self.survey;
        let mut out = self.writer(&UNREACHABLE).in_place("message");
        for id in ids {
            if let Some(found) = contents.found.get(&id) {
                let span = survey.graph.find(id).map(|n| Span { first: n, last: n });
                let place = Place { commit: Some(digest_name(&id.to_string())), ..Place::default() };
                out.summary(&found.summary, place, Seen::at(span, true));
            }
        }
    }

    fn coverage(&mut self, kind: &'static Kind, commits: u64, files: usize, objects: u64) {
        let mut coverage = Coverage::new(kind, self.site.target);
        coverage.identify("level", Name::fixed("change"));
        coverage.add("commits", commits);
        coverage.add("files", files as u64);
        coverage.add("objects", objects);
        if let Some(cause) = self.losses.cause() {
            coverage.miss(Name::fixed("objects of the change"), cause);
            self.batch.gaps.push(Gap::new(kind, Subject::whole(self.site.target), cause));
        }
        self.batch.coverage.push(coverage);
    }
}

/// What a path says: an env file or a template by its name, or any file inside a directory of that name.
fn role(path: &[u8]) -> Option<(Role, bool)> {
    let mut parts = path.rsplit(|b| *b == b'/');
    let own = role_of(parts.next().unwrap_or(path));
    if own != Role::Other {
        return Some((own, false));
    }
    parts.any(|part| dotted(part) && role_of(part) == Role::Env).then_some((Role::Inside, true))
}
