//! What can stand under the name `.env` besides a plain file of text.

use super::{Repo, leak, scan_with, secret};
use leakproof::evidence::{Cause, Fact};
use std::os::unix::fs::symlink;

#[test]
fn symlinked_env_is_judged_by_the_file_it_names() {
    let repo = Repo::started();
    repo.commit("config/values.txt", leak(&secret()));
    symlink("config/values.txt", repo.dir.join(".env")).unwrap();
    repo.commit_all();
    let found = repo.scan();
    assert_eq!(found.exposed(), ["config/values.txt"]);
    let tracked = found.one("git.tracked");
    assert_eq!(tracked.word("type"), Some("symlink"));
    assert_eq!(tracked.word("class"), Some("plaintext"));
}

#[test]
fn symlink_to_a_symlink_and_older_versions_of_the_target_are_followed() {
    let repo = Repo::started();
    repo.commit("values", leak(&secret()));
    repo.commit("values", "PORT=1\n");
    symlink("values", repo.dir.join("current")).unwrap();
    std::fs::create_dir(repo.dir.join("svc")).unwrap();
    symlink("../current", repo.dir.join("svc/.env")).unwrap();
    repo.commit_all();
    let found = repo.scan();
    assert_eq!(found.exposed(), ["values"]);
    assert_eq!(found.one("git.tracked").word("class"), Some("not-secret"));
}

#[test]
fn symlink_out_of_the_repository_or_in_a_circle_is_harmless() {
    let repo = Repo::started();
    symlink("/etc/hostname", repo.dir.join(".env")).unwrap();
    symlink("b.env", repo.dir.join("a.env")).unwrap();
    symlink("a.env", repo.dir.join("b.env")).unwrap();
    repo.commit_all();
    let found = repo.scan();
    assert_eq!(found.exposed(), [""; 0]);
    assert_eq!(found.paths("git.tracked"), [".env", "a.env", "b.env"]);
    assert!(found.proven());
}

#[test]
fn symlink_replaced_by_a_file_is_found() {
    let repo = Repo::started();
    symlink("nowhere", repo.dir.join(".env")).unwrap();
    repo.commit_all();
    std::fs::remove_file(repo.dir.join(".env")).unwrap();
    repo.commit(".env", leak(&secret()));
    assert_eq!(repo.scan().exposed(), [".env"]);
}

#[test]
fn directories_where_programs_keep_code_are_not_env_directories() {
    let repo = Repo::started();
    repo.commit("src/environment/mod.rs", "x\n");
    repo.commit("env/settings", leak(&secret()));
    assert!(repo.scan().of("git.tracked").is_empty());
}

#[test]
fn gitlink_named_env() {
    let repo = Repo::started();
    let head = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{head},.env")]);
    repo.git(&["commit", "-q", "-m", "x"]);
    let found = repo.scan();
    assert_eq!(found.one("git.tracked").word("type"), Some("gitlink"));
    assert_eq!(found.causes("git.history"), [Cause::ContentElsewhere]);
}

#[test]
fn git_crypt_is_fine_but_earlier_plaintext_is_not() {
    let repo = Repo::started();
    repo.commit(".env", leak(&secret()));
    repo.commit(".env", [b"\0GITCRYPT\0".as_slice(), &[7, 200, 13, 5, 99, 250, 1, 2, 3, 4, 5, 6]].concat());
    let found = repo.scan();
    assert_eq!(found.exposed(), [".env"]);
    assert_eq!(found.one("git.tracked").word("class"), Some("encrypted"));
    assert!(found.proven());
}

#[test]
fn commented_out_secret_is_a_leak() {
    let repo = Repo::started();
    repo.commit(".env", format!("PORT=1\n# {}", leak(&secret())));
    assert_eq!(repo.scan().one("git.history").fact("commented"), Some(&Fact::Bool(true)));
}

#[test]
fn random_value_under_a_neutral_name_needs_review() {
    let repo = Repo::started();
    repo.commit(".env", format!("GREETING={}\n", secret()));
    let found = repo.scan();
    assert_eq!(found.exposed(), [""; 0]);
    assert_eq!(found.causes("git.history"), [Cause::NeedsReview]);
}

#[test]
fn blob_over_the_limit_is_not_read_and_not_passed() {
    let repo = Repo::started();
    repo.commit(".env", format!("{}{}", leak(&secret()), "#".repeat(5000)));
    let found = scan_with(&repo.dir, &["git.history", "git.complete"], |config| config.limits.file_bytes = 1000);
    assert_eq!(found.exposed(), [""; 0]);
    assert_eq!(found.causes("git.history"), [Cause::OverLimit]);
    assert!(found.gaps("git.history")[0].contains("limits.file_bytes"));
}

#[test]
fn undecodable_blob_is_not_passed() {
    let repo = Repo::started();
    let noise: Vec<u8> = (0..4000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    repo.commit(".env", noise);
    assert_eq!(repo.scan().causes("git.history"), [Cause::Malformed]);
}

#[test]
fn secret_looking_path_is_withheld() {
    let repo = Repo::started();
    let value = format!("{}{}", secret(), secret());
    repo.commit(&format!("{value}/.env"), leak(&value));
    let found = repo.scan();
    assert_eq!(found.exposed().len(), 1);
    assert!(found.exposed()[0].starts_with("(withheld path"));
}

#[test]
fn sops_file_is_fine_but_an_earlier_version_in_plaintext_is_not() {
    let repo = Repo::started();
    let sealed = || format!("ENC[AES256_GCM,data:{0},iv:{0},tag:{0},type:str]", secret());
    let encrypted = format!("JWT_SECRET_KEY={}\nsops_version=3.9.0\nsops_mac={}\n", sealed(), sealed());
    repo.commit(".env", &encrypted);
    let found = repo.scan();
    assert_eq!(found.exposed(), [""; 0]);
    assert_eq!(found.one("git.tracked").word("class"), Some("encrypted"));
    assert!(found.proven(), "{:?}", found.gaps("git.history"));
    repo.commit(".env", leak(&secret()));
    repo.commit(".env", &encrypted);
    let found = repo.scan();
    assert_eq!(found.exposed(), [".env"]);
    assert_eq!(found.one("git.tracked").word("class"), Some("encrypted"));
}

#[test]
fn very_long_line_hides_neither_its_own_value_nor_the_next_one() {
    for text in [
        format!("PADDING={}\n{}", "a".repeat(3 << 20), leak(&secret())),
        format!("{}PADDING={}", leak(&secret()), "a".repeat(3 << 20)),
        format!("JWT_SECRET_KEY={}\n", secret().repeat(40_000)),
    ] {
        let repo = Repo::started();
        repo.commit(".env", text);
        assert_eq!(repo.scan().exposed(), [".env"]);
    }
}
