//! Logs that begin late, have holes, or end early; and ordinary ones that only look so.

use super::{KIND, buildkit, digest, read};
use crate::docker::rig::{causes, count, shown};
use leakproof::evidence::Cause;

fn is(log: &str, expected: &[Cause]) {
    let batch = read(log.as_bytes());
    assert_eq!(causes(&batch, KIND), expected, "{log}: {}", shown(&batch));
    assert!(count(&batch, KIND, "steps") > 0);
}

fn export() -> String {
    format!("#9 exporting to image\n#9 writing image {} done\n#9 DONE 0.1s\n", digest())
}

const FIRST: &str = "#1 [internal] load build definition from Dockerfile\n#1 DONE 0.0s\n";

#[test]
fn a_log_that_begins_in_the_middle_is_truncated() {
    let whole = buildkit(&["one"]);
    is(&whole, &[]);
    is(&whole[whole.find("#4 [1/2]").unwrap()..], &[Cause::Truncated]);
    is(&whole[whole.find("#5 [2/2]").unwrap()..], &[Cause::Truncated]);
    is(&format!("{FIRST}{}", &whole[whole.find("#5 [2/2]").unwrap()..]), &[Cause::Truncated]);
    let short = digest()[7..19].to_owned();
    let classic = format!("Step 1/3 : FROM a\nStep 2/3 : RUN a\nStep 3/3 : RUN b\nSuccessfully built {short}\n");
    let podman = classic.replace("Step", "STEP").replace(" :", ":");
    for log in [classic, podman] {
        is(&log, &[]);
        is(&log[log.to_lowercase().find("step 2").unwrap()..], &[Cause::Truncated]);
        let hole: Vec<&str> = log.lines().filter(|line| !line.contains(" 2/3")).collect();
        is(&hole.join("\n"), &[Cause::Truncated]);
    }
}

#[test]
fn a_step_that_never_ends_is_truncated() {
    let whole = buildkit(&["one"]);
    is(&whole.replace("#5 DONE 0.2s\n", ""), &[Cause::Truncated]);
    is(&whole.replace("#5 0.043 one\n#5 DONE 0.2s\n", ""), &[Cause::Truncated]);
    is(&whole.replace("#5 DONE 0.2s", "#5 0.3 DONE 0.2s"), &[Cause::Truncated]);
    for end in ["CACHED", "ERROR: process \"x\" did not complete successfully: exit code: 1", "CANCELED"] {
        is(&whole.replace("#5 DONE 0.2s", &format!("#5 {end}")), &[]);
    }
}

#[test]
fn a_second_build_that_breaks_off_is_truncated() {
    let whole = buildkit(&["one"]);
    let short = digest()[7..19].to_owned();
    let classic = format!("Step 1/2 : FROM a\nStep 2/2 : RUN a\nSuccessfully built {short}\n");
    for (first, second) in [(&whole, &whole), (&classic, &classic), (&classic, &whole), (&whole, &classic)] {
        is(&format!("{first}{second}"), &[]);
        for cut in ["#5 DONE", "#5 [2/2]", "#4 DONE", "#4 [1/2]", "Step 2/2", "Successfully"] {
            if let Some(at) = second.find(cut) {
                is(&format!("{first}{}", &second[..at]), &[Cause::Truncated]);
            }
        }
    }
    is(&format!("{whole}#9 [other 1/2] RUN x\n#9 0.1 begin\n"), &[Cause::Truncated]);
    // One that failed, and one that makes no image.
    let failed = format!("{FIRST}#5 [1/2] RUN x\n#5 ERROR: exit code: 1\n");
    let tests = format!("{FIRST}#5 [test 1/1] RUN x\n#5 DONE 0.1s\n");
    for other in [failed, tests] {
        is(&format!("{whole}{other}"), &[]);
        is(&format!("{other}{whole}"), &[]);
    }
}

/// Stages and targets that share steps print them under one name; what is not built does not come up.
#[test]
fn stages_platforms_and_targets_that_share_steps_are_whole() {
    for steps in [
        "#5 [stage-1 1/2] FROM a\n#5 DONE 0.1s\n#6 [build 2/3] RUN x\n#7 [build 3/3] RUN y\n#6 DONE 0.1s\n#7 CACHED\n\
         #8 [stage-1 2/2] COPY --from=build /x /x\n#8 DONE 0.1s\n",
        "#5 [linux/amd64 build 1/2] FROM a\n#5 CACHED\n#6 [linux/arm64 build 2/2] RUN x\n#7 [linux/amd64 build 2/2] RUN x\n\
         #7 DONE 0.1s\n#6 DONE 0.1s\n",
        "#5 [api 1/3] FROM a\n#5 DONE 0.1s\n#6 [worker 2/4] COPY . .\n#6 DONE 0.1s\n#7 [api 3/3] RUN x\n#7 DONE 0.2s\n\
         #8 [worker 3/4] RUN x\n#8 DONE 0.1s\n#10 [worker 4/4] RUN y\n#10 DONE 0.1s\n",
        "#5 [1/2] FROM a\n#5 resolve a done\n#5 DONE 0.0s\n\n#6 [internal] load build context\n#6 DONE 0.0s\n\n\
         #5 [1/2] FROM a\n#5 extracting sha256:aa 0.1s done\n#5 DONE 0.3s\n#7 [2/2] COPY a b\n#7 DONE 0.1s\n",
        // `WORKDIR /` is counted and does nothing.
        "#5 [a 1/3] RUN x\n#5 DONE 0.1s\n#6 [a 2/3] WORKDIR /w\n#6 DONE 0.0s\n#7 [stage-1 1/1] COPY --from=a /a /a\n#7 DONE 0.0s\n",
        "#5 [ 1/10] FROM a\n#5 CACHED\n#6 [ 2/10] RUN x\n#6 0.1 Step 5/9 : RUN x\n#6 DONE 0.1s\n",
    ] {
        is(&format!("{FIRST}{steps}{}", export()), &[]);
    }
    // A cache that is not there, and the builder's own start.
    let boot = "#1 [internal] booting buildkit\n#1 DONE 2.0s\n";
    let import = "#3 importing cache manifest from a:cache\n#3 ERROR: a:cache: not found\n";
    is(&format!("{boot}{FIRST}{import}#5 [1/1] RUN x\n#5 DONE 0.1s\n{}", export()), &[]);
    // Older ones number what they load before they print it.
    let older = "#2 [internal] load .dockerignore\n#2 DONE 0.0s\n#1 [internal] load build definition from Dockerfile\n#1 DONE 0.0s\n";
    is(&format!("{older}#5 [1/1] RUN x\n#5 DONE 0.1s\n{}", export()), &[]);
    let hex = &digest()[7..];
    is(
        &format!(
            "[1/2] STEP 1/2: FROM a\n[2/2] STEP 1/2: FROM b\n[1/2] STEP 2/2: RUN x\n--> 0a\n[2/2] STEP 2/2: RUN y\n[2/2] COMMIT a\n--> {}\n{hex}\n",
            &hex[..12]
        ),
        &[],
    );
}

/// Compilers and test tools speak of truncation, too.
#[test]
fn what_a_command_says_of_truncation_cuts_no_log() {
    let said = [
        "a.c:7:2: warning: '%s' directive output truncated writing 9 bytes [-Wformat-truncation=]",
        "E       ...Full output truncated (12 lines hidden), use '-vv' to show",
        "Job's log exceeded limit of 4194304 bytes.",
        "log truncated",
        "is [output clipped, log limit 2MiB reached] normal?",
    ];
    is(&buildkit(&said), &[]);
    let short = digest()[7..19].to_owned();
    is(&format!("Step 1/1 : RUN x\n{}\n{}\nSuccessfully built {short}\n", said[0], said[1]), &[]);
    for own in [
        "...log truncated...",
        "Job's log exceeded limit of 4194304 bytes.",
        "#5 0.1 [output clipped, log limit 2MiB reached]",
    ] {
        is(&format!("{}{own}\n", buildkit(&[])), &[Cause::Truncated]);
    }
}
