//! What `docker inspect` says of a container, wrapped.
//!
//! In: pieces of it. Out: [`Container`]s and [`Image`]s, whoever read them. It judges nothing.

use super::mounts::Mounts;
use super::seen::Seen;
use crate::collect::oci_config::{FilePath, OciConfig, Pairs, Words};
use crate::collect::refusal::Refusal;
use crate::evidence::{Name, Sensitive};

/// What engines call a container's states.
pub(super) static STATES: [&str; 8] =
    ["created", "running", "paused", "restarting", "removing", "exited", "dead", "unknown"];

/// The word of ours for an engine's.
pub(super) fn state(word: &str) -> &'static str {
    STATES.into_iter().find(|known| known.eq_ignore_ascii_case(word)).unwrap_or("unknown")
}

/// A container as far as it can carry a secret.
pub(super) struct Container {
    /// Its id.
    #[cfg(feature = "docker")]
    pub(super) id: Option<Name>,
    /// The id of the swarm's task that it is, if an engine said so.
    #[cfg(feature = "docker")]
    pub(super) task: Option<String>,
    /// Its name without the leading slash.
    pub(super) name: Name,
    /// The id of the image it was made from.
    pub(super) image: Option<Name>,
    /// The image as it was named when the container was made.
    pub(super) reference: Option<Name>,
    /// The manifest of the image's platform, where the engine says it.
    pub(super) manifest: Option<Name>,
    /// That platform.
    pub(super) platform: Option<Name>,
    /// The storage driver.
    pub(super) driver: Option<Name>,
    /// Whether it runs.
    pub(super) running: bool,
    /// Whether it has processes, and what it keeps in memory is there: it runs, is paused, or is being restarted.
    pub(super) alive: bool,
    /// One of [`STATES`].
    pub(super) state: &'static str,
    /// How often the engine started it again by itself; unknown if the source does not say.
    pub(super) restarts: Option<u64>,
    /// Environment, command, labels, health check.
    pub(super) config: OciConfig,
    /// `Path` and `Args`.
    pub(super) arguments: Words,
    /// Options of the log driver.
    pub(super) log_options: Pairs,
    /// What is mounted from the host.
    pub(super) mounts: Vec<Bind>,
    /// What is mounted, from wherever.
    pub(super) mounted: Mounts,
    /// What was seen of its files, if anybody asked.
    pub(super) files: Option<Result<Seen, Refusal>>,
    /// Texts that have no place of their own: errors, health checks' output, security options.
    pub(super) others: Vec<Sensitive>,
    /// Options and annotations.
    pub(super) options: Vec<Pairs>,
    /// The arguments of exec sessions that were looked up.
    pub(super) execs: Vec<Words>,
    /// How many exec sessions are known only by id.
    pub(super) execs_unknown: usize,
}

impl Container {
    /// Whether a swarm started it.
    pub(super) fn in_swarm(&self) -> bool {
        self.config.labels.get("com.docker.swarm.task.id").is_some()
    }

    /// The number of the user that its processes run as; none where a name stands, which only the container can tell.
    pub(super) fn user(&self) -> Option<u64> {
        let Some(user) = self.config.user.0.first().filter(|user| !user.is_empty()) else { return Some(0) };
        let name = user.name().ok()?;
        name.as_str().split(':').next()?.parse().ok()
    }
}

/// An image as far as a container's environment can come from it.
pub(super) struct Image {
    /// Its id.
    pub(super) id: Option<Name>,
    /// The digests under which registries know it.
    pub(super) digests: Vec<Name>,
    /// What the id is a digest of, where the engine says it.
    pub(super) id_is: Option<&'static str>,
    /// Its platform.
    pub(super) platform: Option<Name>,
    /// Its environment.
    pub(super) env: Vec<Sensitive>,
}

impl Image {
    /// Whether it has this id, or is known under it.
    pub(super) fn is(&self, id: Option<&Name>) -> bool {
        let bare = |name: &Name| name.as_str().trim_start_matches("sha256:").to_owned();
        id.is_some_and(|id| self.id.iter().chain(&self.digests).any(|own| bare(own) == bare(id)))
    }
}

/// Both sides of a mount from the host; in `Binds` they stand as `SOURCE:TARGET[:MODE]`.
pub(super) struct Bind {
    pub(super) source: Option<FilePath>,
    pub(super) destination: Option<FilePath>,
}

impl Bind {
    pub(super) fn read(text: &str) -> Self {
        let (source, destination) = Self::sides(text);
        Self { source: Some(FilePath::new(source)), destination: destination.map(FilePath::new) }
    }

    /// The source, and the destination where one stands.
    pub(super) fn sides(text: &str) -> (&str, Option<&str>) {
        // A drive's colon separates nothing.
        let drive = |text: &str| {
            let bytes = text.as_bytes();
            bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && matches!(bytes[2], b'/' | b'\\')
        };
        let end = |text: &str| {
            let from = if drive(text) { 2 } else { 0 };
            text[from..].find(':').map_or(text.len(), |at| from + at)
        };
        let source = &text[..end(text)];
        let rest = text[source.len()..].strip_prefix(':');
        (source, rest.map(|rest| &rest[..end(rest)]))
    }
}

/// The engine's names begin with a slash.
pub(super) fn container_name(name: &Sensitive, ordinal: usize) -> Name {
    let Ok(name) = name.name() else { return Name::withheld("container", ordinal + 1) };
    Name::admit_or(name.as_str().trim_start_matches('/'), "container", ordinal + 1)
}

/// `sha256:…`, also behind `repository@`.
pub(super) fn digest(text: &Sensitive) -> Option<Name> {
    // Podman writes ids without the algorithm.
    if let Ok(digest) = text.digest() {
        return Some(digest);
    }
    let name = text.name().ok()?;
    let text = name.as_str();
    Name::digest(text.rsplit_once('@').map_or(text, |(_, digest)| digest)).ok()
}
