//! Secrets that once passed, one test each. Tokens are put together when the tests run.

use super::traps::{all, class, detector, hex, loud, noise, own, quiet};
use super::*;
use crate::evidence::Class;

#[test]
fn a_password_in_a_connection_string_is_not_the_shells_directory() {
    let key = data_encoding::BASE64.encode(noise(64).as_bytes());
    let storage = format!("DefaultEndpointsProtocol=https;AccountName=a;AccountKey={key}");
    let bus = format!("Endpoint=sb://h/;SharedAccessKeyName=n;SharedAccessKey={key}");
    all(
        Class::Plaintext,
        &[
            ("X", "Server=h;User Id=sa;Pwd=tr0ub4dor"),
            ("X", "Driver=d;Server=h;UID=sa;PWD={tr0ub;4dor}"),
            ("X", "Driver=d;Server=h;UID=sa;PWD=hunter2"),
            ("X", &storage),
            ("X", &bus),
            ("pwd", "hunter2"),
        ],
    );
    all(Class::NotSecret, &[("PWD", "/app"), ("PWD", "app"), ("HOSTNAME", "a1")]);
}

#[test]
fn every_default_of_an_interpolation_is_judged() {
    all(
        Class::Plaintext,
        &[
            ("DB_PASSWORD", "${A:-${B}}${C:-hunter2}"),
            ("DB_PASSWORD", "${A:-5}:${C:-hunter2}"),
            ("DATABASE_URL", "${S:-postgres}://${U:-app}:${P:-hunter2}@${H:-db}/x"),
            ("DATABASE_URL", "${S:-postgres}://app:hunter2@db/x"),
            ("DATABASE_URL", "postgres://app:${A}${P:-hunter2}@${H:-db}/x"),
        ],
    );
    for (name, value) in [
        ("DATABASE_URL", "postgres://${U:-app}:${P}@${H:-db}:${PORT:-5432}/x"),
        ("API_ENDPOINT", "${S:-https}://${H:-localhost}:${P:-8080}"),
        ("LOG_NAME", "app-${ENVIRONMENT:-local}"),
    ] {
        let got = class(name, value);
        assert!(!got.is_exposed() && !got.needs_review(), "{name}={value} {got:?}");
    }
}

#[test]
fn a_default_that_begins_with_a_digit_is_no_substring() {
    let key = hex(40);
    all(
        Class::Plaintext,
        &[
            ("DB_PASSWORD", "${db.password:1hunter2}"),
            ("DB_PASSWORD", "${db.password:12345678}"),
            ("DB_PASSWORD", &format!("${{X:0{key}}}")),
            ("DB_PASSWORD", "${vault:hunter2}"),
            ("DB_PASSWORD", "${env:hunter2}"),
            ("DB_PASSWORD", &format!("${{ssm:/{}}}", noise(40))),
        ],
    );
    all(
        Class::Reference,
        &[
            ("DB_PASSWORD", "${X:0:8}"),
            ("DB_PASSWORD", "${X: -4}"),
            ("DB_PASSWORD", "${ssm:/app/prod/db}"),
            ("DB_PASSWORD", "${env:DB_PASSWORD2}"),
            ("DB_PASSWORD", "${self:custom.password}"),
            ("PORT", "${server.port:8080}"),
        ],
    );
}

#[test]
fn a_command_that_prints_a_secret_is_no_reference() {
    all(
        Class::Plaintext,
        &[
            ("DB_PASSWORD", "$(echo hunter2)"),
            ("DB_PASSWORD", "$(printf '%s' 'hunter2')"),
            ("DB_PASSWORD", "`echo hunter2`"),
            ("DB_PASSWORD", "$(cat /run/x || echo hunter2)"),
            ("DB_PASSWORD", "$(echo hunter2 | tr a b)"),
            ("DB_PASSWORD", "$(vault kv get --token=hunter2 -field=x secret/app)"),
            ("DB_PASSWORD", "$(VAULT_TOKEN=hunter2 vault kv get secret/app)"),
        ],
    );
    all(Class::Open, &[("DB_PASSWORD", "$(my-own-tool tr0ub4dor)"), ("DB_PASSWORD", "$(base64 -d)")]);
    all(
        Class::Reference,
        &[
            ("DB_PASSWORD", "$(DB_PASSWORD)"),
            ("DB_PASSWORD", "$(cat /run/secrets/db)"),
            ("DB_PASSWORD", "$(< /run/secrets/db)"),
            ("DB_PASSWORD", "$(aws secretsmanager get-secret-value --secret-id prod/db --query SecretString)"),
            ("DB_PASSWORD", "$(kubectl get secret app -o jsonpath='{.data.x}' | base64 -d)"),
            ("DB_PASSWORD", "$(gcloud secrets versions access latest --secret=db-password)"),
            ("DB_PASSWORD", "$(op read op://vault/item/field)"),
            ("DB_PASSWORD", "$(echo $(cat /run/secrets/db))"),
            ("DB_PASSWORD", "$(openssl rand -hex 32)"),
            ("ARCH", "$(dpkg --print-architecture)"),
        ],
    );
}

#[test]
fn a_secret_dressed_as_a_pointer_is_none() {
    let token = noise(40);
    all(
        Class::Plaintext,
        &[
            ("DB_PASSWORD", "vault:hunter2"),
            ("DB_PASSWORD", &format!("(({token}))")),
            ("DB_PASSWORD", &format!("secret://{token}")),
            ("DB_PASSWORD", &format!("/run/secrets/{token}")),
            ("DB_PASSWORD", &format!("/run/secrets/../{token}")),
            ("DB_PASSWORD", &format!("ENC[AES256_GCM,{token}]")),
            ("DB_PASSWORD", "os.environhunter2"),
            ("DB_PASSWORD", &format!("$({token})")),
        ],
    );
    all(
        Class::Reference,
        &[
            ("DB_PASSWORD", "vault:secret/data/app#jwt"),
            ("DB_PASSWORD", "((app/db-password))"),
            ("DB_PASSWORD", "os.environ['DB_PASSWORD']"),
        ],
    );
    all(Class::FileReference, &[("DB_PASSWORD", "file:///run/secrets/db"), ("X", "/run/secrets/db_password2")]);
}

#[test]
fn a_lookup_key_or_an_identifier_that_is_a_key_is_seen() {
    let key = data_encoding::BASE64.encode(noise(33).as_bytes());
    all(
        Class::Plaintext,
        &[
            ("COSMOS_PRIMARY_KEY", &key),
            ("REDIS_KEY", &hex(64)),
            ("AZURE_CACHE_KEY", &noise(40)),
            ("APP_SECRET_TOKEN_ID", &noise(40)),
        ],
    );
    all(Class::Open, &[("S3_KEY", &noise(40)), ("HASH_KEY", &hex(64)), ("VAULT_ROLE_ID", &noise(40))]);
    all(
        Class::NotSecret,
        &[
            ("CACHE_KEY", "users-by-email"),
            ("S3_KEY", "exports/daily.csv"),
            ("PARTITION_KEY", "tenant_id"),
            ("JWT_PUBLIC_KEY", &noise(40)),
            ("IMAGE_ID", &hex(64)),
            ("CLIENT_ID", &noise(32)),
            ("JWT_KID", &noise(43)),
            ("VAULT_ROLE_ID", "6f0c1b7e-2a41-4c3d-9d55-0a1b2c3d4e5f"),
        ],
    );
}

#[test]
fn an_entry_that_is_no_name_is_not_called_unset() {
    let detector = detector();
    for name in ["JWT_SECRET_KEY", "_x", "spring.datasource.password", "http-proxy", "AWS_ROLE_SESSION_NAME_2"] {
        assert!(detector.is_identifier(&own(name)), "{name}");
        assert_eq!(detector.variable(&own(name), 1).as_str(), name);
    }
    for name in ["", "password:hunter2", "1abc", "a b", "a=b", &noise(40), &hex(40), &format!("ghp_{}", noise(36))] {
        assert!(!detector.is_identifier(&own(name)), "{name}");
        assert_eq!(detector.variable(&own(name), 1).as_str(), "(withheld variable #1)");
    }
    assert_eq!(detector.variable(&own("app.kubernetes.io/name"), 1).as_str(), "app.kubernetes.io/name");
}

#[test]
fn a_json_key_that_stands_twice_is_judged_twice() {
    all(
        Class::Plaintext,
        &[
            ("CONFIG", "{\"password\":\"hunter2\",\"password\":\"${X}\"}"),
            ("CONFIG", "{\"name\":\"DB_PASSWORD\",\"name\":\"x\",\"value\":\"hunter2\"}"),
            ("CONFIG", "{\"kty\":\"RSA\",\"d\":\"${X}\",\"password\":\"hunter2\"}"),
            ("CONFIG", &format!("{{\"kty\":\"EC\",\"x\":\"a\",\"d\":\"{}\"}}", noise(43))),
        ],
    );
    let scan = detector().json(&own("{\"password\":\"hunter2\",\"password\":null}"));
    assert!(scan.spotted.iter().any(|spotted| spotted.judgement.class == Class::Plaintext));
}

#[test]
fn shell_commands_that_write_a_secret_are_read() {
    let blob = data_encoding::BASE64.encode(b"DB_PASSWORD=hunter2\nA=b\n");
    for text in [
        "RUN aws configure set aws_secret_access_key hunter2",
        "RUN npm config set //registry.npmjs.org/:_authToken hunter2",
        "setx DB_PASSWORD hunter2",
        "RUN echo hunter2 > /run/db_password.txt",
        "RUN echo -n 'hunter2' | tee /app/jwt.key",
        "RUN printf '%s' hunter2 >> /app/.env",
        "RUN keytool -genkey -storepass hunter2",
        "RUN openssl enc -aes-256-cbc -k hunter2 -in a -out b",
        "RUN openssl rsa -passin pass:secretword -in a",
        "RUN htpasswd -bc /etc/nginx/users bob hunter2",
        "RUN htpasswd -nbB bob hunter2",
        &format!("RUN echo {blob} | base64 -d > /app/config"),
    ] {
        loud(text);
    }
    for text in [
        "RUN echo $TOKEN > /run/token",
        "RUN echo done > /var/log/install.log",
        "RUN echo 1 > /proc/sys/kernel/key",
        "RUN npm config set registry https://registry.npmjs.org/",
        "RUN aws configure set region eu-west-1",
        "RUN htpasswd -c /etc/nginx/users bob",
        "please set password in the vault",
        &format!("RUN pip install x==1.2.3 --hash=sha256:{}", hex(64)),
    ] {
        quiet(text);
    }
}

#[test]
fn random_text_in_a_remark_of_an_env_file_is_open() {
    let open = |text: &str| {
        let scan = detector().env_file(&own(text));
        scan.spotted.iter().any(|spotted| spotted.judgement.class == Class::Open)
    };
    assert!(open(&format!("A=b\n# old key was {}\n", noise(40))));
    assert!(open(&format!("A=b\n{}\n", noise(40))));
    assert!(!open("A=b\n# the key is kept in vault/prod/app\n# see https://example.org/a-b-c\n"));
}

#[test]
fn common_build_text_has_nothing_to_review() {
    let scan = detector().text(
        &own("RUN set -eux; arch=\"$(dpkg --print-architecture)\"; url='https://dl.example.org/a.tgz'; \\\n\
              wget -O a \"$url\"; nproc=\"$(nproc)\"; apk add --no-cache tzdata=2024a-r1; savedAptMark=\"$(apt-mark showmanual)\""),
        Context::History,
    );
    for spotted in &scan.spotted {
        let class = spotted.judgement.class;
        assert!(!class.is_exposed() && !class.needs_review(), "{:?} {class:?}", spotted.variable);
    }
}

#[test]
fn tools_that_are_handed_a_secret_without_a_name_are_known() {
    for command in [
        "curl -uci:@ https://a/x",
        "curl -H 'X-JFrog-Art-Api:@' https://a/x",
        "twine upload -u ci -p @ dist/*",
        "bundle config gems.corp ci:@",
        "bundle config set --global gems.corp @",
        "composer config -g github-oauth.github.com @",
        "composer config http-basic.repo.corp ci @",
        "dotnet nuget add source https://n/i.json -n c -u ci -p @ --store-password-in-clear-text",
        "dotnet user-secrets set \"Jwt:Key\" \"@\"",
        "cargo login @",
        "snyk auth @",
        "ngrok config add-authtoken @",
        "pro attach @",
        "rabbitmqctl add_user app @",
        "sed -i 's/# requirepass foobared/requirepass @/' /etc/redis.conf",
    ] {
        loud(&format!("RUN {} # buildkit", command.replacen('@', &noise(24), 1)));
    }
    for command in [
        "bundle config set path vendor/bundle",
        "composer config --global process-timeout 2000",
        "cargo login --help",
        "rabbitmqctl add_vhost app",
        "dotnet nuget add source https://n/i.json -n c",
        "ngrok authtoken $NGROK_TOKEN",
    ] {
        quiet(&format!("RUN /bin/sh -c {command} # buildkit"));
    }
}
