//! Evidence of kind `image.file`: what the files of all layers hold, those that a later layer removes included.
//!
//! In: images, and their layers as they were read. Out: one piece of evidence per file that matters, gaps for what could
//! not be read, and counts. Which layer is whose follows from the history; a layer of several images is told once.

use super::blobs::digest_in;
use super::completeness::base;
use super::document::{Image, LayerBlob};
use super::{FILE, Found};
use crate::collect::Job;
use crate::collect::layers::{File, Layer};
use crate::collect::refusal::Refusal;
use crate::evidence::{Batch, Cause, Coverage, Evidence, Fact, Name, Place, Subject, Target};
use std::collections::BTreeSet;

/// Writes what the layers of one source hold.
pub(super) fn report(job: &Job, target: &Target, found: &Found) -> Batch {
    let mut coverage = found.coverage(&FILE, target);
    let batch = Batch { gaps: found.missed(&FILE, target, &mut coverage), ..Batch::default() };
    let mut out = Out { job, target, batch, coverage, told: BTreeSet::new() };
    for why in &found.unread_layers {
        out.batch.gaps.push(why.gap(&FILE, Subject::whole(target)));
        out.coverage.miss(Name::fixed("layers"), why.cause);
    }
    for image in &found.images {
        out.image(image, found);
    }
    out.batch.coverage.push(out.coverage);
    out.batch
}

struct Out<'a> {
    job: &'a Job,
    target: &'a Target,
    batch: Batch,
    coverage: Coverage,
    /// Layers that were told.
    told: BTreeSet<String>,
}

/// Where a layer stands.
struct At<'a> {
    image: &'a Image,
    found: &'a Found,
    path: &'a str,
    /// The entry of the history that made it, if that can be told.
    step: Option<usize>,
}

impl Out<'_> {
    fn image(&mut self, image: &Image, found: &Found) {
        let layers = &found.layers;
        if image.blobs.len() as u64 != image.layers {
            self.gap(image, None, &Refusal::new(Cause::Unproven).because("where the layers are is not known"));
        }
        let made: Vec<usize> = (0..image.entries.len()).filter(|n| image.entries[*n].layer == Some(true)).collect();
        for (number, blob) in image.blobs.iter().enumerate() {
            let step = made.get(number).copied().filter(|_| made.len() == image.blobs.len());
            let name = layer_name(&blob.path, number);
            let Some(layer) = layers.get(&blob.path).filter(|_| blob.refusal.is_none()) else {
                let why = blob.refusal.clone().unwrap_or(Refusal::new(Cause::MissingObjects));
                self.gap(image, Some(name), &why);
                continue;
            };
            if digest_in(&blob.path).is_some_and(|digest| !digest.starts_with("sha256:")) {
                let why = Refusal::new(Cause::Unsupported).because("a layer whose digest is not of SHA-256");
                self.gap(image, Some(name.clone()), &why);
            }
            // A digest in the path was held against the blob; without one, the config's is held against the tar.
            let stated = image.diff_ids.get(number).filter(|_| digest_in(&blob.path).is_none());
            if layer.broken.is_none() && stated.is_some_and(|stated| *stated != layer.digest) {
                let why = if layer.packed { Cause::Unproven } else { Cause::Inconsistent };
                let why = Refusal::new(why).because("a layer that is not shown to be the one of the config");
                self.gap(image, Some(name.clone()), &why);
            }
            if self.told.insert(blob.path.clone()) {
                self.layer(&At { image, found, path: &blob.path, step }, &name, layer);
            }
        }
    }

    fn layer(&mut self, at: &At<'_>, name: &Name, layer: &Layer) {
        self.coverage.add("layers", 1);
        self.coverage.add("files", layer.count);
        if layer.objects > 0 {
            self.coverage.add("git-objects", layer.objects);
        }
        if layer.cached {
            self.coverage.add("cached-layers", 1);
        }
        self.coverage.add("bytes", layer.bytes);
        if let Some(why) = &layer.broken {
            self.gap(at.image, Some(name.clone()), why);
        }
        for (n, file) in layer.files.iter().enumerate() {
            self.file(at, name, n, file);
        }
        for (n, trouble) in layer.troubles.iter().enumerate() {
            self.unread(at.image, name, shown(&trouble.path, n), &trouble.why);
        }
    }

    /// A file of a layer that was not read.
    fn unread(&mut self, image: &Image, layer: &Name, path: Name, why: &Refusal) {
        let subject = Subject::at(self.target, place_in(image, layer, path.clone()));
        self.batch.gaps.push(why.gap(&FILE, subject).with("path", path));
    }

    fn file(&mut self, at: &At<'_>, name: &Name, n: usize, file: &File) {
        let (gaps, told) = file.at(&FILE, self.target, place_in(at.image, name, shown(&file.path, n)));
        self.batch.gaps.extend(gaps);
        let Some((place, mut facts)) = told else { return };
        let mut fact = |name: &'static str, fact: Fact| facts.insert(Name::fixed(name), fact);
        fact("platform", Fact::Name(at.image.platform.clone()));
        fact("visible", Fact::Bool(at.visible(file)));
        fact("origin", Fact::word(at.origin()));
        if let Some(step) = at.step {
            let number = Name::number(step as u64 + 1);
            fact("made_by", Fact::Name(Name::fixed("step").joined(" ", &number)));
        }
        let (kind, taken_at) = (Name::fixed(FILE.name), self.job.now);
        self.batch.evidence.push(Evidence { kind, subject: Subject::at(self.target, place), facts, taken_at });
    }

    fn gap(&mut self, image: &Image, layer: Option<Name>, why: &Refusal) {
        let place = Place { layer: layer.clone(), digest: image.digest.clone(), ..Place::default() };
        let gap = why.gap(&FILE, Subject::at(self.target, place));
        self.batch.gaps.push(gap.with("platform", image.platform.clone()));
        self.coverage.miss(layer.unwrap_or(Name::fixed("layers")), why.cause);
    }
}

impl At<'_> {
    /// Whether a container of any of the images sees the file.
    fn visible(&self, file: &File) -> bool {
        let hides = |blob: &LayerBlob| {
            self.found.layers.get(&blob.path).is_some_and(|layer| layer.paths.hides(&file.entry.path))
        };
        self.found.images.iter().any(|image| {
            // A layer that comes again brings its files again.
            let last = image.blobs.iter().rposition(|blob| blob.path == self.path);
            last.is_some_and(|last| !image.blobs[last + 1..].iter().any(hides))
        })
    }

    fn origin(&self) -> &'static str {
        match (self.step, base(&self.image.entries)) {
            (Some(step), Some(base)) if step < base => "inherited",
            (Some(_), Some(_)) => "own",
            _ => "unknown",
        }
    }
}

fn place_in(image: &Image, layer: &Name, path: Name) -> Place {
    Place { path: Some(path), layer: Some(layer.clone()), digest: image.digest.clone(), ..Place::default() }
}

fn shown(path: &[u8], ordinal: usize) -> Name {
    Name::admit_or(&String::from_utf8_lossy(path), "path", ordinal)
}

/// A layer's digest, or which one it is.
fn layer_name(path: &str, number: usize) -> Name {
    let digest = digest_in(path).and_then(|digest| Name::digest(&digest).ok());
    digest.unwrap_or_else(|| Name::fixed("layer").joined(" ", &Name::number(number as u64 + 1)))
}
