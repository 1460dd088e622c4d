//! Experiment 5: what shells do with a start command that reads its secrets from a file. The rule on start commands
//! rests on these facts. `./test` installs the shells; a missing one is a failure here, never a skip.

use std::path::Path;
use std::process::{Command, Output};

const DASH: [&str; 1] = ["dash"];
const BASH: [&str; 1] = ["bash"];
const POSIX: [&str; 2] = ["bash", "--posix"];
const BUSYBOX: [&str; 2] = ["busybox", "sh"];

/// What the stand-in for the application prints when it is started.
const STARTED: &str = "started with";

/// A directory with a file of secrets and an application that says how it was started.
fn folder(secrets: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secrets"), secrets).unwrap();
    let app = format!("printf '{STARTED} [%s] [%s]' \"$JWT_SECRET_KEY\" \"$DATABASE_URL\"\n");
    std::fs::write(folder.path().join("app"), app).unwrap();
    folder
}

/// Runs a start command with nothing but PATH and HOME in its environment.
fn run(shell: &[&str], folder: &Path, command: &str) -> Output {
    let mut run = Command::new(shell[0]);
    run.args(&shell[1..]).args(["-c", command]).current_dir(folder).env_clear();
    run.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", "/home/app");
    run.output().unwrap_or_else(|error| panic!("{shell:?} is not installed ({error}): run ./test"))
}

/// The exit code, and how the application was started; empty if it was not.
fn outcome(shell: &[&str], secrets: &str, command: &str) -> (Option<i32>, String) {
    let output = run(shell, folder(secrets).path(), command);
    let printed = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), printed.split_once(STARTED).map_or("", |(_, rest)| rest.trim()).to_owned())
}

const GOOD: &str = "export JWT_SECRET_KEY=word\n";

fn started(jwt: &str) -> String {
    format!("[{jwt}] []")
}

#[test]
fn dash_does_not_know_source_and_the_conjunction_fails_closed() {
    let and = "source ./secrets && . ./app";
    assert_eq!(outcome(&DASH, GOOD, and), (Some(127), String::new()));
    for shell in [&BASH[..], &POSIX, &BUSYBOX] {
        assert_eq!(outcome(shell, GOOD, and), (Some(0), started("word")), "{shell:?}");
    }
}

#[test]
fn dash_starts_the_application_without_its_secrets_behind_a_semicolon() {
    let then = "source ./secrets; . ./app";
    assert_eq!(outcome(&DASH, GOOD, then), (Some(0), started("")));
    for shell in [&BASH[..], &POSIX, &BUSYBOX] {
        assert_eq!(outcome(shell, GOOD, then), (Some(0), started("word")), "{shell:?}");
    }
}

#[test]
fn bash_starts_the_application_although_the_file_of_secrets_is_missing() {
    let missing = ". ./missing; . ./app";
    assert_eq!(outcome(&DASH, GOOD, missing), (Some(2), String::new()));
    assert_eq!(outcome(&BASH, GOOD, missing), (Some(0), started("")));
    assert_eq!(outcome(&POSIX, GOOD, missing), (Some(1), String::new()));
    let (code, start) = outcome(&BUSYBOX, GOOD, missing);
    assert!(code != Some(0) && start.is_empty(), "busybox: {code:?} {start:?}");
}

#[test]
fn a_dot_and_a_conjunction_fail_closed_in_every_shell() {
    for shell in [&DASH[..], &BASH, &POSIX, &BUSYBOX] {
        assert_eq!(outcome(shell, GOOD, ". ./secrets && . ./app"), (Some(0), started("word")), "{shell:?}");
        let (code, start) = outcome(shell, GOOD, ". ./missing && . ./app");
        assert!(code != Some(0) && start.is_empty(), "{shell:?}: {code:?} {start:?}");
    }
}

#[test]
fn a_double_quoted_value_is_expanded_and_its_commands_are_executed() {
    let secrets = "export JWT_SECRET_KEY=\"a$HOME\"\nexport DATABASE_URL=\"b`echo ran; touch ran`\"\n";
    for shell in [&DASH[..], &BASH, &POSIX, &BUSYBOX] {
        let folder = folder(secrets);
        let output = run(shell, folder.path(), ". ./secrets && . ./app");
        assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{STARTED} [a/home/app] [bran]"), "{shell:?}");
        assert!(folder.path().join("ran").exists(), "{shell:?}: the value's command ran");
    }
}

#[test]
fn a_single_quoted_value_stays_as_it_is() {
    let secrets = "export JWT_SECRET_KEY='a$HOME`touch ran`'\n";
    for shell in [&DASH[..], &BASH, &POSIX, &BUSYBOX] {
        assert_eq!(outcome(shell, secrets, ". ./secrets && . ./app").1, started("a$HOME`touch ran`"), "{shell:?}");
    }
}

#[test]
fn a_template_s_no_value_is_accepted_as_a_value() {
    let secrets = "export JWT_SECRET_KEY=word\nexport DATABASE_URL=\"<no value>\"\n";
    for shell in [&DASH[..], &BASH, &POSIX, &BUSYBOX] {
        let (code, start) = outcome(shell, secrets, ". ./secrets && . ./app");
        assert_eq!((code, start.as_str()), (Some(0), "[word] [<no value>]"), "{shell:?}");
    }
}
