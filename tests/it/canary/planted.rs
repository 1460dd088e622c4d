//! A deployment with a value of its own in every place that a collector reads.

use crate::git::Repo;
use crate::scene::secret;
use crate::service::stand_in::{StandIn, send, with_headers};
use data_encoding::BASE64;
use std::path::Path;

/// Where a value was put, and what its finding shows: a rule, and a text in the finding's subject or facts.
pub(super) struct Place {
    pub(super) what: &'static str,
    pub(super) rule: &'static str,
    pub(super) shows: &'static str,
}

/// The deployment, and what was hidden in it.
pub(super) struct Planted {
    pub(super) root: tempfile::TempDir,
    repo: Repo,
    service: Option<StandIn>,
    values: Vec<String>,
    pub(super) places: Vec<Place>,
    /// Values that are given as known: one by a file, one by an environment variable.
    pub(super) known: [String; 2],
}

impl Planted {
    /// Everything planted, ready to be checked by `leakproof.yaml` in its root.
    pub(super) fn new() -> Self {
        let mut planted = Self {
            root: tempfile::tempdir().unwrap(),
            repo: Repo::started(),
            service: None,
            values: Vec::new(),
            places: Vec::new(),
            known: [secret(), secret()],
        };
        planted.values.extend(planted.known.clone());
        super::container::plant(&mut planted);
        super::image::plant(&mut planted);
        super::repository::plant(&mut planted);
        super::host::plant(&mut planted);
        planted.service();
        planted.configuration();
        planted
    }

    /// What must not come out.
    pub(super) fn values(&self) -> &[String] {
        &self.values
    }

    pub(super) fn repo(&self) -> &Repo {
        &self.repo
    }

    /// A new value for a place that some rule must report.
    pub(super) fn at(&mut self, what: &'static str, rule: &'static str, shows: &'static str) -> String {
        self.expect(what, rule, shows);
        self.unseen()
    }

    /// Expects a finding for a value that is there already.
    pub(super) fn expect(&mut self, what: &'static str, rule: &'static str, shows: &'static str) {
        self.places.push(Place { what, rule, shows });
    }

    /// A new value for a place of which no rule speaks.
    pub(super) fn unseen(&mut self) -> String {
        let value = secret();
        self.values.push(value.clone());
        value
    }

    /// A new value where a name belongs: a branch, a folder, a variable.
    pub(super) fn as_name(&mut self) -> String {
        let value = super::name();
        self.values.push(value.clone());
        value
    }

    /// A text that holds a value in another form: neither may come out.
    pub(super) fn form(&mut self, text: String) -> String {
        self.values.push(text.clone());
        text
    }

    /// A database's URL whose password needs escapes: neither form of it may come out.
    pub(super) fn dsn(&mut self, what: &'static str, rule: &'static str, shows: &'static str) -> String {
        let (half, other) = (self.at(what, rule, shows), secret());
        self.values.push(format!("{half}@:{other}"));
        let escaped = self.form(format!("{half}%40%3A{other}"));
        self.form(format!("postgresql://app:{escaped}@db.internal:5432/app"))
    }

    /// JSON in base64: neither it nor the value inside may come out.
    pub(super) fn wrapped(&mut self, what: &'static str, rule: &'static str, shows: &'static str) -> String {
        let value = self.at(what, rule, shows);
        self.form(BASE64.encode(format!("{{\"jwt_secret\":\"{value}\"}}").as_bytes()))
    }

    pub(super) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        write(&self.root.path().join(path), content);
    }

    fn service(&mut self) {
        let health = self.at("body of /health", "service/health", "/health");
        let ready = self.dsn("body of /ready", "service/ready", "/ready");
        let (server, cookie) = (self.unseen(), self.unseen());
        self.service = Some(StandIn::new(move |_, head, stream| {
            let body = if head.starts_with("GET /health") {
                format!("{{\"status\":\"ok\",\"debug\":\"JWT_SECRET_KEY={health}\"}}")
            } else {
                format!("{{\"database\":\"ok\",\"redis_denylist\":\"ok\",\"error\":\"cannot reach {ready}\"}}")
            };
            let headers = format!(
                "Content-Type: application/json\r\nX-Debug: API_TOKEN={server}\r\nSet-Cookie: session={cookie}\r\n"
            );
            send(stream, &with_headers("200 OK", &headers, &body));
        }));
    }

    fn configuration(&mut self) {
        self.write("known", &self.known[0]);
        let url = self.service.as_ref().unwrap().url();
        let yaml = format!(
            "service: api\nsecrets: [ {{ name: JWT_SECRET_KEY }}, {{ name: DATABASE_URL }} ]\n\
             repositories: [ {} ]\ncontainers: [ {{ inspect_file: inspect.json, files_archive: files.tar, mount_archives: {{ /data: data.tar }} }} ]\n\
             images: [ \"docker-archive:image.tar\", \"oci:layout\" ]\n\
             build_logs: [ {{ file: build.zip, digest: \"sha256:{}\" }} ]\n\
             hosts: [ {{ local: {{ directories: [ host/srv/app ], root: host }} }} ]\nservice_url: {url}\n\
             probes: {{ deadline: 300ms, timeout: 2s, interval: 10ms }}\n\
             known_values: [ {{ secret: JWT_SECRET_KEY, from_file: known }}, \
             {{ secret: DATABASE_URL, version: old, from_env: LEAKPROOF_TEST_KNOWN }} ]\n",
            self.repo.dir.display(),
            "0a".repeat(32)
        );
        self.write("leakproof.yaml", yaml);
    }
}

fn write(path: &Path, content: impl AsRef<[u8]>) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}
