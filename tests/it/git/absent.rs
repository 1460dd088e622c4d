//! Files that are not here, or lie where few look: never a silent pass of the kinds that read every object.

use super::{Found, Repo, leak, lines, scan, secret};
use leakproof::evidence::Cause;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A text larger than what the partial clone below fetches.
fn large() -> String {
    format!("{}JWT_SECRET_KEY = \"{}\"\n", "OPTION = 1\n".repeat(400), secret())
}

/// `git.file` says that it knows every file.
fn passes(found: &Found) -> bool {
    found.of("git.file").is_empty() && found.causes("git.file").is_empty()
}

#[test]
fn shallow_clone_does_not_prove_files() {
    let repo = Repo::started();
    repo.commit("settings.py", large());
    repo.remove("settings.py");
    let copy = repo.beside("copy");
    let url = format!("file://{}", repo.dir.display());
    repo.git(&["clone", "-q", "--depth", "1", &url, copy.to_str().unwrap()]);
    assert_eq!(scan(&copy).causes("git.file"), [Cause::ShallowHistory]);
}

#[test]
fn objects_directory_behind_a_symbolic_link_is_read() {
    for packed in [false, true] {
        let repo = Repo::started();
        repo.commit("settings.py", large());
        repo.remove("settings.py");
        if packed {
            repo.git(&["repack", "-adq"]);
        }
        fs::rename(repo.dir.join(".git/objects"), repo.beside("objects")).unwrap();
        std::os::unix::fs::symlink(repo.beside("objects"), repo.dir.join(".git/objects")).unwrap();
        assert_eq!(repo.scan().paths("git.file"), ["settings.py"], "packed: {packed}");
    }
}

#[test]
fn partial_clone_without_large_files_does_not_prove_them() {
    let repo = Repo::started();
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    repo.commit("settings.py", large());
    repo.remove("settings.py");
    let copy = repo.beside("copy");
    let url = format!("file://{}", repo.dir.display());
    repo.git(&["clone", "-q", "--filter=blob:limit=1k", &url, copy.to_str().unwrap()]);
    let found = scan(&copy);
    assert!(!found.bool("git.complete", "complete"));
    assert!(!passes(&found), "the file is not here");
}

#[test]
fn missing_blob_of_a_file_that_is_no_env_file_does_not_pass() {
    let silent = [false, true].into_iter().filter(|packed| {
        let repo = Repo::started();
        repo.commit("settings.py", large());
        let blob = repo.git(&["rev-parse", "HEAD:settings.py"]);
        repo.remove("settings.py");
        if *packed {
            // Everything but the blob goes into the pack.
            let all = repo.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"]);
            let others: Vec<&str> = all.lines().filter(|id| *id != blob).collect();
            repo.feed(&["pack-objects", "-q", ".git/objects/pack/pack"], format!("{}\n", others.join("\n")).as_bytes());
            repo.git(&["prune-packed", "-q"]);
        }
        fs::remove_file(repo.dir.join(".git/objects").join(&blob[..2]).join(&blob[2..])).unwrap();
        passes(&repo.scan())
    });
    assert_eq!(silent.collect::<Vec<bool>>(), [false; 0], "packed or not");
}

#[test]
fn pack_behind_a_symbolic_link_is_read_or_told() {
    let repo = Repo::started();
    repo.commit("settings.py", large());
    repo.remove("settings.py");
    repo.git(&["repack", "-adq"]);
    let dir = repo.dir.join(".git/objects/pack");
    for file in fs::read_dir(&dir).unwrap().flatten().map(|entry| entry.path()) {
        let moved = repo.beside(file.file_name().unwrap().to_str().unwrap());
        fs::rename(&file, &moved).unwrap();
        std::os::unix::fs::symlink(&moved, &file).unwrap();
    }
    repo.git(&["fsck"]);
    assert!(!passes(&repo.scan()));
}

#[test]
fn file_in_a_bottomless_directory_is_found_or_told() {
    for packed in [false, true] {
        let repo = Repo::started();
        repo.git(&["config", "fastimport.unpackLimit", if packed { "1" } else { "100000" }]);
        let (path, text) = (format!("{}settings.py", "d/".repeat(400)), large());
        let commit = format!(
            "commit refs/heads/deep\ncommitter C <x@example.org> 1700000000 +0000\ndata 0\nM 100644 inline {path}\ndata {}\n{text}\n",
            text.len()
        );
        repo.feed(&["fast-import", "--quiet"], commit.as_bytes());
        assert!(!passes(&repo.scan()), "packed: {packed}");
    }
}

/// Which files are staged is unknown then, and so is what stands in them.
#[test]
fn index_that_does_not_read_is_a_gap() {
    let silent = [false, true].into_iter().filter(|split| {
        let repo = Repo::started();
        repo.write(".env", "FIRST=1\n");
        repo.git(&["add", "-f", ".env"]);
        if *split {
            // Two files make one index: libgit2 reads neither.
            repo.git(&["update-index", "--split-index"]);
        } else {
            fs::write(repo.dir.join(".git/index"), b"DIRC garbage").unwrap();
        }
        repo.scan().causes("git.unreachable").is_empty()
    });
    assert_eq!(silent.collect::<Vec<bool>>(), [false; 0], "split or not");
}

/// What the tree of a dropped commit names is not known then: a weak value under an env file's name is no finding else.
#[test]
fn tree_of_a_dropped_commit_that_is_another_one_is_a_gap() {
    let repo = Repo::started();
    repo.commit("svc/.env", "JWT_SECRET_KEY=changeme\n");
    let [tree, other] = ["HEAD:svc", "HEAD^{tree}"].map(|name| repo.git(&["rev-parse", name]));
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    assert_eq!(repo.scan().paths("git.unreachable"), ["svc/.env"]);
    let file = |id: &str| repo.dir.join(".git/objects").join(&id[..2]).join(&id[2..]);
    fs::remove_file(file(&tree)).unwrap();
    fs::copy(file(&other), file(&tree)).unwrap();
    let found = repo.scan();
    assert!(found.causes("git.history").is_empty(), "no ref needs it");
    assert_eq!(found.causes("git.unreachable").first(), Some(&Cause::Malformed));
}

/// Paths in a submodule begin with the submodule's own.
#[test]
fn submodule_is_looked_through_as_well() {
    let repo = Repo::started();
    let library = repo.beside("library");
    fs::create_dir(&library).unwrap();
    repo.git_in(&library, &["init", "-q", "-b", "main"]);
    fs::write(library.join("settings.py"), large()).unwrap();
    repo.git_in(&library, &["add", "."]);
    repo.git_in(&library, &["commit", "-q", "-m", "x"]);
    repo.git(&["submodule", "add", "-q", "--name", "lib", library.to_str().unwrap(), "vendor/lib"]);
    repo.git(&["commit", "-q", "-m", "submodule"]);
    let inner = repo.dir.join("vendor/lib");
    fs::write(inner.join(".env"), leak(&secret())).unwrap();
    repo.git_in(&inner, &["add", "-f", ".env"]);
    let found = repo.scan();
    assert_eq!(found.paths("git.file"), ["vendor/lib/settings.py"]);
    assert_eq!(found.paths("git.unreachable"), ["vendor/lib/.env"]);
    assert_eq!(found.one("git.unreachable").word("where"), Some("index"));
}

/// Whether a test of this file ends, well or not, in a process of its own.
fn ends(test: &str) -> Option<bool> {
    let mut tests = Command::new(std::env::current_exe().unwrap());
    let name = format!("git::absent::{test}");
    let mut child =
        tests.args(["--exact", &name, "--ignored"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    for _ in 0..200 {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status.success());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

#[test]
fn loose_objects_that_are_cut_are_told_in_time() {
    assert_eq!(ends("cut_tree_of_a_dropped_commit"), Some(true), "a tree that nothing reaches");
    assert_eq!(ends("cut_blob_of_an_env_file"), Some(true), "a blob that a ref reaches");
}

#[test]
#[ignore = "the test above runs it, and ends it"]
fn cut_tree_of_a_dropped_commit() {
    // A loose file that was cut begins well: only reading it to its end shows what is wrong.
    let repo = Repo::started();
    (0..40).for_each(|n| repo.write(&format!("svc/{n}/x"), n.to_string()));
    repo.commit("svc/.env", "FIRST=1\n");
    let tree = repo.git(&["rev-parse", "HEAD:svc"]);
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    cut(&repo, &tree);
    let found = repo.scan();
    assert!(found.causes("git.history").is_empty(), "no ref needs it");
    assert_eq!(found.causes("git.unreachable").first(), Some(&Cause::Malformed));
}

#[test]
#[ignore = "the test above runs it, and ends it"]
fn cut_blob_of_an_env_file() {
    let repo = Repo::started();
    repo.commit(".env", format!("{}{}", lines(400, |n| format!("OPTION_{n}={}\n", n * 7919)), leak(&secret())));
    cut(&repo, &repo.git(&["rev-parse", "HEAD:.env"]));
    let found = repo.scan();
    assert_eq!(found.causes("git.history").first(), Some(&Cause::Malformed));
}

/// Leaves half of a loose object's file.
fn cut(repo: &Repo, id: &str) {
    let file = repo.dir.join(".git/objects").join(&id[..2]).join(&id[2..]);
    let bytes = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
}

/// Whoever opens a pipe waits for its writer.
#[test]
fn pipes_in_a_git_directory_are_told_and_not_waited_for() {
    for name in ["packed-refs", "shallow", "info/grafts", "index", "objects/ab/cccccccccccccccccccccccccccccccccccccc"]
    {
        let repo = Repo::started();
        let pipe = repo.dir.join(".git").join(name);
        fs::create_dir_all(pipe.parent().unwrap()).unwrap();
        let _ = fs::remove_file(&pipe);
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let found = repo.scan();
        assert!(found.causes("git.unreachable").contains(&Cause::Malformed), "{name}");
    }
}

/// A cruft pack whose index is gone, and what an interrupted fetch left: objects that nobody can name.
#[test]
fn packs_that_no_index_names_leave_the_store_unproven() {
    for stray in
        ["pack/pack-0123456789012345678901234567890123456789.pack", "pack/tmp_pack_x1Y2z3", "tmp_objdir-incoming-a1"]
    {
        let repo = Repo::started();
        fs::create_dir_all(repo.dir.join(".git/objects/pack")).unwrap();
        assert!(repo.scan().causes("git.unreachable").is_empty());
        fs::write(repo.dir.join(".git/objects").join(stray), b"PACK").unwrap();
        let found = repo.scan();
        assert_eq!(found.causes("git.unreachable"), [Cause::Malformed], "{stray}");
        assert!(found.causes("git.history").is_empty(), "{stray}");
    }
}
