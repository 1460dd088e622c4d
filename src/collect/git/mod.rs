//! Git repositories: ignore rules, env files tracked now, env files of the whole history, and whether the
//! repository holds that history at all.
//!
//! In: the paths under `repositories`. Out: evidence of the kinds in [`kinds`]. Everything is read from
//! objects and refs by libgit2; git is never run, and no filter, driver or hook of the repository's is. It knows
//! no rule, prints nothing, and wraps every blob as it is read.

mod asked;
mod cache;
mod change;
mod complete;
mod contents;
mod embedded;
mod files;
mod forest;
mod graph;
mod hidden;
mod history;
mod ids;
mod ignore;
mod judge;
mod kinds;
mod layout;
mod lfs;
mod links;
mod losses;
mod marks;
mod names;
mod objects;
mod open;
mod packs;
mod places;
mod reflogs;
mod refs;
mod structure;
mod survey;
mod templates;
mod tracked;
mod whole;
mod writer;

pub use packs::count_objects;

use super::{Collector, Job, runtime};
use crate::config::{self, Config};
use crate::evidence::{Batch, Cause, Coverage, Evidence, Gap, Kind, Name, Subject, Target};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use git2::{Oid, Repository};
use kinds::{COMPLETE, FILE, HISTORY, IGNORE, TEMPLATE, TRACKED, UNREACHABLE};
use open::{Refusal, Store, open};
use std::sync::Arc;
use survey::Survey;
use whole::Site;

static KINDS: [&Kind; 7] = [&COMPLETE, &FILE, &HISTORY, &IGNORE, &TEMPLATE, &TRACKED, &UNREACHABLE];

/// The collector of git repositories.
pub(super) struct Git;

impl Collector for Git {
    fn kinds(&self) -> &'static [&'static Kind] {
        &KINDS
    }

    fn targets(&self, _: &'static Kind, config: &Config) -> Vec<Target> {
        targets(config)
    }

    fn collect(&self, job: Arc<Job>) -> BoxFuture<'static, Batch> {
        async move {
            let work = Arc::clone(&job);
            if let Some(batch) = runtime::offload(move || all(&work)).await {
                return batch;
            }
            let mut batch = Batch::default();
            for target in targets(&job.config) {
                gap_all(&job, &target, Cause::Crashed, None, &mut batch);
            }
            batch
        }
        .boxed()
    }
}

fn targets(config: &Config) -> Vec<Target> {
    let name = |(n, repository): (usize, &config::Repository)| {
        let shown = repository.path.to_string_lossy();
        let shown = if shown.is_empty() { "." } else { &*shown };
        Target::new("git", Name::admit_or(shown, "repository", n))
    };
    config.repositories.iter().enumerate().map(name).collect()
}

fn all(job: &Job) -> Batch {
    let mut batch = Batch::default();
    for (declared, target) in job.config.repositories.iter().zip(targets(&job.config)) {
        repository(job, declared, &target, &mut batch);
    }
    batch
}

/// The same gap for every wanted kind.
fn gap_all(job: &Job, target: &Target, cause: Cause, hint: Option<&(&'static str, Name)>, batch: &mut Batch) {
    for kind in KINDS.into_iter().filter(|kind| job.wants(kind)) {
        let gap = Gap::new(kind, Subject::whole(target), cause);
        batch.gaps.push(hint.iter().fold(gap, |gap, (what, is)| gap.with(what, is.clone())));
    }
}

fn repository(job: &Job, declared: &config::Repository, target: &Target, batch: &mut Batch) {
    let opened = open(&declared.path).and_then(|repository| Ok((Store::open(repository.commondir())?, repository)));
    let (store, repository) = match opened {
        Ok(opened) => opened,
        Err(Refusal { cause, hint }) => return gap_all(job, target, cause, hint.as_ref(), batch),
    };
    let head = head(&store, &repository);
    if job.wants(&IGNORE) {
        ignore_rules(job, target, (&store, &repository, head), batch);
    }
    if job.wants(&TRACKED) || job.wants(&TEMPLATE) {
        tips(job, target, &store, batch);
    }
    if let Some(since) = &job.config.since {
        let site = Site { job, target, store: &store, prefix: "" };
        change::examine(&site, &repository, since, batch);
    } else if whole::wanted(job) {
        whole::examine(job, target, &store, (&repository, head, declared.server_side), batch);
    }
    if job.stop.asked() {
        gap_all(job, target, Cause::Interrupted, None, batch);
    }
}

/// HEAD's commit and tree.
fn head(store: &Store, repository: &Repository) -> Option<(Oid, Oid)> {
    let head = repository.head().ok()?.target()?;
    if store.cut.contains(&head) {
        return None;
    }
    let commit = repository.head().ok()?.peel_to_commit().ok()?;
    Some((commit.id(), commit.tree_id()))
}

fn ignore_rules(
    job: &Job,
    target: &Target,
    (store, repository, head): (&Store, &Repository, Option<(Oid, Oid)>),
    batch: &mut Batch,
) {
    let gap = |cause| Gap::new(&IGNORE, Subject::whole(target), cause);
    let walk = |tree| store.with(|repository| Some(ignore::walk(&repository.odb().ok()?, tree))).flatten();
    let Some((commit, walked)) = head.and_then(|(commit, tree)| Some((commit, walk(tree)?))) else {
        let cause = if store.cut.is_empty() { Cause::Empty } else { Cause::Malformed };
        batch.gaps.push(gap(cause));
        return;
    };
    if let Some(cause) = walked.losses.cause() {
        batch.gaps.push(gap(cause).with("run", Name::fixed("git fsck --full")));
    }
    if walked.overflowed {
        batch.gaps.push(gap(Cause::OverLimit));
    }
    let mut coverage = Coverage::new(&IGNORE, target).with("repositories", 1).with("directories", walked.directories);
    coverage.identify("head", refs::digest_name(&commit.to_string()));
    batch.coverage.push(coverage);
    let facts = walked.facts(repository);
    batch.evidence.push(Evidence::new(&IGNORE, Subject::whole(target), facts, job.now));
}

fn tips(job: &Job, target: &Target, store: &Store, batch: &mut Batch) {
    let task = job.progress.begin("git tips", None);
    let wanted = [&TRACKED, &TEMPLATE].into_iter().filter(|kind| job.wants(kind));
    let Some(mut survey) = Survey::tips(job, store, &*task) else {
        batch.gaps.extend(wanted.map(|kind| Gap::new(kind, Subject::whole(target), Cause::Malformed)));
        return;
    };
    let mut losses = survey.graph.losses;
    losses.add(survey.forest.losses);
    losses.add(survey.refs.losses);
    let tips = survey.refs.roots.iter().filter(|root| root.tip).count();
    let cause = losses.cause().or((tips == 0).then_some(Cause::Empty));
    for kind in wanted {
        batch.gaps.extend(cause.map(|cause| Gap::new(kind, Subject::whole(target), cause)));
    }
    if job.wants(&TRACKED) {
        tracked::examine(job, target, store, &mut survey, batch);
    }
    if job.wants(&TEMPLATE) {
        templates::examine(job, target, store, &mut survey, batch);
    }
}
