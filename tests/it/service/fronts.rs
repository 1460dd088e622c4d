//! What stands in front of a service, or in for it: balancers, plain HTTP, fallbacks of its components.

use super::stand_in::{StandIn, closed_port, response, send, with_headers};
use super::{IMPATIENT, cause, health, only, outcome, probe, ready};
use leakproof::evidence::Cause;
use std::net::TcpListener;

const OK: &str = r#"{"status":"ok"}"#;

#[test]
fn a_load_balancer_s_fixed_response_is_not_ready() {
    // It says the same of every path: enough for the letter of item 3 only.
    let fixed = StandIn::json(OK);
    assert_eq!(outcome(&health(&fixed)), "ok");
    let batch = ready(&fixed);
    assert_eq!(outcome(&batch), "missing-member");
    let text = StandIn::answering(response("200 OK", "text/plain; charset=utf-8", "ok"));
    assert_eq!(outcome(&health(&text)), "wrong-content-type");
    assert_eq!(outcome(&ready(&text)), "wrong-content-type");
}

const READY: &str = r#"{"redis_denylist":"ok","database":"ok"}"#;

#[test]
fn a_readiness_answer_is_json_by_its_type_too() {
    for types in ["Content-Type: text/html", "X-None: x", "Content-Type: application/json\r\nContent-Type: text/html"] {
        let server = StandIn::answering(with_headers("200 OK", &format!("{types}\r\n"), READY));
        assert_eq!(outcome(&ready(&server)), "wrong-content-type", "{types}");
    }
    let accepted = StandIn::answering(response("202 Accepted", "application/json", READY));
    assert_eq!(outcome(&ready(&accepted)), "ok");
}

#[test]
fn a_part_of_an_answer_or_a_changed_one_is_no_proof() {
    for status in ["203 Non-Authoritative Information", "206 Partial Content", "207 Multi-Status"] {
        assert_eq!(cause(&ready(&StandIn::answering(response(status, "application/json", READY)))), Cause::Truncated);
    }
    let range = "Content-Type: application/json\r\nContent-Range: bytes 0-38/90\r\n";
    assert_eq!(cause(&ready(&StandIn::answering(with_headers("200 OK", range, READY)))), Cause::Truncated);
    assert_eq!(cause(&health(&StandIn::answering(with_headers("200 OK", range, OK)))), Cause::Truncated);
}

#[test]
fn a_member_that_only_the_service_writes_tells_it_from_a_fixed_response() {
    let expect = format!("{IMPATIENT}, health: {{ expect: {{ status: ok, service: api }} }}");
    let fixed = StandIn::json(OK);
    let batch = probe(&fixed.url(), &expect, "service.health");
    assert_eq!((outcome(&batch), only(&batch).word("member")), ("missing-member", Some("service")));
    let own = StandIn::json(r#"{"status":"ok","service":"api"}"#);
    assert_eq!(outcome(&probe(&own.url(), &expect, "service.health")), "ok");
}

#[test]
fn an_answer_without_the_application_s_own_header_is_a_proxy_s_page_and_no_verdict() {
    let page = StandIn::json(OK);
    let own =
        StandIn::answering(with_headers("200 OK", "X-Application: api\r\nContent-Type: application/json\r\n", OK));
    for (headers, passes) in
        [("{ X-Application: api }", true), ("{ x-application: \"\" }", true), ("{ X-Application: web }", false)]
    {
        let probes = format!("{IMPATIENT}, headers: {headers}");
        let batch = probe(&own.url(), &probes, "service.health");
        assert_eq!(batch.gaps.is_empty(), passes, "{headers}");
        let batch = probe(&page.url(), &probes, "service.health");
        assert_eq!(cause(&batch), Cause::Unproven, "{headers}");
    }
}

#[test]
fn a_configured_downgrade_to_http_is_shown_as_unprotected() {
    let batch = health(&StandIn::json(OK));
    assert_eq!((outcome(&batch), only(&batch).word("tls")), ("ok", Some("none")));
}

#[test]
fn a_redirect_from_https_s_port_or_path_down_to_http_is_not_followed() {
    let plain = StandIn::json(OK);
    for status in ["301 Moved Permanently", "308 Permanent Redirect"] {
        let location = format!("Location: http://{}/health\r\n", plain.address);
        let front = StandIn::answering(with_headers(status, &location, OK));
        assert_eq!(outcome(&health(&front)), "redirect", "{status}");
    }
    assert_eq!(plain.connections(), 0);
}

#[test]
fn a_name_with_an_ipv6_address_first_is_reached_over_ipv4() {
    let server = StandIn::json(OK);
    let url = format!("http://localhost:{}", server.address.port());
    assert_eq!(outcome(&probe(&url, IMPATIENT, "service.health")), "ok");
}

#[test]
fn an_ipv6_address_is_asked_as_it_is_written() {
    let free = format!("http://[::1]:{}", closed_port().port());
    assert_eq!(outcome(&probe(&free, IMPATIENT, "service.health")), "unreachable");
    // A machine without IPv6 has no such address to listen on: then the first half is all there is to see.
    let Ok(listener) = TcpListener::bind("[::1]:0") else { return };
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = std::io::Read::read(&mut stream, &mut [0; 4096]);
            send(&mut stream, &response("200 OK", "application/json", OK));
        }
    });
    let batch = probe(&url, IMPATIENT, "service.health");
    assert_eq!(outcome(&batch), "ok");
    assert_eq!(only(&batch).subject.target.name.as_str(), format!("{url}/health"));
}

#[test]
fn components_that_name_their_fallback_are_not_ready() {
    for fallback in ["memory", "in-memory", "sqlite", "not configured", "disabled", "skipped", "ok (sqlite)"] {
        let body = format!(r#"{{"database":"ok","redis_denylist":"{fallback}"}}"#);
        let batch = ready(&StandIn::json(&body));
        assert_eq!((outcome(&batch), only(&batch).word("member")), ("wrong-value", Some("redis_denylist")), "{body}");
    }
}

#[test]
fn a_component_that_was_not_asked_is_no_verdict_or_a_failure() {
    let off = r#"{"database":{"status":"ok","connected":false},"redis_denylist":"ok"}"#;
    assert_eq!(cause(&ready(&StandIn::json(off))), Cause::Inconsistent);
    let bare = r#"{"database":{"backend":"sqlite"},"redis_denylist":"ok"}"#;
    assert_eq!(outcome(&ready(&StandIn::json(bare))), "wrong-value");
}
