//! Where the engine is: the configuration, else `DOCKER_HOST`, else the current Docker context, else the
//! default socket, in the order of Docker's own client. Reads Docker's client configuration, opens nothing else.

use crate::collect::refusal::Refusal;
use crate::config;
use crate::evidence::{Cause, Name};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Docker's client configuration is small; anything larger is not it.
const LARGEST: u64 = 1 << 20;

/// An address that can be connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// A unix socket.
    Unix(String),
    /// `HOST:PORT`, plain HTTP.
    Tcp(String),
}

#[derive(Deserialize)]
struct ClientConfig {
    #[serde(rename = "currentContext", default)]
    current: String,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "Endpoints", default)]
    endpoints: BTreeMap<String, Endpoint>,
}

#[derive(Deserialize)]
struct Endpoint {
    #[serde(rename = "Host", default)]
    host: String,
}

impl Address {
    /// The address for this configuration and this process's environment.
    pub(super) fn current(config: &config::Docker) -> Result<Self, Refusal> {
        Self::resolve(config.host.as_ref(), |name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn resolve(host: Option<&Name>, env: impl Fn(&str) -> Option<String>) -> Result<Self, Refusal> {
        let tls = env("DOCKER_TLS_VERIFY").is_some();
        if let Some(host) = host {
            return Self::parse(host.as_str(), tls, "docker.host");
        }
        if let Some(host) = env("DOCKER_HOST") {
            return Self::parse(&host, tls, "DOCKER_HOST");
        }
        let home = || env("HOME").or_else(|| env("USERPROFILE")).map(|home| Path::new(&home).join(".docker"));
        let directory = env("DOCKER_CONFIG").map(PathBuf::from).or_else(home);
        let context = env("DOCKER_CONTEXT").or_else(|| current_context(directory.as_deref()?));
        match (context.filter(|context| context != "default"), directory) {
            (Some(context), Some(directory)) => from_context(&directory, &context),
            _ => Ok(Self::Unix("/var/run/docker.sock".to_owned())),
        }
    }

    fn parse(text: &str, tls: bool, key: &'static str) -> Result<Self, Refusal> {
        let unsupported = |why| Err(Refusal::new(Cause::Unsupported).with("key", Name::fixed(key)).because(why));
        if let Some(path) = text.strip_prefix("unix://") {
            return Ok(Self::Unix(path.to_owned()));
        }
        if text.starts_with('/') {
            return Ok(Self::Unix(text.to_owned()));
        }
        let Some(host) = text.strip_prefix("tcp://").or_else(|| text.strip_prefix("http://")) else {
            return unsupported("only unix://, tcp:// and http:// are supported; use a local socket or an SSH tunnel");
        };
        if tls {
            return unsupported("TLS to the engine is not supported; use a local socket or an SSH tunnel");
        }
        let host = host.trim_end_matches('/');
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
        if host.is_empty() || !host.chars().all(plain) {
            return unsupported("not HOST:PORT");
        }
        let ported = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        Ok(Self::Tcp(if ported { host.to_owned() } else { format!("{host}:2375") }))
    }

    /// The address as a name.
    pub(super) fn shown(&self) -> Name {
        match self {
            Self::Unix(path) => Name::admit_or(&format!("unix://{path}"), "address", 1),
            Self::Tcp(host) => Name::admit_or(&format!("tcp://{host}"), "address", 1),
        }
    }
}

fn current_context(directory: &Path) -> Option<String> {
    let config: ClientConfig = serde_json::from_slice(&read(&directory.join("config.json"))?).ok()?;
    Some(config.current).filter(|current| !current.is_empty())
}

fn from_context(directory: &Path, context: &str) -> Result<Address, Refusal> {
    let refused = |cause| Refusal::new(cause).with("docker_context", Name::admit_or(context, "context", 1));
    let id = data_encoding::HEXLOWER.encode(&Sha256::digest(context.as_bytes()));
    let meta = directory.join("contexts/meta").join(&id).join("meta.json");
    let meta = read(&meta).ok_or_else(|| refused(Cause::NotFound))?;
    let meta: Meta = serde_json::from_slice(&meta).map_err(|_| refused(Cause::Malformed))?;
    let host = meta.endpoints.get("docker").map(|endpoint| endpoint.host.as_str()).filter(|host| !host.is_empty());
    let tls = directory.join("contexts/tls").join(&id).join("docker").exists();
    match host {
        Some(host) => Address::parse(host, tls, "Docker context"),
        None => Err(refused(Cause::Malformed)),
    }
}

/// Docker's configuration also holds registry logins: the buffer is wiped.
fn read(path: &Path) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::new());
    let file = std::fs::File::open(path).ok().filter(|file| file.metadata().is_ok_and(|meta| meta.is_file()))?;
    file.take(LARGEST).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(host: Option<&'static str>, env: &[(&str, &str)]) -> Result<Address, Refusal> {
        let env: BTreeMap<String, String> = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Address::resolve(host.map(Name::fixed).as_ref(), |name| env.get(name).cloned())
    }

    #[test]
    fn the_configuration_wins_over_the_environment() {
        let env = [("DOCKER_HOST", "unix:///env.sock")];
        assert_eq!(resolve(Some("tcp://10.0.0.1"), &env), Ok(Address::Tcp("10.0.0.1:2375".into())));
        assert_eq!(resolve(None, &env), Ok(Address::Unix("/env.sock".into())));
        assert_eq!(resolve(None, &[]), Ok(Address::Unix("/var/run/docker.sock".into())));
    }

    #[test]
    fn the_current_context_is_followed_and_docker_host_overrides_it() {
        let home = tempfile::tempdir().unwrap();
        let id = data_encoding::HEXLOWER.encode(&Sha256::digest(b"remote"));
        let meta = home.path().join("contexts/meta").join(id);
        std::fs::create_dir_all(&meta).unwrap();
        let text = r#"{"Name":"remote","Endpoints":{"docker":{"Host":"unix:///ctx.sock","SkipTLSVerify":false}}}"#;
        std::fs::write(meta.join("meta.json"), text).unwrap();
        std::fs::write(home.path().join("config.json"), r#"{"auths":{},"currentContext":"remote"}"#).unwrap();
        let directory = home.path().to_str().unwrap();
        let context = Ok(Address::Unix("/ctx.sock".into()));
        assert_eq!(resolve(None, &[("DOCKER_CONFIG", directory)]), context);
        let both = [("DOCKER_CONFIG", directory), ("DOCKER_HOST", "unix:///env.sock")];
        assert_eq!(resolve(None, &both), Ok(Address::Unix("/env.sock".into())));
        let default = [("DOCKER_CONFIG", directory), ("DOCKER_CONTEXT", "default")];
        assert_eq!(resolve(None, &default), Ok(Address::Unix("/var/run/docker.sock".into())));
        let missing = [("DOCKER_CONFIG", directory), ("DOCKER_CONTEXT", "gone")];
        assert_eq!(resolve(None, &missing).unwrap_err().cause, Cause::NotFound);
    }

    #[test]
    fn tls_and_other_transports_are_unsupported_not_ignored() {
        for (host, env) in [
            ("https://engine:2376", &[][..]),
            ("ssh://deploy@engine", &[]),
            ("tcp://engine:2376", &[("DOCKER_TLS_VERIFY", "1")]),
            ("tcp://engine/path", &[]),
        ] {
            assert_eq!(resolve(Some(host), env).unwrap_err().cause, Cause::Unsupported);
        }
    }
}
