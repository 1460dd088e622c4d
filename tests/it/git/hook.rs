//! The pre-commit hook of `deploy/`, run by git itself.

use super::{Repo, leak, secret};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn hooked() -> Repo {
    let repo = Repo::started();
    let hook = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/git/pre-commit");
    fs::copy(hook, repo.dir.join(".git/hooks/pre-commit")).unwrap();
    repo
}

/// Runs git with the built program in the path.
fn git(repo: &Repo, args: &[&str]) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_leakproof")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut git = Command::new("git");
    git.args(["-c", "user.name=A", "-c", "user.email=a@example.org"]).args(args).current_dir(&repo.dir);
    git.env("PATH", path).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    git.output().unwrap()
}

#[test]
fn a_commit_that_brings_a_secret_is_refused_and_a_harmless_one_is_made() {
    let repo = hooked();
    let value = secret();
    repo.write("settings.py", format!("JWT_SECRET_KEY = \"{value}\"\n"));
    git(&repo, &["add", "."]);
    let refused = git(&repo, &["commit", "-m", "settings"]);
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&[refused.stdout, refused.stderr].concat()).into_owned();
    assert!(said.contains("settings.py") && !said.contains(&value), "{said}");
    repo.write("settings.py", "import os\nJWT_SECRET_KEY = os.environ[\"JWT_SECRET_KEY\"]\n");
    git(&repo, &["add", "."]);
    let made = git(&repo, &["commit", "-m", "settings"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stdout));
}

#[test]
fn what_commit_a_stages_in_an_index_of_its_own_is_seen() {
    let repo = hooked();
    for args in [&["commit", "-a", "-m", "x"][..], &["commit", "-m", "x", "README"]] {
        repo.write("README", leak(&secret()));
        assert!(!git(&repo, args).status.success(), "{args:?}");
        repo.write("README", "hello again\n");
    }
    assert!(git(&repo, &["commit", "-a", "-m", "x"]).status.success());
}
