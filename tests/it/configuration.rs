//! Configuration: all problems at once, each with file and line, and no value in any of them.

use crate::commands::{leakproof, report};
use std::path::Path;

fn refused(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("leakproof.yaml"), text).unwrap();
    let output = leakproof().arg("check").current_dir(folder.path()).assert().code(2).get_output().stderr.clone();
    String::from_utf8(output).unwrap()
}

#[test]
fn every_problem_is_reported_with_its_line() {
    let said = refused(
        "service: api\nenvironmint: prod\nsecrets:\n  - { nam: X }\n  - { name: A, rotate_within_days: 0 }\nimages: nginx\n\
         probes: { deadlin: 3s }\n",
    );
    for part in [
        "leakproof.yaml:2: unknown key `environmint`",
        "leakproof.yaml:4: `secrets/0`: unknown key `nam`",
        "leakproof.yaml:4: `secrets/0`: missing key `name`",
        "leakproof.yaml:5: `secrets/1/rotate_within_days`: must be at least 1",
        "leakproof.yaml:6: `images`: must be of type array",
        "leakproof.yaml:7: `probes`: unknown key `deadlin`",
    ] {
        assert!(said.contains(part), "{part} is not in:\n{said}");
    }
}

/// Flags, file and rules: a person mends them all before the next run.
#[test]
fn everything_typed_and_written_wrongly_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let waiver = format!(
        "  - {{ rule: no/such-waived, fingerprint: \"{}\", reason: r, owner: o, expires: 2099-01-31 }}\n",
        "0f".repeat(32)
    );
    let text = format!("service: api\nimages: [ \"a b\" ]\nwaivers:\n{waiver}");
    std::fs::write(folder.path().join("leakproof.yaml"), text).unwrap();
    let out = leakproof()
        .args(["check", "--rule", "a/b", "--profile", "nope", "-f", "foo", "--url", "ftp://x"])
        .current_dir(folder.path())
        .assert()
        .code(2);
    let said = String::from_utf8_lossy(&out.get_output().stderr).to_string();
    let waived = "leakproof.yaml:4: unknown rule id `no/such-waived`";
    for part in ["a/b", "nope", "foo", "--url", "leakproof.yaml:2: an image is", waived] {
        assert!(said.contains(part), "{part} is not in:\n{said}");
    }
}

/// A key that does not conform hides nothing that is wrong with the others.
#[test]
fn form_and_meaning_are_reported_together() {
    let said = refused("service: api\nenvironmint: prod\nimages: [ \"a b\" ]\nservice_url: ftp://x\n");
    for part in [":2: unknown key `environmint`", ":3: an image is", ":4: must be http"] {
        assert!(said.contains(part), "{part} is not in:\n{said}");
    }
}

#[test]
fn meaning_is_checked_with_lines_too() {
    let said = refused(
        "service: api\nsecrets:\n  - { name: A, source: \"somewhere\" }\n  - { name: A }\ncontainers:\n  - { }\n\
         hosts:\n  - { }\nservice_url: ftp://x\nprobes:\n  deadline: soon\n  health: { expect: { } }\n",
    );
    for part in [
        "leakproof.yaml:3: a source is",
        "leakproof.yaml:4: secret `A` is declared twice",
        "leakproof.yaml:6: give one of name",
        "leakproof.yaml:8: give exactly one of local and ssh",
        "leakproof.yaml:9: must be http",
        "leakproof.yaml:11: must be a duration",
        "leakproof.yaml:12: an empty expectation asserts nothing",
    ] {
        assert!(said.contains(part), "{part} is not in:\n{said}");
    }
}

#[test]
fn what_is_wrong_with_build_logs_is_said_with_its_line() {
    let digest = format!("sha256:{}", "0a".repeat(32));
    let said = refused(&format!(
        "service: api\nbuild_logs:\n  - {{ file: a.log }}\n  - {{ file: b.log, digest: \"{digest}\", run_id: 1 }}\n\
         {blank}- {{ file: c.log, digest: \"sha256:abc\" }}\n{blank}- {{ file: d.log, run_id: \"a b\" }}\n\
         {blank}- {{ file: \"\", run_id: 7 }}\n{blank}- {{ file: e.log, run_id: 7 }}\n{blank}- {{ file: e.log, run_id: 8 }}\n\
         {blank}- {{ file: f.log, digest: \"{digest}\", image: \"app@sha256:{other}\" }}\n",
        blank = "  ",
        other = "cd".repeat(32),
    ));
    for part in [
        ":3: give exactly one of digest and run_id",
        ":4: give exactly one of digest and run_id",
        ":5: must be sha256: and 64",
        ":6: must be the run's id",
        ":7: names no file",
        ":9: a build log is declared once",
        ":10: names another digest",
    ] {
        assert!(said.contains(part), "{part} is not in:\n{said}");
    }
    let said =
        refused("service: api\nbuild_logs:\n  - { fil: a.log, run_id: 7 }\n  - { file: b.log, run_id: [ 7 ] }\n");
    for part in
        [":3: `build_logs/0`: unknown key `fil`", ":3: `build_logs/0`: missing key `file`", ":4: `build_logs/1/run_id`"]
    {
        assert!(said.contains(part), "{part} is not in:\n{said}");
    }
}

/// The beginning of a digest names many images.
#[test]
fn a_short_digest_is_refused_with_its_line() {
    let hex = "0a1b".repeat(16);
    for digest in ["sha256:0a1b2c3d".to_owned(), format!("sha256:{}", &hex[..63]), hex.clone()] {
        let said = refused(&format!(
            "service: api\ncontainers:\n  - {{ name: api, image_digest: \"{digest}\" }}\nbuild_logs:\n  - {{ file: a.log, digest: \"{digest}\" }}\n"
        ));
        for part in [":3: must be sha256: and 64 hexadecimal digits", ":5: must be sha256: and 64 hexadecimal digits"] {
            assert!(said.contains(part), "{part} is not in:\n{said}");
        }
    }
}

#[test]
fn a_value_in_the_configuration_is_refused_and_not_repeated() {
    let password = ["pa55", "phrase"].concat();
    let said = refused(&format!("service: api\nreaders:\n  - \"postgresql://app:{password}@db/x\"\n"));
    assert!(said.contains("leakproof.yaml:3: looks like a secret value"), "{said}");
    assert!(!said.contains(&password), "{said}");
}

/// A short password has no face of its own: the key in front of it says what it is.
#[test]
fn a_selector_that_fills_a_secret_s_variable_is_refused_and_not_repeated() {
    let password = ["hunter2", "zebra"].concat();
    for (selector, line) in [
        (format!("containers: [ {{ label: \"JWT_SECRET_KEY={password}\" }} ]"), 2),
        (format!("containers: [ {{ name: \"JWT_SECRET_KEY={password}\" }} ]"), 2),
        (format!("containers:\n  - compose_project: \"db-pass={password}\""), 3),
        (format!("containers:\n  - label: \"com.example.api.key={password}\""), 3),
        (format!("probes: {{ ready: {{ expect: {{ \"API_TOKEN={password}\": ok }} }} }}"), 2),
    ] {
        let said = refused(&format!("service: api\n{selector}\n"));
        assert!(said.contains(&format!("leakproof.yaml:{line}: ")) && said.contains("secret"), "{selector}: {said}");
        assert!(!said.contains(&password), "{said}");
    }
}

#[test]
fn a_value_where_a_key_belongs_is_not_repeated() {
    let password = ["hunter2", "zebra"].concat();
    for text in [
        format!("service: api\n{password}: oops\n"),
        format!("service: api\n\"{password}!\": oops\n"),
        format!("service: api\nlimits: {{ {password}: 1 }}\n"),
        format!("service: api\nprobes: {{ ready: {{ expect: {{ {password}: [ 1 ] }} }} }}\n"),
        format!("service: api\n{password}: a\n{password}: b\n"),
    ] {
        let said = refused(&text);
        assert!(said.contains("leakproof.yaml:2: ") || said.contains("leakproof.yaml:3: "), "{said}");
        assert!(!said.contains(&password), "{said}");
    }
    let near = refused("service: api\nimages2: [ ]\nsecret5: [ ]\n");
    assert!(near.contains("unknown key `images2`") && near.contains("unknown key `secret5`"), "{near}");
}

#[test]
fn duplicate_keys_and_broken_yaml_are_refused() {
    assert!(refused("service: a\nservice: b\n").contains("leakproof.yaml:2: key `service` is given twice"));
    assert!(refused("service: [a\n").contains("does not parse as YAML"));
    assert!(refused("").contains("is empty"));
}

#[test]
fn waivers_need_reason_owner_and_expiry_and_never_cover_coverage() {
    let fingerprint = "ab".repeat(32);
    let said =
        refused(&format!("service: api\nwaivers:\n  - {{ rule: git/history, fingerprint: \"{fingerprint}\" }}\n"));
    for key in ["reason", "owner", "expires"] {
        assert!(said.contains(&format!("missing key `{key}`")), "{said}");
    }
    let said = refused(&format!(
        "service: api\nwaivers:\n  - {{ rule: meta/coverage, fingerprint: \"{fingerprint}\", reason: r, owner: o, \
         expires: 2030-01-01 }}\n"
    ));
    assert!(said.contains("meta/coverage cannot be waived"), "{said}");
}

#[test]
fn an_undeclared_target_is_unverified_and_names_the_key() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("leakproof.yaml"), "service: api\n").unwrap();
    let report = report(leakproof().args(["check", "-f", "json"]).current_dir(folder.path()));
    let findings = report["findings"].as_array().unwrap();
    for (rule, key) in
        [("run/container-env", "containers"), ("service/health", "service_url"), ("git/history", "repositories")]
    {
        let finding = findings.iter().find(|finding| finding["rule"] == rule).unwrap();
        assert_eq!(finding["verdict"], "unverified", "{rule}");
        assert!(finding["message"].as_str().unwrap().contains(key), "{finding}");
    }
}

#[test]
fn the_configuration_schema_accepts_the_worlds_and_what_init_writes() {
    let schema = leakproof().args(["schema", "config"]).output().unwrap().stdout;
    let schema: serde_json::Value = serde_json::from_slice(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for world in ["clean", "leaky", "dark"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(world).join("leakproof.yaml");
        let text = std::fs::read_to_string(path).unwrap();
        let document = leakproof::evidence::Document::parse("x", &text).ok().unwrap();
        assert!(validator.is_valid(&document.root().unwrap().json()), "{world}");
    }
}

#[test]
fn a_waiver_marks_its_finding_and_an_expired_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("deployment");
    leakproof().args(["demo", "-q", "--out"]).arg(&kept).assert().code(1);
    let only = ["check", "--rule", "git/ignore", "-f", "json"];
    let before = report(leakproof().args(only).current_dir(&kept));
    let fingerprint = before["findings"][0]["fingerprint"].as_str().unwrap().to_owned();
    let configuration = std::fs::read_to_string(kept.join("leakproof.yaml")).unwrap();
    for (expires, code) in [("2099-01-01", 0), ("2020-01-01", 1)] {
        let waiver = format!(
            "{configuration}\nwaivers:\n  - {{ rule: git/ignore, fingerprint: \"{fingerprint}\", reason: known, owner: platform, expires: {expires} }}\n"
        );
        std::fs::write(kept.join("leakproof.yaml"), waiver).unwrap();
        let output = leakproof().args(only).current_dir(&kept).assert().code(code).get_output().stdout.clone();
        let report: serde_json::Value = serde_json::from_slice(&output).unwrap();
        assert_eq!(report["findings"][0]["verdict"], "fail");
        assert_eq!(report["findings"][0]["waiver"].is_object(), code == 0);
    }
}
