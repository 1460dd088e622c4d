//! Dockerfiles that are made to end the run, or to hide in what is not looked into.

use super::{examine, of, problems, tree};
use crate::scene::{hex, secret, shown};
use leakproof::evidence::Cause;
use std::fmt::Write;
use std::time::Instant;

#[test]
fn onbuild_behind_onbuild_without_end_is_read_to_its_end() {
    let value = secret();
    for word in ["ONBUILD ", "onbuild\t"] {
        let text = format!("FROM a\n{}ENV JWT_SECRET_KEY={value}\n", word.repeat(60_000));
        assert_eq!(of(&text), ["2 secret-in-env JWT_SECRET_KEY"]);
    }
    assert_eq!(of(&format!("FROM a\n{}\n", "ONBUILD ".repeat(60_000))), ["none"]);
}

#[test]
fn a_heredoc_behind_onbuild_is_read() {
    let text = format!("FROM a\nONBUILD RUN <<EOF\nexport API_TOKEN={}\nEOF\nUSER 1\n", secret());
    assert_eq!(of(&text), ["2 secret-in-command API_TOKEN"]);
}

#[test]
fn variables_that_double_without_end_stay_small() {
    let mut text = "FROM a\nENV A0=aaaaaaaaaa\n".to_owned();
    for i in 1..40 {
        let before = format!("$A{}", i - 1);
        writeln!(text, "ENV A{i}={}", before.repeat(4)).unwrap();
    }
    text.push_str("COPY app$A1 /app\nCOPY $A39 /app\n");
    let started = Instant::now();
    let batch = examine(&tree(&[("Dockerfile", &text)]));
    assert!(started.elapsed().as_secs() < 20);
    assert_eq!(batch.gaps.iter().map(|gap| gap.cause).collect::<Vec<_>>(), [Cause::NeedsReview], "{}", shown(&batch));
    // Many short ones, each of which grows to the limit.
    let mut text = "FROM a\nENV A=".to_owned() + &"a".repeat(4000) + "\n";
    (0..100_000).for_each(|i| writeln!(text, "ENV B{i}=$A").unwrap());
    assert_eq!(of(&text), ["none"]);
}

#[test]
fn an_argument_without_a_value_stays_open_behind_another_name() {
    let batch = examine(&tree(&[("Dockerfile", "FROM a\nARG F\nENV G=$F\nCOPY $G /app/\n")]));
    assert_eq!(batch.gaps.iter().map(|gap| gap.cause).collect::<Vec<_>>(), [Cause::NeedsReview]);
}

#[test]
fn an_env_file_below_a_copied_vendor_directory_is_let_in() {
    let value = hex(64);
    let real = format!("JWT={value}\n");
    let copy = "FROM a\nCOPY vendor /app/vendor\nCOPY node_modules/ /app/node_modules\n";
    let files = [
        ("Dockerfile", copy),
        ("vendor/api/.env", &*real),
        ("node_modules/x/prod.env", &*real),
        ("vendor/sample/.env", "DB_HOST=localhost\n"),
    ];
    let batch = examine(&tree(&files));
    let found = ["2 context-not-ignored vendor/api/.env", "3 context-not-ignored node_modules/x/prod.env"];
    assert_eq!(problems(&batch), found, "{}", shown(&batch).replace(&value, "VALUE"));
    assert!(!shown(&batch).contains(&value));
    let ignored = [files[0], files[1], files[2], (".dockerignore", "**/*.env\n")];
    assert_eq!(problems(&examine(&tree(&ignored))), ["none"]);
    let whole = [
        ("Dockerfile", "FROM a\nCOPY vendor vendor\n"),
        ("vendor/api/.env", &real),
        (".dockerignore", "vendor\n!vendor/api\n"),
    ];
    assert_eq!(problems(&examine(&tree(&whole))), ["2 context-not-ignored vendor/api/.env"]);
}
