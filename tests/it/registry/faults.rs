//! What goes wrong on the way: each fault is overcome, or leaves the image unverified with its cause.

use super::rig::{KINDS, cause, examine, gaps, leaky, root, run};
use super::stand_in::{content, cut, header, image, registry, status};
use crate::docker::rig::{count, shown};
use crate::image::builder::{Files, digest};
use crate::image::layers::{image as image_of, line, tar, told};
use crate::scene::secret;
use crate::service::stand_in::{StandIn, send};
use leakproof::evidence::{Batch, Cause};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// An image with one large layer that says something at its end, and the layer's digest.
fn large() -> (Files, String) {
    let noise: Vec<u8> = (0..200_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let layer = tar(&[("app/noise.bin", &noise), ("app/.env", line(&secret()).as_bytes())]);
    let name = digest(&layer);
    let mut files = Files::oci();
    let one = image_of(&mut files, "amd64", &[layer]);
    files.root(&[one]);
    (files, name)
}

fn hint(batch: &Batch, what: &str) -> Option<String> {
    let hints = batch.gaps.iter().flat_map(|gap| &gap.hints);
    hints.filter(|hint| hint.what.as_str() == what).map(|hint| hint.is.as_str().to_owned()).next()
}

fn whole(batch: &Batch) {
    assert!(batch.gaps.is_empty(), "{}", shown(batch));
    assert_eq!(told(batch), ["app/.env:2"], "{}", shown(batch));
}

#[test]
fn what_passes_is_waited_for() {
    for line in ["429 Too Many Requests", "500 Internal Server Error", "503 Service Unavailable"] {
        let server = registry(&leaky(), move |request, stream| {
            // Every path fails twice, in two ways of saying when to come again.
            let headers = if request.before == 0 { "Retry-After: 0\r\n" } else { "" };
            request.before < 2 && status(stream, line, headers)
        });
        whole(&examine(&image(&server), ""));
    }
}

#[test]
fn what_does_not_pass_is_given_up_with_its_status() {
    for (line, code) in [("429 Too Many Requests", "429"), ("500 Internal Server Error", "500")] {
        let server = registry(&leaky(), move |_, stream| status(stream, line, "Retry-After: 0\r\n"));
        let batch = examine(&image(&server), "");
        assert_eq!((cause(&batch), batch.gaps.len()), (Cause::Refused, KINDS.len()), "{}", shown(&batch));
        assert_eq!(hint(&batch, "status").as_deref(), Some(code));
        assert_eq!(server.requests().len(), 5, "a bounded number of attempts");
    }
}

#[test]
fn a_registry_that_asks_for_an_hour_is_not_waited_for() {
    let server = registry(&leaky(), |_, stream| status(stream, "429 Too Many Requests", "Retry-After: 3600\r\n"));
    let began = Instant::now();
    assert_eq!(cause(&examine(&image(&server), "")), Cause::Refused);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn no_permission_and_no_image_are_told_apart() {
    for (line, expected, code) in [
        ("403 Forbidden", Cause::Denied, "403"),
        ("401 Unauthorized", Cause::Denied, "401"),
        ("404 Not Found", Cause::NotFound, "404"),
    ] {
        let server = registry(&leaky(), move |_, stream| status(stream, line, ""));
        let batch = examine(&image(&server), "");
        assert_eq!(cause(&batch), expected, "{}", shown(&batch));
        assert_eq!(hint(&batch, "status").as_deref(), Some(code));
    }
}

#[test]
fn a_layer_nobody_may_read_leaves_the_rest_examined() {
    let (files, layer) = large();
    for (line, expected) in [("403 Forbidden", Cause::Denied), ("404 Not Found", Cause::NotFound)] {
        let layer = layer.clone();
        let server = registry(&files, move |request, stream| request.is_layer(&layer) && status(stream, line, ""));
        let batch = examine(&image(&server), "");
        assert_eq!(gaps(&batch).iter().map(|gap| gap.cause).collect::<Vec<_>>(), [expected], "{}", shown(&batch));
        assert!(batch.gaps.len() == 1 && count(&batch, "image.env", "history-entries") > 0);
    }
}

#[test]
fn a_config_nobody_may_read_says_why() {
    let files = leaky();
    let manifest: Value = serde_json::from_slice(&content(&files, "manifests/1").unwrap()).unwrap();
    let config = format!("blobs/{}", manifest["config"]["digest"].as_str().unwrap());
    let server = registry(&files, move |request, stream| request.path == config && status(stream, "403 Forbidden", ""));
    let batch = examine(&image(&server), "");
    assert_eq!((cause(&batch), hint(&batch, "status").as_deref()), (Cause::Denied, Some("403")), "{}", shown(&batch));
}

#[test]
fn a_layer_that_breaks_off_goes_on_where_it_broke() {
    let (files, layer) = large();
    let (bytes, name) = (content(&files, &format!("blobs/{layer}")).unwrap(), layer.clone());
    let server = registry(&files, move |request, stream| {
        request.is_layer(&name) && request.before == 0 && cut(stream, &bytes, 300_000)
    });
    whole(&examine(&image(&server), ""));
    let ranges: Vec<String> =
        server.requests().iter().filter_map(|head| header(head, "range").map(str::to_owned)).collect();
    let from: Vec<u64> = ranges.iter().map(|text| text[6..].trim_end_matches('-').parse().unwrap()).collect();
    assert!(from.len() == 1 && from[0] > 0 && from[0] <= 300_000, "{ranges:?}");
}

#[test]
fn a_registry_without_ranges_is_read_again_and_nothing_twice() {
    let (files, layer) = large();
    let bytes = content(&files, &format!("blobs/{layer}")).unwrap();
    let server = registry(&files, move |request, stream| {
        if !request.is_layer(&layer) {
            return false;
        }
        // Each time a little further, always from the start.
        let after = 200_000 * (request.before + 1);
        if after < bytes.len() {
            return cut(stream, &bytes, after);
        }
        send(stream, &format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", bytes.len()));
        let _ = std::io::Write::write_all(stream, &bytes);
        true
    });
    let batch = examine(&image(&server), "");
    whole(&batch);
    assert_eq!(count(&batch, "image.file", "files"), 2);
}

#[test]
fn a_layer_that_always_breaks_off_is_truncated() {
    let (files, layer) = large();
    let bytes = content(&files, &format!("blobs/{layer}")).unwrap();
    let server = registry(&files, move |request, stream| request.is_layer(&layer) && cut(stream, &bytes, 1000));
    let batch = examine(&image(&server), "");
    assert_eq!(gaps(&batch).iter().map(|gap| gap.cause).collect::<Vec<_>>(), [Cause::Truncated], "{}", shown(&batch));
    assert!(server.requests().len() < 20);
}

#[test]
fn another_part_than_was_asked_for_is_no_layer() {
    let (files, layer) = large();
    let bytes = content(&files, &format!("blobs/{layer}")).unwrap();
    let server = registry(&files, move |request, stream| {
        if request.is_layer(&layer) && request.before > 0 {
            return status(stream, "206 Partial Content", "Content-Range: bytes 7-8/9\r\n");
        }
        request.is_layer(&layer) && cut(stream, &bytes, 1000)
    });
    let batch = examine(&image(&server), "");
    assert_eq!(
        gaps(&batch).iter().map(|gap| gap.cause).collect::<Vec<_>>(),
        [Cause::Inconsistent],
        "{}",
        shown(&batch)
    );
}

#[test]
fn a_registry_that_falls_silent_is_a_timeout() {
    let (files, layer) = large();
    for in_layer in [true, false] {
        let (bytes, layer) = (content(&files, &format!("blobs/{layer}")).unwrap(), layer.clone());
        let server = registry(&files, move |request, stream| {
            if in_layer && !request.is_layer(&layer) {
                return false;
            }
            send(stream, &format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", bytes.len()));
            let _ = std::io::Write::write_all(stream, &bytes[..1000]);
            std::thread::sleep(Duration::from_secs(30));
            true
        });
        let began = Instant::now();
        let batch = examine(&image(&server), "");
        assert_eq!(cause(&batch), Cause::Timeout, "{}", shown(&batch));
        assert!(began.elapsed() < Duration::from_secs(15));
    }
}

#[test]
fn what_is_not_what_its_digest_says_is_not_believed() {
    let (files, layer) = large();
    // The same image with one character of its config, its manifest or its layer changed.
    let manifest: Value = serde_json::from_slice(&content(&files, "manifests/1").unwrap()).unwrap();
    let config = manifest["config"]["digest"].as_str().unwrap().to_owned();
    let all = [format!("manifests/{}", root(&files)), format!("blobs/{config}"), format!("blobs/{layer}")];
    for path in all {
        let mut bytes = content(&files, &path).unwrap();
        // A blank behind a document, a byte inside the noise.
        if path.contains(&layer) {
            bytes[5000] ^= 1;
        } else {
            bytes.push(b' ');
        }
        let wrong = path.clone();
        let server = registry(&files, move |request, stream| {
            if request.path != wrong {
                return false;
            }
            send(stream, &format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", bytes.len()));
            let _ = std::io::Write::write_all(stream, &bytes);
            true
        });
        let mut batch = examine(&format!("registry:{}/team/app@{}", server.address, root(&files)), "");
        // Of a pinned platform nobody knows the attestations.
        batch.gaps.retain(|gap| gap.cause != Cause::Unproven);
        assert_eq!(cause(&batch), Cause::Inconsistent, "{path} {}", shown(&batch));
    }
}

#[test]
fn a_digest_in_a_header_that_contradicts_is_inconsistent() {
    let files = leaky();
    for (stated, fits) in [(root(&files), true), (digest(b"another"), false)] {
        let bytes = content(&files, "manifests/1").unwrap();
        let server = registry(&files, move |request, stream| {
            if !request.path.starts_with("manifests/") {
                return false;
            }
            let head = format!("HTTP/1.1 200 OK\r\nDocker-Content-Digest: {stated}\r\nContent-Length: {}", bytes.len());
            send(stream, &format!("{head}\r\n\r\n"));
            let _ = std::io::Write::write_all(stream, &bytes);
            true
        });
        let batch = examine(&image(&server), "");
        if fits { whole(&batch) } else { assert_eq!(cause(&batch), Cause::Inconsistent, "{}", shown(&batch)) }
    }
}

#[test]
fn a_tag_that_moves_is_asked_for_once() {
    let server = registry(&leaky(), |request, stream| {
        request.path == "manifests/1" && request.before > 0 && status(stream, "404 Not Found", "")
    });
    whole(&examine(&image(&server), ""));
    assert_eq!(server.requests().iter().filter(|head| head.contains("/manifests/")).count(), 1);
}

#[test]
fn a_manifest_of_the_first_schema_is_named() {
    let json = json!({ "schemaVersion": 1, "name": "team/app", "tag": "1", "fsLayers": [], "history": [] }).to_string();
    let server = StandIn::answering(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{json}", json.len()));
    let batch = examine(&image(&server), "");
    assert_eq!(cause(&batch), Cause::Unsupported);
    assert!(shown(&batch).contains("schema 1"), "{}", shown(&batch));
}

#[test]
fn a_document_without_end_is_over_its_limit() {
    let server = StandIn::new(|_, _, stream| {
        send(stream, "HTTP/1.1 200 OK\r\n\r\n{");
        let _ = std::io::Write::write_all(stream, &vec![b' '; 200_000]);
    });
    let batch = examine(&image(&server), "limits: { config_bytes: 100000 }");
    assert_eq!(cause(&batch), Cause::OverLimit, "{}", shown(&batch));
    assert!(shown(&batch).contains("limits.config_bytes"));
}

#[test]
fn a_foreign_layer_is_a_gap_and_is_not_asked_for() {
    let mut files = leaky();
    let mut manifest: Value = serde_json::from_slice(&content(&files, "manifests/1").unwrap()).unwrap();
    manifest["layers"][0]["mediaType"] = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip".into();
    let descriptor = files.blob("application/vnd.oci.image.manifest.v1+json", &manifest);
    files.root(&[descriptor]);
    let server = super::stand_in::honest(&files);
    let batch = examine(&image(&server), "");
    assert_eq!(gaps(&batch).iter().map(|gap| gap.cause).collect::<Vec<_>>(), [Cause::Unsupported], "{}", shown(&batch));
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    assert!(server.requests().iter().all(|head| !head.contains(layer)));
}

#[test]
fn a_layer_of_two_images_is_downloaded_once_a_run() {
    let files = leaky();
    let manifest: Value = serde_json::from_slice(&content(&files, "manifests/1").unwrap()).unwrap();
    let layer = manifest["layers"][0]["digest"].as_str().unwrap().to_owned();
    let server = super::stand_in::honest(&files);
    let other = format!("registry:{}/team/app@{}", server.address, root(&files));
    let yaml = format!("service: t\nimages: [ \"{}\", \"{other}\" ]\n", image(&server));
    let batch = crate::scene::collect(&yaml, Path::new(""), &KINDS);
    assert_eq!(told(&batch), ["app/.env:2", "app/.env:2"], "{}", shown(&batch));
    assert_eq!(server.requests().iter().filter(|head| head.contains(&layer)).count(), 1);
}

#[test]
fn a_port_that_refuses_is_refused_and_a_name_that_is_none_is_malformed() {
    let closed = crate::service::stand_in::closed_port();
    assert_eq!(cause(&examine(&format!("registry:{closed}/team/app:1"), "")), Cause::Refused);
    assert_eq!(cause(&examine("registry:127.0.0.1/Team/../app", "")), Cause::Malformed);
}

#[test]
fn no_fault_becomes_a_pass() {
    let home = tempfile::tempdir().unwrap();
    for line in ["401 Unauthorized", "404 Not Found", "418 I'm a teapot", "302 Found", "204 No Content", "200 OK"] {
        let server = registry(&leaky(), move |_, stream| status(stream, line, ""));
        let run = run(&image(&server), home.path(), &[], &[]);
        assert_eq!(run.code, 3, "{line} {}", run.all);
    }
}

#[test]
fn an_interrupt_ends_a_download() {
    let home = tempfile::tempdir().unwrap();
    let (files, layer) = large();
    let server = registry(&files, move |request, _| {
        if request.is_layer(&layer) {
            std::thread::sleep(Duration::from_mins(1));
        }
        request.is_layer(&layer)
    });
    let yaml = format!("service: t\nimages: [ \"{}\" ]\nregistry: {{ timeout: 5m }}\n", image(&server));
    std::fs::write(home.path().join("leakproof.yaml"), yaml).unwrap();
    let binary = assert_cmd::cargo::cargo_bin("leakproof");
    let mut child = std::process::Command::new(binary)
        .args(["check", "-q", "--rule", "image/layer-files"])
        .current_dir(home.path())
        .env("HOME", home.path())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while server.requests().len() < 3 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    super::rig::program("kill", &["-INT", &child.id().to_string()]);
    let began = Instant::now();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(began.elapsed() < Duration::from_secs(5));
    let mut said = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut said).unwrap();
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn offline_leaves_registries_out() {
    let home = tempfile::tempdir().unwrap();
    let server = super::stand_in::honest(&leaky());
    let yaml = format!("service: t\nrepositories: []\nimages: [ \"{}\" ]\n", image(&server));
    std::fs::write(home.path().join("leakproof.yaml"), yaml).unwrap();
    let mut command = crate::commands::leakproof();
    command.args(["check", "--offline"]).current_dir(home.path());
    let said = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(said.contains("left out by --offline: live targets of images"), "{said}");
    assert!(server.requests().is_empty() && server.connections() == 0);
}
