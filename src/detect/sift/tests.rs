//! Hits compared with those of `aho-corasick`'s overlapping automaton.

use super::*;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use proptest::prelude::*;

const LITERALS: [&[u8]; 14] = [
    b"ab",
    b"abc",
    b"bc",
    b"abcd",
    b"bcda",
    b"aa",
    b"aaa",
    b"aaaaa",
    b"a_b-",
    b"-----BEGIN",
    b"BEGIN",
    b"in pr",
    b"password",
    b"abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd",
];

fn sifted(literals: &[&[u8]], haystack: &[u8]) -> Vec<(usize, usize)> {
    let mut seen = Vec::new();
    Sift::new(literals).unwrap().find(haystack, &mut |start, literal| seen.push((start, literal)));
    seen
}

fn expected(literals: &[&[u8]], haystack: &[u8]) -> Vec<(usize, usize)> {
    let automaton = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::NoncontiguousNFA))
        .build(literals)
        .unwrap();
    let mut seen: Vec<_> =
        automaton.find_overlapping_iter(haystack).map(|hit| (hit.start(), hit.pattern().as_usize())).collect();
    seen.sort_unstable();
    seen
}

fn same(literals: &[&[u8]], haystack: &[u8]) {
    assert!(sifted(literals, haystack) == expected(literals, haystack), "{} bytes", haystack.len());
}

fn literal() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(prop::sample::select(&b"abAB"[..]), 2..7),
        prop::collection::vec(prop::sample::select(&b"ab_K\x00\x7f -"[..]), 2..12),
        prop::collection::vec(0_u8..128, 2..=64),
        prop::collection::vec(prop::sample::select(&b"aA"[..]), 2..=64),
    ]
}

fn haystack() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(prop::sample::select(&b"abAB"[..]), 0..300),
        prop::collection::vec(prop::sample::select(&b"ab_K\x00\x7f\x1f\xdf\xff -\r\x0b\xe1\xc1"[..]), 0..300),
        prop::collection::vec(any::<u8>(), 0..2000),
    ]
}

proptest! {
    #[test]
    fn hits_are_those_of_the_automaton(
        literals in prop::collection::vec(literal(), 0..40),
        mut haystack in haystack(),
        planted in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<bool>()), 0..12),
    ) {
        let literals: Vec<&[u8]> = literals.iter().map(Vec::as_slice).collect();
        for (which, place, upper) in planted {
            if let Some(literal) = (!literals.is_empty()).then(|| which.get(&literals)) {
                let literal = if upper { literal.to_ascii_uppercase() } else { literal.to_vec() };
                let place = place.index(haystack.len() + 1);
                haystack.splice(place..place, literal);
            }
        }
        prop_assert_eq!(sifted(&literals, &haystack), expected(&literals, &haystack));
    }

    #[test]
    fn hits_at_the_borders_of_blocks_are_found(
        literals in prop::collection::vec(literal(), 1..20),
        planted in prop::collection::vec((any::<prop::sample::Index>(), 1_usize..4, 0_usize..140), 1..20),
        length in 8 * BLOCK - 70..32 * BLOCK,
        fill in prop::sample::select(&b"\0 a\xff"[..]),
    ) {
        let literals: Vec<&[u8]> = literals.iter().map(Vec::as_slice).collect();
        let mut haystack = vec![fill; length];
        for (which, border, before) in planted {
            let literal = which.get(&literals);
            let start = 8 * BLOCK * border - before.min(8 * BLOCK * border);
            if let Some(there) = haystack.get_mut(start + 70..start + 70 + literal.len()) {
                there.copy_from_slice(literal);
            }
        }
        let literals: Vec<&[u8]> = literals.into_iter().filter(|text| text.iter().any(|b| b | 0x20 != fill | 0x20)).collect();
        prop_assert!(sifted(&literals, &haystack) == expected(&literals, &haystack));
    }
}

#[test]
fn every_literal_is_found_at_every_place_of_short_texts() {
    for literal in LITERALS {
        let sift = Sift::new(&[literal]).unwrap();
        for length in literal.len()..literal.len() + 20 {
            for start in 0..=length - literal.len() {
                for fill in [0, b'.', b'a', b'B', 0xff] {
                    let mut haystack = vec![fill; length];
                    haystack[start..start + literal.len()].copy_from_slice(literal);
                    let mut seen = false;
                    sift.find(&haystack, &mut |place, _| seen |= place == start);
                    assert!(seen, "{literal:?} at {start} of {length}");
                }
            }
        }
    }
}

#[test]
fn short_texts_have_no_hits() {
    for length in 0..17 {
        same(&LITERALS, &vec![0; length]);
        same(&LITERALS, &vec![b'a'; length]);
        same(&[], &vec![b'a'; length]);
    }
}

#[test]
fn hits_at_both_ends_and_both_sides_of_a_block_are_found() {
    for literal in LITERALS {
        for length in [8 * BLOCK - 1, 8 * BLOCK, 8 * BLOCK + 1, 16 * BLOCK + 3] {
            let mut haystack = vec![b'.'; length];
            haystack[..literal.len()].copy_from_slice(literal);
            haystack[length - literal.len()..].copy_from_slice(literal);
            same(&LITERALS, &haystack);
        }
        for before in 0..=literal.len() {
            let mut haystack = vec![b'.'; 24 * BLOCK];
            let start = 8 * BLOCK - before;
            haystack[start..start + literal.len()].copy_from_slice(literal);
            same(&LITERALS, &haystack);
        }
    }
}

#[test]
fn a_crowd_of_hits_stays_in_order() {
    let runs: Vec<Vec<u8>> = (2..=64).map(|length| vec![b'A'; length]).collect();
    let literals: Vec<&[u8]> = runs.iter().rev().map(Vec::as_slice).collect();
    same(&literals, &vec![b'a'; 9 * BLOCK]);
}

#[test]
fn equal_literals_are_all_reported() {
    assert_eq!(sifted(&[b"key", b"KEY", b"ke"], b"a Key"), [(2, 0), (2, 1), (2, 2)]);
}

#[test]
fn many_literals_are_found() {
    let texts: Vec<String> = (0..MOST).map(|n| format!("{:x}", n * 7919 % 65521 + 256)).collect();
    let literals: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
    let haystack: Vec<u8> =
        (0..30_000_u32).flat_map(|n| format!("{:X}", n.wrapping_mul(2_654_435_761)).into_bytes()).collect();
    same(&literals, &haystack);
}

#[test]
fn scratch_can_be_used_again() {
    let sift = Sift::new(&LITERALS).unwrap();
    let mut scratch = Scratch::default();
    for haystack in [&b"abcdabcd"[..], b"", b"-----begin", b"xxpassword"] {
        let mut seen = Vec::new();
        sift.find_with(&mut scratch, haystack, &mut |start, literal| seen.push((start, literal)));
        assert_eq!(seen, expected(&LITERALS, haystack));
    }
}

#[test]
fn a_wrong_literal_is_named() {
    let long = [b'a'; LONGEST + 1];
    let error = |literals: &[&[u8]]| Sift::new(literals).err().unwrap();
    assert_eq!(error(&[b"ok", b"x"]), SiftError::Length { index: 1, length: 1 });
    assert_eq!(error(&[&long]), SiftError::Length { index: 0, length: 65 });
    assert_eq!(error(&[b"ok", "ké".as_bytes()]), SiftError::NotAscii { index: 1 });
    assert_eq!(error(&vec![&b"ok"[..]; MOST + 1]), SiftError::TooMany { index: MOST });
    assert!(Sift::new(&vec![&b"ok"[..]; MOST]).is_ok());
}
