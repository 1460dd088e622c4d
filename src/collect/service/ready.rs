//! The readiness endpoint's body: finds each component in one of the known shapes, or by its pointer.
//!
//! In: a JSON tree and the expectation. Out: what it says. It knows no HTTP. A component that is found
//! twice with different values, or that speaks another vocabulary, is for a person and not for a guess.

use super::json::Json;
use super::sample::{Outcome, Said};
use crate::config::Probes;
use crate::evidence::{Cause, Name};

/// Under these members services list their components.
const SECTIONS: [&str; 5] = ["checks", "components", "details", "dependencies", "services"];
/// Under these a component says how it is.
const STATES: [&str; 3] = ["status", "state", "result"];
/// Under these a list entry says which component it is.
const TITLES: [&str; 3] = ["name", "component", "id"];
/// Words for "well" in other vocabularies than the expected one.
const WELL: [&str; 11] =
    ["up", "true", "pass", "passed", "passing", "healthy", "connected", "available", "ready", "alive", "yes"];
/// Overall words that contradict components that are well.
const UNWELL: [&str; 19] = [
    "degraded",
    "fail",
    "failed",
    "failing",
    "failure",
    "error",
    "down",
    "false",
    "unhealthy",
    "warn",
    "warning",
    "critical",
    "not_ready",
    "notready",
    "unavailable",
    "unready",
    "starting",
    "out_of_service",
    "not_ok",
];

/// Holds a body against the expectation.
pub(super) fn judge(json: &Json, probes: &Probes) -> Said {
    if !matches!(json, Json::Object(_) | Json::List(_)) {
        return Said::whole(Outcome::NotAnObject);
    }
    let mut unclear = None;
    for (name, expected) in &probes.ready_expect {
        let outcome = component(json, name, expected, probes);
        match outcome {
            Outcome::Ok => {}
            // A failure of one component is certain whatever another one's vocabulary means.
            Outcome::Unknown(_) => unclear = unclear.or(Some(Said::of(outcome, name))),
            _ => return Said::of(outcome, name),
        }
    }
    if contradicts(json) {
        return Said::whole(Outcome::Degraded);
    }
    unclear.unwrap_or_else(|| Said { outcome: Outcome::Ok, member: None, extra_members: extra(json, probes) })
}

fn component(json: &Json, name: &Name, expected: &Name, probes: &Probes) -> Outcome {
    let found: Vec<&Json> = match probes.ready_pointers.get(name) {
        Some(pointer) => json.pointer(pointer.as_str()).into_iter().collect(),
        None => places(json, name.as_str()),
    };
    let mut values = found.iter().map(|place| value(place));
    let Some(first) = values.next() else { return Outcome::MissingMember };
    if values.any(|other| other != first) {
        return Outcome::Unknown(Cause::Inconsistent);
    }
    match first {
        Some(text) if text == expected.as_str() => Outcome::Ok,
        Some(text) if WELL.contains(&plain(text).as_str()) => Outcome::Unknown(Cause::NeedsReview),
        _ => Outcome::WrongValue,
    }
}

/// Every place in the known shapes where a component of that name stands.
fn places<'a>(json: &'a Json, name: &str) -> Vec<&'a Json> {
    let mut found = Vec::new();
    within(json, name, &mut found);
    for section in SECTIONS {
        if let Some(part) = json.get(section) {
            within(part, name, &mut found);
        }
    }
    found
}

fn within<'a>(part: &'a Json, name: &str, found: &mut Vec<&'a Json>) {
    match part {
        Json::List(items) => found.extend(
            items.iter().filter(|item| TITLES.iter().any(|title| item.get(title).and_then(Json::scalar) == Some(name))),
        ),
        _ => found.extend(part.get(name)),
    }
}

/// What a component says of itself; two contradicting states in one component count as none.
fn value(place: &Json) -> Option<&str> {
    if let Some(text) = place.scalar() {
        return Some(text);
    }
    let mut states = STATES.iter().filter_map(|state| place.get(state).and_then(Json::scalar));
    let first = states.next()?;
    states.all(|other| other == first).then_some(first)
}

fn contradicts(json: &Json) -> bool {
    let said = |key: &str| json.get(key).and_then(Json::scalar).map(plain);
    ["status", "state", "overall", "result", "ready", "healthy", "ok"]
        .iter()
        .filter_map(|key| said(key))
        .any(|text| UNWELL.contains(&text.as_str()))
}

fn plain(text: &str) -> String {
    text.trim().to_ascii_lowercase().replace([' ', '-'], "_")
}

fn extra(json: &Json, probes: &Probes) -> usize {
    let expected = |name: &str| probes.ready_expect.keys().any(|key| key.as_str() == name);
    json.members().map_or(0, |members| members.iter().filter(|(name, _)| !expected(name)).count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn outcome(body: &str) -> Outcome {
        judge(&Json::parse(body.as_bytes()).unwrap(), &Config::default().probes).outcome
    }

    #[test]
    fn the_built_in_shapes_are_read() {
        assert_eq!(outcome(r#"{"redis_denylist":"ok","database":"ok"}"#), Outcome::Ok);
        for section in SECTIONS {
            let body =
                format!(r#"{{"status":"ok","{section}":{{"redis_denylist":"ok","database":{{"status":"ok"}}}}}}"#);
            assert_eq!(outcome(&body), Outcome::Ok, "{section}");
        }
        let list = r#"[{"name":"database","status":"ok"},{"name":"redis_denylist","status":"ok"}]"#;
        assert_eq!(outcome(list), Outcome::Ok);
        assert_eq!(outcome(&format!(r#"{{"checks":{list}}}"#)), Outcome::Ok);
    }

    #[test]
    fn wrong_missing_and_contradicting_answers_fail() {
        assert_eq!(outcome(r#"{"redis_denylist":"ok"}"#), Outcome::MissingMember);
        assert_eq!(outcome(r#"{"redis_denylist":"ok","database":"OK"}"#), Outcome::WrongValue);
        assert_eq!(outcome(r#"{"redis_denylist":"ok","database":"not ok"}"#), Outcome::WrongValue);
        assert_eq!(outcome(r#"{"redis_denylist":"ok","database":{"latency":3}}"#), Outcome::WrongValue);
        for overall in [r#""status":"degraded""#, r#""status":"FAIL""#, r#""ready":false"#, r#""status":"not ready""#] {
            let body = format!(r#"{{{overall},"redis_denylist":"ok","database":"ok"}}"#);
            assert_eq!(outcome(&body), Outcome::Degraded, "{overall}");
        }
    }

    #[test]
    fn an_ambiguous_answer_is_no_verdict() {
        let twice = r#"{"redis_denylist":"ok","database":"ok","checks":{"database":"down"}}"#;
        assert_eq!(outcome(twice), Outcome::Unknown(Cause::Inconsistent));
        let same = r#"{"redis_denylist":"ok","database":"ok","checks":{"database":"ok"}}"#;
        assert_eq!(outcome(same), Outcome::Ok);
    }

    #[test]
    fn another_vocabulary_needs_a_person_unless_it_is_configured() {
        for word in [r#""up""#, "true", r#""PASS""#] {
            let body = format!(r#"{{"redis_denylist":"ok","database":{word}}}"#);
            assert_eq!(outcome(&body), Outcome::Unknown(Cause::NeedsReview), "{word}");
        }
        let mixed = r#"{"database":"up","redis_denylist":"down"}"#;
        assert_eq!(outcome(mixed), Outcome::WrongValue);
        let mut probes = Config::default().probes;
        probes.ready_expect = [(Name::fixed("database"), Name::fixed("true"))].into();
        probes.ready_pointers = [(Name::fixed("database"), Name::fixed("/deep/0/db"))].into();
        let json = Json::parse(br#"{"deep":[{"db":true}]}"#).unwrap();
        assert_eq!(judge(&json, &probes).outcome, Outcome::Ok);
    }
}
