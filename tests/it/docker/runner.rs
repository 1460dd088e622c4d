//! A CI runner's own daemon is not production's. Over stand-ins for local engines.

use super::rig::{CONTAINER, causes, config, shown};
use super::stand_in::{StandIn, version};
use crate::scene::collect_on;
use leakproof::collect::Machine;
use leakproof::evidence::{Batch, Cause};
use std::path::Path;

fn runner() -> Machine {
    Machine { runner: true, ..Machine::default() }
}

/// A local engine named `prod-1` with one clean container.
fn engine() -> StandIn {
    let (id, image) = ("ab".repeat(32), "cd".repeat(32));
    let listed = format!(r#"[{{"Id":"{id}","Names":["/api"],"Image":"x"}}]"#);
    let inspected = format!(
        r#"{{"Id":"{id}","Name":"/api","Image":"sha256:{image}","State":{{"Running":true}},"Config":{{"Env":["A=1"]}}}}"#
    );
    StandIn::answering(vec![
        version("1.24", "1.45"),
        ("/info", 200, r#"{"ID":"e","Name":"prod-1"}"#.to_owned()),
        ("/containers/json", 200, listed),
        ("abab/json", 200, inspected),
    ])
}

fn examine(machine: Machine, selector: &str, more: &str) -> Batch {
    let engine = engine();
    let yaml = config(&engine.host(), &format!("containers: [ {{ name: api{selector} }} ]"));
    collect_on(machine, &yaml.replace("timeout: 10s", &format!("timeout: 10s{more}")), Path::new(""), &CONTAINER)
}

#[test]
fn a_runner_s_own_daemon_with_a_clean_container_is_no_pass() {
    let batch = examine(runner(), "", "");
    for kind in CONTAINER {
        assert_eq!(causes(&batch, kind), [Cause::Unproven], "{}", shown(&batch));
    }
    assert!(batch.gaps[0].shown().contains("CI runner") && batch.gaps[0].shown().contains("docker.name"));
    assert!(examine(Machine::default(), "", "").gaps.is_empty(), "no runner, no doubt");
}

#[test]
fn a_pinned_image_or_the_engine_s_declared_name_dispels_the_doubt() {
    let digest = format!(", image_digest: \"sha256:{}\"", "cd".repeat(32));
    for (selector, more) in [(digest.as_str(), ""), ("", ", name: PROD-1")] {
        let batch = examine(runner(), selector, more);
        assert!(batch.gaps.is_empty(), "{}", shown(&batch));
    }
}

#[test]
fn another_engine_than_the_declared_one_is_no_pass() {
    for machine in [runner(), Machine::default()] {
        let batch = examine(machine, "", ", name: prod-2");
        assert_eq!(causes(&batch, "container.env"), [Cause::Unproven]);
        let text = batch.gaps[0].shown();
        assert!(text.contains("declared: prod-2") && text.contains("observed: prod-1"), "{text}");
    }
}

#[test]
fn a_saved_inspect_file_is_not_the_runner_s_daemon() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("i.json"), r#"[{"Name":"/api","State":{},"Config":{"Env":["A=1"]}}]"#).unwrap();
    let yaml = "service: t\ncontainers: [ { name: api, inspect_file: i.json } ]\n";
    assert!(collect_on(runner(), yaml, dir.path(), &CONTAINER).gaps.is_empty());
}
