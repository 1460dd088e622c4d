//! Which variables an ECS task definition has the platform inject: `secrets` of its containers.
//!
//! In: the files of `deployment`. Out: names only. It tells a value that ECS put into a container from one that
//! the operator put there; it does not judge the definition itself.

use crate::evidence::{Document, Name, Node, Sensitive};
use std::io::Read;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// A task definition's injected variables.
pub(super) struct TaskDefinition {
    family: Name,
    revision: Option<Name>,
    containers: Vec<(Name, Vec<Name>)>,
}

impl TaskDefinition {
    /// Whether this very revision's container has the platform inject the variable. A file without a revision
    /// may be an older or a coming one, and what it injects may be a literal in the one that runs.
    pub(super) fn injects(&self, family: &Name, revision: Option<&Name>, container: &Name, variable: &Name) -> bool {
        self.family == *family
            && revision.is_some_and(|revision| self.revision.as_ref() == Some(revision))
            && self.containers.iter().any(|(name, secrets)| name == container && secrets.contains(variable))
    }
}

/// Reads the task definitions among the deployment files. Files that are something else, or do not parse, give
/// none: their own collectors say what is wrong with them.
pub(super) fn read(paths: &[PathBuf], limit: u64) -> Vec<TaskDefinition> {
    paths.iter().filter_map(|path| one(path, limit)).flatten().collect()
}

fn one(path: &Path, limit: u64) -> Option<Vec<TaskDefinition>> {
    let file = std::fs::File::open(path).ok().filter(|file| file.metadata().is_ok_and(|meta| meta.is_file()))?;
    let mut text = Zeroizing::new(String::new());
    file.take(limit.saturating_add(1)).read_to_string(&mut text).ok()?;
    if text.len() as u64 > limit {
        return None;
    }
    let document = Document::parse("deployment", &text).ok()?;
    Some(document.roots.iter().filter_map(definition).collect())
}

/// The definition itself, or `aws ecs describe-task-definition`'s answer around it.
fn definition(root: &Node) -> Option<TaskDefinition> {
    let node = root.get("taskDefinition").filter(|node| !node.entries().is_empty()).unwrap_or(root);
    let containers = node.get("containerDefinitions")?.items();
    Some(TaskDefinition {
        family: name(node.get("family")?)?,
        revision: node.get("revision").and_then(name),
        containers: containers.iter().filter_map(container).collect(),
    })
}

fn container(node: &Node) -> Option<(Name, Vec<Name>)> {
    let secrets = node.get("secrets").map(Node::items).unwrap_or_default();
    let injected = secrets.iter().filter_map(|secret| name(secret.get("name")?)).collect();
    Some((name(node.get("name")?)?, injected))
}

fn name(node: &Node) -> Option<Name> {
    node.sensitive().map(Sensitive::into_name)?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definitions(text: &str) -> Vec<TaskDefinition> {
        Document::parse("x", text).unwrap().roots.iter().filter_map(definition).collect()
    }

    #[test]
    fn only_the_same_family_revision_and_container_injects() {
        let text = r#"{"taskDefinition":{"family":"api","revision":7,"containerDefinitions":[
            {"name":"app","secrets":[{"name":"JWT_SECRET_KEY","valueFrom":"arn:x"}]},{"name":"proxy"}]}}"#;
        let found = definitions(text);
        let asks = |family: &'static str, revision: &'static str, container: &'static str| {
            let variable = Name::fixed("JWT_SECRET_KEY");
            let revision = Name::fixed(revision);
            found[0].injects(&Name::fixed(family), Some(&revision), &Name::fixed(container), &variable)
        };
        assert!(asks("api", "7", "app"));
        assert!(!asks("api", "8", "app"));
        assert!(!asks("web", "7", "app"));
        assert!(!asks("api", "7", "proxy"));
    }

    #[test]
    fn a_file_without_a_revision_says_nothing_about_a_running_one() {
        let text = "family: api\ncontainerDefinitions:\n- name: app\n  secrets: [{name: A}]\n";
        let asks = |text: &str, revision: Option<&Name>| {
            definitions(text)[0].injects(&Name::fixed("api"), revision, &Name::fixed("app"), &Name::fixed("A"))
        };
        let seven = Name::fixed("7");
        assert!(!asks(text, None) && !asks(text, Some(&seven)));
        let text = format!("revision: 7\n{text}");
        assert!(asks(&text, Some(&seven)));
        assert!(!asks(&text, None), "a container without the label");
    }
}
