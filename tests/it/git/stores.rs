//! Repositories inside the repository: submodules' stores wherever git keeps them, and those committed as files.

use super::{Found, Repo, leak, scan, secret};
use leakproof::evidence::Cause;
use std::path::Path;

/// A bare copy of a repository whose `.env` was added and deleted.
fn bare(repo: &Repo, leaks: bool, to: &Path) {
    let source = Repo::started();
    if leaks {
        source.commit(".env", leak(&secret()));
        source.remove(".env");
    }
    repo.git(&["clone", "-q", "--bare", source.dir.to_str().unwrap(), to.to_str().unwrap()]);
}

#[test]
fn submodule_store_inside_another_one_is_walked() {
    for inner in ["a/b", "a/deep/er", "a/x/y/z"] {
        let repo = Repo::started();
        let modules = repo.dir.join(".git/modules");
        bare(&repo, false, &modules.join("a"));
        assert!(repo.scan().proven());
        bare(&repo, true, &modules.join(inner));
        let found = repo.scan();
        assert_eq!(found.exposed(), [format!(".git/modules/{inner}/.env")]);
        assert!(found.proven());
    }
}

#[test]
fn submodule_store_of_a_linked_worktree_is_walked() {
    let repo = Repo::started();
    repo.git(&["worktree", "add", "-q", "--detach", "../W"]);
    bare(&repo, false, &repo.dir.join(".git/worktrees/W/modules/a"));
    assert!(repo.scan().proven());
    bare(&repo, true, &repo.dir.join(".git/worktrees/W/modules/b"));
    assert_eq!(repo.scan().exposed(), [".git/worktrees/W/modules/b/.env"]);
}

#[test]
fn submodule_store_that_does_not_open_is_a_gap() {
    let repo = Repo::started();
    let store = repo.dir.join(".git/modules/a/b");
    bare(&repo, false, &store);
    std::fs::write(store.join("config"), "[core\n").unwrap();
    assert_eq!(repo.scan().causes("git.history"), [Cause::Malformed]);
}

fn unexamined(found: &Found) -> Vec<String> {
    let history = found.0.coverage.iter().filter(|c| c.kind.as_str() == "git.history");
    history.flat_map(|c| &c.unexamined).map(|part| part.what.to_string()).collect()
}

#[test]
fn bundle_committed_as_a_file_is_named_as_unexamined() {
    let repo = Repo::started();
    let source = Repo::started();
    source.commit(".env", leak(&secret()));
    std::fs::create_dir(repo.dir.join("backup")).unwrap();
    source.git(&["bundle", "create", "-q", repo.dir.join("backup/old.BUNDLE").to_str().unwrap(), "--all"]);
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit_all();
    repo.git(&["checkout", "-q", "main"]);
    let found = repo.scan();
    assert_eq!(unexamined(&found), ["backup/old.BUNDLE"]);
    assert_eq!(found.causes("git.history"), [Cause::ContentElsewhere]);
    assert_eq!(found.causes("git.complete"), [], "the repository itself is whole");
}

#[test]
fn bundles_of_other_programs_are_not_git_s() {
    let repo = Repo::started();
    repo.write("assets/index.android.bundle", "var a=1;\n");
    repo.write("Icons.bundle/Info.plist", "<plist/>\n");
    repo.commit_all();
    let found = repo.scan();
    assert!(found.proven(), "{:?}", found.gaps("git.history"));
}

#[test]
fn object_store_committed_as_files_is_named_as_unexamined() {
    for packed in [false, true] {
        let repo = Repo::started();
        bare(&repo, true, &repo.dir.join("fixtures/repo.git"));
        if packed {
            repo.git_in(&repo.dir.join("fixtures/repo.git"), &["pack-refs", "--all"]);
        } else {
            repo.git_in(&repo.dir.join("fixtures/repo.git"), &["update-ref", "refs/heads/loose", "HEAD"]);
        }
        repo.commit_all();
        let found = repo.scan();
        assert_eq!(unexamined(&found), ["fixtures/repo.git"], "packed: {packed}");
        assert_eq!(found.causes("git.history"), [Cause::ContentElsewhere]);
        repo.git(&["rm", "-q", "-r", "fixtures"]);
        repo.commit_all();
        assert!(repo.scan().proven(), "no tip has it any more");
    }
}

#[test]
fn a_folder_that_only_looks_like_a_part_of_a_store_is_none() {
    let repo = Repo::started();
    repo.write("docs/HEAD", "x");
    repo.write("docs/objects/a", "x");
    repo.write("src/refs/b", "x");
    repo.commit_all();
    assert!(scan(&repo.dir).proven());
}
