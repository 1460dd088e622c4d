//! What a copy lets into an image, by the ignore file that counts.

use super::{examine, problems, tree};
use leakproof::evidence::Cause;

const COPY_ALL: &str = "FROM a\nCOPY . .\n";

fn of(files: &[(&str, &str)]) -> Vec<String> {
    problems(&examine(&tree(files)))
}

#[test]
fn copying_everything_without_an_ignore_file_takes_env_files_along() {
    assert_eq!(of(&[("Dockerfile", COPY_ALL)]), ["2 context-not-ignored .env"]);
    assert_eq!(of(&[("Dockerfile", "FROM a\nADD [\"./\", \"/app/\"]\n")]), ["2 context-not-ignored .env"]);
}

#[test]
fn a_pattern_without_stars_matches_only_the_context_root() {
    let found = of(&[("Dockerfile", COPY_ALL), (".dockerignore", ".env\n")]);
    assert_eq!(found, ["2 context-not-ignored any/.env"]);
    assert_eq!(of(&[("Dockerfile", COPY_ALL), (".dockerignore", "**/.env\n")]), ["none"]);
}

#[test]
fn a_later_line_takes_it_back_in() {
    let found = of(&[("Dockerfile", COPY_ALL), (".dockerignore", "**/.env\n!.env\n")]);
    assert_eq!(found, ["2 context-not-ignored .env"]);
    let found = of(&[("Dockerfile", COPY_ALL), (".dockerignore", "*\n!src\n"), ("src/main.py", "")]);
    assert_eq!(found, ["2 context-not-ignored src/.env"]);
    let found = of(&[("Dockerfile", COPY_ALL), (".dockerignore", "*\n!src\n**/.env*\n"), ("src/main.py", "")]);
    assert_eq!(found, ["none"]);
}

#[test]
fn the_ignore_file_of_the_dockerfile_s_own_name_comes_first() {
    let root = (".dockerignore", "**/.env\n");
    let found = of(&[("api.Dockerfile", COPY_ALL), root, ("api.Dockerfile.dockerignore", "node_modules\n")]);
    assert_eq!(found, ["2 context-not-ignored .env"]);
    let found = of(&[("Dockerfile", COPY_ALL), (".dockerignore", "\n"), ("Dockerfile.dockerignore", "**/.env\n")]);
    assert_eq!(found, ["none"]);
}

#[test]
fn a_dockerfile_in_a_directory_uses_the_root_s_ignore_file() {
    assert_eq!(of(&[("docker/Dockerfile", COPY_ALL), (".dockerignore", "**/.env\n")]), ["none"]);
    let own = ("docker/.dockerignore", "*.log\n");
    let found = of(&[("docker/Dockerfile", COPY_ALL), (".dockerignore", "**/.env\n"), own]);
    assert_eq!(found, ["2 context-not-ignored .env"]);
}

#[test]
fn env_files_that_are_there_are_named() {
    let files =
        [("Dockerfile", COPY_ALL), (".dockerignore", "**/.env\n"), ("a/.env.production", ""), ("a/.env.example", "")];
    assert_eq!(of(&files), ["2 context-not-ignored a/.env.production"]);
}

#[test]
fn a_copied_directory_counts_for_what_is_in_it() {
    let copy = "FROM a\nCOPY src /app/src\nCOPY web/* /app/web\n";
    assert_eq!(of(&[("Dockerfile", copy), ("src/a/main.py", "")]), ["none"]);
    let found = of(&[("Dockerfile", copy), ("src/a/.env", ""), ("web/prod.env", ""), ("other/.env", "")]);
    assert_eq!(found, ["2 context-not-ignored src/a/.env", "3 context-not-ignored web/prod.env"]);
}

#[test]
fn an_env_file_copied_by_name_is_found_and_a_template_is_not() {
    let found = of(&[("Dockerfile", "FROM a\nCOPY --chown=1:1 .env /app/\nCOPY config/.env.example /app/\n")]);
    assert_eq!(found, ["2 env-file-copied .env"]);
    let found = of(&[("Dockerfile", "FROM a\nCOPY package.json .env* ./\n")]);
    assert_eq!(found, ["2 env-file-copied .env*"]);
    let found = of(&[("Dockerfile", "FROM a AS b\nFROM c\nCOPY --from=b /app/.env /app/.env\n")]);
    assert_eq!(found, ["3 env-file-copied /app/.env"]);
}

#[test]
fn an_exclusion_of_the_copy_itself_counts() {
    assert_eq!(of(&[("Dockerfile", "FROM a\nCOPY --exclude=**/.env . .\n")]), ["none"]);
}

#[test]
fn a_copy_from_another_stage_or_a_url_takes_nothing_from_the_context() {
    let text = "FROM a AS b\nFROM c\nCOPY --from=b . .\nADD https://example.org/x.tar.gz /x\n";
    assert_eq!(of(&[("Dockerfile", text)]), ["none"]);
}

#[test]
fn an_ignore_file_that_no_builder_accepts_is_a_gap() {
    let batch = examine(&tree(&[("Dockerfile", COPY_ALL), (".dockerignore", "[\n")]));
    assert_eq!(batch.gaps.len(), 1);
}

#[test]
fn a_pattern_that_can_name_an_env_file_names_one() {
    for source in [".e*", ".[e]nv", ".*", "config/.e??"] {
        let found = of(&[("Dockerfile", &format!("FROM a\nCOPY {source} /app/\n"))]);
        assert_eq!(found, [format!("2 env-file-copied {source}")]);
    }
    for source in ["*.json", "package*.json", "src/*.py", "p*"] {
        assert_eq!(of(&[("Dockerfile", &format!("FROM a\nCOPY {source} /app/\n"))]), ["none"], "{source}");
    }
}

#[test]
fn a_source_made_of_an_argument_is_its_default_or_no_verdict() {
    let found = of(&[("Dockerfile", "ARG F=.env\nFROM a\nARG F\nCOPY ${F} /app/\nADD $F /app/\n")]);
    assert_eq!(found, ["4 env-file-copied ${F}", "5 env-file-copied $F"]);
    assert_eq!(of(&[("Dockerfile", "FROM a\nARG F=app.jar\nCOPY ${F} /app/\n")]), ["none"]);
    let batch = examine(&tree(&[("Dockerfile", "FROM a\nARG F\nCOPY ${F} /app/\nCOPY dist/${F}.jar /app/\n")]));
    assert_eq!(batch.gaps.iter().map(|gap| gap.cause).collect::<Vec<_>>(), [Cause::NeedsReview]);
}

#[test]
fn files_of_credentials_copied_by_name_are_found() {
    for source in [".git", "id_rsa", ".npmrc", "config/.netrc", "*.pem", "tls/server.pem"] {
        let found = of(&[("Dockerfile", &format!("FROM a\nCOPY {source} /app/\n"))]);
        assert_eq!(found, [format!("2 env-file-copied {source}")]);
    }
    assert_eq!(of(&[("Dockerfile", "FROM a\nCOPY ca.pem rds-ca-bundle.pem id_rsa.pub /app/\n")]), ["none"]);
}

#[test]
fn a_tool_s_settings_without_a_credential_may_be_copied() {
    let optional = "FROM a\nCOPY package.json yarn.lock* .npmrc* ./\n";
    let settings = "registry=https://registry.example.org/\nengine-strict=true\n";
    let token = format!("//registry.example.org/:_authToken={}\n", crate::scene::secret());
    assert_eq!(of(&[("Dockerfile", optional)]), ["none"]);
    assert_eq!(of(&[("Dockerfile", optional), (".npmrc", settings)]), ["none"]);
    assert_eq!(of(&[("Dockerfile", optional), (".npmrc", &token)]), ["2 env-file-copied .npmrc*"]);
    let plain = "FROM a\nCOPY package.json .npmrc ./\n";
    assert_eq!(of(&[("Dockerfile", plain), (".npmrc", settings)]), ["none"]);
    assert_eq!(of(&[("Dockerfile", plain), (".npmrc", &token)]), ["2 env-file-copied .npmrc"]);
}

#[test]
fn dockerfiles_of_other_names_are_read() {
    for name in ["Dockerfile-prod", "prod.Dockerfile", "Dockerfile_prod"] {
        assert_eq!(of(&[(name, "FROM a\nCOPY .env /app/\n")]), ["2 env-file-copied .env"], "{name}");
    }
    let compose = "services:\n  a:\n    build:\n      context: ..\n      dockerfile: build/image.txt\n";
    let found = of(&[("deploy/compose.yaml", compose), ("build/image.txt", "FROM a\nCOPY .env /app/\n")]);
    assert_eq!(found, ["2 env-file-copied .env"]);
}
