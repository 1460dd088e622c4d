//! Configuration that creates an env file again, and the system's own files that embed values.

use super::{class, found, host, survey, with, write};
use crate::scene::{secret, shown};
use leakproof::evidence::Cause;
use std::os::unix::fs::symlink;

#[test]
fn an_environment_file_of_a_unit_is_a_directive_even_while_the_file_is_missing() {
    let root = host();
    write(&root, "etc/systemd/system/app.service", "[Service]\nEnvironmentFile=-/srv/gone/.env\n");
    let batch = survey(&root);
    assert_eq!(found(&batch), ["directive /etc/systemd/system/app.service"]);
    assert_eq!(batch.evidence[0].word("by"), Some("systemd"));
    assert_eq!(batch.evidence[0].subject.place.line, Some(2));
}

#[test]
fn a_drop_in_s_environment_file_is_followed_and_judged() {
    let (root, value) = (host(), secret());
    write(&root, "etc/systemd/system/app.service.d/10-env.conf", "[Service]\nEnvironmentFile=/etc/default/app\n");
    write(&root, "etc/default/app", format!("DB_PASSWORD={value}\n"));
    let batch = survey(&root);
    assert_eq!(class(&batch, "directive /etc/systemd/system/app.service.d/10-env.conf"), "plaintext");
    assert_eq!(class(&batch, "env-file /etc/default/app"), "plaintext");
    assert!(!shown(&batch).contains(&value));
}

#[test]
fn stock_units_with_harmless_defaults_are_no_finding() {
    let root = host();
    write(&root, "usr/lib/systemd/system/cron.service", "[Service]\nEnvironmentFile=-/etc/default/cron\n");
    write(&root, "usr/lib/systemd/system/ssh.service", "[Service]\nEnvironmentFile=-/etc/default/ssh\n");
    write(&root, "etc/default/cron", "# READ_ENV\nEXTRA_OPTS=-l\n");
    symlink("usr/lib", root.path().join("lib")).unwrap();
    let batch = survey(&root);
    assert!(batch.evidence.is_empty() && batch.gaps.is_empty(), "{}", shown(&batch));
    assert_eq!(batch.coverage[0].count("units"), 2);
}

#[test]
fn an_assignment_in_a_unit_is_judged() {
    let (root, value) = (host(), secret());
    let unit = format!("[Service]\nEnvironment=PORT=1 \"API_TOKEN={value}\" \\\n  MODE=x\n");
    write(&root, "etc/systemd/system/app.service", unit);
    let batch = survey(&root);
    assert_eq!(found(&batch), ["directive /etc/systemd/system/app.service"]);
    let variable = batch.evidence[0].subject.place.variable.as_ref().map(ToString::to_string);
    assert_eq!(variable.as_deref(), Some("API_TOKEN"));
    assert!(!shown(&batch).contains(&value));
}

#[test]
fn every_form_of_env_file_in_compose_is_a_directive() {
    let root = host();
    let compose = "services:\n  a:\n    image: x\n    env_file: one.env\n  b:\n    env_file: [two.env]\n  c:\n    env_file:\n      - path: three.env\n        required: false\n";
    write(&root, "srv/app/docker-compose.prod.yml", compose);
    let batch = survey(&root);
    let mut names: Vec<String> =
        batch.evidence.iter().filter_map(|e| e.subject.place.variable.as_ref()).map(ToString::to_string).collect();
    names.sort();
    assert_eq!(names, ["one.env", "three.env", "two.env"]);
    assert!(batch.evidence.iter().all(|e| e.word("by") == Some("compose") && e.word("what") == Some("directive")));
}

#[test]
fn a_compose_env_file_outside_the_declared_directories_is_judged() {
    let (root, value) = (host(), secret());
    write(&root, "srv/app/compose.yaml", "services: { a: { env_file: ../../opt/app.conf } }\n");
    write(&root, "opt/app.conf", format!("API_TOKEN={value}\n"));
    let batch = survey(&root);
    assert_eq!(class(&batch, "directive /srv/app/compose.yaml"), "plaintext");
    assert!(found(&batch).iter().any(|line| line.starts_with("env-file ") && line.ends_with("opt/app.conf")));
}

#[test]
fn the_env_file_beside_a_compose_file_is_its_own() {
    let root = host();
    write(&root, "srv/app/compose.yaml", "services: {}\n");
    write(&root, "srv/app/.env", "TAG=1\n");
    let batch = survey(&root);
    assert_eq!(batch.evidence[0].word("by"), Some("compose"));
}

#[test]
fn a_compose_file_that_does_not_parse_is_a_gap() {
    let root = host();
    write(&root, "srv/app/compose.yaml", "services: [\n");
    assert_eq!(survey(&root).gaps.iter().map(|gap| gap.cause).collect::<Vec<_>>(), [Cause::Malformed]);
}

#[test]
fn system_files_and_profiles_count_when_they_give_a_value_away() {
    let (root, value) = (host(), secret());
    write(&root, "etc/environment", format!("API_TOKEN={value}\n"));
    write(&root, "etc/sysconfig/app", format!("DB_PASSWORD={value}\n"));
    write(&root, "root/.bashrc", format!("case $- in *i*) ;; esac\nif true; then\n  export APP_SECRET={value}\nfi\n"));
    write(&root, "home/deploy/.profile", format!("export API_TOKEN={value}\n"));
    write(&root, "home/clean/.profile", "export EDITOR=vi\n");
    write(&root, "etc/cron.d/job", format!("SHELL=/bin/sh\nAPI_TOKEN={value}\n* * * * * root run\n"));
    let batch = survey(&root);
    assert_eq!(
        found(&batch),
        [
            "profile /etc/cron.d/job",
            "profile /etc/environment",
            "profile /etc/sysconfig/app",
            "profile /home/deploy/.profile",
            "profile /root/.bashrc",
        ]
    );
    assert!(batch.evidence.iter().all(|evidence| evidence.word("by") == Some("system-files")));
    assert!(!shown(&batch).contains(&value));
}

#[test]
fn an_absolute_link_means_the_examined_root_and_not_this_machine() {
    let (root, value) = (host(), secret());
    write(&root, "opt/real", format!("API_TOKEN={value}\n"));
    std::fs::create_dir_all(root.path().join("etc")).unwrap();
    symlink("/opt/real", root.path().join("etc/environment")).unwrap();
    assert_eq!(found(&survey(&root)), ["profile /etc/environment"]);
}

#[test]
fn ecs_environment_files_are_downloaded_to_the_host() {
    let root = host();
    let definition = r#"{"taskDefinition":{"family":"api","containerDefinitions":[
        {"name":"app","environmentFiles":[{"type":"s3","value":"arn:aws:s3:::bucket/path/prod.env"}]},
        {"name":"proxy"}]}}"#;
    for (name, text) in [("task.json", definition), ("broken.json", r#"{"containerDefinitions":["#)] {
        write(&root, name, text);
    }
    write(&root, "policy.json", "{\"Statement\": [");
    write(&root, "run.yaml", "a: [\n");
    write(&root, "other.json", r#"{"kind":"Service"}"#);
    let deployment = |names: &[&str]| {
        let files: Vec<String> = names.iter().map(|name| root.path().join(name).display().to_string()).collect();
        with(&root, "directories: [/srv/app]", &format!("deployment: [ {} ]\n", files.join(", ")))
    };
    let batch = deployment(&["task.json", "other.json"]);
    assert_eq!(batch.evidence.len(), 1, "{:?}", found(&batch));
    let evidence = &batch.evidence[0];
    assert_eq!((evidence.word("what"), evidence.word("by")), (Some("directive"), Some("ecs")));
    assert_eq!(evidence.subject.place.variable.as_ref().map(ToString::to_string).as_deref(), Some("prod.env"));
    assert!(evidence.subject.place.path.as_ref().unwrap().as_str().ends_with("task.json"));
    assert!(batch.gaps.is_empty(), "{:?}", batch.gaps);
    let batch = deployment(&["broken.json", "policy.json", "run.yaml"]);
    assert_eq!(batch.gaps.iter().map(|gap| gap.cause).collect::<Vec<_>>(), [Cause::Malformed]);
    assert!(!batch.coverage[0].is_complete());
    assert_eq!(deployment(&["gone.json"]).gaps[0].cause, Cause::NotFound);
}

#[test]
fn a_command_of_a_unit_that_takes_an_env_file_or_a_value_is_a_directive() {
    let (root, value) = (host(), secret());
    let unit = format!(
        "[Service]\nExecStart=/usr/bin/docker run --env-file /opt/app/.env -e API_TOKEN={value} -e PORT=1 app\nSetCredential=db-password:{value}\n"
    );
    write(&root, "etc/systemd/system/app.service", unit);
    let batch = survey(&root);
    let mut about: Vec<String> =
        batch.evidence.iter().filter_map(|e| e.subject.place.variable.as_ref()).map(ToString::to_string).collect();
    about.sort();
    assert_eq!(about, ["/opt/app/.env", "API_TOKEN", "db-password"]);
    assert!(!shown(&batch).contains(&value));
}

#[test]
fn a_pattern_of_environment_files_is_followed_even_if_it_is_optional() {
    let (root, value) = (host(), secret());
    write(&root, "etc/systemd/system/app.service", "[Service]\nEnvironmentFile=-/opt/conf.d/*.conf\n");
    write(&root, "opt/conf.d/app.conf", format!("API_TOKEN={value}\n"));
    write(&root, "opt/conf.d/other.txt", format!("API_TOKEN={value}\n"));
    let batch = survey(&root);
    assert_eq!(found(&batch), ["directive /etc/systemd/system/app.service", "env-file /opt/conf.d/app.conf"]);
}

#[test]
fn the_manager_s_own_defaults_are_judged() {
    let (root, value) = (host(), secret());
    write(&root, "etc/systemd/system.conf", format!("[Manager]\nDefaultEnvironment=API_TOKEN={value}\n"));
    write(&root, "etc/systemd/system.conf.d/a.conf", format!("[Manager]\nManagerEnvironment=API_TOKEN={value}\n"));
    let expected = ["directive /etc/systemd/system.conf", "directive /etc/systemd/system.conf.d/a.conf"];
    assert_eq!(found(&survey(&root)), expected);
}

#[test]
fn compose_files_that_another_one_names_are_read() {
    let root = host();
    let compose = "include: [ /opt/base/one.txt, { path: [ /opt/base/two.txt ] } ]\nservices:\n  a: { extends: { file: ../../opt/base/three.txt, service: a } }\n";
    write(&root, "srv/app/Docker-Compose.YML", compose);
    for name in ["one", "two", "three"] {
        let text = format!("include: [ /srv/app/Docker-Compose.YML ]\nservices: {{ a: {{ env_file: {name}.env }} }}\n");
        write(&root, &format!("opt/base/{name}.txt"), text);
    }
    let batch = survey(&root);
    let mut names: Vec<String> =
        batch.evidence.iter().filter_map(|e| e.subject.place.variable.as_ref()).map(ToString::to_string).collect();
    names.sort();
    assert_eq!(names, ["one.env", "three.env", "two.env"]);
}

#[test]
fn a_profile_s_value_is_found_whatever_stands_before_it() {
    for line in [
        "export\tJWT_SECRET_KEY=@",
        "[ -n \"$PS1\" ] && export JWT_SECRET_KEY=@",
        "umask 022; export JWT_SECRET_KEY=@",
        "if true; then export JWT_SECRET_KEY=@; fi",
        "export EDITOR=vi JWT_SECRET_KEY=@",
        "alias run='JWT_SECRET_KEY=@ /opt/app/run'",
        "JWT_SECRET_KEY='@' nohup app &",
    ] {
        let (root, value) = (host(), secret());
        write(&root, "home/deploy/.bashrc", format!("# profile\n{}\n", line.replace('@', &value)));
        let batch = survey(&root);
        assert_eq!(found(&batch), ["profile /home/deploy/.bashrc"], "{line}");
        assert_eq!(
            batch.evidence[0].fact("exposed").map(|fact| format!("{fact:?}")).as_deref(),
            Some("Int(1)"),
            "{line}"
        );
        assert!(!shown(&batch).contains(&value), "{line}");
    }
}

#[test]
fn scripts_that_run_jobs_and_services_are_profiles_too() {
    for (path, line) in [
        ("etc/cron.daily/job", "#!/bin/sh\nAPI_TOKEN=@ /opt/app/job\n"),
        ("etc/cron.d/job", "0 4 * * * root API_TOKEN=@ /opt/app/job\n"),
        ("etc/supervisor/conf.d/app.conf", "[program:app]\nenvironment=PORT=\"1\",API_TOKEN=\"@\"\n"),
        ("etc/rc.local", "API_TOKEN=@ /opt/app/run &\n"),
        ("home/deploy/.config/environment.d/app.conf", "API_TOKEN=@\n"),
        ("etc/security/pam_env.conf", "PATH DEFAULT=/bin\nAPI_TOKEN DEFAULT=@\n"),
    ] {
        let (root, value) = (host(), secret());
        write(&root, path, line.replace('@', &value));
        assert_eq!(found(&survey(&root)), [format!("profile /{path}")]);
    }
}

#[test]
fn a_value_in_a_compose_file_itself_is_a_directive() {
    for service in [
        "environment: { JWT_SECRET_KEY: @ }",
        "environment: [ PORT=1, JWT_SECRET_KEY=@ ]",
        "environment: { JWT_SECRET_KEY: \"${JWT_SECRET_KEY:-@}\" }",
        "build: { args: { JWT_SECRET_KEY: @ } }",
        "command: [ run, --jwt-secret-key=@ ]",
        "command: run --jwt-secret-key @",
        "healthcheck: { test: [ CMD, curl, -H, \"Authorization: Bearer @\", \"http://localhost\" ] }",
        "environment: { <<: { JWT_SECRET_KEY: @ }, PORT: 1 }",
    ] {
        let (root, value) = (host(), secret());
        write(&root, "srv/app/compose.yaml", format!("services: {{ a: {{ {} }} }}\n", service.replace('@', &value)));
        let batch = survey(&root);
        assert_eq!(found(&batch), ["directive /srv/app/compose.yaml"], "{service}");
        assert_eq!(batch.evidence[0].word("class"), Some("plaintext"), "{service}");
        assert!(!shown(&batch).contains(&value));
    }
    let root = host();
    let clean = "environment: { JWT_SECRET_KEY: \"${JWT_SECRET_KEY}\", DATABASE_URL: , PORT: 8000, JWT_SECRET_KEY_FILE: /run/secrets/jwt }";
    write(&root, "srv/app/compose.yaml", format!("services: {{ a: {{ {clean} }} }}\n"));
    let batch = survey(&root);
    assert!(batch.evidence.is_empty() && batch.gaps.is_empty(), "{}", shown(&batch));
}
