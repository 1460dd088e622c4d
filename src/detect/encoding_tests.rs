//! Texts in every encoding, and in several at once.

use super::*;

#[test]
fn utf_16_is_read_with_and_without_a_mark() {
    let text = "JWT_SECRET=abc\r\nA=b\n";
    let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (bytes, encoding) in [
        (le.clone(), "utf-16le"),
        (be.clone(), "utf-16be"),
        ([vec![0xFF, 0xFE], le].concat(), "utf-16le"),
        ([vec![0xFE, 0xFF], be].concat(), "utf-16be"),
    ] {
        let decoded = decode(&bytes);
        assert_eq!((decoded.text.as_str(), decoded.encoding), ("JWT_SECRET=abc\nA=b\n", encoding));
        assert!(decoded.determined);
    }
}

#[test]
fn utf_32_is_read_and_a_false_mark_hides_nothing() {
    let text = "JWT_SECRET=abc\nA=b\n";
    let le: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    let be: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
    for (bytes, encoding) in
        [([vec![0xFF, 0xFE, 0, 0], le].concat(), "utf-32le"), ([vec![0, 0, 0xFE, 0xFF], be].concat(), "utf-32be")]
    {
        let decoded = decode(&bytes);
        assert_eq!((decoded.text.as_str(), decoded.encoding, decoded.determined), (text, encoding, true));
    }
    for mark in [[0xFF, 0xFE], [0xFE, 0xFF]] {
        let decoded = decode(&[&mark, text.as_bytes()].concat());
        assert!(decoded.text.contains(text) && !decoded.determined);
    }
}

#[test]
fn utf_8_bom_latin_1_and_nul_are_read() {
    assert_eq!(decode(b"\xEF\xBB\xBFA=b").text.as_str(), "A=b");
    let latin = decode(b"P=gr\xFCn");
    assert_eq!((latin.text.as_str(), latin.encoding), ("P=gr\u{fc}n", "latin-1"));
    assert_eq!(decode(b"FIRST=one\0SECOND=two\0").text.as_str(), "FIRST=one\nSECOND=two\n");
}

#[test]
fn locked_and_binary_files_say_so() {
    let locked: Vec<u8> = (0..=255_u8).map(|n| n.wrapping_mul(167).wrapping_add(n / 3)).collect();
    assert_eq!(decode(&[GIT_CRYPT, &locked].concat()).encoding, "git-crypt");
    let binary = decode(b"\x01\x02\x03\x04JWT_SECRET=abc\0\x05\x06\x07\x01\x02\xff\xfe");
    assert!(!binary.determined);
    assert!(binary.text.contains("JWT_SECRET=abc"));
}

#[test]
fn git_crypts_header_in_front_of_text_locks_nothing() {
    let nonce: Vec<u8> = (0..12_u8).map(|n| n.wrapping_mul(167) | 0x80).collect();
    for bytes in [
        [GIT_CRYPT, b"abc"].concat(),
        [GIT_CRYPT, b"JWT_SECRET_KEY=hunter2-zebra-and-more\n"].concat(),
        [GIT_CRYPT, &nonce, b"JWT_SECRET_KEY=hunter2zebra\n"].concat(),
        [GIT_CRYPT, &nonce, &nonce.repeat(20), b"JWT_SECRET_KEY=hunter2zebra\n"].concat(),
    ] {
        let decoded = decode(&bytes);
        assert_ne!(decoded.encoding, "git-crypt");
        assert!(bytes.len() < 20 || decoded.text.contains("JWT_SECRET_KEY=hunter2"), "{}", decoded.encoding);
    }
}

#[test]
fn a_text_in_two_encodings_keeps_no_line_to_itself() {
    let (head, tail) = ("MODE=live\nLEVEL=info\n", "JWT_SECRET=abc\r\nA=b\r\n");
    let le: Vec<u8> = tail.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let be: Vec<u8> = tail.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let widest: Vec<u8> = tail.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    let (le_mark, be_mark) = ([&[0xFF, 0xFE], &*le].concat(), [&[0xFE, 0xFF], &*be].concat());
    for narrow in [head, "A=1\n", &head.repeat(40), "MODE=live\nX=12\n"] {
        for wide in [&le, &be, &widest, &le_mark, &be_mark] {
            for bytes in [
                [narrow.as_bytes(), wide].concat(),
                [wide, narrow.as_bytes()].concat(),
                [wide, narrow.as_bytes(), wide].concat(),
                [narrow.as_bytes(), wide, b"x", wide].concat(),
            ] {
                let decoded = decode(&bytes);
                assert!(decoded.text.contains("JWT_SECRET=abc\n"), "{} {:?}", decoded.encoding, bytes);
            }
        }
    }
    let appended = decode(&[head.as_bytes(), &le].concat());
    assert_eq!((appended.text.as_str(), appended.determined), (&*[head, &tail.replace('\r', "")].concat(), true));
    let strange: Vec<u8> =
        "K=\u{43a}\u{43b}\u{44e}\u{447}\nAB=CD\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(!decode(&[head.repeat(4).as_bytes(), &strange].concat()).determined);
}

#[test]
fn entries_that_nuls_separate_are_not_glued_together() {
    let environ = b"HOME=/\0A=1\0B=\0C=2\0JWT_SECRET=abc\0\0\0\0";
    assert!(decode(environ).determined);
    assert!(decode(environ).text.starts_with("HOME=/\nA=1\nB=\nC=2\nJWT_SECRET=abc\n"));
}
