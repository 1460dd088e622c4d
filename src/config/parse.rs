//! From the text to [`Config`]: syntax, schema, then meaning; every problem is collected.

use super::raw::{
    RawBuildLog, RawConfig, RawContainer, RawHost, RawKnownValue, RawLevel, RawProbes, RawRepository, RawRunId,
    RawWaiver,
};
use super::{
    Build, BuildLog, Config, ContainerSelector, Docker, Host, ImageSource, KnownValueFrom, KnownValueSource, Limits,
    Platform, Probes, Registry, Repository, Secret,
};
use crate::evidence::{Document, Name, Node, Problems, Timestamp, Value, check_schema, conforms_to};
use crate::verdict::Waiver;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(RawConfig).to_value();
    schema["title"] = "leakproof.yaml".into();
    schema
}

/// Whether this is how variables of an environment are named. A value that stands here by mistake mixes its letters
/// for the most part, and must not be shown as a name.
fn one_case(name: &str) -> bool {
    let only = |letter: fn(&u8) -> bool| name.bytes().all(|b| letter(&b) || b.is_ascii_digit() || b == b'_');
    only(u8::is_ascii_uppercase) || only(u8::is_ascii_lowercase)
}

pub(super) fn without_file() -> Config {
    let mut reader = Reader { document: "", root: None, base: Path::new(""), problems: Problems::default() };
    let mut config = reader.config(RawConfig::default());
    config.service = None;
    config.file = None;
    config
}

/// Reads a file; `is_rule` says whether a rule of this id exists.
pub(super) fn parse(file: &str, text: &str, base: &Path, is_rule: &dyn Fn(&str) -> bool) -> Result<Config, Problems> {
    let document = Document::parse(file, text)?;
    let mut problems = Problems::default();
    let Some(root) = document.root() else {
        problems.add(file, 0, "is empty: `leakproof init` writes a first configuration");
        return Err(problems);
    };
    if document.roots.len() > 1 {
        problems.add(file, document.roots[1].line, "holds more than one YAML document");
    }
    let conforms = check_schema(&document, root, &schema(), &mut problems);
    refuse_values(file, root, "", &mut problems);
    refuse_unknown_rules(file, root, is_rule, &mut problems);
    // What conforms is read on, so that what it means is reported together with what does not conform.
    let json = if conforms { root.json() } else { conforming(&root.json()) };
    let Ok(raw) = serde_json::from_value::<RawConfig>(json) else {
        if !conforms {
            return problems.or(without_file());
        }
        problems.add(file, root.line, "does not have the shape of a configuration");
        return Err(problems);
    };
    let mut reader = Reader { document: file, root: Some(root), base, problems };
    let mut config = reader.config(raw);
    config.file = Some(Name::admit_or(file, "configuration file", 1));
    reader.problems.or(config)
}

/// The keys that conform to the schema by themselves.
fn conforming(json: &serde_json::Value) -> serde_json::Value {
    let schema = schema();
    let unnamed = || serde_json::Map::from_iter([("service".to_owned(), "unnamed".into())]);
    let mut kept = unnamed();
    for (key, value) in json.as_object().into_iter().flatten() {
        let mut alone = unnamed();
        alone.insert(key.clone(), value.clone());
        let alone = serde_json::Value::Object(alone);
        if conforms_to(&schema, &alone) {
            kept.insert(key.clone(), value.clone());
        }
    }
    serde_json::Value::Object(kept)
}

/// Configuration says where values are. One that stands in it is a mistake, wherever it stands.
fn refuse_values(file: &str, node: &Node, key: &str, problems: &mut Problems) {
    match &node.value {
        Value::Map(entries) => {
            for (key, _, child) in entries {
                refuse_values(file, child, key, problems);
            }
        }
        Value::List(items) => items.iter().for_each(|item| refuse_values(file, item, key, problems)),
        Value::Text(_) if !matches!(key, "fingerprint" | "correlator" | "image_digest" | "digest") => {
            if matches!(node.name(), Some(Err(_))) {
                problems.add(
                    file,
                    node.line,
                    "looks like a secret value: write where the value is kept, never the value",
                );
            }
        }
        _ => {}
    }
}

/// A waiver for a rule that nobody knows waives nothing.
fn refuse_unknown_rules(file: &str, root: &Node, is_rule: &dyn Fn(&str) -> bool, problems: &mut Problems) {
    let waivers = root.get("waivers").map(Node::items).unwrap_or_default();
    for rule in waivers.iter().filter_map(|waiver| waiver.get("rule")) {
        let Some(Ok(id)) = rule.name() else { continue };
        if !is_rule(id.as_str()) {
            problems.add(file, rule.line, format!("unknown rule id `{id}`; `leakproof rules list` shows all"));
        }
    }
}

/// An image as users write it.
pub(super) fn image(text: &str, base: &Path) -> Result<ImageSource, String> {
    let name = |text: &str| Name::admit(text).map_err(|_| "an image reference that looks like a secret".to_owned());
    if let Some(path) = text.strip_prefix("docker-archive:") {
        Ok(ImageSource::DockerArchive(base.join(path)))
    } else if let Some(path) = text.strip_prefix("oci:") {
        Ok(ImageSource::OciLayout(base.join(path)))
    } else if let Some(reference) = text.strip_prefix("registry:") {
        Ok(ImageSource::Registry(name(reference)?))
    } else if text.is_empty() || text.contains(char::is_whitespace) {
        Err("an image is NAME[:TAG|@DIGEST], docker-archive:FILE, oci:DIR or registry:REFERENCE".to_owned())
    } else {
        Ok(ImageSource::Engine(name(text)?))
    }
}

struct Reader<'a> {
    document: &'a str,
    root: Option<&'a Node>,
    base: &'a Path,
    problems: Problems,
}

impl Reader<'_> {
    fn problem(&mut self, pointer: &str, what: impl Into<String>) {
        let line = self.root.map_or(0, |root| root.line_of(pointer));
        self.problems.add(self.document, line, what);
    }

    fn config(&mut self, raw: RawConfig) -> Config {
        let limits = raw.limits.unwrap_or_default();
        let docker = raw.docker.unwrap_or_default();
        let registry = raw.registry.unwrap_or_default();
        Config {
            file: None,
            service: self.name("/service", &raw.service),
            environment: raw.environment.and_then(|text| self.name("/environment", &text)),
            secrets: self.secrets(raw.secrets),
            repositories: raw.repositories.iter().map(|raw| self.repository(raw)).collect(),
            since: None,
            cache: None,
            containers: self.each("containers", &raw.containers, Self::container),
            images: self.each("images", &raw.images, |reader, at, text| {
                image(text, reader.base).map_err(|what| reader.problem(at, what)).ok()
            }),
            platforms: self.each("platforms", &raw.platforms, |reader, at, text| {
                let platform = Platform::parse(text);
                platform.or_else(|| {
                    reader.problem(at, "a platform is OS/ARCH or OS/ARCH/VARIANT");
                    None
                })
            }),
            build_logs: self.build_logs(&raw.build_logs),
            hosts: self.each("hosts", &raw.hosts, Self::host),
            service_url: raw.service_url.and_then(|url| self.service_url(&url)),
            probes: self.probes(raw.probes.unwrap_or_default()),
            known_values: self.each("known_values", &raw.known_values, Self::known_value),
            readers: raw.readers.iter().filter_map(|text| self.name("/readers", text)).collect(),
            deployment: raw.deployment.iter().map(|path| self.base.join(path)).collect(),
            waivers: self.each("waivers", &raw.waivers, Self::waiver),
            unexamined_keys: [("audit", !raw.audit.is_empty()), ("rotation_test", raw.rotation_test.is_some())]
                .into_iter()
                .filter_map(|(key, given)| given.then_some(key))
                .collect(),
            docker: Docker {
                host: docker.host.and_then(|text| self.name("/docker/host", &text)),
                name: docker.name.and_then(|text| self.name("/docker/name", &text)),
                timeout: self.duration("/docker/timeout", docker.timeout.as_deref(), Duration::from_secs(10)),
            },
            registry: Registry {
                timeout: self.duration("/registry/timeout", registry.timeout.as_deref(), Duration::from_secs(30)),
            },
            limits: Limits {
                file_bytes: limits.file_bytes.unwrap_or(10 << 20),
                archive_bytes: limits.archive_bytes.unwrap_or(20 << 30),
                held_bytes: limits.held_bytes.unwrap_or(64 << 20),
                entry_bytes: limits.entry_bytes.unwrap_or(20 << 30),
                layer_files: limits.layer_files.unwrap_or(20_000_000),
                // Text that repeats itself comes to 400.
                ratio: limits.ratio.unwrap_or(800).max(1),
                archive_depth: limits.archive_depth.unwrap_or(4).min(16),
                config_bytes: limits.config_bytes.unwrap_or(8 << 20),
                response_bytes: limits.response_bytes.unwrap_or(64 << 10),
                host_files: limits.host_files.unwrap_or(2_000_000),
            },
        }
    }

    fn each<R, T>(&mut self, key: &str, raw: &[R], read: impl Fn(&mut Self, &str, &R) -> Option<T>) -> Vec<T> {
        raw.iter().enumerate().filter_map(|(i, item)| read(self, &format!("/{key}/{i}"), item)).collect()
    }

    fn name(&mut self, pointer: &str, text: &str) -> Option<Name> {
        let name = Name::admit(text).ok();
        if name.is_none() {
            self.problem(pointer, "looks like a secret value");
        }
        name
    }

    fn secrets(&mut self, raw: Vec<super::raw::RawSecret>) -> Vec<Secret> {
        let mut secrets: Vec<Secret> = Vec::new();
        for (i, secret) in raw.into_iter().enumerate() {
            let at = format!("/secrets/{i}/name");
            let Some(name) = self.name(&at, &secret.name) else { continue };
            if secrets.iter().any(|known| known.name == name) {
                self.problem(&at, format!("secret `{name}` is declared twice"));
            }
            let source = secret.source.and_then(|text| self.source(&format!("/secrets/{i}/source"), &text));
            secrets.push(Secret { name, source, rotate_within_days: secret.rotate_within_days });
        }
        secrets
    }

    fn source(&mut self, pointer: &str, text: &str) -> Option<Name> {
        let known = text.strip_prefix("aws-secretsmanager:").is_some_and(|rest| rest.contains(':'))
            || text.strip_prefix("vault:").is_some_and(|rest| rest.contains('#'))
            || text.strip_prefix("gcp-secretmanager:").is_some_and(|rest| rest.starts_with("projects/"));
        if !known {
            self.problem(
                pointer,
                "a source is aws-secretsmanager:REGION:ID, vault:PATH#KEY or gcp-secretmanager:projects/P/secrets/S",
            );
        }
        self.name(pointer, text)
    }

    fn container(&mut self, at: &str, raw: &RawContainer) -> Option<ContainerSelector> {
        let selector = ContainerSelector {
            name: raw.name.as_ref().and_then(|text| self.name(at, text)),
            label: raw.label.as_ref().and_then(|text| self.name(at, text)),
            compose_project: raw.compose_project.as_ref().and_then(|text| self.name(at, text)),
            inspect_file: raw.inspect_file.as_ref().map(|path| self.base.join(path)),
            image_digest: raw
                .image_digest
                .as_ref()
                .and_then(|text| self.whole_digest(&format!("{at}/image_digest"), text)),
            memory_backed: raw.memory_backed.clone(),
            files_archive: raw.files_archive.as_ref().map(|path| self.base.join(path)),
            mount_archives: raw.mount_archives.iter().map(|(at, file)| (at.clone(), self.base.join(file))).collect(),
        };
        if !raw.memory_backed.iter().flatten().chain(raw.mount_archives.keys()).all(|path| path.starts_with('/')) {
            self.problem(at, "memory_backed and mount_archives name paths in the container: each begins with /");
        }
        if selector.inspect_file.is_none() && (selector.files_archive.is_some() || !selector.mount_archives.is_empty())
        {
            self.problem(at, "files_archive and mount_archives belong beside an inspect_file");
        }
        let selectors = [&selector.name, &selector.label, &selector.compose_project];
        match selectors.iter().filter(|s| s.is_some()).count() {
            0 if selector.inspect_file.is_none() => {
                self.problem(at, "give one of name, label, compose_project or inspect_file");
                None
            }
            0 | 1 => Some(selector),
            _ => {
                self.problem(at, "give only one of name, label and compose_project");
                None
            }
        }
    }

    fn build_logs(&mut self, raw: &[RawBuildLog]) -> Vec<BuildLog> {
        let logs =
            self.each("build_logs", raw, |reader, at, log| reader.build_log(at, log).map(|log| (at.to_owned(), log)));
        let mut seen = BTreeSet::new();
        for (at, log) in &logs {
            // Each log is a target of its own, under its file's name.
            if !seen.insert(&log.file) {
                self.problem(at, "a build log is declared once: its file is declared above");
            }
        }
        logs.into_iter().map(|(_, log)| log).collect()
    }

    fn build_log(&mut self, at: &str, raw: &RawBuildLog) -> Option<BuildLog> {
        if raw.file.is_empty() {
            self.problem(&format!("{at}/file"), "names no file");
        }
        let image = raw.image.as_ref().and_then(|text| self.name(&format!("{at}/image"), text));
        let build = match (&raw.digest, &raw.run_id) {
            (Some(digest), None) => Build::Digest(self.whole_digest(&format!("{at}/digest"), digest)?),
            (None, Some(RawRunId::Number(id))) => Build::Run(Name::number(*id)),
            (None, Some(RawRunId::Text(id))) => Build::Run(self.run_id(&format!("{at}/run_id"), id)?),
            _ => {
                self.problem(at, "give exactly one of digest and run_id");
                return None;
            }
        };
        let pinned = raw.image.as_ref().and_then(|image| image.rsplit_once('@'));
        if let (Some((_, pinned)), Build::Digest(digest)) = (pinned, &build)
            && pinned != digest.as_str()
        {
            self.problem(&format!("{at}/image"), "names another digest than `digest`");
        }
        Some(BuildLog { file: self.base.join(&raw.file), build, image })
    }

    fn whole_digest(&mut self, at: &str, text: &str) -> Option<Name> {
        let digest = Name::digest(text).ok().filter(|_| text.len() == 71 && text.starts_with("sha256:"));
        if digest.is_none() {
            self.problem(at, "must be sha256: and 64 hexadecimal digits");
        }
        digest
    }

    /// Ids of runs are numbers nearly everywhere; a short one would be found in any log.
    fn run_id(&mut self, at: &str, text: &str) -> Option<Name> {
        let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        if !plain {
            self.problem(at, "must be the run's id: letters, digits, `-`, `_` and `.`");
            return None;
        }
        self.name(at, text)
    }

    fn repository(&self, raw: &RawRepository) -> Repository {
        let (path, server_side) = match raw {
            RawRepository::Path(path) => (path, false),
            RawRepository::Level { path, level } => (path, matches!(level, RawLevel::ServerSide)),
        };
        Repository { path: self.base.join(path), server_side }
    }

    fn host(&mut self, at: &str, raw: &RawHost) -> Option<Host> {
        match (&raw.local, &raw.ssh) {
            (Some(local), None) => Some(Host::Local {
                directories: local.directories.iter().map(|path| self.base.join(path)).collect(),
                root: local.root.as_ref().map_or_else(|| PathBuf::from("/"), |root| self.base.join(root)),
                hostname: local.hostname.as_ref().and_then(|text| self.name(&format!("{at}/local/hostname"), text)),
            }),
            (None, Some(destination)) => Some(Host::Ssh {
                destination: self.name(at, destination)?,
                directories: raw.directories.iter().map(PathBuf::from).collect(),
            }),
            _ => {
                self.problem(at, "give exactly one of local and ssh");
                None
            }
        }
    }

    fn service_url(&mut self, text: &str) -> Option<Name> {
        let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
        match rest {
            Some(rest) if !rest.is_empty() && !rest.contains(['?', '#', '@', ' ']) => {
                self.name("/service_url", text.trim_end_matches('/'))
            }
            _ => {
                self.problem("/service_url", "must be http://HOST[:PORT][/PATH] or https://…, without query or user");
                None
            }
        }
    }

    fn probes(&mut self, raw: RawProbes) -> Probes {
        let health = raw.health.unwrap_or_default();
        let ready = raw.ready.unwrap_or_default();
        let default_ready = [("redis_denylist", "ok"), ("database", "ok")];
        Probes {
            deadline: self.duration("/probes/deadline", raw.deadline.as_deref(), Duration::from_secs(20)),
            timeout: self.duration("/probes/timeout", raw.timeout.as_deref(), Duration::from_secs(5)),
            interval: self.duration("/probes/interval", raw.interval.as_deref(), Duration::from_millis(250)),
            successes: raw.successes.unwrap_or(3),
            proxy: raw.proxy.and_then(|text| self.name("/probes/proxy", &text)),
            addresses: self.each("probes/addresses", &raw.addresses, |reader, at, text| {
                text.parse().map_err(|_| reader.problem(at, "must be IP:PORT")).ok()
            }),
            headers: self.expected("/probes/headers", Some(raw.headers), &[]),
            health_path: self.path("/probes/health/path", health.path.as_deref(), "/health"),
            health_expect: self.expected("/probes/health/expect", health.expect, &[("status", "ok")]),
            health_exact: health.exact.unwrap_or(false),
            ready_path: self.path("/probes/ready/path", ready.path.as_deref(), "/ready"),
            ready_expect: self.expected("/probes/ready/expect", ready.expect, &default_ready),
            ready_pointers: self.expected("/probes/ready/pointers", Some(ready.pointers), &[]),
        }
    }

    fn path(&mut self, pointer: &str, text: Option<&str>, default: &'static str) -> Name {
        match text {
            None => Name::fixed(default),
            Some(path) if path.starts_with('/') => self.name(pointer, path).unwrap_or(Name::fixed(default)),
            Some(_) => {
                self.problem(pointer, "must begin with /");
                Name::fixed(default)
            }
        }
    }

    fn expected(
        &mut self,
        pointer: &str,
        raw: Option<BTreeMap<String, String>>,
        default: &[(&'static str, &'static str)],
    ) -> BTreeMap<Name, Name> {
        let Some(raw) = raw else {
            return default.iter().map(|(key, is)| (Name::fixed(key), Name::fixed(is))).collect();
        };
        if raw.is_empty() && !default.is_empty() {
            self.problem(pointer, "an empty expectation asserts nothing");
        }
        raw.iter().filter_map(|(key, is)| Some((self.name(pointer, key)?, self.name(pointer, is)?))).collect()
    }

    fn known_value(&mut self, at: &str, raw: &RawKnownValue) -> Option<KnownValueSource> {
        let from = match (&raw.from_env, &raw.from_file, raw.from_fd) {
            (Some(variable), None, None) if one_case(variable) => KnownValueFrom::Env(self.name(at, variable)?),
            (Some(_), None, None) => {
                self.problem(at, "from_env names an environment variable: letters of one case, digits and underscores");
                return None;
            }
            (None, Some(path), None) => KnownValueFrom::File(self.base.join(path)),
            (None, None, Some(fd)) => KnownValueFrom::Fd(fd),
            _ => {
                self.problem(at, "give exactly one of from_env, from_file and from_fd");
                return None;
            }
        };
        let version = raw.version.as_ref().and_then(|text| self.name(at, text));
        let line = self.root.map_or(0, |root| root.line_of(at));
        Some(KnownValueSource { secret: self.name(at, &raw.secret)?, version, from, line })
    }

    fn waiver(&mut self, at: &str, raw: &RawWaiver) -> Option<Waiver> {
        if raw.rule == "meta/coverage" {
            self.problem(at, "meta/coverage cannot be waived");
        }
        // The last day counts whole: the waiver ends when the next one begins.
        let Some(day) = Timestamp::parse(&format!("{}T00:00:00Z", raw.expires)) else {
            self.problem(&format!("{at}/expires"), "must be a date, YYYY-MM-DD");
            return None;
        };
        Some(Waiver {
            rule: self.name(at, &raw.rule)?,
            fingerprint: raw.fingerprint.clone(),
            correlator: raw.correlator.clone(),
            reason: self.name(at, &raw.reason)?,
            owner: self.name(at, &raw.owner)?,
            ticket: raw.ticket.as_ref().and_then(|text| self.name(at, text)),
            expires: Timestamp::from_unix(day.unix() + 86_400),
        })
    }

    fn duration(&mut self, pointer: &str, text: Option<&str>, default: Duration) -> Duration {
        let Some(text) = text else { return default };
        let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(split);
        let parsed = number.parse::<u64>().ok().and_then(|n| match unit {
            "ms" => Some(Duration::from_millis(n)),
            "s" => Some(Duration::from_secs(n)),
            "m" => n.checked_mul(60).map(Duration::from_secs),
            "h" => n.checked_mul(3600).map(Duration::from_secs),
            _ => None,
        });
        match parsed {
            Some(duration) if !duration.is_zero() => duration,
            _ => {
                self.problem(pointer, "must be a duration such as 500ms, 20s, 5m or 24h");
                default
            }
        }
    }
}
