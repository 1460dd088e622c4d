//! Paths that may name an env file: of a mount, or of a copy.
//!
//! In: a path as text. Out: the same wrapped, and whether an env file lies there. It touches no file system.

use crate::detect;
use crate::evidence::{Name, Sensitive};
use serde::Deserialize;
use serde::de::Deserializer;
use zeroize::Zeroizing;

/// A path, and whether its last part is an env file's name. The name gate may refuse the path, never the finding.
pub(in crate::collect) struct FilePath {
    path: Sensitive,
    env_file: bool,
}

impl FilePath {
    /// Wraps a path.
    pub(in crate::collect) fn new(path: &str) -> Self {
        let env_file = detect::env_like(path) && !detect::env_template(path);
        Self { path: Sensitive::from(path.to_owned()), env_file }
    }

    /// Whether an env file lies there.
    pub(in crate::collect) fn is_env_file(&self) -> bool {
        self.env_file
    }

    /// The path, or a stand-in where the gate refuses it.
    pub(in crate::collect) fn shown(&self, ordinal: usize) -> Name {
        self.path.name().unwrap_or_else(|_| Name::withheld("path", ordinal))
    }
}

impl<'de> Deserialize<'de> for FilePath {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let path = Zeroizing::new(String::deserialize(from)?);
        Ok(Self::new(&path))
    }
}
