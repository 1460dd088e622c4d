//! Evidence of kind `image.attestation`, gaps and counts for one source.
//!
//! In: what a source gave, its attestations read. Out: one target's batch. A source that was read to its end and has no
//! list of manifests holds no attestation; coverage says so, for another copy of the image may have some.

use super::{At, Find};
use crate::collect::Job;
use crate::collect::image::layout::Attested;
use crate::collect::image::{ATTESTATION, Found};
use crate::collect::refusal::Refusal;
use crate::evidence::{Batch, Cause, Class, Coverage, Evidence, Fact, Gap, Name, Place, Subject, Target};

/// Writes what the attestations of one source disclose.
pub(in crate::collect::image) fn report(job: &Job, target: &Target, found: &Found) -> Batch {
    let mut coverage = found.coverage(&ATTESTATION, target);
    let batch = Batch { gaps: found.missed(&ATTESTATION, target, &mut coverage), ..Batch::default() };
    let mut out = Out { job, target, batch, coverage };
    for why in &found.unshown {
        out.gap(Place::default(), why);
    }
    out.coverage.add("manifests", found.images.len() as u64 + found.attested.len() as u64);
    out.coverage.add("attestations", found.attested.len() as u64);
    out.coverage.add("statements", 0);
    for attested in &found.attested {
        out.attested(attested, found);
    }
    if found.listless && found.attested.is_empty() {
        out.coverage.identify("list", Name::fixed("none: of what was pushed, registry:REFERENCE shows it"));
    }
    out.batch.coverage.push(out.coverage);
    out.batch
}

struct Out<'a> {
    job: &'a Job,
    target: &'a Target,
    batch: Batch,
    coverage: Coverage,
}

impl Out<'_> {
    fn attested(&mut self, attested: &Attested, found: &Found) {
        let platform = attested.platform.clone().unwrap_or(Name::fixed("unknown"));
        let place = Place { digest: attested.about.clone(), ..Place::default() };
        let named = attested.about.as_ref().is_some_and(|about| found.manifests.contains(about));
        if !named {
            let why = "an attestation that names no manifest of its index; skopeo copies need --all --preserve-digests";
            self.gap(place.clone(), &Refusal::new(Cause::Inconsistent).because(why));
        }
        for why in attested.unread.iter().chain(&attested.examined.refusals) {
            self.gap(place.clone(), why);
        }
        for (predicate, finds) in &attested.examined.statements {
            self.coverage.add("statements", 1);
            self.coverage.add("build-arguments", finds.iter().filter(|find| find.at == At::BuildArg).count() as u64);
            for find in finds {
                self.find(find, &place, predicate, &platform);
            }
        }
    }

    fn find(&mut self, find: &Find, place: &Place, predicate: &Name, platform: &Name) {
        let (path, line) = find.file.clone().unzip();
        let place = Place { variable: find.variable.clone(), path, line, ..place.clone() };
        let subject = Subject::at(self.target, place);
        if find.judgement.class.needs_review() {
            let cause = if find.judgement.class == Class::Open { Cause::NeedsReview } else { Cause::Malformed };
            let gap = Gap::new(&ATTESTATION, subject.clone(), cause);
            self.batch.gaps.push(gap.with("class", find.judgement.class_name()));
        }
        let more = [
            ("where", Fact::word(find.at.word())),
            ("predicate", Fact::Name(predicate.clone())),
            ("platform", Fact::Name(platform.clone())),
        ];
        let facts = find.judgement.facts().into_iter().chain(more);
        self.batch.evidence.push(Evidence::new(&ATTESTATION, subject, facts, self.job.now));
    }

    fn gap(&mut self, place: Place, why: &Refusal) {
        self.batch.gaps.push(why.gap(&ATTESTATION, Subject::at(self.target, place)));
        self.coverage.miss(Name::fixed("attestations"), why.cause);
    }
}
