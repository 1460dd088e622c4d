//! The order in which a value is judged.
//!
//! Knows the steps and their order; what each step looks for is in its own room.

use super::names::{self, Fit, Promise};
use super::references::{self, Interpolated};
use super::{Context, commands, containers, formats, masks, placeholders, values};
use crate::evidence::{Class, Sensitive};
use std::collections::HashSet;

/// Containers inside containers are opened this often.
const DEEPEST: u8 = 5;

/// What a step needs to know besides name and value.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) declared: &'a HashSet<String>,
    pub(super) context: Context,
    pub(super) depth: u8,
}

impl Look<'_> {
    pub(super) fn deeper(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    pub(super) fn may_open(self) -> bool {
        self.depth < DEEPEST
    }
}

/// A class, a finer word, and the parts of the value that are secrets by themselves.
pub(super) struct Ruling {
    pub(super) class: Class,
    pub(super) kind: &'static str,
    pub(super) leaves: Vec<Sensitive>,
}

impl Ruling {
    pub(super) fn of(class: Class, kind: &'static str) -> Self {
        Self { class, kind, leaves: Vec::new() }
    }

    /// The same, with a part of the value that must not come out either.
    pub(super) fn with_leaf(mut self, leaf: &str) -> Self {
        self.leaves.push(Sensitive::from(leaf.to_owned()));
        self
    }

    /// The worse of two, with the leaves of both.
    pub(super) fn worst(mut self, mut other: Self) -> Self {
        if other.class > self.class {
            std::mem::swap(&mut self, &mut other);
        }
        self.leaves.append(&mut other.leaves);
        self
    }
}

/// What this value is under this name.
pub(super) fn rule(look: &Look, name: &str, value: &str) -> Ruling {
    let value = normal(value);
    // A dollar sign that was escaped for one shell more.
    let value = value.strip_prefix('\\').filter(|rest| rest.starts_with('$')).unwrap_or(value);
    if value.is_empty() {
        return Ruling::of(Class::Empty, "empty");
    }
    let declared = names::is_declared(look.declared, name);
    let promise = match declared {
        true => Promise::Secret,
        // In lists of variables inside a value, these are themselves only if they hold a path.
        false if names::well_known(name) && (look.depth == 0 || values::path(value)) => Promise::Benign(Fit::Any),
        false => names::promise(name),
    };
    let stem = match promise {
        Promise::Benign(_) => names::promise_of_stem(name),
        other => other,
    };
    match references::interpolation(value, look.context) {
        Interpolated::Reference => return Ruling::of(Class::Reference, "interpolation"),
        Interpolated::Defaults { .. } if !look.may_open() => return Ruling::of(Class::Undetermined, "too-deep"),
        Interpolated::Defaults { given, filled, glued } => {
            let mut worst = Ruling::of(Class::Reference, "interpolation");
            // Between other text, a default is no value by itself; what it fills is.
            for text in given.iter().copied().filter(|_| glued).chain([filled.as_str()]) {
                let found = rule(&look.deeper(), name, text);
                if found.class.is_exposed() || found.class.needs_review() {
                    worst = worst.worst(found.with_leaf(text));
                }
            }
            // The text as it stands has a say, unless it is made of nothing but references.
            let alone = if glued { None } else { Some(plain(look, name, promise, stem, declared, value)) };
            return match alone {
                Some(ruling) if worst.class == Class::Reference || ruling.class > worst.class => ruling,
                _ => worst,
            };
        }
        Interpolated::None => {}
    }
    plain(look, name, promise, stem, declared, value)
}

/// A value without defaults to fill in.
fn plain(look: &Look, name: &str, promise: Promise, stem: Promise, declared: bool, value: &str) -> Ruling {
    if let Some(body) = commands::body(value)
        && references::shaped(value, look.context).is_none()
    {
        if !look.may_open() {
            return Ruling::of(Class::Undetermined, "too-deep");
        }
        return commands::substitution(look, name, promise, body);
    }
    if let Some((class, kind)) = references::shaped(value, look.context) {
        return Ruling::of(class, kind);
    }
    if let Some(kind) = references::locked_by_name(name, value) {
        return Ruling::of(Class::Encrypted, kind);
    }
    if names::speaks_of(name, &["COMMAND", "CMD", "EXEC", "HELPER", "PROGRAM", "PROCESS"]) && commands::fetches(value) {
        // What the command is given may be a secret all the same: `docker login -p …`.
        let given = look.may_open().then(|| containers::open(look, name, promise, value)).flatten();
        let given = given.filter(|ruling| ruling.class.is_exposed());
        return given.unwrap_or_else(|| Ruling::of(Class::Reference, "command"));
    }
    // `JWT_ISSUER=null` or `COOKIE_DOMAIN=.example.org` stand in for no secret; `PASSWORD_FILE=null` does.
    let file_of_secret = promise == Promise::Benign(Fit::Path) && stem == Promise::Secret;
    if references::unfilled(value, matches!(promise, Promise::Secret | Promise::Mentions) || file_of_secret) {
        return Ruling::of(Class::TemplateFailure, "unfilled-template");
    }
    if let Some(ruling) = file(promise, stem, value) {
        return ruling;
    }
    if formats::public(name, value) {
        return Ruling::of(Class::NotSecret, "public-key");
    }
    let expects = matches!(promise, Promise::Secret | Promise::Mentions | Promise::Weak) || file_of_secret;
    if expects && placeholders::whole(name, value) {
        return Ruling::of(Class::Placeholder, "placeholder");
    }
    if look.may_open()
        && let Some(ruling) = containers::open(look, name, promise, value)
    {
        return ruling;
    }
    // A public key's name beside a vendor's makes no secret of it; a token's own beginning does.
    let named = if promise == Promise::Benign(Fit::Public) { "" } else { name };
    if let Some(kind) = formats::named(named, value, |credential| stands_in(look, credential)) {
        // A key meant for browsers has the shape of one that is not.
        let published = promise == Promise::Benign(Fit::Public) && matches!(kind, "jwt" | "google-api-key");
        return Ruling::of(if published { Class::NotSecret } else { Class::Plaintext }, kind);
    }
    let (class, kind) = match promise {
        Promise::Secret => secret(value, declared),
        Promise::Mentions => mentions(value),
        Promise::Weak => weak(name, value),
        Promise::Benign(Fit::Lookup) => lookup(name, value),
        Promise::Benign(Fit::Id) => identifier(name, stem, value),
        Promise::Benign(fit) => benign(fit, stem, value),
        Promise::Neutral => neutral(value),
    };
    Ruling::of(class, kind)
}

/// Whether what stands in a credential's place is a reference or a stand-in.
pub(super) fn stands_in(look: &Look, credential: &str) -> bool {
    // A pattern may have stopped inside the braces.
    credential.starts_with(['{', '$', '%', '<'])
        || matches!(references::interpolation(credential, look.context), Interpolated::Reference)
        || references::shaped(credential, look.context).is_some()
        || placeholders::whole("", credential)
}

fn file(promise: Promise, stem: Promise, value: &str) -> Option<Ruling> {
    let kept = ["/run/secrets/", "/var/run/secrets/", "/vault/secrets/", "/mnt/secrets", "/etc/secrets/", "file:/"];
    let file = Ruling::of(Class::FileReference, "secret-file");
    let bare = value.split('#').next().unwrap_or(value);
    let bare = bare.strip_prefix("file://").or_else(|| bare.strip_prefix("file:")).unwrap_or(bare);
    let plain = !bare.contains("..") && (values::path(bare) || values::relative_path(bare));
    if plain && kept.iter().any(|place| value.starts_with(place)) && !value.contains(['@', '\n']) {
        return Some(file);
    }
    let speaks = matches!(stem, Promise::Secret | Promise::Mentions | Promise::Weak);
    if promise == Promise::Benign(Fit::Path) && speaks && (values::path(value) || values::relative_path(value)) {
        return Some(file);
    }
    if !values::path(value) {
        return None;
    }
    // A password may begin with a slash; a path under a password's name has folders.
    let folders = value.matches(['/', '\\']).count() >= 2 || value.starts_with(['.', '~']);
    match promise {
        Promise::Secret | Promise::Mentions if !folders => None,
        Promise::Secret | Promise::Mentions | Promise::Weak => Some(file),
        _ => Some(Ruling::of(Class::NotSecret, "path")),
    }
}

fn secret(value: &str, declared: bool) -> (Class, &'static str) {
    let everyday = values::everyday(value);
    if !declared {
        let harmless = match everyday {
            Some("switch" | "duration" | "locale") => true,
            Some("number") => value.len() <= 3,
            _ => values::algorithm(value),
        };
        if harmless {
            return (Class::NotSecret, everyday.unwrap_or("algorithm"));
        }
    }
    // `platform/api/jwt`: the way to a secret in some store.
    if !declared && (values::store_path(value) || property(value)) {
        return (Class::Reference, "secret-path");
    }
    let kind = if values::hex(value, 32) {
        "hex-key"
    } else if values::random(value) {
        "random-key"
    } else if everyday == Some("uuid") {
        "uuid"
    } else {
        "human-password"
    };
    (Class::Plaintext, kind)
}

/// `spring.datasource.password`: a setting's name, which ends in what it holds.
fn property(value: &str) -> bool {
    let parts = value.split('.').count();
    let small = value.bytes().all(|b| b.is_ascii_lowercase() || b"._-".contains(&b));
    parts >= 3 && small && value.len() <= 80 && names::promise(value) == Promise::Secret
}

/// The name speaks of a secret and ends in a word that nobody knows: only plain words are not taken for it.
fn mentions(value: &str) -> (Class, &'static str) {
    match values::everyday(value) {
        Some("uuid") => (Class::Plaintext, "uuid"),
        Some(kind) => (Class::NotSecret, kind),
        None if values::hex(value, 32) => (Class::Plaintext, "hex-key"),
        None if values::random(value) => (Class::Plaintext, "random-key"),
        None if values::algorithm(value) || values::dotted_class(value) || values::prose(value) => {
            (Class::NotSecret, "text")
        }
        None if values::password_like(value) => (Class::Plaintext, "human-password"),
        None if values::wordy(value) && value.len() <= 12 => (Class::Open, "word"),
        None => (Class::Plaintext, "human-password"),
    }
}

fn weak(name: &str, value: &str) -> (Class, &'static str) {
    match values::everyday(value) {
        Some("uuid") if names::speaks_of(name, &["SECRET"]) => return (Class::Plaintext, "uuid"),
        Some(kind) => return (Class::NotSecret, kind),
        None => {}
    }
    if values::random(value) {
        (Class::Plaintext, if values::hex(value, 32) { "hex-key" } else { "random-key" })
    } else if values::password_like(value) && !values::wordy(value) {
        (Class::Open, "password-like")
    } else {
        (Class::NotSecret, "text")
    }
}

fn benign(fit: Fit, stem: Promise, value: &str) -> (Class, &'static str) {
    let everyday = values::everyday(value);
    let random = values::random(value);
    let fits = match fit {
        Fit::Path => false, // what is a path was answered before
        Fit::Number => everyday.is_some(),
        // A commit's name stands in for a branch's.
        Fit::Word | Fit::Locator if masks::masked("", value) => true,
        Fit::Word | Fit::Locator => !random || stem == Promise::Neutral && value.len() == 40 && values::hex(value, 40),
        Fit::Digest if stem == Promise::Secret && values::hex(value, 32) => {
            return (Class::Encrypted, "password-verifier");
        }
        Fit::Digest => values::digest(value) || everyday.is_some() || (stem != Promise::Secret && value.len() >= 20),
        Fit::Any => value.len() <= 4096,
        Fit::Id | Fit::Lookup | Fit::Public => true,
    };
    if fits || everyday.is_some() {
        let kind = match fit {
            Fit::Digest => "digest",
            Fit::Id | Fit::Lookup | Fit::Any => "identifier",
            Fit::Public => "public",
            _ => everyday.unwrap_or("text"),
        };
        (Class::NotSecret, kind)
    } else if stem == Promise::Secret && (random || values::password_like(value)) {
        // The name speaks of a secret, and the value is not what the name's end says.
        (Class::Plaintext, if random { "random-key" } else { "human-password" })
    } else if random {
        (Class::Open, "random")
    } else {
        (Class::NotSecret, "text")
    }
}

/// `CACHE_KEY` holds words; `REDIS_PRIMARY_KEY` may hold what it says in the cloud's console.
fn lookup(name: &str, value: &str) -> (Class, &'static str) {
    const ACCOUNTS: [&str; 9] =
        ["AZURE", "COSMOS", "COSMOSDB", "STORAGE", "REDIS", "PRIMARY", "SECONDARY", "ACCOUNT", "SECRET"];
    let random = values::random(value) || values::hex(value, 32);
    match values::everyday(value) {
        Some(kind) => (Class::NotSecret, kind),
        None if random && names::speaks_of(name, &ACCOUNTS) => (Class::Plaintext, "random-key"),
        None if random => (Class::Open, "random"),
        None => (Class::NotSecret, "text"),
    }
}

/// An identifier may be random, but not as long as a key where the name speaks of a secret.
fn identifier(name: &str, stem: Promise, value: &str) -> (Class, &'static str) {
    let benign = (Class::NotSecret, "identifier");
    let random = values::random(value) && values::everyday(value).is_none() && !value.starts_with("arn:");
    if !random || value.contains(".apps.") {
        return benign;
    }
    // A key's own id, a thumbprint for the most part, comes out of the key.
    let of_key = names::speaks_of(name, &["KEY", "KID"]);
    let loose = names::speaks_of(name, &["ROLE", "SECRET", "VAULT", "TOKEN", "SESSION", "PASSWORD"]);
    match (stem, value.len()) {
        (_, 65..) => (Class::Open, "random"),
        (Promise::Secret, 36..) if !of_key => (Class::Plaintext, "random-key"),
        (Promise::Secret, 36..) if !names::speaks_of(name, &["KID"]) => (Class::Open, "random"),
        (_, 36..) if loose => (Class::Open, "random"),
        _ => benign,
    }
}

fn neutral(value: &str) -> (Class, &'static str) {
    match values::everyday(value) {
        Some(kind) => (Class::NotSecret, kind),
        None if values::random(value) => (Class::Open, "random"),
        None => (Class::NotSecret, "text"),
    }
}

/// The value without the quotes and line ends around it.
pub(super) fn normal(value: &str) -> &str {
    let value = value.trim();
    for quote in ['"', '\'', '`'] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            // A command substitution keeps its quotes; a string with more inside is no single string.
            return if quote == '`' || inner.contains(quote) { value } else { inner };
        }
    }
    value
}
