//! Objects that git does not write itself: cycles of deltas, broken commits, and trees beyond measure.

use super::{Repo, leak, lines, secret};
use leakproof::evidence::Cause;
use std::fs;
use std::io::Write;

/// An entry's name and bytes.
pub(super) type Entry = ([u8; 20], Vec<u8>);

/// Numbers that look random and are the same every time.
pub(super) struct Rng(pub(super) u64);

impl Rng {
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// An entry: kind and size, whatever else is in front, and the packed content.
fn entry(kind: u8, base: &[u8], content: &[u8]) -> Vec<u8> {
    let mut size = content.len();
    let mut header = vec![kind << 4 | u8::try_from(size & 0xf).unwrap()];
    size >>= 4;
    while size > 0 {
        *header.last_mut().unwrap() |= 0x80;
        header.push(u8::try_from(size & 0x7f).unwrap());
        size >>= 7;
    }
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(content).unwrap();
    [&header, base, &packed.finish().unwrap()].concat()
}

/// An entry that is a whole object: 1 commit, 2 tree, 3 blob.
pub(super) fn whole(kind: u8, content: &[u8]) -> Vec<u8> {
    entry(kind, &[], content)
}

/// An entry that is a delta of another one by its name.
pub(super) fn delta(base: [u8; 20], delta: &[u8]) -> Vec<u8> {
    entry(7, &base, delta)
}

/// A delta of a base of four bytes that copies them all.
fn ref_delta(base: [u8; 20]) -> Vec<u8> {
    delta(base, &[4, 4, 0x90, 4])
}

/// A pack of these entries under these names, which are in order, and its index.
pub(super) fn pack(entries: &[Entry]) -> (Vec<u8>, Vec<u8>) {
    let count = u32::try_from(entries.len()).unwrap();
    let mut data = [b"PACK".as_slice(), &2_u32.to_be_bytes(), &count.to_be_bytes()].concat();
    let (mut names, mut sums, mut offsets) = (Vec::new(), Vec::new(), Vec::new());
    for (name, entry) in entries {
        offsets.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        names.extend(name);
        sums.extend(crc32fast::hash(entry).to_be_bytes());
        data.extend(entry);
    }
    let trailer = [7; 20];
    data.extend(trailer);
    let below = |first: u8| entries.iter().filter(|(name, _)| name[0] <= first).count();
    let fan: Vec<u8> = (0..=255).flat_map(|first| u32::try_from(below(first)).unwrap().to_be_bytes()).collect();
    let index = [b"\xfftOc\0\0\0\x02".as_slice(), &fan, &names, &sums, &offsets, &trailer, &[8; 20]].concat();
    (data, index)
}

#[test]
fn deltas_that_are_made_of_each_other() {
    let names = [[0x11; 20], [0x22; 20], [0x33; 20]];
    for (what, bases) in [("cycle", [1, 0, 0]), ("itself", [0, 1, 2]), ("nobody", [9, 9, 0])] {
        let repo = Repo::started();
        repo.commit(".env", leak(&secret()));
        let base = |n: usize| names.get(n).copied().unwrap_or([0x99; 20]);
        let entries: Vec<_> = names.iter().zip(bases).map(|(name, n)| (*name, ref_delta(base(n)))).collect();
        let (data, index) = pack(&entries);
        repo.write(".git/objects/pack/pack-x.pack", data);
        repo.write(".git/objects/pack/pack-x.idx", index);
        let found = repo.scan();
        assert_eq!(found.exposed(), [".env"], "{what}: what was found stays found");
        assert!(found.causes("git.unreachable").contains(&Cause::Malformed), "{what}");
        assert!(!found.bool("git.complete", "complete"), "{what}");
    }
}

#[test]
fn delta_of_a_base_in_another_pack_is_a_gap() {
    // A thin pack is no pack that git keeps; if it is here, its objects are not taken for read.
    let repo = Repo::started();
    let id = repo.git(&["rev-parse", "HEAD:README"]);
    let base: [u8; 20] = data_encoding::HEXLOWER.decode(id.as_bytes()).unwrap().try_into().unwrap();
    let (data, index) = pack(&[([0x11; 20], ref_delta(base))]);
    repo.write(".git/objects/pack/pack-x.pack", data);
    repo.write(".git/objects/pack/pack-x.idx", index);
    assert!(repo.scan().causes("git.unreachable").contains(&Cause::Malformed));
}

/// Writes an object of any content and puts it into a pack if that is wanted.
fn odd(repo: &Repo, kind: &str, content: &[u8], packed: bool) -> String {
    let id = repo.feed(&["hash-object", "-t", kind, "-w", "--literally", "--stdin"], content);
    if packed {
        repo.feed(&["pack-objects", "-q", ".git/objects/pack/pack"], format!("{id}\n").as_bytes());
        repo.git(&["prune-packed", "-q"]);
    }
    id
}

#[test]
fn commit_that_is_cut() {
    for packed in [false, true] {
        let repo = Repo::started();
        repo.commit(".env", leak(&secret()));
        let whole = format!("tree {}\n", repo.git(&["rev-parse", "HEAD^{tree}"]));
        let id = odd(&repo, "commit", &whole.as_bytes()[..30], packed);
        repo.write(".git/refs/heads/broken", format!("{id}\n"));
        let found = repo.scan();
        assert_eq!(found.causes("git.history"), [Cause::Malformed], "packed: {packed}");
        assert!(found.bool("git.complete", "malformed_objects"));
        assert_eq!(found.exposed(), [".env"], "what was found stays found");
    }
}

#[test]
fn tree_that_is_cut() {
    for packed in [false, true] {
        let repo = Repo::started();
        let blob = repo.feed(&["hash-object", "-w", "--stdin"], leak(&secret()).as_bytes());
        let raw = data_encoding::HEXLOWER.decode(blob.as_bytes()).unwrap();
        let bytes = [b"100644 .env\0".as_slice(), &raw, b"100644 z\0short"].concat();
        let tree = odd(&repo, "tree", &bytes, packed);
        let commit = odd(&repo, "commit", format!("tree {tree}\n\nx\n").as_bytes(), packed);
        repo.write(".git/refs/heads/broken", format!("{commit}\n"));
        let found = repo.scan();
        assert_eq!(found.causes("git.history"), [Cause::Malformed], "packed: {packed}");
        assert_eq!(found.exposed(), [".env"], "packed: {packed}: what came before the cut");
    }
}

/// A tree that nothing reaches does not read: what it names is not taken for judged.
#[test]
fn cut_tree_that_nothing_reaches() {
    for packed in [false, true] {
        let repo = Repo::started();
        let blob = repo.feed(&["hash-object", "-w", "--stdin"], leak(&secret()).as_bytes());
        let raw = data_encoding::HEXLOWER.decode(blob.as_bytes()).unwrap();
        odd(&repo, "tree", &[b"100644 .env\0".as_slice(), &raw, b"100644 z\0short"].concat(), packed);
        let found = repo.scan();
        let told = found.of("git.unreachable").len();
        assert_eq!(told, 1, "packed: {packed}: the blob is judged by what it holds");
    }
}

#[test]
fn tree_of_two_hundred_thousand_entries() {
    for packed in [false, true] {
        let repo = Repo::started();
        let [harmless, leaked] =
            ["PORT=1\n", &leak(&secret())].map(|text| repo.feed(&["hash-object", "-w", "--stdin"], text.as_bytes()));
        let mut names: Vec<(String, &str)> =
            (0..200_000).map(|n| (format!("file-{n:06}.txt"), harmless.as_str())).collect();
        names.push(("prod.env".to_owned(), &leaked));
        let lines = lines(names.len(), |n| format!("100644 blob {}\t{}\n", names[n].1, names[n].0));
        let tree = repo.feed(&["mktree"], lines.as_bytes());
        let commit = repo.git(&["commit-tree", "-m", "x", "-p", "HEAD", &tree]);
        repo.git(&["update-ref", "refs/heads/large", &commit]);
        if packed {
            repo.git(&["repack", "-adq"]);
        }
        let found = repo.scan();
        assert_eq!(found.exposed(), ["prod.env"]);
        assert_eq!(found.paths("git.file"), [""; 0]);
        assert!(found.proven(), "packed: {packed}: {:?}", found.gaps("git.history"));
    }
}

#[test]
fn names_that_are_no_text_and_names_with_control_characters() {
    for packed in [false, true] {
        let repo = Repo::started();
        let folders: [&[u8]; 3] = [b"\xff\xfe", b"a\nb\x1b[31m", "\u{202e}gpj".as_bytes()];
        for folder in folders {
            let leaked = repo.feed(&["hash-object", "-w", "--stdin"], leak(&secret()).as_bytes());
            let lines = format!("100644 blob {leaked}\t.env\0100644 blob {leaked}\tsettings.py\0");
            let below = repo.feed(&["mktree", "-z"], lines.as_bytes());
            let line = [format!("040000 tree {below}\t").as_bytes(), folder, b"\0"].concat();
            let tree = repo.feed(&["mktree", "-z"], &line);
            let commit = repo.git(&["commit-tree", "-m", "x", "-p", "HEAD", &tree]);
            repo.git(&["update-ref", "refs/heads/main", &commit]);
        }
        if packed {
            repo.git(&["repack", "-adq"]);
        }
        let found = repo.scan();
        assert_eq!((found.exposed().len(), found.paths("git.file").len()), (3, 3), "packed: {packed}");
        let odd = |path: &String| path.chars().any(|c| c.is_control() || c == '\u{202e}');
        assert!(!found.exposed().iter().any(odd));
        assert!(found.proven());
    }
}

/// A file of refs beside an index that does not parse: the rest is read.
#[test]
fn index_of_the_working_tree_does_not_read() {
    let repo = Repo::started();
    repo.write(".env", leak(&secret()));
    repo.git(&["add", "-f", ".env"]);
    fs::write(repo.dir.join(".git/index"), b"DIRC garbage").unwrap();
    let found = repo.scan();
    // Which paths were staged is unknown; the blob is there and is judged by what it holds.
    assert_eq!(found.of("git.unreachable").len(), 1);
}

/// Git shows one of two entries of the same name; both are in every clone.
#[test]
fn tree_with_one_name_twice() {
    for packed in [false, true] {
        for order in [[0, 1], [1, 0]] {
            let repo = Repo::started();
            let ids = ["PORT=1\n", &leak(&secret())]
                .map(|text| repo.feed(&["hash-object", "-w", "--stdin"], text.as_bytes()))
                .map(|id| data_encoding::HEXLOWER.decode(id.as_bytes()).unwrap());
            let bytes: Vec<u8> = order.iter().flat_map(|n| [b"100644 .env\0".as_slice(), &ids[*n]].concat()).collect();
            let tree = odd(&repo, "tree", &bytes, packed);
            let commit = repo.git(&["commit-tree", "-m", "x", "-p", "HEAD", &tree]);
            repo.git(&["update-ref", "refs/heads/twice", &commit]);
            let found = repo.scan();
            assert_eq!(found.exposed(), [".env"], "packed: {packed}, {order:?}");
            assert_eq!(found.paths("git.file"), [""; 0]);
            assert_eq!(found.paths("git.unreachable"), [""; 0]);
        }
    }
}
