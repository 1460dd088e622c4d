//! Secrets in what git writes beside files: messages, notes, people, and the names of refs.

use super::unreachable::{Told, everywhere, place, told};
use super::{Repo, leak, secret};
use std::os::unix::fs::PermissionsExt;

/// A person's name or address with the content's line in it.
fn line(content: &str) -> &str {
    content.lines().last().unwrap()
}

#[test]
fn commit_message() {
    everywhere(|repo, content| {
        repo.git(&["commit", "-q", "--allow-empty", "-m", "subject", "-m", content]);
        let draft = place("message", "COMMIT_EDITMSG", "", "");
        vec![place("message", "", "", &repo.git(&["rev-parse", "HEAD"])), draft]
    });
}

/// A reflog keeps the subjects of commits, the amended one's too.
#[test]
fn subject_of_an_amended_commit_is_in_its_message_and_in_reflogs() {
    everywhere(|repo, content| {
        repo.git(&["commit", "-q", "--allow-empty", "-m", line(content)]);
        let commit = repo.git(&["rev-parse", "HEAD"]);
        repo.git(&["commit", "-q", "--allow-empty", "--amend", "-m", "reworded"]);
        vec![
            place("message", "", "", &commit),
            place("reflog", "logs/HEAD", "", ""),
            place("reflog", "logs/refs/heads/main", "", ""),
        ]
    });
}

/// A hook refused the commit: git keeps what was typed.
#[test]
fn message_of_a_commit_that_was_never_made() {
    everywhere(|repo, content| {
        let hook = repo.dir.join(".git/hooks/commit-msg");
        std::fs::write(&hook, "#!/bin/sh\nexit 1\n").unwrap();
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert!(!repo.run_in(&repo.dir, &["commit", "-q", "--allow-empty", "-m", content]).status.success());
        vec![place("message", "COMMIT_EDITMSG", "", "")]
    });
}

#[test]
fn patch_of_a_rebase_that_stopped() {
    everywhere(|repo, content| {
        repo.git(&["checkout", "-q", "-b", "topic"]);
        repo.commit("a.txt", "one\n");
        repo.git(&["checkout", "-q", "main"]);
        repo.commit("a.txt", "two\n");
        repo.git(&["checkout", "-q", "topic"]);
        assert!(!repo.run_in(&repo.dir, &["rebase", "main"]).status.success());
        std::fs::write(repo.dir.join(".git/rebase-merge/message"), content).unwrap();
        vec![place("message", "rebase-merge/message", "", "")]
    });
}

#[test]
fn annotated_tag_message() {
    everywhere(|repo, content| {
        repo.git(&["tag", "-a", "-m", "subject", "-m", content, "v1"]);
        vec![place("message", "", "", &repo.git(&["rev-parse", "v1"]))]
    });
}

#[test]
fn annotated_tag_that_was_deleted() {
    everywhere(|repo, content| {
        repo.git(&["tag", "-a", "-m", "subject", "-m", content, "v1"]);
        let tag = repo.git(&["rev-parse", "v1"]);
        repo.git(&["tag", "-d", "v1"]);
        vec![place("message", "", "", &tag)]
    });
}

#[test]
fn author_name_and_address() {
    for address in [false, true] {
        everywhere(|repo, content| {
            let line = line(content);
            let person = if address { format!("A <{line}>") } else { format!("{line} <x@example.org>") };
            repo.git(&["commit", "-q", "--allow-empty", "-m", "x", "--author", &person]);
            vec![place("message", "", "", &repo.git(&["rev-parse", "HEAD"]))]
        });
    }
}

#[test]
fn note_and_what_it_was_before() {
    everywhere(|repo, content| {
        repo.git(&["notes", "add", "-m", content]);
        let blob = repo.git(&["rev-parse", &format!("refs/notes/commits:{}", repo.git(&["rev-parse", "HEAD"]))]);
        let commit = repo.git(&["rev-parse", "refs/notes/commits"]);
        repo.git(&["notes", "add", "-f", "-m", "nothing"]);
        // The path is the annotated commit's id: too long a text to be shown.
        vec![place("note", "(withheld path #0)", &blob, &commit)]
    });
}

#[test]
fn branch_name_holds_a_secret_and_is_withheld() {
    let repo = Repo::started();
    repo.git(&["branch", leak(&secret()).trim()]);
    for packed in [false, true] {
        if packed {
            repo.pack();
        }
        let found = repo.scan();
        let told = told(&found);
        let names: Vec<&Told> = told.iter().filter(|told| told[0] == "ref-name").collect();
        assert!(matches!(names[..], [[_, path, _, _]] if path.starts_with("(withheld ref ")), "{told:?}");
        assert_eq!(found.exposed(), [""; 0]);
        assert!(found.proven());
    }
    let clean = Repo::started();
    clean.git(&["branch", "JWT_SECRET_KEY-rotation"]);
    assert_eq!(told(&clean.scan()), Vec::<Told>::new());
}

/// The address that was fetched from stands in a file beside the refs.
#[test]
fn address_in_fetch_head_carries_a_password() {
    let repo = Repo::started();
    let commit = repo.git(&["rev-parse", "HEAD"]);
    let line = |user: &str| format!("{commit}\t\tbranch 'main' of https://{user}@git.example.org/app\n");
    repo.write(".git/FETCH_HEAD", line(&format!("deploy:{}", secret())));
    assert_eq!(told(&repo.scan()), [place("reflog", "FETCH_HEAD", "", "")]);
    repo.write(".git/FETCH_HEAD", line("deploy"));
    assert_eq!(told(&repo.scan()), Vec::<Told>::new());
}
