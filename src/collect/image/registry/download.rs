//! A blob as a reader: what breaks off goes on where it broke, a few times.
//!
//! In: a session and a digest. Out: bytes as they come, and why they ended early if they did. Nothing of it is kept.

use super::session::{Session, begins_at};
use crate::collect::refusal::Refusal;
use crate::evidence::Cause;
use reqwest::Response;
use std::cell::RefCell;
use std::io::{Error, Read};
use std::rc::Rc;
use zeroize::Zeroizing;

/// How often one blob may break off.
const BREAKS: u32 = 5;

/// A blob that is being read.
pub(super) struct Download<'a> {
    session: &'a Session,
    path: String,
    response: Option<Response>,
    /// How much has come, and how much of an answer that begins anew has come before.
    come: u64,
    skip: u64,
    breaks: u32,
    chunk: Zeroizing<Vec<u8>>,
    at: usize,
    ended: bool,
    failure: Rc<RefCell<Option<Refusal>>>,
}

impl<'a> Download<'a> {
    /// A reader, and where it says why it failed: a reader's own error has no room for that.
    pub(super) fn new(session: &'a Session, digest: &str) -> (Self, Rc<RefCell<Option<Refusal>>>) {
        let failure = Rc::<RefCell<Option<Refusal>>>::default();
        let download = Self {
            session,
            path: format!("blobs/{digest}"),
            response: None,
            come: 0,
            skip: 0,
            breaks: 0,
            chunk: Zeroizing::default(),
            at: 0,
            ended: false,
            failure: Rc::clone(&failure),
        };
        (download, failure)
    }

    /// The next bytes; `None` at the end.
    fn next(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, Refusal> {
        loop {
            let mut response = match self.response.take() {
                Some(response) => response,
                None => self.open()?,
            };
            match self.session.chunk(&mut response) {
                Ok(Some(mut chunk)) => {
                    self.response = Some(response);
                    let known = usize::try_from(self.skip).unwrap_or(usize::MAX).min(chunk.len());
                    self.skip -= known as u64;
                    chunk.drain(..known);
                    self.come += chunk.len() as u64;
                    if !chunk.is_empty() {
                        return Ok(Some(chunk));
                    }
                }
                Ok(None) if self.skip == 0 => return Ok(None),
                Ok(None) => return Err(Refusal::new(Cause::Inconsistent).because("a blob that became shorter")),
                Err(why) if why.cause == Cause::Truncated && self.breaks < BREAKS => {
                    self.session.pause(self.breaks)?;
                    self.breaks += 1;
                }
                Err(why) => return Err(why),
            }
        }
    }

    /// From where it broke off; what a registry sends from the start again is passed over.
    fn open(&mut self) -> Result<Response, Refusal> {
        let response = self.session.get(&self.path, self.come)?;
        self.skip = match response.status().as_u16() {
            206 if begins_at(&response) == Some(self.come) => 0,
            206 => return Err(Refusal::new(Cause::Inconsistent).because("another part of a blob than was asked for")),
            _ => self.come,
        };
        Ok(response)
    }
}

impl Read for Download<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.chunk.len() && !self.ended {
            match self.next() {
                Ok(Some(chunk)) => (self.chunk, self.at) = (chunk, 0),
                Ok(None) => self.ended = true,
                Err(why) => {
                    self.ended = true;
                    *self.failure.borrow_mut() = Some(why);
                }
            }
        }
        if self.failure.borrow().is_some() {
            return Err(Error::other("registry"));
        }
        let rest = self.chunk.get(self.at..).unwrap_or_default();
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        self.at += n;
        Ok(n)
    }
}
