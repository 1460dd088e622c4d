//! Packs as git makes them of a project with a history: this one's own.

use super::Repo;
use std::fs;
use std::path::Path;

/// What deltas take over (entries of trees, anchors of texts) is what reading every byte gives.
#[test]
fn deltas_of_a_real_repository_take_over_what_is_there() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let repo = Repo::started();
    // An unpacked release has no history of its own: then this test's repository is all there is.
    let source = if own.join(".git").exists() { own } else { repo.dir.as_path() };
    let copy = repo.beside("copy");
    repo.git(&["clone", "-q", "--bare", "--no-hardlinks", source.to_str().unwrap(), copy.to_str().unwrap()]);
    repo.git_in(&copy, &["repack", "-adfq", "--depth=50", "--window=10"]);
    let packs = fs::read_dir(copy.join("objects/pack")).unwrap().map(|entry| entry.unwrap().path());
    for index in packs.filter(|file| file.extension().is_some_and(|ending| ending == "idx")) {
        let files = (fs::read(&index).unwrap(), fs::read(index.with_extension("pack")).unwrap());
        let (read, lost) = leakproof::collect::count_objects(files.0, files.1).unwrap();
        assert!(read > 0 && lost == 0);
    }
}
