//! Values given as known: which are refused, with file, line and remedy, and never with a part of them.

use crate::commands::leakproof;

/// What `check` says to a configuration whose known values are in files of these contents.
fn refused(contents: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut yaml = "service: api\nrepositories: [ \".\" ]\nknown_values:\n".to_owned();
    for (n, content) in contents.iter().enumerate() {
        std::fs::write(folder.path().join(format!("known-{n}")), content).unwrap();
        yaml += &format!("  - {{ secret: SECRET_{n}, from_file: known-{n} }}\n");
    }
    yaml += "  - { secret: UNSET, from_env: LEAKPROOF_TEST_UNSET }\n";
    std::fs::write(folder.path().join("leakproof.yaml"), yaml).unwrap();
    let output = leakproof().arg("check").current_dir(folder.path()).assert().code(2).get_output().stderr.clone();
    String::from_utf8(output).unwrap()
}

#[test]
fn a_known_value_that_would_be_found_by_chance_is_refused_with_line_and_remedy() {
    let short = ["q7", "Zx9", "p"].concat();
    let said = refused(&[&short, &format!("{short}{}", "\n".repeat(9)), "long-enough-1", ""]);
    for (line, secret) in [(4, 0), (5, 1), (7, 3)] {
        let part = format!("leakproof.yaml:{line}: the known value of SECRET_{secret} is shorter than 8 bytes");
        assert!(said.contains(&part), "{part} is not in:\n{said}");
    }
    assert!(said.contains("by chance") && said.contains("rotate to a longer one"), "{said}");
    assert!(!said.contains("SECRET_2") && !said.contains(&short) && !said.contains("long-enough"), "{said}");
}

#[test]
fn a_known_value_that_is_not_there_is_refused_and_so_is_a_file_around_one() {
    let said = refused(&[&"text around a secret\n".repeat(4000)]);
    assert!(said.contains("leakproof.yaml:4: the known value of SECRET_0 is longer than 64 KiB"), "{said}");
    let unset = "leakproof.yaml:5: the known value of UNSET cannot be read: set the environment variable";
    assert!(said.contains(unset), "{said}");
}
