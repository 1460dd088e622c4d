//! `leakproof demo`: the whole checklist on an embedded deployment. Nothing is simulated in the checks: a git
//! repository, an image archive, a saved inspect file, host files and an HTTP service are made, then examined.

use super::examine::{Circumstances, examine};
use super::world::{self, Deployment};
use super::{RunError, output, plan, sources};
use crate::cli::{Demo, Output, World};
use crate::config::Config;
use crate::evidence::{Key, Sensitive};
use crate::rule::Profile;
use std::collections::BTreeSet;
use std::path::Path;

pub(super) fn run(flags: &Demo, terminal: output::Terminal) -> Result<u8, RunError> {
    let (output, ledger_path) = absolute(flags)?;
    let out = output::Plan::new(&output, None, terminal)?;
    let set = sources::rule_set(None)?;
    let kept = flags.out.as_deref();
    let deployment = world::build(name(flags.world), kept).map_err(|error| {
        RunError::file("cannot build the deployment in", kept.unwrap_or(Path::new("a temporary directory")), &error)
    })?;
    let code = check(&deployment, &set, &out, terminal, ledger_path.as_deref())?;
    if let Some(kept) = kept {
        log::warn!("the deployment is kept in {}: `leakproof check` works in it", kept.display());
    }
    Ok(code)
}

fn check(
    deployment: &Deployment,
    set: &crate::rule::RuleSet,
    out: &output::Plan,
    terminal: output::Terminal,
    ledger_path: Option<&Path>,
) -> Result<u8, RunError> {
    let fail = |error: std::io::Error| RunError::file("cannot read", &deployment.directory, &error);
    // Paths in the deployment's configuration are relative, so that reports of two runs are equal.
    std::env::set_current_dir(&deployment.directory).map_err(fail)?;
    let text = std::fs::read_to_string("leakproof.yaml").map_err(fail)?;
    let config = Config::parse("leakproof.yaml", &text, Path::new(""))?;
    let selection = plan::Selection {
        profile: Profile::Audit,
        named: &[],
        has_file: true,
        by_flag: BTreeSet::new(),
        without_git: false,
        seen: Vec::new(),
        left_out: None,
        since: None,
    };
    let key = Key::from_material(&Sensitive::new(b"the demo's correlators are comparable".to_vec()))
        .ok_or(RunError::Start(std::io::ErrorKind::Other))?;
    let circumstances =
        Circumstances { selection, key, now: deployment.clock, origin: "recorded", quiet: terminal.quiet };
    let examined = examine(config, set, circumstances)?;
    if examined.interrupted {
        return Ok(130);
    }
    let (code, ledger) = out.write(examined.ledger, &examined.plan.rules, &[], &examined.registry)?;
    if let Some(path) = ledger_path {
        return output::save_ledger(&ledger, path, &examined.registry, code);
    }
    Ok(code)
}

/// The run changes its directory, so what the user typed is made absolute first.
fn absolute(flags: &Demo) -> Result<(Output, Option<std::path::PathBuf>), RunError> {
    let full = |path: &Path| std::path::absolute(path).map_err(|error| RunError::file("cannot find", path, &error));
    let mut formats = Vec::new();
    for spec in &flags.output.formats {
        formats.push(match spec.split_once('=') {
            Some((word, path)) => format!("{word}={}", full(Path::new(path))?.display()),
            None => spec.clone(),
        });
    }
    let ledger = flags.save_ledger.as_deref().map(full).transpose()?;
    let output = Output { formats, unverified: flags.output.unverified, fail_on: flags.output.fail_on.clone() };
    Ok((output, ledger))
}

fn name(world: World) -> &'static str {
    match world {
        World::Leaky => "leaky",
        World::Clean => "clean",
        World::Dark => "dark",
    }
}
