//! What can be wrong with an instruction, and one find of it.

use crate::evidence::{Cause, Judgement, Name};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_its_word() {
        assert_eq!(Problem::SecretInEnv.word(), "secret-in-env");
        assert_eq!(Problem::SecretNameInEnv.word(), "secret-name-in-env");
    }
}
