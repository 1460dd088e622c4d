//! Files that are not here, or lie where few look: never a silent pass of the kinds that read every object.

use super::{Repo, leak, scan, secret};
use leakproof::evidence::Cause;
use std::fs;

/// A text larger than what the partial clone below fetches.
fn large() -> String {
    format!("{}JWT_SECRET_KEY = \"{}\"\n", "OPTION = 1\n".repeat(400), secret())
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
