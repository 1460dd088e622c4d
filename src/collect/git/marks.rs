//! The marks that a git directory carries when it is not the whole repository, read from its own files.
//!
//! In: the common git directory. Out: facts about shallow, partial and grafted clones, and the submodules'
//! repositories. libgit2 opens all of these without a word, so nothing is asked of it here but its parser of
//! configuration files. Only the repository's own configuration counts.

use super::ids::IdSet;
use super::refs::{children, small_file};
use git2::{Config, Oid};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Largest of the files read here.
const FILE_BYTES: u64 = 64 << 20;
/// Deepest name of a submodule.
const MODULE_DEPTH: usize = 16;
/// Folders of a git directory itself.
const OWN_FOLDERS: [&str; 9] = ["branches", "hooks", "info", "lfs", "logs", "modules", "objects", "refs", "worktrees"];

/// What a git directory says of itself.
#[derive(Default)]
pub(super) struct Marks {
    /// Commits whose parents a shallow clone left out.
    pub(super) boundary: IdSet<Oid>,
    /// A shallow clone.
    pub(super) shallow: bool,
    /// A partial clone.
    pub(super) partial: bool,
    /// Grafts.
    pub(super) grafts: bool,
}

impl Marks {
    /// Reads them.
    pub(super) fn read(common: &Path) -> Self {
        let shallow = lines(&common.join("shallow"));
        let boundary: IdSet<Oid> = shallow.iter().filter_map(|line| Oid::from_str(line).ok()).collect();
        let grafts = lines(&common.join("info/grafts")).iter().any(|line| !line.starts_with('#'));
        Self { shallow: !shallow.is_empty(), boundary, partial: is_partial(common), grafts }
    }
}

fn lines(file: &Path) -> Vec<String> {
    let text = small_file(file, FILE_BYTES).unwrap_or_default();
    String::from_utf8_lossy(&text).lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// A promisor remote or a pack that came from one: current git marks partial clones in no other way.
fn is_partial(common: &Path) -> bool {
    let packs = children(&common.join("objects/pack"));
    packs.iter().any(|pack| pack.extension().is_some_and(|ending| ending == "promisor")) || promised(common)
}

fn promised(common: &Path) -> bool {
    let Ok(config) = Config::open(&common.join("config")) else { return false };
    let Ok(entries) = config.entries(Some("remote\\..*\\.(promisor|partialclonefilter)|extensions\\.partialclone"))
    else {
        return false;
    };
    let mut promised = false;
    let walked = entries.for_each(|entry| promised |= entry.value().is_ok_and(|value| value != "false"));
    promised || walked.is_err()
}

/// The repository of a submodule.
pub(super) struct Module {
    /// Its name in `.gitmodules`.
    pub(super) name: String,
    /// Where it lies, as a user knows it: `.git/modules/lib`.
    pub(super) place: String,
    pub(super) dir: PathBuf,
}

/// The repositories of submodules, those that were removed from the tree included, and those of linked working
/// trees; and whether no bound left one out.
pub(super) fn modules(common: &Path) -> (Vec<Module>, bool) {
    let mut search = Search { found: Vec::new(), all: true, place: ".git/modules".to_owned() };
    search.below(&common.join("modules"), "", MODULE_DEPTH, false);
    for tree in children(&common.join("worktrees")) {
        search.place = format!(".git/worktrees/{}/modules", last(&tree));
        search.below(&tree.join("modules"), "", MODULE_DEPTH, false);
    }
    (search.found, search.all)
}

struct Search {
    found: Vec<Module>,
    all: bool,
    place: String,
}

impl Search {
    /// Looks below a directory. A module named `a/b` lies inside the module named `a`, among its own folders.
    fn below(&mut self, dir: &Path, prefix: &str, depth: usize, in_module: bool) {
        for path in children(dir).into_iter().filter(|path| path.is_dir()) {
            let own = last(&path);
            let name = if prefix.is_empty() { own.clone() } else { format!("{prefix}/{own}") };
            let module = path.join("HEAD").symlink_metadata().is_ok() && path.join("objects").is_dir();
            if module {
                let place = format!("{}/{name}", self.place);
                self.found.push(Module { name: name.clone(), place, dir: path.clone() });
            } else if in_module && OWN_FOLDERS.contains(&own.as_str()) {
                // Its own submodules are looked for when it is examined.
                continue;
            }
            if depth == 0 {
                self.all = false;
            } else {
                self.below(&path, &name, depth - 1, module);
            }
        }
    }
}

fn last(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// `.gitmodules` as path to name. Only plain lines are understood; a submodule that is not found by them is
/// reported as not fetched, never passed over.
pub(super) fn module_names(text: &[u8]) -> BTreeMap<Vec<u8>, String> {
    let text = String::from_utf8_lossy(text);
    let (mut names, mut name) = (BTreeMap::new(), None);
    for line in text.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix("[submodule \"").and_then(|rest| rest.strip_suffix("\"]")) {
            name = Some(section.replace("\\\"", "\"").replace("\\\\", "\\"));
        } else if line.starts_with('[') {
            name = None;
        } else if let (Some((key, value)), Some(name)) = (line.split_once('='), &name)
            && key.trim().eq_ignore_ascii_case("path")
        {
            names.insert(value.trim().trim_matches('"').as_bytes().to_vec(), name.clone());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gitmodules_maps_paths_to_names() {
        let text = b"[submodule \"lib/x\"]\n\tpath = vendor/x\n\turl = ../x\n[other]\n\tpath = no\n";
        let names = module_names(text);
        assert_eq!(names.get(b"vendor/x".as_slice()).map(String::as_str), Some("lib/x"));
        assert_eq!(names.len(), 1);
    }
}
