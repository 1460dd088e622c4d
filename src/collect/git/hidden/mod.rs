//! Evidence of kind `git.unreachable`: what no branch or tag shows. Reflogs, older stashes, the index, amended and
//! dropped commits, objects that nothing names, notes, messages, authors and the names of refs.
//!
//! In: the survey of what refs reach, and what the contents of all objects gave. Out: evidence and gaps. Env files of
//! commits that only a reflog remembers are judged like those of history; a blob without a path by what its bytes
//! say.

mod look;

use super::contents::Contents;
use super::forest::Forest;
use super::graph::Reach;
use super::history::Versions;
use super::ids::IdSet;
use super::losses::Fault;
use super::names::{GIVEN, INSIDE, NAMED};
use super::objects::{EntryType, Peeled, entries, peel, structure};
use super::reflogs;
use super::refs::Root;
use super::survey::{Places, Survey};
use super::whole::Site;
use super::writer::{REFS, Unjudged};
use crate::evidence::{Batch, Coverage, Name, Task};
use git2::{ObjectType, Oid};
use std::collections::BTreeSet;

use look::Look;

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
    let count = named.as_ref().map_or(0, Vec::len) as u64;
    let hidden = named.and_then(|named| shown.survey.beside((site.job, site.store, task), named));
    let Some(mut hidden) = hidden else {
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
    // Commits and trees of packs that did not decode: what they held, nobody knows.
    let structure = shown.survey.structure.as_ref().map(|structure| structure.losses());
    for losses in [hidden.graph.losses, hidden.forest.losses].into_iter().chain(structure) {
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
    look.drafts(&remembered.drafts);
    look.ref_names();
    look.unjudged.losses.malformed += remembered.unread;
    look.unjudged
}

impl Shown<'_> {
    /// What reflogs and files beside the refs name, and commits that nothing names; `None` if nothing can be read.
    fn named(&self, remembered: &[(Name, Oid)], site: &Site<'_>) -> Option<Vec<Root>> {
        let known = |id: Oid| self.survey.graph.find(id).is_some();
        let peeled = site.store.with(|repository| {
            let odb = repository.odb().ok()?;
            let hidden = remembered.iter().filter(|(_, id)| !known(*id));
            // What a reflog remembers may be gone: then nobody holds it here.
            let root =
                |(name, id): &(Name, Oid)| Some(Root { name: name.clone(), at: peel(&odb, *id).ok()?, tip: false });
            Some(hidden.filter_map(root).collect::<Vec<_>>())
        });
        let mut roots = peeled.flatten()?;
        let packed = self.survey.structure.iter().flat_map(|structure| structure.commits());
        let loose = self.contents.loose.iter().filter(|(_, kind)| *kind == ObjectType::Commit).map(|(id, _)| *id);
        let all: BTreeSet<Oid> = packed.chain(loose).filter(|id| !known(*id)).collect();
        let nameless = |id| Root { name: Name::fixed("(nothing)"), at: Peeled::Commit(id), tip: false };
        roots.extend(all.into_iter().map(nameless));
        Some(roots)
    }

    /// Trees that no commit holds and that hold something that matters: the topmost of them.
    fn dangling(&self, site: &Site<'_>, hidden: &Survey) -> Vec<Root> {
        let held = |id: Oid| {
            let named = |forest: &Forest| forest.holds(id, NAMED) || forest.holds(id, INSIDE);
            named(&self.survey.forest) || named(&hidden.forest) || self.places.forest.holds(id, GIVEN)
        };
        let structure = self.survey.structure.iter();
        let packed = structure.flat_map(|known| [NAMED, GIVEN].into_iter().flat_map(|lens| known.leading_ids(lens)));
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
