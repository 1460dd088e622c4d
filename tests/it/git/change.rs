//! `--since REV`: what is new to a change, and nothing about what was there before.

use super::{Found, Repo, leak, scan_with, secret};
use leakproof::evidence::Cause;
use std::fs;

const KINDS: [&str; 3] = ["git.file", "git.history", "git.unreachable"];

fn since(repo: &Repo, revision: &str) -> Found {
    scan_with(&repo.dir, &KINDS, |config| config.since = Some(revision.to_owned()))
}

fn level(found: &Found) -> Vec<String> {
    let levels = found.0.coverage.iter().flat_map(|c| &c.identity).filter(|(name, _)| name.as_str() == "level");
    levels.map(|(_, level)| level.to_string()).collect()
}

/// A branch on top of a base that leaked long ago.
fn branched() -> Repo {
    let repo = Repo::started();
    repo.commit(".env", leak(&secret()));
    repo.remove(".env");
    repo.git(&["checkout", "-q", "-b", "change"]);
    repo
}

#[test]
fn what_was_there_before_the_change_is_not_told() {
    let repo = branched();
    repo.commit("app.py", "print(1)\n");
    let found = since(&repo, "main");
    assert!(found.exposed().is_empty() && found.paths("git.file").is_empty());
    assert!(found.0.gaps.is_empty());
    assert_eq!(level(&found), ["change"; 3]);
    assert_eq!(found.counted("git.history", "commits"), 1);
}

#[test]
fn a_secret_that_the_change_adds_and_takes_back_is_told() {
    let repo = branched();
    let (env, code) = (secret(), secret());
    repo.commit("svc/.env.production", leak(&env));
    repo.commit("settings.py", format!("JWT_SECRET_KEY = \"{code}\"\n"));
    repo.remove("svc/.env.production");
    repo.remove("settings.py");
    let found = since(&repo, "main");
    assert_eq!(found.exposed(), ["svc/.env.production"]);
    assert_eq!(found.paths("git.file"), ["settings.py"]);
}

#[test]
fn a_merge_that_adds_a_file_of_its_own_is_told() {
    let repo = branched();
    repo.commit("a", "1\n");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit("b", "1\n");
    repo.git(&["checkout", "-q", "change"]);
    repo.git(&["merge", "-q", "--no-ff", "--no-commit", "main"]);
    repo.write(".env", leak(&secret()));
    repo.commit_all();
    repo.remove(".env");
    let found = since(&repo, "main");
    assert_eq!(found.exposed(), [".env"]);
    assert_eq!(found.counted("git.history", "commits"), 3);
}

#[test]
fn what_a_merge_brings_from_the_base_is_not_new() {
    let repo = branched();
    repo.commit("a", "1\n");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit(".env", leak(&secret()));
    repo.git(&["checkout", "-q", "change"]);
    repo.git(&["merge", "-q", "--no-ff", "main", "-m", "merge"]);
    assert!(since(&repo, "main").exposed().is_empty());
    // Seen from before, the same merge brings it.
    assert_eq!(since(&repo, "main~1").exposed(), [".env"]);
}

#[test]
fn a_renamed_file_is_judged_under_its_new_name() {
    let repo = Repo::started();
    repo.commit("notes", leak(&secret()));
    repo.git(&["checkout", "-q", "-b", "change"]);
    repo.git(&["mv", "notes", ".env"]);
    repo.commit_all();
    assert_eq!(since(&repo, "main").exposed(), [".env"]);
}

#[test]
fn what_is_staged_counts_as_new() {
    let repo = branched();
    assert!(since(&repo, "HEAD").0.gaps.is_empty(), "an empty change is no gap");
    repo.write("prod.env", leak(&secret()));
    assert!(since(&repo, "HEAD").exposed().is_empty(), "not staged");
    repo.git(&["add", "-f", "prod.env"]);
    assert_eq!(since(&repo, "HEAD").exposed(), ["prod.env"]);
}

#[test]
fn before_the_first_commit_everything_staged_is_new() {
    let repo = Repo::new();
    repo.write(".env", leak(&secret()));
    repo.git(&["add", "-f", ".env"]);
    let found = since(&repo, "HEAD");
    assert_eq!(found.exposed(), [".env"]);
    assert!(found.0.gaps.is_empty());
}

#[test]
fn a_message_of_the_change_is_told() {
    let repo = branched();
    repo.git(&["commit", "-q", "--allow-empty", "-m", &leak(&secret())]);
    assert_eq!(since(&repo, "main").of("git.unreachable").len(), 1);
    assert!(since(&repo, "HEAD").of("git.unreachable").is_empty());
}

#[test]
fn a_file_of_an_env_directory_and_the_target_of_a_link_are_judged() {
    let repo = branched();
    repo.commit(".env/prod", leak(&secret()));
    repo.commit("config/prod", leak(&secret()));
    fs::create_dir_all(repo.dir.join("svc")).unwrap();
    std::os::unix::fs::symlink("../config/prod", repo.dir.join("svc/.env")).unwrap();
    repo.commit_all();
    assert_eq!(since(&repo, "main").exposed(), [".env/prod", "svc/.env"]);
}

#[test]
fn an_unknown_revision_is_a_gap_and_no_pass() {
    let repo = branched();
    assert_eq!(since(&repo, "origin/main").causes("git.history"), [Cause::NotFound]);
    assert_eq!(since(&repo, "no such rev").causes("git.file"), [Cause::NotFound]);
}

#[test]
fn in_a_shallow_clone_what_lies_at_its_end_counts_as_new() {
    let repo = branched();
    repo.commit(".env", leak(&secret()));
    repo.remove(".env");
    let (copy, url) = (repo.beside("copy"), format!("file://{}", repo.dir.display()));
    repo.git(&["clone", "-q", "--depth", "2", "--no-single-branch", &url, copy.to_str().unwrap()]);
    let found = scan_with(&copy, &KINDS, |config| config.since = Some("origin/main".to_owned()));
    assert_eq!(found.exposed(), [".env"]);
}

#[test]
fn a_missing_object_of_the_change_is_a_gap() {
    let repo = branched();
    repo.commit("svc/.env", leak(&secret()));
    let id = repo.git(&["rev-parse", "HEAD:svc/.env"]);
    fs::remove_file(repo.dir.join(".git/objects").join(&id[..2]).join(&id[2..])).unwrap();
    let found = since(&repo, "main");
    assert_eq!(found.causes("git.history"), [Cause::MissingObjects]);
    assert_eq!(found.causes("git.file"), [Cause::MissingObjects]);
}
