//! What each instruction would write into an image or its history, or let into it.
//!
//! In: instructions, the build context, detection. Out: finds with their lines. It reads no file.
//!
//! `ARG NAME` without a value is how build arguments are declared and says nothing alone; with the name of a
//! declared secret it is a problem, because every later `RUN` of the stage writes the value into history.

use super::Source;
use super::context::BuildContext;
use super::problem::{Find, Problem};
use super::stages::{Variables, mentions, shipped};
use crate::collect::instructions::{self, Instruction, words};
use crate::detect::{Context, Scan};
use crate::evidence::{Cause, Class, Judgement, Name, Sensitive};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// Where an instruction stands.
pub(super) struct At<'a> {
    pub(super) instruction: &'a Instruction,
    final_stage: bool,
}

pub(super) struct Judge<'a> {
    pub(super) source: &'a Source<'a>,
    /// The build contexts: those that are declared, or the likely one.
    pub(super) contexts: Vec<Result<BuildContext, Cause>>,
    /// Build arguments of the current stage.
    arguments: BTreeSet<String>,
    /// What the variables in sources stand for.
    pub(super) variables: Variables,
    finds: Vec<Find>,
}

/// Judges a whole Dockerfile.
pub(super) fn judge(source: &Source<'_>, instructions: &[Instruction], comments: &[Instruction]) -> Vec<Find> {
    let declared = source.contexts.iter().map(|context| match context {
        Ok(context) => BuildContext::of(source, Some(context)),
        Err(cause) => Err(*cause),
    });
    let mut contexts: Vec<_> = declared.collect();
    if contexts.is_empty() {
        contexts.push(BuildContext::of(source, None));
    }
    let mut judge =
        Judge { source, contexts, arguments: BTreeSet::new(), variables: Variables::default(), finds: Vec::new() };
    let shipped = shipped(instructions);
    let mut stage = 0;
    for instruction in instructions {
        if instruction.word == "FROM" {
            stage += 1;
            judge.arguments.clear();
            judge.variables.enter_stage();
        }
        let at = At { instruction, final_stage: shipped.contains(&stage) };
        judge.instruction(&at, stage > 0);
    }
    for instruction in comments {
        judge.told(&At { instruction, final_stage: false }, &instruction.text);
    }
    judge.finds
}

impl Judge<'_> {
    fn instruction(&mut self, at: &At<'_>, in_stage: bool) {
        let instruction = at.instruction;
        match instruction.word {
            "ENV" => self.env(at),
            "ARG" => self.arg(at, in_stage),
            "LABEL" => self.label(at),
            "COPY" | "ADD" => self.copy(at),
            "RUN" | "CMD" | "ENTRYPOINT" | "HEALTHCHECK" | "SHELL" => {
                let mut whole = Zeroizing::new(words::without_flags(&instruction.text).to_owned());
                for body in &instruction.heredocs {
                    whole.push('\n');
                    whole.push_str(body);
                }
                self.command(at, &whole);
            }
            "ONBUILD" => match instructions::behind_onbuild(instruction) {
                Some(inner) => self.instruction(&At { instruction: &inner, final_stage: at.final_stage }, in_stage),
                None => self.told(at, &instruction.text),
            },
            _ => self.told(at, &instruction.text),
        }
    }

    fn env(&mut self, at: &At<'_>) {
        for (name, value) in words::assignments(&at.instruction.text, at.instruction.escape) {
            self.variables.set(&name, &value);
            let from_argument = self.arguments.iter().any(|argument| mentions(&value, argument));
            if from_argument && self.is_declared(&name) {
                self.add(at, shown(&name, at), Ok(Problem::SecretNameInEnv), None);
            } else {
                self.value(at, &name, &value, Problem::SecretInEnv);
            }
        }
    }

    fn arg(&mut self, at: &At<'_>, in_stage: bool) {
        for word in words::split(&at.instruction.text, at.instruction.escape) {
            let (name, value) = words::pair(&word).unwrap_or_else(|| (word.clone(), Zeroizing::new(String::new())));
            self.variables.declare(&name, word.contains('=').then_some(&**value));
            self.arguments.insert(name.as_str().to_owned());
            let before = self.finds.len();
            self.value(at, &name, &value, Problem::SecretInArg);
            if self.finds.len() == before && in_stage && self.is_declared(&name) {
                self.add(at, shown(&name, at), Ok(Problem::SecretNameInArg), None);
            }
        }
    }

    fn label(&mut self, at: &At<'_>) {
        for (name, value) in words::assignments(&at.instruction.text, at.instruction.escape) {
            let before = self.finds.len();
            self.value(at, &name, &value, Problem::SecretInCommand);
            if self.finds.len() == before {
                self.told(at, &value);
            }
        }
    }

    fn is_declared(&self, name: &str) -> bool {
        self.source.job.config.secrets.iter().any(|secret| secret.name.as_str() == name)
    }

    fn value(&mut self, at: &At<'_>, name: &str, value: &str, problem: Problem) {
        let judgement = self.source.job.detector.judge(
            &Sensitive::from(name.to_owned()),
            &Sensitive::from(value.to_owned()),
            Context::DockerfileEnv,
        );
        self.judged(at, shown(name, at), judgement, problem);
    }

    fn judged(&mut self, at: &At<'_>, about: Name, judgement: Judgement, problem: Problem) {
        if judgement.class.is_exposed() || judgement.known {
            self.add(at, about, Ok(problem), Some(judgement));
        } else if judgement.class.needs_review() {
            self.add(at, about, Err(Cause::NeedsReview), None);
        }
    }

    pub(super) fn command(&mut self, at: &At<'_>, text: &str) {
        let scan = self.source.job.detector.text(&Sensitive::from(text.to_owned()), Context::History);
        self.scanned(at, scan);
    }

    /// Text that is no assignment and no command: only what is certainly a value counts in it.
    fn told(&mut self, at: &At<'_>, text: &str) {
        let mut scan = self.source.job.detector.text(&Sensitive::from(text.to_owned()), Context::History);
        scan.spotted.retain(|spotted| spotted.judgement.known || spotted.judgement.class == Class::Plaintext);
        self.scanned(at, scan);
    }

    fn scanned(&mut self, at: &At<'_>, scan: Scan) {
        for (i, spotted) in scan.spotted.into_iter().enumerate() {
            let about = spotted.variable.unwrap_or_else(|| Name::withheld("value", i + 1));
            self.judged(at, about, spotted.judgement, Problem::SecretInCommand);
        }
        if !scan.determined {
            self.add(at, Name::fixed("text"), Err(Cause::Malformed), None);
        }
    }

    pub(super) fn add(
        &mut self,
        at: &At<'_>,
        about: Name,
        problem: Result<Problem, Cause>,
        judgement: Option<Judgement>,
    ) {
        self.finds.push(Find {
            line: at.instruction.line,
            instruction: at.instruction.word,
            final_stage: at.final_stage,
            about: Some(about),
            problem,
            judgement,
        });
    }
}

pub(super) fn shown(text: &str, at: &At<'_>) -> Name {
    Name::admit_or(text, "text", at.instruction.line as usize)
}
