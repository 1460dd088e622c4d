//! Template expressions inside command lines, made so that cutting into words leaves them whole.
//!
//! Knows brackets of template languages. A text keeps its length, so that places in it stay what they are.

use super::values::pattern;
use regex::{Captures, Regex};
use std::borrow::Cow;
use std::sync::LazyLock;

/// What others fill in before anything runs, what is locked, what nobody filled in, and what asks for a value.
static EXPRESSION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(\$\{\{[^{}\n]{1,200}\}\}|\{\{ ?resolve:[^{}\n]{1,200}\}\}|[#%~]\{[A-Za-z_][\w.:]{0,80}\}|\(\( ?[A-Za-z_!][\w./ :-]{0,80}\)\)|",
        r"\$?\{[A-Z][A-Z0-9_]{1,80}\}|\bENC\([\w+/=-]{8,200}\))",
        r"|(\{\{[^{}\n]{1,200}\}\}|<%[^%\n]{1,200}%>|<no value>|<nil>)",
        r"|(<[A-Za-z][\w.-]{2,60}( [\w.-]{1,30}){0,5}>)",
    ))
});

/// The text with every expression as one word of the same length and meaning.
pub(super) fn whole_words(text: &str) -> Cow<'_, str> {
    if !text.contains(['{', '<']) && !text.contains("((") && !text.contains("ENC(") {
        return Cow::Borrowed(text);
    }
    // Between tags, `<password>` is none.
    let tags = text.contains("</") || text.contains("<<");
    EXPRESSION.replace_all(text, |found: &Captures| {
        let whole = found.get(0).map_or("", |whole| whole.as_str());
        let length = whole.len();
        if found.get(1).is_some() {
            format!("${{{}}}", "X".repeat(length.saturating_sub(3)))
        } else if found.get(2).is_some() {
            format!("{:_>length$}", "null")
        } else if tags {
            whole.to_owned()
        } else {
            "x".repeat(length)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_keeps_its_length_and_becomes_one_word() {
        for text in [
            "--password {{ .Values.db.password }} --verbose",
            "-Dpassword=${{ secrets.DB_PASSWORD }} -server",
            "machine x login a password <your password>",
            "-p <no value> -u <%= @user %>",
            "-e A=#{ApiKey} -e B=%{B} -e C=((db_password)) -e D={DB_PASSWORD}",
        ] {
            let whole = whole_words(text);
            assert_eq!(whole.len(), text.len(), "{text}");
            assert!(!whole.contains("{{") && !whole.contains("((") && !whole.contains('<'), "{whole}");
        }
        for text in ["echo ${A} > b", "a <b> c</b>", "cat <<EOF", "if ((1)); then", "{\"a\": 1}", "x <in y"] {
            assert_eq!(whole_words(text), text);
        }
    }
}
