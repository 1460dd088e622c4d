//! What the builder's hand says about a history, and values that builders write down.

use super::archives::read;
use super::builder::{Files, config, meta, step};
use crate::docker::rig::{causes, exposed, of, secret, shown};
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
    assert_eq!(doubts(&[said("something of its own")]), ["Unproven unknown"]);
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
