//! Paths that are no repository, and repositories that libgit2 does not open: a cause for every kind, no pass.

use super::{Found, KINDS, Repo, leak, scan, secret};
use leakproof::evidence::Cause;
use std::process::Command;

fn refused(found: &Found, cause: Cause) {
    for kind in KINDS {
        assert_eq!(found.causes(kind), [cause], "{kind}");
        assert!(found.of(kind).is_empty(), "{kind}");
        assert_eq!(found.counted(kind, "repositories") + found.counted(kind, "commits"), 0, "{kind}");
    }
}

#[test]
fn no_repository() {
    let dir = tempfile::tempdir().unwrap();
    refused(&scan(dir.path()), Cause::NotFound);
    refused(&scan(&dir.path().join("absent")), Cause::NotFound);
}

#[test]
fn plain_directory_inside_a_repository_is_refused() {
    let repo = Repo::started();
    repo.commit("svc/a", "x");
    refused(&scan(&repo.dir.join("svc")), Cause::NotFound);
}

#[test]
fn git_directory_and_bare_repository_open() {
    let repo = Repo::started();
    repo.commit(".gitignore", ".env\n");
    repo.commit(".env", leak(&secret()));
    let bare = repo.beside("bare.git");
    repo.git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    for path in [repo.dir.join(".git"), bare] {
        let found = scan(&path);
        assert_eq!(found.exposed(), [".env"]);
        assert_eq!(found.paths("git.tracked"), [".env"]);
        assert!(found.bool("git.ignore", "covered_root"));
        assert!(found.proven());
    }
}

#[test]
fn sha256_repository_is_unsupported() {
    let repo = Repo::with(&["init", "-q", "--object-format=sha256", "."]);
    repo.commit(".env", leak(&secret()));
    let found = repo.scan();
    refused(&found, Cause::Unsupported);
    assert!(found.gaps("git.history")[0].contains("sha256"));
}

#[test]
fn reftable_repository_is_unsupported() {
    let repo = Repo::with(&["init", "-q", "--ref-format=reftable", "."]);
    // git 2.47 migrates refs but not yet reflogs.
    repo.git(&["config", "core.logAllRefUpdates", "false"]);
    repo.commit(".env", leak(&secret()));
    let found = repo.scan();
    refused(&found, Cause::Unsupported);
    assert!(found.gaps("git.history")[0].contains("git refs migrate --ref-format=files"));
    repo.git(&["refs", "migrate", "--ref-format=files"]);
    assert_eq!(repo.scan().exposed(), [".env"], "the hint mends it");
}

#[test]
fn unknown_extension_is_unsupported() {
    let repo = Repo::started();
    repo.git(&["config", "core.repositoryformatversion", "1"]);
    repo.git(&["config", "extensions.fromTheFuture", "true"]);
    refused(&repo.scan(), Cause::Unsupported);
}

#[test]
fn foreign_owner_is_denied() {
    let repo = Repo::started();
    repo.commit(".env", leak(&secret()));
    let given = Command::new("chown").args(["-R", "12345"]).arg(&repo.dir).status();
    // Only root can give files away; everybody else meets this case in containers.
    if !given.is_ok_and(|status| status.success()) {
        return;
    }
    let found = repo.scan();
    refused(&found, Cause::Denied);
    assert!(found.gaps("git.history")[0].contains("safe.directory"));
}

#[test]
fn no_commits_is_empty() {
    let found = Repo::new().scan();
    for kind in ["git.history", "git.complete", "git.ignore", "git.tracked"] {
        assert_eq!(found.causes(kind), [Cause::Empty], "{kind}");
    }
    assert_eq!(found.counted("git.history", "commits"), 0);
}

#[test]
fn unborn_head_beside_other_branches_still_has_a_history() {
    let repo = Repo::started();
    repo.commit(".env", leak(&secret()));
    repo.git(&["symbolic-ref", "HEAD", "refs/heads/none"]);
    let found = repo.scan();
    assert_eq!(found.exposed(), [".env"]);
    assert_eq!(found.paths("git.tracked"), [".env"]);
    assert_eq!(found.causes("git.ignore"), [Cause::Empty]);
}

#[test]
fn git_environment_variables_and_global_configuration_change_nothing() {
    let repo = Repo::started();
    repo.commit(".env", leak(&secret()));
    repo.git(&["config", "core.excludesFile", "/dev/zero"]);
    repo.git(&["config", "core.attributesFile", "/dev/zero"]);
    repo.git(&["config", "core.fsmonitor", "touch ran"]);
    assert_eq!(repo.scan().exposed(), [".env"]);
}

#[test]
fn a_tree_that_repeats_itself_ends_in_a_limit() {
    let repo = Repo::started();
    repo.write("blob", leak(&secret()));
    let mut below = format!("100644 blob {}\t.env\n", repo.git(&["hash-object", "-w", "blob"]));
    for _ in 0..9 {
        let tree = mktree(&repo, &below);
        below = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]
            .map(|name| format!("040000 tree {tree}\t{name}\n"))
            .concat();
    }
    let tree = mktree(&repo, &below);
    let commit = repo.git(&["commit-tree", "-m", "bomb", &tree]);
    repo.git(&["update-ref", "refs/heads/bomb", &commit]);
    let found = super::scan_with(&repo.dir, &["git.history", "git.complete"], |_| {});
    assert!(found.causes("git.history").contains(&Cause::OverLimit));
}

#[test]
fn a_tree_that_repeats_a_submodule_ends_in_a_limit() {
    let repo = Repo::started();
    let mut below = format!("160000 commit {}\tlink\n", repo.git(&["rev-parse", "HEAD"]));
    for _ in 0..12 {
        let tree = mktree(&repo, &below);
        below = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]
            .map(|name| format!("040000 tree {tree}\t{name}\n"))
            .concat();
    }
    let commit = repo.git(&["commit-tree", "-m", "bomb", &mktree(&repo, &below)]);
    repo.git(&["update-ref", "refs/heads/bomb", &commit]);
    let found = repo.scan();
    assert!(found.causes("git.history").contains(&Cause::OverLimit));
    assert!(found.causes("git.complete").contains(&Cause::OverLimit));
}

#[test]
fn deep_nesting_ends_in_a_limit() {
    let repo = Repo::started();
    repo.write("blob", leak(&secret()));
    let mut below = format!("100644 blob {}\t.env\n", repo.git(&["hash-object", "-w", "blob"]));
    for _ in 0..300 {
        below = format!("040000 tree {}\td\n", mktree(&repo, &below));
    }
    let commit = repo.git(&["commit-tree", "-m", "deep", &mktree(&repo, &below)]);
    repo.git(&["update-ref", "refs/heads/deep", &commit]);
    assert!(repo.scan().causes("git.history").contains(&Cause::OverLimit));
}

fn mktree(repo: &Repo, entries: &str) -> String {
    repo.write("../entries", entries);
    let input = std::fs::File::open(repo.beside("entries")).unwrap();
    let out = Command::new("git").arg("mktree").current_dir(&repo.dir).stdin(input).output().unwrap();
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}
