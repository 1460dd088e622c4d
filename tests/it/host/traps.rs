//! The traps of looking for env files in directories.

use super::{class, found, host, survey, with, write};
use crate::scene::{number, secret, shown};
use leakproof::evidence::{Cause, Fact};
use std::os::unix::fs::{PermissionsExt, symlink};

#[test]
fn a_clean_host_has_coverage_and_no_evidence() {
    let root = host();
    write(&root, "srv/app/deep/er/main.py", "print()");
    let batch = survey(&root);
    assert!(batch.evidence.is_empty() && batch.gaps.is_empty(), "{}", shown(&batch));
    assert_eq!(batch.coverage[0].count("directories"), 3);
    assert!(batch.coverage[0].is_complete());
}

#[test]
fn an_env_file_at_any_depth_is_found_and_judged() {
    let (root, value) = (host(), secret());
    write(&root, "srv/app/a/b/.env.production", format!("JWT_SECRET_KEY={value}\nPORT=1\n"));
    let batch = survey(&root);
    assert_eq!(found(&batch), ["env-file /srv/app/a/b/.env.production"]);
    let evidence = &batch.evidence[0];
    assert_eq!(evidence.word("class"), Some("plaintext"));
    assert_eq!(number(evidence, "exposed"), 1);
    assert_eq!(evidence.fact("variables").map(Fact::shown).as_deref(), Some("JWT_SECRET_KEY"));
    assert!(evidence.word("mode").is_some_and(|mode| mode.len() == 4));
    assert!(!shown(&batch).contains(&value));
}

#[test]
fn an_env_file_s_worst_value_says_how_it_was_judged() {
    let root = host();
    write(&root, "srv/app/.env", "PORT=8000\nAPI_TOKEN=Kq7Zr2Wm9Tx4Lp8Vn3Hs6Jd1\n");
    let batch = survey(&root);
    let one = &batch.evidence[0];
    let words = ["value_kind", "step", "alphabet", "length"].map(|field| one.word(field));
    assert_eq!(words, [Some("random-key"), Some("name"), Some("alphanumeric"), Some("16-31")], "{}", shown(&batch));
}

#[test]
fn an_env_file_without_secrets_still_exists() {
    let root = host();
    write(&root, "srv/app/.env", "");
    assert_eq!(class(&survey(&root), "env-file /srv/app/.env"), "empty");
}

#[test]
fn an_everyday_name_counts_for_what_stands_in_it() {
    let (root, value) = (host(), secret());
    write(&root, "srv/app/bin/env", [0x7f, b'E', b'L', b'F', 0, 1, 2, 3].repeat(8));
    write(&root, "srv/app/environment", "PORT=1\n");
    assert!(survey(&root).evidence.is_empty());
    write(&root, "srv/app/environment", format!("API_TOKEN={value}\n"));
    assert_eq!(found(&survey(&root)), ["env-file /srv/app/environment"]);
}

#[test]
fn a_program_of_an_everyday_name_is_none_and_other_unreadable_text_is_no_pass() {
    let (root, value) = (host(), secret());
    write(&root, "srv/app/bin/env", [b"\x7fELF\x02\x01\0\0".as_slice(), value.as_bytes(), b"\0\xff\xfe\n"].concat());
    assert!(survey(&root).gaps.is_empty(), "{}", shown(&survey(&root)));
    write(&root, "srv/app/env", [b"\0\xff\xfe\x01".as_slice(), &[0; 64], b"\x80\n"].concat());
    assert_eq!(survey(&root).gaps.iter().map(|gap| gap.cause).collect::<Vec<_>>(), [Cause::Malformed]);
}

#[test]
fn editor_backups_are_found() {
    let (root, value) = (host(), secret());
    for name in [".env~", ".env.swp", ".env.bak", ".env.2024"] {
        write(&root, &format!("srv/app/{name}"), format!("API_TOKEN={value}\n"));
    }
    let expected: Vec<String> =
        [".env.2024", ".env.bak", ".env.swp", ".env~"].map(|name| format!("backup /srv/app/{name}")).into();
    let batch = survey(&root);
    assert_eq!(found(&batch), expected);
    assert!(batch.evidence.iter().all(|evidence| evidence.word("class") == Some("plaintext")));
}

#[test]
fn a_link_a_hard_link_and_a_fifo_of_that_name_are_found() {
    let (root, value) = (host(), secret());
    write(&root, "srv/app/config/shared", format!("API_TOKEN={value}\n"));
    symlink("config/shared", root.path().join("srv/app/.env")).unwrap();
    symlink("/nowhere", root.path().join("srv/app/.env.local")).unwrap();
    std::fs::hard_link(root.path().join("srv/app/config/shared"), root.path().join("srv/app/.env.hard")).unwrap();
    let fifo = root.path().join("srv/app/.env.pipe");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let batch = survey(&root);
    assert_eq!(
        found(&batch),
        [
            "env-file /srv/app/.env.hard",
            "fifo /srv/app/.env.pipe",
            "symlink /srv/app/.env",
            "symlink /srv/app/.env.local"
        ]
    );
    assert_eq!(class(&batch, "symlink /srv/app/.env"), "plaintext");
    let hard = batch.evidence.iter().find(|evidence| evidence.word("what") == Some("env-file")).unwrap();
    assert_eq!(number(hard, "links"), 2);
}

#[test]
fn an_unreadable_directory_is_no_pass() {
    let root = host();
    write(&root, "srv/app/closed/.env", "A=1");
    let closed = root.path().join("srv/app/closed");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
    let readable = std::fs::read_dir(&closed).is_ok();
    let batch = survey(&root);
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
    if readable {
        // The superuser may read it after all: then the file in it must be found.
        assert_eq!(found(&batch), ["env-file /srv/app/closed/.env"]);
        return;
    }
    assert_eq!(batch.gaps[0].cause, Cause::Denied);
    assert!(batch.gaps[0].shown().contains("EACCES"));
    assert!(!batch.coverage[0].is_complete());
}

#[test]
fn a_declared_directory_that_does_not_exist_is_no_pass() {
    let root = host();
    let batch = with(&root, "directories: [/srv/app, /srv/other]", "");
    assert_eq!(batch.gaps.iter().map(|gap| gap.cause).collect::<Vec<_>>(), [Cause::NotFound]);
    assert!(!batch.coverage[0].is_complete());
}

#[test]
fn a_link_that_leads_out_of_the_declared_directories_is_followed_and_one_to_the_system_s_own_is_no_pass() {
    let root = host();
    write(&root, "data/shared/.env", "A=1");
    write(&root, "data/more/.env", "A=1");
    symlink("/data/shared", root.path().join("srv/app/shared")).unwrap();
    symlink("/data/more", root.path().join("data/shared/more")).unwrap();
    let batch = survey(&root);
    assert!(batch.gaps.is_empty());
    assert_eq!(found(&batch), ["env-file /data/more/.env", "env-file /data/shared/.env"]);
    symlink("/", root.path().join("srv/app/all")).unwrap();
    assert_eq!(survey(&root).gaps.iter().map(|gap| gap.cause).collect::<Vec<_>>(), [Cause::ContentElsewhere]);
}

#[test]
fn a_cycle_of_links_ends() {
    let root = host();
    symlink("..", root.path().join("srv/app/up")).unwrap();
    symlink(".", root.path().join("srv/app/self")).unwrap();
    assert_eq!(survey(&root).coverage[0].count("directories"), 1);
}

#[test]
fn a_python_environment_named_env_is_a_directory_and_not_a_failure() {
    let root = host();
    write(&root, "srv/app/.env/pyvenv.cfg", "home = /usr/bin\n");
    write(&root, "srv/app/.env/bin/activate", "export PATH=x");
    let batch = survey(&root);
    assert_eq!(found(&batch), ["directory /srv/app/.env"]);
    assert_eq!(class(&batch, "directory /srv/app/.env"), "not-secret");
}

#[test]
fn an_env_directory_that_is_no_python_environment_is_searched() {
    let (root, value) = (host(), secret());
    write(&root, "srv/app/.env/postgres", format!("DB_PASSWORD={value}\n"));
    assert_eq!(found(&survey(&root)), ["env-file /srv/app/.env/postgres"]);
}

#[test]
fn samples_of_packages_are_templates_unless_a_real_value_stands_in_them() {
    let (root, value) = (host(), secret());
    write(&root, "srv/app/lib/site-packages/pkg/.env.example", "PORT=1\n");
    write(&root, "srv/app/node_modules/dotenv/tests/.env", "PORT=1\n");
    write(&root, "srv/app/node_modules/bad/.env", format!("API_TOKEN={value}\n"));
    let batch = survey(&root);
    assert_eq!(
        found(&batch),
        [
            "env-file /srv/app/node_modules/bad/.env",
            "template /srv/app/lib/site-packages/pkg/.env.example",
            "template /srv/app/node_modules/dotenv/tests/.env",
        ]
    );
}

#[test]
fn a_template_with_a_real_value_says_so() {
    let (root, value) = (host(), secret());
    write(&root, "srv/app/.env.example", format!("API_TOKEN={value}\n"));
    assert_eq!(class(&survey(&root), "template /srv/app/.env.example"), "plaintext");
}

#[test]
fn a_deploy_archive_that_carries_an_env_file_is_found() {
    let (root, value) = (host(), secret());
    let text = format!("API_TOKEN={value}\n");
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut archive = tar::Builder::new(gzip);
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    header.set_mode(0o600);
    archive.append_data(&mut header, "release/.env", text.as_bytes()).unwrap();
    write(&root, "srv/app/release.tar.gz", archive.into_inner().unwrap().finish().unwrap());
    let batch = survey(&root);
    assert_eq!(found(&batch), ["archive /srv/app/release.tar.gz"]);
    assert_eq!(batch.evidence[0].word("class"), Some("plaintext"));
    assert!(!shown(&batch).contains(&value));
}

#[test]
fn limits_are_no_pass() {
    let root = host();
    write(&root, "srv/app/.env", "A=".to_owned() + &"x".repeat(5000));
    let batch = with(&root, "directories: [/srv/app]", "limits: { file_bytes: 1000 }\n");
    assert_eq!(batch.gaps[0].cause, Cause::OverLimit);
    assert_eq!(class(&batch, "env-file /srv/app/.env"), "undetermined");
    let batch = with(&root, "directories: [/srv/app]", "limits: { host_files: 1 }\n");
    assert!(batch.gaps.iter().any(|gap| gap.cause == Cause::OverLimit));
    assert!(!batch.coverage[0].is_complete());
}

#[test]
fn a_host_over_ssh_is_not_examined_and_says_so() {
    let yaml = "service: s\nhosts: [ { ssh: \"deploy@host\", directories: [/srv] } ]\n";
    let batch = crate::scene::collect(yaml, std::path::Path::new(""), &["host.env-file"]);
    assert_eq!(batch.gaps.iter().map(|gap| gap.cause).collect::<Vec<_>>(), [Cause::Unsupported]);
}

#[test]
fn an_archive_that_nobody_here_can_open_is_no_pass() {
    let root = host();
    for name in ["release-7.rar", "prod-env.7z", "backup.tar.xz"] {
        write(&root, &format!("srv/app/{name}"), "x");
    }
    let batch = survey(&root);
    assert_eq!(batch.gaps.iter().map(|gap| gap.cause).collect::<Vec<_>>(), [Cause::Unsupported; 3]);
    assert!(!batch.coverage[0].is_complete());
}

#[test]
fn a_link_of_any_name_to_an_env_file_elsewhere_is_found() {
    let (root, value) = (host(), secret());
    write(&root, "opt/secrets/prod.env", format!("API_TOKEN={value}\n"));
    write(&root, "usr/bin/env", [0x7f, b'E', b'L', b'F']);
    symlink("/opt/secrets/prod.env", root.path().join("srv/app/config")).unwrap();
    symlink("/usr/bin/env", root.path().join("srv/app/run")).unwrap();
    let batch = survey(&root);
    assert_eq!(found(&batch), ["symlink /srv/app/config"]);
    assert_eq!(class(&batch, "symlink /srv/app/config"), "plaintext");
}

#[test]
fn every_level_of_an_env_directory_is_searched() {
    let (root, value) = (host(), secret());
    write(&root, "srv/app/.env.d/x", format!("API_TOKEN={value}\n"));
    write(&root, "srv/app/.env/a/b", format!("API_TOKEN={value}\n"));
    write(&root, "srv/app/venvs/.env/pyvenv.cfg", "home = /usr/bin\n");
    write(&root, "srv/app/venvs/.env/lib/pkg/module", format!("API_TOKEN={value}\n"));
    let found = found(&survey(&root));
    assert_eq!(found, ["directory /srv/app/venvs/.env", "env-file /srv/app/.env.d/x", "env-file /srv/app/.env/a/b"]);
}
