//! Symbolic links on the way to an env file's content.

use super::{Found, Repo, leak, secret};
use leakproof::evidence::Cause;
use std::os::unix::fs::symlink;

/// `.env` leads through these links to `prod.txt`; it was deleted later.
fn deleted(repo: &Repo, links: &[(&str, &str)]) -> (Found, Found) {
    for (at, to) in links {
        std::fs::create_dir_all(repo.dir.join(at).parent().unwrap()).unwrap();
        symlink(to, repo.dir.join(at)).unwrap();
    }
    repo.commit_all();
    let before = repo.scan();
    repo.git(&["rm", "-q", links[0].0]);
    repo.commit_all();
    (before, repo.scan())
}

#[test]
fn env_behind_a_directory_symlink_is_found() {
    for (links, end) in [
        (vec![(".env", "conf/prod.txt"), ("conf", "real")], "real/prod.txt"),
        (vec![(".env", "a/b/prod.txt"), ("a", "x"), ("x/b", "../y"), ("y", "real")], "real/prod.txt"),
        (vec![("svc/.env", "../conf/../prod.txt"), ("conf", "deep/real")], "deep/prod.txt"),
        (vec![(".env", "first"), ("first", "conf/prod.txt"), ("conf", "./real/")], "real/prod.txt"),
        (vec![(".env", "conf"), ("conf", "dir"), ("dir/one", "../real/prod.txt")], "real/prod.txt"),
    ] {
        let repo = Repo::started();
        repo.write("deep/real/keep", "x");
        repo.commit(end, leak(&secret()));
        let (before, after) = deleted(&repo, &links);
        assert_eq!(after.exposed(), [end], "{links:?}");
        assert!(after.proven(), "{links:?}");
        assert_eq!(before.of("git.tracked").len(), 1, "{links:?}");
    }
}

#[test]
fn env_behind_a_directory_symlink_is_judged_at_the_tips_too() {
    let repo = Repo::started();
    repo.commit("real/prod.txt", leak(&secret()));
    let (before, _) = deleted(&repo, &[("env.sh", "conf/prod.txt"), ("conf", "real")]);
    assert_eq!(before.paths("git.tracked"), ["env.sh"], "a weak name counts by what it leads to");
    let clean = Repo::started();
    clean.commit("real/prod.txt", "PORT=8000\n");
    let (before, after) = deleted(&clean, &[("env.sh", "conf/prod.txt"), ("conf", "real")]);
    assert!(before.of("git.tracked").is_empty());
    assert!(after.proven() && after.exposed().is_empty());
}

#[test]
fn a_template_behind_a_directory_symlink_is_read() {
    let repo = Repo::started();
    repo.commit("real/sample.txt", leak(&secret()));
    let (before, _) = deleted(&repo, &[(".env.example", "conf/sample.txt"), ("conf", "real")]);
    assert_eq!(before.one("git.template").word("class"), Some("plaintext"));
}

/// A chain of this many links from `.env` to `prod.txt`.
fn chain(length: usize) -> (Found, Found) {
    let repo = Repo::started();
    repo.commit("prod.txt", leak(&secret()));
    let name = |n: usize| if n == 0 { ".env".to_owned() } else { format!("link{n}") };
    let names: Vec<String> = (0..length).map(name).chain(["prod.txt".to_owned()]).collect();
    let links: Vec<(&str, &str)> = names.windows(2).map(|pair| (pair[0].as_str(), pair[1].as_str())).collect();
    deleted(&repo, &links)
}

#[test]
fn a_chain_of_links_is_followed_to_its_end() {
    for length in [6, 40] {
        let (before, after) = chain(length);
        assert_eq!(before.one("git.tracked").word("class"), Some("plaintext"), "{length}");
        assert_eq!(after.exposed(), ["prod.txt"], "{length}");
        assert!(after.proven(), "{length}");
    }
}

#[test]
fn a_chain_longer_than_the_kernel_follows_is_a_gap() {
    let (before, after) = chain(41);
    assert_eq!(before.causes("git.tracked"), [Cause::OverLimit]);
    assert_eq!(after.causes("git.history"), [Cause::OverLimit]);
    assert_eq!(after.causes("git.complete"), [Cause::OverLimit]);
}

#[test]
fn a_link_that_leads_into_itself_is_a_gap_and_ends() {
    let repo = Repo::started();
    let (_, after) = deleted(&repo, &[(".env", "loop/x"), ("loop", "loop/y")]);
    assert_eq!(after.causes("git.history"), [Cause::OverLimit]);
}

#[test]
fn a_link_into_a_submodule_is_named_as_unexamined() {
    let repo = Repo::started();
    let library = repo.beside("library");
    repo.git(&["clone", "-q", ".", library.to_str().unwrap()]);
    repo.git(&["submodule", "add", "-q", "--name", "lib", library.to_str().unwrap(), "lib"]);
    symlink("lib/prod.txt", repo.dir.join(".env")).unwrap();
    repo.commit_all();
    let found = repo.scan();
    assert_eq!(found.causes("git.history"), [Cause::ContentElsewhere]);
    assert_eq!(found.causes("git.complete"), []);
    repo.remove(".env");
    symlink("lib/.env", repo.dir.join(".env")).unwrap();
    repo.git(&["checkout", "-q", "--orphan", "fresh"]);
    repo.commit_all();
    repo.git(&["branch", "-q", "-D", "main"]);
    assert!(repo.scan().proven(), "the submodule's own walk finds it by its name");
}
