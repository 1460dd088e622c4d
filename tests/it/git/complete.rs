//! Repositories that are not whole: never a silent pass, and one remedy per cause.

use super::{Repo, leak, scan, secret};
use leakproof::evidence::Cause;
use std::path::{Path, PathBuf};

fn url(repo: &Repo) -> String {
    format!("file://{}", repo.dir.display())
}

fn cloned(repo: &Repo, options: &[&str]) -> PathBuf {
    let copy = repo.beside("copy");
    let url = url(repo);
    let args = [&["clone", "-q"], options, &[url.as_str(), copy.to_str().unwrap()]].concat();
    repo.git(&args);
    copy
}

/// A repository whose `.env` was added and removed again.
fn leaked_and_cleaned() -> Repo {
    let repo = Repo::started();
    repo.commit(".env", leak(&secret()));
    repo.remove(".env");
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    repo
}

#[test]
fn a_full_clone_is_complete() {
    let repo = leaked_and_cleaned();
    let found = scan(&cloned(&repo, &[]));
    assert_eq!(found.exposed(), [".env"]);
    assert!(found.proven());
}

#[test]
fn shallow_clone_is_unverified() {
    let repo = leaked_and_cleaned();
    let copy = cloned(&repo, &["--depth", "1"]);
    let found = scan(&copy);
    assert_eq!(found.exposed(), [""; 0]);
    assert_eq!(found.causes("git.history"), [Cause::ShallowHistory]);
    assert_eq!(found.gaps("git.history"), found.gaps("git.complete"));
    assert!(found.gaps("git.history")[0].ends_with("run: git fetch --unshallow"));
    assert!(found.bool("git.complete", "shallow") && !found.bool("git.complete", "complete"));
    assert!(!found.bool("git.complete", "missing_objects"));
    repo.git_in(&copy, &["fetch", "-q", "--unshallow"]);
    let found = scan(&copy);
    assert!(found.proven(), "the hint mends it");
    assert_eq!(found.exposed(), [".env"]);
}

#[test]
fn shallow_clone_with_a_finding_in_its_tip_still_finds_it() {
    let repo = Repo::started();
    repo.commit(".env", leak(&secret()));
    let found = scan(&cloned(&repo, &["--depth", "1"]));
    assert_eq!(found.exposed(), [".env"]);
    assert_eq!(found.causes("git.history"), [Cause::ShallowHistory]);
}

#[test]
fn partial_clone_without_blobs_is_unverified() {
    let repo = leaked_and_cleaned();
    let copy = cloned(&repo, &["--filter=blob:none", "--no-checkout"]);
    assert!(!Path::new(&copy.join(".git/shallow")).exists());
    let found = scan(&copy);
    assert_eq!(found.causes("git.history"), [Cause::MissingObjects]);
    assert_eq!(found.gaps("git.history"), found.gaps("git.complete"));
    assert!(found.bool("git.complete", "partial") && !found.bool("git.complete", "complete"));
    repo.git_in(&copy, &["fetch", "-q", "--refetch", "--no-filter"]);
    let found = scan(&copy);
    assert!(found.proven(), "the hint mends it: {:?}", found.gaps("git.complete"));
    assert_eq!(found.exposed(), [".env"]);
}

#[test]
fn partial_clone_without_trees_is_unverified() {
    let repo = leaked_and_cleaned();
    let found = scan(&cloned(&repo, &["--filter=tree:0", "--no-checkout"]));
    for kind in ["git.history", "git.complete", "git.tracked", "git.template", "git.ignore"] {
        assert_eq!(found.causes(kind), [Cause::MissingObjects], "{kind}");
    }
}

#[test]
fn partial_clone_with_every_env_file_proves_history_but_is_not_complete() {
    let repo = Repo::started();
    repo.commit("big", "x".repeat(9000));
    repo.commit(".env", leak(&secret()));
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let found = scan(&cloned(&repo, &["--filter=blob:limit=1k", "--no-checkout"]));
    assert_eq!(found.exposed(), [".env"]);
    assert_eq!(found.causes("git.history"), []);
    assert_eq!(found.causes("git.complete"), [Cause::MissingObjects]);
}

#[test]
fn grafts_are_seen_through_and_reported() {
    let repo = leaked_and_cleaned();
    let head = repo.git(&["rev-parse", "HEAD"]);
    repo.write(".git/info/grafts", format!("{head}\n"));
    assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]), "1");
    let found = repo.scan();
    assert_eq!(found.exposed(), [".env"], "raw parents are walked");
    assert_eq!(found.causes("git.history"), [Cause::AlteredHistory]);
    assert_eq!(found.gaps("git.history"), found.gaps("git.complete"));
    assert!(found.bool("git.complete", "grafts"));
    repo.git(&["replace", "--convert-graft-file"]);
    assert!(repo.scan().proven(), "the hint mends it");
}

#[test]
fn missing_objects_are_unverified_and_the_rest_is_read() {
    let repo = Repo::started();
    repo.commit(".env", leak(&secret()));
    repo.commit("svc/.env", leak(&secret()));
    let blob = repo.git(&["rev-parse", "HEAD:.env"]);
    std::fs::remove_file(loose(&repo, &blob)).unwrap();
    let found = repo.scan();
    assert_eq!(found.exposed(), ["svc/.env"]);
    assert_eq!(found.causes("git.history"), [Cause::MissingObjects]);
    assert!(found.gaps("git.history")[0].contains("git fsck"));
    assert_eq!(found.causes("git.complete"), [Cause::MissingObjects]);
}

fn loose(repo: &Repo, id: &str) -> PathBuf {
    repo.dir.join(".git/objects").join(&id[..2]).join(&id[2..])
}

#[test]
fn a_missing_parent_is_no_shallow_clone() {
    let repo = leaked_and_cleaned();
    let parent = repo.git(&["rev-parse", "HEAD~1"]);
    std::fs::remove_file(loose(&repo, &parent)).unwrap();
    let found = repo.scan();
    assert_eq!(found.causes("git.history"), [Cause::MissingObjects]);
    assert!(!found.bool("git.complete", "shallow"));
}

#[test]
fn corrupt_objects_are_a_gap_and_the_rest_goes_on() {
    for what in ["HEAD~1", "HEAD~1^{tree}", "HEAD:.env"] {
        let repo = Repo::started();
        repo.commit("a/.env", leak(&secret()));
        repo.commit(".env", leak(&secret()));
        let file = loose(&repo, &repo.git(&["rev-parse", what]));
        std::fs::remove_file(&file).unwrap();
        std::fs::write(&file, b"not an object").unwrap();
        let found = repo.scan();
        assert!(found.exposed().contains(&"a/.env".to_owned()), "{what}");
        assert!(found.causes("git.history").contains(&Cause::Malformed), "{what}");
        assert_eq!(found.causes("git.complete"), [Cause::Malformed], "{what}");
        assert!(found.bool("git.complete", "malformed_objects"));
    }
}

#[test]
fn broken_and_dangling_refs_are_not_skipped_silently() {
    let repo = Repo::started();
    repo.write(".git/refs/heads/broken", "garbage\n");
    assert_eq!(repo.scan().causes("git.history"), [Cause::Malformed]);
    repo.write(".git/refs/heads/broken", format!("{}\n", "1234567890".repeat(4)));
    assert_eq!(repo.scan().causes("git.history"), [Cause::MissingObjects]);
    // A remote's HEAD whose branch went away is everyday life.
    std::fs::remove_file(repo.dir.join(".git/refs/heads/broken")).unwrap();
    repo.write(".git/refs/remotes/origin/HEAD", "ref: refs/remotes/origin/gone\n");
    assert!(repo.scan().proven());
}

/// A repository with a submodule `vendor/lib` whose history leaks.
fn with_submodule() -> Repo {
    let repo = Repo::started();
    let library = repo.beside("library");
    std::fs::create_dir(&library).unwrap();
    repo.git_in(&library, &["init", "-q", "-b", "main"]);
    std::fs::write(library.join(".env"), leak(&secret())).unwrap();
    repo.git_in(&library, &["add", "-f", ".env"]);
    repo.git_in(&library, &["commit", "-q", "-m", "x"]);
    repo.git_in(&library, &["rm", "-q", ".env"]);
    repo.git_in(&library, &["commit", "-q", "-m", "x"]);
    repo.git(&["submodule", "add", "-q", "--name", "lib", library.to_str().unwrap(), "vendor/lib"]);
    repo.git(&["commit", "-q", "-m", "submodule"]);
    repo
}

#[test]
fn submodule_that_is_fetched_is_part_of_history() {
    let repo = with_submodule();
    let found = repo.scan();
    assert_eq!(found.exposed(), ["vendor/lib/.env"]);
    assert!(found.proven());
    assert!(found.list("git.history", "refs")[0].starts_with("vendor/lib/"));
}

#[test]
fn submodule_that_is_not_fetched_is_unverified() {
    let repo = with_submodule();
    let copy = cloned(&repo, &[]);
    let found = scan(&copy);
    assert_eq!(found.causes("git.history"), [Cause::ContentElsewhere]);
    assert_eq!(found.gaps("git.history"), found.gaps("git.complete"));
    assert!(found.bool("git.complete", "submodules_unfetched"));
    repo.git_in(&copy, &["submodule", "-q", "update", "--init", "--recursive"]);
    let found = scan(&copy);
    assert!(found.proven(), "the hint mends it");
    assert_eq!(found.exposed(), ["vendor/lib/.env"]);
}

#[test]
fn submodule_that_was_removed_is_still_read() {
    let repo = with_submodule();
    repo.git(&["rm", "-q", "-f", "vendor/lib"]);
    repo.git(&["commit", "-q", "-m", "removed"]);
    assert_eq!(repo.scan().exposed(), [".git/modules/lib/.env"]);
}

#[test]
fn embedded_repository_without_gitmodules_is_read_where_it_lies() {
    let repo = Repo::started();
    let inner = repo.dir.join("inner");
    std::fs::create_dir(&inner).unwrap();
    repo.git_in(&inner, &["init", "-q", "-b", "main"]);
    std::fs::write(inner.join(".env"), leak(&secret())).unwrap();
    repo.git_in(&inner, &["add", "-f", ".env"]);
    repo.git_in(&inner, &["commit", "-q", "-m", "x"]);
    repo.commit_all();
    assert_eq!(repo.scan().exposed(), ["inner/.env"]);
    std::fs::remove_dir_all(&inner).unwrap();
    assert_eq!(repo.scan().causes("git.history"), [Cause::ContentElsewhere]);
}

#[test]
fn old_partial_clone_with_the_extension_is_unverified() {
    let repo = leaked_and_cleaned();
    let copy = cloned(&repo, &["--filter=blob:none", "--no-checkout"]);
    for key in ["remote.origin.promisor", "remote.origin.partialclonefilter"] {
        repo.git_in(&copy, &["config", "--unset-all", key]);
    }
    for pack in std::fs::read_dir(copy.join(".git/objects/pack")).unwrap() {
        let pack = pack.unwrap().path();
        if pack.extension().is_some_and(|ending| ending == "promisor") {
            std::fs::remove_file(pack).unwrap();
        }
    }
    repo.git_in(&copy, &["config", "extensions.partialClone", "origin"]);
    for version in ["0", "1"] {
        repo.git_in(&copy, &["config", "core.repositoryformatversion", version]);
        let found = scan(&copy);
        let cause = if version == "0" { Cause::MissingObjects } else { Cause::Unsupported };
        for kind in ["git.history", "git.complete"] {
            assert_eq!(found.causes(kind), [cause], "{kind} in version {version}");
        }
        assert!(version == "1" || found.bool("git.complete", "partial"));
    }
}

#[test]
fn a_submodule_that_only_another_branch_has_and_that_is_not_fetched_is_unverified() {
    let repo = with_submodule();
    repo.git(&["branch", "old"]);
    repo.git(&["rm", "-q", "-f", "vendor/lib"]);
    repo.git(&["commit", "-q", "-m", "removed"]);
    assert_eq!(repo.scan().exposed(), ["vendor/lib/.env"], "its repository is still here");
    let found = scan(&cloned(&repo, &[]));
    assert_eq!(found.causes("git.history"), [Cause::ContentElsewhere]);
    assert!(found.bool("git.complete", "submodules_unfetched"));
}

#[test]
fn a_repository_that_lies_ignored_in_the_working_tree_is_named_and_worktrees_are_not() {
    let repo = Repo::started();
    repo.commit(".gitignore", "tools/\nwork/\n");
    repo.git(&["worktree", "add", "-q", "work"]);
    let counted = |found: &super::Found| found.counted("git.complete", "nested-repositories");
    assert_eq!(counted(&repo.scan()), 0);
    let inner = repo.dir.join("tools/inner");
    std::fs::create_dir_all(&inner).unwrap();
    repo.git_in(&inner, &["init", "-q", "-b", "main"]);
    let found = repo.scan();
    assert_eq!(counted(&found), 1);
    assert!(found.proven(), "nobody declared it");
}
