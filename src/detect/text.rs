//! Shell text, labels, options and bodies: assignments and tokens anywhere.
//!
//! Knows how texts are cut into names and values; what a value is, is not decided here.

use super::{Context, Detector, Scan, Spotted, encoding};
use crate::evidence::{Name, Sensitive};

pub(super) fn scan(detector: &Detector, bytes: &[u8], context: Context) -> Scan {
    let decoded = encoding::decode(bytes);
    let mut scan = Scan { spotted: Vec::new(), lines: 0, encoding: decoded.encoding, determined: decoded.determined };
    for (number, line) in (1_u32..).zip(decoded.text.lines()) {
        scan.lines += 1;
        let commented = line.trim_start().starts_with('#');
        let line = line.trim_start_matches(['#', ' ']);
        let line = line.strip_prefix("export ").unwrap_or(line);
        if let Some((name, value)) = line.split_once('=') {
            let judgement = detector.judge_bytes(name.as_bytes(), value.as_bytes(), context);
            let variable = Some(Name::admit_or(name.trim(), "variable", scan.spotted.len() + 1));
            scan.spotted.push(Spotted { variable, line: number, commented, judgement });
        }
    }
    scan
}

pub(super) fn assignments_only(bytes: &[u8]) -> bool {
    let decoded = encoding::decode(bytes);
    let lines = || decoded.text.lines().filter(|line| !line.trim().is_empty());
    lines().count() > 0 && lines().all(|line| line.starts_with('#') || line.contains('='))
}

/// The pairs of `ENV`, `ARG` or `LABEL`: several `K=V` with quotes, or one `K V`.
///
/// A word without `=` after a pair belongs to the value before it: images keep spaces in values.
#[must_use]
pub fn pairs(text: &Sensitive) -> Vec<(Sensitive, Option<Sensitive>)> {
    text.examine(|bytes| {
        bytes
            .split(|b| *b == b' ')
            .filter(|word| !word.is_empty())
            .map(|word| match word.iter().position(|b| *b == b'=') {
                Some(at) => (Sensitive::new(word[..at].to_vec()), Some(Sensitive::new(word[at + 1..].to_vec()))),
                None => (Sensitive::new(word.to_vec()), None),
            })
            .collect()
    })
}
