//! Reads the values that are to be looked for exactly, from where the configuration says they are.
//!
//! In: the configuration. Out: wrapped values, or every problem with its line and what mends it. Knows nothing of how
//! they are looked for, and no message holds a part of one or says how long it is.

use crate::config::{Config, KnownValueFrom, KnownValueSource};
use crate::detect::{KnownValue, LONGEST_KNOWN, SHORTEST_KNOWN};
use crate::evidence::{Name, Problems, Sensitive};
use std::io::Read;
use std::path::Path;

/// Not having a declared value is an error: it would look like absence.
pub(super) fn known_values(config: &Config) -> Result<Vec<KnownValue>, Problems> {
    let mut problems = Problems::default();
    let file = config.file.as_ref().map_or("configuration", Name::as_str);
    let mut values = Vec::new();
    for source in &config.known_values {
        match usable(source) {
            Ok(value) => values.push(value),
            Err(what) => problems.add(file, source.line, format!("the known value of {} {what}", source.secret)),
        }
    }
    problems.or(values)
}

fn usable(source: &KnownValueSource) -> Result<KnownValue, String> {
    let value = read(&source.from).ok_or_else(|| format!("cannot be read: {}", place(&source.from)))?;
    if value.len() < SHORTEST_KNOWN {
        return Err(format!(
            "is shorter than {SHORTEST_KNOWN} bytes: text so short occurs by chance, and would be reported as the \
             secret; give the whole value, rotate to a longer one, or remove this entry"
        ));
    }
    if value.len() > LONGEST_KNOWN {
        return Err(format!(
            "is longer than {} KiB: give the secret alone, not a file that holds it among other text",
            LONGEST_KNOWN >> 10
        ));
    }
    let live = source.version.as_ref().is_none_or(|version| version.as_str() == "current");
    Ok(KnownValue { secret: source.secret.clone(), value, live })
}

/// What has to be there for it to be read.
fn place(from: &KnownValueFrom) -> String {
    match from {
        KnownValueFrom::Env(variable) => format!("set the environment variable {variable}"),
        KnownValueFrom::File(_) => "the file of from_file must exist and be readable".to_owned(),
        KnownValueFrom::Fd(fd) => format!("file descriptor {fd} must be open for reading"),
    }
}

fn read(from: &KnownValueFrom) -> Option<Sensitive> {
    match from {
        KnownValueFrom::Env(variable) => {
            use std::os::unix::ffi::OsStringExt;
            let bytes = zeroize::Zeroizing::new(std::env::var_os(variable.as_str())?.into_vec());
            Some(trimmed(&bytes))
        }
        KnownValueFrom::File(path) => read_file(std::fs::File::open(path).ok()?),
        KnownValueFrom::Fd(fd) => read_file(std::fs::File::open(Path::new("/dev/fd").join(fd.to_string())).ok()?),
    }
}

fn read_file(file: std::fs::File) -> Option<Sensitive> {
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    file.take(1 << 20).read_to_end(&mut bytes).ok()?;
    Some(trimmed(&bytes))
}

/// Without the line end that editors and secret stores add: with it, the value would be found nowhere.
fn trimmed(bytes: &[u8]) -> Sensitive {
    let end = bytes.iter().rposition(|b| !matches!(b, b'\n' | b'\r')).map_or(0, |last| last + 1);
    Sensitive::new(bytes[..end].to_vec())
}
