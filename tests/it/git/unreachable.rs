//! What no branch or tag shows, one test per place: loose and packed, each beside a clean twin.

use super::{Found, Repo, leak, secret};
use leakproof::evidence::Name;

/// A text of the same shape that exposes nothing.
const CLEAN: &str = "PORT=8000\nJWT_SECRET_KEY=${JWT_SECRET_KEY}\n";

/// What a piece of evidence says: what holds the value, path, blob, commit; empty where nothing is said.
pub(super) type Told = [String; 4];

pub(super) fn told(found: &Found) -> Vec<Told> {
    let text = |name: &Option<Name>| name.as_ref().map(ToString::to_string).unwrap_or_default();
    let one = |evidence: &&leakproof::evidence::Evidence| {
        let place = &evidence.subject.place;
        let word = evidence.word("where").unwrap_or_default().to_owned();
        [word, text(&place.path), text(&place.blob), text(&place.commit)]
    };
    let mut all: Vec<Told> = found.of("git.unreachable").iter().map(one).collect();
    all.sort();
    all
}

pub(super) fn place(word: &str, path: &str, blob: &str, commit: &str) -> Told {
    [word, path, blob, commit].map(str::to_owned)
}

/// Makes the place with a secret and without, and looks at it loose and packed.
pub(super) fn everywhere(make: impl Fn(&Repo, &str) -> Vec<Told>) {
    for packed in [false, true] {
        for clean in [false, true] {
            let repo = Repo::started();
            let content = if clean { CLEAN.to_owned() } else { leak(&secret()) };
            let mut expected = make(&repo, &content);
            expected.sort();
            if packed {
                repo.pack();
            }
            let found = repo.scan();
            let what = format!("packed: {packed}, clean: {clean}");
            assert_eq!(told(&found), if clean { Vec::new() } else { expected }, "{what}");
            assert_eq!(found.exposed(), [""; 0], "history, {what}");
            assert_eq!(found.paths("git.file"), [""; 0], "files, {what}");
            assert_eq!(found.gaps("git.unreachable"), [""; 0], "{what}");
            assert!(found.proven(), "{what}");
        }
    }
}

/// Forgets every file beside the refs that names an object.
fn forget(repo: &Repo) {
    repo.git(&["update-ref", "-d", "ORIG_HEAD"]);
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
}

#[test]
fn amended_commit_is_in_the_reflog() {
    everywhere(|repo, content| {
        let commit = repo.commit("svc/.env", content);
        let blob = repo.git(&["rev-parse", "HEAD:svc/.env"]);
        repo.git(&["rm", "-q", "svc/.env"]);
        repo.git(&["commit", "-q", "--amend", "--allow-empty", "-m", "x"]);
        vec![place("reflog", "svc/.env", &blob, &commit)]
    });
}

#[test]
fn amended_settings_are_found_by_what_they_hold() {
    everywhere(|repo, content| {
        let commit = repo.commit("app/settings.py", content);
        let blob = repo.git(&["rev-parse", "HEAD:app/settings.py"]);
        repo.git(&["rm", "-q", "app/settings.py"]);
        repo.git(&["commit", "-q", "--amend", "--allow-empty", "-m", "x"]);
        vec![place("reflog", "app/settings.py", &blob, &commit)]
    });
}

#[test]
fn second_newest_stash() {
    everywhere(|repo, content| {
        for content in [content, "PORT=1\n"] {
            repo.write(".env", content);
            repo.git(&["add", "-f", ".env"]);
            repo.git(&["stash", "-q"]);
        }
        let blob = repo.git(&["rev-parse", "stash@{1}:.env"]);
        // The stash's own index is its older half.
        vec![place("stash", ".env", &blob, &repo.git(&["rev-parse", "stash@{1}^2"]))]
    });
}

#[test]
fn stash_untracked_dropped() {
    everywhere(|repo, content| {
        repo.write(".env", content);
        repo.git(&["stash", "-q", "-u"]);
        let blob = repo.git(&["rev-parse", "stash^3:.env"]);
        let commit = repo.git(&["rev-parse", "stash^3"]);
        repo.git(&["stash", "drop", "-q"]);
        vec![place("unreachable", ".env", &blob, &commit)]
    });
}

#[test]
fn staged_and_not_committed_is_in_the_index() {
    everywhere(|repo, content| {
        repo.write("svc/.env", content);
        repo.git(&["add", "-f", "svc/.env"]);
        vec![place("index", "svc/.env", &repo.git(&["rev-parse", ":svc/.env"]), "")]
    });
}

#[test]
fn staged_settings_are_in_the_index_of_a_linked_worktree() {
    everywhere(|repo, content| {
        let other = repo.beside("linked");
        repo.git(&["worktree", "add", "-q", "--detach", other.to_str().unwrap()]);
        std::fs::write(other.join("settings.py"), content).unwrap();
        repo.git_in(&other, &["add", "settings.py"]);
        vec![place("index", "settings.py", &repo.git_in(&other, &["rev-parse", ":settings.py"]), "")]
    });
}

#[test]
fn staged_then_unstaged_is_a_blob_without_a_path() {
    everywhere(|repo, content| {
        repo.write(".env", content);
        repo.git(&["add", "-f", ".env"]);
        let blob = repo.git(&["rev-parse", ":.env"]);
        repo.git(&["rm", "-q", "--cached", ".env"]);
        vec![place("unreachable", "", &blob, "")]
    });
}

#[test]
fn reset_commit_that_no_reflog_remembers() {
    everywhere(|repo, content| {
        let commit = repo.commit(".env", content);
        let blob = repo.git(&["rev-parse", "HEAD:.env"]);
        repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
        forget(repo);
        vec![place("unreachable", ".env", &blob, &commit)]
    });
}

#[test]
fn reset_commit_that_only_orig_head_names() {
    everywhere(|repo, content| {
        let commit = repo.commit(".env", content);
        let blob = repo.git(&["rev-parse", "HEAD:.env"]);
        repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
        repo.git(&["reflog", "expire", "--expire=now", "--all"]);
        vec![place("pseudo-ref", ".env", &blob, &commit)]
    });
}

#[test]
fn tree_that_nothing_names_has_an_env_file_in_a_folder() {
    everywhere(|repo, content| {
        repo.write("svc/api/.env", content);
        repo.git(&["add", "-f", "svc"]);
        repo.git(&["write-tree"]);
        let blob = repo.git(&["rev-parse", ":svc/api/.env"]);
        repo.git(&["reset", "-q", "--hard"]);
        forget(repo);
        vec![place("unreachable", "svc/api/.env", &blob, "")]
    });
}

#[test]
fn history_of_a_dropped_branch_is_told_once_per_version_with_its_oldest_commit() {
    everywhere(|repo, content| {
        repo.git(&["checkout", "-q", "-b", "side"]);
        let commit = repo.commit(".env", content);
        let blob = repo.git(&["rev-parse", "HEAD:.env"]);
        repo.commit("more", "1\n");
        repo.remove(".env");
        repo.git(&["checkout", "-q", "main"]);
        repo.git(&["branch", "-q", "-D", "side"]);
        forget(repo);
        vec![place("unreachable", ".env", &blob, &commit)]
    });
}

/// A merge that stopped leaves a tree with both sides' lines in one file.
#[test]
fn conflicted_merge_is_in_a_pseudo_ref() {
    let repo = Repo::started();
    repo.commit("svc/.env", "PORT=1\n");
    for (branch, value) in [("side", secret()), ("other", secret())] {
        repo.git(&["checkout", "-q", "-b", branch, "main"]);
        repo.commit("svc/.env", leak(&value));
    }
    assert!(!repo.run_in(&repo.dir, &["merge", "-q", "side"]).status.success());
    let blob = repo.git(&["rev-parse", "AUTO_MERGE:svc/.env"]);
    let found = repo.scan();
    assert_eq!(told(&found), [place("pseudo-ref", "svc/.env", &blob, "")]);
    assert_eq!(found.exposed(), ["svc/.env", "svc/.env"]);
}

/// What a ref reaches is the other kinds' alone, whatever else holds it too.
#[test]
fn env_file_that_a_ref_reaches_is_not_told_twice() {
    for packed in [false, true] {
        let repo = Repo::started();
        // In the index, in a commit of the reflog, in a stash, in an unreachable commit, and reachable.
        repo.commit("svc/.env", leak(&secret()));
        repo.git(&["commit", "-q", "--amend", "-m", "reworded"]);
        repo.write("README", "changed\n");
        repo.git(&["stash", "-q"]);
        repo.git(&["stash", "drop", "-q"]);
        if packed {
            repo.pack();
        }
        let found = repo.scan();
        assert_eq!(told(&found), Vec::<Told>::new(), "packed: {packed}");
        assert_eq!(found.exposed(), ["svc/.env"]);
        assert_eq!(found.paths("git.file"), [""; 0]);
        assert!(found.proven());
    }
}

/// A directory of env files leads to names that matter by themselves.
#[test]
fn env_directory_that_a_ref_reaches_is_not_told_twice() {
    for packed in [false, true] {
        let repo = Repo::started();
        repo.commit("svc/.env/prod.env", leak(&secret()));
        if packed {
            repo.pack();
        }
        let found = repo.scan();
        assert_eq!(found.exposed(), ["svc/.env/prod.env"]);
        assert_eq!(told(&found), Vec::<Told>::new(), "packed: {packed}");
    }
}

/// What is gone is no loss: a reflog outlives what it names.
#[test]
fn reflog_of_collected_commits_is_no_gap() {
    let repo = Repo::started();
    repo.commit(".env", leak(&secret()));
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let log = std::fs::read(repo.dir.join(".git/logs/HEAD")).unwrap();
    forget(&repo);
    repo.git(&["gc", "-q", "--prune=now"]);
    repo.write(".git/logs/HEAD", log);
    let found = repo.scan();
    assert_eq!(told(&found), Vec::<Told>::new());
    assert_eq!(found.gaps("git.unreachable"), [""; 0]);
    assert!(found.proven());
}
