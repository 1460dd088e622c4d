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
/// Under these, in small letters, an object says how it is as a whole.
const OVERALL: [&str; 6] = ["status", "state", "overall", "result", "health", "code"];
/// Under these it says yes or no.
const YES_OR_NO: [&str; 9] =
    ["ok", "ready", "healthy", "success", "connected", "available", "alive", "up", "reachable"];
/// Under these it says what went wrong.
const TROUBLES: [&str; 4] = ["error", "errors", "failures", "problems"];
/// Overall words for "well" beside [`WELL`].
const WELL_OVERALL: [&str; 12] = [
    "ok",
    "okay",
    "green",
    "operational",
    "running",
    "serving",
    "online",
    "active",
    "success",
    "succeeded",
    "good",
    "normal",
];
/// Words that say that nothing is wrong, or no.
const NOTHING: [&str; 6] = ["", "0", "false", "no", "none", "null"];
/// Overall words that contradict components that are well.
const UNWELL: [&str; 24] = [
    "degraded",
    "fail",
    "failed",
    "failing",
    "failure",
    "error",
    "down",
    "false",
    "no",
    "red",
    "unhealthy",
    "warn",
    "warning",
    "critical",
    "not_ready",
    "notready",
    "unavailable",
    "unready",
    "starting",
    "stopping",
    "offline",
    "disconnected",
    "out_of_service",
    "not_ok",
];

/// What an object says of itself beside its components.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mood {
    /// Nothing, or that it is well.
    Well,
    /// Something in words that nobody taught us.
    Unclear,
    /// That it is not.
    Unwell,
}

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
    match overall(json, probes) {
        Mood::Well => {}
        Mood::Unclear => unclear = unclear.or(Some(Said::whole(Outcome::Unknown(Cause::NeedsReview)))),
        Mood::Unwell => return Said::whole(Outcome::Degraded),
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
    // "ok", and in the same breath "connected": false.
    let contradicted = || found.iter().any(|place| mood(place, &|key| key != "code", &[]) == Mood::Unwell);
    match first {
        Some(text) if text == expected.as_str() && contradicted() => Outcome::Unknown(Cause::Inconsistent),
        Some(text) if text == expected.as_str() => Outcome::Ok,
        Some(text) if WELL.contains(&plain(text).as_str()) => Outcome::Unknown(Cause::NeedsReview),
        _ => Outcome::WrongValue,
    }
}

/// Every place in the known shapes where a component of that name stands, in whatever case its sections and its
/// doubles are written.
fn places<'a>(json: &'a Json, name: &str) -> Vec<&'a Json> {
    let mut found = Vec::new();
    within(json, name, &mut found);
    for part in sections(json) {
        within(part, name, &mut found);
    }
    let exact = found.iter().any(|(exact, _)| *exact);
    found.into_iter().filter(|_| exact).map(|(_, place)| place).collect()
}

fn sections(json: &Json) -> impl Iterator<Item = &Json> {
    let named = |key: &str| SECTIONS.iter().any(|section| section.eq_ignore_ascii_case(key));
    json.members().unwrap_or_default().iter().filter(move |(key, _)| named(key)).map(|(_, part)| part)
}

fn within<'a>(part: &'a Json, name: &str, found: &mut Vec<(bool, &'a Json)>) {
    if let Json::List(items) = part {
        let titles = |item: &Json| TITLES.iter().any(|title| item.get(title).and_then(Json::scalar) == Some(name));
        found.extend(items.iter().filter(|item| titles(item)).map(|item| (true, item)));
    }
    let members = part.members().unwrap_or_default().iter();
    let named = members.filter(|(key, _)| key.eq_ignore_ascii_case(name));
    found.extend(named.map(|(key, place)| (key.as_str() == name, place)));
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

/// What the body and its sections say as a whole.
fn overall(json: &Json, probes: &Probes) -> Mood {
    // An expected member was held against its expectation already.
    let free = |key: &str| !probes.ready_expect.keys().any(|name| name.as_str().eq_ignore_ascii_case(key));
    let own: Vec<String> = probes.ready_expect.values().map(|word| plain(word.as_str())).collect();
    std::iter::once(json).chain(sections(json)).map(|part| mood(part, &free, &own)).max().unwrap_or(Mood::Well)
}

/// What an object's own members say, those only whose name is free; `own` are the words this service uses for "well".
fn mood(place: &Json, free: &dyn Fn(&str) -> bool, own: &[String]) -> Mood {
    let of = |(key, value): &(zeroize::Zeroizing<String>, Json)| {
        let key = key.to_ascii_lowercase();
        if !free(&key) {
            return Mood::Well;
        }
        if OVERALL.contains(&key.as_str()) {
            return word(&key, value, own);
        }
        let said = value.scalar().map(plain);
        let nothing = said.as_ref().is_some_and(|text| NOTHING.contains(&text.as_str()));
        if YES_OR_NO.contains(&key.as_str()) {
            // A number may count connections.
            let counts = said.as_deref() == Some("0") && matches!(key.as_str(), "connected" | "available" | "up");
            let unwell = nothing && !counts || said.is_some_and(|text| UNWELL.contains(&text.as_str()));
            return if unwell { Mood::Unwell } else { Mood::Well };
        }
        let silent = match value {
            Json::Null => true,
            Json::List(items) => items.is_empty(),
            Json::Object(members) => members.is_empty(),
            _ => nothing,
        };
        if TROUBLES.contains(&key.as_str()) && !silent { Mood::Unwell } else { Mood::Well }
    };
    place.members().unwrap_or_default().iter().map(of).max().unwrap_or(Mood::Well)
}

/// What stands under an overall key.
fn word(key: &str, value: &Json, own: &[String]) -> Mood {
    let Some(text) = value.scalar().map(plain) else {
        let inner = mood(value, &|_| true, own);
        // `result` and `state` often hold data; a `status` that is no word says something.
        let telling = value
            .members()
            .unwrap_or_default()
            .iter()
            .any(|(key, _)| OVERALL.iter().chain(&YES_OR_NO).any(|known| known.eq_ignore_ascii_case(key)));
        return if telling || key != "status" { inner } else { inner.max(Mood::Unclear) };
    };
    let number = text.parse::<u64>().ok();
    if key == "code" {
        let failed = number.is_some_and(|code| (400..600).contains(&code)) || UNWELL.contains(&text.as_str());
        return if failed { Mood::Unwell } else { Mood::Well };
    }
    match number {
        Some(200..=299) => Mood::Well,
        Some(400..=599) => Mood::Unwell,
        _ if UNWELL.contains(&text.as_str()) => Mood::Unwell,
        _ if WELL.contains(&text.as_str()) || WELL_OVERALL.contains(&text.as_str()) || own.contains(&text) => {
            Mood::Well
        }
        _ => Mood::Unclear,
    }
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
    fn an_overall_word_that_nobody_knows_is_no_verdict() {
        for overall in [r#""status":"amber""#, r#""Status":"partial""#, r#""status":1"#, r#""status":{"since":3}"#] {
            let body = format!(r#"{{{overall},"redis_denylist":"ok","database":"ok"}}"#);
            assert_eq!(outcome(&body), Outcome::Unknown(Cause::NeedsReview), "{overall}");
        }
        for well in [r#""status":"UP""#, r#""status":200"#, r#""errors":[],"error":null"#, r#""status":{"code":"ok"}"#]
        {
            let body = format!(r#"{{{well},"success":true,"redis_denylist":"ok","database":"ok"}}"#);
            assert_eq!(outcome(&body), Outcome::Ok, "{well}");
        }
    }

    #[test]
    fn a_no_anywhere_beside_the_components_contradicts_them() {
        for overall in [
            r#""ok":false"#,
            r#""ok":0"#,
            r#""success":false"#,
            r#""errors":["x"]"#,
            r#""STATUS":"Fail""#,
            r#""status":{"code":"fail"}"#,
            r#""checks":{"status":"fail"}"#,
        ] {
            let body = format!(r#"{{{overall},"redis_denylist":"ok","database":"ok"}}"#);
            assert_eq!(outcome(&body), Outcome::Degraded, "{overall}");
        }
    }

    #[test]
    fn a_component_that_contradicts_itself_is_no_verdict() {
        for database in [r#"{"status":"ok","connected":false}"#, r#"{"status":"ok","error":"timeout"}"#] {
            let body = format!(r#"{{"redis_denylist":"ok","database":{database}}}"#);
            assert_eq!(outcome(&body), Outcome::Unknown(Cause::Inconsistent), "{database}");
        }
        let pool = r#"{"redis_denylist":"ok","database":{"status":"ok","available":0}}"#;
        assert_eq!(outcome(pool), Outcome::Ok, "a count");
        let down = r#"{"redis_denylist":"ok","database":{"status":"down","connected":false}}"#;
        assert_eq!(outcome(down), Outcome::WrongValue);
        let cased = r#"{"redis_denylist":"ok","database":"ok","Checks":{"Database":"down"}}"#;
        assert_eq!(outcome(cased), Outcome::Unknown(Cause::Inconsistent));
        assert_eq!(outcome(r#"{"redis_denylist":"ok","Database":"ok"}"#), Outcome::MissingMember);
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
