//! The health endpoint's body: the expected members have exactly the expected text.
//!
//! In: a JSON tree and the expectation. Out: what it says. It knows no HTTP.

use super::json::Json;
use super::mood::{Mood, mood};
use super::sample::{Outcome, Said};
use crate::config::Probes;

/// Holds a body against the expectation. `"OK"`, `"healthy"` and `"not ok"` are not `ok`.
pub(super) fn judge(json: &Json, probes: &Probes) -> Said {
    let Some(members) = json.members() else { return Said::whole(Outcome::NotAnObject) };
    for (key, expected) in &probes.health_expect {
        match json.get(key.as_str()) {
            None => return Said::of(Outcome::MissingMember, key),
            Some(value) if value.scalar() != Some(expected.as_str()) => return Said::of(Outcome::WrongValue, key),
            Some(_) => {}
        }
    }
    // `"status": "ok"`, and in the same breath `"healthy": false`.
    let free = |key: &str| !probes.health_expect.keys().any(|name| name.as_str() == key);
    if mood(json, &free, &[]) == Mood::Unwell || doubled(members, probes) {
        return Said::whole(Outcome::Degraded);
    }
    let expected = |name: &str| probes.health_expect.keys().any(|key| key.as_str() == name);
    let extra_members = members.iter().filter(|(name, _)| !expected(name)).count();
    let outcome = if probes.health_exact && extra_members > 0 { Outcome::ExtraMember } else { Outcome::Ok };
    Said { outcome, member: None, extra_members }
}

/// Whether a member differs from an expected one by case only, and in what it says.
fn doubled(members: &[(zeroize::Zeroizing<String>, Json)], probes: &Probes) -> bool {
    probes.health_expect.iter().any(|(key, expected)| {
        let double = |name: &str| name != key.as_str() && name.eq_ignore_ascii_case(key.as_str());
        members.iter().any(|(name, value)| double(name) && value.scalar() != Some(expected.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn outcome(body: &str, exact: bool) -> Outcome {
        let mut probes = Config::default().probes;
        probes.health_exact = exact;
        judge(&Json::parse(body.as_bytes()).unwrap(), &probes).outcome
    }

    #[test]
    fn only_the_exact_text_passes() {
        assert_eq!(outcome(r#"{"status":"ok","version":"1"}"#, false), Outcome::Ok);
        assert_eq!(outcome(r#"{"status":"ok","version":"1"}"#, true), Outcome::ExtraMember);
        for wrong in [r#""OK""#, r#""not ok""#, r#""ok ""#, "true", r#"["ok"]"#, "null", r#"{"ok":"ok"}"#] {
            assert_eq!(outcome(&format!(r#"{{"status":{wrong}}}"#), false), Outcome::WrongValue, "{wrong}");
        }
        assert_eq!(outcome(r#"{"Status":"ok"}"#, false), Outcome::MissingMember);
        assert_eq!(outcome(r#"["ok"]"#, false), Outcome::NotAnObject);
    }

    #[test]
    fn an_answer_that_contradicts_itself_is_not_healthy() {
        for beside in [r#""Status":"error""#, r#""healthy":false"#, r#""errors":["x"]"#, r#""code":503"#] {
            assert_eq!(outcome(&format!(r#"{{"status":"ok",{beside}}}"#), false), Outcome::Degraded, "{beside}");
        }
        for beside in [r#""errors":[]"#, r#""Status":"ok""#, r#""uptime":12"#, r#""state":"whatever""#] {
            assert_eq!(outcome(&format!(r#"{{"status":"ok",{beside}}}"#), false), Outcome::Ok, "{beside}");
        }
    }
}
