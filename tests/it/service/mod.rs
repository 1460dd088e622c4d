//! Health and readiness probes against a stand-in server on loopback that can misbehave.

mod bodies;
mod connections;
mod fronts;
mod replicas;
pub(crate) mod stand_in;
mod tls;
mod traps;
pub(crate) mod trusted;

use crate::scene;
use leakproof::evidence::{Batch, Cause, Evidence};
use stand_in::StandIn;
use std::path::Path;

/// Short patience: what is wrong here stays wrong.
const IMPATIENT: &str = "deadline: 300ms, timeout: 400ms, interval: 10ms";
/// For a stand-in that gets well.
const PATIENT: &str = "deadline: 10s, timeout: 2s, interval: 10ms";

fn probe(url: &str, probes: &str, kind: &str) -> Batch {
    let yaml = format!("service: s\nservice_url: {url}\nprobes: {{ {probes} }}\n");
    scene::collect(&yaml, Path::new(""), &[kind])
}

fn health(server: &StandIn) -> Batch {
    probe(&server.url(), IMPATIENT, "service.health")
}

fn ready(server: &StandIn) -> Batch {
    probe(&server.url(), IMPATIENT, "service.ready")
}

/// The one piece of evidence; there must be no gap.
fn only(batch: &Batch) -> &Evidence {
    assert!(batch.gaps.is_empty(), "{:?}", batch.gaps);
    assert_eq!(batch.evidence.len(), 1);
    &batch.evidence[0]
}

fn outcome(batch: &Batch) -> &str {
    only(batch).word("outcome").unwrap()
}

/// The one gap's cause; there must be no evidence.
fn cause(batch: &Batch) -> Cause {
    assert!(batch.evidence.is_empty(), "{:?}", batch.evidence);
    assert_eq!(batch.gaps.len(), 1);
    assert!(batch.coverage.iter().all(|coverage| !coverage.is_complete()));
    batch.gaps[0].cause
}
