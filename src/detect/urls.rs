//! URLs and what they carry: a password in front of the last `@`, secrets in the query.
//!
//! Knows the grammar as people write it: passwords with `@`, `/` and spaces that nobody encoded.

use super::names::{self, Fit, Promise};
use super::rule::{Look, Ruling, rule, stands_in};
use super::values::{self, pattern};
use super::{formats, locked, placeholders};
use crate::evidence::{Class, Confidence, Step};
use percent_encoding::percent_decode_str;
use regex::Regex;
use std::sync::LazyLock;
use zeroize::Zeroizing;

static URL: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?i)(jdbc:)?[a-z][a-z0-9+.-]{0,40}(:[a-z0-9]+)?://"));
static INSIDE: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?i)\b[a-z][a-z0-9+.-]{1,40}://[^\s"'`<>|]+"#));

/// The ruling of a value that is a URL.
pub(super) fn url(look: &Look, name: &str, value: &str) -> Option<Ruling> {
    let start = URL.find(value)?;
    let web = web(start.as_str());
    let rest = &value[start.end()..];
    if rest.is_empty() {
        return None;
    }
    // A scheme in front of random text makes no URL of it.
    if !web && names::promise(name) == Promise::Secret && !rest.contains(['.', '/', ':', '@']) && values::random(rest) {
        let ruling = Ruling::of(Class::Plaintext, "random-key").by(Step::Name, Confidence::High);
        return Some(ruling.with_leaf(rest));
    }
    // A file's URL is a path, and random text with a slash in front is none.
    if start.as_str().eq_ignore_ascii_case("file://") && rest.split('/').any(values::random) {
        return Some(rule(&look.deeper(), name, rest.trim_start_matches('/')).with_leaf(rest));
    }
    let mut worst = Ruling::of(Class::NonSecretUrl, "url");
    let userinfo = userinfo(rest, web);
    let after = userinfo.map_or(rest, |userinfo| &rest[userinfo.len() + 1..]);
    if let Some(userinfo) = userinfo {
        worst = worst.worst(credentials(look, name, userinfo, after));
    }
    if let Some(at) = outside(after, &['?', '#', ';']) {
        for part in after[at + 1..].split(['&', ';', '?', '#']) {
            let Some((key, text)) = part.split_once('=') else { continue };
            // A text may have been cut into words in front of the brace that closes a template.
            let open = text.starts_with('{') && !text.contains('}') && value.ends_with(part);
            let filled = values::template(text) || open && values::template(&[text, "}"].concat());
            if names::promise(key) == Promise::Neutral || filled {
                continue;
            }
            let text = decoded(text);
            let found = rule(&look.deeper(), key, &text);
            if found.class > Class::NonSecretUrl {
                worst = worst.worst(found.with_leaf(&text));
            }
        }
    }
    if worst.class < Class::Open {
        if let Some(kind) = formats::named("", value, |text| stands_in(look, text) || text.contains("EXAMPLE")) {
            return Some(Ruling::of_format(Class::Plaintext, kind));
        }
        // The path of a webhook's URL is its password.
        let hook = names::speaks_of(name, &["WEBHOOK", "HOOK", "INCOMING"]);
        if hook && after.split(['/', '?']).any(|part| part.len() >= 20 && values::random(part)) {
            return Some(Ruling::of(Class::Plaintext, "webhook-url"));
        }
    }
    Some(worst)
}

/// `user:password@tcp(host)/db` and `user:password@host:port`, under a name that speaks of a connection.
pub(super) fn without_scheme(look: &Look, name: &str, promise: Promise, value: &str) -> Option<Ruling> {
    static SHAPE: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"^([^:@/\s]{0,64}):(.+)@(tcp\(|unix\(|\(|[\w.-]+(:[0-9]+)?(/[\w.-]*)?(\?.*)?$)"));
    let driver = value.contains("@tcp(") || value.contains("@unix(") || value.contains("@(");
    let speaks = ["DATABASE", "DB", "DSN", "CONN", "CONNECTION", "BROKER", "PROXY", "AMQP", "REDIS", "MONGO"];
    let speaks =
        promise == Promise::Benign(Fit::Locator) || (promise != Promise::Secret && names::speaks_of(name, &speaks));
    if value.len() > 4096 || !(driver || speaks) {
        return None;
    }
    let parts = SHAPE.captures(value)?;
    let (user, password) = (parts.get(1)?, parts.get(2)?);
    if user.as_str() == "mailto" {
        return None;
    }
    Some(Ruling::of(Class::NonSecretUrl, "url").worst(secret_part(look, password.as_str())))
}

/// URLs inside a longer text.
pub(super) fn embedded(look: &Look, value: &str) -> Option<Ruling> {
    let mut worst: Option<Ruling> = None;
    for found in INSIDE.find_iter(value).filter(|found| found.as_str().contains(['@', '?'])) {
        let Some(ruling) = url(&look.deeper(), "URL", found.as_str()) else { continue };
        worst = Some(match worst {
            Some(before) => before.worst(ruling),
            None => ruling,
        });
    }
    worst
}

/// Where the password stands in a URL's userinfo.
pub(super) fn password(value: &str) -> Option<std::ops::Range<usize>> {
    let start = URL.find(value)?;
    let userinfo = userinfo(&value[start.end()..], web(start.as_str()))?;
    outside(userinfo, &[':']).map(|at| start.end() + at + 1..start.end() + userinfo.len())
}

/// Whether a scheme's URLs keep to the grammar: browsers and libraries encode what stands in them.
fn web(scheme: &str) -> bool {
    ["http://", "https://", "ws://", "wss://", "git://"].contains(&scheme.to_ascii_lowercase().as_str())
}

/// Where the URLs of a text stand.
pub(super) fn all(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> {
    INSIDE.find_iter(text).map(|found| found.range())
}

fn credentials(look: &Look, name: &str, userinfo: &str, after: &str) -> Ruling {
    if let Some(at) = outside(userinfo, &[':']) {
        return secret_part(look, &userinfo[at + 1..]);
    }
    let user = decoded(userinfo);
    // The public half of an error tracker's address has this place.
    let tracker = after.contains("sentry") || after.contains("ingest") || names::speaks_of(name, &["SENTRY"]);
    let token = formats::within(&user).is_some() || values::random(&user);
    if token && !tracker && !placeholders::whole("", &user) {
        Ruling::of(Class::Plaintext, "url-token").with_leaf(&user)
    } else {
        Ruling::of(Class::NonSecretUrl, "url")
    }
}

/// A password's place holds a password, whatever it looks like, unless it is a reference or a stand-in.
fn secret_part(look: &Look, raw: &str) -> Ruling {
    let password = decoded(raw);
    let found = rule(&look.deeper(), "PASSWORD", &password);
    match found.class {
        Class::Empty => Ruling::of(Class::NonSecretUrl, "url"),
        // The driver sends what stands there.
        Class::Encrypted if locked::literal(look.context, found.kind, &password) => {
            Ruling::of(Class::Plaintext, "url-password").with_leaf(&password).with_leaf(raw)
        }
        Class::Open if found.kind == "command" => found,
        Class::Reference | Class::Encrypted | Class::TemplateFailure | Class::Placeholder => found,
        _ => Ruling::of(Class::Plaintext, "url-password").with_leaf(&password).with_leaf(raw),
    }
}

/// What stands before the `@` that ends the userinfo.
fn userinfo(rest: &str, web: bool) -> Option<&str> {
    let authority = outside(rest, &['/', '?', '#']).map_or(rest, |at| &rest[..at]);
    let last = |text: &str| text.rfind('@');
    if web && let Some(at) = last(authority) {
        return Some(&rest[..at]);
    }
    // Passwords with `/`, `?` or `#` in them; a port is none.
    let (host, tail) = authority.split_once(':').unwrap_or((authority, ""));
    let port = tail.bytes().all(|b| b.is_ascii_digit()) && !tail.is_empty();
    let head = outside(rest, &['?']).map_or(rest, |at| &rest[..at]);
    if !web && let Some(at) = last(head) {
        // `scheme://host/path@tag` has no colon in front.
        return (head[..at].contains(':') || !head[..at].contains('/')).then_some(&rest[..at]);
    }
    if !authority.contains(':') || port || host.contains('[') {
        return None;
    }
    last(rest).map(|at| &rest[..at])
}

/// The first of these characters that is not inside `{…}`.
fn outside(text: &str, any: &[char]) -> Option<usize> {
    let mut depth = 0_usize;
    let balanced = text.matches('{').count() == text.matches('}').count();
    for (at, c) in text.char_indices() {
        match c {
            '{' if balanced => depth += 1,
            '}' if balanced => depth = depth.saturating_sub(1),
            c if depth == 0 && any.contains(&c) => return Some(at),
            _ => {}
        }
    }
    None
}

fn decoded(text: &str) -> Zeroizing<String> {
    Zeroizing::new(
        percent_decode_str(text).decode_utf8().map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned),
    )
}
