//! The objects that are read are the objects that git has, however they lie: packs of every kind, loose, elsewhere.

use super::{Found, Repo, leak, lines, scan, secret};
use std::fs;
use std::path::Path;

/// A history with folders, merges, versions that make deltas, tags, and three secrets.
fn history(value: &str) -> Repo {
    let repo = Repo::started();
    let text = |n: usize| lines(200, |line| format!("line {} of it\n", line * (n % 3 + 1)));
    for n in 0..12 {
        repo.commit("svc/app/main.py", text(n));
        repo.commit(&format!("svc/mod{n}/a.py"), format!("N = {n}\n{}", text(1)));
    }
    repo.commit("svc/.env", leak(value));
    repo.remove("svc/.env");
    repo.git(&["checkout", "-q", "-b", "side", "HEAD~4"]);
    repo.commit("svc/app/settings.py", format!("{}JWT_SECRET_KEY = \"{value}\"\n", text(2)));
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["merge", "-q", "--no-ff", "-m", "merged", "side"]);
    repo.git(&["tag", "-a", "-m", "one", "v1"]);
    repo.git(&["commit", "-q", "--amend", "-m", "reworded", "-m", leak(value).trim()]);
    // A copy of the objects has no drafts.
    std::fs::remove_file(repo.dir.join(".git/COMMIT_EDITMSG")).unwrap();
    repo
}

fn told(found: &Found) -> Vec<String> {
    found.facts(&["git.history", "git.file", "git.unreachable"])
}

/// Everything that was counted is what git counts, and nothing was missed.
fn read_all(repo: &Repo, dir: &Path, what: &str) -> Vec<String> {
    let found = scan(dir);
    let listed = repo.git_in(dir, &["cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"]);
    let objects = listed.lines().filter(|kind| *kind != "tree").count() as u64;
    for kind in ["git.file", "git.unreachable"] {
        assert_eq!(found.counted(kind, "objects"), objects, "{what}: objects of {kind}");
    }
    let commits = repo.git_in(dir, &["rev-list", "--all", "--count"]).parse::<u64>().unwrap();
    for kind in ["git.history", "git.file"] {
        assert_eq!(found.counted(kind, "commits"), commits, "{what}: commits of {kind}");
    }
    let trees = listed.lines().filter(|kind| *kind == "tree").count() as u64;
    assert_eq!(found.counted("git.history", "trees"), trees, "{what}: trees");
    for kind in ["git.history", "git.file", "git.unreachable", "git.complete"] {
        assert_eq!(found.gaps(kind), [""; 0], "{what}");
    }
    assert!(found.proven(), "{what}");
    let told = told(&found);
    assert_eq!(found.exposed(), ["svc/.env"], "{what}");
    assert_eq!(found.paths("git.file"), ["svc/app/settings.py"], "{what}: env files are told as such");
    assert_eq!(found.of("git.unreachable").len(), 1, "{what}: {told:?}");
    told
}

/// Repacks in some way: the same is read before and after.
fn same(what: &str, repack: impl FnOnce(&Repo)) {
    let repo = history(&secret());
    let before = read_all(&repo, &repo.dir, "loose");
    repack(&repo);
    assert_eq!(read_all(&repo, &repo.dir, what), before, "{what}");
}

/// Whether some entry of some pack is a delta.
fn has_deltas(repo: &Repo) -> bool {
    let packs = fs::read_dir(repo.dir.join(".git/objects/pack")).unwrap().flatten().map(|entry| entry.path());
    let mut indexes = packs.filter(|path| path.extension().is_some_and(|ending| ending == "idx"));
    indexes.any(|index| repo.git(&["verify-pack", "-v", index.to_str().unwrap()]).contains("chain length"))
}

#[test]
fn one_pack_and_long_chains() {
    same("gc", |repo| {
        repo.git(&["gc", "-q"]);
        assert!(has_deltas(repo));
    });
    same("depth", |repo| drop(repo.git(&["repack", "-adfq", "--depth=250", "--window=250"])));
    same("no deltas", |repo| drop(repo.git(&["repack", "-adfq", "--depth=0"])));
}

#[test]
fn several_packs_and_loose_objects() {
    let repo = Repo::started();
    let value = secret();
    repo.git(&["repack", "-d", "-q"]);
    for n in 0..4 {
        repo.commit("svc/app/main.py", format!("{n}\n{}", "the same line\n".repeat(300)));
        repo.commit(&format!("svc/{n}/a"), n.to_string());
        repo.git(&["repack", "-d", "-q"]);
    }
    repo.commit("svc/.env", leak(&value));
    repo.remove("svc/.env");
    repo.git(&["repack", "-d", "-q"]);
    repo.commit("svc/app/settings.py", format!("JWT_SECRET_KEY = \"{value}\"\n"));
    repo.git(&["commit", "-q", "--allow-empty", "-m", "x", "-m", leak(&value).trim()]);
    std::fs::remove_file(repo.dir.join(".git/COMMIT_EDITMSG")).unwrap();
    assert!(repo.git(&["count-objects", "-v"]).contains("packs: 6"));
    let before = read_all(&repo, &repo.dir, "several packs");
    repo.git(&["gc", "-q"]);
    assert_eq!(read_all(&repo, &repo.dir, "one pack"), before);
}

#[test]
fn deltas_that_name_their_base() {
    same("REF_DELTA", |repo| {
        repo.git(&["config", "repack.useDeltaBaseOffset", "false"]);
        repo.git(&["repack", "-adfq"]);
        assert!(has_deltas(repo));
    });
}

#[test]
fn index_of_the_first_version() {
    same("index version 1", |repo| {
        repo.git(&["-c", "pack.indexVersion=1", "repack", "-adfq"]);
        let packs = fs::read_dir(repo.dir.join(".git/objects/pack")).unwrap().flatten().map(|entry| entry.path());
        let index = packs.filter(|path| path.extension().is_some_and(|ending| ending == "idx")).last().unwrap();
        assert_ne!(&fs::read(index).unwrap()[..4], b"\xfftOc");
    });
}

#[test]
fn index_over_many_packs() {
    same("multi-pack-index", |repo| {
        repo.git(&["repack", "-adq"]);
        repo.git(&["multi-pack-index", "write"]);
        assert!(repo.dir.join(".git/objects/pack/multi-pack-index").exists());
    });
}

#[test]
fn bitmaps_commit_graph_and_cruft_packs() {
    same("gc's extras", |repo| {
        repo.git(&["repack", "-adbq"]);
        repo.git(&["commit-graph", "write", "--reachable"]);
        repo.git(&["repack", "-q", "--cruft", "-d"]);
    });
}

/// The linked working tree and the repository itself are one store.
#[test]
fn linked_worktree_reads_the_same_store() {
    let repo = history(&secret());
    let other = repo.beside("linked");
    repo.git(&["worktree", "add", "-q", "--detach", other.to_str().unwrap()]);
    let loose = read_all(&repo, &other, "loose");
    repo.git(&["repack", "-dq"]);
    assert_eq!(read_all(&repo, &repo.dir, "here"), loose);
    assert_eq!(read_all(&repo, &other, "there"), loose);
}

#[test]
fn bare_repository() {
    let repo = history(&secret());
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    repo.git(&["gc", "-q", "--prune=now"]);
    let before = read_all(&repo, &repo.dir, "work tree");
    let bare = repo.beside("bare.git");
    repo.git(&["clone", "-q", "--bare", "--no-local", ".", bare.to_str().unwrap()]);
    let after = read_all(&repo, &bare, "bare");
    // A bare clone has all branches under their own names: everything is told the same.
    assert_eq!(before, after);
}

#[test]
fn alternates_by_absolute_and_relative_paths_and_in_a_chain() {
    let repo = history(&secret());
    let copy = repo.beside("copy");
    repo.git(&["clone", "-q", "--shared", ".", copy.to_str().unwrap()]);
    let list = copy.join(".git/objects/info/alternates");
    let first = read_all(&repo, &copy, "shared, loose");
    repo.git(&["gc", "-q"]);
    assert_eq!(read_all(&repo, &copy, "shared, packed"), first);
    fs::write(&list, "# a comment\n../../../repo/.git/objects\n").unwrap();
    assert_eq!(read_all(&repo, &copy, "relative path"), first);
    // A copy of the copy: alternates have alternates.
    let second = repo.beside("second");
    repo.git(&["clone", "-q", "--shared", copy.to_str().unwrap(), second.to_str().unwrap()]);
    fs::write(second.join(".git/objects/info/alternates"), format!("{}\n", copy.join(".git/objects").display()))
        .unwrap();
    assert_eq!(read_all(&repo, &second, "chain").len(), first.len());
}

/// What lies in two packs, or in a pack and loose, is told once.
#[test]
fn objects_that_lie_twice_are_told_once() {
    let repo = history(&secret());
    let before = told(&repo.scan());
    let all = repo.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"]);
    let all = format!("{all}\n");
    let half: String = all.split_inclusive('\n').step_by(2).collect();
    // Packs beside the loose objects, and beside each other.
    for names in [&all, &half] {
        repo.feed(&["pack-objects", "-q", ".git/objects/pack/pack"], names.as_bytes());
        let found = repo.scan();
        assert_eq!(told(&found), before);
        assert!(found.proven());
    }
    repo.git(&["prune-packed", "-q"]);
    assert_eq!(told(&repo.scan()), before);
}
