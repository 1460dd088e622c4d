//! What makes a place worth reading: names of secrets in front of a value, formats' keywords, URLs with a user.
//!
//! In: bytes. Out: windows, in the order of their starts. A word alone starts nothing: an assignment must follow a name,
//! a format's own pattern must match, and a URL must carry more than a host.

use super::Memory;
use super::window::{self, Window};
use crate::detect::formats;
use crate::detect::sift::Sift;

/// Parts of names that promise a secret. `key` alone would be everywhere: it counts with a sign behind it.
const NAMES: &str = "passw passphrase passcode secret token apikey credential authoriz bearer privat signing hmac fernet \
    pwd pepper mnemonic requirepass masterauth jwt salt seed psk totp basicauth webhook dsn connectionstring \
    identified _pass pass= pass: pass\" pass' pass\\ -pass dbpass userpass rootpass pgpass smtppass mailpass adminpass mpass passes \
    _pw pw= pw: _pin pin= _otp otp= _pat pat= _dek _kek psw jwk cred= creds _auth auth= \
    cookie login unseal dek= kek= _key_ b64 base64 sleutel khau \
    key= key: key\" key' key\\ key> keys= keys: keys\" -key material \
    passwort kennwort passwoerter zugangsdaten geheimnis losungswort motdepasse passe mdp jeton contrasen clave secreto \
    senha segreto segredo wachtwoord haslo parol heslo jelszo lozinka zaporka geslo sifre salasana losenord adgangskode \
    kodeord passord kodikos synthimatiko aikotoba pasuwado pasuwaado ansho himitsu mima miyao kouling mishi bimilbeonho \
    sandi matkhau sekret tajemnica palabra chiave secrete kunci llave chave schluessel klucz machine securitykey";

/// Beginnings of values that give themselves away: connection strings without a scheme, and `password`, `secret` and
/// `token` in base64, whichever of its three alignments they have.
const PLAIN: &str = "jdbc: @// @tcp( @unix( cGFzc3dvcm Bhc3N3b3Jk wYXNzd29yZ c2VjcmV0 NlY3JldC zZWNyZXQ dG9rZW49 Rva2VuP \
    0b2tlbj";

/// Names of keys with a blank behind: prose is full of them, so that only a sign makes an assignment of one.
const KEYS: [&str; 2] = ["key ", "key\t"];

/// Parts of names that are looked for in UTF-16 as well, as programs for Windows hold them amid other bytes.
const WIDE: &str = "passw secret token apikey credential pwd jwt key= :// akia glpat- ghp_ xoxb- eyj sk_live private";

/// So far a name may go on behind its anchor.
const NAME: usize = 64;
/// So far before its keyword a credential is looked for.
const BEFORE: usize = 512;
/// So far behind the keyword of a credential the text is read.
const READ: usize = 2 << 10;
/// So far a URL may go on before its `@`.
const URL: usize = 512;

/// What an anchor is.
#[derive(Clone, Copy)]
enum Anchor {
    /// A keyword of a format, by its number there.
    Format(usize),
    /// A part of a name.
    Name,
    /// The end of a name, with a blank behind.
    Key,
    /// A beginning of a value.
    Plain,
    /// `://`
    Url,
}

/// The anchors of one detector.
pub(in crate::detect) struct Anchors {
    sift: Option<Sift>,
    kinds: Vec<Anchor>,
    lengths: Vec<u8>,
}

impl Anchors {
    /// The anchors, with the names that the user declared.
    pub(in crate::detect) fn new<'a>(declared: impl IntoIterator<Item = &'a String>) -> Self {
        let mut words: Vec<&[u8]> = Vec::new();
        let mut kinds = Vec::new();
        for (number, word) in formats::keywords().enumerate() {
            words.push(word.as_bytes());
            kinds.push(Anchor::Format(number));
        }
        let mut declared: Vec<&String> = declared.into_iter().filter(|name| (2..=64).contains(&name.len())).collect();
        declared.sort();
        for word in NAMES.split_whitespace().chain(declared.into_iter().map(String::as_str)) {
            words.push(word.as_bytes());
            kinds.push(Anchor::Name);
        }
        for word in KEYS {
            words.push(word.as_bytes());
            kinds.push(Anchor::Key);
        }
        for word in PLAIN.split_whitespace() {
            words.push(word.as_bytes());
            kinds.push(Anchor::Plain);
        }
        let wide: Vec<Vec<u8>> = WIDE.split_whitespace().map(widened).collect();
        for word in &wide {
            words.push(word);
            kinds.push(Anchor::Plain);
        }
        words.push(b"://");
        kinds.push(Anchor::Url);
        let lengths = words.iter().map(|word| u8::try_from(word.len()).unwrap_or(u8::MAX)).collect();
        Self { sift: Sift::new(&words).ok(), kinds, lengths }
    }

    /// Calls `hit` with the place and the number of every anchor, in order; `false` if there are none to look for.
    pub(super) fn find(&self, bytes: &[u8], hit: &mut impl FnMut(usize, usize)) -> bool {
        self.sift.as_ref().map(|sift| sift.find(bytes, hit)).is_some()
    }

    /// How long an anchor is.
    pub(super) fn length(&self, anchor: usize) -> usize {
        usize::from(self.lengths[anchor])
    }

    /// What turns places into windows, for one text.
    pub(super) fn reading(&self) -> Reading<'_> {
        Reading { anchors: self, tried: vec![0; formats::count()], covered: 0 }
    }
}

/// Turns the anchors of one text, in order, into the windows that must be read.
pub(super) struct Reading<'a> {
    anchors: &'a Anchors,
    /// The end of the last window that each format's pattern was tried in.
    tried: Vec<usize>,
    /// What a window holds already needs no second one.
    covered: usize,
}

impl Reading<'_> {
    /// The window around an anchor, if there is anything to read.
    pub(super) fn window(
        &mut self,
        bytes: &[u8],
        (at, anchor): (usize, usize),
        memory: Option<&mut Memory>,
    ) -> Option<Window> {
        let window = match self.anchors.kinds[anchor] {
            Anchor::Name | Anchor::Key | Anchor::Plain | Anchor::Url if at < self.covered => None,
            Anchor::Plain => Some(window::lines(bytes, at, 0)),
            Anchor::Name => assigns(bytes, at),
            Anchor::Key => key_assigns(bytes, at).then(|| assigns(bytes, at)).flatten(),
            Anchor::Url => carries(bytes, at),
            Anchor::Format(keyword) => matches(bytes, at, keyword, &mut self.tried, memory),
        }?;
        self.covered = self.covered.max(window.end.saturating_sub(NAME));
        Some(window)
    }
}

/// Letters with a NUL between each two: so both byte orders write them.
fn widened(word: &str) -> Vec<u8> {
    let mut wide: Vec<u8> = word.bytes().flat_map(|b| [b, 0]).collect();
    wide.pop();
    wide
}

/// The lines to read if an assignment, a flag or an element follows the name at this place.
fn assigns(bytes: &[u8], at: usize) -> Option<Window> {
    let limit = (at + NAME).min(bytes.len());
    let name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.') || *b >= 0x80;
    let mut end = at + bytes[at..limit].iter().take_while(|b| name(b)).count();
    // `["password"]`, `'password'`, `\"password\"`, `password]`
    let closes = |b: &u8| matches!(b, b'"' | b'\'' | b'`' | b'\\' | b']' | b')' | b'*');
    let closed = bytes[end..limit].iter().take_while(|b| closes(b)).count();
    end += closed;
    let blank = bytes[end..limit].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let line = |more| Some(window::lines(bytes, at, more));
    // `name: DB_PASSWORD`, and its value on one of the next lines.
    if named(bytes, at) {
        return line(2);
    }
    let rest = &bytes[end + blank..];
    match rest.first() {
        _ if compares(rest, closed > 0, bytes[..end].ends_with(b"-")) => None,
        // YAML may have the value on the next line.
        Some(b':') if rest.iter().take(8).any(|b| *b == b'\n') => line(2),
        // A comma as in `setenv("DB_PASSWORD", "…")`; the value may stand on the next line.
        Some(b'=' | b':' | b'>' | b',') => line(2 * usize::from(ends_open(&rest[1..]))),
        // `secret[] = "…"`, `secret ?? "…"`, `secret || "…"`, `<key>secret</key>`
        Some(b'[' | b'?' | b'|') => line(0),
        Some(b'<') => line(1),
        Some(b'(') if ends_open(&rest[1..]) => line(1),
        // `hmac.new(b"…"`, `SecurityKey(Encoding.UTF8.GetBytes("…"`
        Some(b'(') if takes_text(&bytes[end + blank..limit]) => line(0),
        // `IDENTIFIED BY`'s and `PASSWORD`'s text in SQL.
        Some(b'"' | b'\'') if blank > 0 => line(0),
        // Terraform's variables have their default a few lines below.
        Some(b'{') if few_words(bytes, at) && declares(bytes, at) => line(6),
        // `--password X`, `password X` of .netrc and redis.conf; prose has many words, a setting few.
        Some(_) if blank > 0 && (flagged(bytes, at) || few_words(bytes, at)) => line(0),
        _ if writes(bytes, at) => line(0),
        _ => None,
    }
}

/// Whether an assignment's sign stands behind `key` and its blanks.
fn key_assigns(bytes: &[u8], at: usize) -> bool {
    let rest = bytes.get(at + 3..).unwrap_or_default();
    matches!(rest.iter().take(NAME).find(|b| !matches!(b, b' ' | b'\t')), Some(b'=' | b':'))
}

/// Whether the sign behind a name assigns nothing: `token == x`, `token::Kind`, `token->next`, `f(token, x)`, `token[i]`,
/// `token ? x : y`.
fn compares(rest: &[u8], closed: bool, dash: bool) -> bool {
    match (rest.first(), rest.get(1)) {
        (Some(b'='), Some(b'=')) | (Some(b':'), Some(b':')) => true,
        (Some(b'>'), _) => dash,
        // A name that is handed over stands in quotes, or its value does: `{token, <<"…">>}`, `decode(token, "…")`.
        (Some(b','), next) => {
            let text = |b: &u8| matches!(b, b'<' | b'\n' | b'"' | b'\'');
            !closed && next.is_some() && !rest.iter().take(8).any(text)
        }
        (Some(b'['), _) => {
            let behind = rest.iter().take(NAME).position(|b| *b == b']').map_or(&[][..], |end| &rest[end + 1..]);
            !behind.iter().take(8).any(|b| *b == b'=')
        }
        (Some(b'?'), next) => !matches!(next, Some(b'?' | b':')),
        _ => false,
    }
}

/// Whether a line ends here, or behind an opening bracket.
fn ends_open(rest: &[u8]) -> bool {
    let mut rest = rest.iter().take(8).skip_while(|b| matches!(b, b' ' | b'\t' | b'>' | b'(' | b'\\' | b'\r'));
    rest.next() == Some(&b'\n')
}

/// Whether a call takes a text in quotes.
fn takes_text(rest: &[u8]) -> bool {
    [&b"(\""[..], b"('", b"(b\"", b"(b'"].iter().any(|sign| memchr::memmem::find(rest, sign).is_some())
}

/// Whether `variable` stands in front.
fn declares(bytes: &[u8], at: usize) -> bool {
    let line = window::lines(bytes, at, 0);
    memchr::memmem::find(&bytes[line.start..at], b"variable").is_some()
}

/// The word around a place, from its first byte.
fn word_start(bytes: &[u8], at: usize) -> usize {
    let back = at.saturating_sub(NAME);
    bytes[back..at]
        .iter()
        .rposition(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')))
        .map_or(back, |end| back + end + 1)
}

fn flagged(bytes: &[u8], at: usize) -> bool {
    bytes[word_start(bytes, at)] == b'-'
}

/// Whether a line begins with the name, or holds little beside it.
fn few_words(bytes: &[u8], at: usize) -> bool {
    let line = window::lines(bytes, at, 0);
    line.end - line.start <= 200
        && bytes[line.start..line.end].split(|b| *b == b' ').filter(|w| !w.is_empty()).count() <= 6
}

/// Whether `name` stands in front: the value stands behind `value`.
fn named(bytes: &[u8], at: usize) -> bool {
    let start = word_start(bytes, at);
    let head = &bytes[start.saturating_sub(16)..start];
    head.windows(4).any(|four| four.eq_ignore_ascii_case(b"name"))
}

/// Whether text is written into a file of this name: `echo X > db_password.txt`.
fn writes(bytes: &[u8], at: usize) -> bool {
    let head = &bytes[at.saturating_sub(80)..at];
    let line = head.iter().rposition(|b| *b == b'\n').map_or(head, |end| &head[end..]);
    line.contains(&b'>') && (line.windows(4).any(|four| four == b"echo") || line.windows(6).any(|six| six == b"printf"))
}

/// The line of a URL that carries a user or a query.
fn carries(bytes: &[u8], at: usize) -> Option<Window> {
    let limit = (at + URL).min(bytes.len());
    let ends = |b: &&u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'<' | b'>' | b'`' | 0);
    let rest = bytes[at..limit].iter().take_while(|b| !ends(b));
    // A user without a password gives nothing away.
    let (mut colon, mut carries) = (0_u8, false);
    for b in rest {
        colon += u8::from(*b == b':' && colon < 2);
        carries |= *b == b'@' && colon > 1 || *b == b'?';
    }
    carries.then(|| window::lines(bytes, at, 0))
}

/// What to read if a format's own pattern finds something around its keyword.
fn matches(
    bytes: &[u8],
    at: usize,
    keyword: usize,
    tried: &mut [usize],
    memory: Option<&mut Memory>,
) -> Option<Window> {
    let format = formats::of_keyword(keyword);
    if !formats::may_open(format, bytes, at) || at < tried[format] {
        return None;
    }
    // Whatever has its keyword in the first half of what follows lies in this window as a whole.
    let reach = formats::reach(format);
    let (start, end) = (at.saturating_sub(reach.min(BEFORE)), (at + 2 * reach).min(bytes.len()));
    tried[format] = at + reach;
    let part = &bytes[start..end];
    let key = memory.as_ref().map(|memory| memory.key(part, format + 1));
    if let (Some(memory), Some(key)) = (&memory, key)
        && memory.is_clean(key)
    {
        return None;
    }
    let found = formats::stands(format, &super::text::text(part));
    if let (false, Some(memory), Some(key)) = (found, memory, key) {
        memory.add(key);
    }
    found.then(|| Window {
        start: window::lines(bytes, at, 0).start.min(start),
        end: end.max(at + READ).min(bytes.len()),
    })
}
