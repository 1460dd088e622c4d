//! What an image's history can tell: where its base image ends, whether it tells how the image was made, and
//! whether its builder would have told of build arguments.
//!
//! In: the parsed history. Out: a position, and reasons why nothing may be concluded. It looks at no value.

use super::builder::Builder;
use super::document::Image;
use super::history::Entry;
use crate::collect::refusal::Refusal;
use crate::evidence::{Cause, Name};

/// How many of the oldest entries are the base image's: up to an entry that bears another image's tag, or up to
/// the last command that is followed by a step that makes a layer. Nothing is skipped because of it.
pub(super) fn base(entries: &[Entry]) -> Option<usize> {
    let tagged = entries.iter().rposition(|entry| entry.tagged);
    let layer = entries.iter().rposition(|entry| !entry.metadata_only && entry.layer != Some(false))?;
    let command = entries[..layer].iter().rposition(|entry| entry.sets_command);
    tagged.max(command).map(|last| last + 1)
}

/// Why the history does not tell how the image was made.
pub(super) fn incomplete(image: &Image) -> Vec<Refusal> {
    let entries = &image.entries;
    if entries.is_empty() {
        return vec![
            Refusal::new(Cause::Empty).because("no build history: flattened, or written by a tool without one"),
        ];
    }
    let mut gaps = Vec::new();
    let silent = entries.iter().filter(|entry| entry.silent).count() as u64;
    if silent > 0 {
        let why = Refusal::new(Cause::Empty).because("history entries without text: imported, squashed or flattened");
        gaps.push(why.with("history_entries", Name::number(silent)));
    }
    if entries.iter().any(|entry| entry.flattened) {
        gaps.push(Refusal::new(Cause::Empty).because("the history says that it was flattened or squashed"));
    }
    if entries.iter().any(|entry| entry.cut) {
        gaps.push(Refusal::new(Cause::Truncated).because("history text that was cut short"));
    }
    if gaps.is_empty() && is_untold(entries) {
        let why = Refusal::new(Cause::Unproven).because("no known builder wrote a layer's entry");
        gaps.push(why.with("builder", Name::fixed(Builder::Unknown.word())));
    }
    let least = entries.iter().filter(|entry| entry.layer == Some(true)).count() as u64;
    let most = entries.iter().filter(|entry| entry.layer != Some(false)).count() as u64;
    if image.layers < least || image.layers > most {
        let why = Refusal::new(Cause::Inconsistent).because("history entries and layers disagree");
        let why = why.with("history_entries", Name::number(if image.layers < least { least } else { most }));
        gaps.push(why.with("layers", Name::number(image.layers)));
    }
    gaps
}

/// Whether every entry that may have made a layer is in nobody's known hand: its text is no build step.
fn is_untold(entries: &[Entry]) -> bool {
    let mut layers = entries.iter().filter(|entry| entry.layer != Some(false) && !entry.metadata_only).peekable();
    layers.peek().is_some() && layers.all(|entry| entry.builder == Builder::Unknown)
}

/// Why clean texts say nothing about build arguments, if they do not: the builder writes none down.
///
/// A line in nobody's known hand among others is a committed container's command, or the base image's first
/// layer, and doubts nothing; a tool of its own kind counts if it had the last word.
pub(super) fn silent_on_arguments(entries: &[Entry]) -> Option<Refusal> {
    let builders = || entries.iter().filter(|entry| !entry.silent).map(|entry| entry.builder);
    let last = builders().rfind(|builder| *builder != Builder::Unknown);
    let builder = match last {
        _ if builders().any(|builder| builder == Builder::Kaniko) => Builder::Kaniko,
        _ if builders().any(|builder| builder == Builder::Unmarked) => Builder::Unmarked,
        Some(Builder::Synthetic) => Builder::Synthetic,
        // Told for the whole history, where no layer has a known hand.
        None if builders().next().is_some() && !is_untold(entries) => Builder::Unknown,
        _ => return None,
    };
    let why = Refusal::new(Cause::Unproven).because("the builder writes no build arguments into the history");
    Some(why.with("builder", Name::fixed(builder.word())))
}
