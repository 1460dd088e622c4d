//! What one file's bytes say.
//!
//! In: a path and bytes. Out: a summary if there is anything to tell. It knows names of env files and the detector.

use super::batch::Member;
use super::{File, Look, Sort};
use crate::collect::entry_path::split;
use crate::collect::summary::Summary;
use crate::detect::{Context, Memory, Scan, Spotted, env_like, env_template, program, weak_env_name};
use crate::evidence::{Class, Sensitive};

/// What a file is read as: the places of values are those of settings, unless it is a source or a document.
fn context(path: &[u8], head: &[u8]) -> Context {
    if program(&String::from_utf8_lossy(path), head) { Context::Program } else { Context::Dotenv }
}

/// No variable is longer.
const VARIABLE: usize = 64 << 10;

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
pub(super) fn judge(look: Look<'_>, member: &Member, bytes: &[u8], memory: &mut Memory) -> Option<File> {
    let path = &member.path;
    let name = String::from_utf8_lossy(split(path).1);
    let mut sort = sort(path);
    // What was staged and never committed has no name: its content must tell.
    let nameless = sort == Sort::Other && member.object.is_some_and(|object| !object.named);
    if sort != Sort::Other || nameless {
        let wrapped = Sensitive::new(bytes.to_vec());
        // A program of this name is no env file; only some names leave no doubt.
        if !nameless && !weak_env_name(&name) || look.detector.looks_like_env_file(&wrapped) {
            sort = if nameless { Sort::Env } else { sort };
            let summary = Summary::of(look.detector.env_file(&wrapped));
            let told = sort == Sort::Env || summary.exposes(true).is_some() || !summary.determined;
            return told.then(|| member.file(sort, &summary));
        }
        sort = Sort::Other;
    }
    let trace = look.detector.trace(bytes, None);
    let mut scan = look.detector.traced(bytes, context(path, bytes), &trace, memory);
    if bytes.len() <= VARIABLE && (holds_variables(path) || look.detector.is_bare_value(&name, bytes)) {
        let (file_name, bytes) = (Sensitive::new(split(path).1.to_vec()), Sensitive::new(bytes.to_vec()));
        scan = look.detector.variable_file(&file_name, &bytes).into_iter().fold(scan, Scan::and);
    }
    tells(&scan).then(|| member.file(sort, &Summary::of(scan)))
}

/// Whether a file of this name keeps keys where nobody sees them without a password.
pub(super) fn is_key_store(path: &[u8]) -> bool {
    const ENDINGS: [&[u8]; 7] = [b".p12", b".pfx", b".jks", b".jceks", b".keystore", b".kdbx", b".bcfks"];
    let name = split(path).1.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| name.len() > ending.len() && name.ends_with(ending))
}

/// Whether a file may be one variable: in a directory called like an env file, or `secrets`.
fn holds_variables(path: &[u8]) -> bool {
    let name = String::from_utf8_lossy(split(split(path).0).1);
    name == "secrets" || name.starts_with('.') && env_like(&name)
}

/// Whether a scan of bytes has anything to tell: a real value, or that there was no end of them.
fn tells(scan: &Scan) -> bool {
    !scan.determined || scan.spotted.iter().any(|spotted| spotted.judgement.class == Class::Plaintext)
}

/// One piece of a file that is too large to be here as a whole; `lines` stand in front of it.
pub(super) fn piece(look: Look<'_>, path: &[u8], bytes: &[u8], lines: u32, memory: &mut Memory) -> Option<Scan> {
    let trace = look.detector.trace(bytes, None);
    let mut scan = look.detector.traced(bytes, context(path, b""), &trace, memory);
    // What is harmless is not kept until the file ends.
    scan.spotted.retain(|spotted| !matches!(spotted.judgement.class, Class::NotSecret | Class::Empty));
    scan.spotted.iter_mut().for_each(|spotted| spotted.line = spotted.line.saturating_add(lines));
    tells(&scan).then_some(scan)
}

/// What all pieces of a file say, in order.
pub(super) fn whole(pieces: impl Iterator<Item = Scan>, member: &Member) -> Option<File> {
    let scan = pieces.reduce(|before, mut scan| {
        // What stands where two pieces overlap is found twice.
        let mark = |spotted: &Spotted| (spotted.line, spotted.variable.clone(), spotted.judgement.correlator.clone());
        let told: Vec<_> = before.spotted.iter().map(mark).collect();
        scan.spotted.retain(|spotted| !told.contains(&mark(spotted)));
        before.and(scan)
    })?;
    Some(member.file(Sort::Other, &Summary::of(scan)))
}
