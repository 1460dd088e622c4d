//! A survey of one host: what every room adds its findings to.
//!
//! In: places and what was seen there. Out: the batch. It judges content through detection and knows no
//! file format.

use super::content::Content;
use super::ground::{Ground, Trouble};
use super::{ENV_FILE, Job, names};
use crate::collect::refusal::Refusal;
use crate::evidence::{Batch, Cause, Coverage, Evidence, Fact, Gap, Name, Place, Sensitive, Subject, Target, Task};
use std::collections::BTreeSet;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The survey.
pub(super) struct Survey<'a> {
    pub(super) job: &'a Job,
    pub(super) ground: Ground,
    pub(super) coverage: Coverage,
    pub(super) task: Box<dyn Task>,
    /// What led to the place that is being searched.
    pub(super) led: &'static str,
    /// The root of the walk at hand.
    pub(super) base: PathBuf,
    /// Which file referred to which path, in its own words.
    pub(super) referred: BTreeSet<(PathBuf, String)>,
    /// Files that already have evidence of their own.
    pub(super) reported: BTreeSet<PathBuf>,
    target: Target,
    batch: Batch,
}

impl<'a> Survey<'a> {
    /// An empty survey.
    pub(super) fn new(job: &'a Job, target: Target, ground: Ground, coverage: Coverage) -> Self {
        let task = job.progress.begin("host files", None);
        Self {
            job,
            ground,
            coverage,
            task,
            led: "directory-search",
            base: PathBuf::new(),
            referred: BTreeSet::new(),
            reported: BTreeSet::new(),
            target,
            batch: Batch::default(),
        }
    }

    /// Whether a path lies in a package manager's directory below the walk's root.
    pub(super) fn is_vendored(&self, path: &Path) -> bool {
        names::is_vendored(path.strip_prefix(&self.base).unwrap_or(path))
    }

    /// Hands the batch back.
    pub(super) fn finish(mut self) -> Batch {
        self.batch.coverage.push(self.coverage);
        self.batch
    }

    /// Records that the machine may be the wrong one.
    pub(super) fn doubt(&mut self, why: &Refusal) {
        self.batch.gaps.push(why.gap(&ENV_FILE, Subject::whole(&self.target)));
    }

    /// Records a source that did not say where else to look.
    pub(super) fn refused(&mut self, what: &Name, why: &Refusal) {
        self.batch.gaps.push(why.gap(&ENV_FILE, self.at(what.clone(), None, None)));
        self.coverage.miss(what.clone(), why.cause);
    }

    /// Records a part of the scope that was not examined.
    pub(super) fn miss(&mut self, path: &Path, trouble: Trouble) {
        self.miss_about(path, None, trouble);
    }

    /// The same with what named the place.
    pub(super) fn miss_about(&mut self, path: &Path, about: Option<Name>, trouble: Trouble) {
        let shown = self.ground.shown(path);
        let mut gap = Gap::new(&ENV_FILE, self.at(shown.clone(), None, about), trouble.cause);
        if let Some(errno) = trouble.errno_name() {
            gap = gap.with("errno", errno);
        }
        self.coverage.miss(shown, trouble.cause);
        self.batch.gaps.push(gap);
    }

    /// Records something about a place that a person must look at.
    pub(super) fn review(&mut self, path: &Path, variable: Option<Name>, cause: Cause) {
        let subject = self.at(self.ground.shown(path), None, variable);
        self.batch.gaps.push(Gap::new(&ENV_FILE, subject, cause));
    }

    /// Reads and judges an env-like file.
    pub(super) fn content(&self, path: &Path) -> Result<(Content, Metadata), Trouble> {
        let (text, metadata) = self.read(path)?;
        Ok((Content::of(self.job.detector.env_file(&text)), metadata))
    }

    /// Reads and judges a file of an env directory: it may hold nothing but the value of the variable that it is
    /// named after.
    pub(super) fn member(&self, path: &Path) -> Result<(Content, Metadata), Trouble> {
        let (text, metadata) = self.read(path)?;
        Ok((self.member_content(path, &text), metadata))
    }

    /// Reads and judges a file that may hold one variable and nothing else.
    pub(super) fn variable(&self, path: &Path) -> Result<(Content, Metadata), Trouble> {
        let (text, metadata) = self.read(path)?;
        let name = path.file_name().unwrap_or_default().as_encoded_bytes().to_vec();
        let scan = self.job.detector.variable_file(&Sensitive::new(name), &text);
        Ok((scan.map(Content::of).unwrap_or_default(), metadata))
    }

    /// What [`Self::member`] says of a text that was read already.
    pub(super) fn member_content(&self, path: &Path, text: &Sensitive) -> Content {
        let detector = &self.job.detector;
        let name = path.file_name().unwrap_or_default().as_encoded_bytes().to_vec();
        let file = detector.env_file(text);
        Content::of(match detector.variable_file(&Sensitive::new(name), text) {
            Some(bare) => file.and(bare),
            None => file,
        })
    }

    fn read(&self, path: &Path) -> Result<(Sensitive, Metadata), Trouble> {
        let (mut bytes, metadata) = self.ground.read(path, self.job.config.limits.file_bytes)?;
        Ok((Sensitive::new(std::mem::take(&mut *bytes)), metadata))
    }

    /// Records a file that matters.
    pub(super) fn found(
        &mut self,
        path: &Path,
        what: &'static str,
        by: &'static str,
        content: Content,
        metadata: Option<&Metadata>,
    ) {
        if !content.determined {
            self.review(path, None, Cause::Malformed);
        }
        self.reported.extend(self.ground.resolve(path).ok());
        self.record(self.at(self.ground.shown(path), None, None), what, by, content, metadata);
    }

    /// Records a line of configuration that matters.
    pub(super) fn directive(
        &mut self,
        file: &Path,
        line: Option<u32>,
        about: Name,
        by: &'static str,
        content: Content,
    ) {
        let subject = self.at(self.ground.shown(file), line, Some(about));
        self.record(subject, "directive", by, content, None);
    }

    /// Records what a deployment file will put on the host. Such a file lies on this machine, not below the root.
    pub(super) fn deployed(&mut self, file: &Path, line: u32, about: Name, content: Content) {
        let subject = self.at(declared(file), Some(line), Some(about));
        self.record(subject, "directive", "ecs", content, None);
    }

    /// Records a deployment file that could not be examined.
    pub(super) fn undeployed(&mut self, file: &Path, trouble: Trouble) {
        let shown = declared(file);
        let gap = Gap::new(&ENV_FILE, self.at(shown.clone(), None, None), trouble.cause);
        self.batch.gaps.push(gap.with("key", Name::fixed("deployment")));
        self.coverage.miss(shown, trouble.cause);
    }

    /// Records an env file inside an archive.
    pub(super) fn packed(&mut self, archive: &Path, inside: Name, content: Content) {
        let subject = self.at(self.ground.shown(archive), None, Some(inside));
        let metadata = std::fs::symlink_metadata(archive).ok();
        self.record(subject, "archive", self.led, content, metadata.as_ref());
    }

    fn record(
        &mut self,
        subject: Subject,
        what: &'static str,
        by: &'static str,
        content: Content,
        metadata: Option<&Metadata>,
    ) {
        let mut facts = content.facts();
        facts.extend([("what", Fact::word(what)), ("by", Fact::word(by))]);
        if let Some(metadata) = metadata {
            let mode = metadata.mode() & 0o7777;
            facts.push(("mode", Fact::Name(Name::admit_or(&format!("{mode:04o}"), "mode", 1))));
            facts.push(("world_readable", Fact::Bool(mode & 0o004 != 0)));
            facts.push(("links", Fact::Int(i64::try_from(metadata.nlink()).unwrap_or(i64::MAX))));
        }
        self.batch.evidence.push(Evidence::new(&ENV_FILE, subject, facts, self.job.now));
    }

    fn at(&self, path: Name, line: Option<u32>, variable: Option<Name>) -> Subject {
        Subject::at(&self.target, Place { path: Some(path), line, variable, ..Place::default() })
    }
}

fn declared(file: &Path) -> Name {
    Name::admit_or(&file.to_string_lossy(), "path", 1)
}
