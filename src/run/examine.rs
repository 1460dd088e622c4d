//! One examination: plan, collect, and settle everything learned into a ledger. Shared by `check` and `demo`.

use super::{RunError, known, plan, progress};
use crate::collect::{self, Job, Machine};
use crate::config::Config;
use crate::detect::Detector;
use crate::evidence::{
    Batch, DeclaredSecret, Fact, Header, Key, LEDGER_SCHEMA, Ledger, Name, SecretRegistry, Stop, Timestamp,
};
use crate::rule::RuleSet;
use std::sync::Arc;

/// What an examination is told besides the configuration.
pub(super) struct Circumstances<'a> {
    /// How rules are selected.
    pub(super) selection: plan::Selection<'a>,
    /// The key of correlators.
    pub(super) key: Key,
    /// The clock: the machine's, or a demo world's own.
    pub(super) now: Timestamp,
    /// `live`, or `recorded` for the demo's worlds.
    pub(super) origin: &'static str,
    /// Whether progress is hidden.
    pub(super) quiet: bool,
}

/// What came of it.
pub(super) struct Examined<'a> {
    /// Everything learned.
    pub(super) ledger: Ledger,
    /// The selected rules.
    pub(super) plan: plan::Plan<'a>,
    /// The values that no report may contain.
    pub(super) registry: Arc<SecretRegistry>,
    /// Whether a signal ended it early.
    pub(super) interrupted: bool,
}

/// Examines what the configuration declares.
pub(super) fn examine<'a>(
    config: Config,
    set: &'a RuleSet,
    circumstances: Circumstances<'_>,
) -> Result<Examined<'a>, RunError> {
    let Circumstances { selection, key, now, origin, quiet } = circumstances;
    let plan = plan::plan(set, &config, &selection)?;
    log::info!("{} rules, {} kinds of evidence, {} targets", plan.rules.len(), plan.kinds.len(), plan.declared.len());
    let registry = Arc::new(SecretRegistry::default());
    let names = config.secrets.iter().map(|secret| secret.name.clone()).collect();
    let detector = Detector::new(names, known::known_values(&config)?, key, Arc::clone(&registry));
    let config = Arc::new(config);
    let job = Job {
        config: Arc::clone(&config),
        detector: Arc::new(detector),
        progress: progress::progress(quiet),
        stop: Stop::default(),
        machine: Machine::here(),
        now,
        wanted: plan.kinds.clone(),
    };
    let mut collected = collect::run(job).map_err(|error| RunError::Start(error.kind()))?;
    registry.cover(names_from_outside(&mut collected.batch));
    let finished_at = if origin == "live" { Timestamp::now() } else { now };
    let header = Header {
        tool_version: Name::fixed(env!("CARGO_PKG_VERSION")),
        service: config.service.clone(),
        environment: config.environment.clone(),
        profile: Name::fixed(selection.profile.word()),
        rules: plan.rules.iter().map(|rule| Name::admit_or(&rule.id, "rule", 1)).collect(),
        rules_digest: Name::digest(&set.digest).unwrap_or(Name::fixed("unknown")),
        config_file: config.file.clone(),
        started_at: now,
        finished_at,
        offline: selection.left_out.is_some(),
        scope: selection.since.map(|since| Name::admit_or(&format!("since {since}"), "revision", 1)),
        origin: Name::fixed(origin),
    };
    let ledger = ledger(header, &config, &plan, collected.batch);
    log::info!("{} pieces of evidence, {} gaps", ledger.evidence.len(), ledger.gaps.len());
    Ok(Examined { ledger, plan, registry, interrupted: collected.interrupted })
}

/// What files and variables are called, wherever it stands.
fn names_from_outside(batch: &mut Batch) -> impl Iterator<Item = &mut Name> {
    let facts = batch.evidence.iter_mut().flat_map(|one| {
        let lists =
            one.facts.values_mut().filter_map(|fact| if let Fact::List(list) = fact { Some(list) } else { None });
        let names = lists.flatten().filter_map(|fact| if let Fact::Name(name) = fact { Some(name) } else { None });
        names.chain(one.subject.place.path.iter_mut()).chain(one.subject.place.variable.iter_mut())
    });
    let gaps = batch.gaps.iter_mut().flat_map(|gap| {
        let place = &mut gap.subject.place;
        let hints = gap.hints.iter_mut().filter(|hint| hint.what.as_str() == "path").map(|hint| &mut hint.is);
        place.path.iter_mut().chain(place.variable.iter_mut()).chain(hints)
    });
    facts.chain(gaps)
}

fn ledger(header: Header, config: &Config, plan: &plan::Plan<'_>, batch: Batch) -> Ledger {
    let secrets = config
        .secrets
        .iter()
        .map(|secret| DeclaredSecret { name: secret.name.clone(), source: secret.source.clone() })
        .collect();
    let mut ledger = Ledger {
        schema: LEDGER_SCHEMA.to_owned(),
        header,
        secrets,
        declared: plan.declared.clone(),
        absent: plan.absent.clone(),
        evidence: batch.evidence,
        gaps: batch.gaps,
        coverage: batch.coverage,
        inapplicable: batch.inapplicable,
        waivers: config.waivers.clone(),
        notes: plan.notes.clone(),
    };
    ledger.settle();
    ledger
}
