//! The ways in which tools get values wrong, one test each. Tokens are put together when the tests run.

use super::*;
use crate::evidence::Class;
use proptest::prelude::*;
use std::time::{Duration, Instant};

pub(super) fn detector() -> Detector {
    let known = vec![KnownValue { secret: Name::fixed("K"), value: own("known value number 1"), live: true }];
    let key = Key::from_material(&own("key material of the tests")).unwrap();
    Detector::new(vec![Name::fixed("APP_MATERIAL_X")], known, key, Arc::default())
}

pub(super) fn own(text: &str) -> Sensitive {
    Sensitive::from(text.to_owned())
}

/// Letters and digits that nobody typed.
pub(super) fn noise(length: usize) -> String {
    (0..length).map(|n| b"aZ3kQ8vB1xM6rT9w"[(n * n * 7 + n * 5 + 3) % 251 % 16] as char).collect()
}

pub(super) fn hex(length: usize) -> String {
    (0..length).map(|n| b"0a7c3f9e1b5d8264"[(n * 7 + n / 5) % 16] as char).collect()
}

pub(super) fn class(name: &str, value: &str) -> Class {
    detector().judge(&own(name), &own(value), Context::Env).class
}

#[track_caller]
pub(super) fn all(want: Class, pairs: &[(&str, &str)]) {
    for (name, value) in pairs {
        let got = detector().judge(&own(name), &own(value), Context::Env);
        assert_eq!((got.class, got.kind.is_empty()), (want, false), "{name}={value} ({})", got.kind);
    }
}

pub(super) fn exposed(scan: &Scan) -> usize {
    scan.spotted.iter().filter(|spotted| spotted.judgement.class.is_exposed()).count()
}

#[track_caller]
pub(super) fn quiet(text: &str) {
    let scan = detector().text(&own(text), Context::History);
    for spotted in &scan.spotted {
        assert!(!spotted.judgement.class.is_exposed(), "{text}: {:?} {}", spotted.variable, spotted.judgement.kind);
    }
}

#[track_caller]
pub(super) fn loud(text: &str) {
    let scan = detector().text(&own(text), Context::History);
    assert!(exposed(&scan) > 0, "nothing found in: {text}");
}

#[test]
fn the_sample_records_come_out_right() {
    let hunter = "aHVudGVyMg==";
    let digest = format!("{}1", "0".repeat(63));
    for (context, name, value, want) in [
        (Context::Env, "DB_PASSWORD", "tr0ub4dor-and-3", Class::Plaintext),
        (Context::Env, "DB_PASSWORD_FILE", "/run/secrets/db", Class::FileReference),
        (Context::Dotenv, "API_KEY", "your-key-goes-here", Class::Placeholder),
        (Context::Compose, "REDIS_URL", "redis://cache:6379/1", Class::NonSecretUrl),
        (Context::Ecs, "TOKEN", "arn:aws:ssm:us-east-1:000000000000:parameter/x", Class::Reference),
        (Context::DockerfileEnv, "NODE_SHA256", digest.as_str(), Class::NotSecret),
        (Context::K8s, "password", hunter, Class::Plaintext),
        (Context::History, "NPM_TOKEN", "${NPM_TOKEN}", Class::Reference),
    ] {
        let got = detector().judge(&own(name), &own(value), context);
        assert_eq!(got.class, want, "{name} {}", got.kind);
    }
}

#[test]
fn a_bare_name_is_unset_and_an_assignment_splits_at_the_first_sign() {
    let detector = detector();
    let (name, value) = detector.assignment(&own("JWT_SECRET_KEY"));
    assert!(name.is("JWT_SECRET_KEY") && value.is_none());
    let (name, value) = detector.assignment(&own("A=b=c"));
    assert!(name.is("A") && value.unwrap().is("b=c"));
    let (name, value) = detector.assignment(&own("=x"));
    assert!(name.is_empty() && value.unwrap().is("x"));
    all(Class::Empty, &[("JWT_SECRET_KEY", ""), ("LEVEL", "\"\"")]);
}

#[test]
fn unusual_names_of_secrets_are_not_missed() {
    let url = "postgresql+asyncpg://app:tr0ub4@db/app";
    all(
        Class::Plaintext,
        &[
            ("JWT_SIGNING_MATERIAL", "correct-horse-9"),
            ("SQLALCHEMY_DATABASE_URI", url),
            ("DSN", "host=db user=app password=tr0ub4dor dbname=x"),
            ("PGPASSWORD", "hunter2"),
            ("CELERY_BROKER_URL", "redis://:hunter2@cache:6379/0"),
            ("APP_CONFIG", "{\"jwt\":\"hunter2-hunter2\"}"),
            ("SPRING_APPLICATION_JSON", "{\"spring\":{\"datasource\":{\"password\":\"hunter2\"}}}"),
            ("JAVA_OPTS", "-Xmx512m -Dpassword=hunter2"),
            ("APP_MATERIAL_X", "12345678"),
            ("DB", "Server=db;User Id=sa;Password=Tr0ub4;Database=x"),
            ("MYSQL", "app:hunter2@tcp(db:3306)/x"),
            ("DEV_USERS", "alice:tr0ub4,bob:c0rrect"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x=y,api-key=tr0ub4dor"),
        ],
    );
    let blob = data_encoding::BASE64.encode(b"{\"db\":{\"password\":\"hunter2\"}}");
    all(Class::Plaintext, &[("APP_CONFIG_B64", &blob), ("SETTINGS", &blob)]);
    let pem = format!("-----BEGIN RSA {} KEY-----\\n{}\\n-----END RSA PRIVATE KEY-----", "PRIVATE", noise(64));
    all(Class::Plaintext, &[("ANYTHING", &pem), ("ANYTHING", &pem.replace("\\n", "\n")), ("JWT_PUBLIC_KEY", &pem)]);
}

#[test]
fn hex_keys_are_told_from_digests_by_name() {
    let key = hex(64);
    for name in ["JWT_SECRET_KEY", "API_TOKEN", "ENCRYPTION_KEY"] {
        assert_eq!(class(name, &key), Class::Plaintext, "{name}");
    }
    for name in ["APP_DIGEST", "GIT_SHA", "GIT_COMMIT", "IMAGE_ID", "PYTHON_SHA256", "GPG_KEY", "SOURCE_VERSION"] {
        assert_eq!(class(name, &key[..40]), Class::NotSecret, "{name}");
    }
    assert_eq!(class("BLOB", &key), Class::Open);
}

#[test]
fn references_and_files_are_no_leaks() {
    all(
        Class::Reference,
        &[
            ("JWT_SECRET_KEY", "arn:aws:secretsmanager:us-east-1:000000000000:secret:a/b-AbCdEf"),
            ("JWT_SECRET_KEY", "projects/p/secrets/s/versions/3"),
            ("JWT_SECRET_KEY", "vault:secret/data/app#jwt"),
            ("JWT_SECRET_KEY", "{{resolve:secretsmanager:a:SecretString:b}}"),
            ("JWT_SECRET_KEY", "$(JWT)"),
            ("JWT_SECRET_KEY", "${JWT:?must be set}"),
            ("DATABASE_URL", "postgresql://${DB_USER}:${DB_PASS}@db/x"),
        ],
    );
    all(
        Class::FileReference,
        &[
            ("X", "/run/secrets/x"),
            ("JWT_SECRET_KEY_FILE", "/vault/secrets/api"),
            ("X", "file:///vault/secrets/api"),
            ("GOOGLE_APPLICATION_CREDENTIALS", "/etc/gcp/key.json"),
        ],
    );
    all(
        Class::Plaintext,
        &[("JWT_SECRET_KEY", "${JWT:-hunter2}"), ("DB_PASSWORD", "${X}hunter2"), ("DB_PASSWORD_FILE", "hunter2")],
    );
}

#[test]
fn harmless_names_and_values_do_not_fail() {
    all(
        Class::NonSecretUrl,
        &[("REDIS_URL", "redis://localhost:6379/0"), ("TOKEN_URL", "https://idp.example.org/token")],
    );
    let public = format!("-----BEGIN {} KEY-----\\n{}\\n-----END PUBLIC KEY-----", "PUBLIC", noise(64));
    all(
        Class::NotSecret,
        &[
            ("JWT_ALGORITHM", "RS256"),
            ("JWT_SECRET_KEY_ROTATION_DAYS", "90"),
            ("PASSWORD_HASH_ROUNDS", "12"),
            ("GPG_KEY", &hex(40).to_uppercase()),
            ("PYTHON_SHA256", &hex(64)),
            ("JWT_PUBLIC_KEY", &public),
            ("JWT_SECRET_KEY", &public),
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/bin"),
            ("HOSTNAME", &hex(12)),
            ("ALLOW_EMPTY_PASSWORD", "yes"),
            ("APP_NAME", "example"),
            ("LOG_LEVEL", "null"),
            ("COOKIE_DOMAIN", ".example.org"),
            ("MAX_TOKENS", "4096"),
            ("ACCESS_TOKEN_TTL", "15m"),
            ("SERVICE_HOST", "db.internal:5432"),
        ],
    );
}

#[test]
fn placeholders_count_only_as_the_whole_component() {
    all(
        Class::Placeholder,
        &[
            ("JWT_SECRET_KEY", "changeme"),
            ("DATABASE_URL", "postgresql://app:PASS@db/x"),
            ("REDIS_URL", "redis://:PASS_A@cache:6379/0"),
            ("API_KEY", "<your-key>"),
            ("API_KEY", "YOUR_API_KEY"),
            ("API_KEY", "xxxxxxxx"),
        ],
    );
    all(
        Class::Plaintext,
        &[
            ("JWT_SECRET_KEY", &format!("changeme-{}", hex(20))),
            ("DB_PASSWORD", "Example-Corp-7731!"),
            ("DATABASE_URL", "postgresql://app:changeme-8f3@db/x"),
        ],
    );
}

#[test]
fn unfilled_templates_are_failures() {
    for value in ["<no value>", "null", "undefined", "None", "{{ .Data.data.jwt }}"] {
        assert_eq!(class("JWT_SECRET_KEY", value), Class::TemplateFailure, "{value}");
    }
    assert_eq!(class("DATABASE_URL", "postgresql://app:<no value>@db/x"), Class::TemplateFailure);
}

#[test]
fn url_passwords_are_read_to_the_last_at_and_decoded() {
    all(
        Class::Plaintext,
        &[
            ("U", "postgresql://u:p@ss/w0rd?x@db:5432/app"),
            ("U", "postgresql://u:p w@db/app"),
            ("U", "postgresql://db/app?user=u&password=hunter2"),
            ("U", "postgresql://db/app?sslpassword=hunter2"),
            ("U", "jdbc:postgresql://db/app?user=u&password=hunter2"),
            ("HTTP_PROXY", "http://user:hunter2@proxy:3128"),
            ("U", "mongodb+srv://u:hunter2@a,b/x"),
        ],
    );
    let detector = detector();
    let judged = detector.judge(&own("U"), &own("redis://:h%40nter2-long@c/0"), Context::Env);
    assert_eq!((judged.class, judged.kind), (Class::Plaintext, "url-password"));
    let (masked, hits) = detector.registry.mask(b"it was h@nter2-long".to_vec(), "");
    assert_eq!((masked.as_slice(), hits), (b"it was (masked)".as_slice(), 1));
    all(
        Class::NonSecretUrl,
        &[("U", "https://host:8080/a?mail=x@y"), ("U", "ssh://git@host/repo"), ("U", "redis://u:@h/0")],
    );
}

#[test]
fn known_values_are_found_in_every_form_and_equal_values_correlate() {
    let detector = detector();
    let encoded = data_encoding::BASE64.encode(b"known value number 1");
    for value in ["x known value number 1 y", &encoded, "known%20value%20number%201"] {
        let judged = detector.judge(&own("NEUTRAL"), &own(value), Context::Env);
        assert!(judged.known && judged.class == Class::Plaintext, "{value}");
    }
    let one = detector.judge(&own("DB_PASSWORD"), &own("tr0ub4dor"), Context::Env);
    let quoted = detector.judge(&own("OTHER_PASSWORD"), &own("\"tr0ub4dor\"\n"), Context::Compose);
    assert_eq!(one.correlator, quoted.correlator);
    assert_eq!(one.correlator, Some(detector.fingerprint(&own("tr0ub4dor"))));
    let secret = detector.judge(&own("p"), &own("dHIwdWI0ZG9y"), Context::K8s);
    assert_eq!((secret.class, one.length), (Class::NotSecret, "8-15"));
}

#[test]
fn ciphertext_and_verifiers_are_reported_as_such() {
    let bcrypt = format!("$2b$12${}", noise(53));
    all(
        Class::Encrypted,
        &[
            ("DB_PASSWORD", "ENC[AES256_GCM,data:abc,iv:d,tag:e,type:str]"),
            ("ADMIN_PASSWORD_HASH", &bcrypt),
            ("ADMIN_PASSWORD", &bcrypt),
        ],
    );
    assert_eq!(
        detector()
            .judge(&own("X"), &Sensitive::new([b"\0GITCRYPT\0".as_slice(), &[0x91; 24]].concat()), Context::Dotenv)
            .class,
        Class::Encrypted
    );
}

#[test]
fn history_text_is_read() {
    loud("|2 DEFTOK=defsecret123 TOKEN=argsecret /bin/sh -c make");
    loud("RUN |1 TOKEN=argsecret1 /bin/sh -c make # buildkit");
    loud("ARG TOKEN=argsecret1");
    loud("/bin/sh -c #(nop)  ENV JWT_SECRET_KEY=hunter2");
    loud("ENV DATABASE_URL=postgresql://u:p w@h/db");
    loud("HEALTHCHECK &{[\"CMD-SHELL\" \"curl -u admin:hunter2 http://localhost/\"] \"0s\"}");
    loud("CMD [\"app\",\"--token\",\"tr0ub4dor\"]");
    loud("RUN echo \"DB_PASSWORD=hunter2\" > .env && rm .env");
    loud("COPY <<EOF /app/.env\nJWT_SECRET_KEY=hunter2\nEOF");
    loud("RUN curl -H \"Authorization: Bearer tr0ub4dor-and-3\" https://x");
    loud("RUN pip install --index-url https://u:hunter2@pypi.example.org/simple x");
    loud("RUN export NPM_TOKEN=tr0ub4dor; npm ci");
    loud("LABEL password=hunter2");
    loud("RUN docker login -u bob -p hunter2 registry");
    loud("RUN mysql -uroot -phunter2 db");
    loud(&format!("COPY x y # {}", super::sample::expand("<<github:ghp_>>", 1).unwrap()));
    loud("//registry.npmjs.org/:_authToken=tr0ub4dor-and-3");
    loud("machine git.example.org login bob password hunter2");
    loud("[default]\npassword = hunter2");
    loud("kubectl create secret generic x --from-literal=password=hunter2");
    loud("please rotate, password: hunter2");
    loud("{\"password\": \"hunter2\"}");
    loud("RUN echo 'root:hunter2' | chpasswd");
    loud("gelf note: known value number 1");
}

#[test]
fn harmless_build_text_stays_quiet() {
    quiet("RUN --mount=type=secret,id=token cat /run/secrets/token");
    quiet(&format!("RUN echo \"{}  file\" | sha256sum -c -", hex(64)));
    quiet("RUN curl -H \"Authorization: Bearer $TOKEN\" https://x");
    quiet("RUN curl -H \"Authorization: Bearer ${TOKEN}\" https://x");
    quiet("ARG TOKEN");
    quiet("ENV JWT_SECRET_KEY=");
    quiet("ENV JWT_SECRET_KEY_FILE=/run/secrets/jwt");
    quiet("ENV PATH=/usr/local/bin:/usr/bin");
    quiet("RUN TOKEN=$(cat /run/secrets/token) npm ci");
    quiet("RUN docker build --secret id=token,src=token.txt .");
    quiet("docker login -u bob --password-stdin registry.example.org");
    quiet("RUN export TOKEN=${X} && mkdir -p /app/data");
    quiet(&format!("ENV PYTHON_SHA256={}", hex(64)));
    quiet("the token is kept in Vault; don't put the password: here");
    quiet("RUN adduser --disabled-password app && useradd -r app");
    quiet("RUN npm config set //registry.npmjs.org/:_authToken=${NPM_TOKEN}");
    quiet("RUN gpg --batch --keyserver hkps://keys.openpgp.org --recv-keys \"$GPG_KEY\"");
    quiet("docker run -p 8080:80 -e TOKEN app");
    quiet("grep -----BEGIN RSA PRIVATE KEY----- in the repository");
}

#[test]
fn env_files_are_read_in_every_encoding_and_grammar() {
    let text = "export JWT_SECRET_KEY = 'hunter2 # x'\r\n# DB_PASSWORD=tr0ub4dor\r\nA=${DB_PASS}\r\nDB_PASS=${X:-hunter2}\r\n\
                DB_PASS=second2\r\napi_token: abc123def\r\n";
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [text.as_bytes().to_vec(), wide, text.replace("\r\n", "\0").into_bytes()] {
        let scan = detector().env_file(&Sensitive::new(bytes));
        assert_eq!((exposed(&scan), scan.determined), (5, true), "{}", scan.encoding);
        assert!(scan.spotted.iter().any(|spotted| spotted.commented && spotted.line == 2));
    }
}

#[test]
fn templates_with_the_real_key_are_told_from_stand_ins() {
    let scan = detector().env_file(&own("JWT_SECRET_KEY=changeme\nDB_PASSWORD=tr0ub4dor\n"));
    let classes: Vec<Class> = scan.spotted.iter().map(|spotted| spotted.judgement.class).collect();
    assert_eq!(classes, [Class::Placeholder, Class::Plaintext]);
}

#[test]
fn json_is_read_under_its_keys_and_broken_json_is_undetermined() {
    let scan = detector()
        .json(&own("{\"a\":{\"password\":\"hunter2\"},\"env\":[{\"name\":\"API_KEY\",\"value\":\"tr0ub4\"}],\"n\":1}"));
    assert_eq!((exposed(&scan), scan.determined), (2, true));
    assert!(!detector().json(&own("{\"password\": \"hun")).determined);
}

#[test]
fn a_variable_that_is_a_secret_itself_is_withheld() {
    let name = detector().variable(&own(&format!("ghp_{}", noise(36))), 3);
    assert_eq!(name.as_str(), "(withheld variable #3)");
}

#[test]
fn hostile_repetition_is_read_in_linear_time() {
    for piece in [
        "a",
        "# A=\n",
        "A=\"b ",
        "'",
        "{",
        "x://",
        "$",
        "${",
        "--token ",
        "K=V ",
        "-----BEGIN PRIVATE KEY-----",
        "a:b@",
        "@",
        "=",
        "eyJ",
        "[\"",
        "\\",
        "A=b=",
        "#",
        "a://b:c@d?e=f ",
        "\n'",
        "K='\n",
        "K=\"\n",
        "${A:-",
        "${A:-b}",
        "$(echo ",
        "echo a > key\n",
        "# key aZ3kQ8vB1xM6rT9w\n",
        "%41",
        "&amp;",
        "\\u0041",
        "'\\''",
        "known value number ",
        "known value number 1\n",
        "known+value+number+\n1 ",
        "lookup('",
        "s/a",
        ";A=b",
        "mode=1,",
        "name: K\n",
        "name: K value: ",
        "J\0",
        "J\0\0\0",
        "create user ",
        "useradd ",
        "set -x ",
        "\u{1b}[",
        "\u{2028}",
        "f(token='",
        "X-a-",
    ] {
        // Eight times the text may take about eight times as long; squared, it would take 64 times. The machine may
        // be busy with something else for a while, so the best of a few tries counts.
        let grows = || reading(piece, 128 << 10).as_secs_f64() / reading(piece, 16 << 10).as_secs_f64();
        assert!((0..5).any(|_| grows() < 24.0), "{piece:?}");
    }
}

/// How long it takes to read a text of this piece and length in every way.
fn reading(piece: &str, length: usize) -> Duration {
    let text = piece.repeat(length / piece.len());
    let detector = detector();
    let start = Instant::now();
    let _ = detector.text(&own(&text), Context::History);
    let _ = detector.env_file(&own(&text));
    let _ = detector.judge(&own("CONFIG"), &own(&text), Context::Env);
    let _ = pairs(&own(&text));
    start.elapsed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]
    #[test]
    fn no_input_makes_it_panic(name in "[A-Z_]{0,12}", bytes in proptest::collection::vec(any::<u8>(), 0..300), text in "[$a-bK={}'\"\\\\ #:@/\n\\-é|%<>.\\[]{0,60}") {
        let detector = detector();
        for bytes in [bytes, text.into_bytes()] {
            let value = Sensitive::new(bytes);
            for context in [Context::Env, Context::K8s, Context::Compose] {
                let _ = detector.judge(&own(&name), &value, context);
            }
            let _ = detector.env_file(&value);
            let _ = detector.text(&value, Context::History);
            let _ = detector.json(&value);
            let _ = detector.looks_like_env_file(&value);
            let _ = pairs(&value);
        }
    }
}
