//! `leakproof check`: settings, examination, reports.

use super::examine::{Circumstances, examine};
use super::{RunError, output, plan, sources};
use crate::cli::Check;
use crate::collect;
use crate::config::{Config, ContainerSelector};
use crate::evidence::{Key, Name, Problems, Sensitive, Timestamp};
use crate::rule::Profile;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const DEFAULT_FILE: &str = "leakproof.yaml";

pub(super) fn run(flags: Check, terminal: output::Terminal) -> Result<u8, RunError> {
    let out = output::Plan::new(&flags.output, terminal)?;
    let set = sources::rule_set(flags.rules_dir.as_deref())?;
    let mut config = configuration(&flags)?;
    let has_file = config.file.is_some();
    let named_by_flag = apply_targets(&flags, &mut config)?;
    let mut without_git = false;
    if !has_file && flags.repositories.is_empty() {
        (config.repositories, without_git) = here();
    }
    refuse_unknown_waivers(&config, &set)?;
    let left_out = flags.offline.then(|| plan::offline(&mut config));
    let default = if has_file { Profile::Audit } else { Profile::Ci };
    let selection = plan::Selection {
        profile: flags.profile.as_deref().map_or(Ok(default), plan::profile)?,
        named: &flags.rules_named,
        has_file,
        by_flag: if flags.profile.is_some() { BTreeSet::new() } else { named_by_flag },
        without_git,
        left_out,
    };
    let circumstances = Circumstances {
        selection,
        key: key(flags.key_file.as_deref())?,
        now: Timestamp::now(),
        origin: "live",
        quiet: terminal.quiet,
    };
    let examined = examine(config, &set, circumstances)?;
    if examined.interrupted {
        return Ok(130);
    }
    let (code, ledger) = out.write(examined.ledger, &examined.plan.rules, &[], &examined.registry)?;
    if let Some(path) = &flags.save_ledger {
        return output::save_ledger(&ledger, path, &examined.registry, code);
    }
    Ok(code)
}

/// The configuration: the named file, a git ref's version of it, `./leakproof.yaml`, or defaults.
fn configuration(flags: &Check) -> Result<Config, RunError> {
    let path = flags.config.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    let base = path.parent().unwrap_or(Path::new("")).to_owned();
    let file = path.display().to_string();
    if let Some(reference) = &flags.config_from {
        let text = collect::file_at(Path::new("."), reference, &path).map_err(|what| {
            RunError::usage(
                format!("cannot read {file} from git ref `{reference}`: {what}"),
                "fetch the ref, and give the path as it stands in the repository",
            )
        })?;
        return Ok(Config::parse(&file, &text, &base)?);
    }
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Config::parse(&file, &text, &base)?),
        Err(error) if flags.config.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok(Config::default()),
        Err(error) => Err(RunError::file("cannot read", &path, &error)),
    }
}

/// Targets named by flags take the place of the configuration's. Returns the keys they stand for.
fn apply_targets(flags: &Check, config: &mut Config) -> Result<BTreeSet<&'static str>, RunError> {
    let mut keys = BTreeSet::new();
    if !flags.repositories.is_empty() {
        config.repositories.clone_from(&flags.repositories);
        keys.insert("repositories");
    }
    if !flags.images.is_empty() {
        let images: Result<Vec<_>, _> = flags.images.iter().map(|text| Config::image(text)).collect();
        config.images = images.map_err(|what| RunError::usage(what, "for example --image docker-archive:image.tar"))?;
        keys.insert("images");
    }
    if !flags.containers.is_empty() {
        config.containers = flags.containers.iter().map(|name| by_name(name)).collect();
        keys.insert("containers");
    }
    if let Some(url) = &flags.url {
        config.service_url = Some(service_url(url)?);
        keys.insert("service_url");
    }
    Ok(keys)
}

fn by_name(name: &str) -> ContainerSelector {
    ContainerSelector { name: Some(Name::admit_or(name, "container", 1)), ..ContainerSelector::default() }
}

/// The flag obeys the configuration's own rules for URLs.
fn service_url(url: &str) -> Result<Name, RunError> {
    let wrong =
        || RunError::usage("--url must be http://HOST[:PORT] or https://HOST[:PORT]", "leave out query and user");
    let text = serde_json::json!({ "service": "x", "service_url": url }).to_string();
    let config = Config::parse("--url", &text, Path::new("")).map_err(|_| wrong())?;
    config.service_url.ok_or_else(wrong)
}

/// What the current directory holds: the repository around it, or at least a Dockerfile; and whether git is missing.
fn here() -> (Vec<PathBuf>, bool) {
    let Ok(current) = std::env::current_dir() else { return (Vec::new(), false) };
    let bare = current.join("HEAD").is_file() && current.join("objects").is_dir();
    if bare || current.ancestors().any(|folder| folder.join(".git").exists()) {
        return (vec![PathBuf::from(".")], false);
    }
    let builds = ["Dockerfile", "Containerfile"].iter().any(|name| current.join(name).is_file());
    if builds { (vec![PathBuf::from(".")], true) } else { (Vec::new(), false) }
}

fn refuse_unknown_waivers(config: &Config, set: &crate::rule::RuleSet) -> Result<(), RunError> {
    let mut problems = Problems::default();
    let file = config.file.as_ref().map_or("", Name::as_str);
    for (waiver, line) in config.waivers.iter().zip(&config.waiver_lines) {
        if set.get(waiver.rule.as_str()).is_none() {
            problems.add(file, *line, format!("unknown rule id `{}`; `leakproof rules list` shows all", waiver.rule));
        }
    }
    Ok(problems.or(())?)
}

fn key(file: Option<&Path>) -> Result<Key, RunError> {
    let Some(path) = file else {
        return Key::random().ok_or(RunError::Start(std::io::ErrorKind::Other));
    };
    let bytes = std::fs::read(path).map_err(|error| RunError::file("cannot read", path, &error))?;
    Key::from_material(&Sensitive::new(bytes)).ok_or_else(|| {
        RunError::usage(
            format!("{} is too short for a key file", path.display()),
            "it needs 16 bytes or more, for example from `head -c 32 /dev/urandom`",
        )
    })
}
