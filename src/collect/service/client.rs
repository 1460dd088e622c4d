//! One way to an endpoint: a client that follows nothing, keeps nothing and trusts no environment variable.
//!
//! In: URL, path, an optional pinned address, the probes' limits. Out: one answer per request, or why there
//! is none. It must not know what an answer should say. Errors of the HTTP library quote URLs and peers:
//! only their sort leaves this file.

use super::sample::Outcome;
use crate::collect::http;
use crate::config::Probes;
use crate::evidence::{Cause, Name};
use reqwest::header::{ACCEPT, CACHE_CONTROL, HOST, HeaderMap, HeaderValue};
use reqwest::{Client, ClientBuilder, Proxy, Response, Url};
use std::net::SocketAddr;
use zeroize::Zeroizing;

/// A prepared way to one endpoint.
pub(super) struct Route {
    client: Client,
    url: Url,
    host: Option<HeaderValue>,
    proxied: bool,
}

/// An answer as it came: the body is at most the limit long.
pub(super) struct Answer {
    /// The status.
    pub(super) status: u16,
    /// The headers.
    pub(super) headers: HeaderMap,
    /// The body, or its part up to the limit.
    pub(super) body: Zeroizing<Vec<u8>>,
    /// Whether the body went on beyond the limit.
    pub(super) cut: bool,
}

/// Why there is no answer: an outcome, and a code of ours where it helps.
pub(super) type Failure = (Outcome, Option<Name>);

impl Route {
    /// Prepares a way; nothing is sent yet.
    pub(super) fn new(
        base: &Name,
        path: &Name,
        pin: Option<SocketAddr>,
        probes: &Probes,
    ) -> Result<Self, (Cause, Option<Name>)> {
        let code = |word| Some(Name::fixed(word));
        let mut url = Url::parse(&format!("{base}{path}")).map_err(|_| (Cause::Malformed, code("url")))?;
        let mut builder = policy(url.scheme() == "https", probes);
        let mut host = None;
        if let Some(address) = pin {
            if probes.proxy.is_some() {
                return Err((Cause::Unsupported, code("addresses-with-proxy")));
            }
            host = authority(&url);
            builder = pinned(builder, &mut url, address).ok_or((Cause::Malformed, code("url")))?;
        }
        if let Some(proxy) = &probes.proxy {
            let proxy = Proxy::all(proxy.as_str()).map_err(|_| (Cause::Malformed, code("proxy")))?;
            builder = builder.proxy(proxy);
        }
        // The usual reason why a client cannot be built: no trust roots on this machine.
        let client = builder.build().map_err(|_| (Cause::Untrusted, code("no-trust-roots")))?;
        Ok(Self { client, url, host, proxied: probes.proxy.is_some() })
    }

    /// One GET over a new connection; at most `limit` bytes of body are kept.
    pub(super) async fn get(&self, limit: u64) -> Result<Answer, Failure> {
        let mut request = self.client.get(self.url.clone()).header(CACHE_CONTROL, "no-cache");
        request = request.header(ACCEPT, "application/json, application/*+json;q=0.9, */*;q=0.1");
        if let Some(host) = &self.host {
            request = request.header(HOST, host.clone());
        }
        let response = request.send().await.map_err(|error| match self.sort(&error) {
            (Outcome::Timeout, code) => (Outcome::Silent, code),
            other => other,
        })?;
        self.read(response, limit).await
    }

    async fn read(&self, mut response: Response, limit: u64) -> Result<Answer, Failure> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut answer = Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: Zeroizing::new(Vec::new()),
            cut: false,
        };
        while let Some(chunk) = response.chunk().await.map_err(|error| self.sort(&error))? {
            let room = limit - answer.body.len();
            answer.cut = chunk.len() > room;
            answer.body.extend_from_slice(&chunk[..room.min(chunk.len())]);
            if answer.cut {
                break;
            }
        }
        Ok(answer)
    }

    /// What is the service's failure, and what is our own side's.
    fn sort(&self, error: &reqwest::Error) -> Failure {
        if let Some((cause, code)) = http::own_trouble(error) {
            return (Outcome::Unknown(cause), Some(Name::fixed(code)));
        }
        if error.is_timeout() {
            return (if self.proxied { Outcome::Unknown(Cause::Timeout) } else { Outcome::Timeout }, None);
        }
        if self.proxied && error.is_connect() {
            return (Outcome::Unknown(Cause::Refused), Some(Name::fixed("proxy")));
        }
        (Outcome::Unreachable, None)
    }
}

/// What every request has in common.
fn policy(https: bool, probes: &Probes) -> ClientBuilder {
    let builder = http::client(probes.timeout / 2).pool_max_idle_per_host(0).timeout(probes.timeout);
    // Plain HTTP must work on a machine without trust roots, and never needs them: redirects are off.
    if https { builder.https_only(true) } else { builder.tls_certs_only([]) }
}

/// Sends the request to one address under the service's own name: the name stays in `Host`, and for TLS in
/// SNI and in the certificate check. The URL must lose its port, or it would win over the address's.
fn pinned(builder: ClientBuilder, url: &mut Url, address: SocketAddr) -> Option<ClientBuilder> {
    let builder = builder.http1_only();
    if url.domain().is_some() {
        let name = url.domain()?.to_owned();
        url.set_port(None).ok()?;
        return Some(builder.resolve(&name, address));
    }
    url.set_ip_host(address.ip()).ok()?;
    url.set_port(Some(address.port())).ok()?;
    Some(builder)
}

fn authority(url: &Url) -> Option<HeaderValue> {
    let host = url.host_str()?;
    let text = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    HeaderValue::from_str(&text).ok()
}
