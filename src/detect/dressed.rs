//! Secrets in the dress of a reference, one trap each: random text where a real pointer has a name.

use super::sample::expand;
use super::traps::{all, class};
use crate::evidence::Class;

/// Every shape of a pointer whose parts people name; `@` stands for such a part.
const SHAPES: [&str; 30] = [
    "!secret @",
    "!include @",
    "!env @",
    "!Ref @",
    "!vault @",
    "secretRef:@",
    "secretKeyRef:app/@",
    "valueFrom:@",
    "from-secret:@",
    "lookup('@')",
    "lookup('env', '@')",
    "credentials('@')",
    "secret(\"@\")",
    "env('@')",
    "docker-secret->@",
    "@@vault",
    "@@azurekeyvault",
    "encrypted:secrets-manager!r:us-east-1!s:@!k:password",
    "encryptedFile:secrets-manager!r:us-east-1!s:app!k:@",
    "projects/p/secrets/@",
    "projects/p/secrets/@/versions/latest",
    "@Microsoft.KeyVault(SecretUri=https://app.vault.azure.net/secrets/@/0a7c3f9e1b5d82640a7c3f9e1b5d8264)",
    "@Microsoft.KeyVault(VaultName=app;SecretName=@)",
    "vault:secret/data/@#key",
    ">>vault:secret/@",
    "${{ secrets.@ }}",
    "$(@)",
    "%env(@)%",
    "@env(@)",
    "os.getenv('@')",
];

/// What stands in a part: hexadecimal, base 62, letters of one case, and base64 that slashes cut into short pieces.
const RANDOM: [&str; 6] = [
    "<<hex:32>>",
    "<<base62:40>>",
    "<<base62:24>>",
    "x<<base62:43>>",
    "<<base62:14>>/<<base62:14>>/<<base62:13>>",
    "<<base62:20>>-<<base62:20>>",
];

fn dressed(shape: &str, part: &str) -> String {
    // A leading `@` belongs to some shapes themselves.
    match shape.strip_prefix('@').filter(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic())) {
        Some(rest) => format!("@{}", rest.replace('@', part)),
        None if shape.starts_with("@@") => format!("{part}{}", &shape[1..]),
        None => shape.replace('@', part),
    }
}

#[test]
fn a_random_token_in_a_pointers_dress_is_no_reference() {
    for shape in SHAPES {
        for recipe in RANDOM {
            for seed in 0..6 {
                let value = dressed(shape, &expand(recipe, seed).unwrap());
                let got = class("DB_PASSWORD", &value);
                assert_ne!(got, Class::Reference, "{shape} {recipe} {seed}");
                assert!(got.is_exposed() || got.needs_review(), "{shape} {recipe} {seed}: {got:?}");
            }
        }
    }
}

#[test]
fn a_random_token_in_a_pointers_dress_is_not_passed_under_a_neutral_name() {
    for shape in SHAPES {
        for seed in 0..6 {
            let value = dressed(shape, &expand("<<base62:40>>", seed).unwrap());
            for name in ["BLOB", "FEATURE"] {
                let got = class(name, &value);
                assert!(got.is_exposed() || got.needs_review(), "{name} {shape} {seed}: {got:?}");
            }
        }
    }
}

#[test]
fn a_pointer_of_names_is_a_reference() {
    for shape in SHAPES {
        for part in ["DB_PASSWORD", "db_password_v2", "prod_orders_api_jwt_signing_key"] {
            let value = dressed(shape, part);
            assert_eq!(class("DB_PASSWORD", &value), Class::Reference, "{value}");
        }
    }
}

#[test]
fn what_a_manager_makes_up_itself_is_a_reference_still() {
    let made = |recipe: &str| (0..8).map(|seed| expand(recipe, seed).unwrap()).collect::<Vec<_>>();
    for recipe in [
        "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-<<base62:6>>",
        "arn:aws:secretsmanager:us-east-1:111122223333:secret:AppJwt<<HEX:8>>-<<base62:12>>-<<base62:6>>:password::",
        "arn:aws:kms:us-east-1:111122223333:key/<<uuid>>",
        "https://app.vault.azure.net/secrets/db-password/<<hex:32>>",
        "@Microsoft.KeyVault(SecretUri=https://app.vault.azure.net/secrets/db-password/<<hex:32>>)",
        "@Microsoft.KeyVault(VaultName=app;SecretName=db-password;SecretVersion=<<hex:32>>)",
        "op://<<set:abcdefghijklmnopqrstuvwxyz234567:26>>/<<set:abcdefghijklmnopqrstuvwxyz234567:26>>/password",
        "credentials('<<uuid>>')",
        "${{ secrets.TOKEN }}",
    ] {
        for value in made(recipe) {
            all(Class::Reference, &[("DB_PASSWORD", &value)]);
        }
    }
}
