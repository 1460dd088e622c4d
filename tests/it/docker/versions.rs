//! Connections: versions, limits, errors. Over stand-ins.

use super::rig::{CONTAINER, IMAGE, causes, collect, config, count, of, secret, shown};
use super::stand_in::{StandIn, version};
use leakproof::evidence::{Batch, Cause};
use std::path::Path;
use std::time::{Duration, Instant};

fn from(engine: &StandIn) -> Batch {
    collect(&config(&engine.host(), "containers: [ { name: api } ]"), Path::new(""), &CONTAINER)
}

fn id() -> String {
    "ab".repeat(32)
}

fn listed() -> (&'static str, u16, String) {
    ("/containers/json", 200, format!(r#"[{{"Id":"{}","Names":["/api"],"Image":"x"}}]"#, id()))
}

fn inspected(config: &str) -> (&'static str, u16, String) {
    let body = format!(r#"{{"Id":"{}","Name":"/api","State":{{"Running":true}},"Config":{config}}}"#, id());
    ("abab/json", 200, body)
}

#[test]
fn the_newest_common_version_is_on_the_wire() {
    for (oldest, newest, sent) in
        [("1.12", "1.41", "/v1.41/"), ("1.44", "1.52", "/v1.52/"), ("1.44", "1.99", "/v1.53/")]
    {
        let engine = StandIn::answering(vec![version(oldest, newest), listed(), inspected(r#"{"Env":["A=1"]}"#)]);
        let batch = from(&engine);
        assert_eq!(count(&batch, "container.env", "variables"), 1, "{}", shown(&batch));
        let asked = engine.asked();
        assert_eq!(asked[0], "GET /version HTTP/1.1");
        assert!(asked[1..].iter().all(|line| line.starts_with(&format!("GET {sent}"))), "{asked:?}");
    }
}

#[test]
fn an_engine_with_no_common_version_is_a_gap_that_names_both_versions() {
    for (oldest, newest) in [("1.12", "1.40"), ("1.90", "1.99")] {
        let batch = from(&StandIn::answering(vec![version(oldest, newest)]));
        assert_eq!(causes(&batch, "container.env"), [Cause::Version]);
        let text = batch.gaps[0].shown();
        assert!(text.contains("client_version: 1.41 to 1.53"), "{text}");
        assert!(text.contains(&format!("server_version: {oldest} to {newest}")), "{text}");
    }
}

#[test]
fn a_refused_client_version_is_a_version_gap_without_the_server_s_words() {
    let words = secret();
    let body = format!(r#"{{"message":"client version 1.53 is too new {words}"}}"#);
    let batch = from(&StandIn::answering(vec![version("1.41", "1.53"), ("/containers/json", 400, body)]));
    assert_eq!(causes(&batch, "container.env"), [Cause::Version]);
    assert!(!shown(&batch).contains(&words));
}

#[test]
fn a_socket_that_hangs_is_a_timeout_within_our_limit() {
    let engine = StandIn::hanging();
    let yaml = format!(
        "service: t\ndocker: {{ host: \"{}\", timeout: 1s }}\ncontainers: [ {{ name: api }} ]\nimages: [ \"api:1\" ]\n",
        engine.host()
    );
    let started = Instant::now();
    let batch = collect(&yaml, Path::new(""), &[CONTAINER[0], IMAGE[0]]);
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    assert_eq!(causes(&batch, "container.env"), [Cause::Timeout]);
    assert_eq!(causes(&batch, "image.env"), [Cause::Timeout]);
    assert!(batch.gaps[0].shown().contains("operation: GET /version"));
}

#[test]
fn a_socket_that_is_not_there_is_not_found() {
    let yaml = config("unix:///nonexistent/engine.sock", "containers: [ { name: api } ]");
    let batch = collect(&yaml, Path::new(""), &CONTAINER);
    assert_eq!(causes(&batch, "container.env"), [Cause::NotFound]);
}

#[test]
fn a_dead_socket_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dead.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let host = format!("unix://{}", path.display());
    let batch = collect(&config(&host, "containers: [ { name: api } ]"), Path::new(""), &CONTAINER);
    assert_eq!(causes(&batch, "container.env"), [Cause::Refused]);
    assert!(batch.gaps[0].shown().contains("errno: "), "{}", batch.gaps[0].shown());
}

#[test]
fn nonsense_on_the_socket_is_not_an_empty_answer() {
    for bytes in [&b"SSH-2.0-x\r\n"[..], b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"Api", b""] {
        let batch = from(&StandIn::saying(bytes));
        assert_eq!(causes(&batch, "container.env").len(), 1, "{}", shown(&batch));
        assert_eq!(count(&batch, "container.env", "containers"), 0);
    }
}

#[test]
fn a_proxy_that_denies_version_and_info_is_still_read() {
    let denied = |path| (path, 403, "denied".to_owned());
    let answers = vec![denied("/version"), denied("/info"), listed(), inspected(r#"{"Env":["A=1"]}"#)];
    let batch = from(&StandIn::answering(answers));
    assert_eq!(count(&batch, "container.env", "containers"), 1, "{}", shown(&batch));
    let batch = from(&StandIn::answering(vec![version("1.24", "1.45"), denied("/containers/json")]));
    assert_eq!(causes(&batch, "container.env"), [Cause::Denied]);
}

#[test]
fn a_container_that_vanished_between_list_and_inspect_is_unproven() {
    let batch = from(&StandIn::answering(vec![version("1.24", "1.45"), listed()]));
    assert_eq!(causes(&batch, "container.env"), [Cause::Unproven]);
    assert!(batch.coverage.iter().all(|coverage| !coverage.is_complete()));
}

#[test]
fn an_absent_env_is_empty_only_after_an_answer_that_parsed() {
    let engine = StandIn::answering(vec![version("1.44", "1.52"), listed(), inspected("{}")]);
    let batch = from(&engine);
    assert_eq!((count(&batch, "container.env", "containers"), batch.gaps.len()), (1, 0), "{}", shown(&batch));
    for body in
        [r#"{"Id":"x","Name":"/api"}"#, r#"{"Id":"x","Config":{"Env":"#, r#"{"Config":{"Env":7}}"#, "null", "[]"]
    {
        let engine = StandIn::answering(vec![version("1.44", "1.52"), listed(), ("abab/json", 200, body.to_owned())]);
        let batch = from(&engine);
        assert_eq!(causes(&batch, "container.env"), [Cause::Malformed], "{body}");
    }
}

#[test]
fn only_get_is_ever_sent() {
    let engine = StandIn::answering(vec![version("1.24", "1.45"), listed(), inspected(r#"{"Env":["A=1"]}"#)]);
    let batch = from(&engine);
    assert_eq!(of(&batch, "container.env", "A").len(), 1);
    assert!(engine.asked().iter().all(|line| line.starts_with("GET ")));
}

#[test]
fn history_entries_without_an_id_are_no_lack_of_coverage() {
    let id = format!("sha256:{}", id());
    let inspect = format!(
        r#"{{"Id":"{id}","Os":"linux","Architecture":"amd64","Config":{{"Env":[]}},"RootFS":{{"Type":"layers","Layers":["sha256:{0}"]}}}}"#,
        "cd".repeat(32)
    );
    let entry = |id: &str, text: &str, size: u64| {
        format!(
            r#"{{"Id":"{id}","Created":1,"CreatedBy":"{text}","Tags":null,"Size":{size},"Comment":"buildkit.dockerfile.v0"}}"#
        )
    };
    for missing in ["<missing>", "sha256:<missing>"] {
        let leak = format!("ENV JWT_SECRET_KEY={}", secret());
        let entries = [entry(&id, "CMD [app]", 0), entry(missing, &leak, 0), entry(missing, "COPY a /a # buildkit", 9)];
        let engine = StandIn::answering(vec![
            version("1.41", "1.52"),
            ("/history", 200, format!("[{}]", entries.join(","))),
            ("/json", 200, inspect.clone()),
        ]);
        let batch = collect(&config(&engine.host(), "images: [ \"app:1\" ]"), Path::new(""), &IMAGE);
        assert_eq!(count(&batch, "image.env", "history-entries"), 3, "{}", shown(&batch));
        assert_eq!(of(&batch, "image.env", "JWT_SECRET_KEY")[0].word("class"), Some("plaintext"));
        assert!(batch.gaps.is_empty(), "{}", shown(&batch));
    }
}
