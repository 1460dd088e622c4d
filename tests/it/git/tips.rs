//! What is tracked now, and what templates hold.

use super::{Repo, leak, scan_with, secret};
use leakproof::evidence::Cause;

#[test]
fn untracked_and_ignored_files_are_not_tracked() {
    let repo = Repo::started();
    repo.commit(".gitignore", ".env\n");
    repo.write(".env", leak(&secret()));
    let found = repo.scan();
    assert!(found.of("git.tracked").is_empty());
    assert!(found.proven());
    assert_eq!(found.counted("git.tracked", "refs"), 1);
}

#[test]
fn tracked_file_is_found_although_it_is_ignored() {
    let repo = Repo::started();
    repo.commit(".gitignore", ".env\n");
    repo.commit(".env", leak(&secret()));
    let tracked = repo.scan();
    let tracked = tracked.one("git.tracked");
    assert_eq!(tracked.word("where"), Some("tip"));
    assert_eq!(tracked.word("type"), Some("file"));
    assert_eq!(tracked.word("class"), Some("plaintext"));
    assert_eq!(tracked.word("ref"), Some("refs/heads/main"));
}

#[test]
fn staged_file_is_found_in_the_index() {
    let repo = Repo::started();
    repo.write("svc/.env", leak(&secret()));
    repo.git(&["add", "-f", "svc/.env"]);
    let found = repo.scan();
    assert_eq!(found.paths("git.tracked"), ["svc/.env"]);
    assert_eq!(found.one("git.tracked").word("where"), Some("index"));
    assert_eq!(found.one("git.tracked").word("class"), Some("plaintext"));
    assert_eq!(found.exposed(), [""; 0], "the index is not history");
}

#[test]
fn conflict_stages_and_intent_to_add_count() {
    let repo = Repo::started();
    for branch in ["one", "two"] {
        repo.git(&["checkout", "-q", "-b", branch, "main"]);
        repo.commit(".env", leak(&secret()));
    }
    repo.run_in(&repo.dir, &["merge", "-q", "one"]);
    repo.git(&["branch", "-q", "-D", "one"]);
    assert_eq!(repo.scan().paths("git.tracked"), [".env"]);
}

#[test]
fn every_branch_and_remote_tip_counts() {
    let repo = Repo::started();
    let main = repo.git(&["rev-parse", "HEAD"]);
    let leaked = repo.commit("svc/.env.production", leak(&secret()));
    repo.git(&["reset", "-q", "--hard", &main]);
    for reference in ["refs/heads/feature", "refs/remotes/origin/feature"] {
        repo.git(&["update-ref", reference, &leaked]);
        let found = repo.scan();
        assert_eq!(found.paths("git.tracked"), ["svc/.env.production"]);
        assert_eq!(found.one("git.tracked").word("ref"), Some(reference));
        repo.git(&["update-ref", "-d", reference]);
    }
}

#[test]
fn file_of_an_older_commit_is_not_tracked_now() {
    let repo = Repo::started();
    repo.commit(".env", leak(&secret()));
    repo.remove(".env");
    assert!(repo.scan().of("git.tracked").is_empty());
}

#[test]
fn index_that_does_not_parse_is_a_gap() {
    let repo = Repo::started();
    repo.write(".git/index", "garbage");
    assert_eq!(repo.scan().causes("git.tracked"), [Cause::Malformed]);
}

#[test]
fn only_wanted_kinds_come_out() {
    let repo = Repo::started();
    repo.commit(".env", leak(&secret()));
    let found = scan_with(&repo.dir, &["git.complete"], |_| {});
    assert!(found.0.evidence.iter().all(|e| e.kind.as_str() == "git.complete"));
    assert!(found.0.coverage.iter().all(|c| c.kind.as_str() == "git.complete"));
}

#[test]
fn scripts_that_only_bear_an_env_file_s_name_are_no_env_files() {
    let repo = Repo::started();
    repo.write("env.sh", "export PORT=8000\nexport JWT_ALGORITHM=HS256\n");
    repo.write(".envrc", "export NODE_ENV=development\n");
    repo.write("config/settings.local.json", "{\"debug\": true}\n");
    repo.write("tools/env", "LANG=C\n");
    repo.write("environment", "TZ=UTC\n");
    repo.commit_all();
    let found = repo.scan();
    assert_eq!(found.paths("git.tracked"), [""; 0]);
    assert_eq!(found.counted("git.tracked", "files"), 5, "they were looked at");
    repo.write("env.sh", leak(&secret()));
    repo.write(".envrc", "export JWT_SECRET_KEY=changeme\n");
    repo.write("environment", [0_u8, 159, 146, 150, 1, 2].repeat(9));
    repo.commit_all();
    assert_eq!(repo.scan().paths("git.tracked"), [".envrc", "env.sh", "environment"]);
}

#[test]
fn file_with_the_env_stem_is_tracked_whatever_it_holds() {
    let repo = Repo::started();
    for name in [".env", ".env.local", "prod.env"] {
        repo.write(name, "");
    }
    std::fs::create_dir(repo.dir.join("svc")).unwrap();
    std::os::unix::fs::symlink("../README", repo.dir.join("svc/.env")).unwrap();
    repo.commit_all();
    let found = repo.scan();
    assert_eq!(found.paths("git.tracked"), [".env", ".env.local", "prod.env", "svc/.env"]);
    assert!(found.of("git.tracked").iter().any(|evidence| evidence.word("type") == Some("symlink")));
}
