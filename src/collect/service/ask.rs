//! Asks the endpoints, side by side, and turns what came of it into evidence or a gap.

use super::client::Route;
use super::sample::{Outcome, Sample};
use super::watch::{self, Watched};
use super::{Endpoint, Question, endpoints};
use crate::collect::Job;
use crate::evidence::{Batch, Cause, Coverage, Evidence, Fact, Gap, Judgement, Kind, Name, Subject};
use futures_util::future::join_all;

/// Asks one question of every endpoint, side by side.
pub(super) async fn ask(question: Question, job: &Job) -> Batch {
    let endpoints = endpoints(question, &job.config);
    let task = job.progress.begin(question.kind().name, Some(endpoints.len() as u64));
    let watched = join_all(endpoints.iter().map(|endpoint| async {
        let watched = ask_one(question, endpoint, job).await;
        task.advance(1);
        watched
    }))
    .await;
    // Replicas that cannot be reached while others pass: a rollout or a hole in the network, not a verdict.
    let some_pass = watched.iter().any(|w| w.last.outcome == Outcome::Ok);
    let mut batch = Batch::default();
    for (endpoint, watched) in endpoints.iter().zip(watched) {
        record(question.kind(), endpoint, &watched, some_pass, job, &mut batch);
    }
    batch
}

async fn ask_one(question: Question, endpoint: &Endpoint, job: &Job) -> Watched {
    let probes = &job.config.probes;
    let Some(base) = &job.config.service_url else { return Watched::unknown(Cause::NotDeclared, None) };
    match Route::new(base, question.path(&job.config), endpoint.pin, probes) {
        Ok(route) => watch::watch(question, &route, job).await,
        Err((cause, hint)) => Watched::unknown(cause, hint),
    }
}

fn record(kind: &'static Kind, endpoint: &Endpoint, watched: &Watched, some_pass: bool, job: &Job, batch: &mut Batch) {
    let subject = Subject::whole(&endpoint.target);
    let mut coverage = Coverage::new(kind, &endpoint.target).with(kind.unit, watched.attempts);
    if let Some(cause) = watched.unverified(some_pass) {
        let mut gap = Gap::new(kind, subject, cause).with("attempts", Name::number(watched.attempts));
        for (what, is) in watched.last.hints(kind) {
            gap = gap.with(what, is);
        }
        coverage.miss(Name::fixed("a settled answer"), cause);
        batch.gaps.push(gap);
    } else {
        batch.evidence.push(Evidence::new(kind, subject, facts(watched, job), job.now));
    }
    batch.coverage.push(coverage);
}

fn facts(watched: &Watched, job: &Job) -> Vec<(&'static str, Fact)> {
    let last: &Sample = &watched.last;
    // A connection that failed protected nothing.
    let verified = last.status.is_some()
        && job.config.service_url.as_ref().is_some_and(|url| url.as_str().starts_with("https://"));
    let mut facts = vec![
        ("outcome", Fact::word(last.outcome.word())),
        ("successes", Fact::Int(i64::from(watched.successes))),
        ("attempts", Fact::Int(i64::try_from(watched.attempts).unwrap_or(i64::MAX))),
        ("extra_members", Fact::count(last.extra_members)),
        ("leaks", Fact::count(last.leaks)),
        ("tls", Fact::word(if verified { "verified" } else { "none" })),
    ];
    facts.extend(last.status.map(|status| ("status", Fact::Int(i64::from(status)))));
    facts.extend(last.member.clone().map(|member| ("member", Fact::Name(member))));
    facts.extend(last.content_type.clone().map(|name| ("content_type", Fact::Name(name))));
    facts.extend(last.leaked.iter().flat_map(Judgement::facts));
    facts
}
