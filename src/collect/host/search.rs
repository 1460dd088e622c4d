//! The search of directories: every file below them, by name.
//!
//! In: directories, declared, named by compose's labels, or where people and engines keep theirs. Out: findings in the
//! survey. A link to a file is looked at; one that leads to a directory elsewhere makes that one part of the search.

use super::content::Content;
use super::ground::Trouble;
use super::names::{self, Named};
use super::survey::Survey;
use super::{archive, compose, judge, links, projects};
use crate::collect::compose_labels::Labels;
use crate::evidence::{Cause, Class};
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// Kernel file systems: no deployment keeps files there, and reading them may block.
const PSEUDO: [&str; 3] = ["proc", "sys", "dev"];
/// Memory that lies among devices, and holds files like a disk.
const SHARED_MEMORY: &str = "/dev/shm";
/// How far below a place that nobody declared: a home, a volume.
const LEVELS: usize = 6;
/// Other people's files in such places: caches, toolchains, layers.
const CACHES: [&str; 12] = [
    ".cache",
    ".npm",
    ".cargo",
    ".rustup",
    ".gem",
    ".m2",
    ".gradle",
    ".nvm",
    ".pyenv",
    "node_modules",
    "overlay",
    "overlay2",
];

/// One host's search.
pub(super) struct Search {
    pub(super) roots: Vec<PathBuf>,
    /// Roots that were walked to the bottom.
    walked: Vec<PathBuf>,
    /// Where links led.
    pub(super) linked: Vec<PathBuf>,
    files: u64,
    pub(super) compose: Vec<PathBuf>,
    /// Whether the survey must end.
    over: bool,
}

impl Search {
    /// Searches the declared directories and those of compose projects.
    pub(super) fn of(survey: &mut Survey<'_>, directories: &[PathBuf], labels: &Labels) -> Self {
        let declared: Vec<PathBuf> = directories.iter().filter_map(|directory| root(survey, directory)).collect();
        let labelled = projects::directories(survey, labels);
        let roots = declared.iter().chain(&labelled).cloned().collect();
        let compose = projects::compose_files(survey, labels);
        let mut search = Self { roots, walked: Vec::new(), linked: Vec::new(), files: 0, compose, over: false };
        for (led, roots) in [("directory-search", declared), ("compose", labelled)] {
            survey.led = led;
            for root in outermost(roots) {
                search.deep(survey, root);
            }
        }
        survey.led = "directory-search";
        search.follow(survey);
        search
    }

    /// Looks near the top of places that nobody declared.
    pub(super) fn shallow(
        &mut self,
        survey: &mut Survey<'_>,
        places: &[PathBuf],
        (led, unit): (&'static str, &'static str),
    ) {
        let mut roots = Vec::new();
        for place in places {
            match survey.ground.resolve(place) {
                Ok(root) if root.is_dir() => roots.push(root),
                Ok(_) => {}
                Err(trouble) if trouble.cause == Cause::NotFound => {}
                Err(trouble) => survey.miss(place, trouble),
            }
        }
        roots.sort();
        roots.dedup();
        survey.led = led;
        for root in roots {
            if self.over || self.walked.iter().any(|done| root.starts_with(done)) {
                continue;
            }
            survey.coverage.add(unit, 1);
            self.roots.push(root.clone());
            self.walk(survey, &root, Some(LEVELS));
        }
        self.follow(survey);
        survey.led = "directory-search";
    }

    /// Reads the compose files that were found, and the env files that labels name.
    pub(super) fn finish(mut self, survey: &mut Survey<'_>, labels: &Labels) {
        while !self.compose.is_empty() && !self.over {
            let mounted = compose::files(survey, std::mem::take(&mut self.compose));
            survey.led = "compose";
            for directory in mounted {
                if !self.is_too_wide(survey, &directory) {
                    self.linked.push(directory);
                }
            }
            self.follow(survey);
            survey.led = "directory-search";
        }
        projects::env_files(survey, labels);
    }

    fn deep(&mut self, survey: &mut Survey<'_>, root: PathBuf) {
        if !self.over && !self.walked.iter().any(|walked| root.starts_with(walked)) {
            self.walk(survey, &root, None);
            self.walked.push(root);
        }
    }

    /// Searches what links led to, and what links there lead to.
    fn follow(&mut self, survey: &mut Survey<'_>) {
        while let Some(root) = self.linked.pop() {
            self.roots.push(root.clone());
            self.deep(survey, root);
        }
    }

    fn walk(&mut self, survey: &mut Survey<'_>, root: &Path, levels: Option<usize>) {
        root.clone_into(&mut survey.base);
        let walk = WalkDir::new(root).follow_links(false).max_depth(levels.unwrap_or(usize::MAX)).sort_by_file_name();
        let mut entries = walk.into_iter();
        while let Some(entry) = entries.next() {
            self.files += 1;
            let over = self.files > survey.job.config.limits.host_files;
            if over || survey.job.stop.asked() {
                let cause = if over { Cause::OverLimit } else { Cause::Interrupted };
                survey.miss(root, Trouble { cause, errno: None });
                self.over = true;
                return;
            }
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    lost(survey, root, &error);
                    continue;
                }
            };
            if !entry.file_type().is_dir() {
                self.file(survey, &entry, levels.is_some());
            } else if self.skips(survey, &entry, levels.is_some()) {
                entries.skip_current_dir();
            } else {
                directory(survey, &entry);
            }
        }
    }

    fn skips(&mut self, survey: &Survey<'_>, entry: &DirEntry, shallow: bool) -> bool {
        let path = entry.path();
        if is_pseudo(survey, path) {
            let memory = survey.ground.place(Path::new(SHARED_MEMORY));
            self.linked.extend(Some(memory).filter(|memory| memory.starts_with(path) && memory.is_dir()));
            return true;
        }
        let cache = shallow && entry.depth() > 0 && CACHES.iter().any(|name| entry.file_name() == *name);
        cache || self.walked.iter().any(|walked| walked == path)
    }

    fn file(&mut self, survey: &mut Survey<'_>, entry: &DirEntry, shallow: bool) {
        survey.coverage.add("files", 1);
        let path = entry.path();
        let named = names::sort(&entry.file_name().to_string_lossy());
        let kind = entry.file_type();
        if kind.is_symlink() && !matches!(named, Named::Env | Named::Backup) {
            return self.link(survey, path, named);
        }
        if matches!(named, Named::Env | Named::Backup | Named::Template) {
            return judge::entry(survey, entry, named);
        }
        if !kind.is_file() {
            return;
        }
        match named {
            Named::Compose => self.compose.push(path.to_owned()),
            Named::Archive => archive::file(survey, path),
            Named::Sealed if !shallow && !survey.is_vendored(path) => links::unread(survey, path),
            Named::Other if in_env_directory(&self.roots, path) => judge::member(survey, path),
            Named::Other if path.parent().is_some_and(names::may_be_env_directory) => judge::variable(survey, path),
            _ => {}
        }
    }
}

/// A declared directory as it is on disk; one that is none is said to be unexamined.
fn root(survey: &mut Survey<'_>, directory: &Path) -> Option<PathBuf> {
    match survey.ground.resolve(directory) {
        Ok(root) if root.is_dir() => return Some(root),
        Ok(_) => survey.miss(directory, Trouble { cause: Cause::NotFound, errno: Some(libc::ENOTDIR) }),
        Err(trouble) => survey.miss(directory, trouble),
    }
    None
}

/// The roots that do not lie below another one, each once.
fn outermost(mut roots: Vec<PathBuf>) -> Vec<PathBuf> {
    roots.sort();
    // Sorted by parts: whatever lies below a directory follows it.
    roots.dedup_by(|later, earlier| later.starts_with(earlier));
    roots
}

/// Whether a path is a kernel file system's.
pub(super) fn is_pseudo(survey: &Survey<'_>, path: &Path) -> bool {
    PSEUDO.iter().any(|name| path == survey.ground.place(&Path::new("/").join(name)))
}

/// An entry that could not be read. One that vanished during the walk is gone; anything else is a hole.
fn lost(survey: &mut Survey<'_>, root: &Path, error: &walkdir::Error) {
    let path = error.path().unwrap_or(root).to_owned();
    match error.io_error().map(Trouble::of) {
        Some(trouble) if trouble.cause == Cause::NotFound && path != root => {}
        Some(trouble) => survey.miss(&path, trouble),
        None => survey.miss(&path, Trouble { cause: Cause::Unsupported, errno: Some(libc::ELOOP) }),
    }
}

fn directory(survey: &mut Survey<'_>, entry: &DirEntry) {
    survey.coverage.add("directories", 1);
    survey.task.advance(1);
    survey.task.examining(&survey.ground.shown(entry.path()));
    if entry.file_name() == ".env" && is_python(entry.path()) {
        let mut content = Content { determined: true, ..Content::default() };
        content.class = Some(Class::NotSecret);
        survey.found(entry.path(), "directory", survey.led, content, entry.metadata().ok().as_ref());
    }
}

/// Whether a directory is a Python environment.
fn is_python(directory: &Path) -> bool {
    directory.join(names::PYTHON).is_file()
}

/// Files at any level of an `.env` or `.env.d` directory that is no Python environment: one file for each
/// variable, or for each service.
fn in_env_directory(roots: &[PathBuf], path: &Path) -> bool {
    let inside = |directory: &&Path| roots.iter().any(|root| directory.starts_with(root));
    let mut above =
        path.ancestors().skip(1).take_while(inside).filter(|above| names::is_env_directory(above)).peekable();
    above.peek().is_some() && !above.any(is_python)
}
