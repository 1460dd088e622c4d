//! Attestations: what the statements about an image, which no history shows, disclose of its build.
//!
//! In: the attestation manifests of a source, and where blobs lie. Out: evidence on every build argument and on every
//! secret-looking text of provenance, bills of materials and other predicates, gaps, and counts. The examined units are
//! the source's manifests: an index that was read whole and holds no attestation discloses nothing.

mod dockerfile;
mod provenance;
mod reading;
mod report;
mod statement;

pub(super) use report::report;

use super::blobs::Blobs;
use super::layout::Attested;
use crate::collect::layers::Look;
use crate::collect::refusal::Refusal;
use crate::evidence::{Cause, Name};
use reading::{Find, Reading};
use statement::Statement;

/// Where in a statement a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum At {
    BuildArg,
    Environment,
    Dockerfile,
    SourceUrl,
    Parameter,
    Command,
    Sbom,
    Other,
}

impl At {
    pub(super) const WORDS: [&'static str; 8] =
        ["build-arg", "environment", "dockerfile", "source-url", "parameter", "command", "sbom", "other"];

    fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}

/// What one attestation manifest gave.
#[derive(Default)]
pub(super) struct Examined {
    /// The type of each statement's predicate, and what stands in it.
    statements: Vec<(Name, Vec<Find>)>,
    /// What could not be read, or what is not about the image that it is said to be about.
    refusals: Vec<Refusal>,
}

/// Reads the statements of one attestation manifest.
pub(super) fn examine(blobs: &dyn Blobs, attested: &Attested, look: Look<'_>) -> Examined {
    let mut examined = Examined::default();
    for layer in &attested.statements {
        if look.stop.asked() {
            examined.refusals.push(Refusal::new(Cause::Interrupted));
            break;
        }
        let statement = match layer {
            Ok(path) => blobs.blob(path).map_err(unread).and_then(|bytes| Statement::read(&bytes)),
            Err(why) => Err(why.clone()),
        };
        let statement = match statement {
            Ok(statement) => statement,
            Err(why) => {
                examined.refusals.push(why);
                continue;
            }
        };
        if let Some(about) = attested.about.as_ref().filter(|about| !statement.is_about(about)) {
            let why = "a statement about something other than the manifest that the index names for it";
            examined.refusals.push(Refusal::new(Cause::Inconsistent).because(why).with("digest", about.clone()));
        }
        let mut reading = Reading::new(look.detector);
        reading.statement(&statement);
        examined.refusals.extend(reading.refusals);
        examined.statements.push((statement.predicate, reading.finds));
    }
    examined
}

/// Why a statement's blob is not there.
fn unread(cause: Cause) -> Refusal {
    match cause {
        Cause::MissingObjects => Refusal::new(cause).because(
            "the statements of an attestation were left behind; give registry:REFERENCE, or oci:DIR of a copy of the \
             whole index",
        ),
        Cause::OverLimit => Refusal::new(cause).with("key", Name::fixed("limits.config_bytes")),
        _ => Refusal::new(cause),
    }
    .with("document", Name::fixed("statement"))
}
