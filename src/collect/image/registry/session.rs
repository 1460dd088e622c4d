//! Requests to one registry: what is sent where, what is followed, what is tried again, and when it is given up.
//!
//! In: a reference and paths below its repository. Out: answers that are one, or why there is none. TLS always, but for
//! this machine itself; credentials to the registry itself, whoever it redirects to. It knows no image.

use super::login::Login;
use super::reference::{Reference, is_loopback};
use super::wire::Wire;
use crate::collect::http;
use crate::collect::refusal::Refusal;
use crate::evidence::{Cause, Name, Stop};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_RANGE, LOCATION, RANGE, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, Url};
use std::time::Duration;
use zeroize::Zeroizing;

/// How often one thing is asked for.
const ATTEMPTS: u32 = 5;
/// The first pause; each is twice the one before.
const PAUSE: Duration = Duration::from_millis(200);
/// The longest that a registry may ask to wait.
const PATIENCE: Duration = Duration::from_mins(1);
/// Redirects of one request.
const REDIRECTS: usize = 5;

/// The manifests that are understood, and the first form, which is then refused by its name.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json, \
    application/vnd.docker.distribution.manifest.v1+prettyjws;q=0.1";

/// One registry, asked for one repository.
pub(super) struct Session {
    wire: Wire,
    client: Client,
    /// `https://HOST/v2/NAME/`.
    base: Url,
    login: Login,
}

impl Session {
    /// Finds out how the registry is reached.
    pub(super) fn open(reference: Reference, limit: Duration, stop: Stop) -> Result<Self, Refusal> {
        let wire = Wire::new(limit, stop)?;
        let local = Url::parse(&format!("https://{}/", reference.authority()))
            .is_ok_and(|url| url.host_str().is_some_and(is_loopback));
        let client = client(limit, local)?;
        let scheme = if local && !speaks_tls(&wire, &client, reference.authority())? { "http" } else { "https" };
        let base = Url::parse(&format!("{scheme}://{}/v2/{}/", reference.authority(), reference.name));
        let base = base.map_err(|_| Refusal::new(Cause::Malformed))?;
        Ok(Self { wire, client, base, login: Login::new(reference) })
    }

    /// An answer to `GET /v2/NAME/PATH`, from a byte on.
    pub(super) fn get(&self, path: &str, from: u64) -> Result<Response, Refusal> {
        let operation = if path.starts_with("manifests/") { "GET manifest" } else { "GET blob" };
        let mut logged_in = false;
        loop {
            let answer = self.retried(operation, || self.followed(path, from))?;
            let status = answer.response.status().as_u16();
            if status == 401 && answer.at_home && !logged_in {
                logged_in = true;
                self.login.answer(self, answer.response.headers())?;
            } else if matches!(status, 200 | 206) {
                return Ok(answer.response);
            } else {
                let why =
                    if logged_in && matches!(status, 401 | 403) { self.login.denied(status) } else { refused(status) };
                return Err(why.with("operation", Name::fixed(operation)));
            }
        }
    }

    /// How long anybody is waited for.
    pub(super) fn limit(&self) -> Duration {
        self.wire.limit
    }

    /// The whole of a small answer.
    pub(super) fn body(&self, mut response: Response, limit: u64) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let mut bytes = Zeroizing::new(Vec::new());
        while let Some(chunk) = self.chunk(&mut response)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 > limit {
                return Err(Refusal::new(Cause::OverLimit));
            }
        }
        Ok(bytes)
    }

    /// The next bytes of an answer; `None` at its end.
    pub(super) fn chunk(&self, response: &mut Response) -> Result<Option<Zeroizing<Vec<u8>>>, Refusal> {
        let chunk = self.wire.wait(response.chunk())?;
        chunk.map(|chunk| chunk.map(|bytes| Zeroizing::new(bytes.to_vec()))).map_err(|error| sort(&error))
    }

    /// Does something again after a pause, as long as it breaks off.
    pub(super) fn again<T>(&self, work: impl Fn() -> Result<T, Refusal>) -> Result<T, Refusal> {
        let mut attempt = 0;
        loop {
            match work() {
                Err(why) if why.cause == Cause::Truncated && attempt + 1 < ATTEMPTS => self.pause(attempt)?,
                other => return other,
            }
            attempt += 1;
        }
    }

    /// The pause after an attempt; the first is number 0.
    pub(super) fn pause(&self, attempt: u32) -> Result<(), Refusal> {
        self.wire.pause(PAUSE * 2_u32.pow(attempt.min(ATTEMPTS)))
    }

    /// Sends until there is an answer that another try would not change.
    pub(super) fn retried(
        &self,
        operation: &'static str,
        send: impl Fn() -> Result<Answer, Refusal>,
    ) -> Result<Answer, Refusal> {
        let mut attempt = 0;
        loop {
            let (why, wait) = match send() {
                Ok(answer) if is_passing(answer.response.status().as_u16()) => {
                    (refused(answer.response.status().as_u16()), wanted_pause(&answer.response))
                }
                Ok(answer) => return Ok(answer),
                Err(why) if why.cause == Cause::Truncated => (why, None),
                Err(why) => return Err(why.with("operation", Name::fixed(operation))),
            };
            attempt += 1;
            if attempt == ATTEMPTS || wait.is_some_and(|wait| wait > PATIENCE) {
                let why = why.with("attempts", Name::number(u64::from(attempt)));
                return Err(why.with("operation", Name::fixed(operation)));
            }
            match wait {
                Some(wait) => self.wire.pause(wait)?,
                None => self.pause(attempt - 1)?,
            }
        }
    }

    /// One request of the login: to where tokens are given, which follows nothing.
    pub(super) fn ask(&self, url: &Url, with: impl Fn(&Client) -> RequestBuilder) -> Result<Answer, Refusal> {
        self.retried("GET token", || {
            let plain = url.scheme() == "http";
            let local = url.host_str().is_some_and(is_loopback);
            if plain && !(local && self.base.scheme() == "http") || !matches!(url.scheme(), "http" | "https") {
                return Err(Refusal::new(Cause::Untrusted).because("tokens are given without TLS"));
            }
            Ok(Answer { response: self.send(with(&self.client))?, at_home: false })
        })
    }

    fn send(&self, request: RequestBuilder) -> Result<Response, Refusal> {
        self.wire.wait(async { request.send().await })?.map_err(|error| sort(&error))
    }

    fn followed(&self, path: &str, from: u64) -> Result<Answer, Refusal> {
        let mut url = self.base.join(path).map_err(|_| Refusal::new(Cause::Malformed))?;
        for _ in 0..=REDIRECTS {
            let at_home = url.origin() == self.base.origin();
            let mut request = self.client.get(url.clone());
            if path.starts_with("manifests/") {
                request = request.header(ACCEPT, MANIFESTS);
            }
            if from > 0 {
                request = request.header(RANGE, format!("bytes={from}-"));
            }
            if let Some(header) = self.login.header().filter(|_| at_home) {
                request = request.header(AUTHORIZATION, header);
            }
            let response = self.send(request)?;
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok(Answer { response, at_home });
            }
            url = next(&url, &response)?;
        }
        Err(Refusal::new(Cause::Refused).because("a redirect that leads nowhere"))
    }
}

/// An answer.
pub(super) struct Answer {
    pub(super) response: Response,
    /// Whether the registry itself gave it, not whoever it redirected to.
    pub(super) at_home: bool,
}

fn client(limit: Duration, local: bool) -> Result<Client, Refusal> {
    let builder = || http::client(limit / 2).connect_timeout(limit).https_only(!local);
    let built = builder().build();
    // This machine must be reached on one without trust roots too.
    let built = if local { built.or_else(|_| builder().tls_certs_only([]).build()) } else { built };
    built.map_err(|_| Refusal::new(Cause::Untrusted).with("tls", Name::fixed("no-trust-roots")))
}

/// Whether this machine's registry speaks TLS. One whose certificate is not trusted does: it is not asked without.
fn speaks_tls(wire: &Wire, client: &Client, authority: &str) -> Result<bool, Refusal> {
    let request = client.get(format!("https://{authority}/v2/"));
    match wire.wait(async { request.send().await })? {
        Ok(_) => Ok(true),
        Err(error) => match http::own_trouble(&error) {
            Some((Cause::Untrusted, code)) if code != http::NOT_TLS => Err(sort(&error)),
            _ => Ok(false),
        },
    }
}

/// Where a redirect leads. Nothing leads from TLS to none, and nothing without TLS away from this machine.
fn next(from: &Url, response: &Response) -> Result<Url, Refusal> {
    let location = response.headers().get(LOCATION).and_then(|text| text.to_str().ok());
    let to = location.and_then(|text| from.join(text).ok());
    let to = to.filter(|to| to.username().is_empty() && to.password().is_none());
    let to = to.ok_or_else(|| Refusal::new(Cause::Malformed).because("a redirect to nowhere"))?;
    let local = to.host_str().is_some_and(is_loopback);
    match to.scheme() {
        "https" => Ok(to),
        "http" if from.scheme() == "http" && local => Ok(to),
        _ => Err(Refusal::new(Cause::Untrusted).because("a redirect to where there is no TLS")),
    }
}

/// Whether an answer may be another one in a while.
fn is_passing(status: u16) -> bool {
    status == 429 || status >= 500
}

fn wanted_pause(response: &Response) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

/// Where the bytes of a partial answer begin.
pub(super) fn begins_at(response: &Response) -> Option<u64> {
    let text = response.headers().get(CONTENT_RANGE)?.to_str().ok()?;
    text.strip_prefix("bytes ")?.split('-').next()?.trim().parse().ok()
}

/// What a status means.
pub(super) fn refused(status: u16) -> Refusal {
    let cause = match status {
        401 | 403 => Cause::Denied,
        404 => Cause::NotFound,
        _ => Cause::Refused,
    };
    Refusal::new(cause).with("status", Name::number(u64::from(status)))
}

/// What an error of the HTTP library means; never its text.
fn sort(error: &reqwest::Error) -> Refusal {
    if let Some((cause, code)) = http::own_trouble(error) {
        return Refusal::new(cause).with(if code == "dns" { "lookup" } else { "tls" }, Name::fixed(code));
    }
    let cause = match () {
        () if error.is_timeout() => Cause::Timeout,
        () if error.is_connect() || error.is_builder() => Cause::Refused,
        () => Cause::Truncated,
    };
    Refusal::new(cause)
}
