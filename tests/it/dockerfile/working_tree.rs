//! A repository by its git directory: its working tree is examined, or nobody says that there is none.

use super::{examine_at, problems, tree};
use leakproof::evidence::Cause;
use std::path::Path;
use std::process::Command;

fn git(at: &Path, args: &[&str]) {
    let done = Command::new("git").arg("-C").arg(at).args(args).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn the_git_directory_of_a_working_tree_leads_to_it() {
    let tree = tree(&[("Dockerfile", "FROM a\nCOPY .env /app/\n")]);
    git(tree.path(), &["init", "-q"]);
    let batch = examine_at(&tree.path().join(".git"));
    assert_eq!(problems(&batch), ["2 env-file-copied .env"]);
    assert!(batch.inapplicable.is_empty());
}

#[test]
fn the_git_directory_of_a_linked_or_a_separate_working_tree_leads_to_it() {
    let main = tree(&[("Dockerfile", "FROM a\nCOPY .env /app/\n")]);
    git(main.path(), &["init", "-q"]);
    git(main.path(), &["add", "Dockerfile"]);
    git(main.path(), &["-c", "user.name=n", "-c", "user.email=n@example.org", "commit", "-qm", "one"]);
    git(main.path(), &["worktree", "add", "-q", "linked"]);
    let batch = examine_at(&main.path().join(".git/worktrees/linked"));
    assert_eq!(problems(&batch), ["2 env-file-copied .env"]);
    let apart = tree(&[("work/Dockerfile", "FROM a\nCOPY .env /app/\n")]);
    git(apart.path(), &["init", "-q", "--separate-git-dir", "store", "work"]);
    let batch = examine_at(&apart.path().join("store"));
    assert_eq!(batch.gaps.iter().map(|gap| gap.cause).collect::<Vec<_>>(), [Cause::Unproven]);
    git(apart.path(), &["--git-dir", "store", "config", "core.worktree", "../work"]);
    assert_eq!(problems(&examine_at(&apart.path().join("store"))), ["2 env-file-copied .env"]);
}

#[test]
fn a_bare_repository_has_no_working_tree() {
    let bare = tempfile::tempdir().unwrap();
    git(bare.path(), &["init", "-q", "--bare", "."]);
    let batch = examine_at(bare.path());
    assert_eq!(batch.inapplicable[0].reason.as_str(), "a bare repository has no working tree");
    assert!(batch.gaps.is_empty());
}
