//! A Dockerfile as instructions: escape directive, comments, continuations, heredocs. Not a collector.
//!
//! In: the text. Out: instructions with their lines. It judges nothing and knows no value.

pub(in crate::collect) mod words;

use zeroize::Zeroizing;

/// One instruction.
pub(in crate::collect) struct Instruction {
    /// The line it starts on, from 1.
    pub(in crate::collect) line: u32,
    /// Its word in capitals; one of [`KNOWN`], or [`COMMENT`].
    pub(in crate::collect) word: &'static str,
    /// Everything behind the word, continuations joined. It may hold a secret.
    pub(in crate::collect) text: Zeroizing<String>,
    /// The bodies of its heredocs.
    pub(in crate::collect) heredocs: Vec<Zeroizing<String>>,
    /// The character that continues lines and escapes.
    pub(in crate::collect) escape: char,
}

/// The word of comments.
pub(in crate::collect) const COMMENT: &str = "comment";

/// Every instruction of the Dockerfile reference.
const KNOWN: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// The instructions alone.
#[cfg(test)]
pub(in crate::collect) fn parse(text: &str) -> Vec<Instruction> {
    with_comments(text).0
}

/// Parses a Dockerfile: the instructions, and the comments between and in them. Other lines are left out.
pub(in crate::collect) fn with_comments(text: &str) -> (Vec<Instruction>, Vec<Instruction>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let escape = escape_directive(text);
    let mut lines = (1_u32..).zip(text.lines());
    let (mut instructions, mut comments) = (Vec::new(), Vec::new());
    let comment = |line: u32, text: &str| Instruction {
        line,
        word: COMMENT,
        text: Zeroizing::new(text.trim_start().trim_start_matches('#').trim().to_owned()),
        heredocs: Vec::new(),
        escape,
    };
    while let Some((line, first)) = lines.next() {
        if is_comment(first) {
            comments.push(comment(line, first));
            continue;
        }
        if first.trim().is_empty() {
            continue;
        }
        let mut whole = Zeroizing::new(String::new());
        let mut part = first;
        // Comments and empty lines between continued lines are dropped.
        while let Some(open) = continued(part, escape) {
            whole.push_str(open);
            let next = lines.find(|(line, next)| {
                if is_comment(next) {
                    comments.push(comment(*line, next));
                }
                !is_comment(next) && !next.trim().is_empty()
            });
            match next {
                Some((_, next)) => part = next,
                None => part = "",
            }
        }
        whole.push_str(part);
        let Some(mut instruction) = instruction(line, whole.trim(), escape) else { continue };
        for end in heredocs(&instruction) {
            let mut body = Zeroizing::new(String::new());
            for (_, inside) in lines.by_ref() {
                if inside.trim_start_matches('\t') == end {
                    break;
                }
                body.push_str(inside);
                body.push('\n');
            }
            instruction.heredocs.push(body);
        }
        instructions.push(instruction);
    }
    (instructions, comments)
}

/// Reads one instruction's words; also what stands behind `ONBUILD`.
pub(in crate::collect) fn instruction(line: u32, text: &str, escape: char) -> Option<Instruction> {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let word = KNOWN.iter().find(|known| word.eq_ignore_ascii_case(known))?;
    let text = Zeroizing::new(rest.trim().to_owned());
    Some(Instruction { line, word, text, heredocs: Vec::new(), escape })
}

/// What stands behind `ONBUILD`, with the heredocs. Docker refuses it twice; a file can still hold thousands.
pub(in crate::collect) fn behind_onbuild(outer: &Instruction) -> Option<Instruction> {
    let mut rest = outer.text.as_str();
    while let Some((word, inner)) = rest.split_once(char::is_whitespace) {
        if !word.eq_ignore_ascii_case("ONBUILD") {
            break;
        }
        rest = inner.trim_start();
    }
    let inner = instruction(outer.line, rest, outer.escape).filter(|inner| inner.word != "ONBUILD")?;
    Some(Instruction { heredocs: outer.heredocs.clone(), ..inner })
}

/// `# escape=` counts among the directives that the file begins with only.
fn escape_directive(text: &str) -> char {
    for line in text.lines() {
        let Some(directive) = line.trim().strip_prefix('#') else { break };
        let Some((key, value)) = directive.split_once('=') else { break };
        if key.trim().eq_ignore_ascii_case("escape") {
            return if value.trim() == "`" { '`' } else { '\\' };
        }
        if key.trim().contains(char::is_whitespace) {
            break;
        }
    }
    '\\'
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

fn continued(line: &str, escape: char) -> Option<&str> {
    line.trim_end().strip_suffix(escape)
}

/// The words that end the heredocs an instruction opens: `<<EOF`, `<<-EOF`, `<<"EOF"`.
fn heredocs(instruction: &Instruction) -> Vec<String> {
    if !matches!(instruction.word, "RUN" | "COPY" | "ADD") && !instruction.text.contains("<<") {
        return Vec::new();
    }
    let mut ends = Vec::new();
    let mut rest = instruction.text.as_str();
    while let Some(at) = rest.find("<<") {
        rest = &rest[at + 2..];
        if let Some(here_string) = rest.strip_prefix('<') {
            rest = here_string;
            continue;
        }
        let word = rest.strip_prefix('-').unwrap_or(rest).trim_start_matches(['"', '\'']);
        let end: String = word.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        if end.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            ends.push(end);
        }
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continuations_skip_comments_and_empty_lines() {
        let parsed = parse("FROM a\nRUN one \\\n# a comment\n\n  two\nenv A=1\n");
        let shown: Vec<_> = parsed.iter().map(|i| (i.line, i.word, i.text.as_str())).collect();
        assert_eq!(shown, [(1, "FROM", "a"), (2, "RUN", "one   two"), (6, "ENV", "A=1")]);
    }

    #[test]
    fn the_escape_directive_counts_at_the_top_only() {
        let parsed = parse("# syntax=docker/dockerfile:1\n# escape=`\nFROM a\nRUN c:\\`\n b\n");
        assert_eq!(parsed[1].text.as_str(), "c:\\ b");
        let late = parse("FROM a\n# escape=`\nRUN a \\\n b\n");
        assert_eq!(late[1].text.as_str(), "a  b");
    }

    #[test]
    fn heredocs_are_bodies_and_not_instructions() {
        let parsed = parse("FROM a\nCOPY <<EOF /app/.env\nENV A=1\nEOF\nRUN <<-'X' <<Y\n1\n\tX\n2\nY\nUSER b\n");
        let words: Vec<_> = parsed.iter().map(|i| i.word).collect();
        assert_eq!(words, ["FROM", "COPY", "RUN", "USER"]);
        assert_eq!(parsed[1].heredocs[0].as_str(), "ENV A=1\n");
        assert_eq!(parsed[2].heredocs.len(), 2);
        assert_eq!(parse("FROM a\nRUN cat <<< x\nUSER b\n").len(), 3);
        assert_eq!(parse("FROM a\nRUN echo $((1<<2))\nUSER b\n").len(), 3);
    }
}
