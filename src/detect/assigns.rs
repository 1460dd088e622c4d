//! Assignments as languages, shells, databases and manifests write them, other than `NAME=value`.
//!
//! In: any text. Out: values with their names and places. Knows the writings; what a value is, is not decided here.

use super::placeholders;
use super::shell::Said;
use super::values::{self, Late};
use std::sync::LazyLock;

/// How a value's name is found.
enum Named {
    /// It is the first thing that the pattern captures.
    Captured,
    /// The same, in a place where people write what stands in for a value.
    Documented,
    /// It is the last thing that the pattern captures.
    Behind,
    /// It is this one.
    Always(&'static str),
}

/// A word that must stand in the text before the pattern is tried, the name, and the pattern.
type Writing = (&'static str, Named, Late);

/// A variable's name. No bound on it nor on a value: counted repetitions make patterns that take long to build.
const K: &str = r"([A-Za-z_][\w.-]*)";
/// A value in quotes, which may be escaped themselves, or one word.
const QUOTED: &str = r#"(?:\\?"([^"\\\n]+)\\?"|\\?'([^'\\\n]+)\\?')"#;
const WORD: &str = r#"(?:\\?"([^"\\\n]+)\\?"|\\?'([^'\\\n]+)\\?'|(\$\([^)\n]{1,200}\)|[^\s"'`;|&<>)]+))"#;
/// A value in a database's quotes inside a shell's.
const SQL: &str = r#"(?:(?:'\\''|\\?')([^'\\\n]+)(?:'\\''|\\?')|\\?"([^"\\\n]+)\\?")"#;

fn built(writings: Vec<(&'static str, Named, String)>) -> Vec<Writing> {
    let fill = |text: &str| {
        let quoted = text.replace("{QK}", r#"\\?["']{K}\\?["']"#);
        quoted.replace("{K}", K).replace("{QUOTED}", QUOTED).replace("{WORD}", WORD).replace("{SQL}", SQL)
    };
    writings.into_iter().map(|(word, named, text)| (word, named, Late::new(fill(&text)))).collect()
}

static CODE: LazyLock<Vec<Writing>> = LazyLock::new(|| {
    let captured = |word, text: &str| (word, Named::Captured, text.to_owned());
    built(vec![
        captured("[", r"(?i)\b(?:environ|env)\[{QK}\][ \t]*=[ \t]*{QUOTED}"),
        captured("env", r"(?i)\b(?:environ\.(?:setdefault|get|pop)|getenv|putenv)\([ \t]*{QK}[ \t]*,[ \t]*{QUOTED}"),
        captured("process.env.", r"\bprocess\.env\.{K}[ \t]*=[ \t]*{QUOTED}"),
        captured("=", r"[(,][ \t]*{K}[ \t]?=[ \t]?{QUOTED}"),
        captured("$", r"(?i)\$env:{K}[ \t]*=[ \t]*{WORD}"),
        captured("SetEnvironmentVariable", r"SetEnvironmentVariable\([ \t]*{QK}[ \t]*,[ \t]*{QUOTED}"),
    ])
});

static SHELLS: LazyLock<Vec<Writing>> = LazyLock::new(|| {
    let captured = |word, text: &str| (word, Named::Captured, text.to_owned());
    let mut all = vec![
        captured("set", r#"(?i)\bsetx(?:\.exe)?[ \t]+(?:/m[ \t]+)?["']?{K}["']?[ \t]+{WORD}"#),
        captured("setenv", r"\bsetenv[ \t]+{K}[ \t]+{WORD}"),
        captured("set -", r"\bset[ \t]+(?:--?[a-zA-Z]+[ \t]+){1,4}{K}[ \t]+{WORD}"),
        captured("+=", r#"(?m)(?:^|[\s;&|"'(]){K}\+={WORD}"#),
        captured("printf", r#"\bprintf[ \t]+-v[ \t]*{K}[ \t]+(?:["']?%s(?:\\n)?["']?[ \t]+)?{WORD}"#),
        captured("<<<", r"\bread[ \t]+(?:-[a-zA-Z]+[ \t]+){0,4}{K}[ \t]*<<<[ \t]*{WORD}"),
    ];
    let password = Named::Always("PASSWORD");
    let account = r"\buser(?:add|mod)\b[^\n;|&]*?[ \t](?:-p|--password)[ \t=]{WORD}";
    all.push(("user", password, account.to_owned()));
    for sign in ["/", r"\|", "#", ",", "~"] {
        let part = format!(r"[^{sign}\n]");
        let text = format!(
            r#"\bs{sign}{part}{{0,4}}?([A-Za-z]\w*[_-][\w-]{{0,100}}){part}{{0,16}}?{sign}(?:[A-Za-z_][\w.-]{{0,127}}[=:][ ]?)?["']?({part}{{1,256}}?)["']?{sign}"#
        );
        all.push(("s", Named::Documented, text));
    }
    built(all)
});

static OTHERS: LazyLock<Vec<Writing>> = LazyLock::new(|| {
    let password = |word, text: &str| (word, Named::Always("PASSWORD"), text.to_owned());
    built(vec![
        password("PASSWORD", r"\bPASSWORD[ \t]+{SQL}"),
        password("", r"(?i)\bset[ \t]+password\b[^\n;=]*=[ \t]*{SQL}"),
        password("", r"(?i)\b(?:create|alter)[ \t]+(?:role|user)\b[^;\n]+?\bpassword[ \t]+{SQL}"),
        password("", r"(?i)\bidentified[ \t]+(?:with[ \t]+[\w']{1,40}[ \t]+)?by[ \t]+(?:password[ \t]+)?{SQL}"),
        (
            "asic",
            Named::Always("Authorization"),
            r#"(?i)\bauthorization\\?["']?[ \t]*[:=][ \t]*\\?["']?(basic[ \t]+[\w+/=-]{4,512})"#.to_owned(),
        ),
        (
            ":",
            Named::Documented,
            r#"(?i)(?:\s|-H)(x-[\w-]{0,60}(?:key|token|secret|password)|api-?key|private-token):([^\s"'`,;]{4,512})(?:\s|$)"#.to_owned(),
        ),
        (
            ":",
            Named::Documented,
            r#"(?im)(?:^|["'`]|-H ?|header[= ])[ \t]*(x-[\w-]{0,60}(?:key|token|secret|password)|api-?key|private-token)[ \t]*:[ \t]*([^\s"'`,;]{4,512})(?:[ \t]*$|\\?["'`])"#.to_owned(),
        ),
    ])
});

static PAIRS: LazyLock<Vec<Writing>> = LazyLock::new(|| {
    const NAME: &str = r#"\b(?:name|Name|key|Key)\\?["']?[ \t]*:[ \t]*\\?["']?{K}\\?["']?"#;
    const VALUE: &str = r#"(?:value|Value)\\?["']?[ \t]*:[ \t]*{WORD}"#;
    let text = |parts: [&str; 3]| parts.concat();
    built(vec![
        ("alue", Named::Captured, text([NAME, r#"[ \t]*,?(?:\s|#[^\n]{0,120}\n){0,40}\\?["']?"#, VALUE])),
        ("alue", Named::Behind, text([r"\b", VALUE, &[r#"[ \t]*,?\s{0,40}\\?["']?"#, NAME].concat()])),
        ("alue", Named::Captured, r"\b(?:Parameter)?(?:Name|Key)={K},(?:Parameter)?Value={WORD}".to_owned()),
        ("alue=", Named::Captured, r#"<[^<>\n]{1,100}?\b(?:name|key)="{K}"[ \t]+value="([^"\n]+)""#.to_owned()),
    ])
});

/// What programs declare, look up with a default, or hand over: the value stands in quotes.
static PROGRAMS: LazyLock<Vec<Writing>> = LazyLock::new(|| {
    let captured = |word, text: &str| (word, Named::Captured, text.to_owned());
    let always = |word, text: &str| (word, Named::Always("SECRET_KEY"), text.to_owned());
    built(vec![
        // `config['secret'] = "…"`, `const SECRET: &str = b"…"`, `'secret' => "…"`, `#define SECRET "…"`
        captured("[", r"\[{QK}\]\s*=\s*{QUOTED}"),
        captured(":", r"\b{K}\??[ \t]*:[ \t]*[&'A-Za-z_\[][\w<>\[\], |&'.?]{0,60}?[ \t]*=\s*[a-z&]{0,2}{QUOTED}"),
        captured("=>", r"\b{K}(?:\\?[\x22'])?[ \t]*=>\s*{QUOTED}"),
        captured("define", r"#[ \t]*define[ \t]+{K}[ \t]+{QUOTED}"),
        captured("[]", r"\b{K}\[\][ \t]*=\s*{QUOTED}"),
        // `process.env.SECRET || "…"`, `getenv("SECRET") or "…"`, `secret ??= "…"`
        captured("||", r"\b{K}[\x22')\]]{0,3}[ \t]*\|\|\s*{QUOTED}"),
        captured("??", r"\b{K}[\x22')\]]{0,3}[ \t]*\?\?=?\s*{QUOTED}"),
        captured(" or ", r"\b{K}[\x22')\]]{0,3}[ \t]+or\s+{QUOTED}"),
        // `set("secret", "…")`, over several lines too; a list of words is none.
        captured(",", r"\(\s*(?:[\w.]+\s*,\s*)?{QK}\s*,\s*[\x22']([^\x22'\\\s]{6,512})[\x22']\s*,?\s*\)"),
        captured("\",\n", r"(?m)^[ \t]*{QK},\n\s*[\x22']([^\x22'\\\s]{6,512})[\x22'],?\n\s*\)"),
        // The value on the next line, in brackets or behind a backslash.
        captured("=\n", r"\b{K}[ \t]*=\n\s*{QUOTED}"),
        captured("(\n", r"\b{K}[ \t]*(?:=[ \t]*)?\(\n\s*{QUOTED}"),
        captured("\\\n", r"\b{K}[ \t]*=[ \t]*\\\n\s*{QUOTED}"),
        // Lisp's and Erlang's pairs, Gradle's settings, templates' parameters, Terraform's variables.
        captured(":", r"[{ \t(]:{K}[ \t]+{QUOTED}"),
        captured(", <<", r"\{[ \t]*{K}[ \t]*,[ \t]*<<{QUOTED}>>"),
        captured("(", r"\((?:setf|setq|def|defvar|defparameter|defonce)[ \t]+\*?{K}\*?[ \t]+{QUOTED}"),
        captured("assword", r"(?m)^[ \t]*{K}[ \t]+{QUOTED}[ \t]*$"),
        captured("value", r"{QK}\s*:\s*\{\s*[\x22']value[\x22']\s*:\s*{QUOTED}"),
        captured("variable", r"\bvariable[ \t]+{QK}\s*\{[^{}]*?\bdefault[ \t]*=[ \t]*{QUOTED}"),
        // What a call takes as a key, whatever it is called.
        always("jwt", r"\bjwt\.(?:sign|verify|encode|decode)\([^,\n(){}]+,\s*b?{QUOTED}"),
        always(
            "mac",
            r"(?i)\b(?:hmacShaKeyFor|SecretKeySpec|hmac\.new|createHmac\([^,\n]+,|HMACSHA\d+)\(?\s*b?{QUOTED}",
        ),
        always("SecurityKey", r"SecurityKey\(\s*(?:[\w.]+\()?{QUOTED}"),
        always("auth", r"\bauth\s*=\s*\(\s*[\x22'][^\x22'\n]+[\x22'],\s*{QUOTED}"),
        captured("</key>", r"<key>{K}</key>\s*<string>([^<\n]+)</string>"),
        captured("<string name=", r"<string name=\x22{K}\x22>([^<\n]+)</string>"),
    ])
});

/// What a program's text assigns.
pub(super) fn programs(text: &str) -> Vec<Said<'_>> {
    found(&PROGRAMS, text)
}

/// Every assignment of these writings, kind after kind.
pub(super) fn said(text: &str) -> Vec<Said<'_>> {
    [&CODE, &SHELLS, &OTHERS, &PAIRS].into_iter().flat_map(|writings| found(writings, text)).collect()
}

/// `name: K` with `value: v` beside or below it, as manifests have them.
pub(super) fn pairs(text: &str) -> Vec<Said<'_>> {
    found(&PAIRS, text)
}

fn found<'t>(writings: &[Writing], text: &'t str) -> Vec<Said<'t>> {
    let mut all = Vec::new();
    for (_, named, shape) in writings.iter().filter(|(word, ..)| text.contains(word)) {
        for found in shape.get().captures_iter(text) {
            let groups: Vec<_> = found.iter().skip(1).flatten().collect();
            let mut groups = groups.into_iter();
            let name = match named {
                Named::Always(name) => name,
                Named::Captured | Named::Documented => groups.next().map_or("", |name| name.as_str()),
                Named::Behind => groups.next_back().map_or("", |name| name.as_str()),
            };
            let Some(value) = groups.next() else { continue };
            let stands_in = matches!(named, Named::Documented)
                && (placeholders::whole(name, value.as_str()) || value.as_str().starts_with(['\\', '&']));
            if !stands_in && !values::template(value.as_str()) {
                all.push(Said { name: name.to_owned(), value: value.as_str(), span: value.range() });
            }
        }
    }
    all
}
