//! The Dockerfile inside provenance of mode `max`: ENV, ARG, LABEL, RUN, heredocs and comments, with their lines.
//!
//! In: its bytes. Out: finds. There is no working tree here, so what COPY would let in is not asked.

use super::At;
use super::reading::{Reading, wrap, wrap_bytes};
use crate::collect::instructions::{self, Instruction, words};
use crate::collect::oci_config::matters;
use crate::detect::{Context, env_like};
use crate::evidence::{Class, Judgement, Name};
use zeroize::Zeroizing;

impl Reading<'_> {
    /// Reads a file of the build that is a Dockerfile, or anything else.
    pub(super) fn dockerfile(&mut self, file: &Name, bytes: &[u8]) {
        let text = Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
        let (instructions, comments) = instructions::with_comments(&text);
        if !instructions.iter().any(|instruction| instruction.word == "FROM") {
            let scan = self.detector.bytes(&wrap_bytes(bytes), Context::History);
            self.scanned(At::Dockerfile, Some((file, 1)), scan);
            return;
        }
        instructions.iter().for_each(|instruction| self.instruction(file, instruction));
        comments.iter().for_each(|comment| self.told(file, comment));
    }

    fn instruction(&mut self, file: &Name, instruction: &Instruction) {
        match instruction.word {
            "ENV" | "ARG" => self.assignments(file, instruction),
            "LABEL" => {
                for (name, value) in words::assignments(&instruction.text, instruction.escape) {
                    self.assigned(file, instruction, &name, &value);
                }
                self.told(file, instruction);
            }
            "RUN" | "CMD" | "ENTRYPOINT" | "HEALTHCHECK" | "SHELL" => {
                let text = wrap(words::without_flags(&instruction.text));
                let scan = self.detector.text(&text, Context::History);
                self.scanned(At::Dockerfile, Some((file, instruction.line)), scan);
            }
            "ONBUILD" => match instructions::behind_onbuild(instruction) {
                Some(inner) => self.instruction(file, &inner),
                None => self.told(file, instruction),
            },
            _ => self.told(file, instruction),
        }
        let written = instruction.text.split_whitespace().last().unwrap_or_default();
        let written = written.rsplit('/').next().unwrap_or_default();
        for body in &instruction.heredocs {
            let body = wrap(body);
            let scan = self.detector.text(&body, Context::History);
            let scan = if env_like(written) { scan.and(self.detector.env_file(&body)) } else { scan };
            self.scanned(At::Dockerfile, Some((file, instruction.line + 1)), scan);
        }
    }

    fn assignments(&mut self, file: &Name, instruction: &Instruction) {
        let pairs = match instruction.word {
            "ARG" => {
                let words = words::split(&instruction.text, instruction.escape);
                words.iter().filter_map(|word| words::pair(word)).collect()
            }
            _ => words::assignments(&instruction.text, instruction.escape),
        };
        for (name, value) in pairs {
            self.assigned(file, instruction, &name, &value);
        }
    }

    fn assigned(&mut self, file: &Name, instruction: &Instruction, name: &str, value: &str) {
        let judgement = self.detector.judge(&wrap(name), &wrap(value), Context::DockerfileEnv);
        if matters(judgement.class) || judgement.known {
            let variable = self.detector.variable(&wrap(name), instruction.line as usize);
            self.at_line(file, instruction, Some(variable), judgement);
        }
    }

    /// Text that is no assignment and no command: only what is certainly a value counts in it.
    fn told(&mut self, file: &Name, instruction: &Instruction) {
        let scan = self.detector.text(&wrap(&instruction.text), Context::History);
        for spotted in scan.spotted {
            if spotted.judgement.known || spotted.judgement.class == Class::Plaintext {
                self.at_line(file, instruction, spotted.variable, spotted.judgement);
            }
        }
    }

    fn at_line(&mut self, file: &Name, instruction: &Instruction, variable: Option<Name>, judgement: Judgement) {
        self.add(At::Dockerfile, variable, Some((file.clone(), instruction.line)), judgement);
    }
}
