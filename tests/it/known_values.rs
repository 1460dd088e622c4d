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

/// The inspect file has one value in use, in base64 amid a label, and one that was rotated.
#[test]
fn a_hit_names_the_secret_and_says_whether_the_value_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let (live, old) = (crate::scene::secret(), crate::scene::secret());
    for (name, value) in [("live", &live), ("old", &old)] {
        std::fs::write(folder.path().join(name), value).unwrap();
    }
    let packed = data_encoding::BASE64.encode(format!("x {live} y").as_bytes());
    let inspect = format!(
        r#"[{{"Name":"/api","State":{{"Running":true}},"RestartCount":0,"Config":{{"Env":["NOTE=a {old} b"],"Labels":{{"note":"{packed}"}}}}}}]"#
    );
    std::fs::write(folder.path().join("inspect.json"), inspect).unwrap();
    let yaml = "service: api\ncontainers: [ { inspect_file: inspect.json } ]\nknown_values:\n\
        \x20 - { secret: JWT_SECRET_KEY, version: current, from_file: live }\n\
        \x20 - { secret: JWT_SECRET_KEY, version: previous, from_file: old }\n";
    std::fs::write(folder.path().join("leakproof.yaml"), yaml).unwrap();
    let rules = ["check", "--rule", "run/container-env", "--rule", "run/container-metadata"];
    let out = leakproof().args(rules).current_dir(folder.path()).assert().code(1).get_output().stdout.clone();
    let said = String::from_utf8(out).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["the live value of JWT_SECRET_KEY", "a rotated value of JWT_SECRET_KEY, still embedded", "critical"] {
        assert!(said.contains(part), "{part} is not in:\n{said}");
    }
    assert!(!said.contains(&live) && !said.contains(&old) && !said.contains(&packed));
}
