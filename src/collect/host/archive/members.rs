//! The members of one archive, in whatever order they come.
//!
//! In: names, sizes and readers. Out: findings in the survey. It knows no archive format.

use super::because;
use crate::collect::host::content::Content;
use crate::collect::host::ground::Trouble;
use crate::collect::host::names::{self, Named};
use crate::collect::host::survey::Survey;
use crate::config::Limits;
use crate::detect::{Context, weak_env_name};
use crate::evidence::{Cause, Name, Sensitive};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Most members of env directories that wait for the end, where it shows which of these are Python's.
const MOST_HELD: usize = 10_000;
/// How many files of the largest size are judged in one archive.
const MOST_FILES: u64 = 4;
/// Where image archives keep their layers.
const LAYERS: &str = "blobs/sha256/";

/// What was seen so far.
pub(super) struct Members<'a, 'b> {
    survey: &'a mut Survey<'b>,
    archive: &'a Path,
    /// Directories that are Python environments.
    python: BTreeSet<PathBuf>,
    held: Vec<(PathBuf, Content)>,
    seen: u64,
    /// Bytes that were unpacked: a small archive may hold any number.
    unpacked: u64,
    /// Whether it carries archives once more, which are not opened.
    nested: bool,
}

impl<'a, 'b> Members<'a, 'b> {
    /// Nothing seen yet.
    pub(super) fn of(survey: &'a mut Survey<'b>, archive: &'a Path) -> Self {
        Self { survey, archive, python: BTreeSet::new(), held: Vec::new(), seen: 0, unpacked: 0, nested: false }
    }

    /// The run's limits.
    pub(super) fn limits(&self) -> &'b Limits {
        &self.survey.job.config.limits
    }

    /// Whether the run was asked to end.
    pub(super) fn stopped(&self) -> bool {
        self.survey.job.stop.asked()
    }

    /// A member that is no directory, of so many bytes.
    pub(super) fn see(&mut self, inside: &Path, size: u64, bytes: impl Read) -> Result<(), Trouble> {
        self.seen += 1;
        let most = self.limits().file_bytes.saturating_mul(MOST_FILES).min(self.limits().archive_bytes);
        if self.seen > self.limits().host_files || self.unpacked > most {
            return Err(because(Cause::OverLimit));
        }
        let name = inside.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name == names::PYTHON {
            self.python.extend(inside.parent().map(Path::to_owned));
        }
        self.nested |= names::is_nested_archive(&name) && !names::is_vendored(inside) || inside.starts_with(LAYERS);
        match names::sort(&name) {
            named @ (Named::Env | Named::Backup | Named::Template) => {
                let content = self
                    .content(inside, size, bytes, |survey, _, text| Content::of(survey.job.detector.env_file(text)));
                // Whether a template is one shows in what it holds, and a class of an env file's name is none.
                let sure = named != Named::Template && !names::is_vendored(inside) && !weak_env_name(&name);
                if sure || content.gives_away() {
                    self.packed(inside, content);
                }
            }
            Named::Compose => {
                let content = self.content(inside, size, bytes, |survey, _, text| {
                    Content::of(survey.job.detector.text(text, Context::Compose))
                });
                if content.gives_away() && !names::is_vendored(inside) {
                    self.packed(inside, content);
                }
            }
            Named::Other if inside.ancestors().skip(1).any(names::is_env_directory) => {
                let content = self.content(inside, size, bytes, Survey::member_content);
                self.held.push((inside.to_owned(), content));
                if self.held.len() > MOST_HELD {
                    return Err(because(Cause::OverLimit));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Tells what could only be told at the end.
    pub(super) fn finish(mut self) {
        for (inside, content) in std::mem::take(&mut self.held) {
            if !inside.ancestors().any(|above| self.python.contains(above)) {
                self.packed(&inside, content);
            }
        }
        if self.nested {
            self.survey.miss_about(self.archive, Some(Name::fixed("archives in it")), because(Cause::Unsupported));
        }
    }

    /// What a member holds; one that is too large or cannot be read exists all the same.
    fn content(
        &mut self,
        inside: &Path,
        size: u64,
        bytes: impl Read,
        judge: impl Fn(&Survey<'b>, &Path, &Sensitive) -> Content,
    ) -> Content {
        let limit = self.limits().file_bytes;
        let mut text = Zeroizing::new(Vec::new());
        let read = bytes.take(limit.saturating_add(1)).read_to_end(&mut text);
        self.unpacked += text.len() as u64;
        if size > limit || text.len() as u64 > limit || read.is_err() {
            return Content::unknown();
        }
        judge(self.survey, inside, &Sensitive::new(std::mem::take(&mut *text)))
    }

    fn packed(&mut self, inside: &Path, content: Content) {
        let about = Name::admit_or(&inside.to_string_lossy(), "path", 1);
        if !content.determined {
            self.survey.review(self.archive, Some(about.clone()), Cause::Malformed);
        }
        self.survey.packed(self.archive, about, content);
    }
}
