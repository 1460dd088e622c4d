//! Logs of GitHub Actions and GitLab CI, in the shapes that their runners write (docs.github.com "Using workflow run
//! logs", docs.gitlab.com "CI/CD job logs"): times, groups, sections, masks, and the words at their ends.

use super::files::zip;
use super::{KIND, buildkit, digest, read, read_as, told};
use crate::docker::rig::{causes, count, secret, shown};
use leakproof::evidence::{Batch, Cause};

const RUN: &str = "3709599520";

/// Every line behind a time, as GitHub's runner writes it.
fn timed(text: &str) -> String {
    let line = |(n, line): (usize, &str)| format!("2026-09-01T00:{:02}:{:02}.1234567Z {line}\n", n / 60, n % 60);
    format!("\u{feff}{}", text.lines().enumerate().map(line).collect::<String>())
}

fn github(build: &str) -> String {
    format!(
        "##[group]Run docker/build-push-action@v6\nenv:\n  PASSWORD: ***\n##[endgroup]\n\
         ##[command]/usr/bin/docker buildx build --provenance mode=min,builder-id=https://github.com/o/r/actions/runs/{RUN}/attempts/1 .\n\
         {build}Post job cleanup.\nCleaning up orphan processes\n"
    )
}

fn of_run(bytes: &[u8], id: &str) -> Batch {
    read_as(bytes, &format!("run_id: {id}"), "")
}

#[test]
fn a_github_log_is_read_behind_its_times() {
    let value = secret();
    let (front, back) = value.split_at(7);
    let log = timed(&github(&buildkit(&[&format!("DEPLOY_TOKEN={front}\u{1b}[0m{back}")])));
    for batch in [read(log.as_bytes()), of_run(log.as_bytes(), RUN), of_run(log.as_bytes(), &format!("\"{RUN}\""))] {
        assert_eq!(told(&batch), [(13, "DEPLOY_TOKEN".to_owned())], "{}", shown(&batch));
        assert!(batch.gaps.is_empty(), "{}", shown(&batch));
    }
}

/// A key stands on several lines: with the time in front of each it is none.
#[test]
fn a_key_over_timed_lines_is_one() {
    let body = data_encoding::BASE64.encode(&[9_u8; 96]).repeat(2);
    let key = format!("-----BEGIN RSA {0}-----\n{body}\n-----END RSA {0}-----", "PRIVATE KEY");
    let log = timed(&github(&buildkit(&key.lines().collect::<Vec<_>>())));
    assert_eq!(read(log.as_bytes()).evidence.len(), 1);
}

#[test]
fn masked_values_are_no_secrets() {
    let log = timed(&github(&buildkit(&["DEPLOY_TOKEN=***", "curl -u app:*** https://h", "JWT_SECRET_KEY: ***"])));
    let batch = read(log.as_bytes());
    assert!(batch.evidence.is_empty() && batch.gaps.is_empty(), "{}", shown(&batch));
}

#[test]
fn the_zip_of_a_run_is_one_log_with_a_file_a_step() {
    let leak = format!("DEPLOY_TOKEN={}", secret());
    let whole = timed(&github(&buildkit(&[&leak])));
    let step = timed(&buildkit(&[&leak]));
    let bytes =
        zip(&[("0_build.txt", &whole), ("build/3_Build and push.txt", &step), ("build/1_Set up job.txt", "x\n")]);
    let batch = of_run(&bytes, RUN);
    assert_eq!(batch.evidence.len(), 1, "{}", shown(&batch));
    assert_eq!(batch.evidence[0].subject.place.path.as_ref().unwrap().as_str(), "0_build.txt");
    assert_eq!(count(&batch, KIND, "files"), 3);
    assert!(batch.gaps.is_empty(), "{}", shown(&batch));
}

/// Whoever keeps a file chooses its name.
#[test]
fn the_name_of_a_file_is_no_proof_of_its_run() {
    let log = timed(&github(&buildkit(&[])));
    let bytes = zip(&[(&format!("{RUN}1/0_build.txt"), &log)]);
    assert_eq!(causes(&of_run(&bytes, &format!("{RUN}1")), KIND), [Cause::Unproven]);
    assert_eq!(causes(&of_run(log.as_bytes(), "370959952"), KIND), [Cause::Unproven], "the beginning of an id");
}

#[test]
fn a_job_without_its_last_words_is_truncated() {
    let log = github(&buildkit(&[]));
    let cut = timed(&log[..log.find("Post job").unwrap()]);
    assert_eq!(causes(&read(cut.as_bytes()), KIND), [Cause::Truncated]);
    let said = timed(&github(&format!("{}...log truncated...\n", buildkit(&[]))));
    assert_eq!(causes(&read(said.as_bytes()), KIND), [Cause::Truncated]);
}

#[test]
fn a_log_of_the_command_line_has_job_and_step_in_front() {
    let lines: Vec<String> = timed(&github(&buildkit(&[&format!("DEPLOY_TOKEN={}", secret())])))
        .trim_start_matches('\u{feff}')
        .lines()
        .map(|line| format!("build\tBuild and push\t{line}\n"))
        .collect();
    let batch = of_run(lines.concat().as_bytes(), RUN);
    assert_eq!((batch.evidence.len(), batch.gaps.len()), (1, 0), "{}", shown(&batch));
}

/// Sections, colours, and a time and a stream in front of each line; a long line goes on in the next.
fn gitlab(build: &str) -> String {
    let mut log = String::from(
        "Running with gitlab-runner 17.1.0 (abcdef12)\u{1b}[0;m\n  on runner abcdefgh, system ID: s_0123456789ab\n\
         section_start:1725148800:step_script\r\u{1b}[0K\u{1b}[0K\u{1b}[36;1mExecuting \"step_script\"\u{1b}[0;m\n\
         $ docker build --label ci=https://gitlab.example/g/p/-/jobs/4711 .\n",
    );
    log.push_str(build);
    log.push_str("section_end:1725148900:step_script\r\u{1b}[0K\n\u{1b}[32;1mJob succeeded\u{1b}[0;m\n");
    log
}

#[test]
fn a_gitlab_log_is_read_with_its_sections() {
    let log = gitlab(&buildkit(&[&format!("\u{1b}[31mDEPLOY_TOKEN\u{1b}[0m={}", secret())]));
    for batch in [read(log.as_bytes()), of_run(log.as_bytes(), "4711")] {
        assert_eq!(told(&batch), [(12, "DEPLOY_TOKEN".to_owned())], "{}", shown(&batch));
        assert!(batch.gaps.is_empty(), "{}", shown(&batch));
    }
    assert_eq!(causes(&of_run(log.as_bytes(), "471"), KIND), [Cause::Unproven]);
}

#[test]
fn a_gitlab_line_that_goes_on_is_one() {
    let value = secret();
    let (front, back) = value.split_at(8);
    let at = "2026-09-01T00:00:00.123456Z";
    let log: String = gitlab(&buildkit(&[&format!("DEPLOY_TOKEN={front}\n+{back}")]))
        .lines()
        .map(|line| match line.strip_prefix('+') {
            Some(rest) => format!("{at} 00O+{rest}\n"),
            None => format!("{at} 00O {line}\n"),
        })
        .collect();
    let batch = read(log.as_bytes());
    assert_eq!(told(&batch), [(12, "DEPLOY_TOKEN".to_owned())], "{}", shown(&batch));
    assert!(batch.gaps.is_empty(), "{}", shown(&batch));
}

#[test]
fn a_gitlab_log_that_ended_early_is_truncated() {
    let log = gitlab(&buildkit(&[]));
    let limit = gitlab(&format!("{}\u{1b}[33;1mJob's log exceeded limit of 4194304 bytes.\u{1b}[0;m\n", buildkit(&[])));
    for log in [&log[..log.find("section_end").unwrap()], &limit] {
        assert_eq!(causes(&read(log.as_bytes()), KIND), [Cause::Truncated], "{log}");
    }
}

#[test]
fn the_digest_that_an_action_prints_shows_whose_log_it_is() {
    let log = buildkit(&[]).replace(&format!("writing image {}", digest()), "exporting layers 0.1s");
    let group = format!("{log}##[group]Digest\n{}\n##[endgroup]\n", digest());
    let metadata = format!("{log}{{\n  \"containerimage.digest\": \"{}\"\n}}\n", digest());
    for log in [group, metadata] {
        assert!(read(timed(&github(&log)).as_bytes()).gaps.is_empty(), "{log}");
    }
}
