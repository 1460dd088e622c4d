//! The order in which a value is judged.
//!
//! Knows the steps and their order; what each step looks for is in its own room.

use super::Context;
use crate::evidence::{Class, Sensitive};
use std::collections::HashSet;

/// What a step needs to know besides name and value.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) declared: &'a HashSet<String>,
    pub(super) context: Context,
    pub(super) depth: u8,
}

/// A class, a finer word, and the parts of the value that are secrets by themselves.
pub(super) struct Ruling {
    pub(super) class: Class,
    pub(super) kind: &'static str,
    pub(super) leaves: Vec<Sensitive>,
}

impl Ruling {
    pub(super) fn of(class: Class, kind: &'static str) -> Self {
        Self { class, kind, leaves: Vec::new() }
    }
}

pub(super) fn rule(look: &Look, name: &str, value: &str) -> Ruling {
    let _ = look.context;
    let _ = look.depth;
    let upper = name.to_ascii_uppercase();
    if value.is_empty() {
        return Ruling::of(Class::Empty, "empty");
    }
    if value.starts_with("${") && value.ends_with('}') {
        return Ruling::of(Class::Reference, "interpolation");
    }
    let secret = ["PASSWORD", "SECRET", "TOKEN", "KEY"].iter().any(|word| upper.ends_with(word));
    if secret || look.declared.contains(&upper) {
        return Ruling::of(Class::Plaintext, "secret");
    }
    Ruling::of(Class::NotSecret, "plain")
}

/// The value without the quotes and line ends around it.
pub(super) fn normal_bytes(value: &[u8]) -> &[u8] {
    let value = value.trim_ascii();
    match value {
        [first @ (b'"' | b'\'' | b'`'), inner @ .., last] if first == last => inner,
        _ => value,
    }
}
