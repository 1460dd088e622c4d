//! Values that point at a secret or lock it up: references, unfilled templates, ciphertext, verifiers.
//!
//! Knows grammars of whole values. A value that only begins like one of these is none of them.

use super::Context;
use super::values::{pattern, random, wordy};
use crate::evidence::Class;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use regex::Regex;
use std::sync::LazyLock;
use zeroize::Zeroizing;

static POINTERS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    [
        ("aws-arn", r"^arn:aws[\w-]*:secretsmanager:[\w-]*:\d*:secret:[\w/+=.@:!#-]+$"),
        ("aws-arn", r"^arn:aws[\w-]*:ssm:[\w-]*:\d*:parameter/[\w/.:-]+$"),
        ("aws-arn", r"^arn:aws[\w-]*:(kms|s3):[\w-]*:\d*:[\w/.:-]+$"),
        ("gcp-secret", r"^(//secretmanager\.googleapis\.com/)?projects/[\w.:-]+/(locations/[\w-]+/)?secrets/[\w-]+(/versions/\w+)?$"),
        ("azure-secret", r"^https://[\w-]+\.vault\.azure\.net/(secrets|keys|certificates)/[\w/-]+$"),
        ("azure-secret", r"^@Microsoft\.KeyVault\([\w=:/.;-]+\)$"),
        ("manager-url", r"^(sm|gsm|gcp-?sm|gcpsm|gcp-secretmanager|berglas|awssm|aws-?sm|awssecretsmanager|aws-secretsmanager|secretsmanager|aws-?ssm|awsssm|ssm|akv|azurekeyvault|keyvault|vault|hcvault|op|bws|doppler|infisical|conjur|secret|secrets|k8s-secret|keeper|1password|lastpass|pass)://[^\s@]+$"),
        ("manager-url", r"^(ref\+\w+|secretref\+\w+)://[^\s@]+$"),
        ("manager-path", r"^(vault|secretref|ssm|awssm|aws-?sm|gcpsm|gcp-?sm|gsm|sm|secretsmanager|aws-secretsmanager|bank-vaults|k8s|kubernetes|projected|keychain|keyring|exec):/?[\w./@-]+([#:?][\w.@=-]+)*$"),
        ("manager-path", r"^(secret|kv|database|secrets|aws|pki)(/[\w.-]+)+#[\w.-]+$"),
        ("stack-reference", r"^\{\{resolve:(secretsmanager|ssm|ssm-secure):[^{}\s]+\}\}$"),
        ("stack-reference", r"^\$\{\{ ?[A-Za-z_][\w.-]*( ?\|\| ?[A-Za-z_][\w.-]*)? ?\}\}$"),
        ("stack-reference", r"^\(\( ?[A-Za-z_][\w/.-]{0,63} ?\)\)$|^#\{[A-Za-z_][\w.]*\}#?$|^!(Ref|Sub|ImportValue|vault) [\w.:/-]+$"),
        ("environment", r"^%(env[.:])?[A-Z_][A-Z0-9_.]*%$"),
        ("environment", r"^\$\([A-Za-z_][\w.-]*\)$|^\$env:[A-Za-z_]\w*$|^\$\$\{?[A-Z_][A-Z0-9_]*\}?$"),
        ("environment", r"^%env\((\w+:)*[A-Za-z_]\w*\)%$|^%\([A-Za-z_]\w*\)s$|^\$ENV\{\w+\}$|^\$::env\(\w+\)$"),
        ("environment", r"^\{\$?[A-Z_][A-Z0-9_]*\}$|^\{(env|file|vault|secret|secrets)[.:][\w./-]+\}$"),
        ("environment", r#"^(env|ENV|Env|environ|getenv|config|secrets?|vault)[.:(\[{]{1,2} ?['"]?[A-Z_][A-Z0-9_]*['"]?[)\]}]{0,2}$"#),
        ("environment", r"^@(env|secret|vault|ssm|param|file)[ .:(/][\w./-]+\)?$|^#\{[A-Za-z_][\w.\[\]'-]*\}#?$"),
        ("secret-name", r"^(secretKeyRef|configMapKeyRef|secretRef|fieldRef|valueFrom|fromSecret|from-secret|secret_ref|secretName)[:=][\w./-]+$"),
        ("environment", r"^\$__(file|env|vault)\{[\w/.: #-]+\}$"),
        ("secret-name", r"^(projected|keychain|keyring|docker-secret|k8s-secret|secretmanager|secretsmanager|ssm|gcp-?sm|gsm|vault):[a-z_-]+(/[a-z_-]+)*$"),
        ("secret-name", r"^!(secret|include|env|env_var|reference|vault-encrypted) (\[[\w., -]+\]|[\w./-]+)$"),
        ("secret-name", r#"^(credentials|secret|secrets|lookup|vault|env)\(\s*['"][\w./ -]+['"](,\s*['"][\w./ #-]+['"])*\s*\)$"#),
        ("secret-name", r"^(DOCKER-SECRET|docker-secret|SECRET|secret)->[\w./-]+$"),
        ("secret-name", r"^[\w.-]{1,100}@(azurekeyvault|akv|keyvault|vault|secretsmanager|ssm|gsm|gcpsm|doppler)$"),
        ("secret-name", r"^encrypted(File)?:secrets-manager!r:[\w-]+!s:[\w/+=.@-]+(!k:[\w.-]+)?$"),
        ("manager-path", r"^>>[a-z][\w-]*:[\w/.-]+([#:][\w.-]+)*$"),
        ("manager-path", r"^vault:[\w/.-]+#\$\{[\w.]+\}$"),
        ("environment", r#"^(process\.env\.\w+|os\.environ(\[['"]\w+['"]\]|\.get\(['"]\w+['"]\))|ENV\[['"]\w+['"]\]|os\.getenv\(['"]?\w+['"]?\)|System\.getenv\(["\w]+\))$"#),
    ]
    .map(|(kind, text)| (kind, pattern(text)))
    .into()
});

static LOCKED: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    [
        ("eyaml", r"^ENC\[(PKCS7|GPG|KMS|AES\d*|RSA)[,:][A-Za-z0-9+/=:,_-]{16,}\]$"),
        ("mule", r"^!\[[A-Za-z0-9+/=]{16,}\]$|^\{(AES|AES256|aes|aes256|3DES)\}[A-Za-z0-9+/=]{16,}$"),
        ("labelled-ciphertext", r"^(k8s:)?(enc|encrypted|sealed|secretbox|kms|aes|aesgcm|aescbc)(:[\w-]{1,24}){0,5}:[A-Za-z0-9+/_-]{24,}={0,2}$"),
        ("sops", r"^ENC\[[A-Z0-9_]+,data:[^\[\],]*,iv:[^\[\],]*,tag:[^\[\],]*(,type:\w+)?\]$"),
        ("ansible-vault", r"^\$ANSIBLE_VAULT;[\d.]+;\w+"),
        ("age", r"^age-encryption\.org/v\d|^-----BEGIN AGE ENCRYPTED FILE-----"),
        ("pgp", r"^-----BEGIN PGP MESSAGE-----"),
        ("encrypted-private-key", r"^-----BEGIN ENCRYPTED PRIVATE KEY-----"),
        ("git-crypt", r"^GITCRYPT"),
        ("transit", r"^vault:v\d+:[A-Za-z0-9+/]+={0,2}$"),
        ("jasypt", r"^ENC\([A-Za-z0-9+/=]+\)$"),
        ("spring-cloud", r"^\{cipher\}[A-Za-z0-9+/=]+$"),
        ("dotenvx", r"^encrypted:[A-Za-z0-9+/=]{40,}$"),
        ("fernet", r"^gAAAAA[\w-]{90,}={0,2}$"),
        ("openssl", r"^U2FsdGVkX1[A-Za-z0-9+/=]{20,}$"),
        ("kms", r"^(AQ[IE]CA|CiQA)[A-Za-z0-9+/]{60,}={0,2}$"),
        ("sealed-secret", r"^Ag[A-Za-z0-9+/]{300,}={0,2}$"),
        ("password-verifier", r"^([\w.@-]+:)?\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}$"),
        (
            "password-verifier",
            r"^([\w.@-]+:)?\$(1|5|6|y|gy|7|apr1|argon2(id|i|d)|scrypt|pbkdf2[\w-]*|shiro1)\$\S{12,}$",
        ),
        (
            "password-verifier",
            r"^([\w.@-]+:)?(pbkdf2(_sha256|_sha1|:sha\d+)?|bcrypt(_sha256)?|argon2|scrypt)[:$][\w:$./+=,-]{20,}$",
        ),
        (
            "password-verifier",
            r"^([\w.@-]+:)?(\{(SSHA|SHA|SHA256|SSHA256|SHA512|SSHA512|MD5|SMD5|CRYPT|BCRYPT|bcrypt|pbkdf2)\}\S{12,})$",
        ),
        ("password-verifier", r"^md5[0-9a-f]{32}$|^[\w.@-]+:[\w .-]+:[0-9a-f]{32}$|^grub\.pbkdf2\.\S{40,}$|^0x0[12]00[0-9A-Fa-f]{40,}$"),
        ("password-verifier", r"^([\w.@-]+:)?\{(argon2|scrypt|sha256|pbkdf2@\w+|SCRAM-SHA-\d+|PBKDF2[\w-]*|BLF-CRYPT|ARGON2ID?|SHA512-CRYPT)\}\S{12,}$"),
        ("password-verifier", r"^SCRAM-SHA-(1|256|512)\$\d+:\S+$|^\*[0-9A-F]{40}$"),
    ]
    .map(|(kind, text)| (kind, pattern(text)))
    .into()
});

/// Ciphertext that only its name tells from random text: `ENCRYPTED_API_KEY`, `TOKEN_CIPHERTEXT`, or a JWE's header.
pub(super) fn locked_by_name(name: &str, value: &str) -> Option<&'static str> {
    const WORDS: [&str; 9] =
        ["ENCRYPTED", "ENC", "CIPHERTEXT", "CIPHER", "SEALED", "CRYPTED", "WRAPPED", "KMS", "CRYPT"];
    const KEYS: [&str; 3] = ["KEY", "PASSPHRASE", "PASSWORD"];
    if jwe(value) {
        return Some("jwe");
    }
    // `ENC_KEY` is what opens it; `ENCRYPTED_KEY` is what was locked.
    let locked = super::names::speaks_of(name, &WORDS[..1]) || super::names::speaks_of(name, &["CIPHERTEXT", "SEALED"]);
    let says = locked || super::names::speaks_of(name, &WORDS) && !super::names::speaks_of(name, &KEYS);
    let long = value.len() >= 64 && value.len() <= 16 << 10;
    let encoded = value.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=-_".contains(&b));
    (says && long && encoded).then_some("ciphertext")
}

/// Five parts, of which the first names an encryption.
fn jwe(value: &str) -> bool {
    let mut parts = value.split('.');
    let head = parts.next().filter(|head| head.starts_with("eyJ"));
    head.is_some() && parts.count() == 4 && value.len() >= 60
}

/// The value as a pointer into a manager or into the environment, without a default.
pub(super) fn pointer(value: &str) -> Option<&'static str> {
    let marked =
        value.len() <= 4096 && value.contains(['/', ':', '$', '%', '{', '(', '#', '`', '!', '@', '[', '.', '>']);
    let kind = marked.then(|| POINTERS.iter().find(|(_, shape)| shape.is_match(value)).map(|(kind, _)| *kind))??;
    let scheme = value.split_once(':').map_or(value, |(_, rest)| rest);
    let place = scheme.trim_start_matches('/').contains(['/', '#']);
    let token = || value.split(|c: char| !(c.is_ascii_alphanumeric() || "_-+=".contains(c))).any(random);
    let points = match kind {
        "manager-path" => place && !token(),
        // A manager's own ids may look random, but stand among other words.
        "manager-url" => place || !token(),
        "stack-reference" | "environment" => !token(),
        _ => true,
    };
    points.then_some(kind)
}

/// The value as ciphertext or as a password's verifier.
pub(super) fn locked(value: &str, context: Context) -> Option<&'static str> {
    if value.len() < 7 {
        return None;
    }
    // Compose writes `$` as `$$`.
    let single = (context == Context::Compose || value.contains("$$2y$$") || value.contains("$$apr1$$"))
        .then(|| value.replace("$$", "$"));
    let value = single.as_deref().unwrap_or(value);
    let (kind, _) = LOCKED.iter().find(|(_, shape)| shape.is_match(value))?;
    if matches!(*kind, "kms" | "sealed-secret" | "openssl") {
        // These are known by their first bytes only: the rest must at least be base64 of no text.
        let bytes = BASE64.decode(value.as_bytes()).or_else(|_| BASE64URL_NOPAD.decode(value.as_bytes())).ok()?;
        if kind != &"openssl" && std::str::from_utf8(&bytes).is_ok() {
            return None;
        }
    }
    Some(kind)
}

/// A template that nobody filled. `null` and its like say so only under a name that expects a secret.
pub(super) fn unfilled(value: &str, expects_secret: bool) -> bool {
    let inner = value.trim();
    if matches!(
        inner,
        "<no value>"
            | "<nil>"
            | "!!null"
            | "[object Object]"
            | "%!s(<nil>)"
            | "%!v(<nil>)"
            | "%!s(MISSING)"
            | "%!v(MISSING)"
            | "%!d(string=)"
    ) {
        return true;
    }
    let failed = ["{{ .Data", "{{.Data", "{{ .Values", "{{.Values", "{{ with secret", "{{with secret", "{{ secret"];
    let braces = inner.starts_with("{{") && inner.ends_with("}}") && !inner.starts_with("{{resolve:");
    (braces && (expects_secret || failed.iter().any(|start| inner.starts_with(start))))
        || (expects_secret
            && (matches!(
                inner.trim_matches(['<', '>', '(', ')', '_']),
                "null"
                    | "undefined"
                    | "None"
                    | "nil"
                    | "NaN"
                    | "NULL"
                    | "Null"
                    | "none"
                    | "NONE"
                    | "nan"
                    | "MISSING"
                    | "missing"
                    | "~"
            ) || matches!(inner, "map[]" | "[]" | "{}" | "<missing>" | "[object Undefined]")
                || (inner.contains("{{") && inner.contains("}}") && !inner.contains("{{resolve:"))
                || (inner.starts_with("<%") && inner.ends_with("%>"))
                || inner.contains("<no value>")))
}

/// What a value with interpolations comes to.
pub(super) enum Interpolated<'a> {
    /// No interpolation that counts: judge the value itself.
    None,
    /// Nothing but references.
    Reference,
    /// References of which some carry a default.
    Defaults {
        /// The defaults.
        given: Vec<&'a str>,
        /// The text with its defaults filled in: a URL may only then be one.
        filled: Zeroizing<String>,
        /// Whether nothing but signs stands between the references.
        glued: bool,
    },
}

/// Longer texts are not read once more with their defaults filled in.
const FILLED: usize = 8 << 10;

/// Reads `$X`, `${X}` and `${X:-default}`.
pub(super) fn interpolation(value: &str, context: Context) -> Interpolated<'_> {
    let mut rest = value;
    let mut found = 0;
    let mut given = Vec::new();
    let mut other = String::new();
    let mut filled = Zeroizing::new(String::new());
    let mut unclosed = false;
    while let Some(at) = rest.find('$') {
        other.push_str(&rest[..at]);
        filled.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let inner = (!unclosed).then(|| braces(after)).flatten();
        unclosed |= inner.is_none() && after.starts_with('{');
        let read = match inner {
            Some(inner) => braced(inner).map(|given| (inner.len() + 2, given)),
            None => Some((unbraced(after, context), "")).filter(|(length, _)| *length > 0),
        };
        let Some((length, default)) = read else {
            // A `$` that is a letter like any other, with the braces behind it.
            let end = at + 1 + inner.map_or(0, |inner| inner.len() + 2);
            other.push_str(&rest[at..end]);
            filled.push_str(&rest[at..end]);
            rest = &rest[end..];
            continue;
        };
        found += 1;
        if default.is_empty() {
            filled.push_str(&rest[at..=at + length]);
        } else {
            given.push(default);
            filled.push_str(default);
        }
        rest = &after[length..];
    }
    other.push_str(rest);
    filled.push_str(rest);
    if found == 0 {
        return Interpolated::None;
    }
    let scheme = ["Bearer", "Basic", "Token", "bearer", "token"].iter().find_map(|word| other.strip_prefix(word));
    let glued = scheme.unwrap_or(&other).chars().all(|c| " :/-_.@,".contains(c));
    // `${CREDENTIALS_DIRECTORY}/db_password`: a file below a place that is known at run time.
    let below = value.starts_with('$') && other.starts_with('/') && super::values::path(&other);
    match (glued || below && given.is_empty(), given.is_empty()) {
        (true, true) => Interpolated::Reference,
        (false, true) => Interpolated::None,
        (false, false) if value.len() > FILLED => Interpolated::None,
        (_, false) => Interpolated::Defaults { given, filled, glued },
    }
}

/// The inside of `{…}` with balanced braces.
fn braces(after: &str) -> Option<&str> {
    let inner = after.strip_prefix('{')?;
    let mut depth = 1_usize;
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(&inner[..at]);
        }
    }
    None
}

/// The inside of `${…}`: the default, empty if there is none; `None` if it is no reference.
fn braced(inner: &str) -> Option<&str> {
    let plain = inner.strip_prefix(['#', '!']).unwrap_or(inner);
    let end = plain.find(|c: char| !(c.is_ascii_alphanumeric() || "_.-".contains(c))).unwrap_or(plain.len());
    // `-` is part of some names, and the operator of `${X-default}`.
    let end = plain[..end].find('-').filter(|_| !plain[..end].contains('.')).unwrap_or(end);
    let (name, rest) = plain.split_at(end);
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return None;
    }
    let given = [":-", ":=", ":+", "-", "=", "+"].iter().find_map(|operator| rest.strip_prefix(operator));
    if let Some(given) = given {
        return Some(given);
    }
    if rest.is_empty() || rest.starts_with([':', '?', '%', '#', '/', '^', ',', '[', '(', '@']) {
        // `${name:default}` is another dialect's default; `${ssm:/path}` and `${text:0:8}` are not.
        let spring = rest.strip_prefix(':').filter(|text| {
            !text.starts_with('?') && (!substring(text) || name.contains(['.', '-'])) && !located(name, text)
        });
        return Some(spring.unwrap_or_default());
    }
    None
}

/// `0:8` of `${text:0:8}`.
fn substring(rest: &str) -> bool {
    static SHAPE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^-?\d+(:-?\d+)?$"));
    SHAPE.is_match(rest.trim())
}

/// `ssm:/path` and `env:NAME`: a scheme, and a place of its kind.
fn located(scheme: &str, rest: &str) -> bool {
    let place = rest.split(',').next().unwrap_or(rest);
    let words = place.split(['/', '#', ':', '.', '~']).all(|part| part.len() < 64 && !random(part));
    let plain = wordy(place) || place.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    // What stands behind a comma is a default.
    place.len() == rest.len()
        && words
        && match scheme {
            "env" | "self" | "opt" | "param" | "cf" | "sys" | "aws" | "file" => plain || place.contains(['/', '#']),
            "ssm" | "vault" | "secretsmanager" | "sm" | "secret" | "secrets" => place.contains(['/', '#']),
            _ => false,
        }
}

/// Length of an unbraced name. `$ecret1` in a place without interpolation is no reference.
fn unbraced(after: &str, context: Context) -> usize {
    let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
    let name = &after[..end];
    let upper = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let lower = name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let expands = matches!(context, Context::Dotenv | Context::Compose | Context::DockerfileEnv | Context::History);
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if starts && name.len() >= 2 && (upper || (lower && expands)) { end } else { 0 }
}

/// The class of what this room knows by shape alone.
pub(super) fn shaped(value: &str, context: Context) -> Option<(Class, &'static str)> {
    // `vault:v1:…` is ciphertext, other `vault:…` are pointers.
    locked(value, context)
        .map(|kind| (Class::Encrypted, kind))
        .or_else(|| pointer(value).map(|kind| (Class::Reference, kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_every_manager_are_known() {
        for value in [
            "arn:aws:secretsmanager:us-east-1:000000000000:secret:prod/db-AbCdEf:password::",
            "arn:aws:ssm:us-east-1:000000000000:parameter/x",
            "projects/p/secrets/s/versions/latest",
            "sm://project/secret",
            "vault:secret/data/app#key",
            "{{resolve:secretsmanager:prod/db:SecretString:password}}",
            "op://vault/item/field",
            "$(DB_PASSWORD)",
            "${{ secrets.TOKEN }}",
        ] {
            assert!(pointer(value).is_some(), "{value}");
        }
        for value in ["vault:", "sm://u:p@h", "arn:aws:ssm:x y", "op://", "projects/p"] {
            assert!(pointer(value).is_none(), "{value}");
        }
    }

    #[test]
    fn an_interpolation_is_a_reference_and_its_default_is_not() {
        let read = |value| match interpolation(value, Context::Env) {
            Interpolated::None => "none".to_owned(),
            Interpolated::Reference => "reference".to_owned(),
            Interpolated::Defaults { given, .. } => given.join("|"),
        };
        for value in ["${X}", "$X_Y", "${X:?missing}", "${X:-}", "Bearer ${X}", "${A}:${B}", "${ssm:/a/b}", "${X%y}"] {
            assert_eq!(read(value), "reference", "{value}");
        }
        for value in ["${X}tail1", "$ecret1", "$2b$10", "plain", "${", "a$", "${ x", "P@$$w0rd"] {
            assert_eq!(read(value), "none", "{value}");
        }
        for value in ["${X:-hunter2}", "${X-hunter2}", "${X:=hunter2}", "${db.pass:hunter2}", "a ${X:-hunter2}"] {
            assert_eq!(read(value), "hunter2", "{value}");
        }
        assert_eq!(read("${A:-${B:-x}}"), "${B:-x}");
        assert_eq!(read("${A:-x}${B:-y}"), "x|y");
    }

    #[test]
    fn ciphertext_and_verifiers_are_no_plaintext() {
        let bcrypt = format!("$2b$12${}", "aB3./".repeat(11).get(..53).unwrap());
        for value in ["ENC[AES256_GCM,data:abc,iv:x,tag:y,type:str]", "$ANSIBLE_VAULT;1.1;AES256", &bcrypt] {
            assert!(locked(value, Context::Env).is_some(), "{value}");
        }
        assert!(locked(&bcrypt.replace('$', "$$"), Context::Compose).is_some());
        assert!(locked("ENC[half", Context::Env).is_none());
    }
}
