//! The commands as a user meets them.

use assert_cmd::Command;
use serde_json::Value;

/// The built binary with an environment of our own.
pub(crate) fn leakproof() -> Command {
    let mut command = Command::cargo_bin("leakproof").unwrap();
    command.env_remove("NO_COLOR").env_remove("DOCKER_HOST").env_remove("RUST_LOG").env_remove("CI");
    command
}

/// Runs a command that prints a JSON report.
pub(crate) fn report(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn stderr(command: &mut Command, code: i32) -> String {
    let output = command.assert().code(code).get_output().stderr.clone();
    String::from_utf8(output).unwrap()
}

#[test]
fn a_saved_ledger_gives_the_same_report_again() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("run.json");
    let first = leakproof().args(["demo", "-f", "json", "--save-ledger"]).arg(&ledger).output().unwrap();
    let again = leakproof().args(["report", "-f", "json", "--from"]).arg(&ledger).output().unwrap();
    assert_eq!(String::from_utf8(first.stdout).unwrap(), String::from_utf8(again.stdout).unwrap());
    assert_eq!(first.status.code(), again.status.code());
}

/// A pipe or a device in the ledger's place is written to; it never becomes a file.
#[cfg(unix)]
#[test]
fn a_saved_ledger_replaces_files_only() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read(pipe).unwrap()
    });
    leakproof().args(["demo", "-q", "--save-ledger"]).arg(&pipe).assert().code(1);
    assert!(!reader.join().unwrap().is_empty());
    assert!(!std::fs::metadata(&pipe).unwrap().is_file());
}

#[test]
fn the_manual_page_has_every_command_s_options() {
    let output = leakproof().arg("man").output().unwrap();
    let page = String::from_utf8(output.stdout).unwrap().replace('\\', "");
    for option in ["--repo", "--save-ledger", "--explain", "--world", "--from"] {
        assert!(page.contains(option), "{option} is not in the manual");
    }
}

#[test]
fn a_record_of_an_unknown_context_is_named_by_its_line() {
    let records = "{\"name\":\"A\",\"value\":\"b\"}\n{\"name\":\"A\",\"value\":\"b\",\"context\":\"cloud\"}\n";
    let said = stderr(leakproof().arg("classify").write_stdin(records), 2);
    assert!(said.contains("standard input:2") && said.contains("dockerfile_env"), "{said}");
}

#[test]
fn an_altered_ledger_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("run.json");
    leakproof().args(["demo", "-q", "--save-ledger"]).arg(&ledger).assert().code(1);
    let text = std::fs::read_to_string(&ledger).unwrap();
    assert!(text.contains("plaintext"));
    std::fs::write(&ledger, text.replace("\"plaintext\"", "\"reference\"")).unwrap();
    let said = stderr(leakproof().args(["report", "--from"]).arg(&ledger), 2);
    assert!(said.contains("altered"), "{said}");
}

#[test]
fn unknown_words_are_named_with_what_exists() {
    for (arguments, words) in [
        (vec!["check", "--rule", "run/containr-env", "--rule", "x/y"], vec!["run/containr-env", "x/y", "rules list"]),
        (vec!["check", "--profile", "prod"], vec!["prod", "ci, smoke and audit"]),
        (vec!["check", "-f", "xml"], vec!["xml", "junit"]),
        (vec!["check", "--fail-on", "severe"], vec!["severe", "critical"]),
        (vec!["check", "-f", "json", "-f", "text"], vec!["standard output"]),
    ] {
        let said = stderr(leakproof().args(&arguments), 2);
        for word in words {
            assert!(said.contains(word), "{arguments:?}: {said}");
        }
        assert!(said.contains("help: "), "{arguments:?}: {said}");
    }
}

#[test]
fn nothing_to_check_is_an_error_not_a_pass() {
    let folder = tempfile::tempdir().unwrap();
    let said = stderr(leakproof().arg("check").current_dir(folder.path()), 2);
    assert!(said.contains("nothing to check"), "{said}");
}

#[test]
fn rules_are_listed_shown_and_checked() {
    let list = leakproof().args(["rules", "list"]).assert().success().get_output().stdout.clone();
    let list = String::from_utf8(list).unwrap();
    assert!(list.contains("git/history") && list.contains("meta/coverage"), "{list}");
    let show = leakproof().args(["rules", "show", "git/history"]).assert().success().get_output().stdout.clone();
    assert!(String::from_utf8(show).unwrap().contains("Remedy:"));
    leakproof().args(["rules", "check"]).assert().success();
}

#[test]
fn a_rule_of_the_user_s_own_is_checked_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("own")).unwrap();
    let rule = "title: A rule with a typing error in it\nchecklist: [1]\nprofiles: [ci]\nseverity: low\n\
                needs: container.env\nexpect: 'item.clas != \"plaintext\" || true'\n\
                why: because it is here to be refused\nremedy: correct the field's name in the rule\n\
                examples:\n  pass: [ { class: empty } ]\n  fail: [ { class: plaintext } ]\n";
    std::fs::write(folder.path().join("own/typo.yaml"), rule).unwrap();
    let said = stderr(leakproof().args(["rules", "check"]).arg(folder.path()), 2);
    assert!(said.contains("typo.yaml:6") && said.contains("`clas`"), "{said}");
}

#[test]
fn schemas_completions_and_the_manual_are_printed() {
    for what in ["config", "rule", "report", "ledger"] {
        let out = leakproof().args(["schema", what]).assert().success().get_output().stdout.clone();
        let schema: Value = serde_json::from_slice(&out).unwrap();
        assert!(schema["properties"].is_object(), "{what}");
    }
    for shell in ["bash", "zsh", "fish"] {
        leakproof().args(["completions", shell]).assert().success();
    }
    let page = leakproof().arg("man").assert().success().get_output().stdout.clone();
    assert!(String::from_utf8(page).unwrap().contains(".TH"));
}

#[test]
fn classify_reads_records_and_never_prints_a_value() {
    let password = ["tr0ub4dor", "and", "3"].join("-");
    let records = format!(
        "{{\"id\":\"a\",\"context\":\"env\",\"name\":\"DB_PASSWORD\",\"value\":\"{password}\",\"more\":1}}\n\
         {{\"id\":\"b\",\"context\":\"env\",\"name\":\"DB_PASSWORD_FILE\",\"value\":\"/run/secrets/db\"}}\n"
    );
    let out = leakproof().arg("classify").write_stdin(records).assert().success().get_output().stdout.clone();
    let text = String::from_utf8(out).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["verdict"], "secret");
    assert_eq!(lines[1]["verdict"], "reference");
    assert!(!text.contains(&password));
    let said = stderr(leakproof().arg("classify").write_stdin(format!("{{\"name\": \"{password}\"")), 2);
    assert!(said.contains("standard input:1") && !said.contains(&password), "{said}");
}

/// Keys that were there stay as they are; the value is in none of the new ones.
#[test]
fn classify_says_how_sure_it_is_and_explains_on_request() {
    let password = ["tr0ub4dor", "and", "3"].join("-");
    let record = format!("{{\"id\":\"a\",\"name\":\"DB_PASSWORD\",\"value\":\"{password}\"}}\n");
    let said = |flags: &[&str]| {
        let run = leakproof().arg("classify").args(flags).write_stdin(record.as_str()).assert().success();
        String::from_utf8(run.get_output().stdout.clone()).unwrap()
    };
    let start = r#"{"id":"a","verdict":"secret","class":"plaintext","kind":"human-password","confidence":"medium""#;
    assert_eq!(said(&[]), format!("{start}}}\n"));
    let why = r#","step":"name","alphabet":"mixed","length":"8-15"}"#;
    assert_eq!(said(&["--explain"]), format!("{start}{why}\n"));
    let dotenv = leakproof().args(["classify", "--explain"]).write_stdin("PORT=8080\n").assert().success();
    let answer: Value = serde_json::from_slice(&dotenv.get_output().stdout).unwrap();
    assert_eq!((&answer["step"], &answer["alphabet"]), (&"name".into(), &"digits".into()), "{answer}");
}

#[test]
fn findings_say_which_step_decided_and_in_what_the_value_is_written() {
    let report = report(leakproof().args(["demo", "-f", "json"]));
    let findings = report["findings"].as_array().unwrap();
    let judged: Vec<&Value> = findings.iter().filter(|one| one["facts"].get("value_kind").is_some()).collect();
    assert!(judged.len() >= 5, "{}", judged.len());
    for finding in judged {
        assert!(finding["facts"]["step"].is_string() && finding["facts"]["alphabet"].is_string(), "{finding}");
    }
}

#[test]
fn init_writes_what_check_reads() {
    let folder = tempfile::tempdir().unwrap();
    leakproof().arg("init").current_dir(folder.path()).assert().success();
    let again = stderr(leakproof().arg("init").current_dir(folder.path()), 2);
    assert!(again.contains("exists") && again.contains("--force"), "{again}");
    let report = report(leakproof().args(["check", "-f", "json"]).current_dir(folder.path()));
    assert_eq!(report["verdict"], "unverified");
}

#[test]
fn unverified_can_be_a_warning_during_adoption() {
    leakproof().args(["demo", "--world", "dark", "-q"]).assert().code(3);
    let out = leakproof().args(["demo", "--world", "dark", "--unverified", "warn"]).assert().code(0);
    assert!(String::from_utf8_lossy(&out.get_output().stdout).contains("unverified"));
}

#[test]
fn the_demo_can_be_kept_and_checked_again() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("deployment");
    leakproof().args(["demo", "-q", "--out"]).arg(&kept).assert().code(1);
    assert!(kept.join("repository/.git").exists() && kept.join("image.tar").exists());
    let report = report(leakproof().args(["check", "--rule", "git/history", "-f", "json"]).current_dir(&kept));
    assert_eq!(report["verdict"], "fail");
    let said = stderr(leakproof().args(["demo", "--out"]).arg(&kept), 2);
    assert!(said.contains("not empty"), "{said}");
}

/// A directory with a saved inspect file of one container.
fn inspected(name: &str, entry: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let inspect = serde_json::json!([{
        "Id": "aa11", "Name": format!("/{name}"), "Path": "app", "Args": [], "State": { "Running": true },
        "Config": { "Env": [entry], "Labels": {} }, "HostConfig": {}
    }]);
    std::fs::write(folder.path().join("i.json"), inspect.to_string()).unwrap();
    let configuration = format!("service: api\ncontainers: [ {{ name: {name}, inspect_file: i.json }} ]\n");
    std::fs::write(folder.path().join("leakproof.yaml"), configuration).unwrap();
    folder
}

#[test]
fn what_pid_1_exports_cannot_be_seen_and_the_report_s_note_says_so() {
    let folder = inspected("api", "PORT=8000");
    let run = |rule: &str, format: &str| {
        let args = ["check", "--rule", rule, "-f", format];
        let output = leakproof().args(args).current_dir(folder.path()).assert().code(0).get_output().stdout.clone();
        String::from_utf8(output).unwrap()
    };
    let report: Value = serde_json::from_str(&run("run/container-env", "json")).unwrap();
    let notes = report["notes"].as_array().unwrap();
    let told = |note: &&Value| note.as_str().is_some_and(|note| note.contains("a process exports for itself"));
    assert_eq!(notes.iter().filter(told).count(), 1, "{notes:#?}");
    // The text is wrapped to the page.
    let text = run("run/container-env", "text").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("a process exports for itself"), "{text}");
    assert!(!run("run/container-metadata", "json").contains("a process exports for itself"));
}

#[test]
fn a_password_that_equals_a_name_is_masked_in_the_ledger_and_the_failure_stands() {
    // `postgres` is the best-known password of containers of that name.
    let name = ["postgre", "sdb"].concat();
    let folder = inspected(&name, &format!("POSTGRES_PASSWORD={name}"));
    let only = ["check", "--rule", "run/container-env", "--save-ledger", "run.json"];
    let out = leakproof().args(only).current_dir(folder.path()).assert().code(1);
    assert!(!String::from_utf8_lossy(&out.get_output().stdout).contains(&name));
    let saved = std::fs::read_to_string(folder.path().join("run.json")).unwrap();
    assert!(!saved.contains(&name));
    leakproof().args(["report", "--from", "run.json", "-q"]).current_dir(folder.path()).assert().code(1);
}

#[test]
fn a_ledger_without_rules_is_no_pass() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.json");
    leakproof().args(["demo", "--world", "clean", "-q", "--save-ledger"]).arg(&path).assert().code(0);
    let mut ledger = {
        let saved: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        serde_json::from_value::<leakproof::evidence::Ledger>(saved["ledger"].clone()).unwrap()
    };
    ledger.header.rules.clear();
    std::fs::write(&path, ledger.to_file()).unwrap();
    leakproof().args(["report", "-q", "--unverified", "warn", "--from"]).arg(&path).assert().code(3);
}

#[test]
fn two_formats_do_not_overwrite_each_other() {
    let said = stderr(leakproof().args(["check", "-f", "json=same", "-f", "sarif=same"]), 2);
    assert!(said.contains("two outputs for same"), "{said}");
    let said = stderr(leakproof().args(["check", "-f", "json=./same", "--save-ledger", "same"]), 2);
    assert!(said.contains("two outputs for same"), "{said}");
}

#[test]
fn typed_escapes_do_not_reach_the_terminal() {
    for arguments in [["check", "-c", "\u{1b}[31m\u{202e}x"], ["check", "--config-from", "\u{1b}]0;x\u{7}"]] {
        let said = stderr(leakproof().args(arguments), 2);
        assert!(!said.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{said:?}");
    }
}

#[test]
fn a_named_rule_is_not_dropped_by_offline() {
    let folder = inspected("api", "A=1");
    let only = ["check", "--offline", "--rule", "run/container-env", "--rule", "service/health"];
    leakproof().args(only).current_dir(folder.path()).assert().code(3);
}

#[test]
fn the_rules_of_a_gitleaks_file_are_imported() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("detectors")).unwrap();
    let file = folder.path().join("detectors/gitleaks.toml");
    std::fs::write(&file, "[[rules]]\nid = 'acme'\nregex = '''ACME-([0-9A-F]{16})'''\nkeywords = ['acme-']\n").unwrap();
    let said = leakproof().args(["rules", "check"]).arg(folder.path()).assert().success();
    assert!(String::from_utf8_lossy(&said.get_output().stdout).contains("1 file"), "{said}");
    let repository = tempfile::tempdir().unwrap();
    let git = |args: &[&str]| {
        let done = std::process::Command::new("git").current_dir(repository.path()).args(args).output().unwrap();
        assert!(done.status.success());
    };
    git(&["init", "-q"]);
    std::fs::write(repository.path().join(".env"), "NOTE=ACME-0A1B2C3D4E5F6071\n").unwrap();
    git(&["add", "-f", ".env"]);
    git(&["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "x"]);
    let found = leakproof()
        .args(["check", "--rule", "git/history", "-f", "json", "--rules"])
        .arg(folder.path())
        .current_dir(repository.path())
        .assert()
        .code(1);
    assert!(String::from_utf8_lossy(&found.get_output().stdout).contains("gitleaks-acme"), "{found}");
    std::fs::write(&file, "[[rules]]\nid = 'acme'\nregex = '''ACME-('''\n").unwrap();
    let said = stderr(leakproof().args(["rules", "check"]).arg(folder.path()), 2);
    assert!(said.contains("gitleaks.toml:1") && said.contains("does not compile"), "{said}");
}

#[test]
fn a_path_that_holds_another_file_s_password_is_covered_and_no_defect() {
    let dir = tempfile::tempdir().unwrap();
    let git = |args: &[&str]| {
        let mut git = std::process::Command::new("git");
        git.args(["-c", "user.name=A", "-c", "user.email=a@example.org"]).args(args).current_dir(dir.path());
        assert!(git.output().unwrap().status.success());
    };
    git(&["init", "-q"]);
    // Words that are no secret where they stand: a folder is called so.
    let password = ["plum", "tram", "oboe"].join("-");
    std::fs::create_dir(dir.path().join(&password)).unwrap();
    std::fs::write(dir.path().join(&password).join(".env"), format!("DB_PASSWORD={password}\n")).unwrap();
    git(&["add", "-A", "-f"]);
    git(&["commit", "-q", "-m", "work"]);
    let mut check = leakproof();
    check.current_dir(dir.path()).args(["check", "--repo", ".", "--rule", "git/history", "-f", "json"]);
    let output = check.assert().code(1).get_output().stdout.clone();
    let text = String::from_utf8(output).unwrap();
    assert!(!text.contains(&password), "{text}");
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["gaps"], serde_json::json!([]), "{text}");
    assert_eq!(report["findings"][0]["subject"]["path"], "(masked)/.env", "{text}");
}
