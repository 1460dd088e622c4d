//! An archive and a layout with a value in every text of history, config, annotations, tags and attestations; and the log
//! of a build.

use super::planted::Planted;
use crate::image::builder::{Files, config, meta, step};
use data_encoding::BASE64;
use serde_json::{Value, json};

const ENV: &str = "image/env-and-args";
const MORE: &str = "image/build-commands";
const TOLD: &str = "image/attestations";
const LOG: &str = "image/build-logs";

pub(super) fn plant(planted: &mut Planted) {
    archive(planted);
    layout(planted);
    log(planted);
}

fn history(p: &mut Planted) -> Vec<Value> {
    let own = p.at("history: author", MORE, "hau-password");
    let comment = p.at("history: comment", MORE, "hco-password");
    let mut told = step("COPY a /a # buildkit");
    told["author"] = json!(format!("--hau-password={own}"));
    told["comment"] = json!(format!("--hco-password={comment}"));
    vec![
        told,
        meta(&format!("ENV HENV_TOKEN={}", p.at("history: ENV", ENV, "HENV_TOKEN"))),
        meta(&format!("ENV HURL={}", p.dsn("history: ENV, a URL", ENV, "HURL"))),
        meta(&format!("ENV HCONFIG_B64={}", p.wrapped("history: ENV, base64", ENV, "HCONFIG_B64"))),
        meta(&format!("ARG HARG_TOKEN={}", p.at("history: ARG", ENV, "HARG_TOKEN"))),
        step(&format!(
            "RUN |1 HBUILD_TOKEN={} /bin/sh -c HRUN_TOKEN={} make # buildkit",
            p.at("history: build argument", ENV, "HBUILD_TOKEN"),
            p.at("history: RUN", MORE, "HRUN_TOKEN")
        )),
        step(&format!(
            "RUN /bin/sh -c cat <<EOF > /x\nHDOC_TOKEN={}\nEOF # buildkit",
            p.at("history: heredoc", MORE, "HDOC_TOKEN")
        )),
        meta(&format!("LABEL hlabel-token={}", p.at("history: LABEL", MORE, "hlabel-token"))),
        meta(&format!("HEALTHCHECK CMD HHC_TOKEN={} true", p.at("history: HEALTHCHECK", MORE, "HHC_TOKEN"))),
        meta(&format!("ENTRYPOINT [\"a\" \"--hen-password={}\"]", p.at("history: ENTRYPOINT", MORE, "hen-password"))),
        meta(&format!("ONBUILD RUN HOB_TOKEN={} make", p.at("history: ONBUILD", MORE, "HOB_TOKEN"))),
        meta(&format!("CMD [\"a\" \"--hcm-password={}\"]", p.at("history: CMD", MORE, "hcm-password"))),
    ]
}

fn archive(p: &mut Planted) {
    let history = history(p);
    let settings = json!({
        "Env": [format!("FENV_TOKEN={}", p.at("config: Env", ENV, "FENV_TOKEN")), p.unseen()],
        "Cmd": ["a", format!("--fcm-password={}", p.at("config: Cmd", MORE, "fcm-password"))],
        "Entrypoint": ["a", format!("--fen-password={}", p.at("config: Entrypoint", MORE, "fen-password"))],
        "Labels": { "flabel-token": p.at("config: label", MORE, "flabel-token") },
        "Healthcheck": { "Test": ["CMD-SHELL", format!("FHC_TOKEN={}", p.at("config: Healthcheck", MORE, "FHC_TOKEN"))] },
        "OnBuild": [format!("RUN FOB_TOKEN={}", p.at("config: OnBuild", MORE, "FOB_TOKEN"))],
        "Shell": ["sh", format!("FSH_TOKEN={}", p.at("config: Shell", MORE, "FSH_TOKEN"))],
        "User": p.unseen(),
    });
    let mut document = config("amd64", &settings, &history);
    document["author"] = json!(format!("--dau-password={}", p.at("the image's author", MORE, "dau-password")));
    document["comment"] = json!(format!("--dco-password={}", p.at("the image's comment", MORE, "dco-password")));
    let old = p.at("container_config: Env", ENV, "OENV_TOKEN");
    document["container_config"] = json!({ "Env": [format!("OENV_TOKEN={old}")] });
    let argument = p.at("build info: a build argument", MORE, "IARG_TOKEN");
    let info = json!({ "frontend": "dockerfile.v0", "attrs": { "build-arg:IARG_TOKEN": argument } }).to_string();
    document["moby.buildkit.buildinfo.v1"] = json!(p.form(BASE64.encode(info.as_bytes())));
    let mut files = Files::docker(&document);
    let mut list: Value = serde_json::from_slice(&files.0["manifest.json"]).unwrap();
    list[0]["RepoTags"] = json!([format!("app:{}", p.unseen())]);
    files.0.insert("manifest.json".into(), list.to_string().into_bytes());
    p.write("image.tar", files.tar());
}

fn layout(p: &mut Planted) {
    let mut files = Files::oci();
    let mut manifest = files.image(&config("amd64", &json!({}), &[step("COPY a /a # buildkit")]));
    let below = p.at("annotation of a manifest", MORE, "nm-password");
    manifest["annotations"] = json!({ "org.example.nm-password": below });
    let above = p.at("annotation of the index", MORE, "ni-password");
    let attestation = attestation(p, &mut files, &manifest);
    let index = json!({
        "schemaVersion": 2, "manifests": [manifest, attestation], "annotations": { "org.example.ni-password": above },
    });
    files.0.insert("index.json".into(), index.to_string().into_bytes());
    files.write(&p.root.path().join("layout"));
}

/// Provenance, a bill of materials, and a statement of a type that is a value itself.
fn attestation(p: &mut Planted, files: &mut Files, of: &Value) -> Value {
    let dockerfile = format!("FROM a\nENV PDOCK_TOKEN={}\n", p.at("provenance: Dockerfile", TOLD, "PDOCK_TOKEN"));
    let written = format!("PFILE_TOKEN={}\n", p.at("provenance: a file of a step", TOLD, "PFILE_TOKEN"));
    let password = p.at("provenance: a URL", TOLD, "source-url");
    let odd = p.as_name();
    let provenance = json!({
        "invocation": {
            "configSource": { "uri": format!("https://ci:{password}@git.example/a.git") },
            "parameters": { "args": {
                "build-arg:PARG_TOKEN": p.at("provenance: a build argument", TOLD, "PARG_TOKEN"),
                format!("build-arg:{odd}"): p.unseen(), format!("label:{odd}"): p.unseen(),
            } },
        },
        "buildConfig": { "llbDefinition": [
            { "op": { "Op": { "exec": { "meta": {
                "args": ["a", format!("--pcmd-password={}", p.at("provenance: a command", TOLD, "pcmd-password"))],
                "env": [format!("PENV_TOKEN={}", p.at("provenance: an environment", TOLD, "PENV_TOKEN")), p.unseen()],
            } } } } },
            { "op": { "Op": { "file": { "actions": [{ "Action": { "mkfile": { "data": p.form(BASE64.encode(written.as_bytes())) } } }] } } } },
        ] },
        "metadata": { "buildkit": { "source": { "infos": [{ "filename": p.as_name(), "data": p.form(BASE64.encode(dockerfile.as_bytes())) }] } } },
    });
    let sbom = json!({ "packages": [{ "name": p.unseen(), "comment": format!("SBOM_TOKEN={}", p.at("a bill of materials", TOLD, "SBOM_TOKEN")) }] });
    let other = json!({ "note": format!("OTHER_TOKEN={}", p.at("any statement", TOLD, "OTHER_TOKEN")) });
    let odd_kind = format!("https://example.org/{}", p.as_name());
    let statements =
        [("https://slsa.dev/provenance/v0.2", provenance), ("https://spdx.dev/Document", sbom), (&odd_kind, other)];
    let statements = statements.map(|(kind, predicate)| crate::image::attestations::statement(of, kind, &predicate));
    files.attested(of, &statements)
}

/// A zip, so that the names of its files count too.
fn log(p: &mut Planted) {
    let digest = format!("sha256:{}", "0a".repeat(32));
    let lines = format!(
        "Step 1/1 : RUN LRUN_TOKEN={} make\nLOUT_TOKEN={}\n\u{1b}]8;;https://u:{}@h/\u{7}x\nSuccessfully built {}\n",
        p.at("a log: an instruction", LOG, "LRUN_TOKEN"),
        p.at("a log: output", LOG, "LOUT_TOKEN"),
        p.unseen(),
        &digest[7..19]
    );
    let name = p.as_name();
    p.write("build.zip", crate::build_log::zip(&[(&format!("{name}.txt"), &lines)]));
}
