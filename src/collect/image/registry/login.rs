//! The login to one registry: what its challenge asks for, from the credentials that are kept for it.
//!
//! In: challenges. Out: the header of the requests that follow. A credential is looked for when somebody asks for one,
//! and sent to the registry or to whom the registry's challenge names; a token only to the registry.

use super::challenge::{self, Challenge};
use super::credentials::{self, Credential};
use super::reference::Reference;
use super::session::{Session, refused};
use crate::collect::refusal::Refusal;
use crate::evidence::{Cause, Name, Sensitive};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, RequestBuilder, Url};
use serde::Deserialize;
use std::sync::Mutex;

/// Largest answer of whoever gives tokens.
const LARGEST: u64 = 256 << 10;

/// Who is logged in.
pub(super) struct Login {
    reference: Reference,
    header: Mutex<Option<HeaderValue>>,
    /// Why there are no credentials, if nobody can say that there are none.
    trouble: Mutex<Option<Refusal>>,
}

#[derive(Deserialize)]
struct Token {
    token: Option<Sensitive>,
    access_token: Option<Sensitive>,
}

impl Login {
    /// Nobody yet.
    pub(super) fn new(reference: Reference) -> Self {
        Self { reference, header: Mutex::default(), trouble: Mutex::default() }
    }

    /// What is sent with every request to the registry itself.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        self.header.lock().ok()?.clone()
    }

    /// Answers a challenge. A token ends after minutes: that is a challenge again.
    pub(super) fn answer(&self, session: &Session, headers: &HeaderMap) -> Result<(), Refusal> {
        let header = match challenge::of(headers) {
            Some(Challenge::Basic) => self.basic(session)?,
            Some(Challenge::Bearer { realm, service }) => self.token(session, &realm, service.as_deref())?,
            None => return Err(refused(401).because("a registry that does not say how to log in")),
        };
        if let Ok(mut held) = self.header.lock() {
            *held = Some(header);
        }
        Ok(())
    }

    /// Why a login helped nothing.
    pub(super) fn denied(&self, status: u16) -> Refusal {
        let trouble = self.trouble.lock().ok().and_then(|trouble| trouble.clone());
        trouble.unwrap_or_else(|| {
            refused(status).because("the login was not accepted, or there are no credentials for this image")
        })
    }

    fn credential(&self, session: &Session) -> Result<Option<Credential>, Refusal> {
        credentials::find(&self.reference, session.limit())
    }

    fn basic(&self, session: &Session) -> Result<HeaderValue, Refusal> {
        match self.credential(session)? {
            Some(Credential::Basic(pair)) => header(pair, "Basic "),
            _ => Err(credentials::none_here().with("status", Name::number(401))),
        }
    }

    /// A token for this repository, to pull and nothing more, whatever the registry would give.
    fn token(&self, session: &Session, realm: &str, service: Option<&str>) -> Result<HeaderValue, Refusal> {
        let url = Url::parse(realm).ok().filter(|url| url.username().is_empty() && url.password().is_none());
        let url = url.ok_or_else(|| Refusal::new(Cause::Malformed).because("a challenge that names no address"))?;
        // Many images are for everybody: trouble with credentials counts if nobody is let in without.
        let (credential, trouble) = match self.credential(session) {
            Ok(credential) => (credential, None),
            Err(why) => (None, Some(why)),
        };
        if let Ok(mut held) = self.trouble.lock() {
            *held = trouble;
        }
        let mut query = vec![("scope", format!("repository:{}:pull", self.reference.name))];
        query.extend(service.map(|service| ("service", service.to_owned())));
        let answer = match credential {
            Some(Credential::Token(token)) => return header(token, "Bearer "),
            Some(Credential::Identity(token)) => {
                query.extend([("grant_type", "refresh_token".to_owned()), ("client_id", "leakproof".to_owned())]);
                let form = token.percent_encoded().into_request(&format!("{}&refresh_token=", encoded(&query)));
                session.ask(&url, |client| {
                    let request = client.post(url.clone()).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
                    request.body(form.to_vec())
                })?
            }
            other => {
                let header = match other {
                    Some(Credential::Basic(pair)) => Some(header(pair, "Basic ")?),
                    _ => None,
                };
                session.ask(&url, |client| asked(client, url.clone(), &query, header.as_ref()))?
            }
        };
        let status = answer.response.status().as_u16();
        if status != 200 {
            let why = if matches!(status, 401 | 403) { self.denied(status) } else { refused(status) };
            return Err(why.with("operation", Name::fixed("GET token")));
        }
        let body = session.body(answer.response, LARGEST)?;
        let token: Option<Token> = serde_json::from_slice(&body).ok();
        let token = token.and_then(|told| told.token.or(told.access_token)).filter(|token| !token.is_empty());
        header(token.ok_or_else(|| Refusal::new(Cause::Malformed).because("an answer without a token"))?, "Bearer ")
    }
}

fn asked(client: &Client, mut url: Url, query: &[(&str, String)], header: Option<&HeaderValue>) -> RequestBuilder {
    url.query_pairs_mut().extend_pairs(query);
    let request = client.get(url);
    header.into_iter().fold(request, |request, header| request.header(AUTHORIZATION, header.clone()))
}

fn encoded(query: &[(&str, String)]) -> String {
    let one =
        |text: &str| percent_encoding::percent_encode(text.as_bytes(), percent_encoding::NON_ALPHANUMERIC).to_string();
    query.iter().map(|(key, value)| format!("{key}={}", one(value))).collect::<Vec<_>>().join("&")
}

/// A header that no log shows.
fn header(secret: Sensitive, scheme: &'static str) -> Result<HeaderValue, Refusal> {
    let value = HeaderValue::from_bytes(&secret.into_request(scheme));
    let mut value = value.map_err(|_| Refusal::new(Cause::Malformed).because("a credential that fits no header"))?;
    value.set_sensitive(true);
    Ok(value)
}
