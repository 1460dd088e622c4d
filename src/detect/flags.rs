//! Flags of command lines: which of them hold a secret, and in what form.
//!
//! In: a word that begins with a dash. Out: its value, judged, or what the next word is. Knows programs by name.

use super::finder::Finder;
use super::names::{self, Promise};
use super::tools::{self, Takes};
use super::walk::{Awaited, variable};

impl Finder<'_> {
    pub(super) fn flag(&mut self, text: &str, command: &str, before: &str, line: u32, awaited: &mut Awaited) -> bool {
        let program = command.rsplit('/').next().unwrap_or(command);
        if let Some((name, value)) = text.split_once('=') {
            let name = name.strip_prefix("-D").unwrap_or(name.trim_start_matches('-'));
            return match name {
                // These name a secret's place, or hold an assignment themselves.
                "mount" | "ssh" => false,
                "secret" if names_a_secret(program, value) => false,
                "env" | "build-arg" | "e" | "label" | "set" | "set-string" | "set-literal" | "from-literal" | "var"
                | "extra-vars" => value.split_once('=').is_some_and(|(name, value)| self.judge(name, value, line)),
                "user" | "u" if value.contains(':') => {
                    self.judge("PASSWORD", value.split_once(':').map_or(value, |(_, password)| password), line)
                }
                _ => variable(name) && self.judge(name, value, line),
            };
        }
        let login = matches!(program, "sshpass") || before == "login" || program == "docker" || program == "podman";
        let takes = tools::takes(program, text).map(|takes| match takes {
            Takes::Login => Awaited::Login,
            Takes::Percent => Awaited::Percent,
            Takes::Password | Takes::Glued => Awaited::Value("PASSWORD".to_owned()),
        });
        if let Some(takes) = takes {
            *awaited = takes;
            return false;
        }
        match text {
            "-H" | "--header" => *awaited = Awaited::Header,
            "-u" | "--user" | "--proxy-user" | "--basic" => *awaited = Awaited::Login,
            "--mount" | "--ssh" => *awaited = Awaited::Other,
            "--secret" => *awaited = Awaited::Secret(program.to_owned()),
            "--from-literal" | "--set" | "--set-string" | "--env" | "-e" | "--extra-vars" | "-var" | "--build-arg" => {}
            "-p" if login && !matches!(before, "run" | "create") => {
                *awaited = Awaited::Prose("PASSWORD".to_owned());
            }
            _ => {
                // `curl -uname:password`
                if let Some((_, password)) = text.strip_prefix("-u").and_then(|login| login.split_once(':'))
                    && tools::takes(program, "-u").is_some()
                {
                    return self.judge("PASSWORD", password, line);
                }
                if let Some(password) = tools::glued(program, text) {
                    return self.judge("PASSWORD", password, line);
                }
                let name = text.trim_start_matches('-');
                let off = ["no-", "disable", "ask-", "pass-", "use-", "allow-", "require-", "skip-"];
                let off = off.iter().any(|start| name.starts_with(start));
                if !off && text.len() > 3 && names::promise(name) == Promise::Secret {
                    *awaited = Awaited::Value(name.to_owned());
                }
            }
        }
        false
    }
}

/// Whether a `--secret` says which one is meant, as builders, orchestrators and managers have it, and not what it is.
pub(super) fn names_a_secret(program: &str, value: &str) -> bool {
    const PROGRAMS: [&str; 14] = [
        "docker",
        "podman",
        "buildah",
        "nerdctl",
        "buildctl",
        "kubectl",
        "oc",
        "helm",
        "gcloud",
        "aws",
        "az",
        "vault",
        "docker-compose",
        "img",
    ];
    let field =
        |part: &str| ["id=", "src=", "source=", "type=", "env=", "target="].iter().any(|at| part.starts_with(at));
    PROGRAMS.contains(&program) || value.split(',').any(field)
}
