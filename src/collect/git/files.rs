//! Evidence of kind `git.file`: every file of every version that a ref reaches, looked through byte by byte.
//!
//! In: what the contents of objects gave, and where the ones that gave something stand. Out: one piece of evidence per
//! (path, blob) with a real value, and gaps for what could not be read. Stand-ins and examples are what programs'
//! texts are full of: they are no finding here. What only notes hold is another kind's, and so are env files if that
//! kind is asked for too.

use super::contents::Contents;
use super::graph::Reach;
use super::history::Versions;
use super::kinds::{FILE, HISTORY};
use super::losses::Fault;
use super::objects::Peeled;
use super::survey::{Places, Survey};
use super::whole::Site;
use super::writer::{REFS, Seen, Unjudged, Writer, blob_at, shown_path};
use crate::evidence::{Batch, Cause, Coverage};
use git2::{ObjectType, Oid};

/// Writes what files hold, and answers what could not be read.
pub(super) fn examine(
    site: &Site<'_>,
    (survey, places, versions): (&Survey, &Places, &Versions),
    reach: &[Reach<REFS>],
    contents: &Contents,
    coverage: &mut Coverage,
    batch: &mut Batch,
) -> Unjudged {
    coverage.add("objects", contents.objects + contents.known);
    coverage.add("bytes", contents.bytes);
    coverage.add("cached-objects", contents.known);
    coverage.add("commits", survey.graph.read());
    let mut out = site.writer(&FILE, (survey, reach), batch);
    for (n, &(ref path, id, span)) in places.found.iter().enumerate() {
        let seen = Seen::at(Some(span), true);
        // Env files are told once, where they are judged as such.
        let told = site.job.wants(&HISTORY) && versions.contains_key(&(path.clone(), id));
        if !told && !only_notes(&out, seen) {
            let place = blob_at(Some(&shown_path(out.prefix, path, n)), id);
            content(&mut out, contents, id, place, seen);
        }
    }
    for (n, root) in survey.refs.roots.iter().enumerate() {
        if let Peeled::Blob(id) = root.at {
            content(&mut out, contents, id, blob_at(Some(&root.name), id), Seen { template: true, ..Seen::root(n) });
        }
    }
    coverage.add("places-with-random-text", out.unjudged.random);
    out.unjudged
}

/// Whether notes alone hold a place, as far as is known who does.
pub(super) fn only_notes(out: &Writer<'_>, seen: Seen) -> bool {
    let roots = || out.roots(seen).iter().filter_map(|n| out.survey.refs.roots.get(n as usize));
    roots().next().is_some() && roots().all(|root| root.name.as_str().starts_with("refs/notes/"))
}

/// Writes what one blob holds.
pub(super) fn content(out: &mut Writer<'_>, contents: &Contents, id: Oid, place: crate::evidence::Place, seen: Seen) {
    if let Some(found) = contents.found.get(&id).filter(|found| found.kind == ObjectType::Blob) {
        out.summary(&found.summary, place.clone(), seen);
    }
    if contents.asked.lacks(id) {
        out.fault(place.clone(), id, Fault::Missing);
    }
    if let Ok(at) = contents.lost.binary_search_by_key(&id, |(id, ..)| *id) {
        match contents.lost[at].2 {
            // No key of a configuration changes how large an object may be here.
            Fault::TooLarge => out.gap(place.clone(), Cause::OverLimit, None),
            fault => out.fault(place.clone(), id, fault),
        }
    }
    if let Some((_, damaged)) = contents.elsewhere.iter().find(|(other, _)| *other == id) {
        out.elsewhere(place, *damaged);
    }
}
