//! What shows whose log it is: a builder's or a runner's own words, and nothing that a command can print.

use super::{KIND, buildkit, digest, read, read_as, told};
use crate::docker::rig::{causes, secret, shown};
use leakproof::evidence::Cause;

/// The log of another build, one command of which prints this.
fn other(printed: &str) -> String {
    let value = secret();
    let log = buildkit(&[&format!("DEPLOY_TOKEN={value}"), "HERE"])
        .replace(&digest(), &format!("sha256:{}", "cd".repeat(32)));
    log.replace("HERE", printed)
}

#[test]
fn a_command_that_cuts_its_line_does_not_claim_the_digest() {
    let made = format!("writing image {} done", digest());
    for printed in [
        format!("ok\r{made}"),
        format!("ok\r#6 {made}"),
        format!("ok\u{1b}]8;;{made}\u{7}"),
        format!("ok\u{1b}[1B{made}"),
        format!("ok\u{1b}[1BSuccessfully built {}", &digest()[7..]),
        format!("ok\r##[group]Digest\r{}", digest()),
        format!("ok\u{1b}[2J{{\"containerimage.digest\": \"{}\"}}", digest()),
    ] {
        let batch = read(other(&printed).as_bytes());
        assert_eq!(causes(&batch, KIND), [Cause::Unproven], "{printed:?}: {}", shown(&batch));
        assert_eq!(batch.evidence.len(), 1, "{printed:?}");
    }
}

/// What a step prints behind a carriage return is of that step.
#[test]
fn all_parts_of_a_cut_line_are_of_its_step() {
    let body = data_encoding::BASE64.encode(&[9_u8; 96]).repeat(2);
    let key = format!("-----BEGIN RSA {0}-----\n{body}\n-----END RSA {0}-----", "PRIVATE KEY");
    let lines: Vec<String> = key.lines().map(|line| format!("10%\r{line}")).collect();
    let output = lines.iter().map(|line| format!("#5 0.1 {line}\nanother tool\n")).collect::<Vec<_>>().concat();
    let log = buildkit(&["HERE"]).replace("#5 0.043 HERE\n", &output.replace("10%\r", ""));
    assert_eq!(read(log.as_bytes()).evidence.len(), 1);
    let cut = buildkit(&["HERE"]).replace("#5 0.043 HERE\n", &output.replace("10%\r", "\r"));
    assert_eq!(told(&read(cut.as_bytes())), told(&read(log.as_bytes())));
}

#[test]
fn only_a_runner_says_the_id_of_its_run() {
    let link = |id: &str| format!("https://github.com/o/r/actions/runs/{id}");
    let group = "##[group]Run docker build .\n";
    let end = "Cleaning up orphan processes\n";
    let own = format!("##[command]docker build --label run={} .\n", link("123"));
    let build = buildkit(&[]);
    let printed = buildkit(&[&format!("see {} for the other build", link("123"))]);
    let copied =
        buildkit(&["GITHUB_RUN_ID=123", "x\rGITHUB_RUN_ID=123", "##[command]a\u{1b}[1B##[command]/actions/runs/123"]);
    let instructed = build.replace("RUN make", &format!("RUN make # {}", link("123")));
    let script = format!("downloading from {}\n{build}", link("123"));
    for (log, proven) in [
        (format!("{own}{build}{end}"), true),
        (format!("{group}env:\n  GITHUB_RUN_ID: 123\n##[endgroup]\n{build}{end}"), true),
        (printed, false),
        (copied, false),
        (instructed, false),
        (format!("{group}##[endgroup]\n{script}{end}"), false),
        (format!("{own}{}{build}{end}", own.replace("123", "124")), false),
    ] {
        let batch = read_as(log.as_bytes(), "run_id: 123", "");
        let expected: &[Cause] = if proven { &[] } else { &[Cause::Unproven] };
        assert_eq!(causes(&batch, KIND), expected, "{log}: {}", shown(&batch));
    }
}

/// GitLab's runner says the job's id, and a job and a pipeline are numbered apart.
#[test]
fn ids_of_a_job_and_of_its_pipeline_stand_side_by_side() {
    let head = "Running with gitlab-runner 17.1.0 (abcdef12)\n$ docker build --label ci=https://gitlab.example/g/p/-/jobs/4711 --label p=https://gitlab.example/g/p/-/pipelines/99 .\n";
    let log = format!("{head}{}Job succeeded\n", buildkit(&[]));
    for (id, proven) in [("4711", true), ("99", true), ("471", false)] {
        let batch = read_as(log.as_bytes(), &format!("run_id: {id}"), "");
        assert_eq!(batch.gaps.is_empty(), proven, "{id}: {}", shown(&batch));
    }
    let two = log.replace("/pipelines/99", "/jobs/4712");
    assert_eq!(causes(&read_as(two.as_bytes(), "run_id: 4711", ""), KIND), [Cause::Unproven]);
}
