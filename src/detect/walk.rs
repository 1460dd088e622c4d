//! The words of shell text, labels, options and bodies, one after the other: assignments, headers, instructions.
//!
//! In: text. Out: values under their names, for the finder to judge. Knows what a word makes of the next one.

use super::finder::Finder;
use super::names::{self, Promise};
use super::words::{Word, pair_list, words};
use super::{containers, flags, formats, members, values};

/// Quotes inside quotes are opened this often.
const DEEPEST: u8 = 3;

/// Words in front of the command that counts.
const LAUNCHERS: [&str; 8] = ["RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK", "sudo", "exec", "env", "time"];

/// What the next word is.
pub(super) enum Awaited {
    Nothing,
    /// A value under this name.
    Value(String),
    /// A value in prose: only what looks like one.
    Prose(String),
    /// A secret, or what this program calls it.
    Secret(String),
    /// `user:password`.
    Login,
    /// `user%password`, as Samba writes it.
    Percent,
    /// `Name: value`.
    Header,
    /// Something of no interest.
    Other,
}

impl Finder<'_> {
    pub(super) fn words(&mut self, text: &str, depth: u8, base: u32) {
        let mut awaited = Awaited::Nothing;
        let mut command = String::new();
        let stdin = text.contains("-stdin") || text.contains("chpasswd");
        let mut before = String::new();
        let netrc = text.contains("machine ") && text.contains("login ");
        let mut skipped = 0;
        for word in words(text) {
            if self.full() {
                break;
            }
            if word.span.start < skipped {
                continue;
            }
            if word.first
                || (LAUNCHERS.contains(&command.as_str()) || command.contains('='))
                    && !word.text.starts_with('-')
                    && !word.text.contains('=')
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
            if let Awaited::Value(parent) | Awaited::Prose(parent) = &awaited
                && let Some(member) = member(parent, &word)
            {
                awaited = if self.expects(&member) { Awaited::Value(member) } else { Awaited::Nothing };
                before = word.text;
                continue;
            }
            if netrc && word.text == "password" {
                awaited = Awaited::Value(word.text);
                continue;
            }
            let exposed = match std::mem::replace(&mut awaited, Awaited::Nothing) {
                Awaited::Value(name) if !word.text.starts_with("--") => self.quoted(&name, &word, line),
                Awaited::Prose(name) => {
                    let scheme = matches!(word.text.as_str(), "Bearer" | "Basic" | "Token" | "bearer" | "basic");
                    if scheme || word.text == "=" || word.text == ":" {
                        awaited = Awaited::Prose(name);
                        continue;
                    }
                    self.prose(&name, &word, line)
                }
                Awaited::Secret(program) if flags::names_a_secret(&program, &word.text) => continue,
                Awaited::Secret(_) if !word.text.starts_with('-') => self.judge("SECRET", &word.text, line),
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

    /// Judges the assignments that follow a `;`, `&` or `|` in the same word; says whether one was exposed.
    pub(super) fn behind(&mut self, text: &str, line: u32) -> bool {
        let parts: Vec<_> = members::behind(text).filter(|(name, _)| self.expects(name)).collect();
        parts.into_iter().fold(false, |exposed, (name, value)| exposed | self.judge(name, value, line))
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
                return self.behind(text, line);
            }
            if word.quoted && value.contains("\\n") {
                let told = self.spotted.len();
                self.words(&text.replace("\\n", "\n"), depth + 1, line - 1);
                return self.spotted[told..].iter().any(|spotted| spotted.judgement.class.is_exposed());
            }
            // The shell ends the value at `;`, others do not.
            let exposed = self.behind(text, line) | self.partly_quoted(name, value, word, line);
            // `username=…,password=…`: options of a mount.
            let options = value.contains(',') && value.contains('=');
            return exposed || options && self.judge("options", text, line);
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
            return secret && looks_meant(value) && self.partly_quoted(name, value, word, line);
        }
        false
    }

    /// `Authorization: Bearer …`, `X-Api-Key: …`.
    fn header(&mut self, text: &str, line: u32) -> bool {
        let Some((name, value)) = text.split_once(':') else { return false };
        let secret = variable(name) && names::promise(name) == Promise::Secret;
        let cookie = name.eq_ignore_ascii_case("cookie");
        let value = value.trim();
        // `'Authorization: Basic '$LOGIN`
        let scheme = ["basic", "bearer", "token"].contains(&value.to_ascii_lowercase().as_str());
        if !(secret || cookie) || scheme || value.starts_with("//") || value.split_whitespace().count() > 2 {
            return false;
        }
        self.judge(name, value, line)
    }

    fn prose(&mut self, name: &str, word: &Word, line: u32) -> bool {
        (word.quoted || looks_meant(&word.text)) && self.quoted(name, word, line)
    }

    /// Judges a value that may stand in quotes inside its word.
    fn partly_quoted(&mut self, name: &str, value: &str, word: &Word, line: u32) -> bool {
        self.literal = word.quotes;
        let exposed = self.judge(name, value, line);
        self.literal = false;
        exposed
    }

    /// Judges a word that may stand in quotes.
    fn quoted(&mut self, name: &str, word: &Word, line: u32) -> bool {
        self.literal = word.quoted;
        let exposed = self.judge(name, &word.text, line);
        self.literal = false;
        exposed
    }
}

/// The name of what a key's own members hold, if this word is one and no value: `"jwt": { "secret": …`.
fn member(parent: &str, word: &Word) -> Option<String> {
    let own = if word.key { Some(word.text.as_str()) } else { word.text.strip_suffix(':').filter(|_| !word.quoted) };
    let own = own.filter(|own| variable(own))?;
    let alone = names::promise(own) == Promise::Secret || !own.to_ascii_lowercase().ends_with("key");
    Some(if alone { own.to_owned() } else { format!("{}_{own}", parent.trim_end_matches(['s', 'S'])) })
}

/// Whether this word begins an instruction: it opens a line, or stands behind the builder's marks.
fn instruction(text: &str, word: &Word) -> bool {
    let head = &text[..word.span.start];
    let line = head.rsplit('\n').next().unwrap_or(head).trim();
    line.is_empty() || line.ends_with("#(nop)") || line.ends_with("/bin/sh -c")
}

pub(super) fn variable(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-/".contains(&b))
}

/// In prose, only what nobody would write as a plain word.
fn looks_meant(value: &str) -> bool {
    let value = value.trim_matches(['.', ',', ')', '!', '?']);
    values::random(value) || values::password_like(value) || formats::within(value).is_some()
}
