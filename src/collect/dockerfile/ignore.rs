//! A `.dockerignore` file by the builder's own rules.
//!
//! In: its text, and paths inside the context. Out: whether a path stays out. The last pattern that matches
//! a path or one of its parents decides; `!` takes back in. A pattern without `**` starts at the root.

use regex::Regex;

/// The patterns, in order.
#[derive(Default)]
pub(super) struct Ignore {
    patterns: Vec<(Regex, bool)>,
    /// Lines that are no valid pattern; a builder refuses the whole file.
    pub(super) broken: usize,
}

impl Ignore {
    /// Reads an ignore file.
    pub(super) fn parse(text: &str) -> Self {
        let mut ignore = Self::default();
        for line in text.strip_prefix('\u{feff}').unwrap_or(text).lines() {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let line = line.trim();
            let (line, back) = line.strip_prefix('!').map_or((line, false), |rest| (rest.trim(), true));
            let pattern = clean(line);
            if pattern.is_empty() {
                continue; // `.` and `/` name the context itself, which no pattern keeps out
            }
            match Regex::new(&expression(&pattern)) {
                Ok(regex) => ignore.patterns.push((regex, back)),
                Err(_) => ignore.broken += 1,
            }
        }
        ignore
    }

    /// Whether a directory stays out with all that is in it: nothing is taken back in.
    pub(super) fn excludes_below(&self, directory: &str) -> bool {
        self.patterns.iter().all(|(_, back)| !back) && self.excludes(directory)
    }

    /// Whether a path (with `/`, relative to the context) stays out of the context.
    pub(super) fn excludes(&self, path: &str) -> bool {
        let ends: Vec<usize> = path.match_indices('/').map(|(at, _)| at).chain([path.len()]).collect();
        let mut out = false;
        for (regex, back) in &self.patterns {
            if out == *back && ends.iter().any(|end| regex.is_match(&path[..*end])) {
                out = !back;
            }
        }
        out
    }
}

/// The lexical cleaning that builders apply: `./a/../b/` is `b`, a leading slash counts for nothing.
fn clean(pattern: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in pattern.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if pattern.starts_with('/') => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// `**/` is any number of directories, `**` at the end everything below, `*` and `?` stay in one name.
fn expression(pattern: &str) -> String {
    let mut out = String::from("(?s)^");
    let chars: Vec<char> = pattern.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        match chars[at] {
            '*' if chars.get(at + 1) == Some(&'*') => {
                at += 1;
                while chars.get(at + 1) == Some(&'*') {
                    at += 1;
                }
                if chars.get(at + 1) == Some(&'/') {
                    at += 1;
                    out.push_str("(.*/)?");
                } else {
                    out.push_str(".*");
                }
            }
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '[' | ']' => out.push(chars[at]),
            '^' if at > 0 && chars[at - 1] == '[' => out.push('^'),
            '\\' if at + 1 < chars.len() => {
                at += 1;
                out.push_str(&regex::escape(&chars[at].to_string()));
            }
            '-' => out.push('-'),
            c => out.push_str(&regex::escape(&c.to_string())),
        }
        at += 1;
    }
    out.push('$');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out(text: &str, path: &str) -> bool {
        Ignore::parse(text).excludes(path)
    }

    #[test]
    fn a_pattern_without_stars_starts_at_the_root() {
        assert!(out(".env\n", ".env"));
        assert!(!out(".env\n", "services/api/.env"));
        assert!(out("**/.env\n", ".env") && out("**/.env\n", "a/b/.env"));
        assert!(out("**.env\n", "a/b/prod.env"));
        assert!(!out("*.env\n", "a/prod.env") && out("*.env\n", "prod.env"));
        assert!(out("*/.env", "a/.env") && !out("*/.env", "a/b/.env"));
    }

    #[test]
    fn the_last_matching_line_decides() {
        assert!(!out("**/.env*\n!.env\n", ".env"));
        assert!(out("**/.env*\n!.env.example\n", ".env"));
        assert!(out("!.env\n**/.env\n", ".env"));
        assert!(!out("*\n!src\n", "src/.env"));
        assert!(out("*\n!src\n**/.env\n", "src/.env"));
    }

    #[test]
    fn parents_slashes_and_comments_are_understood() {
        assert!(out("/config/\n", "config/deep/.env"));
        assert!(out("./config/../secret\n", "secret/.env"));
        assert!(!out("#.env\n", ".env"));
        assert!(out("  .env  \n", ".env"));
        assert!(out("a?c/[x-z]*\n", "abc/y.env") && !out("a?c/[^x-z]*\n", "abc/y.env"));
        assert!(out("\\.env\n", ".env") && !out(".env\n", "xenv"));
        assert!(out("**\n", "a/b") && out("*\n", "a/b"));
        assert_eq!(Ignore::parse("[\n").broken, 1);
    }
}
