//! Provenance (SLSA v0.2 and v1, as `BuildKit` and others write it): what each of its texts is by the members above it.
//!
//! In: the predicate. Out: texts handed to be judged. `BuildKit` writes build arguments under `args` of
//! `invocation.parameters` or of `externalParameters.request`, each as `build-arg:NAME`, the steps as the JSON of LLB,
//! and in mode `max` the Dockerfile in base64. What has no place of its own is judged under its nearest name.

use super::At;
use super::reading::{Reading, wrap_bytes};
use super::statement::decoded;
use crate::collect::oci_config::Json;
use crate::collect::refusal::Refusal;
use crate::detect::Context;
use crate::evidence::{Cause, Name};
use zeroize::Zeroizing;

/// Members whose texts are URLs of sources.
const URLS: [&str; 9] =
    ["uri", "url", "source", "identifier", "git.fullurl", "repository", "ref", "id", "downloadlocation"];
/// Members that hold digests by name.
const DIGESTS: [&str; 5] = ["digest", "digestmapping", "checksum", "http.checksum", "revision"];

impl Reading<'_> {
    /// Reads a predicate.
    pub(super) fn provenance(&mut self, predicate: &Json) {
        let mut file = None;
        predicate.visit(&mut |trail, texts| {
            let above = trail.len().checked_sub(2).map_or("", |n| trail[n]);
            let last = trail.last().copied().unwrap_or_default();
            let is = |word: &str, names: &[&str]| names.iter().any(|name| word.eq_ignore_ascii_case(name));
            match texts {
                [text] if is(above, &["args"]) => self.argument(last, text),
                [text] if is(last, &["filename"]) => file = Some((*text).to_owned()),
                [text] if is(last, &["data"]) && trail.iter().any(|name| is(name, &["infos"])) => {
                    self.source(file.take(), text);
                }
                [text] if is(last, &["data"]) => self.written(text),
                _ if is(last, &["env"]) => texts.iter().for_each(|text| self.entry(At::Environment, text)),
                [text] if is(above, &["env", "environment"]) => self.pair(At::Environment, last, text),
                [text] if is(last, &URLS) => self.url(At::SourceUrl, Some(last), text),
                [text] if (is(above, &DIGESTS) || is(last, &DIGESTS)) && is_digest(text) => {}
                _ if is(last, &["args"]) => self.command(texts),
                _ => texts.iter().for_each(|text| self.labelled(At::Parameter, last, text)),
            }
        });
    }

    /// A parameter of the frontend: `build-arg:NAME`, `label:NAME`, `context`, `source`, `vcs:source` …
    fn argument(&mut self, key: &str, value: &str) {
        if let Some(name) = key.strip_prefix("build-arg:") {
            self.pair(At::BuildArg, name, value);
        } else if value.contains("://") || value.contains(['@', '%']) {
            self.url(At::SourceUrl, Some(key), value);
        } else {
            self.labelled(At::Parameter, key.strip_prefix("label:").unwrap_or(key), value);
        }
    }

    /// The words of a step's command line, side by side as they are run.
    fn command(&mut self, words: &[&str]) {
        self.text(At::Command, &Zeroizing::new(words.join(" ")));
    }

    /// A file of the build, in base64.
    fn source(&mut self, name: Option<String>, data: &str) {
        let Some(bytes) = decoded(data) else {
            let why = Refusal::new(Cause::Malformed).because("a file of the build that is no base64");
            self.refusals.push(why);
            return;
        };
        let name = name.unwrap_or_else(|| "Dockerfile".to_owned());
        self.dockerfile(&Name::admit_or(&name, "file", 1), &bytes);
    }

    /// A file that a step writes: its content stands in the step, in base64.
    fn written(&mut self, data: &str) {
        let bytes = decoded(data).unwrap_or_else(|| Zeroizing::new(data.as_bytes().to_vec()));
        let scan = self.detector.bytes(&wrap_bytes(&bytes), Context::History);
        self.scanned(At::Command, None, scan);
    }
}

/// `sha256:HEX`, or hexadecimal digits alone.
fn is_digest(text: &str) -> bool {
    let hex = text.rsplit(':').next().unwrap_or(text);
    matches!(hex.len(), 40 | 64 | 96 | 128) && hex.bytes().all(|b| b.is_ascii_hexdigit())
}
