//! The grammar of image history: what a builder wrote down about one build step.
//!
//! In: `created_by`, `comment` and `author` as builders write them (classic, `BuildKit`, buildah, kaniko, import,
//! commit). Out: statements whose texts are wrapped pieces. The raw text lives only inside this parser, as it does
//! inside the deserializer that calls it. It judges nothing and drops nothing: what it does not understand is `other`.

use super::builder::{BUILDKIT_MARK, Builder, NOP};
use super::words::{assigns, is_shell, shell_end, split_at_shell, unquoted, without_shell};
use crate::collect::oci_config::FilePath;
pub(super) use crate::collect::raw_text::Raw;
use crate::evidence::Sensitive;

/// Where in an image a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum At {
    ConfigEnv,
    Env,
    Arg,
    BuildArg,
    Run,
    Heredoc,
    Label,
    Healthcheck,
    Cmd,
    Entrypoint,
    Onbuild,
    Shell,
    Copy,
    Comment,
    Other,
}

impl At {
    /// The word in evidence.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::ConfigEnv => "config-env",
            Self::Env => "history-env",
            Self::Arg => "history-arg",
            Self::BuildArg => "build-arg",
            Self::Run => "run",
            Self::Heredoc => "heredoc",
            Self::Label => "label",
            Self::Healthcheck => "healthcheck",
            Self::Cmd => "cmd",
            Self::Entrypoint => "entrypoint",
            Self::Onbuild => "onbuild",
            Self::Shell => "shell",
            Self::Copy => "copy",
            Self::Comment => "comment",
            Self::Other => "other",
        }
    }
}

/// A statement's text.
pub(super) enum Body {
    /// `NAME=value NAME=value …`, the old `NAME value with blanks`, or a bare `NAME`.
    Pairs(Sensitive),
    /// Anything else.
    Text(Sensitive),
}

/// One statement of a build step.
pub(super) struct Statement {
    pub(super) at: At,
    pub(super) body: Body,
}

/// One entry of an image's history.
pub(super) struct Entry {
    /// What it says.
    pub(super) statements: Vec<Statement>,
    /// Who wrote it.
    pub(super) builder: Builder,
    /// Whether it says nothing: a flattened, squashed or imported layer.
    pub(super) silent: bool,
    /// Whether it says itself that it stands for entries that are gone.
    pub(super) flattened: bool,
    /// Whether its text was cut short, as a table of the history cuts it.
    pub(super) cut: bool,
    /// Whether it made a layer, as far as the source says so.
    pub(super) layer: Option<bool>,
    /// Whether its statement can never make a layer.
    pub(super) metadata_only: bool,
    /// Whether an image other than the newest ends here.
    pub(super) tagged: bool,
    /// Whether it sets the command: base images end so.
    pub(super) sets_command: bool,
    /// What COPY and ADD put where, for names that say what it is; the destination last.
    pub(super) copied: Vec<FilePath>,
}

impl Entry {
    /// Reads one entry.
    pub(super) fn read(created_by: &Raw, comment: &Raw, author: &Raw) -> Self {
        let text = created_by.trim();
        let imported = comment.starts_with("Imported from");
        let mut entry = Self {
            statements: Vec::new(),
            builder: Builder::of(text, comment, author),
            silent: text.is_empty() || imported,
            flattened: is_flattened(text, comment),
            cut: is_cut(text),
            layer: None,
            metadata_only: false,
            tagged: false,
            sets_command: false,
            copied: Vec::new(),
        };
        let text = text.strip_suffix(BUILDKIT_MARK.trim_start()).map_or(text, str::trim_end);
        match text.find(NOP).filter(|at| is_shell(&text[..*at])) {
            Some(at) => entry.instruction(text[at + NOP.len()..].trim_start(), true),
            None => entry.instruction(text, false),
        }
        // BuildKit's comment is a fixed word; anybody else's can say anything.
        if !comment.is_empty() && !matches!(&**comment, "buildkit.dockerfile.v0" | "buildkit.exporter.image.v0") {
            entry.push(At::Comment, Body::Text(wrap(comment)));
        }
        entry
    }

    fn push(&mut self, at: At, body: Body) {
        self.statements.push(Statement { at, body });
    }

    fn text(&mut self, at: At, text: &str) {
        if !text.trim().is_empty() {
            self.push(at, Body::Text(wrap(text)));
        }
    }

    /// One Dockerfile instruction, or the bare command of a classic RUN.
    fn instruction(&mut self, text: &str, nop: bool) {
        let (word, rest) = text.split_once([' ', '\t', '\n']).unwrap_or((text, ""));
        let rest = rest.trim();
        let word = word.to_ascii_uppercase();
        self.metadata_only = is_metadata(&word);
        match word.as_str() {
            "ENV" => self.pairs(At::Env, rest),
            "ARG" => self.pairs(At::Arg, rest),
            "LABEL" => self.pairs(At::Label, rest),
            "HEALTHCHECK" => self.text(At::Healthcheck, &unquoted(rest)),
            "CMD" | "ENTRYPOINT" => {
                self.sets_command = true;
                self.text(if word == "CMD" { At::Cmd } else { At::Entrypoint }, &unquoted(rest));
            }
            "SHELL" => self.text(At::Shell, &unquoted(rest)),
            "ONBUILD" => self.onbuild(rest),
            "COPY" | "ADD" => self.copy(rest),
            "RUN" => self.run(rest),
            "MAINTAINER" | "USER" | "WORKDIR" | "EXPOSE" | "VOLUME" | "STOPSIGNAL" | "FROM" => {
                self.text(At::Other, rest);
            }
            _ if nop => self.text(At::Other, text),
            _ => self.command(text),
        }
    }

    fn pairs(&mut self, at: At, rest: &str) {
        if !rest.is_empty() {
            self.push(at, Body::Pairs(wrap(rest)));
        }
    }

    fn onbuild(&mut self, mut rest: &str) {
        // Docker refuses ONBUILD ONBUILD; a file can still hold a thousand of them, each behind a shell of its own.
        loop {
            let nop = if is_shell(rest) { rest.find(NOP) } else { None };
            rest = match (nop, rest.split_once(char::is_whitespace)) {
                (Some(at), _) => rest[at + NOP.len()..].trim_start(),
                (None, Some((word, inner))) if word.eq_ignore_ascii_case("ONBUILD") => inner.trim_start(),
                _ => break,
            };
        }
        let mut inner = Entry::read(&Raw::new(Some(rest.to_owned())), &Raw::default(), &Raw::default());
        for statement in inner.statements.drain(..) {
            self.push(At::Onbuild, statement.body);
        }
        self.metadata_only = true;
    }

    /// The content of a heredoc is not in the history; its name and the destination are.
    fn copy(&mut self, rest: &str) {
        let at = if rest.contains("<<") { At::Heredoc } else { At::Copy };
        let unquoted = unquoted(rest);
        let words = unquoted.split_whitespace().filter(|word| !word.starts_with("--"));
        self.copied.extend(words.map(FilePath::new));
        self.text(at, rest);
    }

    /// What follows RUN: options, build arguments, a shell and its command.
    fn run(&mut self, rest: &str) {
        if rest.starts_with('|') || assigns(rest) {
            self.command(rest);
        } else {
            let at = if rest.contains("<<") { At::Heredoc } else { At::Run };
            self.text(at, &unquoted(without_shell(rest)));
        }
    }

    /// A command line, perhaps with build arguments before its shell: `|2 A=b C=d /bin/sh -c …`, and without
    /// the count as some versions of buildah write it.
    fn command(&mut self, text: &str) {
        let counted = text.strip_prefix('|').and_then(|rest| rest.split_once(' '));
        let counted = counted.and_then(|(count, rest)| Some((count.parse::<usize>().ok()?, rest)));
        let (count, rest) = counted.unwrap_or((usize::from(assigns(text)), text));
        let (arguments, command) = if count == 0 { ("", rest) } else { split_at_shell(rest, count) };
        if !arguments.trim().is_empty() {
            self.push(At::BuildArg, Body::Pairs(wrap(arguments.trim())));
        }
        let at = match command {
            _ if command.contains("<<") => At::Heredoc,
            _ if counted.is_some() || is_shell(command) || shell_end(command).is_some() => At::Run,
            _ => At::Other,
        };
        self.text(at, without_shell(command));
    }
}

/// `crane flatten sha256:…`, or a comment that tells of a squash. A Dockerfile's own instructions may speak of
/// `squashfs` and of files, and a build step that a builder marked stands for itself.
fn is_flattened(text: &str, comment: &str) -> bool {
    let told = |text: &str| {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        words
            .map(str::to_ascii_lowercase)
            .any(|word| matches!(word.as_str(), "flatten" | "flattened" | "squash" | "squashed" | "docker-squash"))
    };
    let tool = Builder::of(text, "", "") == Builder::Unknown && told(text);
    let base = comment.starts_with("FROM ") || comment.starts_with("buildkit.");
    tool || !base && told(comment)
}

/// `docker history` without `--no-trunc` shows 45 characters; the last is `…`, or the last three are dots.
fn is_cut(text: &str) -> bool {
    text.ends_with('…') || text.ends_with("...") && text.chars().count() == 45
}

fn wrap(text: &str) -> Sensitive {
    Sensitive::from(text.to_owned())
}

/// Instructions that never make a layer; VOLUME and WORKDIR may, with some builders.
pub(super) fn is_metadata(word: &str) -> bool {
    matches!(
        word,
        "ENV"
            | "ARG"
            | "LABEL"
            | "HEALTHCHECK"
            | "CMD"
            | "ENTRYPOINT"
            | "SHELL"
            | "ONBUILD"
            | "MAINTAINER"
            | "USER"
            | "EXPOSE"
            | "STOPSIGNAL"
    )
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;
