//! `--progress=rawjson`: `BuildKit`'s own events, one JSON object a line, among other lines or alone.
//!
//! In: lines. Out: what each step's commands said, joined over the events that carry it in base64 pieces, and what the
//! builder says of its steps. A value that two pieces share stands whole again; its line is that of the piece in which
//! its own line began.

use super::clean::{self, Line};
use super::step::{By, Entry};
use crate::collect::raw_text::Raw;
use crate::evidence::Stop;
use data_encoding::BASE64;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use zeroize::Zeroizing;

/// An event. Everything is optional, but something must be there.
#[derive(Deserialize)]
struct Event {
    vertexes: Option<Vec<Vertex>>,
    statuses: Option<Vec<Status>>,
    logs: Option<Vec<Output>>,
    warnings: Option<Vec<Warning>>,
}

#[derive(Deserialize)]
struct Vertex {
    digest: String,
    #[serde(default)]
    name: Raw,
    started: Option<String>,
    completed: Option<String>,
    #[serde(default)]
    cached: bool,
    #[serde(default)]
    error: Raw,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    id: Raw,
    vertex: String,
    #[serde(default)]
    name: Raw,
}

#[derive(Deserialize)]
struct Output {
    vertex: String,
    #[serde(default)]
    stream: i64,
    #[serde(default)]
    data: Raw,
}

#[derive(Deserialize)]
struct Warning {
    vertex: Option<String>,
    #[serde(default)]
    short: Raw,
    #[serde(default)]
    detail: Option<Vec<Raw>>,
}

/// What the events of one text say.
#[derive(Default)]
pub(super) struct Events {
    pub(super) entries: Vec<Entry>,
    /// Whether there was any.
    pub(super) any: bool,
    /// Whether an event breaks off.
    pub(super) broken: bool,
    /// Steps that were taken from the cache.
    pub(super) cached: u64,
    /// The number of each step.
    steps: BTreeMap<String, u32>,
    /// Steps that began and did not end.
    running: BTreeSet<String>,
    /// Steps that were spoken of.
    announced: BTreeSet<String>,
    /// Whether a step began before the first event.
    late: bool,
    /// What the commands of a step said on one stream.
    outputs: BTreeMap<(u32, i64), Said>,
    /// Digests of what was said of a step before, as events repeat it.
    told: BTreeSet<(u32, [u8; 32])>,
}

/// Bytes, and where a piece of them came from.
#[derive(Default)]
struct Said {
    bytes: Zeroizing<Vec<u8>>,
    pieces: Vec<(Range<usize>, u32)>,
}

impl Events {
    /// Takes the events out of lines; what is none stays a line.
    pub(super) fn of(mut lines: Vec<Line>, stop: &Stop) -> Self {
        let mut events = Self::default();
        // Who says each line: a later part of it is theirs too.
        let mut speakers: Vec<(u32, By)> = Vec::new();
        let mut at = 0;
        while at < lines.len() && !stop.asked() {
            let number = lines[at].number;
            if let Some((event, count)) = event(&lines[at..]) {
                events.any = true;
                events.take(event, number);
                at += count;
                speakers.resize(at, (0, By::Anyone));
                continue;
            }
            let line = std::mem::replace(&mut lines[at], Line::new(number, b""));
            events.broken |= events.any && line.part_of.is_none() && line.text.starts_with(b"{\"");
            let entry = match line.part_of.and_then(|head| speakers.get(head).copied()) {
                Some((step, by)) => Entry::part(line, step, by),
                None => Entry::of(line),
            };
            speakers.push((entry.step, entry.by));
            events.entries.push(entry);
            at += 1;
        }
        events.joined(stop);
        events
    }

    /// Whether every step that ran began and ended.
    pub(super) fn ended(&self) -> bool {
        self.running.is_empty() && !self.broken && !self.late
    }

    fn take(&mut self, event: Event, number: u32) {
        for vertex in event.vertexes.into_iter().flatten() {
            let step = self.step(&vertex.digest);
            self.say(step, number, &vertex.name);
            self.say(step, number, &vertex.error);
            self.cached += u64::from(vertex.cached && vertex.completed.is_some());
            // What ends at once, or is from the cache, comes up once. What takes longer is announced when it begins.
            let new = self.announced.insert(vertex.digest.clone());
            if let (Some(started), Some(completed)) = (&vertex.started, &vertex.completed) {
                self.late |= new && !vertex.cached && took_seconds(started, completed);
            }
            match (vertex.started, vertex.completed) {
                (_, Some(_)) => {
                    self.running.remove(&vertex.digest);
                    // As BuildKit's plain output says it.
                    let line = Line::new(number, b"DONE ");
                    self.entries.push(Entry::told(line, step, By::Builder));
                }
                (Some(_), None) => drop(self.running.insert(vertex.digest)),
                (None, None) => {}
            }
        }
        for status in event.statuses.into_iter().flatten() {
            self.late |= !self.announced.contains(&status.vertex);
            let step = self.step(&status.vertex);
            self.say(step, number, &status.id);
            self.say(step, number, &status.name);
        }
        for warning in event.warnings.into_iter().flatten() {
            let step = warning.vertex.map_or(0, |vertex| self.step(&vertex));
            for text in std::iter::once(warning.short).chain(warning.detail.into_iter().flatten()) {
                let text = BASE64.decode(text.as_bytes()).map(Zeroizing::new).unwrap_or_default();
                self.say(step, number, &String::from_utf8_lossy(&text));
            }
        }
        for output in event.logs.into_iter().flatten() {
            self.late |= !self.announced.contains(&output.vertex);
            let step = self.step(&output.vertex);
            let Ok(bytes) = BASE64.decode(output.data.as_bytes()).map(Zeroizing::new) else {
                self.broken = true;
                continue;
            };
            let said = self.outputs.entry((step, output.stream)).or_default();
            let start = said.bytes.len();
            said.bytes.extend_from_slice(&bytes);
            said.pieces.push((start..said.bytes.len(), number));
        }
    }

    fn step(&mut self, digest: &str) -> u32 {
        let next = u32::try_from(self.steps.len()).unwrap_or(u32::MAX - 1) + 1;
        *self.steps.entry(digest.to_owned()).or_insert(next)
    }

    fn say(&mut self, step: u32, number: u32, text: &str) {
        if !text.is_empty() && self.told.insert((step, Sha256::digest(text).into())) {
            for line in text.lines() {
                let line = Line::new(number, line.as_bytes());
                self.entries.push(Entry::told(line, step, By::Builder));
            }
        }
    }

    /// The outputs as lines.
    fn joined(&mut self, stop: &Stop) {
        for ((step, _), said) in std::mem::take(&mut self.outputs) {
            // Where each line of the output begins.
            let ends = memchr::memchr_iter(b'\n', &said.bytes).map(|at| at + 1);
            let begins: Vec<usize> = std::iter::once(0).chain(ends).collect();
            let number = |line: &Line| {
                let begin = begins.get(line.number as usize - 1).copied().unwrap_or_default();
                let piece = said.pieces.partition_point(|(range, _)| range.end <= begin);
                said.pieces.get(piece).or(said.pieces.last()).map_or(1, |(_, number)| *number)
            };
            for mut line in clean::lines(&said.bytes, stop) {
                line.number = number(&line);
                self.entries.push(Entry::told(line, step, By::Command));
            }
        }
    }
}

/// The event that begins here, and how many lines it takes.
fn event(lines: &[Line]) -> Option<(Event, usize)> {
    let first = lines.first().filter(|line| line.part_of.is_none() && line.text.starts_with(b"{"))?;
    if first.text.len() > 1 {
        return parsed(&first.text).map(|event| (event, 1));
    }
    // Printed over several lines, as `jq` does: what stands between is indented. A search that ends at the next brace
    // reads no line twice.
    let brace = |line: &Line| matches!(line.text.as_slice(), b"{" | b"}");
    let end = 1 + lines[1..].iter().position(brace)?;
    if lines[end].text.as_slice() != b"}" {
        return None;
    }
    let mut whole = Zeroizing::new(Vec::new());
    for line in &lines[..=end] {
        whole.extend_from_slice(&line.text);
    }
    parsed(&whole).map(|event| (event, end + 1))
}

/// Whether two seconds or more lie between `2026-09-01T00:00:00.0Z` and another time.
fn took_seconds(started: &str, completed: &str) -> bool {
    let second = |time: &str| {
        let part = |range| time.get(range).and_then(|digits: &str| digits.parse::<u32>().ok());
        Some(part(11..13)? * 3600 + part(14..16)? * 60 + part(17..19)?)
    };
    let (Some(started), Some(completed)) = (second(started), second(completed)) else { return true };
    (completed + 86_400 - started) % 86_400 >= 2
}

fn parsed(text: &[u8]) -> Option<Event> {
    let event: Event = serde_json::from_slice(text).ok()?;
    let any = event.vertexes.is_some() || event.statuses.is_some() || event.logs.is_some() || event.warnings.is_some();
    any.then_some(event)
}
