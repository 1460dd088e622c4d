//! The texts of the domain's experiments, as engines wrote them. The values are invented words.

use super::*;

fn read(created_by: &str) -> Entry {
    with_comment(created_by, "")
}

fn with_comment(created_by: &str, comment: &str) -> Entry {
    let raw = |text: &str| Raw::new(Some(text.to_owned()));
    Entry::read(&raw(created_by), &raw(comment), &Raw::default())
}

/// The statements as they were understood. Tests may look inside; nobody else may.
fn said(entry: &Entry) -> Vec<String> {
    let open = |text: &Sensitive| text.name().map_or("(withheld)".to_owned(), |name| name.as_str().to_owned());
    let statements = entry.statements.iter().map(|statement| {
        let body = match &statement.body {
            Body::Pairs(text) => format!("pairs {}", open(text)),
            Body::Text(text) => format!("text {}", open(text)),
        };
        format!("{}: {body}", statement.at.word())
    });
    statements.collect()
}

#[track_caller]
fn reads(created_by: &str, expected: &[&str]) {
    assert_eq!(said(&read(created_by)), expected);
}

#[test]
fn classic_env_keeps_blanks_in_values() {
    reads("/bin/sh -c #(nop)  ENV A=b", &["history-env: pairs A=b"]);
    let text = "/bin/sh -c #(nop)  ENV DATABASE_URL=postgresql://u:p w h/db";
    reads(text, &["history-env: pairs DATABASE_URL=postgresql://u:p w h/db"]);
}

#[test]
fn the_old_env_form_with_a_blank_is_kept() {
    reads("ENV JWT_SECRET_KEY two words", &["history-env: pairs JWT_SECRET_KEY two words"]);
}

#[test]
fn classic_build_arguments_stand_before_the_shell() {
    reads(
        "|2 DEFARG=defvalue123 STAGE=argvalue /bin/sh -c echo $STAGE > /x",
        &["build-arg: pairs DEFARG=defvalue123 STAGE=argvalue", "run: text echo $STAGE > /x"],
    );
}

#[test]
fn buildkit_build_arguments_stand_behind_run() {
    reads(
        "RUN |1 STAGE=argvalue /bin/busybox sh -c echo hi # buildkit",
        &["build-arg: pairs STAGE=argvalue", "run: text echo hi"],
    );
    reads("ENV ARCH=amd64 STAGE=hunter2", &["history-env: pairs ARCH=amd64 STAGE=hunter2"]);
}

#[test]
fn build_arguments_with_blanks_and_paths_stay_whole() {
    reads(
        "|2 A=/one two B=three /four /bin/bash -o pipefail -c make",
        &["build-arg: pairs A=/one two B=three /four", "run: text make"],
    );
    reads("|1 A=x", &["build-arg: pairs A=x"]);
    reads("|0 /bin/sh -c make", &["run: text make"]);
    reads("|1 A=x /app --serve", &["build-arg: pairs A=x", "run: text /app --serve"]);
}

#[test]
fn buildah_build_arguments_without_the_count_are_arguments() {
    reads("STAGE=argvalue /bin/sh -c make", &["build-arg: pairs STAGE=argvalue", "run: text make"]);
}

#[test]
fn an_arg_without_a_value_is_only_a_name() {
    reads("/bin/sh -c #(nop)  ARG STAGE", &["history-arg: pairs STAGE"]);
    reads("ARG STAGE=argvalue", &["history-arg: pairs STAGE=argvalue"]);
}

#[test]
fn a_healthcheck_s_command_is_unquoted() {
    reads(
        r#"/bin/sh -c #(nop)  HEALTHCHECK &{["CMD-SHELL" "curl -u a:\"b c\" http://h/"] "0s" "0s" "0s" '\x00'}"#,
        &[r#"healthcheck: text CMD-SHELL curl -u a:"b c" http://h/"#],
    );
    reads("HEALTHCHECK NONE", &["healthcheck: text NONE"]);
}

#[test]
fn command_lists_are_unquoted_and_shell_forms_are_not() {
    reads(r#"CMD ["app" "--token" "a\u0026b"]"#, &["cmd: text app --token a&b"]);
    reads(r#"ENTRYPOINT ["app","--x"]"#, &["entrypoint: text app --x"]);
    reads("CMD [ -f /x ] && app", &["cmd: text [ -f /x ] && app"]);
    reads(r#"CMD ["app" "--x"#, &[r#"cmd: text ["app" "--x"#]);
}

#[test]
fn run_text_stays_although_the_file_is_gone() {
    reads("/bin/sh -c echo runsecret > f && rm f", &["run: text echo runsecret > f && rm f"]);
}

#[test]
fn heredocs_are_told_apart() {
    reads("RUN /bin/sh -c cat <<EOF > /x # buildkit", &["heredoc: text cat <<EOF > /x"]);
    let entry = read("COPY <<EOF /app/.env # buildkit");
    assert_eq!(said(&entry), ["heredoc: text <<EOF /app/.env"]);
    assert_eq!(entry.copied.last().unwrap().shown(1).as_str(), "/app/.env");
}

#[test]
fn onbuild_statements_are_read_like_their_own() {
    reads("ONBUILD ENV A=b", &["onbuild: pairs A=b"]);
    reads("/bin/sh -c #(nop)  ONBUILD RUN echo x", &["onbuild: text echo x"]);
}

#[test]
fn imports_and_empty_texts_are_silent() {
    let entry = with_comment("", "Imported from -");
    assert!(entry.silent && entry.builder == Builder::Imported);
    assert!(read("").silent && read("  ").silent);
    assert!(!read("/bin/sh").silent);
}

#[test]
fn comments_are_text_unless_buildkit_s_own() {
    assert_eq!(said(&with_comment("CMD a", "buildkit.dockerfile.v0")), ["cmd: text a"]);
    assert_eq!(said(&with_comment("/bin/sh", "password is x")), ["run: text /bin/sh", "comment: text password is x"]);
}

#[test]
fn builders_are_known_by_their_hand() {
    assert_eq!(read("/bin/sh -c #(nop)  CMD [\"a\"]").builder, Builder::Classic);
    assert_eq!(read("/bin/sh -c #(nop) CMD [\"a\"]").builder, Builder::Buildah);
    assert_eq!(read("/bin/sh -c #(nop) COPY file:ab in /bin/busybox ").builder, Builder::Classic);
    assert_eq!(with_comment("ENV A=b", "buildkit.dockerfile.v0").builder, Builder::Buildkit);
    assert_eq!(read("COPY a /a # buildkit").builder, Builder::Buildkit);
    let kaniko = Entry::read(&Raw::new(Some("RUN make".into())), &Raw::default(), &Raw::new(Some("kaniko".into())));
    assert_eq!(kaniko.builder, Builder::Kaniko);
    for text in ["bazel build ...", "jib-maven-plugin:3.4.0", "apko", "ko build ko://example.org/app"] {
        assert_eq!(read(text).builder, Builder::Synthetic, "{text}");
    }
    assert_eq!(read("RUN /bin/sh -c make").builder, Builder::Unmarked);
    for text in ["run server", "# debian.sh --arch 'amd64' out/ 'trixie'", "/bin/bash -o pipefail -c make"] {
        assert_eq!(read(text).builder, Builder::Unknown, "{text}");
    }
}

#[test]
fn hostile_texts_do_not_break_the_parser() {
    for text in [
        "|",
        "| ",
        "|x A=b",
        "|99999999999999999999 A=b",
        "|3 A=b",
        "#(nop)",
        "ENV",
        "ENV =",
        "LABEL \u{0}=\u{0}",
        "HEALTHCHECK &{[",
        "HEALTHCHECK &{[\"\\u12",
        "COPY",
        "COPY <<",
        "ONBUILD ONBUILD ONBUILD",
        "RUN |",
        "\u{202e}ENV A=b",
    ] {
        let _ = said(&read(text));
    }
    let deep = "ONBUILD ".repeat(50_000);
    let _ = read(&deep);
}
