//! A stand-in for a registry that misbehaves on request. What it serves is a real layout, asked for as the protocol has it.

use crate::image::builder::Files;
use crate::service::stand_in::{StandIn, send};
use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

/// A request.
pub(crate) struct Request<'a> {
    /// The part behind `/v2/team/app/`, or the whole path.
    pub(crate) path: &'a str,
    pub(crate) head: &'a str,
    /// How often this path was asked for before.
    pub(crate) before: usize,
}

impl Request<'_> {
    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(self.head, name)
    }

    pub(crate) fn is_layer(&self, layer: &str) -> bool {
        self.path == format!("blobs/{layer}")
    }
}

pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// What a fault does instead of the answer; `false` leaves it to the answer.
type Fault = dyn Fn(&Request<'_>, &mut TcpStream) -> bool + Send + Sync;

/// A registry with one image, `team/app:1`.
pub(crate) fn registry(
    files: &Files,
    fault: impl Fn(&Request<'_>, &mut TcpStream) -> bool + Send + Sync + 'static,
) -> StandIn {
    let (files, fault): (Files, Arc<Fault>) = (files.clone(), Arc::new(fault));
    let asked: Mutex<BTreeMap<String, usize>> = Mutex::default();
    StandIn::new(move |_, head, stream| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        let path = path.strip_prefix("/v2/team/app/").unwrap_or(path);
        let before = {
            let mut asked = asked.lock().unwrap();
            let count = asked.entry(path.to_owned()).or_default();
            *count += 1;
            *count - 1
        };
        let request = Request { path, head, before };
        if !fault(&request, stream) {
            match content(&files, path) {
                Some(bytes) => whole(&request, &bytes, stream),
                None => send(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
            }
        }
    })
}

/// A registry that does everything right.
pub(crate) fn honest(files: &Files) -> StandIn {
    registry(files, |_, _| false)
}

/// The image of a stand-in.
pub(crate) fn image(server: &StandIn) -> String {
    format!("registry:{}/team/app:1", server.address)
}

/// What lies at a path.
pub(crate) fn content(files: &Files, path: &str) -> Option<Vec<u8>> {
    let digest = match path.split_once('/')? {
        ("manifests", "1") => super::rig::root(files),
        ("manifests" | "blobs", digest) => digest.to_owned(),
        _ => return None,
    };
    files.0.get(&format!("blobs/{}", digest.replace(':', "/"))).cloned()
}

/// Answers with bytes, or with the part that was asked for.
fn whole(request: &Request<'_>, bytes: &[u8], stream: &mut TcpStream) {
    let from = request.header("range").and_then(|text| text.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let from: usize = from.unwrap_or(0);
    let part = &bytes[from..];
    let status = if from == 0 {
        "200 OK".to_owned()
    } else {
        format!("206 Partial Content\r\nContent-Range: bytes {from}-{}/{}", bytes.len() - 1, bytes.len())
    };
    send(stream, &format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", part.len()));
    let _ = stream.write_all(part);
}

/// An answer without content.
pub(crate) fn status(stream: &mut TcpStream, line: &str, headers: &str) -> bool {
    send(stream, &format!("HTTP/1.1 {line}\r\n{headers}Content-Length: 0\r\n\r\n"));
    true
}

/// Begins an answer, stops after so many bytes and hangs up.
pub(crate) fn cut(stream: &mut TcpStream, bytes: &[u8], after: usize) -> bool {
    send(stream, &format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", bytes.len()));
    let _ = stream.write_all(&bytes[..after]);
    let _ = stream.shutdown(std::net::Shutdown::Both);
    true
}
