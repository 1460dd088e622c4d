//! Texts with generated credentials: `ghp_<<base62:36>>` stands for a token that exists nowhere.
//!
//! Examples of detectors and labelled records need values in true format, and a value that stands in a file trips
//! every scanner that reads it. So files hold recipes, and this room cooks them. It knows formats' makings, judges
//! nothing, and gives the same text for the same recipe and seed on every machine.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD};

const DIGITS: &str = "0123456789";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// Digits, capitals, small letters: the order in which base-62 checksums are written.
pub(super) const BASE62: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Longest run that one ingredient may make.
const LONGEST: usize = 1 << 16;

/// What the ingredients of a recipe are, for error messages.
pub const INGREDIENTS: &str = "hex:N HEX:N lower:N upper:N digits:N base62:N base36:N BASE36:N base32:N base64:N \
    base64url:N b64pad:N b64urlpad:N uuid set:CHARS:N github:PREFIX npm jwt pem:LABEL pemline:LABEL b64of:TEXT bcrypt \
    argon2 scram sops ansible fernet fernetkey";

/// The text with every `<<ingredient>>` made; the ingredient itself if nobody knows it.
///
/// # Errors
/// The ingredient that is unknown or malformed.
pub fn expand(recipe: &str, seed: u64) -> Result<String, String> {
    let mut cook = Cook { state: seed ^ fold(recipe) };
    cook.text(recipe, 0)
}

/// The recipe's own share of the seed: two recipes with one seed share no value.
fn fold(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3))
}

struct Cook {
    state: u64,
}

impl Cook {
    fn text(&mut self, recipe: &str, depth: u8) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = recipe;
        while let Some(at) = rest.find("<<") {
            let Some(length) = closing(&rest[at..]).filter(|_| depth < 4) else { break };
            out.push_str(&rest[..at]);
            out.push_str(&self.ingredient(&rest[at + 2..at + length - 2], depth)?);
            rest = &rest[at + length..];
        }
        out.push_str(rest);
        Ok(out)
    }

    fn ingredient(&mut self, what: &str, depth: u8) -> Result<String, String> {
        let (kind, argument) = what.split_once(':').unwrap_or((what, ""));
        let unknown = || format!("<<{what}>> is none of: {INGREDIENTS}");
        let length = || argument.parse::<usize>().ok().filter(|n| *n <= LONGEST).ok_or_else(unknown);
        Ok(match kind {
            "hex" => self.of("0123456789abcdef", length()?),
            "HEX" => self.of("0123456789ABCDEF", length()?),
            "lower" => self.of(LOWER, length()?),
            "upper" => self.of(UPPER, length()?),
            "digits" => self.of(DIGITS, length()?),
            "base62" => self.of(BASE62, length()?),
            "base36" => self.of(&[DIGITS, LOWER].concat(), length()?),
            "BASE36" => self.of(&[DIGITS, UPPER].concat(), length()?),
            "base32" => self.of(&[UPPER, "234567"].concat(), length()?),
            "base64" => self.of(&[BASE62, "+/"].concat(), length()?),
            "base64url" => self.of(&[BASE62, "-_"].concat(), length()?),
            "b64pad" => BASE64.encode(&self.bytes(length()?)),
            "b64urlpad" => BASE64URL.encode(&self.bytes(length()?)),
            "set" => {
                let (from, n) = argument.rsplit_once(':').ok_or_else(unknown)?;
                let n = n.parse::<usize>().ok().filter(|n| *n <= LONGEST).ok_or_else(unknown)?;
                if from.is_empty() {
                    return Err(unknown());
                }
                self.of(from, n)
            }
            "b64of" => BASE64.encode(self.text(argument, depth + 1)?.as_bytes()),
            _ => self.credential(kind, argument).ok_or_else(unknown)?,
        })
    }

    /// Whole credentials, ciphertexts and verifiers in the formats of their makers.
    fn credential(&mut self, kind: &str, argument: &str) -> Option<String> {
        Some(match kind {
            "uuid" => self.uuid(),
            "github" => self.checked(argument),
            "npm" => self.checked("npm_"),
            "jwt" => {
                let header = BASE64URL_NOPAD.encode(br#"{"alg":"HS256","typ":"JWT"}"#);
                let payload = format!(r#"{{"sub":"{}","iat":1760000000}}"#, self.of(DIGITS, 10));
                let signature = BASE64URL_NOPAD.encode(&self.bytes(32));
                format!("{header}.{}.{signature}", BASE64URL_NOPAD.encode(payload.as_bytes()))
            }
            "pem" => self.pem(argument, "\n"),
            "pemline" => self.pem(argument, "\\n"),
            "bcrypt" => format!("$2b$12${}", self.of(&["./", BASE62].concat(), 53)),
            "argon2" => {
                let (salt, hash) = (self.bytes(16), self.bytes(32));
                format!("$argon2id$v=19$m=65536,t=3,p=4${}${}", BASE64_NOPAD.encode(&salt), BASE64_NOPAD.encode(&hash))
            }
            "scram" => {
                let [salt, stored, server] = [16, 32, 32].map(|n| BASE64.encode(&self.bytes(n)));
                format!("SCRAM-SHA-256$4096:{salt}${stored}:{server}")
            }
            "sops" => {
                let [data, iv, tag] = [12, 32, 16].map(|n| BASE64.encode(&self.bytes(n)));
                format!("ENC[AES256_GCM,data:{data},iv:{iv},tag:{tag},type:str]")
            }
            "ansible" => {
                let lines: Vec<String> = (0..4).map(|_| self.of("0123456789abcdef", 80)).collect();
                format!("$ANSIBLE_VAULT;1.1;AES256\n{}", lines.join("\n"))
            }
            "fernet" => BASE64URL.encode(&[&[0x80, 0, 0, 0, 0][..], &self.bytes(68)].concat()),
            "fernetkey" => BASE64URL.encode(&self.bytes(32)),
            _ => return None,
        })
    }

    fn uuid(&mut self) -> String {
        let hex = self.of("0123456789abcdef", 32);
        let variant = self.of("89ab", 1);
        format!("{}-{}-4{}-{variant}{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
    }

    /// Thirty random characters and their CRC-32 in base 62.
    fn checked(&mut self, prefix: &str) -> String {
        let body = self.of(BASE62, 30);
        format!("{prefix}{body}{}", checksum(&body))
    }

    fn pem(&mut self, label: &str, end: &str) -> String {
        let head = match label {
            "OPENSSH PRIVATE KEY" => "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAAB",
            "PRIVATE KEY" => "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ",
            "RSA PRIVATE KEY" => "MIIEpAIBAAKCAQEA",
            "EC PRIVATE KEY" => "MHcCAQEEI",
            "PUBLIC KEY" => "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA",
            _ => "MII",
        };
        let body = [head, &self.of(&[BASE62, "+/"].concat(), 380 - head.len())].concat();
        let lines: Vec<&str> = (0..body.len()).step_by(64).map(|at| &body[at..body.len().min(at + 64)]).collect();
        format!("-----BEGIN {label}-----{end}{}{end}-----END {label}-----", lines.join(end))
    }

    fn of(&mut self, alphabet: &str, length: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length).map(|_| letters[self.below(letters.len())]).collect()
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length.min(LONGEST)).map(|_| self.next().to_be_bytes()[0]).collect()
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap_or_default()
    }

    /// `SplitMix64`: small, and the same everywhere. No value made here protects anything.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// The CRC-32 of a token's body as six digits of base 62: how GitHub and npm end their tokens.
pub(super) fn checksum(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62.as_bytes()[(rest % 62) as usize];
        rest /= 62;
    }
    digits.iter().map(|b| char::from(*b)).collect()
}

/// The length of the ingredient that opens `text`, brackets included.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("<<") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with(">>") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_are_cooked_the_same_every_time_and_differently_for_each() {
        let made = expand("a <<hex:8>> <<uuid>> b", 1).unwrap();
        assert_eq!(made, expand("a <<hex:8>> <<uuid>> b", 1).unwrap());
        assert_ne!(made, expand("a <<hex:8>> <<uuid>> b", 2).unwrap());
        assert_eq!(made.len(), "a ".len() + 8 + 1 + 36 + " b".len());
        assert!(expand("<<github:ghp_>>", 1).unwrap().starts_with("ghp_"));
        assert_eq!(expand("cat <<EOF", 1).unwrap(), "cat <<EOF");
        let nested = BASE64.decode(expand("<<b64of:k=<<hex:4>>;>>", 1).unwrap().as_bytes()).unwrap();
        assert_eq!((nested.len(), &nested[..2]), (7, b"k=".as_slice()));
    }

    #[test]
    fn an_unknown_ingredient_is_named_with_those_that_exist() {
        for wrong in ["<<nothing>>", "<<hex:many>>", "<<set::4>>", "<<hex:99999999>>"] {
            assert!(expand(wrong, 1).unwrap_err().contains("base62:N"), "{wrong}");
        }
    }

    #[test]
    fn a_checksum_has_six_digits_whatever_its_size() {
        for body in ["", "a", "hunter2"] {
            assert_eq!(checksum(body).len(), 6, "{body}");
        }
    }
}
