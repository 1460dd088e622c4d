//! What a log says of itself: which build it is of, whether anything was built, and whether it is whole.
//!
//! In: entries, in their order. Out: why the log proves nothing, if so. It judges no value. A file's name is no sign: whoever
//! keeps the file chose it.

use super::runner::Ids;
use super::step::{By, Entry, kaniko};
use super::whole::Builds;
use crate::collect::refusal::Refusal;
use crate::config::Build;
use crate::evidence::{Cause, Name};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// What stands in front of the digest of something that was made.
const MADE: [&str; 5] =
    ["writing image ", "exporting manifest list ", "exporting manifest ", "exporting config ", "Successfully built "];
/// What says that a log was cut short, folded to lower case. Commands speak of truncation too: these are the whole line.
const CUT: [&str; 4] = ["log truncated", "output truncated", "log has been truncated", "the log has been truncated"];
/// What a CI writes as its last words, folded to lower case.
const CUT_AT_THE_END: [&str; 3] =
    ["truncated due to its large size", "exceeded the maximum log length", "output is too long"];

/// The signs of one log, all its parts together.
#[derive(Default)]
pub(super) struct Signs {
    /// What was a step.
    steps: BTreeSet<(u32, u32)>,
    /// How many came from a cache: their commands did not run, and said nothing here.
    pub(super) cached: u64,
    belongs: bool,
    builds: Builds,
    /// The step that is writing the image.
    exporting: Option<u32>,
    cut: bool,
    /// Whether the steps that events tell of have not all ended.
    pub(super) running: bool,
    github: bool,
    gitlab: bool,
    runner_ended: bool,
    /// The ids that the runner names.
    ids: Ids,
    before: Zeroizing<String>,
}

impl Signs {
    /// Sees one entry of a log that must be of this build.
    pub(super) fn see(&mut self, entry: &Entry, build: &Build) {
        if !entry.is_sign() {
            return;
        }
        let text = entry.text();
        // BuildKit writes it among a command's output.
        self.cut |= text.starts_with("[output clipped, log limit ") && text.ends_with(" reached]");
        if entry.by == By::Command {
            return;
        }
        if entry.instruction(&text).is_some() {
            // A step of BuildKit comes up more than once where others write between.
            let line = if entry.by == By::Builder { 0 } else { entry.line.number };
            self.steps.insert((entry.step, line));
        }
        let cached = *text == *"CACHED" || text.trim() == "---> Using cache" || text.starts_with("--> Using cache");
        self.cached += u64::from(cached);
        match entry.by {
            By::Builder => self.builds.says(entry.step, &text, entry.plain),
            _ => self.builds.counts(&text),
        }
        if let Some(digest) = made(&self.before, &text).filter(|_| is_own(entry.by, &text)) {
            self.builds.made();
            self.exporting = Some(entry.step).filter(|step| *step > 0);
            if let Build::Digest(declared) = build {
                self.belongs |= same(declared, digest);
            }
        }
        if self.exporting == Some(entry.step) && text.starts_with("DONE ") {
            self.exporting = None;
        }
        if entry.by == By::Anyone {
            self.runner(&text);
            self.ids.see(&text);
            if !text.is_empty() {
                self.before = text;
            }
        }
    }

    /// A text of the log is over.
    pub(super) fn end(&mut self) {
        self.builds.end();
        self.ids.end();
        let last = Zeroizing::new(std::mem::take(&mut self.before).to_ascii_lowercase());
        self.cut |= CUT_AT_THE_END.iter().any(|words| last.contains(words));
    }

    /// What a CI's runner says.
    fn runner(&mut self, text: &str) {
        let bare = text.trim_matches(|c: char| !c.is_alphanumeric());
        self.cut |= CUT.iter().any(|words| bare.eq_ignore_ascii_case(words));
        self.cut |= bare.starts_with("Job's log exceeded limit of ");
        self.github |= ["##[group]", "##[endgroup]", "##[command]"].iter().any(|mark| text.starts_with(mark));
        self.gitlab |= text.starts_with("Running with gitlab-runner") || text.starts_with("section_start:");
        self.runner_ended |= text.starts_with("Cleaning up orphan processes")
            || text == "Job succeeded"
            || text.starts_with("ERROR: Job failed");
    }

    /// How many steps there were.
    pub(super) fn steps(&self) -> u64 {
        self.steps.len() as u64
    }

    /// Why the log does not prove what its build said.
    pub(super) fn refusals(&self, build: &Build) -> Vec<Refusal> {
        if self.steps.is_empty() {
            return vec![Refusal::new(Cause::Empty).because("no build step in it")];
        }
        let cut = if self.cut {
            Some("the log says itself that it was cut short")
        } else if (self.github || self.gitlab) && !self.runner_ended {
            Some("the last words of the job are missing")
        } else if !self.builds.are_whole() || self.exporting.is_some() || self.running {
            Some("a build in it does not begin, does not end, or lacks steps")
        } else {
            None
        };
        let belongs = match build {
            Build::Digest(_) => self.belongs,
            Build::Run(id) => self.ids.name_only(id.as_str()),
        };
        let unproven = (!belongs).then(|| {
            let key = match build {
                Build::Digest(_) => "build_logs.digest",
                Build::Run(_) => "build_logs.run_id",
            };
            let why = "the log is not shown to be of this build: it nowhere says what is declared";
            Refusal::new(Cause::Unproven).because(why).with("key", Name::fixed(key))
        });
        cut.map(|why| Refusal::new(Cause::Truncated).because(why)).into_iter().chain(unproven).collect()
    }
}

/// The digest, or the beginning of one, of what a builder says it made.
fn made<'t>(before: &str, text: &'t str) -> Option<&'t str> {
    let first = |rest: &'t str| rest.split([' ', '"', ',']).next().filter(|digest| is_digest(digest));
    if let Some(rest) = MADE.iter().find_map(|words| text.strip_prefix(words)) {
        return first(rest);
    }
    // `pushing manifest for NAME@sha256:…` of BuildKit, `Pushed NAME@sha256:…` of kaniko, `1.2: digest: sha256:… size: 1`.
    let pushed = text.strip_prefix("pushing manifest for ").or_else(|| kaniko(text)?.strip_prefix("Pushed "));
    if let Some(rest) = pushed {
        return first(rest.split_once('@')?.1);
    }
    if let Some((tag, rest)) = text.split_once(": digest: ") {
        return first(rest).filter(|_| !tag.contains(' '));
    }
    // What buildx writes into its metadata.
    let member = ["\"containerimage.digest\":", "\"containerimage.config.digest\":"];
    if let Some((_, rest)) = member.iter().find_map(|name| text.split_once(name)) {
        return first(rest.trim_start().trim_start_matches('"'));
    }
    // A digest alone, under the words that tell what it is: build-push-action, Buildah and Podman.
    let heads = ["##[group]Digest", "##[group]ImageID", "Successfully tagged ", "--> "];
    let told = heads.iter().any(|head| before.starts_with(head));
    (told && is_digest(text) && text.len() >= 64).then_some(text)
}

/// `sha256:HEX`, HEX, or at least twelve digits of it, as `Successfully built` says.
fn is_digest(text: &str) -> bool {
    let hex = text.strip_prefix("sha256:").unwrap_or(text);
    matches!(hex.len(), 12..=64) && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn same(declared: &Name, digest: &str) -> bool {
    let hex = |text: &str| text.strip_prefix("sha256:").unwrap_or(text).to_owned();
    hex(declared.as_str()).starts_with(&hex(digest))
}

/// `BuildKit` numbers its own words: without a number they are somebody else's.
fn is_own(by: By, text: &str) -> bool {
    by == By::Builder
        || !["writing image ", "exporting ", "pushing manifest "].iter().any(|words| text.starts_with(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_builder_says_it_made_is_its_digest() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        let whole = digest.as_str();
        for (before, text, is) in [
            ("", format!("writing image {digest} done"), Some(whole)),
            ("", format!("exporting manifest list {digest} 0.0s done"), Some(whole)),
            ("", "Successfully built 0a0a0a0a0a0a".to_owned(), Some("0a0a0a0a0a0a")),
            ("", format!("1.2.3: digest: {digest} size: 528"), Some(whole)),
            ("", format!("pushing manifest for h/app:1@{digest} 0.1s done"), Some(whole)),
            ("", format!("INFO[0009] Pushed h/app@{digest}"), Some(whole)),
            ("", format!("  \"containerimage.digest\": \"{digest}\","), Some(whole)),
            ("##[group]Digest", digest.clone(), Some(whole)),
            ("--> 0a0a0a0a0a0a", "0a".repeat(32), Some(&whole[7..])),
            ("", digest.clone(), None),
            ("", format!("[1/2] FROM docker.io/library/a@{digest}"), None),
            ("", format!("resolve docker.io/library/a@{digest} done"), None),
            ("", format!("exporting attestation manifest {digest}"), None),
            ("", "Successfully built 0a0a wheels".to_owned(), None),
            ("", format!("see image a: digest: {digest}"), None),
        ] {
            assert_eq!(made(before, &text), is, "{text}");
        }
    }
}
