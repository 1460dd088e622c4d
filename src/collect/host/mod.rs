//! The host collector: env files on this machine, and the configuration that would create one again.
//!
//! In: the declared directories, the root below which the system's own files lie, and the deployment files. Out: one piece of
//! evidence per env file, backup, directive or profile that matters. It must not know: rules, containers,
//! or how a value is recognised. Nothing is written, executed or followed out of the root.

mod archive;
mod compose;
mod content;
mod ecs;
mod ground;
mod homes;
mod inline;
mod judge;
mod links;
mod medium;
mod names;
mod open_files;
mod projects;
mod reference;
mod search;
mod survey;
mod system;
mod systemd;
mod volumes;

use super::compose_labels::{self, Labels};
use super::machine::HostNames;
use super::refusal::Refusal;
use super::{Collector, Job, runtime};
use crate::config::{Config, Host};
use crate::evidence::{
    ALPHABET, Batch, Cause, Class, Coverage, Field, FieldType, Gap, Kind, Name, SECRET, STEP, Subject, Target,
};
use futures_util::future::{BoxFuture, FutureExt};
use ground::Ground;
use search::Search;
use std::path::Path;
use std::sync::Arc;
use survey::Survey;

/// What was found.
const WHAT: &[&str] = &[
    "env-file",
    "backup",
    "template",
    "directive",
    "profile",
    "symlink",
    "fifo",
    "directory",
    "archive",
    "mount",
    "deleted",
];
/// What led to it.
const BY: &[&str] = &["directory-search", "compose", "systemd", "system-files", "ecs", "home", "volume", "process"];

static ENV_FILE: Kind = Kind {
    name: "host.env-file",
    meaning: "an env file on a host, or configuration that creates or embeds one",
    declared_by: "hosts",
    live: false,
    unit: "directories",
    fields: &[
        Field { name: "what", holds: FieldType::Word(WHAT), meaning: "what was found; a directory is a Python one" },
        Field { name: "class", holds: FieldType::Word(&Class::WORDS), meaning: "the worst class of a value in it" },
        Field { name: "value_kind", holds: FieldType::Name, meaning: "what sort of value the worst one is" },
        STEP,
        ALPHABET,
        SECRET,
        Field { name: "length", holds: FieldType::Name, meaning: "length bucket of the worst value" },
        Field { name: "exposed", holds: FieldType::Int, meaning: "exposed values in it" },
        Field { name: "variables", holds: FieldType::List, meaning: "the variables that are exposed" },
        Field { name: "known", holds: FieldType::Bool, meaning: "whether a value was given as known" },
        Field { name: "mode", holds: FieldType::Name, meaning: "its permission bits, octal" },
        Field { name: "world_readable", holds: FieldType::Bool, meaning: "whether everybody may read it" },
        Field { name: "links", holds: FieldType::Int, meaning: "hard links: above 1 it has another name too" },
        Field { name: "by", holds: FieldType::Word(BY), meaning: "what led to it" },
    ],
};

/// Env files of hosts.
pub(super) struct Hosts;

impl Collector for Hosts {
    fn kinds(&self) -> &'static [&'static Kind] {
        const KINDS: &[&Kind] = &[&ENV_FILE];
        KINDS
    }

    fn targets(&self, _: &'static Kind, config: &Config) -> Vec<Target> {
        let mut targets: Vec<Target> = config.hosts.iter().map(target).collect();
        targets.sort();
        targets.dedup();
        targets
    }

    fn collect(&self, job: Arc<Job>) -> BoxFuture<'static, Batch> {
        async move {
            // The engine's containers run on the machine itself, not on a mounted image of another one.
            let live = if job.config.hosts.iter().any(is_itself) {
                compose_labels::live(&job).await
            } else {
                Labels::default()
            };
            let theirs = Arc::clone(&job);
            let done = runtime::offload(move || {
                let mut all = Batch::default();
                let saved = compose_labels::saved(&theirs);
                theirs.config.hosts.iter().for_each(|host| {
                    let labels = if is_itself(host) { saved.clone().and(&live) } else { saved.clone() };
                    all.absorb(examine(host, &theirs, &labels));
                });
                all
            });
            done.await.unwrap_or_else(|| crashed(&job.config))
        }
        .boxed()
    }
}

fn target(host: &Host) -> Target {
    match host {
        Host::Local { .. } => Target::new("host", Name::fixed("local")),
        Host::Ssh { destination, .. } => Target::new("host", destination.clone()),
    }
}

/// Whether a host is the running machine.
fn is_itself(host: &Host) -> bool {
    matches!(host, Host::Local { root, .. } if root == Path::new("/"))
}

fn crashed(config: &Config) -> Batch {
    let gap = |host| Gap::new(&ENV_FILE, Subject::whole(&target(host)), Cause::Crashed);
    Batch { gaps: config.hosts.iter().map(gap).collect(), ..Batch::default() }
}

fn examine(host: &Host, job: &Job, labels: &Labels) -> Batch {
    let target = target(host);
    let Host::Local { directories, root, hostname } = host else {
        let gap =
            Gap::new(&ENV_FILE, Subject::whole(&target), Cause::Unsupported).with("key", Name::fixed("hosts.ssh"));
        return Batch { gaps: vec![gap], ..Batch::default() };
    };
    let ground = Ground::new(root);
    let mut survey = Survey::new(job, target.clone(), ground, Coverage::new(&ENV_FILE, &target));
    let names = if is_itself(host) { job.machine.names.clone() } else { written_names(&survey) };
    let runner = is_itself(host) && job.machine.runner;
    if let Some(why) = doubt(hostname.as_ref(), &names, runner) {
        survey.doubt(&why);
    }
    let homes = homes::all(&mut survey);
    let mut search = Search::of(&mut survey, directories, labels);
    search.shallow(&mut survey, &homes, ("home", "homes"));
    let volumes = volumes::all(&mut survey, &homes);
    search.shallow(&mut survey, &volumes, ("volume", "volumes"));
    search.finish(&mut survey, labels);
    systemd::units(&mut survey, &homes);
    system::files(&mut survey, &homes);
    if is_itself(host) {
        open_files::deleted(&mut survey);
    }
    ecs::task_definitions(&mut survey, &job.config.deployment);
    survey.finish()
}

/// The names of a machine whose disk is mounted.
fn written_names(survey: &Survey<'_>) -> HostNames {
    let limit = survey.job.config.limits.file_bytes;
    let read = |path| survey.ground.read(Path::new(path), limit).map(|(bytes, _)| bytes).unwrap_or_default();
    HostNames::new(&String::from_utf8_lossy(&read("/etc/hostname")), &String::from_utf8_lossy(&read("/etc/hosts")))
}

/// Why this may be the wrong machine, if it may. A declared name settles it either way.
fn doubt(declared: Option<&Name>, names: &HostNames, runner: bool) -> Option<Refusal> {
    let unproven = Refusal::new(Cause::Unproven).with("key", Name::fixed("hosts.local.hostname"));
    match declared {
        Some(declared) if names.include(declared) => None,
        Some(declared) => Some(unproven.with("declared", declared.clone()).with("observed", names.shown())),
        None if runner => Some(unproven.with("observed", Name::fixed("a CI runner, perhaps not the production host"))),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runner_is_in_doubt_until_its_name_is_declared_as_production_s() {
        let names = HostNames::new("web1", "");
        let shown = |declared: Option<&'static str>, runner| {
            doubt(declared.map(Name::fixed).as_ref(), &names, runner).map(|why| format!("{why:?}"))
        };
        assert!(shown(None, true).is_some_and(|text| text.contains("CI runner")));
        assert_eq!(shown(None, false), None);
        assert_eq!(shown(Some("WEB1"), true), None);
        let other = shown(Some("web2"), false).unwrap();
        assert!(other.contains("web1") && other.contains("web2"), "{other}");
    }
}
