//! What compose files say of builds: contexts, Dockerfiles at any place, and Dockerfiles written out.

use super::{examine, problems, tree};
use crate::scene::{hex, shown};
use leakproof::evidence::{Batch, Cause};

const COPY_ALL: &str = "FROM a\nCOPY . /app\n";

fn compose(build: &str) -> String {
    format!("services:\n  api:\n    build: {build}\n")
}

fn causes(batch: &Batch) -> Vec<Cause> {
    batch.gaps.iter().map(|gap| gap.cause).collect()
}

#[test]
fn the_declared_context_counts_and_not_the_dockerfile_s_directory() {
    let files = |build: &str| {
        tree(&[
            ("compose.yaml", &compose(build)),
            ("docker/Dockerfile", COPY_ALL),
            ("docker/.dockerignore", "**/.env\n"),
            (".env", "A=1\n"),
        ])
    };
    let batch = examine(&files("{ context: ., dockerfile: docker/Dockerfile }"));
    assert_eq!(problems(&batch), ["2 context-not-ignored .env"], "{}", shown(&batch));
    for build in ["docker", "{ context: docker }", "{ context: \"${WHERE:-docker}\", dockerfile: Dockerfile }"] {
        assert_eq!(problems(&examine(&files(build))), ["none"], "{build}");
    }
}

#[test]
fn every_declared_context_counts() {
    let two = "services:\n  a: { build: { context: ., dockerfile: docker/Dockerfile } }\n  b: { build: docker }\n";
    let files = [
        ("docker-compose.yml", two),
        ("docker/Dockerfile", COPY_ALL),
        ("docker/.dockerignore", "*.log\n"),
        (".dockerignore", "**/.env\n"),
    ];
    assert_eq!(problems(&examine(&tree(&files))), ["2 context-not-ignored .env"]);
}

#[test]
fn the_ignore_file_of_the_dockerfile_s_own_name_counts_in_a_declared_context() {
    let build = compose("{ context: ., dockerfile: docker/api.Dockerfile }");
    let files = |ignore| {
        tree(&[
            ("compose.yaml", &build),
            ("docker/api.Dockerfile", COPY_ALL),
            ("docker/api.Dockerfile.dockerignore", ignore),
            (".dockerignore", "**/.env\n"),
            (".env", "A=1\n"),
        ])
    };
    assert_eq!(problems(&examine(&files("**/.env\n"))), ["none"]);
    assert_eq!(problems(&examine(&files("*.log\n"))), ["2 context-not-ignored .env"]);
}

#[test]
fn a_context_outside_the_tree_is_a_gap_where_something_is_copied() {
    let build = compose("{ context: ../.., dockerfile: ../T/Dockerfile }");
    let tree = tree(&[("deploy/compose.yaml", &build), ("T/Dockerfile", COPY_ALL)]);
    // The Dockerfile's path cannot be told either, so it is found by its name and its context is guessed.
    assert!(examine(&tree).gaps.is_empty());
    let inline = compose("\n      context: ../..\n      dockerfile_inline: |\n        FROM a\n        COPY . /app\n");
    let batch = examine(&super::tree(&[("deploy/compose.yaml", &inline)]));
    assert_eq!(causes(&batch), [Cause::ContentElsewhere]);
}

#[test]
fn a_dockerfile_that_is_written_out_in_a_compose_file_is_read() {
    let value = hex(64);
    let text = format!(
        "services:\n  api:\n    build:\n      context: .\n      dockerfile_inline: |\n        FROM a\n        ENV JWT_SECRET_KEY={value}\n        COPY . /app\n"
    );
    let batch = examine(&tree(&[("compose.yaml", &text)]));
    assert_eq!(problems(&batch), ["7 secret-in-env JWT_SECRET_KEY", "8 context-not-ignored .env"]);
    assert!(!shown(&batch).contains(&value));
    assert_eq!(batch.coverage[0].count("files"), 1);
    let quoted = compose(&format!("{{ dockerfile_inline: \"FROM a\\nENV JWT_SECRET_KEY={value}\\n\" }}"));
    let batch = examine(&tree(&[("compose.yaml", &quoted)]));
    assert!(problems(&batch)[0].ends_with("secret-in-env JWT_SECRET_KEY"), "{:?}", problems(&batch));
    let nothing = examine(&tree(&[("compose.yaml", &compose("{ dockerfile_inline: \"RUN make\" }"))]));
    assert_eq!(causes(&nothing), [Cause::Malformed]);
}

#[test]
fn a_compose_file_that_does_not_parse_is_a_gap() {
    for text in ["services: [\n", "services: {}\nservices: {}\n", "a: \"\\xZZ\"\n"] {
        let batch = examine(&tree(&[("compose.prod.yml", text), ("Dockerfile", "FROM a\n")]));
        assert_eq!(causes(&batch), [Cause::Malformed], "{text}");
        assert!(!batch.coverage[0].is_complete());
    }
    let batch = examine(&tree(&[("compose.yaml", "services: { a: { image: x } }\n")]));
    assert!(batch.gaps.is_empty() && batch.inapplicable.len() == 1, "nothing is built here");
}

#[test]
fn what_only_a_run_can_tell_is_unproven_and_a_named_file_that_is_not_there_is_not_found() {
    for build in ["{ context: ., dockerfile: \"$FILE\" }", "\"${CONTEXT}\"", "{ context: \"${A:?none}\" }"] {
        let batch = examine(&tree(&[("compose.yaml", &compose(build)), ("Dockerfile", "FROM a\n")]));
        assert_eq!(causes(&batch), [Cause::Unproven], "{build}");
    }
    let batch = examine(&tree(&[("compose.yaml", &compose("{ dockerfile: build/image.txt }"))]));
    assert_eq!(causes(&batch), [Cause::NotFound]);
    let broken = [("compose.yaml", &*compose("{ dockerfile: image.txt }")), ("image.txt", "nothing\n")];
    assert_eq!(causes(&examine(&tree(&broken))), [Cause::Malformed]);
    for elsewhere in ["https://example.org/team/app.git", "git@example.org:team/app.git", "../frontend"] {
        let batch =
            examine(&tree(&[("compose.yaml", &compose(&format!("\"{elsewhere}\""))), ("Dockerfile", "FROM a\n")]));
        assert!(batch.gaps.is_empty(), "{elsewhere}: {}", shown(&batch));
    }
}

#[test]
fn a_dockerfile_in_a_skipped_directory_counts_if_a_compose_file_names_it() {
    for build in ["target", "{ context: target }", "{ context: ., dockerfile: target/Dockerfile }"] {
        let files = [
            ("Cargo.toml", ""),
            ("compose.yaml", &*compose(build)),
            ("target/Dockerfile", "FROM a\nCOPY .env /app/\n"),
            ("target/other/Dockerfile", "FROM a\nCOPY .env /app/\n"),
        ];
        let batch = examine(&tree(&files));
        assert_eq!(problems(&batch), ["2 env-file-copied .env"], "{build}");
        assert_eq!(batch.coverage[0].count("files"), 1);
    }
}

#[test]
fn a_containerfile_is_what_a_context_names_where_there_is_no_dockerfile() {
    let files = [("compose.yaml", &*compose("app")), ("app/Containerfile", "FROM a\nCOPY .env /app/\n")];
    assert_eq!(problems(&examine(&tree(&files))), ["2 env-file-copied .env"]);
}
