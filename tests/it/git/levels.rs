//! How far history is looked at, and that the coverage says so.

use super::{Found, KINDS, Repo, leak, scan, scan_with, secret};
use leakproof::evidence::Cause;

#[test]
fn refs_that_only_the_server_holds_are_reported_as_level() {
    let server = Repo::started();
    let leaked = server.commit(".env", leak(&secret()));
    server.git(&["reset", "-q", "--hard", "HEAD~1"]);
    for reference in ["refs/pull/7/head", "refs/changes/1/1/1", "refs/merge-requests/3/head"] {
        server.git(&["update-ref", reference, &leaked]);
    }
    let copy = server.beside("copy");
    let url = format!("file://{}", server.dir.display());
    server.git(&["clone", "-q", &url, copy.to_str().unwrap()]);
    let found = scan(&copy);
    assert_eq!(found.exposed(), [""; 0], "a clone does not have them");
    assert_eq!(level(&found), "reachable");
    server.git_in(&copy, &["fetch", "-q", "origin", "refs/pull/*:refs/pull/*"]);
    assert_eq!(scan(&copy).list("git.history", "refs"), ["refs/pull/7/head"]);
}

/// The level that coverage names: how far history was looked at.
fn level(found: &Found) -> String {
    let coverage = found.0.coverage.iter().find(|c| c.kind.as_str() == "git.history").unwrap();
    coverage.identity.iter().find(|(name, _)| name.as_str() == "level").unwrap().1.to_string()
}

#[test]
fn left_to_another_rule_and_not_claimed() {
    // Amended commits, older stashes, notes and messages: the level says how far history goes.
    let repo = Repo::started();
    let value = secret();
    repo.commit(".env", leak(&value));
    repo.git(&["rm", "-q", ".env"]);
    repo.git(&["commit", "-q", "--amend", "-m", &format!("JWT_SECRET_KEY={value}"), "--allow-empty"]);
    repo.git(&["notes", "add", "-m", &leak(&value)]);
    let found = repo.scan();
    assert_eq!(found.exposed(), [""; 0]);
    assert_eq!(level(&found), "reachable");
}

/// What only the server holds is never proven by a clone: whoever has it in scope gets no pass, and keeps findings.
#[test]
fn server_side_in_scope_stays_unverified_in_every_clone() {
    for leaks in [false, true] {
        let repo = Repo::started();
        if leaks {
            repo.commit(".env", leak(&secret()));
            repo.remove(".env");
        }
        let found = scan_with(&repo.dir, &KINDS, |config| config.repositories[0].server_side = true);
        for kind in ["git.history", "git.complete", "git.file", "git.unreachable"] {
            assert_eq!(found.causes(kind), [Cause::ServerSide], "{kind}");
        }
        assert_eq!(found.exposed().len(), usize::from(leaks));
        assert!(repo.scan().proven(), "where it is not in scope, nothing is open");
    }
}
