//! What the builder's hand says about a history, and values that builders write down.

use super::archives::read;
use super::builder::{Files, config, meta, step};
use crate::docker::rig::{causes, exposed, of, secret, shown};
use leakproof::evidence::Cause;
use serde_json::{Value, json};

/// The gaps of `image.env` for a history, each with its builder.
fn doubts(history: &[Value]) -> Vec<String> {
    let batch = read(&Files::docker(&config("amd64", &json!({}), history)).tar());
    let env = batch.gaps.iter().filter(|gap| gap.kind.as_str() == "image.env");
    assert!(causes(&batch, "image.command").is_empty(), "commands are told: {}", shown(&batch));
    env.map(|gap| {
        format!("{:?} {}", gap.cause, gap.hints.iter().find(|hint| hint.what.as_str() == "builder").unwrap().is)
    })
    .collect()
}

#[test]
fn a_builder_that_writes_no_build_arguments_proves_nothing_about_them() {
    let said = |text: &str| json!({ "created_by": text });
    let by = |text: &str, author: &str| json!({ "created_by": text, "author": author });
    assert_eq!(doubts(&[step("ADD rootfs.tar / # buildkit"), by("RUN make", "kaniko")]), ["Unproven kaniko"]);
    // An engine does not tell the author.
    assert_eq!(doubts(&[step("ADD rootfs.tar / # buildkit"), said("RUN /bin/sh -c make")]), ["Unproven unknown"]);
    assert_eq!(
        doubts(&[step("ADD rootfs.tar / # buildkit"), by("jib-maven-plugin:3.4.0", "Jib")]),
        ["Unproven synthetic"]
    );
    assert_eq!(doubts(&[said("bazel build ...")]), ["Unproven synthetic"]);
}

#[test]
fn ordinary_builders_and_commits_on_top_of_them_are_believed() {
    let said = |text: &str| json!({ "created_by": text });
    let debian = json!({ "created_by": "# debian.sh --arch 'amd64' out/ 'trixie'", "comment": "debuerreotype 0.16" });
    let classic = said("/bin/sh -c #(nop) COPY file:ab in /bin/busybox ");
    let buildah = json!({ "created_by": "/bin/sh -c make", "comment": "FROM docker.io/library/debian:13" });
    let commit = said("/bin/busybox sh -c true");
    for own in [step("RUN /bin/sh -c make # buildkit"), classic, buildah] {
        for history in [
            vec![own.clone()],
            vec![debian.clone(), own.clone()],
            vec![said("bazel build ..."), own.clone()],
            vec![debian.clone(), own, commit.clone(), said("run server")],
        ] {
            assert_eq!(doubts(&history), [""; 0]);
        }
    }
}

#[test]
fn a_proxy_s_password_in_the_environment_is_a_leak() {
    for name in ["http_proxy", "HTTPS_PROXY"] {
        let value = format!("http://builder:{}@proxy.example.org:3128", secret());
        let batch = read(
            &Files::docker(&config(
                "amd64",
                &json!({}),
                &[step("COPY a /a # buildkit"), meta(&format!("ENV {name}={value}"))],
            ))
            .tar(),
        );
        let found = of(&batch, "image.env", name);
        assert_eq!((found.len(), found[0].word("class")), (1, Some("plaintext")), "{}", shown(&batch));
        let argument = format!("RUN |1 {name}={value} /bin/sh -c make # buildkit");
        let batch = read(&Files::docker(&config("amd64", &json!({}), &[step(&argument)])).tar());
        assert_eq!(exposed(&batch, "image.env", "where", "build-arg").len(), 1, "{}", shown(&batch));
    }
}

/// What both kinds of an image say of a history, which must be the same.
fn gaps(history: &[Value]) -> Vec<Cause> {
    let batch = read(&Files::docker(&config("amd64", &json!({}), history)).tar());
    let (env, command) = (causes(&batch, "image.env"), causes(&batch, "image.command"));
    assert_eq!(env, command, "{}", shown(&batch));
    let whole = batch.coverage.iter().all(leakproof::evidence::Coverage::is_complete);
    assert_eq!(whole, env.is_empty(), "{}", shown(&batch));
    env
}

fn by(text: &str, comment: &str) -> Value {
    json!({ "created_by": text, "comment": comment })
}

#[test]
fn crane_flatten_leaves_a_history_that_proves_nothing_and_its_comment_is_read() {
    let text = "crane flatten sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    assert_eq!(gaps(&[by(text, "")]), [Cause::Empty]);
    assert_eq!(gaps(&[by(text, ""), step("RUN /bin/sh -c make # buildkit")]), [Cause::Empty], "a base that was");
    // crane keeps the old history as JSON in the comment.
    let old = json!([meta(&format!("ENV JWT_SECRET_KEY={}", secret()))]).to_string();
    let batch = read(&Files::docker(&config("amd64", &json!({}), &[by(text, &old)])).tar());
    assert_eq!(exposed(&batch, "image.command", "where", "comment").len(), 1, "{}", shown(&batch));
}

#[test]
fn docker_squash_leaves_a_history_that_proves_nothing() {
    let base = by("/bin/sh -c #(nop)  CMD [\"sh\"]", "");
    assert_eq!(gaps(&[json!({ "comment": "", "created": "2026-01-01T00:00:00Z" })]), [Cause::Empty]);
    assert_eq!(gaps(&[base.clone(), by("", "squashed by docker-squash")]), [Cause::Empty, Cause::Empty]);
    assert_eq!(gaps(&[base.clone(), by("/bin/sh -c make", "squashed with docker-squash")]), [Cause::Empty]);
    assert_eq!(gaps(&[base, by("", "merge sha256:a to sha256:b")]), [Cause::Empty]);
}

#[test]
fn layers_that_no_known_builder_wrote_prove_nothing_of_either_kind() {
    assert_eq!(gaps(&[by("something of its own", "")]), [Cause::Unproven]);
    let own = meta("ENV A=b");
    assert_eq!(gaps(&[by("img unpack", ""), own]), [Cause::Unproven], "known metadata tells of no layer");
}

#[test]
fn words_about_squashing_in_a_build_step_are_no_flattening() {
    for text in [
        "RUN /bin/sh -c apt-get install -y squashfs-tools # buildkit",
        "RUN /bin/sh -c ./flatten --squash # buildkit",
        "COPY squash /usr/bin/ # buildkit",
    ] {
        assert_eq!(gaps(&[step(text)]), [], "{text}");
    }
    let buildah = by("/bin/sh -c make", "FROM registry.example.org/squash:1");
    assert_eq!(gaps(&[buildah]), []);
}

#[test]
fn truncated_history_text_is_truncated() {
    let env = "/bin/sh -c #(nop)  ENV JWT_SECRET_KEY=";
    for text in [format!("{env}abcdef…"), format!("{env}{}...", "a".repeat(42 - env.len()))] {
        assert_eq!(gaps(&[step("COPY a /a # buildkit"), meta(&text)]), [Cause::Truncated], "{text}");
    }
    assert_eq!(gaps(&[step("RUN /bin/sh -c echo loading... # buildkit")]), []);
}

#[test]
fn apko_and_nix_write_a_history_that_says_nothing_of_build_arguments() {
    let apko = json!({ "author": "apko", "created_by": "apko", "comment": "This is an apko single-layer image" });
    assert_eq!(doubts(&[apko]), ["Unproven synthetic"]);
    assert_eq!(doubts(&[by("nix2container", "")]), ["Unproven synthetic"]);
    // dockerTools writes comments only: entries without text.
    assert_eq!(gaps(&[by("", "store paths: ['/nix/store/abc-bash-5.2']")]), [Cause::Empty]);
}
