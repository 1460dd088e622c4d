//! The name of a platform: `os/architecture[/variant]`.
//!
//! In: wrapped texts. Out: a name; what is missing is `unknown`.

use crate::evidence::{Name, Sensitive};

/// `linux/arm64/v8`; what is missing is `unknown`.
pub(in crate::collect) fn platform(
    os: Option<&Sensitive>,
    architecture: Option<&Sensitive>,
    variant: Option<&Sensitive>,
) -> Name {
    let word = |text: Option<&Sensitive>| text.filter(|text| !text.is_empty()).and_then(|text| text.name().ok());
    let unknown = || Name::fixed("unknown");
    let name = word(os).unwrap_or_else(unknown).joined("/", &word(architecture).unwrap_or_else(unknown));
    word(variant).map_or(name.clone(), |variant| name.joined("/", &variant))
}
