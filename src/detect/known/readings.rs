//! Texts as their readers see them: escapes undone, so that one search finds a value however it was written.
//!
//! In: bytes. Out: each reading of them, wiped when it was looked at. Knows no value, and does not guess which reading
//! is the right one.

use zeroize::Zeroizing;

type Bytes = Zeroizing<Vec<u8>>;

/// Shows every reading of `text`; the flag says that white space was taken out of it.
pub(super) fn each(text: &[u8], look: &mut dyn FnMut(&[u8], bool)) {
    look(text, false);
    let has = |any: &[u8]| text.iter().any(|b| any.contains(b));
    if has(b"%") {
        look(&percent(text), false);
    }
    if has(b"+") {
        look(&form(text), false);
    }
    if has(b"\r") {
        look(&line_ends(text), false);
    }
    if has(b"&") {
        look(&entities(text), false);
    }
    if has(b"'") {
        look(&quotes(text), false);
    }
    let mut read = Zeroizing::new(Vec::new());
    if has(b"\\") {
        read = escapes(text);
        look(&read, false);
        // JSON inside a string of JSON.
        if read.contains(&b'\\') {
            look(&escapes(&read), false);
        }
    }
    let whole = if read.is_empty() { text } else { &read };
    if whole.contains(&b'\n') {
        look(&Zeroizing::new(whole.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect::<Vec<u8>>()), true);
    }
}

/// `%2F` and `%2f` are a slash.
pub(super) fn percent(text: &[u8]) -> Bytes {
    Zeroizing::new(percent_encoding::percent_decode(text).collect())
}

/// A form's fields: `+` is a space.
pub(super) fn form(text: &[u8]) -> Bytes {
    percent(&Zeroizing::new(text.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect::<Vec<u8>>()))
}

/// Several lines written in one, or ended as Windows does.
pub(super) fn line_ends(text: &[u8]) -> Bytes {
    let lines = replaced(text, &[b"\\r\\n", b"\\n"], b"\n");
    replaced(&lines, &[b"\r\n"], b"\n")
}

/// `it'\''s` and `it'"'"'s` are how a shell's single quotes hold one of themselves.
fn quotes(text: &[u8]) -> Bytes {
    replaced(text, &[br"'\''", b"'\"'\"'"], b"'")
}

fn replaced(text: &[u8], any: &[&[u8]], by: &[u8]) -> Bytes {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        if let Some(after) = any.iter().find_map(|what| rest.strip_prefix(*what)) {
            out.extend_from_slice(by);
            rest = after;
        } else {
            out.push(*first);
            rest = tail;
        }
    }
    out
}

/// What JSON, Go, C, Java properties and a shell's double quotes or `$'…'` make of a backslash.
fn escapes(text: &[u8]) -> Bytes {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text;
    while let Some(at) = rest.iter().position(|b| *b == b'\\') {
        out.extend_from_slice(&rest[..at]);
        let after = &rest[at + 1..];
        let Some(letter) = after.first() else {
            rest = &rest[at..];
            break;
        };
        let length = match letter {
            b'u' | b'U' => unicode(after, &mut out),
            b'x' => byte(after, 1, 2, 16, &mut out),
            b'0'..=b'7' => byte(after, 0, 3, 8, &mut out),
            // The line goes on.
            b'\n' => 1,
            _ => {
                out.push(control(*letter));
                1
            }
        };
        rest = &after[length..];
    }
    out.extend_from_slice(rest);
    out
}

fn control(letter: u8) -> u8 {
    match letter {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 0x08,
        b'f' => 0x0C,
        b'v' => 0x0B,
        b'a' => 0x07,
        b'e' | b'E' => 0x1B,
        other => other,
    }
}

/// `\x41` and `\101`; gives the length of what was read.
fn byte(after: &[u8], from: usize, most: usize, radix: u32, out: &mut Vec<u8>) -> usize {
    let (number, length) = number(&after[from..], most, radix);
    if length == 0 {
        out.push(after[0]);
        return 1;
    }
    out.push(u8::try_from(number & 0xFF).unwrap_or_default());
    from + length
}

/// `\u0041`, `\u{41}`, `\U00000041`, and two halves of one character; gives the length of what was read.
fn unicode(after: &[u8], out: &mut Vec<u8>) -> usize {
    let braced = after.get(1) == Some(&b'{');
    let from = 1 + usize::from(braced);
    let (mut code, length) = number(&after[from..], if after[0] == b'U' || braced { 8 } else { 4 }, 16);
    if length == 0 {
        out.push(after[0]);
        return 1;
    }
    let mut end = from + length;
    end += usize::from(braced && after.get(end) == Some(&b'}'));
    if let (0xD800..=0xDBFF, Some(tail)) = (code, after[end..].strip_prefix(b"\\u"))
        && let (low @ 0xDC00..=0xDFFF, 4) = number(tail, 4, 16)
    {
        code = 0x1_0000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        end += 6;
    }
    push(char::from_u32(code), out);
    end
}

fn push(c: Option<char>, out: &mut Vec<u8>) {
    out.extend_from_slice(c.unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(&mut [0; 4]).as_bytes());
}

/// The number that begins here, of so many digits at most, and how many it has.
fn number(text: &[u8], most: usize, radix: u32) -> (u32, usize) {
    let digits = text.iter().take(most).map_while(|b| char::from(*b).to_digit(radix));
    digits.fold((0, 0), |(number, length), digit| (number * radix + digit, length + 1))
}

/// `&amp;`, `&#38;` and `&#x26;` of HTML and XML.
fn entities(text: &[u8]) -> Bytes {
    const NAMED: [(&[u8], char); 5] = [(b"amp", '&'), (b"lt", '<'), (b"gt", '>'), (b"quot", '"'), (b"apos", '\'')];
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text;
    while let Some(at) = rest.iter().position(|b| *b == b'&') {
        out.extend_from_slice(&rest[..at]);
        let after = &rest[at + 1..];
        let end = after.iter().take(10).position(|b| *b == b';');
        let inner = end.map_or(&[][..], |end| &after[..end]);
        let named = NAMED.iter().find(|(name, _)| *name == inner).map(|(_, c)| *c);
        let read = named.or_else(|| {
            let code = inner.strip_prefix(b"#")?;
            let hex = code.strip_prefix(b"x").or_else(|| code.strip_prefix(b"X"));
            let (digits, radix) = hex.map_or((code, 10), |hex| (hex, 16));
            let (number, length) = number(digits, 6, radix);
            char::from_u32(number).filter(|_| length > 0 && length == digits.len())
        });
        if let (Some(c), Some(end)) = (read, end) {
            push(Some(c), &mut out);
            rest = &after[end + 1..];
        } else {
            out.push(b'&');
            rest = after;
        }
    }
    out.extend_from_slice(rest);
    out
}
