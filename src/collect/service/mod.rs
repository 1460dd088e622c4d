//! The service collector: asks a running service's health and readiness endpoints, and believes little.
//!
//! In: the declared URL, paths, expectations and limits. Out: one outcome per endpoint and pinned address.
//! It must not know: rules, containers, or why an answer matters. An answer's text never leaves: it becomes
//! a word of ours, a count or a judgement.

#[cfg(feature = "http")]
mod answer;
#[cfg(feature = "http")]
mod ask;
#[cfg(feature = "http")]
mod client;
#[cfg(feature = "http")]
mod freshness;
#[cfg(feature = "http")]
mod health;
#[cfg(feature = "http")]
mod json;
#[cfg(feature = "http")]
mod mood;
#[cfg(feature = "http")]
mod ready;
#[cfg_attr(not(feature = "http"), expect(dead_code, reason = "its words type the evidence, asked or not"))]
mod sample;
#[cfg(feature = "http")]
mod vocabulary;
#[cfg(feature = "http")]
mod watch;

use super::{Collector, Job};
use crate::config::Config;
use crate::evidence::{ALPHABET, Batch, Class, Field, FieldType, Kind, Name, SECRET, STEP, Target};
use futures_util::future::{BoxFuture, FutureExt, join_all};
use sample::Outcome;
use std::net::SocketAddr;
use std::sync::Arc;

const FIELDS: &[Field] = &[
    Field { name: "outcome", holds: FieldType::Word(Outcome::WORDS), meaning: "what the endpoint did, in the end" },
    Field { name: "status", holds: FieldType::Int, meaning: "the last HTTP status" },
    Field { name: "successes", holds: FieldType::Int, meaning: "consecutive successes at the end" },
    Field { name: "attempts", holds: FieldType::Int, meaning: "requests made" },
    Field { name: "member", holds: FieldType::Name, meaning: "the expected member that failed" },
    Field { name: "extra_members", holds: FieldType::Int, meaning: "members that nobody expected" },
    Field { name: "content_type", holds: FieldType::Name, meaning: "the media type of the last answer" },
    Field { name: "leaks", holds: FieldType::Int, meaning: "secret values in an answer" },
    Field { name: "tls", holds: FieldType::Word(&["none", "verified"]), meaning: "how the connection was protected" },
    Field { name: "class", holds: FieldType::Word(&Class::WORDS), meaning: "the class of the worst leaked value" },
    Field { name: "value_kind", holds: FieldType::Name, meaning: "what sort of value leaked" },
    STEP,
    ALPHABET,
    SECRET,
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
            let batches = join_all(asked.map(|question| ask::ask(question, &job))).await;
            let mut all = Batch::default();
            for batch in batches {
                all.absorb(batch);
            }
            all
        }
        .boxed()
    }
}

/// A build without HTTP asks nothing, and says so for every endpoint.
#[cfg(not(feature = "http"))]
mod ask {
    use super::{Question, endpoints};
    use crate::collect::Job;
    use crate::evidence::{Batch, Cause, Gap, Name, Subject};

    #[expect(clippy::unused_async, reason = "it stands in for one that asks")]
    pub(super) async fn ask(question: Question, job: &Job) -> Batch {
        let mut batch = Batch::default();
        for endpoint in endpoints(question, &job.config) {
            let gap = Gap::new(question.kind(), Subject::whole(&endpoint.target), Cause::Unsupported);
            batch.gaps.push(gap.with("feature", Name::fixed("http")));
        }
        batch
    }
}

/// One place to ask: the URL as its name resolves, or pinned to one address.
struct Endpoint {
    target: Target,
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "nothing connects"))]
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
