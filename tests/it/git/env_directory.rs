//! A directory under the name `.env`: files of assignments, and one file per variable.

use super::{Repo, leak, secret};
use leakproof::evidence::{Cause, Name};

#[test]
fn env_directory() {
    let repo = Repo::started();
    repo.commit(".env/prod", leak(&secret()));
    repo.commit(".env/lib/code.py", "import os\n\ndef f():\n    return os.environ\n");
    let found = repo.scan();
    assert_eq!(found.exposed(), [".env/prod"]);
    let tracked = found.one("git.tracked");
    assert_eq!(tracked.word("type"), Some("directory"));
    assert_eq!(tracked.word("class"), Some("plaintext"));
    repo.git(&["rm", "-q", "-r", ".env"]);
    repo.commit_all();
    let found = repo.scan();
    assert_eq!(found.exposed(), [".env/prod"]);
    assert!(found.of("git.tracked").is_empty());
}

/// A random key as most people make them: 64 hex digits.
fn key() -> String {
    use sha2::{Digest, Sha256};
    data_encoding::HEXLOWER.encode(&Sha256::digest(secret()))
}

#[test]
fn one_file_per_variable_is_judged_under_its_name() {
    for (path, ending) in [
        (".env/JWT_SECRET_KEY", ""),
        (".env/JWT_SECRET_KEY", "\n"),
        ("svc/prod.env/jwt-secret-key.txt", "\n"),
        (".env/db/PASSWORD", "\nsecond line\n"),
    ] {
        let repo = Repo::started();
        repo.commit(path, format!("{}{ending}", key()));
        let found = repo.scan();
        assert_eq!(found.exposed(), [path]);
        assert_eq!(found.one("git.tracked").word("class"), Some("plaintext"), "{path}");
        assert!(found.one("git.history").subject.place.variable.is_some());
        repo.remove(path);
        let found = repo.scan();
        assert_eq!(found.exposed(), [path]);
        assert!(found.proven());
    }
}

#[test]
fn one_file_per_variable_is_judged_in_the_index_and_behind_a_link() {
    let repo = Repo::started();
    repo.write(".env/JWT_SECRET_KEY", key());
    repo.git(&["add", "-f", "."]);
    let found = repo.scan();
    assert_eq!(found.one("git.tracked").word("class"), Some("plaintext"));
    repo.git(&["mv", ".env", "conf"]);
    std::os::unix::fs::symlink("conf", repo.dir.join(".env")).unwrap();
    repo.commit_all();
    let found = repo.scan();
    assert_eq!(found.exposed(), ["conf/JWT_SECRET_KEY"]);
    let variable = found.one("git.history").subject.place.variable.as_ref();
    assert_eq!(variable.map(Name::as_str), Some("JWT_SECRET_KEY"));
}

#[test]
fn one_harmless_file_per_variable_passes_and_a_nameless_key_is_for_review() {
    let repo = Repo::started();
    for (name, value) in [
        ("PORT", "8000\n"),
        ("JWT_SECRET_KEY", "${JWT_SECRET_KEY}"),
        ("DATABASE_URL", ""),
        ("JWT_SECRET_KEY_FILE", "/run/secrets/jwt"),
        ("bin/jwt", "#!/opt/app/.env/bin/python\nimport sys\n"),
        ("lib/site-packages/token.py", "NAME = 1\nprint(NAME)\n"),
        ("lib/site-packages/x.dist-info/INSTALLER", "pip\n"),
    ] {
        repo.write(&format!(".env/{name}"), value);
    }
    repo.commit_all();
    let found = repo.scan();
    assert_eq!(found.exposed(), [""; 0]);
    assert!(found.proven(), "{:?}", found.gaps("git.history"));
    repo.commit(".env/GREETING", key());
    assert_eq!(repo.scan().causes("git.history"), [Cause::NeedsReview]);
}
