//! Formats that give a credential away by themselves: providers' tokens, JWTs, private keys.
//!
//! Knows formats only, and those as data: `rules/detectors/` holds one entry each. A keyword must stand in the text
//! before a pattern is even compiled, so that hundreds of formats cost a text without keywords one pass.

mod check;
mod file;
mod gate;
mod gitleaks;
mod go;

use super::sift::Sift;
use super::values::pattern;
use crate::evidence::Problems;
pub(in crate::detect) use check::Check;
use file::{Boundary, Entry, Written};
use gate::Gate;
use gate::Reading;
use gitleaks::Conditions;
use include_dir::{Dir, include_dir};
use regex::{Captures, Match, Regex};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};
use zeroize::Zeroizing;

/// No credential that stands by itself is shorter.
const SHORTEST: usize = 8;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules/detectors");
/// The formats of this process: those built in, and those that were added before the first use.
static FORMATS: OnceLock<Formats> = OnceLock::new();

static PUBLIC: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^-----BEGIN ([A-Z0-9]+ ){0,3}(PUBLIC KEY|CERTIFICATE|CERTIFICATE REQUEST|CRL|PGP PUBLIC KEY BLOCK|DH PARAMETERS)-----|^(ssh-(rsa|ed25519|dss)|ecdsa-sha2-[\w-]+|sk-ssh-[\w@.-]+) AAAA[A-Za-z0-9+/=]+|^age1[a-z0-9]{50,70}$|^pk_(live|test)_\w{10,250}$",
    )
});

/// A credential that was found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The format's id.
    pub(super) kind: &'static str,
    /// Where the credential stands.
    pub(super) range: Range<usize>,
    /// Meant to be published.
    pub(super) public: bool,
    /// What the format demands beside its pattern.
    pub(super) check: Option<Check>,
}

struct Format {
    id: &'static str,
    pattern: String,
    compiled: OnceLock<Option<Regex>>,
    /// Where a match may begin at all.
    gate: Gate,
    /// How long a match can be, once somebody asked.
    reach: OnceLock<usize>,
    boundary: Boundary,
    check: Option<Check>,
    public: bool,
    conditions: Option<Conditions>,
}

/// How a pattern begins whose credential is told by a name. Searched for, such a beginning would be tried at every byte;
/// so it is looked for backwards, from what follows it.
const NAME: &str = r"[A-Za-z0-9_.\-]{0,40}";

/// Where a name begins that goes on at `at`.
fn begin_of_name(text: &str, at: usize) -> usize {
    let of_name = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    at - text.as_bytes()[..at].iter().rev().take(40).take_while(of_name).count()
}

/// What stands beside a credential decides whether it stands alone.
const BESIDE: usize = 8;

/// Many formats, and the keywords that call them.
pub(super) struct Formats {
    all: Vec<Format>,
    keywords: Option<Sift>,
    words: Vec<String>,
    /// The format of each keyword.
    of_keyword: Vec<usize>,
    /// A digest of the files that were added to those built in.
    added: Vec<u8>,
}

impl Formats {
    fn of(written: Vec<Written>) -> Self {
        let mut words = Vec::new();
        let mut of_keyword = Vec::new();
        let mut formats = Vec::new();
        for format in written {
            of_keyword.extend(format.keywords.iter().map(|_| formats.len()));
            let own = format.pattern.strip_prefix(NAME).unwrap_or(&format.pattern);
            let gate = Gate::new(own.to_owned(), format.keywords.clone());
            words.extend(format.keywords);
            formats.push(Format {
                // Kinds live as long as the process; the files are read once.
                id: format.id.leak(),
                pattern: format.pattern,
                compiled: OnceLock::new(),
                gate,
                reach: OnceLock::new(),
                boundary: format.boundary,
                check: format.check,
                public: format.public,
                conditions: format.conditions,
            });
        }
        let literals: Vec<&[u8]> = words.iter().map(String::as_bytes).collect();
        let keywords = Sift::new(&literals);
        Self { all: formats, keywords: keywords.ok(), words, of_keyword, added: Vec::new() }
    }

    /// Every credential in a text, each place once: the longest, then the first by id.
    fn all(&self, text: &str) -> Vec<Found> {
        let Some(keywords) = self.keywords.as_ref().filter(|_| text.len() >= SHORTEST) else { return Vec::new() };
        let mut called = BTreeSet::new();
        keywords.find(text.as_bytes(), &mut |at, keyword| {
            let format = self.of_keyword[keyword];
            if !called.contains(&format) && self.all[format].gate.may_open(text.as_bytes(), at, Reading::Text) {
                called.insert(format);
            }
        });
        let mut found: Vec<Found> = called.into_iter().flat_map(|n| self.all[n].all(text)).collect();
        found.sort_by_key(|found| (found.range.start, usize::MAX - found.range.end, found.public, found.kind));
        found.dedup_by_key(|found| found.range.clone());
        found
    }
}

impl Format {
    fn all(&self, text: &str) -> Vec<Found> {
        let (own, named) = self.pattern.strip_prefix(NAME).map_or((self.pattern.as_str(), false), |own| (own, true));
        let Some(regex) = self.compiled.get_or_init(|| Regex::new(own).ok()) else { return Vec::new() };
        let mut found = Vec::new();
        for groups in regex.captures_iter(text) {
            let Some(whole) = groups.get(0) else { continue };
            let credential = self.credential(&groups).unwrap_or(whole);
            let begins = if named { begin_of_name(text, whole.start()) } else { whole.start() };
            let whole = begins..whole.end();
            let holds = self.check.is_none_or(|check| check.holds(credential.as_str(), &text[whole.end..]))
                && self.conditions.as_ref().is_none_or(|more| more.hold(credential.as_str(), &text[whole.clone()]));
            if holds && self.stands_alone(text, whole) {
                let range = credential.range();
                found.push(Found { kind: self.id, range, public: self.public, check: self.check });
            }
        }
        found
    }

    /// The part of a match that is the credential.
    fn credential<'t>(&self, groups: &Captures<'t>) -> Option<Match<'t>> {
        match self.conditions.as_ref().map(|more| more.group) {
            None => groups.name("secret"),
            Some(0) => groups.iter().skip(1).flatten().find(|group| !group.is_empty()),
            Some(number) => groups.get(number),
        }
    }

    fn stands_alone(&self, text: &str, range: Range<usize>) -> bool {
        let bytes = text.as_bytes();
        let word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
        let before = range.start.checked_sub(1).and_then(|at| bytes.get(at));
        // An escaped line end in front of a token is no letter of it.
        let escape = range.start >= 2 && bytes[range.start - 2] == b'\\';
        let start = self.boundary == Boundary::None || !word(before) || escape;
        let end = self.boundary != Boundary::Both || !word(bytes.get(range.end));
        start && end
    }
}

fn built_in() -> Vec<Written> {
    EMBEDDED.files().filter_map(include_dir::File::contents_utf8).flat_map(file::trusted).collect()
}

fn known() -> &'static Formats {
    FORMATS.get_or_init(|| Formats::of(built_in()))
}

/// Adds a user's own formats to those built in; called once, before any value is judged.
pub(super) fn add(files: &[(String, String)]) -> Result<(), Problems> {
    let mut all = built_in();
    let own = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    check_files(own, all.iter().map(|format| format.id.clone()))?;
    let mut late = Problems::default();
    for (name, text) in files {
        all.extend(file::read(name, text, &mut late).into_iter().map(|entry| entry.written));
    }
    let mut formats = Formats::of(all);
    let mut digest = Sha256::new();
    for (name, text) in files {
        digest.update((name.len() as u64).to_le_bytes());
        digest.update(name);
        digest.update((text.len() as u64).to_le_bytes());
        digest.update(text);
    }
    formats.added = digest.finalize().to_vec();
    if formats.keywords.is_none() {
        late.add("detectors", 0, "more than 4096 keywords: name fewer, or rarer ones");
    } else if FORMATS.set(formats).is_err() {
        late.add("detectors", 0, "formats are added before the first value is judged: this is a defect of leakproof");
    }
    late.or(())
}

/// A digest of the files that were added to the formats built in.
pub(super) fn added() -> &'static [u8] {
    &known().added
}

/// How many formats are built in, after their examples were run.
pub(super) fn check_built_in() -> Result<usize, Problems> {
    let texts = |file: &'static include_dir::File<'static>| Some((file.path().to_str()?, file.contents_utf8()?));
    check_files(EMBEDDED.files().filter_map(texts), std::iter::empty())?;
    Ok(built_in().len())
}

/// The problems of detector files, examples included; `taken` are ids of other files.
pub(super) fn check_files<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
    taken: impl IntoIterator<Item = String>,
) -> Result<(), Problems> {
    let mut problems = Problems::default();
    let mut ids: BTreeSet<String> = taken.into_iter().collect();
    for (name, text) in files {
        for Entry { written, line } in file::read(name, text, &mut problems) {
            if !ids.insert(written.id.clone()) {
                problems.add(name, line, format!("the id `{}` is given twice", written.id));
            }
            examples(name, line, written, &mut problems);
        }
    }
    problems.or(())
}

/// Runs a format's own examples.
fn examples(file: &str, line: u32, written: Written, problems: &mut Problems) {
    let (id, wanted, unwanted) = (written.id.clone(), written.examples.clone(), written.counter_examples.clone());
    let formats = Formats::of(vec![written]);
    for (recipes, must) in [(wanted, true), (unwanted, false)] {
        for (number, recipe) in (1..).zip(recipes) {
            match super::sample::expand(&recipe, number) {
                Ok(text) if formats.all(&text).is_empty() == must => {
                    let what = if must { "example does not match" } else { "counter-example matches" };
                    problems.add(file, line, format!("`{id}`: {what} ({number})"));
                }
                Ok(_) => {}
                Err(error) => problems.add(file, line, format!("`{id}`: {error}")),
            }
        }
    }
}

/// Whether a format proves what it finds by a checksum or by a parse, rather than by its pattern alone.
pub(super) fn proven(kind: &str) -> bool {
    known().all.iter().any(|format| format.id == kind && format.check.is_some_and(Check::proves))
}

/// The first credential in a text, whatever stands around it.
pub(super) fn within(text: &str) -> Option<&'static str> {
    known().all(text).into_iter().find(|found| !found.public).map(|found| found.kind)
}

/// The same for a value under its name: some formats are known only by the vendor's name in front.
///
/// `stands_in` says whether a credential's text is only a reference or a placeholder.
pub(super) fn named(name: &str, value: &str, stands_in: impl Fn(&str) -> bool) -> Option<&'static str> {
    let counts = |found: &Found| !found.public && !stands_in(&value[found.range.clone()]);
    under(name, value).into_iter().find(counts).map(|found| found.kind)
}

/// What is found in a value, with its name in front or without.
fn under(name: &str, value: &str) -> Vec<Found> {
    let found = known().all(value);
    if !found.is_empty() || name.is_empty() || name.len() > 128 || value.len() > 4096 {
        return found;
    }
    let text = Zeroizing::new(format!("{name}={value}"));
    let mut found = known().all(&text);
    found.retain(|found| found.range.start > name.len());
    found.iter_mut().for_each(|found| {
        found.range = found.range.start - name.len() - 1..found.range.end - name.len() - 1;
    });
    found
}

/// Every credential in a text that is no public one.
pub(super) fn all(text: &str) -> Vec<Found> {
    let mut found = known().all(text);
    found.retain(|found| !found.public);
    found
}

/// The keywords of all formats: whoever searches for more than these searches once for all.
pub(super) fn keywords() -> impl Iterator<Item = &'static str> {
    known().words.iter().map(String::as_str)
}

/// How many formats there are.
pub(super) fn count() -> usize {
    known().all.len()
}

/// The format that a keyword calls.
pub(super) fn of_keyword(keyword: usize) -> usize {
    known().of_keyword[keyword]
}

/// Whether a credential of this format can begin with the keyword at this place.
pub(super) fn may_open(format: usize, bytes: &[u8], at: usize) -> bool {
    known().all[format].gate.may_open(bytes, at, Reading::Blanked)
}

/// How far around its keyword a format's credential may reach: as long as its pattern can be, with what stands beside
/// it, or a bound where the pattern has none.
pub(super) fn reach(format: usize) -> usize {
    let format = &known().all[format];
    *format.reach.get_or_init(|| {
        let bound = if format.check == Some(Check::PrivateKey) { 32 << 10 } else { 2 << 10 };
        let parsed = regex_syntax::parse(&format.pattern).ok();
        let longest = parsed.and_then(|pattern| pattern.properties().maximum_len());
        longest.map_or(bound, |longest| (longest + BESIDE).min(bound))
    })
}

/// Whether a format finds a credential in a text.
pub(super) fn stands(format: usize, text: &str) -> bool {
    known().all[format].all(text).iter().any(|found| !found.public)
}

/// The private key block that starts here, to its end line if it has one.
pub(super) fn block(text: &str, start: usize) -> Range<usize> {
    let tail = &text[start..];
    let limit = tail.floor_char_boundary(32 << 10);
    let end = tail[..limit].find("-----END ").and_then(|at| {
        let close = tail[at + 9..].find("-----")?;
        Some(at + 9 + close + 5)
    });
    start..start + end.unwrap_or_else(|| tail.floor_char_boundary(64))
}

/// Public keys, certificates and publishable keys.
pub(super) fn public(name: &str, value: &str) -> bool {
    let published = || {
        let found = under(name, value);
        // What is known by the vendor's name in front gives way to what is known by its own beginning.
        found.iter().any(|found| found.public && found.range == (0..value.len()))
    };
    (value.len() >= 17 && PUBLIC.is_match(value) && within(value).is_none()) || published()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::sample::expand;

    fn body(length: usize) -> String {
        (0..length).map(|n| b"aB3dE5fG7hJ9kL2m"[(n * 7 + n / 16) % 16] as char).collect()
    }

    #[test]
    fn every_built_in_format_finds_its_examples_and_not_the_others() {
        let count = check_built_in().unwrap_or_else(|problems| panic!("{problems}"));
        assert!(count >= 150, "{count}");
    }

    #[test]
    fn the_gates_of_most_formats_close() {
        let open: Vec<_> = known().all.iter().filter(|format| !format.gate.closes()).map(|format| format.id).collect();
        assert!(open.len() * 10 < known().all.len(), "{} of {}: {open:?}", open.len(), known().all.len());
    }

    #[test]
    fn the_usual_formats_are_found_in_a_text() {
        for recipe in [
            "AKIA<<BASE36:16>>",
            "<<github:ghp_>>",
            "glpat-<<base62:20>>",
            "xoxb-<<digits:12>>-<<digits:13>>-<<base62:24>>",
            "sk_live_<<base62:24>>",
            "AIza<<base62:35>>",
            "sk-proj-<<base62:48>>",
            "<<npm>>",
            "hvs.<<base62:24>>",
            "<<jwt>>",
        ] {
            let text = expand(&format!("x {recipe} y"), 11).unwrap();
            let found = all(&text);
            assert_eq!((found.len(), found.first().map(|f| f.range.clone())), (1, Some(2..text.len() - 2)), "{recipe}");
        }
    }

    #[test]
    fn private_keys_are_told_from_public_ones() {
        let pem =
            |what: &str, end: &str| format!("-----BEGIN {what} KEY-----{end}{}{end}-----END {what} KEY-----", body(64));
        assert_eq!(within(&pem("RSA PRIVATE", "\n")), Some("private-key"));
        assert_eq!(within(&pem("PRIVATE", "\\n")), Some("private-key"));
        assert_eq!(within(&pem("ENCRYPTED PRIVATE", "\n")), None);
        assert!(public("", &pem("PUBLIC", "\\n")));
        assert!(!public("", &format!("{}\n{}", pem("PUBLIC", "\n"), pem("PRIVATE", "\n"))));
        assert_eq!(within("grep for -----BEGIN RSA PRIVATE KEY----- in files"), None);
    }
}
