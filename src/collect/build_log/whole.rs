//! Whether builds are told whole: every step that began ends, and the steps are counted from one without a hole.
//!
//! In: what builders say, in its order. Out: yes or no. Builders print a step that two stages or targets share under one
//! of their names: a hole in one count is none where another count has that number.

use std::collections::{BTreeMap, BTreeSet};

/// What builders say of a build that failed.
const FAILED: [&str; 4] =
    ["returned a non-zero code: ", "Error: building at STEP ", "ERROR: failed to ", "failed to solve"];

/// The step numbers of one stage, and how many there are.
#[derive(Default)]
struct Count {
    seen: BTreeSet<u32>,
    of: u32,
}

/// The build that is being told, and what is known of those before it.
#[derive(Default)]
pub(super) struct Builds {
    /// Something is missing.
    broken: bool,
    /// Whether any build has made an image.
    made_one: bool,
    /// Whether this one has, and whether it failed: its later steps do not come.
    made: bool,
    failed: bool,
    /// `BuildKit`'s steps that said their instruction and have not ended.
    open: BTreeSet<u32>,
    /// Whether its Dockerfile was loaded.
    defined: bool,
    first_began: bool,
    first_ended: bool,
    /// Counts of `BuildKit`, by stage.
    counts: BTreeMap<String, Count>,
    /// The last step of the classic builder, Buildah and Podman, by stage.
    last: BTreeMap<String, u32>,
}

impl Builds {
    /// `BuildKit` says this of a step. Events number steps by themselves: `plain` tells whether the log has the number.
    pub(super) fn says(&mut self, step: u32, text: &str, plain: bool) {
        let ends = ends(text);
        if !self.last.is_empty() && (self.made || self.failed) {
            self.end(); // the classic builder's
        }
        if plain && step == 1 {
            if !ends && self.first_ended && (self.made || self.failed) {
                self.end();
            }
            self.first_began = true;
            self.first_ended |= ends;
        }
        self.defined |= text.contains("internal] load build definition");
        if ends {
            // What a cache does not have is an error, too, and no build fails by it.
            self.failed |= self.open.remove(&step) && text.starts_with("ERROR");
        } else if let Some((stage, number, of)) = numbered(text) {
            // Events tell by themselves what runs, and announce what may never run.
            if plain {
                self.open.insert(step);
            }
            self.broken |= plain && !self.first_began;
            let count = self.counts.entry(stage).or_default();
            count.seen.insert(number);
            count.of = count.of.max(of);
        }
    }

    /// The classic builder, Buildah or Podman says this.
    pub(super) fn counts(&mut self, text: &str) {
        self.failed |= FAILED.iter().any(|words| text.contains(words));
        let Some((stage, number)) = counted(text) else { return };
        if !self.counts.is_empty() && (self.made || self.failed) {
            self.end(); // BuildKit's
        }
        let last = self.last.get(&stage).copied();
        self.broken |= number != 1 && last != Some(number - 1) && last != Some(number);
        if number == 1 {
            (self.made, self.failed) = (false, false);
        }
        self.last.insert(stage, number);
    }

    /// A builder says what it made.
    pub(super) fn made(&mut self) {
        (self.made, self.made_one) = (true, true);
    }

    /// A build, or the text that tells of it, is over.
    pub(super) fn end(&mut self) {
        let all = |past: fn(&Count) -> u32| {
            self.counts.values().all(|count| (1..=past(count)).all(|number| self.has(number)))
        };
        let holes = !all(|count| count.seen.last().copied().unwrap_or_default());
        // A build may have been for its own sake, such as one of tests: then it says all its steps.
        let to_the_end = self.last.is_empty() && !self.counts.is_empty() && all(|count| count.of);
        let began = self.defined || !self.counts.is_empty() || !self.last.is_empty();
        self.broken |= !self.open.is_empty() || holes || (began && !self.made && !self.failed && !to_the_end);
        let (broken, made_one) = (self.broken, self.made_one);
        *self = Self { broken, made_one, ..Self::default() };
    }

    fn has(&self, number: u32) -> bool {
        self.counts.values().any(|count| count.seen.contains(&number))
    }

    /// Whether all that was told is whole, and an image was made.
    pub(super) fn are_whole(&self) -> bool {
        !self.broken && self.made_one
    }
}

/// `DONE 0.1s`, `CACHED`, `ERROR: …`, `CANCELED`.
fn ends(text: &str) -> bool {
    text == "CACHED" || text == "CANCELED" || text.starts_with("DONE ") || text.starts_with("ERROR")
}

/// Stage, number and count of `[linux/amd64 build 2/3] RUN …`.
fn numbered(text: &str) -> Option<(String, u32, u32)> {
    let (words, _) = text.strip_prefix('[')?.split_once("] ")?;
    let (stage, count) = words.rsplit_once(' ').unwrap_or(("", words));
    let (number, of) = count.split_once('/')?;
    Some((stage.to_owned(), number.trim().parse().ok()?, of.parse().ok()?))
}

/// Stage and number of `Step 2/3 : RUN …`, `STEP 2/3: RUN …`, `STEP 2: RUN …` and `[1/2] STEP 2/3: RUN …`.
fn counted(text: &str) -> Option<(String, u32)> {
    let (stage, text) = text.strip_prefix('[').and_then(|rest| rest.split_once("] ")).unwrap_or(("", text));
    let (classic, rest) = match text.strip_prefix("Step ") {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix("STEP ")?),
    };
    let (count, instruction) = rest.split_once(if classic { " : " } else { ": " })?;
    let number = count.split_once('/').map_or(count, |(number, _)| number).parse().ok()?;
    let word = instruction.split(' ').next().unwrap_or_default();
    let is_instruction = word.len() > 2 && word.bytes().all(|b| b.is_ascii_uppercase());
    (is_instruction && number > 0 && (!classic || count.contains('/'))).then(|| (stage.to_owned(), number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_all_builders_are_read() {
        let stage = |stage: &str| stage.to_owned();
        assert_eq!(numbered("[2/3] RUN x"), Some((stage(""), 2, 3)));
        assert_eq!(numbered("[ 2/13] RUN x"), Some((stage(""), 2, 13)));
        assert_eq!(numbered("[linux/amd64 build 2/3] RUN x"), Some((stage("linux/amd64 build"), 2, 3)));
        assert_eq!(numbered("[internal] load .dockerignore"), None);
        assert_eq!(counted("Step 2/3 : RUN x"), Some((stage(""), 2)));
        assert_eq!(counted("[1/2] STEP 2/3: RUN x"), Some((stage("1/2"), 2)));
        assert_eq!(counted("STEP 2: RUN x"), Some((stage(""), 2)));
        for text in ["Step 2: deploy", "Step 2/3: Deploy", "STEP 2: deploy", "Step 0/3 : RUN x"] {
            assert_eq!(counted(text), None, "{text}");
        }
    }
}
