//! Connections: what the service is to blame for, and what is our own side's trouble.

use super::stand_in::{StandIn, closed_port, send};
use super::{IMPATIENT, cause, health, outcome, probe};
use leakproof::evidence::Cause;
use std::process::Command;
use std::time::Duration;

#[test]
fn a_refused_connection_fails_after_the_deadline() {
    let batch = probe(&format!("http://{}", closed_port()), IMPATIENT, "service.health");
    assert_eq!(outcome(&batch), "unreachable");
    assert!(batch.coverage[0].count("requests") > 1, "warm-up is waited for");
}

#[test]
fn a_server_that_accepts_and_never_answers_is_no_verdict_after_the_deadline() {
    let server = StandIn::new(|_, _, _| std::thread::sleep(Duration::from_secs(30)));
    assert_eq!(cause(&health(&server)), Cause::Timeout);
}

#[test]
fn a_server_that_answered_once_and_hangs_fails_after_the_deadline() {
    let server = StandIn::new(|n, _, stream| {
        if n == 0 {
            send(stream, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        } else {
            std::thread::sleep(Duration::from_secs(30));
        }
    });
    assert_eq!(outcome(&health(&server)), "timeout");
}

#[test]
fn a_server_that_speaks_no_http_is_unreachable() {
    let server = StandIn::new(|_, _, stream| {
        send(stream, "220 mail ESMTP\r\n");
        let _ = stream.shutdown(std::net::Shutdown::Both);
    });
    assert_eq!(outcome(&health(&server)), "unreachable");
}

#[test]
fn a_name_that_does_not_resolve_is_no_verdict() {
    // A label of 64 letters is longer than DNS allows: every resolver refuses it without asking a server.
    let batch = probe(&format!("http://{}.invalid", "a".repeat(64)), IMPATIENT, "service.health");
    assert_eq!(cause(&batch), Cause::NotFound);
    assert!(batch.gaps[0].shown().contains("service_url"));
}

#[test]
fn every_sample_takes_a_new_connection() {
    let server = StandIn::json(r#"{"status":"ok"}"#);
    assert_eq!(outcome(&health(&server)), "ok");
    assert_eq!((server.connections(), server.requests().len()), (3, 3));
}

#[test]
fn requests_ask_for_fresh_answers_and_carry_no_cookie() {
    let server = StandIn::answering(super::stand_in::with_headers(
        "200 OK",
        "Content-Type: application/json\r\nSet-Cookie: session=1\r\n",
        r#"{"status":"ok"}"#,
    ));
    assert_eq!(outcome(&health(&server)), "ok");
    for head in server.requests() {
        let head = head.to_ascii_lowercase();
        assert!(head.contains("cache-control: no-cache"), "{head}");
        assert!(!head.contains("cookie:") && !head.contains("referer:"), "{head}");
    }
}

/// Runs another test of this binary with proxies in the environment that would answer everything wrongly.
#[test]
fn proxy_variables_of_the_environment_are_ignored() {
    let proxy = StandIn::answering(super::stand_in::response("403 Forbidden", "text/plain", "proxy"));
    let test = "service::traps::a_plain_service_passes_after_three_samples";
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test]);
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"] {
        command.env(variable, proxy.url());
    }
    let done = command.env_remove("NO_PROXY").env_remove("no_proxy").output().unwrap();
    let printed = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && printed.contains("1 passed"), "{printed}");
    assert_eq!(proxy.connections(), 0);
}

#[test]
fn a_configured_proxy_is_used_and_its_trouble_is_no_verdict() {
    let proxy = StandIn::json(r#"{"status":"ok"}"#);
    let probes = format!("{IMPATIENT}, proxy: \"{}\"", proxy.url());
    assert_eq!(outcome(&probe("http://leakproof.invalid", &probes, "service.health")), "ok");
    assert!(proxy.requests()[0].starts_with("GET http://leakproof.invalid/health "));

    let probes = format!("{IMPATIENT}, proxy: \"http://{}\"", closed_port());
    assert_eq!(cause(&probe("http://leakproof.invalid", &probes, "service.health")), Cause::Refused);
}
