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

/// The header of a file that git-crypt has locked, and the length of the nonce behind it.
const GIT_CRYPT: &[u8] = b"\0GITCRYPT\0";
const NONCE: usize = 12;

pub(super) fn decode(bytes: &[u8]) -> Decoded {
    if git_crypt(bytes) {
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

/// Whether bytes are UTF-16 or UTF-32 as a whole, by their mark or by their zeros.
pub(super) fn is_wide(bytes: &[u8]) -> bool {
    let marked = [&[0xFF, 0xFE][..], &[0xFE, 0xFF], &[0, 0, 0xFE, 0xFF]].iter().any(|mark| bytes.starts_with(mark));
    marked || zero_side(bytes).is_some()
}

/// Whether this is what git-crypt makes: a header in front of readable text is no lock.
fn git_crypt(bytes: &[u8]) -> bool {
    let Some(body) = bytes.strip_prefix(GIT_CRYPT).and_then(|rest| rest.get(NONCE..)) else { return false };
    let readable = |b: &u8| matches!(b, b' '..=b'~' | b'\t' | b'\r' | b'\n');
    let share = body.iter().filter(|b| readable(b)).count();
    // Of random bytes two in five are readable, and never so many on end.
    share * 10 <= body.len() * 6 && body.split(|b| !readable(b)).all(|run| run.len() < 24)
}

fn decode_bytes(bytes: &[u8]) -> Decoded {
    match zero_side(bytes) {
        Some(1) => return wide(bytes, u16::from_le_bytes, "utf-16le"),
        Some(_) => return wide(bytes, u16::from_be_bytes, "utf-16be"),
        None => {}
    }
    let Some(narrow) = narrowed(bytes) else { return one_byte(bytes) };
    let mut decoded = one_byte(&narrow);
    // Whatever NULs are left may be the rest of a wide text that is not written in Latin letters.
    decoded.determined &= !narrow.iter().any(|b| matches!(b, 0..=8 | 14..=26 | 28..=31 | 127));
    decoded
}

/// The bytes with every run of letters that have one or three NULs between them written as UTF-8: what appending
/// to a file in another encoding leaves. `None` if there is none.
///
/// On which side of the letters the NULs stand makes no difference: where they stand in front, the letter before
/// the run takes the first.
pub(super) fn narrowed(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut out: Option<Zeroizing<Vec<u8>>> = None;
    let (mut at, mut copied) = (0, 0);
    while at < bytes.len() {
        let Some((end, width)) = wide_run(bytes, at) else {
            at += 1;
            continue;
        };
        let out = out.get_or_insert_with(|| Zeroizing::new(Vec::with_capacity(bytes.len())));
        let before = &bytes[copied..at];
        let before =
            before.strip_suffix(&[0xFF, 0xFE]).or_else(|| before.strip_suffix(&[0xFE, 0xFF])).unwrap_or(before);
        out.extend_from_slice(before);
        for letter in bytes[at..end].iter().step_by(width) {
            out.extend_from_slice(char::from(*letter).encode_utf8(&mut [0; 4]).as_bytes());
        }
        (at, copied) = (end, end);
    }
    let mut out = out?;
    out.extend_from_slice(&bytes[copied..]);
    Some(out)
}

/// Fewer letters on end may be the entries of a list that NULs separate.
const SHORTEST_RUN: usize = 4;

/// Where the run of wide letters that begins here ends, and how many bytes each has.
fn wide_run(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let letter = |b: u8| matches!(b, b'\t' | b'\r' | b'\n' | b' '..=b'~' | 0xA0..=0xFF);
    let gap = bytes[at + 1..].iter().take(4).take_while(|b| **b == 0).count();
    let width = gap + 1;
    if !(gap == 1 || gap == 3) || !letter(bytes[at]) {
        return None;
    }
    let wide = |unit: &&[u8]| letter(unit[0]) && unit[1..].iter().all(|b| *b == 0);
    let letters = bytes[at..].chunks_exact(width).take_while(wide).count();
    (letters >= SHORTEST_RUN).then_some((at + letters * width, width))
}

/// Text in one byte a letter, or in UTF-8.
fn one_byte(bytes: &[u8]) -> Decoded {
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
    if strange && bytes.len() >= 4 && single * 10 >= bytes.len() * 8 || narrow_part(bytes) || shifted(&text) {
        let narrow = narrowed(bytes);
        return also(decoded, narrow.as_ref().map_or(bytes, |narrow| narrow));
    }
    decoded
}

/// Whether an assignment in one byte a letter stands amid the wide text, as `>>` of another program leaves it.
fn narrow_part(bytes: &[u8]) -> bool {
    bytes.split(|b| !matches!(b, b' '..=b'~' | b'\t')).any(|run| run.len() >= 8 && run.contains(&b'='))
}

/// Whether part of the text is read from the wrong byte on: Latin letters come out as multiples of 256.
fn shifted(text: &str) -> bool {
    let mut on_end = 0;
    text.chars().any(|c| {
        on_end =
            if matches!(u32::from(c), 0x2000..=0x7EFF) && u32::from(c).is_multiple_of(256) { on_end + 1 } else { 0 };
        on_end >= SHORTEST_RUN
    })
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
#[path = "encoding_tests.rs"]
mod tests;
