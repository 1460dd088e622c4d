//! A stand-in for an engine: a unix listener that answers paths with fixed texts and remembers what was asked.
//!
//! For what no real engine of the test run does: speak other versions, hang, break off, forget a container.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Mutex};

pub(crate) struct StandIn {
    dir: tempfile::TempDir,
    asked: Arc<Mutex<Vec<String>>>,
}

/// An answer: the path's end, the status, the body.
pub(crate) type Answer = (&'static str, u16, String);

impl StandIn {
    /// Listens and answers. A path that is not listed gets 404.
    pub(crate) fn answering(answers: Vec<Answer>) -> Self {
        Self::start(move |stream, path| {
            let (status, body) = answers
                .iter()
                .find(|(end, _, _)| path.ends_with(end))
                .map_or((404, "{\"message\":\"no such thing\"}"), |(_, status, body)| (*status, body.as_str()));
            let head = format!(
                "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        })
    }

    /// The same, where a path that is listed several times gets one answer after the other, and keeps the last.
    pub(crate) fn answering_in_turn(answers: Vec<Answer>) -> Self {
        let turns: Mutex<Vec<String>> = Mutex::default();
        Self::start(move |stream, path| {
            let mut turns = turns.lock().unwrap();
            let turn = turns.iter().filter(|before| *before == path).count();
            turns.push(path.to_owned());
            let own: Vec<&Answer> = answers.iter().filter(|(end, _, _)| path.ends_with(end)).collect();
            let answer = own.get(turn).or(own.last());
            let (status, body) = answer.map_or((404, "{\"message\":\"no such thing\"}"), |one| (one.1, one.2.as_str()));
            let length = body.len();
            let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        })
    }

    /// Listens, reads, and never answers.
    pub(crate) fn hanging() -> Self {
        Self::start(|_, _| std::thread::sleep(std::time::Duration::from_mins(1)))
    }

    /// Answers with these bytes and closes.
    pub(crate) fn saying(bytes: &'static [u8]) -> Self {
        Self::start(move |stream, _| {
            let _ = stream.write_all(bytes);
        })
    }

    fn start(answer: impl Fn(&mut UnixStream, &str) + Send + Sync + 'static) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(dir.path().join("e.sock")).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answer, log) = (Arc::new(answer), Arc::clone(&asked));
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let (answer, log) = (Arc::clone(&answer), Arc::clone(&log));
                std::thread::spawn(move || {
                    let Some(request) = head(&mut stream) else { return };
                    let line = request.lines().next().unwrap_or_default().to_owned();
                    let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
                    log.lock().unwrap().push(line);
                    answer(&mut stream, target.split('?').next().unwrap_or_default());
                });
            }
        });
        Self { dir, asked }
    }

    /// Its address.
    pub(crate) fn host(&self) -> String {
        format!("unix://{}", self.dir.path().join("e.sock").display())
    }

    /// The request lines so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn head(stream: &mut UnixStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut one = [0_u8; 1];
    while !bytes.ends_with(b"\r\n\r\n") {
        if stream.read(&mut one).ok()? == 0 {
            return None;
        }
        bytes.push(one[0]);
    }
    String::from_utf8(bytes).ok()
}

/// `/version` of an engine that speaks these versions.
pub(crate) fn version(oldest: &str, newest: &str) -> Answer {
    let body = format!(r#"{{"Version":"0.0-stand-in","ApiVersion":"{newest}","MinAPIVersion":"{oldest}"}}"#);
    ("/version", 200, body)
}
