//! Templates of env files: stand-ins belong there, real values do not, at the tips and in history.

use super::{Repo, leak, scan_with, secret};
use leakproof::evidence::{Cause, Fact};
use std::os::unix::fs::symlink;

#[test]
fn template_with_placeholders_and_template_with_the_real_key() {
    let repo = Repo::started();
    repo.commit(".env.example", "JWT_SECRET_KEY=changeme\nPORT=8000\n");
    let found = repo.scan();
    let classes = |found: &super::Found| -> Vec<String> {
        found.of("git.template").iter().map(|e| e.word("class").unwrap().to_owned()).collect()
    };
    assert_eq!(classes(&found), ["placeholder", "not-secret"]);
    assert!(found.of("git.tracked").is_empty(), "a template may be tracked");
    assert_eq!(found.exposed(), [""; 0], "and is no finding of history");
    repo.commit("svc/.env.sample", leak(&secret()));
    let found = repo.scan();
    assert!(classes(&found).contains(&"plaintext".to_owned()));
    assert_eq!(found.counted("git.template", "files"), 2);
}

#[test]
fn no_template_is_not_applicable() {
    let found = Repo::started().scan();
    assert!(found.0.inapplicable.iter().any(|n| n.kind.as_str() == "git.template"));
    assert_eq!(found.counted("git.template", "files"), 0);
}

#[test]
fn template_over_the_limit_is_a_gap() {
    let repo = Repo::started();
    repo.commit(".env.example", "#".repeat(2000));
    let found = scan_with(&repo.dir, &["git.template"], |config| config.limits.file_bytes = 1000);
    assert_eq!(found.causes("git.template"), [Cause::OverLimit]);
}

#[test]
fn template_with_the_real_key_in_an_older_version() {
    let repo = Repo::started();
    for name in [".env.example", "svc/.env.test"] {
        repo.commit(name, format!("PORT=8000\n{}REDIS_URL=changeme\n", leak(&secret())));
        repo.commit(name, "PORT=8000\nJWT_SECRET_KEY=changeme\nREDIS_URL=changeme\n");
    }
    let found = repo.scan();
    assert_eq!(found.exposed(), [".env.example", "svc/.env.test"]);
    for evidence in found.of("git.history") {
        assert_eq!(evidence.word("class"), Some("plaintext"));
        assert_eq!(evidence.fact("exposed"), Some(&Fact::Int(1)), "stand-ins belong in a template");
    }
    assert!(found.of("git.template").iter().all(|e| e.word("class") != Some("plaintext")), "the tip is clean");
    assert!(found.proven());
}

#[test]
fn template_that_is_a_link_is_followed_in_every_version() {
    let repo = Repo::started();
    repo.commit("config/sample.txt", leak(&secret()));
    repo.commit("config/sample.txt", "JWT_SECRET_KEY=changeme\n");
    symlink("config/sample.txt", repo.dir.join(".env.example")).unwrap();
    repo.commit_all();
    let found = repo.scan();
    assert_eq!(found.exposed(), ["config/sample.txt"]);
    assert_eq!(found.paths("git.template"), [".env.example"], "and it is a template of the tip");
    assert_eq!(found.one("git.template").word("class"), Some("placeholder"));
}

#[test]
fn template_and_env_file_with_the_same_text_are_told_apart() {
    let repo = Repo::started();
    repo.write(".env.example", "JWT_SECRET_KEY=changeme\n");
    repo.commit(".env", "JWT_SECRET_KEY=changeme\n");
    assert_eq!(repo.scan().exposed(), [".env"]);
}
