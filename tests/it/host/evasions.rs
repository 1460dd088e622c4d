//! Names, notations and places under which an environment file, or what creates one, could be passed over.

use super::{found, host, survey, with, write};
use crate::scene::{secret, shown};
use leakproof::evidence::Cause;
use std::io::Write;
use std::os::unix::fs::symlink;

#[test]
fn files_of_variables_have_more_names_than_dot_env() {
    for name in [
        "env.list",
        "envfile",
        "env_file",
        ".rbenv-vars",
        "env.txt",
        "prod.env.txt",
        "environment.production",
        "env.properties",
        "setenv.sh",
        "env_prod",
        "prod.env.rpmsave",
        "prod.env-20240131",
        "prod.env.eu-west-1",
        "prod.env.2024-01-31T10:00:00",
        ".envs/.production/.django",
    ] {
        let (root, value) = (host(), secret());
        write(&root, &format!("srv/app/{name}"), format!("JWT_SECRET_KEY={value}\n"));
        let batch = survey(&root);
        assert_eq!(batch.evidence.len(), 1, "{name}: {:?}", found(&batch));
        assert_eq!(batch.evidence[0].word("class"), Some("plaintext"), "{name}");
        assert!(!shown(&batch).contains(&value));
    }
    let root = host();
    for name in ["env.rs", "environment.prod.ts", "src/env/mod.rs", "vite.env.ts", "environment/notes.md", "envoy.list"]
    {
        write(&root, &format!("srv/app/{name}"), format!("const KEY = \"{}\";\n", secret()));
    }
    let batch = survey(&root);
    assert!(batch.evidence.is_empty() && batch.gaps.is_empty(), "{}", shown(&batch));
}

#[test]
fn directories_of_variables_have_more_names_than_dot_env() {
    for directory in ["env", "envdir", "environment", "env.d", "envs"] {
        let (root, value) = (host(), secret());
        write(&root, &format!("srv/app/{directory}/JWT_SECRET_KEY"), format!("{value}\n"));
        write(&root, &format!("srv/app/{directory}/__init__.py"), "");
        assert_eq!(found(&survey(&root)), [format!("env-file /srv/app/{directory}/JWT_SECRET_KEY")]);
    }
}

#[test]
fn compose_files_have_more_names_and_older_forms() {
    let inline = |value: &str| format!("services: {{ a: {{ environment: {{ JWT_SECRET_KEY: {value} }} }} }}\n");
    for name in [
        "podman-compose.yml",
        "docker-stack.yml",
        "docker_compose.yml",
        "prod.docker-compose.yml",
        "docker-compose.json",
        "docker-compose.yml.bak",
        "compose.yaml~",
        "compose.yaml.2024-01-31",
    ] {
        let (root, value) = (host(), secret());
        write(&root, &format!("srv/app/{name}"), inline(&value));
        assert_eq!(found(&survey(&root)), [format!("directive /srv/app/{name}")]);
    }
    for text in [
        "a: { image: x, environment: { JWT_SECRET_KEY: @ } }\n",
        "x-s: &s { a: { environment: [ JWT_SECRET_KEY=@ ] } }\nservices: { <<: *s }\n",
        "services: { a: { post_start: [ { command: x, environment: [ JWT_SECRET_KEY=@ ] } ] } }\n",
        "services: { a: { build: { dockerfile_inline: \"FROM x\\nENV JWT_SECRET_KEY=@\\n\" } } }\n",
        "services: { a: { deploy: { labels: { jwt.secret.key: @ } } } }\n",
        "services: { a: { logging: { options: { splunk-token: @ } } } }\n",
        "services: {}\nvolumes: { v: { driver_opts: { o: \"username=a,password=@\" } } }\n",
        "services: {}\nconfigs: { c: { content: \"JWT_SECRET_KEY=@\" } }\n",
        "services: { a: { environment: [ \"JWT_SECRET_KEY: @\" ] } }\n",
    ] {
        let (root, value) = (host(), secret());
        write(&root, "srv/app/compose.yaml", text.replace('@', &value));
        let all = found(&survey(&root));
        assert!(!all.is_empty() && all.iter().all(|line| line == "directive /srv/app/compose.yaml"), "{text}: {all:?}");
    }
}

#[test]
fn what_compose_mounts_from_elsewhere_is_searched() {
    for (volumes, file) in [
        ("[ \"/opt/.env:/app/.env:ro\" ]", "opt/.env"),
        ("[ \"/opt/api/app.conf:/app/.env\" ]", "opt/api/app.conf"),
        ("[ \"/opt/cfg:/app\" ]", "opt/cfg/deep/.env"),
        ("[ { type: bind, source: /opt/cfg, target: /app } ]", "opt/cfg/.env"),
    ] {
        let (root, value) = (host(), secret());
        write(&root, "srv/app/compose.yaml", format!("services: {{ a: {{ volumes: {volumes} }} }}\n"));
        write(&root, file, format!("JWT_SECRET_KEY={value}\n"));
        let all = found(&survey(&root));
        assert!(all.contains(&format!("env-file /{file}")), "{volumes}: {all:?}");
    }
    let (root, value) = (host(), secret());
    write(&root, "srv/app/compose.yaml", "services: {}\nconfigs: { c: { file: ./app.conf } }\n");
    write(&root, "srv/app/app.conf", format!("JWT_SECRET_KEY={value}\n"));
    assert_eq!(found(&survey(&root)), ["directive /srv/app/compose.yaml", "env-file /srv/app/app.conf"]);
}

#[test]
fn an_optional_environment_file_with_a_specifier_is_followed() {
    for path in ["/etc/myapp/%i.conf", "%E/myapp/%p.conf", "/etc/myapp/%n.conf"] {
        let (root, value) = (host(), secret());
        write(&root, "etc/systemd/system/app@.service", format!("[Service]\nEnvironmentFile=-{path}\n"));
        write(&root, "etc/myapp/prod.conf", format!("JWT_SECRET_KEY={value}\n"));
        let all = found(&survey(&root));
        assert_eq!(all, ["directive /etc/systemd/system/app@.service", "env-file /etc/myapp/prod.conf"], "{path}");
    }
    let root = host();
    write(
        &root,
        "srv/app/compose.yaml",
        "services: { a: { env_file: [ { path: \"${CONF:-/opt}/vars\", required: false } ] } }\n",
    );
    assert_eq!(survey(&root).gaps.iter().map(|gap| gap.cause).collect::<Vec<_>>(), [Cause::Unproven]);
}

#[test]
fn homes_and_volumes_are_searched_deeper_and_through_links() {
    for file in [
        "home/deploy/apps/api/shared/.env",
        "home/deploy/.kamal/apps/api/env/roles/web.env",
        "home/deploy/example.com/current/.env",
        "var/lib/containers/storage/volumes/v/_data/.env",
        "home/deploy/.local/share/docker/volumes/v/_data/app/.env",
        "var/lib/docker/volumes/v/_data/a/b/.env",
    ] {
        let (root, value) = (host(), secret());
        write(&root, file, format!("JWT_SECRET_KEY={value}\n"));
        assert_eq!(found(&survey(&root)), [format!("env-file /{file}")]);
    }
    let (root, value) = (host(), secret());
    write(&root, "opt/app/.env", format!("JWT_SECRET_KEY={value}\n"));
    std::fs::create_dir_all(root.path().join("home/deploy")).unwrap();
    symlink("/opt/app", root.path().join("home/deploy/app")).unwrap();
    write(
        &root,
        "home/other/app/docker-compose.yml",
        format!("services: {{ a: {{ environment: [ T_SECRET={value} ] }} }}\n"),
    );
    assert_eq!(found(&survey(&root)), ["directive /home/other/app/docker-compose.yml", "env-file /opt/app/.env"]);
}

#[test]
fn a_script_that_reads_or_writes_an_env_file_is_a_directive() {
    for (path, line) in [
        ("etc/cron.d/env", "0 4 * * * root aws s3 cp s3://b/api.env /opt/app/.env"),
        ("etc/cron.d/env", "0 4 * * * root vault kv get -field=x kv/api > /opt/app/.env"),
        ("etc/supervisor/conf.d/a.conf", "command=/bin/sh -c 'set -a; . /opt/app/.env; exec app'"),
        ("etc/init.d/app", ". /opt/app/.env"),
        ("home/deploy/.bashrc", "source ~/apps/api/.env"),
        ("etc/tmpfiles.d/app.conf", "f /srv/app/.env 0600 root root - X=1"),
        ("var/lib/cloud/instances/i-1/user-data.txt", "write_files: [ { path: /srv/app/.env } ]"),
    ] {
        let root = host();
        write(&root, path, format!("{line}\n"));
        let all = found(&survey(&root));
        assert!(!all.is_empty() && all.iter().all(|one| *one == format!("directive /{path}")), "{line}: {all:?}");
    }
}

#[test]
fn services_are_started_by_more_than_systemd() {
    for path in [
        "etc/supervisord.d/app.ini",
        "etc/sv/app/run",
        "etc/service/app/run",
        "etc/local.d/app.start",
        "etc/periodic/daily/job",
        "var/spool/cron/tabs/root",
        "var/spool/cron/atjobs/a0001",
        "var/spool/at/a0001",
        "etc/default/app/vars",
        "etc/containers/containers.conf",
        "etc/rancher/k3s/k3s.service.env",
        "etc/ecs/ecs.config",
        "etc/zsh/zshrc",
        "home/deploy/.bash_aliases",
        "home/deploy/.bashrc.d/app",
    ] {
        let (root, value) = (host(), secret());
        write(&root, path, format!("JWT_SECRET_KEY={value}; export JWT_SECRET_KEY\n"));
        let all = found(&survey(&root));
        assert_eq!(all.first().map(String::as_str), Some(format!("profile /{path}").as_str()), "{path}: {all:?}");
        assert!(!shown(&survey(&root)).contains(&value));
    }
}

#[test]
fn what_is_packed_under_another_ending_is_no_pass() {
    let tape = |path: &str, text: &str| {
        let mut archive = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        archive.append_data(&mut header, path, text.as_bytes()).unwrap();
        archive.into_inner().unwrap().finish().unwrap()
    };
    for name in ["r.tar.gz.bak", "r.tgz.1", "r.tar.gz-20240131", "r.tgz.old", "r.taz"] {
        let (root, value) = (host(), secret());
        write(&root, &format!("srv/app/{name}"), tape("app/.env", &format!("JWT_SECRET_KEY={value}\n")));
        assert_eq!(found(&survey(&root)), [format!("archive /srv/app/{name}")]);
    }
    for member in ["app/.env.example", "app/docker-compose.yml"] {
        let (root, value) = (host(), secret());
        let text = format!("JWT_SECRET_KEY: {value}\nJWT_SECRET_KEY={value}\n");
        write(&root, "srv/app/r.tgz", tape(member, &text));
        assert_eq!(found(&survey(&root)), ["archive /srv/app/r.tgz"], "{member}");
    }
    for name in ["prod.env.gz", "app.env.xz", "r.tar.lzma"] {
        let root = host();
        write(&root, &format!("srv/app/{name}"), "x");
        let batch = survey(&root);
        assert!(!batch.gaps.is_empty() || !batch.evidence.is_empty(), "{name}");
    }
}

#[test]
fn an_archive_behind_an_archive_s_end_is_no_pass() {
    let root = host();
    let mut empty = tar::Builder::new(Vec::new()).into_inner().unwrap();
    empty.write_all(b"app/.env").unwrap();
    write(&root, "srv/app/a.tar", empty);
    assert_eq!(survey(&root).gaps.iter().map(|gap| gap.cause).collect::<Vec<_>>(), [Cause::Malformed]);
}

#[test]
fn a_vendor_directory_above_the_searched_one_excuses_nothing() {
    let root = host();
    write(&root, "srv/vendor/acme/.env", "PORT=80\n");
    let batch = with(&root, "directories: [/srv/vendor]", "");
    assert_eq!(found(&batch), ["env-file /srv/vendor/acme/.env"]);
}

#[test]
fn a_long_chain_of_links_and_a_template_that_is_a_link_are_followed() {
    let (root, value) = (host(), secret());
    write(&root, "opt/vars", format!("JWT_SECRET_KEY={value}\n"));
    let mut behind = "/opt/vars".to_owned();
    for i in 0..20 {
        symlink(&behind, root.path().join(format!("opt/l{i}"))).unwrap();
        behind = format!("/opt/l{i}");
    }
    symlink(&behind, root.path().join("srv/app/.env")).unwrap();
    symlink("/opt/vars", root.path().join("srv/app/.env.dist")).unwrap();
    assert_eq!(found(&survey(&root)), ["symlink /srv/app/.env", "template /srv/app/.env.dist"]);
}
