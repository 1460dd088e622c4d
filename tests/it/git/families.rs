//! Large families of deltas, made by hand: what is taken over from bases is what reading everything gives.
//!
//! Git makes long chains; here they branch too, widely enough for several threads, and deltas cut anywhere.

use super::crafted::{Entry, Rng, delta, pack, whole};
use super::{Found, Repo, collected, leak, scan_with, secret};
use leakproof::detect::{Context, Detector};
use leakproof::evidence::{Class, Fact, Key, Name, SecretRegistry, Sensitive};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Branches of one family by size: the second one is worth another thread.
const BRANCHES: [usize; 5] = [640, 560, 3, 2, 1];

/// A made-up id, in the order of numbers.
fn id(n: usize) -> [u8; 20] {
    let mut id = [0x5a; 20];
    id[..4].copy_from_slice(&u32::try_from(n * 2_000_003).unwrap().to_be_bytes());
    id
}

fn hex(n: usize) -> String {
    data_encoding::HEXLOWER.encode(&id(n))
}

/// A family whose members `change` makes from their bases, as entries and as contents.
fn family(
    kind: u8,
    first: Vec<u8>,
    mut change: impl FnMut(usize, &[u8]) -> (Vec<u8>, Vec<u8>),
) -> (Vec<Entry>, Vec<Vec<u8>>) {
    let mut entries = vec![(id(0), whole(kind, &first))];
    let mut contents = vec![first];
    for size in BRANCHES {
        let mut base = 0;
        for _ in 0..size {
            let n = contents.len();
            let (made, entry) = change(n, &contents[base]);
            entries.push((id(n), delta(id(base), &entry)));
            contents.push(made);
            base = n;
        }
    }
    (entries, contents)
}

fn store(repo: &Repo, entries: &[Entry]) {
    let (data, index) = pack(entries);
    repo.write(".git/objects/pack/pack-x.pack", data);
    repo.write(".git/objects/pack/pack-x.idx", index);
}

fn varint(mut n: usize, out: &mut Vec<u8>) {
    while n > 0x7f {
        out.push(u8::try_from(n & 0x7f).unwrap() | 0x80);
        n >>= 7;
    }
    out.push(u8::try_from(n).unwrap());
}

/// The object of a base and a change, and the delta: bytes `at..end` of the base make room for `new`.
fn replaced(base: &[u8], (at, end): (usize, usize), new: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let made = [&base[..at], new, &base[end..]].concat();
    let mut delta = Vec::new();
    varint(base.len(), &mut delta);
    varint(made.len(), &mut delta);
    let copy = |delta: &mut Vec<u8>, from: usize, len: usize| {
        if len > 0 {
            let number = |n: usize| u16::try_from(n).unwrap().to_le_bytes();
            delta.push(0b1011_0011);
            delta.extend([number(from), number(len)].concat());
        }
    };
    copy(&mut delta, 0, at);
    for part in new.chunks(0x7f) {
        delta.push(u8::try_from(part.len()).unwrap());
        delta.extend(part);
    }
    copy(&mut delta, end, base.len() - end);
    (made, delta)
}

/// Lines with a value and without, to be cut and joined anywhere.
fn pieces() -> Vec<String> {
    let value = secret();
    let clean = "lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor\n";
    [
        leak(&value),
        format!("  \"jwt_secret_key\": \"{value}\",\n"),
        format!("redis://:{value}@cache:6379/0\n"),
        format!("curl -H 'Authorization: Bearer {value}' https://api\n"),
        "JWT_SECRET_".to_owned(),
        "KEY=".to_owned(),
        value,
        "\n".to_owned(),
        "password: changeme\n".to_owned(),
        clean.repeat(3),
        clean.to_owned(),
        String::new(),
    ]
    .into()
}

#[test]
fn texts_that_are_cut_and_joined_anywhere_give_what_each_of_them_gives_alone() {
    let (repo, pieces, mut rng) = (Repo::started(), pieces(), Rng(11));
    let first = pieces[10].repeat(24).into_bytes();
    let (entries, contents) = family(3, first, |_, base| {
        let at = rng.below(base.len() + 1);
        // Texts keep about their size.
        let end = (at + rng.below(if base.len() > 1800 { 300 } else { 60 })).min(base.len());
        replaced(base, (at, end), pieces[rng.below(pieces.len())].as_bytes())
    });
    store(&repo, &entries);
    // A cut makes a variable's name of half a value: the report masks it, here it does not matter.
    let (found, _) = collected(&repo.dir, &["git.unreachable"], |_| {});
    let declared = ["JWT_SECRET_KEY", "DATABASE_URL", "REDIS_URL"].map(Name::fixed).to_vec();
    let detector = Detector::new(declared, Vec::new(), Key::random().unwrap(), Arc::new(SecretRegistry::default()));
    let real = |content: &Vec<u8>| {
        let scan = detector.bytes(&Sensitive::new(content.clone()), Context::Env);
        scan.spotted.iter().filter(|spotted| spotted.judgement.class == Class::Plaintext).count()
    };
    let counts = contents.iter().map(real).enumerate().filter(|(_, count)| *count > 0);
    let expected: BTreeSet<(String, usize)> = counts.map(|(n, count)| (hex(n), count)).collect();
    assert!(expected.len() > 200 && expected.len() < contents.len());
    assert_eq!(blobs(&found), expected);
    // Beside the family: what the repository has itself.
    assert_eq!(found.counted("git.unreachable", "objects"), contents.len() as u64 + 2);
}

/// Blobs without a path, and how many values each exposes.
fn blobs(found: &Found) -> BTreeSet<(String, usize)> {
    let one = |evidence: &&leakproof::evidence::Evidence| {
        let Some(Fact::Int(exposed)) = evidence.fact("exposed") else { return None };
        Some((evidence.subject.place.blob.as_ref()?.to_string(), usize::try_from(*exposed).ok()?))
    };
    found.of("git.unreachable").iter().filter_map(one).collect()
}

#[test]
fn trees_that_are_made_from_each_other_keep_every_entry() {
    let (repo, mut rng) = (Repo::started(), Rng(5));
    let [leaked, harmless] = [leak(&secret()), "x\n".to_owned()]
        .map(|text| repo.feed(&["hash-object", "-w", "--stdin"], text.as_bytes()))
        .map(|id| data_encoding::HEXLOWER.decode(id.as_bytes()).unwrap());
    let entry = |name: &str, id: &[u8]| [b"100644 ".as_slice(), name.as_bytes(), b"\0", id].concat();
    let first: Vec<u8> = (0..30).flat_map(|n| entry(&format!("file-{n:04}"), &harmless)).collect();
    let size = first.len() / 30;
    let mut names: BTreeSet<String> = BTreeSet::new();
    let (entries, contents) = family(2, first, |n, base| {
        // Anywhere between two of the first entries: what came before and behind is copied.
        let at = size * rng.below(base.len() / size + 1);
        let name = format!("n{n:04}.env");
        let new = entry(&name, &leaked);
        names.insert(name);
        // Now and then all but the first ones go.
        let end = if base.len() > 50 * size { base.len() } else { at };
        replaced(base, (at.max(size), end.max(size)), &new)
    });
    store(&repo, &entries);
    let found = scan_with(&repo.dir, &["git.unreachable"], |_| {});
    let told: BTreeSet<String> = found.paths("git.unreachable").into_iter().collect();
    assert_eq!(told, names);
    assert_eq!(contents.len(), 1 + BRANCHES.iter().sum::<usize>());
    assert_eq!(found.gaps("git.unreachable"), [""; 0]);
}
