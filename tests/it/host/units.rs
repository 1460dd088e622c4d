//! Where units lie, what their patterns match, and what stands in their commands.

use super::{found, host, survey, write};
use crate::scene::{secret, shown};
use leakproof::evidence::Cause;
use std::os::unix::fs::symlink;

/// Tried naively, this pattern would not end before the test run does.
#[test]
fn a_pattern_of_many_stars_does_not_hang_the_survey() {
    let root = host();
    let pattern = "*a".repeat(25) + "b";
    write(&root, "etc/systemd/system/app.service", format!("[Service]\nEnvironmentFile=-/opt/{pattern}\n"));
    write(&root, &format!("opt/{}", "a".repeat(60)), format!("API_TOKEN={}\n", secret()));
    let batch = survey(&root);
    assert!(batch.evidence.is_empty(), "nothing matches: {}", shown(&batch));
}

#[test]
fn units_lie_in_more_directories_than_two() {
    for directory in [
        "run/systemd/transient",
        "run/systemd/generator",
        "etc/systemd/system.control",
        "etc/systemd/system.attached",
        "usr/lib/systemd/user",
        "home/deploy/.config/systemd/user",
        "run/user/1000/systemd/transient",
        "etc/containers/systemd",
        "home/deploy/.config/containers/systemd",
        "etc/systemd/system/app.service.d",
    ] {
        let (root, value) = (host(), secret());
        let name = if directory.contains("containers") { "app.container" } else { "app.service" };
        let name = if directory.ends_with(".d") { "override.conf" } else { name };
        write(&root, &format!("{directory}/{name}"), format!("[Service]\nEnvironment=JWT_SECRET_KEY={value}\n"));
        let batch = survey(&root);
        assert_eq!(found(&batch), [format!("directive /{directory}/{name}")]);
        assert!(!shown(&batch).contains(&value));
    }
}

#[test]
fn a_drop_in_directory_that_is_a_link_is_followed() {
    let (root, value) = (host(), secret());
    write(&root, "opt/units/override.conf", format!("[Service]\nEnvironment=API_TOKEN={value}\n"));
    write(&root, "etc/systemd/system/app.service", "[Service]\nExecStart=/opt/app/run\n");
    symlink("/opt/units", root.path().join("etc/systemd/system/app.service.d")).unwrap();
    symlink("..", root.path().join("etc/systemd/system/circle")).unwrap();
    assert_eq!(found(&survey(&root)), ["directive /opt/units/override.conf"]);
}

#[test]
fn a_value_in_a_unit_s_command_is_found_in_whatever_shell_or_flag_it_stands() {
    for command in [
        "/bin/sh -c 'JWT_SECRET_KEY=@ exec /opt/app/run'",
        "/bin/bash -c \"export JWT_SECRET_KEY=@; exec app\"",
        "/opt/app/run --jwt-secret-key=@",
        "/opt/app/run --jwt-secret-key @",
        "/usr/bin/docker run -eJWT_SECRET_KEY=@ app",
        "/usr/bin/docker run -e JWT_SECRET_KEY=@ app",
        "/usr/bin/podman run --env=JWT_SECRET_KEY=@ app",
        "-/usr/bin/env PORT=1 JWT_SECRET_KEY=@ app",
        "/opt/app/run postgres://app:@@db/app",
    ] {
        let (root, value) = (host(), secret());
        let unit = format!("[Service]\nExecStart={}\n", command.replacen('@', &value, 1));
        write(&root, "etc/systemd/system/app.service", unit);
        let batch = survey(&root);
        assert_eq!(found(&batch), ["directive /etc/systemd/system/app.service"], "{command}");
        assert_eq!(batch.evidence[0].word("class"), Some("plaintext"), "{command}");
        assert!(!shown(&batch).contains(&value), "{command}");
    }
}

#[test]
fn a_quadlet_s_env_file_is_a_directive() {
    let (root, value) = (host(), secret());
    let quadlet = "[Container]\nImage=app\nEnvironmentFile=app.env\nPodmanArgs=--env-file /opt/other.env\n";
    write(&root, "etc/containers/systemd/app.container", quadlet);
    write(&root, "etc/containers/systemd/app.env", format!("API_TOKEN={value}\n"));
    assert_eq!(
        found(&survey(&root)),
        [
            "directive /etc/containers/systemd/app.container",
            "directive /etc/containers/systemd/app.container",
            "env-file /etc/containers/systemd/app.env",
        ]
    );
}

#[test]
fn an_env_file_that_a_shell_reads_in_a_unit_is_a_directive() {
    let root = host();
    let unit = "[Service]\nExecStart=/bin/sh -c '. /opt/app/.env; exec /usr/bin/env app --port=1'\n";
    write(&root, "etc/systemd/system/app.service", unit);
    assert_eq!(found(&survey(&root)), ["directive /etc/systemd/system/app.service"]);
}

#[test]
fn a_unit_directory_that_cannot_be_followed_is_no_pass() {
    let root = host();
    std::fs::create_dir_all(root.path().join("etc/systemd")).unwrap();
    symlink("system", root.path().join("etc/systemd/system")).unwrap();
    let batch = survey(&root);
    assert!(!batch.coverage[0].is_complete() && batch.gaps.iter().any(|gap| gap.cause == Cause::Malformed));
}
