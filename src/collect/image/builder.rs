//! Which tool wrote an entry of an image's history, told by its hand.
//!
//! In: an entry's text, comment and author. Out: a builder. It keeps nothing of them.

use super::history::is_metadata;

pub(super) const NOP: &str = "#(nop)";
pub(super) const BUILDKIT_MARK: &str = " # buildkit";

/// Which tool wrote the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Builder {
    Unknown,
    Classic,
    Buildkit,
    Buildah,
    Kaniko,
    Imported,
    /// A tool that builds no Dockerfile and writes a line of its own.
    Synthetic,
    /// A Dockerfile's instruction without any builder's mark: kaniko, where its author is not told.
    Unmarked,
}

impl Builder {
    /// The word in coverage.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Unknown | Self::Unmarked => "unknown",
            Self::Classic => "classic",
            Self::Buildkit => "buildkit",
            Self::Buildah => "buildah",
            Self::Kaniko => "kaniko",
            Self::Imported => "imported",
            Self::Synthetic => "synthetic",
        }
    }

    /// Which tool wrote a text, with the comment and the author beside it.
    pub(super) fn of(text: &str, comment: &str, author: &str) -> Self {
        if comment.starts_with("Imported from") {
            Self::Imported
        } else if author.eq_ignore_ascii_case("kaniko") {
            Self::Kaniko
        } else if comment.starts_with("buildkit.") || text.ends_with(BUILDKIT_MARK) {
            Self::Buildkit
        } else if comment.starts_with("FROM ") || single_blank(text) {
            Self::Buildah
        } else if text.contains(NOP) || text.starts_with('|') || text.starts_with("/bin/sh -c ") {
            Self::Classic
        } else if is_synthetic(text, author) {
            Self::Synthetic
        } else if is_instruction(text) {
            Self::Unmarked
        } else {
            Self::Unknown
        }
    }
}

/// Jib, Bazel, ko, apko and the like: history that no build step wrote.
fn is_synthetic(text: &str, author: &str) -> bool {
    let author = author.to_ascii_lowercase();
    ["jib", "bazel", "ko", "apko", "nix"].contains(&author.trim())
        || ["jib-", "bazel build", "ko build", "apko", "nix2container"].iter().any(|start| text.starts_with(start))
}

/// A Dockerfile writes its instructions in capitals into the history; a committed container's command is none.
fn is_instruction(text: &str) -> bool {
    let word = text.split_whitespace().next().unwrap_or_default();
    is_metadata(word) || matches!(word, "RUN" | "COPY" | "ADD" | "WORKDIR" | "VOLUME")
}

/// buildah writes one blank behind `#(nop)`; the classic builder two, except before COPY and ADD.
fn single_blank(text: &str) -> bool {
    let rest = text.split_once(NOP).map_or("", |(_, rest)| rest);
    rest.starts_with(' ') && !["  ", " COPY ", " ADD "].iter().any(|classic| rest.starts_with(classic))
}
