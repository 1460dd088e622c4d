//! Command-line tools whose flags carry a password without saying so.
//!
//! Knows one table, `tables/tools.txt`; what the value is, others decide.

use std::sync::LazyLock;

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// A password as the next word.
    Password,
    /// `user:password` as the next word.
    Login,
    /// `user%password` as the next word.
    Percent,
    /// A password in the same word: `-psecret`.
    Glued,
}

static TOOLS: LazyLock<Vec<(Vec<&str>, &str, Takes)>> = LazyLock::new(|| {
    let rows = include_str!("tables/tools.txt").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| {
        let mut parts = row.split(' ');
        let (programs, flag, takes) = (parts.next()?, parts.next()?, parts.next()?);
        let takes = match takes {
            "password" => Takes::Password,
            "login" => Takes::Login,
            "percent" => Takes::Percent,
            _ => Takes::Glued,
        };
        Some((programs.split(',').collect(), flag, takes))
    })
    .collect()
});

/// What this flag of this program takes, if it takes a password.
pub(super) fn takes(program: &str, flag: &str) -> Option<Takes> {
    // `curl -fsSu name:password`: the last letter of a bundle takes the value.
    let bundle = program == "curl" && flag.len() > 2 && !flag.starts_with("--") && flag.ends_with('u');
    let flag = if bundle { "-u" } else { flag };
    let found = TOOLS
        .iter()
        .find(|(programs, known, takes)| *takes != Takes::Glued && *known == flag && programs.contains(&program));
    found.map(|(_, _, takes)| *takes)
}

/// The password that stands in one word with its flag.
pub(super) fn glued<'a>(program: &str, word: &'a str) -> Option<&'a str> {
    let rows = TOOLS.iter().filter(|(programs, _, takes)| *takes == Takes::Glued && programs.contains(&program));
    rows.filter_map(|(_, flag, _)| word.strip_prefix(flag)).find(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_of_tools_are_known_with_what_they_take() {
        assert_eq!(takes("redis-cli", "-a"), Some(Takes::Password));
        assert_eq!(takes("curl", "-fsSu"), Some(Takes::Login));
        assert_eq!(takes("smbclient", "-U"), Some(Takes::Percent));
        assert_eq!(takes("mysql", "-p"), None);
        assert_eq!(glued("mysqldump", "-phunter2"), Some("hunter2"));
        assert_eq!(glued("psql", "-p5432"), None);
        assert!(include_str!("tables/tools.txt").lines().filter(|line| !line.starts_with('#')).count() == TOOLS.len());
    }
}
