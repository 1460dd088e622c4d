//! What a compose file says of builds: the Dockerfile, perhaps written out in it, and the context.
//!
//! In: a compose file in a working tree. Out: builds whose Dockerfile lies in the tree. Others are not of this
//! repository; what only a run can tell is unproven.

use super::find::read;
use crate::evidence::{Cause, Document, Line, Node, Value};
use std::path::{Component, Path, PathBuf};
use zeroize::Zeroizing;

/// One `build` of a service.
pub(super) struct Build {
    /// The Dockerfile, or the compose file in which it is written out.
    pub(super) path: PathBuf,
    /// Its text and the line that it begins on, if it is written out.
    pub(super) inline: Option<(Line, Zeroizing<String>)>,
    /// The context, as a path in the tree, or why it cannot be looked at.
    pub(super) context: Result<PathBuf, Cause>,
}

/// Whether the name alone makes it a compose file.
pub(super) fn is_compose(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let stem = name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml"));
    stem.is_some_and(|stem| stem.starts_with("compose") || stem.starts_with("docker-compose"))
}

/// The builds of a compose file. One that does not parse may name a Dockerfile of any name.
pub(super) fn builds(tree: &Path, path: &Path, limit: u64) -> Result<Vec<Result<Build, Cause>>, Cause> {
    let bytes = read(&tree.join(path), limit)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| Cause::Malformed)?;
    let document = Document::parse("compose", text).map_err(|_| Cause::Malformed)?;
    let services = document.roots.iter().filter_map(|root| root.get("services")).flat_map(Node::entries);
    let builds = services.filter_map(|(_, _, service)| service.get("build"));
    Ok(builds.filter_map(|build| one(tree, path, build).transpose()).collect())
}

fn one(tree: &Path, file: &Path, build: &Node) -> Result<Option<Build>, Cause> {
    let member = |key: &str| build.get(key).and_then(text);
    let context = text(build).or_else(|| member("context")).unwrap_or(".");
    // Another repository's files.
    let is_remote = context.contains("://") || context.starts_with("git@");
    let folder = file.parent().unwrap_or(Path::new(""));
    let context = expanded(context).map(|context| folder.join(context)).ok_or(Cause::Unproven);
    let inside = |path: &Path| lexical(path).filter(|_| !is_remote).ok_or(Cause::ContentElsewhere);
    if let Some(inline) = build.get("dockerfile_inline") {
        let text = text(inline).ok_or(Cause::Malformed)?;
        let inline = Some((inline.line, Zeroizing::new(text.to_owned())));
        let context = context.and_then(|context| inside(&context));
        return Ok(Some(Build { path: file.to_owned(), inline, context }));
    }
    if is_remote {
        return Ok(None);
    }
    let context = context?;
    let named = member("dockerfile").map(|name| expanded(name).ok_or(Cause::Unproven)).transpose()?;
    let path = match named {
        Some(name) => context.join(name),
        None => usual(tree, &context),
    };
    let context = inside(&context);
    Ok(lexical(&path).map(|path| Build { path, inline: None, context }))
}

/// The Dockerfile of a context that names none; Podman's word for it counts where only that is there.
fn usual(tree: &Path, context: &Path) -> PathBuf {
    let other = context.join("Containerfile");
    let is_there = |path: &Path| tree.join(path).is_file();
    let dockerfile = context.join("Dockerfile");
    if !is_there(&dockerfile) && is_there(&other) { other } else { dockerfile }
}

fn text(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    }
}

/// A text with its variables replaced by their defaults; none if one has no default.
fn expanded(text: &str) -> Option<String> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(next) = after.strip_prefix('$') {
            out.push('$');
            rest = next;
            continue;
        }
        let (inside, next) = after.strip_prefix('{')?.split_once('}')?;
        let (name, default) = inside.split_once('-')?;
        let name = name.strip_suffix(':').unwrap_or(name);
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') || default.contains('$') {
            return None;
        }
        out.push_str(default);
        rest = next;
    }
    out.push_str(rest);
    Some(out)
}

/// A path without `.` and `..`; none if it leaves the tree.
fn lexical(path: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !out.pop() {
                    return None;
                }
            }
            Component::Normal(part) => out.push(part),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_stand_for_their_defaults_only() {
        assert_eq!(expanded("a/${B:-c}-${D-e}$$").as_deref(), Some("a/c-e$"));
        for open in ["$A", "${A}", "${A:?x}", "${A:-${B}}", "${A"] {
            assert_eq!(expanded(open), None, "{open}");
        }
    }

    #[test]
    fn a_path_cannot_leave_the_tree() {
        assert_eq!(lexical(Path::new("a/../b/./c")), Some(PathBuf::from("b/c")));
        assert_eq!(lexical(Path::new("a/../../b")), None);
        assert_eq!(lexical(Path::new("/b")), None);
    }
}
