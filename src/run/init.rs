//! `leakproof init`: a commented configuration from what is found here.

use super::{RunError, print};
use crate::cli::Init;
use crate::config::Config;
use crate::evidence::Name;
use std::path::Path;

/// What the current directory gives away about the deployment.
struct Found {
    service: String,
    repository: bool,
    compose: Option<&'static str>,
    task_definitions: Vec<String>,
}

pub(super) fn run(flags: &Init) -> Result<u8, RunError> {
    let text = configuration(&look());
    // What init writes must be what check reads.
    Config::parse("leakproof.yaml", &text, Path::new(""))?;
    if flags.out == Path::new("-") {
        return print(text.as_bytes());
    }
    if flags.out.exists() && !flags.force {
        return Err(RunError::usage(
            format!("{} exists", flags.out.display()),
            "choose another file with --out, or overwrite it with --force",
        ));
    }
    std::fs::write(&flags.out, text).map_err(|error| RunError::file("cannot write", &flags.out, &error))?;
    print(format!("wrote {}; fill in what is commented, then run `leakproof check`\n", flags.out.display()).as_bytes())
}

fn look() -> Found {
    let current = std::env::current_dir().unwrap_or_default();
    let folder = current.file_name().map(|name| name.to_string_lossy().to_string()).unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let usable = !folder.is_empty() && folder.chars().all(plain) && Name::admit(&folder).is_ok();
    let compose = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
    let candidates = ["task-definition.json", "infra/task-definition.json", "k8s/deployment.yaml", "service.yaml"];
    Found {
        service: if usable { format!("\"{folder}\"") } else { "my-service".to_owned() },
        repository: current.ancestors().any(|parent| parent.join(".git").exists()),
        compose: compose.into_iter().find(|name| Path::new(name).exists()),
        task_definitions: candidates.iter().filter(|p| Path::new(p).exists()).map(ToString::to_string).collect(),
    }
}

fn configuration(found: &Found) -> String {
    let mut out = String::from(
        "# What leakproof examines. It holds names and places, never a value.\n\
         # Schema: leakproof schema config\n",
    );
    out.push_str(&format!("service: {}\nenvironment: prod\n\n", found.service));
    out.push_str(
        "# The secrets in scope, and where each is kept:\n\
         #   aws-secretsmanager:REGION:ID, vault:PATH#KEY, gcp-secretmanager:projects/P/secrets/S\n\
         secrets:\n  - { name: JWT_SECRET_KEY }\n  - { name: DATABASE_URL }\n  - { name: REDIS_URL }\n\n",
    );
    if found.repository {
        out.push_str("repositories: [ \".\" ]\n\n");
    } else {
        out.push_str("# repositories: [ \".\" ]\n\n");
    }
    out.push_str("# Every container of the workload, sidecars included; or label:, compose_project:, inspect_file:\n");
    match found.compose {
        Some(file) => out.push_str(&format!(
            "# found {file}: its project's containers\n# containers: [ {{ compose_project: NAME }} ]\n\n"
        )),
        None => out.push_str("# containers: [ { name: NAME } ]\n\n"),
    }
    out.push_str(
        "# The image that runs in production, by digest or from a file:\n\
         # images: [ \"NAME@sha256:DIGEST\", \"docker-archive:image.tar\", \"oci:layout\" ]\n\n\
         # The production host; run leakproof on it.\n\
         # hosts: [ { local: { directories: [ /srv/app ] } } ]\n\n\
         # The running service.\n# service_url: https://api.example.com\n",
    );
    if !found.task_definitions.is_empty() {
        out.push_str(&format!("\ndeployment: [ {} ]\n", found.task_definitions.join(", ")));
    }
    out
}
