//! systemd units and drop-ins: `EnvironmentFile=` re-creates an env file, `Environment=` is one.
//!
//! In: the unit directories below the root. Out: references and directives in the survey.

use super::pattern;
use super::reference::{self, Reference};
use super::survey::{Content, Survey};
use crate::detect::Context;
use crate::evidence::{Cause, Name, Sensitive};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Where units and their drop-ins lie.
const DIRECTORIES: [&str; 6] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/etc/systemd/user",
];

/// The managers' own settings; `.d` beside them holds their drop-ins.
const MANAGERS: [&str; 4] = [
    "/etc/systemd/system.conf",
    "/etc/systemd/user.conf",
    "/usr/lib/systemd/system.conf",
    "/usr/lib/systemd/user.conf",
];

/// A line of a unit, continuations joined.
struct Setting {
    line: u32,
    key: String,
    value: String,
}

/// Reads every unit once; enabling a unit makes links to it.
pub(super) fn units(survey: &mut Survey<'_>) {
    let mut files: BTreeSet<PathBuf> = BTreeSet::new();
    files.extend(MANAGERS.iter().filter_map(|path| survey.ground.resolve(Path::new(path)).ok()));
    let drop_ins = MANAGERS.iter().map(|path| format!("{path}.d"));
    for directory in DIRECTORIES.into_iter().map(str::to_owned).chain(drop_ins) {
        let Ok(root) = survey.ground.resolve(Path::new(&directory)) else { continue };
        for entry in WalkDir::new(&root).follow_links(false).max_depth(3) {
            match entry {
                Ok(entry) if is_unit(entry.path()) => match survey.ground.resolve(entry.path()) {
                    Ok(path) => drop(files.insert(path)),
                    Err(trouble) if trouble.cause == Cause::NotFound => {}
                    Err(trouble) => survey.miss(entry.path(), trouble),
                },
                Ok(_) => {}
                Err(error) => {
                    if let Some(trouble) = error.io_error().map(super::ground::Trouble::of) {
                        survey.miss(error.path().unwrap_or(&root), trouble);
                    }
                }
            }
        }
    }
    for path in &files {
        unit(survey, path);
    }
}

fn is_unit(path: &Path) -> bool {
    path.extension().is_some_and(|ext| ["service", "conf", "socket", "mount", "swap"].iter().any(|known| ext == *known))
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
                    assignment(survey, (path, setting.line), 1, (name, value));
                }
            }
            key if key.starts_with("Exec") => command(survey, path, &setting),
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
    if text.contains(['*', '?', '[']) && !text.contains(['$', '%']) && matching(survey, file, setting, text) {
        return;
    }
    refer(survey, (file, setting.line), text, required);
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
            survey.miss(&real, super::ground::Trouble::of(&error));
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

/// A command line: what `docker run` and the like read and set, and what `env` sets.
fn command(survey: &mut Survey<'_>, file: &Path, setting: &Setting) {
    let words = words(&setting.value);
    let mut env = false;
    for (i, word) in words.iter().enumerate() {
        let before = i.checked_sub(1).map_or("", |i| words[i].as_str());
        let behind = |flag: &str| if before == flag { Some(word.as_str()) } else { None };
        if let Some(path) = word.strip_prefix("--env-file=").or_else(|| behind("--env-file")) {
            refer(survey, (file, setting.line), path, true);
        }
        let set = word.strip_prefix("--env=").or_else(|| behind("--env")).or_else(|| behind("-e"));
        env = before == "env" || before.ends_with("/env") || env && before.contains('=');
        let pair = set.or(env.then_some(word.as_str())).and_then(|word| word.split_once('='));
        if let Some(pair) = pair {
            assignment(survey, (file, setting.line), i + 1, pair);
        }
    }
}

fn refer(survey: &mut Survey<'_>, (file, line): (&Path, u32), text: &str, required: bool) {
    let path = survey.ground.place(Path::new(text));
    let reference = Reference { file, line: Some(line), names: text, path, required, by: "systemd" };
    reference::follow(survey, &reference);
}

fn environment(survey: &mut Survey<'_>, file: &Path, setting: &Setting) {
    for (i, word) in words(&setting.value).into_iter().enumerate() {
        let Some((name, value)) = word.split_once('=') else { continue };
        assignment(survey, (file, setting.line), i + 1, (name, value));
    }
}

fn assignment(survey: &mut Survey<'_>, (file, line): (&Path, u32), ordinal: usize, (name, value): (&str, &str)) {
    let shown = Name::admit_or(name, "variable", ordinal);
    let judgement =
        survey.job.detector.judge(&Sensitive::from(name.to_owned()), &Sensitive::from(value.to_owned()), Context::Env);
    let mut content = Content { determined: true, ..Content::default() };
    content.add(shown.clone(), judgement.class, judgement.known);
    if content.gives_away() {
        survey.directive(file, Some(line), shown, "systemd", content);
    } else if judgement.class.needs_review() {
        survey.review(file, Some(shown), Cause::NeedsReview);
    }
}

/// The settings of a unit file: comments dropped, continued lines joined.
fn settings(text: &str) -> Vec<Setting> {
    let mut settings = Vec::new();
    let mut held: Option<(u32, String)> = None;
    for (line, text) in (1_u32..).zip(text.lines()) {
        let trimmed = text.trim();
        if trimmed.starts_with(['#', ';']) {
            continue; // also between continued lines
        }
        let (start, mut whole) = held.take().unwrap_or((line, String::new()));
        if let Some(open) = trimmed.strip_suffix('\\') {
            whole.push_str(open);
            whole.push(' ');
            held = Some((start, whole));
            continue;
        }
        whole.push_str(trimmed);
        settings.extend(setting(start, &whole));
    }
    settings.extend(held.and_then(|(start, whole)| setting(start, &whole)));
    settings
}

fn setting(line: u32, text: &str) -> Option<Setting> {
    let (key, value) = text.split_once('=')?;
    Some(Setting { line, key: key.trim().to_owned(), value: value.trim().to_owned() })
}

/// The words of a value: quotes group, a backslash takes the next character as it is.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut any) = (Vec::new(), String::new(), None, false);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', _) => word.extend(chars.next()),
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => (quote, any) = (Some(c), true),
            (c, None) if c.is_whitespace() => {
                if any || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            _ => word.push(c),
        }
    }
    if any || !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continuations_comments_and_quotes_are_read_as_systemd_does() {
        let unit = "[Service]\n# Environment=A=1\nEnvironment=\"B=two words\" C=3 \\\n; between\n  'D=x y'\nEnvironmentFile=-/x\n";
        let settings = settings(unit);
        assert_eq!(settings.len(), 2);
        assert_eq!(settings[0].line, 3);
        assert_eq!(words(&settings[0].value), ["B=two words", "C=3", "D=x y"]);
        assert_eq!((settings[1].key.as_str(), settings[1].value.as_str()), ("EnvironmentFile", "-/x"));
    }
}
