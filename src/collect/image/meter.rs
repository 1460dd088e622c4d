//! A reader that stops at limits: in all, and until the next entry.
//!
//! In: a reader. Out: its bytes, and which limit or end was met. It knows no format.

use std::cell::Cell;
use std::io::{Read, Result as Io, Seek, SeekFrom};
use std::rc::Rc;

/// How much may still be read, in all and until the next entry; and whether the end was met.
pub(super) struct Meter {
    pub(super) total: Cell<u64>,
    pub(super) step: Cell<u64>,
    pub(super) ended: Cell<bool>,
    pub(super) over: Cell<bool>,
}

impl Meter {
    /// Nothing read yet.
    pub(super) fn new(total: u64, step: u64) -> Rc<Self> {
        Rc::new(Self { total: Cell::new(total), step: Cell::new(step), ended: Cell::default(), over: Cell::default() })
    }
}

/// A reader that stops at its meter's limits. Seeking costs nothing.
pub(super) struct Metered<R> {
    pub(super) inner: R,
    pub(super) meter: Rc<Meter>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Io<usize> {
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
    fn seek(&mut self, to: SeekFrom) -> Io<u64> {
        self.inner.seek(to)
    }
}
