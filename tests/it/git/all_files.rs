//! Secrets in files of any name and any version, loose and packed, each beside a clean twin.

use super::{Repo, leak, lines, secret};
use leakproof::evidence::{Cause, Fact};
use std::fs;

/// A Python file of some length: versions of it become deltas of each other.
fn settings(value: &str, version: usize) -> String {
    let lines = lines(400, |n| format!("OPTION_{n} = {}\n", n * 7 % 13));
    format!("VERSION = {version}\n{lines}JWT_SECRET_KEY = {value}\n")
}

fn quoted(value: &str) -> String {
    format!("\"{value}\"")
}

/// A private key that nobody has.
fn pem() -> String {
    let bytes: Vec<u8> = (0..40).flat_map(|_| secret().into_bytes()).take(1190).collect();
    let text = data_encoding::BASE64.encode(&bytes);
    let parts: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
    // Split, so that this file holds no key's first line.
    let edge = |word: &str| format!("-----{word} {} KEY-----\n", "PRIVATE");
    format!("{}{}\n{}", edge("BEGIN"), parts.join("\n"), edge("END"))
}

/// Makes a history with a secret and without, and compares the paths with evidence, loose and packed.
fn found_at(paths: &[&str], secret: &str, clean: &str, make: impl Fn(&Repo, &str)) {
    for packed in [false, true] {
        for (content, expected) in [(secret, paths), (clean, &[])] {
            let repo = Repo::started();
            make(&repo, content);
            if packed {
                repo.git(&["gc", "-q"]);
            }
            let found = repo.scan();
            assert_eq!(found.paths("git.file"), expected, "packed: {packed}");
            assert_eq!(found.paths("git.unreachable"), [""; 0], "packed: {packed}");
            assert_eq!(found.gaps("git.file"), [""; 0]);
            assert!(found.proven());
        }
    }
}

/// The same for a line of settings.
fn settings_found_at(paths: &[&str], make: impl Fn(&Repo, &str)) {
    let (bad, good) = (settings(&quoted(&secret()), 1), settings("os.environ[\"JWT_SECRET_KEY\"]", 1));
    found_at(paths, &bad, &good, make);
}

#[test]
fn settings_json_and_key_that_were_deleted() {
    settings_found_at(&["app/settings.py"], |repo, content| {
        repo.commit("app/settings.py", content);
        repo.remove("app/settings.py");
    });
    let json = |value: &str| format!("{{\"port\": 80, \"jwt_secret_key\": \"{value}\"}}\n");
    found_at(&["config.json"], &json(&secret()), &json("${JWT_SECRET_KEY}"), |repo, content| {
        repo.commit("config.json", content);
        repo.remove("config.json");
    });
    let key = pem();
    let public = key.replace("PRIVATE", "PUBLIC");
    found_at(&["deploy/server"], &key, &public, |repo, content| {
        repo.commit("deploy/server", content);
        repo.remove("deploy/server");
    });
}

#[test]
fn branch_that_was_merged_and_deleted() {
    settings_found_at(&["settings.py"], |repo, content| {
        repo.git(&["checkout", "-q", "-b", "side"]);
        repo.commit("settings.py", content);
        repo.remove("settings.py");
        repo.git(&["checkout", "-q", "main"]);
        repo.commit("main", "1\n");
        repo.git(&["merge", "-q", "--no-ff", "-m", "merged", "side"]);
        repo.git(&["branch", "-q", "-d", "side"]);
    });
}

#[test]
fn merge_commit_alone_has_it() {
    settings_found_at(&["settings.py"], |repo, content| {
        for change in [Some(content), None] {
            repo.git(&["checkout", "-q", "-b", "side"]);
            repo.commit("side", secret());
            repo.git(&["checkout", "-q", "main"]);
            repo.commit("main", secret());
            repo.git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
            match change {
                Some(content) => repo.write("settings.py", content),
                None => fs::remove_file(repo.dir.join("settings.py")).unwrap(),
            }
            repo.commit_all();
            repo.git(&["branch", "-q", "-D", "side"]);
        }
    });
}

#[test]
fn renamed_file_is_told_under_both_names() {
    settings_found_at(&["lib/settings.py", "old.py"], |repo, content| {
        repo.commit("old.py", content);
        fs::create_dir(repo.dir.join("lib")).unwrap();
        repo.git(&["mv", "old.py", "lib/settings.py"]);
        repo.commit_all();
    });
}

#[test]
fn one_of_many_versions_that_are_deltas_of_each_other() {
    settings_found_at(&["settings.py"], |repo, content| {
        for version in 0..30 {
            repo.commit("settings.py", settings("os.environ[\"JWT_SECRET_KEY\"]", version));
            if version == 17 {
                repo.commit("settings.py", content);
            }
        }
    });
}

#[test]
fn every_version_with_a_value_is_told_the_same_loose_and_as_deltas() {
    let repo = Repo::started();
    for version in 0..30 {
        let value = if version % 3 == 0 { quoted(&secret()) } else { "os.environ[\"JWT_SECRET_KEY\"]".to_owned() };
        repo.commit("app/settings.py", settings(&value, version));
    }
    let loose = repo.scan().facts(&["git.file"]);
    assert_eq!(loose.len(), 10);
    for args in [["gc", "-q", "--aggressive"].as_slice(), &["repack", "-adfq", "--depth=2"], &["repack", "-adFq"]] {
        repo.git(args);
        assert_eq!(repo.scan().facts(&["git.file"]), loose, "{args:?}");
    }
}

#[test]
fn evidence_says_since_when_and_what_reaches_it() {
    for packed in [false, true] {
        let repo = Repo::started();
        let first = repo.commit("settings.py", settings(&quoted(&secret()), 1));
        repo.git(&["tag", "-a", "-m", "x", "v1"]);
        let last = repo.commit("other", "1\n");
        repo.remove("settings.py");
        if packed {
            repo.git(&["gc", "-q"]);
        }
        let found = repo.scan();
        let evidence = found.one("git.file");
        assert_eq!(evidence.word("class"), Some("plaintext"));
        assert_eq!(evidence.word("first_commit"), Some(first.as_str()));
        assert_eq!(evidence.word("last_commit"), Some(last.as_str()));
        assert_eq!(evidence.subject.place.commit.as_ref().map(ToString::to_string), Some(first.clone()));
        assert_eq!(evidence.subject.place.line, Some(402));
        assert_eq!(found.list("git.file", "refs"), ["refs/heads/main", "refs/tags/v1"]);
        let authored: i64 = repo.git(&["show", "-s", "--format=%at", &first]).parse().unwrap();
        assert!(matches!(evidence.fact("first_seen"), Some(Fact::Time(at)) if at.unix() == authored));
    }
}

#[test]
fn content_that_lfs_keeps_is_read_and_is_a_gap_where_it_is_missing() {
    use sha2::{Digest, Sha256};
    let content = settings(&quoted(&secret()), 1);
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(content.as_bytes()));
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {}\n", content.len());
    for packed in [false, true] {
        let repo = Repo::started();
        repo.commit("settings.py", &pointer);
        if packed {
            repo.git(&["gc", "-q"]);
        }
        let found = repo.scan();
        assert!(found.causes("git.file").contains(&Cause::ContentElsewhere));
        assert!(found.gaps("git.file").iter().any(|gap| gap.contains("git lfs fetch --all")));
        assert!(found.bool("git.complete", "lfs_pointers") && !found.bool("git.complete", "complete"));
        repo.write(&format!(".git/lfs/objects/{}/{}/{digest}", &digest[..2], &digest[2..4]), &content);
        let found = repo.scan();
        assert_eq!(found.paths("git.file"), ["settings.py"], "packed: {packed}");
        assert!(found.proven() && found.gaps("git.file").is_empty());
    }
}

#[test]
fn what_notes_alone_hold_is_left_to_the_other_kind() {
    for packed in [false, true] {
        let repo = Repo::started();
        let value = leak(&secret());
        repo.git(&["notes", "add", "-m", &value]);
        if packed {
            repo.git(&["gc", "-q"]);
        }
        let found = repo.scan();
        assert_eq!((found.of("git.file").len(), found.of("git.unreachable").len()), (0, 1));
        // A branch that has the same content makes it a file.
        repo.commit("config.txt", value);
        let found = repo.scan();
        assert_eq!(found.paths("git.file"), ["config.txt"]);
    }
}

/// Examples are what programs' texts are full of.
#[test]
fn a_stand_in_is_no_finding_in_a_program() {
    let repo = Repo::started();
    repo.commit("settings.py", settings("\"changeme\"", 1));
    repo.commit("README", "Set `JWT_SECRET_KEY=your-secret-here` first.\n");
    let found = repo.scan();
    assert_eq!(found.paths("git.file"), [""; 0]);
}

/// A blob or tree that a tag names is what a ref reaches.
#[test]
fn tag_to_a_blob_and_tag_to_a_tree() {
    for packed in [false, true] {
        let repo = Repo::started();
        let [blob, other] =
            [(); 2].map(|()| repo.feed(&["hash-object", "-w", "--stdin"], settings(&quoted(&secret()), 1).as_bytes()));
        repo.git(&["tag", "-a", "-m", "x", "blob", &blob]);
        let tree = repo.feed(&["mktree"], format!("100644 blob {other}\tsettings.py\n").as_bytes());
        repo.git(&["tag", "tree", &tree]);
        if packed {
            repo.git(&["gc", "-q"]);
        }
        let found = repo.scan();
        assert_eq!(found.paths("git.file"), ["refs/tags/blob", "settings.py"], "packed: {packed}");
        assert_eq!(found.paths("git.unreachable"), [""; 0]);
        assert!(found.proven());
    }
}

/// Versions in two bytes per character are searched as the texts they are, deltas or not.
#[test]
fn versions_in_utf_16_that_are_deltas_of_each_other() {
    let repo = Repo::started();
    for version in 0..12 {
        let value = if version % 3 == 0 { quoted(&secret()) } else { "os.environ[\"JWT_SECRET_KEY\"]".to_owned() };
        let text = format!("\u{feff}{}", settings(&value, version));
        // Now and then the encoding changes: the base of a delta is another kind of text.
        let bytes =
            if version == 6 { text.into_bytes() } else { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        repo.commit("settings.txt", bytes);
    }
    let loose = repo.scan().facts(&["git.file"]);
    assert_eq!(loose.len(), 4);
    repo.git(&["gc", "-q"]);
    assert_eq!(repo.scan().facts(&["git.file"]), loose);
}
