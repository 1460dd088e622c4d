//! Command substitutions: `$(vault kv get …)` fetches a secret, `$(echo …)` is one.
//!
//! Knows commands that read managers and files, and the few whose output is no secret of the text's.

use super::names::{self, Promise};
use super::rule::{Look, Ruling, rule};
use super::values::{self, pattern};
use super::{formats, urls};
use crate::evidence::Class;
use regex::Regex;
use std::sync::LazyLock;

/// Commands that read a manager or a file, make a new secret, or say something of the machine.
static FETCHES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(aws (--?[\w-]+[ =]\S+ )*(secretsmanager|ssm|kms|sts|ecr|s3)|vault (kv|read|write|unwrap|print|token)|gcloud (\S+ )?(secrets|auth)|az (keyvault|account)|op (read|item|inject)|sops |kubectl (-\S+ \S+ )*(get|-n)|oc get|bws |doppler |infisical |chamber |pass (show )?\S|gpg |age |security find|secret-tool lookup|lpass show|bw get|ansible-vault |conjur |credstash |berglas |summon |keyring get|openssl rand|pwgen|uuidgen|date|hostname|git |printenv|nproc|uname|whoami|id|pwd|dpkg|apk|rpm|arch|getconf|mktemp|basename|dirname|ls|find|readlink|realpath|which|command|docker |(head|dd) .*/dev/u?random)( |$)?",
    )
});
/// Commands that only pass on what they read.
const READERS: [&str; 19] = [
    "cat",
    "jq",
    "yq",
    "tr",
    "cut",
    "head",
    "tail",
    "sed",
    "awk",
    "grep",
    "base64",
    "xxd",
    "sort",
    "xargs",
    "fold",
    "envsubst",
    "wc",
    "sha256sum",
    "od",
];
/// Flags that name a secret or the way to it.
const NAMING: [&str; 10] =
    ["secret", "secret-id", "secret-name", "name", "field", "id", "query", "key", "vault-name", "with-decryption"];

/// Whether a whole value is a command that fetches: what `PASSWORD_COMMAND` is for.
pub(super) fn fetches(value: &str) -> bool {
    let reads = READERS.iter().any(|reader| value.strip_prefix(reader).is_some_and(|rest| rest.starts_with(' ')));
    FETCHES.is_match(value) || reads || values::path(value.split(' ').next().unwrap_or(value))
}

/// The inside of a value that is one command substitution.
pub(super) fn body(value: &str) -> Option<&str> {
    if let Some(inner) = value.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
        return (!inner.trim().is_empty() && !inner.contains('`')).then_some(inner.trim());
    }
    let inner = value.strip_prefix("$(").filter(|inner| !inner.starts_with('('))?;
    let mut depth = 1_usize;
    let end = inner.char_indices().find_map(|(at, c)| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })?;
    (end + 1 == inner.len() && !inner[..end].trim().is_empty()).then(|| inner[..end].trim())
}

/// What a command's output is: a reference if it is fetched, the text itself if it is echoed.
pub(super) fn substitution(look: &Look, name: &str, promise: Promise, body: &str) -> Ruling {
    if let Some(kind) = formats::within(body) {
        return Ruling::of_format(Class::Plaintext, kind).with_leaf(body);
    }
    let mut worst = Ruling::of(Class::Reference, "command");
    if let Some(ruling) = urls::embedded(look, body).filter(|ruling| ruling.class.is_exposed()) {
        worst = worst.worst(ruling);
    }
    for (number, part) in parts(body).into_iter().enumerate() {
        worst = worst.worst(command(look, name, promise, part, number > 0));
    }
    worst
}

fn command(look: &Look, name: &str, promise: Promise, part: &str, piped: bool) -> Ruling {
    let reference = || Ruling::of(Class::Reference, "command");
    let counts = |ruling: &Ruling| ruling.class.is_exposed() || ruling.class.needs_review();
    let mut worst = reference();
    let mut rest = part.trim();
    // `PGPASSWORD=… psql`: what stands in front of the command.
    while let Some((word, after)) = rest.split_once(' ')
        && let Some((key, text)) = word.split_once('=')
        && !key.is_empty()
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    {
        let found = rule(&look.deeper(), key, text);
        worst = if counts(&found) { worst.worst(found.with_leaf(text)) } else { worst };
        rest = after.trim_start();
    }
    let (program, arguments) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
    if arguments.is_empty() && values::random(program) {
        return worst.worst(rule(&look.deeper(), name, program).with_leaf(program));
    }
    let program = program.rsplit('/').next().unwrap_or(program);
    let said = match program {
        "echo" | "printf" => Some(arguments),
        _ => rest.split_once("<<<").map(|(_, text)| text),
    };
    if let Some(said) = said {
        let mut text = said.trim();
        while let Some(after) =
            ["-n ", "-e ", "-ne ", "-en ", "-- ", "'%s' ", "\"%s\" ", "%s ", "'%s\\n' ", "\"%s\\n\" "]
                .iter()
                .find_map(|flag| text.strip_prefix(flag))
        {
            text = after.trim_start();
        }
        let found = rule(&look.deeper(), name, text);
        return if counts(&found) { worst.worst(found.with_leaf(text)) } else { worst };
    }
    let mut words = arguments.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix('-').map(|rest| rest.trim_start_matches('-')) else { continue };
        let (key, text) = match flag.split_once('=') {
            Some(pair) => pair,
            None => (flag, words.peek().copied().filter(|next| !next.starts_with('-')).unwrap_or_default()),
        };
        let wanted = !NAMING.contains(&key) && names::promise(key) == Promise::Secret && !text.is_empty();
        let found = wanted.then(|| rule(&look.deeper(), key, text)).filter(counts);
        worst = found.into_iter().fold(worst, |worst, found| worst.worst(found.with_leaf(text)));
    }
    let place = |word: &str| {
        let word = word.trim_start_matches('<').trim_matches(['"', '\'']);
        word.starts_with('$') || values::path(word) || values::relative_path(word)
    };
    let reads = READERS.contains(&program) && (piped || arguments.split_whitespace().any(place));
    let opens = rest.strip_prefix('<').is_some_and(|file| place(file.trim()));
    let secret = matches!(promise, Promise::Secret | Promise::Weak);
    if reads || opens || FETCHES.is_match(rest) || !secret {
        worst
    } else {
        worst.worst(Ruling::of(Class::Open, "command"))
    }
}

/// The commands of a line: cut at `|`, `;`, `&` and line ends outside quotes and parentheses.
fn parts(body: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut depth, mut quote) = (0, 0_usize, None);
    for (at, c) in body.char_indices() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, '|' | ';' | '&' | '\n') if depth == 0 => {
                parts.push(&body[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&body[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}
