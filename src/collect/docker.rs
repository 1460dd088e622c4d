//! The connection to a Docker engine that the live collectors share. Not a collector.
//!
//! In: where the configuration says the engine is. Out: a connection with a limit of our own around every
//! call, and failures as causes with hints of ours. GET only. It knows no kind of evidence, and nothing of
//! what a server wrote in an error ever leaves it.
//!
//! Versions on the wire: bollard 0.21 builds `/v1.53/…` and then joins the bare path over it, so it really
//! sends `GET /containers/json` and every engine answers in its own newest dialect. That hides what was
//! agreed on, so the path is prefixed here with the version that `/version` allows: the newest that both know.

mod address;
mod identity;
#[cfg(unix)]
mod labels;
mod link;
mod pour;

use super::refusal::Refusal;
use crate::config;
use crate::evidence::{Cause, Name};
use address::Address;
use bollard::errors::Error;
use bollard::{API_DEFAULT_VERSION, BollardRequest, Docker};
use futures_util::{Stream, StreamExt};
use identity::Identity;
use std::time::Duration;
use zeroize::Zeroizing;

pub(super) use pour::Chunks;

/// The oldest API that is understood: Engine 20.10.
const OLDEST: Version = Version(1, 41);

/// Most bytes of one image's inspect.
const INSPECT_BYTES: usize = 16 << 20;

/// An API version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version(usize, usize);

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.')?;
        Some(Self(major.parse().ok()?, minor.parse().ok()?))
    }

    fn newest() -> Self {
        Self(API_DEFAULT_VERSION.major_version, API_DEFAULT_VERSION.minor_version)
    }

    fn shown(self) -> Name {
        Name::admit_or(&format!("{}.{}", self.0, self.1), "version", 1)
    }
}

/// A connected engine.
pub(super) struct Engine {
    docker: Docker,
    /// The version in the paths; none where a proxy denies `/version`.
    version: Option<Version>,
    limit: Duration,
    who: Identity,
    /// What identifies it: `daemon_id`, `daemon_name`, `daemon_version`, `api_version`.
    pub(super) identity: Vec<(&'static str, Name)>,
}

impl Engine {
    /// Connects, agrees on a version, and asks the engine who it is.
    pub(super) async fn connect(config: &config::Docker) -> Result<Self, Refusal> {
        let address = Address::current(config)?;
        let who = Identity { local: matches!(address, Address::Unix(_)), name: None };
        let docker = open(&address, config.timeout)?;
        let mut engine = Self { docker, version: None, limit: config.timeout, who, identity: Vec::new() };
        engine.agree().await?;
        engine.introduce().await;
        Ok(engine)
    }

    /// bollard's client, for calls that go through [`Engine::ask`].
    pub(super) fn api(&self) -> &Docker {
        &self.docker
    }

    /// Awaits one call within our limit. The operation is ours: no id and no name in it.
    pub(super) async fn ask<T>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Refusal> {
        let answer = match tokio::time::timeout(self.limit, call).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => refusal(&error),
            Err(_) => Refusal::new(Cause::Timeout),
        };
        Err(answer.with("operation", Name::fixed(operation)))
    }

    /// The next part of a stream, each within our limit; `None` at its end.
    pub(super) async fn next<T>(
        &self,
        operation: &'static str,
        stream: &mut (impl Stream<Item = Result<T, Error>> + Unpin),
    ) -> Result<Option<T>, Refusal> {
        self.ask(operation, async { stream.next().await.transpose() }).await
    }

    /// An image's inspect as it came: bollard's models leave out what only old engines say. bollard has no call
    /// for bytes from this path, so one from beside it is sent there.
    pub(super) async fn inspect_image(&self, id: &Name) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let version = self.version;
        let docker = self.docker.clone().with_request_modifier(move |request| {
            let request = moved(request, |path| path.strip_suffix("/get").map(|image| format!("{image}/json")));
            version.into_iter().fold(request, versioned)
        });
        let mut stream = docker.export_image(id.as_str());
        let whole = async {
            let mut bytes = Zeroizing::new(Vec::new());
            while let Some(chunk) = stream.next().await {
                bytes.extend_from_slice(&chunk?);
                if bytes.len() > INSPECT_BYTES {
                    return Ok(None);
                }
            }
            Ok(Some(bytes))
        };
        let bytes = self.ask("GET /images/{name}/json", whole).await?;
        bytes.ok_or_else(|| Refusal::new(Cause::OverLimit))
    }

    /// The newest version that both sides know. A proxy may deny `/version`: then paths stay unversioned.
    async fn agree(&mut self) -> Result<(), Refusal> {
        let answer = match self.ask("GET /version", self.docker.version()).await {
            Ok(answer) => answer,
            Err(refused) if refused.cause == Cause::Denied => return Ok(()),
            Err(refused) => return Err(refused),
        };
        let newest = answer.api_version.as_deref().and_then(Version::parse);
        let newest =
            newest.ok_or_else(|| Refusal::new(Cause::Malformed).with("operation", Name::fixed("GET /version")))?;
        let oldest = answer.min_api_version.as_deref().and_then(Version::parse).unwrap_or(Version(1, 0));
        let version = common(oldest, newest)?;
        self.version = Some(version);
        self.docker = self.docker.clone().with_request_modifier(move |request| versioned(request, version));
        self.identity.push(("api_version", version.shown()));
        if let Some(release) = answer.version {
            self.identity.push(("daemon_version", Name::admit_or(&release, "version", 1)));
        }
        Ok(())
    }

    /// Who answers: a runner's own daemon is not production's. What a proxy denies stays unknown.
    async fn introduce(&mut self) {
        let info = self.ask("GET /info", self.docker.info()).await.ok();
        let (id, name) = info.map_or((None, None), |info| (info.id, info.name));
        let known =
            |text: Option<String>| text.filter(|text| !text.is_empty()).map(|text| Name::admit_or(&text, "daemon", 1));
        let unknown = Name::fixed("(unknown)");
        self.who.name = known(name);
        self.identity.push(("daemon_id", known(id).unwrap_or(unknown.clone())));
        self.identity.push(("daemon_name", self.who.name.clone().unwrap_or(unknown)));
    }

    /// Why this may not be the engine that was meant, if it may not. `pinned`: the image that must run is declared.
    pub(super) fn doubt(&self, config: &config::Docker, runner: bool, pinned: bool) -> Option<Refusal> {
        self.who.doubt(config.name.as_ref(), runner, pinned)
    }
}

fn common(oldest: Version, newest: Version) -> Result<Version, Refusal> {
    let version = newest.min(Version::newest());
    if version >= OLDEST.max(oldest) {
        return Ok(version);
    }
    Err(Refusal::new(Cause::Version)
        .with("operation", Name::fixed("GET /version"))
        .with("client_version", OLDEST.shown().joined(" to ", &Version::newest().shown()))
        .with("server_version", oldest.shown().joined(" to ", &newest.shown())))
}

fn versioned(request: BollardRequest, version: Version) -> BollardRequest {
    moved(request, |path| Some(format!("/v{}.{}{path}", version.0, version.1)))
}

/// The same request to another path of the same engine.
fn moved(mut request: BollardRequest, to: impl Fn(&str) -> Option<String>) -> BollardRequest {
    let uri = request.uri();
    if let (Some(scheme), Some(authority), Some(path)) = (uri.scheme_str(), uri.authority(), uri.path_and_query()) {
        let uri = to(path.as_str()).and_then(|path| format!("{scheme}://{authority}{path}").parse().ok());
        if let Some(uri) = uri {
            *request.uri_mut() = uri;
        }
    }
    request
}

fn open(address: &Address, limit: Duration) -> Result<Docker, Refusal> {
    // Ours ends first; bollard's own limit is only a second net.
    let seconds = limit.as_secs() + 2;
    let opened = match address {
        #[cfg(unix)]
        Address::Unix(path) => Docker::connect_with_unix(path, seconds, API_DEFAULT_VERSION),
        #[cfg(not(unix))]
        Address::Unix(_) => return Err(Refusal::new(Cause::Unsupported).with("key", Name::fixed("docker.host"))),
        Address::Tcp(host) => Docker::connect_with_http(host, seconds, API_DEFAULT_VERSION),
    };
    opened.map_err(|error| refusal(&error).with("operation", Name::fixed("connect")).with("engine", address.shown()))
}

/// The error's kind, never its text.
fn refusal(error: &Error) -> Refusal {
    match error {
        Error::DockerResponseServerError { status_code, message } => {
            answered(*status_code, speaks_of_versions(message)).with("status", Name::number(u64::from(*status_code)))
        }
        Error::RequestTimeoutError => Refusal::new(Cause::Timeout),
        Error::SocketNotFoundError(_) => {
            Refusal::new(Cause::NotFound).with("key", Name::fixed("docker.host, DOCKER_HOST or a Docker context"))
        }
        Error::HyperResponseError { .. } => connection(error).unwrap_or(Refusal::new(Cause::Truncated)),
        Error::HyperLegacyError { .. } | Error::IOError { .. } => {
            connection(error).unwrap_or(Refusal::new(Cause::Malformed))
        }
        _ => Refusal::new(Cause::Malformed),
    }
}

/// Engine 29 answers 400 to a client that is too old or too new; only its message says so.
fn speaks_of_versions(message: &str) -> bool {
    message.contains("client version") || message.contains("API version")
}

fn answered(status: u16, version: bool) -> Refusal {
    match status {
        400 if version => Refusal::new(Cause::Version)
            .with("client_version", OLDEST.shown().joined(" to ", &Version::newest().shown())),
        401 | 403 => Refusal::new(Cause::Denied),
        404 => Refusal::new(Cause::NotFound),
        408 | 504 => Refusal::new(Cause::Timeout),
        501 => Refusal::new(Cause::Unsupported),
        _ => Refusal::new(Cause::Refused),
    }
}

/// The operating system's error below an HTTP error, if there is one.
fn connection(error: &Error) -> Option<Refusal> {
    use std::io::ErrorKind;
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            let cause = match io.kind() {
                ErrorKind::PermissionDenied => Cause::Denied,
                ErrorKind::NotFound => Cause::NotFound,
                ErrorKind::TimedOut => Cause::Timeout,
                ErrorKind::UnexpectedEof => Cause::Truncated,
                ErrorKind::InvalidData => Cause::Malformed,
                _ => Cause::Refused,
            };
            let errno = io.raw_os_error().and_then(|code| u64::try_from(code).ok());
            let refusal = Refusal::new(cause);
            return Some(errno.map_or(refusal.clone(), |errno| refusal.with("errno", Name::number(errno))));
        }
        source = inner.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_that_both_know_is_used() {
        assert_eq!(common(Version(1, 12), Version(1, 41)), Ok(Version(1, 41)));
        assert_eq!(common(Version(1, 44), Version(1, 99)), Ok(Version::newest()));
    }

    #[test]
    fn no_common_version_names_both_sides() {
        for (oldest, newest) in [(Version(1, 12), Version(1, 40)), (Version(1, 90), Version(1, 99))] {
            let refusal = common(oldest, newest).unwrap_err();
            assert_eq!(refusal.cause, Cause::Version);
            let text = format!("{refusal:?}");
            assert!(text.contains("client_version") && text.contains("server_version"), "{text}");
        }
    }

    #[test]
    fn a_server_s_words_never_become_hints() {
        let message = "canary-text: client version 1.53 is too new".to_owned();
        let refusal = refusal(&Error::DockerResponseServerError { status_code: 400, message });
        assert_eq!(refusal.cause, Cause::Version);
        assert!(!format!("{refusal:?}").contains("canary-text"));
    }
}
