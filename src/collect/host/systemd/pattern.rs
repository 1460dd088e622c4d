//! Patterns of file names, as `EnvironmentFile=` has them: `*` and `?`.
//!
//! In: a pattern and a name. Out: yes or no, in steps no more than their lengths multiplied.

/// Whether a name fits. A leading dot must be written.
pub(super) fn fits(pattern: &[u8], name: &[u8]) -> bool {
    if name.first() == Some(&b'.') && pattern.first() != Some(&b'.') {
        return false;
    }
    let (mut at, mut of) = (0, 0);
    // Only the last star has to take more: whatever fits behind an earlier one fits behind the last as well.
    let mut star: Option<(usize, usize)> = None;
    while of < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at + 1, of));
                at += 1;
            }
            Some(b) if *b == b'?' || *b == name[of] => {
                at += 1;
                of += 1;
            }
            _ => {
                let Some((after, taken)) = star else { return false };
                star = Some((after, taken + 1));
                (at, of) = (after, taken + 1);
            }
        }
    }
    pattern[at..].iter().all(|b| *b == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_are_read_as_a_shell_does() {
        for (pattern, name) in
            [("*.conf", "a.conf"), ("*", "x"), ("a?c", "abc"), ("**", ""), ("*a*b", "aab"), (".*", ".x")]
        {
            assert!(fits(pattern.as_bytes(), name.as_bytes()), "{pattern} {name}");
        }
        for (pattern, name) in [("*.conf", "a.txt"), ("*", ".x"), ("a?", "a"), ("a*b", "abc"), ("", "x"), ("?", "")] {
            assert!(!fits(pattern.as_bytes(), name.as_bytes()), "{pattern} {name}");
        }
    }

    #[test]
    fn many_stars_take_no_longer_than_their_number() {
        let (pattern, name) = ("*a".repeat(2000) + "b", "a".repeat(4000));
        assert!(!fits(pattern.as_bytes(), name.as_bytes()));
    }
}
