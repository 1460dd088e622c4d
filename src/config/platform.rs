//! Platforms of images as they are asked for, in the one form that Docker brings them to.
//!
//! In: `OS/ARCH[/VARIANT]` as users, indexes and configs write it. Out: what can be compared. It knows no image.

use crate::evidence::Name;
use std::fmt;

/// What an image is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Platform {
    os: String,
    architecture: String,
    variant: String,
}

impl Platform {
    /// Reads `OS/ARCH[/VARIANT]`; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |part: &str| {
            let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
            !part.is_empty() && part.len() <= 32 && part.bytes().all(known)
        };
        let lower = text.to_ascii_lowercase();
        let parts: Vec<&str> = lower.split('/').collect();
        let (os, architecture, variant) = match parts[..] {
            [os, architecture] => (os, architecture, ""),
            [os, architecture, variant] if plain(variant) => (os, architecture, variant),
            _ => return None,
        };
        if !plain(os) || !plain(architecture) {
            return None;
        }
        let os = if os == "macos" { "darwin" } else { os };
        let (architecture, variant) = normal(architecture, variant);
        Some(Self { os: os.to_owned(), architecture: architecture.to_owned(), variant: variant.to_owned() })
    }

    /// The platform as a name.
    #[must_use]
    pub fn shown(&self) -> Name {
        Name::admit_or(&self.to_string(), "platform", 1)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        if self.variant.is_empty() { Ok(()) } else { write!(f, "/{}", self.variant) }
    }
}

/// Docker's own normal form (containerd's `platforms`): other names of an architecture, and variants that say nothing.
fn normal<'a>(architecture: &'a str, variant: &'a str) -> (&'a str, &'a str) {
    match (architecture, variant) {
        ("i386", _) => ("386", ""),
        ("x86_64" | "x86-64" | "amd64", "v1" | "") => ("amd64", ""),
        ("x86_64" | "x86-64", variant) => ("amd64", variant),
        ("aarch64" | "arm64", "8" | "v8" | "") => ("arm64", ""),
        ("aarch64", variant) => ("arm64", variant),
        ("armhf", _) | ("arm", "" | "7" | "v7") => ("arm", "v7"),
        ("armel", _) | ("arm", "6") => ("arm", "v6"),
        ("arm", "5") => ("arm", "v5"),
        ("arm", "8") => ("arm", "v8"),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_platform_are_equal_and_those_of_two_are_not() {
        let one = |text: &str| Platform::parse(text).unwrap();
        for (a, b) in [
            ("linux/arm64", "linux/arm64/v8"),
            ("linux/aarch64", "linux/arm64"),
            ("Linux/amd64", "linux/x86_64"),
            ("linux/amd64/v1", "linux/amd64"),
            ("linux/arm", "linux/arm/v7"),
        ] {
            assert_eq!(one(a), one(b));
        }
        for (a, b) in [
            ("linux/amd64", "linux/amd64/v3"),
            ("linux/arm64", "linux/arm"),
            ("linux/arm/v6", "linux/arm/v7"),
            ("windows/amd64", "linux/amd64"),
        ] {
            assert_ne!(one(a), one(b));
        }
        for text in ["", "linux", "linux/", "/amd64", "a/b/c/d", "linux/amd 64", "linux/arm64/"] {
            assert!(Platform::parse(text).is_none(), "{text}");
        }
    }
}
