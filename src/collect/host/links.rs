//! Links met by a search: to files of an everyday name, to compose files and archives, and to directories.
//!
//! In: a link. Out: what stands behind it, judged, or searched with the rest. Nothing is followed out of the root.

use super::ground::Trouble;
use super::names::{self, Named};
use super::search::Search;
use super::survey::Survey;
use super::{archive, judge};
use crate::detect;
use crate::evidence::Cause;
use std::path::{Path, PathBuf};

impl Search {
    /// A link of an everyday name, of a compose file or of an archive, or to a directory.
    pub(super) fn link(&mut self, survey: &mut Survey<'_>, path: &Path, named: Named) {
        let behind = match survey.ground.resolve(path) {
            Ok(behind) => behind,
            // Into nowhere.
            Err(trouble) if trouble.cause == Cause::NotFound => return,
            Err(trouble) => return survey.miss(path, trouble),
        };
        let inside = self.roots.iter().any(|root| behind.starts_with(root));
        if behind.is_dir() {
            if !inside {
                self.elsewhere(survey, path, behind);
            }
            return;
        }
        match named {
            Named::Compose => self.compose.push(path.to_owned()),
            // What lies inside and says its own kind is met there.
            _ if inside && sorted(&behind) == named => {}
            Named::Archive => archive::file(survey, path),
            Named::Sealed => unread(survey, path),
            Named::Template => judge::template(survey, path),
            _ if !inside => link_to_file(survey, path, &behind),
            _ => {}
        }
    }

    /// Whether a directory is one of the system's own trees, or holds what is searched.
    pub(super) fn is_too_wide(&self, survey: &Survey<'_>, directory: &Path) -> bool {
        let parts = Path::new(survey.ground.shown(directory).as_str()).components().count();
        parts <= 2 || self.roots.iter().any(|root| root.starts_with(directory))
    }

    /// A link to a directory that the search does not reach. The system's own trees are too large to be meant.
    fn elsewhere(&mut self, survey: &mut Survey<'_>, path: &Path, behind: PathBuf) {
        if self.is_too_wide(survey, &behind) {
            survey.miss(path, Trouble { cause: Cause::ContentElsewhere, errno: None });
        } else {
            self.linked.push(behind);
        }
    }
}

pub(super) fn unread(survey: &mut Survey<'_>, path: &Path) {
    survey.miss(path, Trouble { cause: Cause::Unsupported, errno: None });
}

fn sorted(path: &Path) -> Named {
    names::sort(&path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default())
}

/// A link of an everyday name that leads to an env file which the search does not reach itself.
fn link_to_file(survey: &mut Survey<'_>, path: &Path, behind: &Path) {
    let name = behind.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    match names::sort(&name) {
        Named::Env | Named::Backup => {}
        Named::Archive => return archive::file(survey, path),
        Named::Sealed => return unread(survey, path),
        _ => return,
    }
    match survey.content(path) {
        // `/usr/bin/env` has such a name too.
        Ok((content, _)) if detect::weak_env_name(&name) && !content.gives_away() => {}
        Ok((content, metadata)) => survey.found(path, "symlink", survey.led, content, Some(&metadata)),
        Err(trouble) => survey.miss(path, trouble),
    }
}
