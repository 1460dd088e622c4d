//! The traps of health checks: what looks like success and is none, and what looks like failure.

use super::stand_in::{StandIn, response, send, with_headers};
use super::{IMPATIENT, PATIENT, cause, health, only, outcome, probe, ready};
use crate::scene::{number, secret, shown};
use leakproof::evidence::Cause;

const OK: &str = r#"{"status":"ok"}"#;

#[test]
fn a_plain_service_passes_after_three_samples() {
    let server = StandIn::json(OK);
    let batch = health(&server);
    let evidence = only(&batch);
    assert_eq!(evidence.word("outcome"), Some("ok"));
    assert_eq!(evidence.word("tls"), Some("none"));
    assert_eq!((number(evidence, "successes"), number(evidence, "status")), (3, 200));
    assert_eq!(batch.coverage[0].count("requests"), 3);
    assert!(batch.coverage[0].is_complete());
    assert_eq!(evidence.subject.target.name.as_str(), format!("{}/health", server.url()));
}

#[test]
fn a_redirect_to_a_login_page_that_answers_ok_is_not_followed() {
    let server = StandIn::new(|_, head, stream| {
        if head.starts_with("GET /health") {
            send(stream, &with_headers("302 Found", "Location: /login\r\n", ""));
        } else {
            send(stream, &response("200 OK", "application/json", OK));
        }
    });
    assert_eq!(outcome(&health(&server)), "redirect");
    assert!(server.requests().iter().all(|head| head.starts_with("GET /health ")));
}

#[test]
fn a_redirect_to_another_host_is_not_followed() {
    let other = StandIn::json(OK);
    let target = format!("Location: {}/health\r\n", other.url());
    let server = StandIn::answering(with_headers("307 Temporary Redirect", &target, OK));
    assert_eq!(outcome(&health(&server)), "redirect");
    assert_eq!(other.connections(), 0);
}

#[test]
fn a_cache_s_answer_is_not_the_service_s() {
    for header in ["Age: 12", "X-Cache: HIT from edge", "CF-Cache-Status: HIT"] {
        let headers = format!("Content-Type: application/json\r\n{header}\r\n");
        let server = StandIn::answering(with_headers("200 OK", &headers, OK));
        assert_eq!(outcome(&health(&server)), "cached", "{header}");
    }
}

#[test]
fn an_identical_date_over_the_run_is_a_cache() {
    let server = StandIn::answering(with_headers("200 OK", &dated(&http_date(0)), OK));
    let slow = "deadline: 300ms, timeout: 400ms, interval: 1100ms";
    assert_eq!(outcome(&probe(&server.url(), slow, "service.health")), "cached");
    // Three samples within one second may well share a date.
    let server = StandIn::answering(with_headers("200 OK", &dated(&http_date(0)), OK));
    assert_eq!(outcome(&health(&server)), "ok");
    assert_eq!(server.requests().len(), 3);
}

fn dated(date: &str) -> String {
    format!("Content-Type: application/json\r\nDate: {date}\r\n")
}

/// The time so many seconds ago, as servers write it.
fn http_date(ago: i64) -> String {
    let at = time::OffsetDateTime::now_utc() - time::Duration::seconds(ago);
    let (weekday, month) = (at.weekday().to_string(), at.month().to_string());
    let (day, year, clock) = (at.day(), at.year(), (at.hour(), at.minute(), at.second()));
    format!("{}, {day:02} {} {year} {:02}:{:02}:{:02} GMT", &weekday[..3], &month[..3], clock.0, clock.1, clock.2)
}

#[test]
fn an_old_date_that_stands_still_is_a_cache_at_the_usual_pace() {
    let server = StandIn::answering(with_headers("200 OK", &dated("Mon, 02 Nov 2026 16:00:00 GMT"), OK));
    assert_eq!(outcome(&probe(&server.url(), "timeout: 2s", "service.health")), "cached");
    assert_eq!(server.requests().len(), 4, "one more than usual tells");
}

#[test]
fn a_service_whose_clock_is_wrong_is_no_cache() {
    let server = StandIn::new(|_, _, stream| {
        send(stream, &with_headers("200 OK", &dated(&http_date(86_400)), OK));
    });
    assert_eq!(outcome(&probe(&server.url(), "timeout: 2s", "service.health")), "ok");
}

#[test]
fn a_success_status_alone_is_not_enough() {
    assert_eq!(outcome(&health(&StandIn::json(r#"{"status":"degraded","previous":"ok"}"#))), "wrong-value");
    assert_eq!(outcome(&health(&StandIn::json(r#"{"detail":"ok"}"#))), "missing-member");
    assert_eq!(outcome(&health(&StandIn::json(r#""ok""#))), "not-an-object");
    let page = StandIn::answering(response("200 OK", "text/html", "<html>ok</html>"));
    assert_eq!(outcome(&health(&page)), "wrong-content-type");
    let page = StandIn::answering(response("200 OK", "application/json", "<html>ok</html>"));
    assert_eq!(outcome(&health(&page)), "not-json");
}

#[test]
fn a_substring_ok_is_not_ok() {
    for value in ["not ok", "OK", "ok\\n", "healthy", "token"] {
        let server = StandIn::json(&format!(r#"{{"status":"{value}"}}"#));
        let batch = health(&server);
        assert_eq!(outcome(&batch), "wrong-value", "{value}");
        assert_eq!(only(&batch).word("member"), Some("status"));
    }
}

#[test]
fn duplicate_keys_are_refused() {
    assert_eq!(outcome(&health(&StandIn::json(r#"{"status":"error","status":"ok"}"#))), "duplicate-keys");
    let nested = r#"{"redis_denylist":"ok","database":"ok","checks":{"a":1,"a":2}}"#;
    assert_eq!(outcome(&ready(&StandIn::json(nested))), "duplicate-keys");
}

#[test]
fn no_content_is_not_healthy_and_an_empty_body_is_not_ready() {
    let server = StandIn::answering("HTTP/1.1 204 No Content\r\n\r\n".to_owned());
    assert_eq!(outcome(&health(&server)), "wrong-status");
    assert_eq!(outcome(&ready(&server)), "empty-body");
}

#[test]
fn a_body_that_says_ok_under_an_error_status_is_not_ready() {
    let body = r#"{"redis_denylist":"ok","database":"ok"}"#;
    let server = StandIn::answering(response("503 Service Unavailable", "application/json", body));
    let batch = ready(&server);
    assert_eq!(outcome(&batch), "wrong-status");
    assert_eq!(number(only(&batch), "status"), 503);
}

#[test]
fn warm_up_is_waited_for() {
    let server = StandIn::new(|n, _, stream| {
        let status = if n < 5 { "503 Service Unavailable" } else { "200 OK" };
        send(stream, &response(status, "application/json", OK));
    });
    let batch = probe(&server.url(), PATIENT, "service.health");
    assert_eq!(outcome(&batch), "ok");
    assert_eq!(number(only(&batch), "attempts"), 8);
}

#[test]
fn a_failure_between_successes_starts_the_count_again() {
    let server = StandIn::new(|n, _, stream| {
        let status = if n == 2 { "500 Internal Server Error" } else { "200 OK" };
        send(stream, &response(status, "application/json", OK));
    });
    let batch = probe(&server.url(), PATIENT, "service.health");
    assert_eq!(number(only(&batch), "attempts"), 6);
}

#[test]
fn one_of_n_flapping_during_a_rollout_is_no_verdict() {
    let server = StandIn::new(|n, _, stream| {
        let status = if n % 2 == 0 { "200 OK" } else { "502 Bad Gateway" };
        send(stream, &response(status, "application/json", OK));
    });
    assert_eq!(cause(&health(&server)), Cause::Inconsistent);
}

#[test]
fn a_service_that_came_up_and_stays_down_fails() {
    let server = StandIn::new(|n, _, stream| {
        let status = if n == 0 { "200 OK" } else { "500 Internal Server Error" };
        send(stream, &response(status, "application/json", OK));
    });
    assert_eq!(outcome(&health(&server)), "wrong-status");
}

#[test]
fn harmless_variations_pass() {
    for media in ["application/json; charset=utf-8", "application/health+json", "Application/JSON"] {
        let server = StandIn::answering(response("200 OK", media, "{\"status\":\"ok\",\"version\":\"1\"}\n"));
        let batch = health(&server);
        assert_eq!(outcome(&batch), "ok", "{media}");
        assert_eq!(number(only(&batch), "extra_members"), 1);
    }
}

#[test]
fn extra_members_fail_only_where_exact_is_asked() {
    let server = StandIn::json(r#"{"status":"ok","version":"1"}"#);
    let exact = format!("{IMPATIENT}, health: {{ exact: true }}");
    assert_eq!(outcome(&probe(&server.url(), &exact, "service.health")), "extra-member");
}

#[test]
fn a_service_without_head_is_asked_with_get() {
    let server = StandIn::new(|_, head, stream| {
        let status = if head.starts_with("GET ") { "200 OK" } else { "405 Method Not Allowed" };
        send(stream, &response(status, "application/json", OK));
    });
    assert_eq!(outcome(&health(&server)), "ok");
}

#[test]
fn a_secret_as_a_member_s_name_or_in_a_header_is_given_away() {
    let dsn = format!("postgres://app:{}@db.internal:5432/app", secret());
    let body = format!(r#"{{"status":"ok","pools":{{"{dsn}":"up"}}}}"#);
    let batch = health(&StandIn::json(&body));
    assert_eq!(outcome(&batch), "leaked");
    assert!(!shown(&batch).contains(&dsn));
    let headers = |header: &str| format!("Content-Type: application/json\r\n{header}\r\n");
    let server = StandIn::answering(with_headers("200 OK", &headers(&format!("X-Database: {dsn}")), OK));
    assert_eq!(outcome(&health(&server)), "leaked");
    for header in [format!("Set-Cookie: session={}; HttpOnly", secret()), format!("ETag: \"{}\"", secret())] {
        let server = StandIn::answering(with_headers("200 OK", &headers(&header), OK));
        assert_eq!(outcome(&health(&server)), "ok");
    }
}

#[test]
fn a_second_cache_header_counts_as_well() {
    for header in ["X-Cache: MISS\r\nX-Cache: HIT", "Age: 0, 3"] {
        let headers = format!("Content-Type: application/json\r\n{header}\r\n");
        let server = StandIn::answering(with_headers("200 OK", &headers, OK));
        assert_eq!(outcome(&health(&server)), "cached", "{header}");
    }
}

#[test]
fn rate_limits_and_authentication_are_no_verdict() {
    for status in ["429 Too Many Requests", "401 Unauthorized", "403 Forbidden"] {
        let server = StandIn::answering(response(status, "application/json", "{}"));
        let batch = ready(&server);
        assert_eq!(cause(&batch), Cause::Denied, "{status}");
        assert!(batch.gaps[0].shown().contains(&status[..3]));
    }
}
