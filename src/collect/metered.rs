//! A reader with a meter: how much of an archive may still be read, and whether its end was met. Not a collector.
//!
//! The tar reader holds an entry's long names and extensions in memory, whatever size they claim. It must not
//! know what an archive holds.

use std::cell::Cell;
use std::io::{Read, Result, Seek, SeekFrom};
use std::rc::Rc;

/// What a header and its extensions may take.
pub(super) const HEADERS: u64 = 1 << 20;

/// How much may still be read, in all and until the next entry; and whether the end was met.
pub(super) struct Meter {
    /// What is left of the whole.
    pub(super) total: Cell<u64>,
    /// What is left until the next entry.
    pub(super) step: Cell<u64>,
    /// Whether the end was met.
    pub(super) ended: Cell<bool>,
    /// Whether a limit was.
    pub(super) over: Cell<bool>,
}

impl Meter {
    /// A meter for so many bytes, ready for the first header.
    pub(super) fn new(total: u64) -> Rc<Self> {
        Rc::new(Self {
            total: Cell::new(total),
            step: Cell::new(HEADERS),
            ended: Cell::default(),
            over: Cell::default(),
        })
    }
}

/// A reader that stops at its meter's limits. Seeking costs nothing.
pub(super) struct Metered<R> {
    /// What is read.
    pub(super) inner: R,
    /// Its meter.
    pub(super) meter: Rc<Meter>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let meter = &self.meter;
        let left = usize::try_from(meter.total.get().min(meter.step.get())).unwrap_or(usize::MAX);
        if left == 0 && !buffer.is_empty() {
            meter.over.set(true);
            return Err(std::io::Error::other("limit"));
        }
        let most = left.min(buffer.len());
        let n = self.inner.read(&mut buffer[..most])?;
        if n == 0 && most > 0 {
            meter.ended.set(true);
        }
        meter.total.set(meter.total.get() - n as u64);
        meter.step.set(meter.step.get() - n as u64);
        Ok(n)
    }
}

impl<R: Seek> Seek for Metered<R> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.inner.seek(to)
    }
}
