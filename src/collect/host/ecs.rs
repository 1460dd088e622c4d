//! ECS task definitions: the agent downloads each of their `environmentFiles` to the host's disk for every task.
//!
//! In: the files of `deployment`. Out: a directive in the survey for each such file. What the file holds is in a
//! bucket and is not read.

use super::content::Content;
use super::ground::{self, Trouble};
use super::survey::Survey;
use crate::evidence::{Cause, Document, Name, Node, Value};
use std::fs::File;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Looks through the declared deployment files; those that are no task definitions are somebody else's.
pub(super) fn task_definitions(survey: &mut Survey<'_>, files: &[PathBuf]) {
    for file in files {
        match read(file, survey.job.config.limits.file_bytes) {
            Ok(text) => definitions(survey, file, &text),
            // What cannot be read may be one.
            Err(trouble) if is_json(file) => survey.undeployed(file, trouble),
            Err(_) => {}
        }
    }
}

fn definitions(survey: &mut Survey<'_>, file: &Path, text: &str) {
    let Ok(document) = Document::parse("deployment", text) else {
        if is_json(file) && text.contains("containerDefinitions") {
            survey.undeployed(file, Trouble { cause: Cause::Malformed, errno: None });
        }
        return;
    };
    for root in &document.roots {
        // The definition itself, or what `aws ecs describe-task-definition` answers.
        let node = root.get("taskDefinition").filter(|node| !node.entries().is_empty()).unwrap_or(root);
        let Some(containers) = node.get("containerDefinitions") else { continue };
        survey.coverage.add("task_definitions", 1);
        let files = containers.items().iter().filter_map(|container| container.get("environmentFiles"));
        for (i, value) in files.flat_map(Node::items).filter_map(|one| one.get("value")).enumerate() {
            let Value::Text(text) = &value.value else { continue };
            let last = text.rsplit(['/', ':']).next().unwrap_or_default();
            let about = Name::admit_or(last, "env file", i + 1);
            survey.deployed(file, value.line, about, Content::unknown());
        }
    }
}

fn is_json(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

fn read(file: &Path, limit: u64) -> Result<Zeroizing<String>, Trouble> {
    // Opening a pipe would wait for its writer.
    let metadata = std::fs::metadata(file).map_err(|error| Trouble::of(&error))?;
    if !metadata.is_file() {
        return Err(Trouble { cause: Cause::Unsupported, errno: None });
    }
    let (bytes, _) = ground::whole(File::open(file).map_err(|error| Trouble::of(&error))?, limit)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(Trouble { cause: Cause::Malformed, errno: None }),
    }
}
