//! Every example of a class of values, and every name that looks like more than it is.

use super::traps::{class, hex};
use crate::evidence::Class;

#[test]
fn every_class_of_value_is_told_by_its_examples() {
    let examples: &[(&str, &str, Class)] = &[
        ("X", "", Class::Empty),
        ("K", "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/jwt-AbCdEf", Class::Reference),
        ("K", "arn:aws:ssm:us-east-1:111122223333:parameter/x", Class::Reference),
        ("DB_PASSWORD", "projects/p/secrets/s/versions/1", Class::Reference),
        ("DB_PASSWORD", "sm://p/s", Class::Reference),
        ("DB_PASSWORD", "vault:path/a#key", Class::Reference),
        ("DB_PASSWORD", "{{resolve:secretsmanager:a}}", Class::Reference),
        ("DB_PASSWORD", "op://a/b/c", Class::Reference),
        ("DB_PASSWORD", "$(VAR)", Class::Reference),
        ("DB_PASSWORD", "${VAR}", Class::Reference),
        ("DB_PASSWORD", "${VAR:?msg}", Class::Reference),
        ("DB_PASSWORD", "${VAR:-hunter2x}", Class::Plaintext),
        ("DB_PASSWORD_FILE", "/run/secrets/x", Class::FileReference),
        ("DB_PASSWORD", "/vault/secrets/api", Class::FileReference),
        ("DB_PASSWORD", "file:///run/secrets/x", Class::FileReference),
        ("DB_PASSWORD", "ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]", Class::Encrypted),
        ("DB_PASSWORD", "$ANSIBLE_VAULT;1.1;AES256", Class::Encrypted),
        ("DB_PASSWORD", "changeme", Class::Placeholder),
        ("DATABASE_URL", "postgres://u:PASS@h/db", Class::Placeholder),
        ("DATABASE_URL", "postgres://u:PASS_A@h/db", Class::Placeholder),
        ("DB_PASSWORD", "<password>", Class::Placeholder),
        ("DB_PASSWORD", "xxxxxx", Class::Placeholder),
        ("DB_PASSWORD", "YOUR_PASSWORD", Class::Placeholder),
        ("DB_PASSWORD", "example", Class::Placeholder),
        ("DB_PASSWORD", "TODO", Class::Placeholder),
        ("DB_PASSWORD", "dummy", Class::Placeholder),
        ("JWT_SECRET_KEY", "<no value>", Class::TemplateFailure),
        ("JWT_SECRET_KEY", "null", Class::TemplateFailure),
        ("JWT_SECRET_KEY", "undefined", Class::TemplateFailure),
        ("JWT_SECRET_KEY", "None", Class::TemplateFailure),
        ("JWT_SECRET_KEY", "{{ .Data.data.x }}", Class::TemplateFailure),
        ("REDIS_URL", "redis://localhost:6379/0", Class::NonSecretUrl),
        ("DATABASE_URL", "postgresql:///db?host=/var/run/postgresql", Class::NonSecretUrl),
        ("DB_PASSWORD", "changeme-8f3k2m1q9z", Class::Plaintext),
        ("REDIS_URL", "redis://:hunter2x@h:6379", Class::Plaintext),
        ("DATABASE_URL", "postgresql+asyncpg://u:p@ss word@h/db", Class::Plaintext),
        ("DATABASE_URL", "postgres://h/db?password=hunter2x", Class::Plaintext),
        ("DATABASE_URL", "postgres://h/db?sslpassword=hunter2x", Class::Plaintext),
    ];
    for (name, value, expected) in examples {
        assert_eq!(class(name, value), *expected, "{name}={value}");
    }
}

#[test]
fn names_and_values_that_look_like_more_than_they_are_give_nothing_away() {
    let key = "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n-----END PUBLIC KEY-----";
    let digest = hex(64);
    for (name, value) in [
        ("JWT_ALGORITHM", "HS256"),
        ("JWT_SECRET_KEY_ROTATION_DAYS", "30"),
        ("PASSWORD_HASH_ROUNDS", "12"),
        ("TOKEN_URL", "https://auth.example.org/token"),
        ("JWT_PUBLIC_KEY", key),
        ("PYTHON_SHA256", &digest),
        ("GPG_KEY", &digest[..40]),
        ("GIT_COMMIT", &digest[..40]),
        ("IMAGE_ID", &format!("sha256:{digest}")),
        ("APP_DIGEST", &digest),
    ] {
        let found = class(name, value);
        assert!(!found.is_exposed() && !found.needs_review(), "{name}={value}: {found:?}");
    }
    // The same digits under a secret's name are its key.
    assert_eq!(class("JWT_SECRET_KEY", &digest), Class::Plaintext);
}
