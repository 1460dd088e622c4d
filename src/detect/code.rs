//! What programs write where settings have values: calls, types, versions.
//!
//! In: a name and a value as they stood in a text of any kind. Out: whether a program computes the value. A file of
//! settings never asks: there `hunter(2)` is a password.

use super::names::{self, Promise};
use super::values;
use regex::Regex;
use std::sync::LazyLock;

/// Whether this is an expression or a type, and no value. Names in capitals are those of the environment:
/// what stands under them is judged as it is. Of a value the words behind its first closing bracket may be missing.
pub(super) fn computed(name: &str, value: &str) -> bool {
    static SHAPE: LazyLock<Regex> = LazyLock::new(|| {
        values::pattern(concat!(
            // `base64::encode(key`, and what `Token::Plaintext` leaves of itself.
            r"^:[A-Za-z_]|^[&*!(]*[A-Za-z_]\w*(<[\w&, ]*>?)?(\.[a-z_]\w*)*::",
            // `self.get_file_path(&home`, `try!(…`, `token?.into(`
            r"|^[&*!(]*[A-Za-z_]\w*\??((\.\w+)+|!)\(",
            // `prompt(key)`
            r"|^[a-z_]\w*\(.*\)[;,?{]*$",
            // `Option<&str>,`, `*const gchar,`, `&self.inner)`
            r"|^[&*!(]*[A-Z]\w*<[^>]*>*[,;)?]*$|^[&*][A-Za-z_][\w.]*( \w+)?[,;)]*(\.\w+\(.*)?$",
            // `argv[3];`, `data[0]`
            r"|^[a-z_]\w*\[\w*\]?[,;)]*$",
            // `--token or from stdin`
            r"|^[a-z]{1,3}$",
            // Ruby: `@token`, `$stdin.gets.strip`, `def password=(password)`; Perl and PHP: `$o->{clock};`
            r"|^[@$][a-z_]\w*((\.|\[|->).*)?$|^\([a-z_]\w*\)?$",
            // `request.headers["Authorization"]`, `BigDecimal(0)`, `masked_token[LENGTH..-1]`
            r"|^[a-z_]\w*(\.\w+)+\[|^[A-Z]\w*\([^)]*\)?$|^[a-z_]\w*\[[A-Z][\w.-]*\]?$",
            // `token = /(a|b)+/u`, `keys="$(gpg --keyring "$ring")"`
            r"|^/.*/[a-z]{0,3}[,;]?$|^\$\([^()]*$",
        ))
    });
    // What starts a test's dice is no key.
    let dice = name.eq_ignore_ascii_case("seed") && value.len() < 12 && value.bytes().all(|b| b.is_ascii_digit());
    dice || !in_capitals(name) && SHAPE.is_match(value)
}

/// Whether what looks like a password in a source or a document is one: in quotes, or under a name of the environment,
/// and made of more than words, unless the name asks for a password by that word.
pub(super) fn meant(name: &str, value: &str, quoted: bool) -> bool {
    static PUT_TOGETHER: LazyLock<Regex> = LazyLock::new(|| {
        values::pattern(concat!(
            // Templates, patterns, colours, calls and places.
            r"[{<][^{}<>]*[}>]|%[sdvr(]|\\|\[dwsSnt]|\[[^\]]*\]|\(\?|[.)\]][*+]|^#[0-9a-fA-F]{3,8}$|^[A-Za-z_][\w.]*\([\w., '\x22]*\)$|^[.~]?/|^0x[0-9a-fA-F]{1,8}[uUlL]*$",
            // `self.token`, `sha256`, `com.example`
            r"|^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$",
        ))
    });
    if value.contains(char::is_whitespace) || PUT_TOGETHER.is_match(value) {
        return false;
    }
    let asks = names::speaks_of(name, &["PASSWORD", "PASSWD", "PASSPHRASE", "PWD", "PASS"]);
    // `v2`, `oauth2`, `sha256`, `tokenV1`
    let word = value
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .bytes()
        .all(|b| b.is_ascii_alphabetic() || b"_-.:".contains(&b));
    let mixed = values::password_like(value) && (asks || !word);
    let plain = || {
        let letters = value.bytes().all(|b| b.is_ascii_alphabetic());
        asks && value.len() >= 6 && letters && names::promise(value) == Promise::Neutral
    };
    if quoted {
        mixed || plain()
    } else {
        in_capitals(name) && mixed && !value.contains(['"', '\'', '(', '[', ',', '\\', '.'])
    }
}

/// Whether a name is written as those of the environment are.
pub(super) fn in_capitals(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// What is no value in quotes either: a version, or text that is put together from other values.
pub(super) fn put_together(value: &str) -> bool {
    static SHAPE: LazyLock<Regex> = LazyLock::new(|| {
        values::pattern(concat!(
            // `0.12.1`
            r"^\$[\d@*#?]$|^[\^~=v]?\d{1,3}(\.\d{1,3}){1,2}([-+][0-9A-Za-z.]+)?[,;]?$",
            // `"{token}"`, `"#{config[:password]}"`
            r#"|^\{\w*\}["']*$|^[^#]{0,64}#\{[A-Za-z_@:.\[\]]+"#,
        ))
    });
    SHAPE.is_match(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_computes_is_no_value() {
        for value in [
            "base64::encode(key);",
            "String::from_utf8(pass.as_ref().to_vec()).map_err(Box::new)?;",
            "Token::Plaintext(format!(",
            "self.get_file_path(&home_path,",
            "try!(self.token.as_ref().ok_or(Error::TokenMissing)).as_slice();",
            "Option<&str>,",
            "Secret<AsymmetricSecretKey<version3::V3>>",
            "*const",
            "&self.inner)",
            "*token_guard",
            "argv[3];",
            "rpassword::prompt_password(format!(",
            ":Plaintext(format!({prefix}sekrit",
            "data[0",
            "0.12.1",
            "load_credentials(&home_path)?;",
            "@token",
            "$stdin.gets.strip",
            "$o->{clock};",
            "(password",
            "#{mysql_config[:password]}",
            "request.headers[Authorization",
            "BigDecimal(0)",
        ] {
            assert!(computed("token", value) || put_together(value), "{value}");
        }
    }

    #[test]
    fn a_value_stays_a_value() {
        for value in
            ["hunter(2", "Tr0ub4dor&3", "*hunter2*!", "correct-horse-battery", "p@ss(word", "sekrit", "a1b2c3d4"]
        {
            assert!(!computed("password", value) && !put_together(value), "{value}");
        }
        assert!(!computed("DB_PASSWORD", "hunter(2)"));
        assert!(!computed("JWT_SECRET_KEY", "0.12.1"));
        assert!(computed("SEED", "15002") && !computed("DB_PASSWORD", "15002"));
    }
}
