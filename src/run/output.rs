//! Where reports go: formats and paths as typed, the terminal's manners, the mask's last word.

use super::RunError;
use crate::cli::{Output, Unverified};
use crate::evaluate::RUN_COVERAGE;
use crate::evidence::{Cause, FieldType, Gap, Ledger, Name, SecretRegistry, Subject, Target};
use crate::report::{self, Composed, Format, Sink, View};
use crate::rule::Rule;
use crate::verdict::{ExitPolicy, Report, Severity, Verdict};
use console::Term;
use std::path::{Path, PathBuf};

/// How the user wants the terminal.
#[derive(Clone, Copy)]
pub(super) struct Terminal {
    /// Only failures and the verdict.
    pub(super) quiet: bool,
    /// Passed findings, too.
    pub(super) verbose: bool,
}

/// One `-f FORMAT[=PATH]`.
struct Wanted {
    format: Format,
    path: Option<PathBuf>,
}

/// Everything typed about output, checked before any work begins.
pub(super) struct Plan {
    wanted: Vec<Wanted>,
    policy: ExitPolicy,
    terminal: Terminal,
}

impl Plan {
    /// Reads the flags.
    pub(super) fn new(flags: &Output, ledger: Option<&Path>, terminal: Terminal) -> Result<Self, RunError> {
        let mut wanted = Vec::new();
        let mut unknown = Vec::new();
        for spec in &flags.formats {
            let (word, path) = match spec.split_once('=') {
                Some((word, path)) => (word, Some(PathBuf::from(path))),
                None => (spec.as_str(), None),
            };
            match word.parse::<Format>() {
                Ok(format) => wanted.push(Wanted { format, path }),
                Err(_) => unknown.push(word),
            }
        }
        if !unknown.is_empty() {
            let words: Vec<&str> = Format::ALL.iter().map(|format| format.word()).collect();
            let what = format!("unknown format: {}", unknown.join(", "));
            return Err(RunError::usage(what, format!("formats are {}", words.join(", "))));
        }
        if wanted.is_empty() {
            wanted.push(Wanted { format: Format::Text, path: None });
        }
        if wanted.iter().filter(|w| w.path.is_none()).count() > 1 {
            return Err(RunError::usage(
                "two formats for standard output",
                "give all but one a path: -f sarif=out.sarif",
            ));
        }
        let typed: Vec<&Path> = wanted.iter().filter_map(|w| w.path.as_deref()).chain(ledger).collect();
        let paths: Vec<PathBuf> = typed.iter().map(|path| place(path)).collect();
        if let Some(twice) = (0..paths.len()).find(|i| paths[..*i].contains(&paths[*i])) {
            let what = format!("two outputs for {}", typed[twice].display());
            return Err(RunError::usage(what, "give each its own path"));
        }
        Ok(Self { wanted, policy: policy(flags)?, terminal })
    }

    /// Writes every format and returns the exit code.
    pub(super) fn write(
        &self,
        mut ledger: Ledger,
        rules: &[&Rule],
        notes: &[String],
        registry: &SecretRegistry,
    ) -> Result<(u8, Ledger), RunError> {
        let mut report = super::judge::report(&ledger, rules, notes);
        let tolerated = self.tolerated(&report);
        let notes: Vec<String> = notes.iter().cloned().chain(tolerated.map(str::to_owned)).collect();
        if tolerated.is_some() {
            report = super::judge::report(&ledger, rules, &notes);
        }
        let mut composed = self.compose(&report, registry)?;
        if composed.iter().any(|composed| composed.masked > 0) {
            // A value got into a report: that is a defect, and the run can no longer vouch for itself.
            let name = ledger.header.service.clone().unwrap_or(Name::fixed("this run"));
            let subject = Subject::whole(&Target::new("run", name));
            ledger.gaps.push(Gap::new(&RUN_COVERAGE, subject, Cause::Masked));
            ledger.settle();
            let mut notes = notes;
            notes.push(
                "a secret value had reached this report and was masked: please report this as a defect".to_owned(),
            );
            report = super::judge::report(&ledger, rules, &notes);
            composed = self.compose(&report, registry)?;
        }
        for (wanted, composed) in self.wanted.iter().zip(&composed) {
            if let Some(path) = &wanted.path {
                composed.put(Sink::File(path))?;
                continue;
            }
            let mut bytes = Vec::new();
            composed.put(Sink::Writer(&mut bytes))?;
            super::print(&bytes)?;
        }
        Ok((report.exit_code(self.policy), ledger))
    }

    /// Why the exit code is 0 although the verdict is no pass, if it is.
    fn tolerated(&self, report: &Report) -> Option<&'static str> {
        let any = |verdict| report.findings.iter().any(|finding| finding.counts() && finding.verdict == verdict);
        match (report.exit_code(self.policy), any(Verdict::Fail)) {
            (0, true) => Some("exit code 0: every failure is below the severity of --fail-on"),
            (0, false) if any(Verdict::Unverified) => {
                Some("exit code 0: --unverified warn tolerates what is unverified")
            }
            _ => None,
        }
    }

    fn compose(&self, report: &Report, registry: &SecretRegistry) -> Result<Vec<Composed>, RunError> {
        let one = |wanted: &Wanted| report::compose(report, wanted.format, &self.view(wanted), registry);
        Ok(self.wanted.iter().map(one).collect::<Result<_, _>>()?)
    }

    fn view(&self, wanted: &Wanted) -> View {
        let term = Term::stdout();
        let on_terminal = wanted.path.is_none() && term.features().is_attended();
        let width = if on_terminal { usize::from(term.size().1).clamp(40, 120) } else { 80 };
        let colour =
            on_terminal && console::colors_enabled() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        View { colour, width, quiet: self.terminal.quiet, verbose: self.terminal.verbose }
    }
}

/// Where a path leads, however it is written.
fn place(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::canonicalize(folder).map_or_else(|_| path.to_owned(), |folder| folder.join(name))
}

fn policy(flags: &Output) -> Result<ExitPolicy, RunError> {
    let fail_on = match flags.fail_on.as_deref() {
        None => Severity::Info,
        Some(word) => [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical]
            .into_iter()
            .find(|severity| severity.word() == word)
            .ok_or_else(|| {
                let help = "severities are info, low, medium, high and critical";
                RunError::usage(format!("unknown severity `{word}`"), help)
            })?,
    };
    Ok(ExitPolicy { fail_on, unverified_fails: flags.unverified == Unverified::Fail })
}

/// Saves a ledger atomically and returns the exit code that stands. A name in it that equals a secret's value is
/// masked like everywhere else; where that would break the file, it is not written, and a pass is none any more.
pub(super) fn save_ledger(ledger: &Ledger, path: &Path, registry: &SecretRegistry, code: u8) -> Result<u8, RunError> {
    let vocabulary = ledger_words();
    let Ok(bytes) = ledger.to_file_masked(|text| registry.mask(text, &vocabulary).0) else {
        log::error!("the ledger was not saved: a secret's value equals a part of its structure");
        return Ok(if code == 0 { 3 } else { code });
    };
    report::put(&bytes, Sink::File(path))?;
    Ok(code)
}

/// The ledger's own fixed words: its keys, the kinds and what their fields may hold. They give no value away.
fn ledger_words() -> String {
    let mut words = vec![crate::evidence::ledger_schema().to_string()];
    for kind in super::sources::kinds() {
        words.extend([kind.name.to_owned(), kind.declared_by.to_owned(), kind.unit.to_owned()]);
        for field in kind.fields {
            words.push(field.name.to_owned());
            if let FieldType::Word(holds) = field.holds {
                words.extend(holds.iter().map(|word| (*word).to_owned()));
            }
        }
    }
    words.join("\n")
}
