//! Ignore rules that take `.env` back in directories that HEAD does not have, or stop at some depth.

use super::Repo;

/// What git shows as untracked once the file is there.
fn git_shows(repo: &Repo, path: &str) -> bool {
    repo.write(path, "x");
    let shown = repo.run_in(&repo.dir, &["status", "--porcelain", "--untracked-files=all"]).stdout;
    let shown = String::from_utf8_lossy(&shown).lines().any(|line| line == format!("?? {path}"));
    std::fs::remove_file(repo.dir.join(path)).unwrap();
    shown
}

fn taken_back(files: &[(&str, &str)], path: &str) {
    let repo = Repo::started();
    for (file, text) in files {
        repo.commit(file, text);
    }
    assert!(git_shows(&repo, path), "{files:?}");
    let found = repo.scan();
    assert!(!found.bool("git.ignore", "covered_nested"), "{files:?}");
    assert!(found.bool("git.ignore", "covered_root"), "{files:?}");
}

#[test]
fn negations_for_directories_that_head_lacks_count() {
    for (negation, path) in [
        ("!deploy/.env", "deploy/.env"),
        ("!/services/*/.env", "services/api/.env"),
        ("!config/**", "config/.env"),
        ("!**/production/.env", "eu/production/.env"),
        ("!docker*/.env", "docker-compose/.env"),
        ("!docker*/.env", "docker/.env"),
        ("!???/.env", "api/.env"),
        ("!node_modules/**/.env", "node_modules/x/.env"),
        ("!a/**/b/.env*", "a/b/.env"),
        ("!/x[0-9][[:upper:]]/.env", "x7Q/.env"),
        ("!lib\\*/.env", "lib*/.env"),
    ] {
        taken_back(&[(".gitignore", &format!(".env\n{negation}\n"))], path);
    }
}

#[test]
fn a_nested_negation_for_a_new_directory_counts() {
    taken_back(&[(".gitignore", ".env\n"), ("src/.gitignore", "!x/.env\n")], "src/x/.env");
    taken_back(&[(".gitignore", ".env\n!src/x/.env\n"), ("src/main.rs", "x")], "src/x/.env");
    taken_back(&[(".gitignore", "/.env\n*/\n!/svc/\n!deploy/\n/svc/.env\n"), ("svc/x", "x")], "svc/deploy/.env");
}

#[test]
fn a_directory_taken_back_is_as_open_as_a_file() {
    taken_back(&[(".gitignore", "/.env\n*/\n!deploy/\n")], "deploy/.env");
    taken_back(&[(".gitignore", "/*\n!/src/\n")], "src/.env");
    taken_back(&[(".gitignore", "/.env\n[!d]*/\n")], "deploy/.env");
}

#[test]
fn covering_by_depth_ends_somewhere() {
    let deep = |depth: usize| format!("{}.env\n", "*/".repeat(depth));
    for most in [3, 5, 9] {
        let text = (1..=most).fold("/.env\n".to_owned(), |text, depth| text + &deep(depth));
        taken_back(&[(".gitignore", &text)], &format!("{}.env", "d/".repeat(most + 1)));
    }
    let names = (1..16).fold("/.env\n".to_owned(), |text, n| format!("{text}{}/\n", "?".repeat(n + 3)));
    taken_back(&[(".gitignore", &names)], "api/.env");
}

#[test]
fn negations_that_cannot_reach_it_change_nothing() {
    for files in [
        &[(".gitignore", ".env\n!.env.example\n!deploy/\n!deploy/*.yaml\n!src/**/env\n")][..],
        &[(".gitignore", "!deploy/.env\n.env\n")],
        &[(".gitignore", "*\n!*/\n!.gitignore\n!*.rs\n")],
        &[(".gitignore", "/*\n!/README.md\n!/.gitignore\n"), ("README.md", "x")],
        &[(".gitignore", ".env\nbuild/\n!build/.env\n")],
        &[(".gitignore", "/.env\n**/.env\n!svc/.env\n"), ("svc/.gitignore", ".env\n")],
        &[(".gitignore", ".env\n"), ("svc/.gitignore", "!.env.example\n!deploy/.env.sample\n")],
    ] {
        let repo = Repo::started();
        for (file, text) in files {
            repo.write(file, text);
        }
        repo.git(&["add", "-f", "."]);
        repo.git(&["commit", "-qm", "rules"]);
        let found = repo.scan();
        assert!(found.bool("git.ignore", "covered_root") && found.bool("git.ignore", "covered_nested"), "{files:?}");
        assert!(!found.bool("git.ignore", "reincluded"), "{files:?}");
    }
}

#[test]
fn more_paths_than_anybody_can_make_are_a_gap() {
    let repo = Repo::started();
    let text = (0..3000).fold(String::new(), |text, n| format!("{text}!x{n}*/q\n"));
    repo.commit(".gitignore", format!("/.env\n**/q/\n{text}"));
    assert_eq!(repo.scan().causes("git.ignore"), [leakproof::evidence::Cause::OverLimit]);
}
