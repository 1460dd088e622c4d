//! Values that stand in configuration itself: an assignment, or a command line that carries one.
//!
//! In: text and the place it stands. Out: a directive in the survey for each value that is given away. It knows
//! no file format.

use super::content::Content;
use super::names;
use super::survey::Survey;
use crate::detect::{self, Context};
use crate::evidence::{Cause, Class, Judgement, Name, Sensitive};
use std::collections::BTreeSet;
use std::path::Path;

/// Where the text stands, and what reads it there.
#[derive(Clone, Copy)]
pub(super) struct Spot<'a> {
    /// The configuration file.
    pub(super) file: &'a Path,
    /// The line.
    pub(super) line: u32,
    /// `compose` or `systemd`.
    pub(super) by: &'static str,
}

/// Judges `NAME=value`.
pub(super) fn assignment(survey: &mut Survey<'_>, spot: Spot<'_>, ordinal: usize, (name, value): (&str, &Sensitive)) {
    let context = if spot.by == "compose" { Context::Compose } else { Context::Env };
    let judgement = survey.job.detector.judge(&Sensitive::from(name.to_owned()), value, context);
    told(survey, spot, Name::admit_or(name, "variable", ordinal), &judgement);
}

/// Judges the text `NAME=value`; what is none is searched as it stands: `NAME: value`, or a value with `=` in it.
pub(super) fn pair(survey: &mut Survey<'_>, spot: Spot<'_>, ordinal: usize, text: &str) {
    match text.split_once('=') {
        Some((name, value)) if is_name(name.trim()) => {
            assignment(survey, spot, ordinal, (name.trim(), &Sensitive::from(value.to_owned())));
        }
        _ => command(survey, spot, text),
    }
}

/// Judges whatever a command line carries, scripts in quotes included.
pub(super) fn command(survey: &mut Survey<'_>, spot: Spot<'_>, text: &str) {
    let scan = survey.job.detector.text(&Sensitive::from(unglued(text)), Context::Env);
    let mut seen = BTreeSet::new();
    for (i, spotted) in scan.spotted.into_iter().enumerate() {
        let shown = spotted.variable.unwrap_or_else(|| Name::withheld("value", i + 1));
        if seen.insert(shown.clone()) {
            told(survey, spot, shown, &spotted.judgement);
        }
    }
    if !scan.determined {
        survey.review(spot.file, None, Cause::Malformed);
    }
}

/// An env file that a command reads, or writes.
pub(super) struct Read {
    pub(super) path: String,
    /// Whether the command says that it is one, rather than the file's name.
    pub(super) certain: bool,
}

/// The env files in a command line: `--env-file X`, `. X`, `source X`, `> .env`, `envdir X`, `--dotenv=X`.
pub(super) fn reads(text: &str) -> Vec<Read> {
    let mut found = Vec::new();
    let mut before = "";
    for word in text.split(|c: char| c.is_whitespace() || "\"'`;&|()<>".contains(c)).filter(|word| !word.is_empty()) {
        let path = word.rsplit_once('=').map_or(word, |(_, path)| path);
        let name = path.rsplit('/').next().unwrap_or(path);
        let certain = matches!(before, "--env-file" | "envdir") || word.starts_with("--env-file=");
        let sourced = matches!(before, "." | "source") && path.starts_with(['/', '~']) && !path.contains('$');
        // `/usr/bin/env` is a program, and `prod.env` a file even without a path.
        let named = names::is_env(name) && !detect::weak_env_name(name) && !names::is_pattern(name);
        if !path.is_empty() && (certain || sourced || named) {
            found.push(Read { path: path.to_owned(), certain });
        }
        before = word;
    }
    found
}

fn told(survey: &mut Survey<'_>, spot: Spot<'_>, shown: Name, judgement: &Judgement) {
    let mut content = Content { determined: true, ..Content::default() };
    content.add(shown.clone(), judgement);
    // Stand-ins in the samples of packages are nobody's configuration.
    if names::is_vendored(spot.file) && judgement.class != Class::Plaintext {
        return;
    }
    if content.gives_away() {
        survey.directive(spot.file, Some(spot.line), shown, spot.by, content);
    } else if judgement.class.needs_review() {
        survey.review(spot.file, Some(shown), Cause::NeedsReview);
    }
}

/// Engines take `-eNAME=value` in one word; detection knows assignments that stand alone.
fn unglued(text: &str) -> String {
    let mut whole = String::with_capacity(text.len() + text.matches("-e").count());
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_start_matches(['"', '\'']);
        match bare.strip_prefix("-e").filter(|pair| pair.split_once('=').is_some_and(|(name, _)| is_name(name))) {
            Some(pair) => {
                whole.push_str(&word[..word.len() - bare.len()]);
                whole.push_str("-e ");
                whole.push_str(pair);
            }
            None => whole.push_str(word),
        }
    }
    whole
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_and_its_assignment_in_one_word_are_parted() {
        assert_eq!(unglued("run -eA=1 '-eB=x y' -e C=2 --e=D -e"), "run -e A=1 '-e B=x y' -e C=2 --e=D -e");
    }
}
