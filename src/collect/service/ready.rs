//! The readiness endpoint's body: finds each component in one of the known shapes, or by its pointer.
//!
//! In: a JSON tree and the expectation. Out: what it says. It knows no HTTP. A component that is found
//! twice with different values, or that speaks another vocabulary, is for a person and not for a guess.

use super::json::Json;
use super::mood::{self, Mood, mood, plain};
use super::sample::{Outcome, Said};
use super::vocabulary::WELL;
use crate::config::Probes;
use crate::evidence::{Cause, Name};

/// Under these members services list their components.
const SECTIONS: [&str; 5] = ["checks", "components", "details", "dependencies", "services"];
/// Under these a component says how it is.
const STATES: [&str; 3] = ["status", "state", "result"];
/// Under these a list entry says which component it is.
const TITLES: [&str; 3] = ["name", "component", "id"];
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
        Mood::Unclear => unclear = unclear.or(Some(Said::whole(Outcome::Unknown(Cause::Unclear)))),
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
    // "ok", and in the same breath "connected": false, or "backend": "memory".
    let own = [plain(expected.as_str())];
    let mood = || found.iter().map(|place| mood::component(place, &own)).max().unwrap_or(Mood::Well);
    match first {
        Some(text) if text == expected.as_str() => match mood() {
            Mood::Well => Outcome::Ok,
            Mood::Unclear => Outcome::Unknown(Cause::Unclear),
            Mood::Unwell => Outcome::Unknown(Cause::Inconsistent),
        },
        Some(text) if WELL.contains(&plain(text).as_str()) => Outcome::Unknown(Cause::Unclear),
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
    fn a_no_in_any_spelling_beside_the_components_contradicts_them() {
        for no in [
            r#""ready":{"status":"down"}"#,
            r#""status_code":503"#,
            r#""statusCode":503"#,
            r#""is_ready":false"#,
            r#""isReady":false"#,
            r#""not_ready":true"#,
            r#""overall_status":"down""#,
            r#""unhealthy":true"#,
        ] {
            let body = format!(r#"{{{no},"redis_denylist":"ok","database":"ok"}}"#);
            assert_eq!(outcome(&body), Outcome::Degraded, "{no}");
        }
        for yes in [
            r#""ready":{"status":"up"}"#,
            r#""status_code":200,"last_error":null"#,
            r#""is_ready":true,"not_ready":false,"error_count":0"#,
            r#""last_error":"","errors":[],"message":"all checks passed, 0 failed""#,
            r#""cache":{"status":"down"}"#,
        ] {
            let body = format!(r#"{{{yes},"redis_denylist":"ok","database":"ok"}}"#);
            assert_eq!(outcome(&body), Outcome::Ok, "{yes}");
        }
    }

    #[test]
    fn a_component_that_is_a_stand_in_or_was_not_asked_is_no_verdict() {
        for but in [
            r#""dialect":"sqlite""#,
            r#""provider":"in-memory""#,
            r#""implementation":"memory""#,
            r#""implementation":"InMemoryDenylist""#,
            r#""enabled":false"#,
            r#""skipped":true"#,
            r#""message":"not configured""#,
            r#""last_error":"timeout""#,
            r#""lastError":{"code":"ETIMEDOUT"}"#,
            r#""stale":true"#,
            r#""details":{"status":"down"}"#,
            r#""replicas":[{"role":"a"},{"healthy":false}]"#,
        ] {
            let body = format!(r#"{{"redis_denylist":"ok","database":{{"status":"ok",{but}}}}}"#);
            assert!(matches!(outcome(&body), Outcome::Unknown(_)), "{but}");
        }
        for fine in [
            r#""last_error":null,"errors":[],"stale":false,"skipped":false"#,
            r#""last_error":"","enabled":true,"message":"connected""#,
            r#""details":{"database":"PostgreSQL","validationQuery":"isValid()","pool":{"active":0}}"#,
        ] {
            let body = format!(r#"{{"redis_denylist":"ok","database":{{"status":"ok",{fine}}}}}"#);
            assert_eq!(outcome(&body), Outcome::Ok, "{fine}");
        }
    }

    #[test]
    fn an_overall_word_that_nobody_knows_is_no_verdict() {
        for overall in [r#""status":"amber""#, r#""Status":"partial""#, r#""status":1"#, r#""status":{"since":3}"#] {
            let body = format!(r#"{{{overall},"redis_denylist":"ok","database":"ok"}}"#);
            assert_eq!(outcome(&body), Outcome::Unknown(Cause::Unclear), "{overall}");
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

    /// Well without any secret: an in-memory fallback, or SQLite in the database's place.
    #[test]
    fn ok_for_a_fallback_or_for_nothing_configured_is_no_verdict() {
        for database in [
            r#"{"status":"ok","backend":"memory"}"#,
            r#"{"status":"ok","url":"sqlite:///x.db"}"#,
            r#"{"status":"ok","fallback":true}"#,
            r#"{"status":"ok","configured":false}"#,
        ] {
            let body = format!(r#"{{"redis_denylist":"ok","database":{database}}}"#);
            assert!(matches!(outcome(&body), Outcome::Unknown(_)), "{database}");
        }
        let real = r#"{"redis_denylist":"ok","database":{"status":"ok","driver":"postgresql","configured":true}}"#;
        assert_eq!(outcome(real), Outcome::Ok);
    }

    #[test]
    fn another_vocabulary_needs_a_person_unless_it_is_configured() {
        for word in [r#""up""#, "true", r#""PASS""#] {
            let body = format!(r#"{{"redis_denylist":"ok","database":{word}}}"#);
            assert_eq!(outcome(&body), Outcome::Unknown(Cause::Unclear), "{word}");
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
