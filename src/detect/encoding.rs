//! Bytes to text: UTF-8, UTF-16 with or without a byte order mark, Latin-1, NULs.
//!
//! Knows nothing of what the text means. What cannot be decoded is still searched for printable runs.

use zeroize::Zeroizing;

/// A decoded text.
pub(super) struct Decoded {
    /// The text, with LF line ends; NULs have become line ends.
    pub(super) text: Zeroizing<String>,
    /// The encoding's word.
    pub(super) encoding: &'static str,
    /// Whether everything was understood.
    pub(super) determined: bool,
}

/// The header of a file that git-crypt has locked.
const GIT_CRYPT: &[u8] = b"\0GITCRYPT\0";

pub(super) fn decode(bytes: &[u8]) -> Decoded {
    if bytes.starts_with(GIT_CRYPT) {
        return Decoded { text: Zeroizing::new(String::new()), encoding: "git-crypt", determined: true };
    }
    if let Some(rest) = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]) {
        return decode_bytes(rest);
    }
    // Before UTF-16, whose mark begins the same.
    if let Some(rest) = bytes.strip_prefix(&[0xFF, 0xFE, 0, 0]) {
        return widest(rest, u32::from_le_bytes, "utf-32le");
    }
    if let Some(rest) = bytes.strip_prefix(&[0, 0, 0xFE, 0xFF]) {
        return widest(rest, u32::from_be_bytes, "utf-32be");
    }
    if let Some(rest) = bytes.strip_prefix(&[0xFF, 0xFE]) {
        return wide(rest, u16::from_le_bytes, "utf-16le");
    }
    if let Some(rest) = bytes.strip_prefix(&[0xFE, 0xFF]) {
        return wide(rest, u16::from_be_bytes, "utf-16be");
    }
    decode_bytes(bytes)
}

fn decode_bytes(bytes: &[u8]) -> Decoded {
    match zero_side(bytes) {
        Some(1) => return wide(bytes, u16::from_le_bytes, "utf-16le"),
        Some(_) => return wide(bytes, u16::from_be_bytes, "utf-16be"),
        None => {}
    }
    let controls = bytes.iter().filter(|b| matches!(b, 1..=8 | 14..=26 | 28..=31 | 127)).count();
    let zeros = bytes.split(|b| *b == 0).count() - 1;
    if bytes.len() >= 16 && (controls * 20 > bytes.len() || zeros * 3 > bytes.len()) {
        return Decoded { text: printable_runs(bytes), encoding: "binary", determined: false };
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Decoded { text: line_ends(text), encoding: "utf-8", determined: true },
        Err(_) if controls > 0 || zeros > 0 => {
            Decoded { text: printable_runs(bytes), encoding: "binary", determined: false }
        }
        Err(_) => {
            let text: Zeroizing<String> = Zeroizing::new(bytes.iter().map(|b| char::from(*b)).collect());
            Decoded { text: line_ends(&text), encoding: "latin-1", determined: true }
        }
    }
}

/// On which side of the byte pairs (0 or 1) the zeros of UTF-16 without a mark stand, if it is that.
fn zero_side(bytes: &[u8]) -> Option<usize> {
    let head = &bytes[..bytes.len().min(4096) & !1];
    let mut zeros = [0_usize; 2];
    for pair in head.chunks_exact(2) {
        zeros[0] += usize::from(pair[0] == 0);
        zeros[1] += usize::from(pair[1] == 0);
    }
    let pairs = head.len() / 2;
    // Western text has nearly all its zeros on one side.
    (0..2).find(|side| pairs >= 2 && zeros[*side] * 10 >= pairs * 7 && zeros[1 - side] * 10 <= pairs)
}

fn wide(bytes: &[u8], unit: fn([u8; 2]) -> u16, encoding: &'static str) -> Decoded {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let mut whole = bytes.len().is_multiple_of(2);
    let text: Zeroizing<String> = Zeroizing::new(
        char::decode_utf16(units)
            .map(|c| {
                c.unwrap_or_else(|_| {
                    whole = false;
                    char::REPLACEMENT_CHARACTER
                })
            })
            .collect(),
    );
    let decoded = Decoded { text: line_ends(&text), encoding, determined: whole };
    // A mark in front of text in one byte a letter: loaders that ignore the mark read that.
    let ascii = text.chars().filter(char::is_ascii).count();
    let single = bytes.iter().filter(|b| matches!(b, b' '..=b'~' | b'\t' | b'\r' | b'\n')).count();
    let strange = ascii * 10 < text.chars().count() || !text.contains('=');
    if strange && bytes.len() >= 4 && single * 10 >= bytes.len() * 8 {
        return also(decoded, bytes);
    }
    decoded
}

/// The text with the same bytes read as one byte a letter behind it; nobody may call that understood.
fn also(mut decoded: Decoded, bytes: &[u8]) -> Decoded {
    let text: Zeroizing<String> = Zeroizing::new(match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|b| char::from(*b)).collect(),
    });
    decoded.text.push('\n');
    decoded.text.push_str(&line_ends(&text));
    decoded.determined = false;
    decoded
}

fn widest(bytes: &[u8], unit: fn([u8; 4]) -> u32, encoding: &'static str) -> Decoded {
    let mut whole = bytes.len().is_multiple_of(4);
    let text: Zeroizing<String> = Zeroizing::new(
        bytes
            .chunks_exact(4)
            .map(|four| {
                char::from_u32(unit([four[0], four[1], four[2], four[3]])).unwrap_or_else(|| {
                    whole = false;
                    char::REPLACEMENT_CHARACTER
                })
            })
            .collect(),
    );
    let decoded = Decoded { text: line_ends(&text), encoding, determined: whole };
    // The mark of UTF-32 is that of UTF-16 with a NUL behind it, too.
    if whole { decoded } else { also(decoded, bytes) }
}

/// `/proc/*/environ` separates by NUL; Windows ends lines with CRLF.
fn line_ends(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' | '\0' => out.push('\n'),
            c => out.push(c),
        }
    }
    out
}

/// Runs of four and more printable characters, one a line: an editor's swap file still holds its lines.
fn printable_runs(bytes: &[u8]) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::new());
    for run in bytes.split(|b| !matches!(b, b' '..=b'~' | b'\t')).filter(|run| run.len() >= 4) {
        out.push_str(&String::from_utf8_lossy(run));
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
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
        assert_eq!(decode(b"\0GITCRYPT\0abc").encoding, "git-crypt");
        let binary = decode(b"\x01\x02\x03\x04JWT_SECRET=abc\0\x05\x06\x07\x01\x02\xff\xfe");
        assert!(!binary.determined);
        assert!(binary.text.contains("JWT_SECRET=abc"));
    }
}
