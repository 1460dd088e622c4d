//! What keeps objects alive, or did lately, without being a ref: reflogs, files such as ORIG_HEAD, and what a commit, a
//! merge or a rebase that was not finished left behind.
//!
//! In: a common git directory. Out: ids under the names of the files that hold them, and these files' texts. What the
//! ids lead to is not asked here.

use super::refs::{children, small_file};
use crate::evidence::{Name, Sensitive};
use git2::Oid;
use std::collections::BTreeSet;
use std::path::Path;

/// Largest file that is read.
const FILE_BYTES: u64 = 256 << 20;
/// Where git keeps what it has not finished: patches, messages, the subjects of commits to come.
const UNDERWAY: [&str; 3] = ["rebase-merge", "rebase-apply", "sequencer"];
/// Deepest name of a ref.
const DEPTH: usize = 16;

/// What such files hold.
#[derive(Default)]
pub(super) struct Remembered {
    /// Name of the file, as git writes it (`logs/refs/stash`), and an id in it. Stashes first.
    pub(super) ids: Vec<(Name, Oid)>,
    /// The files' texts: messages stand in them.
    pub(super) texts: Vec<(Name, Sensitive)>,
    /// Texts that were to become messages, and what else is underway.
    pub(super) drafts: Vec<(Name, Sensitive)>,
    /// Files that were too large to read.
    pub(super) unread: u64,
}

/// Reads them, those of linked working trees included.
pub(super) fn read(common: &Path) -> Remembered {
    let mut out = Remembered::default();
    let trees = children(&common.join("worktrees")).into_iter();
    let dirs = std::iter::once((common.to_path_buf(), String::new()))
        .chain(trees.map(|dir| (dir.clone(), format!("worktrees/{}/", last(&dir)))));
    for (dir, prefix) in dirs {
        out.log(&dir.join("logs"), &format!("{prefix}logs"), DEPTH);
        for file in children(&dir).into_iter().filter(|file| file.is_file() && is_pseudo_ref(&last(file))) {
            out.file(&file, &format!("{prefix}{}", last(&file)));
        }
        let before = out.texts.len();
        for file in children(&dir).into_iter().filter(|file| file.is_file() && is_draft(&last(file))) {
            out.file(&file, &format!("{prefix}{}", last(&file)));
        }
        for underway in UNDERWAY {
            out.log(&dir.join(underway), &format!("{prefix}{underway}"), DEPTH);
        }
        out.drafts.extend(out.texts.split_off(before));
    }
    out.ids.sort_by_key(|(name, id)| (!name.as_str().ends_with("logs/refs/stash"), name.as_str().to_owned(), *id));
    out.ids.dedup();
    out
}

/// `ORIG_HEAD`, `FETCH_HEAD`, `AUTO_MERGE`: but HEAD itself is a root of history.
fn is_pseudo_ref(name: &str) -> bool {
    let shape = name.len() > 4 && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    shape && name != "HEAD" && !is_draft(name)
}

/// `COMMIT_EDITMSG`, `MERGE_MSG`: a message that waits for its commit, or waited.
fn is_draft(name: &str) -> bool {
    name.ends_with("_MSG") || name.ends_with("_EDITMSG")
}

fn last(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

impl Remembered {
    fn log(&mut self, dir: &Path, name: &str, depth: usize) {
        for path in children(dir) {
            let name = format!("{name}/{}", last(&path));
            if !path.is_dir() {
                self.file(&path, &name);
            } else if depth > 0 {
                self.log(&path, &name, depth - 1);
            } else {
                self.unread += 1;
            }
        }
    }

    fn file(&mut self, file: &Path, name: &str) {
        let Some(text) = small_file(file, FILE_BYTES) else {
            self.unread += 1;
            return;
        };
        let name = Name::admit_or(name, "reflog", self.texts.len());
        // `OLD NEW Name <mail> …`, or an id alone in front of whatever follows.
        let ids = text.split(|b| *b == b'\n').flat_map(|line| line.split(|b| *b == b' ' || *b == b'\t').take(2));
        let ids: BTreeSet<Oid> = ids.filter_map(id).collect();
        self.ids.extend(ids.into_iter().map(|id| (name.clone(), id)));
        self.texts.push((name, Sensitive::new(text)));
    }
}

fn id(word: &[u8]) -> Option<Oid> {
    let hex = std::str::from_utf8(word.trim_ascii_end()).ok().filter(|hex| hex.len() == 40)?;
    Oid::from_str(hex).ok().filter(|id| !id.is_zero())
}
