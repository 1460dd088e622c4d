//! Every form in which a known value must be found, and that nothing else is. Values are made when the tests run.

use super::*;
use crate::detect::sample::expand;
use crate::detect::{Context, Detector, Scan};
use crate::evidence::{Class, Key, Name, Sensitive};
use data_encoding::{BASE64, BASE64URL, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use proptest::prelude::*;
use std::sync::Arc;

fn value(text: &[u8], live: bool) -> KnownValue {
    KnownValue { secret: Name::fixed("S"), value: Sensitive::new(text.to_vec()), live }
}

fn known(text: &[u8]) -> Known {
    Known::of([&value(text, true)])
}

/// What `encodeURIComponent` leaves as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

fn percent(value: &str, keep: &'static AsciiSet) -> String {
    percent_encode(value.as_bytes(), keep).to_string()
}

/// Percent encoding with small letters.
fn small(encoded: &str) -> String {
    let mut out = String::new();
    let mut hex = 0;
    for c in encoded.chars() {
        out.push(if hex > 0 { c.to_ascii_lowercase() } else { c });
        hex = if c == '%' { 2 } else { i32::max(hex - 1, 0) };
    }
    out
}

fn utf16(value: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    value.encode_utf16().flat_map(bytes).collect()
}

fn unicode(value: &str) -> String {
    value.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect::<Vec<_>>().concat()
}

fn backslashed(value: &str, any: &str) -> String {
    value.chars().flat_map(|c| any.contains(c).then_some('\\').into_iter().chain([c])).collect()
}

fn wrapped(text: &str, width: usize) -> String {
    let lines: Vec<&str> = text.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap()).collect();
    lines.join("\n  ")
}

/// A value in every form, with the form's word.
fn forms_of(value: &str) -> Vec<(String, Vec<u8>)> {
    let json = serde_json::to_string(value).unwrap();
    let mut all: Vec<(String, Vec<u8>)> = [
        ("raw", value.to_owned()),
        ("percent", percent(value, NON_ALPHANUMERIC)),
        ("percent-small", small(&percent(value, NON_ALPHANUMERIC))),
        ("component", percent(value, COMPONENT)),
        ("component-small", small(&percent(value, COMPONENT))),
        ("form", percent(value, NON_ALPHANUMERIC).replace("%20", "+")),
        ("hex", HEXLOWER.encode(value.as_bytes())),
        ("HEX", HEXUPPER.encode(value.as_bytes())),
        ("hex-wrapped", wrapped(&HEXLOWER.encode(value.as_bytes()), 12)),
        ("json", json.clone()),
        ("json-slashes", json.replace('/', "\\/")),
        ("json-in-json", serde_json::to_string(&json).unwrap()),
        ("json-unicode", unicode(value)),
        ("go-quoted", format!("{value:?}")),
        ("go-html-safe", json.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")),
        ("hex-escaped", value.bytes().map(|b| format!("\\x{b:02x}")).collect::<Vec<_>>().concat()),
        ("octal-escaped", value.bytes().map(|b| format!("\\{b:03o}")).collect::<Vec<_>>().concat()),
        ("single-quoted", format!("'{}'", value.replace('\'', "'\\''"))),
        ("single-in-double", format!("'{}'", value.replace('\'', "'\"'\"'"))),
        ("double-quoted", format!("\"{}\"", backslashed(value, "\\\"$`!"))),
        ("printf-q", backslashed(value, "\\\"$`!'&;|<>()*?[]#~ {}")),
        ("ansi-c", format!("$'{}'", backslashed(value, "\\'"))),
        ("html", value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&#39;")),
    ]
    .map(|(word, text)| (word.to_owned(), text.into_bytes()))
    .into();
    all.push(("utf-16le".to_owned(), utf16(value, u16::to_le_bytes)));
    all.push(("utf-16be".to_owned(), utf16(value, u16::to_be_bytes)));
    for offset in 0..6 {
        for more in 0..4 {
            let text = [&b"prefix"[..offset], value.as_bytes(), &b"tail"[..more]].concat();
            let wide = [&b"p\0r\0e\0"[..offset], &utf16(value, u16::to_le_bytes), &b"t\0a\0"[..more]].concat();
            for (word, encoded) in [
                ("base64", BASE64.encode(&text)),
                ("base64url", BASE64URL.encode(&text)),
                ("base64url-nopad", BASE64URL_NOPAD.encode(&text)),
                ("base64-wrapped", wrapped(&BASE64.encode(&text), 16)),
                ("base64-json-wrapped", wrapped(&BASE64.encode(&text), 16).replace('\n', "\\n")),
                ("base64-utf-16", BASE64.encode(&wide)),
            ] {
                all.push((format!("{word} {offset}+{more}"), encoded.into_bytes()));
            }
        }
    }
    all
}

/// Letters, digits and every sign that some encoding treats as its own.
fn made(seed: u64) -> String {
    expand("<<base62:7>> /+\"'\\$&<%<<base62:9>>`!=?~-_.é", seed).unwrap()
}

#[test]
fn a_known_value_is_found_in_every_form() {
    for seed in 0..8 {
        let value = made(seed);
        let finder = known(value.as_bytes());
        for (word, form) in forms_of(&value) {
            assert!(finder.within(&form) == Some(Found::Live), "{word}, {seed}");
            let amid = [b"x: ", form.as_slice(), b"; y"].concat();
            assert!(finder.within(&amid) == Some(Found::Live), "{word} amid text, {seed}");
        }
    }
}

#[test]
fn a_value_that_differs_in_one_byte_is_found_in_no_form() {
    for seed in 0..8 {
        let value = made(seed);
        let finder = known(value.as_bytes());
        // The last character has two bytes; the first and the last letter share their base64 digits with others.
        for at in (0..value.len() - 2).filter(|at| value.as_bytes()[*at].is_ascii_alphanumeric()) {
            let mut other = value.clone().into_bytes();
            other[at] ^= 1;
            for (word, form) in forms_of(std::str::from_utf8(&other).unwrap()) {
                assert!(finder.within(&form).is_none(), "{word}, {seed}, byte {at}");
            }
        }
        let shorter = &value[..value.len() - 2];
        assert!(forms_of(shorter).iter().all(|(_, form)| finder.within(form).is_none()), "{seed}");
    }
}

#[test]
fn an_encoded_value_is_found_decoded_too() {
    let plain = expand("<<base62:6>>@/ <<base62:6>>", 1).unwrap();
    for given in [percent(&plain, NON_ALPHANUMERIC), percent(&plain, COMPONENT).replace("%20", "+")] {
        let finder = known(given.as_bytes());
        for text in [&given, &plain, &BASE64.encode(plain.as_bytes()), &format!("a {plain} b")] {
            assert!(finder.within(text.as_bytes()).is_some(), "{given} {text}");
        }
    }
}

#[test]
fn a_known_urls_password_is_found_alone() {
    let password = expand("<<base62:10>>/@<<base62:4>>", 2).unwrap();
    let encoded = percent(&password, NON_ALPHANUMERIC);
    for url in [
        format!("postgresql+asyncpg://app:{encoded}@db.internal:5432/app?ssl=true"),
        format!("redis://:{encoded}@cache:6379/0"),
        format!("https://app:{encoded}@example.org/"),
    ] {
        let finder = known(url.as_bytes());
        for text in [&password, &encoded, &BASE64.encode(password.as_bytes()), &format!("other://x:{encoded}@h/")] {
            assert!(finder.within(text.as_bytes()).is_some(), "{url} {text}");
        }
        assert!(finder.within(b"postgresql+asyncpg://app:@db.internal:5432/app?ssl=true").is_none());
    }
}

#[test]
fn a_password_in_a_known_url_that_says_nothing_is_not_looked_for() {
    for url in ["postgres://app:changeme@db/x", "postgres://app:hunter2@db/x", "postgres://appservice:appservice@db/x"]
    {
        let finder = known(url.as_bytes());
        assert!(finder.within(url.as_bytes()).is_some(), "{url}");
        assert!(finder.within(b"changeme hunter2 appservice postgres").is_none(), "{url}");
    }
}

#[test]
fn values_too_short_or_too_long_to_mean_anything_are_not_looked_for() {
    assert!(known(b"1234567").within(b"x 1234567 y").is_none());
    assert!(known(b"").within(b"anything at all").is_none());
    let long = "a".repeat(LONGEST + 1);
    assert!(known(long.as_bytes()).within(long.as_bytes()).is_none());
}

#[test]
fn the_live_version_counts_more_than_a_retired_one() {
    let finder = Known::of([&value(b"the old value", false), &value(b"the new value", true)]);
    assert!(finder.within(b"x the old value") == Some(Found::Retired));
    assert!(finder.within(b"x the old value, the new value") == Some(Found::Live));
    assert!(finder.within(b"x the new value, the old value") == Some(Found::Live));
    assert!(finder.within(b"x the other value").is_none());
}

#[test]
fn a_value_of_several_lines_is_found_by_its_lines_and_in_one() {
    let key = expand("<<pem:EC PRIVATE KEY>>", 3).unwrap();
    let finder = known(key.trim().as_bytes());
    let one = key.trim().replace('\n', "\\n");
    for text in [key.clone(), key.replace('\n', "\r\n"), one.clone(), format!("{{\"key\":\"{one}\"}}")] {
        assert!(finder.within(text.as_bytes()).is_some());
    }
    assert!(known(one.as_bytes()).within(key.as_bytes()).is_some());
    let key = format!("{}\n", key.trim());
    let text = format!("first\nsecond\n{key}last\n");
    let parts = finder.parts(&text, None);
    assert_eq!(parts.iter().map(|(line, part)| (*line, *part == key)).collect::<Vec<_>>(), [(3, true)]);
}

#[test]
fn lines_are_told_from_one() {
    let finder = known(b"known value one");
    let lines = |text: &str, told| finder.parts(text, told).iter().map(|(line, _)| *line).collect::<Vec<_>>();
    assert_eq!(lines("a\nb=known value one\nc\nknown%20value%20one", None), [2, 4]);
    assert!(lines("a\nb=known value one\n", Some(Found::Live)).is_empty());
    assert_eq!(lines("b=known value one", Some(Found::Retired)), [1]);
}

fn detector(values: Vec<KnownValue>) -> Detector {
    let key = Key::from_material(&Sensitive::new(vec![7; 32])).unwrap();
    Detector::new(Vec::new(), values, key, Arc::default())
}

/// The kinds of what a scan found of the values given as known, and whether it said that one is in use.
fn told(scan: &Scan) -> Vec<(&'static str, bool)> {
    let judgements = scan.spotted.iter().map(|spotted| (spotted.judgement.kind, spotted.judgement.known));
    judgements.filter(|(kind, _)| Found::of(kind).is_some()).collect()
}

#[test]
fn a_known_value_is_found_where_parsing_does_not_look() {
    let detector = detector(vec![value(b"known value one", true)]);
    let wide =
        [b"A=b\nplain text before it\n", utf16("known value one", u16::to_le_bytes).as_slice(), b"\nC=d\n"].concat();
    for bytes in [&wide, &b"# was: known%20value%20one\nA=b\n".to_vec(), &b"A=b\nknown value\\\n one\n".to_vec()] {
        let bytes = Sensitive::new(bytes.clone());
        assert_eq!(told(&detector.env_file(&bytes)), [("known-value", true)]);
        assert_eq!(told(&detector.text(&bytes, Context::History)), [("known-value", true)]);
    }
    let key = Sensitive::new(b"{\n\"known value\\u0020one\": 1}".to_vec());
    let scan = detector.json(&key);
    assert_eq!((told(&scan), scan.spotted.last().unwrap().line), (vec![("known-value", true)], 2));
}

#[test]
fn a_retired_value_does_not_hide_a_live_one() {
    let detector = detector(vec![value(b"the old value", false), value(b"the new value", true)]);
    let judge =
        |text: &[u8]| detector.judge(&Sensitive::new(b"X".to_vec()), &Sensitive::new(text.to_vec()), Context::Env);
    let (old, new) = (judge(b"the old value"), judge(b"the old value, the new value"));
    assert_eq!((old.kind, old.known, old.class), ("retired-value", false, Class::Plaintext));
    assert_eq!((new.kind, new.known, new.class), ("known-value", true, Class::Plaintext));
    let scan = detector.env_file(&Sensitive::new(b"A=\"the old value\"\n# the new value\n".to_vec()));
    assert_eq!(told(&scan), [("retired-value", false), ("known-value", true)]);
}

#[test]
fn what_surrounds_a_value_hides_nothing() {
    let detector = detector(vec![value(b"\"quoted value \"", true), value(b"aGVsbG8gd29ybGQhIQ==", true)]);
    for (text, context) in [
        (&b"\"quoted value \""[..], Context::Env),
        (b"aGVsbG8gd29ybGQhIQ==", Context::K8s),
        (b"aGVsbG8gd29ybGQhIQ==", Context::Env),
    ] {
        let name = Sensitive::new(b"X".to_vec());
        assert!(detector.judge(&name, &Sensitive::new(text.to_vec()), context).known);
    }
}

proptest! {
    #[test]
    fn base64_is_found_exactly_at_any_place(
        value in prop::collection::vec(any::<u8>(), 8..40),
        before in prop::collection::vec(any::<u8>(), 0..8),
        after in prop::collection::vec(any::<u8>(), 0..8),
        at in any::<prop::sample::Index>(),
        bit in 0..8,
    ) {
        let finder = known(&value);
        let text = [&before[..], &value, &after].concat();
        let forms = |text: &[u8]| [BASE64.encode(text), BASE64URL_NOPAD.encode(text), HEXLOWER.encode(text)];
        for form in forms(&text) {
            prop_assert!(finder.within(form.as_bytes()).is_some());
        }
        let mut other = text;
        other[before.len() + at.index(value.len())] ^= 1_u8 << bit;
        // Chance may put the value elsewhere, or a percent sign and a plus may be read as what they stand for.
        prop_assume!(!other.windows(value.len()).any(|part| part == value) && !value.iter().any(|b| b"%+\\\r".contains(b)));
        for form in forms(&other) {
            prop_assert!(finder.within(form.as_bytes()).is_none());
        }
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in prop::collection::vec(any::<u8>(), 0..200), seed in 0_u64..4) {
        let _ = known(made(seed).as_bytes()).within(&text);
    }

    #[test]
    fn escapes_of_any_kind_are_read_without_a_panic(text in "[\\\\u{}x0-9dD8a-f&#;%+' \n]{0,80}") {
        let _ = known(b"known value one").within(text.as_bytes());
    }
}
