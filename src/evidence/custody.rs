//! The join of everything that was learned about one declared secret, as a value; joining it is another room's work.

use super::Name;
use serde::Serialize;
use std::collections::BTreeMap;

/// What all sources together say of one declared secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CustodyLine {
    /// The variable.
    pub secret: Name,
    /// Where it is kept, as declared.
    pub source: Option<Name>,
    /// Places where the variable held a reference.
    pub references: usize,
    /// Places where the variable held a value that stands for the credential.
    pub exposed: usize,
    /// The kinds of evidence that were examined for it, with how many places named it.
    pub seen_in: BTreeMap<Name, usize>,
}
