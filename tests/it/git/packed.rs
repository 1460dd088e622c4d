//! The same objects, loose and packed, in one pack and in several: the same answer.

use super::{Found, KINDS, Repo, leak, scan, scan_with, secret};
use std::path::PathBuf;

/// What a repository says: evidence and gaps.
fn said(found: &Found) -> (Vec<String>, Vec<Vec<String>>) {
    (found.facts(&KINDS), KINDS.map(|kind| found.gaps(kind)).to_vec())
}

/// Loose first, then packed.
fn both(repo: &Repo) -> [Found; 2] {
    let loose = repo.scan();
    repo.git(&["repack", "-adq"]);
    repo.git(&["prune-packed"]);
    [loose, repo.scan()]
}

#[test]
fn links_of_packed_history_are_followed() {
    for template in [false, true] {
        let repo = Repo::started();
        let name = if template { "c/.env.example" } else { "c/.env" };
        repo.write("c/real.txt", leak(&secret()));
        std::os::unix::fs::symlink("../c/real.txt", repo.dir.join(name)).unwrap();
        repo.commit_all();
        std::fs::remove_dir_all(repo.dir.join("c")).unwrap();
        repo.commit_all();
        for (what, found) in ["loose", "packed"].into_iter().zip(both(&repo)) {
            assert_eq!(found.exposed(), ["c/real.txt"], "{what}, template: {template}");
        }
    }
}

#[test]
fn a_link_of_packed_history_into_a_submodule_is_a_gap() {
    let repo = Repo::started();
    std::os::unix::fs::symlink("vendor/lib/cfg.txt", repo.dir.join(".env")).unwrap();
    repo.git(&["add", ".env"]);
    let gitlink = format!("160000,{},vendor/lib", "1".repeat(40));
    repo.git(&["update-index", "--add", "--cacheinfo", &gitlink]);
    repo.git(&["commit", "-q", "-m", "a"]);
    repo.git(&["rm", "-q", "--cached", "vendor/lib", ".env"]);
    repo.git(&["commit", "-q", "-m", "b"]);
    for (what, found) in ["loose", "packed"].into_iter().zip(both(&repo)) {
        assert!(!found.proven(), "{what}");
        assert!(found.gaps("git.history").concat().contains("content lies elsewhere"), "{what}");
    }
}

/// A tree inside a tree, so often, each with `wide` names for it.
fn nested(repo: &Repo, leaf: &str, levels: usize, wide: usize) -> String {
    let mut tree = repo.feed(&["mktree"], leaf.as_bytes());
    for _ in 0..levels {
        let entries: Vec<String> = (0..wide).map(|n| format!("040000 tree {tree}\td{n}\n")).collect();
        tree = repo.feed(&["mktree"], entries.concat().as_bytes());
    }
    tree
}

fn committed(repo: &Repo, tree: &str) {
    let commit = repo.git(&["commit-tree", "-m", "x", tree]);
    repo.git(&["update-ref", "refs/heads/main", &commit]);
}

/// The objects of a repository in another one, in so many packs.
fn in_packs(repo: &Repo, packs: usize) -> PathBuf {
    let other = repo.beside(&format!("packs-{packs}"));
    std::fs::create_dir(&other).unwrap();
    repo.git_in(&other, &["init", "-q", "-b", "main"]);
    let listed = repo.git(&["rev-list", "--objects", "--all"]);
    let ids: Vec<&str> = listed.lines().filter_map(|line| line.split(' ').next()).collect();
    let to = other.join(".git/objects/pack/pack");
    for n in 0..packs {
        let some: Vec<&str> = ids.iter().skip(n).step_by(packs).copied().collect();
        repo.feed(&["pack-objects", "-q", to.to_str().unwrap()], (some.join("\n") + "\n").as_bytes());
    }
    repo.git_in(&other, &["update-ref", "refs/heads/main", &repo.git(&["rev-parse", "main"])]);
    other
}

#[test]
fn how_deep_trees_are_does_not_depend_on_threads() {
    let repo = Repo::new();
    let blob = repo.feed(&["hash-object", "-w", "--stdin"], leak(&secret()).as_bytes());
    let tree = nested(&repo, &format!("100644 blob {blob}\t.env\n"), 300, 1);
    committed(&repo, &tree);
    let other = in_packs(&repo, 2);
    let first = said(&scan(&other));
    assert!(first.1.concat().concat().contains("limit"), "{first:?}");
    for _ in 0..12 {
        assert_eq!(said(&scan(&other)), first);
    }
}

#[test]
fn directories_called_env_and_clean_loose_trees_reach_no_limit() {
    for name in ["env", "lib"] {
        let repo = Repo::new();
        let blob = repo.feed(&["hash-object", "-w", "--stdin"], b"hello\n");
        let leaf = repo.feed(&["mktree"], format!("100644 blob {blob}\ta.txt\n").as_bytes());
        let tree = nested(&repo, &format!("040000 tree {leaf}\t{name}\n"), 2, 250);
        committed(&repo, &tree);
        let [loose, packed] = both(&repo);
        assert!(loose.proven() && packed.proven(), "{name}: {:?}", packed.gaps("git.history"));
    }
}

#[test]
fn a_clean_loose_tree_that_packed_ones_lead_to_reaches_no_limit() {
    let repo = Repo::new();
    let blob = repo.feed(&["hash-object", "-w", "--stdin"], b"hello\n");
    let leaf = repo.feed(&["mktree"], format!("100644 blob {blob}\ta.txt\n").as_bytes());
    let tree = nested(&repo, &format!("040000 tree {leaf}\tlib\n"), 2, 250);
    committed(&repo, &tree);
    let listed = repo.git(&["rev-list", "--objects", "--all"]);
    let ids = listed.lines().filter_map(|line| line.split(' ').next()).filter(|id| **id != leaf);
    let some: Vec<&str> = ids.collect();
    repo.feed(&["pack-objects", "-q", ".git/objects/pack/pack"], (some.join("\n") + "\n").as_bytes());
    repo.git(&["prune-packed"]);
    assert!(repo.git(&["count-objects"]).starts_with("1 objects"));
    let found = repo.scan();
    assert!(found.proven(), "{:?}", found.gaps("git.history"));
}

#[test]
fn a_file_of_a_pack_and_of_newer_loose_commits_has_one_span() {
    let repo = Repo::new();
    let first = repo.commit(".env", leak(&secret()));
    repo.git(&["repack", "-adq"]);
    repo.git(&["prune-packed"]);
    let last = repo.commit("y", "x\n");
    let found = scan_with(&repo.dir, &["git.file"], |_| {});
    let one = found.one("git.file");
    assert_eq!((one.word("first_commit"), one.word("last_commit")), (Some(first.as_str()), Some(last.as_str())));
}
