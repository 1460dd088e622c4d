//! Evidence of kind `git.history`: every version of every env file that a ref reaches, judged.
//!
//! In: a survey of one store. Out: one piece of evidence per (path, blob) with an exposed value, gaps for what
//! could not be judged, and counts. Templates count too, but only with a real value: stand-ins belong there. Reflogs,
//! unreachable objects, notes' texts and commit messages are another rule's; the coverage's level `reachable` says so.

use super::graph::Reach;
use super::judge::{Ask, Judged, Outcome, judge};
use super::kinds::HISTORY;
use super::names::Role;
use super::objects::{EntryType, Peeled};
use super::places::{PathTable, Spots};
use super::survey::{Span, Survey};
use super::whole::Site;
use super::writer::{REFS, Seen, Unjudged, Writer, shown_path};
use crate::collect::entry_path::split;
use crate::collect::summary::Summary;
use crate::evidence::{Batch, Coverage};
use git2::Oid;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One version of one file.
pub(super) struct Version {
    /// It is an env file whatever it looks like.
    pub(super) certain: bool,
    /// Seen in a directory of env files, where a file may be one variable.
    pub(super) inside: bool,
    /// Only ever seen as a template.
    pub(super) template: bool,
    pub(super) span: Option<Span>,
}

impl Version {
    /// A file of this name without a commit.
    pub(super) fn named(role: Role) -> Self {
        Self { certain: true, inside: false, template: role == Role::Template, span: None }
    }
}

/// Versions of files by path and blob.
pub(super) type Versions = BTreeMap<(Vec<u8>, Oid), Version>;

/// Judges every version that the survey found, and answers them all and what could not be judged.
pub(super) fn examine(
    site: &Site<'_>,
    survey: &mut Survey,
    reach: &[Reach<REFS>],
    coverage: &mut Coverage,
    batch: &mut Batch,
) -> (Versions, Unjudged) {
    let versions = versions(&survey.spans(site.job, site.store), &survey.table);
    // A tag may name a blob directly: no path says what it is, so its shape decides.
    let roots = survey.refs.roots.iter().enumerate();
    let blob =
        |(n, root): (usize, &super::refs::Root)| if let Peeled::Blob(id) = root.at { Some((n, id)) } else { None };
    let tagged: Vec<(usize, Oid)> = roots.filter_map(blob).collect();
    let judged = judged(site, &versions, tagged.iter().map(|(_, id)| *id));
    count(survey, &versions, &judged, coverage);
    let mut out = site.writer(&HISTORY, (survey, reach), batch);
    write(&versions, &judged, &mut out);
    for (n, id) in tagged {
        let name = survey.refs.roots[n].name.clone();
        out.outcome(&name, id, Seen::root(n), judged.of.get(&id));
    }
    let unjudged = out.unjudged;
    (told(versions, &judged), unjudged)
}

/// The versions of which something could be said: a program in a directory of an env file's name is no env file.
pub(super) fn told(mut versions: Versions, judged: &Judged<Summary>) -> Versions {
    versions.retain(|(_, id), _| !matches!(judged.of.get(id), None | Some(Outcome::OtherShape)));
    versions
}

/// What each version is, and what blobs are of which only the shape tells.
pub(super) fn judged(site: &Site<'_>, versions: &Versions, bare: impl Iterator<Item = Oid>) -> Judged<Summary> {
    let mut blobs: BTreeMap<Oid, Ask> = bare.map(|id| (id, Ask::default())).collect();
    for ((path, id), version) in versions {
        let ask = blobs.entry(*id).or_default();
        ask.certain |= version.certain;
        ask.names.extend(version.inside.then(|| split(path).1.to_vec()));
    }
    judge(site.job, site.store, &blobs, Summary::of)
}

/// Writes what judged versions expose.
pub(super) fn write(versions: &Versions, judged: &Judged<Summary>, out: &mut Writer<'_>) {
    for (n, ((path, id), version)) in versions.iter().enumerate() {
        let path = shown_path(out.prefix, path, n);
        out.outcome(&path, *id, Seen::at(version.span, version.template), judged.of.get(id));
    }
}

/// The files among the spots, by path and blob.
pub(super) fn versions(spans: &Spots<Span>, table: &PathTable) -> Versions {
    let mut versions: HashMap<(u32, Oid), Version> = HashMap::new();
    for (spot, span) in spans {
        let file = matches!(spot.what, EntryType::File | EntryType::Symlink);
        if !file || spot.role == Role::Other {
            continue;
        }
        let fresh = Version { certain: false, inside: false, template: true, span: Some(*span) };
        let version = versions.entry((spot.path, spot.id)).or_insert(fresh);
        // The same file may be found by its name and by a link: the more certain and the stricter view count.
        version.certain |= spot.role != Role::Inside;
        version.inside |= spot.role == Role::Inside && spot.what == EntryType::File;
        version.template &= spot.role == Role::Template;
        if spot.role == Role::Env {
            version.span = Some(*span);
        }
    }
    versions.into_iter().map(|((path, id), version)| ((table.bytes(path), id), version)).collect()
}

fn count(survey: &Survey, versions: &Versions, judged: &Judged<Summary>, coverage: &mut Coverage) {
    let paths: BTreeSet<&[u8]> = versions.keys().map(|(path, _)| path.as_slice()).collect();
    coverage.add("commits", survey.graph.read());
    coverage.add("refs", survey.refs.count);
    coverage.add("trees", survey.forest.trees);
    coverage.add("files", paths.len() as u64);
    coverage.add("blobs", judged.of.len() as u64);
    coverage.add("bytes", judged.bytes);
}
