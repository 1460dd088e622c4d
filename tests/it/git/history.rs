//! Where a leaked `.env` hides in a history that is all there.

use super::{Repo, leak, secret};
use leakproof::evidence::{Fact, Name};

#[test]
fn a_clean_repository_is_proven_and_counts_what_it_read() {
    let repo = Repo::started();
    repo.commit("src/main.rs", "fn main() {}\n");
    let found = repo.scan();
    assert!(found.proven(), "{:?}", found.gaps("git.history"));
    assert_eq!(found.exposed(), [""; 0]);
    assert_eq!(found.counted("git.history", "commits"), 2);
    assert_eq!(found.counted("git.history", "trees"), 3);
    assert_eq!(found.counted("git.complete", "repositories"), 1);
}

#[test]
fn a_deleted_env_file_is_found_with_its_commits_refs_and_line() {
    let repo = Repo::started();
    let first = repo.commit(".env", format!("PORT=8000\n{}", leak(&secret())));
    let last = repo.commit("other", "x\n");
    repo.remove(".env");
    let found = repo.scan();
    let evidence = found.one("git.history");
    assert_eq!(found.exposed(), [".env"]);
    assert_eq!(evidence.word("class"), Some("plaintext"));
    assert_eq!(evidence.word("first_commit"), Some(first.as_str()));
    assert_eq!(evidence.word("last_commit"), Some(last.as_str()));
    assert_eq!(evidence.subject.place.line, Some(2));
    assert_eq!(evidence.subject.place.variable.as_ref().map(Name::as_str), Some("JWT_SECRET_KEY"));
    assert!(evidence.subject.place.blob.is_some());
    assert_eq!(evidence.fact("exposed"), Some(&Fact::Int(1)));
    assert_eq!(found.list("git.history", "refs"), ["refs/heads/main"]);
    let authored: i64 = repo.git(&["show", "-s", "--format=%at", &first]).parse().unwrap();
    assert!(matches!(evidence.fact("first_seen"), Some(Fact::Time(at)) if at.unix() == authored));
    assert!(found.proven());
}

#[test]
fn each_version_is_one_finding_and_an_unchanged_one_is_not_repeated() {
    let repo = Repo::started();
    repo.commit(".env", leak(&secret()));
    repo.commit("a", "1");
    repo.commit("b", "2");
    repo.commit(".env", leak(&secret()));
    assert_eq!(repo.scan().exposed(), [".env", ".env"]);
}

#[test]
fn evil_merge_adds_and_removes_the_secret() {
    let repo = Repo::started();
    let value = secret();
    for (content, n) in [(Some(leak(&value)), "1"), (None, "2")] {
        repo.git(&["checkout", "-q", "-b", &format!("side{n}")]);
        repo.commit(&format!("side{n}"), n);
        repo.git(&["checkout", "-q", "main"]);
        repo.commit(&format!("main{n}"), n);
        repo.git(&["merge", "-q", "--no-ff", "--no-commit", &format!("side{n}")]);
        match content {
            Some(content) => repo.write(".env", content),
            None => std::fs::remove_file(repo.dir.join(".env")).unwrap(),
        }
        repo.commit_all();
    }
    assert_eq!(repo.runbook_hits(&value), 0);
    assert_eq!(repo.scan().exposed(), [".env"]);
}

#[test]
fn svc_subfolder_is_found_from_anywhere() {
    let repo = Repo::started();
    let value = secret();
    repo.commit("svc/api/.env", leak(&value));
    repo.remove("svc/api/.env");
    assert_eq!(repo.runbook_hits(&value), 0);
    assert_eq!(repo.scan().exposed(), ["svc/api/.env"]);
}

#[test]
fn other_names_of_env_files_are_found() {
    let repo = Repo::started();
    let names = [".env.production", ".envrc", "env.sh", "prod.env", "settings.local"];
    for name in names {
        repo.write(name, leak(&secret()));
    }
    repo.commit_all();
    assert_eq!(repo.scan().exposed(), names);
}

#[test]
fn renamed_to_config_txt_is_found_where_it_was_env() {
    let repo = Repo::started();
    repo.commit(".env", leak(&secret()));
    repo.git(&["mv", ".env", "config.txt"]);
    repo.commit_all();
    assert_eq!(repo.scan().exposed(), [".env"]);
}

#[test]
fn attribute_minus_diff_hides_nothing() {
    let repo = Repo::started();
    let value = secret();
    repo.commit(".gitattributes", ".env -diff\n");
    repo.commit(".env", leak(&value));
    repo.remove(".env");
    assert_eq!(repo.runbook_hits(&value), 0);
    assert_eq!(repo.scan().exposed(), [".env"]);
}

#[test]
fn textconv_and_external_diff_are_never_run() {
    let repo = Repo::started();
    let mark = repo.beside("ran");
    let command = format!("touch {} && cat", mark.display());
    repo.git(&["config", "diff.x.textconv", &command]);
    repo.git(&["config", "diff.external", &command]);
    repo.git(&["config", "filter.x.smudge", &command]);
    repo.git(&["config", "log.showSignature", "true"]);
    repo.commit(".gitattributes", ".env diff=x\n");
    repo.commit(".env", leak(&secret()));
    assert_eq!(repo.scan().exposed(), [".env"]);
    assert!(!mark.exists());
}

#[test]
fn utf16_blob_is_decoded() {
    for big in [false, true] {
        let repo = Repo::started();
        let value = secret();
        let text = format!("\u{feff}{}", leak(&value));
        let bytes = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        repo.commit(".env", text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>());
        assert_eq!(repo.runbook_hits(&value), 0);
        let found = repo.scan();
        assert_eq!(found.exposed(), [".env"]);
        assert_eq!(found.one("git.history").word("encoding"), Some(if big { "utf-16be" } else { "utf-16le" }));
    }
}

#[test]
fn tag_to_blob() {
    let repo = Repo::started();
    let value = secret();
    repo.write("loose", leak(&value));
    let blob = repo.git(&["hash-object", "-w", "loose"]);
    std::fs::remove_file(repo.dir.join("loose")).unwrap();
    repo.git(&["tag", "-a", "-m", "x", "kept", &blob]);
    assert_eq!(repo.runbook_hits(&value), 0);
    let found = repo.scan();
    assert_eq!(found.exposed(), ["refs/tags/kept"]);
    assert_eq!(found.one("git.history").subject.place.blob.as_ref().map(ToString::to_string), Some(blob));
}

#[test]
fn tag_to_tree() {
    let repo = Repo::started();
    let value = secret();
    repo.write("svc/.env", leak(&value));
    repo.git(&["add", "-A"]);
    let tree = repo.git(&["write-tree"]);
    repo.git(&["reset", "-q", "--hard"]);
    repo.git(&["tag", "kept", &tree]);
    assert_eq!(repo.runbook_hits(&value), 0);
    let found = repo.scan();
    assert_eq!(found.exposed(), ["svc/.env"]);
    assert_eq!(found.list("git.history", "refs"), ["refs/tags/kept"]);
    assert!(found.one("git.history").subject.place.commit.is_none());
}

#[test]
fn stash_untracked_third_parent() {
    let repo = Repo::started();
    let value = secret();
    repo.write(".env", leak(&value));
    repo.git(&["stash", "-q", "-u"]);
    assert_eq!(repo.runbook_hits(&value), 0);
    let found = repo.scan();
    assert_eq!(found.exposed(), [".env"]);
    assert_eq!(found.list("git.history", "refs"), ["refs/stash"]);
}

#[test]
fn replaced_commit_is_seen_as_it_was() {
    let repo = Repo::started();
    let value = secret();
    let leaked = repo.commit(".env", leak(&value));
    repo.remove(".env");
    let tree = repo.git(&["rev-parse", "HEAD^{tree}"]);
    let clean = repo.git(&["commit-tree", "-m", "clean", "-p", &format!("{leaked}~1"), &tree]);
    repo.git(&["replace", &leaked, &clean]);
    assert_eq!(repo.runbook_hits(&value), 0);
    let found = repo.scan();
    assert_eq!(found.exposed(), [".env"]);
    assert!(found.bool("git.complete", "replace_refs"));
    assert!(found.proven(), "the walk reads originals: nothing is hidden");
}

#[test]
fn refs_of_any_namespace_and_remotes_count() {
    for reference in ["refs/remotes/origin/old", "refs/pull/7/head", "refs/original/refs/heads/x", "refs/notes/odd"] {
        let repo = Repo::started();
        let leaked = repo.commit(".env", leak(&secret()));
        repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
        repo.git(&["update-ref", reference, &leaked]);
        assert_eq!(repo.scan().list("git.history", "refs"), [reference]);
    }
}

#[test]
fn detached_head_counts() {
    let repo = Repo::started();
    repo.git(&["checkout", "-q", "--detach"]);
    repo.commit(".env", leak(&secret()));
    assert_eq!(repo.scan().list("git.history", "refs"), ["HEAD"]);
}

#[test]
fn linked_worktree_head() {
    let repo = Repo::started();
    let other = repo.beside("linked");
    repo.git(&["worktree", "add", "-q", "--detach", other.to_str().unwrap()]);
    std::fs::write(other.join(".env"), leak(&secret())).unwrap();
    repo.git_in(&other, &["add", "-f", ".env"]);
    repo.git_in(&other, &["commit", "-q", "-m", "x"]);
    let found = repo.scan();
    assert_eq!(found.exposed(), [".env"]);
    assert_eq!(found.list("git.history", "refs"), ["worktrees/linked/HEAD"]);
    assert_eq!(super::scan(&other).exposed(), [".env"], "from the linked working tree as well");
}

#[test]
fn packed_and_loose_objects_and_refs_give_the_same() {
    let repo = Repo::started();
    for n in 0..20 {
        repo.commit("svc/.env", leak(&secret()));
        repo.commit("svc/data", format!("{n}\n").repeat(500));
    }
    let before = repo.scan();
    repo.git(&["gc", "-q"]);
    repo.git(&["pack-refs", "--all"]);
    let after = repo.scan();
    let facts = |found: &super::Found| -> Vec<_> {
        let mut all: Vec<String> = found.of("git.history").iter().map(|e| e.subject.shown()).collect();
        all.sort();
        all
    };
    assert_eq!(facts(&before).len(), 20);
    assert_eq!(facts(&before), facts(&after));
}

#[test]
fn alternates_are_read() {
    let repo = Repo::started();
    repo.commit(".env", leak(&secret()));
    let copy = repo.beside("copy");
    repo.git(&["clone", "-q", "--shared", ".", copy.to_str().unwrap()]);
    let found = super::scan(&copy);
    assert_eq!(found.exposed(), [".env"]);
    assert!(found.proven());
    std::fs::write(copy.join(".git/objects/info/alternates"), "/nowhere/objects\n").unwrap();
    assert!(!super::scan(&copy).causes("git.history").is_empty());
}
