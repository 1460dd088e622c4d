//! The one exit: a frozen [`Report`] goes in, bytes of a format come out, masked.
//!
//! One file or folder per format; a format reads the report and changes nothing, and no format knows another.
//! Nothing here knows how evidence was collected or how a verdict fell.

mod gaps;
mod json;
mod junit;
mod mask;
mod plain;
#[cfg(test)]
mod sample;
mod sarif;
mod sink;
mod text;

pub use json::json_schema;
pub use sink::Sink;

use crate::evidence::{Name, SecretRegistry};
use crate::verdict::{Finding, Report};
use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

/// The formats a report can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For a person at a terminal.
    Text,
    /// `leakproof.report/v1`: everything.
    Json,
    /// Test results for CI servers.
    Junit,
    /// SARIF as GitHub and GitLab accept it: failures and unverified only.
    Sarif,
    /// SARIF with all verdicts, kinds and suppressions.
    SarifAudit,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 5] = [Self::Text, Self::Json, Self::Junit, Self::Sarif, Self::SarifAudit];

    /// The word that selects it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Junit => "junit",
            Self::Sarif => "sarif",
            Self::SarifAudit => "sarif-audit",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A word that names no format. The word itself is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownFormat;

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = Format::ALL.iter().map(|format| format.word()).collect();
        write!(f, "unknown format; the formats are {}", words.join(", "))
    }
}

impl std::error::Error for UnknownFormat {}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|format| format.word() == word).ok_or(UnknownFormat)
    }
}

/// How `text` looks; the other formats look the same everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Whether to colour.
    pub colour: bool,
    /// Columns.
    pub width: usize,
    /// Only failures and the verdict line.
    pub quiet: bool,
    /// Passed findings, all facts and every coverage record as well.
    pub verbose: bool,
}

impl Default for View {
    fn default() -> Self {
        Self { colour: false, width: 80, quiet: false, verbose: false }
    }
}

/// A report that could not be written. Never holds a value.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The format's own serialisation failed.
    #[error("the {format} report could not be built")]
    Build {
        /// The format.
        format: Format,
    },
    /// Masking would have broken the output, so there is none.
    #[error("a secret value coincides with the structure of the {format} report: nothing was written")]
    Unmaskable {
        /// The format.
        format: Format,
    },
    /// The folder of the output file does not exist.
    #[error("{file}: its folder does not exist; create it or choose another path")]
    NoFolder {
        /// The file as the user named it.
        file: Name,
    },
    /// The output file could not be written.
    #[error("{file}: could not be written: {kind}")]
    File {
        /// The file as the user named it.
        file: Name,
        /// What the system said.
        kind: std::io::ErrorKind,
    },
    /// The stream could not be written.
    #[error("the report could not be written: {kind}")]
    Writer {
        /// What the system said.
        kind: std::io::ErrorKind,
    },
}

/// Renders without masking. What leaves the process goes through [`compose`].
///
/// # Errors
/// [`ReportError::Build`] if the format's serialisation fails.
pub fn render(report: &Report, format: Format, view: &View) -> Result<Vec<u8>, ReportError> {
    match format {
        Format::Text => Ok(text::render(report, view)),
        Format::Json => json::render(report).ok_or(ReportError::Build { format }),
        Format::Junit => junit::render(report).ok_or(ReportError::Build { format }),
        Format::Sarif => sarif::github(report).ok_or(ReportError::Build { format }),
        Format::SarifAudit => sarif::audit(report).ok_or(ReportError::Build { format }),
    }
}

/// A masked report that has not left yet.
pub struct Composed {
    bytes: Vec<u8>,
    /// How often a secret value was found and masked. More than none is a bug of ours.
    pub masked: usize,
}

impl Composed {
    /// Writes it: the one way out of the process.
    ///
    /// # Errors
    /// It could not be written; a file is then left as it was.
    pub fn put(&self, to: Sink<'_>) -> Result<(), ReportError> {
        to.put(&self.bytes)
    }
}

/// Writes bytes that were masked already: a ledger, as atomically as a report.
///
/// # Errors
/// It could not be written; a file is then left as it was.
pub fn put(masked: &[u8], to: Sink<'_>) -> Result<(), ReportError> {
    to.put(masked)
}

/// Renders and masks every value of the registry.
///
/// Where something was masked, `text` says so in a last line; for the other formats the caller does.
///
/// # Errors
/// Nothing could be rendered or masked.
pub fn compose(
    report: &Report,
    format: Format,
    view: &View,
    registry: &SecretRegistry,
) -> Result<Composed, ReportError> {
    let (bytes, masked) = mask::render(report, format, view, registry)?;
    Ok(Composed { bytes, masked })
}

/// Findings in the order of every format: what counts first, worst first, then by rule and place.
fn ordered(report: &Report) -> Vec<&Finding> {
    let mut findings: Vec<_> = report.findings.iter().collect();
    findings.sort_by(|a, b| {
        let rank = |f: &Finding| (Reverse(f.counts()), Reverse(f.verdict), Reverse(f.severity));
        (rank(a), &a.rule, &a.subject, &a.fingerprint, &a.message).cmp(&(
            rank(b),
            &b.rule,
            &b.subject,
            &b.fingerprint,
            &b.message,
        ))
    });
    findings
}

#[cfg(test)]
mod tests;
