//! Credential helpers: `docker-credential-NAME get`, run as Docker runs them. The one program that is run for images.
//!
//! In: a helper's name and a registry. Out: a user and a secret, wrapped; that it has none; or that it failed. What it
//! prints goes nowhere else, and what it says of errors is not repeated.

use crate::collect::refusal::Refusal;
use crate::evidence::{Cause, Name, Sensitive};
use serde::Deserialize;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// The most that a helper prints.
const LONGEST: u64 = 64 << 10;
/// What all helpers print where they have nothing, with an exit code of 1.
const NOTHING: &[u8] = b"credentials not found in native keychain";

/// What a helper says.
pub(super) enum Answer {
    /// A user and a secret.
    Pair(Sensitive, Sensitive),
    /// That it has none.
    Nothing,
}

#[derive(Deserialize)]
struct Pair {
    #[serde(rename = "Username")]
    user: Sensitive,
    #[serde(rename = "Secret")]
    secret: Sensitive,
}

/// Asks a helper for what it keeps for a registry.
pub(super) fn ask(name: &str, server: &str, limit: Duration) -> Result<Answer, Refusal> {
    let failed =
        |cause, reason| Refusal::new(cause).because(reason).with("operation", Name::fixed("credential helper"));
    // The name comes from a file and becomes the name of a program.
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if name.len() > 64 || !name.bytes().all(plain) {
        return Err(failed(Cause::Malformed, "the name of a credential helper is no plain word"));
    }
    let mut command = Command::new(format!("docker-credential-{name}"));
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => failed(Cause::NotFound, "the credential helper is not installed"),
        _ => failed(Cause::Denied, "the credential helper cannot be run"),
    })?;
    let (success, said) = converse(&mut child, server, limit)
        .inspect_err(|()| end(&mut child))
        .map_err(|()| failed(Cause::Timeout, "the credential helper did not answer"))?;
    if !success && said.trim_ascii() == NOTHING {
        return Ok(Answer::Nothing);
    }
    if !success {
        return Err(failed(Cause::Denied, "the credential helper failed"));
    }
    let pair: Result<Pair, _> = serde_json::from_slice(&said);
    let pair = pair.map_err(|_| failed(Cause::Malformed, "what the credential helper prints is no credential"))?;
    Ok(Answer::Pair(pair.user, pair.secret))
}

/// Whether it succeeded, and what it printed.
fn converse(child: &mut Child, server: &str, limit: Duration) -> Result<(bool, Zeroizing<Vec<u8>>), ()> {
    let until = Instant::now() + limit;
    if let Some(mut stdin) = child.stdin.take() {
        // One that has ended says so below.
        let _ = stdin.write_all(server.as_bytes());
    }
    let stdout = child.stdout.take().ok_or(())?;
    let (send, receive) = mpsc::channel();
    // A thread of its own: what a helper leaves behind may keep its output open.
    std::thread::spawn(move || {
        let mut said = Zeroizing::new(Vec::new());
        let _ = stdout.take(LONGEST).read_to_end(&mut said);
        let _ = send.send(said);
    });
    let said = receive.recv_timeout(limit).map_err(|_| ())?;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok((status.success(), said)),
            Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(5)),
            _ => return Err(()),
        }
    }
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
