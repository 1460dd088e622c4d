//! Canaries: values planted wherever a collector reads must not come out anywhere, in any form.

mod container;
mod host;
mod image;
mod planted;
mod repository;
mod wide;

use crate::commands::leakproof;
use data_encoding::{BASE64_NOPAD, HEXLOWER, HEXUPPER};
use std::path::Path;

/// The values that the leaky world planted, read back from its kept deployment.
fn canaries(kept: &Path) -> Vec<String> {
    let read = |path: &str| std::fs::read_to_string(kept.join(path)).unwrap();
    let inspect: serde_json::Value = serde_json::from_str(&read("inspect.json")).unwrap();
    let mut values = Vec::new();
    for line in [read("host/srv/app/.env"), read("host/srv/app/.env.bak"), read("repository/worker/.env.production")]
        .join("\n")
        .lines()
    {
        values.extend(line.split_once('=').map(|(_, value)| value.to_owned()));
    }
    for entry in inspect[0]["Config"]["Env"].as_array().unwrap() {
        let (name, value) = entry.as_str().unwrap().split_once('=').unwrap();
        if matches!(name, "JWT_SECRET_KEY" | "DATABASE_URL" | "APP_CONFIG_B64") {
            values.push(value.to_owned());
        }
    }
    let password = inspect[0]["Args"][3].as_str().unwrap().split_once('=').unwrap().1.to_owned();
    values.push(password);
    let dockerfile = read("repository/Dockerfile");
    values.push(dockerfile.lines().find_map(|line| line.strip_prefix("ARG BUILD_TOKEN=")).unwrap().to_owned());
    // The password parts of URLs are secrets of their own.
    let inner: Vec<String> = values
        .iter()
        .filter_map(|value| value.split_once("://")?.1.rsplit_once('@')?.0.split_once(':').map(|(_, p)| p.to_owned()))
        .collect();
    values.extend(inner);
    values.sort();
    values.dedup();
    assert!(values.len() >= 8, "too few canaries");
    values
}

/// A value for a place where a name belongs. Only the gate of names stands there, so it is one that the gate knows.
fn name() -> String {
    std::iter::repeat_with(crate::scene::secret).find(|value| leakproof::evidence::Name::admit(value).is_err()).unwrap()
}

fn forms(value: &str) -> Vec<String> {
    let bytes = value.as_bytes();
    let url = |hex: String| {
        let pairs = hex.as_bytes().chunks(2).map(|pair| [b"%", pair].concat());
        String::from_utf8(pairs.collect::<Vec<_>>().concat()).unwrap()
    };
    let mut forms = vec![
        value.to_owned(),
        HEXLOWER.encode(bytes),
        HEXUPPER.encode(bytes),
        url(HEXLOWER.encode(bytes)),
        url(HEXUPPER.encode(bytes)),
        value.chars().rev().collect(),
    ];
    for shift in 0..3 {
        let base64 = inside_base64(bytes, shift);
        forms.push(base64.replace('+', "-").replace('/', "_"));
        forms.push(base64);
    }
    forms
}

/// What is always in the base64 of a text that holds these bytes behind `shift` others, up to whole threes.
fn inside_base64(bytes: &[u8], shift: usize) -> String {
    let whole = BASE64_NOPAD.encode(&[&[0; 3][..shift], bytes].concat());
    let start = [0, 2, 3][shift];
    let end = whole.len() - usize::from(!(shift + bytes.len()).is_multiple_of(3));
    whole[start..end].to_owned()
}

fn search(where_: &str, haystack: &[u8], canaries: &[String]) {
    let text = String::from_utf8_lossy(haystack);
    for canary in canaries {
        for form in forms(canary) {
            if let Some(at) = text.find(&form) {
                let before = String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(80)..at]);
                panic!("a canary came out of {where_}, behind {before}");
            }
        }
        // No recognisable part either: a third of a long value is already too much.
        if canary.len() >= 24 && !canary.contains("://") {
            assert!(!text.contains(&canary[..12]), "the beginning of a canary came out of {where_}");
            assert!(!text.contains(&canary[canary.len() - 12..]), "the end of a canary came out of {where_}");
        }
    }
}

#[test]
fn no_format_log_or_ledger_holds_a_planted_value() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    leakproof().args(["demo", "-q", "--out"]).arg(&kept).assert().code(1);
    let canaries = canaries(&kept);
    for format in ["text", "json", "junit", "sarif", "sarif-audit"] {
        let ledger = folder.path().join(format!("{format}.ledger"));
        let output = leakproof()
            .env("RUST_LOG", "trace")
            .args(["demo", "-vvvv", "-f", format, "--save-ledger"])
            .arg(&ledger)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        search(format, &output.stdout, &canaries);
        search("the log", &output.stderr, &canaries);
        search("the ledger", &std::fs::read(&ledger).unwrap(), &canaries);
        let again = leakproof().args(["report", "-vvvv", "-f", format, "--from"]).arg(&ledger).output().unwrap();
        search("a replay", &again.stdout, &canaries);
        search("a replay's log", &again.stderr, &canaries);
        let text = String::from_utf8_lossy(&output.stdout).to_string();
        assert!(
            !text.contains("(masked)") && !text.contains("MASKED"),
            "the mask had to act in {format}: a value had reached the report"
        );
    }
}

#[test]
fn errors_hold_no_planted_value() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    leakproof().args(["demo", "-q", "--out"]).arg(&kept).assert().code(1);
    let canaries = canaries(&kept);
    // A secret file given by mistake as configuration, rules, ledger, inspect file or archive.
    let dotenv = kept.join("host/srv/app/.env");
    let rules = folder.path().join("rules/own");
    std::fs::create_dir_all(&rules).unwrap();
    std::fs::copy(&dotenv, rules.join("rule.yaml")).unwrap();
    // An inspect file and an archive that break off in the middle of a value.
    let inspect = std::fs::read_to_string(kept.join("inspect.json")).unwrap();
    let cut = inspect.find(&canaries[0][..12.min(canaries[0].len())]).map_or(inspect.len() / 2, |at| at + 6);
    std::fs::write(kept.join("inspect.json"), &inspect.as_bytes()[..cut]).unwrap();
    let image = std::fs::read(kept.join("image.tar")).unwrap();
    std::fs::write(kept.join("image.tar"), &image[..image.len() / 2]).unwrap();
    let rules = rules.parent().unwrap().to_str().unwrap();
    let attempts: [Vec<&str>; 7] = [
        vec!["rules", "check", rules],
        vec!["check", "-vvvv", "--rules", rules],
        vec!["check", "-vvvv"],
        vec!["check", "-vvvv", "-c", dotenv.to_str().unwrap()],
        vec!["report", "--from", dotenv.to_str().unwrap()],
        vec!["check", "-vvvv", "--image", "docker-archive:host/srv/app/.env"],
        vec!["check", "-vvvv", "--profile", dotenv.to_str().unwrap()],
    ];
    for arguments in attempts {
        let output = leakproof().args(&arguments).current_dir(&kept).output().unwrap();
        search("an error", &output.stderr, &canaries);
        search("a failed run", &output.stdout, &canaries);
    }
}
