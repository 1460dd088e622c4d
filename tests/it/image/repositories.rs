//! Repositories in layers: `COPY . .` takes `.git` along, and with it every version of every file.

use super::builder::gzip;
use super::layers::{everywhere, exposed, layout, line, of_layout, tar, told};
use crate::docker::rig::{causes, count, secret, shown};
use crate::git::{Repo, leak, lines};
use leakproof::evidence::{Batch, Cause};
use std::path::Path;

/// A directory as a layer has it.
fn copied(dir: &Path, to: &str) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    tar.mode(tar::HeaderMode::Deterministic);
    tar.append_dir_all(to, dir).unwrap();
    tar.into_inner().unwrap()
}

/// A repository of several commits whose env file was taken away again.
fn with_history(value: &str) -> Repo {
    let repo = Repo::started();
    for n in 0..8 {
        let source = lines(200, |at| format!("def f{at}(): return {}\n", at * (n + 1)));
        repo.commit("app/main.py", source);
    }
    repo.commit("config/prod/.env", leak(value));
    repo.remove("config/prod/.env");
    repo
}

fn of(repo: &Repo) -> Batch {
    of_layout(&layout(&[copied(&repo.dir, "app")]), "")
}

#[test]
fn what_history_holds_is_found_with_its_path_and_blob_loose_and_packed() {
    for packed in [false, true] {
        for clean in [false, true] {
            let value = if clean { String::new() } else { secret() };
            let repo = with_history(&value);
            let blob = repo.git(&["rev-parse", "HEAD~1:config/prod/.env"]);
            if packed {
                repo.pack();
            }
            for (source, batch) in everywhere(&[gzip(&copied(&repo.dir, "app"))]) {
                let what = format!("{source} packed: {packed} clean: {clean} {}", shown(&batch));
                assert!(batch.gaps.is_empty(), "{what}");
                let objects = repo.git(&["cat-file", "--batch-all-objects", "--batch-check"]).lines().count();
                assert_eq!(count(&batch, "image.file", "git-objects"), objects as u64, "{what}");
                let expected = if clean { vec![] } else { vec!["app/.git!/config/prod/.env:1"] };
                assert_eq!(told(&batch), expected, "{what}");
                // A clean one is told, and does no harm.
                let file = batch.evidence.iter().find(|one| one.word("file") == Some("env-file")).unwrap();
                assert_eq!(file.subject.place.blob.as_ref().unwrap().as_str(), blob, "{what}");
            }
        }
    }
}

#[test]
fn a_value_in_any_other_file_of_history_is_found_with_its_path() {
    let repo = Repo::started();
    let value = secret();
    repo.commit("src/deep/er/settings.py", format!("import os\nJWT_SECRET_KEY = \"{value}\"\n"));
    repo.remove("src/deep/er/settings.py");
    for packed in [false, true] {
        if packed {
            repo.pack();
        }
        assert_eq!(told(&of(&repo)), ["app/.git!/src/deep/er/settings.py:2"], "{packed}");
    }
}

#[test]
fn a_staged_env_file_that_was_never_committed_is_found() {
    let repo = Repo::started();
    repo.write(".env", line(&secret()));
    repo.git(&["add", "-f", ".env"]);
    repo.git(&["rm", "-q", "--cached", ".env"]);
    std::fs::remove_file(repo.dir.join(".env")).unwrap();
    let batch = of(&repo);
    assert_eq!(exposed(&batch).len(), 1, "{}", shown(&batch));
    assert_eq!(exposed(&batch)[0].word("file"), Some("env-file"));
}

#[test]
fn messages_and_tags_are_looked_through() {
    let repo = Repo::started();
    let value = secret();
    repo.git(&["commit", "-q", "--allow-empty", "-m", &format!("deploy with JWT_SECRET_KEY={value}")]);
    repo.git(&["tag", "-a", "v1", "-m", &format!("JWT_SECRET_KEY={value}")]);
    let mut told = told(&of(&repo));
    // The draft of the message and the reflog lie beside them as files.
    told.retain(|at| at.contains("!/"));
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told, ["app/.git!/commit:6", "app/.git!/tag:6"]);
}

#[test]
fn a_delta_with_a_value_is_made_whole_first() {
    let repo = Repo::new();
    let value = secret();
    let source = |at: usize| format!("line {at} of a file that is long enough for a delta\n");
    repo.commit("notes.txt", lines(400, source));
    repo.commit("notes.txt", format!("{}JWT_SECRET_KEY={value}\n", lines(400, source)));
    repo.commit("notes.txt", lines(401, source));
    repo.pack();
    let deltas = repo.git(&["cat-file", "--batch-all-objects", "--batch-check=%(deltabase)"]);
    assert!(deltas.lines().any(|base| base.bytes().any(|b| b != b'0')), "the pack has no delta: {deltas}");
    assert_eq!(told(&of(&repo)), ["app/.git!/notes.txt:401"]);
}

#[test]
fn objects_under_innocent_names_and_without_index_are_read() {
    let value = secret();
    let repo = with_history(&value);
    repo.pack();
    let pack = std::fs::read_dir(repo.dir.join(".git/objects/pack")).unwrap().map(|entry| entry.unwrap().path());
    let pack = std::fs::read(pack.into_iter().find(|path| path.extension().unwrap() == "pack").unwrap()).unwrap();
    let bundle = repo.beside("b");
    repo.git(&["bundle", "create", "-q", bundle.to_str().unwrap(), "--all"]);
    let bundle = std::fs::read(bundle).unwrap();
    let nested = gzip(&copied(&repo.dir, "x"));
    for (path, content, told_at) in [
        ("data.bin", &pack, "data.bin!/config/prod/.env:1"),
        ("backup", &bundle, "backup!/config/prod/.env:1"),
        ("src.tgz", &nested, "src.tgz!/x/.git!/config/prod/.env:1"),
    ] {
        let batch = of_layout(&layout(&[tar(&[(path, content)])]), "");
        assert_eq!(told(&batch), [told_at], "{}", shown(&batch));
        assert!(batch.gaps.is_empty(), "{path} {}", shown(&batch));
    }
}

#[test]
fn a_pack_in_a_repository_of_its_own_is_opened_too() {
    let inner = with_history(&secret());
    let bundle = inner.beside("b");
    inner.git(&["bundle", "create", "-q", bundle.to_str().unwrap(), "--all"]);
    let outer = Repo::started();
    outer.commit("vendor/inner.bundle", std::fs::read(bundle).unwrap());
    outer.remove("vendor/inner.bundle");
    assert_eq!(told(&of(&outer)), ["app/.git!/vendor/inner.bundle!/config/prod/.env:1"]);
}

#[test]
fn damaged_cut_and_oversized_stores_are_gaps_and_the_rest_is_told() {
    let value = secret();
    let repo = with_history(&value);
    repo.pack();
    let folder = repo.dir.join(".git/objects/pack");
    let pack = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let path = pack.into_iter().find(|path| path.extension().unwrap() == "pack").unwrap();
    let pack = std::fs::read(&path).unwrap();
    let mut flipped = pack.clone();
    flipped[200] ^= 0xff;
    let mut stated = pack.clone();
    stated[11] = stated[11].wrapping_sub(3);
    for (what, content, cause) in [
        ("flipped", flipped, Cause::Malformed),
        ("cut", pack[..pack.len() - 60].to_vec(), Cause::Malformed),
        ("another number", stated, Cause::Inconsistent),
        ("empty", b"PACK".to_vec(), Cause::Malformed),
    ] {
        let batch = of_layout(&layout(&[tar(&[("app/.git/objects/pack/pack-1.pack", &content)])]), "");
        let causes = causes(&batch, "image.file");
        // Where a cut falls decides how it shows.
        let cut = what == "cut" && causes == [Cause::Truncated];
        assert!(cut || causes == [cause], "{what} {}", shown(&batch));
        assert!(shown(&batch).contains("app/.git/objects/pack/pack-1.pack"), "{what}");
        assert!(what != "another number" || told(&batch) == ["app/.git!/config/prod/.env:1"], "{what}");
    }
    let batch = of_layout(&layout(&[copied(&repo.dir, "app")]), "limits: { held_bytes: 500 }");
    assert!(causes(&batch, "image.file").contains(&Cause::OverLimit), "{}", shown(&batch));
    assert!(shown(&batch).contains("limits.held_bytes"), "{}", shown(&batch));
}

#[test]
fn a_bundle_whose_bases_are_elsewhere_is_a_gap() {
    let repo = Repo::new();
    let source = |n: usize| lines(400, move |at| format!("line {at} of a file that is long enough {n}\n"));
    repo.commit("notes.txt", source(1));
    repo.commit("notes.txt", format!("{}one more\n", source(1)));
    let bundle = repo.beside("b");
    repo.git(&["bundle", "create", "-q", bundle.to_str().unwrap(), "HEAD~1..HEAD", "main"]);
    let bundle = std::fs::read(bundle).unwrap();
    let batch = of_layout(&layout(&[tar(&[("b.bundle", &bundle)])]), "");
    assert_eq!(causes(&batch, "image.file"), [Cause::MissingObjects], "{}", shown(&batch));
}

#[test]
fn a_loose_object_that_is_none_is_a_gap() {
    let path = format!("r/.git/objects/ab/{}", "c".repeat(38));
    for content in [&b"x\x9c"[..], b"", b"nothing that git wrote"] {
        let batch = of_layout(&layout(&[tar(&[(&path, content)])]), "");
        assert_eq!(causes(&batch, "image.file"), [Cause::Malformed], "{}", shown(&batch));
    }
}

#[test]
fn a_store_spread_over_layers_is_read_layer_by_layer() {
    let value = secret();
    let repo = Repo::started();
    let before = copied(&repo.dir, "app");
    repo.commit(".env", leak(&value));
    repo.remove(".env");
    let after = copied(&repo.dir.join(".git/objects"), "app/.git/objects");
    let batch = of_layout(&layout(&[before, after]), "");
    assert_eq!(told(&batch), ["app/.git!/.env:1"], "{}", shown(&batch));
}

#[test]
fn a_mercurial_repository_is_a_gap() {
    let batch = of_layout(&layout(&[tar(&[("app/.hg/store/data/a.i", b"1"), ("app/.hg/store/data/b.i", b"2")])]), "");
    assert_eq!(causes(&batch, "image.file"), [Cause::ContentElsewhere], "{}", shown(&batch));
}

#[test]
fn objects_whose_bases_are_named_by_their_ids_keep_their_names_and_content() {
    for clean in [false, true] {
        let repo = Repo::new();
        // Words that only the name of the file makes a password.
        for n in 0..4 {
            let password = if clean { String::new() } else { format!("summer-palace-{n}") };
            let filler = lines(40, |at| format!("# line {at} of settings that change little\n"));
            repo.commit("app/.env", format!("{filler}DB_PASSWORD={password}\n"));
        }
        repo.git(&["-c", "repack.useDeltaBaseOffset=false", "repack", "-a", "-d", "-f", "-q"]);
        let batch = of(&repo);
        assert!(batch.gaps.is_empty(), "{}", shown(&batch));
        assert_eq!(told(&batch).iter().filter(|at| at.contains("!/app/.env")).count(), if clean { 0 } else { 4 });
    }
}

#[test]
fn what_a_bundle_says_of_its_prerequisites_is_looked_through() {
    let repo = Repo::started();
    repo.git(&["commit", "-q", "--allow-empty", "-m", &format!("rotate: JWT_SECRET_KEY={}", secret())]);
    repo.commit("a.txt", "harmless\n");
    let bundle = repo.beside("b");
    let create = ["-c", "pack.window=0", "bundle", "create", "-q", bundle.to_str().unwrap(), "HEAD~1..HEAD", "main"];
    repo.git(&create);
    let batch = of_layout(&layout(&[tar(&[("b.bundle", &std::fs::read(bundle).unwrap())])]), "");
    assert_eq!(told(&batch), ["b.bundle:2"], "{}", shown(&batch));
}

/// Deflated as git does it.
fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn trees_that_are_none_and_bytes_behind_an_object_are_gaps() {
    let text = format!("JWT_SECRET_KEY={}\n", secret());
    let tree = deflated(format!("tree {}\0{text}", text.len()).as_bytes());
    let trailing = [deflated(b"blob 6\0hello\n"), text.into_bytes()].concat();
    for content in [tree, trailing] {
        let batch = of_layout(&layout(&[tar(&[("data", &content)])]), "");
        assert_eq!(causes(&batch, "image.file"), [Cause::Malformed], "{}", shown(&batch));
    }
}

#[test]
fn objects_that_promise_gigabytes_meet_a_limit() {
    let zeros = vec![0; 60 << 20];
    let object = deflated(&[format!("blob {}\0", zeros.len()).as_bytes(), &zeros].concat());
    let names: Vec<String> = (0..40).map(|n| format!("r/.git/objects/ab/{n:038x}")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), object.as_slice())).collect();
    let batch = of_layout(&layout(&[gzip(&tar(&files))]), "");
    assert!(causes(&batch, "image.file").contains(&Cause::OverLimit), "{}", shown(&batch));
}

#[test]
fn deltas_that_wait_for_each_other_are_resolved_in_one_pass() {
    // A chain, newest first, each entry naming its base by id: what a pass per entry would take minutes for.
    let object = |n: usize| format!("{n:06} {}", "x".repeat(40)).into_bytes();
    let id = |n: usize| {
        let content = object(n);
        gix_object::compute_hash(gix_hash::Kind::Sha1, gix_object::Kind::Blob, &content).unwrap()
    };
    let all = 8_000;
    let mut pack = [b"PACK\0\0\0\x02".as_slice(), &u32::try_from(all).unwrap().to_be_bytes()].concat();
    let byte = |n: usize| u8::try_from(n).unwrap();
    let head = |kind: u8, size: usize| vec![0x80 | kind << 4 | byte(size & 15), byte(size >> 4)];
    for n in (1..all).rev() {
        // Six digits of its own, the rest from its base.
        let delta = [&[47, 47, 6][..], format!("{n:06}").as_bytes(), &[0x91, 6, 41]].concat();
        pack.extend(head(7, delta.len()));
        pack.extend(id(n - 1).as_bytes());
        pack.extend(deflated(&delta));
    }
    pack.extend(head(3, 47));
    pack.extend(deflated(&object(0)));
    pack.extend([0; 20]);
    let batch = of_layout(&layout(&[tar(&[("a.pack", &pack)])]), "");
    assert!(batch.gaps.is_empty(), "{}", shown(&batch));
    assert_eq!(count(&batch, "image.file", "git-objects"), 8_000);
}
