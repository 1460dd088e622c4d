//! Scans of whole texts: environment files, shell text, labels, bodies, JSON documents.
//!
//! In: bytes. Out: what was spotted, and whether all was understood. Knows which readings a kind of text gets; where
//! values stand in it, and what one is, is not decided here.

use super::finder::Finder;
use super::json::Tree;
use super::{Context, Detector, Scan, containers, dotenv, encoding, letters, names};
use crate::evidence::{Class, Judgement};
use zeroize::Zeroizing;

pub(super) fn env_file(detector: &Detector, bytes: &[u8]) -> Scan {
    let decoded = encoding::decode(bytes);
    let mut finder = Finder::new(detector, Context::Dotenv);
    if decoded.encoding == "git-crypt" {
        finder.push(None, 1, false, detector.judge_bytes(b"", bytes, Context::Dotenv));
    }
    let text = letters::visible(&decoded.text);
    let parsed = dotenv::parse(&text);
    for entry in &parsed.entries {
        if finder.full() {
            break;
        }
        let judgement = detector.judge_text(entry.name, &entry.value, Context::Dotenv);
        let exposed = judgement.class.is_exposed();
        finder.push(Some(entry.name), entry.line, entry.commented, judgement);
        // A shell that reads the file ends the value at `;`.
        if !exposed {
            (finder.line, finder.commented) = (entry.line - 1, entry.commented);
            finder.behind(&entry.value, 1);
        }
    }
    for remark in &parsed.remarks {
        if finder.full() {
            break;
        }
        finder.line = remark.line - 1;
        finder.commented = remark.commented;
        let before = finder.spotted.len();
        finder.text(remark.text);
        finder.loose(remark.text, before);
        if !remark.commented {
            finder.stated(remark.text);
        }
    }
    finder.pairs(&text);
    finder.known(bytes, &decoded.text);
    finder.spotted.sort_by_key(|spotted| spotted.line);
    finder.done(parsed.lines, decoded.encoding, decoded.determined && parsed.whole)
}

pub(super) fn text(detector: &Detector, bytes: &[u8], context: Context) -> Scan {
    let decoded = encoding::decode(bytes);
    let mut finder = Finder::new(detector, context);
    finder.text(&letters::visible(&decoded.text));
    finder.known(bytes, &decoded.text);
    finder.done(decoded.text.lines().count() as u64, decoded.encoding, decoded.determined)
}

/// Longest value that is searched as a text.
const INSIDE: usize = 64 << 10;

/// What exposes a value that is a command line, a header or a small file.
pub(super) fn inside(detector: &Detector, name: &str, text: &str, context: Context) -> Option<Judgement> {
    let shaped = text.contains([' ', '\n', '\t', '<', '(', '[', ','])
        || text.get(..5).is_some_and(|head| head.eq_ignore_ascii_case("$env:"));
    // A line of npm's settings has no space in it.
    let npm = text.starts_with("//") && text.contains('=');
    if text.len() > INSIDE || !shaped && !npm {
        return None;
    }
    let mut finder = Finder::new(detector, context);
    finder.most = usize::MAX; // the text is short
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
            if !finder.full() {
                let judgement = detector.judge_text(key, leaf, Context::Env);
                finder.push(Some(key), 1, false, judgement);
            }
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
