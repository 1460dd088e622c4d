//! Bodies are untrusted: their size, their pace, their words, and what they give away.

use super::stand_in::{StandIn, response, send};
use super::{IMPATIENT, cause, health, only, outcome, probe, ready};
use crate::scene::{hex, number, secret, shown};
use leakproof::evidence::Cause;
use std::time::{Duration, Instant};

#[test]
fn an_endless_body_is_cut_at_the_limit() {
    let server = StandIn::new(|_, _, stream| {
        use std::io::Write;
        send(stream, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
        let chunk = format!("1000\r\n{}\r\n", " ".repeat(4096));
        while stream.write_all(chunk.as_bytes()).is_ok() {}
    });
    assert_eq!(outcome(&health(&server)), "too-large");
}

#[test]
fn a_dripping_body_ends_at_the_timeout() {
    let server = StandIn::new(|_, _, stream| {
        use std::io::Write;
        send(stream, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n");
        while stream.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let begun = Instant::now();
    assert_eq!(outcome(&health(&server)), "timeout");
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[test]
fn a_body_shorter_than_declared_is_no_answer() {
    let server = StandIn::new(|_, _, stream| {
        let text = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{\"status\":\"ok\"}";
        send(stream, text);
        let _ = stream.shutdown(std::net::Shutdown::Both);
    });
    assert_eq!(outcome(&health(&server)), "unreachable");
}

#[test]
fn a_readiness_answer_that_prints_a_dsn_is_a_leak() {
    let password = secret();
    let body = format!(
        r#"{{"redis_denylist":"ok","database":"ok","error":"connect postgresql://app:{password}@db/app refused"}}"#
    );
    let batch = ready(&StandIn::json(&body));
    assert_eq!(outcome(&batch), "leaked");
    assert_eq!(only(&batch).word("class"), Some("plaintext"));
    assert!(number(only(&batch), "leaks") >= 1);
    assert!(!shown(&batch).contains(&password));
}

#[test]
fn a_leak_in_an_error_page_counts_whatever_the_status() {
    let password = secret();
    let text = format!("Traceback: DB_PASSWORD={password}\n");
    let server = StandIn::answering(response("500 Internal Server Error", "text/plain", &text));
    let batch = health(&server);
    assert_eq!(outcome(&batch), "leaked");
    assert!(!shown(&batch).contains(&password));
}

#[test]
fn nothing_of_a_body_reaches_the_evidence() {
    let body = "{\"status\":\"ok\",\"note\":\"\\u001b[31mred marker\",\"marker\":1}";
    let server = StandIn::answering(response("200 OK", "application/json", body));
    let batch = health(&server);
    assert_eq!(outcome(&batch), "ok");
    assert!(!shown(&batch).contains("marker") && !shown(&batch).contains('\u{1b}'));
}

#[test]
fn ids_and_versions_in_an_answer_are_no_leak() {
    let body = format!(
        r#"{{"status":"ok","version":"1.2.3","commit":"{}","request_id":"{}","uptime":12.5,"host":"api-7f9c"}}"#,
        hex(40),
        hex(32)
    );
    assert_eq!(outcome(&health(&StandIn::json(&body))), "ok");
}

#[test]
fn every_built_in_shape_of_readiness_passes() {
    for body in [
        r#"{"redis_denylist":"ok","database":"ok"}"#,
        r#"{"status":"ok","checks":{"redis_denylist":"ok","database":"ok"}}"#,
        r#"{"components":{"redis_denylist":{"status":"ok"},"database":{"status":"ok"}}}"#,
        r#"[{"name":"redis_denylist","status":"ok"},{"name":"database","status":"ok"}]"#,
    ] {
        assert_eq!(outcome(&ready(&StandIn::json(body))), "ok", "{body}");
    }
}

#[test]
fn a_missing_or_failed_component_is_not_ready() {
    let batch = ready(&StandIn::json(r#"{"database":"ok"}"#));
    assert_eq!((outcome(&batch), only(&batch).word("member")), ("missing-member", Some("redis_denylist")));
    assert_eq!(outcome(&ready(&StandIn::json(r#"{"database":"ok","redis_denylist":"down"}"#))), "wrong-value");
    let degraded = r#"{"status":"degraded","database":"ok","redis_denylist":"ok"}"#;
    assert_eq!(outcome(&ready(&StandIn::json(degraded))), "degraded");
}

#[test]
fn an_ambiguous_or_foreign_answer_is_no_verdict() {
    let twice = r#"{"database":"ok","redis_denylist":"ok","services":{"database":"error"}}"#;
    assert_eq!(cause(&ready(&StandIn::json(twice))), Cause::Inconsistent);
    let foreign = r#"{"database":"up","redis_denylist":true}"#;
    assert_eq!(cause(&ready(&StandIn::json(foreign))), Cause::Unclear);
}

#[test]
fn configured_pointers_and_words_settle_it() {
    let server = StandIn::json(r#"{"a":[{"db":"up"}],"denylist":true}"#);
    let probes = format!(
        "{IMPATIENT}, ready: {{ expect: {{ database: up, denylist: \"true\" }}, pointers: {{ database: /a/0/db }} }}"
    );
    assert_eq!(outcome(&probe(&server.url(), &probes, "service.ready")), "ok");
}
