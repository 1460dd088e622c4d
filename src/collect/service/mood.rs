//! What an object says of itself beside what was asked: that it is well, that it is not, or nothing clear.
//!
//! In: a JSON tree. Out: a mood. It knows no endpoint, no expectation and no HTTP.

use super::json::Json;

/// Words for "well" in other vocabularies than the expected one.
pub(super) const WELL: [&str; 11] =
    ["up", "true", "pass", "passed", "passing", "healthy", "connected", "available", "ready", "alive", "yes"];
/// Under these, in small letters, an object says how it is as a whole.
const OVERALL: [&str; 6] = ["status", "state", "overall", "result", "health", "code"];
/// Under these it says yes or no.
const YES_OR_NO: [&str; 11] = [
    "ok",
    "ready",
    "healthy",
    "success",
    "connected",
    "available",
    "alive",
    "up",
    "reachable",
    "configured",
    "persistent",
];
/// Under these it says what went wrong.
const TROUBLES: [&str; 6] = ["error", "errors", "failures", "problems", "fallback", "degraded"];
/// Under these it says what it is made of.
const MADE_OF: [&str; 8] = ["backend", "driver", "engine", "type", "kind", "mode", "storage", "url"];
/// What only stands in for a real database or cache: well without any secret.
const STAND_INS: [&str; 12] =
    ["memory", "in_memory", "inmemory", "local", "sqlite", "fake", "mock", "dummy", "noop", "null", "none", "disabled"];
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
pub(super) enum Mood {
    /// Nothing, or that it is well.
    Well,
    /// Something in words that nobody taught us.
    Unclear,
    /// That it is not.
    Unwell,
}

/// What an object's own members say, those only whose name is free; `own` are the words this service uses for "well".
pub(super) fn mood(place: &Json, free: &dyn Fn(&str) -> bool, own: &[String]) -> Mood {
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
        if TROUBLES.contains(&key.as_str()) && !silent {
            return Mood::Unwell;
        }
        let made_of = said.filter(|_| MADE_OF.contains(&key.as_str()));
        let stands_in = |text: &String| {
            let kind = text.split([':', '+', '/']).next().unwrap_or(text);
            STAND_INS.contains(&kind)
        };
        if made_of.as_ref().is_some_and(stands_in) { Mood::Unclear } else { Mood::Well }
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

pub(super) fn plain(text: &str) -> String {
    text.trim().to_ascii_lowercase().replace([' ', '-'], "_")
}
