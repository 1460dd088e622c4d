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

#[test]
fn a_program_in_a_directory_of_an_env_file_s_name_is_looked_through() {
    let repo = branched();
    repo.commit(".env.d/app.js", format!("const c = {{ jwtSecret: '{}' }};\n", secret()));
    assert_eq!(since(&repo, "main").paths("git.file"), [".env.d/app.js"]);
    assert_eq!(repo.scan().paths("git.file"), [".env.d/app.js"]);
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let hidden = repo.scan();
    assert_eq!(
        (hidden.paths("git.file").len(), hidden.paths("git.unreachable")),
        (0, vec![".env.d/app.js".to_owned()])
    );
}

/// A runner's cache has the commits; what it fetches on top is shallow, and hides them from the walk.
#[test]
fn a_shallow_boundary_in_the_middle_hides_no_commit() {
    let repo = branched();
    let copy = repo.beside("copy");
    let url = format!("file://{}", repo.dir.display());
    repo.commit("settings.py", format!("JWT_SECRET_KEY = \"{}\"\n", secret()));
    repo.git(&["clone", "-q", &url, copy.to_str().unwrap()]);
    repo.commit("b", "1\n");
    repo.git_in(&copy, &["fetch", "-q", "--depth", "1", "origin", "change"]);
    repo.git_in(&copy, &["checkout", "-q", "FETCH_HEAD"]);
    let found = scan_with(&copy, &KINDS, |config| config.since = Some("origin/main".to_owned()));
    assert!(found.paths("git.file").contains(&"settings.py".to_owned()));
}

#[test]
fn grafts_leave_a_change_unverified() {
    let repo = branched();
    let base = repo.git(&["rev-parse", "main"]);
    repo.commit(".env", leak(&secret()));
    repo.remove(".env");
    let head = repo.git(&["rev-parse", "HEAD"]);
    repo.write(".git/info/grafts", format!("{head} {base}\n"));
    assert!(since(&repo, "main").causes("git.history").contains(&Cause::AlteredHistory));
}

#[test]
fn a_tree_that_repeats_itself_ends_in_a_limit() {
    let repo = branched();
    let blob = repo.feed(&["hash-object", "-w", "--stdin"], b"x");
    let lines = |line: &dyn Fn(usize) -> String| (0..10).map(line).collect::<String>();
    let mut tree = repo.feed(&["mktree"], lines(&|n| format!("100644 blob {blob}\tf{n}\n")).as_bytes());
    for _ in 0..9 {
        tree = repo.feed(&["mktree"], lines(&|n| format!("040000 tree {tree}\td{n}\n")).as_bytes());
    }
    let commit = repo.git(&["commit-tree", "-m", "x", "-p", "HEAD", &tree]);
    repo.git(&["update-ref", "refs/heads/change", &commit]);
    repo.git(&["read-tree", "main"]);
    assert!(since(&repo, "main").causes("git.file").contains(&Cause::OverLimit));
}

#[test]
fn a_submodule_and_a_bundle_that_a_change_brings_are_gaps() {
    let (repo, other) = (branched(), Repo::started());
    repo.git(&["submodule", "add", "-q", other.dir.to_str().unwrap(), "sub"]);
    repo.git_in(&other.dir, &["bundle", "create", "-q", repo.dir.join("lost.bundle").to_str().unwrap(), "--all"]);
    repo.commit_all();
    assert_eq!(since(&repo, "main").causes("git.file"), [Cause::ContentElsewhere; 2]);
}

#[test]
fn a_file_that_somebody_promised_not_to_change_is_staged_all_the_same() {
    let repo = branched();
    repo.write("a.py", leak(&secret()));
    repo.git(&["add", "a.py"]);
    repo.git(&["update-index", "--assume-unchanged", "a.py"]);
    assert_eq!(since(&repo, "HEAD").paths("git.file"), ["a.py"]);
}

#[test]
fn the_text_of_a_link_and_a_file_that_was_a_link_are_looked_through() {
    let repo = branched();
    std::os::unix::fs::symlink(leak(&secret()).trim(), repo.dir.join("cfg")).unwrap();
    repo.commit_all();
    assert_eq!(since(&repo, "main").paths("git.file"), ["cfg"]);
}
