//! A log's lines as a person reads them: without escapes, without what a CI puts in front, each with its number.
//!
//! In: bytes. Out: lines. A value that colours or progress bars cut up stands whole again; what an escape hides, such as
//! the address behind a link, is a line of its own. Nothing is thrown away that a terminal would have shown for a moment.

use crate::evidence::Stop;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// A line and its number in the file.
pub(super) struct Line {
    pub(super) number: u32,
    pub(super) text: Zeroizing<Vec<u8>>,
    /// The line whose later part or hidden text this is: whoever says that one says this one.
    pub(super) part_of: Option<usize>,
}

impl Line {
    pub(super) fn new(number: u32, text: &[u8]) -> Self {
        Self { number, text: Zeroizing::new(text.to_vec()), part_of: None }
    }
}

/// All lines of a text that say anything.
pub(super) fn lines(bytes: &[u8], stop: &Stop) -> Vec<Line> {
    let narrow = narrowed(bytes);
    let bytes = narrow.as_ref().map_or(bytes, |narrow| narrow);
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines: Vec<Line> = Vec::new();
    // The last line of each stream that GitLab's runner tells apart.
    let mut streams: BTreeMap<[u8; 3], usize> = BTreeMap::new();
    for (raw, number) in bytes.split(|b| *b == b'\n').zip(1_u32..) {
        if stop.asked() {
            break;
        }
        // Most lines are as they look.
        let plain = raw.strip_suffix(b"\r").unwrap_or(raw);
        let shown = (!is_plain(plain)).then(|| Shown::of(raw));
        let (first, parts) = match shown {
            None => (None, Vec::new()),
            Some(Shown { mut segments, hidden }) => {
                let later = segments.split_off(segments.len().min(1));
                (segments.pop(), later.into_iter().chain(hidden).collect())
            }
        };
        let (stream, text) = without_time(first.as_ref().map_or(plain, |first| first));
        let known = stream.and_then(|(stream, goes_on)| streams.get(&stream).copied().filter(|_| goes_on));
        let head = known.unwrap_or(lines.len());
        if known.is_some() {
            lines[head].text.extend_from_slice(text);
        } else if !text.is_empty() || !parts.is_empty() {
            lines.push(Line::new(number, text));
        }
        if let Some((stream, _)) = stream {
            if head < lines.len() {
                streams.insert(stream, head)
            } else {
                streams.remove(&stream)
            };
        }
        lines.extend(parts.into_iter().map(|text| Line { number, text, part_of: Some(head) }));
    }
    lines
}

/// What PowerShell writes: two bytes a letter, said so at the beginning.
fn narrowed(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (rest, little) = match bytes {
        [0xff, 0xfe, rest @ ..] => (rest, true),
        [0xfe, 0xff, rest @ ..] => (rest, false),
        _ => return None,
    };
    let letter = if little { u16::from_le_bytes } else { u16::from_be_bytes };
    let letters = rest.chunks_exact(2).map(|pair| letter([pair[0], pair[1]]));
    let text: Zeroizing<String> =
        Zeroizing::new(char::decode_utf16(letters).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect());
    Some(Zeroizing::new(text.as_bytes().to_vec()))
}

/// Whether a line has nothing that moves a cursor, colours or hides.
fn is_plain(line: &[u8]) -> bool {
    line.iter().all(|b| *b == b'\t' || (*b >= 0x20 && !matches!(b, 0x7f | 0xc2)))
}

/// What a terminal shows of a line, one after the other, and what it does not show.
#[derive(Default)]
struct Shown {
    segments: Vec<Zeroizing<Vec<u8>>>,
    hidden: Vec<Zeroizing<Vec<u8>>>,
}

impl Shown {
    fn of(mut raw: &[u8]) -> Self {
        let mut shown = Self::default();
        let mut open = Zeroizing::new(Vec::new());
        while let Some((first, rest)) = raw.split_first() {
            raw = rest;
            match first {
                b'\r' => shown.end(&mut open),
                0x1b => raw = shown.escape(rest, &mut open),
                // The same in one letter, as UTF-8 has it.
                0xc2 if rest.first() == Some(&0x9b) => raw = shown.control(&rest[1..], &mut open),
                b'\t' => open.push(b'\t'),
                0..=0x1f | 0x7f => {}
                other => open.push(*other),
            }
        }
        if !open.is_empty() || shown.segments.is_empty() {
            shown.segments.push(open);
        }
        shown
    }

    fn end(&mut self, open: &mut Zeroizing<Vec<u8>>) {
        if !open.is_empty() {
            self.segments.push(std::mem::take(open));
        }
    }

    /// What stands behind an escape.
    fn escape<'a>(&mut self, rest: &'a [u8], open: &mut Zeroizing<Vec<u8>>) -> &'a [u8] {
        match rest.split_first() {
            Some((b'[', rest)) => self.control(rest, open),
            // A command to the terminal, such as a link's address, up to BEL or ESC \.
            Some((b']' | b'P' | b'X' | b'^' | b'_', rest)) => {
                let end = rest.iter().position(|b| matches!(b, 0x07 | 0x1b)).unwrap_or(rest.len());
                let said = &rest[..end];
                // `8;PARAMETERS;ADDRESS`
                let address = said.splitn(3, |b| *b == b';').nth(2).filter(|_| said.starts_with(b"8;"));
                let hidden = address.unwrap_or(said);
                if !hidden.is_empty() {
                    self.hidden.push(Zeroizing::new(hidden.to_vec()));
                }
                let rest = rest.get(end + 1..).unwrap_or_default();
                rest.strip_prefix(b"\\").unwrap_or(rest)
            }
            Some((b'(' | b')' | b'*' | b'+' | b'#' | b'%', rest)) => rest.get(1..).unwrap_or_default(),
            Some((_, rest)) => rest,
            None => rest,
        }
    }

    /// Parameters and a last letter. Colours stand inside words; what moves the cursor stands between lines.
    fn control<'a>(&mut self, rest: &'a [u8], open: &mut Zeroizing<Vec<u8>>) -> &'a [u8] {
        let end = rest.iter().position(|b| !matches!(b, 0x20..=0x3f)).unwrap_or(rest.len());
        let Some(last) = rest.get(end) else { return &[] };
        if !matches!(last, 0x40..=0x7e) {
            return &rest[end..];
        }
        if matches!(last, b'A'..=b'H' | b'f' | b'J') {
            self.end(open);
        }
        &rest[end + 1..]
    }
}

/// A stream of GitLab's runner, and whether the line goes on where the stream's last one ended.
type Stream = Option<([u8; 3], bool)>;

/// A line without the time, and what else a CI writes in front of it.
fn without_time(line: &[u8]) -> (Stream, &[u8]) {
    // `gh run view --log`: job, step, and the line.
    let from = line.splitn(3, |b| *b == b'\t').nth(2).filter(|rest| time(rest).is_some());
    let Some(rest) = time(from.unwrap_or(line)) else { return (None, line) };
    match rest {
        [a, b, stream @ (b'O' | b'E'), how @ (b' ' | b'+'), text @ ..]
            if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() =>
        {
            (Some(([*a, *b, *stream], *how == b'+')), text)
        }
        _ => (None, rest),
    }
}

/// What stands behind `2026-09-01T00:00:00.0000000Z `, in brackets or not.
fn time(line: &[u8]) -> Option<&[u8]> {
    let (line, close) = line.strip_prefix(b"[").map_or((line, false), |line| (line, true));
    let date = line.get(..19)?;
    let form = b"0000-00-00T00:00:00";
    let fits = date.iter().zip(form).all(|(b, form)| if *form == b'0' { b.is_ascii_digit() } else { b == form });
    if !fits {
        return None;
    }
    let end = line[19..].iter().position(|b| *b == b' ').map_or(line.len(), |at| 19 + at);
    let zone =
        line[19..end].strip_suffix(b"]").map_or(&line[19..end], |zone| if close { zone } else { &line[19..end] });
    let plain = zone.iter().all(|b| b.is_ascii_digit() || b".:+-Z".contains(b));
    let zoned = zone.iter().any(|b| b"Z+-".contains(b));
    (plain && zoned && zone.len() <= 20).then(|| line.get(end + 1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8]) -> Vec<(u32, String)> {
        lines(bytes, &Stop::default())
            .iter()
            .map(|line| (line.number, String::from_utf8_lossy(&line.text).into_owned()))
            .collect()
    }

    fn told(bytes: &str) -> Vec<(u32, String)> {
        shown(bytes.as_bytes())
    }

    fn expected(lines: &[(u32, &str)]) -> Vec<(u32, String)> {
        lines.iter().map(|(number, text)| (*number, (*text).to_owned())).collect()
    }

    #[test]
    fn colours_vanish_and_progress_bars_become_lines_of_one_number() {
        let text = "a\u{1b}[31mb\u{1b}[0;1mc\u{1b}[K\n10%\r20%\r\n\n\u{9b}1mx\u{1b}(B\u{8}y";
        assert_eq!(told(text), expected(&[(1, "abc"), (2, "10%"), (2, "20%"), (4, "xy")]));
        assert_eq!(told("a\u{1b}[1A\u{1b}[2Kb\u{1b}"), expected(&[(1, "a"), (1, "b")]));
    }

    #[test]
    fn a_link_s_address_is_kept() {
        let text = "see \u{1b}]8;id=1;https://u:p@h/\u{1b}\\here\u{1b}]8;;\u{7}.";
        assert_eq!(told(text), expected(&[(1, "see here."), (1, "https://u:p@h/")]));
    }

    #[test]
    fn times_of_github_gitlab_and_jenkins_go() {
        let text = "\u{feff}2026-09-01T00:00:00.1234567Z ##[group]a\nbuild\tStep\t2026-09-01T00:00:00.1Z b\n\
                    [2026-09-01T00:00:00.123Z] c\n2026-09-01T00:00:00+02:00 d\n2026-09-01 e\n2026-09-01T00:00:00 f";
        let expected = expected(&[
            (1, "##[group]a"),
            (2, "b"),
            (3, "c"),
            (4, "d"),
            (5, "2026-09-01 e"),
            (6, "2026-09-01T00:00:00 f"),
        ]);
        assert_eq!(told(text), expected);
    }

    #[test]
    fn a_line_that_gitlab_s_runner_continues_is_one() {
        let at = "2026-09-01T00:00:00.123456Z";
        let text = format!("{at} 00O TOKEN=ab\n{at} 01E other\n{at} 00O+cd\n{at} 02O+new");
        assert_eq!(told(&text), expected(&[(1, "TOKEN=abcd"), (2, "other"), (4, "new")]));
    }

    #[test]
    fn two_bytes_a_letter_are_read() {
        let wide: Vec<u8> = "\u{feff}a\u{1b}[1mb\nc".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(shown(&wide), expected(&[(1, "ab"), (2, "c")]));
    }

    #[test]
    fn broken_escapes_end_nowhere() {
        for text in ["\u{1b}", "\u{1b}[", "\u{1b}[1", "\u{1b}]8;", "\u{1b}(", "\u{9b}", "\u{1b}]0;x"] {
            drop(told(text));
        }
    }
}
