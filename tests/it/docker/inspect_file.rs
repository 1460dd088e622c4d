//! Containers from a saved `docker inspect`.

use super::rig::{CONTAINER, causes, collect, count, exposed, of, secret, shown};
use leakproof::evidence::{Batch, Cause};

fn read(json: &str, selector: &str, rest: &str) -> Batch {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("inspect.json"), json).unwrap();
    std::fs::write(dir.path().join("task.json"), TASK).unwrap();
    let yaml = format!(
        "service: t\nsecrets: [{{ name: JWT_SECRET_KEY }}]\ncontainers: [ {{ {selector}inspect_file: inspect.json }} ]\n{rest}\n"
    );
    collect(&yaml, dir.path(), &CONTAINER)
}

const TASK: &str = r#"{"family":"api","revision":7,"containerDefinitions":[{"name":"app",
    "secrets":[{"name":"JWT_SECRET_KEY","valueFrom":"arn:aws:secretsmanager:us-east-1:111122223333:secret:x"}]}]}"#;

fn container(env: &[String], more: &str) -> String {
    let env = serde_json::to_string(env).unwrap();
    format!(r#"[{{"Name":"/api","State":{{"Running":true}},"Config":{{"Env":{env}{more}}}}}]"#)
}

#[test]
fn split_at_the_first_equals_sign_newlines_and_empty_keys() {
    let value = format!("b={}\nc", secret());
    let env = [format!("JWT_SECRET_KEY={value}"), "A=b=c".into(), "BARE".into(), "=x".into(), String::new()];
    let batch = read(&container(&env, ""), "", "");
    assert_eq!(count(&batch, "container.env", "variables"), 5);
    assert_eq!(of(&batch, "container.env", "JWT_SECRET_KEY")[0].word("class"), Some("plaintext"));
    assert_eq!(of(&batch, "container.env", "BARE")[0].word("class"), Some("empty"));
    assert_eq!(of(&batch, "container.env", "A").len(), 1);
    assert!(!shown(&batch).contains(value.split('\n').next().unwrap()));
}

#[test]
fn a_platform_s_injection_is_told_from_an_operator_s() {
    let env = [format!("JWT_SECRET_KEY={}", secret()), format!("OTHER_SECRET={}", secret())];
    let labels = |revision: &str| {
        format!(
            r#","Labels":{{"com.amazonaws.ecs.task-definition-family":"api",
            "com.amazonaws.ecs.task-definition-version":"{revision}","com.amazonaws.ecs.container-name":"app"}}"#
        )
    };
    let deployment = "deployment: [ task.json ]";
    let batch = read(&container(&env, &labels("7")), "", deployment);
    assert_eq!(of(&batch, "container.env", "JWT_SECRET_KEY")[0].word("origin"), Some("platform"));
    assert_eq!(of(&batch, "container.env", "OTHER_SECRET")[0].word("origin"), Some("unknown"));
    let batch = read(&container(&env, &labels("8")), "", deployment);
    assert_eq!(of(&batch, "container.env", "JWT_SECRET_KEY")[0].word("origin"), Some("unknown"));
}

#[test]
fn a_bind_mount_of_an_env_file_is_a_finding() {
    let json = r#"{"Name":"/api","State":{},"Config":{},"Mounts":[
        {"Type":"bind","Source":"/srv/app/.env","Destination":"/app/.env"},
        {"Type":"bind","Source":"/srv/app/.env.example","Destination":"/x"},
        {"Type":"volume","Source":"/var/lib/docker/volumes/v/_data"}],"HostConfig":{"Binds":["/srv/app/.env:/app/.env:ro"]}}"#;
    let batch = read(json, "", "");
    let found = exposed(&batch, "container.metadata", "where", "mount");
    assert_eq!(found.len(), 1, "{}", shown(&batch));
    assert_eq!(found[0].word("value_kind"), Some("env-file-mount"));
}

#[test]
fn a_log_driver_s_option_is_read() {
    let token = secret();
    let json = format!(
        r#"{{"Name":"/api","State":{{}},"Config":{{}},"HostConfig":{{"LogConfig":{{"Type":"splunk","Config":{{"splunk-token":"{token}"}}}}}}}}"#
    );
    let batch = read(&json, "", "");
    assert_eq!(exposed(&batch, "container.metadata", "where", "log-option").len(), 1);
    assert!(!shown(&batch).contains(&token));
}

#[test]
fn exec_sessions_that_a_file_cannot_show_are_a_gap() {
    let json = format!(r#"{{"Name":"/api","State":{{}},"Config":{{}},"ExecIDs":["{}"]}}"#, "0a".repeat(32));
    let batch = read(&json, "", "");
    assert_eq!(causes(&batch, "container.metadata"), [Cause::ContentElsewhere]);
    assert!(causes(&batch, "container.env").is_empty());
}

#[test]
fn a_selector_without_a_match_is_empty_never_a_pass() {
    let batch = read(&container(&[], ""), "name: other, ", "");
    assert_eq!(causes(&batch, "container.env"), [Cause::Empty]);
    assert_eq!(count(&batch, "container.env", "containers"), 0);
    let batch = read("[]", "", "");
    assert_eq!(causes(&batch, "container.metadata"), [Cause::Empty]);
}

#[test]
fn selectors_choose_among_the_containers_of_a_file() {
    let json = r#"[{"Name":"/p-api-1","State":{},"Config":{"Labels":{"com.docker.compose.project":"p","tier":"web"}}},
        {"Name":"/p-migrate-1","State":{},"Config":{"Labels":{"com.docker.compose.project":"p"}}},
        {"Name":"/q","State":{},"Config":{}}]"#;
    for (selector, n) in
        [("compose_project: p, ", 2), ("label: tier=web, ", 1), ("label: tier, ", 1), ("name: q, ", 1), ("", 3)]
    {
        assert_eq!(count(&read(json, selector, ""), "container.env", "containers"), n, "{selector}");
    }
}

#[test]
fn a_broken_file_is_malformed_with_its_line() {
    let batch = read("[\n{\"Name\":\"/a\",\n\"Config\": {\"Env\": 5}}]", "", "");
    assert_eq!(causes(&batch, "container.env"), [Cause::Malformed]);
    assert!(batch.gaps[0].shown().contains("line: 3"), "{}", batch.gaps[0].shown());
    assert_eq!(causes(&read("[{\"Name\":", "", ""), "container.env"), [Cause::Truncated]);
}

#[test]
fn a_file_over_the_limit_is_not_read() {
    let env = [format!("A={}", "x".repeat(4000))];
    let batch = read(&container(&env, ""), "", "limits: { file_bytes: 1000 }");
    assert_eq!(causes(&batch, "container.env"), [Cause::OverLimit]);
}

#[test]
fn a_declared_digest_that_does_not_run_is_unproven() {
    let (one, two) = ("ab".repeat(32), "cd".repeat(32));
    let json = format!(r#"{{"Name":"/api","State":{{}},"Image":"sha256:{one}","Config":{{}}}}"#);
    let batch = read(&json, &format!("image_digest: \"sha256:{two}\", "), "");
    assert_eq!(causes(&batch, "container.env"), [Cause::Unproven]);
    assert!(read(&json, &format!("image_digest: \"sha256:{one}\", "), "").gaps.is_empty());
}

#[test]
fn digests_that_tools_write_into_labels_are_no_secrets() {
    let hash: String = (0..64).map(|i| char::from(b"0123456789abcdef"[(i * 7 + 3) % 16])).collect();
    let json = format!(
        r#"{{"Name":"/api","State":{{}},"Config":{{"Labels":{{"com.docker.compose.config-hash":"{hash}",
        "com.docker.compose.image":"sha256:{hash}","org.opencontainers.image.revision":"{}",
        "com.docker.compose.project.working_dir":"/srv/app","maintainer":"Team <team@example.org>"}}}}}}"#,
        &hash[..40]
    );
    let batch = read(&json, "", "");
    assert!(batch.gaps.is_empty() && batch.evidence.is_empty(), "{}", shown(&batch));
}

#[test]
fn references_and_file_paths_are_no_plaintext() {
    let env: Vec<String> = [
        "JWT_SECRET_KEY_FILE=/run/secrets/jwt",
        "DB_SECRET=arn:aws:secretsmanager:us-east-1:111122223333:secret:app/prod/db",
        "REDIS_URL=redis://localhost:6379/0",
        "JWT_ALGORITHM=HS256",
        "JWT_SECRET_KEY_ROTATION_DAYS=90",
        "TOKEN_URL=https://login.example.org/token",
    ]
    .map(str::to_owned)
    .into();
    let batch = read(&container(&env, ""), "", "");
    let exposed: Vec<_> = batch.evidence.iter().filter(|one| one.word("class") == Some("plaintext")).collect();
    assert!(exposed.is_empty() && batch.gaps.is_empty(), "{}", shown(&batch));
}

/// A release directory: 40 hexadecimal digits, which the gate of names refuses.
fn release() -> String {
    let mut bytes = [0_u8; 20];
    loop {
        getrandom::fill(&mut bytes).unwrap();
        let hex = data_encoding::HEXLOWER.encode(&bytes);
        if leakproof::evidence::Name::admit(&hex).is_err() {
            return hex;
        }
    }
}

#[test]
fn a_mounted_env_file_below_a_commit_s_release_directory_is_not_dropped() {
    let release = release();
    let json = format!(
        r#"{{"Name":"/api","State":{{}},"Config":{{}},"Mounts":[{{"Type":"bind","Source":"/srv/{release}/.env","Destination":"/x"}}]}}"#
    );
    let batch = read(&json, "", "");
    let found = exposed(&batch, "container.metadata", "where", "mount");
    assert_eq!(found.len(), 1, "{}", shown(&batch));
    assert_eq!(found[0].subject.place.variable.as_ref().unwrap().as_str(), "(withheld path #1)");
    assert!(!shown(&batch).contains(&release));
}

#[test]
fn a_mount_whose_destination_is_an_env_file_is_one_whatever_its_source_is_called() {
    for host in [
        r#""Mounts":[{"Type":"bind","Source":"/srv/prod","Destination":"/app/.env"}]"#,
        r#""HostConfig":{"Binds":["/srv/prod:/app/.env:ro"]}"#,
        r#""HostConfig":{"Binds":["C:\\srv\\prod:/app/.env"]}"#,
        r#""HostConfig":{"Binds":["C:\\srv\\.env:D:\\x"]}"#,
        r#""HostConfig":{"Mounts":[{"Type":"bind","Source":"/srv/prod","Target":"/app/.env"}]}"#,
    ] {
        let batch = read(&format!(r#"{{"Name":"/api","State":{{}},"Config":{{}},{host}}}"#), "", "");
        assert_eq!(exposed(&batch, "container.metadata", "where", "mount").len(), 1, "{host}: {}", shown(&batch));
    }
}
