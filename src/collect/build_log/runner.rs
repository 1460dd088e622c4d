//! Which run a CI's runner says it is: in its own lines alone, for any process can print the address of a run.
//!
//! In: the lines of a log that are of no build step. Out: the ids they name. It must not know: what is declared.

use std::collections::{BTreeMap, BTreeSet};

/// What stands in front of an id, and what is numbered by it. GitHub numbers runs, GitLab jobs and pipelines.
const IDS: [(&str, &str); 8] = [
    ("/actions/runs/", "run"),
    ("GITHUB_RUN_ID=", "run"),
    ("GITHUB_RUN_ID: ", "run"),
    ("/-/jobs/", "job"),
    ("CI_JOB_ID=", "job"),
    ("CI_JOB_ID: ", "job"),
    ("/-/pipelines/", "pipeline"),
    ("CI_PIPELINE_ID=", "pipeline"),
];

/// The ids that a runner names.
#[derive(Default)]
pub(super) struct Ids {
    named: BTreeMap<&'static str, BTreeSet<String>>,
    /// Whether the lines are those in which GitHub's runner shows a step's script and environment.
    in_group: bool,
    gitlab: bool,
}

impl Ids {
    /// Sees a line that no build step says.
    pub(super) fn see(&mut self, text: &str) {
        self.gitlab |= text.starts_with("Running with gitlab-runner");
        if text.starts_with("##[group]Run ") {
            self.in_group = true;
        } else if text.starts_with("##[") && !text.starts_with("##[command]") {
            self.in_group = false;
        }
        let own = self.in_group || text.starts_with("##[command]") || (self.gitlab && text.starts_with("$ "));
        if !own {
            return;
        }
        for (before, what) in IDS {
            for (at, _) in text.match_indices(before) {
                let rest = &text[at + before.len()..];
                let end = rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_')).unwrap_or(rest.len());
                if end > 0 {
                    self.named.entry(what).or_default().insert(rest[..end].to_owned());
                }
            }
        }
    }

    /// A text of the log is over.
    pub(super) fn end(&mut self) {
        (self.in_group, self.gitlab) = (false, false);
    }

    /// Whether something is numbered by this id, and nothing of its sort by another.
    pub(super) fn name_only(&self, id: &str) -> bool {
        self.named.values().any(|ids| ids.len() == 1 && ids.contains(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_run_is_named_whole() {
        for (text, yes) in [
            ("##[command]docker build --builder-id=https://github.com/o/r/actions/runs/123/attempts/1", true),
            ("##[command]GITHUB_RUN_ID=123 make", true),
            ("##[command]echo https://gitlab.example/g/p/-/jobs/123", true),
            ("##[command]echo https://github.com/o/r/actions/runs/1234", false),
            ("##[command]echo https://github.com/o/r/actions/runs/0123", false),
            ("##[command]echo 123", false),
            ("https://github.com/o/r/actions/runs/123", false),
        ] {
            let mut ids = Ids::default();
            ids.see(text);
            assert_eq!(ids.name_only("123"), yes, "{text}");
        }
    }
}
