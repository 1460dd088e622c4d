//! What instructions write into an image or its history.

use super::{examine, of, problems, tree};
use crate::scene::{hex, secret, shown};
use leakproof::evidence::{Cause, Fact};

#[test]
fn a_clean_dockerfile_is_one_piece_of_evidence() {
    let text = "# syntax=docker/dockerfile:1\nFROM alpine AS build\nENV PATH=/app/bin:$PATH PORT=8000\nENV JWT_SECRET_KEY_FILE=/run/secrets/jwt\nRUN --mount=type=secret,id=npm,target=/root/.npmrc npm ci\nHEALTHCHECK CMD curl -f http://localhost:8000/health\nFROM scratch\nCOPY --from=build /app /app\nUSER 1\n";
    let batch = examine(&tree(&[("Dockerfile", text)]));
    assert_eq!(problems(&batch), ["none"]);
    assert_eq!(batch.coverage[0].count("files"), 1);
    assert!(batch.gaps.is_empty() && batch.coverage[0].is_complete());
}

#[test]
fn both_forms_of_env_and_a_default_of_arg_are_judged() {
    let value = secret();
    let text = format!(
        "FROM a\nENV JWT_SECRET_KEY={value}\nENV API_TOKEN {value}\nENV A=1 \\\n  DB_PASSWORD=\"{value}\"\nARG BUILD_TOKEN={value}\n"
    );
    let batch = examine(&tree(&[("Dockerfile", &text)]));
    assert_eq!(
        problems(&batch),
        [
            "2 secret-in-env JWT_SECRET_KEY",
            "3 secret-in-env API_TOKEN",
            "4 secret-in-env DB_PASSWORD",
            "6 secret-in-arg BUILD_TOKEN"
        ]
    );
    assert!(batch.evidence.iter().all(|evidence| evidence.word("class") == Some("plaintext")));
    assert!(!shown(&batch).contains(&value));
}

#[test]
fn an_argument_without_a_value_and_secret_mounts_are_fine() {
    let text = "FROM a\nARG TOKEN\nENV OTHER_SECRET=\nENV PORT=8000\nRUN --mount=type=secret,id=token make\n";
    assert_eq!(of(text), ["none"]);
}

#[test]
fn checksum_pins_and_everyday_commands_are_fine() {
    let sum = hex(64);
    let text = format!(
        "FROM python:3.12-slim@sha256:{sum}\nENV PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1\nENV APP_HOME=/app\nARG VERSION=1.2.3\nADD --checksum=sha256:{sum} https://example.org/x.tar.gz /x\nRUN curl -fsSL https://example.org/x -o x && echo \"{sum}  x\" | sha256sum -c -\nRUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*\nRUN useradd --uid 1000 app\nLABEL org.opencontainers.image.revision={sum}\nEXPOSE 8000\nENTRYPOINT [\"uvicorn\", \"app:app\", \"--host\", \"0.0.0.0\"]\n"
    );
    assert_eq!(of(&text), ["none"]);
}

#[test]
fn an_argument_named_like_a_declared_secret_ends_in_history() {
    assert_eq!(of("FROM a\nARG JWT_SECRET_KEY\nRUN make\n"), ["2 secret-name-in-arg JWT_SECRET_KEY"]);
    assert_eq!(of("ARG JWT_SECRET_KEY\nFROM a\nRUN make\n"), ["none"]);
    let baked = "FROM a\nARG TOKEN\nENV DATABASE_URL=${TOKEN}\n";
    assert_eq!(of(baked), ["3 secret-name-in-env DATABASE_URL"]);
}

#[test]
fn labels_commands_and_heredocs_are_searched() {
    let value = secret();
    let text = format!(
        "FROM a\nLABEL API_TOKEN={value}\nRUN <<EOF\nexport DB_PASSWORD={value}\nEOF\nCOPY <<EOF /app/.env\nAPI_TOKEN={value}\nEOF\nONBUILD ENV APP_SECRET={value}\n"
    );
    let batch = examine(&tree(&[("Dockerfile", &text)]));
    assert_eq!(
        problems(&batch),
        [
            "2 secret-in-command API_TOKEN",
            "3 secret-in-command DB_PASSWORD",
            "6 env-file-copied /app/.env",
            "9 secret-in-env APP_SECRET"
        ]
    );
    assert!(!shown(&batch).contains(&value));
}

#[test]
fn an_earlier_stage_is_told_from_the_one_that_is_shipped() {
    let value = secret();
    let text = format!(
        "FROM a AS base\nENV A_SECRET={value}\nFROM b AS other\nENV B_SECRET={value}\nFROM base\nENV C_SECRET={value}\n"
    );
    let batch = examine(&tree(&[("Dockerfile", &text)]));
    let shipped = |name: &str| {
        let variable = |e: &&leakproof::evidence::Evidence| {
            e.subject.place.variable.as_ref().is_some_and(|variable| variable.as_str() == name)
        };
        batch.evidence.iter().find(variable).and_then(|e| e.fact("final_stage").cloned())
    };
    assert_eq!(shipped("A_SECRET"), Some(Fact::Bool(true)));
    assert_eq!(shipped("B_SECRET"), Some(Fact::Bool(false)));
    assert_eq!(shipped("C_SECRET"), Some(Fact::Bool(true)));
}

#[test]
fn every_name_of_a_dockerfile_is_found() {
    let files = [
        ("Dockerfile", "FROM a\n"),
        ("deploy/api.Dockerfile", "FROM a\n"),
        ("deploy/Dockerfile.prod", "FROM a\n"),
        ("Containerfile", "FROM a\n"),
        ("Dockerfile.md", "How to build.\n"),
        ("deploy/api.Dockerfile.dockerignore", "*\n"),
    ];
    let batch = examine(&tree(&files));
    assert_eq!(batch.coverage[0].count("files"), 4);
    assert!(batch.gaps.is_empty(), "{:?}", batch.gaps);
}

#[test]
fn what_a_tool_filled_is_skipped_and_said_and_nothing_else_is() {
    let files = [
        ("web/package.json", "{}"),
        ("web/node_modules/x/Dockerfile", "FROM a\n"),
        ("web/app/node_modules/x/Dockerfile", "FROM a\n"),
        ("rust/Cargo.toml", ""),
        ("rust/target/package/x/Dockerfile", "FROM a\n"),
    ];
    let batch = examine(&tree(&files));
    assert_eq!(batch.coverage[0].count("skipped-directories"), 3);
    let reason = "no Dockerfile in the working tree outside node_modules and target";
    assert_eq!(batch.inapplicable[0].reason.as_str(), reason);
    let own = [
        ("vendor/x/Dockerfile", "FROM a\n"),
        ("rust/vendor/x/Dockerfile", "FROM a\n"),
        ("deploy/target/Dockerfile", "FROM a\n"),
        ("node_modules/x/Dockerfile", "FROM a\n"),
        ("rust/Cargo.toml", ""),
    ];
    let batch = examine(&tree(&own));
    assert_eq!((batch.coverage[0].count("files"), batch.coverage[0].count("skipped-directories")), (4, 0));
    assert!(batch.inapplicable.is_empty());
}

#[test]
fn a_tree_without_a_dockerfile_is_not_applicable() {
    let batch = examine(&tree(&[("README.md", "x")]));
    assert_eq!(batch.inapplicable.len(), 1);
    assert_eq!(batch.inapplicable[0].reason.as_str(), "no Dockerfile in the working tree");
    assert!(batch.evidence.is_empty() && batch.gaps.is_empty());
}

#[test]
fn a_missing_repository_and_a_broken_dockerfile_are_gaps() {
    let tree = tree(&[("Dockerfile", "nothing here\n")]);
    let batch = examine(&tree);
    assert_eq!(batch.gaps.iter().map(|gap| gap.cause).collect::<Vec<_>>(), [Cause::Malformed]);
    assert!(batch.inapplicable.is_empty() && !batch.coverage[0].is_complete());
    std::fs::remove_dir_all(tree.path()).unwrap();
    assert_eq!(examine(&tree).gaps.iter().map(|gap| gap.cause).collect::<Vec<_>>(), [Cause::NotFound]);
}

#[test]
fn comments_and_every_other_instruction_are_searched() {
    let value = secret();
    let text = format!(
        "# API_TOKEN={value}\n# an everyday remark: see https://example.org/docs\nFROM https://user:{value}@registry.example.org/a\nMAINTAINER API_TOKEN={value}\nWORKDIR /app\nLABEL source=https://user:{value}@git.example.org/a\nUSER 1\n"
    );
    let batch = examine(&tree(&[("Dockerfile", &text)]));
    let lines: Vec<_> = batch.evidence.iter().filter_map(|evidence| evidence.subject.place.line).collect();
    for line in [1, 3, 4, 6] {
        assert!(lines.contains(&line), "{line} is not in {lines:?}");
    }
    assert_eq!(lines.len(), 4);
    assert!(!shown(&batch).contains(&value));
}
