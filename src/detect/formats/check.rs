//! What a pattern cannot say of a credential: checksums, headers, bodies, randomness.
//!
//! Knows formats' inner makings. A check that fails makes the text no credential of that format; other steps go on.

use crate::detect::sample::checksum;
use data_encoding::BASE64URL_NOPAD;
use schemars::JsonSchema;
use serde::Deserialize;

/// A further condition of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::detect) enum Check {
    /// Six digits of base 62 at the end are the CRC-32 of what stands between prefix and them.
    GithubCrc32,
    /// The same, as npm writes it.
    NpmCrc32,
    /// The first part is a JSON object that names an algorithm.
    Jwt,
    /// A body follows the header line, and it is not encrypted.
    PrivateKey,
    /// Letters and digits, of several sorts.
    Mixed,
    /// No words, no repetition.
    Entropy,
}

impl Check {
    /// Whether chance cannot meet it.
    pub(super) fn proves(self) -> bool {
        matches!(self, Self::GithubCrc32 | Self::NpmCrc32 | Self::Jwt | Self::PrivateKey)
    }

    /// Whether it holds for a credential; `behind` is the text that follows it.
    pub(super) fn holds(self, credential: &str, behind: &str) -> bool {
        match self {
            Self::GithubCrc32 | Self::NpmCrc32 => checksummed(credential),
            Self::Jwt => jwt(credential),
            Self::PrivateKey => private_key(credential, behind),
            Self::Mixed => mixed(credential),
            Self::Entropy => distinct(credential) >= 5 && !dull(credential),
        }
    }
}

fn checksummed(token: &str) -> bool {
    let Some((_, body)) = token.split_once('_') else { return false };
    body.len() == 36 && body.is_ascii() && checksum(&body[..30]) == body[30..]
}

fn jwt(token: &str) -> bool {
    let header = token.split('.').next().and_then(|head| BASE64URL_NOPAD.decode(head.as_bytes()).ok());
    header.is_some_and(|bytes| {
        serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&bytes)
            .is_ok_and(|header| header.contains_key("alg"))
    })
}

/// Documents name the header line alone, and an encrypted key gives nothing away.
fn private_key(header: &str, behind: &str) -> bool {
    // Some patterns take the whole block, some its first line only.
    let end = header.find("KEY").map_or(0, |at| at + 3);
    let rest = [&header[end..], behind].concat();
    let tail = rest.trim_start_matches(|c: char| "- BLOCK\n\r\\nr\"',+".contains(c));
    let body: String = tail.chars().take(200).collect();
    let locked = header.contains("ENCRYPTED") || body.contains("Proc-Type: 4,ENCRYPTED");
    let key = body.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b)).count();
    let headed = ["Version: ", "Comment: ", "Charset: "].iter().any(|header| body.starts_with(header));
    !locked && (key >= 16 || headed)
}

fn mixed(text: &str) -> bool {
    let letters = text.bytes().any(|b| b.is_ascii_alphabetic());
    let digits = text.bytes().any(|b| b.is_ascii_digit());
    letters && digits && distinct(text) >= 5 && !dull(text)
}

fn distinct(text: &str) -> usize {
    let mut seen = [false; 256];
    text.bytes().for_each(|b| seen[usize::from(b)] = true);
    seen.iter().filter(|seen| **seen).count()
}

/// A run of one sign over half its length, or a counted alphabet: what people write in the place of a token.
fn dull(text: &str) -> bool {
    let bytes = text.as_bytes();
    let steps = |step: i16| bytes.windows(2).filter(|pair| i16::from(pair[1]) - i16::from(pair[0]) == step).count();
    steps(0) * 2 > bytes.len() || steps(1) * 3 > bytes.len() * 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::sample::expand;

    #[test]
    fn a_checksum_is_computed_and_not_believed() {
        let token = expand("<<github:ghp_>>", 5).unwrap();
        assert!(Check::GithubCrc32.holds(&token, ""));
        let wrong = [&token[..39], if token.ends_with('a') { "b" } else { "a" }].concat();
        assert!(!Check::GithubCrc32.holds(&wrong, ""));
    }

    #[test]
    fn a_jwt_has_a_header_that_names_an_algorithm() {
        assert!(Check::Jwt.holds(&expand("<<jwt>>", 1).unwrap(), ""));
        assert!(!Check::Jwt.holds(&expand("eyJ<<base64url:20>>.eyJ<<base64url:20>>.<<base64url:43>>", 1).unwrap(), ""));
    }

    #[test]
    fn what_people_write_in_a_token_s_place_is_dull() {
        for text in ["xxxxxxxxxxxxxxxxxxxx", "abcdefghijklmnopqrst0", "11111111111111aa"] {
            assert!(!mixed(text), "{text}");
        }
        assert!(mixed(&expand("<<base62:24>>", 3).unwrap()));
    }
}
