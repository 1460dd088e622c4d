//! From configuration and flags to what will be examined: rules, kinds, targets, and what nobody declared.

use super::RunError;
use crate::collect;
use crate::config::{Config, ContainerSelector, Host, ImageSource};
use crate::evaluate::RUN_COVERAGE;
use crate::evidence::{Absent, Declared, Kind, Name, Target};
use crate::rule::{Profile, Rule, RuleSet};
use std::collections::BTreeSet;

/// What a run will do.
pub(super) struct Plan<'a> {
    /// The selected rules.
    pub(super) rules: Vec<&'a Rule>,
    /// The kinds they need.
    pub(super) kinds: Vec<&'static Kind>,
    /// The targets of those kinds.
    pub(super) declared: Vec<Declared>,
    /// The kinds without a target.
    pub(super) absent: Vec<Absent>,
    /// What a reader should know about the selection.
    pub(super) notes: Vec<String>,
}

/// What selects rules.
pub(super) struct Selection<'a> {
    /// The profile.
    pub(super) profile: Profile,
    /// Rules named one by one; they override the profile.
    pub(super) named: &'a [String],
    /// Whether a configuration file declares what exists. Without one, absent targets are not selected.
    pub(super) has_file: bool,
    /// Configuration keys whose targets were named by flags: their rules are meant, whatever the profile.
    pub(super) by_flag: BTreeSet<&'static str>,
    /// Whether live systems are left out.
    pub(super) offline: bool,
}

/// Reads a profile's word.
pub(super) fn profile(word: &str) -> Result<Profile, RunError> {
    [Profile::Ci, Profile::Smoke, Profile::Audit]
        .into_iter()
        .find(|profile| profile.word() == word)
        .ok_or_else(|| RunError::usage(format!("unknown profile `{word}`"), "profiles are ci, smoke and audit"))
}

/// Takes everything that needs a network out of a configuration.
pub(super) fn offline(config: &mut Config) {
    config.containers.retain(|selector: &ContainerSelector| selector.inspect_file.is_some());
    config.images.retain(|image| matches!(image, ImageSource::DockerArchive(_) | ImageSource::OciLayout(_)));
    config.hosts.retain(|host| matches!(host, Host::Local { .. }));
    config.service_url = None;
}

/// Selects rules and finds their targets.
pub(super) fn plan<'a>(set: &'a RuleSet, config: &Config, selection: &Selection<'_>) -> Result<Plan<'a>, RunError> {
    let mut plan =
        Plan { rules: Vec::new(), kinds: Vec::new(), declared: Vec::new(), absent: Vec::new(), notes: Vec::new() };
    let mut unselected = Vec::new();
    for rule in chosen(set, selection)? {
        let targets = targets(rule.needs, config);
        let about_run = rule.needs.name == RUN_COVERAGE.name;
        if targets.is_empty() && !about_run && (selection.offline || !selection.has_file && selection.named.is_empty())
        {
            unselected.push(rule.id.as_str());
            continue;
        }
        if targets.is_empty() && !about_run {
            plan.absent.push(Absent {
                kind: Name::fixed(rule.needs.name),
                key: Name::fixed(rule.needs.declared_by),
                why: Name::fixed("not-declared"),
            });
        }
        let kind = Name::fixed(rule.needs.name);
        plan.declared.extend(targets.into_iter().map(|target| Declared { kind: kind.clone(), target }));
        plan.kinds.push(rule.needs);
        plan.rules.push(rule);
    }
    plan.kinds.sort_by_key(|kind| kind.name);
    plan.kinds.dedup_by_key(|kind| kind.name);
    for key in &config.unexamined_keys {
        plan.notes.push(format!("`{key}` is declared, and no rule of this version examines it"));
    }
    if !unselected.is_empty() {
        let why = if selection.offline { "left out by --offline or not declared" } else { "nothing here to examine" };
        plan.notes.push(format!("not selected ({why}): {}", unselected.join(", ")));
    }
    if plan.rules.iter().all(|rule| rule.needs.name == RUN_COVERAGE.name) {
        return Err(RunError::usage(
            "nothing to check: no selected rule has a target",
            "run it inside a git repository, name a target (--repo, --image, --container, --url), or write a \
             configuration with `leakproof init`",
        ));
    }
    Ok(plan)
}

fn chosen<'a>(set: &'a RuleSet, selection: &Selection<'_>) -> Result<Vec<&'a Rule>, RunError> {
    if selection.named.is_empty() {
        let meant = |rule: &&Rule| {
            rule.is_in(selection.profile) || !rule.opt_in && selection.by_flag.contains(rule.needs.declared_by)
        };
        return Ok(set.rules.iter().filter(meant).collect());
    }
    let unknown: Vec<&str> = selection.named.iter().map(String::as_str).filter(|id| set.get(id).is_none()).collect();
    if unknown.is_empty() {
        return Ok(set.rules.iter().filter(|rule| selection.named.contains(&rule.id)).collect());
    }
    Err(RunError::usage(format!("unknown rule id: {}", unknown.join(", ")), "`leakproof rules list` shows all ids"))
}

fn targets(kind: &'static Kind, config: &Config) -> BTreeSet<Target> {
    collect::COLLECTORS
        .iter()
        .filter(|collector| collector.kinds().iter().any(|own| own.name == kind.name))
        .flat_map(|collector| collector.targets(kind, config))
        .collect()
}
