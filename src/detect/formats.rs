//! Formats that give a credential away by themselves: providers' tokens, JWTs, private keys.
//!
//! Knows formats only; one table, one pattern each.

use super::values::pattern;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// No format is shorter.
const SHORTEST: usize = 20;

/// Patterns without anchors; each begins with fixed text, so that a search skips ahead.
static FORMATS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    [
        ("aws-access-key", r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
        ("github-token", r"\bgh[pousr]_[A-Za-z0-9]{36,251}\b|\bgithub_pat_\w{40,250}\b"),
        ("gitlab-token", r"\bgl(pat|dt|rt|cbt|ptt|ft|soat)-[\w-]{20,60}"),
        ("slack-token", r"\bxox[abeprs]-[A-Za-z0-9-]{10,250}|\bxapp-\d-[A-Za-z0-9-]{10,250}"),
        ("slack-webhook", r"hooks\.slack\.com/(services|workflows)/[A-Za-z0-9_/]{20,200}"),
        ("discord-webhook", r"discord(app)?\.com/api/webhooks/\d{10,25}/[\w-]{30,120}"),
        ("telegram-token", r"\b\d{8,10}:AA[\w-]{33}"),
        ("stripe-key", r"\b[sr]k_(live|test)_[A-Za-z0-9]{16,250}\b|\bwhsec_[A-Za-z0-9+/]{24,100}"),
        ("google-key", r"\bAIza[\w-]{35}|\bGOCSPX-[\w-]{24,60}|\bya29\.[\w-]{40,500}"),
        ("ai-key", r"\bsk-(proj-|ant-[a-z0-9]{3,10}-|svcacct-|or-v1-)?[A-Za-z0-9][\w-]{31,250}"),
        ("npm-token", r"\bnpm_[A-Za-z0-9]{36}\b"),
        ("pypi-token", r"\bpypi-[\w-]{50,500}"),
        ("sendgrid-key", r"\bSG\.[\w-]{16,40}\.[\w-]{16,60}"),
        ("vault-token", r"\bhv[sbr]\.[\w-]{20,300}"),
        ("provider-token", r"\b(dop|doo|dor)_v1_[a-f0-9]{64}\b|\bhf_[A-Za-z]{30,50}\b|\bshp(at|ca|pa|ss)_[a-fA-F0-9]{32}\b|\bdapi[a-f0-9]{32}\b|\blin_api_\w{32,60}|\bdp\.(pt|st|ct|sa)\.[A-Za-z0-9]{40,60}|\bNRAK-[A-Z0-9]{27}\b|\bdckr_pat_[\w-]{20,60}|\bsq0(atp|csp)-[\w-]{20,60}|\bops_eyJ[\w+/=-]{50,2000}|\bATATT3[\w=-]{50,500}|\bkey-[a-f0-9]{32}\b"),
        ("age-secret-key", r"AGE-SECRET-KEY-1[A-Z0-9]{50,70}"),
        ("jwt", r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16,}"),
        ("private-key", r"-----BEGIN ([A-Z0-9]{2,12} ){0,3}PRIVATE KEY( BLOCK)?-----"),
        ("putty-key", r"PuTTY-User-Key-File-\d: "),
    ]
    .map(|(kind, text)| (kind, pattern(text)))
    .into()
});

static PUBLIC: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^-----BEGIN ([A-Z0-9]+ ){0,3}(PUBLIC KEY|CERTIFICATE|CERTIFICATE REQUEST|CRL|PGP PUBLIC KEY BLOCK|DH PARAMETERS)-----|^(ssh-(rsa|ed25519|dss)|ecdsa-sha2-[\w-]+|sk-ssh-[\w@.-]+) AAAA[A-Za-z0-9+/=]+|^age1[a-z0-9]{50,70}$|^pk_(live|test)_\w{10,250}$",
    )
});

/// The first credential in a text, whatever stands around it.
pub(super) fn within(text: &str) -> Option<&'static str> {
    if text.len() < SHORTEST {
        return None;
    }
    FORMATS
        .iter()
        .find(|(kind, shape)| shape.find(text).is_some_and(|at| genuine(kind, text, &at.range())))
        .map(|(kind, _)| *kind)
}

/// Every credential in a text, and where.
pub(super) fn all(text: &str) -> Vec<(&'static str, Range<usize>)> {
    let mut found = Vec::new();
    for (kind, shape) in FORMATS.iter() {
        for at in shape.find_iter(text).filter(|at| genuine(kind, text, &at.range())) {
            found.push((*kind, at.range()));
        }
    }
    found.sort_by_key(|(_, range)| range.start);
    found
}

/// The private key block that starts here, to its end line if it has one.
pub(super) fn block(text: &str, start: usize) -> Range<usize> {
    let tail = &text[start..];
    let limit = tail.floor_char_boundary(32 << 10);
    let end = tail[..limit].find("-----END ").and_then(|at| {
        let close = tail[at + 9..].find("-----")?;
        Some(at + 9 + close + 5)
    });
    start..start + end.unwrap_or_else(|| tail.floor_char_boundary(64))
}

/// Public keys, certificates and publishable keys.
pub(super) fn public(value: &str) -> bool {
    value.len() >= 17 && PUBLIC.is_match(value) && within(value).is_none()
}

/// A key is one only if a body follows: documents name the header line alone.
fn genuine(kind: &str, text: &str, at: &Range<usize>) -> bool {
    if kind != "private-key" {
        return true;
    }
    let tail = text[at.end..].trim_start_matches(['\n', '\r', ' ', '\\', 'n', 'r', '"', '\'', ',', '+']);
    let body: String = tail.chars().take(200).collect();
    let locked = text[at.clone()].contains("ENCRYPTED") || body.contains("Proc-Type: 4,ENCRYPTED");
    let key = body.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b)).count();
    let headed = ["Version: ", "Comment: ", "Charset: "].iter().any(|header| body.starts_with(header));
    !locked && (key >= 16 || headed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(length: usize) -> String {
        (0..length).map(|n| b"aB3dE5fG7hJ9kL2m"[(n * 7 + n / 16) % 16] as char).collect()
    }

    #[test]
    fn every_format_of_the_table_is_found() {
        let jwt = format!("eyJ{}.eyJ{}.{}", body(20), body(40), body(43));
        for (value, kind) in [
            (format!("AKIA{}", body(16).to_uppercase()), "aws-access-key"),
            (format!("ghp_{}", body(36)), "github-token"),
            (format!("glpat-{}", body(20)), "gitlab-token"),
            (format!("xoxb-{}", body(40)), "slack-token"),
            (format!("sk_live_{}", body(24)), "stripe-key"),
            (format!("AIza{}", body(35)), "google-key"),
            (format!("sk-proj-{}", body(48)), "ai-key"),
            (format!("npm_{}", body(36)), "npm-token"),
            (format!("hvs.{}", body(24)), "vault-token"),
            (jwt, "jwt"),
        ] {
            assert_eq!(within(&format!("x {value} y")), Some(kind), "{kind}");
        }
    }

    #[test]
    fn private_keys_are_told_from_public_ones() {
        let pem =
            |what: &str, end: &str| format!("-----BEGIN {what} KEY-----{end}{}{end}-----END {what} KEY-----", body(64));
        assert_eq!(within(&pem("RSA PRIVATE", "\n")), Some("private-key"));
        assert_eq!(within(&pem("PRIVATE", "\\n")), Some("private-key"));
        assert_eq!(within(&pem("ENCRYPTED PRIVATE", "\n")), None);
        assert!(public(&pem("PUBLIC", "\\n")));
        assert!(!public(&format!("{}\n{}", pem("PUBLIC", "\n"), pem("PRIVATE", "\n"))));
        assert_eq!(within("grep for -----BEGIN RSA PRIVATE KEY----- in files"), None);
    }
}
