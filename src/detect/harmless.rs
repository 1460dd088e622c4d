//! Values that once were taken for secrets, one test each cause, and what must stay found beside them.

use super::traps::{all, class, hex, noise};
use crate::evidence::Class;

#[test]
fn code_that_reads_a_variable_or_a_store_is_a_reference() {
    for value in [
        "process.env[\"DB_PASSWORD\"]",
        "ENV.fetch('DB_PASSWORD')",
        "os.environ.get(\"DB_PASSWORD\", \"\")",
        "var.db_password",
        "random_password.db.result",
        "jsondecode(data.aws_secretsmanager_secret_version.db.secret_string)[\"password\"]",
        "%{DB_PASSWORD}",
        "${VAULT::ds::password::1}",
        "${aws-secrets-manager:db}",
        "$[variables.dbPassword]",
        "keychain:db-password",
        "secretref:db-password",
        "awssm(MyApp/DB|password)",
        "!GetAtt DBSecret.Arn",
        "db-password:latest",
        "spring.datasource.password",
        "%kernel.project_dir%/config/jwt/private.pem",
        "config/jwt/private.pem",
        "prod-${DB_PASSWORD}",
    ] {
        assert_eq!(class("DB_PASSWORD", value), Class::Reference, "{value}");
    }
    all(
        Class::Plaintext,
        &[
            ("DB_PASSWORD", "local.hero_1983"),
            ("DB_PASSWORD", "turn.the.key"),
            ("DB_PASSWORD", "@{Otter}"),
            ("DB_PASSWORD", "pass:the-dutchie"),
            ("DB_PASSWORD", "${X}hunter2"),
        ],
    );
}

#[test]
fn verifiers_and_ciphertext_of_many_makers_are_no_plaintext() {
    let (short, long) = (noise(22), noise(86));
    let base64 = data_encoding::BASE64.encode(noise(40).as_bytes());
    for value in [
        format!("$P$B{}", noise(30)),
        format!("$$6$${}$${long}", &short[..16]),
        format!("sha1${short}${}", hex(40)),
        format!("3|$argon2id$v=19$m=65536,t=4,p=1${short}${long}"),
        format!("{{SSHA512.b64}}{base64}"),
        format!("{{PKCS5S2}}{base64}"),
        format!("{{cipher}}{{key:prod}}{}", hex(64)),
        format!("EJ[1:{base64}:{base64}:{base64}]"),
        format!("{{\"encrypted_data\":\"{base64}\",\"iv\":\"{base64}\",\"cipher\":\"aes-256-cbc\"}}"),
    ] {
        let got = class("ADMIN_PASSWORD", &value);
        assert!(matches!(got, Class::Encrypted | Class::NotSecret), "{value} {got:?}");
    }
    assert_eq!(class("ADMIN_PASSWORD", "$P$aul-44"), Class::Plaintext);
}

#[test]
fn flags_that_name_a_place_a_switch_or_a_template_are_no_secrets() {
    for value in [
        "-Dspring.datasource.password=$DB_PASSWORD -Xmx1g",
        "--pass-basic-auth=false --pass-host-header",
        "docker build --secret id=npm_token,src=/run/secrets/npm_token .",
        "ansible-playbook --ask-vault-pass site.yml",
        "--set auth.password=${{ secrets.DB_PASSWORD }} --set x=1",
        "restic --password-command=\"cat /run/secrets/restic\"",
        "org.example.PlainLoginModule required username=\"${K_USER}\" password=\"${K_PASS}\";",
    ] {
        assert_ne!(class("EXTRA_ARGS", value), Class::Plaintext, "{value}");
    }
    for value in [
        "curl -fsSu deploy:Kestrel44x https://x",
        "ipmitool -H h -U admin -P Kestrel44x power status",
        "-o username=bob,password=Kestrel44x,uid=1000",
        "[\"redis-server\",\"--requirepass\",\"Kestrel44x\"]",
        "keytool -list --storepass Kestrel44x",
        "grant_type=password&username=bob&password=Kestrel44x",
        "CREATE USER app IDENTIFIED BY 'Kestrel44x';",
        "//registry.example.org/:_authToken=Kestrel44x",
    ] {
        assert_eq!(class("EXTRA_ARGS", value), Class::Plaintext, "{value}");
    }
    assert_eq!(class("COMMAND", "docker login -u ci -p Kestrel44x registry.example.org"), Class::Plaintext);
}

#[test]
fn what_a_failed_template_prints_is_a_failure() {
    for value in ["%!d(string=x)", "#REF!", "[object Promise]", "undefinedundefined", "SECRET_NOT_FOUND", "null:null"] {
        assert_eq!(class("DB_PASSWORD", value), Class::TemplateFailure, "{value}");
    }
}

#[test]
fn switches_and_policies_in_other_languages_are_no_secrets() {
    all(
        Class::NotSecret,
        &[
            ("PASSWORT_PFLICHT", "ja"),
            ("MOT_DE_PASSE_REQUIS", "oui"),
            ("SENHA_OBRIGATORIA", "sim"),
            ("PASSWORD_SCHEME", "SHA512-CRYPT"),
            ("TOKEN_CHARSET", "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"),
            ("TOKEN_CONTRACT", "0xceef11c54921d0df73189714091cd75c81913497"),
        ],
    );
}

#[test]
fn what_is_published_is_no_secret_and_where_a_secret_is_kept_is_none() {
    let token = format!("pk.{}.{}", noise(20), noise(22));
    assert_ne!(class("MAPBOX_PUBLIC_TOKEN", &token), Class::Plaintext);
    assert_ne!(class("SEARCH_ONLY_API_KEY", &hex(32)), Class::Plaintext);
    for value in [
        "{\"secretKey\":\"jwt\",\"remoteRef\":{\"key\":\"prod/api/jwt\"}}",
        "{\"password\":{\"secretKeyRef\":{\"name\":\"db\",\"key\":\"pw\"}}}",
    ] {
        assert_ne!(class("SECRET_CONFIG", value), Class::Plaintext, "{value}");
    }
    let held = format!("{{\"name\":\"db\",\"key\":\"{}\"}}", noise(40));
    assert_eq!(class("SECRET_CONFIG", &held), Class::Plaintext);
}
