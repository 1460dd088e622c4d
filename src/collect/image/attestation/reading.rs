//! One statement's texts, each judged as what it is, and what of them is told.
//!
//! In: a statement, detection. Out: finds, and what could not be read. A value that stands at two places of one
//! statement is told at each; what the scan of the whole shows beside them, once.

use super::At;
use super::statement::{Predicate, Statement};
use crate::collect::oci_config::{self, Json, matters};
use crate::collect::refusal::Refusal;
use crate::detect::{Context, Detector, Scan, Spotted};
use crate::evidence::{Cause, Class, Fingerprint, Judgement, Name, Sensitive};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// What a text of a statement was found to be.
pub(super) struct Find {
    pub(super) at: At,
    pub(super) variable: Option<Name>,
    /// The file of the build that it stands in, and its line there.
    pub(super) file: Option<(Name, u32)>,
    pub(super) judgement: Judgement,
}

pub(super) struct Reading<'a> {
    pub(super) detector: &'a Detector,
    pub(super) finds: Vec<Find>,
    pub(super) refusals: Vec<Refusal>,
    told: BTreeSet<(At, Option<Name>, &'static str, Option<Fingerprint>)>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(detector: &'a Detector) -> Self {
        Self { detector, finds: Vec::new(), refusals: Vec::new(), told: BTreeSet::new() }
    }

    /// Reads a statement.
    pub(super) fn statement(&mut self, statement: &Statement) {
        let rest = match statement.says {
            Predicate::Provenance => {
                self.provenance(&statement.body);
                At::Other
            }
            // Digests, licences and names of packages: what a file of a layer would be told for, and nothing else.
            Predicate::Materials => {
                self.lines(&statement.body, At::Sbom);
                At::Sbom
            }
            Predicate::Other => {
                self.lines(&statement.body, At::Other);
                statement.body.visit(&mut |trail, texts| {
                    let key = trail.last().copied().unwrap_or_default();
                    texts.iter().filter(|text| is_word(text)).for_each(|text| self.labelled(At::Other, key, text));
                });
                At::Other
            }
        };
        // Known values, wherever they stand: subjects have names too.
        let mut whole = self.detector.bytes(&statement.text, Context::History);
        whole.spotted.retain(|spotted| spotted.judgement.known || spotted.judgement.secret.is_some());
        self.whole(rest, whole);
    }

    /// Every text with its escapes resolved, a line each, and a property's value under its name.
    fn lines(&mut self, body: &Json, at: At) {
        let mut lines = Zeroizing::new(Vec::new());
        let mut name = Zeroizing::new(String::new());
        body.visit(&mut |trail, texts| {
            for text in texts {
                lines.extend_from_slice(text.as_bytes());
                lines.push(b'\n');
                match trail {
                    _ if text.contains("://") => self.url(at, None, text),
                    [.., "properties", "name"] => name = Zeroizing::new((*text).to_owned()),
                    [.., "properties", "value"] if is_word(text) => self.labelled(at, &name, text),
                    _ => {}
                }
            }
        });
        let scan = self.detector.bytes(&wrap_bytes(&lines), Context::History);
        self.whole(at, scan);
    }

    /// What a scan of bytes shows and nothing has told yet.
    fn whole(&mut self, at: At, scan: Scan) {
        if !scan.determined {
            self.refusals.push(Refusal::new(Cause::OverLimit).because("more values than are told"));
        }
        for spotted in scan.spotted {
            let judgement = spotted.judgement;
            let said = self
                .finds
                .iter()
                .any(|find| find.judgement.correlator.is_some() && find.judgement.correlator == judgement.correlator);
            if (judgement.class == Class::Plaintext || judgement.known) && !said {
                self.add(at, spotted.variable, None, judgement);
            }
        }
    }

    /// A build argument, or another named value that is evidence whatever it is.
    pub(super) fn pair(&mut self, at: At, name: &str, value: &str) {
        let (name, value) = (wrap(name), wrap(value));
        let judgement = self.detector.judge(&name, &value, Context::DockerfileEnv);
        let shown = oci_config::identifier(self.detector, &name);
        let variable = shown.unwrap_or_else(|| Name::withheld("variable", self.finds.len() + 1));
        self.add(at, Some(variable), None, judgement);
    }

    /// `NAME=value` of an environment.
    pub(super) fn entry(&mut self, at: At, text: &str) {
        let (name, judgement) = oci_config::entry(self.detector, &wrap(text), Context::DockerfileEnv);
        let variable = name.unwrap_or_else(|| Name::withheld("variable", self.finds.len() + 1));
        self.add(at, Some(variable), None, judgement);
    }

    /// A text under a key: told only if it is exposed.
    pub(super) fn labelled(&mut self, at: At, key: &str, value: &str) {
        let key = wrap(key);
        let (showable, judgement) = oci_config::labelled(self.detector, &key, &wrap(value), Context::History);
        if judgement.class.is_exposed() || judgement.known {
            let ordinal = self.finds.len() + 1;
            let variable =
                if showable { self.detector.variable(&key, ordinal) } else { Name::withheld("key", ordinal) };
            self.add(at, Some(variable), None, judgement);
        }
    }

    /// A URL, as it is and with its escapes resolved: user and password of a source may stand in it either way.
    pub(super) fn url(&mut self, at: At, key: Option<&str>, text: &str) {
        // A package's name and version are no user and host; what is said of it behind them may be a URL.
        if let Some(package) = text.strip_prefix("pkg:") {
            let said = package.split_once('?').map_or("", |(_, said)| said);
            for (key, value) in said.split(['&', '#']).filter_map(|pair| pair.split_once('=')) {
                self.url(at, Some(key), value);
            }
            return;
        }
        let resolved = percent_encoding::percent_decode_str(text).decode_utf8().ok();
        let resolved = resolved.map(|resolved| Zeroizing::new(resolved.into_owned())).filter(|one| **one != *text);
        for text in std::iter::once(text).chain(resolved.as_deref().map(String::as_str)) {
            let before = self.finds.len();
            self.labelled(at, key.unwrap_or("url"), text);
            if self.finds.len() > before {
                return;
            }
        }
    }

    /// A text of shell, or of anything else.
    pub(super) fn text(&mut self, at: At, text: &str) {
        let scan = self.detector.text(&wrap(text), Context::History);
        self.scanned(at, None, scan);
    }

    /// What a scan shows, and whether all was understood.
    pub(super) fn scanned(&mut self, at: At, file: Option<(&Name, u32)>, scan: Scan) {
        if !scan.determined {
            self.refusals.push(Refusal::new(Cause::Malformed).with("where", Name::fixed(at.word())));
        }
        for spotted in scan.spotted.into_iter().filter(|spotted| matters(spotted.judgement.class)) {
            let Spotted { variable, line, judgement, .. } = spotted;
            self.add(at, variable, file.map(|(name, first)| (name.clone(), first + line - 1)), judgement);
        }
    }

    /// One find per place, variable and value.
    pub(super) fn add(&mut self, at: At, variable: Option<Name>, file: Option<(Name, u32)>, judgement: Judgement) {
        if self.told.insert((at, variable.clone(), judgement.kind, judgement.correlator.clone())) {
            self.finds.push(Find { at, variable, file, judgement });
        }
    }
}

/// A word alone means what its key says; an assignment or a line of shell speaks for itself.
fn is_word(text: &str) -> bool {
    !text.contains(|c: char| c.is_whitespace() || c == '=') && !text.contains("://")
}

pub(super) fn wrap(text: &str) -> Sensitive {
    Sensitive::from(text.to_owned())
}

pub(super) fn wrap_bytes(bytes: &[u8]) -> Sensitive {
    Sensitive::new(bytes.to_vec())
}
