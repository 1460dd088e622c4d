//! A saved inspect file with a value in every member that may carry one.

use super::planted::Planted;
use crate::image::builder::header;
use serde_json::json;

const ENV: &str = "run/container-env";
const MORE: &str = "run/container-metadata";
const FILE: &str = "host/container-files";

pub(super) fn plant(planted: &mut Planted) {
    let p = planted;
    p.expect("path of a mount's source", MORE, "env-file-mount");
    let inside = p.as_name();
    let known = p.known.clone();
    p.expect("Env, a known value from a file", ENV, "NOTE_A");
    p.expect("Env, a known value from a variable", ENV, "NOTE_B");
    let config = json!({
        "Env": [
            format!("NOTE_A={}", known[0]),
            format!("NOTE_B={}", known[1]),
            format!("JWT_SECRET_KEY={}", p.at("Env, a declared name", ENV, "JWT_SECRET_KEY")),
            format!("DATABASE_URL={}", p.dsn("Env, a URL", ENV, "DATABASE_URL")),
            format!("APP_CONFIG_B64={}", p.wrapped("Env, base64", ENV, "APP_CONFIG_B64")),
            format!("JAVA_OPTS=-Xmx1g -Ddb.password={}", p.at("Env, an option", ENV, "JAVA_OPTS")),
            format!("{}=x", p.as_name()),
            p.unseen(),
        ],
        "Cmd": ["app", format!("--c-password={}", p.at("Cmd", MORE, "c-password"))],
        "Entrypoint": ["run", format!("--e-password={}", p.at("Entrypoint", MORE, "e-password"))],
        "Labels": {
            "deploy.api-token": p.at("a label", MORE, "deploy.api-token"),
            format!("password={}", p.as_name()): "",
        },
        "Healthcheck": { "Test": ["CMD-SHELL", format!("HC_TOKEN={} true", p.at("Healthcheck", MORE, "HC_TOKEN"))] },
        "OnBuild": [format!("RUN OB_TOKEN={}", p.at("OnBuild", MORE, "OB_TOKEN"))],
        "User": format!("--u-password={}", p.at("User", MORE, "u-password")),
        "Hostname": p.unseen(),
    });
    let host = json!({
        "LogConfig": { "Type": "splunk", "Config": { "splunk-token": p.at("a log option", MORE, "splunk-token") } },
        "Binds": [format!("/srv/{inside}/.env:/app/.env:ro")],
        "Mounts": [{ "Type": "volume", "Target": "/x", "VolumeOptions": { "DriverConfig": {
            "Name": "local", "Options": { "type": "cifs", "m-password": p.at("a volume's option", MORE, "m-password") },
        } } }],
        "SecurityOpt": [format!("--s-password={}", p.at("SecurityOpt", MORE, "SecurityOpt"))],
        "Sysctls": { "api.y-password": p.at("a sysctl", MORE, "y-password") },
    });
    let state = json!({
        "Running": true,
        "Error": format!("failed: --x-password={}", p.at("State.Error", MORE, "x-password")),
        "Health": { "Log": [{ "Output": format!("HL_TOKEN={}", p.at("a health check's output", MORE, "HL_TOKEN")) }] },
    });
    let inspect = json!([{
        "Name": "/api", "Path": "app", "Args": ["serve", format!("--a-password={}", p.at("Args", MORE, "a-password"))],
        "State": state, "Config": config, "HostConfig": host, "ExecIDs": [p.unseen()],
        "Mounts": [
            { "Type": "bind", "Source": format!("/srv/{inside}/.env"), "Destination": "/app/.env" },
            { "Type": "volume", "Name": p.as_name(), "Source": "/v", "Destination": "/data" },
            { "Type": "volume", "Source": "/w", "Destination": format!("/{}", p.as_name()) },
        ],
    }]);
    p.write("inspect.json", inspect.to_string());
    files(p);
}

/// Its files, and those of a volume, with values in names too.
fn files(p: &mut Planted) {
    let tar = |files: &[(String, String)]| {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, text) in files {
            tar.append_data(&mut header(text.len() as u64), path, text.as_bytes()).unwrap();
        }
        tar.into_inner().unwrap()
    };
    let own = [
        ("app/.env".to_owned(), format!("FILE_TOKEN={}\n", p.at("an env file", FILE, "FILE_TOKEN"))),
        (format!("app/{}/.env", p.as_name()), format!("NAMED_TOKEN={}\n", p.at("below a name", FILE, "NAMED_TOKEN"))),
        ("app/settings.py".to_owned(), format!("PY_PASSWORD = '{}'\n", p.at("a source", FILE, "PY_PASSWORD"))),
    ];
    p.write("files.tar", tar(&own));
    let volume = format!("VOLUME_TOKEN={}\n", p.at("a volume's env file", FILE, "VOLUME_TOKEN"));
    p.write("data.tar", tar(&[("data/.env".to_owned(), volume)]));
}
