//! What `%` stands for in a unit's paths.
//!
//! In: a path as it is written. Out: the path, or a pattern where the unit's instance, user or name would stand.

/// Directories of the system's own manager.
const DIRECTORIES: [(char, &str); 8] = [
    ('E', "/etc"),
    ('S', "/var/lib"),
    ('C', "/var/cache"),
    ('L', "/var/log"),
    ('t', "/run"),
    ('T', "/tmp"),
    ('V', "/var/tmp"),
    ('h', "/root"),
];

/// A path with its specifiers written out; what differs from unit to unit becomes a star.
pub(super) fn widened(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let letter = chars.next().unwrap_or('%');
        match DIRECTORIES.iter().find(|(known, _)| *known == letter) {
            Some((_, directory)) => out.push_str(directory),
            None => out.push(if letter == '%' { '%' } else { '*' }),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_written_out_and_names_become_stars() {
        for (text, path) in [
            ("/etc/app/%i.conf", "/etc/app/*.conf"),
            ("%E/app/%p", "/etc/app/*"),
            ("/opt/100%%", "/opt/100%"),
            ("%h/.env", "/root/.env"),
            ("/plain", "/plain"),
        ] {
            assert_eq!(widened(text), path);
        }
    }
}
