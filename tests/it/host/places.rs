//! Places that nobody declares and that count all the same, and machines that are not the one that was meant.

use super::{class, found, host, survey, with, write};
use crate::commands::leakproof;
use crate::scene::{secret, shown};
use leakproof::evidence::{Cause, Fact};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;
use tempfile::TempDir;

#[test]
fn the_home_of_the_deploy_user_is_searched_although_only_srv_is_declared() {
    let (root, value) = (host(), secret());
    write(&root, "home/deploy/.env", format!("API_TOKEN={value}\n"));
    write(&root, "home/deploy/app/.env.bak", format!("API_TOKEN={value}\n"));
    write(&root, "root/.env.production", "PORT=1\n");
    write(&root, "home/deploy/.cache/.env", "PORT=1\n");
    write(&root, "home/deploy/app/deep/er/.env", "PORT=1\n");
    write(&root, "home/deploy/app/.env.example", "PORT=1\n");
    let batch = survey(&root);
    assert_eq!(
        found(&batch),
        [
            "backup /home/deploy/app/.env.bak",
            "env-file /home/deploy/.env",
            "env-file /home/deploy/app/deep/er/.env",
            "env-file /root/.env.production",
            "template /home/deploy/app/.env.example",
        ]
    );
    assert!(batch.evidence.iter().all(|evidence| evidence.word("by") == Some("home")));
    assert_eq!(class(&batch, "env-file /home/deploy/.env"), "plaintext");
    assert!(batch.gaps.is_empty() && !shown(&batch).contains(&value), "{}", shown(&batch));
    assert_eq!((batch.coverage[0].count("homes"), batch.coverage[0].count("directories")), (2, 6));
}

#[test]
fn other_containers_volumes_are_searched() {
    let (root, value) = (host(), secret());
    write(&root, "var/lib/docker/volumes/app_data/_data/.env", format!("API_TOKEN={value}\n"));
    write(&root, "var/lib/docker/volumes/other/_data/site/.env", "PORT=1\n");
    write(&root, "var/lib/docker/volumes/metadata.db", "x");
    let batch = survey(&root);
    let data = "/var/lib/docker/volumes";
    assert_eq!(
        found(&batch),
        [format!("env-file {data}/app_data/_data/.env"), format!("env-file {data}/other/_data/site/.env")]
    );
    assert!(batch.evidence.iter().all(|evidence| evidence.word("by") == Some("volume")));
    assert_eq!(batch.coverage[0].count("volumes"), 2);
}

#[test]
fn a_home_that_is_declared_or_linked_is_searched_once() {
    let root = host();
    write(&root, "home/deploy/.env", "PORT=1\n");
    symlink("/home/deploy", root.path().join("home/alias")).unwrap();
    assert_eq!(survey(&root).evidence.len(), 1);
    for declared in ["/home/deploy", "/home"] {
        let batch = with(&root, &format!("directories: [{declared}]"), "");
        assert_eq!(batch.evidence.len(), 1, "{declared}: {:?}", found(&batch));
        assert_eq!(batch.evidence[0].word("by"), Some("directory-search"));
    }
}

#[test]
fn an_unreadable_home_is_no_pass() {
    let root = host();
    write(&root, "home/deploy/.env", "A=1");
    let home = root.path().join("home/deploy");
    std::fs::set_permissions(&home, std::fs::Permissions::from_mode(0o000)).unwrap();
    let readable = std::fs::read_dir(&home).is_ok();
    let batch = survey(&root);
    std::fs::set_permissions(&home, std::fs::Permissions::from_mode(0o700)).unwrap();
    if readable {
        // The superuser may read it after all: then the file in it must be found.
        assert_eq!(found(&batch), ["env-file /home/deploy/.env"]);
        return;
    }
    assert!(batch.gaps.iter().any(|gap| gap.cause == Cause::Denied));
    assert!(!batch.coverage[0].is_complete());
}

/// Runs `leakproof check` where a tmpfs with one env file is mounted below the root; `None` where the system
/// grants nobody a namespace of their own.
fn mounted(root: &TempDir, directory: &str, at: &str, file: &str) -> Option<i32> {
    if !Command::new("unshare").args(["-rm", "true"]).status().is_ok_and(|status| status.success()) {
        return None;
    }
    let (path, at) = (root.path().display(), root.path().join(at));
    std::fs::create_dir_all(&at).unwrap();
    let yaml = format!("service: s\nhosts: [ {{ local: {{ directories: [ {directory} ], root: \"{path}\" }} }} ]\n");
    std::fs::write(root.path().join("leakproof.yaml"), yaml).unwrap();
    let script = "mount -t tmpfs none \"$1\" && echo \"API_TOKEN=$2\" > \"$1/$3\" && shift 3 && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", script, "sh"]).arg(at).args([&secret(), file]);
    command.arg(leakproof().get_program()).args(["check", "--rule", "host/env-files", "-q"]);
    command.current_dir(root.path()).output().unwrap().status.code()
}

#[test]
fn mount_points_are_searched_and_not_skipped_as_other_file_systems() {
    let root = host();
    assert!(matches!(mounted(&root, "/srv/app", "srv/app/data", ".env"), None | Some(1)));
}

#[test]
fn a_vault_agent_s_files_in_memory_are_no_env_file() {
    let root = host();
    assert!(matches!(mounted(&root, "/vault", "vault/secrets", "api.env"), None | Some(0)));
    write(&root, "vault/other/api.env", format!("API_TOKEN={}\n", secret()));
    assert!(matches!(mounted(&root, "/vault", "vault/secrets", "api.env"), None | Some(1)));
}

#[test]
fn another_host_than_the_declared_one_is_no_pass() {
    let root = host();
    write(&root, "etc/hostname", "web1\n");
    write(&root, "etc/hosts", "127.0.0.1 localhost\n10.0.0.1 web1.example.org web1\n");
    for same in ["web1", "WEB1", "web1.example.org"] {
        let batch = with(&root, &format!("directories: [/srv/app], hostname: {same}"), "");
        assert!(batch.gaps.is_empty(), "{same}: {}", shown(&batch));
    }
    for other in ["web2", "web1.staging.org", "localhost"] {
        let batch = with(&root, &format!("directories: [/srv/app], hostname: {other}"), "");
        assert_eq!(batch.gaps.iter().map(|gap| gap.cause).collect::<Vec<_>>(), [Cause::Unproven]);
        let text = batch.gaps[0].shown();
        assert!(text.contains(&format!("declared: {other}")) && text.contains("observed: web1"), "{text}");
    }
}

#[test]
fn an_env_directory_in_a_home_is_searched_and_a_python_one_is_not() {
    let (root, value) = (host(), secret());
    write(&root, "home/deploy/.env/postgres", format!("DB_PASSWORD={value}\n"));
    write(&root, "root/.env/pyvenv.cfg", "home = /usr/bin\n");
    let batch = survey(&root);
    assert_eq!(found(&batch), ["directory /root/.env", "env-file /home/deploy/.env/postgres"]);
    assert_eq!(batch.evidence[0].fact("known"), Some(&Fact::Bool(false)));
}

#[test]
fn a_home_that_only_the_user_list_names_is_searched() {
    let (root, value) = (host(), secret());
    write(&root, "etc/passwd", "root:x:0:0::/root:/bin/sh\napp:x:999:999::/var/lib/app:/bin/sh\n");
    write(&root, "var/lib/app/.env", format!("API_TOKEN={value}\n"));
    write(&root, "var/lib/app/.profile", format!("export API_TOKEN={value}\n"));
    assert_eq!(found(&survey(&root)), ["env-file /var/lib/app/.env", "profile /var/lib/app/.profile"]);
}
