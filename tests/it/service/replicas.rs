//! Several addresses behind one name: each is asked by itself.

use super::stand_in::{StandIn, closed_port, response};
use super::{IMPATIENT, probe};
use leakproof::evidence::{Batch, Cause};

const OK: &str = r#"{"status":"ok"}"#;

fn outcomes(batch: &Batch) -> Vec<(String, String)> {
    let text = |evidence: &leakproof::evidence::Evidence| evidence.word("outcome").unwrap_or_default().to_owned();
    let mut all: Vec<_> = batch.evidence.iter().map(|e| (e.subject.target.name.to_string(), text(e))).collect();
    all.sort();
    all
}

#[test]
fn one_sick_replica_behind_a_balancer_is_seen() {
    let well = StandIn::json(OK);
    let sick = StandIn::answering(response("500 Internal Server Error", "application/json", "{}"));
    let probes = format!("{IMPATIENT}, addresses: [\"{}\", \"{}\"]", well.address, sick.address);
    let batch = probe(&well.url(), &probes, "service.health");
    let words: Vec<String> = outcomes(&batch).into_iter().map(|(_, word)| word).collect();
    assert_eq!(words.iter().filter(|word| *word == "ok").count(), 2);
    assert_eq!(words.iter().filter(|word| *word == "wrong-status").count(), 1);
    let sick_name = format!("{}/health @ {}", well.url(), sick.address);
    assert!(outcomes(&batch).contains(&(sick_name, "wrong-status".to_owned())));
}

#[test]
fn a_pinned_address_is_asked_under_the_service_s_own_name() {
    let server = StandIn::json(OK);
    let probes = format!("{IMPATIENT}, addresses: [\"{}\"]", server.address);
    let closed = closed_port().port();
    let batch = probe(&format!("http://localhost:{closed}"), &probes, "service.health");
    assert_eq!(outcomes(&batch).len(), 1);
    let head = server.requests()[0].to_ascii_lowercase();
    assert!(head.contains(&format!("\r\nhost: localhost:{closed}\r\n")), "{head}");
}

#[test]
fn a_replica_that_cannot_be_reached_while_others_pass_is_no_verdict() {
    let server = StandIn::json(OK);
    let probes = format!("{IMPATIENT}, addresses: [\"{}\"]", closed_port());
    let batch = probe(&server.url(), &probes, "service.health");
    assert_eq!(outcomes(&batch).len(), 1);
    assert_eq!(batch.gaps.iter().map(|gap| gap.cause).collect::<Vec<_>>(), [Cause::Refused]);
}

#[test]
fn every_declared_target_gets_coverage() {
    let addresses = format!("{IMPATIENT}, addresses: [\"{}\", \"{}\"]", closed_port(), closed_port());
    let batch = probe(&format!("http://{}", closed_port()), &addresses, "service.ready");
    assert_eq!(batch.coverage.len(), 3);
    assert_eq!(batch.evidence.len(), 3);
}
