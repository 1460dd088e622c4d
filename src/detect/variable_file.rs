//! Files that hold one variable each, as envdir and mounted secrets have them: the variable's name is the file's.
//!
//! In: a file's name and its bytes. Out: the one value, judged under that name. A file with an environment
//! file's own grammar is [`super::text`]'s as well; both readings count.

use super::names::{self, Promise};
use super::{Context, Detector, Scan, Spotted, dotenv, encoding, wrap};

/// Endings of code and documents: `token.py` in a virtual environment is no variable.
const CODE: [&str; 42] = [
    "py", "pyc", "pyi", "pyx", "pxd", "so", "a", "o", "dll", "dylib", "exe", "c", "h", "hpp", "cc", "cpp", "rs", "go",
    "js", "mjs", "cjs", "ts", "tsx", "jsx", "map", "java", "class", "jar", "rb", "php", "sh", "html", "css", "md",
    "rst", "json", "yaml", "yml", "toml", "cfg", "ini", "xml",
];

/// Endings of files that hold nothing but one value.
const BARE: [&str; 12] =
    ["", "txt", "key", "pass", "password", "passwd", "secret", "token", "jwt", "pwd", "pin", "creds"];
/// No such value is longer.
const LONGEST: usize = 512;

/// Whether a file's name and form say that it is one secret value, wherever it lies: `master.key`, `db_password.txt`,
/// `.vault_pass`.
pub(super) fn is_bare(file_name: &str, bytes: &[u8]) -> bool {
    let name = file_name.trim_start_matches('.');
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let speaks = |name: &str| matches!(names::promise(name), Promise::Secret | Promise::Weak | Promise::Mentions);
    let line = bytes.trim_ascii();
    (8..=LONGEST).contains(&line.len())
        && line.iter().all(u8::is_ascii_graphic)
        && BARE.contains(&ending.to_ascii_lowercase().as_str())
        && (speaks(stem) || !ending.is_empty() && speaks(&format!("{stem}_{ending}")))
}

/// The value that the file holds; `None` if it is no such file.
pub(super) fn scan(detector: &Detector, file_name: &str, bytes: &[u8]) -> Option<Scan> {
    let (stem, ending) = file_name.rsplit_once('.').unwrap_or((file_name, ""));
    if CODE.contains(&ending.to_ascii_lowercase().as_str()) {
        return None;
    }
    let decoded = encoding::decode(bytes);
    let text = decoded.text.trim();
    let both = format!("{}_{ending}", stem.trim_start_matches('.'));
    let telling = [file_name, stem, &both].into_iter().find(|name| tells(detector, name));
    let one = |judgement| {
        let variable = Some(detector.variable(&wrap(file_name.as_bytes()), 1));
        let spotted = vec![Spotted { variable, line: 1, commented: false, judgement }];
        Some(Scan { spotted, lines: 1, encoding: decoded.encoding, determined: decoded.determined })
    };
    match telling {
        // Raw bytes may be the key itself: nobody can say.
        Some(name) if matches!(decoded.encoding, "binary" | "git-crypt") => {
            one(detector.judge_bytes(name.as_bytes(), bytes, Context::Env))
        }
        Some(name) => one(detector.judge_text(name, value(text)?, Context::Env)),
        None if decoded.determined && !text.is_empty() && !text.contains(char::is_whitespace) => {
            one(detector.judge_text(file_name, text, Context::Env))
        }
        None => None,
    }
}

fn tells(detector: &Detector, name: &str) -> bool {
    names::is_declared(&detector.declared, name) || names::promise(name) == Promise::Secret
}

/// The value itself: one line, a key of several lines, or as envdir reads it the first line.
fn value(text: &str) -> Option<&str> {
    if text.is_empty() || text.starts_with("#!") || (text.contains('\n') && dotenv::shape(text)) {
        return None;
    }
    if text.contains("-----BEGIN") { Some(text) } else { text.lines().next() }
}

#[cfg(test)]
mod tests {
    use super::super::traps::{detector, hex};
    use super::*;
    use crate::evidence::Class;

    fn class(name: &str, content: &str) -> Option<Class> {
        scan(&detector(), name, content.as_bytes())?.spotted.first().map(|spotted| spotted.judgement.class)
    }

    #[test]
    fn a_bare_value_counts_under_the_file_s_name() {
        let key = hex(64);
        assert_eq!(class("master.key", &hex(32)), Some(Class::Plaintext));
        for name in ["JWT_SECRET_KEY", "jwt-secret-key", "jwt.key", "jwt_secret_key.txt", "password.bak"] {
            assert_eq!(class(name, &format!("{key}\n")), Some(Class::Plaintext), "{name}");
            assert_eq!(class(name, &format!("{key}\n\nsecond line\n")), Some(Class::Plaintext), "{name}");
        }
        assert_eq!(class("GREETING", &key), Some(Class::Open), "random under a neutral name is for review");
    }

    #[test]
    fn a_file_with_one_value_is_known_by_its_name_and_form() {
        for name in
            ["master.key", "password.txt", "db_password.txt", ".vault_pass", "jwt.key", "api_token", "secret.key"]
        {
            assert!(is_bare(name, format!("{}\n", hex(32)).as_bytes()), "{name}");
        }
        assert!(!is_bare("passwd", b"root:x:0:0:root:/root:/bin/sh\nbin:x:1:1:bin:/bin:/bin/false\n"));
        assert!(!is_bare("secret.py", hex(32).as_bytes()) && !is_bare("README.txt", b"something"));
        assert!(!is_bare("token.txt", b"two words") && !is_bare("token", &[0x7f, b'E', b'L', b'F', 0, 1, 2, 3, 4]));
    }

    #[test]
    fn programs_and_harmless_values_are_none() {
        let key = hex(64);
        assert_eq!(class("token.py", &key), None);
        assert_eq!(class("jwt", "#!/opt/app/bin/python\nimport sys\n"), None);
        assert_eq!(class("JWT_SECRET_KEY", " \n"), None);
        assert_eq!(class("README", "some words about it"), None);
        assert_eq!(class("JWT_SECRET_KEY", "${JWT_SECRET_KEY}"), Some(Class::Reference));
        assert!(class("PORT", "8000").is_some_and(|class| class < Class::Open));
    }
}
