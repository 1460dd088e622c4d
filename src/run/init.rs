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
    /// A compose file and the name of its project.
    compose: Option<(&'static str, String)>,
    dockerfile: Option<&'static str>,
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
    print(
        format!(
            "wrote {}; fill in what is commented, then run `leakproof check`\n\
             What is not declared is reported as unverified until it is declared or\n\
             `--unverified warn` is used.\n",
            flags.out.display()
        )
        .as_bytes(),
    )
}

fn look() -> Found {
    let current = std::env::current_dir().unwrap_or_default();
    let folder = current.file_name().map(|name| name.to_string_lossy().to_string()).unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let usable = !folder.is_empty() && folder.chars().all(plain) && Name::admit(&folder).is_ok();
    let compose = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
    let dockerfiles = ["Dockerfile", "Containerfile"];
    let candidates = ["task-definition.json", "infra/task-definition.json", "k8s/deployment.yaml", "service.yaml"];
    Found {
        service: if usable { format!("\"{folder}\"") } else { "my-service".to_owned() },
        repository: current.ancestors().any(|parent| parent.join(".git").exists()),
        compose: compose
            .into_iter()
            .find(|name| Path::new(name).exists())
            .and_then(|file| Some((file, project(file, &folder)?))),
        dockerfile: dockerfiles.into_iter().find(|name| Path::new(name).exists()),
        task_definitions: candidates.iter().filter(|p| Path::new(p).exists()).map(ToString::to_string).collect(),
    }
}

/// The project's name as compose makes it: the file's own `name:`, else the folder's.
fn project(file: &str, folder: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let own = text.lines().find_map(|line| line.strip_prefix("name:"));
    let own = own.map(|name| name.split('#').next().unwrap_or_default().trim().trim_matches(['"', '\'']));
    let allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    // A name that is interpolated is known to compose alone.
    let name = own.filter(|name| name.chars().all(|c| allowed(&c))).filter(|name| !name.is_empty());
    let name: String = name.unwrap_or(folder).to_lowercase().chars().filter(allowed).collect();
    let name = name.trim_start_matches(['-', '_']);
    (!name.is_empty()).then(|| name.to_owned())
}

fn configuration(found: &Found) -> String {
    let mut out = String::from(
        "# yaml-language-server: $schema=leakproof.schema.json\n\
         # For editors; make that file with: leakproof schema config > leakproof.schema.json\n\
         # What leakproof examines. It holds names and places, never a value.\n",
    );
    out.push_str(&format!("service: {}\nenvironment: prod\n\n", found.service));
    out.push_str(
        "# The secrets in scope, and where each is kept:\n\
         #   aws-secretsmanager:REGION:ID, vault:PATH#KEY, gcp-secretmanager:projects/P/secrets/S\n\
         secrets:\n  - { name: JWT_SECRET_KEY }\n  - { name: DATABASE_URL }\n  - { name: REDIS_URL }\n\n",
    );
    let off = if found.repository { "" } else { "# " };
    out.push_str(&format!("{off}repositories: [ \".\" ]\n\n"));
    out.push_str(&workload(found));
    out.push_str(
        "# The production host; run leakproof on it. hostname: proves that it is the right one.\n\
         # hosts: [ { local: { directories: [ /srv/app ], hostname: HOST } } ]\n\n\
         # The running service.\n# service_url: https://api.example.com\n",
    );
    if !found.task_definitions.is_empty() {
        out.push_str(&format!("\ndeployment: [ {} ]\n", found.task_definitions.join(", ")));
    }
    out
}

/// Containers and images.
fn workload(found: &Found) -> String {
    let mut out =
        String::from("# Every container of the workload, sidecars included; or name:, label:, inspect_file:\n");
    match &found.compose {
        Some((file, project)) => out.push_str(&format!(
            "# From {file}: all containers of its project, on the engine that runs it.\n\
             containers: [ {{ compose_project: \"{project}\" }} ]\n\n"
        )),
        None => out.push_str("# containers: [ { name: NAME } ]\n\n"),
    }
    out.push_str("# The image that runs in production, by digest or from a file:\n");
    if let Some(file) = found.dockerfile {
        out.push_str(&format!(
            "# {file} builds one; declare it as it is deployed, or save it: docker save -o image.tar NAME\n"
        ));
    }
    out.push_str("# images: [ \"NAME@sha256:DIGEST\", \"docker-archive:image.tar\", \"oci:layout\" ]\n\n");
    out.push_str(
        "# The log of the build that made it, and how the log names that build: the image's digest, or the CI's run.\n\
         # build_logs: [ { file: build.log, digest: \"sha256:DIGEST\" }, { file: logs.zip, run_id: ID } ]\n\n",
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_is_named_as_compose_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("compose.yaml");
        for (text, is) in [
            ("services: {}\n", Some("my-app_2")),
            ("name: shop # ours\n", Some("shop")),
            ("name: \"shop\"\n", Some("shop")),
            ("name: ${PROJECT:-shop}\n", Some("my-app_2")),
        ] {
            std::fs::write(&file, text).unwrap();
            assert_eq!(project(&file.display().to_string(), "_My-App_2.").as_deref(), is, "{text}");
        }
        assert_eq!(project("no such file", "日本"), None);
    }

    #[test]
    fn everything_that_is_found_still_parses() {
        let found = Found {
            service: "api".to_owned(),
            repository: true,
            compose: Some(("compose.yaml", "0123".to_owned())),
            dockerfile: Some("Dockerfile"),
            task_definitions: vec!["task-definition.json".to_owned()],
        };
        let text = configuration(&found);
        assert!(text.starts_with("# yaml-language-server: $schema="), "{text}");
        let config = Config::parse("leakproof.yaml", &text, Path::new("")).unwrap();
        assert_eq!(config.containers.len(), 1);
    }
}
