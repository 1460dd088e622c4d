//! Who is asking: the credentials that Docker or Podman keep for a registry.
//!
//! In: a reference, and the files and helpers of this user. Out: one credential, wrapped the moment it is read; that there
//! is none; or why nobody can say. It sends nothing.

use super::helper::{self, Answer};
use super::reference::Reference;
use crate::collect::refusal::Refusal;
use crate::evidence::{Cause, Name, Sensitive};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;
use zeroize::Zeroizing;

/// Largest credential file.
const LARGEST: u64 = 1 << 20;

/// What a registry is shown.
pub(super) enum Credential {
    /// `user:password` in base64.
    Basic(Sensitive),
    /// What a token is asked for with.
    Identity(Sensitive),
    /// A token itself.
    Token(Sensitive),
}

#[derive(Deserialize)]
struct File {
    auths: Option<BTreeMap<String, Entry>>,
    #[serde(rename = "credsStore")]
    store: Option<String>,
    #[serde(rename = "credHelpers")]
    helpers: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Entry {
    auth: Option<Sensitive>,
    username: Option<Sensitive>,
    password: Option<Sensitive>,
    #[serde(rename = "identitytoken")]
    identity: Option<Sensitive>,
    #[serde(rename = "registrytoken")]
    token: Option<Sensitive>,
}

/// The first credential that any file has for a reference.
pub(super) fn find(reference: &Reference, limit: Duration) -> Result<Option<Credential>, Refusal> {
    for path in files() {
        if let Some(file) = read(&path)?
            && let Some(found) = in_file(file, reference, limit)?
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Where credentials are kept, the first first.
fn files() -> Vec<PathBuf> {
    let given = |variable: &str| std::env::var_os(variable).filter(|text| !text.is_empty()).map(PathBuf::from);
    if let Some(file) = given("REGISTRY_AUTH_FILE") {
        return vec![file];
    }
    let docker = given("DOCKER_CONFIG").or_else(|| given("HOME").map(|home| home.join(".docker")));
    let podman = given("XDG_RUNTIME_DIR").map(|dir| dir.join("containers/auth.json"));
    docker.map(|dir| dir.join("config.json")).into_iter().chain(podman).collect()
}

fn read(path: &Path) -> Result<Option<File>, Refusal> {
    let wrong = |cause| Refusal::new(cause).because("the file of credentials cannot be read");
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => return Err(wrong(Cause::Denied)),
        Err(_) => return Ok(None),
    };
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|_| wrong(Cause::Malformed))?;
    if bytes.len() as u64 > LARGEST {
        return Err(wrong(Cause::OverLimit));
    }
    serde_json::from_slice(&bytes).map(Some).map_err(|_| wrong(Cause::Malformed))
}

fn in_file(file: File, reference: &Reference, limit: Duration) -> Result<Option<Credential>, Refusal> {
    let keys = [reference.keys(), vec![reference.server().to_owned(), reference.authority().to_owned()]].concat();
    let helpers = file.helpers.unwrap_or_default();
    let own = keys.iter().find_map(|key| named(&helpers, key));
    if let Some(helper) = own.or(file.store.as_ref()).filter(|name| !name.is_empty()) {
        match helper::ask(helper, reference.server(), limit)? {
            Answer::Pair(user, secret) if user.is("<token>") => return Ok(Some(Credential::Identity(secret))),
            Answer::Pair(user, secret) => return Ok(Some(Credential::Basic(Sensitive::basic(&user, &secret)))),
            Answer::Nothing => {}
        }
    }
    let mut entries = file.auths.unwrap_or_default();
    let own = keys.iter().find_map(|key| entries.keys().find(|name| bare(name) == bare(key)).cloned());
    Ok(own.and_then(|key| entries.remove(&key)).and_then(credential))
}

fn named<'a, T>(of: &'a BTreeMap<String, T>, key: &str) -> Option<&'a T> {
    of.iter().find(|(name, _)| bare(name) == bare(key)).map(|(_, value)| value)
}

/// A key without what older versions wrote around the host.
fn bare(key: &str) -> &str {
    let rest = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://"));
    match rest {
        Some(rest) => rest.split('/').next().unwrap_or(rest),
        None => key.trim_end_matches('/'),
    }
}

fn credential(entry: Entry) -> Option<Credential> {
    let told = |text: Option<Sensitive>| text.filter(|text| !text.is_empty());
    if let Some(token) = told(entry.identity) {
        return Some(Credential::Identity(token));
    }
    if let Some(token) = told(entry.token) {
        return Some(Credential::Token(token));
    }
    if let Some(pair) = told(entry.auth) {
        return Some(Credential::Basic(pair));
    }
    let (user, password) = (told(entry.username)?, told(entry.password)?);
    Some(Credential::Basic(Sensitive::basic(&user, &password)))
}

/// What helps where nobody was let in.
pub(super) fn none_here() -> Refusal {
    Refusal::new(Cause::Denied)
        .because("no credentials for this registry: log in with docker login or podman login")
        .with("key", Name::fixed("DOCKER_CONFIG or REGISTRY_AUTH_FILE"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(json: &serde_json::Value, reference: &str) -> Option<&'static str> {
        let file = serde_json::from_value(json.clone()).unwrap();
        let reference = Reference::parse(reference).unwrap();
        let found = in_file(file, &reference, Duration::from_secs(1)).unwrap()?;
        ["bare", "near", "far"].into_iter().find(|word| match &found {
            Credential::Basic(pair) => pair.is(word),
            Credential::Identity(token) | Credential::Token(token) => token.is(word),
        })
    }

    #[test]
    fn docker_hub_has_a_key_of_its_own_and_others_have_none_of_it() {
        let hub = serde_json::json!({ "auths": { "https://index.docker.io/v1/": { "auth": "bare" } } });
        for reference in ["alpine", "docker.io/team/app:1", "index.docker.io/team/app"] {
            assert_eq!(kept(&hub, reference), Some("bare"), "{reference}");
        }
        for reference in ["r.example.org/alpine", "docker.io.example.org/x", "quay.io/index.docker.io/x"] {
            assert_eq!(kept(&hub, reference), None, "{reference}");
        }
    }

    #[test]
    fn the_nearest_entry_counts() {
        let json = serde_json::json!({ "auths": {
            "r.example.org": { "auth": "far" }, "r.example.org/team": { "identitytoken": "near", "auth": "bare" },
        } });
        assert_eq!(kept(&json, "r.example.org/team/app"), Some("near"));
        assert_eq!(kept(&json, "r.example.org/other/app"), Some("far"));
        assert_eq!(kept(&json, "r.example.org:5000/team/app"), None, "another port is another registry");
    }
}
