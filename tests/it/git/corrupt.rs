//! Damaged stores: nothing passes because it does not read, nothing panics, and what was found stays found.

use super::{Found, Repo, leak, lines, secret};
use leakproof::evidence::Cause;
use std::fs;
use std::path::{Path, PathBuf};

/// The first bytes of an index of the second version, and of its names.
const HEADER: usize = 8 + 1024;

/// A repository whose history leaked `svc/.env`, everything in one pack.
struct Packed {
    repo: Repo,
    pack: PathBuf,
}

impl Packed {
    fn new(version: u8) -> Self {
        let repo = Repo::started();
        repo.commit("svc/.env", leak(&secret()));
        repo.remove("svc/.env");
        // Versions that become deltas, one of them with a value.
        for n in 0..12 {
            let line = if n == 6 { leak(&secret()) } else { String::new() };
            let lines = lines(300, |line| format!("OPTION_{line} = {}\n", line * n % 17));
            repo.commit("lib/settings.py", format!("{lines}{line}"));
        }
        Self::of(repo, version)
    }

    fn of(repo: Repo, version: u8) -> Self {
        repo.git(&["-c", &format!("pack.indexVersion={version}"), "repack", "-adfq"]);
        let packs = fs::read_dir(repo.dir.join(".git/objects/pack")).unwrap().flatten().map(|entry| entry.path());
        let pack = packs.filter(|path| path.extension().is_some_and(|ending| ending == "pack")).last().unwrap();
        Self { repo, pack }
    }

    fn index(&self) -> PathBuf {
        self.pack.with_extension("idx")
    }

    fn id(&self, name: &str) -> String {
        self.repo.git(&["rev-parse", name])
    }

    /// Where an object's entry begins, and how long it is.
    fn entry(&self, id: &str) -> (usize, usize) {
        let listed = self.repo.git(&["verify-pack", "-v", self.pack.to_str().unwrap()]);
        let line = listed.lines().find(|line| line.starts_with(id)).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        (words[4].parse().unwrap(), words[3].parse().unwrap())
    }

    /// Changes an index of the second version.
    fn index_changed(&self, change: impl FnOnce(&mut Vec<u8>, usize)) {
        changed(&self.index(), |bytes| {
            let count = u32::from_be_bytes(*bytes[HEADER - 4..].first_chunk().unwrap());
            change(bytes, usize::try_from(count).unwrap());
        });
    }
}

/// Git's own files are read-only: they are written anew.
fn changed(file: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(file).unwrap();
    change(&mut bytes);
    fs::remove_file(file).unwrap();
    fs::write(file, bytes).unwrap();
}

/// No kind passes: each has a finding or a gap. And the repository is not whole.
fn not_passed(found: &Found, what: &str) {
    for kind in ["git.history", "git.file"] {
        assert!(!found.of(kind).is_empty() || !found.causes(kind).is_empty(), "{what}: {kind} passes");
    }
    assert!(!found.causes("git.complete").is_empty(), "{what}: looks whole");
    assert!(!found.bool("git.complete", "complete"), "{what}");
}

/// Nothing of what refs reach or the store holds is taken for read.
fn unread(found: &Found, what: &str) {
    not_passed(found, what);
    for kind in ["git.history", "git.file", "git.unreachable"] {
        assert!(!found.causes(kind).is_empty(), "{what}: {kind}");
    }
}

/// How often a blob was told, by any kind.
fn told(found: &Found, blob: &str) -> usize {
    let kinds = ["git.history", "git.file", "git.unreachable"];
    let all = kinds.iter().flat_map(|kind| found.of(kind));
    all.filter(|evidence| evidence.subject.place.blob.as_ref().is_some_and(|id| id.to_string() == blob)).count()
}

/// Changes one byte in the middle of an entry, and answers what was found then.
///
/// An index of the first version has no checksums of entries.
fn flipped(version: u8, name: &str) -> (Found, String) {
    let packed = Packed::new(version);
    let (damaged, leaked) = (packed.id(name), packed.id("HEAD~13:svc/.env"));
    let (start, len) = packed.entry(&damaged);
    changed(&packed.pack, |bytes| bytes[start + len / 2 + 2] ^= 0x55);
    (packed.repo.scan(), leaked)
}

#[test]
fn one_byte_of_a_blob_is_another_one() {
    for version in [1, 2] {
        let (found, _) = flipped(version, "HEAD~13:svc/.env");
        unread(&found, &format!("index version {version}"));
    }
}

#[test]
fn one_byte_of_a_base_of_deltas_is_another_one() {
    for version in [1, 2] {
        let (found, leaked) = flipped(version, "HEAD:lib/settings.py");
        not_passed(&found, &format!("index version {version}"));
        assert!(!found.causes("git.file").is_empty());
        assert_eq!(told(&found, &leaked), 1, "history tells the other one");
    }
}

#[test]
fn one_byte_of_a_commit_is_another_one() {
    for version in [1, 2] {
        let (found, leaked) = flipped(version, "HEAD~13");
        let what = format!("index version {version}");
        not_passed(&found, &what);
        assert!(!found.causes("git.history").is_empty(), "{what}");
        assert!(told(&found, &leaked) > 0, "{what}: its content is there");
    }
}

#[test]
fn one_byte_of_a_tree_is_another_one() {
    for version in [2, 1] {
        for name in ["HEAD~13:svc", "HEAD~13^{tree}"] {
            let (found, leaked) = flipped(version, name);
            let what = format!("{name}, index version {version}");
            not_passed(&found, &what);
            assert!(!found.causes("git.history").is_empty(), "{what}");
            assert!(told(&found, &leaked) > 0, "{what}: its content is there");
        }
    }
}

/// Checksums at the end: what they are of is whatever it is.
#[test]
fn trailer_of_a_pack_is_wrong() {
    let packed = Packed::new(2);
    changed(&packed.pack, |bytes| *bytes.last_mut().unwrap() ^= 1);
    unread(&packed.repo.scan(), "trailer");
}

#[test]
fn pack_or_index_is_cut() {
    for (ending, keep) in
        [("pack", 2), ("pack", 64), ("pack", usize::MAX), ("idx", 2), ("idx", 64), ("idx", usize::MAX)]
    {
        let packed = Packed::new(2);
        changed(&packed.pack.with_extension(ending), |bytes| bytes.truncate(bytes.len() / keep));
        unread(&packed.repo.scan(), &format!("{ending} cut to a part of {keep}"));
    }
}

#[test]
fn index_belongs_to_another_pack() {
    let (packed, other) = (Packed::new(2), Packed::new(2));
    changed(&packed.index(), |bytes| *bytes = fs::read(other.index()).unwrap());
    unread(&packed.repo.scan(), "index of another pack");
}

#[test]
fn pack_is_gone_and_its_index_is_not() {
    let packed = Packed::new(2);
    fs::remove_file(&packed.pack).unwrap();
    unread(&packed.repo.scan(), "no pack");
}

#[test]
fn index_is_gone_and_its_pack_is_not() {
    let packed = Packed::new(2);
    fs::remove_file(packed.index()).unwrap();
    not_passed(&packed.repo.scan(), "no index");
}

/// Two names for one place hide what lies at another one.
#[test]
fn offsets_in_an_index_are_wrong() {
    for (what, offset) in [
        ("the next one's", None),
        ("in the header", Some(4_u32)),
        ("behind the end", Some(0x7fff_fff0)),
        ("in a table that is not there", Some(0x8000_0005)),
    ] {
        let packed = Packed::new(2);
        packed.index_changed(|bytes, count| {
            let at = HEADER + 24 * count;
            let next: [u8; 4] = *bytes[at + 4..].first_chunk().unwrap();
            bytes[at..at + 4].copy_from_slice(&offset.map_or(next, u32::to_be_bytes));
        });
        not_passed(&packed.repo.scan(), what);
    }
}

/// Whoever can write an index can call a leak by a harmless file's name: what it holds is read all the same.
#[test]
fn names_in_an_index_are_swapped() {
    let repo = Repo::started();
    repo.commit("svc/.env", leak(&secret()));
    repo.commit("svc/.env", "PORT=1\n");
    let ids = ["HEAD~1:svc/.env", "HEAD:svc/.env"].map(|name| repo.git(&["rev-parse", name]));
    repo.remove("svc/.env");
    let packed = Packed::of(repo, 2);
    packed.index_changed(|bytes, count| {
        let raw = ids.each_ref().map(|id| data_encoding::HEXLOWER.decode(id.as_bytes()).unwrap());
        let at = raw.each_ref().map(|raw| (0..count).find(|n| bytes[HEADER + 20 * n..].starts_with(raw)).unwrap());
        for table in [HEADER + 20 * count, HEADER + 24 * count] {
            (0..4).for_each(|byte| bytes.swap(table + 4 * at[0] + byte, table + 4 * at[1] + byte));
        }
    });
    let found = packed.repo.scan();
    let all = ["git.history", "git.file"].map(|kind| found.of(kind).len() + found.causes(kind).len());
    assert!(all.iter().all(|n| *n > 0), "{all:?}");
}

/// The bytes of a loose object's file.
fn loose(repo: &Repo, id: &str) -> PathBuf {
    repo.dir.join(".git/objects").join(&id[..2]).join(&id[2..])
}

#[test]
fn loose_object_has_another_ones_content() {
    for (name, other) in [("HEAD~1:svc/.env", "HEAD:README"), ("HEAD~1:svc", "HEAD~2^{tree}"), ("HEAD~1", "HEAD~2")] {
        let repo = Repo::started();
        repo.commit("svc/.env", leak(&secret()));
        repo.remove("svc/.env");
        let [id, other, blob] = [name, other, "HEAD~1:svc/.env"].map(|name| repo.git(&["rev-parse", name]));
        let content = fs::read(loose(&repo, &other)).unwrap();
        changed(&loose(&repo, &id), |bytes| *bytes = content);
        let found = repo.scan();
        not_passed(&found, name);
        assert_eq!(found.causes("git.history").first(), Some(&Cause::Malformed), "{name}");
        assert!(id == blob || told(&found, &blob) > 0, "{name}: its content is there");
    }
}

#[test]
fn loose_object_that_nothing_reaches_does_not_read() {
    for content in [b"".as_slice(), b"garbage"] {
        let repo = Repo::started();
        let id = repo.feed(&["hash-object", "-w", "--stdin"], leak(&secret()).as_bytes());
        changed(&loose(&repo, &id), |bytes| *bytes = content.to_vec());
        let found = repo.scan();
        assert_eq!(found.causes("git.unreachable").first(), Some(&Cause::Malformed));
        assert!(found.causes("git.history").is_empty() && found.causes("git.file").is_empty());
        assert!(!found.bool("git.complete", "complete"));
    }
}

/// The checksum behind an entry's content is checked, even where no other one is.
#[test]
fn every_single_byte_of_an_entry_is_another_one() {
    for name in ["HEAD~13:svc/.env", "HEAD~13"] {
        let packed = Packed::new(1);
        let (start, len) = packed.entry(&packed.id(name));
        let mut passed = Vec::new();
        for at in (0..len).step_by(7) {
            changed(&packed.pack, |bytes| bytes[start + at] ^= 0x11);
            let found = packed.repo.scan();
            let quiet = |kind| found.of(kind).is_empty() && found.causes(kind).is_empty();
            passed.extend(
                (quiet("git.history") || quiet("git.file") || found.bool("git.complete", "complete")).then_some(at),
            );
            changed(&packed.pack, |bytes| bytes[start + at] ^= 0x11);
        }
        assert_eq!(passed, Vec::<usize>::new(), "{name}: bytes of {len} that nobody misses");
    }
}
