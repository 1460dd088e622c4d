//! `docker save` archives: whole, damaged, hostile.

use super::builder::{Files, config, gzip, header, meta, step};
use crate::docker::rig::{IMAGE, causes, collect, count, exposed, identity, of, secret, shown};
use crate::scene::hex;
use leakproof::evidence::{Batch, Cause, Name};
use serde_json::{Value, json};
use std::io::{Seek, SeekFrom, Write};

const HEAD: &str = "service: t\nsecrets: [{ name: JWT_SECRET_KEY }]\nimages: [ \"docker-archive:image.tar\" ]\n";

pub(super) fn read(bytes: &[u8]) -> Batch {
    read_with(bytes, "")
}

fn read_with(bytes: &[u8], rest: &str) -> Batch {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("image.tar"), bytes).unwrap();
    collect(&format!("{HEAD}{rest}\n"), dir.path(), &IMAGE)
}

fn leaky() -> (Value, String) {
    let value = secret();
    let env = format!("JWT_SECRET_KEY={value}");
    let image = json!({ "Env": ["PATH=/bin", env], "Cmd": ["app"] });
    (
        config(
            "amd64",
            &image,
            &[step("COPY app /app # buildkit"), meta(&format!("ENV {env}")), meta("CMD [\"app\"]")],
        ),
        value,
    )
}

#[test]
fn one_value_in_history_and_config_is_one_finding() {
    let (document, value) = leaky();
    for bytes in [Files::docker(&document).tar(), gzip(&Files::docker(&document).tar())] {
        let batch = read(&bytes);
        let found = of(&batch, "image.env", "JWT_SECRET_KEY");
        assert_eq!(found.len(), 1, "{}", shown(&batch));
        assert_eq!((found[0].word("where"), found[0].word("class")), (Some("history-env"), Some("plaintext")));
        assert_eq!(found[0].subject.place.layer.as_ref().map(Name::as_str), Some("step 2"));
        assert_eq!(count(&batch, "image.env", "history-entries"), 3);
        assert_eq!(identity(&batch, "image.env", "builder").as_deref(), Some("buildkit"));
        assert!(batch.gaps.is_empty() && !shown(&batch).contains(&value), "{}", shown(&batch));
    }
}

#[test]
fn env_of_the_config_without_an_entry_is_inherited() {
    let image = json!({ "Env": [format!("BASE_SECRET={}", secret())] });
    let batch = read(&Files::docker(&config("amd64", &image, &[step("COPY app /app # buildkit")])).tar());
    let found = of(&batch, "image.env", "BASE_SECRET");
    assert_eq!((found[0].word("where"), found[0].word("origin")), (Some("config-env"), Some("inherited")));
}

#[test]
fn a_base_image_s_env_is_inherited_and_still_a_leak() {
    let (base, own) = (format!("A_SECRET={}", secret()), format!("B_SECRET={}", secret()));
    let history = [
        step("ADD rootfs.tar / # buildkit"),
        meta(&format!("ENV {base}")),
        meta("CMD [\"sh\"]"),
        meta(&format!("ENV {own}")),
        step("COPY app /app # buildkit"),
        meta("CMD [\"app\"]"),
    ];
    let batch = read(&Files::docker(&config("amd64", &json!({ "Env": [base, own] }), &history)).tar());
    assert_eq!(of(&batch, "image.env", "A_SECRET")[0].word("origin"), Some("inherited"));
    assert_eq!(of(&batch, "image.env", "A_SECRET")[0].word("class"), Some("plaintext"));
    assert_eq!(of(&batch, "image.env", "B_SECRET")[0].word("origin"), Some("own"));
}

#[test]
fn every_config_field_is_read() {
    let fields = json!({
        "Labels": { "api-token": secret() }, "Cmd": ["app", &format!("--c-password={}", secret())],
        "Entrypoint": ["run", &format!("--e-password={}", secret())],
        "Healthcheck": { "Test": ["CMD-SHELL", &format!("H_TOKEN={}", secret())] },
        "OnBuild": [format!("RUN O_TOKEN={}", secret())], "Shell": ["sh", &format!("S_TOKEN={}", secret())],
    });
    let mut document = config("amd64", &fields, &[step("COPY app /app # buildkit")]);
    document["container_config"] = json!({ "Env": [format!("OLD_SECRET={}", secret())] });
    let batch = read(&Files::docker(&document).tar());
    for place in ["label", "cmd", "entrypoint", "healthcheck", "onbuild", "shell"] {
        assert_eq!(exposed(&batch, "image.command", "where", place).len(), 1, "{place}: {}", shown(&batch));
    }
    assert_eq!(of(&batch, "image.env", "OLD_SECRET").len(), 1);
}

#[test]
fn a_flattened_image_is_a_gap_not_a_clean_history() {
    let imported = json!({ "comment": "Imported from -" });
    let squashed = json!({ "created_by": null, "comment": "merge sha256:a to sha256:b" });
    for history in [vec![], vec![imported], vec![squashed, meta("ENV A=b")]] {
        let batch = read(&Files::docker(&config("amd64", &json!({}), &history)).tar());
        assert_eq!(causes(&batch, "image.env"), [Cause::Empty], "{}", shown(&batch));
        assert!(batch.coverage.iter().all(|coverage| !coverage.is_complete()));
    }
}

#[test]
fn history_and_layers_that_disagree_are_a_gap() {
    let mut document = config("amd64", &json!({}), &[step("COPY app /app # buildkit")]);
    document["history"] = json!([step("COPY app /app # buildkit"), step("RUN /bin/sh -c make # buildkit")]);
    let batch = read(&Files::docker(&document).tar());
    assert_eq!(causes(&batch, "image.command"), [Cause::Inconsistent]);
    assert!(batch.gaps[0].shown().contains("layers: 1"), "{}", batch.gaps[0].shown());
}

#[test]
fn an_env_file_copied_by_heredoc_lies_in_a_layer() {
    let history = [step("COPY <<EOF /app/.env # buildkit"), step("COPY .env.example /app/ # buildkit")];
    let batch = read(&Files::docker(&config("amd64", &json!({}), &history)).tar());
    assert_eq!(causes(&batch, "image.command"), [Cause::ContentElsewhere], "{}", shown(&batch));
}

#[test]
fn what_is_no_leak_is_not_called_one() {
    let history = [
        meta("ARG TOKEN"),
        meta("ENV JWT_SECRET_KEY="),
        meta("ENV PATH=/usr/bin:/bin"),
        step("RUN --mount=type=secret,id=token /bin/sh -c make # buildkit"),
        json!({ "created_by": "/bin/sh -c #(nop)  ARG TOKEN", "empty_layer": true }),
    ];
    let batch = read(&Files::docker(&config("amd64", &json!({ "Env": ["PATH=/usr/bin:/bin"] }), &history)).tar());
    let exposed = batch.evidence.iter().filter(|one| one.word("class") == Some("plaintext")).count();
    assert_eq!((exposed, batch.gaps.len()), (0, 0), "{}", shown(&batch));
}

#[test]
fn a_truncated_archive_is_truncated_and_its_findings_stay() {
    let (document, _) = leaky();
    let whole = Files::docker(&document).tar();
    for cut in [whole.len() - 1024, whole.len() - 1500, 700, 100] {
        let batch = read(&whole[..cut]);
        assert!(causes(&batch, "image.env").contains(&Cause::Truncated), "{cut}: {}", shown(&batch));
    }
    let batch = read(&whole[..whole.len() - 1024]);
    assert_eq!(of(&batch, "image.env", "JWT_SECRET_KEY").len(), 1, "the end mark alone is missing");
    let squeezed = gzip(&whole);
    let batch = read(&squeezed[..squeezed.len() / 2]);
    assert_eq!(causes(&batch, "image.env"), [Cause::Truncated]);
}

#[test]
fn a_decompression_bomb_is_over_the_limit() {
    let mut tar = tar::Builder::new(Vec::new());
    let zeros = vec![0_u8; 64 << 20];
    tar.append_data(&mut header(zeros.len() as u64), "a/layer.tar", zeros.as_slice()).unwrap();
    let bomb = gzip(&tar.into_inner().unwrap());
    assert!(bomb.len() < 1 << 20);
    let batch = read_with(&bomb, "limits: { archive_bytes: 1000000 }");
    assert_eq!(causes(&batch, "image.env"), [Cause::OverLimit]);
    assert!(batch.gaps[0].shown().contains("limits.archive_bytes"));
}

#[test]
fn a_document_over_its_limit_is_a_gap() {
    let mut document = leaky().0;
    document["comment"] = json!("x".repeat(5000));
    let batch = read_with(&Files::docker(&document).tar(), "limits: { config_bytes: 4000 }");
    assert_eq!(causes(&batch, "image.env"), [Cause::OverLimit], "{}", shown(&batch));
}

#[test]
fn extension_headers_cannot_fill_the_memory() {
    let mut bytes = Vec::new();
    for kind in [tar::EntryType::XHeader, tar::EntryType::GNULongName] {
        let mut long = header(32 << 20);
        long.set_entry_type(kind);
        long.set_path("x").unwrap();
        long.set_cksum();
        bytes.extend_from_slice(long.as_bytes());
        bytes.extend(vec![b'x'; 32 << 20]);
    }
    assert_eq!(causes(&read(&bytes), "image.env"), [Cause::OverLimit]);
}

#[test]
fn a_ten_gigabyte_sparse_layer_is_passed_over() {
    let (document, _) = leaky();
    let size: u64 = 10 << 30;
    let dir = tempfile::tempdir().unwrap();
    let mut file = std::fs::File::create(dir.path().join("image.tar")).unwrap();
    let mut head = header(size);
    head.set_path("big/layer.tar").unwrap();
    head.set_cksum();
    file.write_all(head.as_bytes()).unwrap();
    file.seek(SeekFrom::Current(i64::try_from(size).unwrap())).unwrap();
    file.write_all(&Files::docker(&document).tar()).unwrap();
    drop(file);
    let started = std::time::Instant::now();
    let batch = collect(HEAD, dir.path(), &IMAGE);
    assert!(started.elapsed().as_secs() < 5);
    assert_eq!(of(&batch, "image.env", "JWT_SECRET_KEY").len(), 1, "{}", shown(&batch));
    assert!(batch.gaps.is_empty());
}

#[test]
fn what_is_no_image_is_malformed_or_unsupported() {
    for (bytes, cause) in [
        (b"not a tar at all, only text that goes on".repeat(40), Cause::Malformed),
        (Files::oci().tar(), Cause::Malformed),
        (vec![0x28, 0xb5, 0x2f, 0xfd, 0, 0], Cause::Unsupported),
        (Vec::new(), Cause::Truncated),
    ] {
        assert_eq!(causes(&read(&bytes), "image.env"), [cause]);
    }
    let batch = collect(HEAD, std::path::Path::new("/nonexistent"), &IMAGE);
    assert_eq!(causes(&batch, "image.env"), [Cause::NotFound]);
    let mut files = Files::docker(&leaky().0);
    files.0.insert("manifest.json".into(), b"[{\"Config\":".to_vec());
    assert_eq!(causes(&read(&files.tar()), "image.env"), [Cause::Malformed]);
}

#[test]
fn a_config_that_is_not_its_digest_is_inconsistent() {
    let mut files = Files::docker(&leaky().0);
    let other = config("amd64", &json!({}), &[step("COPY app /app # buildkit")]).to_string().into_bytes();
    let path = files.0.keys().find(|path| path.len() == 69).unwrap().clone();
    files.0.insert(path, other);
    assert_eq!(causes(&read(&files.tar()), "image.env"), [Cause::Inconsistent]);
}

/// In a build without registries.
#[cfg(not(feature = "registry"))]
#[test]
fn a_registry_is_unsupported_not_clean() {
    let batch = collect("service: t\nimages: [ \"registry:127.0.0.1:9/app:1\" ]\n", std::path::Path::new(""), &IMAGE);
    assert_eq!(causes(&batch, "image.env"), [Cause::Unsupported]);
    assert!(shown(&batch).contains("this build has no registry support"), "{}", shown(&batch));
}

#[test]
fn an_env_file_copied_below_a_commit_s_directory_or_into_a_folder_is_not_dropped() {
    let release: String = (0..40).map(|i| char::from(b"0123456789abcdef"[(i * 7 + 3) % 16])).collect();
    assert!(Name::admit(&release).is_err());
    for copy in [format!("COPY env.txt /srv/{release}/.env # buildkit"), "COPY --chown=1 .env /app/ # buildkit".into()]
    {
        let batch = read(&Files::docker(&config("amd64", &json!({}), &[step(&copy)])).tar());
        assert_eq!(causes(&batch, "image.command"), [Cause::ContentElsewhere], "{copy}: {}", shown(&batch));
        assert!(!shown(&batch).contains(&release));
    }
}

#[test]
fn an_image_without_a_config_is_malformed_not_an_empty_environment() {
    let history = [step("COPY app /app # buildkit")];
    let mut absent = config("amd64", &json!({}), &history);
    absent.as_object_mut().unwrap().remove("config");
    let mut upper = absent.clone();
    upper["Config"] = json!({ "Env": [format!("JWT_SECRET_KEY={}", secret())] });
    let lower = config("amd64", &json!({ "env": [format!("JWT_SECRET_KEY={}", secret())] }), &history);
    for document in [config("amd64", &Value::Null, &history), absent, upper, lower] {
        let batch = read(&Files::docker(&document).tar());
        assert_eq!(causes(&batch, "image.env"), [Cause::Malformed], "{}", shown(&batch));
        assert!(batch.coverage.iter().all(|coverage| !coverage.is_complete()));
    }
}

#[test]
fn a_comment_that_only_begins_like_buildkit_s_is_read() {
    let comment = format!("buildkit.dockerfile.v0 --password={}", secret());
    let history = [json!({ "created_by": "COPY app /app # buildkit", "comment": comment })];
    let batch = read(&Files::docker(&config("amd64", &json!({}), &history)).tar());
    assert_eq!(exposed(&batch, "image.command", "where", "comment").len(), 1, "{}", shown(&batch));
}

#[test]
fn settings_authors_and_build_info_are_read() {
    let value = secret();
    let text = format!("--password={value}");
    let history = [step("COPY app /app # buildkit")];
    let mut documents: Vec<Value> = ["User", "WorkingDir", "Hostname", "Domainname", "StopSignal"]
        .map(|field| config("amd64", &json!({ field: text }), &history))
        .into();
    for field in ["Volumes", "ExposedPorts"] {
        documents.push(config("amd64", &json!({ field: { text.as_str(): {} } }), &history));
    }
    let mut author = config("amd64", &json!({}), &history);
    author["author"] = json!(text);
    let mut info = config("amd64", &json!({}), &history);
    let build = json!({ "frontend": "dockerfile.v0", "attrs": { "build-arg:API_TOKEN": value } });
    info["moby.buildkit.buildinfo.v1"] = json!(data_encoding::BASE64.encode(build.to_string().as_bytes()));
    let step = json!({ "created_by": "COPY app /app # buildkit", "author": text });
    documents.extend([author, info, config("amd64", &json!({}), &[step])]);
    for document in documents {
        let batch = read(&Files::docker(&document).tar());
        let document = document.to_string().replace(&value, "VALUE");
        let found = exposed(&batch, "image.command", "where", "other");
        assert_eq!(found.len(), 1, "{document}: {}", shown(&batch).replace(&value, "VALUE"));
        assert!(!shown(&batch).contains(&value));
    }
}

/// An inspect file's texts are all read: an image's are no other.
#[test]
fn members_that_nobody_knows_are_read_too() {
    let value = secret();
    let text = format!("JWT_SECRET_KEY={value}");
    let history = [step("COPY app /app # buildkit")];
    let mut documents: Vec<Value> = [
        json!({ "X": text }),
        json!({ "Environment": [text] }),
        json!({ "Run": ["app", "--password", value] }),
        json!({ "Image": text }),
    ]
    .map(|more| config("amd64", &more, &history))
    .into();
    for (name, member) in [
        ("moby.buildkit.x.v1", json!({ "args": { "JWT_SECRET_KEY": value } })),
        (
            "moby.buildkit.y.v1",
            json!(data_encoding::BASE64.encode(json!({ "JWT_SECRET_KEY": value }).to_string().as_bytes())),
        ),
        ("docker_version", json!(text)),
        ("created", json!(text)),
        ("id", json!(text)),
    ] {
        let mut document = config("amd64", &json!({}), &history);
        document[name] = member;
        documents.push(document);
    }
    for name in ["created", "note"] {
        let mut entry = step("COPY app /app # buildkit");
        entry[name] = json!(text);
        documents.push(config("amd64", &json!({}), &[entry]));
    }
    for document in documents {
        let batch = read(&Files::docker(&document).tar());
        let document = document.to_string().replace(&value, "VALUE");
        let found = exposed(&batch, "image.command", "where", "other");
        assert!(!found.is_empty(), "{document}: {}", shown(&batch).replace(&value, "VALUE"));
        assert!(!shown(&batch).contains(&value));
    }
}

#[test]
fn what_builders_write_beside_the_rest_is_no_leak() {
    let id = hex(64);
    let mut document = config(
        "amd64",
        &json!({ "Image": format!("sha256:{id}"), "ArgsEscaped": true, "NetworkDisabled": false, "MacAddress": "" }),
        &[json!({ "created": "2026-11-02T16:00:00.123456789Z", "created_by": "COPY app /app # buildkit" })],
    );
    document["created"] = json!("2026-11-02T16:00:00.123456789Z");
    document["docker_version"] = json!("20.10.24+dfsg1");
    document["container"] = json!(id);
    document["id"] = json!(id);
    document["os.version"] = json!("10.0.17763.1817");
    document["variant"] = json!("v8");
    document["moby.buildkit.cache.v0"] = json!(
        data_encoding::BASE64
            .encode(json!([{ "layers": [{ "blob": format!("sha256:{id}"), "parent": -1 }] }]).to_string().as_bytes())
    );
    let batch = read(&Files::docker(&document).tar());
    assert!(exposed(&batch, "image.command", "where", "other").is_empty(), "{}", shown(&batch));
    assert!(causes(&batch, "image.command").is_empty(), "{}", shown(&batch));
}

#[test]
fn bare_values_and_names_that_hold_values_in_the_config_s_env_are_never_shown() {
    let value = secret();
    for entry in [value.clone(), format!("--password {value} --x=y"), format!("DB_PASSWORD: {value} TOKEN=x")] {
        let image = json!({ "Env": [entry] });
        let batch = read(&Files::docker(&config("amd64", &image, &[step("COPY app /app # buildkit")])).tar());
        let class =
            batch.evidence.iter().find(|one| one.kind.as_str() == "image.env").and_then(|one| one.word("class"));
        assert!(matches!(class, Some("plaintext" | "undetermined")), "{}", shown(&batch).replace(&value, "VALUE"));
        assert!(!shown(&batch).contains(&value));
    }
}

#[test]
fn a_label_s_key_that_holds_a_value_is_reported_and_withheld() {
    let value = secret();
    let labels = json!({ "Labels": { format!("password={value}"): "" } });
    let batch = read(&Files::docker(&config("amd64", &labels, &[step("COPY app /app # buildkit")])).tar());
    assert_eq!(exposed(&batch, "image.command", "where", "label").len(), 1, "{}", shown(&batch).replace(&value, "V"));
    assert!(!shown(&batch).contains(&value));
}

#[test]
fn a_tag_in_the_list_of_the_archive_is_read() {
    let mut files = Files::docker(&config("amd64", &json!({}), &[step("COPY app /app # buildkit")]));
    let mut list: Value = serde_json::from_slice(&files.0["manifest.json"]).unwrap();
    list[0]["RepoTags"] = json!([format!("app:1 --password={}", secret())]);
    files.0.insert("manifest.json".into(), list.to_string().into_bytes());
    let batch = read(&files.tar());
    assert_eq!(exposed(&batch, "image.command", "where", "other").len(), 1, "{}", shown(&batch));
}
