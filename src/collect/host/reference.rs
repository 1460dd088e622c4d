//! A reference from configuration to an env file: what a service manager or compose would read.
//!
//! In: where the reference stands and what it names. Out: a directive in the survey, and the file itself if
//! it exists. A file that is missing now may be written at start: an env file's name alone is a finding.

use super::content::Content;
use super::names;
use super::survey::Survey;
use crate::evidence::{Cause, Name};
use std::path::{Path, PathBuf};

/// One reference.
pub(super) struct Reference<'a> {
    /// The configuration file.
    pub(super) file: &'a Path,
    /// Its line.
    pub(super) line: Option<u32>,
    /// The path as it is written.
    pub(super) names: &'a str,
    /// The path as it is resolved.
    pub(super) path: PathBuf,
    /// Whether the service fails without the file.
    pub(super) required: bool,
    /// `compose` or `systemd`.
    pub(super) by: &'static str,
}

/// Follows a reference.
pub(super) fn follow(survey: &mut Survey<'_>, reference: &Reference<'_>) {
    let file_name = reference.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let named = names::is_env(&file_name);
    let about = Name::admit_or(reference.names, "path", 1);
    let directive = |survey: &mut Survey<'_>, content: Content| {
        survey.directive(reference.file, reference.line, about.clone(), reference.by, content);
    };
    if reference.names.contains(['$', '%', '*', '?']) {
        // Where it leads is only known when it runs, and whether it must exist says nothing about whether it does.
        if named {
            directive(survey, Content::unknown());
        } else {
            survey.review(reference.file, Some(about), Cause::Unproven);
        }
        return;
    }
    match survey.content(&reference.path) {
        Ok((content, metadata)) if named || content.gives_away() => {
            directive(survey, content.summary());
            let path = survey.ground.place(&reference.path);
            if survey.ground.resolve(&path).is_ok_and(|real| !survey.reported.contains(&real)) {
                survey.found(&path, "env-file", reference.by, content, Some(&metadata));
            }
        }
        Ok((content, _)) => {
            for variable in content.open {
                survey.review(&reference.path, Some(variable), Cause::NeedsReview);
            }
        }
        Err(trouble) if trouble.cause == Cause::NotFound => {
            if named {
                directive(survey, Content::unknown());
            } else if reference.required {
                survey.review(&reference.path, None, Cause::NotFound);
            }
        }
        Err(trouble) => survey.miss(&reference.path, trouble),
    }
}
