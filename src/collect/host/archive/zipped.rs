//! Zip archives, by their central directory.
//!
//! In: a file. Out: members. What a program unpacks is what the directory lists.

use super::because;
use super::members::Members;
use crate::collect::host::ground::Trouble;
use crate::collect::metered::{Meter, Metered};
use crate::evidence::Cause;
use std::fs::File;
use std::io::{BufReader, empty};
use std::path::Path;
use std::rc::Rc;
use zip::ZipArchive;

/// What the directory may take: it is held in memory.
const DIRECTORY: u64 = 16 << 20;

/// Reads an archive.
pub(super) fn read(members: &mut Members<'_, '_>, inner: File) -> Result<(), Trouble> {
    let meter = Meter::new(members.limits().archive_bytes);
    meter.step.set(DIRECTORY);
    let over = |meter: &Meter| because(if meter.over.get() { Cause::OverLimit } else { Cause::Malformed });
    let metered = BufReader::new(Metered { inner, meter: Rc::clone(&meter) });
    let mut archive = ZipArchive::new(metered).map_err(|_| over(&meter))?;
    meter.step.set(u64::MAX);
    for number in 0..archive.len() {
        if members.stopped() {
            return Err(because(Cause::Interrupted));
        }
        let (name, size, is_dir) = {
            let entry = archive.by_index_raw(number).map_err(|_| over(&meter))?;
            (String::from_utf8_lossy(entry.name_raw()).into_owned(), entry.size(), entry.is_dir())
        };
        if is_dir {
            continue;
        }
        match archive.by_index(number) {
            Ok(entry) => members.see(Path::new(&name), size, entry)?,
            // Encrypted, or packed in a way that is not read: a telling name is a finding, whatever stands in it.
            Err(_) => members.see(Path::new(&name), u64::MAX, empty())?,
        }
    }
    Ok(())
}
