//! Evidence of kind `image.identity`: every digest of what was examined, so that it can be held against what runs.
//!
//! In: images, one per platform. Out: one piece of evidence each, and gaps for platforms that could not be examined.
//! What runs, it does not know.

use super::{Found, IDENTITY};
use crate::collect::Job;
use crate::evidence::{Batch, Coverage, Evidence, Fact, Place, Subject, Target};

/// Writes which images a source gave.
pub(super) fn report(job: &Job, target: &Target, found: &Found) -> Batch {
    let mut coverage = Coverage::new(&IDENTITY, target);
    let mut batch = Batch { gaps: found.missed(&IDENTITY, target, &mut coverage), ..Batch::default() };
    for image in &found.images {
        coverage.add("platforms", 1);
        let own = &image.identity;
        let digests = [("config", &own.config), ("manifest", &own.manifest), ("index", &own.index)];
        let digests = digests.into_iter().filter_map(|(field, digest)| Some((field, Fact::Name(digest.clone()?))));
        let registry = Fact::List(own.registry.iter().cloned().map(Fact::Name).collect());
        let platform = Fact::Name(image.platform.clone());
        let facts = digests.chain([("registry", registry), ("platform", platform)]);
        let place = Place { digest: image.digest.clone(), ..Place::default() };
        batch.evidence.push(Evidence::new(&IDENTITY, Subject::at(target, place), facts, job.now));
    }
    batch.coverage.push(coverage);
    batch
}
