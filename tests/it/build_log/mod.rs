//! Build logs: shapes of builders and CIs written here, and logs that the engine of the test run made.

mod ci;
mod events;
mod files;
mod proof;
mod real;
mod whole;

pub(crate) use files::zip;

use crate::docker::rig::{causes, collect, count, secret, shown};
use leakproof::evidence::{Batch, Cause, Evidence};

pub(crate) const KIND: &str = "build.log";

/// A digest that logs name.
pub(crate) fn digest() -> String {
    format!("sha256:{}", "0a1b".repeat(16))
}

/// Reads a log that must be of the build of [`digest`].
pub(crate) fn read(bytes: &[u8]) -> Batch {
    read_as(bytes, &format!("digest: \"{}\"", digest()), "")
}

/// Reads a log that must be of this build.
pub(crate) fn read_as(bytes: &[u8], build: &str, rest: &str) -> Batch {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("build.log"), bytes).unwrap();
    let secrets = "secrets: [{ name: JWT_SECRET_KEY }]";
    let yaml = format!("service: t\n{secrets}\nbuild_logs: [ {{ file: build.log, {build} }} ]\n{rest}\n");
    collect(&yaml, dir.path(), &[KIND])
}

/// Line and variable of what is told.
pub(crate) fn told(batch: &Batch) -> Vec<(u32, String)> {
    let place = |one: &Evidence| {
        let place = &one.subject.place;
        (place.line.unwrap(), place.variable.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default())
    };
    batch.evidence.iter().map(place).collect()
}

/// A whole log of BuildKit with these lines of output in its one step.
pub(crate) fn buildkit(output: &[&str]) -> String {
    let output = output.iter().map(|line| format!("#5 0.043 {line}\n")).collect::<Vec<_>>().concat();
    format!(
        "#1 [internal] load build definition from Dockerfile\n#1 DONE 0.0s\n\n#4 [1/2] FROM docker.io/library/alpine@sha256:{0}\n\
         #4 DONE 0.1s\n\n#5 [2/2] RUN make\n{output}#5 DONE 0.2s\n\n#6 exporting to image\n#6 exporting layers 0.0s done\n\
         #6 writing image {1} done\n#6 naming to docker.io/library/app:1 done\n#6 DONE 0.0s\n",
        "ee".repeat(32),
        digest()
    )
}

#[test]
fn a_clean_log_of_the_declared_build_is_quiet_and_counted() {
    let batch = read(buildkit(&["compiling", "TOKEN=***", "ENV JWT_SECRET_KEY_FILE=/run/secrets/jwt"]).as_bytes());
    assert!(batch.gaps.is_empty() && batch.evidence.is_empty(), "{}", shown(&batch));
    assert_eq!((count(&batch, KIND, "steps"), count(&batch, KIND, "lines")), (2, 17));
}

#[test]
fn a_value_in_the_output_has_its_line_and_does_not_come_out() {
    let value = secret();
    let batch = read(buildkit(&["compiling", &format!("+ export DEPLOY_TOKEN={value}")]).as_bytes());
    assert_eq!(told(&batch), [(9, "DEPLOY_TOKEN".to_owned())], "{}", shown(&batch));
    assert_eq!(batch.evidence[0].word("where"), Some("output"));
    assert!(batch.gaps.is_empty() && !shown(&batch).contains(&value));
}

#[test]
fn a_value_in_an_instruction_is_judged_as_history_has_it() {
    let log = buildkit(&[]).replace("RUN make", &format!("RUN curl -u app:{} https://h/x", secret()));
    let batch = read(log.as_bytes());
    assert_eq!(batch.evidence.len(), 1, "{}", shown(&batch));
    assert_eq!(batch.evidence[0].word("where"), Some("instruction"));
}

#[test]
fn a_known_value_needs_no_name() {
    let value = secret();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("build.log"), buildkit(&[&format!("got {value} back")])).unwrap();
    std::fs::write(dir.path().join("value"), &value).unwrap();
    std::fs::write(
        dir.path().join("leakproof.yaml"),
        format!(
            "service: t\nsecrets: [{{ name: JWT_SECRET_KEY }}]\nbuild_logs: [ {{ file: build.log, digest: \"{}\" }} ]\n\
             known_values: [ {{ secret: JWT_SECRET_KEY, from_file: value }} ]\n",
            digest()
        ),
    )
    .unwrap();
    let mut command = crate::commands::leakproof();
    let report = crate::commands::report(
        command.args(["check", "--rule", "image/build-logs", "-f", "json"]).current_dir(dir.path()),
    );
    let finding = &report["findings"][0];
    assert_eq!(
        (finding["verdict"].as_str(), finding["severity"].as_str()),
        (Some("fail"), Some("critical")),
        "{finding}"
    );
    assert_eq!(finding["subject"]["line"], 8, "{finding}");
}

/// Whoever prints with colours and progress bars prints the value in pieces.
#[test]
fn escapes_and_carriage_returns_hide_nothing_and_keep_the_line() {
    let value = secret();
    let (front, back) = value.split_at(9);
    for line in [
        format!("DEPLOY_TOKEN=\u{1b}[1;31m{front}\u{1b}[0m{back}"),
        format!("DEPLOY_TOKEN={front}\u{1b}[01;31m\u{1b}[K{back}\u{1b}[m\u{1b}[K"),
        format!("10%\r50%\rDEPLOY_TOKEN={value}\r100%"),
        format!("\u{1b}[2K\u{1b}[1GDEPLOY_TOKEN={value}"),
        format!("see \u{1b}]8;;https://app:{value}@h.example/x\u{1b}\\the page\u{1b}]8;;\u{1b}\\"),
    ] {
        let batch = read(buildkit(&["one", &line, "two"]).as_bytes());
        let lines: Vec<u32> = told(&batch).into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [9], "{line:?}: {}", shown(&batch));
    }
}

/// Two steps that run side by side write in turns.
#[test]
fn steps_that_write_in_turns_are_read_apart() {
    let body = data_encoding::BASE64.encode(&[7_u8; 96].map(|b| b ^ 0x5a)).repeat(2);
    let key = format!("-----BEGIN RSA {0}-----\n{body}\n-----END RSA {0}-----", "PRIVATE KEY");
    let mut output = String::new();
    for line in key.lines() {
        output.push_str(&format!("#5 0.1 {line}\n#7 0.1 compiling something else\n"));
    }
    let log = buildkit(&[]).replace("#5 DONE", &format!("#7 [other 1/1] RUN make\n{output}#7 DONE 0.1s\n#5 DONE"));
    let batch = read(log.as_bytes());
    assert_eq!(batch.evidence.len(), 1, "{}", shown(&batch));
    assert_eq!(told(&batch)[0].0, 9);
}

#[test]
fn a_log_of_another_build_is_unproven_and_still_leaks() {
    let leak = format!("DEPLOY_TOKEN={}", secret());
    let other = buildkit(&[&leak]).replace(&digest(), &format!("sha256:{}", "cd".repeat(32)));
    // The base image's digest, or one that a command prints, is not the image's.
    let base = other.replace(&"ee".repeat(32), &digest()[7..]);
    let printed = other.replace("#5 DONE", &format!("#5 0.1 writing image {} done\n#5 DONE", digest()));
    for log in [other, base, printed] {
        let batch = read(log.as_bytes());
        assert_eq!(causes(&batch, KIND), [Cause::Unproven], "{}", shown(&batch));
        assert!(batch.gaps[0].shown().contains("not shown to be of this build"));
        assert_eq!(batch.evidence.len(), 1);
    }
}

#[test]
fn what_each_builder_says_it_made_shows_whose_log_it_is() {
    let digest = digest();
    let short = &digest[7..19];
    let classic = format!("Step 1/1 : FROM scratch\n ---> \nSuccessfully built {short}\nSuccessfully tagged a:1\n");
    let buildx = buildkit(&[]).replace("writing image", "exporting manifest list");
    let config = buildkit(&[]).replace("writing image", "exporting config");
    let pushed = format!("Step 1/1 : FROM a\nSuccessfully built {}\n1: digest: {digest} size: 9\n", "c".repeat(12));
    let kaniko = format!("\u{1b}[36mINFO\u{1b}[0m[0001] RUN make\nINFO[0002] Pushed h.example/app@{digest}\n");
    let buildah = format!("STEP 1/2: FROM a\nSTEP 2/2: RUN make\nCOMMIT a\n--> {short}\n{}\n", &digest[7..]);
    let podman =
        format!("STEP 1/1: FROM a\nCOMMIT a\n--> {short}\nSuccessfully tagged localhost/a:1\n{}\n", &digest[7..]);
    let windows = buildkit(&[]).replace('\n', "\r\n");
    for log in [classic, buildx, config, pushed, kaniko, buildah, podman, windows] {
        let batch = read(log.as_bytes());
        assert!(batch.gaps.is_empty() && count(&batch, KIND, "steps") > 0, "{log}: {}", shown(&batch));
    }
}

#[test]
fn a_log_that_was_cut_is_truncated_and_still_leaks() {
    let leak = format!("DEPLOY_TOKEN={}", secret());
    let whole = buildkit(&[&leak]);
    let clipped = buildkit(&[&leak, "[output clipped, log limit 2MiB reached]"]);
    for (log, belongs) in [
        (clipped.as_str(), true),
        (&whole[..whole.find("#6 exporting to").unwrap()], false),
        (&whole[..whole.find("#6 naming").unwrap()], true),
        (&whole[..whole.find("#6 DONE").unwrap()], true),
    ] {
        let batch = read(log.as_bytes());
        let expected = if belongs { vec![Cause::Truncated] } else { vec![Cause::Truncated, Cause::Unproven] };
        assert_eq!(causes(&batch, KIND), expected, "{log}: {}", shown(&batch));
        assert_eq!(batch.evidence.len(), 1);
    }
}

#[test]
fn a_log_without_a_build_step_examined_nothing() {
    let quiet = format!("{}\n", digest());
    for log in
        ["", "\n\n", "npm install\nadded 3 packages\n", &quiet, "#1 [internal] load .dockerignore\n#1 DONE 0.0s\n"]
    {
        let batch = read(log.as_bytes());
        assert_eq!(causes(&batch, KIND), [Cause::Empty], "{log:?}: {}", shown(&batch));
        assert_eq!(count(&batch, KIND, "steps"), 0);
    }
}

#[test]
fn steps_from_a_cache_are_counted() {
    let buildkit = buildkit(&[]).replace("#4 DONE 0.1s", "#4 CACHED");
    let id = "0a1b".repeat(16);
    let classic =
        format!("Step 1/1 : RUN make\n ---> Using cache\n ---> 0a1b0a1b0a1b\nSuccessfully built {}\n", &id[..12]);
    let podman = format!(
        "STEP 1/1: RUN make\n--> Using cache {id}\n--> {}\nSuccessfully tagged localhost/a:1\n{id}\n",
        &id[..11]
    );
    for log in [buildkit, classic, podman] {
        let batch = read(log.as_bytes());
        assert_eq!((count(&batch, KIND, "cached-steps"), batch.gaps.len()), (1, 0), "{log}: {}", shown(&batch));
    }
}

#[test]
fn several_logs_are_targets_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.log"), buildkit(&[])).unwrap();
    let log = |file: &str| format!("{{ file: {file}, digest: \"{}\", image: \"app:1\" }}", digest());
    let yaml = format!("service: t\nbuild_logs: [ {}, {} ]\n", log("a.log"), log("gone.log"));
    let batch = collect(&yaml, dir.path(), &[KIND]);
    assert_eq!(batch.coverage.len(), 2);
    assert_eq!(causes(&batch, KIND), [Cause::NotFound], "{}", shown(&batch));
}
