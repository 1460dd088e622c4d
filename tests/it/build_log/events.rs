//! `--progress=rawjson`, in the shape of BuildKit's `client.SolveStatus` (moby/buildkit, docker/buildx issue 2247):
//! vertexes, statuses, logs and warnings, a JSON object a line.

use super::{KIND, digest, read, told};
use crate::docker::rig::{causes, count, secret, shown};
use data_encoding::BASE64;
use leakproof::evidence::Cause;
use serde_json::{Value, json};

const AT: &str = "2026-09-01T00:00:00.0Z";

fn vertex(n: u8, name: &str) -> [Value; 2] {
    let digest = format!("sha256:{}", format!("{n:02x}").repeat(32));
    let vertex = json!({ "digest": digest, "name": name, "started": AT });
    let mut ended = vertex.clone();
    ended["completed"] = json!(AT);
    [json!({ "vertexes": [vertex] }), json!({ "vertexes": [ended] })]
}

fn log(n: u8, data: &str) -> Value {
    let digest = format!("sha256:{}", format!("{n:02x}").repeat(32));
    json!({ "logs": [{ "vertex": digest, "stream": 1, "data": BASE64.encode(data.as_bytes()), "timestamp": AT }] })
}

fn whole(events: &[Value]) -> Vec<Value> {
    let (step, export) = (vertex(1, "[1/1] RUN make"), vertex(2, "exporting to image"));
    let status = json!({ "statuses": [{ "id": format!("writing image {}", digest()), "vertex": export[0]["vertexes"][0]["digest"], "timestamp": AT, "started": AT, "completed": AT }] });
    let mut all = vec![step[0].clone()];
    all.extend_from_slice(events);
    all.extend([step[1].clone(), export[0].clone(), status, export[1].clone()]);
    all
}

fn text(events: &[Value]) -> String {
    events.iter().map(|event| format!("{event}\n")).collect::<Vec<_>>().concat()
}

#[test]
fn the_output_of_events_is_joined_and_has_the_line_of_its_event() {
    let value = secret();
    let (front, back) = value.split_at(10);
    let events = [
        log(1, "one\nDEPLOY_TO"),
        vertex(3, "[internal] load build context")[0].clone(),
        log(3, "other\n"),
        log(1, &format!("KEN={front}")),
        log(1, &format!("{back}\nend\n")),
        vertex(3, "[internal] load build context")[1].clone(),
    ];
    let batch = read(text(&whole(&events)).as_bytes());
    assert_eq!(told(&batch), [(2, "DEPLOY_TOKEN".to_owned())], "{}", shown(&batch));
    assert!(batch.gaps.is_empty(), "{}", shown(&batch));
    assert_eq!(count(&batch, KIND, "steps"), 1);
}

#[test]
fn names_of_steps_warnings_and_errors_are_read() {
    let events = whole(&[]);
    let named = text(&events).replace("RUN make", &format!("RUN DEPLOY_TOKEN={} make", secret()));
    let short = BASE64.encode(format!("DEPLOY_TOKEN={}", secret()).as_bytes());
    let warned = text(&whole(&[
        json!({ "warnings": [{ "vertex": events[0]["vertexes"][0]["digest"], "level": 1, "short": short }] }),
    ]));
    for log in [named, warned] {
        let batch = read(log.as_bytes());
        assert_eq!(batch.evidence.len(), 1, "{log}: {}", shown(&batch));
        assert!(batch.gaps.is_empty(), "{}", shown(&batch));
    }
}

#[test]
fn events_that_break_off_are_truncated() {
    let whole = text(&whole(&[log(1, &format!("DEPLOY_TOKEN={}\n", secret()))]));
    let last = whole.trim_end().rfind('\n').unwrap() + 1;
    for cut in [&whole[..last], &whole[..last + 40]] {
        let batch = read(cut.as_bytes());
        assert_eq!(causes(&batch, KIND), [Cause::Truncated], "{cut}: {}", shown(&batch));
        assert_eq!(batch.evidence.len(), 1);
    }
}

#[test]
fn events_among_other_lines_and_over_several_lines_are_read() {
    let events = whole(&[log(1, &format!("DEPLOY_TOKEN={}\n", secret()))]);
    let mixed = format!("$ docker buildx build .\n{}done\n", text(&events));
    let pretty = events.iter().map(|event| format!("{event:#}\n")).collect::<Vec<_>>().concat();
    for log in [mixed, pretty] {
        let batch = read(log.as_bytes());
        assert_eq!((batch.evidence.len(), batch.gaps.len()), (1, 0), "{}", shown(&batch));
    }
}

/// What happened before the log begins is not in it.
#[test]
fn events_whose_beginning_is_missing_are_truncated() {
    let events = whole(&[log(1, "one\n")]);
    let late = text(&events[1..]);
    let mut long = events.clone();
    long[2]["vertexes"][0]["completed"] = json!("2026-09-01T00:00:05.0Z");
    let mut without_logs = long.clone();
    without_logs.remove(1);
    let status = json!({ "statuses": [{ "id": "extracting", "vertex": vertex(7, "x")[0]["vertexes"][0]["digest"] }] });
    let of_another = text(&whole(&[status]));
    let hole = text(&events).replace("[1/1] RUN", "[2/2] RUN");
    for log in [late, text(&without_logs[1..]), of_another, hole] {
        assert_eq!(causes(&read(log.as_bytes()), KIND), [Cause::Truncated], "{log}");
    }
    // A step that ends at once, as one from the cache does, comes up once.
    let mut quick = whole(&[]);
    quick.remove(0);
    assert!(read(text(&quick).as_bytes()).gaps.is_empty());
    quick[0]["vertexes"][0]["cached"] = json!(true);
    assert!(read(text(&quick).as_bytes()).gaps.is_empty());
}

#[test]
fn events_of_a_step_that_never_ends_are_truncated() {
    let mut events = whole(&[]);
    events.remove(1);
    assert_eq!(causes(&read(text(&events).as_bytes()), KIND), [Cause::Truncated]);
}
