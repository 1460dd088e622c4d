//! From an answer to a sample: status, media type, freshness, then what the body says, then what it leaks.
//!
//! In: an answer and the expectation. Out: a sample. It sends nothing.

use super::Question;
use super::client::Answer;
use super::freshness::{cached, in_part, is_json, media_type};
use super::json::{Json, Refused};
use super::sample::{Outcome, Said, Sample};
use super::{health, ready};
use crate::config::Probes;
use crate::detect::{Context, Detector, Scan};
use crate::evidence::{Cause, Class, Judgement, Name, Sensitive};
use reqwest::header::{DATE, HeaderMap, SET_COOKIE};

/// Headers whose values are random by nature: only a value given as known is a leak there.
const RANDOM_HEADERS: [&str; 14] = [
    "set-cookie",
    "etag",
    "date",
    "expires",
    "last-modified",
    "x-request-id",
    "x-correlation-id",
    "x-amz-cf-id",
    "cf-ray",
    "traceparent",
    "report-to",
    "reporting-endpoints",
    "nel",
    "content-security-policy",
];

/// Judges one answer.
pub(super) fn judge(question: Question, answer: &Answer, probes: &Probes, detector: &Detector) -> Sample {
    let json = Json::parse(&answer.body);
    let media = media_type(&answer.headers);
    let said = said(question, answer, json.as_ref(), media.as_deref(), probes);
    let mut sample = Sample::bare(said.outcome);
    sample.status = Some(answer.status);
    sample.member = said.member;
    sample.extra_members = said.extra_members;
    sample.content_type = media.as_deref().map(|text| Name::admit_or(text, "media type", 1));
    sample.date = answer.headers.get(DATE).map(|value| value.as_bytes().to_vec());
    let parsed = json.is_ok();
    let body = Sensitive::new(answer.body.to_vec());
    let mut leaks = leaks(&body, parsed, detector);
    leaks.extend(json.as_ref().map(|json| key_leaks(json, detector)).unwrap_or_default());
    leaks.extend(header_leaks(&answer.headers, detector));
    sample.leaks = leaks.len();
    sample.leaked = leaks.into_iter().max_by_key(|judgement| judgement.known);
    // Whatever else the answer says: a secret in it was given away.
    if sample.leaked.is_some() {
        sample.outcome = Outcome::Leaked;
    }
    sample
}

fn said(
    question: Question,
    answer: &Answer,
    json: Result<&Json, &Refused>,
    media: Option<&str>,
    probes: &Probes,
) -> Said {
    if let Some(outcome) = status(question, answer.status) {
        return Said::whole(outcome);
    }
    if let Some(header) = foreign(&answer.headers, probes) {
        return Said::of(Outcome::Unknown(Cause::Unproven), header);
    }
    if cached(&answer.headers) {
        return Said::whole(Outcome::Cached);
    }
    if in_part(answer.status, &answer.headers) {
        return Said::whole(Outcome::Unknown(Cause::Truncated));
    }
    if answer.cut {
        return Said::whole(Outcome::TooLarge);
    }
    if answer.body.is_empty() {
        return Said::whole(Outcome::EmptyBody);
    }
    if !media.is_some_and(is_json) {
        return Said::whole(Outcome::WrongContentType);
    }
    match (json, question) {
        (Err(Refused::Syntax), _) => Said::whole(Outcome::NotJson),
        (Err(Refused::Duplicate), _) => Said::whole(Outcome::DuplicateKeys),
        (Ok(json), Question::Health) => health::judge(json, probes),
        (Ok(json), Question::Ready) => ready::judge(json, probes),
    }
}

/// The header whose absence says that a proxy answered in the application's place.
fn foreign<'a>(headers: &HeaderMap, probes: &'a Probes) -> Option<&'a Name> {
    let sent = |name: &Name, text: &Name| {
        let all = headers.get_all(name.as_str()).iter();
        all.into_iter().any(|value| text.as_str().is_empty() || value.as_bytes() == text.as_str().as_bytes())
    };
    probes.headers.iter().find(|(name, text)| !sent(name, text)).map(|(name, _)| name)
}

/// An outcome that the status alone decides.
fn status(question: Question, status: u16) -> Option<Outcome> {
    match status {
        200 => None,
        201..=299 if question == Question::Ready => None,
        300..=399 => Some(Outcome::Redirect),
        // The endpoint wants credentials or fewer requests: that says nothing about the service's health.
        401 | 403 | 407 | 429 => Some(Outcome::Unknown(Cause::Denied)),
        _ => Some(Outcome::WrongStatus),
    }
}

/// The plaintext values in a body. Random ids under neutral names are normal in an answer and are no leak.
fn leaks(body: &Sensitive, parsed: bool, detector: &Detector) -> Vec<Judgement> {
    if body.is_empty() {
        return Vec::new();
    }
    let scan = if parsed { detector.json(body) } else { detector.text(body, Context::Env) };
    given_away(scan).collect()
}

fn given_away(scan: Scan) -> impl Iterator<Item = Judgement> {
    let judgements = scan.spotted.into_iter().map(|spotted| spotted.judgement);
    judgements.filter(|judgement| judgement.class == Class::Plaintext || judgement.known)
}

/// The plaintext values among the names of members: a map from connection strings to states.
fn key_leaks(json: &Json, detector: &Detector) -> Vec<Judgement> {
    let mut keys = String::new();
    json.each_key(&mut |key| {
        keys.push_str(key);
        keys.push('\n');
    });
    given_away(detector.text(&Sensitive::from(keys), Context::Env)).collect()
}

/// The plaintext values in headers.
fn header_leaks(headers: &HeaderMap, detector: &Detector) -> Vec<Judgement> {
    let judged = headers.iter().flat_map(|(name, value)| {
        let random = RANDOM_HEADERS.contains(&name.as_str());
        let value = Sensitive::new(value.as_bytes().to_vec());
        let scan = detector.text(&value, Context::Env);
        let cookie = (name == SET_COOKIE).then(|| detector.cookie(&value)).flatten();
        given_away(scan).filter(move |judgement| judgement.known || !random).chain(cookie)
    });
    judged.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_readiness_accepts_other_successes() {
        assert_eq!(status(Question::Health, 200), None);
        assert_eq!(status(Question::Health, 204), Some(Outcome::WrongStatus));
        assert_eq!(status(Question::Ready, 202), None);
        assert_eq!(status(Question::Ready, 503), Some(Outcome::WrongStatus));
        assert_eq!(status(Question::Health, 302), Some(Outcome::Redirect));
        assert_eq!(status(Question::Ready, 401), Some(Outcome::Unknown(Cause::Denied)));
    }
}
