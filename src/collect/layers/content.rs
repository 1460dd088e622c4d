//! What one file's bytes say.
//!
//! In: a path and bytes. Out: a summary if there is anything to tell. It knows names of env files and the detector.

use super::paths::split;
use super::{File, Look, Sort};
use crate::collect::summary::Summary;
use crate::detect::{Context, Memory, Scan, env_like, env_template, weak_env_name};
use crate::evidence::{Class, Sensitive};

/// Files are settings, sources, dumps: what a place says of values is what it says in a file.
const CONTEXT: Context = Context::Dotenv;

/// What a file is by its name.
pub(super) fn sort(path: &[u8]) -> Sort {
    let name = String::from_utf8_lossy(split(path).1);
    if env_template(&name) {
        Sort::Template
    } else if env_like(&name) {
        Sort::Env
    } else {
        Sort::Other
    }
}

/// Judges a file that is here as a whole.
pub(super) fn judge(look: Look<'_>, path: &[u8], entry: &[u8], bytes: &[u8], memory: &mut Memory) -> Option<File> {
    let name = String::from_utf8_lossy(split(path).1);
    let mut sort = sort(path);
    if sort != Sort::Other {
        let wrapped = Sensitive::new(bytes.to_vec());
        // A program of this name is no env file; only some names leave no doubt.
        if !weak_env_name(&name) || look.detector.looks_like_env_file(&wrapped) {
            let summary = Summary::of(look.detector.env_file(&wrapped));
            let told = sort == Sort::Env || summary.exposes(true).is_some() || !summary.determined;
            return told.then(|| File { path: path.to_vec(), entry: entry.to_vec(), sort, summary });
        }
        sort = Sort::Other;
    }
    let trace = look.detector.trace(bytes, None);
    let scan = look.detector.traced(bytes, CONTEXT, &trace, memory);
    tells(&scan).then(|| File { path: path.to_vec(), entry: entry.to_vec(), sort, summary: Summary::of(scan) })
}

/// Whether a scan of bytes has anything to tell: a real value, or that there was no end of them.
fn tells(scan: &Scan) -> bool {
    !scan.determined || scan.spotted.iter().any(|spotted| spotted.judgement.class == Class::Plaintext)
}

/// A file that is too large to be here as a whole, piece by piece.
#[derive(Default)]
pub(super) struct Pieces {
    scan: Option<Scan>,
    lines: u32,
}

impl Pieces {
    /// The next piece; the last `overlap` bytes of it come again at the beginning of the next one.
    pub(super) fn add(&mut self, look: Look<'_>, bytes: &[u8], overlap: usize, memory: &mut Memory) {
        let trace = look.detector.trace(bytes, None);
        let mut scan = look.detector.traced(bytes, CONTEXT, &trace, memory);
        scan.spotted.iter_mut().for_each(|spotted| spotted.line = spotted.line.saturating_add(self.lines));
        let once = &bytes[..bytes.len() - overlap];
        let ends = memchr::memchr_iter(b'\n', once).count();
        self.lines = self.lines.saturating_add(u32::try_from(ends).unwrap_or(u32::MAX));
        self.scan = Some(match self.scan.take() {
            Some(mut before) => {
                // What stands in the overlap is found twice.
                let told = |line: u32, variable: &Option<crate::evidence::Name>| {
                    before.spotted.iter().any(|other| other.line == line && other.variable == *variable)
                };
                scan.spotted.retain(|spotted| !told(spotted.line, &spotted.variable));
                before.determined &= scan.determined;
                before.spotted.extend(scan.spotted);
                before
            }
            None => scan,
        });
    }

    /// What all of them say.
    pub(super) fn done(self, path: &[u8], entry: &[u8]) -> Option<File> {
        let scan = self.scan.filter(tells)?;
        let (path, entry) = (path.to_vec(), entry.to_vec());
        Some(File { path, entry, sort: Sort::Other, summary: Summary::of(scan) })
    }
}
