//! Which files are programs' sources, documents or translations, in which a name and a word are no setting.
//!
//! In: a path and how the content begins. Out: yes or no. Settings, scripts of shells, data and whatever nobody knows are
//! none: there every guess is told.

/// Endings of sources, in which every literal text stands in quotes, and of documents.
const ENDINGS: &str = "py pyi pyx pxd pyw c h cc cpp cxx hpp hh hxx inl rs go js mjs cjs jsx ts tsx mts cts vue svelte map \
    java kt kts scala groovy clj cljs cljc cs fs vb rb erb rake gemspec php phtml pl pm t lua r jl m mm swift dart hs lhs ml \
    mli ex exs erl hrl el lisp scm vim tcl d nim zig v sv asm s proto thrift graphql \
    html htm xhtml shtml css scss sass less svg md markdown mdx rst adoc asciidoc texi texinfo info tex latex rtf po pot pod";

/// Directories of documents and of what shells complete, whatever the files in them are called.
const DOCUMENTS: [&str; 9] =
    ["doc", "docs", "man", "man1", "man5", "man8", "licenses", "completions", "vendor-completions"];
/// Directories of translations.
const TRANSLATIONS: [&str; 10] =
    ["locale", "locales", "_locales", "i18n", "l10n", "lang", "langs", "languages", "translations", "messages"];
/// Names of documents, with any ending or none.
const TITLES: [&str; 9] =
    ["readme", "news", "changes", "changelog", "history", "copying", "license", "authors", "todo"];
/// Interpreters of sources without an ending.
const INTERPRETERS: [&str; 6] = ["python", "perl", "ruby", "node", "php", "lua"];

/// Whether this is a source, a document or a translation.
pub(crate) fn program(path: &str, head: &[u8]) -> bool {
    let path = path.trim_end_matches(['/', '!']).to_ascii_lowercase();
    let path = path.strip_suffix(".gz").unwrap_or(&path);
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let within = |any: &[&str]| folder.split(['/', '!']).any(|part| any.contains(&part));
    let page = ending.len() == 1 && ending.bytes().all(|b| b.is_ascii_digit());
    let prose = page || matches!(ending, "" | "txt" | "text");
    let translated = matches!(ending, "json" | "yml" | "yaml" | "properties" | "xml" | "strings" | "js");
    let example = ending == "json"
        && (within(&["examples", "samples"]) || ["example", "sample"].iter().any(|word| stem.starts_with(word)));
    example
        || !stem.is_empty() && ENDINGS.split_whitespace().any(|known| known == ending)
        || prose && within(&DOCUMENTS)
        || matches!(ending, "" | "txt" | "debian") && TITLES.iter().any(|title| stem.starts_with(title))
        || translated && (within(&TRANSLATIONS) || language(stem))
        || interpreted(head)
}

/// `de`, `pt_BR`, `messages_fr`: a language's code alone, or behind what is translated.
fn language(stem: &str) -> bool {
    let code = stem.strip_prefix("messages_").unwrap_or(stem);
    let parts: Vec<&str> = code.split(['_', '-']).collect();
    let short = |part: &&str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_lowercase());
    // `db.json` and `ci.yml` are settings.
    matches!(parts.len(), 1 | 2)
        && parts.iter().all(short)
        && !matches!(code, "db" | "ci" | "qa" | "my" | "cd" | "k8" | "pg")
}

fn interpreted(head: &[u8]) -> bool {
    let Some(rest) = head.strip_prefix(b"#!") else { return false };
    let line = String::from_utf8_lossy(rest.split(|b| *b == b'\n').next().unwrap_or(rest)).into_owned();
    line.split(['/', ' ']).any(|word| INTERPRETERS.iter().any(|known| word.starts_with(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_documents_and_translations_are_known() {
        for path in [
            "app/main.py",
            "app.jar!/Main.java",
            "x/index.min.js",
            "usr/share/doc/gnupg/NEWS.gz!",
            "usr/share/doc/x/examples/readme",
            "README",
            "CHANGELOG.txt",
            "usr/share/man/man1/x.1",
            "usr/share/doc/gnupg/changelog.Debian.gz!/changelog.Debian",
            "src/locales/en.json",
            "i18n/pt_BR.json",
            "web/de.json",
        ] {
            assert!(program(path, b""), "{path}");
        }
        assert!(program("usr/bin/tool", b"#!/usr/bin/env python3\n") && program("bin/x", b"#!/usr/bin/perl -w\n"));
    }

    #[test]
    fn settings_scripts_and_the_unknown_are_none() {
        for path in [
            "app/config.json",
            "config/db.json",
            "docker-compose.yml",
            "app.properties",
            "x.sh",
            "x.conf",
            "x.tf",
            "web.xml",
            "init.sql",
            "password.txt",
            "var/log/app.log.1",
            "Dockerfile",
            ".npmrc",
            "etc/passwd",
            ".github/workflows/ci.yml",
            "x.ipynb",
            "x.pyc",
        ] {
            assert!(!program(path, b""), "{path}");
        }
        assert!(!program("entrypoint", b"#!/bin/sh\n"));
    }
}
