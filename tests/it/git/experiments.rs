//! The experiments behind the rules, repeated: the runbook's command beside this collector on one repository.

use super::{Repo, leak, secret};
use std::fs;

/// One way to hide a secret from the runbook's command.
struct Hiding {
    what: &'static str,
    /// Where this collector finds it; `None` where another rule must.
    path: Option<&'static str>,
    /// An option that makes the command show it after all, and how often it then does.
    mended: Option<(&'static str, usize)>,
    make: fn(&Repo, &str),
}

fn merge(repo: &Repo, change: impl FnOnce()) {
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit("side", secret());
    repo.git(&["checkout", "-q", "main"]);
    repo.commit("main", secret());
    repo.git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    change();
    repo.commit_all();
    repo.git(&["branch", "-q", "-D", "side"]);
}

const HIDINGS: [Hiding; 12] = [
    Hiding {
        what: "merge",
        path: Some(".env"),
        mended: Some(("-m", 4)),
        make: |repo, value| {
            merge(repo, || repo.write(".env", leak(value)));
            merge(repo, || fs::remove_file(repo.dir.join(".env")).unwrap());
        },
    },
    Hiding {
        what: "subfolder",
        path: Some("svc/.env"),
        mended: None,
        make: |repo, value| drop(repo.commit("svc/.env", leak(value))),
    },
    Hiding {
        what: "attribute",
        path: Some(".env"),
        mended: Some(("--text", 1)),
        make: |repo, value| {
            repo.commit(".gitattributes", ".env -diff\n");
            repo.commit(".env", leak(value));
        },
    },
    Hiding {
        what: "utf-16",
        path: Some(".env"),
        mended: None,
        make: |repo, value| {
            repo.commit(".env", leak(value).encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
        },
    },
    Hiding {
        what: "blob tag",
        path: Some("refs/tags/blob"),
        mended: None,
        make: |repo, value| {
            repo.write("../blob", leak(value));
            let id = repo.git(&["hash-object", "-w", repo.beside("blob").to_str().unwrap()]);
            repo.git(&["tag", "blob", &id]);
        },
    },
    Hiding {
        what: "tree tag",
        path: Some(".env"),
        mended: None,
        make: |repo, value| {
            repo.write(".env", leak(value));
            repo.git(&["add", "-f", ".env"]);
            let id = repo.git(&["write-tree"]);
            repo.git(&["reset", "-q", "--hard"]);
            repo.git(&["tag", "tree", &id]);
        },
    },
    Hiding {
        what: "second-newest stash",
        path: None,
        mended: Some(("--reflog", 1)),
        make: |repo, value| {
            for content in [leak(value), "PORT=1\n".to_owned()] {
                repo.write(".env", content);
                repo.git(&["add", "-f", ".env"]);
                repo.git(&["stash", "-q"]);
            }
        },
    },
    Hiding {
        what: "stash -u",
        path: Some(".env"),
        mended: Some(("-m", 2)),
        make: |repo, value| {
            repo.write(".env", leak(value));
            repo.git(&["stash", "-q", "-u"]);
        },
    },
    Hiding {
        what: "amended",
        path: None,
        mended: Some(("--reflog", 1)),
        make: |repo, value| {
            repo.commit(".env", leak(value));
            repo.git(&["rm", "-q", ".env"]);
            repo.git(&["commit", "-q", "--amend", "--allow-empty", "-m", "x"]);
        },
    },
    Hiding {
        what: "replaced",
        path: Some(".env"),
        mended: Some(("--no-replace-objects", 2)),
        make: |repo, value| {
            let leaked = repo.commit(".env", leak(value));
            repo.remove(".env");
            let clean = repo.git(&["commit-tree", "-m", "clean", "-p", &format!("{leaked}~1"), "HEAD^{tree}"]);
            repo.git(&["replace", &leaked, &clean]);
        },
    },
    Hiding {
        what: "renamed",
        path: None,
        mended: None,
        make: |repo, value| drop(repo.commit("config.txt", leak(value))),
    },
    Hiding {
        what: "note",
        path: None,
        mended: None,
        make: |repo, value| drop(repo.git(&["notes", "add", "-m", &leak(value)])),
    },
];

/// Experiments 1 and 2: the runbook's command finds nothing; objects show everything that refs reach.
#[test]
fn runbook_command_finds_nothing_where_objects_show_everything() {
    for Hiding { what, path, make, .. } in HIDINGS {
        let repo = Repo::started();
        let value = secret();
        make(&repo, &value);
        assert_eq!(repo.runbook_hits(&value), 0, "{what}: the runbook's command");
        let found = repo.scan();
        assert_eq!(found.exposed(), Vec::from_iter(path), "{what}");
        assert!(found.proven(), "{what}");
    }
}

/// Experiment 1, second numbers: one option shows each of these, and no option shows them all.
#[test]
fn an_option_for_each_hiding_place_shows_what_the_runbook_command_does_not() {
    for option in ["-m", "--text", "--reflog", "--no-replace-objects"] {
        for Hiding { what, mended, make, .. } in HIDINGS {
            let repo = Repo::started();
            let value = secret();
            make(&repo, &value);
            let hits = runbook_with(&repo, option).matches(&value).count();
            let expected = mended.filter(|(own, _)| *own == option).map_or(0, |(_, hits)| hits);
            assert_eq!(hits, expected, "{what} with {option}");
        }
    }
}

/// The runbook's command with one more option: git's own, or the log's.
fn runbook_with(repo: &Repo, option: &str) -> String {
    let log = ["log", "--all", "--full-diff", "-p"];
    let rest = ["--", ".env"];
    match option {
        "--no-replace-objects" => repo.git(&[&[option], &log[..], &rest].concat()),
        _ => repo.git(&[&log[..], &[option], &rest].concat()),
    }
}

#[test]
fn runbook_command_finds_the_case_it_was_written_for() {
    let repo = Repo::started();
    let value = secret();
    repo.commit(".env", leak(&value));
    assert_eq!(repo.runbook_hits(&value), 1);
    assert_eq!(repo.scan().exposed(), [".env"]);
}

/// Experiment 1, last row: a shallow clone answers "clean" to the command, exit 0; never a pass here.
#[test]
fn shallow_clone_looks_clean_to_the_runbook_command() {
    let repo = Repo::started();
    let value = secret();
    repo.commit(".env", leak(&value));
    repo.remove(".env");
    let copy = repo.beside("copy");
    repo.git(&["clone", "-q", "--depth", "1", &format!("file://{}", repo.dir.display()), copy.to_str().unwrap()]);
    let log = repo.run_in(&copy, &["log", "--all", "--full-diff", "-p", "--", ".env"]);
    assert!(log.status.success() && log.stdout.is_empty());
    let found = super::scan(&copy);
    assert!(found.exposed().is_empty() && !found.proven());
    assert_eq!(found.counted("git.history", "commits"), 1);
}

/// Experiment 3: `check-ignore` without `--no-index` is silent about a tracked file; the index is asked instead.
#[test]
fn tracked_file_is_never_ignored_in_effect() {
    let repo = Repo::started();
    repo.commit(".gitignore", ".env\n");
    repo.commit(".env", leak(&secret()));
    assert!(!repo.run_in(&repo.dir, &["check-ignore", "-q", ".env"]).status.success());
    assert!(repo.run_in(&repo.dir, &["check-ignore", "-q", "--no-index", ".env"]).status.success());
    let found = repo.scan();
    assert!(found.bool("git.ignore", "covered_root"));
    assert_eq!(found.paths("git.tracked"), [".env"]);
}
