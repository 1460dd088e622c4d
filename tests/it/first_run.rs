//! A CI owner's first run: an ordinary checkout, no configuration.

use crate::commands::{leakproof, report};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn git(directory: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .current_dir(directory)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args(["-c", "user.name=test", "-c", "user.email=test@example.invalid", "-c", "protocol.file.allow=always"])
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "git {arguments:?}");
}

/// A clean repository with a clean Dockerfile, in `origin`, with two commits.
fn clean_origin(folder: &Path) {
    let origin = folder.join("origin");
    std::fs::create_dir(&origin).unwrap();
    git(&origin, &["init", "-q", "-b", "main"]);
    std::fs::write(origin.join(".gitignore"), ".env\n.env.*\n!.env.example\n").unwrap();
    std::fs::write(origin.join(".dockerignore"), ".git\n**/.env\n**/.env.*\n").unwrap();
    std::fs::write(origin.join("Dockerfile"), "FROM scratch\nCOPY . .\nCMD [\"/app\"]\n").unwrap();
    git(&origin, &["add", "-A"]);
    git(&origin, &["commit", "-q", "-m", "add the service"]);
    std::fs::write(origin.join("app.py"), "import os\n").unwrap();
    git(&origin, &["add", "-A"]);
    git(&origin, &["commit", "-q", "-m", "add the application"]);
}

#[test]
fn a_full_checkout_of_a_clean_repository_passes() {
    let folder = tempfile::tempdir().unwrap();
    clean_origin(folder.path());
    git(folder.path(), &["clone", "-q", "origin", "clone"]);
    let out = leakproof().arg("check").current_dir(folder.path().join("clone")).assert().code(0);
    let text = String::from_utf8_lossy(&out.get_output().stdout).to_string();
    assert!(text.contains("VERDICT: PASS"), "{text}");
    assert!(text.contains("not selected"), "absent targets are named: {text}");
}

/// The repository is one thing: a gate that runs in a folder of it must not pass what lies above.
#[test]
fn a_subfolder_is_examined_as_the_whole_repository() {
    let folder = tempfile::tempdir().unwrap();
    clean_origin(folder.path());
    let origin = folder.path().join("origin");
    let value = crate::scene::secret();
    std::fs::write(origin.join("Dockerfile"), format!("FROM scratch\nENV JWT_SECRET_KEY={value}\n")).unwrap();
    std::fs::create_dir(origin.join("sub")).unwrap();
    std::fs::write(origin.join("sub/notes.txt"), "nothing\n").unwrap();
    git(&origin, &["add", "-A"]);
    git(&origin, &["commit", "-q", "-m", "bake"]);
    std::fs::write(origin.join(".env"), format!("DATABASE_PASSWORD={value}\n")).unwrap();
    git(&origin, &["add", "-f", ".env"]);
    git(&origin, &["commit", "-q", "-m", "add an env file"]);
    std::fs::write(origin.join("sub/leakproof.yaml"), "service: api\nrepositories: [ \".\" ]\n").unwrap();
    for (place, more) in [(&*origin, None), (&origin.join("sub"), None), (&*origin, Some("sub/leakproof.yaml"))] {
        for (rule, shown) in [("source/dockerfile", "JWT_SECRET_KEY"), ("git/history", "DATABASE_PASSWORD")] {
            let mut command = leakproof();
            command.args(["check", "--rule", rule]).args(more.map(|file| ["-c", file]).into_iter().flatten());
            let out = command.current_dir(place).assert().code(1);
            let text = String::from_utf8_lossy(&out.get_output().stdout).to_string();
            assert!(text.contains(shown), "{text}");
        }
    }
}

/// Nothing to examine and nothing declared: that is a selection that is empty.
#[test]
fn a_named_rule_without_a_target_is_an_empty_selection() {
    let folder = tempfile::tempdir().unwrap();
    leakproof().args(["check", "--rule", "git/history"]).current_dir(folder.path()).assert().code(2);
}

#[test]
fn a_shallow_checkout_is_unverified_with_one_reason_and_the_command_that_mends_it() {
    let folder = tempfile::tempdir().unwrap();
    clean_origin(folder.path());
    let origin = format!("file://{}", folder.path().join("origin").display());
    git(folder.path(), &["clone", "-q", "--depth", "1", &origin, "clone"]);
    let out = leakproof().arg("check").current_dir(folder.path().join("clone")).assert().code(3);
    let text = String::from_utf8_lossy(&out.get_output().stdout).to_string();
    let reasons: Vec<&str> = text.lines().filter(|line| line.trim_start().starts_with("? ")).collect();
    assert_eq!(reasons.len(), 1, "{text}");
    assert!(text.contains("git fetch --unshallow"), "{text}");
    leakproof().args(["check", "--unverified", "warn"]).current_dir(folder.path().join("clone")).assert().code(0);
    git(&folder.path().join("clone"), &["fetch", "-q", "--unshallow"]);
    leakproof().arg("check").current_dir(folder.path().join("clone")).assert().code(0);
}

#[test]
fn a_leak_in_a_subfolder_of_a_deleted_branch_s_merge_fails_the_gate() {
    let folder = tempfile::tempdir().unwrap();
    clean_origin(folder.path());
    let origin = folder.path().join("origin");
    git(&origin, &["checkout", "-q", "-b", "side"]);
    std::fs::create_dir(origin.join("svc")).unwrap();
    let value = crate::scene::secret();
    std::fs::write(origin.join("svc/.env"), format!("JWT_SECRET_KEY={value}\n")).unwrap();
    git(&origin, &["add", "-f", "svc/.env"]);
    git(&origin, &["commit", "-q", "-m", "try"]);
    git(&origin, &["rm", "-q", "svc/.env"]);
    git(&origin, &["commit", "-q", "-m", "remove"]);
    git(&origin, &["checkout", "-q", "main"]);
    git(&origin, &["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    git(&origin, &["branch", "-q", "-D", "side"]);
    let report = report(leakproof().args(["check", "-f", "json"]).current_dir(&origin));
    let finding = &report["findings"][0];
    assert_eq!((finding["rule"].as_str(), finding["verdict"].as_str()), (Some("git/history"), Some("fail")));
    assert_eq!(finding["subject"]["path"], "svc/.env");
    assert!(!report.to_string().contains(&value));
}

#[test]
fn the_configuration_is_read_from_the_base_branch_on_request() {
    let folder = tempfile::tempdir().unwrap();
    clean_origin(folder.path());
    let origin = folder.path().join("origin");
    std::fs::write(origin.join("leakproof.yaml"), "service: api\nrepositories: [ \".\" ]\n").unwrap();
    git(&origin, &["add", "leakproof.yaml"]);
    git(&origin, &["commit", "-q", "-m", "declare"]);
    std::fs::write(origin.join("leakproof.yaml"), "servis: the pull request broke it\n").unwrap();
    let only = ["--rule", "git/ignore"];
    leakproof().arg("check").args(only).current_dir(&origin).assert().code(2);
    leakproof().args(["check", "--config-from", "main"]).args(only).current_dir(&origin).assert().code(0);
    leakproof().args(["check", "--config-from", "nowhere"]).args(only).current_dir(&origin).assert().code(2);
    // Whoever may push a tag must not choose the configuration: git itself would take the tag.
    git(&origin, &["tag", "main"]);
    leakproof().args(["check", "--config-from", "main"]).args(only).current_dir(&origin).assert().code(2);
    leakproof().args(["check", "--config-from", "refs/heads/main"]).args(only).current_dir(&origin).assert().code(0);
}

#[test]
fn offline_leaves_live_targets_out_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    clean_origin(folder.path());
    let origin = folder.path().join("origin");
    let url = "http://127.0.0.1:9";
    let configuration =
        format!("service: api\nrepositories: [ \".\" ]\nservice_url: {url}\ncontainers: [ {{ name: api }} ]\n");
    std::fs::write(origin.join("leakproof.yaml"), configuration).unwrap();
    let report = report(leakproof().args(["check", "--offline", "-f", "json"]).current_dir(&origin));
    let verdict = |rule: &str| {
        let found = report["findings"].as_array().unwrap().iter().find(|finding| finding["rule"] == rule);
        found.map(|finding| finding["verdict"].as_str().unwrap().to_owned())
    };
    assert_eq!(verdict("service/health"), None);
    assert_eq!(verdict("git/history").as_deref(), Some("pass"));
    // What nobody declared is no less undeclared without a network.
    assert_eq!(verdict("image/env-and-args").as_deref(), Some("unverified"));
    assert!(report["notes"].to_string().contains("left out by --offline: live targets of containers, service_url"));
}

#[test]
fn an_interrupted_run_ends_at_once_with_130() {
    // A service that accepts and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut child = Command::new(env!("CARGO_BIN_EXE_leakproof"))
        .args(["check", "--url", &url])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut connection = listener.accept().unwrap().0;
    let mut request = [0_u8; 16];
    connection.read_exact(&mut request).unwrap();
    let began = Instant::now();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(began.elapsed() < Duration::from_secs(5), "it waited for the service");
    connection.write_all(b"x").ok();
}
