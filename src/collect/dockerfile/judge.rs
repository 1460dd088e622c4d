//! What each instruction would write into an image or its history, or let into it.
//!
//! In: instructions, the build context, detection. Out: finds with their lines. It reads no file.
//!
//! `ARG NAME` without a value is how build arguments are declared and says nothing alone; with the name of a
//! declared secret it is a problem, because every later `RUN` of the stage writes the value into history.

use super::Source;
use super::context::{BuildContext, holds_credentials, is_env};
use super::ignore::Ignore;
use super::parse::{self, Instruction};
use super::stages::{Variables, mentions, shipped};
use super::words;
use crate::detect::{Context, Scan};
use crate::evidence::{Cause, Class, Judgement, Name, Sensitive};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// What is wrong with an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// `ENV` with a value.
    SecretInEnv,
    /// `ARG` with a default.
    SecretInArg,
    /// A value in a command, a label or a heredoc.
    SecretInCommand,
    /// An env file, or another file that holds credentials, is copied by name.
    EnvFileCopied,
    /// A copy of a directory would take env files along.
    ContextNotIgnored,
    /// `ARG` of a declared secret's name.
    SecretNameInArg,
    /// `ENV` of a declared secret's name, set from a build argument.
    SecretNameInEnv,
}

impl Problem {
    /// The words of the kind's field.
    pub(super) const WORDS: &'static [&'static str] = &[
        "none",
        "secret-in-env",
        "secret-in-arg",
        "secret-in-command",
        "env-file-copied",
        "context-not-ignored",
        "secret-name-in-arg",
        "secret-name-in-env",
    ];

    /// The word.
    pub(super) fn word(self) -> &'static str {
        Self::WORDS[self as usize + 1]
    }
}

/// One find.
pub(super) struct Find {
    /// The line.
    pub(super) line: u32,
    /// The instruction's word.
    pub(super) instruction: &'static str,
    /// Whether the shipped image is built on this stage.
    pub(super) final_stage: bool,
    /// The variable or path.
    pub(super) about: Option<Name>,
    /// What is wrong, or why nobody can say.
    pub(super) problem: Result<Problem, Cause>,
    /// What the value is.
    pub(super) judgement: Option<Judgement>,
}

/// Where an instruction stands.
struct At<'a> {
    instruction: &'a Instruction,
    final_stage: bool,
}

struct Judge<'a> {
    source: &'a Source<'a>,
    context: Result<BuildContext, Cause>,
    /// Build arguments of the current stage.
    arguments: BTreeSet<String>,
    /// What the variables in sources stand for.
    variables: Variables,
    finds: Vec<Find>,
}

/// Judges a whole Dockerfile.
pub(super) fn judge(source: &Source<'_>, instructions: &[Instruction], comments: &[Instruction]) -> Vec<Find> {
    let context = BuildContext::of(source.tree, source.path, source.job.config.limits.file_bytes);
    let mut judge =
        Judge { source, context, arguments: BTreeSet::new(), variables: Variables::default(), finds: Vec::new() };
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
            "ONBUILD" => {
                if let Some(inner) = parse::instruction(instruction.line, &instruction.text, instruction.escape) {
                    self.instruction(&At { instruction: &inner, final_stage: at.final_stage }, in_stage);
                }
            }
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

    fn command(&mut self, at: &At<'_>, text: &str) {
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

    fn copy(&mut self, at: &At<'_>) {
        let instruction = at.instruction;
        let (flags, words) = words::arguments(&instruction.text, instruction.escape);
        let Some((target, sources)) = words.split_last() else { return };
        for body in &instruction.heredocs {
            self.written(at, target, body);
        }
        self.command(at, &instruction.text);
        let flag = |name: &str| flags.iter().filter_map(|flag| flag.strip_prefix(name)).collect::<Vec<_>>();
        let exclude = Ignore::parse(&flag("--exclude=").join("\n"));
        let elsewhere = !flag("--from=").is_empty();
        for source in sources.iter().filter(|source| !source.starts_with("<<") && !source.contains("://")) {
            let (expanded, open) = self.variables.expand(source);
            if elsewhere {
                let name = expanded.rsplit('/').next().unwrap_or(&expanded);
                if is_env(name) || holds_credentials(name) {
                    self.add(at, shown(source, at), Ok(Problem::EnvFileCopied), None);
                }
            } else {
                self.taken(at, source, (&expanded, open), &exclude);
            }
        }
    }

    /// A heredoc that becomes a file: an env file by its name, or text that may hold a value.
    fn written(&mut self, at: &At<'_>, target: &str, body: &str) {
        let name = target.rsplit('/').next().unwrap_or(target);
        if !is_env(name) {
            return self.command(at, body);
        }
        let scan = self.source.job.detector.env_file(&Sensitive::from(body.to_owned()));
        let worst = scan.spotted.into_iter().map(|spotted| spotted.judgement).max_by_key(|judged| judged.class);
        self.add(at, shown(target, at), Ok(Problem::EnvFileCopied), worst);
    }

    /// A source taken from the build context: as it is written, and as it reads with its variables.
    fn taken(&mut self, at: &At<'_>, written: &str, (source, open): (&str, bool), exclude: &Ignore) {
        let context = match &self.context {
            Ok(context) => context,
            Err(cause) => {
                let cause = *cause;
                return self.add(at, Name::fixed(".dockerignore"), Err(cause), None);
            }
        };
        if open {
            // Nobody but the one who builds knows what comes in.
            if context.may_name_env(source, exclude) {
                self.add(at, shown(written, at), Err(Cause::NeedsReview), None);
            }
            return;
        }
        if context.names_env(source, exclude) {
            return self.add(at, shown(written, at), Ok(Problem::EnvFileCopied), None);
        }
        for path in context.lets_in(source, exclude) {
            self.add(at, shown(&path, at), Ok(Problem::ContextNotIgnored), None);
        }
    }

    fn add(&mut self, at: &At<'_>, about: Name, problem: Result<Problem, Cause>, judgement: Option<Judgement>) {
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

fn shown(text: &str, at: &At<'_>) -> Name {
    Name::admit_or(text, "text", at.instruction.line as usize)
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_its_word() {
        assert_eq!(Problem::SecretInEnv.word(), "secret-in-env");
        assert_eq!(Problem::SecretNameInEnv.word(), "secret-name-in-env");
    }
}
