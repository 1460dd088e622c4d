//! A stand-in for the demo's HTTP service: fixed answers by path, on loopback, in this process.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// One answer.
#[derive(Clone, Deserialize)]
struct Answer {
    status: u16,
    #[serde(default = "json_type")]
    content_type: String,
    body: String,
}

fn json_type() -> String {
    "application/json".to_owned()
}

/// The running service; it ends when dropped.
pub(super) struct Service {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Service {
    /// Starts it with the answers of `service.json`.
    pub(super) fn start(answers: &str) -> io::Result<Self> {
        let answers: BTreeMap<String, Answer> =
            if answers.is_empty() { BTreeMap::new() } else { serde_json::from_str(answers)? };
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            for connection in listener.incoming() {
                if asked.load(Ordering::Relaxed) {
                    break;
                }
                if let Ok(stream) = connection {
                    // A client that hangs up early is its own affair.
                    let _ = serve(stream, &answers);
                }
            }
        });
        Ok(Self { address, stop, thread: Some(thread) })
    }

    /// `127.0.0.1:PORT`.
    pub(super) fn address(&self) -> String {
        self.address.to_string()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // The listener waits in accept: one connection wakes it.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(mut stream: TcpStream, answers: &BTreeMap<String, Answer>) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let mut request = Vec::new();
    let mut buffer = [0_u8; 1024];
    while !request.windows(4).any(|w| w == b"\r\n\r\n") && request.len() < 16_384 {
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        request.extend_from_slice(&buffer[..read]);
        // A TLS greeting never ends in an empty line: answer it in plain HTTP, so that the handshake fails at once.
        if !request[0].is_ascii_uppercase() {
            break;
        }
    }
    let first = String::from_utf8_lossy(&request);
    let path = first.split_whitespace().nth(1).unwrap_or("/");
    let missing = Answer { status: 404, content_type: json_type(), body: "{}".to_owned() };
    let answer = answers.get(path.split('?').next().unwrap_or(path)).unwrap_or(&missing);
    write!(
        stream,
        "HTTP/1.1 {} Answer\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
        answer.status,
        answer.content_type,
        answer.body.len(),
        answer.body
    )?;
    stream.flush()
}
