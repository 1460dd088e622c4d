//! Scans of unstructured bytes: files of layers, logs, blobs of a repository.
//!
//! In: bytes of any size and kind. Out: the values worth telling, with their lines. One first pass finds anchors; a
//! window around each is read as the text it is, so that `KEY=value` in a log is judged like a variable. Time grows
//! with the bytes and memory with what is found: a line without end, and binary data, are no exception.

mod anchors;
mod memory;
mod text;
mod trace;
mod wide;
mod window;

use super::finder::Finder;
use super::known::Found;
use super::{Context, Detector, Scan, Spotted, code, der};
use crate::evidence::{Fingerprint, Name};
pub(super) use anchors::Anchors;
pub use memory::Memory;
use std::collections::BTreeSet;
use std::ops::Range;
use text::{Text, text};
pub use trace::{Part, Trace, copies};
use window::Window;
use zeroize::Zeroizing;

/// A window that anchors keep open is read in pieces of this size.
const PIECE: usize = 64 << 10;
/// What two pieces have in common: an assignment on the seam stands whole in one of them.
const SEAM: usize = 4 << 10;
/// So much of a piece is read again for the names of what follows.
const NAMES: usize = 256;
/// The same for values that were given as known, which may be as long as their longest form.
const KNOWN: usize = 4 << 20;
const KNOWN_SEAM: usize = 512 << 10;
/// So much tells whether bytes are text.
const HEAD: usize = 8 << 10;
/// So much of one text is told. Whoever reads ten thousand findings has understood.
const MOST: usize = 10_000;

/// Every exposed or open value, each once, in the order of its line.
pub(super) fn scan(detector: &Detector, bytes: &[u8], context: Context) -> Scan {
    match wide::narrowed(bytes) {
        Some((text, encoding, determined)) => {
            let scan = narrow(detector, text.as_bytes(), context);
            Scan { encoding, determined: determined && scan.determined, ..scan }
        }
        None => narrow(detector, bytes, context),
    }
}

/// The same of a text whose anchors are known, without what `memory` says is clean.
pub(super) fn traced(detector: &Detector, bytes: &[u8], context: Context, trace: &Trace, memory: &mut Memory) -> Scan {
    let Some(anchors) = trace.anchors() else { return scan(detector, bytes, context) };
    let mut reader = Reader::new(detector, bytes, context, Some(memory));
    let mut reading = detector.anchors().reading();
    for (at, anchor) in anchors {
        let window = reading.window(bytes, (at, anchor), reader.memory.as_deref_mut());
        reader.add(window);
    }
    reader.done()
}

fn narrow(detector: &Detector, bytes: &[u8], context: Context) -> Scan {
    let mut reader = Reader::new(detector, bytes, context, None);
    let mut reading = detector.anchors().reading();
    if !detector.anchors().find(bytes, &mut |at, anchor| reader.add(reading.window(bytes, (at, anchor), None))) {
        reader.add(Some(Window { start: 0, end: bytes.len() }));
    }
    let mut scan = reader.done();
    scan.lines = bytes.iter().filter(|b| **b == b'\n').count() as u64 + 1;
    scan
}

/// Reads windows as they come, in order.
struct Reader<'a> {
    detector: &'a Detector,
    bytes: &'a [u8],
    context: Context,
    /// These are no text: what looks like a name and a value may be two by chance.
    binary: bool,
    /// The window at hand: the next one may overlap it.
    open: Option<Window>,
    /// A place, and the line ends before it.
    counted: (usize, u32),
    told: BTreeSet<(u32, Option<Name>, Option<Fingerprint>)>,
    spotted: Vec<Spotted>,
    known: Option<Found>,
    full: bool,
    memory: Option<&'a mut Memory>,
}

impl<'a> Reader<'a> {
    fn new(detector: &'a Detector, bytes: &'a [u8], context: Context, memory: Option<&'a mut Memory>) -> Self {
        let binary = is_binary(bytes);
        Self {
            detector,
            bytes,
            context: if binary { Context::Program } else { context },
            binary,
            open: None,
            counted: (0, 0),
            told: BTreeSet::new(),
            spotted: Vec::new(),
            known: None,
            full: false,
            memory,
        }
    }

    fn done(mut self) -> Scan {
        self.flush();
        if der::private_key(self.bytes) {
            let judgement = self.detector.judge_key(self.bytes);
            self.spotted.push(Spotted { variable: None, line: 1, commented: false, judgement });
        }
        self.known_values();
        self.spotted.sort_by_key(|spotted| spotted.line);
        Scan { spotted: self.spotted, lines: 0, encoding: "bytes", determined: !self.full }
    }

    fn add(&mut self, window: Option<Window>) {
        let Some(window) = window else { return };
        if let Some(open) = &mut self.open
            && window.start <= open.end
        {
            open.end = open.end.max(window.end);
            while self.open.as_ref().is_some_and(|open| open.end - open.start > PIECE) {
                self.piece();
            }
            return;
        }
        self.flush();
        self.open = Some(window);
    }

    /// Reads the front of a window that grows without end, to the end of a word where there is one.
    fn piece(&mut self) {
        let Some(open) = &mut self.open else { return };
        let (start, hard) = (open.start, open.start + PIECE);
        let blank = |part: &[u8]| part.iter().rposition(u8::is_ascii_whitespace);
        let end = blank(&self.bytes[hard - SEAM..hard]).map_or(hard, |at| hard - SEAM + at + 1);
        // A value's name stands in front of it: the next piece begins some words before.
        let back = end - if end == hard { SEAM } else { NAMES };
        open.start = self.bytes[back..end].iter().position(u8::is_ascii_whitespace).map_or(back, |at| back + at + 1);
        self.read(start..end);
    }

    fn flush(&mut self) {
        if let Some(open) = self.open.take() {
            self.read(open.start..open.end);
        }
    }

    fn read(&mut self, range: Range<usize>) {
        if self.spotted.len() >= MOST {
            self.full = true;
            return;
        }
        let part = &self.bytes[range.clone()];
        let key = self.memory.as_ref().map(|memory| memory.key(part, usize::MAX - self.context as usize));
        let before = match (&self.memory, key) {
            (Some(memory), Some(key)) if memory.is_clean(key) => return,
            (Some(memory), Some(key)) => memory.told(key).map(<[Spotted]>::to_vec),
            _ => None,
        };
        let told = before.unwrap_or_else(|| self.look(&range, key));
        if told.is_empty() {
            return;
        }
        let line = self.line_of(range.start);
        for mut one in told {
            self.known = self.known.max(Found::of(one.judgement.kind));
            one.line += line;
            if self.told.insert((one.line, one.variable.clone(), one.judgement.correlator.clone())) {
                self.spotted.push(one);
            }
        }
    }

    /// What a part gives, with lines of its own; whoever has a memory remembers it.
    fn look(&mut self, range: &Range<usize>, key: Option<u64>) -> Vec<Spotted> {
        let mut finder = Finder::new(self.detector, self.context);
        finder.code = true;
        let text = text(&self.bytes[range.clone()]);
        finder.text(&text);
        let full = finder.full();
        self.full |= full;
        finder.spotted.retain(|one| {
            let class = one.judgement.class;
            // Among bytes that are no text every few letters look like a name and a value.
            let capitals = || one.variable.as_ref().is_some_and(|name| code::in_capitals(name.as_str()));
            let chance =
                (self.binary || matches!(text, Text::Made(_))) && one.judgement.kind == "human-password" && !capitals();
            let chance = chance && !connects(&text);
            (class.is_exposed() || class.needs_review()) && !chance || one.judgement.known
        });
        if let (Some(memory), Some(key), false) = (&mut self.memory, key, full) {
            if finder.spotted.is_empty() { memory.add(key) } else { memory.tell(key, &finder.spotted) }
        }
        finder.spotted
    }

    /// Known values need no anchor: the parts that hold a worse version than was told.
    fn known_values(&mut self) {
        let (told, mut at) = (self.known, 0);
        while at < self.bytes.len() {
            let piece = at..(at + KNOWN).min(self.bytes.len());
            if self.detector.known.within(&self.bytes[piece.clone()]) > told {
                let (line, text) = (self.line_of(piece.start), text(&self.bytes[piece.clone()]));
                let parts = self.detector.known.parts(&text, told);
                for (inside, part) in if parts.is_empty() { vec![(1, &*text)] } else { parts } {
                    let Some(found) = self.detector.known.within(part.as_bytes()) else { continue };
                    let judgement = self.detector.given(found, part.as_bytes());
                    let line = line + inside;
                    if self.told.insert((line, None, judgement.correlator.clone())) {
                        self.spotted.push(Spotted { variable: None, line, commented: false, judgement });
                    }
                }
            }
            at = if piece.end == self.bytes.len() { piece.end } else { piece.end - KNOWN_SEAM };
        }
    }

    /// The line ends before a place, counted on from the last one asked for.
    fn line_of(&mut self, at: usize) -> u32 {
        let (from, before) = if self.counted.0 <= at { self.counted } else { (0, 0) };
        let ends = self.bytes[from..at].iter().filter(|b| **b == b'\n').count();
        let line = before.saturating_add(u32::try_from(ends).unwrap_or(u32::MAX));
        self.counted = (at, line);
        line
    }
}

/// Whether the beginning holds what no text has: two NULs on end, or control characters in number.
fn is_binary(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(HEAD)];
    let control = |b: &&u8| matches!(b, 1..=6 | 14..=26 | 28..=31 | 127);
    memchr::memmem::find(head, b"\0\0").is_some() || head.iter().filter(control).count() >= 8
}

/// Whether a text holds a connection's settings, in which a password is one whatever it looks like.
fn connects(text: &str) -> bool {
    let text = Zeroizing::new(text.to_ascii_lowercase());
    let any = |words: &[&str]| words.iter().any(|word| text.contains(word));
    any(&[";password=", ";pwd="]) && any(&["server=", "data source=", "host=", "user id=", "uid="])
}

#[cfg(test)]
mod sources_tests;
#[cfg(test)]
mod tests;
