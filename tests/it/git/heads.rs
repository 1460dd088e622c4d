//! HEAD files as git reads them.

use super::{Repo, leak, secret};
use leakproof::evidence::Cause;

/// What git takes for an id, and what may follow it.
const TAILS: [&str; 4] = ["\nx\n", " x", "\tref: refs/heads/main\n", "\n"];

#[test]
fn detached_head_with_text_after_the_id_counts() {
    for tail in TAILS {
        let repo = Repo::started();
        repo.git(&["checkout", "-q", "--detach"]);
        let leaked = repo.commit(".env", leak(&secret()));
        repo.write(".git/HEAD", format!("{leaked}{tail}"));
        assert_eq!(repo.git(&["rev-parse", "HEAD"]), leaked, "git reads it, too");
        let found = repo.scan();
        assert_eq!(found.list("git.history", "refs"), ["HEAD"], "{tail:?}");
        assert_eq!(found.paths("git.tracked"), [".env"], "{tail:?}");
        assert!(found.proven());
    }
    let repo = Repo::started();
    repo.git(&["checkout", "-q", "--detach"]);
    let clean = repo.commit("other", "x");
    repo.write(".git/HEAD", format!("{clean}\n{}", "x\n".repeat(5000)));
    let found = repo.scan();
    assert!(found.proven() && found.exposed().is_empty());
    assert_eq!(found.counted("git.history", "commits"), 2, "a long tail changes nothing");
}

#[test]
fn linked_worktree_head_with_text_after_the_id_counts() {
    for tail in TAILS {
        let repo = Repo::started();
        let other = repo.beside("linked");
        repo.git(&["worktree", "add", "-q", "--detach", other.to_str().unwrap()]);
        std::fs::write(other.join(".env"), leak(&secret())).unwrap();
        repo.git_in(&other, &["add", "-f", ".env"]);
        repo.git_in(&other, &["commit", "-q", "-m", "x"]);
        let id = repo.git_in(&other, &["rev-parse", "HEAD"]);
        repo.write(".git/worktrees/linked/HEAD", format!("{id}{tail}"));
        let found = repo.scan();
        assert_eq!(found.list("git.history", "refs"), ["worktrees/linked/HEAD"], "{tail:?}");
        assert!(found.proven());
    }
}

#[test]
fn head_that_git_does_not_read_is_a_gap() {
    let repo = Repo::started();
    let head = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["worktree", "add", "-q", "--detach", "../linked"]);
    assert!(repo.scan().proven());
    for text in [format!("{head}x\n"), "garbage\n".to_owned(), String::new(), head[..39].to_owned()] {
        repo.write(".git/worktrees/linked/HEAD", &text);
        assert_eq!(repo.scan().causes("git.history"), [Cause::Malformed], "{text:?}");
    }
}

#[test]
fn ids_in_files_that_are_no_refs_are_left_to_another_rule() {
    let repo = Repo::started();
    let leaked = repo.commit(".env", leak(&secret()));
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    for name in ["ORIG_HEAD", "FETCH_HEAD", "MERGE_HEAD"] {
        repo.write(&format!(".git/{name}"), format!("{leaked}\n"));
    }
    let found = repo.scan();
    assert!(found.proven() && found.exposed().is_empty());
}
