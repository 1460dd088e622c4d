//! Containers from a saved `docker inspect`.

use super::rig::{CONTAINER, causes, collect, count, exposed, of, secret, shown};
use leakproof::evidence::{Batch, Cause, Fact};

pub(super) fn read(json: &str, selector: &str, rest: &str) -> Batch {
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

#[test]
fn objects_that_are_no_container_and_no_image_are_malformed_not_skipped() {
    let api = r#"{"Name":"/api","State":{},"Config":{}}"#;
    let env = format!(r#"["JWT_SECRET_KEY={}"]"#, secret());
    for other in [
        format!(r#"{{"Name":"/b","Config":{{"Env":{env}}}}}"#),
        format!(r#"{{"Name":"/b","state":{{}},"config":{{"Env":{env}}}}}"#),
        format!(r#"{{"Name":"/b","State":{{}},"config":{{"Env":{env}}}}}"#),
        format!(r#"{{"Name":"/b","State":{{}},"Config":{{"env":{env}}}}}"#),
        format!(r#"{{"Name":"/b","State":{{}},"Config":{{"ENV":{env}}}}}"#),
        r#"{"RootFS":{"Layers":[]}}"#.to_owned(),
        "{}".to_owned(),
    ] {
        for json in [format!("[{api},{other}]"), format!("[{other},{api}]")] {
            let batch = read(&json, "", "");
            assert!(causes(&batch, "container.env").contains(&Cause::Malformed), "{other}: {}", shown(&batch));
            assert!(batch.coverage.iter().all(|coverage| !coverage.is_complete()));
        }
    }
    assert!(read(&format!("[{api}]"), "", "").gaps.is_empty());
}

#[test]
fn an_object_with_a_state_is_a_container_whatever_else_it_has() {
    let env = format!(r#"["JWT_SECRET_KEY={}"]"#, secret());
    for more in [r#""State":{},"RootFS":{"Layers":[]}"#, r#""Path":"/app","Args":[]"#, r#""HostConfig":{}"#] {
        let batch = read(&format!(r#"{{"Name":"/api",{more},"Config":{{"Env":{env}}}}}"#), "", "");
        assert_eq!(of(&batch, "container.env", "JWT_SECRET_KEY").len(), 1, "{more}: {}", shown(&batch));
    }
}

#[test]
fn an_image_s_value_that_the_container_unsets_is_still_a_leak_of_the_image() {
    let (id, value) = (format!("sha256:{}", "ab".repeat(32)), secret());
    for own in [r#"["JWT_SECRET_KEY"]"#, r#"["JWT_SECRET_KEY="]"#, "[]", "null"] {
        let json = format!(
            r#"[{{"Name":"/api","State":{{}},"Image":"{id}","Config":{{"Env":{own}}}}},
                {{"Id":"{id}","RootFS":{{}},"Config":{{"Env":["JWT_SECRET_KEY={value}","PATH=/bin"]}}}}]"#
        );
        let batch = read(&json, "", "");
        let found = exposed(&batch, "container.env", "origin", "image");
        assert_eq!(found.len(), 1, "{own}: {}", shown(&batch));
        assert!(!shown(&batch).contains(&value));
    }
}

#[test]
fn a_container_without_any_variable_is_legal_and_says_so() {
    for config in [r#"{"Env":null}"#, r#"{"Env":[]}"#, "{}"] {
        let batch = read(&format!(r#"{{"Name":"/api","State":{{}},"Config":{config}}}"#), "", "");
        let coverage = batch.coverage.iter().find(|one| one.kind.as_str() == "container.env").unwrap();
        assert!(coverage.examined.iter().any(|(unit, n)| unit.as_str() == "variables" && *n == 0));
        assert!(batch.gaps.is_empty());
    }
}

#[test]
fn a_bare_value_is_undetermined_and_never_shown_as_a_name() {
    let values = [secret(), format!("{}==", secret()).replace('=', "/"), format!("--password {}", secret())];
    for value in values {
        let batch = read(&container(std::slice::from_ref(&value), ""), "", "");
        assert!(!shown(&batch).contains(&value), "a value is shown");
        let review = batch.gaps.len() + exposed(&batch, "container.env", "origin", "unknown").len();
        assert!(review > 0, "{}", shown(&batch));
    }
}

#[test]
fn a_name_that_is_no_identifier_may_hold_a_value() {
    let value = secret();
    for entry in [
        format!(r#"{{"password":"{value}","a":"b=c"}}"#),
        format!("--password {value} --x=y"),
        format!("DB_PASSWORD: {value} TOKEN=x"),
        format!("{value}=x"),
    ] {
        let batch = read(&container(std::slice::from_ref(&entry), ""), "", "");
        assert!(!shown(&batch).contains(&value), "{}", shown(&batch).replace(&value, "VALUE"));
        if !entry.ends_with("=x") || entry.contains(' ') {
            assert_eq!(batch.evidence[0].word("class"), Some("plaintext"), "{}", shown(&batch));
        }
    }
}

#[test]
fn a_label_s_key_that_holds_a_value_is_reported_and_withheld() {
    let value = secret();
    for labels in [format!(r#"{{"password={value}":""}}"#), format!(r#"{{"password={value}":"--token=placeholder"}}"#)]
    {
        let batch = read(&container(&[], &format!(r#","Labels":{labels}"#)), "", "");
        assert_eq!(exposed(&batch, "container.metadata", "where", "label").len(), 1, "{}", shown(&batch));
        assert!(!shown(&batch).contains(&value));
    }
}

#[test]
fn settings_without_a_word_of_their_own_are_read_too() {
    let value = secret();
    let text = format!("--password={value}");
    for (config, more) in [
        (format!(r#""User":"{text}""#), String::new()),
        (format!(r#""Hostname":"{text}""#), String::new()),
        (format!(r#""Domainname":"{text}""#), String::new()),
        (format!(r#""OnBuild":["RUN {text}"]"#), String::new()),
        (format!(r#""Shell":["sh","{text}"]"#), String::new()),
        (format!(r#""CreateCommand":["podman","run","-e","API_TOKEN={value}"]"#), String::new()),
        (format!(r#""Annotations":{{"api-token":"{value}"}}"#), String::new()),
        (String::new(), format!(r#""State":{{"Error":"failed: {text}"}}"#)),
        (String::new(), format!(r#""State":{{"Health":{{"Log":[{{"Output":"{text}"}}]}}}}"#)),
        (String::new(), format!(r#""HostConfig":{{"SecurityOpt":["{text}"]}}"#)),
        (String::new(), format!(r#""HostConfig":{{"ExtraHosts":["{text}"]}}"#)),
        (String::new(), format!(r#""HostConfig":{{"Sysctls":{{"api.password":"{value}"}}}}"#)),
        (String::new(), format!(r#""HostConfig":{{"StorageOpt":{{"password":"{value}"}}}}"#)),
        (String::new(), format!(r#""HostConfig":{{"Annotations":{{"password":"{value}"}}}}"#)),
        (
            String::new(),
            format!(
                r#""HostConfig":{{"Mounts":[{{"Type":"volume","Target":"/x","VolumeOptions":{{"DriverConfig":{{"Name":"local",
                "Options":{{"type":"cifs","password":"{value}"}}}}}}}}]}}"#
            ),
        ),
    ] {
        let more = if more.is_empty() { r#""State":{}"#.to_owned() } else { more };
        let batch = read(&format!(r#"{{"Name":"/api",{more},"Config":{{{config}}}}}"#), "", "");
        let found = exposed(&batch, "container.metadata", "where", "other");
        assert_eq!(found.len(), 1, "{config}{more}: {}", shown(&batch).replace(&value, "VALUE"));
        assert!(!shown(&batch).contains(&value));
    }
}

#[test]
fn an_image_beside_the_containers_is_judged_too() {
    let json = format!(
        r#"[{{"Name":"/api","State":{{}},"Config":{{}}}},{{"Id":"x","RootFS":{{}},"Config":{{"Env":["JWT_SECRET_KEY={}"]}}}}]"#,
        secret()
    );
    assert_eq!(exposed(&read(&json, "", ""), "container.env", "origin", "image").len(), 1);
}

#[test]
fn a_container_that_its_engine_starts_again_did_not_start_cleanly() {
    let state = |text: &str| {
        let json = format!(r#"{{"Name":"/api",{text},"Config":{{}}}}"#);
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("inspect.json"), json).unwrap();
        let yaml = "service: t\ncontainers: [ { inspect_file: inspect.json } ]\n";
        collect(yaml, dir.path(), &["container.state"])
    };
    let batch = state(r#""State":{"Status":"restarting"},"RestartCount":3"#);
    let evidence = &batch.evidence[0];
    assert_eq!((evidence.word("state"), evidence.fact("restarts")), (Some("restarting"), Some(&Fact::Int(3))));
    let silent = state(r#""State":{"Status":"running"}"#);
    assert!(silent.evidence.is_empty());
    assert_eq!(causes(&silent, "container.state"), [Cause::Unproven]);
}
