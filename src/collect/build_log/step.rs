//! Who says a line: the builder, what ran in one of its steps, or nobody knows.
//!
//! In: lines. Out: the same with the step they belong to, without what the builder puts in front. Steps that run side by
//! side write in turns; by their numbers what each of them says stands together again.

use super::clean::Line;
use zeroize::Zeroizing;

/// Who says a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// `BuildKit` itself.
    Builder,
    /// A command of a step.
    Command,
    /// The classic builder, another tool, or a command of theirs: they do not tell each other apart.
    Anyone,
}

/// A line of a step.
pub(super) struct Entry {
    /// Which step; 0 for what belongs to none.
    pub(super) step: u32,
    pub(super) by: By,
    /// Whether the text itself has the step's number, which events do not.
    pub(super) plain: bool,
    pub(super) line: Line,
}

/// Words that begin an instruction in logs of kaniko.
const INSTRUCTIONS: [&str; 6] = ["FROM ", "RUN ", "COPY ", "ADD ", "ENV ", "ARG "];

impl Entry {
    /// `#7 0.123 text` is what a command says, `#7 text` what `BuildKit` says.
    pub(super) fn of(mut line: Line) -> Self {
        let Some((step, rest)) = numbered(&line.text) else {
            return Self { step: 0, by: By::Anyone, plain: true, line };
        };
        let (time, text) = split(rest);
        let seconds = time.contains(&b'.') && time.iter().all(|b| b.is_ascii_digit() || *b == b'.');
        let (by, text) = if seconds { (By::Command, text) } else { (By::Builder, rest) };
        let front = line.text.len() - text.len();
        line.text.drain(..front);
        Self { step, by, plain: true, line }
    }

    /// A later part of a line, or a text hidden in it: whatever it looks like, this step and this speaker say it.
    pub(super) fn part(line: Line, step: u32, by: By) -> Self {
        Self { step, by, plain: true, line }
    }

    /// What an event says.
    pub(super) fn told(line: Line, step: u32, by: By) -> Self {
        Self { step, by, plain: false, line }
    }

    /// Whether it may say something of the log itself: only the beginning of a line shows who speaks.
    pub(super) fn is_sign(&self) -> bool {
        self.line.part_of.is_none()
    }

    /// The line as text.
    pub(super) fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(String::from_utf8_lossy(&self.line.text).into_owned())
    }

    /// The instruction that the line says is about to run, or to be taken from the cache.
    pub(super) fn instruction<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self.by {
            _ if !self.is_sign() => None,
            By::Command => None,
            By::Builder => {
                let (stage, instruction) = text.strip_prefix('[')?.split_once("] ")?;
                // Compose writes the service's name in front.
                let own = stage.split(' ').any(|word| matches!(word, "internal" | "auth"));
                (!own).then_some(instruction)
            }
            // `Step 1/2 : RUN …` of Docker, `STEP 1/2: RUN …` of Buildah and Podman, `INFO[0001] RUN …` of kaniko.
            By::Anyone => {
                // Stages that Buildah makes side by side have their number in front.
                let text = text
                    .strip_prefix('[')
                    .and_then(|rest| rest.split_once("] STEP "))
                    .map_or(text, |(stage, _)| &text[stage.len() + 3..]);
                let counted = text.strip_prefix("Step ").or_else(|| text.strip_prefix("STEP "));
                let docker = counted.and_then(|rest| {
                    let (count, instruction) = rest.split_once(':')?;
                    let count = count.trim_end();
                    let numbers = count.bytes().all(|b| b.is_ascii_digit() || b == b'/');
                    (numbers && !count.is_empty()).then(|| instruction.trim_start())
                });
                let told = || kaniko(text).filter(|rest| INSTRUCTIONS.iter().any(|word| rest.starts_with(word)));
                docker.or_else(told)
            }
        }
    }
}

/// What stands behind `INFO[0001] `.
pub(super) fn kaniko(text: &str) -> Option<&str> {
    let (seconds, rest) = text.strip_prefix("INFO[")?.split_once("] ")?;
    seconds.bytes().all(|b| b.is_ascii_digit()).then(|| rest.trim_start())
}

fn numbered(line: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = split(line.strip_prefix(b"#")?);
    let number = std::str::from_utf8(number).ok()?.parse().ok()?;
    Some((number, rest))
}

/// The first word and the rest.
fn split(line: &[u8]) -> (&[u8], &[u8]) {
    let end = line.iter().position(|b| *b == b' ').unwrap_or(line.len());
    (&line[..end], line.get(end + 1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str) -> Entry {
        Entry::of(Line::new(1, text.as_bytes()))
    }

    fn instruction(text: &str) -> Option<String> {
        let entry = entry(text);
        entry.instruction(&entry.text()).map(str::to_owned)
    }

    #[test]
    fn builders_and_commands_are_told_apart() {
        for (text, step, by, rest) in [
            ("#7 0.123 hello", 7, By::Command, "hello"),
            ("#7 12.5", 7, By::Command, ""),
            ("#7 [1/2] RUN x", 7, By::Builder, "[1/2] RUN x"),
            ("#7 DONE 0.0s", 7, By::Builder, "DONE 0.0s"),
            ("# a comment", 0, By::Anyone, "# a comment"),
            ("hello", 0, By::Anyone, "hello"),
        ] {
            let entry = entry(text);
            assert_eq!((entry.step, entry.by, entry.text().as_str()), (step, by, rest), "{text}");
        }
    }

    #[test]
    fn instructions_of_all_builders_are_steps() {
        for text in [
            "#7 [build 1/2] RUN x",
            "#7 [linux/amd64 2/2] RUN x",
            "Step 1/2 : RUN x",
            "STEP 1/2: RUN x",
            "STEP 1: RUN x",
            "INFO[0001] RUN x",
        ] {
            assert_eq!(instruction(text).as_deref(), Some("RUN x"), "{text}");
        }
        for text in [
            "#1 [internal] load .dockerignore",
            "#1 [auth] library/alpine:pull token",
            "#1 [api internal] load metadata",
            "#7 0.123 [1/2] RUN x",
            "#7 DONE 0.0s",
            "Step one: x",
            "RUN x",
            "INFO[0001] Taking snapshot",
        ] {
            assert_eq!(instruction(text), None, "{text}");
        }
    }
}
