//! The build context of a Dockerfile: which ignore file counts, and which env files would come in.
//!
//! In: the working tree and the Dockerfile's path in it. Out: for a source of `COPY`, the first paths that
//! would be let in. An ignore file is intent: it must also keep out the env file that is not there today.

use super::ignore::Ignore;
use super::{Source, find};
use crate::collect::Job;
use crate::detect::{Context, env_like, env_template};
use crate::evidence::{Cause, Class, Judgement, Sensitive};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Most places named for one instruction.
const MOST_NAMED: usize = 20;
/// Names that a pattern is held against.
const USUAL: [&str; 2] = [".env", ".env.production"];
/// Files that hold credentials whatever the project.
const CREDENTIALS: [&str; 10] = [
    ".git",
    ".git-credentials",
    ".netrc",
    ".npmrc",
    ".pgpass",
    ".pypirc",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
];
/// Those of them that often hold settings only.
const SETTINGS: [&str; 2] = [".npmrc", ".pypirc"];
/// Words by which a `.pem` file says that it is a certificate.
const PUBLIC: [&str; 6] = ["ca", "cert", "chain", "fullchain", "bundle", "pub"];
/// Directories that no test of depth may miss, whether they exist or not.
const DEPTHS: [&str; 4] = ["", "any/", "any/any/", "any/any/any/"];
/// Other people's: an env file in them counts for what it holds, since most are samples.
const THIRD_PARTY: [&str; 3] = ["node_modules", "vendor", "target"];

/// The build context.
pub(super) struct BuildContext {
    ignore: Ignore,
    /// Directories in it, each with a slash at its end; the root is empty.
    directories: Vec<String>,
    /// Env files in it, and tools' files that hold a credential.
    env_files: Vec<String>,
    /// Tools' files that hold none: an `.npmrc` with a registry's address.
    harmless: Vec<String>,
}

impl BuildContext {
    /// The context of a Dockerfile: the declared one, or else the likely one.
    ///
    /// The ignore file of the Dockerfile's own name comes before the one at the context's root.
    pub(super) fn of(source: &Source<'_>, declared: Option<&Path>) -> Result<Self, Cause> {
        let (tree, own) = (source.tree, source.path.parent().unwrap_or(Path::new("")));
        let mut named = source.path.as_os_str().to_owned();
        named.push(".dockerignore");
        let of_its_name =
            Some(PathBuf::from(named)).filter(|file| source.inline.is_none() && tree.join(file).is_file());
        let at = |root: &Path| Some(root.join(".dockerignore")).filter(|file| tree.join(file).is_file());
        let root = match declared {
            Some(context) => context,
            None if of_its_name.is_none() && at(own).is_none() && at(Path::new("")).is_some() => Path::new(""),
            None => own,
        };
        let limit = source.job.config.limits.file_bytes;
        let ignore = match of_its_name.or_else(|| at(root)) {
            Some(file) => Ignore::parse(&String::from_utf8_lossy(&find::read(&tree.join(file), limit)?)),
            None => Ignore::default(),
        };
        if ignore.broken > 0 {
            return Err(Cause::Malformed);
        }
        let mut context = Self { ignore, directories: Vec::new(), env_files: Vec::new(), harmless: Vec::new() };
        context.look(&tree.join(root), source.job)?;
        Ok(context)
    }

    fn look(&mut self, root: &Path, job: &Job) -> Result<(), Cause> {
        let mut entries = WalkDir::new(root).follow_links(false).sort_by_file_name().into_iter();
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                // Other unreadable directories are recorded where Dockerfiles are looked for, in the same tree.
                Err(error) if error.depth() == 0 || error.path().is_some_and(is_third_party) => {
                    return Err(error.io_error().map_or(Cause::Denied, |error| find::cause(error.kind())));
                }
                Err(_) => continue,
            };
            let Ok(path) = entry.path().strip_prefix(root) else { continue };
            let foreign = is_third_party(path);
            let path = path.to_string_lossy().into_owned();
            let name = entry.file_name().to_string_lossy();
            if entry.file_type().is_file() && SETTINGS.contains(&&*name.to_ascii_lowercase()) {
                let kept = if holds_a_value(entry.path(), job) { &mut self.env_files } else { &mut self.harmless };
                kept.push(path);
            } else if !entry.file_type().is_dir() {
                if is_env(&name) && (!foreign || holds_a_value(entry.path(), job)) {
                    self.env_files.push(path);
                }
            } else if entry.depth() > 0 && (entry.file_name() == ".git" || self.ignore.excludes_below(&path)) {
                entries.skip_current_dir();
            } else if !foreign {
                self.directories.push(if path.is_empty() { path } else { format!("{path}/") });
            }
        }
        Ok(())
    }

    /// Whether a path stays out of the context, or out of this copy.
    fn excludes(&self, path: &str, also: &Ignore) -> bool {
        self.ignore.excludes(path) || also.excludes(path)
    }

    /// The env files and credentials that a source names itself: `.env`, `config/.env*`, `*.env`, `.e*`, `.netrc`.
    pub(super) fn names_env(&self, source: &str, also: &Ignore) -> bool {
        let path = tidy(source);
        let plain = path.replace(['*', '?'], "");
        let globbed = plain != path;
        let matters = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            // `.npmrc*` is how one copies it only if it is there; what is there was looked at.
            let there = SETTINGS.contains(&&*name.to_ascii_lowercase())
                && (globbed || self.harmless.iter().any(|known| known == path));
            is_env(name) || holds_credentials(name) && !there
        };
        if [&plain, &path].into_iter().any(|path| matters(path) && !self.excludes(path, also)) {
            return true;
        }
        // A directory, or everything in one, is what `lets_in` looks at.
        let name = path.rsplit('/').next().unwrap_or(&path);
        name.contains(['*', '?', '[']) && name.contains(|c| c != '*') && self.may_name_env(source, also)
    }

    /// Whether a pattern can name an env file: one of the usual names, or one that is there.
    pub(super) fn may_name_env(&self, source: &str, also: &Ignore) -> bool {
        let path = tidy(source);
        let pattern = Ignore::parse(&path);
        let above = path.rfind('/').map_or("", |at| &path[..=at]).replace(['*', '?'], "any");
        let usual = USUAL.iter().map(|name| format!("{above}{name}"));
        usual.chain(self.env_files.iter().cloned()).any(|path| pattern.excludes(&path) && !self.excludes(&path, also))
    }

    /// What a source that is a directory or a wide pattern would let in: env files that are there, and for
    /// the whole context also the places where one could be put tomorrow.
    pub(super) fn lets_in(&self, source: &str, also: &Ignore) -> Vec<String> {
        let source = tidy(source);
        let whole = matches!(source.as_str(), "" | "*" | "**");
        let below = source.trim_end_matches('*').trim_end_matches('/').to_owned();
        let pattern = if source.contains(['*', '?', '[']) { Ignore::parse(&source) } else { Ignore::default() };
        let inside = |path: &str| {
            whole
                || pattern.excludes(path)
                || path.strip_prefix(below.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        let mut found: Vec<String> =
            self.env_files.iter().filter(|path| inside(path) && !self.excludes(path, also)).cloned().collect();
        if whole && found.is_empty() {
            let depths = DEPTHS.iter().map(|depth| (*depth).to_owned());
            let places = depths.chain(self.directories.iter().cloned()).map(|directory| format!("{directory}.env"));
            found.extend(places.filter(|place| !self.excludes(place, also)).take(1));
        }
        found.truncate(MOST_NAMED);
        found
    }
}

fn is_third_party(path: &Path) -> bool {
    path.components().any(|part| THIRD_PARTY.iter().any(|name| part.as_os_str() == *name))
}

/// Whether an env file holds more than a sample does. What cannot be read may.
fn holds_a_value(path: &Path, job: &Job) -> bool {
    let Ok(mut bytes) = find::read(path, job.config.limits.file_bytes) else { return true };
    let text = Sensitive::new(std::mem::take(&mut *bytes));
    // `//registry.example.org/:_authToken=…` is no line of an env file.
    let scan = job.detector.env_file(&text).and(job.detector.text(&text, Context::Env));
    let value = |one: &Judgement| one.known || one.class == Class::Plaintext || one.class.needs_review();
    !scan.determined || scan.spotted.iter().any(|spotted| value(&spotted.judgement))
}

pub(super) fn is_env(name: &str) -> bool {
    env_like(name) && !env_template(name)
}

/// Whether a file of this name holds credentials of a tool or a key: `.netrc`, `.npmrc`, `id_rsa`, `server.pem`,
/// or a repository's whole history. Certificates are public.
pub(super) fn holds_credentials(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    if let Some(stem) = name.strip_suffix(".pem") {
        return !stem.split(['-', '_', '.']).any(|word| PUBLIC.iter().any(|public| word.starts_with(public)));
    }
    CREDENTIALS.contains(&name.as_str())
}

/// A source relative to the context: `./`, a leading slash and `..` above the root count for nothing.
fn tidy(source: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in source.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_taken_from_the_context() {
        for whole in [".", "./", "/", "", "a/.."] {
            assert_eq!(tidy(whole), "", "{whole}");
        }
        assert_eq!(tidy("/config/../src//"), "src");
    }
}
