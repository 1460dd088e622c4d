//! The health endpoint's body: the expected members have exactly the expected text.
//!
//! In: a JSON tree and the expectation. Out: what it says. It knows no HTTP.

use super::json::Json;
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
    let expected = |name: &str| probes.health_expect.keys().any(|key| key.as_str() == name);
    let extra_members = members.iter().filter(|(name, _)| !expected(name)).count();
    let outcome = if probes.health_exact && extra_members > 0 { Outcome::ExtraMember } else { Outcome::Ok };
    Said { outcome, member: None, extra_members }
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
}
