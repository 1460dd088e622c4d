//! Values that hold other values: URLs, JSON, connection strings, base64, flags, headers.
//!
//! Opens one and has each part judged; the worst part decides. Knows no name by itself.

use super::commands;
use super::json::Tree;
use super::members;
use super::names::{self, Fit, Promise};
use super::rule::{Look, Ruling, rule};
use super::templates;
use super::urls;
use super::values::{self, pattern};
use crate::evidence::Class;
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD};
use regex::Regex;
use std::sync::LazyLock;
use zeroize::Zeroizing;

/// Larger texts are not opened as one value; scans of files go line by line.
const LARGEST: usize = 4 << 20;

/// The ruling of a value that holds others; `None` if it is none, or if name and shape must still decide.
pub(super) fn open(look: &Look, name: &str, promise: Promise, value: &str) -> Option<Ruling> {
    if value.len() > LARGEST {
        return None;
    }
    if let Some(ruling) = urls::url(look, name, value) {
        return Some(ruling);
    }
    if let Some(ruling) = json_value(look, name, value) {
        return Some(ruling);
    }
    let exposed = |ruling: &Ruling| ruling.class.is_exposed();
    let found = grammar(look, name, promise, value);
    if found.as_ref().is_some_and(exposed) { found } else { members::members(look, value).or(found) }
}

/// What the grammars of values that hold others make of it, one after the other.
fn grammar(look: &Look, name: &str, promise: Promise, value: &str) -> Option<Ruling> {
    let exposed = |ruling: &Ruling| ruling.class.is_exposed();
    authorization(look, promise, value)
        .or_else(|| login_files(look, name, value))
        .or_else(|| settings(look, value))
        .or_else(|| query(look, value))
        .or_else(|| connection(look, value))
        .or_else(|| urls::without_scheme(look, name, promise, value))
        .or_else(|| accounts(look, name, value))
        .or_else(|| encoded(look, name, promise, value))
        .or_else(|| lines(look, value).filter(exposed))
        .or_else(|| flags(look, value).filter(exposed))
        .or_else(|| urls::embedded(look, value).filter(exposed))
}

/// Small files that hold a login by position: `.pgpass`, two lines of user and password, Oracle's easy connect.
fn login_files(look: &Look, name: &str, value: &str) -> Option<Ruling> {
    static ORACLE: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"^(jdbc:oracle:\w+:)?[\w$#]{1,60}/([^@\s]+)@(//)?[\w.-]+(:\d{2,5})?[/:]\w+"));
    let password = |text: &str| {
        let found = rule(&look.deeper(), "PASSWORD", text).with_leaf(text);
        Some(if found.class == Class::Empty { Ruling::of(Class::NotSecret, "login") } else { found })
    };
    if let Some(found) = ORACLE.captures(value).and_then(|found| found.get(2)) {
        return password(found.as_str());
    }
    if let Some((_, rest)) = value.split_once("{PLAIN}") {
        return password(rest.split(':').next().unwrap_or(rest));
    }
    let fields: Vec<&str> = value.trim().splitn(5, ':').collect();
    if let [_, port, _, _, last] = fields[..]
        && names::speaks_of(name, &["PGPASS", "PGPASSFILE"])
        && port.bytes().all(|b| b.is_ascii_digit() || b == b'*')
    {
        return password(last);
    }
    let mut lines = value.trim().lines();
    let (user, secret, more) = (lines.next()?, lines.next()?, lines.next());
    let plain = |line: &str| !line.is_empty() && !line.contains(['=', ':', ' ']);
    let login = names::speaks_of(name, &["AUTH", "LOGIN", "CREDENTIALS", "USERPASS"]);
    (more.is_none() && login && plain(user) && plain(secret)).then(|| password(secret))?
}

/// A whole settings file: sections, comments and assignments, nothing else. What it holds decides, not its name.
fn settings(look: &Look, value: &str) -> Option<Ruling> {
    let assigns = |line: &str| {
        let key = line.split(['=', ':']).next().unwrap_or(line).trim();
        line.len() > key.len()
            && !key.is_empty()
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
    };
    let passes =
        |line: &&str| line.is_empty() || line.starts_with(['#', ';']) || line.starts_with('[') && line.ends_with(']');
    let lines: Vec<&str> = value.lines().map(str::trim).filter(|line| !passes(line)).collect();
    let whole = lines.len() >= 2 && lines.iter().all(|line| assigns(line));
    whole.then(|| self::lines(look, value)).flatten()
}

/// `grant_type=password&username=…&password=…`: a form's fields.
fn query(look: &Look, value: &str) -> Option<Ruling> {
    let fields: Vec<(&str, &str)> = value.split('&').map(|field| field.split_once('=')).collect::<Option<_>>()?;
    let plain = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
    if fields.len() < 2 || value.contains(char::is_whitespace) || !fields.iter().all(|(name, _)| plain(name)) {
        return None;
    }
    let secret = fields.iter().filter(|(name, _)| names::promise(name) == Promise::Secret);
    let found = secret.map(|(name, text)| rule(&look.deeper(), name, text).with_leaf(text));
    found.filter(|ruling| ruling.class.is_exposed()).reduce(Ruling::worst)
}

/// The worst string of a JSON document.
fn json_value(look: &Look, name: &str, value: &str) -> Option<Ruling> {
    // A document inside a JSON string.
    if value.starts_with('"') && value.contains("\\\"") {
        let inner: Zeroizing<String> = serde_json::from_str::<String>(value).ok().map(Zeroizing::new)?;
        return inner.trim_start().starts_with(['{', '[']).then(|| rule(&look.deeper(), name, &inner));
    }
    if !(value.starts_with('{') || value.starts_with('[')) || value.starts_with("{{") {
        return None;
    }
    let document: Tree = serde_json::from_str(value)
        // Python prints its dictionaries with single quotes.
        .or_else(
            |error| if value.contains('\'') { serde_json::from_str(&value.replace('\'', "\"")) } else { Err(error) },
        )
        .ok()?;
    if let Some(line) = arguments(&document) {
        let found = flags(look, &line).filter(|ruling| ruling.class.is_exposed());
        return Some(found.unwrap_or_else(|| Ruling::of(Class::NotSecret, "json")));
    }
    let mut worst = Ruling::of(Class::NotSecret, "json");
    walk(&document, name, &mut |key, leaf| {
        let found = rule(&look.deeper(), key, leaf);
        if found.class > Class::NotSecret {
            let found = if found.class == Class::Plaintext { found.with_leaf(leaf) } else { found };
            let nothing = Ruling::of(Class::NotSecret, "json");
            worst = std::mem::replace(&mut worst, nothing).worst(found);
        }
    });
    Some(worst)
}

/// `["redis-server", "--requirepass", "…"]`: a command line, word by word.
fn arguments(document: &Tree) -> Option<Zeroizing<String>> {
    let Tree::Array(members) = document else { return None };
    let words: Option<Vec<&str>> =
        members.iter().map(|member| if let Tree::Text(text) = member { Some(text.as_str()) } else { None }).collect();
    let words = words.filter(|words| words.iter().any(|word| word.starts_with("--")))?;
    words.iter().all(|word| !word.contains([' ', '\n'])).then(|| Zeroizing::new(words.join(" ")))
}

/// Every leaf of a JSON document with its key; a key that says nothing is read with the outer name.
pub(super) fn walk(value: &Tree, name: &str, leaf: &mut impl FnMut(&str, &str)) {
    match value {
        Tree::Object(members) => {
            if envelope(members) || refers(members) {
                return;
            }
            // The parts of a private key; its public ones are random, and harmless.
            let key = private_jwk(members);
            let jwk = members.iter().any(|(key, _)| key == "kty");
            // `{"name": "DB_PASSWORD", "value": "…"}` is how orchestrators write an assignment.
            let labels: Vec<&str> = Tree::texts(members, &["name", "Name", "key", "Key"]).take(8).collect();
            for (key_name, member) in members {
                match key_name.as_str() {
                    "d" | "k" | "p" | "q" | "dp" | "dq" | "qi" if key => walk(member, "private_key", leaf),
                    "n" | "e" | "x" | "y" | "x5c" | "x5t" | "x5t#S256" | "kid" | "kty" if jwk => {}
                    "value" | "Value" if !labels.is_empty() => {
                        // Every label of a text; one of a tree, or nested ones would multiply.
                        let tree = matches!(member, Tree::Object(_) | Tree::Array(_));
                        let counted = if tree { 1 } else { labels.len() };
                        labels[..counted].iter().for_each(|label| walk(member, label, leaf));
                    }
                    other => walk(member, &joined(name, other), leaf),
                }
            }
        }
        Tree::Array(members) => members.iter().for_each(|member| walk(member, name, leaf)),
        Tree::Text(text) => leaf(name, text),
        Tree::Number(number) => leaf(name, number),
        Tree::Nothing => {}
    }
}

fn joined(name: &str, key: &str) -> String {
    let vague = matches!(names::promise(key), Promise::Neutral | Promise::Weak);
    if vague && names::promise(name) != Promise::Neutral && name.len() < 256
        || key.eq_ignore_ascii_case("auth") && names::speaks_of(name, &["REDIS", "CLUSTER"])
    {
        [name, "_", key].concat()
    } else {
        key.to_owned()
    }
}

/// `{"name": "db", "key": "password"}`, `{"secretKey": "jwt", "remoteRef": {…}}`: where a secret is kept.
fn refers(members: &[(String, Tree)]) -> bool {
    const PLACES: [&str; 8] = ["name", "secretName", "remoteRef", "vault", "path", "from", "store", "secretStore"];
    const FIELDS: [&str; 7] = ["key", "secretKey", "field", "property", "path", "version", "versionStage"];
    let known = |key: &String| {
        PLACES.contains(&key.as_str())
            || FIELDS.contains(&key.as_str())
            || ["optional", "namespace", "type"].contains(&key.as_str())
    };
    let has = |list: &[&str]| members.iter().filter(|(key, _)| list.contains(&key.as_str())).count();
    let plain = |tree: &Tree| match tree {
        Tree::Text(text) => !values::random(text) && !values::password_like(text),
        Tree::Object(inner) => inner.iter().all(|(_, tree)| !matches!(tree, Tree::Text(text) if values::random(text))),
        Tree::Array(_) => false,
        Tree::Number(_) | Tree::Nothing => true,
    };
    let all = members.iter().all(|(key, tree)| known(key) && plain(tree));
    all && members.len() >= 2 && has(&PLACES) >= 1 && has(&FIELDS) >= 1
}

/// Ciphertext with its initial vector or its wrapped key beside it, as data bags and key services write it.
fn envelope(members: &[(String, Tree)]) -> bool {
    let has = |names: &[&str]| members.iter().any(|(key, _)| names.contains(&key.to_ascii_lowercase().as_str()));
    has(&["encrypted_data", "ciphertext", "ciphertextblob", "encrypted", "encrypteddata"])
        && has(&["iv", "nonce", "tag", "mac", "cipher", "encrypted_key", "key_id", "keyid", "encrypteddatakey"])
        && !has(&["key", "plaintext", "password", "passphrase", "secret"])
}

fn private_jwk(members: &[(String, Tree)]) -> bool {
    let has = |wanted: &str| members.iter().any(|(key, _)| key == wanted);
    has("kty") && (has("d") || (has("k") && Tree::texts(members, &["kty"]).any(|kind| kind == "oct")))
}

/// `Bearer …`, `Basic …`.
fn authorization(look: &Look, promise: Promise, value: &str) -> Option<Ruling> {
    let (scheme, rest) = value.split_once(' ')?;
    let rest = rest.trim();
    if rest.contains(' ') || !matches!(promise, Promise::Secret | Promise::Weak | Promise::Benign(Fit::Word)) {
        return None;
    }
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" | "token" => Some(rule(&look.deeper(), "TOKEN", rest).with_leaf(rest)),
        "basic" => {
            let Some(text) = base64_text(rest) else { return Some(rule(&look.deeper(), "TOKEN", rest)) };
            let (_, password) = text.split_once(':')?;
            Some(rule(&look.deeper(), "PASSWORD", password).with_leaf(password))
        }
        _ => None,
    }
}

/// `Server=…;Password=…`, `host=… password=…`, `key=…,key=…`.
fn connection(look: &Look, value: &str) -> Option<Ruling> {
    const KEYS: [&str; 23] = [
        "host",
        "server",
        "user",
        "uid",
        "user id",
        "userid",
        "username",
        "dbname",
        "database",
        "endpoint",
        "data source",
        "accountname",
        "password",
        "pwd",
        "addr",
        "port",
        "initial catalog",
        "hostaddr",
        "defaultendpointsprotocol",
        "authorization",
        "sharedaccesskeyname",
        "defaultdatabase",
        "abortconnect",
    ];
    let value = value.trim_end_matches(';');
    // A brace alone may be what ODBC puts around a password.
    let whole = if value.contains("{{") || value.contains('<') { templates::whole_words(value) } else { value.into() };
    let value = &*whole;
    let separator = [';', ' ', ','].into_iter().find(|separator| value.contains(*separator))?;
    let mut parts: Vec<(String, String)> = Vec::new();
    for part in value.split(separator).filter(|part| !part.trim().is_empty()) {
        match (part.split_once('='), parts.last_mut()) {
            // A line of flags may have spaces and signs of equality as well.
            (Some((key, _)), _) if key.starts_with('-') => return None,
            (Some((key, text)), _) if key.len() <= 64 => parts.push((key.trim().to_owned(), text.to_owned())),
            // `redis:6379,password=…`: the address comes first, without a key.
            (None, None) if address(part) => parts.push(("host".to_owned(), part.to_owned())),
            (_, Some((_, text))) => {
                text.push(separator);
                text.push_str(part);
            }
            _ => return None,
        }
    }
    let known = |key: &str| KEYS.contains(&key.to_ascii_lowercase().as_str());
    if parts.len() < 2 || !parts.iter().any(|(key, _)| known(key) || names::promise(key) == Promise::Secret) {
        return None;
    }
    let mut worst = Ruling::of(Class::NonSecretUrl, "connection-string");
    for (key, text) in &parts {
        let (key, text) = if secret_key(key) {
            // ODBC puts braces around a password with signs in it.
            ("PASSWORD", text.trim().strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text))
        } else {
            (key.as_str(), text.as_str())
        };
        let found = rule(&look.deeper(), key, text);
        if found.class > Class::NonSecretUrl {
            worst = worst.worst(found.with_leaf(text));
        }
    }
    let sure = worst.class != Class::NonSecretUrl || parts.iter().filter(|(key, _)| known(key)).count() >= 2;
    sure.then_some(worst)
}

fn address(part: &str) -> bool {
    part.split_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && (2..=5).contains(&port.len()) && port.bytes().all(|b| b.is_ascii_digit())
    })
}

/// Keys of connection strings that hold a secret, whatever else they mean elsewhere.
fn secret_key(key: &str) -> bool {
    let plain: String = key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    ["pwd", "password", "passwd", "pass", "accountkey", "sharedaccesskey", "sharedaccesssignature"]
        .contains(&plain.as_str())
}

/// `alice:password,bob:password` under a name that speaks of accounts.
fn accounts(look: &Look, name: &str, value: &str) -> Option<Ruling> {
    static LIST: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"^[\w.@-]{1,64}:[^\s:,;]+([,; ]+[\w.@-]{1,64}:[^\s:,;]+)*$"));
    let speaks = ["AUTH", "USERS", "ACCOUNTS", "BASICAUTH", "CREDENTIALS", "CREDS", "LOGIN", "LOGINS", "USERPASS"];
    if !names::speaks_of(name, &speaks) || value.len() > 4096 || !LIST.is_match(value) {
        return None;
    }
    let mut worst = Ruling::of(Class::NotSecret, "accounts");
    for entry in value.split([',', ';', ' ']) {
        let Some((_, password)) = entry.split_once(':') else { continue };
        worst = worst.worst(rule(&look.deeper(), "PASSWORD", password).with_leaf(password));
    }
    Some(worst)
}

/// Base64 of another value. Text that merely decodes is none, unless the name says so.
fn encoded(look: &Look, name: &str, promise: Promise, value: &str) -> Option<Ruling> {
    let text = base64_text(value)?;
    let says_so = names::speaks_of(name, &["B64", "BASE64"]);
    let inner = rule(&look.deeper(), name, &text);
    let structured = text.starts_with(['{', '[']) || text.contains("://") || text.contains("-----BEGIN");
    let assigns = text.contains('=') && lines(look, &text).is_some_and(|ruling| ruling.class.is_exposed());
    let login = names::speaks_of(name, &["AUTH"]) && text.contains(':');
    if says_so || (structured && inner.class != Class::NotSecret) {
        Some(inner.with_leaf(&text))
    } else if assigns || login {
        Some(Ruling::of(Class::Plaintext, "base64").with_leaf(&text))
    } else if promise == Promise::Secret && inner.class == Class::Placeholder {
        Some(inner)
    } else {
        None
    }
}

/// The printable text behind base64, in any alphabet, if the whole value is that.
pub(super) fn base64_text(value: &str) -> Option<Zeroizing<String>> {
    if value.len() < 4 || value.contains(' ') {
        return None;
    }
    let joined: Zeroizing<Vec<u8>> = Zeroizing::new(value.bytes().filter(|b| !matches!(b, b'\n' | b'\r')).collect());
    let bytes = [BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD].iter().find_map(|code| code.decode(&joined).ok())?;
    let text = Zeroizing::new(String::from_utf8(bytes).ok()?);
    let printable = text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'));
    (printable && !text.trim().is_empty()).then_some(text)
}

/// Several lines of assignments.
fn lines(look: &Look, value: &str) -> Option<Ruling> {
    let mut worst: Option<Ruling> = None;
    for line in value.lines() {
        let line = line.trim().trim_start_matches("export ");
        let Some((key, text)) = line.split_once('=').or_else(|| line.split_once(": ")) else { continue };
        let (key, text) = (key.trim(), text.trim());
        // A flag's value ends at a space; what follows is another flag.
        if key.is_empty()
            || key.starts_with('-')
            || key.len() > 128
            || !key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
        {
            continue;
        }
        let found = rule(&look.deeper(), key, text).with_leaf(text);
        worst = Some(match worst {
            Some(before) => before.worst(found),
            None => found,
        });
    }
    worst
}

/// `-Dpassword=…`, `--token=…`, `--token …`.
fn flags(look: &Look, value: &str) -> Option<Ruling> {
    if !value.contains(['-', '=']) || !(value.contains(' ') || value.starts_with('-')) {
        return None;
    }
    let mut worst: Option<Ruling> = None;
    let value = &*templates::whole_words(value);
    let mut words = value.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let plain = word.trim_matches(['"', '\'']);
        let dashed = plain.starts_with('-');
        let switch = ["--no-", "--ask-", "--pass-", "--use-", "--skip-", "--allow-", "--require-", "--enable-"];
        if switch.iter().any(|start| plain.starts_with(start)) {
            continue;
        }
        let key = plain.strip_prefix("-D").unwrap_or(plain.trim_start_matches('-'));
        let (key, text) = match key.split_once('=') {
            Some((key, text)) => (key, text),
            None if dashed && words.peek().is_some_and(|next| !next.starts_with('-')) => {
                (key, words.peek().copied().unwrap_or_default())
            }
            None => continue,
        };
        if names::promise(key) == Promise::Neutral && !text.contains("://") {
            continue;
        }
        // A login module's options end in a semicolon.
        let text = values::unquoted(text.trim_end_matches([';', ',']));
        let command = names::speaks_of(key, &["COMMAND", "CMD"]) && commands::fetches(&[text, " "].concat());
        // A command that fetches it; a template with spaces in it, or a mount: `--secret id=token,src=…`.
        if command
            || text.starts_with("{{")
            || ["id=", "src=", "source=", "type=", "env="].iter().any(|start| text.starts_with(start))
        {
            continue;
        }
        let found = rule(&look.deeper(), key, text).with_leaf(text);
        worst = Some(match worst {
            Some(before) => before.worst(found),
            None => found,
        });
    }
    worst
}
