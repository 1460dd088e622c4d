//! Scans of whole texts: assignments, flags, headers, URLs and tokens anywhere.
//!
//! Knows where values stand in shell text, labels, options and bodies; what one is, is not decided here.

use super::json::Tree;
use super::known::Found;
use super::names::{self, Promise};
use super::tools::Takes;
use super::words::{Word, pair_list, words};
use super::{
    Context, Detector, Scan, Spotted, containers, dotenv, encoding, formats, placeholders, shell, templates, tools,
    urls, values,
};
use crate::evidence::{Class, Judgement, Name};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;
use zeroize::Zeroizing;

/// Quotes inside quotes are opened this often.
const DEEPEST: u8 = 3;

pub(super) fn env_file(detector: &Detector, bytes: &[u8]) -> Scan {
    let decoded = encoding::decode(bytes);
    let mut finder = Finder::new(detector, Context::Dotenv);
    if decoded.encoding == "git-crypt" {
        finder.push(None, 1, false, detector.judge_bytes(b"", bytes, Context::Dotenv));
    }
    let parsed = dotenv::parse(&decoded.text);
    for entry in &parsed.entries {
        let judgement = detector.judge_text(entry.name, &entry.value, Context::Dotenv);
        finder.push(Some(entry.name), entry.line, entry.commented, judgement);
    }
    for remark in &parsed.remarks {
        finder.line = remark.line - 1;
        finder.commented = remark.commented;
        let before = finder.spotted.len();
        finder.text(remark.text);
        finder.loose(remark.text, before);
    }
    finder.known(bytes, &decoded.text);
    finder.spotted.sort_by_key(|spotted| spotted.line);
    finder.done(parsed.lines, decoded.encoding, decoded.determined)
}

pub(super) fn text(detector: &Detector, bytes: &[u8], context: Context) -> Scan {
    let decoded = encoding::decode(bytes);
    let mut finder = Finder::new(detector, context);
    finder.text(&decoded.text);
    finder.known(bytes, &decoded.text);
    finder.done(decoded.text.lines().count() as u64, decoded.encoding, decoded.determined)
}

/// Longest value that is searched as a text.
const INSIDE: usize = 64 << 10;

/// What exposes a value that is a command line, a header or a small file.
pub(super) fn inside(detector: &Detector, name: &str, text: &str, context: Context) -> Option<Judgement> {
    // A line of npm's settings has no space in it.
    let npm = text.starts_with("//") && text.contains('=');
    if text.len() > INSIDE || !npm && !text.contains([' ', '\n', '\t', '<']) {
        return None;
    }
    let mut finder = Finder::new(detector, context);
    // Flags without their program: its name may stand in the variable's.
    let program = PROGRAMS.iter().find(|(word, _)| names::speaks_of(name, &[*word])).map(|(_, program)| *program);
    match program.filter(|_| text.starts_with('-')) {
        Some(program) => finder.text(&Zeroizing::new(format!("{program} {text}"))),
        None => finder.text(text),
    }
    let mut judgements = finder.spotted.into_iter().map(|spotted| spotted.judgement);
    judgements.find(|judgement| judgement.class == Class::Plaintext)
}

/// Words of variables' names, and the programs whose flags such a variable holds.
const PROGRAMS: [(&str, &str); 18] = [
    ("SQLCMD", "sqlcmd"),
    ("BCP", "bcp"),
    ("SMBCLIENT", "smbclient"),
    ("SMB", "smbclient"),
    ("MONGO", "mongo"),
    ("UNZIP", "unzip"),
    ("MYSQLDUMP", "mysqldump"),
    ("MYSQL", "mysql"),
    ("MARIADB", "mariadb"),
    ("MYSQLD", "mysqld"),
    ("CURL", "curl"),
    ("LDAPSEARCH", "ldapsearch"),
    ("LDAP", "ldapsearch"),
    ("SSHPASS", "sshpass"),
    ("REDIS", "redis-cli"),
    ("DOCKER", "docker"),
    ("WGET", "wget"),
    ("MONGODUMP", "mongodump"),
];

pub(super) fn json(detector: &Detector, bytes: &[u8]) -> Scan {
    let decoded = encoding::decode(bytes);
    let mut finder = Finder::new(detector, Context::Env);
    let mut whole = decoded.determined;
    let documents = serde_json::Deserializer::from_str(&decoded.text).into_iter::<Tree>();
    for document in documents {
        let Ok(document) = document else {
            // What cannot be parsed is still searched, but nobody may call it clean.
            whole = false;
            finder.text(&decoded.text);
            break;
        };
        containers::walk(&document, "", &mut |key, leaf| {
            let judgement = detector.judge_text(key, leaf, Context::Env);
            finder.push(Some(key), 1, false, judgement);
        });
    }
    finder.known(bytes, &decoded.text);
    finder.done(decoded.text.lines().count() as u64, decoded.encoding, whole)
}

pub(super) fn looks_like_env_file(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(256 << 10)];
    let decoded = encoding::decode(head);
    // Where the head was cut, the last line may be half a one.
    decoded.encoding != "binary" && dotenv::shape(&decoded.text)
}

/// Words in front of the command that counts.
const LAUNCHERS: [&str; 8] = ["RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK", "sudo", "exec", "env", "time"];

/// What the next word is.
enum Awaited {
    Nothing,
    /// A value under this name.
    Value(String),
    /// A value in prose: only what looks like one.
    Prose(String),
    /// `user:password`.
    Login,
    /// `user%password`, as Samba writes it.
    Percent,
    /// `Name: value`.
    Header,
    /// Something of no interest.
    Other,
}

struct Finder<'a> {
    detector: &'a Detector,
    context: Context,
    spotted: Vec<Spotted>,
    /// Lines before the text at hand.
    line: u32,
    commented: bool,
    /// Where exposed values were found, so that none is told twice.
    covered: Vec<Range<usize>>,
    /// The worst of the values given as known that were told.
    known: Option<Found>,
}

impl<'a> Finder<'a> {
    fn new(detector: &'a Detector, context: Context) -> Self {
        Self { detector, context, spotted: Vec::new(), line: 0, commented: false, covered: Vec::new(), known: None }
    }

    fn done(self, lines: u64, encoding: &'static str, determined: bool) -> Scan {
        Scan { spotted: self.spotted, lines, encoding, determined }
    }

    fn push(&mut self, name: Option<&str>, line: u32, commented: bool, judgement: Judgement) {
        let ordinal = self.spotted.len() + 1;
        let variable = name.filter(|name| !name.is_empty()).map(|name| Name::admit_or(name, "variable", ordinal));
        self.known = self.known.max(Found::of(judgement.kind));
        self.spotted.push(Spotted { variable, line: line.max(1), commented, judgement });
    }

    /// Judges a value under a name; says whether it was exposed.
    fn judge(&mut self, name: &str, value: &str, line: u32) -> bool {
        let judgement = self.detector.judge_part(name, value, self.context);
        let exposed = judgement.class.is_exposed();
        self.push(Some(name), self.line + line, self.commented, judgement);
        exposed
    }

    fn text(&mut self, text: &str) {
        self.covered.clear();
        self.words(&templates::whole_words(text), 0, 0);
        let (mut line, mut from) = (1, 0);
        for said in shell::said(text) {
            // The kinds of commands are found one after the other: lines are counted from the last place on.
            if said.span.start < from {
                (line, from) = (1, 0);
            }
            let lines = text[from..said.span.start].matches('\n').count();
            (line, from) = (line + u32::try_from(lines).unwrap_or_default(), said.span.start);
            if self.judge(&said.name, said.value, line) {
                self.covered.push(said.span);
            }
        }
        self.elements(text);
        self.tokens(text);
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
    fn loose(&mut self, text: &str, before: usize) {
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

    fn words(&mut self, text: &str, depth: u8, base: u32) {
        let mut awaited = Awaited::Nothing;
        let mut command = String::new();
        let stdin = text.contains("-stdin") || text.contains("chpasswd");
        let mut before = String::new();
        let netrc = text.contains("machine ") && text.contains("login ");
        let mut skipped = 0;
        for word in words(text) {
            if word.span.start < skipped {
                continue;
            }
            if word.first
                || LAUNCHERS.contains(&command.as_str()) && !word.text.starts_with('-') && !word.text.contains('=')
            {
                command.clone_from(&word.text);
            }
            if word.first {
                awaited = if matches!(awaited, Awaited::Value(_)) { awaited } else { Awaited::Nothing };
            }
            if !word.quoted && matches!(word.text.as_str(), "ENV" | "ARG" | "LABEL") && instruction(text, &word) {
                skipped = self.instruction(text, &word, base);
                continue;
            }
            let line = base + word.line;
            if netrc && word.text == "password" {
                awaited = Awaited::Value(word.text);
                continue;
            }
            let exposed = match std::mem::replace(&mut awaited, Awaited::Nothing) {
                Awaited::Value(name) if !word.text.starts_with("--") => self.judge(&name, &word.text, line),
                Awaited::Prose(name) => {
                    let scheme = matches!(word.text.as_str(), "Bearer" | "Basic" | "Token" | "bearer" | "basic");
                    if scheme || word.text == "=" || word.text == ":" {
                        awaited = Awaited::Prose(name);
                        continue;
                    }
                    self.prose(&name, &word, line)
                }
                Awaited::Login if !word.text.starts_with('-') => match word.text.split_once(':') {
                    Some((_, password)) => self.judge("PASSWORD", password, line),
                    None => false,
                },
                Awaited::Percent => match word.text.split_once('%') {
                    Some((_, password)) => self.judge("PASSWORD", password, line),
                    None => false,
                },
                Awaited::Header => self.header(&word.text, line),
                Awaited::Other => continue,
                _ => self.word(&word, &command, &before, stdin, line, depth, &mut awaited),
            };
            if exposed && depth == 0 {
                self.covered.push(word.span.clone());
            }
            before = word.text;
        }
    }

    /// The rest of an `ENV`, `ARG` or `LABEL` line; gives the place behind it.
    fn instruction(&mut self, text: &str, word: &Word, base: u32) -> usize {
        let rest = &text[word.span.end..];
        let mut end = 0;
        for line in rest.split_inclusive('\n') {
            end += line.len();
            if !line.trim_end().ends_with('\\') {
                break;
            }
        }
        let body = rest[..end].replace("\\\n", " ");
        let body = body.split(" # buildkit").next().unwrap_or(&body);
        let mut any = false;
        for (name, value) in pair_list(body) {
            any |= self.judge(&name, value.as_deref().unwrap_or_default(), base + word.line);
        }
        if any {
            self.covered.push(word.span.start..word.span.end + end);
        }
        word.span.end + end
    }

    #[expect(clippy::too_many_arguments, reason = "the state of one walk over words")]
    fn word(
        &mut self,
        word: &Word,
        command: &str,
        before: &str,
        stdin: bool,
        line: u32,
        depth: u8,
        awaited: &mut Awaited,
    ) -> bool {
        let text = word.text.as_str();
        if word.key {
            if names::promise(text) == Promise::Secret || names::is_declared(&self.detector.declared, text) {
                *awaited = Awaited::Value(text.to_owned());
            }
            return false;
        }
        if word.quoted && depth < DEEPEST && text.contains([' ', '\n', '"', '{']) {
            if self.header(text, line) {
                return true;
            }
            let told = self.spotted.len();
            self.words(&text.replace("\\n", "\n"), depth + 1, line - 1);
            return self.spotted[told..].iter().any(|spotted| spotted.judgement.class.is_exposed());
        }
        // A whole file in one word.
        if depth < DEEPEST
            && text.len() >= 24
            && let Some(inner) = containers::base64_text(text).filter(|inner| inner.contains('='))
        {
            let told = self.spotted.len();
            self.words(&inner, depth + 1, line - 1);
            if self.spotted[told..].iter().any(|spotted| spotted.judgement.class.is_exposed()) {
                return true;
            }
        }
        // `aws configure set NAME VALUE`, `setx NAME VALUE`.
        let sets = matches!(before, "set" | "setx" | "setenv")
            && ["aws", "npm", "yarn", "pnpm", "pip", "pip3", "git", "setx", "setenv"].contains(&command);
        let set = text.rsplit(':').next().unwrap_or(text);
        if sets && !text.contains('=') && variable(set) && names::promise(set) == Promise::Secret {
            *awaited = Awaited::Value(set.to_owned());
            return false;
        }
        if matches!(before, "-pass" | "-passin" | "-passout")
            && let Some(password) = text.strip_prefix("pass:")
        {
            return self.judge("PASSWORD", password, line);
        }
        if text.starts_with('-') && text.len() > 1 && !text.starts_with("-----") {
            return self.flag(text, command, before, line, awaited);
        }
        if matches!(text, "=" | ":=") {
            if names::promise(before) == Promise::Secret {
                *awaited = Awaited::Prose(before.to_owned());
            }
            return false;
        }
        if let Some((name, value)) = text.split_once('=') {
            // `//registry.example.org/:_authToken=…` is how npm writes it.
            let name = name.strip_prefix("//").and_then(|place| place.rsplit(':').next()).unwrap_or(name);
            if !variable(name) {
                return false;
            }
            if word.quoted && value.contains("\\n") {
                let told = self.spotted.len();
                self.words(&text.replace("\\n", "\n"), depth + 1, line - 1);
                return self.spotted[told..].iter().any(|spotted| spotted.judgement.class.is_exposed());
            }
            // `username=…,password=…`: options of a mount.
            let options = value.contains(',') && value.contains('=');
            return self.judge(name, value, line) || options && self.judge("options", text, line);
        }
        if let Some(name) = text.strip_suffix(':') {
            if names::promise(name) == Promise::Secret && variable(name) {
                *awaited = Awaited::Prose(name.to_owned());
            }
        } else if stdin && matches!(before, "echo" | "printf" | "-n") && !text.contains("%s") {
            let password = text.split_once(':').map_or(text, |(_, password)| password);
            return self.judge("PASSWORD", password, line);
        } else if let Some((name, value)) = text.split_once(':') {
            let secret = names::promise(name) == Promise::Secret && variable(name) && !value.starts_with("//");
            return secret && looks_meant(value) && self.judge(name, value, line);
        }
        false
    }

    fn flag(&mut self, text: &str, command: &str, before: &str, line: u32, awaited: &mut Awaited) -> bool {
        let program = command.rsplit('/').next().unwrap_or(command);
        if let Some((name, value)) = text.split_once('=') {
            let name = name.strip_prefix("-D").unwrap_or(name.trim_start_matches('-'));
            return match name {
                // These name a secret's place, or hold an assignment themselves.
                "mount" | "secret" | "ssh" => false,
                "env" | "build-arg" | "e" | "label" | "set" | "set-string" | "set-literal" | "from-literal" | "var"
                | "extra-vars" => value.split_once('=').is_some_and(|(name, value)| self.judge(name, value, line)),
                "user" | "u" if value.contains(':') => {
                    self.judge("PASSWORD", value.split_once(':').map_or(value, |(_, password)| password), line)
                }
                _ => variable(name) && self.judge(name, value, line),
            };
        }
        let login = matches!(program, "sshpass") || before == "login" || program == "docker" || program == "podman";
        let takes = tools::takes(program, text).map(|takes| match takes {
            Takes::Login => Awaited::Login,
            Takes::Percent => Awaited::Percent,
            Takes::Password | Takes::Glued => Awaited::Value("PASSWORD".to_owned()),
        });
        if let Some(takes) = takes {
            *awaited = takes;
            return false;
        }
        match text {
            "-H" | "--header" => *awaited = Awaited::Header,
            "-u" | "--user" | "--proxy-user" | "--basic" => *awaited = Awaited::Login,
            "--mount" | "--secret" | "--ssh" => *awaited = Awaited::Other,
            "--from-literal" | "--set" | "--set-string" | "--env" | "-e" | "--extra-vars" | "-var" | "--build-arg" => {}
            "-p" if login && !matches!(before, "run" | "create") => {
                *awaited = Awaited::Prose("PASSWORD".to_owned());
            }
            _ => {
                if let Some(password) = tools::glued(program, text) {
                    return self.judge("PASSWORD", password, line);
                }
                let name = text.trim_start_matches('-');
                let off = ["no-", "disable", "ask-", "pass-", "use-", "allow-", "require-", "skip-"];
                let off = off.iter().any(|start| name.starts_with(start));
                if !off && text.len() > 3 && names::promise(name) == Promise::Secret {
                    *awaited = Awaited::Value(name.to_owned());
                }
            }
        }
        false
    }

    /// `Authorization: Bearer …`, `X-Api-Key: …`.
    fn header(&mut self, text: &str, line: u32) -> bool {
        let Some((name, value)) = text.split_once(':') else { return false };
        let secret = variable(name) && names::promise(name) == Promise::Secret;
        let cookie = name.eq_ignore_ascii_case("cookie");
        let value = value.trim();
        if !(secret || cookie) || value.starts_with("//") || value.split_whitespace().count() > 2 {
            return false;
        }
        self.judge(name, value, line)
    }

    fn prose(&mut self, name: &str, word: &Word, line: u32) -> bool {
        (word.quoted || looks_meant(&word.text)) && self.judge(name, &word.text, line)
    }

    /// Credentials that need no name: providers' formats, keys, URLs, known values.
    fn tokens(&mut self, text: &str) {
        self.covered.sort_by_key(|range| range.start);
        let starts: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
        let line_of =
            |at: usize| u32::try_from(starts.partition_point(|start| *start < at)).unwrap_or(u32::MAX - 1) + 1;
        let mut found: Vec<Range<usize>> = Vec::new();
        for credential in formats::all(text) {
            let key = credential.check == Some(formats::Check::PrivateKey);
            found.push(if key { formats::block(text, credential.range.start) } else { credential.range });
        }
        found.extend(urls::all(text).filter(|range| text[range.clone()].contains(['@', '?'])));
        found.sort_by_key(|range| (range.start, usize::MAX - range.end));
        let mut told = 0;
        for range in found {
            let place = self.covered.partition_point(|covered| covered.start <= range.start);
            let covered = place > 0 && self.covered[place - 1].end >= range.end;
            let token = &text[range.clone()];
            if covered || range.start < told || placeholders::whole("", token) {
                continue;
            }
            let judgement = self.detector.judge_part("", token, self.context);
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
    fn known(&mut self, bytes: &[u8], text: &str) {
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

/// Whether this word begins an instruction: it opens a line, or stands behind the builder's marks.
fn instruction(text: &str, word: &Word) -> bool {
    let head = &text[..word.span.start];
    let line = head.rsplit('\n').next().unwrap_or(head).trim();
    line.is_empty() || line.ends_with("#(nop)") || line.ends_with("/bin/sh -c")
}

fn variable(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-/".contains(&b))
}

/// In prose, only what nobody would write as a plain word.
fn looks_meant(value: &str) -> bool {
    let value = value.trim_matches(['.', ',', ')', '!', '?']);
    values::random(value) || values::password_like(value) || formats::within(value).is_some()
}
