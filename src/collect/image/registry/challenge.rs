//! What a registry wants before it answers: the challenges of `WWW-Authenticate`.
//!
//! In: headers. Out: the best of the two ways that are known. What a server writes there is used to ask, never shown.

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// A way to log in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A user and a password with every request.
    Basic,
    /// A token from somewhere else.
    Bearer {
        /// Where tokens are given.
        realm: String,
        /// For whom.
        service: Option<String>,
    },
}

/// The challenge that is answered: a token where one is offered.
pub(super) fn of(headers: &HeaderMap) -> Option<Challenge> {
    let texts = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    let all: Vec<Challenge> = texts.filter_map(one).collect();
    let bearer = |one: &Challenge| matches!(one, Challenge::Bearer { .. });
    let at = all.iter().position(bearer).unwrap_or(0);
    all.into_iter().nth(at)
}

fn one(text: &str) -> Option<Challenge> {
    let (scheme, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    if scheme.eq_ignore_ascii_case("basic") {
        return Some(Challenge::Basic);
    }
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let parameters = parameters(rest);
    let value =
        |name: &str| parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone());
    Some(Challenge::Bearer { realm: value("realm")?, service: value("service") })
}

/// `key="value", key=value`; a comma inside quotes is no end.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((key, behind)) = rest.split_once('=') {
        let (value, behind) = if let Some(quoted) = behind.strip_prefix('"') {
            unquoted(quoted)
        } else {
            let end = behind.find(',').unwrap_or(behind.len());
            (behind[..end].trim().to_owned(), &behind[end..])
        };
        found.push((key.trim_matches([' ', ',']).to_owned(), value));
        rest = behind;
    }
    found
}

/// A quoted text up to its end, and what stands behind it.
fn unquoted(text: &str) -> (String, &str) {
    let (mut value, mut escaped) = (String::new(), false);
    for (at, c) in text.char_indices() {
        match c {
            '"' if !escaped => return (value, &text[at + 1..]),
            '\\' if !escaped => escaped = true,
            c => {
                value.push(c);
                escaped = false;
            }
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_texts(texts: &[&'static str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for text in texts {
            headers.append(WWW_AUTHENTICATE, text.parse().unwrap());
        }
        of(&headers)
    }

    #[test]
    fn a_token_is_preferred_and_commas_in_quotes_end_nothing() {
        let bearer = "Bearer realm=\"https://a.example.org/t\",service=\"r\",scope=\"repository:x:pull,push\"";
        let expected = Challenge::Bearer { realm: "https://a.example.org/t".into(), service: Some("r".into()) };
        assert_eq!(of_texts(&["Basic realm=\"x\"", bearer]), Some(expected));
        assert_eq!(of_texts(&["basic"]), Some(Challenge::Basic));
        let bare = Challenge::Bearer { realm: "https://a/\"t".into(), service: None };
        assert_eq!(of_texts(&["bearer scope=\"a,b\", realm=\"https://a/\\\"t\""]), Some(bare));
        assert_eq!(of_texts(&["Bearer service=\"r\""]), None, "without a realm");
        assert_eq!(of_texts(&["Negotiate", ""]), None);
    }
}
