//! Ignore rules: every trap, with git itself as the judge.

use super::{Found, Repo};
use std::path::Path;

struct Case {
    root: bool,
    nested: bool,
    reincluded: bool,
}

const COVERED: Case = Case { root: true, nested: true, reincluded: false };
const ROOT_ONLY: Case = Case { root: true, nested: false, reincluded: false };
const NOTHING: Case = Case { root: false, nested: false, reincluded: false };
const TAKEN_BACK: Case = Case { root: false, nested: false, reincluded: true };

fn holds(found: &Found, case: &Case) {
    let said = ["covered_root", "covered_nested", "reincluded"].map(|field| found.bool("git.ignore", field));
    assert_eq!(said, [case.root, case.nested, case.reincluded]);
    let source = if case.root { "committed" } else { "none" };
    assert_eq!(found.one("git.ignore").word("source"), Some(source));
}

/// What git says of a path, tracked or not.
fn git_ignores(repo: &Repo, path: &str) -> bool {
    repo.run_in(&repo.dir, &["check-ignore", "-q", "--no-index", path]).status.success()
}

/// One root ignore file, held against git's own answers too.
fn root(text: impl AsRef<[u8]>, case: &Case) {
    let repo = Repo::started();
    repo.write("svc/main.rs", "x");
    repo.commit(".gitignore", text);
    assert_eq!(git_ignores(&repo, ".env"), case.root);
    let nested = ["svc/.env", "a/b/.env"].iter().all(|path| git_ignores(&repo, path));
    assert_eq!(nested, case.nested);
    holds(&repo.scan(), case);
}

#[test]
fn plain_env_covers_all_depths() {
    root(".env\n", &COVERED);
}

#[test]
fn no_ignore_file_covers_nothing() {
    holds(&Repo::started().scan(), &NOTHING);
}

#[test]
fn anchored_env_does_not_cover_svc() {
    root("/.env\n", &ROOT_ONLY);
}

#[test]
fn trailing_slash_matches_only_a_directory() {
    root(".env/\n", &NOTHING);
}

#[test]
fn comment_is_no_rule() {
    root("#.env\n", &NOTHING);
}

#[test]
fn negation_after_it_takes_it_back() {
    root(".env\n!.env\n", &TAKEN_BACK);
}

#[test]
fn negation_before_it_has_no_effect() {
    root("!.env\n.env\n", &COVERED);
}

#[test]
fn nested_negation_takes_it_back_in_its_directory() {
    let repo = Repo::started();
    repo.write("svc/.gitignore", "!.env\n");
    repo.commit(".gitignore", ".env\n");
    assert!(!git_ignores(&repo, "svc/.env"));
    holds(&repo.scan(), &Case { root: true, nested: false, reincluded: true });
}

#[test]
fn parent_directory_ignore_wins_over_a_nested_negation() {
    let repo = Repo::started();
    repo.write("svc/.gitignore", "!.env\n");
    repo.commit(".gitignore", ".env\nsvc/\n");
    assert!(git_ignores(&repo, "svc/.env"));
    holds(&repo.scan(), &COVERED);
}

#[test]
fn star_suffix_and_prefix_patterns_cover_it() {
    for text in [".env*\n", "*.env\n", "**/.env\n", ".en[v]\n", ".e?v\n", "*\n", ".*\n", "\\.env\n"] {
        root(text, &COVERED);
    }
}

#[test]
fn env_star_covers_it_and_other_names_do_not() {
    for text in [".env.*\n", ".envrc\n", "*.env.production\n", ".env.local\n", "env\n"] {
        root(text, &NOTHING);
    }
}

#[test]
fn crlf_is_no_part_of_the_pattern() {
    root("# x\r\n.env\r\n", &COVERED);
    root(".env\r", &COVERED);
    root(".env\r\r\n", &NOTHING);
}

#[test]
fn byte_order_mark_is_skipped() {
    root("\u{feff}.env\n", &COVERED);
}

#[test]
fn trailing_blanks_are_trimmed_unless_escaped() {
    root(".env   \n", &COVERED);
    root(".env\\ \n", &NOTHING);
    root(".env\t\n", &NOTHING);
    root(" .env\n", &NOTHING);
}

#[test]
fn other_case_does_not_match() {
    root(".ENV\n", &NOTHING);
    let repo = Repo::started();
    repo.commit(".gitignore", ".ENV\n");
    repo.git(&["config", "core.ignoreCase", "true"]);
    holds(&repo.scan(), &NOTHING);
}

#[test]
fn pattern_with_a_slash_is_anchored() {
    root("svc/.env\n", &NOTHING);
    root("/.env\n*/.env\n", &ROOT_ONLY);
    root("/.env\n/**/.env\n", &COVERED);
}

#[test]
fn last_line_without_newline_counts() {
    root(".env", &COVERED);
}

#[test]
fn info_exclude_protects_this_machine_only() {
    let repo = Repo::started();
    repo.write(".git/info/exclude", ".env\n");
    assert!(git_ignores(&repo, ".env"));
    machine_only(&repo);
}

#[test]
fn excludes_file_protects_this_machine_only() {
    let repo = Repo::started();
    repo.write("../mine", ".env\n");
    repo.git(&["config", "core.excludesFile", repo.beside("mine").to_str().unwrap()]);
    assert!(git_ignores(&repo, ".env"));
    machine_only(&repo);
}

#[test]
fn uncommitted_ignore_file_protects_this_machine_only() {
    let repo = Repo::started();
    repo.write(".gitignore", ".env\n");
    machine_only(&repo);
    // Staged is not committed either.
    repo.git(&["add", "."]);
    machine_only(&repo);
}

fn machine_only(repo: &Repo) {
    let found = repo.scan();
    assert!(!found.bool("git.ignore", "covered_root"));
    assert_eq!(found.one("git.ignore").word("source"), Some("machine-only"));
}

#[test]
fn dirty_working_tree_does_not_count() {
    let repo = Repo::started();
    repo.commit(".gitignore", ".env\n");
    std::fs::remove_file(repo.dir.join(".gitignore")).unwrap();
    holds(&repo.scan(), &COVERED);
}

#[test]
fn symlinked_ignore_file_is_not_followed() {
    let repo = Repo::started();
    repo.write("rules", ".env\n");
    std::os::unix::fs::symlink("rules", repo.dir.join(".gitignore")).unwrap();
    repo.commit_all();
    assert!(!git_ignores(&repo, ".env"));
    assert!(!repo.scan().bool("git.ignore", "covered_root"));
}

#[test]
fn a_rule_about_directories_that_a_probe_might_be_called_covers_nothing() {
    for text in [
        "/.env\na/\n",
        "/.env\na/\nb/\nsvc/\nprobe/\n",
        "/.env\n[a-z]*/\n",
        "/.env\n[A-Z]*/\n[0-9]*/\n.*/\n_*/\n?/\n",
        "/.env\n/*/.env\n",
        "/.env\n/*/.env\n/*/*/.env\n",
        ".env\n!other/.env\n!x*/**/.env\n!/*/*/*/.env\n",
    ] {
        let repo = Repo::started();
        repo.commit(".gitignore", text);
        let paths = ["Other1/.env", "other1/.env", "other1/x1/.env", "Q1/R1/S1/.env"];
        assert!(!paths.iter().all(|path| git_ignores(&repo, path)), "{text:?}");
        assert!(!repo.scan().bool("git.ignore", "covered_nested"), "{text:?}");
    }
    for text in [".env\n", "/.env\n**/.env\n", "/.env\n*/\n", "/.env\n/*/.env\n/*/*/**/.env\n"] {
        let repo = Repo::started();
        repo.commit(".gitignore", text);
        assert!(repo.scan().bool("git.ignore", "covered_nested"), "{text:?}");
    }
}

#[test]
fn nested_rules_about_new_directories_count() {
    for text in ["!*/.env\n", "!/*/*/.env\n", "![!a-z]*/.env\n"] {
        let repo = Repo::started();
        repo.commit(".gitignore", ".env\n");
        repo.commit("svc/.gitignore", text);
        assert!(git_ignores(&repo, "svc/.env"));
        let found = repo.scan();
        assert!(!found.bool("git.ignore", "covered_nested") && found.bool("git.ignore", "reincluded"), "{text:?}");
    }
}

#[test]
fn hostile_pattern_overflows_nothing() {
    let long = "**/".repeat(90_000);
    for (text, covered) in [(format!("{long}zzz\n"), false), (format!("{long}zzz\n{long}.env\n"), true)] {
        let repo = Repo::started();
        repo.commit(".gitignore", text);
        let found = repo.scan();
        assert_eq!(found.bool("git.ignore", "covered_root"), covered);
        assert_eq!(found.bool("git.ignore", "covered_nested"), covered);
    }
}

#[test]
fn more_patterns_than_anybody_can_match_are_a_gap() {
    let repo = Repo::started();
    // `.env` alone would settle it without matching anything.
    let text = format!("!{}zzz\n/.env\n", "*a".repeat(300)).repeat(1500);
    repo.commit(&format!("{}/x", vec!["a".repeat(200); 19].join("/")), "x");
    repo.commit(".gitignore", text);
    assert_eq!(repo.scan().causes("git.ignore"), [leakproof::evidence::Cause::OverLimit]);
}

/// Like [`git_ignores`] for many paths at once.
fn git_ignores_all(repo: &Repo, paths: &[String]) -> bool {
    let args: Vec<&str> = ["check-ignore", "--no-index"].into_iter().chain(paths.iter().map(String::as_str)).collect();
    let out = repo.run_in(&repo.dir, &args).stdout;
    out.split(|&b| b == b'\n').filter(|line| !line.is_empty()).count() == paths.len()
}

/// `.env` in directories that nobody has, of every sort of names, three deep, below every directory of the test.
fn new_directories() -> impl Iterator<Item = String> {
    const SORTS: [[&str; 3]; 6] = [
        ["wholly", "other", "places"],
        ["WHOLLY", "OTHER", "PLACES"],
        ["73519", "84620", "95731"],
        [".wholly", ".other", ".places"],
        ["_X7-Q", "_Y8-R", "_Z9-S"],
        ["\u{fc}wholly", "\u{fc}other", "\u{fc}places"],
    ];
    let below = |at: &'static str| {
        let depths = move |names: [&'static str; 3]| (1..=3).map(move |n| format!("{at}{}/.env", names[..n].join("/")));
        SORTS.into_iter().flat_map(depths)
    };
    ["", "svc/", "svc/deep/"].into_iter().flat_map(below)
}

/// Patterns from a small alphabet, over two levels of ignore files, against `git check-ignore --no-index`.
#[test]
fn random_patterns_agree_with_git() {
    const PARTS: [&str; 22] = [
        ".env",
        "*",
        "**",
        "/",
        "!",
        "?",
        ".",
        "env",
        "[.]",
        "[!a]",
        "[a-z]",
        "\\",
        " ",
        "svc",
        "#",
        "\n",
        "\n",
        "\n",
        "\r\n",
        "[[:alpha:]]",
        "*.env",
        "deep",
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below).unwrap()
    };
    let repo = Repo::started();
    repo.write("svc/deep/main.rs", "x");
    let new: Vec<String> = new_directories().collect();
    for round in 0..150 {
        let mut text = |most: u64| (0..=next(most)).map(|_| PARTS[next(22)]).collect::<String>();
        let (root, nested) = (text(8), text(6));
        repo.write("svc/.gitignore", &nested);
        repo.commit(".gitignore", &root);
        let found = super::scan_with(&repo.dir, &["git.ignore"], |_| {});
        let by_git = |path: &str| git_ignores(&repo, path);
        let shown = format!("round {round}: {root:?} and {nested:?}");
        assert_eq!(found.bool("git.ignore", "covered_root"), by_git(".env"), "{shown}");
        let everywhere = by_git("svc/.env") && by_git("svc/deep/.env") && git_ignores_all(&repo, &new);
        assert_eq!(found.bool("git.ignore", "covered_nested"), everywhere, "{shown}");
        assert!(Path::new(&repo.dir).exists());
    }
}
