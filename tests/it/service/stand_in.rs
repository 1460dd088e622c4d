//! A stand-in for a service: answers each request with what the test says, in whatever broken way.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What a test does with the `n`th request (from 0): its head, and the connection to answer on.
type Behaviour = dyn Fn(usize, &str, &mut TcpStream) + Send + Sync;

pub(crate) struct StandIn {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl StandIn {
    /// Behaves as told on a free port of loopback. One connection may bring several requests.
    pub(crate) fn new(behave: impl Fn(usize, &str, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let behave: Arc<Behaviour> = Arc::new(behave);
        let (requests, connections) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
        let (log, count) = (Arc::clone(&requests), Arc::clone(&connections));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                let (behave, log) = (Arc::clone(&behave), Arc::clone(&log));
                std::thread::spawn(move || converse(stream, behave.as_ref(), &log));
            }
        });
        Self { address, requests, connections }
    }

    /// Answers every request alike.
    pub(crate) fn answering(response: String) -> Self {
        Self::new(move |_, _, stream| send(stream, &response))
    }

    /// Answers with JSON.
    pub(crate) fn json(body: &str) -> Self {
        Self::answering(response("200 OK", "application/json", body))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The heads of all requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn converse(mut stream: TcpStream, behave: &Behaviour, log: &Mutex<Vec<String>>) {
    // Somebody who tries TLS first: the connection ends.
    let mut first = [0_u8];
    if stream.peek(&mut first).is_err() || first == [0x16] {
        return;
    }
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut head = String::new();
        while reader.read_line(&mut head).is_ok_and(|n| n > 0) && !head.ends_with("\r\n\r\n") {}
        if head.is_empty() {
            return;
        }
        let n = {
            let mut log = log.lock().unwrap();
            log.push(head.clone());
            log.len() - 1
        };
        behave(n, &head, &mut stream);
    }
}

/// A client that has seen enough hangs up: not the stand-in's trouble.
pub(crate) fn send(stream: &mut TcpStream, text: &str) {
    let _ = stream.write_all(text.as_bytes());
}

pub(crate) fn response(status: &str, media: &str, body: &str) -> String {
    with_headers(status, &format!("Content-Type: {media}\r\n"), body)
}

pub(crate) fn with_headers(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
}

/// The address of a port that refuses connections.
pub(crate) fn closed_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
