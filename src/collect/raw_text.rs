//! Text that is parsed before it is wrapped: wiped on drop, shown to nobody. Not a collector.

use serde::{Deserialize, Deserializer};
use std::ops::Deref;
use zeroize::Zeroizing;

/// A text of a document; `null` is empty.
#[derive(Default)]
pub(super) struct Raw(Zeroizing<String>);

impl Raw {
    pub(super) fn new(text: Option<String>) -> Self {
        Self(Zeroizing::new(text.unwrap_or_default()))
    }
}

impl Deref for Raw {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Option::<String>::deserialize(from).map(Self::new)
    }
}
