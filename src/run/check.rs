//! `leakproof check`: settings, examination, reports.

use super::examine::{Circumstances, examine};
use super::wrong::Wrong;
use super::{RunError, output, plan, sources, targets};
use crate::cli::Check;
use crate::collect;
use crate::config::Config;
use crate::evidence::{Key, Sensitive, Timestamp};
use crate::rule::{Profile, RuleSet};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const DEFAULT_FILE: &str = "leakproof.yaml";

pub(super) fn run(flags: Check, terminal: output::Terminal) -> Result<u8, RunError> {
    let Settings { out, set, mut config, profile, named_by_flag } = settings(&flags, terminal)?;
    let has_file = config.file.is_some();
    let mut without_git = false;
    if !has_file && flags.repositories.is_empty() {
        let (found, without) = targets::here();
        config.repositories = found.into_iter().map(Into::into).collect();
        without_git = without;
    }
    config.repositories.iter_mut().for_each(|repository| targets::to_root(&mut repository.path));
    config.since.clone_from(&flags.since);
    config.cache.clone_from(&flags.cache);
    let left_out = flags.offline.then(|| plan::offline(&mut config));
    let default = if has_file { Profile::Audit } else { Profile::Ci };
    let selection = plan::Selection {
        profile: profile.unwrap_or(default),
        named: &flags.rules_named,
        has_file,
        by_flag: if flags.profile.is_some() { BTreeSet::new() } else { named_by_flag },
        without_git,
        seen: if has_file { Vec::new() } else { targets::deployments() },
        left_out,
        since: flags.since.as_deref(),
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

/// What was typed and written, understood.
struct Settings {
    out: output::Plan,
    set: RuleSet,
    config: Config,
    profile: Option<Profile>,
    named_by_flag: BTreeSet<&'static str>,
}

/// Reads everything that was typed and written; all that is wrong with it is said at once.
fn settings(flags: &Check, terminal: output::Terminal) -> Result<Settings, RunError> {
    let mut wrong = Wrong::default();
    let out = wrong.keep(output::Plan::new(&flags.output, flags.save_ledger.as_deref(), terminal));
    let profile = wrong.keep(flags.profile.as_deref().map(plan::profile).transpose());
    let set = wrong.keep(sources::rule_set(flags.rules_dir.as_deref()));
    let mut config = wrong.keep(configuration(flags, set.as_ref()));
    if let Some(set) = &set {
        wrong.keep(plan::refuse_unknown(set, &flags.rules_named));
    }
    // Without a configuration that could be read, the flags are still checked.
    let mut stand_in = Config::default();
    let named_by_flag = wrong.keep(targets::apply(flags, config.as_mut().unwrap_or(&mut stand_in)));
    wrong.end()?;
    let (Some(out), Some(profile), Some(set), Some(config), Some(named_by_flag)) =
        (out, profile, set, config, named_by_flag)
    else {
        return Err(RunError::Start(std::io::ErrorKind::InvalidInput));
    };
    Ok(Settings { out, set, config, profile, named_by_flag })
}

/// The configuration: the named file, a git ref's version of it, `./leakproof.yaml`, or defaults.
fn configuration(flags: &Check, set: Option<&RuleSet>) -> Result<Config, RunError> {
    let is_rule = |id: &str| set.is_none_or(|set| set.get(id).is_some());
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
        return Ok(Config::parse_with_rules(&file, &text, &base, &is_rule)?);
    }
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Config::parse_with_rules(&file, &text, &base, &is_rule)?),
        Err(error) if flags.config.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok(Config::default()),
        Err(error) => Err(RunError::file("cannot read", &path, &error)),
    }
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
