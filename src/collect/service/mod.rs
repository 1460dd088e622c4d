//! The service collector: asks a running service's health and readiness endpoints, and believes little.
//!
//! In: the declared URL, paths, expectations and limits. Out: one outcome per endpoint and pinned address.
//! It must not know: rules, containers, or why an answer matters. An answer's text never leaves: it becomes
//! a word of ours, a count or a judgement.

mod answer;
mod client;
mod health;
mod json;
mod ready;
mod sample;
mod watch;

use super::{Collector, Job};
use crate::config::Config;
use crate::evidence::{
    Batch, Cause, Class, Coverage, Evidence, Fact, Field, FieldType, Gap, Judgement, Kind, Name, Subject, Target,
};
use client::Route;
use futures_util::future::{BoxFuture, FutureExt, join_all};
use sample::{Outcome, Sample};
use std::net::SocketAddr;
use std::sync::Arc;
use watch::Watched;

const FIELDS: &[Field] = &[
    Field { name: "outcome", holds: FieldType::Word(Outcome::WORDS), meaning: "what the endpoint did, in the end" },
    Field { name: "status", holds: FieldType::Int, meaning: "the last HTTP status" },
    Field { name: "successes", holds: FieldType::Int, meaning: "consecutive successes at the end" },
    Field { name: "attempts", holds: FieldType::Int, meaning: "requests made" },
    Field { name: "member", holds: FieldType::Name, meaning: "the expected member that failed" },
    Field { name: "extra_members", holds: FieldType::Int, meaning: "members that nobody expected" },
    Field { name: "content_type", holds: FieldType::Name, meaning: "the media type of the last answer" },
    Field { name: "leaks", holds: FieldType::Int, meaning: "secret values in an answer's body" },
    Field { name: "tls", holds: FieldType::Word(&["none", "verified"]), meaning: "how the connection was protected" },
    Field { name: "class", holds: FieldType::Word(&Class::WORDS), meaning: "the class of the worst leaked value" },
    Field { name: "value_kind", holds: FieldType::Name, meaning: "what sort of value leaked" },
    Field { name: "length", holds: FieldType::Name, meaning: "length bucket of the leaked value" },
    Field { name: "known", holds: FieldType::Bool, meaning: "whether the leaked value was given as known" },
    Field { name: "correlator", holds: FieldType::Fingerprint, meaning: "keyed correlator of the leaked value" },
];

static HEALTH: Kind = Kind {
    name: "service.health",
    meaning: "what the health endpoint answered, over several samples",
    declared_by: "service_url",
    live: true,
    unit: "requests",
    fields: FIELDS,
};

static READY: Kind = Kind {
    name: "service.ready",
    meaning: "what the readiness endpoint said of each component, over several samples",
    declared_by: "service_url",
    live: true,
    unit: "requests",
    fields: FIELDS,
};

/// Which of the two questions is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Question {
    Health,
    Ready,
}

impl Question {
    fn kind(self) -> &'static Kind {
        match self {
            Self::Health => &HEALTH,
            Self::Ready => &READY,
        }
    }

    fn path(self, config: &Config) -> &Name {
        match self {
            Self::Health => &config.probes.health_path,
            Self::Ready => &config.probes.ready_path,
        }
    }
}

/// Probes of the running service.
pub(super) struct Service;

impl Collector for Service {
    fn kinds(&self) -> &'static [&'static Kind] {
        const KINDS: &[&Kind] = &[&HEALTH, &READY];
        KINDS
    }

    fn targets(&self, kind: &'static Kind, config: &Config) -> Vec<Target> {
        let question = if kind.name == READY.name { Question::Ready } else { Question::Health };
        endpoints(question, config).into_iter().map(|endpoint| endpoint.target).collect()
    }

    fn collect(&self, job: Arc<Job>) -> BoxFuture<'static, Batch> {
        async move {
            let asked = [Question::Health, Question::Ready].into_iter().filter(|q| job.wants(q.kind()));
            let batches = join_all(asked.map(|question| ask(question, &job))).await;
            let mut all = Batch::default();
            for batch in batches {
                all.absorb(batch);
            }
            all
        }
        .boxed()
    }
}

/// One place to ask: the URL as its name resolves, or pinned to one address.
struct Endpoint {
    target: Target,
    pin: Option<SocketAddr>,
}

fn endpoints(question: Question, config: &Config) -> Vec<Endpoint> {
    let Some(base) = &config.service_url else { return Vec::new() };
    let url = format!("{base}{}", question.path(config));
    let plain = Endpoint { target: Target::new("endpoint", Name::admit_or(&url, "endpoint", 1)), pin: None };
    let pinned = config.probes.addresses.iter().enumerate().map(|(i, address)| Endpoint {
        target: Target::new("endpoint", Name::admit_or(&format!("{url} @ {address}"), "endpoint", i + 2)),
        pin: Some(*address),
    });
    std::iter::once(plain).chain(pinned).collect()
}

/// Asks one question of every endpoint, side by side.
async fn ask(question: Question, job: &Job) -> Batch {
    let endpoints = endpoints(question, &job.config);
    let watched = join_all(endpoints.iter().map(|endpoint| ask_one(question, endpoint, job))).await;
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
