//! References of images in registries, as Docker reads them.
//!
//! In: `HOST[:PORT]/NAME[:TAG][@sha256:HEX]`. Out: its parts, or why it is none. Whatever passes becomes part of a URL,
//! so nothing passes that would change one. It opens nothing.

use crate::collect::image::blobs::blob_path;
use crate::collect::refusal::Refusal;
use crate::evidence::{Cause, Name};
use std::net::IpAddr;

/// Docker Hub as it is written, and the host that answers for it.
const HUB: &str = "docker.io";
const HUB_HOST: &str = "registry-1.docker.io";
/// Under which key Docker keeps the credentials of its Hub.
const HUB_KEY: &str = "https://index.docker.io/v1/";

/// A reference.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reference {
    host: String,
    /// The repository.
    pub(super) name: String,
    tag: Option<String>,
    /// `sha256:HEX`, if it pins one.
    pub(super) digest: Option<String>,
}

impl Reference {
    /// Reads a reference.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let wrong = || {
            Refusal::new(Cause::Malformed)
                .because("not an image reference: HOST[:PORT]/NAME[:TAG][@sha256:…]")
                .with("key", Name::fixed("images"))
        };
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (text, None),
        };
        if digest.as_ref().is_some_and(|digest| !digest.starts_with("sha256:") || blob_path(digest).is_none()) {
            return Err(wrong());
        }
        let (host, path) = match rest.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (host, path),
            _ => (HUB, rest),
        };
        let (name, tag) = match path.rsplit_once(':') {
            Some((name, tag)) => (name, Some(tag.to_owned())),
            None => (path, None),
        };
        let name = if host == HUB && !name.contains('/') { format!("library/{name}") } else { name.to_owned() };
        let tagged = tag.as_deref().is_none_or(is_tag);
        if !is_host(host) || name.len() > 255 || !name.split('/').all(is_component) || !tagged {
            return Err(wrong());
        }
        Ok(Self { host: host.to_owned(), name, tag, digest })
    }

    /// The tag that is asked for; none where a digest is, whatever tag stands in front of it.
    pub(super) fn tag(&self) -> Option<&str> {
        match (&self.tag, &self.digest) {
            (_, Some(_)) => None,
            (tag, None) => Some(tag.as_deref().unwrap_or("latest")),
        }
    }

    /// What the manifest is asked for by.
    pub(super) fn manifest(&self) -> &str {
        self.digest.as_deref().or(self.tag()).unwrap_or_default()
    }

    /// The host that is asked, with its port.
    pub(super) fn authority(&self) -> &str {
        if self.host == HUB || self.host == "index.docker.io" { HUB_HOST } else { &self.host }
    }

    /// What credentials are kept under, the nearest first: Podman may keep them for a part of a registry.
    pub(super) fn keys(&self) -> Vec<String> {
        let whole = format!("{}/{}", self.host, self.name);
        let parts = whole.match_indices('/').map(|(at, _)| whole[..at].to_owned());
        let mut keys: Vec<String> = parts.chain([whole.clone()]).collect();
        keys.reverse();
        keys
    }

    /// What a credential helper is asked for.
    pub(super) fn server(&self) -> &str {
        if self.host == HUB || self.host == "index.docker.io" { HUB_KEY } else { &self.host }
    }
}

/// Whether a host, without brackets, is this machine itself: the only one that may be asked without TLS.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

fn is_host(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    let named = !host.is_empty() && host.bytes().all(known) && !host.starts_with(['.', '-']);
    let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let numbered = inner.is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok());
    (named || numbered) && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

fn is_component(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let ends = |b: Option<u8>| b.is_some_and(letter);
    let known = text.bytes().all(|b| letter(b) || matches!(b, b'.' | b'_' | b'-'));
    known && ends(text.bytes().next()) && ends(text.bytes().last()) && !text.contains("..")
}

fn is_tag(text: &str) -> bool {
    let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (1..=128).contains(&text.len()) && text.bytes().all(known) && !text.starts_with(['.', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_as_docker_reads_them() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        for (text, host, name, manifest) in [
            ("alpine", HUB_HOST, "library/alpine", "latest"),
            ("docker.io/team/app:1", HUB_HOST, "team/app", "1"),
            ("localhost/app", "localhost", "app", "latest"),
            ("127.0.0.1:5000/team/app:1.2", "127.0.0.1:5000", "team/app", "1.2"),
            ("[::1]:5000/app:x", "[::1]:5000", "app", "x"),
            (&format!("r.example.org/a/b/c:1@{digest}"), "r.example.org", "a/b/c", &digest),
        ] {
            let one = Reference::parse(text).unwrap();
            assert_eq!((one.authority(), one.name.as_str(), one.manifest()), (host, name, manifest), "{text}");
        }
        let one = Reference::parse("r.example.org/team/app").unwrap();
        assert_eq!(one.keys(), ["r.example.org/team/app", "r.example.org/team", "r.example.org"]);
        assert_eq!(Reference::parse("alpine").unwrap().server(), HUB_KEY);
    }

    #[test]
    fn a_reference_cannot_leave_its_path() {
        for text in [
            "",
            "r.io/",
            "r.io/../x",
            "r.io/a/../b",
            "r.io/A",
            "r.io/a?x",
            "r.io/a#x",
            "r.io/a b",
            "r.io:0/a",
            "r.io/a:",
            "r.io/a:b/c",
            "r.io/a@sha256:00",
            "r.io/a@md5:00",
            "u@r.io/a",
            "r.io:x/a",
            "[r.io]/a",
            "-r.io/a",
            "r.io/a%2f",
        ] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for host in ["localhost", "127.0.0.1", "127.9.8.7", "[::1]", "::1"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example.org", "10.0.0.1", "127.0.0.1.example.org", "[::2]", "0.0.0.0", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
