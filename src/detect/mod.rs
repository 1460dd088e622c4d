//! Is this value a secret? Parsed name, value and context in; a class out, never the value.
//!
//! Knows no rule, no source and no file system: it is given wrapped text and answers with judgements.

use crate::evidence::{Judgement, Key, Name, SecretRegistry, Sensitive, Shareable};
use std::sync::Arc;

/// Where a value stood; some syntaxes and some classes depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// A process or container environment entry.
    Env,
    /// A line of a dotenv file.
    Dotenv,
    /// A compose file.
    Compose,
    /// `ENV` or `ARG` of a Dockerfile or image config.
    DockerfileEnv,
    /// Image history text.
    History,
    /// A task definition.
    Ecs,
    /// A Kubernetes env literal, or a Secret's base64.
    K8s,
}

/// A value that was found in a text, and where.
pub struct Spotted {
    /// The variable, flag or key it stood under, if any; withheld if it looks like a secret itself.
    pub variable: Option<Name>,
    /// The line inside the text, from 1.
    pub line: u32,
    /// Whether it stood in a comment.
    pub commented: bool,
    /// What it is.
    pub judgement: Judgement,
}

impl Shareable for Spotted {}

/// What an env-like file or a text gave.
pub struct Scan {
    /// Every assignment or value found, harmless ones included.
    pub spotted: Vec<Spotted>,
    /// Lines that were looked at.
    pub lines: u64,
    /// The encoding: `utf-8`, `utf-16le`, `utf-16be`, `latin-1`, `git-crypt`, `binary`.
    pub encoding: &'static str,
    /// Whether the whole text was understood. If not, the caller must record a gap.
    pub determined: bool,
}

impl Shareable for Scan {}

/// A value given as known, to be looked for exactly.
pub struct KnownValue {
    /// The secret's name.
    pub secret: Name,
    /// The value.
    pub value: Sensitive,
}
