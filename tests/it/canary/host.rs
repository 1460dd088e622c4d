//! A host's root with a value in every file that sets an environment.

use super::planted::Planted;

const RULE: &str = "host/env-files";

pub(super) fn plant(planted: &mut Planted) {
    let p = planted;
    let unit = format!(
        "[Service]\nEnvironment=\"UE_TOKEN={}\"\nExecStart=/usr/bin/docker run -e UX_TOKEN={} app\n",
        p.at("systemd: Environment=", RULE, "UE_TOKEN"),
        p.at("systemd: ExecStart=", RULE, "UX_TOKEN"),
    );
    let compose = format!(
        "services:\n  app:\n    image: app\n    env_file: .env\n    environment:\n      CE_TOKEN: {}\n\
         \x20   command: --cc-password={}\n",
        p.at("compose: environment", RULE, "compose.yaml"),
        p.unseen(),
    );
    let files = [
        ("srv/app/.env", format!("JWT_SECRET_KEY={}\n", p.at("a host's .env", RULE, "/srv/app/.env\""))),
        ("srv/app/.env.bak", format!("DATABASE_URL={}\n", p.dsn("a backup", RULE, "/srv/app/.env.bak"))),
        ("srv/app/x/.env", format!("APP_CONFIG_B64={}\n", p.wrapped("a .env, base64", RULE, "/srv/app/x/.env"))),
        ("srv/app/compose.yaml", compose),
        ("etc/systemd/system/app.service", unit),
        ("etc/profile", format!("export PR_TOKEN={}\n", p.at("a profile", RULE, "/etc/profile"))),
        ("etc/environment", format!("EN_TOKEN={}\n", p.at("/etc/environment", RULE, "/etc/environment"))),
        ("etc/default/app", format!("DF_TOKEN={}\n", p.at("/etc/default", RULE, "/etc/default/app"))),
        ("etc/cron.d/app", format!("CR_TOKEN={}\n0 0 * * * root app\n", p.at("cron", RULE, "/etc/cron.d/app"))),
        ("root/.bashrc", format!("export BA_TOKEN={}\n", p.at("root's profile", RULE, "/root/.bashrc"))),
    ];
    for (path, text) in &files {
        p.write(&format!("host/{path}"), text);
    }
    let name = p.as_name();
    p.write(&format!("host/srv/app/{name}.env"), "PORT=1\n");
    std::os::unix::fs::symlink(p.unseen(), p.root.path().join("host/srv/app/.env.link")).unwrap();
    let inside = format!("API_TOKEN={}\n", p.at("a deploy archive", RULE, "release.tar.gz"));
    p.write("host/srv/app/release.tar.gz", tarball(&inside));
}

fn tarball(text: &str) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = crate::image::builder::header(text.len() as u64);
    tar.append_data(&mut header, "release/.env", text.as_bytes()).unwrap();
    crate::image::builder::gzip(&tar.into_inner().unwrap())
}
