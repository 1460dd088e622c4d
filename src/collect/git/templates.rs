//! Evidence of kind `git.template`: what the env templates at the tips assign.
//!
//! In: a survey of the tips. Out: one piece of evidence per assignment, gaps for what nobody can judge, or the
//! observation that there is no template.

use super::judge::{Ask, Outcome, judge};
use super::kinds::TEMPLATE;
use super::lfs::{elsewhere, lfs_remedy};
use super::links::follow;
use super::losses::{Fault, Losses};
use super::names::{NAMED, Role};
use super::objects::{EntryType, Peeled};
use super::open::Store;
use super::places::{Spot, first_seen};
use super::refs::digest_name;
use super::survey::Survey;
use super::writer::shown_path;
use crate::collect::Job;
use crate::detect::Scan;
use crate::evidence::{Batch, Cause, Class, Coverage, Evidence, Gap, Inapplicable, Name, Place, Subject, Target};
use git2::Oid;
use std::collections::{BTreeMap, BTreeSet};

/// Looks at the templates of all tips.
pub(super) fn examine(job: &Job, target: &Target, store: &Store, survey: &mut Survey, batch: &mut Batch) {
    let mut losses = Losses::default();
    let templates = at_tips(store, survey, &mut losses);
    if let Some(cause) = losses.cause() {
        batch.gaps.push(Gap::new(&TEMPLATE, Subject::whole(target), cause));
    }
    let mut coverage = Coverage::new(&TEMPLATE, target);
    coverage.identify("level", Name::fixed("tips"));
    coverage.add("files", templates.len() as u64);
    if templates.is_empty() {
        let reason = Name::fixed("no env template is tracked at any branch tip");
        batch.inapplicable.push(Inapplicable { kind: Name::fixed(TEMPLATE.name), target: target.clone(), reason });
        batch.coverage.push(coverage);
        return;
    }
    let certain = || Ask { certain: true, ..Ask::default() };
    let blobs: BTreeMap<Oid, Ask> = templates.iter().map(|(_, id)| (*id, certain())).collect();
    let judged = judge(job, store, &blobs, |scan| scan);
    coverage.add("bytes", judged.bytes);
    for (n, (path, id)) in templates.iter().enumerate() {
        let path = Some(shown_path("", path, n));
        let place = Place { path, blob: Some(digest_name(&id.to_string())), ..Place::default() };
        let (cause, hint) = match judged.of.get(id) {
            Some(Outcome::Judged(scan)) => {
                assignments(job, target, &place, scan, batch);
                continue;
            }
            Some(Outcome::Fault(Fault::Missing)) => (Cause::MissingObjects, None),
            Some(Outcome::Fault(Fault::TooLarge)) => (Cause::OverLimit, Some(("key", "limits.file_bytes"))),
            Some(Outcome::Elsewhere { damaged, own }) => {
                own.iter().for_each(|scan| assignments(job, target, &place, scan, batch));
                (elsewhere(*damaged), Some(("run", lfs_remedy(*damaged))))
            }
            _ => (Cause::Malformed, None),
        };
        let gap = Gap::new(&TEMPLATE, Subject::at(target, place), cause);
        batch.gaps.push(hint.iter().fold(gap, |gap, (what, is)| gap.with(what, Name::fixed(is))));
    }
    batch.coverage.push(coverage);
}

/// The templates of all tips: their paths and blobs. A link counts as the tracked file that it leads to.
fn at_tips(store: &Store, survey: &mut Survey, losses: &mut Losses) -> BTreeSet<(Vec<u8>, Oid)> {
    let tips = survey.refs.roots.iter().filter(|root| root.tip).filter_map(|root| match root.at {
        Peeled::Commit(id) => survey.graph.find(id),
        _ => None,
    });
    let roots: Vec<(u32, u32)> = tips.filter_map(|n| Some((survey.root(&survey.forest, n, NAMED)?, n))).collect();
    let spots = first_seen(&survey.forest, &mut survey.table, roots.into_iter());
    let template = |(spot, n): (Spot, u32)| {
        let path = survey.table.bytes(spot.path);
        let blob = match spot.what {
            EntryType::File => Some(spot.id),
            EntryType::Symlink => {
                let tree = survey.graph.tree(n)?;
                store.with(|r| follow(r, tree, spot.id, &path, losses)).flatten()
            }
            EntryType::Tree | EntryType::Gitlink => None,
        };
        Some((path, blob?))
    };
    spots.into_iter().filter(|(spot, _)| spot.role == Role::Template).filter_map(template).collect()
}

fn assignments(job: &Job, target: &Target, place: &Place, scan: &Scan, batch: &mut Batch) {
    if !scan.determined {
        batch.gaps.push(Gap::new(&TEMPLATE, Subject::at(target, place.clone()), Cause::Malformed));
    }
    for spotted in &scan.spotted {
        let place = Place { line: Some(spotted.line), variable: spotted.variable.clone(), ..place.clone() };
        let subject = Subject::at(target, place);
        let cause = match spotted.judgement.class {
            Class::Open => Some(Cause::NeedsReview),
            Class::Undetermined => Some(Cause::Malformed),
            _ => None,
        };
        batch.gaps.extend(cause.map(|cause| Gap::new(&TEMPLATE, subject.clone(), cause)));
        batch.evidence.push(Evidence::new(&TEMPLATE, subject, spotted.judgement.facts(), job.now));
    }
}
