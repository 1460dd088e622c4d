//! One log becomes evidence, gaps and counts.
//!
//! In: what was read, and which build it must be of. Out: one target's batch. A log that proves nothing can still leak.

use super::LOG;
use super::raw_json::Events;
use super::read::{Log, Part};
use super::signs::Signs;
use super::step::Entry;
use crate::collect::Job;
use crate::collect::refusal::Refusal;
use crate::config::{Build, BuildLog};
use crate::detect::{Context, Spotted};
use crate::evidence::{
    Batch, Cause, Class, Coverage, Evidence, Fact, Fingerprint, Judgement, Name, Place, Sensitive, Subject, Target,
};
use std::collections::{BTreeMap, BTreeSet};
use zeroize::Zeroizing;

/// Writes what a log discloses.
pub(super) fn report(job: &Job, target: &Target, log: &BuildLog, read: Result<Log, Refusal>) -> Batch {
    let mut out = Out::new(job, target);
    out.identify(log);
    match read {
        Ok(read) => out.log(&read, &log.build),
        Err(why) => out.gap(None, &why),
    }
    out.batch.coverage.push(out.coverage);
    out.batch
}

struct Out<'a> {
    job: &'a Job,
    target: &'a Target,
    batch: Batch,
    coverage: Coverage,
    /// What was told: a job's log and those of its steps say the same.
    told: BTreeSet<(Option<Name>, &'static str, Fingerprint)>,
}

impl<'a> Out<'a> {
    fn new(job: &'a Job, target: &'a Target) -> Self {
        let coverage = Coverage::new(&LOG, target);
        Self { job, target, batch: Batch::default(), coverage, told: BTreeSet::new() }
    }

    fn identify(&mut self, log: &BuildLog) {
        let (what, name) = match &log.build {
            Build::Digest(digest) => ("digest", digest),
            Build::Run(id) => ("run_id", id),
        };
        self.coverage.identify(what, name.clone());
        if let Some(image) = &log.image {
            self.coverage.identify("image", image.clone());
        }
    }

    fn log(&mut self, log: &Log, build: &Build) {
        let mut signs = Signs::default();
        for part in &log.parts {
            if self.job.stop.asked() {
                self.gap(part.name.as_ref(), &Refusal::new(Cause::Interrupted));
                break;
            }
            self.part(part, build, &mut signs);
        }
        for (name, why) in &log.refusals {
            self.gap(name.as_ref(), why);
        }
        self.coverage.add("steps", signs.steps());
        self.coverage.add("cached-steps", signs.cached);
        for why in signs.refusals(build) {
            self.gap(None, &why);
        }
    }

    fn part(&mut self, part: &Part, build: &Build, signs: &mut Signs) {
        let stop = &self.job.stop;
        let lines = super::clean::lines(&part.bytes, stop);
        self.coverage.add("files", 1);
        self.coverage.add("bytes", part.bytes.len() as u64);
        let last = lines.iter().rev().find(|line| !line.text.is_empty());
        self.coverage.add("lines", last.map_or(0, |line| u64::from(line.number)));
        let events = Events::of(lines, stop);
        signs.cached += events.cached;
        signs.running |= events.any && !events.ended();
        let mut steps: BTreeMap<u32, Vec<&Entry>> = BTreeMap::new();
        for entry in &events.entries {
            if stop.asked() {
                break;
            }
            signs.see(entry, build);
            if let Some(instruction) = entry.instruction(&entry.text()) {
                self.instruction(part, entry.line.number, instruction);
            }
            steps.entry(entry.step).or_default().push(entry);
        }
        signs.end();
        for entries in steps.values() {
            if self.job.stop.asked() {
                return self.gap(part.name.as_ref(), &Refusal::new(Cause::Interrupted));
            }
            self.step(part, entries);
        }
    }

    /// The builder's own line: judged as the history has it.
    fn instruction(&mut self, part: &Part, number: u32, text: &str) {
        let scan = self.job.detector.text(&Sensitive::from(text.to_owned()), Context::History);
        if !scan.determined {
            self.gap(part.name.as_ref(), &Refusal::new(Cause::Malformed));
        }
        for spotted in scan.spotted.into_iter().filter(|spotted| spotted.judgement.class.is_exposed()) {
            self.find(part, "instruction", number, spotted);
        }
    }

    /// Everything that one step says, as one text.
    fn step(&mut self, part: &Part, entries: &[&Entry]) {
        let mut text = Zeroizing::new(Vec::new());
        for entry in entries {
            text.extend_from_slice(&entry.line.text);
            text.push(b'\n');
        }
        let scan = self.job.detector.bytes(&Sensitive::new(std::mem::take(&mut *text)), Context::History);
        if !scan.determined {
            let why = Refusal::new(Cause::OverLimit).because("more values than are told");
            self.gap(part.name.as_ref(), &why);
        }
        for spotted in scan.spotted {
            let judgement = &spotted.judgement;
            if judgement.class == Class::Plaintext || judgement.known || judgement.secret.is_some() {
                let at = (spotted.line as usize).saturating_sub(1).min(entries.len().saturating_sub(1));
                self.find(part, "output", entries[at].line.number, spotted);
            }
        }
    }

    fn find(&mut self, part: &Part, said: &'static str, line: u32, spotted: Spotted) {
        let Spotted { variable, judgement, .. } = spotted;
        if !self.is_new(variable.as_ref(), &judgement) {
            return;
        }
        let place = Place { path: part.name.clone(), line: Some(line), variable, ..Place::default() };
        let facts = judgement.facts().into_iter().chain([("where", Fact::word(said))]);
        self.batch.evidence.push(Evidence::new(&LOG, Subject::at(self.target, place), facts, self.job.now));
    }

    /// One find per variable and value: a log repeats itself.
    fn is_new(&mut self, variable: Option<&Name>, judgement: &Judgement) -> bool {
        let Some(correlator) = &judgement.correlator else { return true };
        self.told.insert((variable.cloned(), judgement.kind, correlator.clone()))
    }

    fn gap(&mut self, part: Option<&Name>, why: &Refusal) {
        let place = Place { path: part.cloned(), ..Place::default() };
        self.batch.gaps.push(why.gap(&LOG, Subject::at(self.target, place)));
        self.coverage.miss(part.cloned().unwrap_or(Name::fixed("the log")), why.cause);
    }
}
