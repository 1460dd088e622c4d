//! Where a finding is, for readers that know files only.
//!
//! GitHub refuses a whole upload over one result without a relative URI. What is no file of the repository is
//! anchored at the configuration file, or at a stable path of our own; its true identity is a logical location.

use super::model::{ArtifactLocation, Location, LogicalLocation, PhysicalLocation, Region};
use crate::evidence::{Header, Name, Subject};
use crate::report::plain::{bounded, slug};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What a path in a URI may hold unescaped. Not `:`, or the first segment could be taken for a scheme.
const KEPT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b'@').remove(b'+');

/// The physical place and the logical one.
pub(super) fn of(subject: &Subject, header: &Header) -> Location {
    let file = file(subject);
    let line = if file.is_some() { subject.place.line.unwrap_or(1).max(1) } else { 1 };
    let uri =
        file.or_else(|| header.config_file.as_ref().and_then(|file| relative(file.as_str()))).unwrap_or_else(|| {
            format!(".leakproof/targets/{}-{}", slug(subject.target.kind.as_str()), target_slug(subject))
        });
    Location {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation { uri },
            region: Region { start_line: line, start_column: 1, end_line: line, end_column: 2 },
        },
        logical_locations: vec![logical(subject)],
    }
}

fn target_slug(subject: &Subject) -> String {
    slug(subject.target.name.as_str())
}

/// The repository's file that a subject is about, as a relative URI.
fn file(subject: &Subject) -> Option<String> {
    let name = subject.target.name.as_str();
    let path = subject.place.path.as_ref().map(Name::as_str);
    match (subject.target.kind.as_str(), path) {
        ("git", Some(path)) => match relative(name) {
            // A repository given as a path below this one: its files are ours under that path.
            Some(_) if !name.contains("://") => relative(&format!("{name}/{path}")),
            _ => relative(path),
        },
        // The name of a file target is its path; the path inside it adds nothing that can be opened.
        ("file" | "source" | "manifest" | "deployment" | "policy", path) => {
            relative(name).or_else(|| path.and_then(relative))
        }
        _ => None,
    }
}

/// A path as a relative URI, or none if it leaves the repository or names nothing.
fn relative(path: &str) -> Option<String> {
    let drive = path.as_bytes().get(1) == Some(&b':');
    if path.starts_with(['/', '\\']) || drive || path.contains("://") {
        return None;
    }
    let segments: Vec<_> = path.split('/').filter(|segment| !matches!(*segment, "" | ".")).collect();
    if segments.is_empty() || segments.contains(&"..") {
        return None;
    }
    Some(utf8_percent_encode(&segments.join("/"), KEPT).to_string())
}

fn logical(subject: &Subject) -> LogicalLocation {
    let place = &subject.place;
    let mut full = format!("{}:{}", subject.target.kind, subject.target.name);
    if let Some(digest) = &place.digest {
        full.push_str(&format!("@{digest}"));
    }
    for part in [&place.path, &place.layer, &place.variable].into_iter().flatten() {
        full.push_str(&format!("/{part}"));
    }
    if let Some(commit) = &place.commit {
        full.push_str(&format!("@{commit}"));
    }
    let (name, kind) = match (&place.variable, &place.path) {
        (Some(variable), _) => (variable, Some("variable")),
        (None, Some(path)) => (path, None),
        (None, None) => (&subject.target.name, None),
    };
    LogicalLocation { name: bounded(name.as_str(), 255), fully_qualified_name: full, kind }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_relative_and_escaped() {
        assert_eq!(relative("a b/ü#?.env"), Some("a%20b/%C3%BC%23%3F.env".to_owned()));
        assert_eq!(relative("./x//y"), Some("x/y".to_owned()));
        assert_eq!(relative("docker://x"), None);
        assert_eq!(relative("https:x"), Some("https%3Ax".to_owned()));
        for outside in ["/etc/x", "../x", "a/../../x", ".", "", "C:\\x", "\\\\host\\x"] {
            assert_eq!(relative(outside), None, "{outside}");
        }
    }
}
