//! `--cache DIR`: what an earlier run found clean is not read again, and nothing else changes.

use super::{Found, Repo, scan_with, secret};
use std::fs;
use std::path::{Path, PathBuf};

const KINDS: [&str; 2] = ["git.file", "git.unreachable"];

fn scan(repo: &Repo, cache: &Path) -> Found {
    scan_with(&repo.dir, &KINDS, |config| config.cache = Some(cache.to_path_buf()))
}

fn files(cache: &Path) -> Vec<PathBuf> {
    fs::read_dir(cache).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

fn cached(found: &Found) -> u64 {
    found.counted("git.file", "cached-objects")
}

/// A repository with many versions of one file, of which one leaks, in packs and loose.
fn grown(packed: bool) -> Repo {
    let repo = Repo::started();
    let line = |i: usize, n: usize| format!("line {i} of {}", if i == n { "many" } else { "all" });
    let lines = |n: usize| (0..200).map(|i| line(i, n)).collect::<Vec<_>>().join("\n") + "\n";
    for n in 0..8 {
        let text = lines(n);
        let leak = if n == 4 { format!("JWT_SECRET_KEY = \"{}\"\n", secret()) } else { String::new() };
        repo.commit("settings.py", format!("{text}{leak}"));
    }
    if packed {
        repo.git(&["gc", "-q"]);
    }
    repo
}

#[test]
fn a_second_run_reads_what_was_not_clean_and_says_the_same() {
    for packed in [true, false] {
        let repo = grown(packed);
        let cache = repo.beside("cache");
        let (first, second) = (scan(&repo, &cache), scan(&repo, &cache));
        assert_eq!(cached(&first), 0);
        assert_eq!(cached(&second) + 1, first.counted("git.file", "objects"), "all but the one that leaks");
        assert_eq!(first.counted("git.file", "objects"), second.counted("git.file", "objects"));
        assert_eq!(second.paths("git.file"), ["settings.py"]);
        assert_eq!(first.paths("git.file"), second.paths("git.file"));
    }
}

#[test]
fn what_came_since_is_found() {
    let repo = grown(true);
    let cache = repo.beside("cache");
    scan(&repo, &cache);
    repo.commit("config.json", format!("{{\"password\": \"{}\"}}\n", secret()));
    repo.remove("config.json");
    repo.git(&["gc", "-q"]);
    assert_eq!(scan(&repo, &cache).paths("git.file"), ["config.json", "settings.py"]);
}

#[test]
fn a_damaged_file_is_not_used_and_made_anew() {
    let repo = grown(true);
    let cache = repo.beside("cache");
    scan(&repo, &cache);
    let file = files(&cache).pop().unwrap();
    let whole = fs::read(&file).unwrap();
    for damaged in [&whole[..whole.len() - 1], &whole[..20], b"", &[&whole[..], b"x"].concat()] {
        fs::write(&file, damaged).unwrap();
        let found = scan(&repo, &cache);
        assert_eq!((cached(&found), found.paths("git.file").len()), (0, 1));
        assert_eq!(fs::read(&file).unwrap(), whole);
    }
}

#[test]
fn an_object_that_leaks_is_never_kept() {
    let repo = grown(true);
    let cache = repo.beside("cache");
    scan(&repo, &cache);
    let leaking = repo.git(&["log", "--format=%H", "--reverse", "--", "settings.py"]);
    let commit = leaking.lines().nth(4).unwrap();
    let blob = repo.git(&["rev-parse", &format!("{commit}:settings.py")]);
    let id: Vec<u8> = (0..20).map(|n| u8::from_str_radix(&blob[2 * n..2 * n + 2], 16).unwrap()).collect();
    let bytes = fs::read(files(&cache).pop().unwrap()).unwrap();
    assert!(!bytes.windows(20).any(|window| window == id));
}
