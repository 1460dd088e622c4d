//! Flags of command lines: which of them hold a secret, and in what form.
//!
//! In: a word that begins with a dash. Out: its value, judged, or what the next word is. Knows programs by name.

use super::finder::Finder;
use super::names::{self, Promise};
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
        match text {
            "-H" | "--header" => *awaited = Awaited::Header,
            "-u" | "--user" | "--proxy-user" | "--basic" => *awaited = Awaited::Login,
            "--mount" | "--ssh" => *awaited = Awaited::Other,
            "--secret" => *awaited = Awaited::Secret(program.to_owned()),
            "-k" if program == "openssl" => *awaited = Awaited::Value("PASSWORD".to_owned()),
            "-storepass" | "-keypass" | "-srcstorepass" | "-deststorepass" => {
                *awaited = Awaited::Value("PASSWORD".to_owned());
            }
            "-P" if ["sqlcmd", "bcp", "zip", "unzip", "isql", "tsql"].contains(&program) => {
                *awaited = Awaited::Value("PASSWORD".to_owned());
            }
            "-p" if program.starts_with("mongo") => *awaited = Awaited::Value("PASSWORD".to_owned()),
            "-U" if ["smbclient", "rpcclient", "net", "smbget"].contains(&program) => *awaited = Awaited::Percent,
            "--from-literal" | "--set" | "--set-string" | "--env" | "-e" | "--extra-vars" | "-var" | "--build-arg" => {}
            "-w" if program.starts_with("ldap") => *awaited = Awaited::Value("PASSWORD".to_owned()),
            "-a" if program == "redis-cli" => *awaited = Awaited::Value("PASSWORD".to_owned()),
            "-p" if login && !matches!(before, "run" | "create") => {
                *awaited = Awaited::Prose("PASSWORD".to_owned());
            }
            _ => {
                let database =
                    ["mysql", "mariadb", "sshpass", "7z", "mongo"].iter().any(|start| program.starts_with(start));
                if let Some(password) = text.strip_prefix("-p").filter(|rest| database && !rest.is_empty()) {
                    return self.judge("PASSWORD", password, line);
                }
                let name = text.trim_start_matches('-');
                let off = name.starts_with("no-") || name.starts_with("disable") || !text.starts_with('-');
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
