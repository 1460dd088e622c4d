//! One search through a text: what was spotted so far, and what is searched for besides words.
//!
//! In: text. Out: judgements with their lines. Knows XML's elements, tokens that need no name, and values given as
//! known; how words make assignments is [`super::walk`]'s.

use super::known::Found;
use super::names::{self, Fit, Promise};
use super::shell::Said;
use super::{
    Context, Detector, Scan, Spotted, assigns, code, defaults, formats, placeholders, shell, templates, urls, values,
};
use crate::evidence::{Class, Judgement, Name};
use regex::{Match, Regex};
use std::ops::Range;
use std::sync::LazyLock;

/// More values of one text are not told one by one: whoever has so many has a text that nobody can vouch for.
pub(super) const MOST: usize = 10_000;

/// No format, no random text and no value given as known is shorter.
const SHORT: usize = 8;

pub(super) struct Finder<'a> {
    pub(super) detector: &'a Detector,
    pub(super) context: Context,
    pub(super) spotted: Vec<Spotted>,
    /// Lines before the text at hand.
    pub(super) line: u32,
    pub(super) commented: bool,
    /// Where exposed values were found, so that none is told twice.
    pub(super) covered: Vec<Range<usize>>,
    /// The worst of the values given as known that were told.
    pub(super) known: Option<Found>,
    /// How many values are told, and whether there were more.
    pub(super) most: usize,
    cut: bool,
    /// The text may be a program's: what it computes is no value.
    pub(super) code: bool,
    /// The value at hand stands in quotes: nothing computes it.
    pub(super) literal: bool,
}

/// Whether a program's text says nothing here that anybody would tell: too short for what is known by its shape, under a
/// name that speaks of no secret.
fn idle(name: &str, value: &str) -> bool {
    let word = || matches!(names::promise(name), Promise::Neutral | Promise::Benign(Fit::Word | Fit::Number | Fit::Id));
    let stem = || matches!(names::promise_of_stem(name), Promise::Neutral | Promise::Benign(_));
    value.is_empty() || value.len() < SHORT && word() && stem()
}

impl<'a> Finder<'a> {
    pub(super) fn new(detector: &'a Detector, context: Context) -> Self {
        Self {
            detector,
            context,
            spotted: Vec::new(),
            line: 0,
            commented: false,
            covered: Vec::new(),
            known: None,
            most: MOST,
            cut: false,
            code: false,
            literal: false,
        }
    }

    pub(super) fn done(self, lines: u64, encoding: &'static str, determined: bool) -> Scan {
        Scan { spotted: self.spotted, lines, encoding, determined: determined && !self.cut }
    }

    pub(super) fn push(&mut self, name: Option<&str>, line: u32, commented: bool, judgement: Judgement) {
        let ordinal = self.spotted.len() + 1;
        let variable = name.filter(|name| !name.is_empty()).map(|name| Name::admit_or(name, "variable", ordinal));
        self.known = self.known.max(Found::of(judgement.kind));
        self.spotted.push(Spotted { variable, line: line.max(1), commented, judgement });
    }

    /// Whether no more values are told; from then on the text is not understood.
    pub(super) fn full(&mut self) -> bool {
        self.cut |= self.spotted.len() >= self.most;
        self.cut
    }

    /// Judges a value under a name; says whether it was exposed.
    pub(super) fn judge(&mut self, name: &str, value: &str, line: u32) -> bool {
        if self.full() || self.code && idle(name, value) && !names::is_declared(&self.detector.declared, name) {
            return false;
        }
        // `AWS::ApiGateway::ApiKey` is a type.
        if self.code && name.contains("::") {
            return false;
        }
        // A file of settings is not asked: there every value is one.
        let made = || code::put_together(value) || !self.literal && code::computed(name, value);
        if self.code && made() && !names::is_declared(&self.detector.declared, name) {
            return false;
        }
        let judgement = if self.code {
            let Some(judgement) = self.detector.judge_in_code(name, value, self.context, self.literal) else {
                return false;
            };
            judgement
        } else {
            self.detector.judge_part(name, value, self.context)
        };
        let exposed = judgement.class.is_exposed();
        self.push(Some(name), self.line + line, self.commented, judgement);
        exposed
    }

    pub(super) fn text(&mut self, text: &str) {
        self.covered.clear();
        let whole = templates::whole_words(text);
        self.words(&whole, 0, 0);
        self.said(text, shell::said(text));
        self.said(text, defaults::said(text));
        self.said(text, self.secrets(assigns::said(&whole)));
        if self.code {
            self.literal = true;
            self.said(text, self.secrets(assigns::programs(text)));
            self.literal = false;
        }
        self.folded(text);
        self.elements(text);
        self.tokens(text);
    }

    /// A key whose value YAML has on the next line, if it looks like one: what is below a key is a map for the most
    /// part.
    fn folded<'t>(&mut self, text: &'t str) {
        static FOLDED: LazyLock<Regex> = LazyLock::new(|| {
            values::pattern(
                r#"(?m)^[ \t]*(?:- )?["']?([\w.-]{2,64})["']?:[ \t]*(?:[|>][+-]?[ \t]*)?\r?\n[ \t]+["']?([^\s"':#]{8,512})["']?[ \t]*\r?$"#,
            )
        });
        if !text.lines().any(|line| line.trim_end().ends_with([':', '|', '>', '-', '+'])) {
            return;
        }
        let all: Vec<_> = FOLDED.captures_iter(text).filter_map(|found| Some((found.get(1)?, found.get(2)?))).collect();
        let meant = |text: &str| values::random(text) || values::password_like(text);
        let all = all.into_iter().filter(|(_, value)| meant(value.as_str()));
        let said = |(name, value): (Match<'_>, Match<'t>)| Said {
            name: name.as_str().to_owned(),
            value: value.as_str(),
            span: value.range(),
        };
        let said = all.map(said).collect();
        self.said(text, self.secrets(said));
    }

    /// Judges what commands, defaults and manifests say.
    fn said(&mut self, text: &str, all: Vec<Said>) {
        let (mut line, mut from) = (1, 0);
        for said in all {
            if self.full() {
                break;
            }
            // What a program fills in later is no value of the text's.
            if values::template(said.value) {
                continue;
            }
            // The kinds of commands are found one after the other: lines are counted from the last place on.
            if said.span.start < from {
                (line, from) = (1, 0);
            }
            let lines = text[from..said.span.start].matches('\n').count();
            (line, from) = (line + u32::try_from(lines).unwrap_or_default(), said.span.start);
            let literal = self.literal;
            self.literal |= text[..said.span.start].ends_with(['"', '\'']);
            if self.judge(&said.name, said.value, line) {
                self.covered.push(said.span);
            }
            self.literal = literal;
        }
    }

    /// Those that go by a secret's name.
    fn secrets<'t>(&self, mut all: Vec<Said<'t>>) -> Vec<Said<'t>> {
        all.retain(|said| self.expects(&said.name));
        all
    }

    /// Whether a value under this name is a secret.
    pub(super) fn expects(&self, name: &str) -> bool {
        names::promise(name) == Promise::Secret || names::is_declared(&self.detector.declared, name)
    }

    /// The names and values that a manifest has on two lines.
    pub(super) fn pairs(&mut self, text: &str) {
        (self.line, self.commented) = (0, false);
        self.said(text, self.secrets(assigns::pairs(text)));
    }

    /// `NAME value`, which nothing marks as an assignment but its name.
    pub(super) fn stated(&mut self, text: &str) {
        let Some((name, value)) = text.split_once([' ', '\t']) else { return };
        let value = value.trim();
        let upper = code::in_capitals;
        let declared = names::is_declared(&self.detector.declared, name);
        let meant = declared || upper(name) && name.contains('_') && self.expects(name);
        let one = !value.contains(char::is_whitespace) || value.starts_with(['"', '\'']);
        if meant && one && !value.is_empty() && (declared || !upper(value)) && !value.starts_with(['=', '#']) {
            self.judge(name, value, 1);
        }
    }

    /// `<password>…</password>` of XML settings.
    fn elements(&mut self, text: &str) {
        static ELEMENT: LazyLock<Regex> = LazyLock::new(|| {
            values::pattern(
                r"(?i)<([\w.-]{0,40}(password|passphrase|passwd|secret|token|apikey|privatekey))>([^<\s]{1,512})</",
            )
        });
        if !text.contains("</") {
            return;
        }
        let all: Vec<_> =
            ELEMENT.captures_iter(text).filter_map(|found| Some((found.get(1)?, found.get(3)?))).collect();
        for (name, value) in all {
            let line = u32::try_from(text[..value.start()].matches('\n').count()).unwrap_or(u32::MAX - 1) + 1;
            if self.judge(name.as_str(), value.as_str(), line) {
                self.covered.push(value.range());
            }
        }
    }

    /// Random text in a comment that speaks of a key, or alone on a line: nobody knows what it is.
    pub(super) fn loose(&mut self, text: &str, before: usize) {
        const SPEAK: [&str; 9] =
            ["key", "secret", "token", "password", "passwd", "pwd", "credential", "credentials", "jwt"];
        let told = self.spotted[before..].iter().any(|spotted| spotted.judgement.class.is_exposed());
        let alone = !text.trim().contains(char::is_whitespace);
        let bare = |word: &str| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_ascii_lowercase();
        if told || text.len() > 4096 || !(alone || text.split_whitespace().any(|word| SPEAK.contains(&&*bare(word)))) {
            return;
        }
        for word in text.split_whitespace() {
            let word = word.trim_matches(|c: char| "\"'`.,;:!?()[]<>".contains(c));
            if values::random(word) && values::everyday(word).is_none() && !word.contains([':', '$']) {
                let judgement = self.detector.judge_part("", word, self.context);
                if judgement.class == Class::Open {
                    self.push(None, self.line + 1, self.commented, judgement);
                }
            }
        }
    }

    /// Credentials that need no name: providers' formats, keys, URLs, known values.
    fn tokens(&mut self, text: &str) {
        self.covered.sort_by_key(|range| range.start);
        let starts: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
        let line_of =
            |at: usize| u32::try_from(starts.partition_point(|start| *start < at)).unwrap_or(u32::MAX - 1) + 1;
        let mut found: Vec<(Range<usize>, Option<&'static str>)> = Vec::new();
        for credential in formats::all(text) {
            let key = credential.check == Some(formats::Check::PrivateKey);
            let range = if key { formats::block(text, credential.range.start) } else { credential.range };
            found.push((range, Some(credential.kind)));
        }
        let urls = urls::all(text).filter(|range| text[range.clone()].contains(['@', '?']));
        found.extend(urls.map(|range| (range, None)));
        found.sort_by_key(|(range, _)| (range.start, usize::MAX - range.end));
        let mut told = 0;
        for (range, kind) in found {
            let place = self.covered.partition_point(|covered| covered.start <= range.start);
            let covered = place > 0 && self.covered[place - 1].end >= range.end;
            let token = &text[range.clone()];
            if self.full() {
                break;
            }
            if covered || range.start < told || placeholders::whole("", token) {
                continue;
            }
            let judgement = self.detector.judge_credential(kind, token, self.context);
            if judgement.class.is_exposed() {
                told = range.end;
                self.push(None, self.line + line_of(range.start), self.commented, judgement);
            }
        }
        for (line, part) in self.detector.known.parts(text, self.known) {
            let Some(found) = self.detector.known.within(part.as_bytes()) else { continue };
            let judgement = self.detector.given(found, part.as_bytes());
            self.push(None, self.line + line, self.commented, judgement);
        }
    }

    /// Known values that decoding or parsing hid: UTF-16 amid other text, JSON's keys, values of several lines.
    pub(super) fn known(&mut self, bytes: &[u8], text: &str) {
        (self.line, self.commented) = (0, false);
        let told = self.known;
        let parts = self.detector.known.parts(text, told);
        let raw = parts.is_empty().then_some((1, bytes));
        for (line, part) in parts.into_iter().map(|(line, part)| (line, part.as_bytes())).chain(raw) {
            if let Some(found) = self.detector.known.within(part).filter(|found| Some(*found) > told) {
                self.push(None, line, false, self.detector.given(found, part));
            }
        }
    }
}
