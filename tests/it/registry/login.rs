//! Logins: what is sent to whom, and that it is sent to nobody else and said nowhere.

use super::rig::{Run, examine, leaky, run};
use super::stand_in::{header, image, registry, status};
use crate::docker::rig::shown;
use crate::image::layers::told;
use crate::scene::secret;
use crate::service::stand_in::{StandIn, response, send};
use data_encoding::BASE64;
use leakproof::evidence::Cause;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Whoever gives tokens: the next of these to each who asks.
fn tokens(all: Vec<String>) -> StandIn {
    StandIn::new(move |n, _, stream| {
        let body = json!({ "token": all[n.min(all.len() - 1)], "expires_in": 60 }).to_string();
        send(stream, &response("200 OK", "application/json", &body));
    })
}

/// A registry that wants a token, and one of these.
fn wants_token(realm: &StandIn, accepted: Vec<String>) -> StandIn {
    let challenge = format!(
        "WWW-Authenticate: Bearer realm=\"{}/token\",service=\"a registry\",scope=\"repository:team/app:pull,push\"\r\n",
        realm.url()
    );
    registry(&leaky(), move |request, stream| {
        let shown = request.header("authorization").and_then(|text| text.strip_prefix("Bearer "));
        let known = shown.is_some_and(|token| accepted.iter().any(|one| one == token));
        !known && status(stream, "401 Unauthorized", &challenge)
    })
}

/// A registry that wants this password.
fn wants_password(
    auth: &str,
    fault: impl Fn(&str, &mut std::net::TcpStream) -> bool + Send + Sync + 'static,
) -> StandIn {
    let expected = format!("Basic {auth}");
    registry(&leaky(), move |request, stream| {
        let known = request.header("authorization") == Some(&expected);
        if known {
            fault(request.path, stream)
        } else {
            status(stream, "401 Unauthorized", "WWW-Authenticate: Basic realm=\"r\"\r\n")
        }
    })
}

/// A home with Docker's file of credentials.
fn home(config: &Value) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".docker")).unwrap();
    std::fs::write(home.path().join(".docker/config.json"), config.to_string()).unwrap();
    home
}

fn entry(server: &StandIn, entry: &Value) -> Value {
    json!({ "auths": { server.address.to_string(): entry } })
}

fn pair(password: &str) -> String {
    BASE64.encode(format!("ci:{password}").as_bytes())
}

fn finds(run: &Run, found: bool, secrets: &[&str]) {
    assert_eq!(run.code, if found { 1 } else { 3 }, "{}", run.all);
    assert!(found || run.causes() == ["denied"], "{:?} {}", run.causes(), run.all);
    silent(run, secrets);
}

fn silent(run: &Run, secrets: &[&str]) {
    for secret in secrets {
        for form in
            [(*secret).to_owned(), BASE64.encode(secret.as_bytes()), data_encoding::HEXLOWER.encode(secret.as_bytes())]
        {
            assert!(!run.all.contains(&form), "a credential came out");
        }
    }
}

/// Requests that bear any authorization.
fn authorized(server: &StandIn) -> usize {
    server.requests().iter().filter(|head| header(head, "authorization").is_some()).count()
}

#[test]
fn an_anonymous_token_to_pull_is_asked_for_once() {
    let token = secret();
    let realm = tokens(vec![token.clone()]);
    let server = wants_token(&realm, vec![token.clone()]);
    let home = home(&json!({}));
    finds(&run(&image(&server), home.path(), &[], &[]), true, &[&token]);
    let asked = realm.requests();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(
        asked[0].starts_with("GET /token?scope=repository%3Ateam%2Fapp%3Apull&service=a+registry HTTP"),
        "{asked:?}"
    );
    assert!(!asked[0].to_ascii_lowercase().contains("authorization"));
}

#[test]
fn a_token_is_asked_for_with_the_password_and_the_registry_never_sees_it() {
    let (password, token) = (secret(), secret());
    let realm = tokens(vec![token.clone()]);
    let server = wants_token(&realm, vec![token.clone()]);
    let home = home(&entry(&server, &json!({ "auth": pair(&password) })));
    finds(&run(&image(&server), home.path(), &[], &[]), true, &[&token, &password, &pair(&password)]);
    assert_eq!(header(&realm.requests()[0], "authorization"), Some(format!("Basic {}", pair(&password)).as_str()));
    assert!(server.requests().iter().all(|head| !head.contains(&pair(&password))));
}

#[test]
fn an_identity_token_is_exchanged_and_a_registry_s_own_is_shown() {
    let (identity, token) = (format!("{}+/=", secret()), secret());
    let realm = tokens(vec![token.clone()]);
    let server = wants_token(&realm, vec![token.clone()]);
    let exchanged = home(&entry(&server, &json!({ "auth": pair("x"), "identitytoken": identity })));
    finds(&run(&image(&server), exchanged.path(), &[], &[]), true, &[&identity, &token]);
    assert!(realm.requests()[0].starts_with("POST /token HTTP"), "{:?}", realm.requests());
    let own = home(&entry(&server, &json!({ "registrytoken": token })));
    let before = realm.requests().len();
    finds(&run(&image(&server), own.path(), &[], &[]), true, &[&token]);
    assert_eq!(realm.requests().len(), before);
}

#[test]
fn a_token_that_ends_in_the_middle_is_asked_for_again() {
    let all: Vec<String> = (0..4).map(|_| secret()).collect();
    let realm = tokens(all.clone());
    let good_for = Arc::new(AtomicUsize::new(0));
    let challenge = format!("WWW-Authenticate: Bearer realm=\"{}/token\"\r\n", realm.url());
    let server = registry(&leaky(), move |request, stream| {
        // Each token is good for one answer.
        let current = good_for.load(Ordering::SeqCst);
        let shown = request.header("authorization").and_then(|text| text.strip_prefix("Bearer "));
        if shown == all.get(current).map(String::as_str) {
            good_for.fetch_add(1, Ordering::SeqCst);
            return false;
        }
        status(stream, "401 Unauthorized", &challenge)
    });
    let batch = examine(&image(&server), "");
    assert!(batch.gaps.is_empty(), "{}", shown(&batch));
    assert_eq!((told(&batch).len(), realm.requests().len()), (1, 3));
}

#[test]
fn whoever_refuses_a_token_leaves_the_image_denied() {
    let password = secret();
    for (line, causes) in
        [("401 Unauthorized", "denied"), ("403 Forbidden", "denied"), ("500 No", "refused"), ("302 Found", "refused")]
    {
        let realm = StandIn::new(move |_, _, stream| {
            status(stream, line, "Location: http://127.0.0.1:9/\r\n");
        });
        let server = wants_token(&realm, Vec::new());
        let home = home(&entry(&server, &json!({ "auth": pair(&password) })));
        let run = run(&image(&server), home.path(), &[], &[]);
        assert_eq!((run.code, run.causes()), (3, vec![causes.to_owned()]), "{line} {}", run.all);
        silent(&run, &[&password, &pair(&password)]);
    }
    for body in ["{}", "{\"token\":\"\"}", "no", "{\"token\":\"a\\nb\"}"] {
        let realm = StandIn::json(body);
        let batch = examine(&image(&wants_token(&realm, Vec::new())), "");
        assert!(batch.gaps.iter().all(|gap| gap.cause == Cause::Malformed), "{body} {}", shown(&batch));
    }
}

#[test]
fn a_realm_without_tls_elsewhere_is_not_asked() {
    for realm in ["http://192.0.2.1/token", "ftp://127.0.0.1/token", "http://u:p@127.0.0.1/token", "nowhere"] {
        let challenge = format!("WWW-Authenticate: Bearer realm=\"{realm}\"\r\n");
        let server = registry(&leaky(), move |_, stream| status(stream, "401 Unauthorized", &challenge));
        let batch = examine(&image(&server), "");
        let expected = [Cause::Untrusted, Cause::Malformed];
        assert!(
            batch.gaps.len() == super::rig::KINDS.len() && batch.gaps.iter().all(|gap| expected.contains(&gap.cause)),
            "{realm} {}",
            shown(&batch)
        );
        assert!(!shown(&batch).contains("192.0.2.1"), "a server's words");
    }
}

#[test]
fn nobody_the_registry_redirects_to_sees_a_credential() {
    let password = secret();
    let files = leaky();
    // One registry's storage is another address: it serves what is asked for, and notes who asks how.
    let content = files.clone();
    let storage = StandIn::new(move |_, head, stream| {
        let path = head.split(' ').nth(1).unwrap().trim_start_matches("/store/");
        let bytes = super::stand_in::content(&content, path).unwrap();
        send(stream, &format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", bytes.len()));
        let _ = std::io::Write::write_all(stream, &bytes);
    });
    let (url, expected) = (storage.url(), format!("Basic {}", pair(&password)));
    let server = registry(&files, move |request, stream| {
        if request.header("authorization") != Some(&expected) {
            return status(stream, "401 Unauthorized", "WWW-Authenticate: Basic realm=\"r\"\r\n");
        }
        status(stream, "307 Temporary Redirect", &format!("Location: {url}/store/{}\r\n", request.path))
    });
    let home = home(&entry(&server, &json!({ "auth": pair(&password) })));
    finds(&run(&image(&server), home.path(), &[], &[]), true, &[&password, &pair(&password)]);
    assert_eq!(storage.requests().len(), 3);
    assert_eq!(authorized(&storage), 0, "{:?}", storage.requests());
    assert!(authorized(&server) >= 3);
}

#[test]
fn a_login_wanted_by_whoever_is_redirected_to_is_not_answered() {
    let password = secret();
    let storage = StandIn::new(|_, _, stream| {
        status(stream, "401 Unauthorized", "WWW-Authenticate: Basic realm=\"r\"\r\n");
    });
    let url = storage.url();
    let server = wants_password(&pair(&password), move |_, stream| {
        status(stream, "302 Found", &format!("Location: {url}/x\r\n"))
    });
    let home = home(&entry(&server, &json!({ "auth": pair(&password) })));
    finds(&run(&image(&server), home.path(), &[], &[]), false, &[&password]);
    assert_eq!(authorized(&storage), 0);
}

#[test]
fn redirects_to_where_there_is_no_tls_or_without_end_are_not_followed() {
    for (location, cause) in [
        ("http://192.0.2.1/x", Cause::Untrusted),
        ("ftp://127.0.0.1/x", Cause::Untrusted),
        ("http://u:p@127.0.0.1/x", Cause::Malformed),
        ("/v2/team/app/manifests/1", Cause::Refused),
    ] {
        let server =
            registry(&leaky(), move |_, stream| status(stream, "302 Found", &format!("Location: {location}\r\n")));
        let batch = examine(&image(&server), "");
        assert!(
            batch.gaps.iter().all(|gap| gap.cause == cause) && batch.gaps.len() == super::rig::KINDS.len(),
            "{location} {}",
            shown(&batch)
        );
        assert!(server.requests().len() < 10);
    }
}

/// A helper in a folder of its own, which is put in front of the search path.
fn helper(folder: &Path, name: &str, script: &str) -> String {
    let path = folder.join(format!("docker-credential-{name}"));
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap())
}

#[test]
fn helpers_are_asked_for_this_registry() {
    let (password, token) = (secret(), secret());
    let folder = tempfile::tempdir().unwrap();
    let server = wants_password(&pair(&password), |_, _| false);
    let host = server.address.to_string();
    let answer = format!(
        "read host; [ \"$1 $host\" = \"get {host}\" ] && echo '{{\"ServerURL\":\"x\",\"Username\":\"ci\",\"Secret\":\"{password}\"}}'"
    );
    let path = helper(folder.path(), "desk-1", &answer);
    for config in
        [json!({ "credsStore": "desk-1" }), json!({ "credsStore": "none", "credHelpers": { &host: "desk-1" } })]
    {
        let home = home(&config);
        finds(&run(&image(&server), home.path(), &[("PATH", &path)], &[]), true, &[&password, &pair(&password)]);
    }
    // Some keep a token in the place of a password.
    let realm = tokens(vec![token.clone()]);
    let server = wants_token(&realm, vec![token.clone()]);
    let answer = format!("echo '{{\"Username\":\"<token>\",\"Secret\":\"{password}\"}}'");
    let path = helper(folder.path(), "desk-2", &answer);
    let home = home(&json!({ "credsStore": "desk-2" }));
    finds(&run(&image(&server), home.path(), &[("PATH", &path)], &[]), true, &[&password, &token]);
    assert!(realm.requests()[0].starts_with("POST "));
}

#[test]
fn a_helper_that_has_nothing_leaves_the_file() {
    let password = secret();
    let folder = tempfile::tempdir().unwrap();
    let server = wants_password(&pair(&password), |_, _| false);
    let path = helper(folder.path(), "empty", "echo 'credentials not found in native keychain'; exit 1");
    let mut config = entry(&server, &json!({ "auth": pair(&password) }));
    config["credsStore"] = "empty".into();
    let home = home(&config);
    finds(&run(&image(&server), home.path(), &[("PATH", &path)], &[]), true, &[&password]);
}

#[test]
fn a_helper_that_fails_is_named_as_the_cause_and_says_nothing() {
    let word = secret();
    let folder = tempfile::tempdir().unwrap();
    let outside = folder.path().join("ran");
    let server = wants_password("x", |_, _| false);
    for (name, script, cause) in [
        ("fails", format!("echo {word}; echo {word} >&2; exit 1"), "denied"),
        ("talks", format!("echo {word}"), "malformed"),
        ("hangs", "sleep 30".to_owned(), "timeout"),
    ] {
        let path = helper(folder.path(), name, &script);
        let home = home(&json!({ "credsStore": name }));
        let run = run(&image(&server), home.path(), &[("PATH", &path)], &[]);
        assert_eq!((run.code, run.causes()), (3, vec![cause.to_owned()]), "{name} {}", run.all);
        assert!(run.all.contains("credential helper"));
        silent(&run, &[&word]);
    }
    for (name, cause) in
        [("is-not-here", "not-found"), ("../x", "malformed"), ("x; touch ran", "malformed"), ("a b", "malformed")]
    {
        let path = helper(folder.path(), "x", &format!("touch {}", outside.display()));
        let home = home(&json!({ "credsStore": name }));
        let run = run(&image(&server), home.path(), &[("PATH", &path)], &[]);
        assert_eq!((run.code, run.causes()), (3, vec![cause.to_owned()]), "{name} {}", run.all);
        assert!(!outside.exists());
    }
}

#[test]
fn a_helper_that_fails_does_not_keep_from_what_is_for_everybody() {
    let token = secret();
    let realm = tokens(vec![token.clone()]);
    let home = home(&json!({ "credsStore": "is-not-here" }));
    let server = wants_token(&realm, vec![token.clone()]);
    finds(&run(&image(&server), home.path(), &[], &[]), true, &[&token]);
    let closed = wants_token(&realm, Vec::new());
    let run = run(&image(&closed), home.path(), &[], &[]);
    assert_eq!((run.code, run.causes()), (3, vec!["not-found".to_owned()]), "{}", run.all);
    assert!(run.all.contains("the credential helper is not installed"), "{}", run.all);
}

#[test]
fn a_helper_is_not_run_where_nobody_asks_for_a_login() {
    let folder = tempfile::tempdir().unwrap();
    let outside = folder.path().join("ran");
    let path = helper(folder.path(), "eager", &format!("touch {}", outside.display()));
    let home = home(&json!({ "credsStore": "eager" }));
    let server = super::stand_in::honest(&leaky());
    finds(&run(&image(&server), home.path(), &[("PATH", &path)], &[]), true, &[]);
    assert!(!outside.exists());
}

#[test]
fn the_files_of_docker_and_podman_are_found_where_they_lie() {
    let password = secret();
    let server = wants_password(&pair(&password), |_, _| false);
    let host = server.address.to_string();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("containers")).unwrap();
    let place = |name: &str| folder.path().join(name).display().to_string();
    for (file, variable, value) in [
        ("config.json", "DOCKER_CONFIG", place("")),
        ("auth.json", "REGISTRY_AUTH_FILE", place("auth.json")),
        ("containers/auth.json", "XDG_RUNTIME_DIR", place("")),
    ] {
        for key in [host.clone(), format!("https://{host}/v1/"), format!("{host}/team")] {
            let config = json!({ "auths": { key: { "auth": pair(&password) } } }).to_string();
            std::fs::write(folder.path().join(file), config).unwrap();
            let home = tempfile::tempdir().unwrap();
            finds(&run(&image(&server), home.path(), &[(variable, &value)], &[]), true, &[&password]);
        }
        // Another registry's password is nobody's business here.
        for key in [format!("{host}0"), format!("{host}/other"), "example.org".to_owned()] {
            let config = json!({ "auths": { key: { "auth": pair(&password) } } }).to_string();
            std::fs::write(folder.path().join(file), config).unwrap();
            let home = tempfile::tempdir().unwrap();
            finds(&run(&image(&server), home.path(), &[(variable, &value)], &[]), false, &[&password]);
        }
        std::fs::write(folder.path().join(file), "{ \"auths\": 7").unwrap();
        let home = tempfile::tempdir().unwrap();
        let broken = run(&image(&server), home.path(), &[(variable, &value)], &[]);
        assert_eq!((broken.code, broken.causes()), (3, vec!["malformed".to_owned()]), "{}", broken.all);
        std::fs::remove_file(folder.path().join(file)).unwrap();
    }
}

#[test]
fn a_password_is_not_sent_unless_it_is_asked_for() {
    let password = secret();
    let server = super::stand_in::honest(&leaky());
    let home = home(&entry(&server, &json!({ "auth": pair(&password) })));
    finds(&run(&image(&server), home.path(), &[], &[]), true, &[&password]);
    assert_eq!(authorized(&server), 0);
}
