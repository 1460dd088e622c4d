//! A stream of the engine for those who read and wait: tar archives are looked through as they come.
//!
//! In: a stream of chunks, and a reader of them. Out: what the reader made of it, and why the stream broke off, if it
//! did. It knows nothing of what is in it.

use super::Engine;
use crate::collect::refusal::Refusal;
use crate::collect::runtime::offload;
use bollard::errors::Error;
use futures_util::Stream;
use futures_util::future::join;
use std::io::{ErrorKind, Read, Result as Done};
use tokio::sync::mpsc::{Receiver, channel};
use zeroize::Zeroizing;

/// Chunks that may wait to be read.
const WAITING: usize = 16;

/// A chunk, the end, or that there is no more to come although it is not the end.
type Chunk = Result<Option<Zeroizing<Vec<u8>>>, ()>;

impl Engine {
    /// Has a stream read beside the network work; `None` if the reader crashed.
    pub(in crate::collect) async fn pour<T: Send + 'static>(
        &self,
        operation: &'static str,
        stream: impl Stream<Item = Result<impl AsRef<[u8]>, Error>>,
        read: impl FnOnce(Chunks) -> T + Send + 'static,
    ) -> (Option<T>, Option<Refusal>) {
        let (send, receive) = channel(WAITING);
        let reading = offload(move || read(Chunks { receive, chunk: Zeroizing::default(), at: 0, failed: false }));
        let pump = async {
            let mut stream = std::pin::pin!(stream);
            let mut why = None;
            loop {
                let chunk: Chunk = match self.next(operation, &mut stream).await {
                    Ok(chunk) => Ok(chunk.map(|bytes| Zeroizing::new(bytes.as_ref().to_vec()))),
                    Err(refusal) => {
                        why = Some(refusal);
                        Err(())
                    }
                };
                let last = !matches!(chunk, Ok(Some(_)));
                // Whoever reads no more has seen enough.
                if send.send(chunk).await.is_err() || last {
                    break;
                }
            }
            drop(send);
            why
        };
        join(reading, pump).await
    }
}

/// Chunks of a stream as a reader.
pub(in crate::collect) struct Chunks {
    receive: Receiver<Chunk>,
    chunk: Zeroizing<Vec<u8>>,
    at: usize,
    failed: bool,
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> Done<usize> {
        while self.at == self.chunk.len() && !self.failed {
            match self.receive.blocking_recv() {
                Some(Ok(Some(chunk))) => (self.chunk, self.at) = (chunk, 0),
                Some(Ok(None)) | None => return Ok(0),
                Some(Err(())) => self.failed = true,
            }
        }
        if self.failed {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let rest = &self.chunk[self.at..];
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        self.at += n;
        Ok(n)
    }
}
