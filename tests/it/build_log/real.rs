//! Logs that the builders of the test run made: Docker's classic builder, and its BuildKit.

use super::{KIND, read_as, told};
use crate::docker::rig::{BASE, Builder, build_log, causes, count, docker, secret, shown};
use leakproof::evidence::Cause;

fn id(tag: &str) -> String {
    docker(&["image", "inspect", "-f", "{{.Id}}", tag])
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn a_real_log_is_of_its_image_and_shows_what_a_step_prints() {
    for builder in [Builder::Classic, Builder::Buildkit] {
        let value = secret();
        let dockerfile = format!("{BASE}ARG DEPLOY_TOKEN\nRUN echo \"DEPLOY_TOKEN=$DEPLOY_TOKEN\"\n");
        let (tag, log) = build_log(builder, &dockerfile, &[&format!("DEPLOY_TOKEN={value}")]);
        let batch = read_as(&log, &format!("digest: \"{}\"", id(&tag)), "");
        assert!(told(&batch).iter().any(|(_, name)| name == "DEPLOY_TOKEN"), "{builder:?}: {}", shown(&batch));
        assert!(batch.gaps.is_empty() && !shown(&batch).contains(&value), "{builder:?}: {}", shown(&batch));
        let other = format!("sha256:{}", "ab".repeat(32));
        let batch = read_as(&log, &format!("digest: \"{other}\""), "");
        assert_eq!(causes(&batch, KIND), [Cause::Unproven], "{builder:?}");
    }
}

#[test]
#[ignore = "needs a Docker engine: run ./test"]
fn a_real_clean_log_passes_and_its_halves_do_not() {
    for builder in [Builder::Classic, Builder::Buildkit] {
        let dockerfile = format!("{BASE}ARG VERSION\nRUN echo \"version $VERSION\"\n");
        let (tag, log) = build_log(builder, &dockerfile, &["VERSION=1.2.3"]);
        let declared = format!("digest: \"{}\"", id(&tag));
        let batch = read_as(&log, &declared, "");
        assert!(batch.gaps.is_empty() && batch.evidence.is_empty(), "{builder:?}: {}", shown(&batch));
        assert!(count(&batch, KIND, "steps") >= 2, "{builder:?}: {}", shown(&batch));
        let batch = read_as(&log[..log.len() * 2 / 3], &declared, "");
        assert!(causes(&batch, KIND).contains(&Cause::Truncated), "{builder:?}: {}", shown(&batch));
    }
}
