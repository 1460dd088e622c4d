//! systemd units, their drop-ins and Podman's quadlets: `EnvironmentFile=` re-creates an env file, `Environment=` is one.
//!
//! In: the unit directories below the root and in the homes. Out: references and directives in the survey.

mod files;
mod pattern;
mod specifiers;
mod syntax;

use super::ground::Trouble;
use super::inline::{self, Spot};
use super::reference::{self, Reference};
use super::survey::Survey;
use crate::evidence::{Cause, Name};
use std::path::{Path, PathBuf};
use syntax::{Setting, settings, words};

/// Settings of quadlets that hold words of a command line. Labels and annotations can hold values as well.
const COMMANDS: [&str; 7] = ["PodmanArgs", "GlobalArgs", "HealthCmd", "Entrypoint", "Label", "Annotation", "LogOpt"];

/// The longest command that is read; the kernel runs none that is longer.
const LONGEST: usize = 128 << 10;

/// Reads every unit.
pub(super) fn units(survey: &mut Survey<'_>, homes: &[PathBuf]) {
    for path in files::all(survey, homes) {
        unit(survey, &path);
    }
}

fn unit(survey: &mut Survey<'_>, path: &Path) {
    if !path.is_file() {
        return; // a unit masked by a link to /dev/null
    }
    survey.coverage.add("units", 1);
    let bytes = match survey.ground.read(path, survey.job.config.limits.file_bytes) {
        Ok((bytes, _)) => bytes,
        Err(trouble) => return survey.miss(path, trouble),
    };
    for setting in settings(&String::from_utf8_lossy(&bytes)) {
        match setting.key.as_str() {
            "EnvironmentFile" => environment_file(survey, path, &setting),
            "Environment" | "DefaultEnvironment" | "ManagerEnvironment" => environment(survey, path, &setting),
            "SetCredential" => {
                if let Some((name, value)) = setting.value.split_once(':') {
                    inline::assignment(survey, spot(path, &setting), 1, (name, &value.to_owned().into()));
                }
            }
            // A pod's own description.
            "Yaml" => refer(survey, (path, setting.line), &setting.value, true),
            key if key.starts_with("Exec") || COMMANDS.contains(&key) => command(survey, path, &setting),
            _ => {}
        }
    }
}

fn environment_file(survey: &mut Survey<'_>, file: &Path, setting: &Setting) {
    let optional = setting.value.strip_prefix('-');
    let text = optional.unwrap_or(&setting.value).trim().trim_matches(['"', '\'']);
    if text.is_empty() {
        return; // an empty assignment resets the list; what came before may be back after the next reload
    }
    let required = optional.is_none();
    let text = specifiers::widened(text);
    if text.contains(['*', '?', '[']) && !text.contains(['$', '%']) {
        if !matching(survey, file, setting, &text) && required {
            refer(survey, (file, setting.line), &text, required);
        }
        return;
    }
    refer(survey, (file, setting.line), &text, required);
}

/// Follows every file that a pattern matches now; false if there is none.
fn matching(survey: &mut Survey<'_>, file: &Path, setting: &Setting, text: &str) -> bool {
    let Some((parent, glob)) = text.rsplit_once('/') else { return false };
    if parent.contains(['*', '?', '[']) || glob.contains('[') {
        survey.review(file, Some(Name::admit_or(text, "path", 1)), Cause::Unproven);
        return true;
    }
    let Ok(real) = survey.ground.resolve(Path::new(parent)) else { return false };
    let entries = match std::fs::read_dir(&real) {
        Ok(entries) => entries,
        Err(error) => {
            survey.miss(&real, Trouble::of(&error));
            return true;
        }
    };
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| pattern::fits(glob.as_bytes(), name.as_bytes())).collect();
    names.sort();
    for name in &names {
        refer(survey, (file, setting.line), &format!("{parent}/{name}"), true);
    }
    !names.is_empty()
}

/// A command line: the env files that it reads, and whatever value stands in it.
fn command(survey: &mut Survey<'_>, file: &Path, setting: &Setting) {
    if setting.value.len() > LONGEST {
        return survey.miss(file, Trouble { cause: Cause::OverLimit, errno: None });
    }
    for read in inline::reads(&setting.value) {
        refer(survey, (file, setting.line), &read.path, read.certain);
    }
    inline::command(survey, spot(file, setting), &setting.value);
}

fn refer(survey: &mut Survey<'_>, (file, line): (&Path, u32), text: &str, required: bool) {
    // A unit that names one file again and again says nothing new.
    if !survey.referred.insert((file.to_owned(), text.to_owned())) {
        return;
    }
    // A quadlet's relative path starts beside it.
    let beside = file.parent().filter(|_| Path::new(text).is_relative()).map(|parent| parent.join(text));
    let path = beside.unwrap_or_else(|| survey.ground.place(Path::new(text)));
    let reference = Reference { file, line: Some(line), names: text, path, required, by: "systemd" };
    reference::follow(survey, &reference);
}

fn environment(survey: &mut Survey<'_>, file: &Path, setting: &Setting) {
    let words = words(&setting.value);
    for (i, word) in words.iter().enumerate() {
        if word.contains('=') {
            inline::pair(survey, spot(file, setting), i + 1, word);
        }
    }
    // Without quotes, `NAME value=` is two words of which neither is an assignment.
    if !words.iter().all(|word| word.contains('=')) {
        inline::command(survey, spot(file, setting), &setting.value);
    }
}

fn spot<'a>(file: &'a Path, setting: &Setting) -> Spot<'a> {
    Spot { file, line: setting.line, by: "systemd" }
}
