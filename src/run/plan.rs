//! From configuration and flags to what will be examined: rules, kinds, targets, and what nobody declared.

use super::RunError;
use crate::collect;
use crate::config::{Config, ContainerSelector, Host, ImageSource};
use crate::derive;
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
    /// Configuration keys whose targets were named by flags: their rules are meant, unless a profile was given.
    pub(super) by_flag: BTreeSet<&'static str>,
    /// Whether there is no repository here: rules about git have nothing to examine then.
    pub(super) without_git: bool,
    /// Deployment files that lie here and that no rule examines.
    pub(super) seen: Vec<String>,
    /// The revision since which repositories are examined.
    pub(super) since: Option<&'a str>,
    /// The keys whose targets `--offline` left out; `None` with a network.
    pub(super) left_out: Option<BTreeSet<&'static str>>,
}

impl Selection<'_> {
    /// Whether targets may be absent without being missed.
    fn is_partial(&self) -> bool {
        !self.has_file || self.left_out.is_some()
    }

    /// Why a kind has no target.
    fn why_absent(&self, kind: &'static Kind) -> &'static str {
        // Without a network, a live target that nobody declared is missed no more than a declared one.
        let left_out = self.left_out.as_ref().is_some_and(|keys| kind.live || keys.contains(kind.declared_by));
        if left_out { "left-out" } else { "not-declared" }
    }

    /// Whether a rule is not selected because its targets are absent or were left out.
    fn leaves_out(&self, kind: &'static Kind, untargeted: bool) -> bool {
        let by_offline = self.why_absent(kind) == "left-out";
        let not_here = !self.has_file;
        untargeted && self.named.is_empty() && (by_offline || not_here)
            || self.without_git && kind.name.starts_with("git.")
            // Whether a repository holds its whole history is no question of a change.
            || self.since.is_some() && self.named.is_empty() && kind.name == "git.complete"
    }
}

/// Reads a profile's word.
pub(super) fn profile(word: &str) -> Result<Profile, RunError> {
    [Profile::Ci, Profile::Smoke, Profile::Audit]
        .into_iter()
        .find(|profile| profile.word() == word)
        .ok_or_else(|| RunError::usage(format!("unknown profile `{word}`"), "profiles are ci, smoke and audit"))
}

/// Takes everything that needs a network out of a configuration. Returns the keys that lost targets.
pub(super) fn offline(config: &mut Config) -> BTreeSet<&'static str> {
    let count = |config: &Config| {
        [
            ("containers", config.containers.len()),
            ("images", config.images.len()),
            ("hosts", config.hosts.len()),
            ("service_url", usize::from(config.service_url.is_some())),
        ]
    };
    let before = count(config);
    config.containers.retain(|selector: &ContainerSelector| selector.inspect_file.is_some());
    config.images.retain(|image| matches!(image, ImageSource::DockerArchive(_) | ImageSource::OciLayout(_)));
    config.hosts.retain(|host| matches!(host, Host::Local { .. }));
    config.service_url = None;
    let after = count(config);
    before.iter().zip(after).filter(|((_, had), (_, has))| had > has).map(|((key, _), _)| *key).collect()
}

/// Selects rules and finds their targets.
pub(super) fn plan<'a>(set: &'a RuleSet, config: &Config, selection: &Selection<'_>) -> Result<Plan<'a>, RunError> {
    let mut plan =
        Plan { rules: Vec::new(), kinds: Vec::new(), declared: Vec::new(), absent: Vec::new(), notes: Vec::new() };
    let mut unselected = Vec::new();
    for rule in chosen(set, selection) {
        let targets = targets(rule.needs, config);
        let about_run = rule.needs.name == RUN_COVERAGE.name;
        let untargeted = targets.is_empty() || selection.is_partial() && lacks_a_part(rule.needs, config);
        if !about_run && selection.leaves_out(rule.needs, untargeted) {
            unselected.push(rule.id.as_str());
            continue;
        }
        if targets.is_empty() && !about_run {
            plan.absent.push(Absent {
                kind: Name::fixed(rule.needs.name),
                key: Name::fixed(rule.needs.declared_by),
                why: Name::fixed(selection.why_absent(rule.needs)),
            });
        }
        let kind = Name::fixed(rule.needs.name);
        plan.declared.extend(targets.into_iter().map(|target| Declared { kind: kind.clone(), target }));
        plan.kinds.extend(collected(rule.needs));
        plan.rules.push(rule);
    }
    plan.kinds.sort_by_key(|kind| kind.name);
    plan.kinds.dedup_by_key(|kind| kind.name);
    for key in &config.unexamined_keys {
        plan.notes.push(format!("`{key}` is declared, and no rule of this version examines it"));
    }
    if !config.deployment.is_empty() {
        plan.notes.push(
            "`deployment` files say what a platform injects and which env files it writes; no rule of this version \
             judges the values in them"
                .to_owned(),
        );
    }
    plan.notes.extend(selection.seen.iter().map(|name| format!("found here and not examined by this version: {name}")));
    if let Some(keys) = selection.left_out.as_ref().filter(|keys| !keys.is_empty()) {
        let keys: Vec<&str> = keys.iter().copied().collect();
        plan.notes.push(format!("left out by --offline: live targets of {}", keys.join(", ")));
    }
    if let Some(since) = selection.since {
        plan.notes
            .push(format!("scope of the change since {since}: item 8 is about the whole history and is not checked"));
    }
    if !unselected.is_empty() {
        plan.notes.push(format!("not selected (no target to examine): {}", unselected.join(", ")));
    }
    let notes = letter_and_intent(&plan, config);
    plan.notes.extend(notes);
    // Without a configuration, a rule that was named and has no target is an empty selection, not a gap.
    if plan.rules.iter().all(|rule| rule.needs.name == RUN_COVERAGE.name)
        || !selection.has_file && plan.declared.is_empty()
    {
        return Err(RunError::usage(
            "nothing to check: no selected rule has a target",
            "run it inside a git repository, name a target (--repo, --image, --container, --url), or write a \
             configuration with `leakproof init`",
        ));
    }
    Ok(plan)
}

/// What a reader must not conclude from the letter of an item.
fn letter_and_intent(plan: &Plan<'_>, config: &Config) -> Vec<String> {
    let selected = |id: &str| plan.rules.iter().any(|rule| rule.id == id);
    let mut notes = Vec::new();
    if selected("run/container-env") {
        notes.push(
            "item 1 is about what `docker inspect` shows: a value that a process exports for itself, or that the \
             platform injects, stands in the process's environment all the same"
                .to_owned(),
        );
    }
    if selected("host/container-files") {
        notes.push(
            "item 7 reaches as far as a container's files lie on a disk: what it keeps in memory (/dev/shm, a tmpfs) is \
             seen by its own processes alone"
                .to_owned(),
        );
    }
    if selected("service/ready") {
        let missing: Vec<&str> = ["redis_denylist", "database"]
            .into_iter()
            .filter(|name| !config.probes.ready_expect.keys().any(|key| key.as_str() == *name))
            .collect();
        if !missing.is_empty() {
            notes.push(format!("item 4 was asked without {}: probes.ready.expect leaves it out", missing.join(", ")));
        }
    }
    if selected("git/history") && config.since.is_none() {
        notes.push(
            "item 8 reaches as far as this clone: refs that only the server keeps, forks and other clones are beyond it"
                .to_owned(),
        );
    }
    let asked = selected("service/health") || selected("service/ready");
    if asked && config.service_url.as_ref().is_some_and(|url| is_plain_and_far(url.as_str())) {
        notes.push(
            "items 3 and 4 were asked over plain http: whoever stands between can answer in the service's place"
                .to_owned(),
        );
    }
    notes
}

/// Whether a URL leads over a network without TLS.
fn is_plain_and_far(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = match authority.strip_prefix('[') {
        Some(inner) => inner.split(']').next().unwrap_or(inner),
        None => authority.split(':').next().unwrap_or(authority),
    };
    !(host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback()))
}

fn chosen<'a>(set: &'a RuleSet, selection: &Selection<'_>) -> Vec<&'a Rule> {
    if !selection.named.is_empty() {
        return set.rules.iter().filter(|rule| selection.named.contains(&rule.id)).collect();
    }
    let meant = |rule: &&Rule| {
        rule.is_in(selection.profile) || !rule.opt_in && selection.by_flag.contains(rule.needs.declared_by)
    };
    set.rules.iter().filter(meant).collect()
}

/// Rules that were named and that nobody knows.
pub(super) fn refuse_unknown(set: &RuleSet, named: &[String]) -> Result<(), RunError> {
    let unknown: Vec<&str> = named.iter().map(String::as_str).filter(|id| set.get(id).is_none()).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(RunError::usage(format!("unknown rule id: {}", unknown.join(", ")), "`leakproof rules list` shows all ids"))
}

/// The kinds that must be collected for a rule to have what it needs.
fn collected(kind: &'static Kind) -> Vec<&'static Kind> {
    let Some(derived) = derive::derived(kind) else { return vec![kind] };
    collect::kinds().filter(|own| derived.of.contains(&own.name)).collect()
}

/// Whether a derived kind has nothing to be joined with.
fn lacks_a_part(kind: &'static Kind, config: &Config) -> bool {
    derive::derived(kind).is_some_and(|derived| derived.of.iter().any(|name| targets_of(name, config).is_empty()))
}

/// A derived kind has the targets of the kind that it is about.
fn targets(kind: &'static Kind, config: &Config) -> BTreeSet<Target> {
    targets_of(derive::derived(kind).map_or(kind.name, |derived| derived.about), config)
}

fn targets_of(name: &str, config: &Config) -> BTreeSet<Target> {
    collect::COLLECTORS
        .iter()
        .flat_map(|collector| {
            let own = collector.kinds().iter().filter(|own| own.name == name);
            own.flat_map(|kind| collector.targets(kind, config)).collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_to_another_machine_is_worth_a_note() {
        for url in ["http://api.internal", "http://10.0.0.5:8000/x", "http://[2001:db8::1]/"] {
            assert!(is_plain_and_far(url), "{url}");
        }
        for url in ["https://api.internal", "http://localhost:8000", "http://127.0.0.1", "http://[::1]:80/health"] {
            assert!(!is_plain_and_far(url), "{url}");
        }
    }
}
