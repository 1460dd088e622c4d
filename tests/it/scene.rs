//! A scene: a configuration as a user writes it, collected for some kinds of evidence.

use leakproof::collect::{Job, Machine, kinds, run};
use leakproof::config::Config;
use leakproof::detect::Detector;
use leakproof::evidence::{Batch, Evidence, Fact, Key, NoProgress, SecretRegistry, Stop, Timestamp};
use std::path::Path;
use std::sync::Arc;

/// Collects the kinds named over a configuration text, on a machine that is nobody's runner.
pub(crate) fn collect(yaml: &str, base: &Path, wanted: &[&str]) -> Batch {
    collect_on(Machine::default(), yaml, base, wanted)
}

/// The same on a machine of the test's own.
pub(crate) fn collect_on(machine: Machine, yaml: &str, base: &Path, wanted: &[&str]) -> Batch {
    collect_with(machine, yaml, base, wanted, |_| {})
}

/// The same, with what the command line adds to the configuration.
pub(crate) fn collect_with(
    machine: Machine,
    yaml: &str,
    base: &Path,
    wanted: &[&str],
    adjust: impl FnOnce(&mut Config),
) -> Batch {
    let mut config = Config::parse("leakproof.yaml", yaml, base).unwrap_or_else(|problems| panic!("{problems}"));
    adjust(&mut config);
    let declared = config.secrets.iter().map(|secret| secret.name.clone()).collect();
    let registry = Arc::new(SecretRegistry::default());
    let job = Job {
        config: Arc::new(config),
        detector: Arc::new(Detector::new(declared, Vec::new(), Key::random().unwrap(), registry)),
        progress: Arc::new(NoProgress),
        stop: Stop::default(),
        machine,
        now: Timestamp::from_unix(1_700_000_000),
        wanted: kinds().filter(|kind| wanted.contains(&kind.name)).collect(),
    };
    assert_eq!(job.wanted.len(), wanted.len(), "a kind of {wanted:?} has no collector");
    run(job).unwrap().batch
}

/// Random letters and digits: a value no scanner of this repository may find.
pub(crate) fn secret() -> String {
    let mut bytes = [0_u8; 24];
    getrandom::fill(&mut bytes).unwrap();
    let alphabet = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    bytes.iter().map(|b| char::from(alphabet[usize::from(*b) % alphabet.len()])).collect()
}

/// Random hexadecimal digits: a commit, a checksum, an id.
pub(crate) fn hex(length: usize) -> String {
    let mut bytes = vec![0_u8; length];
    getrandom::fill(&mut bytes).unwrap();
    bytes.iter().map(|b| char::from(b"0123456789abcdef"[usize::from(b % 16)])).collect()
}

/// Everything that was collected as text: what must not hold a value.
pub(crate) fn shown(batch: &Batch) -> String {
    format!("{:?}{:?}{:?}{:?}", batch.evidence, batch.gaps, batch.coverage, batch.inapplicable)
}

/// A number of evidence.
pub(crate) fn number(evidence: &Evidence, field: &str) -> i64 {
    match evidence.fact(field) {
        Some(Fact::Int(n)) => *n,
        other => panic!("{field} is {other:?}"),
    }
}
