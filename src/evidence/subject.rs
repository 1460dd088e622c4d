//! What evidence is about: a target, and a place inside it.

use super::Name;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A declared thing: one container, one image, one repository, one endpoint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// `container`, `image`, `git`, `host`, `endpoint`, `file`, `run` …
    pub kind: Name,
    /// Its name: what was declared, never a random id.
    pub name: Name,
}

impl Target {
    /// A target of a kind.
    #[must_use]
    pub fn new(kind: &'static str, name: Name) -> Self {
        Self { kind: Name::fixed(kind), name }
    }
}

/// Where inside a target.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// A path inside the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Name>,
    /// A line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// A commit id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Name>,
    /// A blob id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<Name>,
    /// A layer digest or build step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<Name>,
    /// A variable, label, option or argument.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variable: Option<Name>,
    /// The content address of the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Name>,
}

/// A target and a place in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Subject {
    /// The target.
    #[serde(flatten)]
    pub target: Target,
    /// The place.
    #[serde(flatten)]
    pub place: Place,
}

impl Subject {
    /// The target as a whole.
    #[must_use]
    pub fn whole(target: &Target) -> Self {
        Self { target: target.clone(), place: Place::default() }
    }

    /// A place in a target.
    #[must_use]
    pub fn at(target: &Target, place: Place) -> Self {
        Self { target: target.clone(), place }
    }

    /// The subject as one line for a person: `image app:1 · ENV JWT_SECRET_KEY`.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut out = format!("{} {}", self.target.kind, self.target.name);
        let place = &self.place;
        if let Some(path) = &place.path {
            out.push_str(&format!(" · {path}"));
            if let Some(line) = place.line {
                out.push_str(&format!(":{line}"));
            }
        } else if let Some(line) = place.line {
            out.push_str(&format!(" · line {line}"));
        }
        if let Some(layer) = &place.layer {
            out.push_str(&format!(" · {layer}"));
        }
        if let Some(variable) = &place.variable {
            out.push_str(&format!(" · {variable}"));
        }
        if let Some(commit) = &place.commit {
            let short: String = commit.as_str().chars().take(12).collect();
            out.push_str(&format!(" · commit {short}"));
        }
        out
    }

    /// The parts that identify the place over runs and machines. Line numbers and commits move, so they are
    /// left out where a blob, a path or a variable already names the place.
    #[must_use]
    pub fn identity(&self) -> Vec<String> {
        let place = &self.place;
        let mut parts = vec![self.target.kind.as_str().to_owned(), self.target.name.as_str().to_owned()];
        // A layer's digest is another one after every build; the step that made it stays.
        let layer = place.layer.as_ref().filter(|layer| !layer.as_str().contains(':'));
        for part in [place.path.as_ref(), place.blob.as_ref(), layer, place.variable.as_ref()] {
            parts.push(part.map_or("", Name::as_str).to_owned());
        }
        // Two unnamed values in one file are told apart by their lines, for want of anything that moves less.
        let nameless = place.variable.is_none() && place.blob.is_none();
        parts.push(if nameless { place.line.map(|line| line.to_string()).unwrap_or_default() } else { String::new() });
        parts
    }
}
