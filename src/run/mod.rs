//! One file per command. Each reads like a table of contents: the work is done in the rooms below.

mod check;
mod classify;
mod demo;
mod examine;
mod init;
mod judge;
mod known;
mod output;
mod plan;
mod progress;
mod replay;
mod rules;
mod schema;
mod sources;
mod targets;
mod world;
mod wrong;

use crate::cli::{Cli, Command};
use crate::evidence::Problems;
use std::io::Write;

/// Why no verdict was reached. Exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Problems in a configuration or rule file.
    #[error("{0}")]
    Problems(Problems),
    /// What was asked for cannot be done, and what to do instead.
    #[error("{what}")]
    Usage {
        /// What is wrong.
        what: String,
        /// What helps.
        help: String,
    },
    /// A file could not be read or written.
    #[error("{action} {path}: {reason}")]
    File {
        /// `cannot read`, `cannot write`.
        action: &'static str,
        /// The file as the user named it.
        path: String,
        /// The operating system's word for it.
        reason: String,
    },
    /// A report could not be written.
    #[error(transparent)]
    Report(#[from] crate::report::ReportError),
    /// A saved ledger cannot be replayed.
    #[error(transparent)]
    Ledger(#[from] crate::evidence::LedgerError),
    /// The operating system refused what every run needs.
    #[error("the run could not start: {0}")]
    Start(std::io::ErrorKind),
}

impl From<Problems> for RunError {
    fn from(problems: Problems) -> Self {
        Self::Problems(problems)
    }
}

impl RunError {
    fn usage(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Usage { what: what.into(), help: help.into() }
    }

    fn file(action: &'static str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::File { action, path: path.display().to_string(), reason: error.kind().to_string() }
    }

    /// What helps, where there is something to say.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Problems(_) => Some("`leakproof schema config` and `leakproof schema rule` describe the files"),
            Self::Usage { help, .. } => Some(help),
            Self::File { .. } | Self::Report(_) => None,
            Self::Ledger(_) => Some("a ledger is what `leakproof check --save-ledger` wrote, by this major version"),
            Self::Start(_) => Some("check the limits on threads, memory and open files"),
        }
    }
}

/// Does what was typed and returns the exit code.
///
/// # Errors
/// [`RunError`]: no verdict was reached.
pub fn run(cli: Cli) -> Result<u8, RunError> {
    let view = output::Terminal { quiet: cli.quiet, verbose: cli.verbose > 0 };
    match cli.command {
        Command::Check(flags) => check::run(flags, view),
        Command::Demo(flags) => demo::run(&flags, view),
        Command::Init(flags) => init::run(&flags),
        Command::Report(flags) => replay::run(&flags, view),
        Command::Rules { command } => rules::run(command),
        Command::Classify(flags) => classify::run(&flags),
        Command::Schema { what } => schema::run(what),
        Command::Completions { shell } => print(&crate::cli::completions(shell)),
        Command::Man => print(&crate::cli::manual()),
    }
}

/// A message with everything escaped that could fool a terminal; what was typed is quoted in some of them.
#[must_use]
pub fn printable(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(crate::evidence::printable_line).collect();
    lines.join("\n")
}

/// Writes to standard output; a closed pipe is the reader's choice, not an error.
fn print(bytes: &[u8]) -> Result<u8, RunError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(0),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(0),
        Err(error) => Err(RunError::file("cannot write", std::path::Path::new("standard output"), &error)),
    }
}
