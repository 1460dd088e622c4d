//! An entry whose name says env file: what it is and what it holds.
//!
//! In: an entry of a search. Out: a finding in the survey, or why it could not be read.

use super::content::Content;
use super::ground::{self, Trouble};
use super::medium;
use super::names::Named;
use super::survey::Survey;
use crate::detect;
use crate::evidence::Cause;
use std::fs::Metadata;
use std::io::Read;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use walkdir::DirEntry;

/// Judges an env file, a backup or a template of one, whatever kind of entry bears the name.
pub(super) fn entry(survey: &mut Survey<'_>, entry: &DirEntry, named: Named) {
    let (path, kind) = (entry.path(), entry.file_type());
    let what = match named {
        Named::Env => "env-file",
        Named::Backup => "backup",
        Named::Template => "template",
        _ => return,
    };
    if kind.is_file() {
        file(survey, path, what);
    } else if named != Named::Template && kind.is_symlink() {
        link(survey, path);
    } else if named != Named::Template && (kind.is_fifo() || kind.is_socket()) {
        survey.found(path, "fifo", by(survey, path), Content::unknown(), entry.metadata().ok().as_ref());
    }
}

/// A link into nowhere or to a device holds nothing now; its name alone is the finding.
fn link(survey: &mut Survey<'_>, path: &Path) {
    let content = survey.content(path).map_or_else(|_| Content::unknown(), |(content, _)| content);
    let metadata = std::fs::symlink_metadata(path).ok();
    survey.found(path, "symlink", by(survey, path), content, metadata.as_ref());
}

/// Judges a template that a link leads to.
pub(super) fn template(survey: &mut Survey<'_>, path: &Path) {
    file(survey, path, "template");
}

/// Judges a file of an env directory.
pub(super) fn member(survey: &mut Survey<'_>, path: &Path) {
    file_as(survey, path, "env-file", Survey::member);
}

/// Judges a file that may hold one variable: reported only if it gives one away.
pub(super) fn variable(survey: &mut Survey<'_>, path: &Path) {
    match survey.variable(path) {
        Ok((content, metadata)) if content.gives_away() => {
            survey.found(path, "env-file", by(survey, path), content, Some(&metadata));
        }
        Ok(_) => {}
        Err(trouble) if matches!(trouble.cause, Cause::NotFound | Cause::OverLimit) => {}
        Err(trouble) => survey.miss(path, trouble),
    }
}

/// Judges a regular file.
fn file(survey: &mut Survey<'_>, path: &Path, what: &'static str) {
    file_as(survey, path, what, Survey::content);
}

/// How a file's content is read.
type Reading<'a> = fn(&Survey<'a>, &Path) -> Result<(Content, Metadata), Trouble>;

fn file_as<'a>(survey: &mut Survey<'a>, path: &Path, what: &'static str, reading: Reading<'a>) {
    if medium::is_rendered(survey, path) {
        survey.coverage.add("rendered_files", 1);
        return;
    }
    let weak =
        what != "template" && path.file_name().is_some_and(|name| detect::weak_env_name(&name.to_string_lossy()));
    match reading(survey, path) {
        Ok((content, _)) if weak && !content.gives_away() => {
            if is_program(survey, path) {
                return;
            }
            if !content.determined {
                survey.review(path, None, Cause::Malformed);
            }
            for variable in content.open {
                survey.review(path, Some(variable), Cause::NeedsReview);
            }
        }
        Ok((content, metadata)) => report(survey, path, what, content, &metadata),
        Err(trouble) if trouble.cause == Cause::NotFound => {}
        Err(trouble) if weak => survey.miss(path, trouble),
        Err(trouble) => {
            // It exists, whatever stands in it.
            survey.found(
                path,
                what,
                by(survey, path),
                Content::unknown(),
                std::fs::symlink_metadata(path).ok().as_ref(),
            );
            survey.miss(path, trouble);
        }
    }
}

/// `/usr/bin/env` has an everyday name too.
fn is_program(survey: &Survey<'_>, path: &Path) -> bool {
    let mut magic = [0_u8; 4];
    let read = survey.ground.resolve(path).ok().and_then(|real| ground::open(&real).ok()?.read_exact(&mut magic).ok());
    read.is_some() && magic == *b"\x7fELF"
}

fn report(survey: &mut Survey<'_>, path: &Path, what: &'static str, content: Content, metadata: &Metadata) {
    // Samples and test data of packages are no deployment's env file, unless a real value stands in them.
    let sample = what != "template" && survey.is_vendored(path) && !content.gives_away();
    let what = if sample { "template" } else { what };
    if what == "template" {
        for variable in content.open.clone() {
            survey.review(path, Some(variable), Cause::NeedsReview);
        }
    }
    survey.found(path, what, by(survey, path), content, Some(metadata));
}

/// A `.env` beside a compose file is read by compose without being named.
fn by(survey: &Survey<'_>, path: &Path) -> &'static str {
    let implicit = path.file_name().is_some_and(|name| name == ".env");
    let beside = |parent: &Path| {
        ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"]
            .iter()
            .any(|name| parent.join(name).is_file())
    };
    if implicit && path.parent().is_some_and(beside) { "compose" } else { survey.led }
}
