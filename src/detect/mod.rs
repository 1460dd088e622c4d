//! Is this value a secret? Parsed name, value and context in; a class out, never the value.
//!
//! Knows no rule, no source and no file system: it is given wrapped text and answers with judgements.

mod alphabet;
mod assigns;
mod bigrams;
mod bytes;
mod code;
mod commands;
mod containers;
mod defaults;
mod der;
mod dotenv;
#[cfg(test)]
mod dressed;
mod encoding;
#[cfg(test)]
mod explained;
mod files;
mod finder;
mod flags;
mod formats;
#[cfg(test)]
mod harmless;
mod interpolation;
mod json;
mod judging;
mod known;
mod letters;
mod locked;
mod masks;
mod members;
#[cfg(test)]
mod mentions;
mod names;
#[cfg(test)]
mod passes;
mod placeholders;
mod references;
mod rule;
pub mod sample;
mod shapes;
mod shell;
pub mod sift;
#[cfg(test)]
mod slips;
mod sources;
mod strength;
mod templates;
mod text;
mod tools;
#[cfg(test)]
mod traps;
mod urls;
mod values;
mod variable_file;
mod vocabulary;
mod walk;
mod words;

pub(crate) use known::{LONGEST as LONGEST_KNOWN, SHORTEST as SHORTEST_KNOWN};

pub use bytes::{Memory, Part, Trace, copies};
pub use files::{env_like, env_template, weak_env_name};
pub(crate) use sources::program;
pub use words::pairs;

use crate::evidence::{Fingerprint, Judgement, Key, Name, Problems, SecretRegistry, Sensitive, Shareable};
use known::Known;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

/// Adds a user's own credential formats (file name, text) to those built in, once, before any value is judged.
///
/// # Errors
/// Problems with file and line: syntax, patterns, ids that exist already, examples that do not hold.
pub fn add_formats(files: &[(String, String)]) -> Result<(), Problems> {
    formats::add(files)
}

/// Reads a user's own credential formats (file name, text) and runs their examples, without adding them.
///
/// # Errors
/// Problems with file and line, as [`add_formats`] gives them.
pub fn check_format_files(files: &[(String, String)]) -> Result<(), Problems> {
    formats::check_files(files.iter().map(|(name, text)| (name.as_str(), text.as_str())), std::iter::empty())
}

/// Runs the examples of the built-in formats and counts them.
///
/// # Errors
/// What does not hold.
pub fn check_formats() -> Result<usize, Problems> {
    formats::check_built_in()
}

/// Makes the patterns that nearly every file needs, for those who have a core to spare before the first file comes.
pub fn prepare() {
    let keys = [Key::random(), Key::random()];
    let [Some(key), Some(other)] = keys else { return };
    // A value that nobody has, judged by a detector that nobody asks.
    let value = Sensitive::new(vec![0]).fingerprint(&other);
    let value = value.as_str();
    let text =
        format!("# SECRET={value}\nexport A_URL='redis://:{value}@h/0'\nPORT=80\nMODE=on # x\nK: ${{V:-{value}}}\n");
    let registry = Arc::new(SecretRegistry::default());
    let detector = Detector::new(Vec::new(), Vec::new(), key, registry);
    drop(detector.env_file(&Sensitive::from(text)));
}

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
    /// A program's source, a document, a translation: what is no setting is not taken for one by its name alone.
    Program,
}

/// A value that was found in a text, and where.
#[derive(Clone)]
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
    /// The encoding: `utf-8`, `utf-16le`, `utf-16be`, `utf-32le`, `utf-32be`, `latin-1`, `git-crypt`, `binary`.
    pub encoding: &'static str,
    /// Whether the whole text was understood. If not, the caller must record a gap.
    pub determined: bool,
}

impl Shareable for Scan {}

impl Scan {
    /// Two readings of one text: everything that either shows.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.spotted.extend(other.spotted);
        self.determined &= other.determined;
        self.lines = self.lines.max(other.lines);
        self
    }
}

/// A value given as known, to be looked for exactly.
pub struct KnownValue {
    /// The secret's name.
    pub secret: Name,
    /// The value, of 8 bytes to 64 KiB: others are not looked for, and whoever reads them has to say so.
    pub value: Sensitive,
    /// Whether it is in use now, rather than a retired version.
    pub live: bool,
}

/// Decides what values are. One per run, shared by every collector.
pub struct Detector {
    declared: HashSet<String>,
    known: Known,
    key: Key,
    registry: Arc<SecretRegistry>,
    /// Where scans of bytes look closer; made when the first one needs it.
    anchors: OnceLock<bytes::Anchors>,
}

impl Detector {
    /// A detector for the declared secrets' names, the values given as known, and the run's key.
    #[must_use]
    pub fn new(declared: Vec<Name>, known: Vec<KnownValue>, key: Key, registry: Arc<SecretRegistry>) -> Self {
        for secret in &known {
            registry.remember(&secret.value);
        }
        let declared = declared.into_iter().map(|name| name.as_str().to_ascii_uppercase()).collect();
        Self { declared, known: Known::of(&known), key, registry, anchors: OnceLock::new() }
    }

    /// What this value is, under this name and in this place.
    #[must_use]
    pub fn judge(&self, name: &Sensitive, value: &Sensitive, context: Context) -> Judgement {
        name.examine(|name| value.examine(|value| self.judge_bytes(name, value, context)))
    }

    /// Splits `K=V` at the first `=`; without one the variable is unset.
    #[must_use]
    pub fn assignment(&self, text: &Sensitive) -> (Sensitive, Option<Sensitive>) {
        text.examine(|bytes| match bytes.iter().position(|b| *b == b'=') {
            Some(at) => (wrap(&bytes[..at]), Some(wrap(&bytes[at + 1..]))),
            None => (wrap(bytes), None),
        })
    }

    /// The variable's name, or a stand-in if it looks like a secret itself.
    #[must_use]
    pub fn variable(&self, name: &Sensitive, ordinal: usize) -> Name {
        // Labels are keys with a domain in front: `app.kubernetes.io/name`.
        let plain = |bytes: &[u8]| bytes.split(|b| *b == b'/').all(identifier);
        let admitted = name.examine(plain).then(|| name.name().ok()).flatten();
        admitted.unwrap_or_else(|| Name::withheld("variable", ordinal))
    }

    /// Whether this can be a variable's name. An environment entry without `=` that cannot is no unset
    /// variable, and must not be taken for harmless.
    #[must_use]
    pub fn is_identifier(&self, name: &Sensitive) -> bool {
        name.examine(identifier) && name.name().is_ok()
    }

    /// The exposed value of a `NAME=value; …` cookie with a declared secret's name; others are random by nature.
    #[must_use]
    pub fn cookie(&self, cookie: &Sensitive) -> Option<Judgement> {
        cookie.examine(|bytes| {
            let text = String::from_utf8_lossy(bytes);
            let (name, rest) = text.split_once('=')?;
            let value = rest.split(';').next().unwrap_or(rest);
            let declared = names::is_declared(&self.declared, name);
            let judgement = declared.then(|| self.judge_text(name, value, Context::Env))?;
            judgement.class.is_exposed().then_some(judgement)
        })
    }

    /// Every assignment of a dotenv file, commented-out ones included, in any encoding.
    #[must_use]
    pub fn env_file(&self, bytes: &Sensitive) -> Scan {
        bytes.examine(|bytes| text::env_file(self, bytes))
    }

    /// Every assignment and every exposed value in shell text, a label, an option or a body.
    #[must_use]
    pub fn text(&self, text: &Sensitive, context: Context) -> Scan {
        text.examine(|bytes| text::text(self, bytes, context))
    }

    /// Every exposed or open value in bytes of any size and kind: a layer's file, a log, a blob.
    #[must_use]
    pub fn bytes(&self, bytes: &Sensitive, context: Context) -> Scan {
        bytes.examine(|bytes| bytes::scan(self, bytes, context))
    }

    /// A digest of what this detector knows beside its program: two with the same one say the same of the same bytes.
    /// `None` with known values: no digest may be made of them that could be tried out.
    #[must_use]
    pub fn digest(&self) -> Option<String> {
        if self.known.any() {
            return None;
        }
        let mut digest = Sha256::new();
        let mut declared: Vec<&String> = self.declared.iter().collect();
        declared.sort();
        for name in declared {
            digest.update((name.len() as u64).to_le_bytes());
            digest.update(name);
        }
        digest.update(formats::added());
        Some(data_encoding::HEXLOWER.encode(&digest.finalize()))
    }

    /// Where the anchors of a text stand. One that is made of another takes over what was copied.
    #[must_use]
    pub fn trace(&self, bytes: &[u8], base: Option<(&Trace, &[Part])>) -> Trace {
        Trace::of(self.anchors(), bytes, base)
    }

    /// What [`Detector::bytes`] finds, without a search: the trace says where to look, and the memory where not.
    #[must_use]
    pub fn traced(&self, bytes: &[u8], context: Context, trace: &Trace, memory: &mut Memory) -> Scan {
        bytes::traced(self, bytes, context, trace, memory)
    }

    fn anchors(&self) -> &bytes::Anchors {
        self.anchors.get_or_init(|| bytes::Anchors::new(&self.declared))
    }

    /// Every string of a JSON document, judged under its key.
    #[must_use]
    pub fn json(&self, bytes: &Sensitive) -> Scan {
        bytes.examine(|bytes| text::json(self, bytes))
    }

    /// The bare value of the variable that a file is named after, as directories of one file per variable hold
    /// them; `None` if this is no such file.
    #[must_use]
    pub fn variable_file(&self, file_name: &Sensitive, bytes: &Sensitive) -> Option<Scan> {
        file_name
            .examine(|name| bytes.examine(|bytes| variable_file::scan(self, &String::from_utf8_lossy(name), bytes)))
    }

    /// Whether a file's name and form say that it holds one secret value and nothing else.
    #[must_use]
    pub fn is_bare_value(&self, file_name: &str, bytes: &[u8]) -> bool {
        variable_file::is_bare(file_name, bytes)
    }

    /// The keyed fingerprint that [`Detector::judge`] gives as correlator.
    #[must_use]
    pub fn fingerprint(&self, value: &Sensitive) -> Fingerprint {
        value.examine(|bytes| self.correlator(bytes))
    }

    /// Whether bytes without a telling file name have the shape of a dotenv file.
    #[must_use]
    pub fn looks_like_env_file(&self, bytes: &Sensitive) -> bool {
        bytes.examine(text::looks_like_env_file)
    }
}

/// `^[A-Za-z_][A-Za-z0-9_.-]{0,127}$`, and no random text: neither `password:…` nor a token.
fn identifier(name: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(name) else { return false };
    text.len() <= 128
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.iter().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(b))
        && !values::random(text)
        && formats::within(text).is_none()
}

fn wrap(bytes: &[u8]) -> Sensitive {
    Sensitive::new(bytes.to_vec())
}
