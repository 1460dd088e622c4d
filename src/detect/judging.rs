//! From bytes to a judgement: decoded, ruled on, searched for known values, and remembered if it must not come out.
//!
//! In: names and values without their wrapping. Out: judgements. Knows the order of these acts, and of no value what it
//! is.

use super::known::Found;
use super::rule::{self, Look, Ruling};
use super::{Context, Detector, alphabet, code, containers, encoding, names, text, wrap};
use crate::evidence::{Class, Fingerprint, Judgement, Sensitive, Step};

impl Detector {
    pub(super) fn judge_bytes(&self, name: &[u8], value: &[u8], context: Context) -> Judgement {
        let name = String::from_utf8_lossy(name);
        let decoded = encoding::decode(value);
        match decoded.encoding {
            "git-crypt" => return self.judgement(&Ruling::of(Class::Encrypted, "git-crypt"), value),
            "binary" => return self.judgement(&Ruling::of(Class::Undetermined, "binary"), value),
            _ => {}
        }
        // A Kubernetes Secret holds base64; a literal that only happens to decode is judged as it stands.
        let secret = (context == Context::K8s).then(|| containers::base64_text(decoded.text.trim())).flatten();
        match &secret {
            // What was given as known may be the base64 itself.
            Some(text) if self.known.within(value) <= self.known.within(text.as_bytes()) => {
                self.judge_text(&name, text, context)
            }
            _ => self.judge_text(&name, &decoded.text, context),
        }
    }

    /// Judges text that was already decoded. A command line or a small file in one value is read as what it is.
    pub(super) fn judge_text(&self, name: &str, text: &str, context: Context) -> Judgement {
        let mut ruling = self.ruling(name, text, context);
        let searched = matches!(ruling.class, Class::NotSecret | Class::Open) || ruling.kind == "command";
        if searched
            && ruling.kind != "json"
            && let Some(inner) = text::inside(self, name, text, context)
        {
            ruling = Ruling::of(inner.class, inner.kind).by(inner.step, inner.confidence);
        }
        self.judgement(&ruling, text.as_bytes())
    }

    /// Judges a value that was cut out of a text: it is not searched once more.
    pub(super) fn judge_part(&self, name: &str, text: &str, context: Context) -> Judgement {
        self.judgement(&self.ruling(name, text, context), text.as_bytes())
    }

    /// Judges what a format found in a text. Many are known by what stands around them, which is not here any more: only
    /// what stands in for a value or is locked has a say against the format.
    pub(super) fn judge_credential(&self, kind: Option<&'static str>, text: &str, context: Context) -> Judgement {
        let mut ruling = self.ruling("", text, context);
        let weak = matches!(ruling.class, Class::NotSecret | Class::Open);
        if let Some(kind) = kind.filter(|_| weak && !rule::stands_in(&self.look(context), text)) {
            ruling = Ruling::of_format(Class::Plaintext, kind);
        }
        if context == Context::Program && !self.meant(&ruling, "", text, true) {
            ruling = Ruling::of(Class::Placeholder, "placeholder");
        }
        self.judgement(&ruling, text.as_bytes())
    }

    /// The same among a program's texts. There a password may be a word, and the word stand in paths and names
    /// all over: such a one is told like any other, but no report is searched for it. In sources and documents a guess
    /// must have more for it than its name; `None` if it has not.
    pub(super) fn judge_in_code(&self, name: &str, text: &str, context: Context, quoted: bool) -> Option<Judgement> {
        let ruling = self.ruling(name, text, context);
        if context == Context::Program && !self.meant(&ruling, name, text, quoted) {
            return None;
        }
        let word = proper(text.as_bytes()).iter().all(|b| b.is_ascii_lowercase() || *b == b'_');
        if word && ruling.kind == "human-password" && self.known.within(text.as_bytes()).is_none() {
            return Some(self.judged(&ruling, false, text.as_bytes()));
        }
        Some(self.judgement(&ruling, text.as_bytes()))
    }

    /// Whether a guess in a source or a document has more for it than a name and a place.
    fn meant(&self, ruling: &Ruling, name: &str, text: &str, quoted: bool) -> bool {
        // `https://user:pass@example.com` is how documents show a place for a password.
        let shown = |name| {
            let meant = |leaf: &Sensitive| leaf.examine(|leaf| code::meant(name, &String::from_utf8_lossy(leaf), true));
            !ruling.leaves.iter().any(meant)
        };
        let guess = match ruling.kind {
            "url-password" if !ruling.leaves.is_empty() => shown("PASSWORD"),
            "human-password" if !ruling.leaves.is_empty() && text.contains("://") => shown(""),
            "human-password" => !code::meant(name, text, quoted),
            _ => false,
        };
        !guess || names::is_declared(&self.declared, name) || self.known.within(text.as_bytes()).is_some()
    }

    /// The judgement of a private key in its binary form.
    pub(super) fn judge_key(&self, bytes: &[u8]) -> Judgement {
        self.judgement(&Ruling::of_format(Class::Plaintext, "private-key"), bytes)
    }

    fn look(&self, context: Context) -> Look<'_> {
        Look { declared: &self.declared, context, depth: 0 }
    }

    fn ruling(&self, name: &str, text: &str, context: Context) -> Ruling {
        rule::rule(&self.look(context), name, text)
    }

    /// Turns a ruling into a judgement: exposed values are remembered, so that no report can hold them.
    fn judgement(&self, ruling: &Ruling, value: &[u8]) -> Judgement {
        // What was given as known may end in a quote or in white space.
        let judgement = match self.known.within(value) {
            Some(found) => self.given(found, value),
            None => self.judged(ruling, false, value),
        };
        if judgement.class == Class::Plaintext {
            // Half a pair of quotes would mask the marks of a report's own format.
            self.registry.remember(&wrap(bare(proper(value))));
            ruling.leaves.iter().for_each(|leaf| self.registry.remember(leaf));
        }
        judgement
    }

    /// The judgement of a text that a known value stands in; what stands around it is no secret by that.
    pub(super) fn given(&self, found: Found, text: &[u8]) -> Judgement {
        let ruling = Ruling::of(Class::Plaintext, found.kind()).by(Step::Known, Step::Known.confidence());
        let secret = self.known.named(text, found).cloned();
        Judgement { secret, ..self.judged(&ruling, found == Found::Live, text) }
    }

    fn judged(&self, ruling: &Ruling, known: bool, value: &[u8]) -> Judgement {
        let value = proper(value);
        Judgement {
            class: ruling.class,
            kind: ruling.kind,
            step: ruling.step,
            confidence: ruling.confidence,
            alphabet: alphabet::of(value),
            length: bucket(value.len()),
            correlator: ruling.class.is_exposed().then(|| self.correlator(value)),
            known,
            secret: None,
        }
    }

    pub(super) fn correlator(&self, value: &[u8]) -> Fingerprint {
        wrap(proper(value)).fingerprint(&self.key)
    }
}

/// Quotes and line ends around a value depend on where it stood; correlator and length must not.
fn proper(value: &[u8]) -> &[u8] {
    std::str::from_utf8(value).map_or(value, |text| rule::normal(text).as_bytes())
}

/// Without quotes at either end.
fn bare(value: &[u8]) -> &[u8] {
    let quote = |b: &u8| matches!(b, b'"' | b'\'' | b'`');
    let start = value.iter().take_while(|b| quote(b)).count();
    let end = value.iter().rev().take_while(|b| quote(b)).count();
    value.get(start..value.len() - end).unwrap_or(value)
}

fn bucket(length: usize) -> &'static str {
    match length {
        0 => "0",
        1..=7 => "1-7",
        8..=15 => "8-15",
        16..=31 => "16-31",
        32..=63 => "32-63",
        _ => "64+",
    }
}
