//! Tar archives, in one pass that holds no more than one header.
//!
//! In: a reader. Out: members. A whole archive ends with empty blocks; one that does not was cut.

use super::because;
use super::members::Members;
use crate::collect::host::ground::Trouble;
use crate::collect::metered::{HEADERS, Meter, Metered};
use crate::evidence::Cause;
use std::fs::File;
use std::io::Read;
use std::rc::Rc;
use tar::Entries;

/// Reads an archive from a stream.
pub(super) fn read(members: &mut Members<'_, '_>, inner: impl Read) -> Result<(), Trouble> {
    let meter = Meter::new(members.limits().archive_bytes);
    let mut tar = tar::Archive::new(Metered { inner, meter: Rc::clone(&meter) });
    let entries = tar.entries().map_err(|_| because(Cause::Malformed))?;
    run(members, entries, &meter, false)?;
    rest(tar.into_inner(), &meter)
}

/// Reads an archive from a file: what holds no env file is passed over.
pub(super) fn read_seeking(members: &mut Members<'_, '_>, inner: File) -> Result<(), Trouble> {
    let meter = Meter::new(members.limits().archive_bytes);
    let mut tar = tar::Archive::new(Metered { inner, meter: Rc::clone(&meter) });
    let entries = tar.entries_with_seek().map_err(|_| because(Cause::Malformed))?;
    run(members, entries, &meter, true)?;
    rest(tar.into_inner(), &meter)
}

/// What stands behind the end: nothing but zeros. Whatever else is there was not read, another archive for example.
fn rest(mut reader: impl Read, meter: &Meter) -> Result<(), Trouble> {
    let mut block = [0; 8 << 10];
    loop {
        match reader.read(&mut block) {
            Ok(0) => return Ok(()),
            Ok(n) if block[..n].iter().all(|b| *b == 0) => {}
            Err(_) if meter.over.get() => return Err(because(Cause::OverLimit)),
            Err(_) | Ok(_) => return Err(because(Cause::Malformed)),
        }
    }
}

fn run<R: Read>(
    members: &mut Members<'_, '_>,
    mut entries: Entries<'_, R>,
    meter: &Meter,
    seeks: bool,
) -> Result<(), Trouble> {
    let mut stored = 0;
    loop {
        if members.stopped() {
            return Err(because(Cause::Interrupted));
        }
        // Where the file cannot seek, passing over the last entry reads it.
        meter.step.set(HEADERS + if seeks { 0 } else { stored });
        let entry = match entries.next() {
            Some(Ok(entry)) => entry,
            None if !meter.ended.get() => {
                meter.step.set(u64::MAX);
                return Ok(());
            }
            Some(Err(_)) if meter.over.get() => return Err(because(Cause::OverLimit)),
            Some(Err(error)) if error.raw_os_error().is_some() => return Err(Trouble::of(&error)),
            Some(Err(_)) if !meter.ended.get() => return Err(because(Cause::Malformed)),
            _ => return Err(because(Cause::Truncated)),
        };
        let kind = entry.header().entry_type();
        let sparse = kind.is_gnu_sparse();
        stored = if sparse { entry.header().entry_size().unwrap_or_default() } else { entry.size() };
        meter.step.set(u64::MAX);
        if kind.is_dir() {
            continue;
        }
        let inside = entry.path().map_err(|_| because(Cause::Malformed))?.into_owned();
        let size = entry.size();
        members.see(&inside, size, entry)?;
    }
}
