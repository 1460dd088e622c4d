//! One run over every place at once, in every format; and configurations that quote a value.

use super::planted::Planted;
use super::{forms, name, search};
use crate::commands::leakproof;
use crate::scene::secret;
use serde_json::Value;
use std::path::Path;

const FORMATS: [&str; 4] = ["json", "junit", "sarif", "sarif-audit"];

/// Every file below a directory.
fn files(directory: &Path) -> Vec<std::path::PathBuf> {
    let all = walkdir::WalkDir::new(directory).into_iter().map(Result::unwrap);
    all.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

fn findings(report: &Value, rule: &str) -> Vec<String> {
    let of =
        report["findings"].as_array().unwrap().iter().filter(|one| one["rule"] == rule && one["verdict"] == "fail");
    of.map(|one| format!("{}{}", one["subject"], one["facts"])).collect()
}

/// Runs over everything planted: the directory holds what was written, and standard output and error.
fn run(planted: &Planted) -> tempfile::TempDir {
    let out = tempfile::tempdir().unwrap();
    let place = |name: &str| out.path().join(name);
    std::fs::create_dir(place("tmp")).unwrap();
    let mut command = leakproof();
    command.current_dir(planted.root.path()).env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
    command.env("TMPDIR", place("tmp")).env("LEAKPROOF_TEST_KNOWN", &planted.known[1]);
    command.args(["check", "-vvv", "-f", "text", "--save-ledger"]).arg(place("ledger"));
    for format in FORMATS {
        command.args(["-f", &format!("{format}={}", place(format).display())]);
    }
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::write(place("text"), &output.stdout).unwrap();
    std::fs::write(place("log"), &output.stderr).unwrap();
    out
}

#[test]
fn one_run_over_every_place_finds_the_values_and_shows_none() {
    let planted = Planted::new();
    let out = run(&planted);
    for name in FORMATS.iter().chain(&["text", "log", "ledger"]) {
        assert!(out.path().join(name).exists(), "{name} is missing");
    }
    for file in files(out.path()) {
        search(&file.display().to_string(), &std::fs::read(&file).unwrap(), planted.values());
    }
    let report: Value = serde_json::from_slice(&std::fs::read(out.path().join("json")).unwrap()).unwrap();
    let shown = String::from_utf8(std::fs::read(out.path().join("text")).unwrap()).unwrap();
    assert!(!shown.contains("(masked)"), "the mask had to act: a value had reached the report");
    let found = |place: &&super::planted::Place| findings(&report, place.rule).iter().any(|f| f.contains(place.shows));
    let lost: Vec<&str> = planted.places.iter().filter(|place| !found(place)).map(|place| place.what).collect();
    assert!(planted.places.len() > 70, "{} places", planted.places.len());
    assert_eq!(lost, [""; 0], "these places were not found");
}

#[test]
fn the_search_for_canaries_sees_every_form() {
    for form in forms(&secret()) {
        assert!(form.len() > 20, "a form is too short to be searched for");
    }
    let value = secret();
    for shift in 0..3 {
        let text = data_encoding::BASE64.encode(format!("{}{value} more", "x".repeat(shift)).as_bytes());
        assert!(forms(&value).iter().any(|form| text.contains(form)), "shifted by {shift}");
    }
}

/// Lines of a configuration that quote a value: first where a name belongs, then where none does.
fn quotes(name: &str, value: &str) -> Vec<String> {
    vec![
        format!("secrets: [ {{ name: \"{name}\" }} ]"),
        format!("environment: {name}"),
        format!("{name}: 1"),
        format!("limits: {{ {name}: 1 }}"),
        format!("secrets: [ {{ name: JWT_SECRET_KEY, value: \"{value}\" }} ]"),
        format!("secrets: [ {{ name: JWT_SECRET_KEY, source: \"{value}\" }} ]"),
        format!("secrets: [ {{ name: JWT_SECRET_KEY, source: \"{value}"),
        format!("secrets: {value}"),
        format!("limits: {{ file_bytes: {value} }}"),
        format!("probes: {{ deadline: {value} }}"),
        format!("probes: {{ proxy: \"http://proxy:{value}@10.0.0.1:3128\" }}"),
        format!("probes: {{ addresses: [ {value} ] }}"),
        format!("service_url: \"http://app:{value}@127.0.0.1:1\""),
        format!("known_values: [ {{ secret: JWT_SECRET_KEY, value: {value} }} ]"),
        format!("known_values: [ {{ secret: JWT_SECRET_KEY, from_env: {value} }} ]"),
        format!("known_values: [ {{ secret: JWT_SECRET_KEY, from_file: {value} }} ]"),
        format!("waivers: [ {{ rule: a/b, fingerprint: {value}, reason: a, owner: b, expires: {value} }} ]"),
        format!("docker: {{ host: \"tcp://{value}\", timeout: {value} }}"),
        format!("containers: [ {{ name: api, image_digest: {value} }} ]"),
        format!("hosts: [ {{ ssh: \"deploy:{value}@host\", directory: [ / ] }} ]"),
        format!("audit: {{ password: {value} }}"),
        format!("&{value} [ *{value} ]\n\t{value}"),
    ]
}

#[test]
fn a_malformed_configuration_that_quotes_a_value_is_refused_without_it() {
    let (name, value) = (name(), secret());
    for quote in quotes(&name, &value) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("leakproof.yaml"), format!("service: api\n{quote}\n")).unwrap();
        let output = leakproof().args(["check", "-vvv"]).current_dir(folder.path()).output().unwrap();
        let text = quote.replace(&value, "VALUE").replace(&name, "NAME");
        assert_eq!(output.status.code(), Some(2), "{text}: {}", String::from_utf8_lossy(&output.stdout));
        assert!(!output.stderr.is_empty(), "{text}: nothing is said");
        search(&text, &[output.stdout, output.stderr].concat(), &[name.clone(), value.clone()]);
    }
}
