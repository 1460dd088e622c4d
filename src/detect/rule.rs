//! The order in which a value is judged.
//!
//! Knows the steps and their order; what each step looks for is in its own room.

use super::interpolation::{Interpolated, interpolation};
use super::names::{self, Fit, Promise};
use super::shell::Said;
use super::{Context, commands, containers, defaults, formats, locked, placeholders, references, strength, values};
use crate::evidence::{Class, Confidence, Sensitive, Step};
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

/// A class, a finer word, how it came about, and the parts of the value that are secrets by themselves.
pub(super) struct Ruling {
    pub(super) class: Class,
    pub(super) kind: &'static str,
    /// The step that decided, and how sure it is.
    pub(super) step: Step,
    pub(super) confidence: Confidence,
    pub(super) leaves: Vec<Sensitive>,
}

impl Ruling {
    pub(super) fn of(class: Class, kind: &'static str) -> Self {
        let step = Step::of(class);
        let confidence = if class.needs_review() { Confidence::Low } else { step.confidence() };
        Self { class, kind, step, confidence, leaves: Vec::new() }
    }

    /// The same, decided by this step.
    pub(super) fn by(self, step: Step, confidence: Confidence) -> Self {
        Self { step, confidence, ..self }
    }

    /// What a provider's format makes of a value.
    pub(super) fn of_format(class: Class, kind: &'static str) -> Self {
        let step = if formats::proven(kind) { Step::Checksum } else { Step::Format };
        Self::of(class, kind).by(step, step.confidence())
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
    let (value, literal) = (normal(value), value);
    // A dollar sign that was escaped for one shell more.
    let value = value.strip_prefix('\\').filter(|rest| rest.starts_with('$')).unwrap_or(value);
    let declared = names::is_declared(look.declared, name);
    if value.is_empty() {
        // A process takes white space and a pair of quotes for the key itself; whoever reads a file does not.
        let guessable = look.context == Context::Env && look.depth == 0 && !literal.is_empty();
        let key = guessable && (declared || names::promise(name) == Promise::Secret);
        return if key { Ruling::of(Class::Placeholder, "blank") } else { Ruling::of(Class::Empty, "empty") };
    }
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
    match interpolation(value, look.context) {
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
            worst = named_defaults(look, name, value).into_iter().fold(worst, Ruling::worst);
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

/// What the defaults are under the names of the variables that they are for.
fn named_defaults(look: &Look, name: &str, value: &str) -> Vec<Ruling> {
    let judged = |said: Said| {
        // Under the value's own name they were judged before.
        let expects = names::promise(&said.name) == Promise::Secret || names::is_declared(look.declared, &said.name);
        let found = (expects && said.name != name).then(|| rule(&look.deeper(), &said.name, said.value))?;
        (found.class.is_exposed() || found.class.needs_review()).then(|| found.with_leaf(said.value))
    };
    defaults::said(value).into_iter().filter_map(judged).collect()
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
        let key =
            class == Class::Encrypted && (declared || names::signs(name)) && locked::literal(look.context, kind, value);
        return if key { Ruling::of(Class::Plaintext, "literal-key") } else { Ruling::of(class, kind) };
    }
    if let Some(kind) = locked::locked_by_name(name, value) {
        let ruling = Ruling::of(Class::Encrypted, kind);
        return if kind == "jwe" { ruling } else { ruling.by(Step::Name, Confidence::Medium) };
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
        return Ruling::of(Class::NotSecret, "public-key").by(Step::Format, Confidence::High);
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
        return Ruling::of_format(if published { Class::NotSecret } else { Class::Plaintext }, kind);
    }
    let weighed = strength::weigh(name, promise, stem, declared, value);
    // `!secret TOKEN` is no reference, and its words in front make no harmless text of it.
    if weighed.class == Class::NotSecret
        && look.may_open()
        && let Some(token) = references::dressed(value)
    {
        return rule(&look.deeper(), name, token).with_leaf(token);
    }
    weighed
}

/// Whether what stands in a credential's place is a reference or a stand-in.
pub(super) fn stands_in(look: &Look, credential: &str) -> bool {
    // A pattern may have stopped inside the braces.
    credential.starts_with(['{', '$', '%', '<'])
        || matches!(interpolation(credential, look.context), Interpolated::Reference)
        || references::shaped(credential, look.context).is_some()
        || placeholders::whole("", credential)
}

fn file(promise: Promise, stem: Promise, value: &str) -> Option<Ruling> {
    let kept = ["/run/secrets/", "/var/run/secrets/", "/vault/secrets/", "/mnt/secrets", "/etc/secrets/", "file:/"];
    let file = Ruling::of(Class::FileReference, "secret-file");
    let bare = value.split('#').next().unwrap_or(value);
    let bare = bare.strip_prefix("file://").or_else(|| bare.strip_prefix("file:")).unwrap_or(bare);
    // What stands below the root itself is a file by its ending, or a password that begins with a slash.
    let word = bare.strip_prefix('/').is_some_and(|rest| !rest.contains(['/', '.']));
    let expects = matches!(promise, Promise::Secret | Promise::Mentions);
    if word && expects && value.starts_with("file:") {
        return Some(Ruling::of(Class::Plaintext, "human-password").with_leaf(bare));
    }
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
        _ => Some(Ruling::of(Class::NotSecret, "path").by(Step::Value, Confidence::High)),
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
