//! What a scan tells of files of every kind, by path: the ordinary leaks of applications, and their ordinary code.

use crate::detect::sample::expand;
use crate::detect::traps::detector;
use crate::detect::{Context, program};
use crate::evidence::{Class, Sensitive};

/// Whether anything is told of a file.
fn told(path: &str, text: &[u8]) -> Vec<String> {
    let context = if program(path, text) { Context::Program } else { Context::Dotenv };
    let scan = detector().bytes(&Sensitive::new(text.to_vec()), context);
    let exposed = scan.spotted.iter().filter(|one| one.judgement.class == Class::Plaintext);
    exposed.map(|one| format!("{:?} {}", one.variable, one.judgement.kind)).collect()
}

fn missed<'a>(files: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let all = files.iter().copied().zip(1..);
    all.filter(|((path, recipe), number)| told(path, expand(recipe, *number).unwrap().as_bytes()).is_empty())
        .map(|(file, _)| file)
        .collect()
}

#[test]
fn keys_with_blanks_around_their_sign_are_told() {
    let missed = missed(&[
        ("a.py", "API_KEY = '<<base62:40>>'\n"),
        ("a.py", "ENCRYPTION_KEY    = \"<<base62:40>>\"\nX          = 1\n"),
        ("a.js", "const encryptionKey = \"<<base62:40>>\";\n"),
        ("a.go", "const APIKey = \"<<base62:40>>\"\n"),
        ("a.toml", "[x]\napi_key = \"<<base62:40>>\"\n"),
        ("a.ini", "[x]\napi_key = <<base62:40>>\n"),
        ("a.properties", "payment.encryption-key = <<base62:40>>\n"),
        ("a.rb", "API_KEY = '<<base62:40>>'.freeze\n"),
        ("A.java", "private static final String API_KEY = \"<<base62:40>>\";\n"),
        ("a.php", "<?php $api_key = '<<base62:40>>';\n"),
        ("a.tf", "  access_key = \"<<base62:40>>\"\n"),
        ("a.json", "{\"api_key\" : \"<<base62:40>>\"}\n"),
        ("a.kt", "const val API_KEY = \"<<base62:40>>\"\n"),
    ]);
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn a_member_is_told_whatever_its_parent_is_called() {
    let missed = missed(&[
        ("appsettings.json", "{\n  \"Jwt\": {\n    \"Key\": \"<<base62:40>>\",\n    \"Issuer\": \"x\"\n  }\n}\n"),
        ("appsettings.json", "{\n  \"Jwt\": {\n    \"Secret\": \"<<base62:40>>\"\n  }\n}\n"),
        ("a.json", "{\"secrets\": {\"key\": \"<<base62:40>>\"}}"),
        ("a.json", "{\"token\": {\"secret\": \"<<base62:40>>\"}}"),
        ("a.json", "{\"credentials\": {\"user\": \"a\", \"password\": \"<<base62:14>>\"}}"),
        ("a.js", "module.exports = { jwt: { secret: '<<base62:40>>' } };\n"),
        ("a.yml", "jwt:\n  secret: <<base62:40>>\n"),
    ]);
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn the_first_member_of_a_tight_object_is_told() {
    let missed = missed(&[
        ("a.js", "n.exports={jwtSecret:\"<<base62:40>>\"}\n"),
        ("a.js", "const c={JWT_SECRET:'<<base62:40>>'};\n"),
        ("a.js", "session({secret:\"<<base62:40>>\"})\n"),
        ("a.js", "module.exports={env:{JWT_SECRET:'<<base62:40>>'}}\n"),
        ("a.js", "const c={password:\"<<base62:14>>\"};\n"),
        ("a.py", "c={'password':'<<base62:14>>'}\n"),
        ("a.py", "connect(password='<<base62:14>>')\n"),
        ("a.py", "conn = psycopg2.connect(\"host=db user=app password=<<base62:14>> dbname=s\")\n"),
        ("f.conf", "<match **>\n  user elastic\n  password <<base62:20>>\n</match>\n"),
    ]);
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn what_a_format_knows_by_its_surroundings_is_told_in_a_file() {
    let missed = missed(&[
        ("root/.docker/config.json", "{\"auths\":{\"ghcr.io\":{\"auth\":\"<<b64of:ci:<<base62:20>>>>\"}}}"),
        ("root/.pgpass", "db.internal:5432:shop:app:<<base62:18>>\n"),
        ("a.txt", "https://hooks.slack.com/services/T<<BASE36:8>>/B<<BASE36:10>>/<<base62:24>>\n"),
    ]);
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn settings_in_xml_and_sql_are_told() {
    let missed = missed(&[
        ("h.xml", "<property name=\"hibernate.connection.password\"><<base62:14>></property>"),
        ("h.xml", "<property name=\"password\"><value><<base62:14>></value></property>"),
        ("w.xml", "<param-name>db.password</param-name>\n<param-value><<base62:14>></param-value>"),
        ("j.xml", "<Set name=\"password\"><<base62:14>></Set>"),
        ("core-site.xml", "<property><name>fs.s3a.secret.key</name><value><<base62:40>></value></property>"),
        ("hive.xml", "<property>\n  <name>x.ConnectionPassword</name>\n  <value><<base62:14>></value>\n</property>"),
        ("init.sql", "CREATE USER 'app'@'%' IDENTIFIED BY '<<base62:14>>';\n"),
        ("init.sql", "CREATE ROLE app WITH LOGIN ENCRYPTED PASSWORD '<<base62:14>>';\n"),
    ]);
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn connections_and_tokens_in_utf_16_amid_a_program_are_told() {
    for recipe in ["Server=db;Database=s;User Id=sa;Password=<<base62:14>>;", "x AKIA<<BASE36:16>> y"] {
        let text = expand(recipe, 5).unwrap();
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let bytes = [&b"MZ"[..], &[0; 501], &wide, &[0; 501]].concat();
        assert!(!told("app.dll", &bytes).is_empty(), "{recipe}");
    }
}

#[test]
fn ordinary_code_documents_and_translations_are_silent() {
    let mut wrong = Vec::new();
    for (path, text) in [
        ("a.py", "SECRET_KEY=os.environ['SECRET_KEY']\n"),
        ("a.py", "DATABASES = {\n    'default': {\n        'PASSWORD': os.environ['DB_PASSWORD'],\n    }\n}\n"),
        ("a.py", "self._signing_key = key[:16]\n"),
        ("a.py", "token = auth_header[7:]\n"),
        ("a.py", "token = token[:-1]\n"),
        ("a.py", "headers = {'Authorization': f'Bearer {token}'}\n"),
        ("a.py", "headers = {'Authorization': 'Bearer ' + token}\n"),
        ("a.py", "headers['authorization'] = 'Basic ' + base64.b64encode(x)\n"),
        ("a.py", "secret = params['oauth_token_secret'][0]\n"),
        ("a.py", "private_key: \"_RSAPrivateKey\",\n"),
        ("a.py", "def f(request, refresh_token=False):\n"),
        ("a.py", "g(request, refresh_token=self.refresh_token)\n"),
        ("a.py", "    Token:              '#ffffff',\n"),
        ("a.js", "module.exports={jwtSecret:process.env.JWT_SECRET,password:t.password};\n"),
        ("a.js", "fetch(url, { credentials: 'include' })\n"),
        ("a.js", "fetch(url, { credentials: 'same-origin' })\n"),
        ("a.js", "'proxy-authorization': `Basic ${Buffer.from('user:pass').toString('base64')}`\n"),
        ("a.js", "log.info('token', 'creating')\n"),
        (
            "locales/en.json",
            "{\"password\":\"Password\",\"forgotPassword\":\"Forgot your password?\",\"tokenExpired\":\"Expired\"}",
        ),
        ("locales/de.json", "{\"confirmPassword\":\"Passwort bestätigen\",\"newPassword\":\"NeuesPasswort\"}"),
        ("fr.json", "{\"password\":\"Mot-de-passe\",\"token\":\"Jeton d'accès\"}"),
        ("a.html", "<a href=\"x\" accesskey=\"n\">Next</a>\n"),
        ("a.html", "<li><a href=\"Primitive-Types.html\" accesskey=\"1\">Primitive Types</a></li>\n"),
        ("a.h", "STATIC const U32 MPH_SEED1 = 0x5065726e;\n"),
        ("a.service", "ConditionCredential=|sysusers.extra\n"),
        (
            "package-lock.json",
            "{\"packages\":{\"node_modules/js-tokens\":{\"version\":\"4.0.0\",\"resolved\":\"https://x/js-tokens-4.0.0.tgz\"}}}",
        ),
        (
            "package.json",
            "{\"dependencies\":{\"jsonwebtoken\":\"^9.0.0\",\"passport-jwt\":\"4.0.1\",\"js-tokens\":\"^4.0.0\"}}",
        ),
        ("paginators.json", "{\"a\": {\n  \"input_token\": \"nextToken\",\n  \"output_token\": \"nextToken\"}}\n"),
        ("a.py", "{'AWS::ApiGateway::ApiKey': '0a1b2c3d4e5f60718293a4b5c6d7e8f9.json'}\n"),
        ("x.sh", "pat=\"$1\"; shift\nkeys=\"$(gpg --with-colons \"$A\" | cut -d: -f5)\"\n"),
        ("README.md", "https://user:pass@example.com/ and https://username:password@example.com/\n"),
        ("README.md", "Set `DB_PASSWORD=yourpassword` and `token: abc` first; see `password: string`.\n"),
        ("etc/ssl/openssl.cnf", "private_key\t= $dir/private/cakey.pem# The private key\n"),
        ("a.service", "[Service]\nLoadCredential=firstboot.locale\nLoadCredential=passwd.hashed-password.root\n"),
        ("a.c", "return is_token ? \"token\" : \"secretive1\";\n"),
        ("A.java", "public static final String SECRET_KEY_PARAM = \"secretKey\";\n"),
        ("a.yml", "spring:\n  datasource:\n    password: ${DB_PASSWORD}\n"),
    ] {
        let told = told(path, text.as_bytes());
        if !told.is_empty() {
            wrong.push((path, text, told));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_password_in_a_source_is_told_where_it_stands_in_quotes() {
    let missed = missed(&[
        ("a.py", "DB_PASSWORD = 'Summer2024!Rain'\n"),
        ("a.py", "password = \"correcthorse\"\n"),
        ("a.js", "const dbPassword = 'hunter2';\n"),
        ("A.java", "String password = \"Kx9(vT2!mQ)\";\n"),
        ("README.md", "    DB_PASSWORD=Summer2024!Rain\n"),
        ("a.py", "url = 'postgres://app:<<base62:14>>@db/x'\n"),
        ("README.md", "redis://:<<base62:14>>@cache:6379/0\n"),
        ("a.py", "token = '<<hex:40>>'\n"),
        ("a.c", "static const char *secret = \"s3cr3t-Value!\";\n"),
    ]);
    assert!(missed.is_empty(), "{missed:#?}");
}
