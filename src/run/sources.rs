//! Where rule files come from: embedded in the binary, and a directory of the user's own.

use super::RunError;
use crate::derive;
use crate::detect;
use crate::evaluate::RUN_COVERAGE;
use crate::evidence::Kind;
use crate::rule::{RuleSet, RuleSource};
use include_dir::{Dir, include_dir};
use std::path::Path;

/// The folder of credential formats beside the rules.
const DETECTORS: &str = "detectors/";

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules");

/// All kinds of evidence that rules may need.
pub(super) fn kinds() -> Vec<&'static Kind> {
    let mut kinds: Vec<&'static Kind> = crate::collect::kinds().collect();
    kinds.push(&RUN_COVERAGE);
    kinds.extend(derive::DERIVED.iter().map(|one| one.kind));
    kinds.sort_by_key(|kind| kind.name);
    kinds.dedup_by_key(|kind| kind.name);
    kinds
}

/// The embedded rules and those of a directory.
pub(super) fn rule_set(further: Option<&Path>) -> Result<RuleSet, RunError> {
    let mut sources = embedded();
    if let Some(directory) = further {
        let (rules, formats) = apart(files(directory)?);
        detect::add_formats(&formats)?;
        sources.extend(rules);
    }
    Ok(RuleSet::compile(&sources, &kinds())?)
}

/// The rules of a directory alone, and how many files of credential formats it holds.
pub(super) fn only(directory: &Path) -> Result<(RuleSet, usize), RunError> {
    let (rules, formats) = apart(files(directory)?);
    detect::add_formats(&formats)?;
    Ok((RuleSet::compile(&rules, &kinds())?, formats.len()))
}

/// Rules, and what lies below `detectors/`: file name and text of credential formats.
fn apart(files: Vec<RuleSource>) -> (Vec<RuleSource>, Vec<(String, String)>) {
    let (formats, rules): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.id.starts_with(DETECTORS));
    (rules, formats.into_iter().map(|file| (file.file, file.text)).collect())
}

fn embedded() -> Vec<RuleSource> {
    let mut found = Vec::new();
    let mut folders = vec![&EMBEDDED];
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        for file in folder.files() {
            let path = file.path().to_string_lossy().replace('\\', "/");
            // Detection embeds these for itself.
            if path.starts_with(DETECTORS) {
                continue;
            }
            if let (Some(id), Some(text)) = (path.strip_suffix(".yaml"), file.contents_utf8()) {
                found.push(RuleSource { id: id.to_owned(), file: format!("rules/{path}"), text: text.to_owned() });
            }
        }
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

fn files(directory: &Path) -> Result<Vec<RuleSource>, RunError> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(directory).sort_by_file_name() {
        let entry = entry.map_err(|error| {
            let kind = error.io_error().map_or(std::io::ErrorKind::Other, std::io::Error::kind);
            RunError::file("cannot read", directory, &kind.into())
        })?;
        let Ok(inside) = entry.path().strip_prefix(directory) else { continue };
        let inside = inside.to_string_lossy().replace('\\', "/");
        // The rules of gitleaks are formats, wherever its own way of writing them is met.
        let gitleaks = inside.strip_suffix(".toml").filter(|_| inside.starts_with(DETECTORS));
        let yaml = inside.strip_suffix(".yaml").or_else(|| inside.strip_suffix(".yml"));
        let Some(id) = yaml.or(gitleaks) else { continue };
        let text = std::fs::read_to_string(entry.path())
            .map_err(|error| RunError::file("cannot read", entry.path(), &error))?;
        found.push(RuleSource { id: id.to_owned(), file: entry.path().display().to_string(), text });
    }
    if found.is_empty() {
        return Err(RunError::usage(
            format!("{} holds no rule file", directory.display()),
            "a rule is a .yaml file; its path below the directory is its id",
        ));
    }
    Ok(found)
}
