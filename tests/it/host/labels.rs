//! Compose projects by the labels of their containers: from saved inspect files, and from an engine.

use super::{class, found, host, with, write};
use crate::docker::stand_in::{StandIn, version};
use crate::scene::{collect, secret, shown};
use leakproof::evidence::{Batch, Cause, Evidence};
use std::path::Path;
use tempfile::TempDir;

const PROJECT: &str = "com.docker.compose.project";

/// Surveys `/srv/app` with a saved inspect file whose one container has these labels.
fn labelled(root: &TempDir, labels: &[(&str, &str)]) -> Batch {
    let labels: Vec<String> = labels.iter().map(|(key, value)| format!("\"{PROJECT}.{key}\": \"{value}\"")).collect();
    let text = format!(r#"[{{"Name":"/api","State":{{}},"Config":{{"Labels":{{ {} }}}}}}]"#, labels.join(", "));
    write(root, "inspect.json", text);
    inspected(root)
}

fn inspected(root: &TempDir) -> Batch {
    let file = root.path().join("inspect.json");
    let containers = format!("containers: [ {{ name: other, inspect_file: \"{}\" }} ]\n", file.display());
    with(root, "directories: [/srv/app]", &containers)
}

#[test]
fn the_working_directory_of_a_label_is_searched_although_it_is_not_declared() {
    let (root, value) = (host(), secret());
    write(&root, "opt/project/config/deep/.env", format!("API_TOKEN={value}\n"));
    let batch = labelled(&root, &[("working_dir", "/opt/project")]);
    assert_eq!(found(&batch), ["env-file /opt/project/config/deep/.env"]);
    assert_eq!(batch.evidence[0].word("by"), Some("compose"));
    assert!(batch.gaps.is_empty() && !shown(&batch).contains(&value), "{}", shown(&batch));
    assert_eq!(batch.coverage[0].count("compose_projects"), 1);
}

#[test]
fn a_working_directory_around_or_below_a_declared_one_is_searched_once() {
    let root = host();
    write(&root, "srv/app/current/.env", "PORT=1\n");
    for directory in ["/srv", "/srv/app", "/srv/app/current"] {
        let batch = labelled(&root, &[("working_dir", directory)]);
        assert_eq!(found(&batch), ["env-file /srv/app/current/.env"], "{directory}");
        assert!(batch.gaps.is_empty(), "{directory}: {}", shown(&batch));
    }
}

#[test]
fn a_working_directory_that_is_not_on_this_host_is_no_pass() {
    let root = host();
    let labels = [
        ("working_dir", "/opt/gone"),
        ("config_files", "/opt/gone/compose.yaml"),
        ("environment_file", "/opt/gone/.env"),
    ];
    let batch = labelled(&root, &labels);
    assert_eq!(batch.gaps.iter().map(|gap| gap.cause).collect::<Vec<_>>(), [Cause::NotFound], "{}", shown(&batch));
    assert!(batch.evidence.is_empty() && !batch.coverage[0].is_complete());
    let variable = batch.gaps[0].subject.place.variable.as_ref().map(ToString::to_string);
    assert_eq!(variable.as_deref(), Some("com.docker.compose.project.working_dir"));
    let batch = labelled(&root, &[("working_dir", r"C:\\work\\app")]);
    assert_eq!(batch.gaps.iter().map(|gap| gap.cause).collect::<Vec<_>>(), [Cause::Unsupported]);
}

#[test]
fn the_compose_files_and_env_files_of_labels_are_read_wherever_they_lie() {
    let (root, value) = (host(), secret());
    std::fs::create_dir_all(root.path().join("opt/project")).unwrap();
    write(&root, "etc/compose/base.txt", "services: { a: { env_file: base.env } }\n");
    write(&root, "etc/compose/app.conf", format!("API_TOKEN={value}\n"));
    let labels = [
        ("working_dir", "/opt/project"),
        ("config_files", "/etc/compose/base.txt"),
        ("environment_file", "/etc/compose/app.conf,prod.env,/dev/null"),
    ];
    let batch = labelled(&root, &labels);
    // `prod.env` was removed after the start: the next one needs it again.
    let expected =
        ["directive /etc/compose/base.txt", "directive /opt/project/prod.env", "env-file /etc/compose/app.conf"];
    assert_eq!(found(&batch), expected);
    assert_eq!(class(&batch, "env-file /etc/compose/app.conf"), "plaintext");
    assert!(batch.evidence.iter().all(|evidence| evidence.word("by") == Some("compose")));
    assert!(batch.gaps.is_empty() && !shown(&batch).contains(&value), "{}", shown(&batch));
}

#[test]
fn a_compose_file_from_standard_input_or_gone_is_no_pass() {
    let root = host();
    let labels = [("working_dir", "/srv/app"), ("config_files", "-,/srv/app/gone.yaml")];
    let mut causes: Vec<Cause> = labelled(&root, &labels).gaps.iter().map(|gap| gap.cause).collect();
    causes.sort();
    assert_eq!(causes, [Cause::NotFound, Cause::Unproven]);
}

#[test]
fn an_inspect_file_that_does_not_parse_leaves_the_search_incomplete() {
    let root = host();
    write(&root, "inspect.json", r#"[{"Config":{"Labels":{"#);
    let batch = inspected(&root);
    assert_eq!(batch.gaps.iter().map(|gap| gap.cause).collect::<Vec<_>>(), [Cause::Truncated]);
    assert!(!batch.coverage[0].is_complete());
    write(&root, "inspect.json", r#"[{"Name":"/api","Config":{"Labels":null}},{"Name":"bridge"}]"#);
    assert!(inspected(&root).gaps.is_empty());
}

/// An engine on which one container, of another project than the declared one, has these labels.
fn engine(directory: &Path) -> StandIn {
    let labels = format!(r#"{{"{PROJECT}":"other","{PROJECT}.working_dir":"{}"}}"#, directory.display());
    let listed = format!(r#"[{{"Id":"{}","Names":["/x"],"Labels":{labels}}},{{"Id":"y"}}]"#, "ab".repeat(32));
    StandIn::answering(vec![version("1.24", "1.45"), ("/containers/json", 200, listed)])
}

/// The machine's own root must be named here; what counts lies below the test's directory.
fn live(directory: &Path, root: &str, docker: &str, containers: &str) -> Batch {
    let yaml = format!(
        "service: s\nhosts: [ {{ local: {{ directories: [ \"{}\" ], root: \"{root}\" }} }} ]\n\
         docker: {{ host: \"{docker}\", timeout: 2s }}\ncontainers: [ {containers} ]\n",
        directory.display()
    );
    collect(&yaml, Path::new(""), &["host.env-file"])
}

fn below<'a>(batch: &'a Batch, directory: &Path) -> Vec<&'a Evidence> {
    let text = directory.display().to_string();
    let inside = |one: &&Evidence| one.subject.place.path.as_ref().is_some_and(|path| path.as_str().starts_with(&text));
    batch.evidence.iter().filter(inside).collect()
}

#[test]
fn every_container_on_the_engine_is_asked_for_its_project_and_get_is_all_that_is_sent() {
    let (declared, project) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(project.path().join(".env"), "PORT=1\n").unwrap();
    let engine = engine(project.path());
    let batch = live(declared.path(), "/", &engine.host(), "{ name: api }");
    let found = below(&batch, project.path());
    assert_eq!(found.len(), 1, "{:?}", engine.asked());
    assert_eq!(found[0].word("by"), Some("compose"));
    let asked = engine.asked();
    assert!(asked.iter().all(|line| line.starts_with("GET ")), "{asked:?}");
    assert!(asked.iter().any(|line| line.contains("/containers/json?all=true")), "{asked:?}");
}

#[test]
fn an_engine_that_cannot_be_asked_leaves_the_search_incomplete_if_live_containers_are_declared() {
    let declared = tempfile::tempdir().unwrap();
    let inspect = declared.path().join("i.json");
    std::fs::write(&inspect, "[]").unwrap();
    let about = |containers: &str| {
        let batch = live(declared.path(), "/", "unix:///nonexistent/engine.sock", containers);
        let of_projects = |place: &leakproof::evidence::Place| {
            place.path.as_ref().is_some_and(|path| path.as_str() == "(compose projects)")
        };
        let gaps = batch.gaps.iter().filter(|gap| of_projects(&gap.subject.place)).count();
        (gaps, batch.coverage[0].unexamined.iter().filter(|one| one.what.as_str() == "(compose projects)").count())
    };
    assert_eq!(about("{ name: api }"), (1, 1));
    assert_eq!(about(&format!("{{ inspect_file: \"{}\" }}", inspect.display())), (0, 0));
    assert_eq!(about(""), (0, 0));
}

#[test]
fn a_mounted_image_s_search_does_not_ask_this_machine_s_engine() {
    let (root, project) = (host(), tempfile::tempdir().unwrap());
    let engine = engine(project.path());
    let batch = live(Path::new("/srv/app"), &root.path().display().to_string(), &engine.host(), "{ name: api }");
    assert!(engine.asked().is_empty() && batch.gaps.is_empty(), "{}", shown(&batch));
}

#[test]
fn an_env_file_that_was_deleted_and_is_still_open_is_found() {
    let (declared, value) = (tempfile::tempdir().unwrap(), secret());
    let path = declared.path().join("gone.env");
    std::fs::write(&path, format!("API_TOKEN={value}\n")).unwrap();
    let held = std::fs::File::open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let batch = live(declared.path(), "/", "unix:///nonexistent/engine.sock", "");
    let found = below(&batch, declared.path());
    let words: Vec<_> = found.iter().map(|one| [one.word("what"), one.word("by"), one.word("class")]).collect();
    assert_eq!(words, [[Some("deleted"), Some("process"), Some("plaintext")]]);
    assert!(!shown(&batch).contains(&value));
    drop(held);
    assert!(below(&live(declared.path(), "/", "unix:///nonexistent/engine.sock", ""), declared.path()).is_empty());
}
