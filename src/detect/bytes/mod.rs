//! Scans of unstructured bytes: files of layers, logs, blobs of a repository.
//!
//! In: bytes of any size and kind. Out: the values worth telling, with their lines. One first pass finds anchors; a
//! window around each is read as the text it is, so that `KEY=value` in a log is judged like a variable. Time grows
//! with the bytes and memory with what is found: a line without end, and binary data, are no exception.

mod anchors;
mod wide;
mod window;

use super::finder::Finder;
use super::known::Found;
use super::{Context, Detector, Scan, Spotted, encoding};
use crate::evidence::{Fingerprint, Name};
pub(super) use anchors::Anchors;
use std::collections::BTreeSet;
use std::ops::Range;
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

fn narrow(detector: &Detector, bytes: &[u8], context: Context) -> Scan {
    let mut reader = Reader {
        detector,
        bytes,
        context,
        open: None,
        counted: (0, 0),
        told: BTreeSet::new(),
        spotted: Vec::new(),
        known: None,
        full: false,
    };
    detector.anchors().find(bytes, &mut |window| reader.add(&window));
    reader.flush();
    reader.known_values();
    reader.spotted.sort_by_key(|spotted| spotted.line);
    let lines = u64::from(reader.line_of(bytes.len())) + 1;
    Scan { spotted: reader.spotted, lines, encoding: "bytes", determined: !reader.full }
}

/// Reads windows as they come, in order.
struct Reader<'a> {
    detector: &'a Detector,
    bytes: &'a [u8],
    context: Context,
    /// The window at hand: the next one may overlap it.
    open: Option<Window>,
    /// A place, and the line ends before it.
    counted: (usize, u32),
    told: BTreeSet<(u32, Option<Name>, Option<Fingerprint>)>,
    spotted: Vec<Spotted>,
    known: Option<Found>,
    full: bool,
}

impl Reader<'_> {
    fn add(&mut self, window: &Window) {
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
        self.open = Some(Window { ..*window });
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
        let line = self.line_of(range.start);
        let mut finder = Finder::new(self.detector, self.context);
        finder.text(&text(&self.bytes[range]));
        self.known = self.known.max(finder.known);
        self.full |= finder.full();
        for mut one in finder.spotted {
            let class = one.judgement.class;
            if !(class.is_exposed() || class.needs_review() || one.judgement.known) {
                continue;
            }
            one.line += line;
            if self.told.insert((one.line, one.variable.clone(), one.judgement.correlator.clone())) {
                self.spotted.push(one);
            }
        }
    }

    /// Known values need no anchor: the parts that hold a worse version than was told.
    fn known_values(&mut self) {
        let (told, mut at) = (self.known, 0);
        while at < self.bytes.len() {
            let piece = at..(at + KNOWN).min(self.bytes.len());
            if self.detector.known.within(&self.bytes[piece.clone()]) > told {
                let (line, text) = (self.line_of(piece.start), text(&self.bytes[piece.clone()]));
                let parts = self.detector.known.parts(&text, told);
                for (inside, part) in if parts.is_empty() { vec![(1, text.as_str())] } else { parts } {
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

/// Bytes as text; what is no text parts words. Line ends stay, so that lines can be counted.
fn text(bytes: &[u8]) -> Zeroizing<String> {
    let narrow = bytes.contains(&0).then(|| encoding::narrowed(bytes)).flatten();
    let bytes = narrow.as_deref().map_or(bytes, Vec::as_slice);
    let parts = |b: &u8| b.is_ascii_control() && !matches!(b, b'\n' | b'\t');
    // Most windows are plain text already.
    if let Ok(plain) = std::str::from_utf8(bytes)
        && !bytes.iter().any(parts)
    {
        return Zeroizing::new(plain.to_owned());
    }
    let blanked: Zeroizing<Vec<u8>> = Zeroizing::new(bytes.iter().map(|b| if parts(b) { b' ' } else { *b }).collect());
    // What is no letter parts words too.
    let lossy = Zeroizing::new(String::from_utf8_lossy(&blanked).into_owned());
    Zeroizing::new(lossy.replace('\u{fffd}', " "))
}

#[cfg(test)]
mod tests;
