//! Whether an answer is the service's own, whole and of now: what caches and proxies write into its headers.
//!
//! In: headers. Out: a yes or no, and the media type. It knows no body and no endpoint.

use reqwest::header::{AGE, CONTENT_RANGE, CONTENT_TYPE, HeaderMap, HeaderName, WARNING};

/// Words of caches that answered from what they kept.
const KEPT: [&str; 6] = ["stale", "fresh", "revalidated", "updating", "cached", "hits"];

/// The media type without parameters, in lower case. Of two types a reader would pick either: that is none.
pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let mut all = headers.get_all(CONTENT_TYPE).iter();
    let text = all.next()?.to_str().ok().filter(|text| all.next().is_none() && !text.contains(','))?;
    Some(text.split(';').next().unwrap_or(text).trim().to_ascii_lowercase())
}

pub(super) fn is_json(media: &str) -> bool {
    media == "application/json" || (media.starts_with("application/") && media.ends_with("+json"))
}

/// Whether somebody cut or changed the answer on the way: 203, 206, 207 and their like.
pub(super) fn in_part(status: u16, headers: &HeaderMap) -> bool {
    matches!(status, 203 | 206 | 207 | 208 | 226) || headers.contains_key(CONTENT_RANGE)
}

/// Whether a cache answered. A chain of caches adds a header each, or appends to one.
pub(super) fn cached(headers: &HeaderMap) -> bool {
    headers
        .iter()
        .any(|(name, value)| says_cached(name, &String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase()))
}

fn says_cached(name: &HeaderName, text: &str) -> bool {
    let mut parts = text.split(',').map(str::trim);
    match name.as_str() {
        // What is no number says nothing, and nothing is no proof.
        _ if *name == AGE => !parts.all(is_zero),
        // 110 to 113 say that the answer is stale, or may be.
        _ if *name == WARNING => parts.any(|part| matches!(part.get(..3), Some("110" | "111" | "112" | "113"))),
        "server-timing" => parts.any(|part| part.contains("cache") && says_kept(part)),
        // Varnish gives a second number to what it kept.
        "x-varnish" => text.split_whitespace().count() > 1,
        // How long others may keep it.
        name if name.ends_with("cache-control") || !name.contains("cache") => false,
        name if name.ends_with("hits") => !parts.all(is_zero),
        name if name.ends_with("cached") || name.ends_with("from-cache") => {
            !parts.all(|part| matches!(part, "0" | "false" | "no" | "miss"))
        }
        _ => says_kept(text),
    }
}

/// `HIT`, `TCP_REFRESH_HIT`, `RefreshHit from cloudfront`, `x; hit=?1`, `fresh`; not `hit=?0`.
fn says_kept(text: &str) -> bool {
    let text = text.replace("hit=?0", "");
    let mut words = text.split(|c: char| !c.is_ascii_alphabetic());
    words.any(|word| KEPT.contains(&word) || word.ends_with("hit") || word.starts_with("hit"))
}

fn is_zero(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b == b'0')
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in all {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn a_charset_parameter_and_health_json_are_json() {
        for text in ["application/json; charset=utf-8", "Application/JSON", "application/health+json"] {
            assert!(media_type(&headers(&[("content-type", text)])).as_deref().is_some_and(is_json), "{text}");
        }
        assert!(!is_json("text/json") && !is_json("text/html") && !is_json("application/jsonp"));
    }

    #[test]
    fn of_two_media_types_neither_counts() {
        let (json, html) = (("content-type", "application/json"), ("content-type", "text/html"));
        assert_eq!(media_type(&headers(&[json, html])), None);
        assert_eq!(media_type(&headers(&[("content-type", "application/json; x, text/html")])), None);
    }

    #[test]
    fn caches_give_themselves_away_in_every_spelling() {
        for header in [
            ("age", "3"),
            ("age", "\"60\""),
            ("age", "99999999999999999999999"),
            ("age", "0, 3"),
            ("age", "5, 0"),
            ("age", ""),
            ("x-cache", "HIT from edge-7"),
            ("x-cache", "RefreshHit from cloudfront"),
            ("x-cache", "TCP_REFRESH_HIT"),
            ("x-cache", "MISS, HIT"),
            ("x-cache-hits", "5"),
            ("x-cache-hits", "0, 1"),
            ("x-cache-lookup", "HIT from a:80"),
            ("cf-cache-status", "HIT"),
            ("x-vercel-cache", "HIT"),
            ("x-vercel-cache", "STALE"),
            ("x-drupal-cache", "HIT"),
            ("x-litespeed-cache", "hit"),
            ("x-nginx-cache", "HIT"),
            ("x-rack-cache", "fresh"),
            ("x-from-cache", "1"),
            ("x-varnish", "32770 3"),
            ("server-timing", "cdn-cache; desc=HIT, edge; dur=1"),
            ("cache-status", "\"cdn\"; hit"),
            ("cache-status", "x;hit=?1"),
            ("warning", "110 - \"Response is Stale\""),
            ("warning", "199 - x, 110 - \"stale\""),
        ] {
            assert!(cached(&headers(&[header])), "{header:?}");
        }
        assert!(cached(&headers(&[("x-cache", "MISS"), ("x-cache", "HIT")])), "the second cache answered");
    }

    #[test]
    fn caches_that_asked_the_service_are_harmless() {
        for header in [
            ("age", "0"),
            ("x-cache", "MISS from edge-7"),
            ("x-cache-hits", "0, 0"),
            ("cache-control", "no-store, stale-while-revalidate=1"),
            ("cdn-cache-control", "stale-if-error=1"),
            ("cf-cache-status", "DYNAMIC"),
            ("cf-cache-status", "BYPASS"),
            ("cache-status", "x; fwd=miss; hit=?0"),
            ("x-drupal-cache-tags", "whitelist"),
            ("x-varnish", "32770"),
            ("server-timing", "db;dur=3, cache;desc=miss"),
            ("warning", "199 - x"),
        ] {
            assert!(!cached(&headers(&[header])), "{header:?}");
        }
    }
}
